/* SPDX-License-Identifier: MIT */
/*
 * mqueue_notify.c - mq_notify(3): one process at a time is told, once, of a message that came into the empty queue
 * while nobody waited for it: by a signal, or by a cookie through a netlink socket of its own, of which C libraries
 * make SIGEV_THREAD.
 */
#include "mqueue.h"
#include "lxrun/ns.h"
#include <string.h>

struct mq_notice mqueue_take_notice(struct mqueue *q)
{
	struct mq_notice n = q->notice;

	q->notice = (struct mq_notice){ NULL };
	return n;
}

static void notice_put(struct mq_notice *n)
{
	if (n->owner)
		tgroup_put(n->owner);
	if (n->mm)
		mm_put(n->mm);
	if (n->sock)
		file_put(n->sock);
	mem_free(n->packet);
	*n = (struct mq_notice){ NULL };
}

static void send_cookie(struct mq_notice *n, uint8_t what)
{
	if (!n->packet)
		return;
	n->cookie[LX_MQ_COOKIE_LEN - 1] = what;
	netlink_deliver(n->sock, n->packet, n->cookie, sizeof(n->cookie));
	n->packet = NULL;
}

/* Whether the owner still runs the program that asked: another would not expect the signal. */
static bool same_program(const struct mq_notice *n)
{
	struct task *leader = task_find(n->owner->pid);
	bool same = false;

	if (!leader)
		return false;
	lk_acquire(&leader->lock);
	same = leader->mm == n->mm;
	lk_release(&leader->lock);
	task_put(leader);
	return same;
}

void mqueue_tell(struct task *t, struct mq_notice *n)
{
	struct lx_siginfo info = { .si_signo = n->sig, .si_code = LX_SI_MESGQ };

	if (!n->owner)
		return;
	if (n->how == LX_SIGEV_THREAD) {
		send_cookie(n, LX_MQ_WOKENUP);
	} else if (n->how == LX_SIGEV_SIGNAL && n->sig && same_program(n)) {
		info.u.rt.pid = pid_seen_in(n->owner->ns, t->tg->pid);
		info.u.rt.uid = t->cred->uid;
		info.u.rt.value = n->value;
		signal_send_group(n->owner, &info);
	}
	notice_put(n);
}

void mqueue_drop_notice(struct mq_notice *n)
{
	send_cookie(n, LX_MQ_REMOVED);
	notice_put(n);
}

/* tg's registration is gone. */
static void forget(struct inode *inode, const struct tgroup *tg)
{
	struct mqueue *q = mqueue_of(inode);
	struct mq_notice old = { NULL };

	lk_acquire(&inode->lock);
	if (q->notice.owner == tg) {
		old = mqueue_take_notice(q);
		q->atime = q->ctime = vfs_now();
	}
	lk_release(&inode->lock);
	mqueue_drop_notice(&old);
}

/* Any close of a descriptor of it by the process that is to be told. */
void mqueue_flush(struct file *f, struct task *t)
{
	if (t)
		forget(f->inode, t->tg);
}

/* What ev asks for, but for whom. */
static int prepare(struct task *t, const struct lx_sigevent *ev, struct mq_notice *n)
{
	int err;

	if (ev->sigev_notify != LX_SIGEV_NONE && ev->sigev_notify != LX_SIGEV_SIGNAL &&
	    ev->sigev_notify != LX_SIGEV_THREAD)
		return -LX_EINVAL;
	n->how = ev->sigev_notify;
	n->sig = ev->sigev_signo;
	n->value = ev->sigev_value;
	if (n->how == LX_SIGEV_SIGNAL && (n->sig < 0 || n->sig > LX_NSIG))
		return -LX_EINVAL;
	if (n->how != LX_SIGEV_THREAD)
		return 0;
	err = guest_copyin(t, n->cookie, (gaddr_t){ ev->sigev_value }, sizeof(n->cookie));
	if (!err)
		err = fd_get_slot(t, ev->sigev_signo, false, &n->sock, NULL);
	if (!err)
		err = netlink_reserve(n->sock, &n->packet);
	return err;
}

/* An owner that has ended without closing its descriptors itself (who shared them has them yet). */
static bool has_ended(struct tgroup *tg)
{
	bool ended;

	lk_acquire(&tasks_lock);
	ended = tg->exited;
	lk_release(&tasks_lock);
	return ended;
}

static int enter(struct inode *inode, struct task *t, struct mq_notice *n)
{
	struct mqueue *q = mqueue_of(inode);
	struct tgroup *owner;

	lk_acquire(&inode->lock);
	owner = q->notice.owner;
	if (owner) {
		tgroup_get(owner);
	} else {
		n->owner = tgroup_get(t->tg);
		n->mm = mm_get(t->mm);
		q->notice = *n;
		*n = (struct mq_notice){ NULL };
		q->atime = q->ctime = vfs_now();
	}
	lk_release(&inode->lock);
	if (!owner)
		return 0;
	if (has_ended(owner))
		forget(inode, owner);
	else
		inode = NULL;
	tgroup_put(owner);
	return inode ? enter(inode, t, n) : -LX_EBUSY;
}

int mqueue_notify(struct task *t, int fd, const struct lx_sigevent *ev)
{
	struct mq_notice n = { NULL };
	struct file *f = NULL;
	int err = ev ? prepare(t, ev, &n) : 0;

	if (!err)
		err = fd_get(t, fd, &f);
	if (!err && f->fop != &mqueue_fop)
		err = -LX_EBADF;
	if (!err && ev)
		err = enter(f->inode, t, &n);
	else if (!err)
		forget(f->inode, t->tg);
	notice_put(&n);
	if (f)
		file_put(f);
	return err;
}
