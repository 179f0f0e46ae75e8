/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * Other processes like this one on the same HCA port and P_Key share our memberships, as the
 * kernel's interfaces do. Each holds a shared lock on a file of their name beside the runtime
 * folders of DPDK, so who can have it alone is the last one. The lock ends with the process, however
 * that ends. Control thread; nothing here waits.
 */

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <rte_eal.h>

#include "mcast.h"

void
mcast_share_open(struct ctl_port *p)
{
	const struct pmd_ipoib_info *info = &p->info;
	char own[PATH_MAX], path[PATH_MAX + 64];

	snprintf(own, sizeof(own), "%s", rte_eal_get_runtime_dir());
	snprintf(path, sizeof(path), "%s/ipoib_%s_%u_%04x", dirname(own), info->device,
			info->hca_port, IB_PKEY_BASE(info->pkey));
	p->mc->share_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (p->mc->share_fd >= 0 && flock(p->mc->share_fd, LOCK_SH | LOCK_NB) != 0)
		CTL_LOG(NOTICE, "port %u: another process ends on this HCA port just now\n", p->id);
}

bool
mcast_share_alone(struct ctl_port *p)
{
	int fd;

	if (p->mc->share_fd < 0)
		mcast_share_open(p);
	fd = p->mc->share_fd;
	/* Who cannot know it must not take anything away. */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return false;
	flock(fd, LOCK_SH | LOCK_NB);
	return true;
}

void
mcast_share_close(struct ctl_port *p)
{
	if (p->mc->share_fd >= 0)
		close(p->mc->share_fd);
	p->mc->share_fd = -1;
}
