/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * HCAs on the PCI bus. The kernel's driver keeps the function, libibverbs
 * reaches it; sysfs says which InfiniBand devices are its own and what their
 * ports speak. A function with InfiniBand ports only is ours, every other one is
 * left to the next driver.
 */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bus_pci_driver.h>
#include <ethdev_pci.h>
#include <rte_kvargs.h>
#include <rte_string_fns.h>

#include "ipoib_pmd.h"
#include "ipoib_sysfs.h"

/* Ports of one PCI function. */
#define PORTS_MAX 16
/* Ports of the machine that are looked at when the driver registers. */
#define PORTS_ALL_MAX 64
/* Further kinds of HCA that the machine has. */
#define IDS_SEEN_MAX 16

#define VENDOR_MELLANOX 0x15b3
#define CLASS_INFINIBAND 0x020700
#define CLASS_FABRIC 0x020800
#define CLASS_SERIAL_INFINIBAND 0x0c0600

#define ID(vendor, device, class) \
	.class_id = (class), .vendor_id = (vendor), .device_id = (device), \
	.subsystem_vendor_id = RTE_PCI_ANY_ID, .subsystem_device_id = RTE_PCI_ANY_ID
#define ID_CLASS(class) \
	{ \
		ID(RTE_PCI_ANY_ID, RTE_PCI_ANY_ID, class) \
	}

/*
 * Mellanox's functions whatever their class is (a ConnectX-3 is neither an
 * InfiniBand nor an Ethernet controller), any vendor's of a class for HCAs, and
 * behind them what ids_add_seen() finds. The last one is the end.
 */
static struct rte_pci_id ids[4 + IDS_SEEN_MAX + 1] = {
	{ ID(VENDOR_MELLANOX, RTE_PCI_ANY_ID, RTE_CLASS_ANY_ID) },
	ID_CLASS(CLASS_INFINIBAND),
	ID_CLASS(CLASS_FABRIC),
	ID_CLASS(CLASS_SERIAL_INFINIBAND),
};

/* A function's ports. */
struct pci_ports {
	struct ipoib_sysfs_port port[PORTS_MAX];
	unsigned int nb;
	unsigned int nb_ib;
};

/* What is taken of them. */
struct pci_choice {
	struct ipoib_devargs args[PORTS_MAX];
	unsigned int nb;
};

static void
ports_find(const char *name, struct pci_ports *p)
{
	unsigned int i;

	p->nb = ipoib_sysfs_ports(name, p->port, PORTS_MAX);
	p->nb_ib = 0;
	for (i = 0; i < p->nb; i++)
		p->nb_ib += p->port[i].layer == IPOIB_LAYER_INFINIBAND;
}

/* Who else may want the function, by the kernel's driver of it. */
static const char *
other_driver(const char *name)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *kernel;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s/driver", rte_pci_get_sysfs_path(), name);
	n = readlink(path, target, sizeof(target) - 1);
	target[RTE_MAX(n, 0)] = '\0';
	kernel = strrchr(target, '/');
	kernel = kernel != NULL ? kernel + 1 : target;
	if (strcmp(kernel, "mlx5_core") == 0)
		return "the mlx5 driver";
	if (strcmp(kernel, "mlx4_core") == 0)
		return "the mlx4 driver";
	return "the other drivers";
}

/* The numbers of a layer's ports, or of all others', as text. */
static void
ports_list(const struct pci_ports *p, bool ib, char *buf, size_t len)
{
	unsigned int i;
	size_t n = 0;

	buf[0] = '\0';
	for (i = 0; i < p->nb && n < len; i++)
		if ((p->port[i].layer == IPOIB_LAYER_INFINIBAND) == ib)
			n += snprintf(buf + n, len - n, "%s%s port %u", n == 0 ? "" : ", ",
					p->port[i].device, p->port[i].port);
}

/* Nothing of ours is in it. Loud only where somebody asked for this function. */
static void
say_not_ours(const struct rte_pci_device *pci, const struct pci_ports *p)
{
	uint32_t level = pci->device.devargs != NULL ? RTE_LOG_NOTICE : RTE_LOG_INFO;
	char list[256];

	if (p->nb == 0) {
		rte_log(level, ipoib_logtype,
				"net_ipoib: %s: no device in %s/class/infiniband belongs to it "
				"(for an HCA, load the kernel's driver of it and ib_uverbs), "
				"left to %s\n",
				pci->name, ipoib_sysfs_root(), other_driver(pci->name));
		return;
	}
	ports_list(p, false, list, sizeof(list));
	rte_log(level, ipoib_logtype,
			"net_ipoib: %s: the link layer of %s is not InfiniBand, left to %s\n",
			pci->name, list, other_driver(pci->name));
}

/* One PCI function belongs to one driver, and that one cannot have its Ethernet ports. */
static void
say_mixed(const struct rte_pci_device *pci, const struct pci_ports *p)
{
	const struct ipoib_sysfs_port *first = p->port;
	char ib[256], other[256];

	ports_list(p, true, ib, sizeof(ib));
	ports_list(p, false, other, sizeof(other));
	while (first->layer != IPOIB_LAYER_INFINIBAND)
		first++;
	IPOIB_LOG(WARNING,
			"%s: %s is InfiniBand, %s is not, and a PCI function belongs to one driver: "
			"left to %s; for net_ipoib, use '--vdev "
			"net_ipoib0,hca=verbs,device=%s,port=%u' and '-b %s' instead",
			pci->name, ib, other, other_driver(pci->name), first->device, first->port,
			pci->name);
}

/*
 * The user's arguments, completed so that they say what the same port would get
 * as a virtual device. @p first: the device, if they name none.
 */
static int
args_parse(const struct rte_pci_device *pci, const char *text, const struct rte_kvargs *kv,
		const char *first, struct ipoib_devargs *args)
{
	char full[1024];
	int n;

	if (rte_kvargs_count(kv, "hca") != 0) {
		IPOIB_LOG(ERR, "%s: argument 'hca' is for --vdev: a PCI function is hca=verbs",
				pci->name);
		return -EINVAL;
	}
	n = snprintf(full, sizeof(full), "hca=verbs%s%s%s%s%s",
			rte_kvargs_count(kv, "mad") == 0 ? ",mad=umad" : "",
			rte_kvargs_count(kv, "device") == 0 ? ",device=" : "",
			rte_kvargs_count(kv, "device") == 0 ? first : "",
			text[0] != '\0' ? "," : "", text);
	if (n < 0 || (size_t)n >= sizeof(full)) {
		IPOIB_LOG(ERR, "%s: arguments of more than %zu characters", pci->name,
				sizeof(full));
		return -EINVAL;
	}
	if (ipoib_devargs_parse(pci->name, full, args) != 0)
		return -EINVAL;
	if (args->numa == SOCKET_ID_ANY)
		args->numa = pci->device.numa_node;
	return 0;
}

static int
choice_add(const struct rte_pci_device *pci, const struct ipoib_devargs *args,
		const struct ipoib_sysfs_port *port, struct pci_choice *c)
{
	struct ipoib_devargs *a = &c->args[c->nb];

	*a = *args;
	a->port = port->port;
	if (rte_strscpy(a->device, port->device, sizeof(a->device)) < 0) {
		IPOIB_LOG(ERR, "%s: the name '%s' is longer than %zu characters", pci->name,
				port->device, sizeof(a->device) - 1);
		return -EINVAL;
	}
	c->nb++;
	return 0;
}

/* The ports that the arguments leave, each with its own. */
static int
ports_choose(const struct rte_pci_device *pci, const struct pci_ports *p, struct pci_choice *c)
{
	const char *text = pci->device.devargs != NULL ? pci->device.devargs->args : "";
	bool one_device, one_port;
	struct ipoib_devargs args;
	struct rte_kvargs *kv;
	char list[256];
	unsigned int i;
	int ret;

	c->nb = 0;
	kv = rte_kvargs_parse(text, NULL);
	/* Malformed: it says so. */
	if (kv == NULL)
		return ipoib_devargs_parse(pci->name, text, &args);
	one_device = rte_kvargs_count(kv, "device") != 0;
	one_port = rte_kvargs_count(kv, "port") != 0;
	ret = args_parse(pci, text, kv, p->port[0].device, &args);
	rte_kvargs_free(kv);
	for (i = 0; ret == 0 && i < p->nb; i++)
		if ((!one_device || strcmp(args.device, p->port[i].device) == 0) &&
				(!one_port || args.port == p->port[i].port))
			ret = choice_add(pci, &args, &p->port[i], c);
	if (ret != 0 || c->nb != 0)
		return ret;
	ports_list(p, true, list, sizeof(list));
	IPOIB_LOG(ERR, "%s: there is no %s port %u on this PCI function, it has %s", pci->name,
			one_device ? args.device : p->port[0].device, args.port, list);
	return -ENODEV;
}

static bool
is_hidden(uint16_t port_id)
{
	const struct ipoib_port *port = ipoib_port_by_id(port_id);

	return port != NULL && port->hidden;
}

static int
ipoib_pci_remove(struct rte_pci_device *pci)
{
	uint16_t port;

	RTE_ETH_FOREACH_DEV_OF(port, &pci->device)
	{
		/* It goes with the port above it. */
		if (is_hidden(port))
			continue;
		if (rte_eth_devices[port].data->dev_started)
			rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	return 0;
}

static int
port_create(struct rte_pci_device *pci, const char *name, struct ipoib_devargs *a)
{
	if (!a->ether)
		return rte_eth_dev_create(&pci->device, name, sizeof(struct ipoib_port),
				eth_dev_pci_specific_init, pci, ipoib_eth_init, a);
	return ipoib_ether_create != NULL ? ipoib_ether_create(&pci->device, name, a) : -ENOTSUP;
}

/* All or none, each under the function's name, which alone says enough if it is one. */
static int
ports_create(struct rte_pci_device *pci, struct pci_choice *c)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	struct ipoib_devargs *a;
	unsigned int i;
	int ret;

	for (i = 0; i < c->nb; i++) {
		a = &c->args[i];
		if (c->nb == 1)
			rte_strscpy(name, pci->name, sizeof(name));
		else
			snprintf(name, sizeof(name), "%s_%s_%u", pci->name, a->device, a->port);
		ret = port_create(pci, name, a);
		if (ret != 0) {
			IPOIB_LOG(ERR,
					"%s: %s port %u cannot be used (%s); the function is not "
					"offered to %s, which has no use for it",
					pci->name, a->device, a->port, strerror(-ret),
					other_driver(pci->name));
			ipoib_pci_remove(pci);
			return ret;
		}
	}
	return 0;
}

/*
 * @return 0 it is ours now; positive: not ours, EAL asks the next driver;
 *   negative: ours, but there is something wrong, and EAL asks nobody else
 */
static int
ipoib_pci_probe(struct rte_pci_driver *drv __rte_unused, struct rte_pci_device *pci)
{
	struct pci_choice choice;
	struct pci_ports ports;
	int ret;

	ports_find(pci->name, &ports);
	if (ports.nb_ib == 0) {
		say_not_ours(pci, &ports);
		return 1;
	}
	if (ports.nb_ib < ports.nb) {
		say_mixed(pci, &ports);
		return 1;
	}
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		IPOIB_LOG(ERR, "%s: only a primary process can use it", pci->name);
		return -ENOTSUP;
	}
	ret = ports_choose(pci, &ports, &choice);
	return ret == 0 ? ports_create(pci, &choice) : ret;
}

static struct rte_pci_driver ipoib_pci_driver = {
	.driver = { .name = PMD_IPOIB_DRIVER_NAME },
	.id_table = ids,
	.probe = ipoib_pci_probe,
	.remove = ipoib_pci_remove,
};

static bool
id_is_there(uint64_t vendor, uint64_t device)
{
	const struct rte_pci_id *id;

	for (id = ids; id->vendor_id != 0; id++)
		if (id->vendor_id == vendor &&
				(id->device_id == device || id->device_id == RTE_PCI_ANY_ID))
			return true;
	return false;
}

/*
 * EAL shows a driver only what is in its table. An HCA of another vendor and
 * another class is there before us as a rule, so the kernel can be asked. One
 * that is plugged in later has to be in the table above.
 */
static void
ids_add_seen(void)
{
	struct ipoib_sysfs_port ports[PORTS_ALL_MAX];
	uint64_t vendor, device;
	unsigned int i, n, at;

	for (at = 0; ids[at].vendor_id != 0; at++)
		;
	n = ipoib_sysfs_ports(NULL, ports, PORTS_ALL_MAX);
	for (i = 0; i < n && at < RTE_DIM(ids) - 1; i++) {
		if (ports[i].layer != IPOIB_LAYER_INFINIBAND ||
				ipoib_sysfs_number(&vendor, "%s/device/vendor", ports[i].device) !=
						0 ||
				ipoib_sysfs_number(&device, "%s/device/device", ports[i].device) !=
						0 ||
				id_is_there(vendor, device))
			continue;
		ids[at++] = (struct rte_pci_id){ ID(
				(uint16_t)vendor, (uint16_t)device, RTE_CLASS_ANY_ID) };
	}
}

RTE_TAILQ_HEAD(pci_drivers, rte_pci_driver);

static struct rte_pci_driver *
first_driver(struct rte_pci_driver *any)
{
	struct rte_pci_driver *before;

	while ((before = TAILQ_PREV(any, pci_drivers, next)) != NULL)
		any = before;
	return any;
}

/*
 * EAL asks the drivers in the order in which they registered, until one takes
 * the function or fails, and mlx5 fails on an InfiniBand port. So we come first
 * also if we come late (as a plug-in behind mlx5, or by the order of linking):
 * those before us register once more. Who comes later is behind us anyway.
 */
void
ipoib_pci_register(void)
{
	struct rte_pci_driver *first;

	ids_add_seen();
	rte_pci_register(&ipoib_pci_driver);
	while ((first = first_driver(&ipoib_pci_driver)) != &ipoib_pci_driver) {
		rte_pci_unregister(first);
		rte_pci_register(first);
	}
}

RTE_PMD_REGISTER_PCI_TABLE(net_ipoib, ids);
RTE_PMD_REGISTER_KMOD_DEP(net_ipoib, "* ib_uverbs & ib_umad & ( mlx5_ib | mlx4_ib )");
