/* SPDX-License-Identifier: MIT */
/* psinfo.c - NtQueryInformationProcess, NtQueryInformationThread and NtSetInformationThread. */
#include "psp.h"
#include "nt/se.h"
#include "../host/host_text.h"
#include <string.h>

#define NORMAL_PRIORITY 8

static ULONG_PTR AllProcessors(void)
{
	ULONG Count = host_online_cpus();

	return Count >= 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << Count) - 1;
}

static NTSTATUS ProcessBasic(POBJECT Object, PVOID Buffer)
{
	PEPROCESS Process = (PEPROCESS)Object;
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

static NTSTATUS ProcessTimesOf(POBJECT Object, PVOID Buffer)
{
	PEPROCESS Process = (PEPROCESS)Object;
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
static NTSTATUS HandleCount(POBJECT Object, PVOID Buffer)
{
	PEPROCESS Process = (PEPROCESS)Object;
	ULONG Count = Process == PsInitialSystemProcess ? ObQueryHandleCount() : 0;

	memcpy(Buffer, &Count, sizeof(Count));
	return STATUS_SUCCESS;
}

static NTSTATUS ThreadBasic(POBJECT Object, PVOID Buffer)
{
	PETHREAD Thread = (PETHREAD)Object;
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

static NTSTATUS ThreadTimesOf(POBJECT Object, PVOID Buffer)
{
	PETHREAD Thread = (PETHREAD)Object;
	KERNEL_USER_TIMES Times = { 0 };
	NTSTATUS Status = STATUS_SUCCESS;

	if (Thread->Process && !Thread->Tcb.Header.SignalState)
		Status = PsQueryTimes(Thread->Process, Thread, &Times);
	Times.CreateTime = Thread->CreateTime;
	if (NT_SUCCESS(Status))
		memcpy(Buffer, &Times, sizeof(Times));
	return Status;
}

static NTSTATUS IsTerminated(POBJECT Object, PVOID Buffer)
{
	PETHREAD Thread = (PETHREAD)Object;
	ULONG Ended = Thread->Tcb.Header.SignalState > 0;

	memcpy(Buffer, &Ended, sizeof(Ended));
	return STATUS_SUCCESS;
}

typedef struct _QUERY_CLASS {
	ULONG Class, Size;
	NTSTATUS (*Query)(POBJECT Object, PVOID Buffer);
} QUERY_CLASS;
static const QUERY_CLASS ProcessClasses[] = {
	{ ProcessBasicInformation, sizeof(PROCESS_BASIC_INFORMATION), ProcessBasic },
	{ ProcessTimes, sizeof(KERNEL_USER_TIMES), ProcessTimesOf },
	{ ProcessHandleCount, sizeof(ULONG), HandleCount },
	{ 0 },
};
static const QUERY_CLASS ThreadClasses[] = {
	{ ThreadBasicInformation, sizeof(THREAD_BASIC_INFORMATION), ThreadBasic },
	{ ThreadTimes, sizeof(KERNEL_USER_TIMES), ThreadTimesOf },
	{ ThreadIsTerminated, sizeof(ULONG), IsTerminated },
	{ 0 },
};

static NTSTATUS CheckBuffer(ULONG Size, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
	NTSTATUS Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));

	if (!NT_SUCCESS(Status))
		return Status;
	if (ReturnLength)
		*ReturnLength = Size;
	if (Length != Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	return ProbeForWrite(Buffer, Length, sizeof(ULONG));
}

static NTSTATUS QueryObject(const QUERY_CLASS *Classes, const OB_TYPE *Type, ACCESS_MASK Access,
			    HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
			    PULONG ReturnLength)
{
	POBJECT Object;
	NTSTATUS Status;

	while (Classes->Query && Classes->Class != Class)
		Classes++;
	if (!Classes->Query)
		return STATUS_INVALID_INFO_CLASS;
	Status = CheckBuffer(Classes->Size, Buffer, Length, ReturnLength);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, Access, Type, &Object);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = Classes->Query(Object, Buffer);
	ObDereferenceObject(Object);
	return Status;
}

NTSTATUS NtQueryInformationProcess(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
				   PULONG ReturnLength)
{
	NT_ENTRY(NtQueryInformationProcess, .Handle = Handle);
	NTSTATUS Status = QueryObject(ProcessClasses, &PsProcessType, PROCESS_QUERY_INFORMATION,
				      Handle, Class, Buffer, Length, ReturnLength);

	TRACE(TR_NT, "NtQueryInformationProcess(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtQueryInformationThread(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
				  PULONG ReturnLength)
{
	NT_ENTRY(NtQueryInformationThread, .Handle = Handle);
	NTSTATUS Status = QueryObject(ThreadClasses, &PsThreadType, THREAD_QUERY_INFORMATION,
				      Handle, Class, Buffer, Length, ReturnLength);

	TRACE(TR_NT, "NtQueryInformationThread(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtSetInformationThread(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length)
{
	NT_ENTRY(NtSetInformationThread, .Handle = Handle);
	NTSTATUS Status = STATUS_SUCCESS;
	POBJECT Thread;

	if (Class != ThreadImpersonationToken)
		Status = STATUS_INVALID_INFO_CLASS;
	else if (Length != sizeof(HANDLE))
		Status = STATUS_INFO_LENGTH_MISMATCH;
	else
		Status = ProbeForRead(Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, THREAD_SET_THREAD_TOKEN, &PsThreadType,
						   &Thread);
	if (NT_SUCCESS(Status)) {
		Status = SeAssignImpersonationToken((PETHREAD)Thread, *(HANDLE *)Buffer);
		ObDereferenceObject(Thread);
	}
	TRACE(TR_NT, "NtSetInformationThread(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}
