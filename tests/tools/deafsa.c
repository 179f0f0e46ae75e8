/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * For LD_PRELOAD into OpenSM, which has no option for it: subscriptions to notices are refused, as
 * an SA may (IBA 13.4.8.3). OpenSM answers itself, for what it gets is a subscription with a value
 * that is not defined.
 */

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include <infiniband/umad.h>

#define MAD_MGMT_CLASS 1
#define MAD_METHOD 3
#define MAD_ATTR_ID 16
#define CLASS_SUBN_ADM 3
#define METHOD_SET 2
#define ATTR_INFORM_INFO 3
/* Octet of an SA MAD that holds InformInfo:Subscribe. */
#define SUBSCRIBE (56 + 23)
#define SUBSCRIBE_UNDEFINED 2

typedef int (*recv_fn)(int portid, void *umad, int *length, int timeout_ms);

int
umad_recv(int portid, void *umad, int *length, int timeout_ms)
{
	static recv_fn next;
	uint8_t *mad;
	int ret;

	if (next == NULL)
		next = (recv_fn)dlsym(RTLD_NEXT, "umad_recv");
	if (next == NULL)
		abort();
	ret = next(portid, umad, length, timeout_ms);
	if (ret < 0)
		return ret;
	mad = umad_get_mad(umad);
	if (mad[MAD_MGMT_CLASS] == CLASS_SUBN_ADM && mad[MAD_METHOD] == METHOD_SET &&
			mad[MAD_ATTR_ID] == 0 && mad[MAD_ATTR_ID + 1] == ATTR_INFORM_INFO)
		mad[SUBSCRIBE] = SUBSCRIBE_UNDEFINED;
	return ret;
}
