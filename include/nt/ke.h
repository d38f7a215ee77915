/* SPDX-License-Identifier: MIT */
/*
 * ke.h - dispatcher objects, waits, alerts, user APCs, timers with DPCs, time.
 *
 * Two surfaces over one engine: Nt* for handles, Ke* for objects embedded in other structures (the
 * way lxcore, a driver, waits). Waits honour FIFO order, WaitAll atomicity, alerts; timeouts are in
 * 100 ns, negative = relative, NULL = for ever. KeWait* on an object that is already signalled makes
 * no host call.
 */
#ifndef NT_KE_H
#define NT_KE_H
#include "nt/ob.h"

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny } WAIT_TYPE;
#define MAXIMUM_WAIT_OBJECTS 64
#define EVENT_QUERY_STATE    0x1u
#define EVENT_MODIFY_STATE   0x2u
#define EVENT_ALL_ACCESS     0x1F0003u
#define MUTANT_QUERY_STATE   0x1u
#define MUTANT_ALL_ACCESS    0x1F0001u
#define SEMAPHORE_QUERY_STATE 0x1u
#define SEMAPHORE_MODIFY_STATE 0x2u
#define SEMAPHORE_ALL_ACCESS 0x1F0003u
#define KEYEDEVENT_WAIT      0x1u
#define KEYEDEVENT_WAKE      0x2u
#define KEYEDEVENT_ALL_ACCESS 0xF0003u
#define TIMER_QUERY_STATE    0x1u
#define TIMER_MODIFY_STATE   0x2u
#define TIMER_ALL_ACCESS     0x1F0003u

typedef struct _EVENT_BASIC_INFORMATION { LONG EventType, EventState; } EVENT_BASIC_INFORMATION;
typedef struct _MUTANT_BASIC_INFORMATION { LONG CurrentCount; BOOLEAN OwnedByCaller, AbandonedState; } MUTANT_BASIC_INFORMATION;
typedef struct _SEMAPHORE_BASIC_INFORMATION { ULONG CurrentCount, MaximumCount; } SEMAPHORE_BASIC_INFORMATION;

typedef struct _TIMER_BASIC_INFORMATION { LARGE_INTEGER RemainingTime; BOOLEAN TimerState; } TIMER_BASIC_INFORMATION;

NTSTATUS NTAPI NtCreateEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG EventType, BOOLEAN InitialState);
NTSTATUS NTAPI NtOpenEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtSetEvent(HANDLE Handle, PLONG PreviousState);
NTSTATUS NTAPI NtResetEvent(HANDLE Handle, PLONG PreviousState);
NTSTATUS NTAPI NtPulseEvent(HANDLE Handle, PLONG PreviousState);
NTSTATUS NTAPI NtClearEvent(HANDLE Handle);
NTSTATUS NTAPI NtQueryEvent(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtCreateMutant(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner);
NTSTATUS NTAPI NtOpenMutant(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtReleaseMutant(HANDLE Handle, PLONG PreviousCount);
NTSTATUS NTAPI NtQueryMutant(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, LONG Initial, LONG Maximum);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE Handle, LONG Count, PLONG PreviousCount);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtCreateTimer(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TimerType);
NTSTATUS NTAPI NtOpenTimer(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
/*
 * Period in milliseconds. Apc is queued to the calling thread each time the timer expires, unless it is
 * queued still; the thread's end cancels the timer.
 */
NTSTATUS NTAPI NtSetTimer(HANDLE Handle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE Apc, PVOID ApcContext, BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState);
NTSTATUS NTAPI NtCancelTimer(HANDLE Handle, PBOOLEAN CurrentState);
NTSTATUS NTAPI NtQueryTimer(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, const HANDLE *Handles, ULONG WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
/* Sets an event, releases a mutant or a semaphore, and waits, with nothing between the two. */
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE ObjectToSignal, HANDLE ObjectToWaitOn, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
/*
 * Keyed events: a wait and a release of the same key (an even number) let each other go; each blocks
 * until the other comes. Handle NULL: an event that everybody has.
 */
NTSTATUS NTAPI NtCreateKeyedEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG Flags);
NTSTATUS NTAPI NtOpenKeyedEvent(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtWaitForKeyedEvent(HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtReleaseKeyedEvent(HANDLE Handle, PVOID Key, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER Interval);
NTSTATUS NTAPI NtYieldExecution(void);
NTSTATUS NTAPI NtTestAlert(void);
NTSTATUS NTAPI NtAlertThread(HANDLE Thread);
/*
 * A wait that another thread ends by this thread's id, within the process: STATUS_ALERTED. An alert that
 * comes first is kept, one of them. Address is for debuggers.
 */
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout);
/* STATUS_INVALID_CID; STATUS_ACCESS_DENIED: another process's thread. */
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId);
/* Needs THREAD_SET_CONTEXT. STATUS_UNSUCCESSFUL: the thread has ended. */
NTSTATUS NTAPI NtQueueApcThread(HANDLE Thread, PKNORMAL_ROUTINE ApcRoutine, PVOID Context, PVOID Argument1, PVOID Argument2);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER Counter, PLARGE_INTEGER Frequency);

/* ---- kernel side ---- */
typedef enum _KOBJECT_KIND { EventNotificationObject, EventSynchronizationObject, MutantObject, ProcessObject, SemaphoreObject, ThreadObject, TimerNotificationObject, TimerSynchronizationObject } KOBJECT_KIND;

/* The waitable part of an object; guarded by the dispatcher lock. */
typedef struct _DISPATCHER_HEADER {
	UCHAR       Kind;          /* KOBJECT_KIND */
	LONG        SignalState;   /* > 0: signalled */
	struct list WaitListHead;
} DISPATCHER_HEADER, *PDISPATCHER_HEADER;

typedef struct _KEVENT { DISPATCHER_HEADER Header; } KEVENT, *PKEVENT;
typedef struct _KTHREAD *PKTHREAD;

VOID KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
/* Each returns the previous state; KeSetEvent wakes one (synchronization) or all waiters. */
LONG KeSetEvent(PKEVENT Event);
LONG KeResetEvent(PKEVENT Event);
VOID KeClearEvent(PKEVENT Event);
LONG KeReadStateEvent(PKEVENT Event);

/*
 * STATUS_SUCCESS (wait any: STATUS_WAIT_0 + index), STATUS_TIMEOUT, STATUS_ALERTED (Alertable and
 * KeAlertThread was called, before or during the wait), STATUS_USER_APC (Alertable and an APC is
 * queued: the caller runs them with KeDeliverUserApcs(), as NT does on its way back to user mode; all
 * Nt* calls do), STATUS_ABANDONED_WAIT_0 + index.
 */
NTSTATUS KeWaitForSingleObject(PVOID Object, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Objects[], WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
NTSTATUS KeDelayExecutionThread(BOOLEAN Alertable, PLARGE_INTEGER Interval);

/* Thread part of ETHREAD: what waits need. Initialised by PsCreate*; see ps.h. */
typedef struct _KTHREAD {
	DISPATCHER_HEADER Header;      /* signalled once the thread has ended */
	_Atomic ULONG     WaitWord;    /* the host futex the thread sleeps on */
	_Atomic BOOLEAN   Alerted;     /* written under the dispatcher lock */
	BOOLEAN           WaitAlertable;
	LONG              WaitStatus;
	struct _KWAIT_BLOCK *WaitBlocks; /* of the current wait; NULL when not waiting */
	struct _KTHREAD  *WakeNext;    /* of those whose waits the holder of the dispatcher lock has ended */
	ULONG             WaitCount;
	UCHAR             WaitType;
	struct list       MutantListHead;
	KEVENT            AlertById;     /* NtAlertThreadByThreadId */
	struct list       ApcListHead;   /* of KAPC.ApcListEntry */
	BOOLEAN           Terminated;    /* no APC is taken any more */
	PVOID             Queue;         /* the completion port it works for, or NULL: ntshim/io */
	struct list       QueueEntry;    /* ... and its place among those that do; its lock's, as is: */
	BOOLEAN           QueueActive;   /* it counts as running */
} KTHREAD;
/* Told of a thread with a Queue: it is about to sleep, goes on, has ended. No lock is held. */
typedef enum _KQUEUE_CHANGE { KQueueBlocks, KQueueRuns, KQueueEnds } KQUEUE_CHANGE;
extern VOID (*KiQueueThread)(PKTHREAD Thread, KQUEUE_CHANGE Change);

VOID KeInitializeThread(PKTHREAD Thread);
/* Ends an alertable wait of Thread, or its next one. Returns the previous alerted state. */
BOOLEAN KeAlertThread(PKTHREAD Thread);
/* Takes back a pending alert (end of a system call). Returns TRUE if there was one. */
BOOLEAN KeTestAlertThread(PKTHREAD Thread);
/* Signals the thread or process object for good, abandons the thread's mutants, runs down its APCs. */
VOID KeTerminateThreadObject(PKTHREAD Thread);
VOID KeSignalProcessObject(PDISPATCHER_HEADER Header);

/*
 * User APCs: NT's asynchronous procedure calls, of user mode only; Environment and ApcMode of NT's
 * KeInitializeApc have one value here and are left out. Whoever allocates the KAPC owns it until it
 * is inserted. It is delivered in the context of Thread, on its way out of an alertable Nt* wait or
 * NtTestAlert: KernelRoutine first (it may free the KAPC and replace what comes next), then
 * NormalRoutine. A thread that ends before gives it back through RundownRoutine. Both may be NULL; all
 * are called without locks.
 */
typedef struct _KAPC *PKAPC;
typedef VOID (*PKKERNEL_ROUTINE)(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext, PVOID *SystemArgument1, PVOID *SystemArgument2);
typedef VOID (*PKRUNDOWN_ROUTINE)(PKAPC Apc);
typedef struct _KAPC {
	struct list       ApcListEntry;
	PKTHREAD          Thread;
	PKKERNEL_ROUTINE  KernelRoutine;
	PKRUNDOWN_ROUTINE RundownRoutine;
	PKNORMAL_ROUTINE  NormalRoutine;
	PVOID             NormalContext, SystemArgument1, SystemArgument2;
	BOOLEAN           Inserted;      /* dispatcher lock */
} KAPC;
/* Borrows Thread: who inserts later holds a reference to the thread object until then. */
VOID KeInitializeApc(PKAPC Apc, PKTHREAD Thread, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, PVOID NormalContext);
/* FALSE: it is queued already, or the thread has ended; the caller still owns it then. Never blocks. */
BOOLEAN KeInsertQueueApc(PKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2);
/* Takes it out of the queue. FALSE: it was in none (delivered, being delivered, or never inserted). */
BOOLEAN KeRemoveQueueApc(PKAPC Apc);
/* Runs the APCs of the current thread, those included that are queued meanwhile. No lock may be held. */
VOID KeDeliverUserApcs(void);

/*
 * The thread in whose context the caller runs: a service thread attached to a guest thread, or one
 * made for this host thread on first use.
 */
PKTHREAD KeGetCurrentThread(void);
/* Makes Thread current on this host thread; NULL detaches. Returns the previous one. Borrows. */
PKTHREAD KeAttachThread(PKTHREAD Thread);

/*
 * The trap engine's hook: called (once per wait) right before the calling host thread goes to sleep
 * in a wait, so that another receiver can take over. Set at start; NULL otherwise.
 */
extern VOID (*_Atomic KiBeforeBlock)(void);

typedef VOID (*PKDEFERRED_ROUTINE)(PVOID Context);
/* One-shot or periodic timer that calls a routine (a DPC) on the timer thread. The routine must not block. */
typedef struct _KTIMER {
	DISPATCHER_HEADER  Header;
	struct list        TimerListEntry;
	ULONGLONG          DueTime;     /* interrupt time; 0 = not set */
	ULONGLONG          Period;      /* 100 ns; 0 = one shot */
	PKDEFERRED_ROUTINE Dpc;
	PVOID              DpcContext;
	PKAPC              Apc;         /* queued at expiry; NULL: none */
} KTIMER, *PKTIMER;
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
/* DueTime: negative relative, positive absolute system time. Returns TRUE if the timer was set before. */
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, ULONGLONG Period100ns, PKDEFERRED_ROUTINE Dpc, PVOID Context);
/* After it returns the DPC is not running and will not run. Returns TRUE if the timer was set. */
BOOLEAN KeCancelTimer(PKTIMER Timer);

/* 100 ns since an arbitrary start, never steps back, does not count suspend (CLOCK_MONOTONIC). */
ULONGLONG KeQueryInterruptTime(void);
/* 100 ns since 1601 (CLOCK_REALTIME). */
VOID KeQuerySystemTimePrecise(PLARGE_INTEGER SystemTime);
/* lxrun extension: the same clocks with the host's nanoseconds, which NT's 100 ns cannot carry. */
ULONGLONG KeQueryMonotonicNs(void);
LONGLONG KeQueryRealtimeNs(void);
NTSTATUS KeInitSystem(void);
extern const OB_TYPE KeEventType, KeMutantType, KeSemaphoreType, KeTimerType, KeKeyedEventType;
#endif
