/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * The kernel lets only who has CAP_NET_RAW set a Q_Key with bit 31 (IBA 10.2.5: a
 * controlled Q_Key). A thread that is permitted to raise it has it for that call.
 */

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipoib_pmd.h"

#define NET_RAW (1U << CAP_NET_RAW)

static struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

bool
ipoib_caps_raise(uint32_t qkey)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if ((qkey & RTE_BIT32(31)) == 0 || syscall(SYS_capget, &header, data) != 0 ||
			(data[0].effective & NET_RAW) != 0 || (data[0].permitted & NET_RAW) == 0)
		return false;
	data[0].effective |= NET_RAW;
	return syscall(SYS_capset, &header, data) == 0;
}

void
ipoib_caps_lower(bool raised)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (!raised || syscall(SYS_capget, &header, data) != 0)
		return;
	data[0].effective &= ~NET_RAW;
	if (syscall(SYS_capset, &header, data) != 0)
		IPOIB_LOG(ERR, "CAP_NET_RAW cannot be given back");
}
