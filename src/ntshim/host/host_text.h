/* SPDX-License-Identifier: MIT */
/* host_text.h - whole small text files of the host kernel, and its random bytes. */
#ifndef HOST_TEXT_H
#define HOST_TEXT_H
#include <stddef.h>

/*
 * Reads the host's /proc/name. Returns the length of the whole text, of which at most size bytes are
 * in buf, or -errno.
 */
long host_proc_text(const char *name, char *buf, size_t size);
/* The same of /sys/name. */
long host_sys_text(const char *name, char *buf, size_t size);
/* Fills buf. 0 or -errno. */
int host_random(void *buf, size_t size);
unsigned host_online_cpus(void);
unsigned host_cpu_set_size(void); /* bytes */
#endif
