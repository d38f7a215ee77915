/* SPDX-License-Identifier: MIT */
/* trace_chrome.h - private to the chrome format: events (trace_chrome.c), and what has two ends (trace_chrome_pairs.c). */
#ifndef SYSCALL_TRACE_CHROME_H
#define SYSCALL_TRACE_CHROME_H
#include "trace_event.h"

/* A moment on a thread. */
struct chrome_point {
	uint64_t when;
	int32_t pid, tid;
};

/* lxrun itself as a process of the trace, its threads behind: numbers that no guest can have. */
#define CHROME_LXRUN (1 << 22)

/* "{" and the members that all events have, name escaped; "}" is the caller's. */
void chrome_open(struct text *out, const char *phase, const char *cat, const char *name, size_t len,
		 struct chrome_point at);

void chrome_pairs_start(void);
/* A call gave birth to child, which is seen on its own: in whatever order. */
void chrome_birth(struct text *out, int32_t child, struct chrome_point parent);
void chrome_born(struct text *out, struct chrome_point child);
/* Its number may be another's from now on. */
void chrome_gone(int32_t child);
/* line says that a request pends (its end is to come, or was before), in a call that ends at call_end; 0: in none. */
void chrome_pends(struct text *out, uint64_t id, const char *line, struct chrome_point at,
		  uint64_t call_end);
/* ... or that it was completed, in a slice. */
void chrome_completed(struct text *out, uint64_t id, const char *line, struct chrome_point at);
/* What has begun ends with the trace. */
void chrome_pairs_end(struct text *out, uint64_t when);
#endif
