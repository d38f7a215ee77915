/* SPDX-License-Identifier: MIT */
/* host_probe.h - whether memory of this process can be used, found out by using it. */
#ifndef HOST_PROBE_H
#define HOST_PROBE_H
#include <stdbool.h>
#include <stddef.h>

/* Once, before the first probe: takes SIGSEGV and SIGBUS; faults that are not a probe's go on as before. */
void host_probe_init(void);
/* Every page of at..at+size can be read; written (nothing is changed). Size 0: true. *bad: where it failed. */
bool host_can_read(const void *at, size_t size, const void **bad);
bool host_can_write(void *at, size_t size, const void **bad);
#endif
