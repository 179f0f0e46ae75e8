// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The dpdk-ipoib authors
/*
 * softib: /sys/kernel/debug/softib/capture, a pcap stream (ERF records of
 * InfiniBand, from the LRH) of the datagrams that pass while it is open.
 * One reader at a time:  cat /sys/kernel/debug/softib/capture > x.pcap
 */
#include <linux/kfifo.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "softib.h"

#define CAP_SIZE (8 << 20)

static DEFINE_SPINLOCK(cap_lock);
static DECLARE_WAIT_QUEUE_HEAD(cap_wait);
static struct kfifo cap_fifo;
static void *cap_buf;
static bool cap_open;
static u64 cap_lost;

/* ERF's pseudo link layer says that it is InfiniBand: tshark knows no link type of its own for it. */
#define LINKTYPE_ERF	    197
#define ERF_TYPE_INFINIBAND 21
#define ERF_FLAG_VARYING    0x04

struct pcap_rec {
	u32 sec, usec, caplen, len;
	__le64 erf_ts; /* seconds, 32 bits of their fraction */
	u8 erf_type;
	u8 erf_flags;
	__be16 erf_rlen;
	__be16 erf_lost;
	__be16 erf_wlen;
} __packed;
#define ERF_LEN 16

/* LRH 8, GRH 40, BTH 12, DETH 8, ImmDt 4 */
static u32 build_headers(const struct softib_pkt *p, u8 *h)
{
	u32 pad = -p->len & 3;
	u32 body = 12 + 8 + (p->has_imm ? 4 : 0) + p->len + pad + 4;
	u32 words = (8 + (p->has_grh ? 40 : 0) + body) / 4;
	u8 *o = h;

	o[0] = (p->vl15 ? 15 : 0) << 4;
	o[1] = p->sl << 4 | (p->has_grh ? 3 : 2);
	*(__be16 *)(o + 2) = cpu_to_be16(p->dlid);
	*(__be16 *)(o + 4) = cpu_to_be16(words & 0x7ff);
	*(__be16 *)(o + 6) = cpu_to_be16(p->slid);
	o += 8;
	if (p->has_grh) {
		memcpy(o, &p->grh, 40);
		o += 40;
	}
	o[0] = p->has_imm ? 0x65 : 0x64; /* UD SEND only */
	o[1] = (p->solicited ? 0x80 : 0) | 0x40 | pad << 4;
	*(__be16 *)(o + 2) = cpu_to_be16(p->pkey);
	*(__be32 *)(o + 4) = cpu_to_be32(p->dst_qpn);
	*(__be32 *)(o + 8) = cpu_to_be32(p->psn);
	*(__be32 *)(o + 12) = cpu_to_be32(p->qkey);
	*(__be32 *)(o + 16) = cpu_to_be32(p->src_qpn);
	o += 20;
	if (p->has_imm) {
		*(__be32 *)o = p->imm;
		o += 4;
	}
	return o - h;
}

static void build_record(struct pcap_rec *rec, u32 len)
{
	struct timespec64 ts;

	ktime_get_real_ts64(&ts);
	*rec = (struct pcap_rec){
		.sec = ts.tv_sec,
		.usec = ts.tv_nsec / 1000,
		.caplen = ERF_LEN + len,
		.len = ERF_LEN + len,
		.erf_ts = cpu_to_le64((u64)ts.tv_sec << 32 |
				      div_u64((u64)ts.tv_nsec << 32, NSEC_PER_SEC)),
		.erf_type = ERF_TYPE_INFINIBAND,
		.erf_flags = ERF_FLAG_VARYING,
		.erf_rlen = cpu_to_be16(ERF_LEN + len),
		.erf_wlen = cpu_to_be16(len),
	};
}

void softib_capture(const struct softib_pkt *p)
{
	static const u8 zero[12];
	u32 pad = -p->len & 3;
	struct pcap_rec rec;
	unsigned long flags;
	u8 h[80];
	u32 hl;

	if (!READ_ONCE(cap_open))
		return;
	hl = build_headers(p, h);
	/* ICRC and VCRC are there, as zeros */
	build_record(&rec, hl + p->len + pad + 4 + 2);
	spin_lock_irqsave(&cap_lock, flags);
	if (!cap_open) {
		;
	} else if (kfifo_avail(&cap_fifo) < sizeof(rec) - ERF_LEN + rec.caplen) {
		cap_lost++;
	} else {
		kfifo_in(&cap_fifo, &rec, sizeof(rec));
		kfifo_in(&cap_fifo, h, hl);
		kfifo_in(&cap_fifo, p->data, p->len);
		kfifo_in(&cap_fifo, zero, pad + 6);
	}
	spin_unlock_irqrestore(&cap_lock, flags);
	wake_up_interruptible(&cap_wait);
}

static int cap_fopen(struct inode *inode, struct file *file)
{
	static const struct {
		u32 magic;
		u16 major, minor;
		u32 zone, sig, snap, link;
	} hdr = {0xa1b2c3d4, 2, 4, 0, 0, 65535, LINKTYPE_ERF};
	void *buf = vmalloc(CAP_SIZE);
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	spin_lock_irq(&cap_lock);
	if (cap_buf) {
		ret = -EBUSY;
	} else {
		cap_buf = buf;
		buf = NULL;
		kfifo_init(&cap_fifo, cap_buf, CAP_SIZE);
		kfifo_in(&cap_fifo, &hdr, sizeof(hdr));
		cap_lost = 0;
		cap_open = true;
	}
	spin_unlock_irq(&cap_lock);
	vfree(buf);
	return ret ?: nonseekable_open(inode, file);
}

static int cap_release(struct inode *inode, struct file *file)
{
	void *buf;

	spin_lock_irq(&cap_lock);
	cap_open = false;
	buf = cap_buf;
	cap_buf = NULL;
	spin_unlock_irq(&cap_lock);
	if (cap_lost)
		pr_info("softib: capture lost %llu packets\n", cap_lost);
	vfree(buf);
	return 0;
}

static ssize_t cap_read(struct file *file, char __user *ub, size_t n, loff_t *pos)
{
	unsigned int copied;
	int ret;

	if (kfifo_is_empty(&cap_fifo)) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(cap_wait, !kfifo_is_empty(&cap_fifo));
		if (ret)
			return ret;
	}
	/* one reader, one locked writer: kfifo needs no lock between them */
	ret = kfifo_to_user(&cap_fifo, ub, min_t(size_t, n, CAP_SIZE), &copied);
	return ret ?: copied;
}

static __poll_t cap_poll(struct file *file, struct poll_table_struct *pt)
{
	poll_wait(file, &cap_wait, pt);
	return kfifo_is_empty(&cap_fifo) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static const struct file_operations cap_fops = {
	.owner = THIS_MODULE,
	.open = cap_fopen,
	.release = cap_release,
	.read = cap_read,
	.poll = cap_poll,
};

void softib_capture_init(void)
{
	debugfs_create_file("capture", 0400, softib_dbg_root, NULL, &cap_fops);
}
