/* SPDX-License-Identifier: MIT */
/* ke.c - dispatcher objects and waits (nt.md SY1..SY10), and what lxcore uses of the kernel side. */
#include "nttest.h"
#include <stdatomic.h>

static HANDLE event(ULONG type, BOOLEAN state)
{
	HANDLE h = NULL;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, type, state);
	return h;
}

static LONGLONG now(void)
{
	LARGE_INTEGER counter, frequency;

	NtQueryPerformanceCounter(&counter, &frequency);
	return counter.QuadPart * 10000000 / frequency.QuadPart;
}

/* ---- objects ---- */

static void events(void)
{
	EVENT_BASIC_INFORMATION info;
	HANDLE h = GARBAGE, sync;
	LONG previous = 9;

	ST("SY1", NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, 2, FALSE), INVALID_PARAMETER);
	EQ("G1", h, 0);
	ST("G2", NtCreateEvent(NULL, EVENT_ALL_ACCESS, NULL, 2, FALSE), ACCESS_VIOLATION);
	h = event(NotificationEvent, FALSE);
	ST("SY1", NtSetEvent(h, &previous), SUCCESS);
	EQ("SY1", previous, 0);
	ST("SY1", NtSetEvent(h, &previous), SUCCESS);
	EQ("SY1", previous, 1);
	ST("SY1", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	ST("SY1", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	ST("SY1", NtResetEvent(h, &previous), SUCCESS);
	EQ("SY1", previous, 1);
	ST("SY5", NtWaitForSingleObject(h, FALSE, NO_WAIT), TIMEOUT);
	ST("SY1", NtPulseEvent(h, &previous), SUCCESS);
	EQ("SY1", previous, 0);
	ST("SY4", NtQueryEvent(h, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("SY1", info.EventState, 0);
	EQ("SY1", info.EventType, NotificationEvent);
	ST("SY4", NtQueryEvent(h, 0, &info, sizeof(info) + 1, NULL), INFO_LENGTH_MISMATCH);
	ST("SY4", NtQueryEvent(h, 1, &info, sizeof(info), NULL), INVALID_INFO_CLASS);
	sync = event(SynchronizationEvent, TRUE);
	ST("SY1", NtWaitForSingleObject(sync, FALSE, NO_WAIT), SUCCESS);
	ST("SY1", NtWaitForSingleObject(sync, FALSE, NO_WAIT), TIMEOUT);
	ST("SY1", NtClearEvent(h), SUCCESS);
	NtClose(sync);
	NtClose(h);
}

static void semaphores(void)
{
	SEMAPHORE_BASIC_INFORMATION info;
	LONG previous = 77;
	HANDLE h;

	ST("SY3", NtCreateSemaphore(&h, SEMAPHORE_ALL_ACCESS, NULL, 2, 1), INVALID_PARAMETER);
	ST("SY3", NtCreateSemaphore(&h, SEMAPHORE_ALL_ACCESS, NULL, 0, 0), INVALID_PARAMETER);
	ST("SY3", NtCreateSemaphore(&h, SEMAPHORE_ALL_ACCESS, NULL, -1, 1), INVALID_PARAMETER);
	ST("SY3", NtCreateSemaphore(&h, SEMAPHORE_ALL_ACCESS, NULL, 1, 3), SUCCESS);
	ST("SY3", NtReleaseSemaphore(h, 3, &previous), SEMAPHORE_LIMIT_EXCEEDED);
	EQ("SY3", previous, 77);
	ST("SY3", NtReleaseSemaphore(h, 2, &previous), SUCCESS);
	EQ("SY3", previous, 1);
	ST("SY3", NtReleaseSemaphore(h, 1, &previous), SEMAPHORE_LIMIT_EXCEEDED);
	ST("SY4", NtQuerySemaphore(h, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("SY3", info.CurrentCount, 3);
	EQ("SY3", info.MaximumCount, 3);
	ST("SY4", NtQuerySemaphore(h, 0, &info, sizeof(info) - 1, NULL), INFO_LENGTH_MISMATCH);
	for (int i = 0; i < 3; i++)
		ST("SY3", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	ST("SY3", NtWaitForSingleObject(h, FALSE, NO_WAIT), TIMEOUT);
	NtClose(h);
}

static void take_and_end(void *arg)
{
	ST("SY2", NtWaitForSingleObject(arg, FALSE, NULL), SUCCESS);
	ST("SY2", NtWaitForSingleObject(arg, FALSE, NULL), SUCCESS);
}

static void release_foreign(void *arg)
{
	ST("SY2", NtReleaseMutant(arg, NULL), MUTANT_NOT_OWNED);
	ST("SY2", NtWaitForSingleObject(arg, FALSE, NO_WAIT), TIMEOUT);
}

static void mutants(void)
{
	MUTANT_BASIC_INFORMATION info;
	struct nt_thread thief = { .routine = release_foreign },
			 owner = { .routine = take_and_end };
	LONG previous = 9;
	HANDLE h;

	ST("SY2", NtCreateMutant(&h, MUTANT_ALL_ACCESS, NULL, TRUE), SUCCESS);
	ST("SY4", NtQueryMutant(h, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("SY2", info.CurrentCount, 0);
	EQ("SY2", info.OwnedByCaller, 1);
	ST("SY2", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	NtQueryMutant(h, 0, &info, sizeof(info), NULL);
	EQ("SY2", info.CurrentCount, -1);
	thief.arg = h;
	nt_thread_start(&thief);
	nt_thread_join(&thief);
	ST("SY2", NtReleaseMutant(h, &previous), SUCCESS);
	EQ("SY2", previous, -1);
	ST("SY2", NtReleaseMutant(h, &previous), SUCCESS);
	EQ("SY2", previous, 0);
	ST("SY2", NtReleaseMutant(h, &previous), MUTANT_NOT_OWNED);
	NtQueryMutant(h, 0, &info, sizeof(info), NULL);
	EQ("SY2", info.CurrentCount, 1);
	owner.arg = h;
	nt_thread_start(&owner);
	nt_thread_join(&owner);
	NtQueryMutant(h, 0, &info, sizeof(info), NULL);
	EQ("SY2", info.AbandonedState, 1);
	ST("SY2", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(2000)), ABANDONED_WAIT_0);
	ST("SY2", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	NtReleaseMutant(h, NULL);
	ST("SY2", NtReleaseMutant(h, NULL), SUCCESS);
	NtClose(h);
}

static void timers(void)
{
	TIMER_BASIC_INFORMATION info;
	BOOLEAN state = 9;
	HANDLE h;
	LONGLONG start;
	NTSTATUS status = NtCreateTimer(&h, TIMER_ALL_ACCESS, NULL, 2);

	EQ("SY10", status == STATUS_INVALID_PARAMETER || status == STATUS_INVALID_PARAMETER_4, 1);
	ST("SY10", NtCreateTimer(&h, TIMER_ALL_ACCESS, NULL, NotificationTimer), SUCCESS);
	ST("SY10", NtWaitForSingleObject(h, FALSE, NO_WAIT), TIMEOUT);
	start = now();
	ST("SY10", NtSetTimer(h, RELATIVE_MS(30), NULL, NULL, FALSE, 0, &state), SUCCESS);
	EQ("SY10", state, 0);
	ST("SY10", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(5000)), SUCCESS);
	EQ("SY10", now() - start >= 300000, 1);
	ST("SY10", NtWaitForSingleObject(h, FALSE, NO_WAIT), SUCCESS);
	ST("SY10", NtSetTimer(h, RELATIVE_MS(60000), NULL, NULL, FALSE, 0, &state), SUCCESS);
	EQ("SY10", state, 1);
	ST("SY10", NtWaitForSingleObject(h, FALSE, NO_WAIT), TIMEOUT);
	ST("SY10", NtQueryTimer(h, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("SY10", info.RemainingTime.QuadPart > 0 && info.RemainingTime.QuadPart <= 600000000, 1);
	EQ("SY10", info.TimerState, 0);
	ST("SY10", NtCancelTimer(h, &state), SUCCESS);
	EQ("SY10", state, 0);
	NtClose(h);
	ST("SY10", NtCreateTimer(&h, TIMER_ALL_ACCESS, NULL, SynchronizationTimer), SUCCESS);
	ST("SY10", NtSetTimer(h, RELATIVE_MS(1), NULL, NULL, FALSE, 10, NULL), SUCCESS);
	for (int i = 0; i < 3; i++)
		ST("SY10", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(5000)), SUCCESS);
	NtClose(h);
}

/* ---- waits ---- */

static void timeouts(void)
{
	HANDLE h = event(NotificationEvent, FALSE);
	LARGE_INTEGER until;
	LONGLONG start = now();

	ST("SY5", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(30)), TIMEOUT);
	EQ("SY5", now() - start >= 290000, 1);
	NtQuerySystemTime(&until);
	until.QuadPart += 300000;
	start = now();
	ST("SY5", NtWaitForSingleObject(h, FALSE, &until), TIMEOUT);
	EQ("SY5", now() - start >= 200000, 1);
	ST("SY5", NtWaitForSingleObject(h, FALSE, &until), TIMEOUT);
	until.QuadPart = 1;
	ST("SY5", NtWaitForSingleObject(h, FALSE, &until), TIMEOUT);
	start = now();
	ST("SY5", NtDelayExecution(FALSE, RELATIVE_MS(20)), SUCCESS);
	EQ("SY5", now() - start >= 190000, 1);
	NtClose(h);
}

static void multiple(void)
{
	HANDLE h[65], dir, weak;
	LONG count = 0;

	for (int i = 0; i < 65; i++)
		h[i] = event(SynchronizationEvent, FALSE);
	EQ("SY6", (ULONG)NtWaitForMultipleObjects(0, h, WaitAny, FALSE, NO_WAIT), 0xC00000EF);
	EQ("SY6", (ULONG)NtWaitForMultipleObjects(65, h, WaitAny, FALSE, NO_WAIT), 0xC00000EF);
	ST("SY6", NtWaitForMultipleObjects(64, h, WaitAny, FALSE, NO_WAIT), TIMEOUT);
	NtSetEvent(h[63], NULL);
	NtSetEvent(h[5], NULL);
	EQ("SY6", NtWaitForMultipleObjects(64, h, WaitAny, FALSE, NO_WAIT), 5);
	EQ("SY6", NtWaitForMultipleObjects(64, h, WaitAny, FALSE, NO_WAIT), 63);
	ST("SY6", NtWaitForMultipleObjects(64, h, WaitAny, FALSE, NO_WAIT), TIMEOUT);
	NtSetEvent(h[0], NULL);
	ST("SY6", NtWaitForMultipleObjects(2, h, WaitAll, FALSE, RELATIVE_MS(10)), TIMEOUT);
	NtSetEvent(h[1], NULL); /* h[0] was not taken by the wait that failed */
	ST("SY6", NtWaitForMultipleObjects(2, h, WaitAll, FALSE, NO_WAIT), SUCCESS);
	ST("SY6", NtWaitForMultipleObjects(2, h, WaitAny, FALSE, NO_WAIT), TIMEOUT);
	dir = h[1];
	h[1] = h[0];
	ST("SY7", NtWaitForMultipleObjects(2, h, WaitAll, FALSE, NO_WAIT), INVALID_PARAMETER_MIX);
	h[1] = dir;
	NtCreateDirectoryObject(&dir, DIRECTORY_ALL_ACCESS, NULL);
	ST("SY9", NtWaitForSingleObject(dir, FALSE, NO_WAIT), ACCESS_DENIED);
	NtClose(dir);
	NtCreateDirectoryObject(&dir, DIRECTORY_ALL_ACCESS | SYNCHRONIZE, NULL);
	ST("SY9", NtWaitForSingleObject(dir, FALSE, NO_WAIT), OBJECT_TYPE_MISMATCH);
	NtClose(dir);
	ST("SY9",
	   NtDuplicateObject(NtCurrentProcess(), h[0], NtCurrentProcess(), &weak,
			     EVENT_MODIFY_STATE, 0, 0),
	   SUCCESS);
	ST("SY9", NtWaitForSingleObject(weak, FALSE, NO_WAIT), ACCESS_DENIED);
	h[64] = (NtClose(h[64]), weak);
	ST("SY9", NtWaitForMultipleObjects(2, h + 63, WaitAny, FALSE, NO_WAIT), ACCESS_DENIED);
	ST("SY9", NtWaitForSingleObject(GARBAGE, FALSE, NO_WAIT), INVALID_HANDLE);
	for (int i = 0; i < 65; i++)
		count += NtClose(h[i]) == STATUS_SUCCESS;
	EQ("SY6", count, 65);
}

struct pair {
	HANDLE a, b, done;
	_Atomic int woken;
};

static void wait_all(void *arg)
{
	struct pair *p = arg;
	HANDLE both[2] = { p->a, p->b };

	ST("SY6", NtWaitForMultipleObjects(2, both, WaitAll, FALSE, RELATIVE_MS(10000)), SUCCESS);
	p->woken++;
}

/* A wait for all takes nothing until it can take all. */
static void wait_all_is_atomic(void)
{
	struct pair p = { .a = event(SynchronizationEvent, FALSE),
			  .b = event(SynchronizationEvent, FALSE) };
	struct nt_thread t = { .routine = wait_all, .arg = &p };

	nt_thread_start(&t);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	NtSetEvent(p.a, NULL);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	EQ("SY6", p.woken, 0);
	ST("SY6", NtWaitForSingleObject(p.a, FALSE, NO_WAIT), SUCCESS);
	NtSetEvent(p.b, NULL);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	EQ("SY6", p.woken, 0);
	NtSetEvent(p.a, NULL);
	nt_thread_join(&t);
	EQ("SY6", p.woken, 1);
	ST("SY6", NtWaitForSingleObject(p.a, FALSE, NO_WAIT), TIMEOUT);
	ST("SY6", NtWaitForSingleObject(p.b, FALSE, NO_WAIT), TIMEOUT);
	NtClose(p.a);
	NtClose(p.b);
}

static void wait_one(void *arg)
{
	struct pair *p = arg;

	ST("SY1", NtWaitForSingleObject(p->a, FALSE, RELATIVE_MS(10000)), SUCCESS);
	p->woken++;
}

/* A notification event lets all waiters through, a synchronization event one per set. */
static void who_is_woken(void)
{
	enum { WAITERS = 20 }; /* more than one batch of wakes */
	struct pair p = { .a = event(NotificationEvent, FALSE) };
	struct nt_thread t[WAITERS];

	for (int i = 0; i < WAITERS; i++) {
		t[i] = (struct nt_thread){ .routine = wait_one, .arg = &p };
		nt_thread_start(&t[i]);
	}
	for (int i = 0; i < 500 && p.woken < WAITERS;
	     i++) { /* until all have come so far as to wait */
		NtDelayExecution(FALSE, RELATIVE_MS(20));
		NtPulseEvent(p.a, NULL);
	}
	EQ("SY1", p.woken, WAITERS);
	for (int i = 0; i < WAITERS; i++)
		nt_thread_join(&t[i]);
	NtClose(p.a);
	p.a = event(SynchronizationEvent, FALSE);
	p.woken = 0;
	for (int i = 0; i < 3; i++) {
		t[i] = (struct nt_thread){ .routine = wait_one, .arg = &p };
		nt_thread_start(&t[i]);
	}
	for (int i = 0; i < 3; i++) {
		NtSetEvent(p.a, NULL);
		for (int j = 0; j < 500 && p.woken <= i; j++)
			NtDelayExecution(FALSE, RELATIVE_MS(20));
		NtDelayExecution(FALSE, RELATIVE_MS(20));
		EQ("SY1", p.woken, i + 1);
	}
	for (int i = 0; i < 3; i++)
		nt_thread_join(&t[i]);
	NtClose(p.a);
}

/* Two threads hand a token to and fro. */
static void ping(void *arg)
{
	struct pair *p = arg;

	for (int i = 0; i < 5000; i++) {
		NtWaitForSingleObject(p->a, FALSE, NULL);
		NtSetEvent(p->b, NULL);
	}
}

static void ping_pong(void)
{
	struct pair p = { .a = event(SynchronizationEvent, FALSE),
			  .b = event(SynchronizationEvent, FALSE) };
	struct nt_thread t = { .routine = ping, .arg = &p };
	int good = 0;

	nt_thread_start(&t);
	for (int i = 0; i < 5000; i++) {
		NtSetEvent(p.a, NULL);
		good += NtWaitForSingleObject(p.b, FALSE, RELATIVE_MS(10000)) == STATUS_SUCCESS;
	}
	nt_thread_join(&t);
	EQ("SY1", good, 5000);
	NtClose(p.a);
	NtClose(p.b);
}

/* ---- alerts ---- */

static void alert_other(void *arg)
{
	NtDelayExecution(FALSE, RELATIVE_MS(30));
	NtAlertThread(arg);
}

static void alerts(void)
{
	HANDLE self, quiet = event(NotificationEvent, FALSE), loud = event(NotificationEvent, TRUE);
	struct nt_thread t = { .routine = alert_other };

	NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &self, 0, 0,
			  DUPLICATE_SAME_ACCESS);
	ST("SY8", NtTestAlert(), SUCCESS);
	ST("SY8", NtAlertThread(self), SUCCESS);
	ST("SY8", NtWaitForSingleObject(loud, TRUE, NO_WAIT), SUCCESS);
	ST("SY8", NtWaitForSingleObject(quiet, FALSE, RELATIVE_MS(10)), TIMEOUT);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(10)), ALERTED);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(10)), TIMEOUT);
	NtAlertThread(self);
	ST("SY8", NtTestAlert(), ALERTED);
	t.arg = self;
	nt_thread_start(&t);
	ST("SY8", NtWaitForSingleObject(quiet, TRUE, RELATIVE_MS(NTSHIM ? 10000 : 60)), ALERTED);
	nt_thread_join(&t);
	NtAlertThread(self);
	ST("SY8", NtDelayExecution(TRUE, RELATIVE_MS(10)), ALERTED);
	ST("G7", NtAlertThread(quiet), OBJECT_TYPE_MISMATCH);
	NtClose(self);
	NtClose(quiet);
	NtClose(loud);
}

#if NTSHIM
/* ---- kernel side ---- */

static int blocks;

static void before_block(void)
{
	blocks++;
}

/* The trap engine is told of a sleep once, and of no other wait. */
static void before_block_hook(void)
{
	KEVENT e;

	KeInitializeEvent(&e, SynchronizationEvent, TRUE);
	KiBeforeBlock = before_block;
	ST("KE", KeWaitForSingleObject(&e, FALSE, NULL), SUCCESS);
	ST("KE", KeWaitForSingleObject(&e, FALSE, NO_WAIT), TIMEOUT);
	EQ("KE", blocks, 0);
	ST("KE", KeWaitForSingleObject(&e, FALSE, RELATIVE_MS(5)), TIMEOUT);
	EQ("KE", blocks, 1);
	KiBeforeBlock = NULL;
}

static void attachment(void)
{
	PKTHREAD own = KeGetCurrentThread();
	PEPROCESS process;
	PETHREAD thread;
	HANDLE h;

	ST("KE", PspAllocateProcess(NULL, &process), SUCCESS);
	ST("KE", PspAllocateThread(process, NULL, &thread), SUCCESS);
	EQ("KE", PsGetCurrentProcess() == PsInitialSystemProcess, 1);
	EQ("KE", KeAttachThread(&thread->Tcb) == NULL, 1);
	EQ("KE", KeGetCurrentThread() == &thread->Tcb, 1);
	EQ("KE", PsGetCurrentProcess() == process, 1);
	ST("SY12", NtWaitForSingleObject(NtCurrentProcess(), FALSE, NO_WAIT), TIMEOUT);
	ST("SY2", NtCreateMutant(&h, MUTANT_ALL_ACCESS, NULL, TRUE), SUCCESS);
	EQ("KE", KeAlertThread(&thread->Tcb), FALSE);
	EQ("KE", KeAlertThread(&thread->Tcb), TRUE);
	EQ("KE", KeTestAlertThread(&thread->Tcb), TRUE);
	EQ("KE", KeTestAlertThread(&thread->Tcb), FALSE);
	EQ("KE", KeAttachThread(NULL) == &thread->Tcb, 1);
	EQ("KE", KeGetCurrentThread() == own, 1);
	ST("SY2", NtWaitForSingleObject(h, FALSE, NO_WAIT), TIMEOUT);
	KeTerminateThreadObject(&thread->Tcb);
	KeSignalProcessObject(&process->Header);
	ST("SY2", NtWaitForSingleObject(h, FALSE, NO_WAIT), ABANDONED_WAIT_0);
	ST("SY12", KeWaitForSingleObject(&thread->Tcb, FALSE, NO_WAIT), SUCCESS);
	ST("SY12", KeWaitForSingleObject(&process->Header, FALSE, NO_WAIT), SUCCESS);
	NtReleaseMutant(h, NULL);
	NtClose(h);
	ObDereferenceObject(&thread->Object);
	ObDereferenceObject(&process->Object);
}

static _Atomic int ticks;

static void tick(void *arg)
{
	ticks++;
	if (arg)
		KeSetEvent(arg);
}

static void slow_tick(void *arg)
{
	ULONGLONG until = KeQueryInterruptTime() + 500000;

	KeSetEvent(arg);
	while (KeQueryInterruptTime() < until)
		;
	ticks++;
}

static void dpcs(void)
{
	KTIMER timers[10], *timer = &timers[0];
	KEVENT fired;

	KeInitializeEvent(&fired, SynchronizationEvent, FALSE);
	KeInitializeTimerEx(timer, SynchronizationTimer);
	EQ("KE", KeSetTimerEx(timer, *RELATIVE_MS(5), 0, tick, &fired), FALSE);
	ST("KE", KeWaitForSingleObject(&fired, FALSE, RELATIVE_MS(10000)), SUCCESS);
	EQ("KE", KeCancelTimer(timer), FALSE);
	EQ("KE", KeSetTimerEx(timer, *RELATIVE_MS(60000), 0, tick, &fired), FALSE);
	EQ("KE", KeSetTimerEx(timer, *RELATIVE_MS(60000), 0, tick, &fired), TRUE);
	EQ("KE", KeCancelTimer(timer), TRUE);
	EQ("KE", ticks, 1);
	ticks = 0;
	KeSetTimerEx(timer, *RELATIVE_MS(1), 20000, tick, &fired);
	for (int i = 0; i < 5; i++)
		ST("KE", KeWaitForSingleObject(&fired, FALSE, RELATIVE_MS(10000)), SUCCESS);
	EQ("KE", KeCancelTimer(timer), TRUE);
	EQ("KE", ticks >= 5, 1);
	ticks = 0;
	KeResetEvent(&fired);
	KeSetTimerEx(timer, *RELATIVE_MS(1), 0, slow_tick, &fired);
	KeWaitForSingleObject(&fired, FALSE, NULL);
	KeCancelTimer(timer); /* returns only when slow_tick has */
	EQ("KE", ticks, 1);
	ticks = 0;
	for (int i = 0; i < 10; i++) { /* set latest first */
		KeInitializeTimerEx(&timers[i], NotificationTimer);
		KeSetTimerEx(&timers[i], *RELATIVE_MS(30 - 2 * i), 0, tick, NULL);
	}
	for (int i = 0; i < 10; i++)
		ST("KE", KeWaitForSingleObject(&timers[i], FALSE, RELATIVE_MS(10000)), SUCCESS);
	for (int i = 0; i < 10; i++)
		KeCancelTimer(&timers[i]);
	EQ("KE", ticks, 10);
}

struct race {
	KEVENT e;
	_Atomic int left;
};

static void racer(void *arg)
{
	struct race *r = arg;

	for (int i = 0; i < 3000; i++) {
		NTSTATUS status = KeWaitForSingleObject(&r->e, TRUE, RELATIVE_MS(i % 2));

		if (status == STATUS_SUCCESS)
			KeSetEvent(&r->e);
	}
	r->left--;
}

/* Time-outs, sets and alerts meet on one event: nobody is lost, the token is kept. */
static void races(void)
{
	struct race r = { .left = 3 };
	struct nt_thread t[3];

	KeInitializeEvent(&r.e, SynchronizationEvent, TRUE);
	for (int i = 0; i < 3; i++) {
		t[i] = (struct nt_thread){ .routine = racer, .arg = &r };
		nt_thread_start(&t[i]);
	}
	while (r.left) {
		KTIMER timer;

		KeInitializeTimerEx(&timer, NotificationTimer);
		KeSetTimerEx(&timer, *RELATIVE_MS(0), 0, tick, NULL);
		KeCancelTimer(&timer);
		NtYieldExecution();
	}
	for (int i = 0; i < 3; i++)
		nt_thread_join(&t[i]);
	EQ("KE", KeReadStateEvent(&r.e), 1);
}

static void cost(void)
{
	enum { TURNS = 1000000 };
	HANDLE h = event(NotificationEvent, TRUE);
	LONGLONG start = now();
	KEVENT e;

	for (int i = 0; i < TURNS; i++)
		NtWaitForSingleObject(h, FALSE, NULL);
	printf("ke: satisfied wait on a handle %.0f ns", (double)(now() - start) * 100 / TURNS);
	KeInitializeEvent(&e, SynchronizationEvent, FALSE);
	start = now();
	for (int i = 0; i < TURNS; i++) {
		KeSetEvent(&e);
		KeWaitForSingleObject(&e, FALSE, NULL);
	}
	printf(", set and wait %.0f ns\n", (double)(now() - start) * 100 / TURNS);
	NtClose(h);
}
#endif

int main(int argc, char **argv)
{
	nt_start();
#if NTSHIM
	ULONG handles = ObQueryHandleCount(), objects = ObQueryObjectCount();
#endif
	events();
	semaphores();
	mutants();
	timers();
	timeouts();
	multiple();
	wait_all_is_atomic();
	who_is_woken();
	ping_pong();
	alerts();
#if NTSHIM
	before_block_hook();
	attachment();
	dpcs();
	races();
	if (argc > 1)
		cost();
	EQ("leaks", ObQueryObjectCount(), objects);
	EQ("leaks", ObQueryHandleCount(), handles);
#endif
	return nt_end("ke");
}
