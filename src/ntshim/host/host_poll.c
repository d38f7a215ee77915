/* SPDX-License-Identifier: MIT */
/*
 * host_poll.c - one thread that waits for everything.
 *
 * It starts with the first watch and sleeps in epoll_wait(). A watch owns a duplicate of its
 * descriptor, because an epoll set takes each descriptor once and files are watched by many. It is
 * found again by its number, not its address: an event may be on its way while the watch is being
 * cancelled. States: armed -> running -> done (a subscription: armed again), or straight out. The routine runs without the lock;
 * host_poll_cancel() sleeps on the state word until it is over. Files epoll refuses (EPERM: regular
 * files, /dev/null) are always ready: their watches wait in a list for which the thread is kicked.
 */
#include "host_poll.h"
#include "host_sys.h"
#include "base/alloc.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/trace.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum watch_state { WATCH_ARMED, WATCH_RUNNING, WATCH_DONE };

struct host_watch {
	struct list link;       /* poll_lock */
	_Atomic uint32_t state; /* changes under poll_lock */
	bool always, freed;     /* freed: cancelled from inside the routine */
	bool lasting;           /* a subscription; constant once armed */
	bool cancelled;         /* while it was running */
	uint64_t id;
	int fd;
	ULONG events;
	void (*routine)(void *context, ULONG ready);
	void *context;
};

static struct lk poll_lock = LK_INIT(HOST);
#define BUCKETS 64u
static struct list watches[BUCKETS]; /* by id */
static uint64_t next_id = 1;         /* 0: the kick */
static int epoll_fd = -1, kick_fd = -1;
static _Atomic int poller_tid;

static const struct {
	ULONG ready;
	uint32_t host;
} bits[] = {
	{ HOST_POLL_READ, POLLIN | POLLRDHUP },
	{ HOST_POLL_WRITE, POLLOUT },
	{ HOST_POLL_PRI, POLLPRI },
	{ HOST_POLL_RDHUP, POLLRDHUP },
	{ HOST_POLL_HANGUP, POLLHUP },
	{ HOST_POLL_ERROR, POLLERR },
};
_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLHUP == POLLHUP &&
		       EPOLLRDHUP == POLLRDHUP,
	       "one set of bits");

static uint32_t to_host(ULONG events)
{
	uint32_t host = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (events & bits[i].ready)
			host |= bits[i].host;
	return host;
}

static ULONG from_host(uint32_t host, ULONG events)
{
	ULONG ready = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (host & bits[i].host)
			ready |= bits[i].ready;
	return ready & (events | HOST_POLL_HANGUP | HOST_POLL_ERROR);
}

NTSTATUS host_poll_now(host_fd fd, ULONG events, ULONG *ready)
{
	struct pollfd p = { .fd = fd.v, .events = (short)to_host(events) };

	*ready = 0;
	if (poll(&p, 1, 0) < 0)
		return host_status(errno);
	if (p.revents & POLLNVAL)
		return STATUS_INVALID_HANDLE;
	*ready = from_host((uint32_t)p.revents, events);
	return STATUS_SUCCESS;
}

/* Runs the watch if it is still armed. Called with the lock, returns with it. */
static void fire(struct host_watch *w, ULONG ready)
{
	if (w->state != WATCH_ARMED)
		return;
	w->state = WATCH_RUNNING;
	lk_release(&poll_lock);
	w->routine(w->context, ready);
	lk_acquire(&poll_lock);
	if (w->lasting && !w->cancelled) {
		w->state = WATCH_ARMED;
		return;
	}
	list_del(&w->link);
	w->state = WATCH_DONE;
	host_futex_wake(&w->state, INT32_MAX);
	if (w->freed)
		mem_free(w);
}

static void fire_id(uint64_t id, uint32_t host)
{
	struct host_watch *w;

	list_for_each(w, &watches[id % BUCKETS], link)
		if (w->id == id) {
			fire(w, from_host(host, w->events));
			return;
		}
}

/* One of those that are always ready and have not been told so. */
static struct host_watch *find_always(void)
{
	struct host_watch *w;

	for (uint32_t i = 0; i < BUCKETS; i++)
		list_for_each(w, &watches[i], link)
			if (w->always && w->state == WATCH_ARMED)
				return w;
	return NULL;
}

static void fire_always(void)
{
	struct host_watch *w;
	uint64_t n;

	if (read(kick_fd, &n, sizeof(n)) > 0)
		while ((w = find_always()))
			fire(w, w->events & (HOST_POLL_READ | HOST_POLL_WRITE));
}

static void poller(void *arg)
{
	struct epoll_event ev;

	poller_tid = host_gettid();
	for (;;) {
		int n = epoll_wait(epoll_fd, &ev, 1, -1);

		if (n <= 0)
			continue;
		TRACE(TR_HOST, "epoll_wait(): watch %llu, events 0x%x",
		      (unsigned long long)ev.data.u64, ev.events);
		lk_acquire(&poll_lock);
		if (ev.data.u64)
			fire_id(ev.data.u64, ev.events);
		else
			fire_always();
		lk_release(&poll_lock);
	}
}

/* Called with the lock. */
static int start(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int err;

	if (epoll_fd >= 0)
		return 0;
	for (uint32_t i = 0; i < BUCKETS && !watches[i].next; i++)
		list_init(&watches[i]);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = epoll_fd < 0 || kick_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, kick_fd, &ev)
		      ? -errno
		      : 0;
	if (!err)
		err = host_thread_start("lxrun-poll", poller, NULL);
	if (err) {
		host_close(epoll_fd);
		host_close(kick_fd);
		epoll_fd = kick_fd = -1;
	}
	return err;
}

/* Called with the lock. */
static int arm(struct host_watch *w)
{
	struct epoll_event ev = { .events = to_host(w->events) |
					    (w->lasting ? EPOLLET : EPOLLONESHOT),
				  .data.u64 = w->id };
	uint64_t one = 1;

	if (!epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->fd, &ev))
		return 0;
	if (errno != EPERM)
		return -errno;
	w->always = true;
	w->lasting = false;
	return write(kick_fd, &one, sizeof(one)) < 0 ? -errno : 0;
}

static NTSTATUS add(host_fd fd, ULONG events, bool lasting, void (*routine)(void *, ULONG),
		    void *context, struct host_watch **watch)
{
	struct host_watch *w = mem_alloc(sizeof(*w));
	int err;

	*watch = NULL;
	if (!w)
		return STATUS_INSUFFICIENT_RESOURCES;
	*w = (struct host_watch){
		.events = events, .lasting = lasting, .routine = routine, .context = context
	};
	w->fd = host_dup(fd.v);
	if (w->fd < 0) {
		err = w->fd;
		mem_free(w);
		return host_status(err);
	}
	*watch = w; /* the routine may run, and look at it, before we return */
	lk_acquire(&poll_lock);
	w->id = next_id++;
	err = start();
	list_add_tail(&watches[w->id % BUCKETS], &w->link);
	if (!err)
		err = arm(w);
	if (err) {
		list_del(&w->link);
		*watch = NULL;
	}
	lk_release(&poll_lock);
	if (err) {
		host_close(w->fd);
		mem_free(w);
	}
	return host_status(err);
}

NTSTATUS host_poll_watch(host_fd fd, ULONG events, void (*routine)(void *, ULONG), void *context,
			 struct host_watch **watch)
{
	return add(fd, events, false, routine, context, watch);
}

NTSTATUS host_poll_subscribe(host_fd fd, ULONG events, void (*routine)(void *, ULONG),
			     void *context, struct host_watch **watch)
{
	return add(fd, events, true, routine, context, watch);
}

void host_poll_cancel(struct host_watch *w)
{
	bool inside;

	if (!w)
		return;
	inside = poller_tid == host_gettid();
	lk_acquire(&poll_lock);
	if (!w->always)
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	host_close(w->fd);
	if (w->state == WATCH_ARMED)
		list_del(&w->link);
	w->cancelled = true;
	while (w->state == WATCH_RUNNING && !inside) {
		lk_release(&poll_lock);
		host_futex_wait(&w->state, WATCH_RUNNING, NULL);
		lk_acquire(&poll_lock);
	}
	inside = w->state == WATCH_RUNNING;
	w->freed = inside;
	lk_release(&poll_lock);
	if (!inside)
		mem_free(w);
}
