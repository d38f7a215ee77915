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
	return STATUS_SUCCESS;
}

/*
 * A mask can be changed from outside only in a stop, and the one signal that makes a stop for sure is
 * SIGSTOP. The thread gets one of ours, which never reaches it: in its delivery stop the mask is
 * swapped, the signal that is now free is dequeued and stops the thread again, and there the own mask
 * comes back before the handler's frame is built.
 */
NTSTATUS PicoDeliverWithMask(PETHREAD Thread, ULONG64 Mask)
{
	Thread->Pico->WaitMask = Mask;
	Thread->Pico->MaskState = MaskAsked;
	return syscall(SYS_tgkill, (pid_t)Thread->Process->HostPid, (pid_t)Thread->HostTid, SIGSTOP) ? STATUS_THREAD_IS_TERMINATING : STATUS_SUCCESS;
}

/* Returns true when the stop was ours alone and the thread has been sent on. */
static bool swap_mask(PICO_THREAD *t, pid_t tid, int sig)
{
	uint64_t mask = t->WaitMask;

	if (t->MaskState == MaskTemporary) {
		t->MaskState = MaskOwn;
		ptrace(PTRACE_SETSIGMASK, tid, sizeof t->OwnMask, &t->OwnMask);
	}
	if (t->MaskState != MaskAsked || sig != SIGSTOP)
		return false;
	t->MaskState = MaskTemporary;
	ptrace(PTRACE_GETSIGMASK, tid, sizeof t->OwnMask, &t->OwnMask);
	ptrace(PTRACE_SETSIGMASK, tid, sizeof mask, &mask);
	PicoCont(tid, 0);
	return true;
}

void PicoSignalStop(pid_t Tid, int Signal)
{
	PETHREAD thread = PicoThreadLookup(Tid);
	PICO_SIGNAL_INFO info;
	int sig = Signal;

	if (!thread) {
		PicoCont(Tid, sig);
		return;
	}
	if (!swap_mask(thread->Pico, Tid, sig)) {
		if (!ptrace(PTRACE_GETSIGINFO, Tid, 0, &info) && Pico.Provider.SignalDelivery(thread, &sig, &info) && sig)
			ptrace(PTRACE_SETSIGINFO, Tid, 0, &info);
		PicoCont(Tid, sig);
	}
	ObDereferenceObject(&thread->Object);
}

/* Signal: the group has stopped by it (once per thread); 0: this thread leaves a stop or trap. */
void PicoGroupStop(pid_t Tid, int Signal)
{
	PETHREAD thread = PicoThreadLookup(Tid);
	PICO_PROCESS *p = thread->Process->Pico;

	if (Signal)
		ptrace(PTRACE_LISTEN, Tid, 0, 0);
	else
		PicoCont(Tid, 0);
	if (p->StopSignal != Signal) {
		p->StopSignal = Signal;
		Pico.Provider.ProcessStopped(thread->Process, Signal);
	}
	ObDereferenceObject(&thread->Object);
}
