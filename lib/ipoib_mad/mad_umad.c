/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * MADs through the kernel by libibumad. The identity comes from sysfs: unlike
 * SMPs, that works for virtual functions and without access to QP0.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <infiniband/umad.h>

#include <rte_byteorder.h>

#include "ib_mad.h"
#include "mad_transport.h"

static_assert(UMAD_CA_NAME_LEN <= IPOIB_MAD_NAME_LEN, "a CA's name fits");

/*
 * The kernel delivers an answer only while it knows the request, and then
 * hands the request back. So its time is longer than any try of ours; the
 * pace of the tries is not its business.
 */
#define UMAD_TIMEOUT_MS 2000
/* Four files of sysfs each 250 ms, everything when one differs or each 2 s. */
#define LOOK_US 250000
#define LOOK_ALL_US 2000000
#define CLOSE_WAIT_MS 200

/* What is looked at each LOOK_US. */
struct umad_look {
	unsigned long state;
	unsigned long lid;
	unsigned long sm_lid;
	unsigned long sm_sl;
};

struct umad {
	char ca[IPOIB_MAD_NAME_LEN];
	uint8_t port_num;
	int portid; /* -1: closed */
	int agent;
	bool reports;		/* they are ours, no other program's */
	uint32_t open_requests; /* sent, neither answered nor returned */
	uint64_t retry_us;
	uint64_t pace_us; /* of a close watch on the state, 0: none */
	uint64_t state_us;
	uint64_t look_us;
	uint64_t look_all_us;
	struct umad_look look;
	void *buf;
	char reason[160];
};

static void
umad_tr_down(struct umad *u)
{
	if (u->portid < 0)
		return;
	umad_close_port(u->portid);
	u->portid = -1;
	u->agent = -1;
	u->open_requests = 0;
	u->look_all_us = 0;
	snprintf(u->reason, sizeof(u->reason), "device '%s' went away", u->ca);
}

/*
 * Become the SubnAdm agent, with reports if no other program has them: the
 * kernel gives a method of a class to one. Without RMPP: the kernel would take
 * over only what it can reassemble into one long read, and hands RMPP MADs to an
 * agent that registers none as they are.
 */
static void
umad_tr_agent(struct umad *u)
{
	long methods[16 / sizeof(long)] = { 0 };

	methods[0] = 1L << IB_MAD_METHOD_REPORT;
	u->agent = umad_register(
			u->portid, IB_MAD_CLASS_SUBN_ADM, IB_MAD_SA_CLASS_VERSION, 0, methods);
	u->reports = u->agent >= 0;
	if (u->agent < 0)
		u->agent = umad_register(
				u->portid, IB_MAD_CLASS_SUBN_ADM, IB_MAD_SA_CLASS_VERSION, 0, NULL);
}

/* Open the device. */
static int
umad_tr_up(struct umad *u)
{
	errno = 0;
	u->portid = umad_open_port(u->ca, u->port_num);
	if (u->portid < 0)
		return errno == EACCES || errno == EPERM ? -EACCES : -ENODEV;
	umad_tr_agent(u);
	if (u->agent < 0) {
		umad_close_port(u->portid);
		u->portid = -1;
		return errno == EACCES || errno == EPERM ? -EACCES : -EIO;
	}
	u->look_us = 0;
	u->look_all_us = 0;
	u->reason[0] = '\0';
	return 0;
}

static bool
umad_tr_upkeep(void *priv, uint64_t now_us)
{
	struct umad *u = priv;

	if (u->portid < 0 && now_us >= u->retry_us) {
		u->retry_us = now_us + MAD_RETRY_US;
		umad_tr_up(u);
	}
	return u->portid >= 0;
}

static const char *
umad_tr_reason(const void *priv)
{
	const struct umad *u = priv;

	return u->reason;
}

static void
umad_tr_address(struct umad *u, const struct ipoib_mad_dest *dest)
{
	ib_mad_addr_t grh;

	umad_set_addr(u->buf, dest->dlid, dest->qpn != 0 ? (int)dest->qpn : 1, dest->sl,
			(int)IB_MAD_QP1_QKEY);
	umad_set_pkey(u->buf, 0);
	if (!dest->grh)
		return;
	memset(&grh, 0, sizeof(grh));
	grh.grh_present = 1;
	grh.hop_limit = dest->hop_limit;
	memcpy(grh.gid, dest->dgid.raw, sizeof(grh.gid));
	umad_set_grh(u->buf, &grh);
}

static int
umad_tr_send(void *priv, const uint8_t *buf, const struct ipoib_mad_dest *dest)
{
	bool asks = mad_wants_answer(buf);
	struct umad *u = priv;

	if (u->portid < 0)
		return -ENOTCONN;
	memset(u->buf, 0, umad_size());
	memcpy(umad_get_mad(u->buf), buf, IPOIB_MAD_LEN);
	umad_tr_address(u, dest);
	errno = 0;
	if (umad_send(u->portid, u->agent, u->buf, IPOIB_MAD_LEN, asks ? UMAD_TIMEOUT_MS : 0, 0) !=
			0) {
		if (errno == ENODEV) {
			umad_tr_down(u);
			return -ENOTCONN;
		}
		return errno == ENOMEM || errno == EAGAIN || errno == EINTR ? -EAGAIN : -EIO;
	}
	u->open_requests += asks;
	return 0;
}

/* Who sent what is in the buffer. */
static void
umad_tr_from(const struct umad *u, struct ipoib_mad_dest *from)
{
	const ib_mad_addr_t *addr = umad_get_mad_addr(u->buf);

	memset(from, 0, sizeof(*from));
	from->dlid = rte_be_to_cpu_16(addr->lid);
	from->sl = addr->sl;
	from->qpn = rte_be_to_cpu_32(addr->qpn);
	from->grh = addr->grh_present != 0;
	if (!from->grh)
		return;
	memcpy(from->dgid.raw, addr->gid, IB_GID_LEN);
	from->hop_limit = addr->hop_limit;
}

static int
umad_tr_recv(void *priv, struct mad_rx *rx)
{
	struct umad *u = priv;
	int len = IPOIB_MAD_LEN;
	int agent;

	if (u->portid < 0)
		return 0;
	errno = 0;
	agent = umad_recv(u->portid, u->buf, &len, 0);
	if (agent < 0) {
		if (errno == ENODEV || errno == EIO)
			umad_tr_down(u);
		return 0;
	}
	if (len < IPOIB_MAD_LEN)
		memset((uint8_t *)umad_get_mad(u->buf) + (len > 0 ? len : 0), 0,
				(size_t)(IPOIB_MAD_LEN - (len > 0 ? len : 0)));
	memcpy(rx->mad, umad_get_mad(u->buf), IPOIB_MAD_LEN);
	umad_tr_from(u, &rx->from);
	rx->status = -umad_status(u->buf);
	/* What nobody asked for closes no request. */
	if (u->open_requests != 0 && (rx->status != 0 || !mad_wants_answer(rx->mad)))
		u->open_requests--;
	return 1;
}

static int
umad_tr_fd(const void *priv)
{
	const struct umad *u = priv;

	return u->portid >= 0 ? umad_get_fd(u->portid) : -1;
}

static unsigned long
sysfs_number(const struct umad *u, const char *file)
{
	char path[128];
	char text[32];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/infiniband/%s/ports/%u/%s", u->ca, u->port_num,
			file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	return strtoul(text, NULL, 0);
}

static void
umad_tr_fill(const umad_port_t *from, struct ipoib_mad_port *to)
{
	unsigned int i;

	to->state = from->state >= IPOIB_MAD_DOWN && from->state <= IPOIB_MAD_ACTIVE
			? (enum ipoib_mad_state)from->state
			: IPOIB_MAD_DOWN;
	to->lid = (uint16_t)from->base_lid;
	to->lmc = (uint8_t)from->lmc;
	to->sm_lid = (uint16_t)from->sm_lid;
	to->sm_sl = (uint8_t)from->sm_sl;
	to->cap_mask = rte_be_to_cpu_32(from->capmask);
	to->mtu = 0; /* not in sysfs */
	/* libibumad cuts 2.5 Gb/s off. */
	to->rate_mbps = from->rate == 2 ? 2500 : from->rate * 1000;
	memcpy(to->gid.raw, &from->gid_prefix, IB_GUID_LEN);
	memcpy(to->gid.raw + IB_GUID_LEN, &from->port_guid, IB_GUID_LEN);
	memset(to->pkeys, 0, sizeof(to->pkeys));
	to->nb_pkeys = (uint16_t)RTE_MIN(from->pkeys_size, (unsigned int)IPOIB_MAD_PKEYS_MAX);
	for (i = 0; i < to->nb_pkeys; i++)
		to->pkeys[i] = from->pkeys[i];
}

static void
umad_tr_pace(void *priv, uint64_t us)
{
	struct umad *u = priv;

	u->pace_us = us;
	u->state_us = 0;
}

/* Between two looks at everything: has the state changed? */
static bool
umad_tr_state_changed(struct umad *u, uint64_t now_us)
{
	if (u->pace_us == 0 || now_us < u->state_us)
		return false;
	u->state_us = now_us + u->pace_us;
	return sysfs_number(u, "state") != u->look.state;
}

static bool
umad_tr_identity(void *priv, uint64_t now_us, struct ipoib_mad_port *port)
{
	struct umad *u = priv;
	struct umad_look look;
	umad_port_t all;

	if (u->portid < 0 || (now_us < u->look_us && !umad_tr_state_changed(u, now_us)))
		return false;
	u->look_us = now_us + LOOK_US;
	look.state = sysfs_number(u, "state");
	look.lid = sysfs_number(u, "lid");
	look.sm_lid = sysfs_number(u, "sm_lid");
	look.sm_sl = sysfs_number(u, "sm_sl");
	if (now_us < u->look_all_us && memcmp(&look, &u->look, sizeof(look)) == 0)
		return false;
	u->look = look;
	u->look_all_us = now_us + LOOK_ALL_US;
	memset(&all, 0, sizeof(all));
	if (umad_get_port(u->ca, u->port_num, &all) != 0) {
		umad_tr_down(u);
		return false;
	}
	umad_tr_fill(&all, port);
	umad_release_port(&all);
	return true;
}

static void
umad_tr_look(void *priv)
{
	struct umad *u = priv;

	u->look_us = 0;
	u->look_all_us = 0;
}

static int
umad_tr_take_class(void *priv, uint8_t mgmt_class)
{
	(void)priv;
	return mgmt_class == IB_MAD_CLASS_SUBN_ADM ? 0 : -ENOTSUP;
}

static bool
umad_tr_unsolicited(const void *priv, uint8_t mgmt_class)
{
	const struct umad *u = priv;

	return mgmt_class == IB_MAD_CLASS_SUBN_ADM && u->reports;
}

/* One line that says which devices there are. */
static void
umad_tr_log_missing(const struct ipoib_mad_cfg *cfg)
{
	char names[UMAD_MAX_DEVICES][UMAD_CA_NAME_LEN];
	char text[256] = "";
	size_t used = 0;
	umad_ca_t ca;
	int nb, i;

	nb = umad_get_cas_names(names, UMAD_MAX_DEVICES);
	for (i = 0; i < nb && used < sizeof(text); i++) {
		/* Where there is none, libibumad names a default one. */
		if (umad_get_ca(names[i], &ca) != 0)
			continue;
		umad_release_ca(&ca);
		used += (size_t)snprintf(text + used, sizeof(text) - used, " %s", names[i]);
	}
	MAD_LOG(ERR, "no InfiniBand device '%s' with a port %u; there is:%s\n", cfg->device,
			cfg->port_num, used > 0 ? text : " none");
}

static void
umad_tr_free(struct umad *u)
{
	umad_free(u->buf);
	free(u);
}

static int
umad_tr_open(const struct ipoib_mad_cfg *cfg, const char *arg, void **priv)
{
	umad_port_t port;
	struct umad *u;
	bool ethernet;
	int ret;

	if (arg != NULL) {
		MAD_LOG(ERR, "transport 'umad:%s': umad takes no name\n", arg);
		return -EINVAL;
	}
	memset(&port, 0, sizeof(port));
	if (umad_init() != 0 || umad_get_port(cfg->device, cfg->port_num, &port) != 0) {
		umad_tr_log_missing(cfg);
		return -ENODEV;
	}
	ethernet = strcmp(port.link_layer, "Ethernet") == 0;
	umad_release_port(&port);
	if (ethernet) {
		MAD_LOG(ERR, "device '%s' port %u is an Ethernet port, not an InfiniBand one\n",
				cfg->device, cfg->port_num);
		return -ENODEV;
	}
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return -ENOMEM;
	/* Not umad_size(): that grows when the first port is opened. */
	u->buf = umad_alloc(1, sizeof(struct ib_user_mad) + IPOIB_MAD_LEN);
	if (u->buf == NULL) {
		umad_tr_free(u);
		return -ENOMEM;
	}
	snprintf(u->ca, sizeof(u->ca), "%s", cfg->device);
	u->port_num = cfg->port_num;
	ret = umad_tr_up(u);
	if (ret != 0) {
		MAD_LOG(ERR, "device '%s' port %u: %s\n", cfg->device, cfg->port_num,
				ret == -EACCES ? "no permission for its file /dev/infiniband/umad*: "
						 "run as root, or let a group have it by a udev "
						 "rule (config/60-dpdk-ipoib.rules)"
					       : "its umad file cannot be used; is ib_umad loaded?");
		umad_tr_free(u);
		return ret;
	}
	*priv = u;
	return 0;
}

/* What is open is awaited: an answer to an agent that is gone may hit another. */
static void
umad_tr_close(void *priv)
{
	struct umad *u = priv;
	struct mad_rx rx;
	int waited;

	for (waited = 0; u->portid >= 0 && u->open_requests != 0 && waited < CLOSE_WAIT_MS;) {
		if (umad_tr_recv(u, &rx) == 0) {
			usleep(1000);
			waited++;
		}
	}
	if (u->portid >= 0) {
		umad_unregister(u->portid, u->agent);
		umad_close_port(u->portid);
	}
	umad_tr_free(u);
}

const struct mad_transport_ops mad_transport_umad = {
	.name = "umad",
	.open = umad_tr_open,
	.close = umad_tr_close,
	.upkeep = umad_tr_upkeep,
	.reason = umad_tr_reason,
	.send = umad_tr_send,
	.recv = umad_tr_recv,
	.fd = umad_tr_fd,
	.identity = umad_tr_identity,
	.pace = umad_tr_pace,
	.look = umad_tr_look,
	.take_class = umad_tr_take_class,
	.unsolicited = umad_tr_unsolicited,
};
