/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * DHCPv4 of clients behind the port, over IPoIB as RFC 4390 has it: hardware type 32, no hardware
 * address, the broadcast flag (nobody could be reached by a MAC), and a client identifier, for else
 * the server could not tell clients apart. The server's answer gets the client's MAC back by its
 * transaction. Servers behind the port, and clients on the fabric, are passed on as they are.
 */

#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "ether_priv.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define REQUEST 1
#define REPLY 2
#define HTYPE_ETHER 1
#define HTYPE_IB 32
#define BROADCAST 0x8000
#define COOKIE 0x63825363
#define OPT_PAD 0
#define OPT_CLIENT 61
#define OPT_END 255

struct bootp {
	uint8_t op, htype, hlen, hops;
	rte_be32_t xid;
	rte_be16_t secs, flags;
	uint8_t addrs[16];
	uint8_t chaddr[16];
	uint8_t names[192];
	rte_be32_t cookie;
} __attribute__((packed));

bool
ether_is_dhcp(const void *ip, uint32_t len)
{
	const struct rte_ipv4_hdr *h = ip;
	const struct rte_udp_hdr *udp;
	uint32_t ihl;

	if (len < sizeof(*h) || h->next_proto_id != IPPROTO_UDP ||
			(h->fragment_offset & RTE_BE16(0x1fff)) != 0)
		return false;
	ihl = rte_ipv4_hdr_len(h);
	if (ihl < sizeof(*h) || len < ihl + sizeof(*udp))
		return false;
	udp = RTE_PTR_ADD(ip, ihl);
	return udp->dst_port == RTE_BE16(SERVER_PORT) || udp->dst_port == RTE_BE16(CLIENT_PORT);
}

/* The message, or NULL: fragmented, of lengths that disagree, or too short to be one. */
static struct bootp *
message(struct rte_mbuf *m, struct rte_ipv4_hdr **ip, struct rte_udp_hdr **udp)
{
	uint32_t at, len;

	*ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	at = rte_ipv4_hdr_len(*ip);
	*udp = RTE_PTR_ADD(*ip, at);
	len = rte_be_to_cpu_16((*udp)->dgram_len);
	if (((*ip)->fragment_offset & RTE_BE16(0x3fff)) != 0 || m->data_len < at + len ||
			rte_be_to_cpu_16((*ip)->total_length) != at + len ||
			len < sizeof(**udp) + sizeof(struct bootp))
		return NULL;
	return (struct bootp *)(*udp + 1);
}

static void
cksums(struct rte_ipv4_hdr *ip, struct rte_udp_hdr *udp)
{
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
}

/* Options of a message of len octets. @return where the end is, or -1 malformed; *has: opt is there */
static int
options(const uint8_t *o, uint32_t len, uint8_t opt, bool *has)
{
	uint32_t i = 0;

	*has = false;
	while (i < len && o[i] != OPT_END) {
		if (o[i] == OPT_PAD) {
			i++;
			continue;
		}
		*has |= o[i] == opt;
		if (i + 1 >= len)
			return -1;
		i += 2u + o[i + 1];
	}
	return i < len ? (int)i : -1;
}

/* A client identifier of hardware type and address, as most clients have it anyway. */
static int
client_id_add(struct rte_mbuf *m, struct rte_ipv4_hdr *ip, struct rte_udp_hdr *udp,
		const struct rte_ether_addr *mac)
{
	uint8_t *o = (uint8_t *)(udp + 1) + sizeof(struct bootp);
	uint32_t len = rte_be_to_cpu_16(udp->dgram_len) - sizeof(*udp) - sizeof(struct bootp);
	uint8_t opt[] = { OPT_CLIENT, 7, HTYPE_ETHER, 0, 0, 0, 0, 0, 0, OPT_END };
	uint32_t grow;
	bool has;
	int end;

	end = options(o, len, OPT_CLIENT, &has);
	if (end < 0)
		return ETHER_DROPPED(dhcp);
	if (has)
		return ETHER_OK;
	memcpy(&opt[3], mac, sizeof(*mac));
	/* Padding behind the end is used up first. */
	grow = (uint32_t)end + sizeof(opt) > len ? (uint32_t)end + sizeof(opt) - len : 0;
	if (grow > 0 && rte_pktmbuf_append(m, (uint16_t)grow) == NULL)
		return ETHER_DROPPED(nombuf);
	memcpy(&o[end], opt, sizeof(opt));
	ip->total_length = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(ip->total_length) + grow));
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(udp->dgram_len) + grow));
	return ETHER_OK;
}

int
ether_dhcp_out(struct ether_table *t, struct rte_mbuf *m)
{
	struct rte_ether_addr mac;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;
	struct bootp *b = message(m, &ip, &udp);
	int ret;

	if (b == NULL || b->cookie != RTE_BE32(COOKIE))
		return ETHER_DROPPED(dhcp);
	if (b->op != REQUEST || b->htype != HTYPE_ETHER || b->hlen != RTE_ETHER_ADDR_LEN)
		return ETHER_OK;
	memcpy(&mac, b->chaddr, sizeof(mac));
	ret = client_id_add(m, ip, udp, &mac);
	if (ret != ETHER_OK)
		return ret;
	ether_xid_note(t, b->xid, &mac);
	b->htype = HTYPE_IB;
	b->hlen = 0;
	memset(b->chaddr, 0, sizeof(b->chaddr));
	b->flags |= RTE_BE16(BROADCAST);
	cksums(ip, udp);
	return ETHER_OK;
}

int
ether_dhcp_in(struct ether_table *t, struct rte_mbuf *m)
{
	struct rte_ether_addr mac;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;
	struct bootp *b = message(m, &ip, &udp);

	if (b == NULL)
		return ETHER_DROPPED(dhcp);
	if (b->op != REPLY || b->htype != HTYPE_IB || !ether_xid_find(t, b->xid, &mac))
		return ETHER_OK;
	b->htype = HTYPE_ETHER;
	b->hlen = RTE_ETHER_ADDR_LEN;
	memcpy(b->chaddr, &mac, sizeof(mac));
	cksums(ip, udp);
	return ETHER_OK;
}
