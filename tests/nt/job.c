/* SPDX-License-Identifier: MIT */
/* job.c - job objects: members, limits, killing them together. nt.md OM5, OM25, G6, G7. */
#include "nttest.h"

static HANDLE make(void)
{
	HANDLE h = NULL;

	ST("JB1", NtCreateJobObject(&h, JOB_OBJECT_ALL_ACCESS, NULL), SUCCESS);
	return h;
}

static void names(void)
{
	HANDLE a, b = GARBAGE;

	ST("OM5", NtCreateJobObject(&a, JOB_OBJECT_ALL_ACCESS, OA(US(BNO u"lxrun-job"), 0, NULL)),
	   SUCCESS);
	ST("OM5", NtCreateJobObject(&b, JOB_OBJECT_ALL_ACCESS, OA(US(BNO u"lxrun-job"), 0, NULL)),
	   OBJECT_NAME_COLLISION);
	EQ("G1", b == NULL, 1);
	ST("OM5", NtOpenJobObject(&b, JOB_OBJECT_QUERY, OA(US(BNO u"lxrun-job"), 0, NULL)),
	   SUCCESS);
	ST("OM21", NtTerminateJobObject(b, 0), ACCESS_DENIED);
	NtClose(b);
	NtClose(a);
	ST("OM9", NtOpenJobObject(&b, JOB_OBJECT_QUERY, OA(US(BNO u"lxrun-job"), 0, NULL)),
	   OBJECT_NAME_NOT_FOUND);
}

static void information(void)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 }, got;
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION account = { .TotalProcesses = 99 };
	HANDLE job = make(), event;
	ULONG length = 0;

	ST("G6", NtQueryInformationJobObject(job, 999, &got, sizeof(got), NULL),
	   INVALID_INFO_CLASS);
	ST("G6",
	   NtQueryInformationJobObject(job, JobObjectExtendedLimitInformation, &got,
				       sizeof(got) - 8, NULL),
	   INFO_LENGTH_MISMATCH);
	ST("JB1",
	   NtQueryInformationJobObject(job, JobObjectBasicAccountingInformation, &account,
				       sizeof(account), &length),
	   SUCCESS);
	EQ("JB1", length, sizeof(account));
	EQ("JB1", account.TotalProcesses, 0);
	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	ST("JB2",
	   NtSetInformationJobObject(job, JobObjectBasicLimitInformation, &limits,
				     sizeof(limits.BasicLimitInformation)),
	   INVALID_PARAMETER);
	ST("JB2",
	   NtSetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
				     sizeof(limits)),
	   SUCCESS);
	ST("JB2",
	   NtQueryInformationJobObject(job, JobObjectExtendedLimitInformation, &got, sizeof(got),
				       NULL),
	   SUCCESS);
	EQ("JB2", got.BasicLimitInformation.LimitFlags, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	ST("G7", NtAssignProcessToJobObject(event, NtCurrentProcess()), OBJECT_TYPE_MISMATCH);
	ST("G7", NtAssignProcessToJobObject(job, event), OBJECT_TYPE_MISMATCH);
	ST("G7", NtAssignProcessToJobObject(job, GARBAGE), INVALID_HANDLE);
	ST("G7", NtTerminateJobObject(GARBAGE, 0), INVALID_HANDLE);
	ST("JB1", NtIsProcessInJob(NtCurrentProcess(), job), PROCESS_NOT_IN_JOB);
	NtClose(event);
	NtClose(job);
}

#if NTSHIM
static HANDLE start(void)
{
	char *const argv[] = { "sleep", "100", NULL };
	HANDLE h = NULL;

	ST("JB3", PsCreateHostProcess("/bin/sleep", argv, PROCESS_ALL_ACCESS, &h), SUCCESS);
	return h;
}

static NTSTATUS ended_with(HANDLE h)
{
	PROCESS_BASIC_INFORMATION info = { .ExitStatus = -1 };

	ST("JB3", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(20000)), SUCCESS);
	NtQueryInformationProcess(h, ProcessBasicInformation, &info, sizeof(info), NULL);
	NtClose(h);
	return info.ExitStatus;
}

static void set_limits(HANDLE job, ULONG flags, ULONG active)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
		.BasicLimitInformation = { .LimitFlags = flags, .ActiveProcessLimit = active },
	};

	ST("JB2",
	   NtSetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
				     sizeof(limits)),
	   SUCCESS);
}

static void members_are_killed_together(void)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION account;
	struct {
		JOBOBJECT_BASIC_PROCESS_ID_LIST list;
		ULONG_PTR more[3];
	} ids;
	HANDLE job = make(), other = make(), a = start(), b = start();

	ST("JB3", NtAssignProcessToJobObject(job, a), SUCCESS);
	ST("JB3", NtAssignProcessToJobObject(job, b), SUCCESS);
	ST("JB3", NtAssignProcessToJobObject(other, a), ACCESS_DENIED);
	ST("JB3", NtIsProcessInJob(a, job), PROCESS_IN_JOB);
	ST("JB3", NtIsProcessInJob(a, other), PROCESS_NOT_IN_JOB);
	ST("JB3", NtIsProcessInJob(a, NULL), PROCESS_IN_JOB);
	ST("JB3",
	   NtQueryInformationJobObject(job, JobObjectBasicProcessIdList, &ids, sizeof(ids), NULL),
	   SUCCESS);
	EQ("JB3", ids.list.NumberOfProcessIdsInList, 2);
	ST("JB3",
	   NtQueryInformationJobObject(job, JobObjectBasicProcessIdList, &ids.list,
				       sizeof(ids.list), NULL),
	   BUFFER_OVERFLOW);
	EQ("JB3", ids.list.NumberOfAssignedProcesses, 2);
	EQ("JB3", ids.list.NumberOfProcessIdsInList, 1);
	ST("JB3", NtTerminateJobObject(job, 42), SUCCESS);
	EQ("JB3", ended_with(a), 42);
	EQ("JB3", ended_with(b), 42);
	ST("JB3",
	   NtQueryInformationJobObject(job, JobObjectBasicAccountingInformation, &account,
				       sizeof(account), NULL),
	   SUCCESS);
	EQ("JB3", account.TotalProcesses, 2);
	EQ("JB3", account.ActiveProcesses, 0);
	EQ("JB3", account.TotalTerminatedProcesses, 2);
	NtClose(job);
	NtClose(other);
}

static void the_last_handle_kills(void)
{
	HANDLE job = make(), same, a = start();

	set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0);
	ST("JB3", NtAssignProcessToJobObject(job, a), SUCCESS);
	NtDuplicateObject(NtCurrentProcess(), job, NtCurrentProcess(), &same, 0, 0,
			  DUPLICATE_SAME_ACCESS);
	NtClose(job);
	ST("JB2", NtWaitForSingleObject(a, FALSE, RELATIVE_MS(50)), TIMEOUT);
	NtClose(same);
	EQ("JB2", ended_with(a), 0);
}

static void one_too_many_is_killed(void)
{
	HANDLE job = make(), a = start(), b = start();

	set_limits(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1);
	ST("JB2", NtAssignProcessToJobObject(job, a), SUCCESS);
	ST("JB2", NtAssignProcessToJobObject(job, b), QUOTA_EXCEEDED);
	EQ("JB2", ended_with(b), STATUS_QUOTA_EXCEEDED);
	NtClose(job); /* without KILL_ON_JOB_CLOSE its members go on */
	ST("JB2", NtWaitForSingleObject(a, FALSE, RELATIVE_MS(50)), TIMEOUT);
	ST("JB3", NtTerminateProcess(a, 1), SUCCESS);
	EQ("JB3", ended_with(a), 1);
}

/* What the trap engine does when a guest forks. */
static void children_are_born_into_the_job(void)
{
	HANDLE job = make(), parent = start();
	PEPROCESS mother, child, third;

	set_limits(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 2);
	ST("JB4", NtAssignProcessToJobObject(job, parent), SUCCESS);
	ObReferenceObjectByHandle(parent, 0, &PsProcessType, (POBJECT *)&mother);
	PspAllocateProcess(NULL, &child);
	PspAllocateProcess(NULL, &third);
	ST("JB4", PspInheritJob(mother, child), SUCCESS);
	ST("JB4", PspInheritJob(mother, third), QUOTA_EXCEEDED);
	EQ("JB4", child->Job == mother->Job, 1);
	ObDereferenceObject(&child->Object); /* never ran: leaves the job */
	ST("JB4", PspInheritJob(mother, third), SUCCESS);
	ObDereferenceObject(&third->Object);
	set_limits(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, 0);
	PspAllocateProcess(NULL, &child);
	ST("JB4", PspInheritJob(mother, child), SUCCESS);
	EQ("JB4", child->Job == NULL, 1);
	ObDereferenceObject(&child->Object);
	ObDereferenceObject(&mother->Object);
	NtTerminateJobObject(job, 5);
	EQ("JB3", ended_with(parent), 5);
	NtClose(job);
}

static void refusals(void)
{
	JOBOBJECT_BASIC_LIMIT_INFORMATION limits = { .LimitFlags = 0x100 };
	HANDLE job = make();

	ST("JB2",
	   NtSetInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits)),
	   NOT_SUPPORTED);
	ST("JB3", NtAssignProcessToJobObject(job, NtCurrentProcess()), ACCESS_DENIED);
	ST("JB1",
	   NtQueryInformationJobObject(NULL, JobObjectBasicLimitInformation, &limits,
				       sizeof(limits), NULL),
	   ACCESS_DENIED);
	NtClose(job);
}

static void nothing_is_left(ULONG objects, ULONG handles)
{
	for (int i = 0; i < 2000 && ObQueryObjectCount() != objects; i++)
		NtDelayExecution(FALSE, RELATIVE_MS(1));
	EQ("leaks", ObQueryObjectCount(), objects);
	EQ("leaks", ObQueryHandleCount(), handles);
}
#endif

int main(void)
{
	nt_start();
	names();
	information();
#if NTSHIM
	ULONG objects = ObQueryObjectCount(), handles = ObQueryHandleCount();

	members_are_killed_together();
	the_last_handle_kills();
	one_too_many_is_killed();
	children_are_born_into_the_job();
	refusals();
	nothing_is_left(objects, handles);
#endif
	return nt_end("job");
}
