/* SPDX-License-Identifier: MIT */
/*
 * picop.h - the trap engine's inside (ntshim/pico): who is who on the host, and what each thread is
 * in the middle of.
 *
 *   launch.c   first host process, filter, stub           filter.c   the one BPF program
 *   receiver.c notifications: leader and followers        tracer.c   the trace thread's stops
 *   clone.c exec.c signal.c   the three families of stops thread.c   host tid -> thread, births, deaths
 *   balance.c  home CPUs   debug.c  stops that a debugger in the guest is shown
 *
 * Locks: LR_PICO guards the tid table and the thread lists of processes. Everything under "trace
 * thread" below is touched by that thread alone.
 */
#ifndef PICOP_H
#define PICOP_H
#include "nt/pico.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/trace.h"
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/user.h>

enum pico_life {
	LifeNone,
	LifeClone,       /* host clone is running: waiting for its event or its failure */
	LifeClearTid,    /* host set_tid_address is running, in front of a clone */
	LifeReissue,     /* the clone call is about to be made again by the guest */
	LifeExec,        /* host execveat of the stub is running */
	LifeCloneReturn, /* debugged: the clone's exit stop, where the result is put in, is to come */
	LifeAnswered, /* debugged: the host skips a call; its exit stop is to look like the call's */
	LifeMap,      /* host shmat is running */
	LifeStub,     /* debugged: the stub is loading the image; stepped through its calls */
};

#define PICO_KICK_SIGNAL SIGUSR2 /* to threads of our own: ends a host call with EINTR */

/* An image between ReplaceImage and the stub's question. */
typedef struct _PICO_EXEC {
	PICO_IMAGE Image;
	int Fds[3]; /* own duplicates: program, interpreter, Passed; -1 */
	ULONG PassedSlot;
	bool HasPassed; /* PassedSlot is its number, there or not */
	char *Strings;  /* execfn, inserts: NUL separated */
	size_t StringsSize;
	char Name[16];
} PICO_EXEC;

typedef struct _PICO_THREAD {
	PETHREAD Thread;           /* borrows: the thread holds us */
	uint32_t Number;           /* the provider's; 0: not told */
	struct list Link;          /* LR_PICO: all bound threads */
	_Atomic uint64_t NotifyId; /* of the notification being served; 0: none */
	_Atomic uint64_t ClearTid; /* set_tid_address not yet told to the host; 0: none */
	_Atomic bool
		OwnCall; /* the next call that is notified is the engine's: the host makes it */
	_Atomic(PICO_EXEC *) Exec;
	_Atomic int Home;             /* CPU the thread is bound to; -1: none (one CPU only) */
	int SchedFd;                  /* /proc/TID/schedstat; -1 */
	uint64_t SchedRun, SchedWait; /* balancer: counters at its last look, ns */
	uint8_t IdleLooks; /* balancer: it did nothing at so many looks, at most IDLE_LOOKS */
	_Atomic uint16_t
		SkipLooks; /* ... and is not looked at so many times; 0 again when it makes a call */
	/* the last answer that may leave the host with a restart code: see PicoSignalStop */
	_Atomic uint64_t HostCall;
	_Atomic uint64_t WaitMask; /* DeliverWithMask: in force until the next delivery ... */
	_Atomic uint64_t WaitFor;  /* ... of one of these */
	_Atomic enum pico_mask {
		MaskOwn,
		MaskAsked,     /* the SIGSTOP is on its way */
		MaskDropped,   /* so it is, for nothing */
		MaskTemporary, /* WaitMask is in force */
		MaskInFrame    /* the frame of the handler gets OwnMask */
	} MaskState;
	_Atomic uint64_t OwnMask;  /* while OwnMaskKnown, and in MaskInFrame */
	_Atomic bool OwnMaskKnown; /* WaitMask is in force instead of it */
	/* trace thread: */
	bool MaskStep; /* sent on with a single step: a SIGTRAP tells that nothing was delivered */
	enum pico_life Life;
	struct user_regs_struct Entry; /* at the life-cycle stop */
	bool Starting;                 /* born, first stop not yet taken */
	bool HasStub;             /* the stub's page 0 is mapped: any process but the launcher */
	bool Debugged, ShowStale; /* DebugStop is asked; Show not yet told to the host */
	uint32_t Show;            /* PICO_DEBUG_SHOW_* */
	bool Held;                /* in the stop HeldAs until PicoDebugResume */
	PICO_STOP_KIND HeldAs;
	bool Interrupting; /* until held: the host forgets an interrupt at any stop, the engine's own too */
	PICO_RESUME_MODE Mode;
	pid_t ExecOldTid;       /* LifeStub */
	uint64_t Answer;        /* LifeAnswered */
	PETHREAD Child;         /* armed by CreateThread; a reference */
	PEPROCESS ChildProcess; /* ... when it is a new process */
	uint64_t CloneFlags, CloneStack, CloneTls, ParentTid, ChildTid, NoteAddress;
	uint32_t ChildNumber, Note;
	int MapSegment; /* armed by MapSection */
	uint32_t MapFlags;
	uint64_t MapAddress;
} PICO_THREAD;

typedef struct _PICO_PROCESS {
	int StopSignal;  /* trace thread: 0 running */
	uint32_t Number; /* of its first thread, which an exec gives to whoever makes it */
} PICO_PROCESS;

typedef struct _PICO_ENGINE {
	PS_PICO_PROVIDER_ROUTINES Provider;
	bool Registered;
	int Listener;
	int StubFd;
	unsigned long SlotStub, SlotProgram,
		SlotInterpreter; /* guest descriptors kept for the engine */
	bool SyncWakeUp;
	bool Watching; /* trace thread: guests run from call to call (WatchCalls) */
	_Atomic bool Stopping;
	_Atomic int Guests; /* bound host threads */
	PICO_COUNTERS Counters;
} PICO_ENGINE;
extern PICO_ENGINE Pico;

/* thread.c */
void PicoThreadInit(void);
/* Returns a reference to the thread with this host tid, or NULL. */
PETHREAD PicoThreadLookup(pid_t Tid);
/* Binds Thread (consumes one reference: the table's) to the host tid; a new process to its pid. */
void PicoThreadBind(PETHREAD Thread, pid_t Tid);
/* The host thread ended: forgets it and tells the provider. */
struct rusage;
void PicoThreadDied(pid_t Tid, int WaitStatus, const struct rusage *Usage);
/* The number of another thread of the same process, 0 if there is none. */
pid_t PicoThreadBesides(PETHREAD Thread);
/* After an exec by a thread that was OldTid: it is Tid now, and the leader that was Tid is gone. */
void PicoThreadRename(pid_t OldTid, pid_t Tid);
/* Tells the provider of a thread that never ran. Consumes the reference. */
void PicoThreadUnborn(PETHREAD Thread, PEPROCESS NewProcess);
/* SIGKILL to every process of the instance. */
void PicoThreadKillAll(void);
/* Calls Routine for each bound thread with LR_PICO held. */
void PicoThreadForEach(void (*Routine)(PETHREAD Thread, void *Context), void *Context);
/* Allocates the engine's part of a thread and of a process. */
NTSTATUS PicoThreadAttach(PETHREAD Thread);
NTSTATUS PicoProcessAttach(PEPROCESS Process);

/* filter.c: builds the program; returned array is malloc()ed. STATUS_UNSUCCESSFUL if libseccomp fails. */
struct sock_fprog;
NTSTATUS PicoBuildFilter(const PICO_CALL_ROUTE *Routes, ULONG Count, struct sock_fprog *Program);

/* launch.c. Before the process has a second thread: */
NTSTATUS PicoLaunchPrepare(void);
/* Runs on the trace thread; the host pid of the first process, or -errno. */
pid_t PicoLaunch(const char *Path, char *const Argv[], char *const Envp[]);
/* The listener's descriptor, once the first life-cycle stop shows that the filter is in place. */
int PicoLaunchListener(void);
extern const char PicoEmptyString[1];

/* tracer.c */
NTSTATUS PicoTracerStart(PETHREAD First, const char *Path, char *const Argv[], char *const Envp[]);
void PicoTracerJoin(void);
/* Lets the thread run on, in the way its debugger asked for. T NULL: a thread that is not bound yet. */
void PicoCont(PICO_THREAD *T, pid_t Tid, int Signal);
/* Makes the trace thread look at its queue; false: there is none (any more). */
bool PicoTracerKick(void);
bool PicoOnTracer(void);
/* The thread, in its exit stop, ends now. */
void PicoExitGo(PICO_THREAD *T, pid_t Tid);

/* debug.c, on the trace thread: from now on T is held in a stop of Kind. */
void PicoDebugHold(PICO_THREAD *T, PICO_STOP_KIND Kind);
/* Shows a stop to the provider: true if the thread is held in it. */
bool PicoDebugShow(PICO_THREAD *T, PICO_STOP_KIND Kind, int Signal, uint64_t Message);
/* As PicoDebugShow, and lets the thread go on if it is not held. */
void PicoDebugShowOrCont(PICO_THREAD *T, pid_t Tid, PICO_STOP_KIND Kind, uint64_t Message);
/* A syscall stop that is not the end of a call of the engine's own. */
void PicoDebugSyscallStop(PICO_THREAD *T, pid_t Tid);
/* The stub of a debugged thread's exec: syscall stops until it leaves for the image. */
void PicoDebugStubStop(PICO_THREAD *T, pid_t Tid);
/* At any stop: options that were asked for while the thread ran. */
void PicoDebugOptions(PICO_THREAD *T, pid_t Tid);
/* Performs what other threads have asked for; at the end Over: refuses it. */
void PicoDebugServe(bool Over);
NTSTATUS PicoDebugThread(PETHREAD Thread, PPICO_DEBUG_REQUEST Request);

/* clone.c, exec.c, signal.c: stops, on the trace thread */
void PicoCloneArmed(PICO_THREAD *T, pid_t Tid, struct user_regs_struct *Regs);
void PicoCloneEvent(PICO_THREAD *T, pid_t Tid, pid_t ChildTid);
void PicoCloneFailed(PICO_THREAD *T);
void PicoChildStop(pid_t Tid);
/* The parent's way back from a clone whose child is bound. */
void PicoCloneReturn(PICO_THREAD *T, pid_t Tid);
void PicoEarlyDeath(pid_t Tid, int WaitStatus);
void PicoExecArmed(PICO_THREAD *T, pid_t Tid, struct user_regs_struct *Regs);
void PicoExecEvent(PETHREAD Leader);
void PicoExecFailed(PICO_THREAD *T, long Error);
void PicoExecFree(PICO_EXEC *Exec);
/* On a receiver: answers the stub. */
void PicoStubCall(PETHREAD Thread, const struct seccomp_notif *Notif);
NTSTATUS PicoDeliverWithMask(PETHREAD Thread, ULONG64 Mask, ULONG64 For);
NTSTATUS PicoQuerySignalState(PETHREAD Thread, PICO_SIGNAL_STATE *State);
void PicoSignalStop(pid_t Tid, int Signal);
/* Whether the filter lets the host execute the call in these registers. */
bool PicoIsHostRoute(const struct user_regs_struct *Regs);
/* Ends a signal-delivery stop. */
void PicoDeliver(PICO_THREAD *T, pid_t Tid, int Signal);
void PicoGroupStop(pid_t Tid, int Signal);

/* A number for a call as its registers show it; never 0. */
uint64_t PicoCallKey(uint64_t Number, uint64_t Ip, uint64_t A0, uint64_t A1, uint64_t A2);

/* robust.c: the thread is in its exit stop */
void PicoRobustExit(PICO_THREAD *T, pid_t Tid);
NTSTATUS PicoQueryRobustList(PETHREAD Thread, PULONG64 Head, PULONG64 Size);

/* receiver.c */
void PicoReceiversPrepare(void); /* before the engine's first thread */
NTSTATUS PicoReceiversStart(void);
void PicoReceiversJoin(void);
bool PicoReceiversReserve(void); /* one guest more can be served; else none may be made */
void PicoReceiversRetry(void);   /* now and then: when the host refused one and nobody receives */
int PicoSend(uint64_t Id, int64_t Value, bool Continue);
int PicoAddFd(uint64_t Id, int Fd, unsigned long Slot, bool CloseOnExec, bool Send);

/* balance.c */
void PicoBalanceInit(void);
void PicoBalanceStart(void);
void PicoBalanceJoin(void);
/* The calling thread serves guests: it runs where they do. */
void PicoBalanceAdopt(void);
/* Parent NULL: the first guest. */
void PicoBalanceBorn(PETHREAD Parent, PETHREAD Child);
#endif
