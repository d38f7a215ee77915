/* SPDX-License-Identifier: MIT */
/*
 * host_notify.h - what happens in directories: one inotify instance, made by host_watch_open(), for
 * all who want to know. Watching a directory twice gives the same number.
 */
#ifndef HOST_NOTIFY_H
#define HOST_NOTIFY_H
#include "host_file.h"

enum host_notify_what {
	HOST_NOTIFY_CREATED,
	HOST_NOTIFY_DELETED,
	HOST_NOTIFY_MOVED_FROM,
	HOST_NOTIFY_MOVED_TO,
	HOST_NOTIFY_MODIFIED,
	HOST_NOTIFY_ATTRIBUTES,
	HOST_NOTIFY_ACCESSED,
	HOST_NOTIFY_GONE,     /* the number is nobody's any more */
	HOST_NOTIFY_OVERFLOW, /* events were lost; wd -1 */
};

struct host_notify_event {
	enum host_notify_what what;
	int wd;
	BOOLEAN directory;
	const char *name; /* in the directory; "": the directory itself */
	/* The other half of a move, if it was read together with this one; else other_wd is -1. */
	int other_wd;
	const char *other;
};

/* accesses: reads, too; stays so. */
NTSTATUS host_notify_add(host_fd watch, host_fd dir, BOOLEAN accesses, int *wd);
/* Reads what there is without waiting, in order. */
NTSTATUS host_notify_read(host_fd watch,
			  void (*each)(void *context, const struct host_notify_event *event),
			  void *context);
#endif
