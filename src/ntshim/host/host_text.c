/* SPDX-License-Identifier: MIT */
/* host_text.c - reads the facts that the host kernel gives as text, and its random bytes. */
#include "host_text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "host_doors.h" /* last */

static long read_text(const char *place, const char *name, char *buf, size_t size)
{
	char path[128], scrap[4096];
	long total = 0;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s%s", place, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (;;) {
		bool fits = (size_t)total < size;

		n = fits ? read(fd, buf + total, size - total) : read(fd, scrap, sizeof(scrap));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		total += n;
	}
	if (n < 0)
		total = -errno;
	close(fd);
	return total;
}

long host_proc_text(const char *name, char *buf, size_t size)
{
	return read_text("/proc/", name, buf, size);
}

long host_sys_text(const char *name, char *buf, size_t size)
{
	return read_text("/sys/", name, buf, size);
}

int host_random(void *buf, size_t size)
{
	char *p = buf;

	while (size) {
		ssize_t n = getrandom(p, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= n;
	}
	return 0;
}

unsigned host_online_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

#define CPU_SET_MAX 1024u

unsigned host_cpu_set_size(void)
{
	static _Atomic unsigned known;
	unsigned long set[CPU_SET_MAX / sizeof(unsigned long)];
	long n;

	if (!known) {
		n = syscall(SYS_sched_getaffinity, 0, sizeof(set), set);
		known = n > 0 ? (unsigned)n : sizeof(unsigned long);
	}
	return known;
}
