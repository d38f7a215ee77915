/* SPDX-License-Identifier: MIT */
/*
 * ptrace.c - tracees: how they come to be, which stops their tracer is shown, how it waits for them,
 * what the end of either means. The requests are in ptrace_ops.c.
 *
 * The engine stops the host thread and keeps it so (include/nt/pico.h, DebugStop); which stop is an
 * event for whom, and under which number, is decided here. The stop is the host's, so SIGKILL ends it
 * and registers are real. tasks_lock guards every struct ptracee; requests to the engine are made
 * without it.
 */
#include "pid_ns.h"
#include "ptrace.h"
#include "base/alloc.h"
#include <string.h>

static struct ptracee *tracee_new(struct task *t, struct tgroup *tracer, bool seized,
				  uint32_t options)
{
	struct ptracee *p = mem_alloc(sizeof(*p));

	if (!p)
		return NULL;
	list_init(&p->link);
	p->task = t;
	p->tracer = tracer;
	p->seized = seized;
	p->options = options;
	return p;
}

static uint32_t shown(uint32_t options)
{
	return (options & LX_PTRACE_O_TRACEEXIT ? PICO_DEBUG_SHOW_EXIT : 0) |
	       (options & LX_PTRACE_O_TRACEVFORKDONE ? PICO_DEBUG_SHOW_VFORK_DONE : 0);
}

static int tell_engine(struct task *t, uint32_t options)
{
	PICO_DEBUG_REQUEST r = { .Operation = PicoDebugAttach, .Data = shown(options) };

	return nt_to_errno(pico.DebugThread(t->thread, &r));
}

/* tasks_lock is held. */
static int link_tracee(struct ptracee *p)
{
	if (p->task->ptrace || p->task->dying || p->tracer->exited)
		return p->task->dying ? -LX_ESRCH : -LX_EPERM;
	p->task->ptrace = p;
	list_add_tail(&p->tracer->tracees, &p->link);
	return 0;
}

static struct ptracee *unlink_tracee(struct task *t)
{
	struct ptracee *p = t->ptrace;

	lk_assert_held(&tasks_lock);
	if (p)
		list_del(&p->link);
	t->ptrace = NULL;
	t->trap_wanted = 0;
	return p;
}

static int start(struct task *t, struct tgroup *tracer, bool seized, uint32_t options,
		 bool from_birth)
{
	struct ptracee *p = tracee_new(t, tracer, seized, options);
	int err = p ? 0 : -LX_ENOMEM;

	if (err)
		return err;
	p->from_birth = from_birth;
	lk_acquire(&tasks_lock);
	err = link_tracee(p);
	lk_release(&tasks_lock);
	if (err)
		mem_free(p);
	else
		err = tell_engine(t, options);
	return err;
}

int ptrace_traceme(struct task *t)
{
	struct tgroup *parent;
	int err;

	lk_acquire(&tasks_lock);
	parent = tgroup_get(t->tg->parent);
	lk_release(&tasks_lock);
	err = parent == init_tgroup ? -LX_EPERM : start(t, parent, false, 0, false);
	tgroup_put(parent);
	return err;
}

/* ptrace_may_access(): the same user in every respect, and no set-id program that must not be read. */
static bool may_trace(struct task *t, struct task *target)
{
	struct cred *c = t->cred, *o = task_cred(target);
	bool same = o && c->uid == o->euid && c->uid == o->suid && c->uid == o->uid &&
		    c->gid == o->egid && c->gid == o->sgid && c->gid == o->gid;
	bool able = cred_capable(c, LX_CAP_SYS_PTRACE);
	bool fits = o && !(o->cap_permitted & ~c->cap_permitted) && target->tg->dumpable == 1;

	cred_put(o);
	return able || (same && fits);
}

static bool in_transit(struct task *t, struct task *target)
{
	struct ptracee *p;
	bool yes;

	lk_acquire(&tasks_lock);
	p = target->ptrace;
	yes = p && p->tracer == t->tg && !p->stopped && target->tg->state == TG_STOPPED;
	lk_release(&tasks_lock);
	return yes;
}

/* Who is stopped already is in a stop of the tracer's when attaching returns: requests may follow at once. */
static void await_group_stop(struct task *t, struct task *target)
{
	struct waiter w = { 0 };

	waitq_add(&t->tg->child_wait, &w, t);
	while (in_transit(t, target) && !task_sleep_killable(t))
		;
	waitq_del(&w);
}

int ptrace_attach(struct task *t, int tid, bool seize, uint32_t options)
{
	struct task *target = task_find(pid_meant(t, tid));
	struct lx_siginfo info;
	int err = -LX_ESRCH;

	if (!target)
		return pid_meant(t, tid) == PID_INIT ? -LX_EPERM : -LX_ESRCH;
	if (target->tg == t->tg || !may_trace(t, target))
		err = -LX_EPERM;
	else
		err = start(target, t->tg, seize, options, false);
	if (!err && !seize) {
		signal_info_user(&info, LX_SIGSTOP, LX_SI_USER, NULL);
		signal_send_task(target, &info);
	}
	if (!err)
		await_group_stop(t, target);
	task_put(target);
	return err;
}

/* ---- birth ---- */

static int event_of_clone(uint64_t flags, int exit_signal)
{
	if (flags & LX_CLONE_VFORK)
		return LX_PTRACE_EVENT_VFORK;
	return exit_signal != LX_SIGCHLD ? LX_PTRACE_EVENT_CLONE : LX_PTRACE_EVENT_FORK;
}

int ptrace_clone(struct task *t, struct task *child, uint64_t flags, int exit_signal)
{
	struct tgroup *tracer = NULL;
	uint32_t options = 0;
	bool seized = false;
	struct ptracee *p;
	int err;

	lk_acquire(&tasks_lock);
	p = t->ptrace;
	if (p) {
		int event = event_of_clone(flags, exit_signal);
		bool show = !(flags & LX_CLONE_UNTRACED) && p->options & (1u << event);

		p->clone_event = show ? event : 0;
		options = p->options;
		seized = p->seized;
		if (show || flags & LX_CLONE_PTRACE)
			tracer = tgroup_get(p->tracer);
	}
	lk_release(&tasks_lock);
	if (!tracer)
		return 0;
	err = start(child, tracer, seized, options, true);
	tgroup_put(tracer);
	return err;
}

/* ---- stops ---- */

/* What the stop is for wait: signal | event << 8; 0: the tracer is not to see it. */
static int code_of(struct ptracee *p, const PICO_STOP *stop)
{
	uint32_t o = p->options;

	switch (stop->Kind) {
	case PicoStopSyscallEntry:
	case PicoStopSyscallExit:
		return o & LX_PTRACE_O_TRACESYSGOOD ? LX_SIGTRAP | 0x80 : LX_SIGTRAP;
	case PicoStopStart:
		if (!p->from_birth)
			return 0;
		return p->seized ? LX_SIGTRAP | LX_PTRACE_EVENT_STOP << 8 : LX_SIGSTOP;
	case PicoStopClone:
		return p->clone_event ? LX_SIGTRAP | p->clone_event << 8 : 0;
	case PicoStopVforkDone:
		return o & LX_PTRACE_O_TRACEVFORKDONE ? LX_SIGTRAP | LX_PTRACE_EVENT_VFORK_DONE << 8
						      : 0;
	case PicoStopExec:
		if (o & LX_PTRACE_O_TRACEEXEC)
			return LX_SIGTRAP | LX_PTRACE_EVENT_EXEC << 8;
		return p->seized ? 0 : LX_SIGTRAP;
	case PicoStopExit:
		return o & LX_PTRACE_O_TRACEEXIT ? LX_SIGTRAP | LX_PTRACE_EVENT_EXIT << 8 : 0;
	case PicoStopTrap:
		return p->seized ? LX_SIGTRAP | LX_PTRACE_EVENT_STOP << 8 : 0;
	case PicoStopGroup:
		return p->seized ? stop->Signal | LX_PTRACE_EVENT_STOP << 8 : stop->Signal;
	case PicoStopSignal:
		return stop->Signal;
	case PicoStopEnd:
		break;
	}
	return 0;
}

static uint64_t message_of(const struct ptracee *p, const PICO_STOP *stop)
{
	switch (stop->Kind) {
	case PicoStopSyscallEntry:
		return 1; /* PTRACE_EVENTMSG_SYSCALL_ENTRY */
	case PicoStopSyscallExit:
		return 2;
	case PicoStopExec:
		return (uint64_t)pid_seen_locked(p->tracer->ns, p->task->tid);
	case PicoStopClone:
	case PicoStopVforkDone: /* the tracee's number for its child */
		return (uint64_t)pid_seen_locked(
			p->tracer->ns, pid_meant_locked(p->task->tg->ns, (int)stop->Message));
	default:
		return stop->Message;
	}
}

/* The siginfo of a stop that is no signal; a group stop of an attached tracee has none. */
static void describe(struct ptracee *p, const PICO_STOP *stop)
{
	p->has_info = stop->Kind != PicoStopGroup || p->seized;
	signal_info_user(&p->info, p->code & 0x7f, p->code, p->task);
	if (stop->Kind == PicoStopExec && !(p->code >> 8))
		p->info.si_code = LX_SI_USER;
}

/* The tracee is stopped: SIGCHLD to its tracer, and whoever waits looks again. No lock is held. */
static void tell_tracer(struct tgroup *tracer, struct task *t, int code, bool group)
{
	struct lx_siginfo info = { .si_signo = LX_SIGCHLD,
				   .si_code = group ? LX_CLD_STOPPED : LX_CLD_TRAPPED };

	info.u.chld.pid = t->tid;
	info.u.chld.uid = t->tg->uid;
	info.u.chld.status = code & 0x7f;
	if (sigchld_wanted(tracer, LX_SIGCHLD, info.si_code))
		signal_send_group(tracer, &info);
	waitq_wake(&tracer->child_wait);
	tgroup_put(tracer);
}

static bool stop_for_tracer(struct task *t, const PICO_STOP *stop, const struct lx_siginfo *info)
{
	struct tgroup *tracer = NULL;
	struct ptracee *p;
	int code = 0;

	lk_acquire(&tasks_lock);
	p = t->ptrace;
	if (p)
		code = code_of(p, stop);
	if (code) {
		p->kind = stop->Kind;
		p->code = code;
		p->message = message_of(p, stop);
		p->stopped = true;
		p->reported = p->interrupted = false;
		t->trap_wanted = 0; /* any stop uses up an interrupt, as on Linux */
		describe(p, stop);
		if (info)
			p->info = *info;
		tracer = tgroup_get(p->tracer);
	}
	lk_release(&tasks_lock);
	if (code)
		tell_tracer(tracer, t, code, stop->Kind == PicoStopGroup);
	return code != 0;
}

bool ptrace_signal(struct task *t, int sig, const struct lx_siginfo *info)
{
	const PICO_STOP stop = { .Kind = PicoStopSignal, .Signal = sig };

	return sig != LX_SIGKILL && t->ptrace && stop_for_tracer(t, &stop, info);
}

BOOLEAN task_debug_stop(PETHREAD thread, const PICO_STOP *stop)
{
	struct task *t = pico.GetThreadContext(thread);

	if (stop->Kind == PicoStopGroup)
		kick_sleepers(t->tg);
	return stop_for_tracer(t, stop, NULL);
}

/* ---- wait ---- */

static int dead_news(struct tgroup *tg, const struct wait_query *q, bool keep,
		     struct wait_result *res)
{
	struct ptrace_dead *d, *tmp;

	list_for_each_safe(d, tmp, &tg->dead_tracees, link) {
		int tid = d->tid;

		if (!wait_selects(q, tid, d->pgid))
			continue;
		res->pid = tid;
		res->uid = d->uid;
		res->status = d->status;
		res->code = d->status & 0x7f ? LX_CLD_KILLED : LX_CLD_EXITED;
		if (!keep) {
			list_del(&d->link);
			mem_free(d);
		}
		return tid;
	}
	return 0;
}

int ptrace_news(struct tgroup *tg, const struct wait_query *q, bool keep, struct wait_result *res,
		bool *any)
{
	struct ptracee *p;

	list_for_each(p, &tg->tracees, link) {
		if (!wait_selects(q, p->task->tid, p->task->tg->pgid))
			continue;
		*any = true;
		if (!p->stopped || p->reported)
			continue;
		res->pid = p->task->tid;
		res->uid = p->task->tg->uid;
		res->status = p->code << 8 | 0x7f;
		res->code = p->kind == PicoStopGroup ? LX_CLD_STOPPED : LX_CLD_TRAPPED;
		p->reported = !keep;
		return res->pid;
	}
	return dead_news(tg, q, keep, res);
}

bool ptrace_hides_stop(const struct tgroup *tg, const struct tgroup *c)
{
	return c->leader && c->leader->ptrace && c->leader->ptrace->tracer == tg;
}

int ptrace_tracer(struct task *tracee, bool *stopped)
{
	int pid = 0;

	lk_acquire(&tasks_lock);
	*stopped = tracee->ptrace && tracee->ptrace->stopped;
	if (tracee->ptrace)
		pid = tracee->ptrace->tracer->pid;
	lk_release(&tasks_lock);
	return pid;
}

/* ---- ends ---- */

/* A leader that is its tracer's child becomes an ordinary zombie; everybody else is told of here. */
void ptrace_task_ended(struct task *t, int wait_status)
{
	bool ran = t->thread->HostTid != 0; /* else its clone failed: nobody has heard of it */
	struct ptrace_dead *d = t->ptrace && ran ? mem_alloc(sizeof(*d)) : NULL;
	struct tgroup *tracer = NULL;
	struct ptracee *p;

	lk_acquire(&tasks_lock);
	p = unlink_tracee(t);
	if (p)
		tracer = tgroup_get(p->tracer);
	if (d && p && (t->tid != t->tg->pid || t->tg->parent != tracer)) {
		*d = (struct ptrace_dead){
			.tid = t->tid, .pgid = t->tg->pgid, .uid = t->tg->uid, .status = wait_status
		};
		list_add_tail(&tracer->dead_tracees, &d->link);
		d = NULL;
	}
	lk_release(&tasks_lock);
	mem_free(d);
	mem_free(p);
	if (tracer) {
		waitq_wake(&tracer->child_wait);
		tgroup_put(tracer);
	}
}

/* The next tracee of tg, taken from it: a reference. */
static struct task *take_tracee(struct tgroup *tg, bool *kill)
{
	struct ptracee *p = NULL;
	struct task *t = NULL;

	lk_acquire(&tasks_lock);
	if (!list_empty(&tg->tracees)) {
		p = list_first(&tg->tracees, struct ptracee, link);
		*kill = p->options & LX_PTRACE_O_EXITKILL;
		t = task_get(p->task);
		unlink_tracee(t);
	}
	lk_release(&tasks_lock);
	mem_free(p);
	return t;
}

static void free_dead(struct tgroup *tg)
{
	struct ptrace_dead *d, *tmp;
	struct list dead = LIST_INIT(dead);

	lk_acquire(&tasks_lock);
	list_for_each_safe(d, tmp, &tg->dead_tracees, link) {
		list_del(&d->link);
		list_add_tail(&dead, &d->link);
	}
	lk_release(&tasks_lock);
	list_for_each_safe(d, tmp, &dead, link)
		mem_free(d);
}

void ptrace_tracer_ended(struct tgroup *tg)
{
	struct task *t;
	bool kill;

	while ((t = take_tracee(tg, &kill)) != NULL) {
		PICO_DEBUG_REQUEST r = { .Operation = PicoDebugDetach };

		if (kill)
			pico.TerminateProcess(t->tg->process, STATUS_PROCESS_IS_TERMINATING);
		else
			pico.DebugThread(t->thread, &r);
		task_put(t);
	}
	free_dead(tg);
}
