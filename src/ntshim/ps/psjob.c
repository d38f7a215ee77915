/* SPDX-License-Identifier: MIT */
/*
 * psjob.c - job objects: processes that are counted, limited and killed together.
 *
 * A process that is in a job holds a reference to it until it ends or goes away; the job's list holds
 * none. Jobs do not nest. PspLock guards all of it; killing
 * does not wait, so a whole job is killed under the lock and nobody slips in meanwhile.
 */
#include "psp.h"
#include <string.h>

#define KNOWN_LIMITS                                                                     \
	(JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | \
	 JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK |          \
	 JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)

typedef struct _EJOB {
	OBJECT Object;
	DISPATCHER_HEADER Header; /* never signalled: there is no limit on the time of a job */
	/* LR_PS: */
	struct list Members;
	ULONG Active, Total, Terminated;
	ULONG LimitFlags, ActiveLimit;
	ULONGLONG UserNs, KernelNs; /* of those that have ended */
	ULONG PageFaults;
} EJOB, *PEJOB;

/* PspLock held. */
static VOID KillMembers(PEJOB Job, NTSTATUS ExitStatus)
{
	PEPROCESS Process;

	list_for_each(Process, &Job->Members, JobEntry)
		if (PspTerminate(Process, ExitStatus) == STATUS_SUCCESS)
			Job->Terminated++;
}

/* The last handle is closed. */
static VOID CloseJob(POBJECT Object)
{
	PEJOB Job = (PEJOB)Object;

	lk_acquire(&PspLock);
	if (Job->LimitFlags & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)
		KillMembers(Job, STATUS_SUCCESS);
	lk_release(&PspLock);
}

const OB_TYPE PsJobType = {
	.Name = "Job",
	.Size = sizeof(EJOB),
	.ValidAccess = JOB_OBJECT_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | JOB_OBJECT_QUERY,
		.GenericWrite = STANDARD_RIGHTS_WRITE | JOB_OBJECT_ASSIGN_PROCESS |
				JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = JOB_OBJECT_ALL_ACCESS,
	},
	.Close = CloseJob,
	.DispatcherOffset = offsetof(EJOB, Header),
};

VOID PspDereferenceJob(PEJOB Job)
{
	if (Job)
		ObDereferenceObject(&Job->Object);
}

PEJOB PspLeaveJob(PEPROCESS Process)
{
	PEJOB Job = Process->Job;

	if (!Job)
		return NULL;
	list_del(&Process->JobEntry);
	Process->Job = NULL;
	Job->Active--;
	Job->UserNs += Process->ExitUsage.UserNs;
	Job->KernelNs += Process->ExitUsage.KernelNs;
	Job->PageFaults += Process->ExitUsage.PageFaults;
	return Job;
}

/* Process is in no job, has not ended, and there is room. PspLock held. */
static NTSTATUS Join(PEJOB Job, PEPROCESS Process)
{
	if (Job->LimitFlags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS && Job->Active >= Job->ActiveLimit)
		return STATUS_QUOTA_EXCEEDED;
	ObReferenceObject(&Job->Object);
	Process->Job = Job;
	list_add_tail(&Job->Members, &Process->JobEntry);
	Job->Active++;
	Job->Total++;
	return STATUS_SUCCESS;
}

NTSTATUS PspInheritJob(PEPROCESS Parent, PEPROCESS Child)
{
	NTSTATUS Status = STATUS_SUCCESS;

	lk_acquire(&PspLock);
	if (Parent->Job && !(Parent->Job->LimitFlags & JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK))
		Status = Join(Parent->Job, Child);
	lk_release(&PspLock);
	return Status;
}

NTSTATUS NtCreateJobObject(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			   POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtCreateJobObject, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = ObProbeHandle(Handle);
	PEJOB Job;

	if (NT_SUCCESS(Status))
		Status = ObCreateObject(&PsJobType, (POBJECT *)&Job);
	if (NT_SUCCESS(Status)) {
		list_init(&Job->Members);
		list_init(&Job->Header.WaitListHead);
		Job->Header.Kind = ProcessObject; /* stays signalled once it is */
		Status = ObInsertObject(&Job->Object, ObjectAttributes, DesiredAccess, Handle);
	}
	TRACE(TR_NT, "NtCreateJobObject(%s) = %s", ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenJobObject(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			 POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenJobObject, .Attributes = ObjectAttributes, .Output = Handle);

	return ObOpenTraced("NtOpenJobObject", &PsJobType, Handle, DesiredAccess, ObjectAttributes);
}

/* PspLock held. */
static NTSTATUS Assign(PEJOB Job, PEPROCESS Process)
{
	NTSTATUS Status;

	if (Process == PsInitialSystemProcess || Process->Job)
		return STATUS_ACCESS_DENIED;
	if (Process->Exited || !Process->HostPid)
		return STATUS_PROCESS_IS_TERMINATING;
	Status = Join(Job, Process);
	if (Status == STATUS_QUOTA_EXCEEDED && PspTerminate(Process, Status) == STATUS_SUCCESS)
		Job->Terminated++;
	return Status;
}

NTSTATUS NtAssignProcessToJobObject(HANDLE JobHandle, HANDLE ProcessHandle)
{
	NT_ENTRY(NtAssignProcessToJobObject, .Handle = JobHandle);
	POBJECT Job, Process;
	NTSTATUS Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_ASSIGN_PROCESS,
						    &PsJobType, &Job);

	if (NT_SUCCESS(Status)) {
		Status = ObReferenceObjectByHandle(ProcessHandle,
						   PROCESS_SET_QUOTA | PROCESS_TERMINATE,
						   &PsProcessType, &Process);
		if (NT_SUCCESS(Status)) {
			lk_acquire(&PspLock);
			Status = Assign((PEJOB)Job, (PEPROCESS)Process);
			lk_release(&PspLock);
			ObDereferenceObject(Process);
		}
		ObDereferenceObject(Job);
	}
	TRACE(TR_NT, "NtAssignProcessToJobObject(%p, %p) = %s", JobHandle, ProcessHandle,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtTerminateJobObject(HANDLE Handle, NTSTATUS ExitStatus)
{
	NT_ENTRY(NtTerminateJobObject, .Handle = Handle);
	POBJECT Job;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, JOB_OBJECT_TERMINATE, &PsJobType, &Job);

	if (NT_SUCCESS(Status)) {
		lk_acquire(&PspLock);
		KillMembers((PEJOB)Job, ExitStatus);
		lk_release(&PspLock);
		ObDereferenceObject(Job);
	}
	TRACE(TR_NT, "NtTerminateJobObject(%p, %s) = %s", Handle, NtStatusName(ExitStatus),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtIsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle)
{
	NT_ENTRY(NtIsProcessInJob, .Handle = ProcessHandle);
	POBJECT Job = NULL, Process;
	NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_INFORMATION,
						    &PsProcessType, &Process);

	if (NT_SUCCESS(Status)) {
		if (JobHandle)
			Status = ObReferenceObjectByHandle(JobHandle, JOB_OBJECT_QUERY, &PsJobType,
							   &Job);
		if (NT_SUCCESS(Status)) {
			const EJOB *In;

			lk_acquire(&PspLock);
			In = ((PEPROCESS)Process)->Job;
			lk_release(&PspLock);
			Status = In && (!Job || In == (PEJOB)Job) ? STATUS_PROCESS_IN_JOB
								  : STATUS_PROCESS_NOT_IN_JOB;
		}
		if (Job)
			ObDereferenceObject(Job);
		ObDereferenceObject(Process);
	}
	TRACE(TR_NT, "NtIsProcessInJob(%p, %p) = %s", ProcessHandle, JobHandle,
	      NtStatusName(Status));
	return Status;
}

/* ---- information ---- */

/* Those that run are asked without the lock held in the host's /proc: here only the ended ones count. */
static VOID Account(const EJOB *Job, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION *Info)
{
	*Info = (JOBOBJECT_BASIC_ACCOUNTING_INFORMATION){
		.TotalUserTime.QuadPart = (LONGLONG)(Job->UserNs / 100),
		.TotalKernelTime.QuadPart = (LONGLONG)(Job->KernelNs / 100),
		.ThisPeriodTotalUserTime.QuadPart = (LONGLONG)(Job->UserNs / 100),
		.ThisPeriodTotalKernelTime.QuadPart = (LONGLONG)(Job->KernelNs / 100),
		.TotalPageFaultCount = Job->PageFaults,
		.TotalProcesses = Job->Total,
		.ActiveProcesses = Job->Active,
		.TotalTerminatedProcesses = Job->Terminated,
	};
}

static NTSTATUS ListIds(const EJOB *Job, PVOID Buffer, ULONG Length, PULONG Used)
{
	const ULONG Head = offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
	JOBOBJECT_BASIC_PROCESS_ID_LIST *List = Buffer;
	ULONG Room = (Length - Head) / sizeof(ULONG_PTR), n = 0;
	PEPROCESS Process;

	list_for_each(Process, &Job->Members, JobEntry)
		if (n < Room)
			List->ProcessIdList[n++] = (ULONG_PTR)Process->UniqueProcessId;
	List->NumberOfAssignedProcesses = Job->Active;
	List->NumberOfProcessIdsInList = n;
	*Used = Head + n * (ULONG)sizeof(ULONG_PTR);
	return n < Job->Active ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* The size that a class has; 0: no such class. */
static ULONG SizeOfClass(ULONG Class)
{
	switch (Class) {
	case JobObjectBasicAccountingInformation:
		return sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION);
	case JobObjectBasicLimitInformation:
		return sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION);
	case JobObjectBasicProcessIdList:
		return sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST);
	case JobObjectExtendedLimitInformation:
		return sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION);
	default:
		return 0;
	}
}

/* PspLock held; Buffer has room for the class. */
static NTSTATUS QueryJob(const EJOB *Job, ULONG Class, PVOID Buffer, ULONG Length, PULONG Used)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION Limits = {
		.BasicLimitInformation = {
			.LimitFlags = Job->LimitFlags,
			.ActiveProcessLimit = Job->ActiveLimit,
		},
	};
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION Accounts;

	*Used = SizeOfClass(Class);
	switch (Class) {
	case JobObjectBasicAccountingInformation:
		Account(Job, &Accounts);
		memcpy(Buffer, &Accounts, sizeof(Accounts));
		return STATUS_SUCCESS;
	case JobObjectBasicProcessIdList:
		return ListIds(Job, Buffer, Length, Used);
	default:
		memcpy(Buffer, &Limits, *Used); /* the basic ones come first */
		return STATUS_SUCCESS;
	}
}

/* Returns a reference. */
static NTSTATUS FindJob(HANDLE Handle, POBJECT *Job)
{
	PEPROCESS Process = PsGetCurrentProcess();

	if (Handle)
		return ObReferenceObjectByHandle(Handle, JOB_OBJECT_QUERY, &PsJobType, Job);
	lk_acquire(&PspLock);
	*Job = Process->Job ? &Process->Job->Object : NULL;
	if (*Job)
		ObReferenceObject(*Job);
	lk_release(&PspLock);
	return *Job ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static NTSTATUS CheckBuffer(ULONG Class, PVOID Buffer, ULONG Length, BOOLEAN Write)
{
	ULONG Size = SizeOfClass(Class);

	if (!Size)
		return STATUS_INVALID_INFO_CLASS;
	if (Class == JobObjectBasicProcessIdList ? Length < Size : Length != Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	return Write ? ProbeForWrite(Buffer, Length, sizeof(ULONG))
		     : ProbeForRead(Buffer, Length, sizeof(ULONG));
}

NTSTATUS NtQueryInformationJobObject(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
				     PULONG ReturnLength)
{
	NT_ENTRY(NtQueryInformationJobObject, .Handle = Handle);
	NTSTATUS Status = CheckBuffer(Class, Buffer, Length, TRUE);
	ULONG Used = 0;
	POBJECT Job;

	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));
	if (NT_SUCCESS(Status))
		Status = FindJob(Handle, &Job);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&PspLock);
		Status = QueryJob((PEJOB)Job, Class, Buffer, Length, &Used);
		lk_release(&PspLock);
		ObDereferenceObject(Job);
		if (ReturnLength)
			*ReturnLength = Used;
	}
	TRACE(TR_NT, "NtQueryInformationJobObject(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

static NTSTATUS SetLimits(PEJOB Job, const JOBOBJECT_BASIC_LIMIT_INFORMATION *Limits, ULONG Allowed)
{
	ULONG Flags = Limits->LimitFlags;

	if (Flags & ~KNOWN_LIMITS)
		return STATUS_NOT_SUPPORTED;
	if (Flags & ~Allowed ||
	    (Flags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS && !Limits->ActiveProcessLimit))
		return STATUS_INVALID_PARAMETER;
	lk_acquire(&PspLock);
	Job->LimitFlags = Flags;
	Job->ActiveLimit = Flags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS ? Limits->ActiveProcessLimit : 0;
	lk_release(&PspLock);
	return STATUS_SUCCESS;
}

NTSTATUS NtSetInformationJobObject(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length)
{
	NT_ENTRY(NtSetInformationJobObject, .Handle = Handle);
	JOBOBJECT_BASIC_LIMIT_INFORMATION Limits;
	NTSTATUS Status = STATUS_INVALID_INFO_CLASS;
	POBJECT Job;

	if (Class == JobObjectBasicLimitInformation || Class == JobObjectExtendedLimitInformation)
		Status = CheckBuffer(Class, Buffer, Length, FALSE);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, JOB_OBJECT_SET_ATTRIBUTES, &PsJobType,
						   &Job);
	if (NT_SUCCESS(Status)) {
		memcpy(&Limits, Buffer, sizeof(Limits));
		Status = SetLimits((PEJOB)Job, &Limits,
				   Class == JobObjectExtendedLimitInformation
					   ? KNOWN_LIMITS
					   : JOB_OBJECT_LIMIT_ACTIVE_PROCESS);
		ObDereferenceObject(Job);
	}
	TRACE(TR_NT, "NtSetInformationJobObject(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}
