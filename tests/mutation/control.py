# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Small errors for the control core: what it believes, answers, asks for and forgets."""

from datapath import M

APP = "app/control/"
CTRL = "lib/ipoib_ctrl/"


def arp(name, old, new):
    return M("arp: " + name, APP + "arp.c", old, new, "test_control_arp")


def nd(name, old, new):
    return M("neighbour: " + name, APP + "nd.c", old, new, "test_control_nd")


def nd_msg(name, old, new):
    return M("nd message: " + name, APP + "nd_msg.c", old, new, "test_control_nd")


def dad(name, old, new):
    return M("dad: " + name, APP + "dad.c", old, new, "test_control_nd")


def ra(name, old, new):
    return M("ra: " + name, APP + "ra.c", old, new, "test_control_ra")


def icmp(name, old, new):
    return M("icmp: " + name, APP + "icmp.c", old, new, "test_control_ip")


def icmp6(name, old, new):
    return M("icmp6: " + name, APP + "icmp6.c", old, new, "test_control_ip6")


def ip6(name, old, new):
    return M("ip6: " + name, APP + "ip6.c", old, new, "test_control_ip6")


def ip_out(name, old, new):
    return M("ip out: " + name, APP + "ip_output.c", old, new, "test_control_ip")


def frag(name, old, new):
    return M("parts: " + name, APP + "frag.c", old, new, "test_control_ip")


def l3(name, old, new):
    return M("l3: " + name, APP + "l3.c", old, new, "test_control_l3")


def trust(name, old, new):
    return M("trust: " + name, APP + "trust.c", old, new, "test_control_arp")


def spread(name, old, new):
    return M("spread: " + name, APP + "spread.c", old, new, "test_control_spread")


def relay(name, file, old, new):
    return M("relay: " + name, APP + file, old, new, "test_control_dhcp")


def addr(name, old, new):
    return M("address: " + name, APP + "addr.c", old, new, "test_control_route")


def static(name, old, new):
    return M("static: " + name, APP + "static.c", old, new, "test_control_route")


def path(name, old, new, file="path.c"):
    return M("path: " + name, CTRL + file, old, new, "test_control_path")


def resolve(name, old, new):
    return M("resolve: " + name, CTRL + "resolve.c", old, new, "test_control_resolve")


def member(name, old, new, file="mcast.c"):
    return M("member: " + name, CTRL + file, old, new, "test_control_mcast")


def link(name, old, new):
    return M("link: " + name, CTRL + "link.c", old, new, "test_control_link")


MUTATIONS = [
    # arp.c
    arp("of a group's MAC", "\t\t\t!rte_is_valid_assigned_ether_addr(&arp->arp_data.arp_sha))",
        "\t\t\tfalse)"),
    arp("Ethernet's one octet short",
        "if (m->data_len < sizeof(struct rte_ether_hdr) + sizeof(*arp))",
        "if (m->data_len + 1u < sizeof(struct rte_ether_hdr) + sizeof(*arp))"),
    arp("another length of address", "arp->arp_hlen != RTE_ETHER_ADDR_LEN || ", ""),
    arp("a reply is believed", "!(ours && l3_asking(p->c, p->id, &spa))", "!ours"),
    arp("a request for another makes an entry", "how |= ours ? L3_CREATE : 0;",
        "how |= L3_CREATE;"),
    arp("our own comes back",
        "\tif (l3_lladdr_is_own(p, &info.sha)) {\n\t\tctl_delivered(c, m);\n\t\treturn;\n\t}\n",
        ""),
    arp("a stranger's is answered", "if (!(neighbour || info->spa == 0) || !(ours || gratuitous))",
        "if (!(ours || gratuitous))"),
    arp("a probe is not answered", "if (!(neighbour || info->spa == 0) ||", "if (!neighbour ||"),
    arp("as many answers as asked for", "\tif (!source_take(p, &info->sha)) {", "\tif (false) {"),
    arp("our address is given up", "\tif (conflict_seen(p, &ip))\n", "\tif (false)\n"),
    arp("conflict not seen", "\tif (addr_is_own(c, p->id, &spa)) {\n\t\tarp_conflict",
        "\tif (false) {\n\t\tarp_conflict"),
    arp("a proxy answers probes", "if (request && neighbour && !ours", "if (request && !ours"),
    # nd.c
    nd("an address of a duplicate is answered for",
       "ours = a != NULL && a->state == CONTROL_ADDR_PREFERRED;", "ours = a != NULL;"),
    nd("our own probe is somebody's", "if (dp_ip_is_zero(&info->src) && !echo)",
       "if (dp_ip_is_zero(&info->src))"),
    nd("who is off the link is learnt", "\tif (neighbour && info->has_lladdr)\n",
       "\tif (info->has_lladdr)\n"),
    nd("anycast overrides", "uint8_t flags = ours ? ND_NA_OVERRIDE : 0;",
       "uint8_t flags = ND_NA_OVERRIDE;"),
    nd("as many answers as asked for", "\tif (!source_take(p, &from)) {\n\t\tctl_drop(p->c,",
       "\tif (false) {\n\t\tctl_drop(p->c,"),
    nd("what we sent ourselves", "\t\tif (l3_lladdr_is_own(p, &info.lladdr)) {",
       "\t\tif (false) {"),
    nd("advertised from off the link", "\t} else if (!addr_on_link(c, p->id, &info->target)) {",
       "\t} else if (false) {"),
    nd("a solicited answer is none", "&info->src, flags | ND_NA_SOLICITED,", "&info->src, flags,"),
    nd("a solicitation of a router makes an entry",
       "l3_learn(p, &info->src, &info->lladdr, 0);\n\tra_solicited",
       "l3_learn(p, &info->src, &info->lladdr, L3_CREATE);\n\tra_solicited"),
    nd("a conflict is silent", "\tif (conflict_seen(p, &a->ip))\n", "\tif (false)\n"),
    # nd_msg.c
    nd_msg("from beyond a router", "\t\t\tip->hop_limits != ND_HOP_LIMIT)", "\t\t\tfalse)"),
    nd_msg("an option of no length", "if (len == 0 || len > left ||", "if (len > left ||"),
    nd_msg("another code", "len > m->data_len - sizeof(*ip) || msg[1] != 0)",
           "len > m->data_len - sizeof(*ip))"),
    nd_msg("an address of a group",
           "info->has_lladdr = ipoib_addr_is_unicast_valid(&info->lladdr.lladdr);",
           "info->has_lladdr = true;"),
    nd_msg("a group as target",
           "return !dp_ip_is_mcast(&info->target) && !dp_ip_is_zero(&info->target);\n\tcase ND_NA",
           "return true;\n\tcase ND_NA"),
    nd_msg("solicited, to a group",
           "\t\tif (dp_ip_is_mcast(&info->dst) && (info->flags & ND_NA_SOLICITED) != 0)\n"
           "\t\t\treturn false;\n", ""),
    nd_msg("a router's from off the link", "return dp_ip_is_linklocal6(&info->src);",
           "return true;"),
    nd_msg("a probe with an address", "(info->has_lladdr ||\n", "(false ||\n"),
    # dad.c
    dad("used at once", "\tif (a->probes == DAD_PROBES) {", "\tif (a->probes <= DAD_PROBES) {"),
    dad("silence of a dead link", "\tif (!a->p->up)\n\t\treturn;\n", ""),
    dad("a duplicate for ever", "\t\tif (a->state == CONTROL_ADDR_DUPLICATE ||\n",
        "\t\tif (false ||\n"),
    dad("the group stays", "\tif (a->joined)\n\t\tip_mcast_leave",
        "\tif (false)\n\t\tip_mcast_leave"),
    # ra.c
    ra("no distance", "due = RTE_MAX(due, nd->ra_last + RA_APART_US + delay);", ";"),
    ra("a prefix twice",
       "\t\t\treturn false;\n\t}\n\treturn true;\n}\n\nstatic bool\nprefixes_add",
       "\t\t\treturn true;\n\t}\n\treturn true;\n}\n\nstatic bool\nprefixes_add"),
    ra("addresses from any prefix", "len == 64 ? RA_ON_LINK | RA_AUTONOMOUS : RA_ON_LINK",
       "RA_ON_LINK | RA_AUTONOMOUS"),
    ra("bits of the host", "(uint8_t)(ip->b[i] & 0xff << (8 - len % 8))", "ip->b[i]"),
    ra("no farewell", "\t\tif (nd->ra_last != 0)\n\t\t\tra_send(p, 0);\n", ""),
    ra("a queue's address for all", "return spread_used(p) || nd_opt_lladdr",
       "return nd_opt_lladdr"),
    # icmp.c
    icmp("about an error", "return type != NULL && !icmp_type_is_error(*type);", "return true;"),
    icmp("about a later part",
         "\tif ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0 ||\n",
         "\tif (false ||\n"),
    icmp("about a broadcast frame", "dp_meta(m)->l2_bcast != 0 || ip_is_group(src) ||",
         "ip_is_group(src) ||"),
    icmp("about a group", "ip_is_group(dst) ||\n", "false ||\n"),
    icmp("about loopback's", "src >> 24 == 0 || src >> 24 == 127)", "src >> 24 == 0)"),
    icmp("about a subnet's broadcast", "||\n\t\t\tip_route(c, &dst_ip)->type == DP_NH_BROADCAST)",
         ")"),
    icmp("one port's flood takes all",
         "return bucket_take(&c->ip->icmp_port_bucket[port], c->now, ICMP_PORT_ERRORS_PER_S,\n"
         "\t\t\t       ICMP_PORT_ERRORS_BURST) &&", "return"),
    icmp("options come back", "\tif (extra == 0)\n\t\treturn ip;\n",
         "\tif (extra != 60)\n\t\treturn ip;\n"),
    icmp("any checksum",
         "rte_raw_cksum_mbuf(m, hdr_len, m->pkt_len - hdr_len, &cksum) != 0 ||\n\t\t\tcksum != "
         "0xffff)", "false)"),
    icmp("a broadcast's echo", "\t\t\tdp_meta(m)->l2_bcast != 0 || !addr_is_own_any(c, &dst)) {",
         "\t\t\t!addr_is_own_any(c, &dst)) {"),
    icmp("a group's echo", "\t\t\tdp_meta(m)->l2_bcast != 0 || !addr_is_own_any(c, &dst)) {",
         "\t\t\tdp_meta(m)->l2_bcast != 0) {"),
    icmp("old flags of the checksum",
         "\tm->ol_flags &= ~(uint64_t)(RTE_MBUF_F_RX_IP_CKSUM_MASK | "
         "RTE_MBUF_F_RX_L4_CKSUM_MASK);\n", ""),
    icmp("quotes more than it has", "(uint16_t)RTE_MIN(m->pkt_len, ICMP_ERROR_MAX",
         "(uint16_t)RTE_MAX(m->pkt_len, ICMP_ERROR_MAX"),
    # icmp6.c
    icmp6("about an error", "return h[0] < ICMP6_ECHO_REQUEST || h[0] == ICMP6_REDIRECT;",
          "return h[0] == ICMP6_REDIRECT;"),
    icmp6("about a redirect", "return h[0] < ICMP6_ECHO_REQUEST || h[0] == ICMP6_REDIRECT;",
          "return h[0] < ICMP6_ECHO_REQUEST;"),
    icmp6("an error behind options", "\t\t\tat += 8u * h[1] + 8;\n", "\t\t\tat += 8u;\n"),
    icmp6("to a group", "\tif ((dp_ip_is_mcast(&dst) || dp_meta(m)->l2_bcast != 0) &&",
          "\tif (dp_meta(m)->l2_bcast != 0 &&"),
    icmp6("too big for a group is silent", "\tif (type == ICMP6_TOO_BIG)\n\t\treturn true;\n", ""),
    icmp6("narrower than IPv6 may be",
          "complain(c, m, ICMP6_TOO_BIG, 0, RTE_MAX(mtu, (uint16_t)RTE_IPV6_MIN_MTU));",
          "complain(c, m, ICMP6_TOO_BIG, 0, mtu);"),
    icmp6("any checksum", " || icmp6_cksum(m, at) != 0) {", ") {"),
    icmp6("groups' echoes without limit",
          "\t\t\t(dp_ip_is_mcast(&to) && !icmp_error_take(c, m->port)) ||\n", ""),
    # ip6.c
    ip6("an option beyond its header", "at + 2 > len || at + 2 + hdr[at + 1] > len) {",
        "at + 2 > len) {"),
    ip6("somebody is routed on", "\t\tif (hdr[3] != 0)\n", "\t\tif (false)\n"),
    ip6("an unknown option is skipped", "\tif (type >> 6 == 0)\n\t\treturn true;\n",
        "\tif (type >> 6 <= 1)\n\t\treturn true;\n"),
    ip6("an option that wants no word", "\tif (type >> 6 != 1)\n", ""),
    ip6("hop-by-hop options anywhere", "if (w->at != IP6_LEN || w->was_cut)", "if (w->was_cut)"),
    ip6("a part of a part",
        "\t\t\tif (w->was_cut)\n\t\t\t\treturn walk_bad(w, BAD_NEXT_HEADER, w->told_at);\n"
        "\t\t\tif (!walk_fragment(w))", "\t\t\tif (!walk_fragment(w))"),
    ip6("a part of odd length", "if ((field & RTE_IPV6_EHDR_MF_MASK) != 0 && len % 8 != 0)",
        "if (false)"),
    ip6("beyond the largest packet", "if (offset + len > PAYLOAD_MAX)", "if (false)"),
    ip6("the only part waits", "if (offset == 0 && (field & RTE_IPV6_EHDR_MF_MASK) == 0) {",
        "if (false) {"),
    ip6("another port's address of the link",
        "return !dp_ip_is_linklocal6(&dst) || addr_is_own(c, m->port, &dst);", "return true;"),
    ip6("beyond the link in large parts", "if (far && mtu > RTE_IPV6_MIN_MTU)", "if (false)"),
    ip6("others' packets are cut", "\t\t\t\t\t\t   : addr_is_own_any(c, &src));",
        "\t\t\t\t\t\t   : true);"),
    # ip_output.c, frag.c
    ip_out("DF is ignored",
           "} else if ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) != 0) {",
           "} else if (false) {"),
    ip_out("too big, one octet",
           "\tif (m->pkt_len <= mtu || mtu == 0) {\n\t\tl3_send(c, port, nh, m);\n\t} else if",
           "\tif (m->pkt_len <= mtu + 1u || mtu == 0) {\n\t\tl3_send(c, port, nh, m);\n\t} else "
           "if"),
    ip_out("the largest packet wraps", "return at + rte_be_to_cpu_16(ip->total_length) > IP4_MAX;",
           "return false;"),
    ip_out("what waited for a path is cut",
           ": (ip4->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) == 0;", ": true;"),
    frag("copies not counted",
         "(uint64_t)n - 1);\n\tfor (i = 0; i < n; i++) {\n\t\tparts[i]->port",
         "(uint64_t)n);\n\tfor (i = 0; i < n; i++) {\n\t\tparts[i]->port"),
    frag("no checksum", "\t\tip_cksum_set(rte_pktmbuf_mtod(parts[i], struct rte_ipv4_hdr *));\n",
         "\t\t;\n"),
    frag("one identification for all", "\t\thdr->id = id;\n", ""),
    frag("a word about any part", "if (late && is_first_part(m))", "if (late)"),
    frag("no word about a first part", "if (late && is_first_part(m))", "if (false)"),
    frag("no limit of parts", "\tif (c->ip->frags_held >= MERGE_PARTS_MAX) {", "\tif (false) {"),
    frag("never given up", "\tif (c->ip->frags_held > 0)\n\t\ttimer_set",
         "\tif (false)\n\t\ttimer_set"),
    frag("consumed, one too many", "(uint64_t)whole->nb_segs - 1);", "(uint64_t)whole->nb_segs);"),
    # l3.c
    l3("a handle is lost",
       "\tif (e->adj != ADJ_NONE)\n\t\tadj_put(c, e->adj);\n\tif (e->owner != NULL) {",
       "\tif (e->owner != NULL) {"),
    l3("waiting packets are overtaken",
       "\tif (ipoib_neigh_rec_queued(e->rec) == 0)\n\t\tl3_encap(p,",
       "\tif (true)\n\t\tl3_encap(p,"),
    l3("asks for ever", "else if (e->tries < L3_TRIES)", "else if (true)"),
    l3("one try too few", "else if (e->tries < L3_TRIES)", "else if (e->tries + 1 < L3_TRIES)"),
    l3("what is not used is probed",
       "ipoib_neigh_rec_idle(c->dp->l3, e->rec, c->now) + 1 >= silent / CTL_US_PER_S ||\n",
       "false ||\n"),
    l3("not even a moment", "if (!dp_ip_is4(&e->ip) && !e->delaying) {", "if (false) {"),
    l3("a fixed one learns", "\tif (!e->fixed)\n\t\tl3_update(p, e, lladdr, how);",
       "\tl3_update(p, e, lladdr, how);"),
    l3("advertised, fixed", "if (e == NULL || e->fixed)\n\t\treturn;\n\tif (e->adj",
       "if (e == NULL)\n\t\treturn;\n\tif (e->adj"),
    l3("who waited hears nothing", "\t\t\tip_error(c, pkts[i], CTL_ERR_HOST, 0);\n", ""),
    l3("an advertisement nobody asked for", "} else if (lladdr != NULL && l3_asked(e)) {",
       "} else if (lladdr != NULL) {"),
    l3("without override all the same", "\tif ((flags & ND_NA_OVERRIDE) != 0) {", "\tif (true) {"),
    l3("doubt is not noted",
       "\t\t\te->reachable = false;\n\t\t\ttimer_set(c, &e->timer, c->now);\n", ""),
    l3("what was heard of is reachable",
       "e->reachable ? c->now + ctl_jitter(L3_REACHABLE_US, 10) : c->now);",
       "c->now + ctl_jitter(L3_REACHABLE_US, 10));"),
    l3("flushed, those fixed too", "if (e != NULL && e->fixed && !f->fixed)", "if (false)"),
    l3("a fixed one replaced", "\tif (e->fixed && !replace)\n\t\treturn -EEXIST;\n", ""),
    l3("a gateway that answers stays dead", "\troute_gw_dead(c, e->port, &e->ip, false);\n", ""),
    # trust.c
    trust("any LID", "return (slid ^ path->rec.dlid) >> real->info.lmc == 0;", "return true;"),
    trust("any GRH", "return grh != NULL && ib_gid_equal(&grh->sgid, gid);",
          "return grh != NULL;"),
    trust("without a path", "\t\treturn trust_hold(p, gid, m);\n\treturn CTL_UNTRUSTED;",
          "\t\treturn trust_hold(p, gid, m);\n\treturn CTL_TRUSTED;"),
    trust("waits for ever", "late = c->now - was.since[i] >= TRUST_WAIT_US;", "late = false;"),
    # spread.c
    spread("not the least", "if (s->load[q] < s->load[least])",
           "if (s->load[q] > s->load[least])"),
    spread("never forgotten", "if (s->nb < s->max && now - t->when < SPREAD_IDLE_US)",
           "if (s->nb <= s->max)"),
    spread("a load stays", "\ts->load[t->queue]--;\n\ts->nb--;", "\ts->nb--;"),
    spread("a queue that is gone", "if (t->queue < s->nb_queues && s->load[t->queue] <= share)",
           "if (s->load[t->queue] <= share)"),
    # dhcp*.c
    relay("a loop", "dhcp4.c", "if (d->hops >= HOPS_MAX || ", "if ("),
    relay("our own address in it", "dhcp4.c",
          "\t\t\t(d->giaddr != 0 && addr_is_own_any(msg->p->c, &gi)))", "\t\t\tfalse)"),
    relay("a client without identifier", "dhcp4.c", "|| d->giaddr != 0 || has_client_id(msg);",
          "|| true;"),
    relay("an identifier beyond the end", "dhcp4.c", "return o[1] >= 2 && at + 2 + o[1] <= end;",
          "return o[1] >= 2;"),
    relay("another relay's address is replaced", "dhcp4.c", "\t\tif (copy->giaddr == 0)\n", ""),
    relay("no hop counted", "dhcp4.c", "\t\tcopy->hops++;\n", ""),
    relay("a stranger's reply", "dhcp4.c",
          "if (!dp_ip_equal(&r->server, &msg->src) || !addr_is_own(c, r->port, &gi))",
          "if (!addr_is_own(c, r->port, &gi))"),
    relay("a reply for another port", "dhcp4.c",
          "if (!dp_ip_equal(&r->server, &msg->src) || !addr_is_own(c, r->port, &gi))",
          "if (!dp_ip_equal(&r->server, &msg->src))"),
    relay("always by broadcast", "dhcp4.c", "\tif (d->ciaddr != 0 && !bcast) {", "\tif (false) {"),
    relay("never by broadcast", "dhcp4.c", "\tif (bcast || ip == 0 ||", "\tif (ip == 0 ||"),
    relay("a length of its own", "dhcp.c",
          "\tif (rte_be_to_cpu_16(udp->dgram_len) != m->pkt_len - at)\n\t\treturn false;\n", ""),
    relay("any checksum", "dhcp.c", "return (phdr & 0xffff) + (phdr >> 16) == 0xffff;",
          "return true;"),
    relay("a flood is passed on", "dhcp.c",
          "return bucket_take(&p->c->ip->dhcp->bucket[p->id], p->c->now, RELAY_PER_S, "
          "RELAY_BURST);", "return true;"),
    relay("v6 without a checksum", "dhcp.c",
          "return ctl_ethertype(m) == RTE_ETHER_TYPE_IPV4;\n\tif (rte_raw",
          "return true;\n\tif (rte_raw"),
    relay("v6 in a loop", "dhcp6.c", "\t\tif (hops >= HOPS_MAX)\n\t\t\treturn false;\n", ""),
    relay("v6 from a server is a request", "dhcp6.c",
          "return type != MSG_ADVERTISE && type != MSG_REPLY &&", "return"),
    relay("v6 stranger's reply", "dhcp6.c",
          "if (dp_ip_equal(&e->server, &msg->src) &&\n\t\t\t\t(r->has_id", "if ((r->has_id"),
    relay("v6 to another relay as to a client", "dhcp6.c",
          "dst_port = *type == MSG_RELAY_REPL ? SERVER_PORT : CLIENT_PORT;",
          "dst_port = CLIENT_PORT;"),
    relay("v6 group stays joined", "dhcp.c", "\tif (v6 && !dhcp_serves(c, port, false))\n",
          "\tif (false)\n"),
    # addr.c, static.c
    addr("a subnet's broadcast as ours",
         "return !has_broadcast(ip, len) || (!dp_ip_equal(ip, &first) && !dp_ip_equal(ip, "
         "&last));", "return true;"),
    addr("a /31 has a broadcast", "return dp_ip_is4(ip) && len <= 30;",
         "return dp_ip_is4(ip) && len <= 31;"),
    addr("we are our own neighbour", "\t\t\treturn !addr_is_own_any(c, ip);",
         "\t\t\treturn true;"),
    addr("a duplicate as source",
         "dp_ip_is4(&a->ip) == dp_ip_is4(to) && a->state == CONTROL_ADDR_PREFERRED;",
         "dp_ip_is4(&a->ip) == dp_ip_is4(to);"),
    addr("the widest subnet", "(best == NULL || a->len > best->len))",
         "(best == NULL || a->len < best->len))"),
    addr("another kind of address", "\tif (is_ula(&a->ip) == is_ula(to))\n\t\tm += 500;\n", ""),
    addr("half of it stays", "\t\tfor (i--; i-- > 0;)\n\t\t\troute_remove(c, &r[i]);\n", ""),
    addr("its gateways stay", "\troutes_recheck(c, &gone);\n", ""),
    static("bits of the host", "\tif (!dp_ip_equal(&masked, &r->prefix))\n\t\treturn -EINVAL;\n",
           ""),
    static("a gateway off the link",
           "return addr_on_link(c, r->port, &r->via) ? 0 : -ENETUNREACH;", "return 0;"),
    static("a gateway of the other family",
           "\tif (dp_ip_is4(&r->via) != dp_ip_is4(&r->prefix))\n\t\treturn -EINVAL;\n", ""),
    static("as many ways as one likes", "return n < DP_ECMP_MAX ? 0 : -EMLINK;", "return 0;"),
    static("beside a blackhole",
           "if (!r->append || r->type != DP_NH_VIA || old->type != DP_NH_VIA)",
           "if (!r->append || r->type != DP_NH_VIA)"),
    static("all gateways", "(via != NULL && !dp_ip_equal(&r.via, via))) {", "false) {"),
    static("a port that comes back",
           "\tif (up != t->ports_up) {\n\t\tt->ports_up = up;\n\t\tsweep_start(c);\n\t}\n", ""),
    # path.c, path_check.c, path_legs.c, ah.c
    path("a handle is lost",
         "\tif (path->ah != PMD_IPOIB_AH_NONE)\n\t\tah_put(p, path->ah);\n\tLIST_REMOVE",
         "\tLIST_REMOVE"),
    path("the old handle is lost",
         "\tif (path->ah != PMD_IPOIB_AH_NONE)\n\t\tah_put(p, path->ah);\n\telse\n\t\tTAILQ",
         "\tif (path->ah == PMD_IPOIB_AH_NONE)\n\t\tTAILQ"),
    path("used, and gone",
         "if (path->fixed || resolve_wanted(path->p, &path->dgid))\n\t\treturn false;",
         "if (path->fixed)\n\t\treturn false;"),
    path("fixed, and gone",
         "if (path->fixed || resolve_wanted(path->p, &path->dgid))\n\t\treturn false;",
         "if (resolve_wanted(path->p, &path->dgid))\n\t\treturn false;"),
    path("what was known is forgotten",
         "path->state = path->ah != PMD_IPOIB_AH_NONE ? IPOIB_NEIGH_STALE : IPOIB_NEIGH_FAILED;",
         "path->state = IPOIB_NEIGH_FAILED;"),
    path("no back-off", "\tfor (i = 1; i < path->fails && wait < most; i++)\n\t\twait *= 2;\n",
         ""),
    path("as many at a time as there are", "p->nb_refreshing < CTL_REFRESH_MAX;", "true;"),
    path("asked although the SA is silent", "return p->usable && p->hca->alive &&",
         "return p->usable &&"),
    path("one that is counted for ever",
         "\tif (path->refreshing)\n\t\tpath->p->nb_refreshing--;\n\tpath->refreshing = false;\n"
         "\tpath->again", "\tpath->refreshing = false;\n\tpath->again"),
    path("asked again, forgotten", "\tif (again)\n\t\tpath_refresh(path, true);\n", ""),
    path("a narrower one not told", "bool narrower = rec->mtu != path->rec.mtu;",
         "bool narrower = false;"),
    path("a fixed one is asked for", "\tif (path->on_refresh || path->fixed)\n\t\treturn;\n",
         "\tif (path->on_refresh)\n\t\treturn;\n"),
    path("what is not used is checked",
         "if (path->req == 0 && !path->on_refresh && path_in_use(path)) {",
         "if (path->req == 0 && !path->on_refresh) {", "path_check.c"),
    path("checks without limit",
         "\t\t\tif (!bucket_take(&p->verify_bucket, p->c->now,\n\t\t\t\t\t    fast ? POLL_PER_S "
         ": TOLD_PER_S, CHECK_BURST))\n\t\t\t\treturn;\n", "", "path_check.c"),
    path("each hint asks",
         "\tif (path->hinted != 0 && path->hinted + HINT_EVERY_US > p->c->now)\n\t\treturn;\n", "",
         "path_check.c"),
    path("a hint that agrees asks", "if (lid_agrees(path, slid) || gid_is_foreign(p, gid))",
         "if (gid_is_foreign(p, gid))", "path_check.c"),
    path("a peer that came back", "\telse if (came)\n\t\tpath_lives(path);\n", "", "path_check.c"),
    path("a leg's handle is lost",
         "\tif (leg->ah != PMD_IPOIB_AH_NONE)\n\t\tah_put(leg->path->p, leg->ah);\n", "",
         "path_legs.c"),
    path("a refused leg is used on", "\tif (is_refusal(status)) {\n\t\tleg_drop(leg);\n",
         "\tif (is_refusal(status)) {\n", "path_legs.c"),
    path("a silent leg is dropped",
         "return status == -ENOENT || status == -EREMOTEIO || status == -EPROTO;",
         "return status != 0;", "path_legs.c"),
    path("another peer's leg",
         "\tif (!ib_gid_equal(&rec->dgid, &path->rec.dgid))\n\t\treturn -EPROTO;\n", "",
         "path_legs.c"),
    path("an SL that was not asked for",
         "return class->has_sl && rec->sl != class->sl ? -EPROTO : 0;", "return 0;",
         "path_legs.c"),
    path("a handle dies at once", "\ta->tab[ah].due = p->c->now + AH_LINGER_US;\n",
         "\ta->tab[ah].due = p->c->now;\n", "ah.c"),
    path("a handle dies while named", " || !inject_idle(p->c))\n", ")\n", "ah.c"),
    path("a set's handles are lost", "\tset_each(p, &p->ahset[i], ah_put);\n", "", "ah.c"),
    # resolve.c
    resolve("a narrower path is not told", "if (old.ah == v.ah && old.mtu == v.mtu && old.kind",
            "if (old.ah == v.ah && old.kind"),
    resolve("to ourselves",
            "\tif (!p->up || !ipoib_addr_is_unicast_valid(addr) || addr_is_ours(p, addr)) {\n"
            "\t\tctl_lose", "\tif (!p->up || !ipoib_addr_is_unicast_valid(addr)) {\n\t\tctl_lose"),
    resolve("strangers fill the table",
            "if (!p->up || p->nb_paths >= p->max_paths - p->max_paths / 4)", "if (!p->up)"),
    resolve("strangers without limit",
            "\tif (path_find(p, &addr->gid) == NULL &&\n\t\t\t!bucket_take(&p->prefetch_bucket, "
            "p->c->now, PREFETCH_PER_S,\n\t\t\t\t\tPREFETCH_BURST))\n\t\treturn;\n", ""),
    resolve("waiting packets are overtaken",
            "\tsend_waiting(p, rec, path);\n\tsend_by(p, m, path_number",
            "\tsend_by(p, m, path_number"),
    resolve("a use is lost", "\tif (ret != 0)\n\t\tneigh_ah_release(p, v.ah);\n\treturn ret;",
            "\treturn ret;"),
    resolve("who waited is lost", "\t\t\tp->c->undelivered(p->c, pkts[i]);\n",
            "\t\t\trte_pktmbuf_free(pkts[i]);\n"),
    resolve("too large for its path", "mtu = mtu == 0 ? link : RTE_MIN(mtu, link);",
            "mtu = link;"),
    # mcast*.c
    member("a leave takes others' away", "\tbits &= (uint8_t)~siblings_hold(g);\n", ""),
    member("another group's record", "if (!ib_gid_equal(&rec->mgid, &g->mgid) || ", "if ("),
    member("a unicast MLID", "!ib_lid_is_multicast(rec->mlid) ||\n", "false ||\n"),
    member("the old handle is lost",
           "\tif (g->ah != PMD_IPOIB_AH_NONE)\n\t\tah_put(g->p, g->ah);\n\tg->ah = ah;\n\tg->rec "
           "= *rec;\n\treturn 0;\n}\n\n/* What is left",
           "\tg->ah = ah;\n\tg->rec = *rec;\n\treturn 0;\n}\n\n/* What is left"),
    member("no back-off",
           "\tfor (i = 2; i < g->fails && wait < RETRY_MAX_US; i++)\n\t\twait *= 2;\n", ""),
    member("a member that fails is none",
           "\tif (g->ah == PMD_IPOIB_AH_NONE)\n\t\tg->state = CTL_MCAST_FAILED;\n\t/* A member "
           "goes", "\tg->state = CTL_MCAST_FAILED;\n\t/* A member goes"),
    member("idle, and kept", "\t\t\tp->mc->stats.idle++;\n\t\t\tg->sending = false;\n",
           "\t\t\tp->mc->stats.idle++;\n"),
    member("asked for before the broadcast group",
           "if (!p->usable || p->bcast.ah == PMD_IPOIB_AH_NONE)\n\t\treturn;\n\tif (holds",
           "if (!p->usable)\n\t\treturn;\n\tif (holds"),
    member("refused, and followed",
           "\tif (status == -EREMOTEIO || status == -ENOENT)\n\t\tg->followed = false;\n", ""),
    member("kernel's membership is left",
           "(!nlwatch_kernel_uses(p->c, &p->info.gid, p->info.pkey) &&\n"
           "\t\t\t\t\tmcast_share_alone(p));", "true;"),
    member("overtakes those that wait",
           "\twhile (ipoib_pktq_pop(&g->queue, &m, 1) == 1) {\n\t\tg->p->mc->queued--;\n"
           "\t\tresolve_inject",
           "\twhile (false && ipoib_pktq_pop(&g->queue, &m, 1) == 1) {\n\t\tg->p->mc->queued--;\n"
           "\t\tresolve_inject", "mcast_send.c"),
    member("no limit of all that wait", "if (mc->queued >= MCAST_QUEUED_MAX || ", "if (",
           "mcast_send.c"),
    member("counted as waiting for ever", "\t\tg->p->mc->queued--;\n\t\tresolve_inject",
           "\t\tresolve_inject", "mcast_send.c"),
    member("another partition's group", "\tmemcpy(&mgid->raw[4], &p->bcast.mgid.raw[4], 2);\n", "",
           "mcast_send.c"),
    member("solicited groups without limit",
           "if (g == NULL && mcast_is_solicited_node(mgid) && !may_solicit(p->mc, p->c->now))",
           "if (false)", "mcast_send.c"),
    member("in use, and evicted", "\t\tif (!is_idle(g))\n\t\t\tcontinue;\n", "", "mcast_send.c"),
    member("no room is looked for each time", "\tmc->look_again = now + MCAST_LOOK_US;\n", "",
           "mcast_send.c"),
    member("its own packets make an entry", "bool forwarded = m->port != p->id;",
           "bool forwarded = true;", "mcast_send.c"),
    member("not left", "\tif (--g->users > 0)\n\t\treturn;\n",
           "\tif (--g->users >= 0)\n\t\treturn;\n", "mcast_send.c"),
    member("a list older than a notice",
           "\tif (mc->list_again) {\n\t\tmcast_seen_refresh(p);\n\t\treturn;\n\t}\n", "",
           "mcast_seen.c"),
    member("of the link are followed", "return p->c->follow_local || mgid->raw[2] != 0x40 ||",
           "return true || mgid->raw[2] != 0x40 ||", "mcast_seen.c"),
    member("deleted, and not asked for again",
           "if (g != NULL && g != &p->bcast && g->held != 0 && g->req == 0)", "if (false)",
           "mcast_seen.c"),
    member("broadcast group not verified",
           "timer_set(c, &g->timer, c->now + ctl_jitter(JOIN_VERIFY_US, 10));", ";",
           "mcast_bcast.c"),
    member("the old broadcast handle is lost",
           "\tif (g->ah != PMD_IPOIB_AH_NONE)\n\t\tah_put(p, g->ah);\n\tg->ah = ah;",
           "\tg->ah = ah;", "mcast_bcast.c"),
    member("a slow SA is abandoned", "\tif (g->req != 0 && g->p->hca->alive) {", "\tif (false) {",
           "mcast_bcast.c"),
    # link.c, events.c
    link("down upon a new SM", "(info->sm_lid == 0 && !p->usable))", "info->sm_lid == 0)"),
    link("events without limit",
         "\tif (!bucket_take(&p->event_bucket, p->c->now, EVENTS_PER_S, EVENTS_BURST))\n"
         "\t\treturn;\n", ""),
    link("what is put off is lost", "\tp->events &= EV_IDENTITY;\n", "\tp->events = 0;\n"),
    link("a GID that moved", "\tpaths_reask(p);\n", ""),
    link("a wider MTU than was asked for",
         "p->admin_mtu != 0 ? RTE_MIN(p->admin_mtu, link) : link;",
         "p->admin_mtu != 0 ? p->admin_mtu : link;"),
    link("the back-off of before", "\t\t\tpaths_clear_backoff(p);\n\t\t}\n", "\t\t}\n"),
    link("the SA's return is not noticed", "\tevents_renew(h);\n\tif (c->alive", "\tif (c->alive"),
    M("events: silence is a no", CTRL + "events.c",
      "if (status != -ETIMEDOUT && status != -EHOSTUNREACH)\n\t\ts->held",
      "if (true)\n\t\ts->held", "test_control_path"),
    M("events: never renewed", CTRL + "events.c",
      "(all ? ctl_jitter(RENEW_US, 10) : retry_after(ev))",
      "(all ? ctl_jitter(100 * RENEW_US, 10) : retry_after(ev))", "test_control_path"),
    M("events: no back-off", CTRL + "events.c", "\tev->fails++;\n", "", "test_control_path"),
]

# What another program than the one of its file notices.
NOTICED = {
    "test_control_bond": (
        "link: a wider MTU than was asked for",
    ),
    "test_control_ecmp": (
        "l3: a gateway that answers stays dead", "static: as many ways as one likes",
        "static: beside a blackhole", "static: all gateways", "static: a port that comes back",
    ),
    "test_control_ip": (
        "l3: who waited hears nothing", "resolve: too large for its path",
    ),
    "test_control_ip6": (
        "parts: one identification for all", "parts: a word about any part",
    ),
    "test_control_l3": (
        "arp: of a group's MAC", "arp: Ethernet's one octet short",
        "arp: another length of address", "arp: a request for another makes an entry",
        "arp: our own comes back", "arp: a stranger's is answered", "arp: a probe is not answered",
        "arp: as many answers as asked for", "arp: our address is given up",
        "arp: conflict not seen",
    ),
    "test_control_link": (
        "member: another group's record", "member: a unicast MLID",
        "member: the old broadcast handle is lost",
        "member: broadcast group not verified", "member: a slow SA is abandoned",
        "events: never renewed", "events: silence is a no", "events: no back-off",
    ),
    "test_control_mcast": (
        "link: events without limit",
    ),
    "test_control_mcast_cap": (
        "member: solicited groups without limit", "member: in use, and evicted",
        "member: no room is looked for each time",
    ),
    "test_control_mcast_shared": (
        "member: a leave takes others' away", "member: refused, and followed",
        "member: kernel's membership is left", "member: of the link are followed",
        "member: deleted, and not asked for again", "member: a list older than a notice",
    ),
    "test_control_nd": (
        "l3: not even a moment", "l3: an advertisement nobody asked for",
        "l3: without override all the same", "l3: doubt is not noted",
        "l3: what was heard of is reachable",
    ),
    "test_control_permanent": (
        "l3: a fixed one learns", "l3: advertised, fixed", "l3: flushed, those fixed too",
        "l3: a fixed one replaced", "path: fixed, and gone", "path: a fixed one is asked for",
    ),
    "test_control_refresh": (
        "path: used, and gone", "path: what was known is forgotten",
        "path: as many at a time as there are", "path: asked although the SA is silent",
        "path: asked again, forgotten", "path: a narrower one not told",
        "path: checks without limit", "path: a peer that came back",
        "path: a handle dies while named", "resolve: a narrower path is not told",
        "resolve: strangers fill the table", "resolve: strangers without limit",
        "link: a GID that moved",
    ),
    "test_control_resolve": (
        "path: no back-off", "path: one that is counted for ever", "path: a handle dies at once",
    ),
    "test_control_route6": (
        "address: a duplicate as source", "address: another kind of address",
        "static: a gateway off the link", "static: a gateway of the other family",
    ),
    "test_control_spread": (
        "ra: a queue's address for all",
    ),
}

MUTATIONS = [m._replace(program=next((p for p, names in NOTICED.items() if m.name in names),
                                     m.program)) for m in MUTATIONS]
