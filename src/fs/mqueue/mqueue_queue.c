/* SPDX-License-Identifier: MIT */
/*
 * mqueue_queue.c - a queue: its messages, who waits for room or for a message, and what it costs. A message goes
 * straight to the receiver that waits longest with the highest priority, and room to such a sender, as in Linux.
 */
#include "mqueue.h"
#include "base/text.h"
#include "lxrun/process.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Who sleeps on a queue; on its caller's stack. */
struct mq_wait {
	struct list link;
	struct task *task;
	int prio;           /* as the scheduler counts: less is more */
	struct mq_msg *msg; /* to be sent; received */
	bool done;
};

/* ---- what a user's queues cost ---- */

struct payer {
	struct list link;
	uint32_t uid;
	uint64_t bytes;
};
static struct lk payers_lock = LK_INIT(INODE); /* guards: */
static struct list payers = LIST_INIT(payers);

/* payers_lock held. */
static struct payer *find_payer(uint32_t uid)
{
	struct payer *p;

	list_for_each(p, &payers, link)
		if (p->uid == uid)
			return p;
	return NULL;
}

static int charge(struct task *t, uint64_t bytes)
{
	uint64_t limit = __atomic_load_n(&t->tg->rlimit[LX_RLIMIT_MSGQUEUE].rlim_cur,
					 __ATOMIC_RELAXED);
	struct payer *fresh = mem_alloc(sizeof(*fresh)), *p;
	int err = fresh ? 0 : -LX_ENOMEM;

	if (err)
		return err;
	lk_acquire(&payers_lock);
	p = find_payer(t->cred->uid);
	if (bytes > limit || (p && p->bytes > limit - bytes)) {
		err = -LX_EMFILE;
	} else if (p) {
		p->bytes += bytes;
	} else {
		*fresh = (struct payer){ .uid = t->cred->uid, .bytes = bytes };
		list_add_tail(&payers, &fresh->link);
		fresh = NULL;
	}
	lk_release(&payers_lock);
	mem_free(fresh);
	return err;
}

static void give_back(uint32_t uid, uint64_t bytes)
{
	struct payer *p;

	lk_acquire(&payers_lock);
	p = find_payer(uid);
	p->bytes -= bytes;
	if (p->bytes)
		p = NULL;
	else
		list_del(&p->link);
	lk_release(&payers_lock);
	mem_free(p);
}

/* ---- life ---- */

/* What Linux counts besides the text: struct msg_msg, and struct posix_msg_tree_node for each priority. */
#define MSG_COST  48u
#define PRIO_COST 48u

int mqueue_new(struct task *t, const char *name, int64_t maxmsg, int64_t msgsize,
	       struct mqueue **out)
{
	uint64_t n = (uint64_t)maxmsg, prios = n < LX_MQ_PRIO_MAX ? n : LX_MQ_PRIO_MAX;
	struct mqueue *q;
	int err;

	q = mem_alloc(sizeof(*q));
	if (!q)
		return -LX_ENOMEM;
	q->name = mem_strdup(name);
	q->charge = n * (uint64_t)msgsize + n * MSG_COST + prios * PRIO_COST;
	err = q->name ? charge(t, q->charge) : -LX_ENOMEM;
	if (err) {
		mem_free(q->name);
		mem_free(q);
		return err;
	}
	q->payer = t->cred->uid;
	q->maxmsg = maxmsg;
	q->msgsize = msgsize;
	q->size = 80; /* FILENT_SIZE */
	list_init(&q->link);
	list_init(&q->messages);
	list_init(&q->asleep[MQ_SENDERS]);
	list_init(&q->asleep[MQ_RECEIVERS]);
	waitq_init(&q->ready);
	q->atime = q->mtime = q->ctime = vfs_now();
	*out = q;
	return 0;
}

void mqueue_free(struct mqueue *q)
{
	struct mq_msg *m, *tmp;

	list_for_each_safe(m, tmp, &q->messages, link)
		mem_free(m);
	mqueue_drop_notice(&q->notice);
	give_back(q->payer, q->charge);
	mem_free(q->name);
	mem_free(q);
}

/* ---- waiting; the queue's lock is held up to the next line like this ---- */

static void touch(struct mqueue *q)
{
	q->atime = q->mtime = q->ctime = vfs_now();
}

static void insert(struct mqueue *q, struct mq_msg *m)
{
	struct list *at = q->messages.prev;

	while (at != &q->messages && container_of(at, struct mq_msg, link)->prio < m->prio)
		at = at->prev;
	list_add(at, &m->link);
	q->curmsgs++;
	q->bytes += m->size;
}

static struct mq_msg *take_first(struct mqueue *q)
{
	struct mq_msg *m = list_first(&q->messages, struct mq_msg, link);

	list_del(&m->link);
	q->curmsgs--;
	q->bytes -= m->size;
	return m;
}

static int scheduler_prio(struct task *t)
{
	int prio;

	lk_acquire(&t->lock);
	prio = t->sched.policy == LX_SCHED_FIFO || t->sched.policy == LX_SCHED_RR
		       ? LX_SCHED_PRIO_LAST - t->sched.priority
		       : 120 + t->sched.nice;
	lk_release(&t->lock);
	return prio;
}

static void fall_asleep(struct mqueue *q, enum mq_side side, struct mq_wait *w)
{
	struct list *at = q->asleep[side].prev;

	w->prio = scheduler_prio(w->task);
	while (at != &q->asleep[side] && container_of(at, struct mq_wait, link)->prio > w->prio)
		at = at->prev;
	list_add(at, &w->link);
}

static struct mq_wait *first_asleep(struct mqueue *q, enum mq_side side)
{
	if (list_empty(&q->asleep[side]))
		return NULL;
	return list_first(&q->asleep[side], struct mq_wait, link);
}

/* w has what it waited for; its stack may be gone once the lock is. */
static void wake(struct mq_wait *w)
{
	list_del(&w->link);
	w->done = true;
	task_wake(w->task);
}

/* ---- the lock is not held ---- */

/* Until somebody has ended the wait, or the time or a signal does. */
static int sleep_on(struct inode *inode, struct mq_wait *w, uint64_t deadline)
{
	bool done;
	int err = 0;

	do {
		err = task_sleep(w->task, deadline);
		lk_acquire(&inode->lock);
		done = w->done;
		if (err && !done)
			list_del(&w->link);
		lk_release(&inode->lock);
	} while (!done && !err);
	return done ? 0 : err;
}

/* The queue that fd of t is open for: a reference to the file. side: what it must be open for. */
static int file_of(struct task *t, int fd, enum mq_side side, struct file **out)
{
	struct file *f;
	int err = fd_get(t, fd, &f);

	if (err)
		return err;
	if (f->fop == &mqueue_fop && (side == MQ_SENDERS ? file_writable(f) : file_readable(f))) {
		*out = f;
		return 0;
	}
	file_put(f);
	return -LX_EBADF;
}

/* Sends w->msg, which is the queue's or a receiver's then, or falls asleep: -LX_EAGAIN. */
static int begin_send(struct inode *inode, struct mq_wait *w, bool nonblock,
		      struct mq_notice *notice)
{
	struct mqueue *q = mqueue_of(inode);
	struct mq_wait *receiver;
	int err = 0;

	lk_acquire(&inode->lock);
	receiver = first_asleep(q, MQ_RECEIVERS);
	if (q->curmsgs == q->maxmsg) {
		err = -LX_EAGAIN;
		if (!nonblock)
			fall_asleep(q, MQ_SENDERS, w);
	} else if (receiver) {
		receiver->msg = w->msg;
		wake(receiver);
	} else {
		insert(q, w->msg);
		if (q->curmsgs == 1)
			*notice = mqueue_take_notice(q);
	}
	if (!err) {
		w->msg = NULL;
		touch(q);
	}
	lk_release(&inode->lock);
	return err;
}

static int send_message(struct task *t, struct file *f, struct mq_msg *m, uint64_t deadline)
{
	bool nonblock = f->flags & LX_O_NONBLOCK;
	struct mq_wait w = { .task = t, .msg = m };
	struct mq_notice notice = { NULL };
	int err = begin_send(f->inode, &w, nonblock, &notice);

	mqueue_tell(t, &notice);
	if (!err)
		waitq_wake(&mqueue_of(f->inode)->ready);
	else if (!nonblock)
		err = sleep_on(f->inode, &w, deadline);
	if (err)
		mem_free(m);
	return err;
}

int mqueue_send(struct task *t, int fd, gaddr_t text, uint64_t size, uint32_t prio,
		uint64_t deadline)
{
	struct mq_msg *m = NULL;
	struct file *f;
	int err;

	if (prio >= LX_MQ_PRIO_MAX)
		return -LX_EINVAL;
	err = file_of(t, fd, MQ_SENDERS, &f);
	if (err)
		return err;
	if (size > (uint64_t)mqueue_of(f->inode)->msgsize)
		err = -LX_EMSGSIZE;
	else if (!(m = mem_alloc(sizeof(*m) + size)))
		err = -LX_ENOMEM;
	else
		err = guest_copyin(t, m->text, text, size);
	if (err) {
		mem_free(m);
	} else {
		m->prio = prio;
		m->size = size;
		err = send_message(t, f, m, deadline);
	}
	file_put(f);
	return err;
}

/* A message in w->msg, or w falls asleep: -LX_EAGAIN. Room that it leaves is the first sender's. */
static int begin_receive(struct inode *inode, struct mq_wait *w, bool nonblock)
{
	struct mqueue *q = mqueue_of(inode);
	struct mq_wait *sender;
	int err = 0;

	lk_acquire(&inode->lock);
	if (q->curmsgs) {
		w->msg = take_first(q);
		touch(q);
		sender = first_asleep(q, MQ_SENDERS);
		if (sender) {
			insert(q, sender->msg);
			wake(sender);
		}
	} else {
		err = -LX_EAGAIN;
		if (!nonblock)
			fall_asleep(q, MQ_RECEIVERS, w);
	}
	lk_release(&inode->lock);
	return err;
}

/* As in Linux a message whose buffer turns out to be bad is lost. */
static int64_t hand_over(struct task *t, const struct mq_msg *m, gaddr_t buf, gaddr_t prio)
{
	int err = gaddr_null(prio) ? 0 : guest_copyout(t, prio, &m->prio, sizeof(m->prio));

	if (!err)
		err = guest_copyout(t, buf, m->text, m->size);
	return err ? err : (int64_t)m->size;
}

int64_t mqueue_receive(struct task *t, int fd, gaddr_t buf, uint64_t size, gaddr_t prio,
		       uint64_t deadline)
{
	struct mq_wait w = { .task = t };
	struct file *f;
	bool nonblock;
	int64_t res = file_of(t, fd, MQ_RECEIVERS, &f);

	if (res)
		return res;
	nonblock = f->flags & LX_O_NONBLOCK;
	if (size < (uint64_t)mqueue_of(f->inode)->msgsize)
		res = -LX_EMSGSIZE;
	else
		res = begin_receive(f->inode, &w, nonblock);
	if (!res)
		waitq_wake(&mqueue_of(f->inode)->ready);
	else if (res == -LX_EAGAIN && !nonblock)
		res = sleep_on(f->inode, &w, deadline);
	if (!res)
		res = hand_over(t, w.msg, buf, prio);
	mem_free(w.msg);
	file_put(f);
	return res;
}

int mqueue_getsetattr(struct task *t, int fd, const struct lx_mq_attr *new, struct lx_mq_attr *old)
{
	struct mqueue *q;
	struct file *f;
	int err;

	if (new &&new->mq_flags & ~(int64_t)LX_O_NONBLOCK)
		return -LX_EINVAL;
	err = fd_get(t, fd, &f);
	if (!err && f->fop != &mqueue_fop) {
		file_put(f);
		err = -LX_EBADF;
	}
	if (err)
		return err;
	q = mqueue_of(f->inode);
	lk_acquire(&f->lock);
	lk_acquire(&f->inode->lock);
	if (old)
		*old = (struct lx_mq_attr){ .mq_flags = f->flags & LX_O_NONBLOCK,
					    .mq_maxmsg = q->maxmsg,
					    .mq_msgsize = q->msgsize,
					    .mq_curmsgs = q->curmsgs };
	if (new) {
		f->flags = (f->flags & ~LX_O_NONBLOCK) | (uint32_t) new->mq_flags;
		q->atime = q->ctime = vfs_now();
	}
	lk_release(&f->inode->lock);
	lk_release(&f->lock);
	file_put(f);
	return 0;
}

/* ---- the file ---- */

static int64_t mqueue_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct mqueue *q = mqueue_of(f->inode);
	int how = 0, sig = 0, pid = 0, len;
	char line[100];
	uint64_t bytes;
	int64_t n;

	lk_acquire(&f->inode->lock);
	bytes = q->bytes;
	if (q->notice.owner) {
		how = q->notice.how;
		sig = how == LX_SIGEV_SIGNAL ? q->notice.sig : 0;
		pid = q->notice.owner->pid;
	}
	q->atime = q->ctime = vfs_now();
	lk_release(&f->inode->lock);
	len = snprintf(line, sizeof(line),
		       "QSIZE:%-10" PRIu64 " NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", bytes, how,
		       sig, pid_seen(t, pid));
	if (*pos >= len)
		return 0;
	n = iter_write(it, line + *pos, (uint64_t)(len - *pos));
	if (n > 0)
		*pos += n;
	return n;
}

static uint32_t mqueue_poll(struct file *f, struct poll_table *pt)
{
	struct mqueue *q = mqueue_of(f->inode);
	uint32_t mask = 0;

	poll_wait(pt, &q->ready);
	lk_acquire(&f->inode->lock);
	if (q->curmsgs)
		mask |= LX_POLLIN | LX_POLLRDNORM;
	if (q->curmsgs < q->maxmsg)
		mask |= LX_POLLOUT | LX_POLLWRNORM;
	lk_release(&f->inode->lock);
	return mask;
}

static int64_t mqueue_llseek(struct file *f, int64_t off, int whence)
{
	return vfs_generic_llseek(f, off, whence, mqueue_of(f->inode)->size);
}

const struct file_ops mqueue_fop = {
	.read = mqueue_read,
	.poll = mqueue_poll,
	.llseek = mqueue_llseek,
	.flush = mqueue_flush,
};
