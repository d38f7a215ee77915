/* SPDX-License-Identifier: MIT */
/*
 * ketimer.c - timers, and the one thread that expires them.
 *
 * Timers that are set stand in Queue, sorted by due time, under the dispatcher lock. The timer thread
 * starts with the first timer; it sleeps on Changed until the first one is due or the head of the
 * queue changes. It signals a due timer like any object and calls its DPC without the lock.
 *
 * While a DPC runs, Running names its timer, as a mere address: the routine may free the timer.
 * KeCancelTimer waits until Running is another one. An absolute due time is converted when the timer
 * is set: later steps of the system clock do not move it.
 */
#include "kep.h"
#include <string.h>

static struct list Queue = LIST_INIT(Queue);
static PKTIMER Running;
static ULONG Cancellers;       /* threads waiting for Running */
static _Atomic ULONG Changed;  /* the timer thread sleeps on it */
static _Atomic ULONG DpcsDone; /* cancellers sleep on it */
static _Thread_local BOOLEAN IsTimerThread;

/* ---- the lock is held ---- */

static BOOLEAN IsSet(PKTIMER Timer)
{
	return Timer->DueTime != 0;
}

/* Returns TRUE if the timer is the first to expire now. */
static BOOLEAN Enqueue(PKTIMER Timer, ULONGLONG DueTime)
{
	struct list *After = Queue.prev;

	Timer->DueTime = DueTime ? DueTime : 1;
	while (After != &Queue &&
	       container_of(After, KTIMER, TimerListEntry)->DueTime > Timer->DueTime)
		After = After->prev;
	list_add(After, &Timer->TimerListEntry);
	return After == &Queue;
}

static BOOLEAN Dequeue(PKTIMER Timer)
{
	BOOLEAN WasSet = IsSet(Timer);

	list_del(&Timer->TimerListEntry);
	Timer->DueTime = 0;
	return WasSet;
}

/*
 * The first due timer expires: signals it, queues its APC, sets it again if periodic. Returns its DPC
 * (may be NULL). The end of the thread that an APC goes to has cancelled the timer.
 */
static PKDEFERRED_ROUTINE Expire(PKTIMER Timer, ULONGLONG Now, PVOID *Context, KI_WAKES *Wakes)
{
	ULONGLONG Next = Timer->DueTime + Timer->Period;
	LARGE_INTEGER System;

	Dequeue(Timer);
	if (Timer->Apc && Timer->Apc->Thread->Terminated)
		return NULL;
	if (Timer->Period)
		Enqueue(Timer,
			Next > Now ? Next : Now + Timer->Period - (Now - Next) % Timer->Period);
	if (Timer->Header.SignalState <= 0) {
		Timer->Header.SignalState = 1;
		KiWaitTest(&Timer->Header, Wakes);
	}
	if (Timer->Apc) {
		KeQuerySystemTimePrecise(&System);
		KiInsertQueueApc(Timer->Apc, (PVOID)(ULONG_PTR)System.u.LowPart,
				 (PVOID)(LONG_PTR)System.u.HighPart, Wakes);
	}
	*Context = Timer->DpcContext;
	return Timer->Dpc;
}

/* ---- the timer thread ---- */

/* Runs what is due. Returns the due time of the next timer; 0: none. */
static ULONGLONG RunDueTimers(void)
{
	ULONGLONG Next = 0;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	while (!list_empty(&Queue)) {
		PKTIMER Timer = list_first(&Queue, KTIMER, TimerListEntry);
		ULONGLONG Now = KeQueryInterruptTime();
		PKDEFERRED_ROUTINE Dpc;
		PVOID Context;

		Next = Timer->DueTime;
		if (Next > Now)
			break;
		Next = 0;
		Dpc = Expire(Timer, Now, &Context, &Wakes);
		Running = Dpc ? Timer : NULL;
		KiUnlock(&Wakes);
		if (Dpc)
			Dpc(Context);
		KiLock(&Wakes);
		Running = NULL;
		DpcsDone++;
		if (Cancellers)
			host_futex_wake(&DpcsDone, INT32_MAX);
	}
	KiUnlock(&Wakes);
	return Next;
}

static void TimerThread(void *Unused)
{
	IsTimerThread = TRUE;
	for (;;) {
		ULONG Seen = Changed;
		ULONGLONG Next = RunDueTimers();
		struct host_deadline Until = { Next ? (int64_t)(Next * 100) : HOST_FOREVER, false };

		host_futex_wait(&Changed, Seen, &Until);
	}
}

/* ---- kernel side ---- */

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
	KOBJECT_KIND Kind = Type == NotificationTimer ? TimerNotificationObject
						      : TimerSynchronizationObject;

	*Timer = (KTIMER){ 0 };
	KiInitializeHeader(&Timer->Header, Kind, 0);
	list_init(&Timer->TimerListEntry);
}

/* NT time as interrupt time, rounded up: a timer never fires early. */
static ULONGLONG InterruptTime(LARGE_INTEGER DueTime)
{
	ULONGLONG Now = (ULONGLONG)(host_monotonic_ns() + 99) / 100;
	LARGE_INTEGER System;

	if (DueTime.QuadPart < 0) {
		ULONGLONG Delta = 0 - (ULONGLONG)DueTime.QuadPart;

		return Delta < INT64_MAX / 100 - Now ? Now + Delta : INT64_MAX / 100;
	}
	KeQuerySystemTimePrecise(&System);
	return DueTime.QuadPart > System.QuadPart
		       ? Now + (ULONGLONG)(DueTime.QuadPart - System.QuadPart)
		       : Now;
}

/* The lock is held; the caller calls KickTimerThread once it is not. Returns whether it was set. */
static BOOLEAN SetTimerLocked(PKTIMER Timer, ULONGLONG Due, ULONGLONG Period, PBOOLEAN First)
{
	BOOLEAN WasSet = Dequeue(Timer);

	Timer->Header.SignalState = 0;
	Timer->Period = Period;
	*First = Enqueue(Timer, Due);
	if (*First)
		Changed++;
	return WasSet;
}

static VOID KickTimerThread(BOOLEAN First)
{
	static _Atomic BOOLEAN Started;

	if (!Started && !atomic_exchange(&Started, TRUE)) {
		if (host_thread_start("lxrun-timer", TimerThread, NULL) < 0)
			lxrun_panic("cannot start the timer thread: the host refuses more threads");
	} else if (First && !IsTimerThread) {
		host_futex_wake(&Changed, 1);
	}
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, ULONGLONG Period100ns,
		     PKDEFERRED_ROUTINE Dpc, PVOID Context)
{
	ULONGLONG Due = InterruptTime(DueTime);
	BOOLEAN WasSet, First;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	WasSet = SetTimerLocked(Timer, Due, Period100ns, &First);
	Timer->Dpc = Dpc;
	Timer->DpcContext = Context;
	KiUnlock(&Wakes);
	KickTimerThread(First);
	return WasSet;
}

BOOLEAN KeCancelTimer(PKTIMER Timer)
{
	BOOLEAN WasSet;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	WasSet = Dequeue(Timer);
	while (Running == Timer && !IsTimerThread) {
		ULONG Seen = DpcsDone;

		Cancellers++;
		KiUnlock(&Wakes);
		host_futex_wait(&DpcsDone, Seen, NULL);
		KiLock(&Wakes);
		Cancellers--;
		Dequeue(Timer); /* the DPC may have set it again */
	}
	KiUnlock(&Wakes);
	return WasSet;
}

/* ---- handles: nt.md SY10 ---- */

typedef struct _TIMER_OBJECT {
	OBJECT Object;
	KTIMER Timer;
	/* The dispatcher lock: */
	KAPC Apc;
	PETHREAD ApcThread; /* whom Apc goes to; holds a reference; NULL: no APC */
} TIMER_OBJECT;

/* Takes the timer's APC away. Returns its thread, to be dereferenced without the lock; may be NULL. */
static PETHREAD DropApc(TIMER_OBJECT *Timer)
{
	PETHREAD Thread = Timer->ApcThread;

	if (Thread)
		KiRemoveQueueApc(&Timer->Apc);
	Timer->Timer.Apc = NULL;
	Timer->ApcThread = NULL;
	return Thread;
}

/* Returns whether the timer stays signalled. */
static BOOLEAN CancelTimer(TIMER_OBJECT *Timer)
{
	BOOLEAN State;
	PETHREAD Thread;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	Dequeue(&Timer->Timer);
	State = Timer->Timer.Header.SignalState > 0;
	Thread = DropApc(Timer);
	KiUnlock(&Wakes);
	if (Thread)
		ObDereferenceObject(&Thread->Object);
	return State;
}

static VOID DeleteTimer(POBJECT Object)
{
	CancelTimer((TIMER_OBJECT *)Object);
}

const OB_TYPE KeTimerType = {
	.Name = "Timer",
	.Size = sizeof(TIMER_OBJECT),
	.ValidAccess = TIMER_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | TIMER_QUERY_STATE,
		.GenericWrite = STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = TIMER_ALL_ACCESS,
	},
	.Delete = DeleteTimer,
	.DispatcherOffset = offsetof(TIMER_OBJECT, Timer),
};

NTSTATUS NtCreateTimer(PHANDLE Handle, ACCESS_MASK DesiredAccess,
		       POBJECT_ATTRIBUTES ObjectAttributes, ULONG TimerType)
{
	NT_ENTRY(NtCreateTimer, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	TIMER_OBJECT *Timer;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status) && TimerType != NotificationTimer &&
	    TimerType != SynchronizationTimer)
		Status = STATUS_INVALID_PARAMETER_4;
	if (NT_SUCCESS(Status))
		Status = ObCreateObject(&KeTimerType, (POBJECT *)&Timer);
	if (NT_SUCCESS(Status)) {
		KeInitializeTimerEx(&Timer->Timer, (TIMER_TYPE)TimerType);
		Status = ObInsertObject(&Timer->Object, ObjectAttributes, DesiredAccess, Handle);
	}
	TRACE(TR_NT, "NtCreateTimer(%s) = %s", ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenTimer(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenTimer, .Attributes = ObjectAttributes, .Output = Handle);
	return ObOpenTraced("NtOpenTimer", &KeTimerType, Handle, DesiredAccess, ObjectAttributes);
}

static BOOLEAN ReadTimerState(PKTIMER Timer, ULONGLONG *DueTime)
{
	KI_WAKES Wakes;
	BOOLEAN State;

	KiLock(&Wakes);
	State = Timer->Header.SignalState > 0;
	*DueTime = Timer->DueTime;
	KiUnlock(&Wakes);
	return State;
}

/* Returns whether the timer was signalled. */
static BOOLEAN StartTimer(TIMER_OBJECT *Timer, LARGE_INTEGER DueTime, LONG Period,
			  PTIMER_APC_ROUTINE Apc, PVOID Context)
{
	ULONGLONG Due = InterruptTime(DueTime);
	PETHREAD Thread = PsGetCurrentThread(), Old;
	BOOLEAN State, First;
	KI_WAKES Wakes;

	KiLock(&Wakes);
	State = Timer->Timer.Header.SignalState > 0;
	Old = DropApc(Timer);
	if (Apc) {
		KeInitializeApc(&Timer->Apc, &Thread->Tcb, NULL, NULL, (PKNORMAL_ROUTINE)(PVOID)Apc,
				Context);
		ObReferenceObject(&Thread->Object);
		Timer->ApcThread = Thread;
		Timer->Timer.Apc = &Timer->Apc;
	}
	SetTimerLocked(&Timer->Timer, Due, (ULONGLONG)Period * 10000, &First);
	KiUnlock(&Wakes);
	KickTimerThread(First);
	if (Old)
		ObDereferenceObject(&Old->Object);
	return State;
}

static NTSTATUS SetTimer(HANDLE Handle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE Apc,
			 PVOID ApcContext, LONG Period, PBOOLEAN PreviousState)
{
	POBJECT Object;
	NTSTATUS Status = ProbeForRead(DueTime, sizeof(*DueTime), sizeof(ULONG));
	BOOLEAN State;

	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(PreviousState, sizeof(*PreviousState));
	if (!NT_SUCCESS(Status))
		return Status;
	if (Period < 0)
		return STATUS_INVALID_PARAMETER;
	Status = ObReferenceObjectByHandle(Handle, TIMER_MODIFY_STATE, &KeTimerType, &Object);
	if (!NT_SUCCESS(Status))
		return Status;
	State = StartTimer((TIMER_OBJECT *)Object, *DueTime, Period, Apc, ApcContext);
	if (PreviousState)
		*PreviousState = State;
	ObDereferenceObject(Object);
	return STATUS_SUCCESS;
}

NTSTATUS NtSetTimer(HANDLE Handle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE Apc, PVOID ApcContext,
		    BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState)
{
	NT_ENTRY(NtSetTimer, .Handle = Handle);
	NTSTATUS Status = SetTimer(Handle, DueTime, Apc, ApcContext, Period, PreviousState);

	TRACE(TR_NT, "NtSetTimer(%p, period=%d) = %s", Handle, (int)Period, NtStatusName(Status));
	return Status;
}

NTSTATUS NtCancelTimer(HANDLE Handle, PBOOLEAN CurrentState)
{
	NT_ENTRY(NtCancelTimer, .Handle = Handle);
	POBJECT Object;
	NTSTATUS Status = ProbeForWriteOptional(CurrentState, sizeof(*CurrentState));

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, TIMER_MODIFY_STATE, &KeTimerType,
						   &Object);
	if (NT_SUCCESS(Status)) {
		BOOLEAN State = CancelTimer((TIMER_OBJECT *)Object);

		if (CurrentState)
			*CurrentState = State;
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtCancelTimer(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

NTSTATUS NtQueryTimer(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
	NT_ENTRY(NtQueryTimer, .Handle = Handle);
	TIMER_BASIC_INFORMATION Info = { 0 };
	ULONGLONG Due;
	POBJECT Object;
	PVOID Timer;
	NTSTATUS Status = KiCheckQuery(Class, Buffer, Length, sizeof(Info), ReturnLength);

	if (NT_SUCCESS(Status))
		Status = KiReferenceBody(Handle, TIMER_QUERY_STATE, &KeTimerType, &Object, &Timer);
	if (NT_SUCCESS(Status)) {
		Info.TimerState = ReadTimerState(Timer, &Due);
		Info.RemainingTime.QuadPart = Due ? (LONGLONG)(Due - KeQueryInterruptTime()) : 0;
		memcpy(Buffer, &Info, sizeof(Info));
		if (ReturnLength)
			*ReturnLength = sizeof(Info);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQueryTimer(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
