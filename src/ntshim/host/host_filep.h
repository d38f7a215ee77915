/* SPDX-License-Identifier: MIT */
/* host_filep.h - what the host_file*.c share among themselves. */
#ifndef HOST_FILEP_H
#define HOST_FILEP_H
#include "host_file.h"
#include "host_sys.h"
#include "base/trace.h"
#include <sys/vfs.h>

#define HOST_PATH_MAX  4096
#define HOST_PROC_NAME 32

extern int host_proc_fd; /* /proc/self/fd; constant after host_file_init() */

/*
 * Makes the host call that result is, traces it with its duration, and turns its result (and errno) into a
 * status: host_done("close", fd, "", close(fd)).
 */
#define host_done(call, fd, name, result)                \
	({                                               \
		TRACE_SCOPE(TR_HOST);                    \
		host_finished(call, fd, name, (result)); \
	})
NTSTATUS host_finished(const char *call, int fd, const char *name, long result);
/* prefix and the decimal number of fd; returns buf. */
char *host_proc_name(char buf[HOST_PROC_NAME], const char *prefix, host_fd fd);
#endif
