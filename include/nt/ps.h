/* SPDX-License-Identifier: MIT */
/* ps.h - process and thread objects (nt.md OM26 and section "processes"), as far as pico needs them. */
#ifndef NT_PS_H
#define NT_PS_H
#include "nt/ke.h"

#define PROCESS_TERMINATE         0x0001u
#define PROCESS_VM_READ           0x0010u
#define PROCESS_VM_WRITE          0x0020u
#define PROCESS_QUERY_INFORMATION 0x0400u
#define PROCESS_ALL_ACCESS        0x1FFFFFu
#define THREAD_TERMINATE          0x0001u
#define THREAD_ALERT              0x0004u
#define THREAD_SET_CONTEXT        0x0010u
#define THREAD_ALL_ACCESS         0x1FFFFFu

/* Host identities of a pico process and thread are opaque to all but ntshim/pico. */
typedef struct _EPROCESS {
	OBJECT            Object;
	DISPATCHER_HEADER Header;       /* signalled once the last thread has ended */
	PVOID             PicoContext;  /* lxcore's; constant after creation */
	_Atomic LONG      HostPid;      /* 0 until bound, constant after */
	NTSTATUS          ExitStatus;
	BOOLEAN           Exited;       /* set before ExitProcess: the two below answer queries now */
	struct _PS_EXIT_USAGE {
		ULONGLONG UserNs, KernelNs, PeakWorkingSet;
		ULONG     PageFaults;
	} ExitUsage;
	struct list       ThreadListHead; /* LR_PICO */
	ULONG             ActiveThreads;  /* LR_PICO */
	struct _PICO_PROCESS *Pico;       /* private to ntshim/pico */
} EPROCESS, *PEPROCESS;

typedef struct _ETHREAD {
	OBJECT      Object;
	KTHREAD     Tcb;
	PEPROCESS   Process;            /* constant; holds a reference */
	PVOID       PicoContext;        /* lxcore's; constant after creation */
	_Atomic LONG HostTid;           /* 0 until bound */
	NTSTATUS    ExitStatus;
	struct list ThreadListEntry;    /* LR_PICO */
	struct list IrpList;            /* pending requests: ntshim/io */
	struct _PICO_THREAD *Pico;      /* private to ntshim/pico */
} ETHREAD, *PETHREAD;

extern const OB_TYPE PsProcessType, PsThreadType;
/* Free what ntshim/pico keeps with an object; set when a provider registers, else NULL. */
extern VOID (*PspDeletePicoProcess)(PEPROCESS Process);
extern VOID (*PspDeletePicoThread)(PETHREAD Thread);
/* What the supervisor's own threads run in. */
extern PEPROCESS PsInitialSystemProcess;
/* Made by KeInitSystem, once. */
NTSTATUS PsInitSystem(void);
/* Whose context the caller runs in (KeAttachThread). Borrow. */
PEPROCESS PsGetCurrentProcess(void);
PETHREAD PsGetCurrentThread(void);
/* Each returns a reference to a new object. The thread holds a reference on Process. */
NTSTATUS PspAllocateProcess(PVOID PicoContext, PEPROCESS *Process);
NTSTATUS PspAllocateThread(PEPROCESS Process, PVOID PicoContext, PETHREAD *Thread);

typedef struct _KERNEL_USER_TIMES { LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime; } KERNEL_USER_TIMES;
typedef struct _VM_COUNTERS {
	SIZE_T PeakVirtualSize, VirtualSize;
	ULONG  PageFaultCount;
	SIZE_T PeakWorkingSetSize, WorkingSetSize, PagefileUsage, PrivateUsage;
} VM_COUNTERS;
/* CPU times of a live process or thread (Thread may be NULL), in 100 ns. */
NTSTATUS PsQueryTimes(PEPROCESS Process, PETHREAD Thread, KERNEL_USER_TIMES *Times);
NTSTATUS PsQueryVmCounters(PEPROCESS Process, VM_COUNTERS *Counters);
#endif
