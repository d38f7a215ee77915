/* SPDX-License-Identifier: MIT */
/* fx_event.h - tasks that can sleep, for tests of pipes, polls and their kin: no guest behind them. */
#ifndef FX_EVENT_H
#define FX_EVENT_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include "lxrun/ns.h"
#include "lxrun/process.h"
#include "lxrun/vfs.h"

#define MS 1000000ull

struct fx_task {
	struct task t;
	struct tgroup tg;
	ETHREAD thread;
	struct cred cred;
};

static inline void fx_task_init(struct fx_task *fx)
{
	memset(fx, 0, sizeof(*fx));
	refs_init(&fx->t.refs);
	refs_init(&fx->tg.refs);
	refs_init(&fx->cred.refs);
	lk_init(&fx->tg.lock, LR_SIGNAL);
	lk_init(&fx->t.lock, LR_TASK);
	list_init(&fx->tg.sig_queue);
	list_init(&fx->tg.tasks);
	KeInitializeThread(&fx->thread.Tcb);
	KeInitializeEvent(&fx->t.wake, SynchronizationEvent, FALSE);
	fx->tg.rlimit[LX_RLIMIT_SIGPENDING].rlim_cur = 16;
	fx->tg.rlimit[LX_RLIMIT_FSIZE].rlim_cur = LX_RLIM_INFINITY;
	fx->tg.ns = &pid_ns_first;
	fx->t.tg = &fx->tg;
	fx->t.thread = &fx->thread;
	fx->t.cred = &fx->cred;
}

static inline void fx_sleep_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

/* One read or write of a supervisor buffer. */
static inline int64_t fx_read(struct file *f, struct fx_task *fx, void *buf, size_t n)
{
	struct iter it;

	iter_kernel(&it, buf, n);
	return vfs_read(f, &fx->t, &it, NULL);
}

static inline int64_t fx_write(struct file *f, struct fx_task *fx, const void *buf, size_t n)
{
	struct iter it;

	iter_kernel(&it, (void *)buf, n);
	return vfs_write(f, &fx->t, &it, NULL);
}

/* Writes a byte some time later, from another task. */
struct fx_later {
	struct fx_task fx;
	struct file *f;
	unsigned ms;
	pthread_t thread;
};

static inline void *fx_later_main(void *arg)
{
	struct fx_later *l = arg;

	fx_sleep_ms(l->ms);
	if (l->f)
		fx_write(l->f, &l->fx, "!", 1);
	return NULL;
}

static inline void fx_write_later(struct fx_later *l, struct file *f, unsigned ms)
{
	fx_task_init(&l->fx);
	l->f = f;
	l->ms = ms;
	pthread_create(&l->thread, NULL, fx_later_main, l);
}

static inline int fx_start(void **state)
{
	return ObInitSystem() || KeInitSystem();
}
#endif
