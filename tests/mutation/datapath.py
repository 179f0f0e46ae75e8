# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Small errors for what packets pass: name, file, text that occurs once, what it becomes."""

import collections

Mutation = collections.namedtuple("Mutation", "name path old new named program")

DP = "app/datapath/"
NET = "lib/ipoib_net/"
PMD = "drivers/net/ipoib/"

CONTROL = ("test_control_arp", "test_control_nd", "test_control_ip", "test_control_ip6",
           "test_control_l3", "test_control_path", "test_control_resolve", "test_control_mcast",
           "test_control_mcast_cap", "test_control_mcast_shared", "test_control_link",
           "test_control_refresh", "test_control_permanent", "test_control_route",
           "test_control_route6", "test_control_ra", "test_control_dhcp",
           "test_control_spread", "test_control_order", "test_control_bond", "test_control_ecmp",
           "test_control_mproxy", "test_control_mproxy_rfc", "test_control_ports",
           "test_control_warn", "test_control_call")

# Programs that are asked, by folder, the quick ones first. All of them are in `make check`.
PROGRAMS = {
    DP: ("test_dp_classify", "test_dp_route", "test_dp_plain", "test_dp_ip6", "test_dp_worker",
         "test_dp_mcast", "test_dp_fast", "test_dp_fast_order", "test_dp_order", "test_dp_flow",
         "test_dp_ports", "test_dp_filter", "test_dp_engines", "test_dp_fast_random"),
    NET: ("test_ipoib_net_proto", "test_ipoib_net_crc", "test_pmd_rx", "test_pmd_tx"),
    PMD + "ether/": ("test_pmd_ether_tx", "test_pmd_ether_rx"),
    "lib/ipoib_ether/": ("test_ipoib_ether", "test_ipoib_ether_pkt", "test_ipoib_ether_odd",
                         "test_pmd_ether_tx", "test_pmd_ether_rx"),
    PMD + "hca_verbs": ("test_pmd_verbs", "test_pmd_verbs_edges", "test_pmd_verbs_errors",
                        "test_pmd_verbs_states", "test_pmd_verbs_life"),
    "app/control/": CONTROL,
    "lib/ipoib_ctrl/": CONTROL,
    PMD: ("test_pmd_rx", "test_pmd_tx", "test_pmd_plain", "test_pmd_groups", "test_pmd_ports",
          "test_pmd_addr", "test_pmd_pkey", "test_pmd_life"),
}


def programs(m):
    """All that are asked for a mutation, in order."""
    for folder, names in PROGRAMS.items():
        if m.path.startswith(folder):
            first = (m.program,) if m.program else ()
            return first + tuple(n for n in names if n not in first)
    raise ValueError(m.path)


def M(name, path, old, new, program=None, named=False):
    return Mutation(name, path, old, new, named, program)


def classify(name, old, new, program="test_dp_classify", named=False):
    return M(name, DP + "classify.c", old, new, program, named)


def route(name, old, new, program="test_dp_route", named=False):
    return M(name, DP + "route.c", old, new, program, named)


def mcast(name, old, new):
    return M("group: " + name, DP + "mcast.c", old, new, "test_dp_mcast")


def worker(name, old, new, named=False):
    return M(name, DP + "worker.c", old, new, "test_dp_worker", named)


def fast(name, old, new, program="test_dp_fast"):
    return M("short way: " + name, DP + "fast.c", old, new, program)


def order(name, old, new):
    return M("order: " + name, DP + "order.c", old, new, "test_dp_order")


def packet_filter(name, old, new):
    return M("filter: " + name, DP + "filter.c", old, new, "test_dp_filter")


def nexthop(name, old, new, program="test_dp_route"):
    return M("next hop: " + name, DP + "nexthop.c", old, new, program)


def echo(name, old, new):
    return M("echo: " + name, DP + "engine_icmpecho.c", old, new, "test_dp_engines")


def rx(name, old, new, program="test_pmd_rx", named=False):
    return M("rx: " + name, PMD + "hca_soft_rx.c", old, new, program, named)


def tx(name, old, new, program="test_pmd_tx", named=False):
    return M("tx: " + name, PMD + "hca_soft_tx.c", old, new, program, named)


MUTATIONS = [
    # classify.c
    classify("frame for another MAC address",
             "if (!in->bcast && unlikely(!rte_is_same_ether_addr(",
             "if (in->bcast && unlikely(!rte_is_same_ether_addr(", named=True),
    classify("Ethernet header one octet short",
             "if (unlikely(m->data_len < sizeof(*eth)))",
             "if (unlikely(m->data_len + 1u < sizeof(*eth)))"),
    classify("IPv4 checksum not looked at",
             "unlikely(rte_ipv4_cksum(ip) != 0))",
             "unlikely(rte_ipv4_cksum(ip) != 0 && m->port == UINT16_MAX))"),
    classify("a carry of the short checksum, first half", "\tsum += sum < w1;\n", "", "test_dp_plain"),
    classify("a carry of the short checksum, destination", "\tsum += sum < w2;\n", "", "test_dp_plain"),
    classify("a carry of the short checksum, folded",
             "\thalf += half < (uint32_t)sum;\n", "", "test_dp_plain"),
    classify("IPv4 header longer than the data",
             "hdr_len < sizeof(*ip) || hdr_len > m->data_len",
             "hdr_len < sizeof(*ip)"),
    classify("a loose source route", "if (opt[i] == OPT_LSRR || ", "if ("),
    classify("an option beyond its header", "opt[i + 1] > len - i)", "false)"),
    classify("an option of no length", "len - i < 2 || opt[i + 1] < 2 ||", "len - i < 2 ||"),
    classify("IPv4 length one octet too long",
             "if (unlikely(len < hdr_len || len > m->pkt_len))",
             "if (unlikely(len < hdr_len || len > m->pkt_len + 1))"),
    classify("padding of IPv4 stays",
             "\tlen = rte_be_to_cpu_16(ip->total_length);\n\tif (m->pkt_len > len)\n"
             "\t\tpkt_trim(m, len);\n",
             "\tlen = rte_be_to_cpu_16(ip->total_length);\n\tif (m->pkt_len > len + 1)\n"
             "\t\tpkt_trim(m, len);\n"),
    classify("loopback as a source",
             "return top != 0 && top != 127 && top < 224;",
             "return top != 0 && top < 224;"),
    classify("a group of the link is routed",
             "return dst >> 8 == 0xe00000 || proto",
             "return dst >> 8 == 0xe00001 || proto"),
    classify("plain: longer than the frame",
             "len + l2_len > m->data_len ||",
             "len > m->data_len ||", program="test_dp_plain"),
    classify("IPv6 one octet longer than the frame",
             "\tlen += sizeof(struct rte_ipv6_hdr);\n\tif (unlikely(len > m->pkt_len))",
             "\tlen += sizeof(struct rte_ipv6_hdr);\n\tif (unlikely(len > m->pkt_len + 1))",
             program="test_dp_ip6"),
    classify("a second tag",
             "if (ret >= 0 || ret == IS_TAGGED)",
             "if (ret >= 0)"),
    classify("backup port of a bond takes broadcasts",
             "if (bcast && dp_port_tx(dp, bond) != m->port)",
             "if (bcast && dp_port_tx(dp, bond) == UINT16_MAX)", program="test_dp_ports"),
    # route.c
    route("TTL 1 is forwarded",
          "if (unlikely(ip->time_to_live <= 1)) {",
          "if (unlikely(ip->time_to_live < 1)) {", named=True),
    route("missed TTL",
          "\tdp_ttl4_decrement(ip);\n\treturn m;",
          "\treturn m;"),
    route("plain: missed TTL",
          "\tdp_ttl4_decrement(ip);\n\tif (nh->type == DP_NH_LINK)",
          "\tif (nh->type == DP_NH_LINK)", named=True),
    route("missed hop limit",
          "\tip[IP6_HOPS_OFF]--;\n\treturn m;",
          "\treturn m;", program="test_dp_ip6"),
    route("plain: one octet too long for the link",
          "m->pkt_len > atomic_load_explicit(&out->mtu, memory_order_relaxed) ||",
          "m->pkt_len > 1u + atomic_load_explicit(&out->mtu, memory_order_relaxed) ||"),
    route("one octet too long for the link",
          "if (unlikely(m->pkt_len > atomic_load_explicit(&out->mtu, memory_order_relaxed))) {",
          "if (unlikely(m->pkt_len > 1u + atomic_load_explicit(&out->mtu, "
          "memory_order_relaxed))) {", program="test_dp_ip6"),
    route("what others hold is written into",
          "\tif (unlikely(pkt_is_shared(m)))\n\t\tm = pkt_own(",
          "\tif (unlikely(pkt_is_shared(m) && m->port == UINT16_MAX))\n\t\tm = pkt_own("),
    route("unicast in a broadcast frame",
          "\tif (unlikely(bcast)) {\n\t\tworker_drop(w, m, DP_DROP_ip_l2_bcast);",
          "\tif (unlikely(bcast && m->port == UINT16_MAX)) {\n"
          "\t\tworker_drop(w, m, DP_DROP_ip_l2_bcast);"),
    route("directed broadcast by every port",
          "if (bcast || port == m->port || (flags & DP_PORT_DIRECTED_BCAST) == 0) {",
          "if (bcast || port == m->port) {"),
    route("link-local source leaves its link",
          "(ip[IP6_SRC_OFF + 1] & 0xc0) == 0x80 && m->port != port;",
          "(ip[IP6_SRC_OFF + 1] & 0xc0) == 0x80 && m->port == UINT16_MAX;",
          program="test_dp_ip6"),
    # mcast.c, mss.c, pkt.c, flow.c, inject.c
    mcast("back to where it came from",
          "listeners &= ~RTE_BIT64(m->port);",
          "listeners &= ~RTE_BIT64(63);"),
    mcast("missed TTL",
          "\tdp_ttl_decrement(m);\n\treplicate(",
          "\treplicate("),
    mcast("TTL 1",
          "return hops_of(m) <= 1 ?",
          "return hops_of(m) < 1 ?"),
    mcast("copies not counted",
          "dp_count(&ctr->copies, 1);",
          "dp_count(&ctr->copies, 0);"),
    mcast("30 bits in the MGID",
          "gid.raw[12] &= 0x0f;",
          "gid.raw[12] &= 0x2f;"),
    M("MSS at an odd offset", DP + "mss.c",
      "if (off % 2 != 0) {",
      "if (off == UINT32_MAX) {", "test_dp_flow"),
    M("MSS cut off by the end of the header", DP + "mss.c",
      "len == OPT_MSS_LEN && i + len <= hdr_len ?",
      "len == OPT_MSS_LEN && i <= hdr_len ?", "test_dp_flow"),
    M("padding is what was in the buffer", DP + "pkt.c",
      "memset(rte_pktmbuf_append(m, need), 0, need);",
      "rte_pktmbuf_append(m, need);", "test_dp_worker"),
    M("missed free of a packet that was copied", DP + "pkt.c",
      "\trte_pktmbuf_free(m);\n\tif (unlikely(copy == NULL))",
      "\tif (unlikely(copy == NULL))", "test_dp_classify"),
    M("missed free of segments behind the end", DP + "pkt.c",
      "\t\trte_pktmbuf_free(seg->next);\n", "", "test_dp_classify"),
    M("fragments by their ports", DP + "flow.c",
      "if (u->frag || (u->proto",
      "if ((u->proto", "test_dp_flow"),
    M("missed free with a full ring", DP + "inject.c",
      "\t\tdp_count(&ctr->drop[DP_DROP_inject_full], 1);\n\t\trte_pktmbuf_free(m);\n",
      "\t\tdp_count(&ctr->drop[DP_DROP_inject_full], 1);\n", "test_dp_worker"),
    # worker.c
    worker("missed free of what was not sent",
           "\t\trte_pktmbuf_free_bulk(&pkts[sent], n - sent);\n", "", named=True),
    worker("wrong counter of what was not sent",
           "dp_count(&ctr->drop[DP_DROP_tx_full], n - sent);",
           "dp_count(&ctr->drop[DP_DROP_tx_port], n - sent);"),
    worker("octets with the link-layer header",
           "dp_count(&ctr->tx_bytes, octets - (uint64_t)sent * dp_l2_len(kind));",
           "dp_count(&ctr->tx_bytes, octets);"),
    worker("what the full ring refused is not counted",
           "worker_drop(w, w->punt[i], DP_DROP_punt_full);",
           "rte_pktmbuf_free(w->punt[i]);"),
    worker("a stopped port's packets are not counted",
           "\tdp_count(&w->ctr[port].drop[DP_DROP_tx_port], n);\n", ""),
    # fast.c
    fast("no path is marked as used",
         "\t\tipoib_neigh_mark(way->paths, e);\n",
         ""),
    fast("TTL 1",
         "if (unlikely((p4.ttl_sum & 0xfe) == 0))",
         "if (unlikely((p4.ttl_sum & 0xff) == 0))"),
    fast("carry of the checksum",
         "if (likely(sum < UINT32_C(0xfffe0000)))",
         "if (likely(sum < UINT32_C(0xffff0000)))", program="test_dp_plain"),
    fast("a path that is gone",
         "return ipoib_neigh_gen_is(f->l3_at, f->l3_gen) &&\n"
         "\t\t\tipoib_neigh_gen_is(f->path_at, f->path_gen);",
         "return ipoib_neigh_gen_is(f->l3_at, f->l3_gen);"),
    fast("too long for the path",
         "if (unlikely(p4.len > f->mtu)) {",
         "if (unlikely(p4.len > way.mtu)) {"),
    fast("rules have changed",
         "if (unlikely(f->dst != p4.dst || f->rules != rules || !is_current(f))) {",
         "if (unlikely(f->dst != p4.dst || !is_current(f))) {"),
    # order.c
    order("next hops in a row share buckets",
          "\th = fold(h ^ o->secret[4], UINT64_C(0x9e3779b97f4a7c15));\n", ""),
    order("the last one that control has not handled overtakes",
          "RTE_MIN(punt, w->punts + w->nb_punt) > w->order.done;",
          "RTE_MIN(punt, w->punts + w->nb_punt) > w->order.done + 1;"),
    order("what the ring did not take is waited for",
          "RTE_MIN(punt, w->punts + w->nb_punt) > w->order.done;",
          "punt > w->order.done;"),
    order("a place in use is given away",
          "b->punt[i] > o->done; i++)",
          "b->punt[i] > o->done + 1; i++)"),
    order("the number of the one before",
          "o->last = w->punts + w->nb_punt + 1;",
          "o->last = w->punts + w->nb_punt;"),
    order("missed free with too many held",
          "\t\tworker_drop(w, m, DP_DROP_order_full);\n", ""),
    order("held packets in the wrong order",
          "\to->head = (o->head + 1) % DP_HELD_MAX;\n",
          "\to->head = (o->head + o->nb - 1) % DP_HELD_MAX;\n"),
    order("missed free of what has no port any more",
          "\t\t\tworker_drop_at(w, h->m, h->port, DP_DROP_tx_port);\n", ""),
    order("nobody looks at what is held",
          "o->waiting = o->nb != 0 || is_pending(w, o->last);",
          "o->waiting = is_pending(w, o->last);"),
    order("what the ring did not take is held for ever",
          "if (moved || !is_pending(w, o->last))",
          "if (moved)"),
    # filter.c
    packet_filter("broadcast bits do not move", "kept |= RTE_BIT64(k);", "kept |= RTE_BIT64(i);"),
    packet_filter("broadcast bits stay", "b->bcast4 = keep_bits(b->bcast4, denied, b->n4);", ""),
    packet_filter("destinations stay", "\t\t\tb->dst4[n] = b->dst4[i];\n", ""),
    packet_filter("destinations of IPv6 stay", "\t\t\tb->dst6[n] = b->dst6[i];\n", ""),
    packet_filter("next hops stay", "\t\tb->key[n] = b->key[i];\n", ""),
    packet_filter("a fragment has ports", "if (u->frag ||\n", "if (\n"),
    packet_filter("ND from beyond a router", " || ip[7] != ND_HOPS ||", " ||"),
    packet_filter("one type too many is ND", "*type <= ND_LAST;", "*type <= ND_LAST + 1;"),
    packet_filter("one type too few is ND", "*type >= ND_FIRST &&", "*type > ND_FIRST &&"),
    packet_filter("what is permitted is denied", "if (!j->f->permit[result[i] - 1])", "if (true)"),
    packet_filter("octets are not counted",
                  "dp_count(&j->hits[result[i] - 1].bytes, j->pkt[i]->pkt_len);", ""),
    packet_filter("missed free", "\t\t\tworker_drop(w, b->pkts[i], DP_DROP_filter);\n", ""),
    packet_filter("counted as worker 0's", "hits_of(dp, writer);", "hits_of(dp, 0);"),
    # nexthop.c
    nexthop("one octet too long for the path", "b->pkts[i]->pkt_len <= e->mtu))",
            "b->pkts[i]->pkt_len <= e->mtu + 1u))"),
    nexthop("a failed one is asked for again",
            "\tif (e != NULL && e->state == IPOIB_NEIGH_FAILED)\n\t\tworker_drop(w, f->pkts[i]",
            "\tif (e == NULL && f->n == UINT16_MAX)\n\t\tworker_drop(w, f->pkts[i]"),
    nexthop("a failed path is asked for again",
            "\tif (e != NULL && e->state == IPOIB_NEIGH_FAILED)\n\t\tworker_drop(w, b->pkts[i]",
            "\tif (e == NULL && b->n == UINT16_MAX)\n\t\tworker_drop(w, b->pkts[i]"),
    nexthop("a class without paths", "\tif (set->nb_lids[class] == 0)\n\t\tclass = 0;\n", "",
            "test_dp_flow"),
    nexthop("all flows by one path", "dp_flow_hash(m) % set->nb_lids[class]", "0", "test_dp_flow"),
    nexthop("no tag", "p->vlan != 0 ? RTE_BE16(RTE_ETHER_TYPE_VLAN) : type;", "type;",
            "test_dp_ports"),
    nexthop("another port's packet loses its next hop", "\t\tto->l3[k] = b->l3[i];\n", ""),
    nexthop("sent while the port is down",
            "\t\tif (unlikely(!up))\n\t\t\tworker_drop(w, b->pkts[i], DP_DROP_no_path);\n"
            "\t\telse if", "\t\tif"),
    nexthop("control is not told for whom", "\t*(struct ipoib_addr *)start = *addr;\n", ""),
    nexthop("an overtaken miss",
            "\tif (unlikely(w->order.waiting))\n\t\thits = neigh_order(w, f, hits);\n", "",
            "test_dp_order"),
    # engine_icmpecho.c
    echo("a group's request is answered", "rte_be_to_cpu_32(ip->dst_addr) >> 28 >= 14)", "false)"),
    echo("the old checksum", "COMPAT_ICMP_ECHO_REQUEST << 8);", "0);"),
    echo("a fragment is answered", "(ip->fragment_offset & RTE_BE16(0x3fff)) != 0)", "false)"),
    echo("missed free", "\tdp_count(&w->ctr[m->port].delivered, 1);\n\trte_pktmbuf_free(m);\n",
         "\tdp_count(&w->ctr[m->port].delivered, 1);\n"),
    echo("a header longer than the packet", "room < hdr_len + sizeof(*icmp) || ", ""),
    # lib/ipoib_net
    M("limited member in an MGID", NET + "ipoib_proto.c",
      "\tpkey |= IB_PKEY_FULL;\n", "", "test_ipoib_net_proto", True),
    M("ARP one octet short", NET + "ipoib_proto.c",
      "if (len < sizeof(*arp))",
      "if (len + 1 < sizeof(*arp))", "test_ipoib_net_proto"),
    M("any operation of ARP", NET + "ipoib_proto.c",
      "(arp->op != RTE_BE16(1) && arp->op != RTE_BE16(2))",
      "arp->op == RTE_BE16(0)", "test_ipoib_net_proto"),
    M("hop limit in the ICRC", NET + "ib_crc.c",
      "\t[sizeof(struct ib_lrh) + offsetof(struct ib_grh, hoplmt)] = 0xff,\n", "",
      "test_ipoib_net_crc"),
    M("CRC forgets where a segment begins", NET + "ib_crc.c",
      "\t\tlen -= n;\n\t\toff = 0;\n",
      "\t\tlen -= n;\n", "test_ipoib_net_crc"),
    # hca_soft_rx.c
    rx("VCRC not looked at",
       "!= rte_le_to_cpu_16(vcrc))",
       "!= rte_le_to_cpu_16(vcrc) && len == UINT32_MAX)"),
    rx("ICRC not looked at",
       "!= rte_le_to_cpu_32(icrc))",
       "!= rte_le_to_cpu_32(icrc) && len == UINT32_MAX)"),
    rx("any P_Key",
       "if (!ib_pkey_match(vp->pkey, p->pkey))",
       "if (!ib_pkey_match(vp->pkey, vp->pkey))", named=True),
    rx("any Q_Key",
       "if (vp->qkey != p->qkey)",
       "if (vp->qkey == 0)"),
    rx("pad octets are data",
       "p->len = (uint16_t)(end - p->off - pad);",
       "p->len = (uint16_t)(end - p->off);"),
    rx("plain: pad octets are data",
       "len -= HDRS_MIN + IB_ICRC_LEN +\n"
       "\t\t\t(p[RTE_ETHER_HDR_LEN + sizeof(struct ib_lrh) + 1] >> 4 & 3);",
       "len -= HDRS_MIN + IB_ICRC_LEN;", program="test_pmd_plain"),
    rx("one octet too long for the link",
       "if (p->len > vp->ib_mtu)",
       "if (p->len > vp->ib_mtu + 1u)"),
    rx("missed GRH",
       "\t\tmeta->flags |= PMD_IPOIB_RX_GRH;\n",
       "\t\tmeta->flags |= 0;\n"),
    rx("GRH stays where it was",
       "\t\tmemmove(data - sizeof(*p->grh), p->grh, sizeof(*p->grh));\n", ""),
    rx("GRH for another port",
       "if (p->grh != NULL && !ib_gid_equal(&p->grh->dgid, &v->gid))\n"
       "\t\treturn IPOIB_RX_DROP_DGID;",
       "if (p->grh != NULL && !ib_gid_equal(&p->grh->dgid, &p->grh->dgid))\n"
       "\t\treturn IPOIB_RX_DROP_DGID;"),
    rx("missed free of a bad frame",
       "\tipoib_count(&out->q->rx.drop[why], 1);\n\trte_pktmbuf_free(m);\n",
       "\tipoib_count(&out->q->rx.drop[why], 1);\n", named=True),
    rx("copies not counted",
       "\t\tipoib_count(&out->q->rx.copies, 1);\n", "", program="test_pmd_groups"),
    rx("our own broadcast comes back",
       "return is_self(v, vp, p) ? IPOIB_RX_DROP_SELF : IPOIB_RX_OK;",
       "return IPOIB_RX_OK;"),
    rx("another virtual lane",
       "\tif (lrh->vl_lver != 0)\n\t\treturn IPOIB_RX_DROP_VL;\n", ""),
    # hca_soft_tx.c
    tx("pad count not in the BTH",
       "(out->bth | pad << 12)",
       "(out->bth | (pad & 0) << 12)"),
    tx("one octet too long for the path",
       "if (unlikely(m->pkt_len > vp->ib_mtu))",
       "if (unlikely(m->pkt_len > vp->ib_mtu + 1u))"),
    tx("plain: one octet too long",
       "k->lens = vp->ib_mtu - IPOIB_HDR_LEN + 1u;",
       "k->lens = vp->ib_mtu - IPOIB_HDR_LEN + 2u;", program="test_pmd_plain"),
    tx("one octet too few behind the packet",
       "m->buf_len >= (uint32_t)m->data_off + m->data_len + TAIL_MAX;",
       "m->buf_len >= (uint32_t)m->data_off + m->data_len + TAIL_MAX - 1;"),
    tx("length in the GRH",
       "ah, words * 4 - sizeof(struct ib_lrh) - sizeof(struct ib_grh));",
       "ah, words * 4 - sizeof(struct ib_grh));"),
    tx("missed free of what stays here",
       "\t\ttx_loop(out->q, out->v, ah, m);\n\t\trte_pktmbuf_free(m);\n",
       "\t\ttx_loop(out->q, out->v, ah, m);\n", program="test_pmd_ports"),
    tx("credits are lost",
       "\tctxq_release(c, room - frames);\n", ""),
    tx("to a group that was not joined",
       "if (g == NULL || (soft_group_tx(g) & RTE_BIT64(q->port->slot)) == 0 ||",
       "if (g == NULL ||", program="test_pmd_groups"),
    tx("plain: the same PSN again",
       "if (unlikely(!tx_plain(&k, pkts[i], psn + i)))",
       "if (unlikely(!tx_plain(&k, pkts[i], psn)))", program="test_pmd_plain"),
    tx("missed free of a packet that was copied",
       "\t*pmd_ipoib_meta(c) = *pmd_ipoib_meta(m);\n\trte_pktmbuf_free(m);\n",
       "\t*pmd_ipoib_meta(c) = *pmd_ipoib_meta(m);\n"),
    tx("pad octets are what was in the buffer",
       "\tsoft_put64(end, 0);\n\tend[TAIL_MAX - 1] = 0;\n\tif (out->q->hca->crc)",
       "\tif (out->q->hca->crc)"),
]
