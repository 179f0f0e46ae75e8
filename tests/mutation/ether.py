# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Small errors for mode=ether: its bursts, and what its control translates."""

from datapath import M

PMD = "drivers/net/ipoib/ether/"
LIB = "lib/ipoib_ether/"


def tx(name, old, new):
    return M("ether tx: " + name, PMD + "ether_tx.c", old, new, "test_pmd_ether_tx")


def rx(name, old, new):
    return M("ether rx: " + name, PMD + "ether_rx.c", old, new, "test_pmd_ether_rx")


def vlan(name, old, new):
    return M("vlan: " + name, PMD + "ether_vlan.c", old, new, "test_pmd_ether_rx")


def table(name, old, new):
    return M("macs: " + name, LIB + "ether_table.c", old, new, "test_ipoib_ether")


def nd(name, old, new):
    return M("nd: " + name, LIB + "ether_nd.c", old, new, "test_ipoib_ether_pkt")


def dhcp(name, old, new):
    return M("dhcp: " + name, LIB + "ether_dhcp.c", old, new, "test_ipoib_ether_pkt")


def snoop(name, old, new):
    return M("snoop: " + name, LIB + "ether_snoop.c", old, new, "test_ipoib_ether_pkt")


def pkt(name, old, new):
    return M("translate: " + name, LIB + "ether_pkt.c", old, new, "test_ipoib_ether_pkt")


MUTATIONS = [
    # ether_tx.c
    tx("all flows by one path", "flow_hash(is6, ip, len) % set->nb_lids[0]", "0"),
    tx("fragments by what stands where ports do",
       "(ip4->fragment_offset & RTE_BE16(0x3fff)) == 0", "true"),
    tx("one octet too long", "if (unlikely(m->pkt_len > (uint32_t)mtu + RTE_ETHER_HDR_LEN))",
       "if (unlikely(m->pkt_len > (uint32_t)mtu + RTE_ETHER_HDR_LEN + 1))"),
    tx("plain: one octet too long", "return likely(len <= k->max);",
       "return likely(len <= k->max + 1);"),
    tx("plain: the link's MTU", "n->mtu != 0 && n->mtu < r->mtu ? n->mtu : r->mtu);", "r->mtu);"),
    tx("padding goes out", "\tunpad(m, l3_len);\n", ""),
    tx("padding of segments goes out",
       "\t\trte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - len));\n", "\t\t;\n"),
    tx("a packet longer than its frame",
       "if (unlikely(l3_len == 0 || l3_len + RTE_ETHER_HDR_LEN > m->pkt_len))",
       "if (unlikely(l3_len == 0))"),
    tx("IGMP is not seen", "\t\tif (unlikely(ip[9] == IPPROTO_IGMP))\n\t\t\treturn true;\n", ""),
    tx("plain: IGMP is not seen", " ||\n\t\t\t    ip->next_proto_id == IPPROTO_IGMP))", "))"),
    tx("plain: DHCP is not seen", "(to == RTE_BE16(67) || to == RTE_BE16(68))))",
       "to == RTE_BE16(67)))"),
    tx("MLD is not seen", "return ip[6] == IPPROTO_HOPOPTS || ether_is_special(type, ip, len);",
       "return ether_is_special(type, ip, len);"),
    tx("plain: a peer that another MAC has now",
       "place->mac != mac || place->gen != r->gen || place->tick != r->view->tick))",
       "place->mac != mac || place->tick != r->view->tick))"),
    tx("plain: nobody sees that a peer is used",
       "place->mac != mac || place->gen != r->gen || place->tick != r->view->tick))",
       "place->mac != mac || place->gen != r->gen))"),
    tx("plain: one of several paths", "if (unlikely(n == NULL || n->kind != IPOIB_NEIGH_UD))",
       "if (unlikely(n == NULL))"),
    tx("sent while the link is down", "\tif (unlikely(!r->up))\n", "\tif (false)\n"),
    tx("plain: sent while the link is down", "(mac & 1) != 0 || !r->up ||", "(mac & 1) != 0 ||"),
    tx("missed free of what was copied",
       "\tcopy->tx_offload = m->tx_offload;\n\trte_pktmbuf_free(m);\n",
       "\tcopy->tx_offload = m->tx_offload;\n"),
    tx("somebody else's is written into",
       "if (rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m)) {",
       "if (!RTE_MBUF_DIRECT(m)) {"),
    tx("plain: somebody else's buffer", "RTE_MBUF_F_TX_OFFLOAD_MASK | RTE_MBUF_F_INDIRECT |",
       "RTE_MBUF_F_TX_OFFLOAD_MASK |"),
    tx("a full ring's are not counted",
       "ether_drop(&r->q->ctr, ETHER_PMD_control, r->ctl[done]);",
       "rte_pktmbuf_free(r->ctl[done]);"),
    tx("what comes back lacks its source", "memcpy(hdr, &r->src[i], sizeof(r->src[i]));", ""),
    tx("what comes back has another L2 length", "\t\t\tm->l2_len = RTE_ETHER_HDR_LEN;\n",
       "\t\t\t;\n"),
    tx("what comes back in the wrong place", "pkts[i - sent] = m;", "pkts[i] = m;"),
    tx("octets of what was not sent", "\t\t\tbytes -= r->send[i]->pkt_len + LONGER;\n",
       "\t\t\t;\n"),
    # ether_rx.c
    rx("the GRH is not looked at",
       "\tif ((meta->flags & PMD_IPOIB_RX_GRH) == 0)\n\t\treturn;\n", "\treturn;\n"),
    rx("one octet too short", "if (unlikely(len < IPOIB_HDR_LEN))",
       "if (unlikely(len + 1 < IPOIB_HDR_LEN))"),
    rx("IPv4 one octet too short", "len >= sizeof(struct rte_ipv4_hdr))",
       "len + 1 >= sizeof(struct rte_ipv4_hdr))"),
    rx("IPv6 one octet too short", "len >= sizeof(struct rte_ipv6_hdr))",
       "len + 1 >= sizeof(struct rte_ipv6_hdr))"),
    rx("a group's packet for the port's MAC",
       "(PMD_IPOIB_RX_MCAST | PMD_IPOIB_RX_BCAST)) != 0)) {", "PMD_IPOIB_RX_BCAST) != 0)) {"),
    rx("locals are not looked for", "if (unlikely(ether_has_locals(e->table))) {",
       "if (false) {"),
    rx("remembered though there are locals",
       "if (r->locals || (meta & IPOIB_FLAGS_MCAST) != 0 ||",
       "if ((meta & IPOIB_FLAGS_MCAST) != 0 ||"),
    rx("a group's packet is remembered", "if (r->locals || (meta & IPOIB_FLAGS_MCAST) != 0 ||",
       "if (r->locals ||"),
    M("ether rx: a source that moved", "drivers/net/ipoib/ipoib_rx_ether.h",
      "s->gen != rx->gen || ", "", "test_pmd_ether_rx"),
    M("ether rx: nobody sees that a peer is used", "drivers/net/ipoib/ipoib_rx_ether.h",
      " || s->tick != rx->tick))", "))", "test_pmd_ether_rx"),
    rx("DHCP is not seen",
       "return unlikely(ip[9] == IPPROTO_UDP) && ether_is_special(type, ip, len);",
       "return false;"),
    rx("a full ring's are not counted", "ether_drop(&q->ctr, ETHER_PMD_control, pkts[done]);",
       "rte_pktmbuf_free(pkts[done]);"),
    rx("missed free of a type unknown", "\t\tether_drop(&q->ctr, ETHER_DROP_type, m);\n",
       "\t\tipoib_count(&q->ctr.drop[ETHER_DROP_type], 1);\n"),
    rx("octets of what has its header already", "bytes += got > 0 ? q->plain.bytes : 0;", ""),
    rx("a header twice", "if (some_done && m->packet_type == IPOIB_PTYPE_ETHER_IPV4)",
       "if (false)"),
    rx("no checksum is none computed", "if (proto == IPPROTO_UDP && no_udp_cksum(",
       "if (proto == IPPROTO_ICMP && no_udp_cksum("),
    rx("a device's verdict is overruled",
       "\tif ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != 0)\n\t\treturn;", "\tif (false)\n\t\treturn;"),
    # ether_vlan.c
    vlan("the same one first each time", "q->turn = (uint16_t)(q->turn + 1) % all;", ""),
    vlan("priority is part of the tag", "rte_be_to_cpu_16(tag->vlan_tci) & ID_MASK;",
       "rte_be_to_cpu_16(tag->vlan_tci);"),
    vlan("an unknown one is the port's own", "\treturn TO_NOBODY;\n", "\treturn TO_SELF;\n"),
    vlan("what comes back has no tag", "\t\ttag_put(send[i], v->id);\n", ""),
    vlan("what comes back in the wrong place", "pkts[lost + i] = send[i];", "pkts[i - sent] = send[i];"),
    vlan("somebody else's is written into",
       "\t\tif (rte_mbuf_refcnt_read(m) != 1 || !RTE_MBUF_DIRECT(m))\n", "\t\tif (false)\n"),
    vlan("the order of frames is lost", "vlan_of(e, pkts[done + run]) == to)", "to >= 0)"),
    # ether_table.c
    table("old ones stay", "t->tick - __atomic_load_n(&e->tick, __ATOMIC_RELAXED) > t->age_s;",
          "t->tick - __atomic_load_n(&e->tick, __ATOMIC_RELAXED) > t->age_s + 30;"),
    table("the user's are forgotten", "return e->used && !e->fixed &&", "return e->used &&"),
    table("a MAC of two", "if (peer_mac_find(t, mac) == NULL && !local_has_mac(t, mac)) {",
          "if (!local_has_mac(t, mac)) {"),
    table("a local's MAC", "if (peer_mac_find(t, mac) == NULL && !local_has_mac(t, mac)) {",
          "if (peer_mac_find(t, mac) == NULL) {"),
    table("a peer's QPN does not count",
          "(qpn == 0 || ipoib_addr_qpn(&p->addr) == qpn))", "true)"),
    table("used again before bursts are past it",
          "rte_rcu_qsbr_check(t->rcu, rec(p, i)->token, false) == 1) {", "true) {"),
    table("a LID that moved", "\t\tlink_out(&t->peers, &t->by_lid[hash_lid(t, p->slid)], NEXT_LID, i);\n"
          "\t__atomic_store_n(&p->slid", "\t\t;\n\t__atomic_store_n(&p->slid"),
    table("two records of an address",
          "\tif (old != NIL)\n\t\taddress_free(t, p, heads, mask, old);\n", ""),
    table("nobody is told that a peer is new",
          "\tt->stats.learnt++;\n\tchanged(t);\n", "\tt->stats.learnt++;\n"),
    table("a peer's MAC may be a local's",
          "return rte_is_valid_assigned_ether_addr(mac) && peer_mac_find(t, mac) == NULL;",
          "return rte_is_valid_assigned_ether_addr(mac);"),
    table("another client's transaction", "if (!t->xid[i].used || t->xid[i].xid != xid)",
          "if (!t->xid[i].used)"),
    # ether_nd.c
    nd("from beyond a router", "if (ip->hop_limits != 255 || nd->in[1] != 0)",
       "if (nd->in[1] != 0)"),
    nd("any checksum", "if (rte_ipv6_udptcp_cksum_verify(ip, nd->in) != 0)", "if (false)"),
    nd("an option of no length", "if (len == 0 || nd->at + len > nd->len)",
       "if (nd->at + len > nd->len)"),
    nd("the sender's for the target's",
       "if (opt[0] == OPT_TARGET && (nd->type == ND_NA || nd->type == ND_REDIRECT))",
       "if (opt[0] == OPT_TARGET && nd->type == ND_REDIRECT)"),
    nd("a peer's MAC behind the port", "if (peer != NULL && nd->type != ND_REDIRECT)",
       "if (false)"),
    nd("our own message comes back", "\t\tif (nd->type != ND_REDIRECT)\n"
       "\t\t\treturn ETHER_DROPPED(self);\n", ""),
    nd("the old length", "ip->payload_len = rte_cpu_to_be_16((uint16_t)nd->nb);", ""),
    nd("an Ethernet option of another length", "if (opt[1] != ETHER_OPT / 8)", "if (false)"),
    # ether_dhcp.c
    dhcp("a fragment", "(h->fragment_offset & RTE_BE16(0x1fff)) != 0)", "false)"),
    dhcp("no broadcast flag", "\tb->flags |= RTE_BE16(BROADCAST);\n", ""),
    dhcp("two client identifiers", "\tif (has)\n\t\treturn ETHER_OK;\n", ""),
    dhcp("the old length", "rte_be_to_cpu_16(udp->dgram_len) + grow));",
         "rte_be_to_cpu_16(udp->dgram_len)));"),
    dhcp("an option beyond the end", "return i < len ? (int)i : -1;", "return (int)i;"),
    dhcp("the client's address stays", "\tmemset(b->chaddr, 0, sizeof(b->chaddr));\n", ""),
    dhcp("servers' of other clients", "if (b->op != REPLY || b->htype != HTYPE_IB || ",
         "if (b->op != REPLY || "),
    # ether_snoop.c
    snoop("who includes no source is a member", "change(c, &g, sources > 0);",
          "change(c, &g, true);"),
    snoop("who leaves is a member", "\t\tchange(c, &g, false);\n", "\t\tchange(c, &g, true);\n"),
    snoop("one record only", "\t\tat += size;\n", ""),
    snoop("auxiliary data is a record", "sources * addr + r[1] * 4u;", "sources * addr;"),
    snoop("what is no group", "return (ip->b[12] & 0xf0) == 0xe0;", "return true;"),
    # ether_pkt.c
    pkt("a peer's MAC behind the port",
        "\tif (!ether_mac_may_be_local(t, &arp.arp_data.arp_sha))\n"
        "\t\treturn ETHER_DROPPED(source);\n", ""),
    pkt("a request for nobody's", "else if (op == RTE_ARP_OP_REPLY)\n\t\ttarget = port->addr;",
        "else\n\t\ttarget = port->addr;"),
    pkt("our own ARP comes back", "\tif (ipoib_addr_equal(&arp.sha, &port->addr))\n"
        "\t\treturn ETHER_DROPPED(self);\n", ""),
    pkt("everybody's ARP for one", "\tif (from->mcast)\n"
        "\t\tmemset(&eth->dst_addr, 0xff, sizeof(eth->dst_addr));\n\telse\n", ""),
    pkt("padding goes out", "\t\trte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - len));\n", ""),
    pkt("a packet longer than its frame", "if (len == 0 || len > m->pkt_len) {", "if (len == 0) {"),
    pkt("in: a packet longer than its frame",
        "if (ip_length(type, m) == 0 || ip_length(type, m) > m->pkt_len)",
        "if (ip_length(type, m) == 0)"),
]
