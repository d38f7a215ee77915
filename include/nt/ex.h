/* SPDX-License-Identifier: MIT */
/*
 * ex.h - executive services that are neither objects nor files: facts about the machine, randomness.
 *
 * lxrun extensions after NtQuerySystemInformation: NT tells CPU, memory and load in its own
 * structures, the host tells the same as the text a Linux guest expects.
 */
#ifndef NT_EX_H
#define NT_EX_H
#include "nt/ps.h"

/*
 * Text of a fact: "meminfo", "cpuinfo", "loadavg", "uptime", "stat", in the format of proc(5).
 * *Length is the length of the whole text. STATUS_BUFFER_OVERFLOW: Size was too small and Buffer
 * has the beginning (Length then may grow until the next call). STATUS_INVALID_PARAMETER: no such fact.
 */
NTSTATUS ExQueryHostText(const char *Name, char *Buffer, SIZE_T Size, PSIZE_T Length);
/*
 * As ExQueryHostText, about the process of a guest thread ("stat", "statm", "status", "cmdline",
 * "environ", "auxv") or the thread alone ("task/stat"): what the host's scheduler and memory manager
 * know. STATUS_THREAD_IS_TERMINATING.
 */
NTSTATUS ExQueryThreadText(PETHREAD Thread, const char *Name, char *Buffer, SIZE_T Size,
			   PSIZE_T Length);
/* Unpredictable bytes; never blocks once the host has booted. */
NTSTATUS ExGenRandom(PVOID Buffer, SIZE_T Size);
/* Processors that are online. */
ULONG ExQueryProcessorCount(void);
#endif
