/* SPDX-License-Identifier: MIT */
/*
 * tracer.c - the trace thread: every ptrace stop of every guest.
 *
 * ptrace is used for life-cycle calls (SECCOMP_RET_TRACE), signals, stops and deaths only; ordinary
 * calls never stop here. One thread must do all of it (ptrace requests are the tracer's alone), so
 * nothing here may wait for a guest or for a lock that is held for long. Any request can fail with
 * ESRCH because the guest was killed meanwhile: its death comes as a wait status of its own, and is
 * handled there.
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/futex.h>
#include <linux/ptrace.h>
#include <time.h>
#include <unistd.h>

static const struct rusage none;
static pthread_t tracer_thread;
static _Atomic bool tracer_running, tracer_over;
static _Thread_local bool on_tracer;
static struct {
	const char *Path;
	char *const *Argv, *const *Envp;
	PETHREAD First;
	NTSTATUS Status;
	KEVENT Started;
} start;

void PicoCont(PICO_THREAD *T, pid_t Tid, int Signal)
{
	static const int requests[] = {
		[PicoResumeContinue] = PTRACE_CONT,
		[PicoResumeSyscall] = PTRACE_SYSCALL,
		[PicoResumeStep] = PTRACE_SINGLESTEP,
		[PicoResumeBlockStep] = PTRACE_SINGLEBLOCK,
	};
	int request = !T ? PTRACE_CONT : T->Life == LifeStub ? PTRACE_SYSCALL : requests[T->Mode];

	if (request == PTRACE_CONT && Pico.Watching)
		request = PTRACE_SYSCALL;
	if (T && T->Interrupting) /* before it runs: a second one would stop it twice */
		ptrace(PTRACE_INTERRUPT, Tid, 0, 0);
	ptrace(request, Tid, 0, Signal);
}

bool PicoOnTracer(void)
{
	return on_tracer;
}

/* The signal ends wait4; one that comes just before wait4 is lost, so the asker kicks again. */
bool PicoTracerKick(void)
{
	return tracer_running && !pthread_kill(tracer_thread, PICO_KICK_SIGNAL);
}

static void fill_frame(KTRAP_FRAME *f, const struct user_regs_struct *r)
{
	*f = (KTRAP_FRAME){ .Rax = r->orig_rax,
			    .Rdi = r->rdi,
			    .Rsi = r->rsi,
			    .Rdx = r->rdx,
			    .R10 = r->r10,
			    .R8 = r->r8,
			    .R9 = r->r9,
			    .Rip = r->rip,
			    .Rsp = r->rsp };
}

/* Lets the provider decide on this thread. */
static void dispatch(PPS_PICO_SYSTEM_CALL_INFORMATION call, const struct user_regs_struct *regs)
{
	PKTHREAD before = KeAttachThread(&call->Thread->Tcb);

	fill_frame(call->TrapFrame, regs);
	Pico.Provider.DispatchSystemCall(call);
	KeAttachThread(before);
}

/* The call has its answer: the host is to skip it. */
static void skip_call(pid_t tid, struct user_regs_struct *regs, uint64_t answer)
{
	regs->orig_rax = (unsigned long long)-1;
	regs->rax = answer;
	ptrace(PTRACE_SETREGS, tid, 0, regs);
}

/* The call becomes a shmat of the host's own number for the section's pages. */
static void map_armed(PICO_THREAD *t, pid_t tid, struct user_regs_struct *regs)
{
	regs->orig_rax = SYS_shmat;
	regs->rdi = (unsigned long long)t->MapSegment;
	regs->rsi = t->MapAddress;
	regs->rdx = t->MapFlags;
	t->Life = LifeMap;
	ptrace(PTRACE_SETREGS, tid, 0, regs);
	ptrace(PTRACE_SYSCALL, tid, 0, 0);
}

/* A life-cycle call: the provider decides, the host acts. */
static void life_call(PICO_THREAD *t, pid_t tid)
{
	struct user_regs_struct regs;
	KTRAP_FRAME frame;
	PS_PICO_SYSTEM_CALL_INFORMATION call = { .TrapFrame = &frame, .Thread = t->Thread };

	if (ptrace(PTRACE_GETREGS, tid, 0, &regs))
		return;
	if (t->Life == LifeReissue && t->Entry.rip == regs.rip && t->Entry.rsp == regs.rsp) {
		PicoCloneArmed(t, tid, &regs);
		return;
	}
	t->Entry = regs;
	t->Life = LifeNone;
	dispatch(&call, &regs);
	switch (call.Disposition) {
	case PicoClone:
		PicoCloneArmed(t, tid, &regs);
		return;
	case PicoExec:
		PicoExecArmed(t, tid, &regs);
		return;
	case PicoMap:
		map_armed(t, tid, &regs);
		return;
	case PicoContinue:
		break;
	default:
		t->Life = t->Mode == PicoResumeSyscall ? LifeAnswered : LifeNone;
		t->Answer = frame.Rax;
		skip_call(tid, &regs, frame.Rax);
	}
	PicoCont(t, tid, 0);
}

static bool is_entry(pid_t tid)
{
	struct ptrace_syscall_info info = { 0 };

	ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/*
 * A call cannot be skipped before the filter has seen it, which would take -1 for a call of its own:
 * one that it lets pass and that does nothing is made instead.
 */
static void answer_at_exit(PICO_THREAD *t, pid_t tid, struct user_regs_struct *regs,
			   uint64_t answer)
{
	t->Entry = *regs;
	t->Life = LifeAnswered;
	t->Answer = answer;
	regs->orig_rax = SYS_sched_yield;
	ptrace(PTRACE_SETREGS, tid, 0, regs);
}

/* Watching only. At the entry of a call that the filter would let pass unseen the provider is shown it. */
static void watch(PICO_THREAD *t, pid_t tid)
{
	struct user_regs_struct regs;
	KTRAP_FRAME frame;
	PS_PICO_SYSTEM_CALL_INFORMATION call = { .TrapFrame = &frame,
						 .Thread = t->Thread,
						 .HostRoute = TRUE };

	if (ptrace(PTRACE_GETREGS, tid, 0, &regs) || regs.rip >> 32 == STUB_BASE >> 32)
		return;
	if (!is_entry(tid)) {
		Pico.Provider.CallReturned(t->Thread, (LONG64)regs.rax);
	} else if (PicoIsHostRoute(&regs)) {
		dispatch(&call, &regs);
		if (call.Disposition == PicoReturn)
			answer_at_exit(t, tid, &regs, frame.Rax);
	}
}

/* End of a call that we made the host execute: an event (clone, exec) would have come first on success. */
static void life_exit(PICO_THREAD *t, pid_t tid)
{
	struct user_regs_struct regs, back = t->Entry;
	enum pico_life life = t->Life;

	if (ptrace(PTRACE_GETREGS, tid, 0, &regs))
		return;
	if (life != LifeClone)
		t->Life = LifeNone;
	back.rax =
		regs.rax; /* with orig_rax and the arguments as they were, the host restarts rightly */
	back.rcx = regs.rcx;
	back.r11 = regs.r11;
	switch (life) {
	case LifeClone:
		PicoCloneFailed(t);
		break;
	case LifeExec:
		PicoExecFailed(t, (long)regs.rax);
		break;
	case LifeClearTid: /* now the clone itself: let the guest make the call again */
		t->Life = LifeReissue;
		back.rax = t->Entry.orig_rax;
		back.rip = t->Entry.rip - 2;
		back.orig_rax = (unsigned long long)-1;
		ptrace(PTRACE_SETREGS, tid, 0, &back);
		PicoCont(t, tid, 0);
		return;
	case LifeMap:
		if (Pico.Watching)
			Pico.Provider.CallReturned(t->Thread, (LONG64)regs.rax);
		break;
	case LifeAnswered:
		back.rax = t->Answer;
		if (Pico.Watching)
			Pico.Provider.CallReturned(t->Thread, (LONG64)t->Answer);
		break;
	default: /* LifeCloneReturn */
		back.rax = t->ChildNumber;
	}
	ptrace(PTRACE_SETREGS, tid, 0, &back);
	PicoDebugSyscallStop(t, tid);
}

static void syscall_stop(PICO_THREAD *t, pid_t tid)
{
	switch (t->Life) {
	case LifeStub:
		PicoDebugStubStop(t, tid);
		break;
	case LifeReissue: /* the guest makes the call again, and has shown it already */
		PicoCont(t, tid, 0);
		break;
	case LifeNone:
		if (Pico.Watching)
			watch(t, tid);
		PicoDebugSyscallStop(t, tid);
		break;
	default:
		life_exit(t, tid);
	}
}

static bool is_stop_signal(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/*
 * A SIGKILL takes a thread out of the stop that wait4 told of and, as fast as we look, into the one of its
 * exit, whose message is another: false then, and its death is still to be told.
 */
static bool event_message(pid_t tid, int event, unsigned long *message)
{
	siginfo_t info;

	return !ptrace(PTRACE_GETEVENTMSG, tid, 0, message) &&
	       !ptrace(PTRACE_GETSIGINFO, tid, 0, &info) && info.si_code >> 8 == event;
}

/* A child whose parent's event is still to come, or never will because the parent was killed. */
static void unknown_stop(pid_t tid, int event)
{
	if (event == PTRACE_EVENT_EXIT)
		PicoCont(NULL, tid, 0);
	else
		PicoChildStop(tid);
}

void PicoExitGo(PICO_THREAD *T, pid_t Tid)
{
	unsigned long msg = 0;

	PicoRobustExit(T, Tid);
	if (T->Show & PICO_DEBUG_SHOW_EXIT) {
		ptrace(PTRACE_GETEVENTMSG, Tid, 0, &msg);
		PicoDebugShowOrCont(T, Tid, PicoStopExit, msg);
	} else {
		PicoCont(T, Tid, 0);
	}
}

/* The host has no other end for a thread in this stop than ours: not even SIGKILL takes it out. */
static void exit_stop(PICO_THREAD *t, pid_t tid)
{
	unsigned long msg = 0;

	if (t->Child || t->Life == LifeClone) /* killed in the middle of a clone */
		PicoCloneFailed(t);
	if (!ptrace(PTRACE_GETEVENTMSG, tid, 0, &msg) &&
	    Pico.Provider.ThreadEnds(t->Thread, (int)msg))
		PicoDebugHold(t, PicoStopEnd);
	else
		PicoExitGo(t, tid);
}

static void stopped(pid_t tid, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);
	PETHREAD thread = PicoThreadLookup(tid);
	PICO_THREAD *t;
	unsigned long msg = 0;

	if (!thread) {
		unknown_stop(tid, event);
		return;
	}
	t = thread->Pico;
	PicoDebugOptions(t, tid);
	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		life_call(t, tid);
		break;
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		/* killed meanwhile: its death undoes the clone */
		if (event_message(tid, event, &msg))
			PicoCloneEvent(t, tid, (pid_t)msg);
		break;
	case PTRACE_EVENT_EXEC:
		PicoExecEvent(thread);
		break;
	case PTRACE_EVENT_VFORK_DONE:
		PicoDebugShowOrCont(t, tid, PicoStopVforkDone, t->ChildNumber);
		break;
	case PTRACE_EVENT_EXIT:
		exit_stop(t, tid);
		break;
	case PTRACE_EVENT_STOP:
		if (t->Starting)
			PicoChildStop(tid);
		else
			PicoGroupStop(tid, is_stop_signal(sig) ? sig : 0);
		break;
	default:
		if (sig == (SIGTRAP | 0x80))
			syscall_stop(t, tid);
		else
			PicoSignalStop(tid, sig);
	}
	ObDereferenceObject(&thread->Object);
}

static void one_status(pid_t tid, int status, const struct rusage *usage)
{
	PETHREAD known;

	Pico.Counters.Stops++;
	if (WIFSTOPPED(status)) {
		stopped(tid, status);
		return;
	}
	known = PicoThreadLookup(tid);
	if (known) {
		ObDereferenceObject(&known->Object);
		PicoThreadDied(tid, status, usage);
	} else {
		PicoEarlyDeath(tid, status);
	}
}

/* Waits for the first life-cycle stop: from then on the listener exists. */
static NTSTATUS first_stop(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) == pid) {
		if (!WIFSTOPPED(status))
			break;
		if (status >> 16 == PTRACE_EVENT_SECCOMP) {
			Pico.Listener = PicoLaunchListener();
			if (!NT_SUCCESS(PicoReceiversStart()))
				return STATUS_INSUFFICIENT_RESOURCES;
			Pico.Watching = Pico.Provider.WatchCalls;
			one_status(pid, status, &none);
			return STATUS_SUCCESS;
		}
		PicoCont(NULL, pid, status >> 16 ? 0 : WSTOPSIG(status));
	}
	return STATUS_UNSUCCESSFUL;
}

/* ---- watching begins and ends while guests run ---- */

enum { WATCH_AS_IT_IS, WATCH_OFF, WATCH_ON };
static _Atomic uint32_t watch_wanted;

/* One that is held, or on its way through a life-cycle call, comes by PicoCont() by itself. */
static void interrupt_running(PETHREAD thread, void *context)
{
	PICO_THREAD *t = thread->Pico;
	pid_t tid = (pid_t)thread->HostTid;

	if (tid > 0 && t->Life == LifeNone && !t->Starting && !t->Held && !t->Debugged)
		ptrace(PTRACE_INTERRUPT, tid, 0, 0);
}

static void serve_watch(void)
{
	uint32_t wanted = watch_wanted;

	if (wanted == WATCH_AS_IT_IS)
		return;
	Pico.Watching = wanted == WATCH_ON;
	if (Pico.Watching)
		PicoThreadForEach(interrupt_running, NULL);
	watch_wanted = WATCH_AS_IT_IS;
	syscall(SYS_futex, &watch_wanted, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

VOID PicoWatchCalls(BOOLEAN On)
{
	const struct timespec again = { 0, 1000000 }; /* a kick may come just before wait4 */
	uint32_t wanted = On ? WATCH_ON : WATCH_OFF;

	watch_wanted = wanted;
	while (watch_wanted == wanted && !tracer_over && PicoTracerKick())
		syscall(SYS_futex, &watch_wanted, FUTEX_WAIT_PRIVATE, wanted, &again, NULL, 0);
}

static void *tracer_main(void *arg)
{
	struct rusage usage;
	pid_t pid, tid;
	int status;

	prctl(PR_SET_NAME, "lxrun-tracer");
	on_tracer = true;
	PicoBalanceInit();
	PicoBalanceAdopt();
	pid = PicoLaunch(start.Path, start.Argv, start.Envp);
	if (pid > 0) {
		ObReferenceObject(&start.First->Object);
		PicoThreadBind(start.First, pid);
		PicoBalanceBorn(NULL, start.First);
		start.Status = first_stop(pid);
		if (!NT_SUCCESS(start.Status))
			PicoThreadDied(pid, SIGKILL, &none);
	} else {
		TRACE(TR_PICO, "the first process cannot be started: %s", strerror(-pid));
		start.Status = STATUS_UNSUCCESSFUL;
	}
	KeSetEvent(&start.Started);
	while (Pico.Guests > 0) {
		PicoDebugServe(false);
		serve_watch();
		tid = wait4(-1, &status, __WALL, &usage);
		if (tid > 0)
			one_status(tid, status, &usage);
		else if (errno != EINTR)
			break;
	}
	tracer_over = true;
	PicoDebugServe(true);
	return arg;
}

NTSTATUS PicoTracerStart(PETHREAD First, const char *Path, char *const Argv[], char *const Envp[])
{
	start.First = First;
	start.Path = Path;
	start.Argv = Argv;
	start.Envp = Envp;
	KeInitializeEvent(&start.Started, NotificationEvent, FALSE);
	if (pthread_create(&tracer_thread, NULL, tracer_main, NULL))
		return STATUS_INSUFFICIENT_RESOURCES;
	tracer_running = true;
	KeWaitForSingleObject(&start.Started, FALSE, NULL);
	return start.Status;
}

void PicoTracerJoin(void)
{
	const struct timespec pause = { 0, 1000000 };

	/* a clone may be under way while we kill: repeat until the last death has ended the thread */
	while (tracer_running && pthread_tryjoin_np(tracer_thread, NULL)) {
		PicoThreadKillAll();
		nanosleep(&pause, NULL);
	}
	tracer_running = false;
}
