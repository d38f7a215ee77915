/* SPDX-License-Identifier: MIT */
/*
 * waitpid.c - wait4(2) and waitid(2), and the parent's side of a child's change of state.
 *
 * On Linux a child's end is one step for its parent: SIGCHLD is pending and the zombie can be waited
 * for, both or neither. A handler that polls with WNOHANG must find the child, and a wait4 that
 * returns must find the handler due. Our signal and our table are two steps, so a child in between
 * (notifying) exists for wait4 but holds its answer back: even WNOHANG waits these few microseconds.
 */
#include "lxrun/ns.h"
#include "ptrace.h"

struct wait_query {
	int which, id;
	uint32_t options;
};

bool wait_selects(const struct wait_query *q, int tid, int pgid)
{
	return (q->which != LX_P_PID || tid == q->id) && (q->which != LX_P_PGID || pgid == q->id);
}

static bool selected(const struct tgroup *c, const struct wait_query *q)
{
	bool clone_child = c->exit_signal != LX_SIGCHLD;

	if (!wait_selects(q, c->pid, c->pgid))
		return false;
	return q->options & LX_WALL || clone_child == !!(q->options & LX_WCLONE);
}

/* What c has to tell that the caller wants to hear: a CLD_* code, or 0. */
static int news(const struct tgroup *c, const struct wait_query *q)
{
	if (c->state == TG_ZOMBIE)
		return q->options & LX_WEXITED ? LX_CLD_EXITED : 0;
	if (c->state == TG_STOPPED)
		return q->options & LX_WSTOPPED && !c->stop_reported ? LX_CLD_STOPPED : 0;
	return q->options & LX_WCONTINUED && c->continued_pending ? LX_CLD_CONTINUED : 0;
}

static void describe_zombie(struct tgroup *c, struct wait_result *res)
{
	int status = c->wait_status;

	res->status = status;
	res->rusage = c->self_rusage;
	rusage_add(&res->rusage, &c->child_rusage);
	res->code = !(status & 0x7f) ? LX_CLD_EXITED
		    : status & 0x80  ? LX_CLD_DUMPED
				     : LX_CLD_KILLED;
}

/* Takes the zombie out of the tables; the caller drops the reference of its life. tasks_lock held. */
static void consume_zombie(struct tgroup *tg, struct tgroup *c, const struct wait_result *res)
{
	rusage_add(&tg->child_rusage, &res->rusage);
	tgroup_unpublish(c);
}

static void describe_stop(struct tgroup *c, int code, bool keep, struct wait_result *res)
{
	res->code = code;
	if (code == LX_CLD_STOPPED) {
		res->status = c->stop_signal << 8 | 0x7f;
		if (!keep)
			c->stop_reported = true;
	} else {
		res->status = 0xffff;
		if (!keep)
			c->continued_pending = false;
	}
}

enum { WAIT_AGAIN = -1 }; /* a child's change is being told: ask again */

/*
 * Looks once. The child's number with *res filled; and *dead for a consumed zombie, a reference in *alive
 * for a child that goes on. 0: nothing yet;
 * WAIT_AGAIN; -LX_ECHILD: no such child.
 */
static int64_t look(struct tgroup *tg, const struct wait_query *q, struct wait_result *res,
		    struct tgroup **dead, struct tgroup **alive)
{
	bool keep = q->options & LX_WNOWAIT;
	int64_t result = -LX_ECHILD;
	bool any = false;
	struct tgroup *c;
	int tid;

	list_for_each(c, &tg->children, sibling) {
		int code;

		if (!selected(c, q))
			continue;
		code = news(c, q);
		if (c->notifying && code)
			return WAIT_AGAIN;
		result = 0;
		if (!code || (code != LX_CLD_EXITED && ptrace_hides_stop(tg, c)))
			continue;
		res->pid = c->pid;
		res->uid = c->uid;
		if (code == LX_CLD_EXITED) {
			describe_zombie(c, res);
			if (!keep) {
				consume_zombie(tg, c, res);
				*dead = c;
			}
		} else {
			describe_stop(c, code, keep, res);
			*alive = tgroup_get(c);
		}
		return c->pid;
	}
	tid = ptrace_news(tg, q, keep, res, &any);
	return tid ? tid : any ? 0 : result;
}

static int64_t look_once(struct tgroup *tg, const struct wait_query *q, struct wait_result *res)
{
	struct tgroup *dead = NULL;
	struct tgroup *alive = NULL;
	int64_t result;

	lk_acquire(&tasks_lock);
	result = look(tg, q, res, &dead, &alive);
	lk_release(&tasks_lock);
	if (dead) {
		waitq_wake(&dead->end_wait);
		tgroup_reap(dead);
	}
	if (alive) {
		rusage_of_group(alive, &res->rusage);
		tgroup_put(alive);
	}
	return result;
}

int64_t task_wait(struct task *t, int which, int id, uint32_t options, struct wait_result *res)
{
	struct wait_query q = { .which = which, .id = pid_meant(t, id), .options = options };
	struct waiter w = { 0 };
	int64_t result;
	int err = 0;

	*res = (struct wait_result){ 0 };
	if (which == LX_P_PGID && !id)
		q.id = task_getpgid(t, 0);
	waitq_add(&t->tg->child_wait, &w, t);
	for (;;) {
		result = look_once(t->tg, &q, res);
		if (result == WAIT_AGAIN) {
			if (task_sleep_killable(t)) {
				result = -LX_ERESTARTSYS;
				break;
			}
			continue;
		}
		if (result || options & LX_WNOHANG)
			break;
		/* As Linux: after a signal the children are looked at once more. */
		if (err) {
			result = err;
			break;
		}
		err = task_sleep(t, WAIT_FOREVER);
	}
	waitq_del(&w);
	if (result > 0)
		result = res->pid = pid_seen(t, (int)result);
	return result;
}

/* SIGCHLD to p, if it wants to hear of it. */
bool sigchld_wanted(struct tgroup *p, int sig, int code)
{
	bool ignored, no_stops;

	lk_acquire(&p->lock);
	ignored = p->sigchld.handler == LX_SIG_IGN;
	no_stops = p->sigchld.flags & LX_SA_NOCLDSTOP;
	lk_release(&p->lock);
	if (sig != LX_SIGCHLD)
		return sig != 0;
	return !ignored && !(no_stops && code >= LX_CLD_STOPPED);
}

static int64_t clock_ticks(const struct lx_timeval *tv)
{
	return tv->tv_sec * 100 + tv->tv_usec / 10000;
}

void notify_parent(struct tgroup *tg, int code, int status)
{
	bool end = code < LX_CLD_TRAPPED;
	struct lx_siginfo info = { .si_code = code };
	struct tgroup *parent;

	lk_acquire(&tasks_lock);
	parent = tgroup_get(tg->parent);
	info.si_signo = end ? tg->exit_signal : LX_SIGCHLD;
	lk_release(&tasks_lock);
	info.u.chld.pid = tg->pid;
	info.u.chld.uid = tg->uid;
	info.u.chld.status = status;
	info.u.chld.utime = clock_ticks(&tg->self_rusage.ru_utime);
	info.u.chld.stime = clock_ticks(&tg->self_rusage.ru_stime);
	if (parent != init_tgroup && sigchld_wanted(parent, info.si_signo, code))
		signal_send_group(parent, &info);
	tgroup_put(parent);
}
