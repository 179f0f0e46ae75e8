/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-ipoib authors
 */

/*
 * For LD_PRELOAD into a program on DPDK: one allocation fails. Counted are the program's own calls
 * of malloc, calloc and mmap (not the libraries'), and everybody's of rte_malloc's family and of
 * memory zones. FAILALLOC=N: number N fails, from 1. At exit the count is written to the file that
 * FAILALLOC_COUNT names.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);

static atomic_long count;
static long fail_at;
static uintptr_t begin, end;

/* The first object is the program. */
static int
program(struct dl_phdr_info *info, size_t size, void *arg)
{
	unsigned int i;

	(void)size;
	(void)arg;
	begin = UINTPTR_MAX;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD)
			continue;
		begin = from < begin ? from : begin;
		end = from + p->p_memsz > end ? from + p->p_memsz : end;
	}
	return 1;
}

__attribute__((constructor)) static void
failalloc_begin(void)
{
	const char *n = getenv("FAILALLOC");

	fail_at = n != NULL ? atol(n) : 0;
	dl_iterate_phdr(program, NULL);
}

__attribute__((destructor)) static void
failalloc_end(void)
{
	const char *name = getenv("FAILALLOC_COUNT");
	int fd = name != NULL ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;

	if (fd >= 0)
		dprintf(fd, "%ld\n", atomic_load(&count));
}

static bool
fails(void)
{
	if (atomic_fetch_add(&count, 1) + 1 != fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

static bool
ours(const void *caller)
{
	return (uintptr_t)caller >= begin && (uintptr_t)caller < end;
}

void *
malloc(size_t size)
{
	return ours(__builtin_return_address(0)) && fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return ours(__builtin_return_address(0)) && fails() ? NULL : __libc_calloc(n, size);
}

void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (ours(__builtin_return_address(0)) && fails())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void *
rte_malloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
	return fails() ? NULL : NEXT(rte_malloc_socket)(type, size, align, socket);
}

void *
rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int socket)
{
	return fails() ? NULL : NEXT(rte_zmalloc_socket)(type, size, align, socket);
}

static bool
zone_fails(void)
{
	if (!fails())
		return false;
	rte_errno = ENOMEM;
	return true;
}

const struct rte_memzone *
rte_memzone_reserve_aligned(
		const char *name, size_t len, int socket, unsigned int flags, unsigned int align)
{
	return zone_fails() ? NULL
			    : NEXT(rte_memzone_reserve_aligned)(name, len, socket, flags, align);
}

const struct rte_memzone *
rte_memzone_reserve(const char *name, size_t len, int socket, unsigned int flags)
{
	return zone_fails() ? NULL : NEXT(rte_memzone_reserve)(name, len, socket, flags);
}
