/* SPDX-License-Identifier: MIT */
/*
 * poll_impl.h - what poll.c and epoll.c share. Every poll_table is the head of a poll_sink: an epoll
 * file cannot be waited for through a waitq, because it is woken from inside other queues' wake-ups.
 */
#ifndef FS_POLL_IMPL_H
#define FS_POLL_IMPL_H
#include "lxrun/event.h"
#include "nt/io.h"

struct epoll;
struct epitem;

/* Somebody who is told when a set becomes ready: a task, or an item of another set. */
struct ep_watcher {
	struct list link; /* epoll_leaf */
	struct task *task;
	struct epitem *item;
	bool woken; /* since it watches: it may no longer be asleep */
};

struct poll_sink {
	struct poll_table pt;
	void (*set)(struct poll_sink *s, struct epoll *ep);
};

void epoll_watch(struct epoll *ep, struct ep_watcher *w);
void epoll_unwatch(struct ep_watcher *w); /* harmless when w is not watching (w zeroed) */
/* IO_READY_* that poll events ask for. */
uint32_t poll_to_ready(uint32_t events);
#endif
