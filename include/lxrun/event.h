/* SPDX-License-Identifier: MIT */
/* event.h - verbs of poll, select, epoll and timerfd for their handlers, beside what vfs.h has. */
#ifndef LXRUN_EVENT_H
#define LXRUN_EVENT_H
#include "lxrun/vfs.h"

/* ---- poll (src/fs/poll.c) ---- */
struct poll_item {
	struct file *file; /* reference; NULL: not polled */
	uint32_t events;   /* LX_POLL* asked for; ERR and HUP are implied */
	uint32_t revents;  /* answer */
};
/*
 * Waits until one of the items has an event, deadline_ns (KeQueryMonotonicNs() scale, WAIT_FOREVER;
 * 0: only looks), or a signal. Returns the number of items with events, -LX_ERESTARTNOHAND, -LX_ENOMEM.
 */
int64_t poll_items(struct task *t, struct poll_item *items, uint32_t n, uint64_t deadline_ns);
/* now + delay; 0 for no delay. */
uint64_t poll_deadline(const struct lx_timespec *delay);
/* nt_poll() of a file whose NT handle is not f->handle. */
uint32_t nt_poll_handle(HANDLE handle, struct poll_table *pt);

/* ---- epoll (src/fs/epoll.c) ---- */
/* f must be an epoll file, else -LX_EINVAL. event is not looked at for LX_EPOLL_CTL_DEL. Borrows target. */
int epoll_control(struct file *f, int op, int fd, struct file *target,
		  const struct lx_epoll_event *event);
/*
 * Writes at most max events to `to`: how many; 0 on timeout; -LX_EINTR, -LX_EINVAL; -LX_EFAULT. What cannot be written is
 * not lost: the next wait reports it.
 */
int64_t epoll_wait_events(struct file *f, struct task *t, struct iter *to, uint32_t max,
			  uint64_t deadline_ns);

/* ---- timerfd (src/fs/timerfd.c) ---- */
/* -LX_EINVAL when f is no timer. flags as timerfd_settime(2); old may be NULL. */
int timerfd_settime_file(struct file *f, uint32_t flags, const struct lx_itimerspec *value,
			 struct lx_itimerspec *old);
int timerfd_gettime_file(struct file *f, struct lx_itimerspec *value);
/* The instance ends: nobody hears any more of what the host changes (inotify_host.c). */
void inotify_host_stop(void);
#endif
