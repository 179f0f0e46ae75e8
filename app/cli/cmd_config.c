/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_version.h>

#include "cli.h"
#include "commands.h"
#include "config.h"

/* A new file beside the older one gets that one's rights. */
static void
keep_mode(int fd, const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) != 0) {
		mask = umask(0);
		umask(mask);
		st.st_mode = 0666 & ~mask;
	}
	if (fchmod(fd, st.st_mode & 0777) != 0)
		return; /* it is as private as it was made */
}

/* The name in the folder must be on disk as well. */
static int
sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, ret;

	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path + 1), path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fsync(fd) != 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* Takes f. @return 0 all of it is on disk, or -errno */
static int
write_all(struct cli *cli, FILE *f)
{
	int ret = config_write(cli, f);

	if (fflush(f) != 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && ferror(f) != 0)
		ret = -EIO;
	if (ret == 0 && fsync(fileno(f)) != 0)
		ret = -errno;
	if (fclose(f) != 0 && ret == 0)
		ret = -errno;
	return ret;
}

/*
 * Write them into a file. Until all of it is on disk, an older file of the name stays whole.
 * @return 0 or -errno with the older file untouched
 */
static int
config_save(struct cli *cli, const char *path)
{
	char real[PATH_MAX], temp[PATH_MAX + 8];
	FILE *f;
	int fd, ret;

	/* Through a link the file changes, not the link. */
	if (realpath(path, real) == NULL)
		snprintf(real, sizeof(real), "%s", path);
	snprintf(temp, sizeof(temp), "%s.XXXXXX", real);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	keep_mode(fd, real);
	f = fdopen(fd, "w");
	if (f == NULL) {
		ret = -errno;
		close(fd);
		goto remove;
	}
	ret = write_all(cli, f);
	if (ret == 0 && rename(temp, real) != 0)
		ret = -errno;
	if (ret == 0)
		return sync_folder(real);
remove:
	unlink(temp);
	return ret;
}

int
cmd_show_config_running(struct cli *cli, const struct cmd_show_config_running *args __rte_unused)
{
	return cli_result(cli, config_write(cli, cli->out), "show config running", NULL);
}

int
cmd_save_file(struct cli *cli, const struct cmd_save_file *args)
{
	int ret = config_save(cli, args->file.text);

	if (ret != 0)
		return cli_fail(cli, "%s: not saved, what was there is unchanged: %s",
				args->file.text, strerror(-ret));
	return 0;
}

int
cmd_show_version(struct cli *cli, const struct cmd_show_version *args __rte_unused)
{
	struct table t = {
		.nb_columns = 2,
		.heading = { "Program", "DPDK" },
		.key = { "program", "dpdk" },
	};
	struct cell *cells = table_row(&t);

	if (cells == NULL)
		return cli_result(cli, -ENOMEM, "show version", NULL);
	cell_text(&cells[0], "%s", APP_VERSION);
	cell_text(&cells[1], "%s", rte_version());
	if (cli->json)
		table_print_json(&t, cli->out);
	else
		fprintf(cli->out, "dpdk-ipoib %s (%s)\n", cells[0].text, cells[1].text);
	table_free(&t);
	return 0;
}
