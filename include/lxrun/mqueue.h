/* SPDX-License-Identifier: MIT */
/*
 * mqueue.h - verbs behind the calls on POSIX message queues (src/fs/mqueue), mq_overview(7). A queue is a file of the
 * file system mqueue, of which each IPC name space has one; mounted or not, names are found in it. Each returns a
 * value or -LX_E*.
 */
#ifndef LXRUN_MQUEUE_H
#define LXRUN_MQUEUE_H
#include "lx/mqueue.h"
#include "lx/signal.h"
#include "lxrun/guestmem.h"

struct mount;
struct task;

/* name as mq_open(2) takes it, without the slash. flags: LX_O_*. attr NULL: the defaults. A descriptor. */
int64_t mqueue_open(struct task *t, const char *name, uint32_t flags, uint32_t mode, const struct lx_mq_attr *attr);
int     mqueue_unlink(struct task *t, const char *name);
/* Each waits until deadline (as task_sleep) unless the descriptor is O_NONBLOCK: -LX_ETIMEDOUT, -LX_EAGAIN. */
int     mqueue_send(struct task *t, int fd, gaddr_t text, uint64_t size, uint32_t prio, uint64_t deadline);
int64_t mqueue_receive(struct task *t, int fd, gaddr_t buf, uint64_t size, gaddr_t prio, uint64_t deadline);
/* ev NULL: t is not to be told any more. */
int     mqueue_notify(struct task *t, int fd, const struct lx_sigevent *ev);
/* Either may be NULL. */
int     mqueue_getsetattr(struct task *t, int fd, const struct lx_mq_attr *new, struct lx_mq_attr *old);

/* An IPC name space ends; m, its own mount, is consumed. What else is mounted goes on, but nothing is made there. */
void    mqueue_ns_gone(struct mount *m);
#endif
