/* SPDX-License-Identifier: MIT */
/*
 * signal.c - signals on their way into a guest thread, and group stops.
 *
 * The host keeps masks, handlers and frames. A signal that it is about to deliver stops here first;
 * the provider may change what it says (siginfo) or swallow it.
 */
#include "picop.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(siginfo_t) == sizeof(PICO_SIGNAL_INFO), "siginfo_t");

/* One "Sig???:\t<16 hex digits>" line of /proc/TID/status. */
static ULONG64 mask_line(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? strtoull(p + strlen(key), NULL, 16) : 0;
}

NTSTATUS PicoQuerySignalState(PETHREAD Thread, PICO_SIGNAL_STATE *State)
{
	char path[64], text[4096];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/status", (int)Thread->HostTid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof text - 1);
		close(fd);
	}
	if (n <= 0)
		return STATUS_THREAD_IS_TERMINATING;
	text[n] = 0;
	*State = (PICO_SIGNAL_STATE){
		.Pending = mask_line(text, "SigPnd:\t"),
		.GroupPending = mask_line(text, "ShdPnd:\t"),
		.Blocked = mask_line(text, "SigBlk:\t"),
		.Ignored = mask_line(text, "SigIgn:\t"),
		.Caught = mask_line(text, "SigCgt:\t"),
	};
	if (Thread->Pico->OwnMaskKnown)
		State->Blocked = Thread->Pico->OwnMask;
	return STATUS_SUCCESS;
}

/*
 * A mask can be changed from outside only in a stop, and the one signal that makes a stop for sure is
 * SIGSTOP. The thread gets one of ours, which never reaches it: in its delivery stop the wait's mask
 * is put in force, and the signal that is now free stops the thread again. It is delivered with a
 * single step, which stops once more behind the handler's frame: there the thread's own mask goes
 * into the frame, as the host itself does it for a ppoll of its own.
 *
 * Two things can come between. A signal that is open anyway has a lower number: it gets the thread's
 * own mask, and so does its handler. Or another thread takes the signal, if it was the group's: then
 * the thread runs on, by a single step, behind which its own mask is put back.
 */
NTSTATUS PicoDeliverWithMask(PETHREAD Thread, ULONG64 Mask, ULONG64 For)
{
	Thread->Pico->WaitMask = Mask;
	Thread->Pico->WaitFor = For;
	Thread->Pico->MaskState = MaskAsked;
	return syscall(SYS_tgkill, (pid_t)Thread->Process->HostPid, (pid_t)Thread->HostTid, SIGSTOP)
		       ? STATUS_THREAD_IS_TERMINATING
		       : STATUS_SUCCESS;
}

#define FRAME_UCONTEXT 8u   /* behind the return address: struct rt_sigframe */
#define UCONTEXT_MASK  296u /* uc_sigmask in the kernel's struct ucontext */

static void put_mask_in_frame(PICO_THREAD *t, pid_t tid)
{
	struct user_regs_struct regs;

	if (!ptrace(PTRACE_GETREGS, tid, 0, &regs))
		ptrace(PTRACE_POKEDATA, tid, regs.rsp + FRAME_UCONTEXT + UCONTEXT_MASK, t->OwnMask);
}

static void put_wait_mask(PICO_THREAD *t, pid_t tid)
{
	uint64_t mask = t->WaitMask, own;

	if (!t->OwnMaskKnown && !ptrace(PTRACE_GETSIGMASK, tid, sizeof own, &own)) {
		t->OwnMask = own;
		t->OwnMaskKnown = true;
	}
	ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
	t->MaskState = MaskTemporary;
	t->MaskStep = true;
	ptrace(PTRACE_SINGLESTEP, tid, 0, 0);
}

static void put_own_mask(PICO_THREAD *t, pid_t tid)
{
	uint64_t own = t->OwnMask;

	if (t->OwnMaskKnown)
		ptrace(PTRACE_SETSIGMASK, tid, sizeof own, &own);
	t->OwnMaskKnown = false;
}

/* Returns true when the stop was the engine's own and the thread has been sent on. */
static bool swap_mask(PICO_THREAD *t, pid_t tid, int sig)
{
	bool stepped = t->MaskStep && sig == SIGTRAP;

	t->MaskStep = false;
	if (t->MaskState == MaskAsked && sig == SIGSTOP) {
		put_wait_mask(t, tid);
		return true;
	}
	if (t->MaskState == MaskInFrame) {
		t->MaskState = MaskOwn;
		if (sig != SIGTRAP)
			return false;
		put_mask_in_frame(t, tid);
	} else if (t->MaskState == MaskDropped && sig == SIGSTOP) {
		t->MaskState = MaskOwn;
	} else if (!stepped) {
		return false;
	} else if (t->MaskState == MaskTemporary) { /* nothing came */
		put_own_mask(t, tid);
		t->MaskState = MaskOwn;
	}
	PicoCont(t, tid, 0);
	return true;
}

/* sig is on its way to the thread. If the wait's mask is not meant for it, the thread's own is in force again. */
static void drop_wait_mask(PICO_THREAD *t, pid_t tid, int sig)
{
	if (t->WaitFor >> (sig - 1) & 1)
		return;
	if (t->MaskState == MaskAsked)
		t->MaskState = MaskDropped;
	else if (t->MaskState == MaskTemporary)
		t->MaskState = MaskOwn;
	else
		return;
	put_own_mask(t, tid);
}

void PicoDeliver(PICO_THREAD *t, pid_t tid, int sig)
{
	if (t->MaskState != MaskTemporary) {
		PicoCont(t, tid, sig);
		return;
	}
	if (!sig) {
		t->MaskState = MaskOwn;
		put_own_mask(t, tid);
		PicoCont(t, tid, 0);
		return;
	}
	t->MaskState = MaskInFrame;
	t->OwnMaskKnown = false;
	ptrace(PTRACE_SINGLESTEP, tid, 0, sig);
}

bool PicoIsHostRoute(const struct user_regs_struct *r)
{
	const uint64_t args[6] = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };

	for (ULONG i = 0; i < Pico.Provider.RouteCount; i++) {
		const PICO_CALL_ROUTE *route = &Pico.Provider.Routes[i];
		uint64_t arg = args[route->ArgIndex];

		if (route->Number != r->orig_rax || route->Route != PicoRouteHost)
			continue;
		if (route->ArgNot ? (uint32_t)arg != route->ArgValue
				  : (arg & route->ArgMask) == route->ArgValue)
			return true;
	}
	return false;
}

/*
 * A notification that nobody has received yet is given up by the host when a signal comes, with
 * ERESTARTSYS: a handler without SA_RESTART would see EINTR from getpid(). The call has not begun:
 * ERESTARTNOINTR makes it again. Calls that the host executes, or that we answered with a restart
 * code, have their own right to EINTR.
 */
static void restart_unserved(PICO_THREAD *t, pid_t tid)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, tid, 0, &r) || (long long)r.orig_rax < 0 ||
	    (long long)r.rax != -512)
		return;
	if (PicoIsHostRoute(&r) ||
	    t->HostCall == PicoCallKey(r.orig_rax, r.rip, r.rdi, r.rsi, r.rdx))
		return;
	r.rax = (unsigned long long)-513;
	ptrace(PTRACE_SETREGS, tid, 0, &r);
}

void PicoSignalStop(pid_t Tid, int Signal)
{
	PETHREAD thread = PicoThreadLookup(Tid);
	PICO_SIGNAL_INFO info;
	int sig = Signal;

	if (!thread) {
		PicoCont(NULL, Tid, sig);
		return;
	}
	restart_unserved(thread->Pico, Tid);
	if (!swap_mask(thread->Pico, Tid, sig)) {
		drop_wait_mask(thread->Pico, Tid, sig);
		if (!ptrace(PTRACE_GETSIGINFO, Tid, 0, &info) &&
		    Pico.Provider.SignalDelivery(thread, &sig, &info) && sig)
			ptrace(PTRACE_SETSIGINFO, Tid, 0, &info);
		if (sig == PICO_SIGNAL_HOLD)
			PicoDebugHold(thread->Pico, PicoStopSignal);
		else
			PicoDeliver(thread->Pico, Tid, sig);
	}
	ObDereferenceObject(&thread->Object);
}

/* Signal: the group has stopped by it (once per thread); 0: this thread leaves a stop or trap. */
void PicoGroupStop(pid_t Tid, int Signal)
{
	PETHREAD thread = PicoThreadLookup(Tid);
	PICO_PROCESS *p = thread->Process->Pico;

	if (PicoDebugShow(thread->Pico, Signal ? PicoStopGroup : PicoStopTrap, Signal, 0)) {
		ObDereferenceObject(&thread->Object);
		return;
	}
	if (Signal)
		ptrace(PTRACE_LISTEN, Tid, 0, 0);
	else
		PicoCont(thread->Pico, Tid, 0);
	if (p->StopSignal != Signal) {
		p->StopSignal = Signal;
		Pico.Provider.ProcessStopped(thread->Process, Signal);
	}
	ObDereferenceObject(&thread->Object);
}
