/* SPDX-License-Identifier: MIT */
/*
 * debug.c - threads that a debugger in the guest follows.
 *
 * The host's ptrace is ours alone, so a guest's ptrace(2) is lxcore's; what it needs of a thread -
 * stops that last, registers, a way to go on - is handed on from here. A debugged thread is not
 * continued at a stop that the provider wants to show: it stays in the host's stop (Held) until
 * PicoDebugResume. Registers, single steps and syscall stops are then the host's own.
 *
 * ptrace requests are the trace thread's alone. Other threads queue theirs and kick it out of wait4.
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include "../host/host_sys.h"
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define KICK_AGAIN_NS 1000000 /* a kick can fall between the look at the queue and wait4 */

struct queued {
	struct list link;
	PETHREAD thread;
	PPICO_DEBUG_REQUEST request;
	NTSTATUS status;
	_Atomic uint32_t done; /* futex */
};
static struct lk queue_lock = LK_INIT(PICO);
static struct list queue = LIST_INIT(queue);
static _Atomic uint32_t queued_count;
static bool closed; /* queue_lock */

/* ---- stops ---- */

void PicoDebugHold(PICO_THREAD *T, PICO_STOP_KIND Kind)
{
	T->Held = true;
	T->HeldAs = Kind;
	T->Interrupting = false;
}

bool PicoDebugShow(PICO_THREAD *T, PICO_STOP_KIND Kind, int Signal, uint64_t Message)
{
	const PICO_STOP stop = { .Kind = Kind, .Signal = Signal, .Message = Message };

	if (!T->Debugged || !Pico.Provider.DebugStop(T->Thread, &stop))
		return false;
	PicoDebugHold(T, Kind);
	return true;
}

void PicoDebugShowOrCont(PICO_THREAD *T, pid_t Tid, PICO_STOP_KIND Kind, uint64_t Message)
{
	if (!PicoDebugShow(T, Kind, 0, Message))
		PicoCont(T, Tid, 0);
}

void PicoDebugSyscallStop(PICO_THREAD *T, pid_t Tid)
{
	struct __ptrace_syscall_info info;

	if (!T->Debugged || T->Mode != PicoResumeSyscall ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, Tid, sizeof info, &info) <= 0) {
		PicoCont(T, Tid, 0);
		return;
	}
	PicoDebugShowOrCont(T, Tid,
			    info.op == PTRACE_SYSCALL_INFO_ENTRY ? PicoStopSyscallEntry
								 : PicoStopSyscallExit,
			    0);
}

/* The registers that execve(2) leaves: what the stub's last instructions would make of r's. */
static void leave_stub(struct user_regs_struct *r)
{
	struct user_regs_struct clean = {
		.rip = r->r12,
		.rsp = r->rsp,
		.eflags = r->eflags,
		.cs = r->cs,
		.ss = r->ss,
		.ds = r->ds,
		.es = r->es,
		.fs = r->fs,
		.gs = r->gs,
		.fs_base = r->fs_base,
		.gs_base = r->gs_base,
		.orig_rax = SYS_execve,
	};

	*r = clean;
}

void PicoDebugStubStop(PICO_THREAD *T, pid_t Tid)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, Tid, 0, &r))
		return;
	/* the end of the one call that page 0 of the stub makes */
	if (r.rip >= STUB_CODE || r.rip < STUB_BASE || r.orig_rax != SYS_munmap || r.rax) {
		ptrace(PTRACE_SYSCALL, Tid, 0, 0);
		return;
	}
	leave_stub(&r);
	ptrace(PTRACE_SETREGS, Tid, 0, &r);
	T->Life = LifeNone;
	PicoDebugShowOrCont(T, Tid, PicoStopExec, (uint64_t)T->ExecOldTid);
}

void PicoDebugOptions(PICO_THREAD *T, pid_t Tid)
{
	long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;

	if (!T->ShowStale)
		return;
	T->ShowStale = false;
	if (T->Show & PICO_DEBUG_SHOW_VFORK_DONE)
		options |= PTRACE_O_TRACEVFORKDONE;
	ptrace(PTRACE_SETOPTIONS, Tid, 0, options);
}

/* ---- requests, on the trace thread ---- */

static NTSTATUS outcome(long result)
{
	if (result >= 0)
		return STATUS_SUCCESS;
	if (errno == EINVAL)
		return STATUS_INVALID_PARAMETER;
	return errno == ESRCH ? STATUS_THREAD_IS_TERMINATING : STATUS_ACCESS_VIOLATION;
}

static void go_on(PICO_THREAD *t, pid_t tid, int sig, const PICO_SIGNAL_INFO *info)
{
	t->Held = false;
	switch (t->HeldAs) {
	case PicoStopSignal:
		if (sig && info)
			ptrace(PTRACE_SETSIGINFO, tid, 0, info);
		PicoDeliver(t, tid, sig);
		break;
	case PicoStopClone:
		PicoCloneReturn(t, tid);
		break;
	case PicoStopEnd:
		PicoExitGo(t, tid);
		break;
	case PicoStopSyscallEntry:
	case PicoStopSyscallExit:
	case PicoStopExec: /* the host makes the signal pending for the thread */
		PicoCont(t, tid, sig);
		break;
	default:
		PicoCont(t, tid, 0);
	}
}

static NTSTATUS detach(PICO_THREAD *t, pid_t tid, PPICO_DEBUG_REQUEST r)
{
	t->Debugged = t->Interrupting = false;
	t->Mode = PicoResumeContinue;
	t->Show = 0;
	t->ShowStale = true;
	if (!t->Held || t->HeldAs == PicoStopEnd)
		return STATUS_SUCCESS;
	PicoDebugOptions(t, tid);
	if (t->HeldAs == PicoStopGroup && !r->Data && t->Thread->Process->Pico->StopSignal) {
		t->Held = false; /* its group is still stopped, and it with it */
		ptrace(PTRACE_LISTEN, tid, 0, 0);
	} else {
		go_on(t, tid, (int)r->Data, r->Buffer);
	}
	return STATUS_SUCCESS;
}

static NTSTATUS regset(pid_t tid, int request, PPICO_DEBUG_REQUEST r)
{
	struct iovec iov = { r->Buffer, r->Size };
	long result = ptrace(request, tid, r->Address, &iov);

	r->Size = iov.iov_len;
	return outcome(result);
}

static NTSTATUS held_request(PICO_THREAD *t, pid_t tid, PPICO_DEBUG_REQUEST r)
{
	switch (r->Operation) {
	case PicoDebugResume:
		t->Mode = (PICO_RESUME_MODE)r->Address;
		go_on(t, tid, (int)r->Data, r->Buffer);
		return STATUS_SUCCESS;
	case PicoDebugListen:
		if (t->HeldAs != PicoStopGroup && t->HeldAs != PicoStopTrap)
			return STATUS_INVALID_DEVICE_REQUEST;
		t->Held = false;
		return outcome(ptrace(PTRACE_LISTEN, tid, 0, 0));
	case PicoDebugGetRegset:
		return regset(tid, PTRACE_GETREGSET, r);
	case PicoDebugSetRegset:
		return regset(tid, PTRACE_SETREGSET, r);
	case PicoDebugPeekUser:
		/* the raw call: the word goes where the last argument says */
		return outcome(syscall(SYS_ptrace, PTRACE_PEEKUSER, tid, r->Address, &r->Data));
	case PicoDebugPokeUser:
		return outcome(ptrace(PTRACE_POKEUSER, tid, r->Address, r->Data));
	case PicoDebugGetSignalMask:
		return outcome(ptrace(PTRACE_GETSIGMASK, tid, sizeof r->Data, &r->Data));
	case PicoDebugSetSignalMask:
		return outcome(ptrace(PTRACE_SETSIGMASK, tid, sizeof r->Data, &r->Data));
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

static NTSTATUS perform(PETHREAD thread, PPICO_DEBUG_REQUEST r)
{
	PICO_THREAD *t = thread->Pico;
	pid_t tid = (pid_t)thread->HostTid;
	bool newly;

	switch (r->Operation) {
	case PicoDebugAttach:
		newly = !t->Debugged;
		t->Debugged = true;
		t->ShowStale = t->ShowStale || t->Show != (uint32_t)r->Data;
		t->Show = (uint32_t)r->Data;
		if (t->Held)
			PicoDebugOptions(t, tid);
		else if (newly && thread->Process->Pico->StopSignal) /* shows its group stop now */
			ptrace(PTRACE_INTERRUPT, tid, 0, 0);
		return STATUS_SUCCESS;
	case PicoDebugDetach:
		return detach(t, tid, r);
	case PicoDebugInterrupt:
		t->Interrupting = true;
		return tid ? outcome(ptrace(PTRACE_INTERRUPT, tid, 0, 0))
			   : STATUS_THREAD_IS_TERMINATING;
	default:
		return t->Held ? held_request(t, tid, r) : STATUS_INVALID_DEVICE_REQUEST;
	}
}

static void answer(struct queued *q, NTSTATUS status)
{
	_Atomic uint32_t *done = &q->done;

	q->status = status;
	*done = 1;
	syscall(SYS_futex, done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); /* only an address by now */
}

void PicoDebugServe(bool Over)
{
	struct queued *q;

	while (queued_count || Over) {
		lk_acquire(&queue_lock);
		closed = Over;
		q = list_empty(&queue) ? NULL : list_first(&queue, struct queued, link);
		if (q) {
			list_del(&q->link);
			queued_count--;
		}
		lk_release(&queue_lock);
		if (!q)
			break;
		answer(q, Over ? STATUS_THREAD_IS_TERMINATING : perform(q->thread, q->request));
	}
}

/* ---- requests, on any thread ---- */

NTSTATUS PicoDebugThread(PETHREAD Thread, PPICO_DEBUG_REQUEST Request)
{
	const struct timespec again = { 0, KICK_AGAIN_NS };
	struct queued q = { .thread = Thread, .request = Request };
	bool refused;

	if (PicoOnTracer())
		return perform(Thread, Request);
	lk_acquire(&queue_lock);
	refused = closed;
	if (!refused) {
		list_add_tail(&queue, &q.link);
		queued_count++;
	}
	lk_release(&queue_lock);
	if (refused)
		return STATUS_THREAD_IS_TERMINATING;
	while (!q.done) {
		PicoTracerKick();
		syscall(SYS_futex, &q.done, FUTEX_WAIT_PRIVATE, 0, &again, NULL, 0);
	}
	return q.status;
}
