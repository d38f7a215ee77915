/* SPDX-License-Identifier: MIT */
/*
 * clone.c - births. Every process-creating call becomes one legacy clone with CLONE_PARENT and no
 * exit signal, so that all guests are the supervisor's children and no host SIGCHLD is made.
 *
 * Order on the host: the parent's event and the child's first stop come in either order. The child
 * is held in its first stop until it is bound to its thread object: it is registered before its
 * first instruction. The number that clone returns is the provider's: the parent is sent through the
 * stub's trampoline (rax = r11, back to rcx), which saves a second stop.
 *
 * A clone that fails, or is to be restarted (ERESTARTNOINTR), ends in a syscall-exit stop instead:
 * the armed child is then reported unborn and all registers are put back.
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* First stops and deaths of children whose parents' events are still to come. Trace thread only. */
struct early {
	struct list link;
	pid_t tid;
	bool dead;
	int status;
};
static struct list early_list = LIST_INIT(early_list);
/* Parents whose host clone is running: only they can claim an early child. */
static unsigned cloning;

static struct early *early_find(pid_t tid)
{
	struct early *e;

	list_for_each(e, &early_list, link)
		if (e->tid == tid)
			return e;
	return NULL;
}

static struct early *early_add(pid_t tid)
{
	struct early *e = early_find(tid);

	if (!e) {
		e = calloc(1, sizeof *e);
		if (!e)
			lxrun_panic("out of memory in the trace thread");
		e->tid = tid;
		list_add_tail(&early_list, &e->link);
	}
	return e;
}

static void early_free(struct early *e)
{
	list_del(&e->link);
	free(e);
}

void PicoEarlyDeath(pid_t Tid, int WaitStatus)
{
	struct early *e = early_find(Tid);

	if (!cloning) {
		if (e)
			early_free(e);
		return;
	}
	e = early_add(Tid);
	e->dead = true;
	e->status = WaitStatus;
}

/* The parent was killed before its event could be read: its child never starts. */
static void kill_unclaimed(void)
{
	struct early *e, *tmp;

	if (cloning)
		return;
	list_for_each_safe(e, tmp, &early_list, link) {
		if (!e->dead) /* else the number is no longer its own */
			syscall(SYS_kill, e->tid, SIGKILL);
		early_free(e);
	}
}

/* The guest's set_tid_address has to reach the host before a second thread can outlive the first. */
static bool clear_tid_first(PICO_THREAD *t, pid_t tid, struct user_regs_struct *regs)
{
	if (!t->ClearTid || !(t->CloneFlags & CLONE_VM) || t->Life == LifeReissue)
		return false;
	regs->orig_rax = SYS_set_tid_address;
	regs->rax = (unsigned long long)-ENOSYS;
	regs->rdi = t->ClearTid;
	t->ClearTid = 0;
	t->OwnCall = true; /* the filter sees the new number, too */
	t->Life = LifeClearTid;
	ptrace(PTRACE_SETREGS, tid, 0, regs);
	ptrace(PTRACE_SYSCALL, tid, 0, 0);
	return true;
}

#define RED_ZONE 128u /* below the stack pointer, and still the function's */

/* Newer flags need clone3, whose arguments lie in memory: where the host would put a signal's frame. */
static void arm_clone3(PICO_THREAD *t, pid_t tid, struct user_regs_struct *regs, uint64_t flags)
{
	struct clone_args args = { .flags = flags,
				   .child_tid = t->ChildTid,
				   .parent_tid = t->ParentTid,
				   .stack = t->CloneStack ? t->CloneStack - 16 : 0,
				   .stack_size = t->CloneStack ? 16 : 0,
				   .tls = t->CloneTls };
	uint64_t where = (regs->rsp - RED_ZONE - sizeof args) & ~15ull;
	struct iovec l = { &args, sizeof args }, r = { (void *)where, sizeof args };

	if (process_vm_writev(tid, &l, 1, &r, 1, 0) != sizeof args)
		where = 0; /* EFAULT, then */
	regs->orig_rax = SYS_clone3;
	regs->rdi = where;
	regs->rsi = sizeof args;
}

void PicoCloneArmed(PICO_THREAD *T, pid_t Tid, struct user_regs_struct *Regs)
{
	uint64_t flags = T->CloneFlags &
			 ~(uint64_t)(CSIGNAL | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
				     CLONE_PIDFD | CLONE_PTRACE | CLONE_UNTRACED | CLONE_DETACHED);

	if (clear_tid_first(T, Tid, Regs))
		return;
	if (!(flags & CLONE_THREAD))
		flags |= CLONE_PARENT;
	Regs->orig_rax = SYS_clone;
	Regs->rax = (unsigned long long)-ENOSYS;
	Regs->rdi = flags;
	Regs->rsi = T->CloneStack;
	Regs->rdx = T->ParentTid;
	Regs->r10 = T->ChildTid;
	Regs->r8 = T->CloneTls;
	if (flags > UINT32_MAX)
		arm_clone3(T, Tid, Regs, flags);
	T->Life = LifeClone;
	cloning++;
	ptrace(PTRACE_SETREGS, Tid, 0, Regs);
	ptrace(PTRACE_SYSCALL, Tid, 0, 0);
}

void PicoCloneFailed(PICO_THREAD *T)
{
	PETHREAD child = T->Child;

	if (T->Life == LifeClone)
		cloning--;
	T->Life = LifeNone;
	T->Child = NULL;
	if (child)
		PicoThreadUnborn(child, T->ChildProcess);
	T->ChildProcess = NULL;
	kill_unclaimed();
}

static void write_number(pid_t tid, uint64_t address, uint32_t number)
{
	struct iovec l = { &number, sizeof number }, r = { (void *)address, sizeof number };

	/* a bad address is the guest's own loss, as natively */
	if (process_vm_writev(tid, &l, 1, &r, 1, 0) < 0 && trace_on(TR_PICO))
		trace_line(TR_PICO, "tid not written at %#llx", (unsigned long long)address);
}

/* The child is in its first stop and bound: gives it the registers that clone returns with, and lets it go. */
static void child_go(PICO_THREAD *c, pid_t tid)
{
	struct user_regs_struct r;

	c->Starting = false;
	if (!ptrace(PTRACE_GETREGS, tid, 0, &r)) {
		r.rdi = c->Entry.rdi;
		r.rsi = c->Entry.rsi;
		r.rdx = c->Entry.rdx;
		r.r10 = c->Entry.r10;
		r.r8 = c->Entry.r8;
		r.rax = 0;
		r.orig_rax = (unsigned long long)-1;
		ptrace(PTRACE_SETREGS, tid, 0, &r);
	}
	if (c->CloneFlags & CLONE_CHILD_SETTID)
		write_number(tid, c->ChildTid, c->Number);
	PicoDebugShowOrCont(c, tid, PicoStopStart, 0);
}

void PicoChildStop(pid_t Tid)
{
	PETHREAD thread = PicoThreadLookup(Tid);

	if (!thread) {
		early_add(Tid);
		kill_unclaimed();
		return;
	}
	child_go(thread->Pico, Tid);
	ObDereferenceObject(&thread->Object);
}

/*
 * Sends the parent back with its registers and the provider's number as result. Who is to see the
 * end of the call gets the number there; else the trampoline saves the stop.
 */
void PicoCloneReturn(PICO_THREAD *t, pid_t tid)
{
	struct user_regs_struct r = t->Entry;

	if (t->Mode != PicoResumeContinue) {
		t->Life = LifeCloneReturn;
		ptrace(PTRACE_SYSCALL, tid, 0, 0);
		return;
	}
	r.rcx = r.rip;
	r.r11 = t->ChildNumber;
	r.rip = STUB_RETURN;
	r.orig_rax = (unsigned long long)-1;
	r.rax = t->ChildNumber;
	ptrace(PTRACE_SETREGS, tid, 0, &r);
	PicoCont(t, tid, 0);
}

void PicoCloneEvent(PICO_THREAD *T, pid_t Tid, pid_t ChildTid)
{
	static const struct rusage none;
	PETHREAD child = T->Child;
	PICO_THREAD *c = child->Pico;
	struct early *e = early_find(ChildTid);

	T->Child = NULL;
	T->ChildProcess = NULL;
	T->Life = LifeNone;
	cloning--;
	c->Entry = T->Entry;
	c->CloneFlags = T->CloneFlags;
	c->ChildTid = T->ChildTid;
	c->Starting = c->HasStub = true;
	if (T->CloneFlags & CLONE_PARENT_SETTID)
		write_number(Tid, T->ParentTid, T->ChildNumber);
	if (T->NoteAddress)
		write_number(Tid, T->NoteAddress, T->Note);
	PicoThreadBind(child, ChildTid); /* consumes our reference */
	PicoBalanceBorn(T->Thread, child);
	if (!PicoDebugShow(T, PicoStopClone, 0, T->ChildNumber))
		PicoCloneReturn(T, Tid);
	if (e) {
		bool dead = e->dead;
		int status = e->status;

		early_free(e);
		if (dead)
			PicoThreadDied(ChildTid, status, &none);
		else
			child_go(c, ChildTid);
	}
	kill_unclaimed();
}
