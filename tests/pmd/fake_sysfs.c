/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_sysfs.h"
#include "pmd_fixture.h"

#define DIR_LEN 256
#define LINE "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static char root[64];

static void
path_of(char *full, const char *path)
{
	assert_true(snprintf(full, PATH_MAX, "%s/%s", root, path) < PATH_MAX);
}

/* All folders of a path, but for what is behind its last slash. */
static void
folders_make(char *full)
{
	char *at;

	for (at = strchr(full + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(full, 0755);
		*at = '/';
	}
}

void
fs_begin(void)
{
	char full[PATH_MAX];

	snprintf(root, sizeof(root), "/tmp/fake_sysfs.XXXXXX");
	assert_non_null(mkdtemp(root));
	path_of(full, "class/infiniband/");
	folders_make(full);
	path_of(full, "bus/pci/devices/");
	folders_make(full);
	setenv("SYSFS_PCI_DEVICES", full, 1);
	setenv("SYSFS_PATH", root, 1);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
fs_end(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
fs_put(const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *f;

	path_of(full, path);
	folders_make(full);
	f = fopen(full, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	fclose(f);
}

void
fs_remove(const char *path)
{
	char full[PATH_MAX];

	path_of(full, path);
	nftw(full, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
put_in(const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fs_put(path, text);
}

static void
link_in(const char *folder, const char *name, const char *target)
{
	char full[PATH_MAX], path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	path_of(full, path);
	folders_make(full);
	assert_int_equal(symlink(target, full), 0);
}

void
fs_pci(const char *addr, const char *vendor, const char *class, const char *kernel_driver)
{
	char dir[DIR_LEN], target[DIR_LEN];

	snprintf(dir, sizeof(dir), "bus/pci/devices/%s", addr);
	put_in(dir, "vendor", vendor);
	put_in(dir, "device", "0x1017");
	put_in(dir, "subsystem_vendor", vendor);
	put_in(dir, "subsystem_device", "0x0001");
	put_in(dir, "class", class);
	put_in(dir, "numa_node", "0");
	put_in(dir, "resource", LINE LINE LINE LINE LINE LINE LINE);
	snprintf(target, sizeof(target), "../../../drivers/%s", kernel_driver);
	link_in(dir, "driver", target);
}

void
fs_hca(const char *name, const char *pci)
{
	char dir[DIR_LEN], target[DIR_LEN];

	snprintf(dir, sizeof(dir), "class/infiniband/%s", name);
	snprintf(target, sizeof(target), "../../../bus/pci/devices/%s", pci);
	put_in(dir, "node_type", "1: CA");
	link_in(dir, "device", target);
}

void
fs_port(const char *name, unsigned int port, const char *layer, const char *state)
{
	char dir[DIR_LEN];

	snprintf(dir, sizeof(dir), "class/infiniband/%s/ports/%u", name, port);
	put_in(dir, "link_layer", layer);
	put_in(dir, "state", state);
	put_in(dir, "phys_state", strstr(state, "DOWN") != NULL ? "2: Polling" : "5: LinkUp");
	put_in(dir, "pkeys/0", "0xffff");
	put_in(dir, "pkeys/1", "0x8001");
	put_in(dir, "pkeys/2", "0x0003");
	put_in(dir, "pkeys/3", "0x0000");
}
