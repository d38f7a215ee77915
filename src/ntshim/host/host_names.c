/* SPDX-License-Identifier: MIT */
/* host_names.c - watching which names come and go in directories, whoever makes or removes them. */
#include "host_filep.h"
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

NTSTATUS host_names_add(host_fd watch, host_fd dir, int *wd)
{
	char path[HOST_PROC_NAME];

	*wd = inotify_add_watch(watch.v, host_proc_name(path, "/proc/self/fd/", dir),
				IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
					IN_DELETE_SELF | IN_ONLYDIR);
	return host_done("inotify_add_watch", dir.v, "", *wd);
}

static enum host_names_event meaning(uint32_t mask)
{
	if (mask & IN_Q_OVERFLOW)
		return HOST_NAMES_MISSED;
	if (mask & (IN_CREATE | IN_MOVED_TO))
		return HOST_NAME_ADDED;
	return mask & (IN_DELETE | IN_MOVED_FROM) ? HOST_NAME_REMOVED : HOST_NAMES_GONE;
}

NTSTATUS host_names_read(host_fd watch,
			 void (*event)(void *context, int wd, enum host_names_event what,
				       const char *name),
			 void *context)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = read(watch.v, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (const void *)p;

			event(context, e->wd, meaning(e->mask), e->len ? e->name : "");
			p += sizeof(*e) + e->len;
		}
	return errno == EAGAIN ? STATUS_SUCCESS : host_done("read", watch.v, "inotify", -1);
}
