# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-ipoib authors
"""Small errors for the neighbour table: name, file, text that occurs once, what it becomes."""

import collections

DIR = "lib/ipoib_neigh"
FOLDERS = ("lib/compat", "lib/ipoib_net", DIR)
FIXTURES = ("tests/unit/neigh_fixture.c",)
PROGRAMS = ("test_ipoib_neigh_age", "test_ipoib_neigh_rcu", "test_ipoib_neigh",
            "test_ipoib_neigh_index", "test_ipoib_neigh_a2")

# The program that is most likely to notice, tried first.
FIRST = {
    "neigh_age.c": "test_ipoib_neigh_age",
    "neigh_backoff.c": "test_ipoib_neigh_age",
    "neigh_reclaim.c": "test_ipoib_neigh_rcu",
    "neigh_gid.c": "test_ipoib_neigh",
    "neigh_index.c": "test_ipoib_neigh",
    "neigh_index.h": "test_ipoib_neigh",
    "neigh_lookup.c": "test_ipoib_neigh",
    "neigh_priv.h": "test_ipoib_neigh",
    "ipoib_pktq.h": "test_ipoib_neigh",
}

Mutation = collections.namedtuple("Mutation", "name path old new named program")


def M(name, file, old, new, named=False, program=None):
    return Mutation(name, f"{DIR}/{file}", old, new, named, program or FIRST.get(file))


# Fills an entry, publishes it.
FILL = """	neigh_entry_fill(e, old);
	e->state = state;
	if (v != NULL) {
		e->ah = v->ah;
		e->mtu = v->mtu;
		e->kind = v->kind;
	}
	neigh_entry_live(t, e, neigh_gen_next());
	neigh_index_replace(&t->index, old, e);
"""
PUBLISH = "	neigh_index_replace(&t->index, old, e);\n"

MUTATIONS = [
    M("skip the grace period", "neigh_reclaim.c",
      "!force && rte_rcu_qsbr_check(t->cfg.rcu, r.token, false) != 1",
      "!force && r.token == UINT64_MAX",
      named=True),
    M("destroy waits for readers", "neigh_table.c",
      "neigh_reclaim(t, UINT32_MAX, true)",
      "neigh_reclaim(t, UINT32_MAX, false)"),
    M("edit in place", "neigh_state.c",
      ("\te = neigh_entry_get(t);\n"
      "\tneigh_entry_fill(e, old);"),
      ("\te = neigh_entry_get(t);\n"
      "\tstruct ipoib_neigh_entry *o = (struct ipoib_neigh_entry *)(uintptr_t)old;\n"
      "\to->state = state;\n"
      "\tif (v != NULL)\n"
      "\t\to->ah = v->ah;\n"
      "\tneigh_entry_fill(e, old);"),
      named=True),
    M("no second lookup before insert", "neigh_rec.c",
      ("\tif (*rec != NULL)\n"
      "\t\treturn 1;"),
      ("\tif (*rec != NULL && now_us == 0)\n"
      "\t\treturn 1;"),
      named=True),
    M("age by > M", "neigh_age.c",
      "<= 2 * t->cfg.gc_interval",
      "<= t->cfg.gc_interval",
      named=True),
    M("age >= 2M", "neigh_age.c",
      "neigh_idle(t, slot) <= 2",
      "neigh_idle(t, slot) < 2"),
    M("hand AH back early", "neigh_state.c",
      "\tneigh_retire(t, old, 0, publish_ends_use(old, v));",
      ("\tif (publish_ends_use(old, v) && t->cfg.ah_release)\n"
       "\t\tt->cfg.ah_release(t->cfg.arg, old->ah);\n"
      "\tneigh_retire(t, old, 0, false);"),
      named=True),
    M("AH twice on stale", "neigh_state.c",
      "return neigh_usable(old->state) && v != NULL;",
      "return neigh_usable(old->state) && (v != NULL || 1);"),
    M("AH never on replace", "neigh_state.c",
      "return neigh_usable(old->state) && v != NULL;",
      "return neigh_usable(old->state) && v == NULL && 0;"),
    M("AH lost on del", "neigh_rec.c",
      ("neigh_usable(rec->state));\n"
      "\t__atomic"),
      ("false);\n"
      "\t__atomic")),
    M("AH lost on destroy", "neigh_table.c",
      "neigh_usable(rec->state) && t->cfg.ah_release",
      "rec->state == IPOIB_NEIGH_VALID && t->cfg.ah_release"),
    M("stale not usable", "neigh_priv.h",
      "return state == IPOIB_NEIGH_VALID || state == IPOIB_NEIGH_STALE;",
      "return state == IPOIB_NEIGH_VALID;"),
    M("65 keys", "neigh_lookup.c",
      "n > IPOIB_NEIGH_BURST_MAX",
      "n > IPOIB_NEIGH_BURST_MAX + 1"),
    M("n 0", "neigh_lookup.c",
      "n == 0 || ",
      ""),
    M("refresh is a use", "neigh_state.c",
      ("if (!neigh_usable(was))\n"),
      ("if (1)\n")),
    M("resolve is no use", "neigh_state.c",
      ("if (!neigh_usable(was))\n"),
      ("if (0)\n")),
    M("queue full is a use", "neigh_rec.c",
      "\t} else if (ret == -ENOBUFS) {",
      ("\t} else if (ret == -ENOBUFS) {\n"
      "\t\tneigh_mark_set(t, neigh_slot(t, rec));")),
    M("enqueue no use", "neigh_rec.c",
      ("\t\tt->stats.queued++;\n"
      "\t\tneigh_mark_set(t, neigh_slot(t, rec));"),
      "\t\tt->stats.queued++;"),
    M("no total bound", "neigh_rec.c",
      "t->stats.queued < t->cfg.queue_total",
      "1"),
    M("queue LIFO", "ipoib_pktq.h",
      "\ttail = (uint32_t)q->head + q->nb;",
      "\ttail = (uint32_t)q->head + q->max - 1 - q->nb;"),
    M("queue bound off by one", "ipoib_pktq.h",
      "q->nb >= q->max",
      "q->nb + 1 >= q->max"),
    M("queue memory kept", "ipoib_pktq.h",
      ("\tif (q->nb == 0) {\n"
      "\t\tfree"),
      ("\tif (q->nb == 0 && n == 99) {\n"
      "\t\tfree")),
    M("failed drops path", "neigh_state.c",
      ("\tif (neigh_usable(rec->state))\n"
      "\t\treturn ipoib_neigh_set_stale(t, rec);\n"),
      ""),
    M("failed keeps packets", "neigh_state.c",
      "nb = ipoib_pktq_free(&rec->queue);",
      "nb = 0;"),
    M("resolving hides valid", "neigh_state.c",
      "rec->state == IPOIB_NEIGH_RESOLVING || neigh_usable(rec->state)",
      "rec->state == IPOIB_NEIGH_RESOLVING"),
    M("stale from any state", "neigh_state.c",
      ("rec->state != IPOIB_NEIGH_VALID)\n"
      "\t\treturn 0"),
      ("rec->state == IPOIB_NEIGH_STALE)\n"
      "\t\treturn 0")),
    M("no timer cancel on resolving", "neigh_state.c",
      "ret == 0 && failed",
      "ret == 0 && failed && 0"),
    M("no timer cancel on del", "neigh_rec.c",
      ("\tif (rec->state == IPOIB_NEIGH_FAILED)\n"
      "\t\tneigh_backoff_cancel(t, rec);\n"),
      ""),
    M("backoff not doubled", "neigh_backoff.c",
      "us *= 2;",
      "us *= 1;"),
    M("backoff no cap", "neigh_backoff.c",
      "us = RTE_MIN(us, (uint64_t)IPOIB_NEIGH_BACKOFF_MAX_US);",
      ""),
    M("no jitter", "neigh_backoff.c",
      "us - jitter + rte_rand_max(2 * jitter + 1)",
      "us + 0 * jitter"),
    M("jitter up only", "neigh_backoff.c",
      "us - jitter + rte",
      "us + rte"),
    M("wheel early", "neigh_backoff.c",
      "+ IPOIB_NEIGH_BACKOFF_SLOT_US - 1",
      "- 3 * IPOIB_NEIGH_BACKOFF_SLOT_US"),
    M("clear keeps fails", "neigh_backoff.c",
      ("\t\t\trec->fails = 0;\n"),
      ""),
    M("clear loses refused", "neigh_backoff.c",
      "wheel_link(t, rec, t->wheel_pos + 1);",
      "(void)0;"),
    M("backoff ignores budget", "neigh_backoff.c",
      "*looked == budget || ",
      ""),
    M("age ignores budget", "neigh_age.c",
      "todo = RTE_MIN((uint32_t)(t->age_owed / round), budget);",
      "todo = (uint32_t)(t->age_owed / round);"),
    M("age whole table each time", "neigh_age.c",
      "todo = RTE_MIN((uint32_t)(t->age_owed / round), budget);",
      "todo = RTE_MIN(t->recs_used, budget);"),
    M("age walk lost on refusal", "neigh_age.c",
      ("if (age_one(t, t->age_pos) != 0)\n"
      "\t\t\tbreak;"),
      "age_one(t, t->age_pos);"),
    M("thresh1 ignored", "neigh_age.c",
      "t->stats.entries <= t->cfg.gc_thresh1",
      "0"),
    M("thresh1 off by one", "neigh_age.c",
      "t->stats.entries <= t->cfg.gc_thresh1",
      "t->stats.entries < t->cfg.gc_thresh1"),
    M("thresh2 ignored on add", "neigh_rec.c",
      "t->stats.entries >= t->cfg.gc_thresh2",
      "0"),
    M("thresh2 off by one", "neigh_rec.c",
      "t->stats.entries >= t->cfg.gc_thresh2",
      "t->stats.entries > t->cfg.gc_thresh2"),
    M("thresh3 ignored", "neigh_rec.c",
      "t->stats.entries < t->cfg.gc_thresh3",
      "1"),
    M("evict not oldest", "neigh_age.c",
      "mark < v[0].mark",
      "mark > v[0].mark"),
    M("evict used", "neigh_age.c",
      " ||\n\t\t\t\tneigh_mark_get(t, v->slot) != v->mark",
      ""),
    M("evict any idle", "neigh_age.c",
      "t->view.tick - v->mark < idle",
      "t->view.tick - v->mark < idle / 5"),
    M("victims unsorted", "neigh_age.c",
      ("\theap_sort(v, n);\n"),
      ""),
    M("slot reused at once", "neigh_rec.c",
      "\tt->stats.removed++;",
      ("\tt->stats.removed++;\n"
       "\tif (rec->tm_next == 0) {\n"
       "\t\tt->recs[neigh_slot(t, rec)].tm_next = t->free_rec;\n"
       "\t\tt->free_rec = neigh_slot(t, rec);\n"
       "\t}")),
    M("no room check in del", "neigh_rec.c",
      ("\tif (neigh_reclaim_room(t) != 0)\n"
      "\t\treturn -EAGAIN;\n"
      "\tif (t->cfg.evict"),
      "\tif (t->cfg.evict"),
    M("no room check in publish", "neigh_state.c",
      ("\tif (neigh_reclaim_room(t) != 0)\n"
      "\t\treturn -EAGAIN;\n"),
      ""),
    M("room does not reclaim", "neigh_reclaim.c",
      ("\tif (neigh_reclaim(t, RECLAIM_STEP, false) != 0)\n"
      "\t\treturn 0;\n"),
      ""),
    M("reclaim ignores budget", "neigh_age.c",
      "neigh_reclaim(t, budget, false)",
      "neigh_reclaim(t, UINT32_MAX, false)"),
    M("evict not called", "neigh_rec.c",
      ("\tif (t->cfg.evict != NULL)\n"
      "\t\tt->cfg.evict(t->cfg.arg, rec, rec->queue.nb);\n"),
      ""),
    M("evict not called at destroy", "neigh_table.c",
      ("\tif (t->cfg.evict != NULL)\n"
      "\t\tt->cfg.evict(t->cfg.arg, rec, rec->queue.nb);\n"),
      ""),
    M("packets leak at destroy", "neigh_table.c",
      ("\tipoib_pktq_free(&rec->queue);\n"),
      ""),
    M("gid first not replaced", "neigh_gid.c",
      ("\t\t*link = rec->sib_next;\n"),
      ""),
    M("gid chain lost", "neigh_gid.c",
      ("\t\tt->recs[rec->sib_next].gid_chain = rec->gid_chain;\n"),
      ""),
    M("walk_gid misses last", "neigh_gid.c",
      ("\t\tfn(arg, &t->recs[slot]);\n"
      "\t\tif (slot == last)\n"
      "\t\t\tbreak;"),
      ("\t\tif (slot == last)\n"
      "\t\t\tbreak;\n"
      "\t\tfn(arg, &t->recs[slot]);")),
    M("tune unchecked", "neigh_table.c",
      ("\tret = cfg_tunable(&c);\n"
      "\tif (ret == 0)"),
      ("\tret = cfg_tunable(&c);\n"
      "\tif (1)")),
    M("user kept", "neigh_rec.c",
      ("\tmemset(r, 0, sizeof(*r));\n"),
      ("\tr->fails = 0; r->queue.pkts = NULL;\n")),
    M("publish before filling", "neigh_state.c", FILL,
      FILL.replace(PUBLISH, "").replace(
          "	e->state", PUBLISH + "	rte_delay_us_block(2);\n	e->state"),
      named=True, program="test_ipoib_neigh_rcu"),
    M("publish garbage", "neigh_state.c", FILL,
      PUBLISH + "	rte_delay_us_block(2);\n" + FILL.replace(PUBLISH, ""),
      program="test_ipoib_neigh_rcu"),
    M("new published before filling", "neigh_rec.c",
      "	neigh_entry_fill(e, &first);\n",
      "	e->addr = rec->addr;\n	neigh_index_add(&t->index, e);\n	rte_delay_us_block(2);\n"
      "	neigh_index_del(&t->index, e);\n	neigh_entry_fill(e, &first);\n",
      program="test_ipoib_neigh_rcu"),
    M("flags in hash", "neigh_index.h", "neigh_fold_mul(neigh_key_head(b) ^",
      "neigh_fold_mul(neigh_load64(b) ^"),
    M("qpn low octet not hashed", "neigh_index.h",
      "neigh_fold_mul(neigh_key_head(b) ^",
      "neigh_fold_mul((neigh_key_head(b) & ~UINT64_C(0xff000000)) ^"),
    M("flags compared", "neigh_index.h", "d = neigh_key_head(a) ^", "d = neigh_load64(a) ^"),
    M("qpn low octet not compared", "neigh_index.h", "	d = neigh_key_head(a) ^ neigh_load64(b);\n",
      "	d = (neigh_key_head(a) ^ neigh_load64(b)) & ~UINT64_C(0xff000000);\n"),
    M("gid prefix not compared", "neigh_index.h",
      "	d |= neigh_load64(a + 8) ^ neigh_load64(b + 8);\n", ""),
    M("gid tail not compared", "neigh_index.h",
      "	d |= neigh_load32(a + 16) ^ neigh_load32(b + 16);\n", ""),
    M("crc hash", "neigh_index.h",
      "	return neigh_fold_mul(h ^ secret[0], secret[1]);\n",
      "	(void)h;\n"
      "	return rte_hash_crc(addr, 20, (uint32_t)secret[0]) * UINT64_C(0x100000001);\n"),
    M("hash without its last step", "neigh_index.h",
      "	return neigh_fold_mul(h ^ secret[0], secret[1]);\n", "	return h;\n"),
    M("same secret each time", "neigh_index.c", "	secret_init(x->secret);\n", ""),
    M("tag 0", "neigh_index.h", "return tag != 0 ? tag : 1;", "return tag;"),
    M("index forgets who went on", "neigh_index.c", "		more_add(b, 1);\n", ""),
    M("index hides the wrong slot", "neigh_index.c",
      "	tag_set(b, slot, 0);\n	slot_set(b, slot, NEIGH_ENTRY_NONE);\n",
      "	tag_set(b, (slot + 1) % NEIGH_BUCKET_SLOTS, 0);\n	slot_set(b, slot, NEIGH_ENTRY_NONE);\n"),
    M("index keeps the tag", "neigh_index.c", "	tag_set(b, slot, 0);\n", ""),
    M("index takes full slots", "neigh_index.c",
      "neigh_tags_equal(b->head[0], b->head[1], 0) & NEIGH_BUCKET_MASK",
      "neigh_tags_equal(b->head[0], b->head[1], 0) | 1"),
    M("none is the zero address", "neigh_table.c",
      "	memset(&e[NEIGH_ENTRY_NONE], NEIGH_FREE, sizeof(*e));\n", ""),
    M("only the first of a tag", "neigh_lookup.c",
      "\t\t\te = b->match[i] == 0 ? NULL", "\t\t\te = b->match[i] < MORE ? NULL"),
    M("only the first bucket", "neigh_lookup.c", "(more ? MORE : 0)", "0"),
    M("no null for missing", "neigh_lookup.c", "b->match[i] == 0 ? NULL", "b->match[i] == 0 ? b->maybe[i]"),
    M("hit on any state", "neigh_lookup.c", "e != NULL && neigh_usable(e->state)", "e != NULL"),
    M("mark unusable too", "neigh_lookup.c", "	burst_mark(t, *hits, entries);\n",
      "	uint64_t all = 0;\n"
      "	for (uint32_t i = 0; i < n; i++)\n"
      "		all |= entries[i] != NULL ? RTE_BIT64(i) : 0;\n"
      "	burst_mark(t, all, entries);\n"),
    M("no mark", "neigh_lookup.c",
      "neigh_mark_get(t, slot) != tick", "neigh_mark_get(t, slot) != tick && tick == 0"),
    M("record never used again", "neigh_reclaim.c", "	if (r->rec)\n", "	if (0)\n"),
    M("name not checked", "neigh_index.c", "rte_errno == EEXIST ? -EEXIST : -ENOMEM", "-ENOMEM"),
]
