// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/* softib: module, device creation and registration. */
#include <linux/module.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include "softib.h"

static unsigned int hcas = 2;
module_param(hcas, uint, 0444);
MODULE_PARM_DESC(hcas, "number of HCAs (default 2)");

static bool use_switch;
module_param_named(switch, use_switch, bool, 0444);
MODULE_PARM_DESC(
	switch,
	"cable the HCAs to a software switch (always so unless hcas=2; default: back to back)");

static char *provider = "hfi1";
module_param(provider, charp, 0444);
MODULE_PARM_DESC(provider,
		 "user-space provider to bind: hfi1 (libhfi1verbs) or qib (libipathverbs)");

/*
 * PCI functions that stand for HCAs: QEMU's test device, of which nothing is
 * touched. The n-th one found is the n-th HCA's parent, so that user space
 * finds the HCA by a PCI address; HCAs without one have a platform device.
 */
static const struct pci_device_id softib_pci_ids[] = {{PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0005)},
						      {}};

static struct pci_dev *softib_functions[SOFTIB_MAX_HCAS];
static unsigned int softib_nfunctions;

struct softib_dev *softib_devs[SOFTIB_MAX_HCAS];
unsigned int softib_ndevs;
struct workqueue_struct *softib_wq;

/* rdmavt prints through a pci_dev's struct device; ours is never on a bus. */
static struct pci_dev *softib_get_pci_dev(struct rvt_dev_info *rdi)
{
	return rdi_to_sdev(rdi)->fake_pci;
}

static int softib_get_guid_be(struct rvt_dev_info *rdi, struct rvt_ibport *rvp, int index,
			      __be64 *guid)
{
	if (index < 0 || index >= SOFTIB_NGUIDS)
		return -EINVAL;
	*guid = rdi_to_sdev(rdi)->port.guids[index];
	return 0;
}

static int softib_shut_down_port(struct rvt_dev_info *rdi, u32 port_num)
{
	softib_set_disabled(rdi_to_sdev(rdi), true);
	return 0;
}

/* A real HCA would send trap 144 to the SM here. */
static void softib_cap_mask_chg(struct rvt_dev_info *rdi, u32 port_num)
{
}

static int softib_comp_vect_cpu(struct rvt_dev_info *rdi, int vect)
{
	return cpumask_first(cpu_online_mask);
}

static int softib_modify_device(struct ib_device *ibdev, int mask, struct ib_device_modify *mod)
{
	if (mask & ~IB_DEVICE_MODIFY_NODE_DESC)
		return -EOPNOTSUPP;
	if (mask & IB_DEVICE_MODIFY_NODE_DESC)
		memcpy(ibdev->node_desc, mod->node_desc, IB_DEVICE_NODE_DESC_MAX);
	return 0;
}

static struct ib_device_ops softib_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_HFI1,
	.port_groups = softib_port_groups,
	.modify_device = softib_modify_device,
	.process_mad = softib_process_mad,
};

static int softib_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (softib_nfunctions == SOFTIB_MAX_HCAS)
		return -ENODEV;
	softib_functions[softib_nfunctions++] = pdev;
	return 0;
}

static struct pci_driver softib_pci_driver = {
	.name = "softib",
	.id_table = softib_pci_ids,
	.probe = softib_pci_probe,
	/* the HCAs are the module's: a function has no life of its own */
	.driver.suppress_bind_attrs = true,
};

static struct device *softib_parent(struct softib_dev *dev)
{
	if (dev->idx < softib_nfunctions)
		return &softib_functions[dev->idx]->dev;
	return &dev->pdev->dev;
}

static void fill_attrs(struct softib_dev *dev)
{
	struct rvt_driver_params *d = &dev->rdi.dparms;
	struct ib_device_attr *a = &d->props;

	a->device_cap_flags = IB_DEVICE_BAD_PKEY_CNTR | IB_DEVICE_BAD_QKEY_CNTR |
			      IB_DEVICE_SHUTDOWN_PORT | IB_DEVICE_SYS_IMAGE_GUID |
			      IB_DEVICE_RC_RNR_NAK_GEN | IB_DEVICE_PORT_ACTIVE_EVENT |
			      IB_DEVICE_SRQ_RESIZE;
	a->page_size_cap = PAGE_SIZE;
	a->vendor_id = SOFTIB_VENDOR_ID;
	a->vendor_part_id = SOFTIB_PART_ID;
	a->hw_ver = 1;
	a->sys_image_guid = dev->rdi.ibdev.node_guid;
	a->max_mr_size = ~0ULL;
	a->max_qp = 16384;
	a->max_qp_wr = 16384;
	a->max_send_sge = 96;
	a->max_recv_sge = 96;
	a->max_sge_rd = 96;
	a->max_cq = 65536;
	a->max_cqe = 0x2ffff;
	a->max_pd = 65536;
	a->max_ah = 65536;
	a->max_qp_rd_atom = 16;
	a->max_qp_init_rd_atom = 255;
	a->max_srq = 1024;
	a->max_srq_wr = 0x1ffff;
	a->max_srq_sge = 128;
	a->atomic_cap = IB_ATOMIC_GLOB;
	a->max_pkeys = SOFTIB_NPKEYS;
	a->max_mcast_grp = 16384;
	a->max_mcast_qp_attach = 64;
	a->max_total_mcast_qp_attach = 64 * 16384;

	d->lkey_table_size = 12; /* log2 */
	d->qp_table_size = 256;
	/* QPNs that use all of the 24 bits, different for each HCA */
	d->qpn_start = (dev->idx + 1) << 16 | 0x40;
	d->qpn_inc = 1;
	d->qpn_res_start = RVT_KDETH_QP_BASE;
	d->qpn_res_end = RVT_KDETH_QP_BASE;
	d->psn_mask = 0xffffff;
	d->psn_modify_mask = 0xffffff;
	d->psn_shift = 8;
	d->nports = 1;
	d->npkeys = SOFTIB_NPKEYS;
	d->node = max(dev_to_node(softib_parent(dev)), 0);
	d->core_cap_flags = RDMA_CORE_PORT_IBA_IB;
	d->max_mad_size = IB_MGMT_MAD_SIZE;
	d->max_rdma_atomic = 16;
	d->sge_copy_mode = RVT_SGE_COPY_MEMCPY;
}

static struct softib_dev *softib_add(int idx)
{
	struct softib_dev *dev;
	struct rvt_dev_info *rdi;
	int ret = -ENOMEM;

	rdi = rvt_alloc_device(sizeof(*dev), 1);
	if (!rdi)
		return ERR_PTR(-ENOMEM);
	dev = rdi_to_sdev(rdi);
	dev->idx = idx;
	dev->pdev = platform_device_register_simple("softib", idx, NULL, 0);
	if (IS_ERR(dev->pdev)) {
		ret = PTR_ERR(dev->pdev);
		goto err_rdi;
	}
	dev->fake_pci = kzalloc(sizeof(*dev->fake_pci), GFP_KERNEL);
	if (!dev->fake_pci)
		goto err_pdev;
	device_initialize(&dev->fake_pci->dev);
	dev->fake_pci->dev.init_name = "softib";

	softib_port_init(dev);
	fill_attrs(dev);
	rvt_set_ibdev_name(rdi, "%s%d", "softib", idx);
	rdi->ibdev.phys_port_cnt = 1;
	rdi->ibdev.dev.parent = softib_parent(dev);
	rdi->ibdev.num_comp_vectors = 1;
	snprintf(rdi->ibdev.node_desc, sizeof(rdi->ibdev.node_desc), "softib%d software HCA", idx);

	softib_qp_ops(&rdi->driver_f);
	rdi->driver_f.get_pci_dev = softib_get_pci_dev;
	rdi->driver_f.get_guid_be = softib_get_guid_be;
	rdi->driver_f.query_port_state = softib_query_port;
	rdi->driver_f.shut_down_port = softib_shut_down_port;
	rdi->driver_f.cap_mask_chg = softib_cap_mask_chg;
	rdi->driver_f.comp_vect_cpu_lookup = softib_comp_vect_cpu;
	rdi->post_parms = softib_post_parms;
	rdi->wc_opcode = softib_wc_opcode;
	rvt_init_port(rdi, &dev->port.rvp, 0, dev->port.pkeys);
	ib_set_device_ops(&rdi->ibdev, &softib_ops);

	ret = rvt_register_device(rdi);
	if (ret)
		goto err_pci;
	WRITE_ONCE(dev->registered, true);
	softib_debugfs_add(dev);
	return dev;

err_pci:
	kfree(dev->fake_pci);
err_pdev:
	platform_device_unregister(dev->pdev);
err_rdi:
	rvt_dealloc_device(rdi);
	return ERR_PTR(ret);
}

static void softib_del(struct softib_dev *dev)
{
	WRITE_ONCE(dev->registered, false);
	debugfs_remove_recursive(dev->dbg);
	rvt_unregister_device(&dev->rdi);
}

static void softib_free(struct softib_dev *dev)
{
	softib_fabric_port_exit(dev);
	platform_device_unregister(dev->pdev);
	kfree(dev->fake_pci);
	rvt_dealloc_device(&dev->rdi);
}

static void softib_remove_all(void)
{
	unsigned int i;

	/* unplug first, so that no packet is on its way to a dying HCA */
	for (i = 0; i < softib_ndevs; i++)
		softib_set_cable(softib_devs[i], false);
	for (i = 0; i < softib_ndevs; i++)
		softib_del(softib_devs[i]);
	for (i = 0; i < softib_ndevs; i++)
		softib_free(softib_devs[i]);
	softib_ndevs = 0;
}

static int __init softib_init(void)
{
	unsigned int i;
	int ret;

	if (hcas < 1 || hcas > SOFTIB_MAX_HCAS)
		return -EINVAL;
	if (!strcmp(provider, "qib"))
		softib_ops.driver_id = RDMA_DRIVER_QIB;
	else if (strcmp(provider, "hfi1"))
		return -EINVAL;

	softib_wq = alloc_workqueue("softib", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_CPU_INTENSIVE, 0);
	if (!softib_wq)
		return -ENOMEM;
	ret = softib_fabric_init();
	if (ret)
		goto err_wq;
	softib_debugfs_init();

	ret = pci_register_driver(&softib_pci_driver);
	if (ret)
		goto err_fabric;
	if (hcas != 2)
		use_switch = true;
	if (use_switch) {
		ret = softib_sw_init(hcas);
		if (ret)
			goto err_pci;
	}
	for (i = 0; i < hcas; i++) {
		struct softib_dev *dev = softib_add(i);

		if (IS_ERR(dev)) {
			ret = PTR_ERR(dev);
			goto err_devs;
		}
		softib_devs[i] = dev;
		softib_ndevs = i + 1;
	}
	if (!use_switch) {
		softib_devs[0]->peer = softib_devs[1];
		softib_devs[1]->peer = softib_devs[0];
	}
	for (i = 0; i < hcas; i++)
		softib_link_update(softib_devs[i]);
	pr_info("softib: %u HCAs, %s, provider %s\n", hcas,
		use_switch ? "switched" : "back to back", provider);
	return 0;

err_devs:
	softib_remove_all();
	softib_sw_exit();
err_pci:
	pci_unregister_driver(&softib_pci_driver);
err_fabric:
	softib_debugfs_exit();
	softib_fabric_exit();
err_wq:
	destroy_workqueue(softib_wq);
	return ret;
}

static void __exit softib_exit(void)
{
	softib_remove_all();
	softib_sw_exit();
	pci_unregister_driver(&softib_pci_driver);
	softib_debugfs_exit();
	destroy_workqueue(softib_wq);
	softib_fabric_exit();
}

module_init(softib_init);
module_exit(softib_exit);
MODULE_DESCRIPTION("Software InfiniBand HCAs, back to back");
MODULE_LICENSE("GPL v2");
