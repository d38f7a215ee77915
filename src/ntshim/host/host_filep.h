/* SPDX-License-Identifier: MIT */
/* host_filep.h - what the host_file*.c share among themselves. */
#ifndef HOST_FILEP_H
#define HOST_FILEP_H
#include "host_file.h"
#include "host_sys.h"
#include <sys/vfs.h>

#define HOST_PATH_MAX  4096
#define HOST_PROC_NAME 32

extern int host_proc_fd; /* /proc/self/fd; constant after host_file_init() */

/* Traces one finished host call and turns its result (and errno) into a status. */
NTSTATUS host_done(const char *call, int fd, const char *name, long result);
/* prefix and the decimal number of fd; returns buf. */
char *host_proc_name(char buf[HOST_PROC_NAME], const char *prefix, host_fd fd);
#endif
