/* SPDX-License-Identifier: MIT */
/* host_notify.c - inotify events as the I/O manager wants them. */
#include "host_notify.h"
#include "host_filep.h"
#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define MOVE_MS 5

NTSTATUS host_notify_add(host_fd watch, host_fd dir, BOOLEAN accesses, int *wd)
{
	uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVE | IN_MODIFY | IN_ATTRIB | IN_ONLYDIR |
			IN_MASK_ADD | (accesses ? IN_ACCESS : 0);
	char path[HOST_PROC_NAME];

	*wd = inotify_add_watch(watch.v, host_proc_name(path, "/proc/self/fd/", dir), mask);
	return host_done("inotify_add_watch", dir.v, "", *wd);
}

static const struct {
	uint32_t mask;
	enum host_notify_what what;
} kinds[] = {
	{ IN_Q_OVERFLOW, HOST_NOTIFY_OVERFLOW },   { IN_IGNORED, HOST_NOTIFY_GONE },
	{ IN_CREATE, HOST_NOTIFY_CREATED },        { IN_DELETE, HOST_NOTIFY_DELETED },
	{ IN_MOVED_FROM, HOST_NOTIFY_MOVED_FROM }, { IN_MOVED_TO, HOST_NOTIFY_MOVED_TO },
	{ IN_MODIFY, HOST_NOTIFY_MODIFIED },       { IN_ATTRIB, HOST_NOTIFY_ATTRIBUTES },
	{ IN_ACCESS, HOST_NOTIFY_ACCESSED },
};

static const struct inotify_event *at(const char *p)
{
	return (const struct inotify_event *)p;
}

static const char *after(const char *p)
{
	return p + sizeof(struct inotify_event) + at(p)->len;
}

/* The other half of the move at p, within [buf, end). */
static const struct inotify_event *partner(const char *buf, const char *end, const char *p)
{
	uint32_t want = at(p)->mask & IN_MOVED_FROM ? IN_MOVED_TO : IN_MOVED_FROM;

	for (const char *q = buf; q < end; q = after(q))
		if (q != p && at(q)->cookie == at(p)->cookie && at(q)->mask & want)
			return at(q);
	return NULL;
}

/* Returns false for what nobody asked for. */
static bool translate(const char *buf, const char *end, const char *p,
		      struct host_notify_event *out)
{
	const struct inotify_event *e = at(p), *other = NULL;
	size_t i = 0;

	while (i < sizeof(kinds) / sizeof(kinds[0]) && !(e->mask & kinds[i].mask))
		i++;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return false;
	if (e->mask & IN_MOVE)
		other = partner(buf, end, p);
	*out = (struct host_notify_event){
		.what = kinds[i].what,
		.wd = e->mask & IN_Q_OVERFLOW ? -1 : e->wd,
		.directory = (e->mask & IN_ISDIR) != 0,
		.name = e->len ? e->name : "",
		.other_wd = other ? other->wd : -1,
		.other = other && other->len ? other->name : "",
	};
	return true;
}

/* Whether the last event is one half of a move whose other half has not been read. */
static bool half_a_move(const char *buf, const char *end)
{
	const char *last = buf;

	for (const char *p = buf; p < end; p = after(p))
		last = p;
	return last < end && at(last)->mask & IN_MOVED_FROM && !partner(buf, end, last);
}

/*
 * The halves of a move are queued one after the other, not as one: a reader that is woken by the first can be
 * there before the second. That one comes at once or, from a directory that nobody watches, never.
 */
static ssize_t read_events(host_fd watch, char *buf, size_t size)
{
	ssize_t n = read(watch.v, buf, size), more = 0;
	struct pollfd wait = { .fd = watch.v, .events = POLLIN };

	if (n > 0 && half_a_move(buf, buf + n) && poll(&wait, 1, MOVE_MS) > 0)
		more = read(watch.v, buf + n, size - (size_t)n);
	return more > 0 ? n + more : n;
}

NTSTATUS host_notify_read(host_fd watch,
			  void (*each)(void *context, const struct host_notify_event *event),
			  void *context)
{
	char buf[16384] __attribute__((aligned(8)));
	struct host_notify_event event;
	ssize_t n;

	while ((n = read_events(watch, buf, sizeof(buf))) > 0)
		for (const char *p = buf; p < buf + n; p = after(p))
			if (translate(buf, buf + n, p, &event))
				each(context, &event);
	return errno == EAGAIN ? STATUS_SUCCESS : host_done("read", watch.v, "inotify", -1);
}
