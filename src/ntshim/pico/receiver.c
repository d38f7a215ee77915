/* SPDX-License-Identifier: MIT */
/*
 * receiver.c - notifications: one leader receives and serves, followers wait.
 *
 * The leader serves a call itself: with SYNC_WAKE_UP guest and leader share a CPU and nobody else is
 * woken (4 us; handing over costs 12). Only when its call is about to sleep (KiBeforeBlock) does it
 * give the leadership to a follower, or makes one. A thread that has finished a call and is not the
 * leader tries to be, and else waits as a follower.
 *
 * So each guest that sleeps in a call needs a thread of ours, which the host may refuse (RLIMIT_NPROC counts
 * guests and receivers alike). If nobody receives any more, no guest can even end. Hence, when guests are many
 * of what the user may have, one is born only after the receiver that it may need.
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#endif
#define MAX_RECEIVERS 32768u /* as many as guests have numbers */
#define BEING_BORN    8u     /* guests that are made at one time, not counted yet */

static _Atomic uint32_t lead;    /* futex: 1 somebody leads */
static _Atomic uint32_t waiting; /* followers asleep */
static _Atomic uint32_t count;
static pthread_t threads[MAX_RECEIVERS];
static struct lk start_lock = LK_INIT(PICO);
static uint64_t few; /* so many guests are no danger yet: an eighth of what the user may have */
static _Thread_local bool leading;

int PicoSend(uint64_t Id, int64_t Value, bool Continue)
{
	struct seccomp_notif_resp r = { .id = Id };

	if (Continue)
		r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (Value < 0 && Value >= -4095)
		r.error = (int)Value;
	else
		r.val = Value;
	return ioctl(Pico.Listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

int PicoAddFd(uint64_t Id, int Fd, unsigned long Slot, bool CloseOnExec, bool Send)
{
	struct seccomp_notif_addfd a = {
		.id = Id,
		.flags = SECCOMP_ADDFD_FLAG_SETFD | (Send ? SECCOMP_ADDFD_FLAG_SEND : 0),
		.srcfd = (uint32_t)Fd,
		.newfd = (uint32_t)Slot,
		.newfd_flags = CloseOnExec ? O_CLOEXEC : 0,
	};

	return ioctl(Pico.Listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
}

uint64_t PicoCallKey(uint64_t Number, uint64_t Ip, uint64_t A0, uint64_t A1, uint64_t A2)
{
	uint64_t key = Number;

	key = key * 0x9e3779b97f4a7c15 + Ip;
	key = key * 0x9e3779b97f4a7c15 + A0;
	key = key * 0x9e3779b97f4a7c15 + A1;
	key = key * 0x9e3779b97f4a7c15 + A2;
	return key | 1;
}

/* A call that the host continues or restarts may end in a restart code of its own right. */
static void note_host_call(const PS_PICO_SYSTEM_CALL_INFORMATION *call, uint32_t number)
{
	const KTRAP_FRAME *f = call->TrapFrame;
	int64_t result = (int64_t)f->Rax;
	bool host = call->Disposition == PicoContinue ||
		    (call->Disposition == PicoReturn && result <= -512 && result >= -516);

	call->Thread->Pico->HostCall = host ? PicoCallKey(number, f->Rip, f->Rdi, f->Rsi, f->Rdx)
					    : 0;
}

static void answer(const PS_PICO_SYSTEM_CALL_INFORMATION *call, uint64_t id)
{
	int fd;

	switch (call->Disposition) {
	case PicoContinue:
		PicoSend(id, 0, true);
		return;
	case PicoInstall:
		fd = IoHostDescriptor(call->Descriptor);
		if (fd >= 0 &&
		    PicoAddFd(id, fd, call->DescriptorSlot, call->DescriptorCloseOnExec, true) >= 0)
			return;
		if (errno != ENOENT) /* else the guest is gone */
			PicoSend(id, -EMFILE, false);
		return;
	default:
		PicoSend(id, (int64_t)call->TrapFrame->Rax, false);
	}
}

static void serve(const struct seccomp_notif *n)
{
	PETHREAD thread = PicoThreadLookup((pid_t)n->pid);
	KTRAP_FRAME frame = { .Rax = (uint32_t)n->data.nr,
			      .Rdi = n->data.args[0],
			      .Rsi = n->data.args[1],
			      .Rdx = n->data.args[2],
			      .R10 = n->data.args[3],
			      .R8 = n->data.args[4],
			      .R9 = n->data.args[5],
			      .Rip = n->data.instruction_pointer };
	PS_PICO_SYSTEM_CALL_INFORMATION call = { .TrapFrame = &frame, .Thread = thread };

	if (!thread) { /* died between its call and our look */
		PicoSend(n->id, -ENOSYS, false);
		return;
	}
	if ((n->data.nr == STUB_CALL_LOAD || n->data.nr == STUB_CALL_ERROR) &&
	    n->data.instruction_pointer >> 32 == STUB_BASE >> 32) {
		PicoStubCall(thread, n);
	} else if (thread->Pico->OwnCall) {
		thread->Pico->OwnCall = false;
		PicoSend(n->id, 0, true);
	} else {
		PKTHREAD before = KeAttachThread(&thread->Tcb);

		thread->Pico->NotifyId = n->id;
		atomic_store_explicit(&thread->Pico->SkipLooks, 0, memory_order_relaxed);
		Pico.Provider.DispatchSystemCall(&call);
		thread->Pico->NotifyId = 0;
		KeAttachThread(before);
		note_host_call(&call, (uint32_t)n->data.nr);
		answer(&call, n->id);
	}
	ObDereferenceObject(&thread->Object);
}

static bool take_lead(void)
{
	uint32_t free = 0;

	return atomic_compare_exchange_strong(&lead, &free, 1);
}

/* Nobody is left to listen to. ENOENT alone may be one caller's death. */
static bool deserted(void)
{
	struct pollfd listener = { .fd = Pico.Listener };

	return poll(&listener, 1, 0) == 1 && listener.revents & POLLHUP;
}

static void *receiver_main(void *arg)
{
	struct seccomp_notif n;

	prctl(PR_SET_NAME, "lxrun-receiver");
	PicoBalanceAdopt();
	while (!Pico.Stopping) {
		if (!leading && !(leading = take_lead())) {
			waiting++;
			if (lead && !Pico.Stopping)
				syscall(SYS_futex, &lead, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
			waiting--;
			continue;
		}
		memset(&n, 0, sizeof n);
		if (ioctl(Pico.Listener, SECCOMP_IOCTL_NOTIF_RECV, &n)) {
			if (errno == ENOENT && deserted())
				poll(NULL, 0, 1); /* the trace thread has the last deaths to tell */
			continue;
		}
		Pico.Counters.Notifications++;
		serve(&n);
	}
	return arg;
}

static bool start_one(void)
{
	bool started;

	lk_acquire(&start_lock);
	started = count < MAX_RECEIVERS && !Pico.Stopping &&
		  !pthread_create(&threads[count], NULL, receiver_main, NULL);
	if (started)
		count++;
	lk_release(&start_lock);
	return started;
}

bool PicoReceiversReserve(void)
{
	uint32_t guests = (uint32_t)Pico.Guests + BEING_BORN;

	if (guests < few)
		return true;
	while (count <= guests)
		if (!start_one())
			return false;
	return true;
}

void PicoReceiversRetry(void)
{
	/* Looks in a row that found nobody: a single one may be a change of the lead. */
	static unsigned looks;
	static bool told;

	looks = count && !lead && !waiting ? looks + 1 : 0;
	if (looks < 2 || Pico.Stopping || start_one() || Pico.Stopping || told)
		return;
	told = true;
	lxrun_warn("guests wait: the host gives lxrun no more threads (ulimit -u, pids.max of the "
		   "control group)");
}

/* The calling thread is about to sleep in a wait: somebody else must receive. */
static void before_block(void)
{
	if (!leading)
		return;
	leading = false;
	Pico.Counters.Promotions++;
	lead = 0;
	if (waiting)
		syscall(SYS_futex, &lead, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	else
		start_one();
}

static void on_stop(int sig)
{
	(void)sig; /* only to make RECV return EINTR */
}

void PicoReceiversPrepare(void)
{
	KiBeforeBlock = before_block;
}

NTSTATUS PicoReceiversStart(void)
{
	struct sigaction sa = { .sa_handler = on_stop };
	struct rlimit limit = { .rlim_cur = RLIM_INFINITY };
	uint64_t flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

	sigaction(PICO_KICK_SIGNAL, &sa, NULL);
	Pico.SyncWakeUp = !ioctl(Pico.Listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
	if (geteuid()) /* root is not held to it */
		getrlimit(RLIMIT_NPROC, &limit);
	few = limit.rlim_cur / 8;
	start_one();
	return count ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void PicoReceiversJoin(void)
{
	const struct timespec pause = { 0, 1000000 };

	for (uint32_t i = 0; i < count; i++) {
		/* a signal can come just before RECV: repeat until the thread has seen Stopping */
		while (pthread_tryjoin_np(threads[i], NULL)) {
			pthread_kill(threads[i], PICO_KICK_SIGNAL);
			syscall(SYS_futex, &lead, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
			nanosleep(&pause, NULL);
		}
	}
	count = 0;
	lead = 0;
	KiBeforeBlock = NULL;
}
