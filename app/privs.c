/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_eal.h>

#include "pmd_ipoib.h"
#include "privs.h"

static struct passwd *
user_find(const char *user)
{
	struct passwd *pw;

	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL)
		app_say("--user '%s': %s", user,
				errno != 0 ? strerror(errno) : "there is no such user");
	return pw;
}

int
privs_check(const char *user)
{
	if (user_find(user) == NULL)
		return -EINVAL;
	if (geteuid() == 0)
		return 0;
	app_say("--user '%s': only root can become another user; without the option the program "
		"runs as who starts it",
			user);
	return -EPERM;
}

/* With this, the calling thread keeps what it is permitted when it is no longer root. */
static int
caps_keep(struct control *c __rte_unused, void *arg __rte_unused)
{
	return prctl(PR_SET_KEEPCAPS, 1) == 0 ? 0 : -errno;
}

/* Of what the calling thread kept, CAP_NET_RAW only, and that for the driver to raise. */
static int
caps_limit(struct control *c __rte_unused, void *arg __rte_unused)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .permitted = 1U << CAP_NET_RAW },
	};

	return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

/* Whichever threads set Q_Keys; the same one twice does no harm. */
static int
both(struct app *a, control_fn fn)
{
	int ret = fn(NULL, NULL);

	return ret != 0 ? ret : app_ask(a, fn, NULL, 0, APP_ASK_MS);
}

static bool
has_real_hca(const struct app *a)
{
	struct pmd_ipoib_info info;
	uint16_t i;

	for (i = 0; i < a->nb_ports; i++)
		if (pmd_ipoib_info_get(a->port[i], &info) == 0 && strcmp(info.backend, "soft") != 0)
			return true;
	return false;
}

static uid_t run_uid;
static gid_t run_gid;

static int
chown_one(const char *path, const struct stat *st __rte_unused, int type __rte_unused,
		struct FTW *ftw __rte_unused)
{
	return lchown(path, run_uid, run_gid);
}

/* EAL removes its files at the end, as that user. */
static int
runtime_dir_give(const struct passwd *pw)
{
	run_uid = pw->pw_uid;
	run_gid = pw->pw_gid;
	return nftw(rte_eal_get_runtime_dir(), chown_one, 4, FTW_PHYS) == 0 ? 0 : -errno;
}

/* The C library does it in every thread. */
static int
user_become(const struct passwd *pw)
{
	if (initgroups(pw->pw_name, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 ||
			setuid(pw->pw_uid) != 0)
		return -errno;
	return 0;
}

int
privs_drop(struct app *a)
{
	const struct passwd *pw;
	bool keep;
	int ret;

	if (a->opt.user == NULL)
		return 0;
	pw = user_find(a->opt.user);
	if (pw == NULL)
		return -EINVAL;
	keep = has_real_hca(a);
	ret = runtime_dir_give(pw);
	if (ret == 0 && keep)
		ret = both(a, caps_keep);
	if (ret == 0)
		ret = user_become(pw);
	if (ret == 0 && keep)
		ret = both(a, caps_limit);
	if (ret != 0)
		app_say("--user '%s': %s", a->opt.user, strerror(-ret));
	else
		APP_LOG(INFO, "user '%s'%s from here on\n", a->opt.user,
				keep ? ", with CAP_NET_RAW for Q_Keys" : "");
	return ret;
}
