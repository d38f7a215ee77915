/* SPDX-License-Identifier: MIT */
/*
 * signalfd.c - signals that are read (signalfd(2)). A read takes each signal as rt_sigtimedwait(2) does
 * (sigwait.c); readiness is what is pending for the thread that asks.
 */
#include "task_impl.h"
#include "base/alloc.h"
#include "lxrun/anon.h"
#include "lxrun/pidfd.h"
#include <stdatomic.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct signalfd {
	struct list link; /* all_lock */
	_Atomic lx_sigset_t mask;
	struct waitq rq;
};
static struct lk all_lock = LK_INIT(INODE);
static struct list all = LIST_INIT(all);
static _Atomic int count; /* of them */

/* struct signalfd_siginfo */
struct signalfd_info {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trapno;
	int32_t status, integer;
	uint64_t pointer, utime, stime, addr;
	uint8_t pad[48];
};
_Static_assert(sizeof(struct signalfd_info) == 128, "struct signalfd_siginfo");

static bool is_fault(int sig)
{
	return sig == LX_SIGILL || sig == LX_SIGFPE || sig == LX_SIGSEGV || sig == LX_SIGBUS ||
	       sig == LX_SIGTRAP;
}

static void convert(const struct lx_siginfo *from, struct signalfd_info *to)
{
	*to = (struct signalfd_info){ .signo = (uint32_t)from->si_signo,
				      .error = from->si_errno,
				      .code = from->si_code };
	if (from->si_code == LX_SI_TIMER) {
		to->tid = (uint32_t)from->u.timer.tid;
		to->overrun = (uint32_t)from->u.timer.overrun;
		to->pointer = from->u.timer.value;
		to->integer = (int32_t)from->u.timer.value;
	} else if (from->si_code > 0 && from->si_code != LX_SI_KERNEL && is_fault(from->si_signo)) {
		to->addr = from->u.fault.addr;
	} else {
		to->pid = (uint32_t)from->u.rt.pid;
		to->uid = from->u.rt.uid;
		if (from->si_code > 0 && from->si_signo == LX_SIGCHLD) {
			to->status = from->u.chld.status;
			to->utime = (uint64_t)from->u.chld.utime;
			to->stime = (uint64_t)from->u.chld.stime;
		} else if (from->si_code < 0 && from->si_code != LX_SI_TKILL) {
			to->pointer = from->u.rt.value;
			to->integer = (int32_t)from->u.rt.value;
		}
	}
}

/* What an earlier round of this very call has stored already: a signal is taken by a restart (sigwait.c). */
static uint32_t resume(struct task *t, const struct file *f)
{
	uint32_t done = t->signalfd == f && t->signalfd_buf == t->cur.a[1] ? t->signalfd_done : 0;

	t->signalfd = NULL;
	return done;
}

static void suspend(struct task *t, const struct file *f, uint32_t done)
{
	t->signalfd = f;
	t->signalfd_buf = t->cur.a[1];
	t->signalfd_done = done;
}

/* As many signals as are pending and have room; waits for the first. */
static int64_t signalfd_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct signalfd *s = f->priv;
	struct signalfd_info info;
	struct lx_siginfo si;
	uint32_t done;
	int64_t sig;

	if (it->left < sizeof(info))
		return -LX_EINVAL;
	done = resume(t, f);
	iter_advance(it, done);
	while (it->left >= sizeof(info)) {
		sig = task_sigwait(t, s->mask, done || file_nowait(f, it) ? 0 : WAIT_FOREVER, &si);
		if (sig == -LX_ERESTARTNOINTR)
			suspend(t, f, done);
		if (sig == -LX_ERESTARTNOINTR || (sig < 0 && !done))
			return sig == -LX_EINTR ? -LX_ERESTARTSYS : sig;
		if (sig < 0)
			break;
		convert(&si, &info);
		if (iter_write(it, &info, sizeof(info)) != sizeof(info))
			return done ? (int64_t)done : -LX_EFAULT;
		done += sizeof(info);
	}
	return done;
}

static uint32_t signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->priv;
	struct task *t = task_current();
	PICO_SIGNAL_STATE st;

	poll_wait(pt, &s->rq);
	if (!t || !signal_state(t, &st))
		return 0;
	return (st.Pending | st.GroupPending) & s->mask ? LX_POLLIN | LX_POLLRDNORM : 0;
}

static int signalfd_show(struct file *f, char *buf, size_t size)
{
	struct signalfd *s = f->priv;

	return snprintf(buf, size, "sigmask:\t%016" PRIx64 "\n", s->mask);
}

static void signalfd_release(struct file *f)
{
	struct signalfd *s = f->priv;

	lk_acquire(&all_lock);
	list_del(&s->link);
	lk_release(&all_lock);
	count--;
	mem_free(s);
}

static const struct file_ops signalfd_fop = {
	.read = signalfd_read,
	.poll = signalfd_poll,
	.show_fdinfo = signalfd_show,
	.release = signalfd_release,
	.nowait = true,
};

static lx_sigset_t usable(lx_sigset_t mask)
{
	return mask & ~(LX_SIGBIT(LX_SIGKILL) | LX_SIGBIT(LX_SIGSTOP));
}

struct file *signalfd_file(lx_sigset_t mask, uint32_t flags)
{
	struct signalfd *s = mem_alloc(sizeof(*s));
	struct file *f;

	if (!s)
		return NULL;
	list_init(&s->link);
	waitq_init(&s->rq);
	s->mask = usable(mask);
	f = anon_file("anon_inode:[signalfd]", &signalfd_fop, LX_O_RDWR | (flags & LX_O_NONBLOCK),
		      s);
	if (!f) {
		mem_free(s);
		return NULL;
	}
	lk_acquire(&all_lock);
	list_add_tail(&all, &s->link);
	lk_release(&all_lock);
	count++;
	return f;
}

int signalfd_set_mask(struct file *f, lx_sigset_t mask)
{
	struct signalfd *s = f->priv;

	if (f->fop != &signalfd_fop)
		return -LX_EINVAL;
	s->mask = usable(mask);
	waitq_wake(&s->rq);
	return 0;
}

void signalfd_notify(int sig)
{
	struct signalfd *s;

	if (!count)
		return;
	lk_acquire(&all_lock);
	list_for_each(s, &all, link)
		if (s->mask & LX_SIGBIT(sig))
			waitq_wake(&s->rq);
	lk_release(&all_lock);
}
