/* SPDX-License-Identifier: MIT */
/*
 * The first program's descriptors 0, 1 and 2 are ours. Nothing else that we have inherited is passed
 * on: an NT handle has to be made for each, and only these three have a known meaning.
 */
#include "cli.h"
#include "base/trace.h"
#include "lxrun/task.h"
#include "nt/io.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STDIO_COUNT 3
static bool was_closed[STDIO_COUNT];

void stdio_reserve(void)
{
	int n, fd;

	for (n = 0; n < STDIO_COUNT; n++) {
		if (fcntl(n, F_GETFD) >= 0 || errno != EBADF)
			continue;
		was_closed[n] = true;
		fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* takes n: the lowest free number */
		if (fd != n && fd >= 0)
			close(fd);
	}
}

static int give(int n)
{
	IO_HOST_KIND kind;
	HANDLE handle;
	NTSTATUS status;
	int flags = fcntl(n, F_GETFL), fd = fcntl(n, F_DUPFD_CLOEXEC, STDIO_COUNT);

	if (flags < 0 || fd < 0) {
		lxrun_warn("descriptor %d: %s", n, strerror(errno));
		return -1;
	}
	status = IoOpenHostDescriptor(fd, &handle, &kind);
	if (!NT_SUCCESS(status)) {
		lxrun_warn("descriptor %d: NT status 0x%08x", n, (unsigned)status);
		return -1;
	}
	instance_set_stdio(n, handle, (int)kind,
			   (uint32_t)flags & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	return 0;
}

int stdio_give(void)
{
	int n;

	for (n = 0; n < STDIO_COUNT; n++)
		if (!was_closed[n] && give(n))
			return -1;
	return 0;
}
