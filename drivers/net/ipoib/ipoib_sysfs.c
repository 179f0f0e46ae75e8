/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "ipoib_sysfs.h"

#define PORT_NUM_MAX 254

/* As libibverbs: who has more rights than its user takes no paths from that one. */
static const char *
replaced(void)
{
	const char *root = getuid() == geteuid() ? getenv("SYSFS_PATH") : NULL;

	return root != NULL && root[0] != '\0' ? root : NULL;
}

bool
ipoib_sysfs_is_replaced(void)
{
	return replaced() != NULL;
}

const char *
ipoib_sysfs_root(void)
{
	const char *root = replaced();

	return root != NULL ? root : "/sys";
}

static int
class_path(char *path, size_t len, const char *fmt, va_list ap)
{
	int n, m;

	n = snprintf(path, len, "%s/class/infiniband/", ipoib_sysfs_root());
	if (n < 0 || (size_t)n >= len)
		return -ENAMETOOLONG;
	m = vsnprintf(path + n, len - n, fmt, ap);
	return m < 0 || (size_t)m >= len - n ? -ENAMETOOLONG : 0;
}

static int
line_read(char *buf, size_t len, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	FILE *f;
	int ret;

	ret = class_path(path, sizeof(path), fmt, ap);
	if (ret != 0)
		return ret;
	f = fopen(path, "re");
	if (f == NULL)
		return -errno;
	/* Some files are there and cannot be read: the device does not count this. */
	errno = 0;
	if (fgets(buf, (int)len, f) == NULL)
		ret = errno != 0 ? -errno : -ENODATA;
	else
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return ret;
}

/* The first line of a file of the class, such as "mlx5_0/ports/1/state"; -errno. */
static int __rte_format_printf(3, 4) sysfs_line(char *buf, size_t len, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = line_read(buf, len, fmt, ap);
	va_end(ap);
	return ret;
}

int
ipoib_sysfs_number(uint64_t *value, const char *fmt, ...)
{
	char text[64], *end;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = line_read(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ret != 0)
		return ret;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return errno != 0 || end == text || *end != '\0' ? -EINVAL : 0;
}

/* The PCI address behind a device; -ENODEV if there is no such device, or it is no PCI function's. */
static int
sysfs_pci(const char *device, char *buf, size_t len)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/class/infiniband/%s/device", ipoib_sysfs_root(), device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -ENODEV;
	target[n] = '\0';
	name = strrchr(target, '/');
	return rte_strscpy(buf, name != NULL ? name + 1 : target, len) < 0 ? -ENODEV : 0;
}

static enum ipoib_layer
port_layer(const char *device, unsigned int port)
{
	char text[32] = "";

	/* Older kernels have no such file and no other layer. */
	if (sysfs_line(text, sizeof(text), "%s/ports/%u/link_layer", device, port) == -ENOENT ||
			strcmp(text, "InfiniBand") == 0)
		return IPOIB_LAYER_INFINIBAND;
	return strcmp(text, "Ethernet") == 0 ? IPOIB_LAYER_ETHERNET : IPOIB_LAYER_OTHER;
}

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The names in a folder of the class, in order; none if there is no such folder. */
static int
folder(struct dirent ***names, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = class_path(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (n == 0)
		n = scandir(path, names, not_hidden, versionsort);
	return n;
}

static unsigned int
device_ports(const char *device, struct ipoib_sysfs_port *ports, unsigned int max)
{
	unsigned int n = 0;
	struct dirent **e;
	unsigned long port;
	int i, nb;

	nb = folder(&e, "%s/ports", device);
	for (i = 0; i < nb; i++) {
		port = strtoul(e[i]->d_name, NULL, 10);
		if (n < max && port >= 1 && port <= PORT_NUM_MAX) {
			rte_strscpy(ports[n].device, device, sizeof(ports[n].device));
			ports[n].port = (uint8_t)port;
			ports[n].layer = port_layer(device, port);
			n++;
		}
		free(e[i]);
	}
	if (nb >= 0)
		free(e);
	return n;
}

static bool
is_of(const char *device, const char *pci)
{
	char addr[NAME_MAX + 1];

	return strlen(device) < IPOIB_SYSFS_NAME_LEN &&
			(pci == NULL ||
					(sysfs_pci(device, addr, sizeof(addr)) == 0 &&
							strcmp(addr, pci) == 0));
}

unsigned int
ipoib_sysfs_ports(const char *pci, struct ipoib_sysfs_port *ports, unsigned int max)
{
	unsigned int n = 0;
	struct dirent **e;
	int i, nb;

	nb = folder(&e, "%s", "");
	for (i = 0; i < nb; i++) {
		if (is_of(e[i]->d_name, pci))
			n += device_ports(e[i]->d_name, &ports[n], max - n);
		free(e[i]);
	}
	if (nb >= 0)
		free(e);
	return n;
}
