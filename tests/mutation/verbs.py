# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Small errors for bursts over libibverbs."""

from datapath import M

PMD = "drivers/net/ipoib/"


def tx(name, old, new):
    return M("verbs tx: " + name, PMD + "hca_verbs_tx.c", old, new, "test_pmd_verbs")


def rx(name, old, new):
    return M("verbs rx: " + name, PMD + "hca_verbs_rx.c", old, new, "test_pmd_verbs")


MUTATIONS = [
    # hca_verbs_tx.c
    tx("one octet too long", "if (unlikely(m->pkt_len > c->v->ib_mtu))",
       "if (unlikely(m->pkt_len > c->v->ib_mtu + 1u))"),
    tx("one octet too short", "if (unlikely(m->pkt_len < IPOIB_HDR_LEN))",
       "if (unlikely(m->pkt_len + 1 < IPOIB_HDR_LEN))"),
    tx("a handle that is none", "\tif (unlikely(*ah == NULL))\n\t\treturn IPOIB_TX_DROP_NO_AH;\n", ""),
    tx("a handle beyond the table", "\tif (unlikely(n >= IPOIB_AH_MAX))\n"
       "\t\treturn IPOIB_TX_DROP_NO_AH;\n", "\tn %= IPOIB_AH_MAX;\n"),
    tx("one segment too many", "if (n == c->sq->max_sge)", "if (n > c->sq->max_sge)"),
    tx("empty segments", "\t\tif (m->data_len == 0)\n\t\t\tcontinue;\n", ""),
    tx("missed free of what was copied",
       "\trte_pktmbuf_free(m);\n\tipoib_count(&c->q->tx.copied, 1);\n",
       "\tipoib_count(&c->q->tx.copied, 1);\n"),
    tx("a copy for nobody", "\t*pmd_ipoib_meta(to) = *pmd_ipoib_meta(m);\n", ""),
    tx("a copy without its checksum to be made",
       "\tto->ol_flags |= m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;\n", ""),
    tx("nobody asks for a completion", "\tc->wr[c->n - 1].send_flags |= IBV_SEND_SIGNALED;\n", ""),
    tx("what is free already is kept",
       "\t\t\tsq->elts[(sq->head + i) & sq->mask] = NULL;\n", ""),
    tx("octets are not counted", "\t\tbytes += c->pkts[i]->pkt_len;\n", ""),
    tx("missed free of what was refused", "for (i = sent; i < c->n; i++)",
       "for (i = sent + 1; i < c->n; i++)"),
    tx("more than there is room for",
       "return (uint16_t)RTE_MIN((uint64_t)n, size - (sq->head - sq->tail));", "return n;"),
    tx("one completion late", "tail = wc[i].wr_id;", "tail = wc[i].wr_id - 1;"),
    tx("beyond the end of the ring", "(uint64_t)sq->mask + 1 - first);",
       "(uint64_t)sq->mask + 2 - first);"),
    tx("a chain that does not end", "\t\tc->wr[at + part - 1].next = NULL;\n", ""),
    tx("failures are not counted", "\t\t\t\t(*failed)++;\n", "\t\t\t\t;\n"),
    tx("a failed pair goes on",
       "\t\t\t\t__atomic_store_n(&sq->failed, true, __ATOMIC_RELEASE);\n", ""),
    tx("no checksum", "\t\twr->send_flags |= IBV_SEND_IP_CSUM;\n", "\t\t;\n"),
    tx("another Q_Key", "wr->wr.ud.remote_qkey = c->v->qkey;", "wr->wr.ud.remote_qkey = 0;"),
    # hca_verbs_rx.c
    rx("one octet too short", "wc->byte_len < VERBS_GRH_LEN + IPOIB_HDR_LEN",
       "wc->byte_len + 1 < VERBS_GRH_LEN + IPOIB_HDR_LEN"),
    rx("our own group's packet", "if (unlikely(is_self(v, wc, grh)))", "if (false)"),
    rx("another LID of ours", "(wc->slid & ~v->path_mask) != (v->lid & ~v->path_mask)",
       "wc->slid != v->lid"),
    rx("somebody behind the same LID",
       "return grh == NULL || ib_gid_equal(&grh->sgid, &v->gid);", "return true;"),
    rx("missed GRH", "\t\tmeta->flags |= PMD_IPOIB_RX_GRH;\n", ""),
    rx("a group's packet", "\t\t\tmeta->flags |= PMD_IPOIB_RX_MCAST;\n", "\t\t\t;\n"),
    rx("a broadcast", "\t\t\tmeta->flags |= PMD_IPOIB_RX_BCAST;\n", "\t\t\t;\n"),
    rx("length with the GRH", "(uint16_t)(wc->byte_len - VERBS_GRH_LEN);",
       "(uint16_t)wc->byte_len;"),
    rx("flags of the packet before", "\tm->ol_flags &= RTE_MBUF_F_EXTERNAL;\n", ""),
    rx("flushed ones are packets", "ipoib_count(&q->rx.carrier, n - flushed);",
       "ipoib_count(&q->rx.carrier, n);"),
    rx("missed free of spare buffers", "\t\trte_pktmbuf_free_bulk(&fresh[got], n - got);\n",
       "\t\t;\n"),
    rx("a buffer that is not there",
       "\t\tif (unlikely(why == IPOIB_RX_OK && !have))\n\t\t\twhy = IPOIB_RX_DROP_NOMBUF;\n",
       "\t\tif (!have)\n\t\t\tfresh[got] = NULL;\n"),
    rx("one buffer is not given back", "\trq->owed += n;\n", "\trq->owed += n - 1u;\n"),
    rx("what was refused is not owed", "\t\ti = bad != NULL ? (uint32_t)(bad - wr) : 0;\n",
       "\t\t;\n"),
    rx("one queue pair only", "while (unlikely(rq != NULL) && got < n);", "while (false);"),
    rx("drops are not counted", "\tipoib_count(&q->rx.drop[why], 1);\n", ""),
    rx("taken while the port is down", "\tif (unlikely(v == NULL || !v->up))\n", "\tif (v == NULL)\n"),
]
