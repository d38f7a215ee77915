/* SPDX-License-Identifier: MIT */
/* ps.h - process and thread objects (nt.md OM26 and section "processes"), as far as pico needs them. */
#ifndef NT_PS_H
#define NT_PS_H
#include "nt/ke.h"

#define PROCESS_TERMINATE         0x0001u
#define PROCESS_SET_QUOTA         0x0100u
#define PROCESS_VM_OPERATION      0x0008u
#define PROCESS_VM_READ           0x0010u
#define PROCESS_VM_WRITE          0x0020u
#define PROCESS_QUERY_INFORMATION 0x0400u
#define PROCESS_ALL_ACCESS        0x1FFFFFu
#define THREAD_TERMINATE          0x0001u
#define THREAD_ALERT              0x0004u
#define THREAD_SET_CONTEXT        0x0010u
#define THREAD_QUERY_INFORMATION  0x0040u
#define THREAD_SET_THREAD_TOKEN   0x0080u
#define THREAD_IMPERSONATE        0x0100u
#define THREAD_DIRECT_IMPERSONATION 0x0200u
#define THREAD_ALL_ACCESS         0x1FFFFFu

/* Host identities of a pico process and thread are opaque to all but ntshim/pico. */
typedef struct _EPROCESS {
	OBJECT            Object;
	DISPATCHER_HEADER Header;       /* signalled once the last thread has ended */
	PVOID             PicoContext;  /* lxcore's; constant after creation */
	_Atomic LONG      HostPid;      /* 0 until bound, constant after */
	NTSTATUS          ExitStatus;
	_Atomic BOOLEAN   Exited;       /* set before ExitProcess: the two below answer queries now */
	struct _PS_EXIT_USAGE {
		ULONGLONG UserNs, KernelNs, PeakWorkingSet;
		ULONG     PageFaults;
	} ExitUsage;
	struct list       ThreadListHead; /* LR_PICO */
	ULONG             ActiveThreads;  /* LR_PICO */
	struct _PICO_PROCESS *Pico;       /* private to ntshim/pico */
	struct _PSP_HOST *Host;           /* private to pshost.c */
	HANDLE            UniqueProcessId; /* a multiple of 4; constant */
	LARGE_INTEGER     CreateTime;     /* constant */
	LARGE_INTEGER     ExitTime;       /* set with Exited */
	/* LR_PS: */
	struct list       CidEntry;
	BOOLEAN           Terminating;    /* somebody has said TerminateStatus */
	NTSTATUS          TerminateStatus;
	struct _EJOB     *Job;            /* holds a reference */
	struct list       JobEntry;       /* as long as it has not exited */
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
	HANDLE      UniqueThreadId;     /* a multiple of 4, no process has it; constant */
	LARGE_INTEGER CreateTime;       /* constant */
	struct list CidEntry;           /* LR_PS */
	struct _TOKEN *ImpersonationToken; /* holds a reference: ntshim/se */
} ETHREAD, *PETHREAD;

extern const OB_TYPE PsProcessType, PsThreadType;
/* Free what ntshim/pico keeps with an object; set when a provider registers, else NULL. */
extern VOID (*PspDeletePicoProcess)(PEPROCESS Process);
extern VOID (*PspDeletePicoThread)(PETHREAD Thread);
/* Returns a reference to the thread of that id, which may have ended. STATUS_INVALID_CID. */
NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread);
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

/*
 * By id, nt.md OM26: of ObjectName and ClientId exactly one is to be given, and processes have no names.
 * ClientId->UniqueThread, if not NULL, has to be a thread of the process.
 */
NTSTATUS NTAPI NtOpenProcess(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId);
NTSTATUS NTAPI NtOpenThread(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId);
/*
 * The process ends with ExitStatus, asynchronously: its object is signalled when it has. The supervisor's
 * own (the system process): STATUS_ACCESS_DENIED. Ended before: STATUS_PROCESS_IS_TERMINATING.
 */
NTSTATUS NTAPI NtTerminateProcess(HANDLE Process, NTSTATUS ExitStatus);
/*
 * The calling thread (NtCurrentThread()) ends at once. Another thread ends only with its process: the
 * last one of a process takes it along, any other is STATUS_NOT_SUPPORTED.
 */
NTSTATUS NTAPI NtTerminateThread(HANDLE Thread, NTSTATUS ExitStatus);

typedef enum _PROCESSINFOCLASS { ProcessBasicInformation = 0, ProcessTimes = 4, ProcessHandleCount = 20 } PROCESSINFOCLASS;
/* PebBaseAddress is NULL: a pico process has none. */
typedef struct _PROCESS_BASIC_INFORMATION { NTSTATUS ExitStatus; PVOID PebBaseAddress; ULONG_PTR AffinityMask; LONG BasePriority; ULONG_PTR UniqueProcessId, InheritedFromUniqueProcessId; } PROCESS_BASIC_INFORMATION;
_Static_assert(sizeof(PROCESS_BASIC_INFORMATION) == 48, "PROCESS_BASIC_INFORMATION");
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE Process, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
typedef enum _THREADINFOCLASS { ThreadBasicInformation = 0, ThreadTimes = 1, ThreadImpersonationToken = 5, ThreadIsTerminated = 20 } THREADINFOCLASS;
typedef struct _THREAD_BASIC_INFORMATION { NTSTATUS ExitStatus; PVOID TebBaseAddress; CLIENT_ID ClientId; ULONG_PTR AffinityMask; LONG Priority, BasePriority; } THREAD_BASIC_INFORMATION;
_Static_assert(sizeof(THREAD_BASIC_INFORMATION) == 48, "THREAD_BASIC_INFORMATION");
NTSTATUS NTAPI NtQueryInformationThread(HANDLE Thread, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
/* ThreadImpersonationToken only: a HANDLE (TOKEN_IMPERSONATE), NULL to stop. THREAD_SET_THREAD_TOKEN. */
NTSTATUS NTAPI NtSetInformationThread(HANDLE Thread, ULONG Class, PVOID Buffer, ULONG Length);

/*
 * lxrun extension, for tests and helpers of the supervisor: runs the host's program Path as a child
 * that dies with the supervisor. Returns a handle with DesiredAccess; the process has one thread.
 * Not once the trap engine runs: its trace thread reaps every child.
 */
NTSTATUS PsCreateHostProcess(const char *Path, char *const Argv[], ACCESS_MASK DesiredAccess, PHANDLE Handle);

/* ---- job objects ---- */
#define JOB_OBJECT_ASSIGN_PROCESS 0x1u
#define JOB_OBJECT_SET_ATTRIBUTES 0x2u
#define JOB_OBJECT_QUERY          0x4u
#define JOB_OBJECT_TERMINATE      0x8u
#define JOB_OBJECT_ALL_ACCESS     0x1F003Fu
#define JOB_OBJECT_LIMIT_ACTIVE_PROCESS             0x00000008u
#define JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION 0x00000400u
#define JOB_OBJECT_LIMIT_BREAKAWAY_OK               0x00000800u
#define JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK        0x00001000u
#define JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE          0x00002000u
typedef enum _JOBOBJECTINFOCLASS { JobObjectBasicAccountingInformation = 1, JobObjectBasicLimitInformation, JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation = 9 } JOBOBJECTINFOCLASS;
typedef struct _JOBOBJECT_BASIC_ACCOUNTING_INFORMATION {
	LARGE_INTEGER TotalUserTime, TotalKernelTime, ThisPeriodTotalUserTime, ThisPeriodTotalKernelTime;
	ULONG         TotalPageFaultCount, TotalProcesses, ActiveProcesses, TotalTerminatedProcesses;
} JOBOBJECT_BASIC_ACCOUNTING_INFORMATION;
_Static_assert(sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION) == 48, "JOBOBJECT_BASIC_ACCOUNTING_INFORMATION");
typedef struct _JOBOBJECT_BASIC_LIMIT_INFORMATION {
	LARGE_INTEGER PerProcessUserTimeLimit, PerJobUserTimeLimit;
	ULONG         LimitFlags;
	SIZE_T        MinimumWorkingSetSize, MaximumWorkingSetSize;
	ULONG         ActiveProcessLimit;
	ULONG_PTR     Affinity;
	ULONG         PriorityClass, SchedulingClass;
} JOBOBJECT_BASIC_LIMIT_INFORMATION;
_Static_assert(sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION) == 64, "JOBOBJECT_BASIC_LIMIT_INFORMATION");
typedef struct _JOBOBJECT_EXTENDED_LIMIT_INFORMATION {
	JOBOBJECT_BASIC_LIMIT_INFORMATION BasicLimitInformation;
	ULONGLONG IoInfo[6]; /* IO_COUNTERS; not used by NT either */
	SIZE_T    ProcessMemoryLimit, JobMemoryLimit, PeakProcessMemoryUsed, PeakJobMemoryUsed;
} JOBOBJECT_EXTENDED_LIMIT_INFORMATION;
_Static_assert(sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) == 144, "JOBOBJECT_EXTENDED_LIMIT_INFORMATION");
typedef struct _JOBOBJECT_BASIC_PROCESS_ID_LIST { ULONG NumberOfAssignedProcesses, NumberOfProcessIdsInList; ULONG_PTR ProcessIdList[1]; } JOBOBJECT_BASIC_PROCESS_ID_LIST;
NTSTATUS NTAPI NtCreateJobObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtOpenJobObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
/* A process is in at most one job (no nesting): STATUS_ACCESS_DENIED. Children are born into it. */
NTSTATUS NTAPI NtAssignProcessToJobObject(HANDLE Job, HANDLE Process);
NTSTATUS NTAPI NtTerminateJobObject(HANDLE Job, NTSTATUS ExitStatus);
/* STATUS_PROCESS_IN_JOB or STATUS_PROCESS_NOT_IN_JOB; Job NULL: any job. */
NTSTATUS NTAPI NtIsProcessInJob(HANDLE Process, HANDLE Job);
/* Job NULL: the caller's own, STATUS_ACCESS_DENIED if it has none. */
NTSTATUS NTAPI NtQueryInformationJobObject(HANDLE Job, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
/* Limits other than the JOB_OBJECT_LIMIT_* above are not enforced: STATUS_NOT_SUPPORTED. */
NTSTATUS NTAPI NtSetInformationJobObject(HANDLE Job, ULONG Class, PVOID Buffer, ULONG Length);
extern const OB_TYPE PsJobType;
/*
 * For whoever makes processes: Child is born into Parent's job. STATUS_QUOTA_EXCEEDED if that is full:
 * Child must not run then.
 */
NTSTATUS PspInheritJob(PEPROCESS Parent, PEPROCESS Child);
/* For whoever reaps them: the process has ended with the host's WaitStatus. ExitUsage is filled in. */
VOID PspProcessExited(PEPROCESS Process, int WaitStatus);

typedef struct _KERNEL_USER_TIMES { LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime; } KERNEL_USER_TIMES;
typedef struct _VM_COUNTERS {
	SIZE_T PeakVirtualSize, VirtualSize;
	ULONG  PageFaultCount;
	SIZE_T PeakWorkingSetSize, WorkingSetSize, PagefileUsage, PrivateUsage;
} VM_COUNTERS;
/* CPU times of a live process or thread (Thread may be NULL), in 100 ns. */
NTSTATUS PsQueryTimes(PEPROCESS Process, PETHREAD Thread, KERNEL_USER_TIMES *Times);
/*
 * lxrun extension in the place of NtSetInformationThread(ThreadBasePriority): nice -20..19, as the host
 * counts. STATUS_ACCESS_DENIED when the host user may not raise it.
 */
NTSTATUS PsSetThreadNice(PETHREAD Thread, LONG Nice);
/* Both CPU times together, in ns and exact: what QueryThreadCycleTime is for. Thread may be NULL. */
NTSTATUS PsQueryCpuTime(PEPROCESS Process, PETHREAD Thread, ULONGLONG *Ns);
NTSTATUS PsQueryVmCounters(PEPROCESS Process, VM_COUNTERS *Counters);
/*
 * lxrun extension: the call of the host that Thread sleeps in, which the engine let through or which waits for its
 * answer; number and arguments as the thread made it. STATUS_NOT_FOUND: it runs. The thread may go on meanwhile.
 */
typedef struct _PS_HOST_CALL { ULONG Number; ULONGLONG Arguments[6]; } PS_HOST_CALL;
NTSTATUS PsQueryHostCall(PEPROCESS Process, PETHREAD Thread, PS_HOST_CALL *Call);
#endif
