/* SPDX-License-Identifier: MIT */
/* sysv_msg.c - System V message queues. WSL 1 had none. */
#include "sysv.h"
#include "base/text.h"
#include "lxrun/guestmem.h"
#include <inttypes.h>
#include <string.h>

struct msg {
	struct list link;
	int64_t type;
	uint64_t size;
	char text[];
};

struct queue {
	struct ipc_object o;
	struct list messages;
	struct waitq senders, receivers;
	int64_t stime, rtime, ctime;
	uint64_t cbytes, qnum, qbytes;
	int lspid, lrpid;
};

static int check_queue(const struct ipc_object *o, uint64_t size)
{
	return 0;
}

static int64_t make_queue(struct task *t, struct ipc_ns *ns, int32_t key, uint64_t size,
			  uint32_t flags)
{
	struct queue *q = mem_alloc(sizeof(*q));
	int id;

	if (!q)
		return -LX_ENOMEM;
	list_init(&q->messages);
	waitq_init(&q->senders);
	waitq_init(&q->receivers);
	q->o.mode = flags & 0777;
	q->qbytes = ns->limit[IPC_MSGMNB];
	q->ctime = ipc_now();
	id = ipc_add(ns, IPC_MSG, &q->o, key, t);
	if (id < 0)
		mem_free(q);
	return id;
}

int64_t msg_get(struct task *t, int32_t key, uint32_t flags)
{
	static const struct ipc_maker maker = { IPC_MSG, check_queue, make_queue };

	return ipc_get(t, &maker, key, 0, flags);
}

static void queue_put(struct queue *q)
{
	struct msg *m, *tmp;

	if (!refs_put(&q->o.refs))
		return;
	list_for_each_safe(m, tmp, &q->messages, link)
		mem_free(m);
	mem_free(q);
}

/* The queue with that number, with a reference. */
static int queue_of(struct task *t, int id, struct queue **out)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_object *o;
	int err;

	lk_acquire(&ns->lock);
	err = ipc_find(ns, IPC_MSG, id, &o);
	if (!err) {
		refs_get(&o->refs);
		*out = (struct queue *)o;
	}
	lk_release(&ns->lock);
	return err;
}

/* What sleeps on a queue wants of it. */
struct transfer {
	struct task *task;
	struct ipc_ns *ns;
	struct queue *q;
	struct msg *msg; /* to be sent; received */
	/* receivers: */
	uint64_t room;
	int64_t type;
	uint32_t flags;
};

/* ---- sending ---- */

static int64_t try_send(void *arg)
{
	struct transfer *x = arg;
	struct queue *q = x->q;
	int64_t res;

	lk_acquire(&x->ns->lock);
	res = q->o.removed ? -LX_EIDRM : ipc_may(x->task, &q->o, IPC_WRITE);
	if (!res && (q->cbytes + x->msg->size > q->qbytes || q->qnum + 1 > q->qbytes))
		res = -LX_EAGAIN;
	if (!res) {
		list_add_tail(&q->messages, &x->msg->link);
		q->cbytes += x->msg->size;
		q->qnum++;
		x->ns->msg_bytes += x->msg->size;
		x->ns->msg_count++;
		q->lspid = x->task->tg->pid;
		q->stime = ipc_now();
		x->msg = NULL;
	}
	lk_release(&x->ns->lock);
	return res;
}

int64_t msg_send(struct task *t, int id, int64_t type, gaddr_t text, uint64_t size, uint32_t flags)
{
	struct transfer x = { .task = t, .ns = ipc_of(t) };
	int64_t res;

	if (id < 0 || size > ipc_limit_get(t, IPC_MSGMAX) || type < 1)
		return -LX_EINVAL;
	x.msg = mem_alloc(sizeof(*x.msg) + size);
	if (!x.msg)
		return -LX_ENOMEM;
	x.msg->type = type;
	x.msg->size = size;
	res = guest_copyin(t, x.msg->text, text, size);
	if (!res)
		res = queue_of(t, id, &x.q);
	if (!res) {
		res = task_attempt(t, &x.q->senders, WAIT_FOREVER, flags & LX_IPC_NOWAIT, try_send,
				   &x);
		if (!res)
			waitq_wake(&x.q->receivers);
		queue_put(x.q);
	}
	mem_free(x.msg);
	return res == -LX_ERESTARTSYS ? -LX_ERESTARTNOHAND : res;
}

/* ---- receiving ---- */

/* The message that type selects, msgop(2); MSG_COPY: by its place. */
static struct msg *select_message(const struct queue *q, int64_t type, uint32_t flags)
{
	int64_t least = type == INT64_MIN ? INT64_MAX : -type, place = 0;
	struct msg *m, *best = NULL;

	list_for_each(m, &q->messages, link) {
		if (flags & LX_MSG_COPY ? place++ == type
		    : type > 0          ? (m->type == type) == !(flags & LX_MSG_EXCEPT)
					: !type)
			return m;
		if (type < 0 && !(flags & LX_MSG_COPY) && m->type <= least) {
			best = m;
			least = m->type - 1;
		}
	}
	return best;
}

static struct msg *copy_message(const struct msg *m)
{
	struct msg *copy = mem_alloc(sizeof(*m) + m->size);

	if (copy)
		memcpy(copy, m, sizeof(*m) + m->size);
	return copy;
}

static void take_message(struct transfer *x, struct msg *m)
{
	struct queue *q = x->q;

	list_del(&m->link);
	q->qnum--;
	q->cbytes -= m->size;
	x->ns->msg_count--;
	x->ns->msg_bytes -= m->size;
	q->rtime = ipc_now();
	q->lrpid = x->task->tg->pid;
	x->msg = m;
}

static int64_t try_receive(void *arg)
{
	struct transfer *x = arg;
	struct queue *q = x->q;
	struct msg *m;
	int64_t res;

	lk_acquire(&x->ns->lock);
	res = q->o.removed ? -LX_EIDRM : ipc_may(x->task, &q->o, IPC_READ);
	m = res ? NULL : select_message(q, x->type, x->flags);
	if (!res && !m)
		res = -LX_EAGAIN;
	else if (!res && m->size > x->room && !(x->flags & LX_MSG_NOERROR))
		res = -LX_E2BIG;
	else if (!res && x->flags & LX_MSG_COPY)
		res = (x->msg = copy_message(m)) ? 0 : -LX_ENOMEM;
	else if (!res)
		take_message(x, m);
	lk_release(&x->ns->lock);
	return res;
}

/* As in Linux a message whose buffer turns out to be bad is lost. */
static int64_t hand_over(struct task *t, const struct msg *m, gaddr_t buf, uint64_t room)
{
	uint64_t size = m->size < room ? m->size : room;
	int err = guest_copyout(t, buf, &m->type, sizeof(m->type));

	if (!err)
		err = guest_copyout(t, gaddr_add(buf, sizeof(m->type)), m->text, size);
	return err ? err : (int64_t)size;
}

int64_t msg_receive(struct task *t, int id, gaddr_t buf, uint64_t size, int64_t type,
		    uint32_t flags)
{
	struct transfer x = {
		.task = t, .ns = ipc_of(t), .room = size, .type = type, .flags = flags
	};
	int64_t res;

	if (id < 0 || (int64_t)size < 0)
		return -LX_EINVAL;
	if (flags & LX_MSG_COPY && (flags & LX_MSG_EXCEPT || !(flags & LX_IPC_NOWAIT)))
		return -LX_EINVAL;
	res = queue_of(t, id, &x.q);
	if (res)
		return res;
	res = task_attempt(t, &x.q->receivers, WAIT_FOREVER, flags & LX_IPC_NOWAIT, try_receive,
			   &x);
	if (!res && !(flags & LX_MSG_COPY))
		waitq_wake(&x.q->senders);
	queue_put(x.q);
	if (!res)
		res = hand_over(t, x.msg, buf, size);
	mem_free(x.msg);
	return res == -LX_EAGAIN ? -LX_ENOMSG : res == -LX_ERESTARTSYS ? -LX_ERESTARTNOHAND : res;
}

/* ---- msgctl ---- */

int64_t msg_stat(struct task *t, int id, int cmd, struct lx_msqid_ds *out)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_object *o;
	const struct queue *q;
	int64_t res;

	lk_acquire(&ns->lock);
	res = ipc_find_stat(t, IPC_MSG, id, cmd, LX_MSG_STAT, LX_MSG_STAT_ANY, &o);
	if (res >= 0) {
		q = (const struct queue *)o;
		*out = (struct lx_msqid_ds){ .stime = q->stime,
					     .rtime = q->rtime,
					     .ctime = q->ctime,
					     .cbytes = q->cbytes,
					     .qnum = q->qnum,
					     .qbytes = q->qbytes,
					     .lspid = q->lspid,
					     .lrpid = q->lrpid };
		ipc_fill_perm(o, &out->perm);
	}
	lk_release(&ns->lock);
	return res;
}

/* Finds what t may change. ns->lock held. */
static int find_own(struct task *t, int id, struct queue **out)
{
	struct ipc_object *o;
	int err = ipc_find_for(t, IPC_MSG, id, 0, &o);

	*out = err ? NULL : (struct queue *)o;
	return err;
}

int64_t msg_set(struct task *t, int id, const struct ipc_change *change)
{
	struct ipc_ns *ns = ipc_of(t);
	struct queue *q;
	int err;

	lk_acquire(&ns->lock);
	err = find_own(t, id, &q);
	if (!err && change->qbytes > ns->limit[IPC_MSGMNB] &&
	    !cred_capable(t->cred, LX_CAP_SYS_RESOURCE))
		err = -LX_EPERM;
	if (!err) {
		ipc_change_owner(&q->o, change);
		q->qbytes = change->qbytes;
		q->ctime = ipc_now();
		waitq_wake(&q->senders);
		waitq_wake(&q->receivers);
	}
	lk_release(&ns->lock);
	return err;
}

void msg_end(struct ipc_ns *ns, struct ipc_object *o)
{
	struct queue *q = (struct queue *)o;

	ipc_take_out(ns, IPC_MSG, o);
	ns->msg_bytes -= q->cbytes;
	ns->msg_count -= q->qnum;
	waitq_wake(&q->senders);
	waitq_wake(&q->receivers);
	queue_put(q);
}

int64_t msg_remove(struct task *t, int id)
{
	struct ipc_ns *ns = ipc_of(t);
	struct queue *q;
	int err;

	lk_acquire(&ns->lock);
	err = find_own(t, id, &q);
	if (!err)
		msg_end(ns, &q->o);
	lk_release(&ns->lock);
	return err;
}

/* What Linux makes of constants that limit nothing: include/uapi/linux/msg.h. */
#define MSGSSZ  16
#define MSGSEG  0xffff
#define MSGPOOL (32000 * 16384 / 1024)
#define MSGMNB  16384

int64_t msg_info(struct task *t, bool use, struct lx_msginfo *out)
{
	struct ipc_ns *ns = ipc_of(t);
	int highest;

	lk_acquire(&ns->lock);
	*out = (struct lx_msginfo){
		.msgmax = (int32_t)ns->limit[IPC_MSGMAX],
		.msgmnb = (int32_t)ns->limit[IPC_MSGMNB],
		.msgmni = (int32_t)ns->limit[IPC_MSGMNI],
		.msgssz = MSGSSZ,
		.msgseg = MSGSEG,
		.msgpool = use ? (int32_t)ns->ids[IPC_MSG].in_use : MSGPOOL,
		.msgmap = use ? (int32_t)ns->msg_count : MSGMNB,
		.msgtql = use ? (int32_t)ns->msg_bytes : MSGMNB,
	};
	highest = ipc_highest(ns, IPC_MSG);
	lk_release(&ns->lock);
	return highest;
}

void msg_show_line(const struct ipc_object *o, struct text *tx)
{
	const struct queue *q = (const struct queue *)o;

	text_printf(tx,
		    "%10d %10d  %4o  %10" PRIu64 " %10" PRIu64 " %5d %5d %5u %5u %5u %5u %10" PRId64
		    " %10" PRId64 " %10" PRId64 "\n",
		    o->key, o->id, o->mode, q->cbytes, q->qnum, q->lspid, q->lrpid, o->uid, o->gid,
		    o->cuid, o->cgid, q->stime, q->rtime, q->ctime);
}
