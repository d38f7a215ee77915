/* SPDX-License-Identifier: MIT */
/*
 * poll.c - waiting for any of several files: the engine of poll, select and their kin, and readiness
 * of files that only the NT layer can judge.
 *
 * The first look at the files also registers the task with their wait queues (and with the NT layer's
 * poller for host pipes and terminals); then the task sleeps and looks again, until something is
 * ready. Registrations are made once and undone at the end. Nothing is registered when the first
 * look already finds something or the caller does not want to wait.
 */
#include "poll_impl.h"
#include "base/alloc.h"
#include "lxrun/process.h"
#include <string.h>

#define READY_ALL                                                                           \
	(IO_READY_READ | IO_READY_WRITE | IO_READY_HANGUP | IO_READY_ERROR | IO_READY_PRI | \
	 IO_READY_RDHUP)

/* One registration. */
struct poll_entry {
	struct poll_set *set;
	struct waiter w;
	struct ep_watcher epw;
	PIO_WATCH watch;
	HANDLE handle;
	ULONG events;
	_Atomic bool fired;
};

#define ENTRY_CHUNK 16
struct entry_chunk {
	struct entry_chunk *next;
	uint32_t used;
	struct poll_entry entry[ENTRY_CHUNK];
};

struct poll_set {
	struct poll_sink sink;
	struct task *t;
	uint32_t wanted; /* events of the item that is being registered */
	bool no_memory;
	struct entry_chunk first, *chunks;
};

uint32_t vfs_poll(struct file *f, struct poll_table *pt)
{
	if (f->fop && f->fop->poll)
		return f->fop->poll(f, pt);
	return LX_POLLIN | LX_POLLOUT | LX_POLLRDNORM | LX_POLLWRNORM;
}

uint32_t poll_to_ready(uint32_t events)
{
	uint32_t ready = IO_READY_HANGUP | IO_READY_ERROR;

	if (events & (LX_POLLIN | LX_POLLRDNORM | LX_POLLRDHUP))
		ready |= IO_READY_READ;
	if (events & (LX_POLLOUT | LX_POLLWRNORM))
		ready |= IO_READY_WRITE;
	if (events & LX_POLLPRI)
		ready |= IO_READY_PRI;
	if (events & LX_POLLRDHUP)
		ready |= IO_READY_RDHUP;
	return ready;
}

static uint32_t ready_to_poll(ULONG ready)
{
	uint32_t mask = 0;

	if (ready & IO_READY_READ)
		mask |= LX_POLLIN | LX_POLLRDNORM;
	if (ready & IO_READY_WRITE)
		mask |= LX_POLLOUT | LX_POLLWRNORM;
	if (ready & IO_READY_HANGUP)
		mask |= LX_POLLHUP;
	if (ready & IO_READY_ERROR)
		mask |= LX_POLLERR;
	if (ready & IO_READY_PRI)
		mask |= LX_POLLPRI;
	if (ready & IO_READY_RDHUP)
		mask |= LX_POLLRDHUP;
	return mask;
}

uint32_t nt_poll_handle(HANDLE handle, struct poll_table *pt)
{
	ULONG ready = 0;

	if (!NT_SUCCESS(IoQueryReadiness(handle, READY_ALL, &ready)))
		return LX_POLLERR;
	/* What is ready now needs no watch. */
	poll_watch(pt, handle, READY_ALL & ~ready);
	return ready_to_poll(ready);
}

uint32_t nt_poll(struct file *f, struct poll_table *pt)
{
	return nt_poll_handle(f->handle, pt);
}

/* ---- registrations ---- */

static struct poll_entry *entry_new(struct poll_set *set)
{
	struct entry_chunk *c = set->chunks;
	struct poll_entry *e;

	if (c->used == ENTRY_CHUNK) {
		c = mem_alloc(sizeof(*c));
		if (!c) {
			set->no_memory = true;
			return NULL;
		}
		c->next = set->chunks;
		set->chunks = c;
	}
	e = &c->entry[c->used++];
	memset(e, 0, sizeof(*e));
	e->set = set;
	return e;
}

static void set_queue(struct poll_table *pt, struct waitq *q)
{
	struct poll_set *set = container_of(pt, struct poll_set, sink.pt);
	struct poll_entry *e = entry_new(set);

	if (e)
		waitq_add(q, &e->w, set->t);
}

static void set_epoll(struct poll_sink *s, struct epoll *ep)
{
	struct poll_set *set = container_of(s, struct poll_set, sink);
	struct poll_entry *e = entry_new(set);

	if (!e)
		return;
	e->epw.task = set->t;
	epoll_watch(ep, &e->epw);
}

static void entry_ready(PVOID context, ULONG ready)
{
	struct poll_entry *e = context;

	e->fired = true;
	task_wake(e->set->t);
}

static void entry_arm(struct poll_entry *e)
{
	e->fired = false;
	if (!NT_SUCCESS(IoWatchReadiness(e->handle, e->events, entry_ready, e, &e->watch))) {
		e->watch = NULL;
		e->set->no_memory = true;
	}
}

static void set_watch(struct poll_table *pt, HANDLE handle, uint32_t events)
{
	struct poll_set *set = container_of(pt, struct poll_set, sink.pt);
	struct poll_entry *e;

	events &= poll_to_ready(set->wanted);
	if (!events)
		return;
	e = entry_new(set);
	if (!e)
		return;
	e->handle = handle;
	e->events = events;
	entry_arm(e);
}

/* A watch reports once; whoever else reads the file may have taken what it reported. */
static void set_rearm(struct poll_set *set)
{
	for (struct entry_chunk *c = set->chunks; c; c = c->next) {
		for (uint32_t i = 0; i < c->used; i++) {
			struct poll_entry *e = &c->entry[i];

			if (!e->fired)
				continue;
			IoUnwatchReadiness(e->watch);
			entry_arm(e);
		}
	}
}

static void set_init(struct poll_set *set, struct task *t)
{
	set->sink = (struct poll_sink){ .pt = { set_queue, set_watch }, .set = set_epoll };
	set->t = t;
	set->no_memory = false;
	set->first.next = NULL;
	set->first.used = 0;
	set->chunks = &set->first;
}

static void set_end(struct poll_set *set)
{
	while (set->chunks) {
		struct entry_chunk *c = set->chunks;

		for (uint32_t i = 0; i < c->used; i++) {
			struct poll_entry *e = &c->entry[i];

			waitq_del(&e->w);
			epoll_unwatch(&e->epw);
			if (e->watch)
				IoUnwatchReadiness(e->watch);
		}
		set->chunks = c->next;
		if (c != &set->first)
			mem_free(c);
	}
}

/* ---- the wait ---- */

/* Looks at every file; registers with those seen before the first ready one if set is given. */
static int64_t scan(struct poll_set *set, struct poll_item *items, uint32_t n)
{
	int64_t ready = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct poll_item *p = &items[i];
		uint32_t mask;

		if (!p->file) {
			ready += p->revents != 0;
			continue;
		}
		if (set)
			set->wanted = p->events;
		mask = vfs_poll(p->file, set && !ready ? &set->sink.pt : NULL);
		p->revents = mask & (p->events | LX_POLLERR | LX_POLLHUP);
		ready += p->revents != 0;
	}
	return ready;
}

int64_t poll_items(struct task *t, struct poll_item *items, uint32_t n, uint64_t deadline_ns)
{
	struct poll_set set;
	int64_t ready;
	int err = 0;

	if (!deadline_ns)
		return scan(NULL, items, n);
	set_init(&set, t);
	ready = scan(&set, items, n);
	while (!ready && !err && !set.no_memory) {
		err = task_sleep(t, deadline_ns);
		set_rearm(&set);
		ready = scan(NULL, items, n);
	}
	set_end(&set);
	if (ready)
		return ready;
	if (set.no_memory)
		return -LX_ENOMEM;
	return err == -LX_ERESTARTSYS ? -LX_ERESTARTNOHAND : err == -LX_ETIMEDOUT ? 0 : err;
}

uint64_t poll_deadline(const struct lx_timespec *delay)
{
	uint64_t ns = timespec_to_ns(delay);

	return ns ? KeQueryMonotonicNs() + ns : 0;
}
