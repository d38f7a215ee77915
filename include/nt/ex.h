/* SPDX-License-Identifier: MIT */
/*
 * ex.h - executive services that are neither objects nor files: facts about the machine, randomness.
 *
 * lxrun extensions after NtQuerySystemInformation: NT tells CPU, memory and load in its own
 * structures, the host tells the same as the text a Linux guest expects.
 */
#ifndef NT_EX_H
#define NT_EX_H
#include "nt/ps.h"

typedef enum _SYSTEM_INFORMATION_CLASS { SystemBasicInformation = 0, SystemProcessorInformation = 1, SystemPerformanceInformation = 2, SystemTimeOfDayInformation = 3, SystemProcessorPerformanceInformation = 8, SystemLogicalProcessorInformation = 73 } SYSTEM_INFORMATION_CLASS;
typedef struct _SYSTEM_BASIC_INFORMATION {
	ULONG     Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, LowestPhysicalPageNumber, HighestPhysicalPageNumber, AllocationGranularity;
	ULONG_PTR MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessorsAffinityMask;
	UCHAR     NumberOfProcessors;
} SYSTEM_BASIC_INFORMATION;
_Static_assert(sizeof(SYSTEM_BASIC_INFORMATION) == 64, "SYSTEM_BASIC_INFORMATION");
#define PROCESSOR_ARCHITECTURE_AMD64 9
typedef struct _SYSTEM_PROCESSOR_INFORMATION { USHORT ProcessorArchitecture, ProcessorLevel, ProcessorRevision, MaximumProcessors; ULONG ProcessorFeatureBits; } SYSTEM_PROCESSOR_INFORMATION;
_Static_assert(sizeof(SYSTEM_PROCESSOR_INFORMATION) == 12, "SYSTEM_PROCESSOR_INFORMATION");
/* What the host does not count is 0. */
typedef struct _SYSTEM_PERFORMANCE_INFORMATION {
	LARGE_INTEGER IdleProcessTime, IoReadTransferCount, IoWriteTransferCount, IoOtherTransferCount;
	ULONG         IoReadOperationCount, IoWriteOperationCount, IoOtherOperationCount;
	ULONG         AvailablePages, CommittedPages, CommitLimit, PeakCommitment, PageFaultCount;
	ULONG         Others[62];
} SYSTEM_PERFORMANCE_INFORMATION;
_Static_assert(sizeof(SYSTEM_PERFORMANCE_INFORMATION) == 312, "SYSTEM_PERFORMANCE_INFORMATION");
typedef struct _SYSTEM_TIMEOFDAY_INFORMATION { LARGE_INTEGER BootTime, CurrentTime, TimeZoneBias; ULONG TimeZoneId, Reserved; ULONGLONG BootTimeBias, SleepTimeBias; } SYSTEM_TIMEOFDAY_INFORMATION;
_Static_assert(sizeof(SYSTEM_TIMEOFDAY_INFORMATION) == 48, "SYSTEM_TIMEOFDAY_INFORMATION");
/* KernelTime includes IdleTime. */
typedef struct _SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION { LARGE_INTEGER IdleTime, KernelTime, UserTime, DpcTime, InterruptTime; ULONG InterruptCount; } SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION;
_Static_assert(sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION) == 48, "SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION");
typedef enum _LOGICAL_PROCESSOR_RELATIONSHIP { RelationProcessorCore, RelationNumaNode, RelationCache, RelationProcessorPackage } LOGICAL_PROCESSOR_RELATIONSHIP;
typedef enum _PROCESSOR_CACHE_TYPE { CacheUnified, CacheInstruction, CacheData, CacheTrace } PROCESSOR_CACHE_TYPE;
#define CACHE_FULLY_ASSOCIATIVE 0xFF
#define LTP_PC_SMT 0x1 /* ProcessorCore.Flags: more than one logical processor */
typedef struct _CACHE_DESCRIPTOR { UCHAR Level, Associativity; USHORT LineSize; ULONG Size; PROCESSOR_CACHE_TYPE Type; } CACHE_DESCRIPTOR;
_Static_assert(sizeof(CACHE_DESCRIPTOR) == 12, "CACHE_DESCRIPTOR");
/* What the processors of ProcessorMask have in common. One group: the first 64 processors. */
typedef struct _SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
	ULONG_PTR                      ProcessorMask;
	LOGICAL_PROCESSOR_RELATIONSHIP Relationship;
	union {
		struct { UCHAR Flags; } ProcessorCore;
		struct { ULONG NodeNumber; } NumaNode;
		CACHE_DESCRIPTOR Cache;
		ULONGLONG        Reserved[2];
	};
} SYSTEM_LOGICAL_PROCESSOR_INFORMATION, *PSYSTEM_LOGICAL_PROCESSOR_INFORMATION;
_Static_assert(sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION) == 32, "SYSTEM_LOGICAL_PROCESSOR_INFORMATION");
/*
 * The classes above. Processor times are of as many as there is room for; the time of day is cut; logical
 * processors come all or not at all (STATUS_INFO_LENGTH_MISMATCH).
 */
NTSTATUS NTAPI NtQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
/* In 100 ns: the coarsest and finest that NT knows. Timers here are as fine as the host's. */
NTSTATUS NTAPI NtQueryTimerResolution(PULONG Coarsest, PULONG Finest, PULONG Current);

/*
 * Text of a fact: "meminfo", "cpuinfo", "loadavg", "uptime", "stat", in the format of proc(5); "transparent_hugepage/..."
 * as in sysfs.
 * *Length is the length of the whole text. STATUS_BUFFER_OVERFLOW: Size was too small and Buffer
 * has the beginning (Length then may grow until the next call). STATUS_INVALID_PARAMETER: no such fact.
 */
NTSTATUS ExQueryHostText(const char *Name, char *Buffer, SIZE_T Size, PSIZE_T Length);
/*
 * As ExQueryHostText, about the process of a guest thread ("stat", "statm", "status", "cmdline",
 * "environ", "auxv") or the thread alone ("task/stat"): what the host's scheduler and memory manager
 * know. STATUS_THREAD_IS_TERMINATING.
 */
NTSTATUS ExQueryThreadText(PETHREAD Thread, const char *Name, char *Buffer, SIZE_T Size,
			   PSIZE_T Length);
/* Unpredictable bytes; never blocks once the host has booted. */
NTSTATUS ExGenRandom(PVOID Buffer, SIZE_T Size);

/* ---- work items ---- */
typedef VOID (*PWORKER_THREAD_ROUTINE)(PVOID Parameter);
typedef enum _WORK_QUEUE_TYPE { CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue } WORK_QUEUE_TYPE;
typedef struct _WORK_QUEUE_ITEM { PWORKER_THREAD_ROUTINE WorkerRoutine; PVOID Parameter; } WORK_QUEUE_ITEM, *PWORK_QUEUE_ITEM;
static inline VOID ExInitializeWorkItem(PWORK_QUEUE_ITEM Item, PWORKER_THREAD_ROUTINE Routine, PVOID Context)
{
	*Item = (WORK_QUEUE_ITEM){ Routine, Context };
}
/*
 * WorkerRoutine(Parameter) runs soon, on a system thread that it may block for long; the routine may free
 * *Item. NT answers nothing; here STATUS_INSUFFICIENT_RESOURCES tells that there is no thread to be had.
 */
NTSTATUS ExQueueWorkItem(PWORK_QUEUE_ITEM Item, WORK_QUEUE_TYPE QueueType);

/* Processors that are online. */
ULONG ExQueryProcessorCount(void);
/* Bytes that a set of all processors that could ever be takes: a multiple of 8. */
ULONG ExQueryProcessorSetSize(void);
#endif
