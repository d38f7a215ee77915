/* SPDX-License-Identifier: MIT */
/* psinfo.c - NtQueryInformationProcess and NtQueryInformationThread. */
#include "psp.h"
#include "../host/host_text.h"
#include <string.h>

#define NORMAL_PRIORITY 8

static ULONG_PTR AllProcessors(void)
{
	ULONG Count = host_online_cpus();

	return Count >= 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << Count) - 1;
}

static NTSTATUS ProcessBasic(PEPROCESS Process, PVOID Buffer)
{
	PROCESS_BASIC_INFORMATION Info = {
		.ExitStatus = Process->ExitStatus,
		.AffinityMask = AllProcessors(),
		.BasePriority = NORMAL_PRIORITY,
		.UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId,
		.InheritedFromUniqueProcessId =
			Process == PsInitialSystemProcess
				? 0
				: (ULONG_PTR)PsInitialSystemProcess->UniqueProcessId,
	};

	memcpy(Buffer, &Info, sizeof(Info));
	return STATUS_SUCCESS;
}

static NTSTATUS ProcessTimesOf(PEPROCESS Process, PVOID Buffer)
{
	KERNEL_USER_TIMES Times;
	NTSTATUS Status = PsQueryTimes(Process, NULL, &Times);

	if (NT_SUCCESS(Status)) {
		Times.CreateTime = Process->CreateTime;
		Times.ExitTime = Process->ExitTime;
		memcpy(Buffer, &Times, sizeof(Times));
	}
	return Status;
}

/* There is one handle table, the supervisor's. */
static NTSTATUS HandleCount(PEPROCESS Process, PVOID Buffer)
{
	ULONG Count = Process == PsInitialSystemProcess ? ObQueryHandleCount() : 0;

	memcpy(Buffer, &Count, sizeof(Count));
	return STATUS_SUCCESS;
}

static NTSTATUS ThreadBasic(PETHREAD Thread, PVOID Buffer)
{
	THREAD_BASIC_INFORMATION Info = {
		.ExitStatus = Thread->ExitStatus,
		.ClientId = { Thread->Process ? Thread->Process->UniqueProcessId : NULL,
			      Thread->UniqueThreadId },
		.AffinityMask = AllProcessors(),
		.Priority = NORMAL_PRIORITY,
		.BasePriority = 0, /* relative to the process */
	};

	memcpy(Buffer, &Info, sizeof(Info));
	return STATUS_SUCCESS;
}

static NTSTATUS ThreadTimesOf(PETHREAD Thread, PVOID Buffer)
{
	KERNEL_USER_TIMES Times = { 0 };
	NTSTATUS Status = STATUS_SUCCESS;

	if (Thread->Process && !Thread->Tcb.Header.SignalState)
		Status = PsQueryTimes(Thread->Process, Thread, &Times);
	Times.CreateTime = Thread->CreateTime;
	if (NT_SUCCESS(Status))
		memcpy(Buffer, &Times, sizeof(Times));
	return Status;
}

static NTSTATUS IsTerminated(PETHREAD Thread, PVOID Buffer)
{
	ULONG Ended = Thread->Tcb.Header.SignalState > 0;

	memcpy(Buffer, &Ended, sizeof(Ended));
	return STATUS_SUCCESS;
}

typedef NTSTATUS PROCESS_QUERY(PEPROCESS Process, PVOID Buffer);
typedef NTSTATUS THREAD_QUERY(PETHREAD Thread, PVOID Buffer);
static const struct {
	ULONG Class, Size;
	PROCESS_QUERY *Query;
} ProcessClasses[] = {
	{ ProcessBasicInformation, sizeof(PROCESS_BASIC_INFORMATION), ProcessBasic },
	{ ProcessTimes, sizeof(KERNEL_USER_TIMES), ProcessTimesOf },
	{ ProcessHandleCount, sizeof(ULONG), HandleCount },
};
static const struct {
	ULONG Class, Size;
	THREAD_QUERY *Query;
} ThreadClasses[] = {
	{ ThreadBasicInformation, sizeof(THREAD_BASIC_INFORMATION), ThreadBasic },
	{ ThreadTimes, sizeof(KERNEL_USER_TIMES), ThreadTimesOf },
	{ ThreadIsTerminated, sizeof(ULONG), IsTerminated },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static NTSTATUS CheckBuffer(ULONG Size, const VOID *Buffer, ULONG Length, PULONG ReturnLength)
{
	if (ReturnLength)
		*ReturnLength = Size;
	if (Length != Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	return Buffer ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS NtQueryInformationProcess(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
				   PULONG ReturnLength)
{
	NT_ENTRY(NtQueryInformationProcess, .Handle = Handle);
	NTSTATUS Status = STATUS_INVALID_INFO_CLASS;
	POBJECT Process;
	ULONG i = 0;

	while (i < COUNT(ProcessClasses) && ProcessClasses[i].Class != Class)
		i++;
	if (i < COUNT(ProcessClasses))
		Status = CheckBuffer(ProcessClasses[i].Size, Buffer, Length, ReturnLength);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, PROCESS_QUERY_INFORMATION,
						   &PsProcessType, &Process);
	if (NT_SUCCESS(Status)) {
		Status = ProcessClasses[i].Query((PEPROCESS)Process, Buffer);
		ObDereferenceObject(Process);
	}
	TRACE(TR_NT, "NtQueryInformationProcess(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtQueryInformationThread(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
				  PULONG ReturnLength)
{
	NT_ENTRY(NtQueryInformationThread, .Handle = Handle);
	NTSTATUS Status = STATUS_INVALID_INFO_CLASS;
	POBJECT Thread;
	ULONG i = 0;

	while (i < COUNT(ThreadClasses) && ThreadClasses[i].Class != Class)
		i++;
	if (i < COUNT(ThreadClasses))
		Status = CheckBuffer(ThreadClasses[i].Size, Buffer, Length, ReturnLength);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, THREAD_QUERY_INFORMATION, &PsThreadType,
						   &Thread);
	if (NT_SUCCESS(Status)) {
		Status = ThreadClasses[i].Query((PETHREAD)Thread, Buffer);
		ObDereferenceObject(Thread);
	}
	TRACE(TR_NT, "NtQueryInformationThread(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}
