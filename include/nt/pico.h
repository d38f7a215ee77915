/* SPDX-License-Identifier: MIT */
/*
 * pico.h - the contract between the NT kernel side (ntshim/pico) and a pico provider (lxcore).
 *
 * On NT the two sides exchange tables with PsRegisterPicoProvider (wsl.md section 1). The first
 * part of each table is NT's own; what our trap engine adds is marked "lxrun". Here the guest's
 * page tables, signal frames, futexes and descriptors are the host kernel's (docs/host-assistance.md),
 * so clone and exec are done by the host and steered by us: that is what the additions are about.
 *
 * Threads: DispatchSystemCall runs on a service thread attached (KeAttachThread) to the calling
 * guest thread and may block in Ke waits - except for life-cycle calls (route PicoRouteLife), which
 * run on the one trace thread and must not block. All other provider routines run on the trace
 * thread and must not block.
 */
#ifndef NT_PICO_H
#define NT_PICO_H
#include "nt/mm.h"
#include "nt/io.h"

/* Registers of the guest thread. In a notified call only Rax, the six arguments and Rip are known. */
typedef struct _KTRAP_FRAME {
	ULONG64 Rax, Rdi, Rsi, Rdx, R10, R8, R9, Rip;
	ULONG64 Rsp; /* life-cycle calls only, else 0 */
} KTRAP_FRAME, *PKTRAP_FRAME;

/* What the engine does when DispatchSystemCall returns. */
typedef enum _PICO_DISPOSITION {
	PicoReturn,   /* result is in TrapFrame->Rax (a value or -errno; -512..-516 restart codes) */
	PicoContinue, /* let the host kernel execute the call as the guest made it */
	PicoInstall,  /* put Descriptor's host descriptor at slot DescriptorSlot, result = the slot number */
	PicoClone,    /* a clone was prepared by CreateThread: perform it; result = the child's ThreadIdForParent */
	PicoExec,     /* an image was prepared by ReplaceImage: perform it */
	PicoMap,      /* a view was prepared by MapSection: perform it; result = its address, or the host's -errno */
} PICO_DISPOSITION;

typedef struct _PS_PICO_SYSTEM_CALL_INFORMATION {
	PKTRAP_FRAME     TrapFrame;
	/* lxrun: */
	PETHREAD         Thread;
	PICO_DISPOSITION Disposition;     /* PicoReturn on entry */
	BOOLEAN          HostRoute;       /* WatchCalls: the filter lets the host execute it */
	HANDLE           Descriptor;      /* PicoInstall */
	ULONG            DescriptorSlot;
	BOOLEAN          DescriptorCloseOnExec;
} PS_PICO_SYSTEM_CALL_INFORMATION, *PPS_PICO_SYSTEM_CALL_INFORMATION;

/* lxrun: what a host signal tells the provider; layout of the guest's siginfo_t (128 bytes). */
typedef struct _PICO_SIGNAL_INFO { UCHAR Bytes[128]; } PICO_SIGNAL_INFO;

/* lxrun: how the filter treats a call. Anything without a row is PicoRouteTrap. */
typedef enum _PICO_ROUTE {
	PicoRouteTrap,  /* notification -> DispatchSystemCall */
	PicoRouteHost,  /* the host kernel executes it, no stop */
	PicoRouteLife,  /* stop of the trace thread -> DispatchSystemCall there (clone and exec families) */
} PICO_ROUTE;
typedef struct _PICO_CALL_ROUTE {
	ULONG      Number;
	PICO_ROUTE Route;
	/*
	 * PicoRouteHost may be conditional: it holds only if (args[ArgIndex] & ArgMask) == ArgValue, or
	 * with ArgNot if args[ArgIndex] != ArgValue (32 bits); else PicoRouteTrap. ArgMask 0: always.
	 */
	ULONG      ArgIndex;
	BOOLEAN    ArgNot;
	ULONG64    ArgMask, ArgValue;
} PICO_CALL_ROUTE;

/*
 * lxrun: stops of a thread that a debugger in the guest follows (PicoDebugAttach). NT has the like in
 * its debug objects; the kinds are those of ptrace(2), because the host's stops are shown as they are.
 */
typedef enum _PICO_STOP_KIND {
	PicoStopSignal,       /* SignalDelivery answered PICO_SIGNAL_HOLD; never given to DebugStop */
	PicoStopSyscallEntry, /* resumed with PicoResumeSyscall: before a call ... */
	PicoStopSyscallExit,  /* ... and behind it */
	PicoStopStart,        /* a new thread, before its first instruction */
	PicoStopClone,        /* its clone, fork or vfork has made a child */
	PicoStopVforkDone,    /* PICO_DEBUG_SHOW_VFORK_DONE: the child has let go of the memory */
	PicoStopExec,         /* the new image is about to run */
	PicoStopExit,         /* PICO_DEBUG_SHOW_EXIT: about to end; Message: the wait status */
	PicoStopTrap,         /* PicoDebugInterrupt, or the end of a group stop that was listened to */
	PicoStopGroup,        /* the group stops by Signal */
	PicoStopEnd,          /* ThreadEnds answered TRUE; never given to DebugStop */
} PICO_STOP_KIND;
typedef struct _PICO_STOP {
	PICO_STOP_KIND Kind;
	int            Signal;
	ULONG64        Message;
} PICO_STOP;

typedef struct _PS_PICO_PROVIDER_ROUTINES {
	SIZE_T Size;
	VOID (*DispatchSystemCall)(PPS_PICO_SYSTEM_CALL_INFORMATION Call);
	/*
	 * The host thread is gone (wait status WaitStatus, as wait4 gives it), or the clone that was to
	 * make it failed (HostTid still 0: nothing ever ran). The provider drops its own reference.
	 */
	VOID (*ExitThread)(PETHREAD Thread, int WaitStatus);
	/* After the last ExitThread of Process. WaitStatus of the thread-group leader. */
	VOID (*ExitProcess)(PEPROCESS Process, int WaitStatus);
	/* NT: hardware exceptions. Here they arrive as host signals: SignalDelivery. Never called yet. */
	BOOLEAN (*DispatchException)(PVOID ExceptionRecord, PVOID ExceptionFrame, PKTRAP_FRAME TrapFrame, ULONG Chance, CHAR PreviousMode);
	VOID (*TerminateProcess)(PEPROCESS Process, NTSTATUS Status);

	/* ---- lxrun ---- */
	/* The new image runs (Status success), or the exec failed late (Status) and the old one goes on. */
	VOID (*ImageReplaced)(PETHREAD Thread, NTSTATUS Status);
	/*
	 * Signal is about to be delivered to Thread. *Info is the host's and may be replaced (return
	 * TRUE). *Signal may be changed; 0 swallows it; PICO_SIGNAL_HOLD keeps a debugged thread in this
	 * stop until PicoDebugResume says what is delivered.
	 */
	BOOLEAN (*SignalDelivery)(PETHREAD Thread, int *Signal, PICO_SIGNAL_INFO *Info);
	/* The whole group has stopped by Signal / runs again (Signal 0). */
	VOID (*ProcessStopped)(PEPROCESS Process, int Signal);
	/*
	 * Only if WatchCalls: every call is seen twice, whatever its route. One that the host executes
	 * by route is dispatched too, on the trace thread: PicoContinue or PicoReturn, and no blocking.
	 * CallReturned tells what any call really returned, restart codes included; a call that ends
	 * its thread or program does not return. Costs two stops a call.
	 */
	BOOLEAN WatchCalls; /* at the beginning; PicoWatchCalls() changes it */
	VOID (*CallReturned)(PETHREAD Thread, LONG64 Result);
	/*
	 * Thread is about to end (wait status WaitStatus); its memory and registers are still there. TRUE:
	 * it is held like a debugged one, until PicoDebugResume; nothing else ends that. FALSE: it ends.
	 */
	BOOLEAN (*ThreadEnds)(PETHREAD Thread, int WaitStatus);
	/* A debugged thread has stopped. TRUE: it stays so until PicoDebugResume; FALSE: it goes on. */
	BOOLEAN (*DebugStop)(PETHREAD Thread, const PICO_STOP *Stop);
	const PICO_CALL_ROUTE *Routes;
	ULONG RouteCount;
} PS_PICO_PROVIDER_ROUTINES, *PPS_PICO_PROVIDER_ROUTINES;

#define PICO_SIGNAL_HOLD (-1)

/*
 * lxrun: what a debugger asks of a thread. All but Attach, Detach and Interrupt need a thread that is held
 * in a stop: STATUS_INVALID_DEVICE_REQUEST otherwise. STATUS_THREAD_IS_TERMINATING: it is gone.
 */
typedef enum _PICO_DEBUG_OPERATION {
	PicoDebugAttach,    /* stops are shown from now on, a group stop that lasts too; Data: PICO_DEBUG_SHOW_*. Again: changes Data */
	PicoDebugDetach,    /* they are not; a held thread goes on with signal Data, described by Buffer, or stays in its group's stop */
	PicoDebugInterrupt, /* PicoStopTrap follows, once a call that is being served has ended */
	PicoDebugResume,    /* Address: PICO_RESUME_MODE; Data: signal (0: none); Buffer: its PICO_SIGNAL_INFO or NULL */
	PicoDebugListen,    /* PicoStopGroup: stays stopped, but a new state is shown as PicoStopTrap */
	PicoDebugGetRegset, /* Address: the note type, NT_PRSTATUS and so on; Size is cut to what there is */
	PicoDebugSetRegset,
	PicoDebugPeekUser,  /* Address: offset in struct user; Data out: the word */
	PicoDebugPokeUser,  /* Data in */
	PicoDebugGetSignalMask, /* Data out */
	PicoDebugSetSignalMask, /* Data in */
} PICO_DEBUG_OPERATION;
#define PICO_DEBUG_SHOW_EXIT       0x1u
#define PICO_DEBUG_SHOW_VFORK_DONE 0x2u
typedef enum _PICO_RESUME_MODE { PicoResumeContinue, PicoResumeSyscall, PicoResumeStep, PicoResumeBlockStep } PICO_RESUME_MODE;
typedef struct _PICO_DEBUG_REQUEST {
	PICO_DEBUG_OPERATION Operation;
	ULONG64 Address, Data;
	PVOID   Buffer;
	SIZE_T  Size;
} PICO_DEBUG_REQUEST, *PPICO_DEBUG_REQUEST;

#define PS_PICO_CREATE_PROCESS_CLONE_PARENT 0x1u
typedef struct _PS_PICO_PROCESS_ATTRIBUTES {
	PEPROCESS ParentProcess;
	PVOID     Context;
	ULONG     Flags;
} PS_PICO_PROCESS_ATTRIBUTES;

typedef struct _PS_PICO_THREAD_ATTRIBUTES {
	PEPROCESS Process;
	PVOID     Context;
	ULONG64   UserStack;     /* 0: the parent's */
	ULONG64   UserFsBase;    /* with CLONE_SETTLS */
	/* ---- lxrun ---- */
	PETHREAD  Parent;        /* the calling guest thread */
	ULONG64   CloneFlags;    /* Linux CLONE_* as checked by the provider, without the exit signal */
	ULONG     ThreadId;      /* the provider's number as the child knows it: written for CHILD_SETTID, in its futexes */
	ULONG     ThreadIdForParent; /* ... as the parent knows it: returned, written for PARENT_SETTID */
	ULONG64   ParentTidAddress, ChildTidAddress;
	ULONG64   NoteAddress;   /* written into the parent's memory, not the child's copy; 0: nothing */
	ULONG     Note;
} PS_PICO_THREAD_ATTRIBUTES;

/* lxrun: one mapping of a new image. */
#define PICO_MAX_IMAGE_MAPS 64
typedef struct _PICO_IMAGE_MAP {
	HANDLE  File;            /* one of the image's two files; NULL: anonymous, zero filled */
	ULONG64 Address, Size;   /* page aligned */
	ULONG64 FileOffset;
	ULONG   Protect;         /* Linux PROT_* */
	ULONG64 ZeroFrom, ZeroSize; /* bytes to clear after mapping (bss tail); 0 size: none */
} PICO_IMAGE_MAP;

/*
 * lxrun: a program image ready to run. argv and envp are the caller's own pointers (Argv, Envp): the
 * host copies the strings. Insert strings go before argv[0]... as #! wants: they replace argv[0].
 */
typedef struct _PICO_IMAGE {
	HANDLE  Files[2];        /* program, interpreter (may be NULL). Borrowed until ImageReplaced */
	ULONG   MapCount;
	PICO_IMAGE_MAP Maps[PICO_MAX_IMAGE_MAPS];
	ULONG64 Argv, Envp;      /* guest addresses */
	ULONG64 Start;           /* where execution begins (interpreter's entry, or the program's) */
	ULONG64 Phdr, Phnum, Entry, Base; /* AT_PHDR AT_PHNUM AT_ENTRY AT_BASE */
	ULONG64 StartCode, EndCode, StartData, EndData, Brk;
	ULONG   InsertCount;     /* #!: strings that replace argv[0] */
	const char *Insert[16];  /* copied */
	const char *ExecFn;      /* AT_EXECFN; copied */
	const char *Name;        /* at most 15 bytes; host comm; copied */
	BOOLEAN ExecutableStack;
	BOOLEAN Secure;          /* AT_SECURE */
	ULONG   Uid, Euid, Gid, Egid; /* AT_UID.. as the guest is to see them */
	ULONG   Flags;           /* AT_FLAGS */
	HANDLE  Passed;          /* a file that the image gets as a descriptor (AT_EXECFD), or NULL. Borrowed likewise */
} PICO_IMAGE;

typedef struct _PICO_SIGNAL_STATE { ULONG64 Pending, GroupPending, Blocked, Ignored, Caught; } PICO_SIGNAL_STATE; /* bit n-1 = signal n */

typedef struct _PS_PICO_ROUTINES {
	SIZE_T Size;
	/* Returns a reference in *Process. Nothing runs until CreateThread and disposition PicoClone. */
	NTSTATUS (*CreateProcess)(const PS_PICO_PROCESS_ATTRIBUTES *Attributes, PEPROCESS *Process);
	/*
	 * Returns a reference in *Thread and arms Parent's life-cycle call: on disposition PicoClone the
	 * host clones and binds the child to *Thread before it runs. If the clone fails the provider's
	 * ExitThread (and ExitProcess) is called with HostTid 0. STATUS_TOO_MANY_THREADS: the host has no
	 * thread to serve it.
	 */
	NTSTATUS (*CreateThread)(const PS_PICO_THREAD_ATTRIBUTES *Attributes, PETHREAD *Thread);
	PVOID (*GetProcessContext)(PEPROCESS Process);
	PVOID (*GetThreadContext)(PETHREAD Thread);
	/* SIGKILL to all of it; ExitThread and ExitProcess follow. */
	NTSTATUS (*TerminateProcess)(PEPROCESS Process, NTSTATUS Status);

	/* ---- lxrun ---- */
	/* Arms an exec for Thread's current life-cycle call; perform with disposition PicoExec. Copies Image. */
	NTSTATUS (*ReplaceImage)(PETHREAD Thread, const PICO_IMAGE *Image);
	/*
	 * Arms a view of all of Section, which was made with SEC_LXRUN_PICO, for Thread's current
	 * life-cycle call; perform with disposition PicoMap. Address 0: the host chooses; Flags: PICO_MAP_*.
	 * STATUS_CONFLICTING_ADDRESSES: it could cover what the engine has there.
	 */
	NTSTATUS (*MapSection)(PETHREAD Thread, HANDLE Section, ULONG64 Address, ULONG Flags);
#define PICO_MAP_READONLY 0x1u
#define PICO_MAP_ROUND    0x2u /* Address is rounded down to where a view may begin */
#define PICO_MAP_REPLACE  0x4u /* what is there gives way */
#define PICO_MAP_EXECUTE  0x8u
	/* During ImageReplaced: AT_EXECFD is Slot, where the image's Passed is put if it has one. */
	VOID (*SetImageDescriptor)(PETHREAD Thread, ULONG Slot);
	/*
	 * Sends a host signal to the thread. It comes back in SignalDelivery, where the provider says
	 * what siginfo the guest sees. Info is what a guest that fetches the signal itself
	 * (sigtimedwait) sees: as given when its code is one that the host lets a process send, else
	 * with SI_QUEUE for a code. SIGKILL and SIGCONT act at once.
	 */
	NTSTATUS (*SendSignal)(PETHREAD Thread, int Signal, const PICO_SIGNAL_INFO *Info);
	/* The same to the process: whichever thread does not block it takes it, as the host decides. */
	NTSTATUS (*SendProcessSignal)(PEPROCESS Process, int Signal, const PICO_SIGNAL_INFO *Info);
	/* Reads the host's view: costs about 10 us. */
	NTSTATUS (*QuerySignalState)(PETHREAD Thread, PICO_SIGNAL_STATE *State);
	/*
	 * During a notified call of Thread: installs File's host descriptor at guest slot Slot (File
	 * NULL: overwrites the slot with a placeholder that refuses all I/O).
	 */
	NTSTATUS (*SetDescriptor)(PETHREAD Thread, ULONG Slot, HANDLE File, BOOLEAN CloseOnExec);
	/*
	 * ppoll and its kin: the current notified call is about to end with a restart code because of a
	 * signal that Thread blocks, but not in the mask of its wait (Mask, bit n-1 = signal n). The
	 * host delivers with Mask in force; the handler returns to the thread's own mask. For: the signals
	 * that this is meant for; if another one comes first, it is delivered with the thread's own mask
	 * and Mask is forgotten.
	 */
	NTSTATUS (*DeliverWithMask)(PETHREAD Thread, ULONG64 Mask, ULONG64 For);
	/*
	 * Performs *Request on the trace thread and waits for it (some 30 us); callable from any thread.
	 * STATUS_ACCESS_VIOLATION: the host refuses the offset; STATUS_INVALID_PARAMETER: the value.
	 */
	NTSTATUS (*DebugThread)(PETHREAD Thread, PPICO_DEBUG_REQUEST Request);
	/* set_tid_address: the host clears and wakes Address when the thread ends. Deferred until the group's first thread clone. */
	NTSTATUS (*SetClearTidAddress)(PETHREAD Thread, ULONG64 Address);
	/* get_robust_list: what the host keeps for the thread. */
	NTSTATUS (*QueryRobustList)(PETHREAD Thread, PULONG64 Head, PULONG64 Size);
	/* Numbers a slot can have are below this, as the host limits its processes. */
	ULONG DescriptorLimit;
	/* First of PICO_DESCRIPTORS_KEPT numbers at which the engine has descriptors of its own: no slots there. */
	ULONG DescriptorKept;
#define PICO_DESCRIPTORS_KEPT 3u
} PS_PICO_ROUTINES, *PPS_PICO_ROUTINES;

/*
 * Exchanges the tables: copies *Provider, fills *Routines (Size set by the caller). Once only:
 * STATUS_TOO_LATE afterwards. wsl.md 1.1.
 */
NTSTATUS PsRegisterPicoProvider(const PS_PICO_PROVIDER_ROUTINES *Provider, PPS_PICO_ROUTINES Routines);

/* ---- lxrun: run, and what the command line needs ---- */
/* Why the engine cannot start, as one line with the remedy; NULL if it can. For --doctor and start-up. */
const char *PicoCheckHost(void);
/*
 * Starts the trace thread, the first host process and the receivers. Init and InitThread are the
 * provider's first process objects; the host process then makes an execve(Path, Argv, Envp) that is
 * dispatched like any other.
 */
NTSTATUS PicoStart(PEPROCESS Process, PETHREAD Thread, const char *Path, char *const Argv[], char *const Envp[]);
/*
 * The signal mask that the calling thread has now is what the first guest starts with, whatever lxrun blocks later.
 * Called before that; without it the guest has the launching thread's.
 */
VOID PicoKeepSignalMask(VOID);
/* Kills every guest, joins the engine's threads. Callable from any thread but the engine's own. */
VOID PicoStop(void);
/*
 * WatchCalls from now on. Threads that run are stopped for a moment, so that none is missed; when it returns, each
 * thread's next call is watched (On), or none is from its next stop on. Any thread but the trace thread.
 */
VOID PicoWatchCalls(BOOLEAN On);
/* Counters for --stats and tests. */
typedef struct _PICO_COUNTERS { ULONG64 Notifications, Stops, Promotions, Migrations; } PICO_COUNTERS;
VOID PicoQueryCounters(PICO_COUNTERS *Counters);
#endif
