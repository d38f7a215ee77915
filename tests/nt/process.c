/* SPDX-License-Identifier: MIT */
/* process.c - processes and threads: ids, waits, ends, what is told of them. nt.md OM2, OM26, SY12. */
#include "nttest.h"

static OBJECT_ATTRIBUTES none = { .Length = sizeof(none) };

static CLIENT_ID own_ids(void)
{
	THREAD_BASIC_INFORMATION info = { 0 };
	ULONG length = 0;

	ST("PS1",
	   NtQueryInformationThread(NtCurrentThread(), ThreadBasicInformation, &info, sizeof(info),
				    &length),
	   SUCCESS);
	EQ("PS1", length, sizeof(info));
	EQ("PS1", info.ExitStatus, STATUS_PENDING);
	return info.ClientId;
}

static void opening_by_id(void)
{
	CLIENT_ID self = own_ids(), id = self;
	PROCESS_BASIC_INFORMATION info;
	HANDLE h = GARBAGE;

	EQ("OM26", (ULONG_PTR)self.UniqueProcess % 4, 0);
	ST("OM26", NtOpenProcess(&h, PROCESS_QUERY_INFORMATION, &none, NULL),
	   INVALID_PARAMETER_MIX);
	id.UniqueThread = NULL;
	id.UniqueProcess = (HANDLE)0x7FFFFFF0;
	ST("OM26", NtOpenProcess(&h, PROCESS_QUERY_INFORMATION, &none, &id), INVALID_CID);
	id.UniqueProcess = NULL;
	ST("OM26", NtOpenProcess(&h, PROCESS_QUERY_INFORMATION, &none, &id), INVALID_CID);
	id.UniqueProcess = self.UniqueProcess;
	ST("OM26", NtOpenProcess(&h, PROCESS_QUERY_INFORMATION, &none, &id), SUCCESS);
	ST("PS1", NtQueryInformationProcess(h, ProcessBasicInformation, &info, sizeof(info), NULL),
	   SUCCESS);
	EQ("PS1", info.UniqueProcessId, self.UniqueProcess);
	EQ("PS1", info.ExitStatus, STATUS_PENDING);
	ST("OM21", NtTerminateProcess(h, 1), ACCESS_DENIED);
	ST("OM21", NtWaitForSingleObject(h, FALSE, NO_WAIT), ACCESS_DENIED);
	NtClose(h);
	id.UniqueProcess = NULL;
	id.UniqueThread = self.UniqueThread;
	ST("OM26", NtOpenThread(&h, THREAD_QUERY_INFORMATION, &none, &id), SUCCESS);
	NtClose(h);
	id.UniqueThread = (HANDLE)0x7FFFFFF0;
	ST("OM26", NtOpenThread(&h, THREAD_QUERY_INFORMATION, &none, &id), INVALID_CID);
#if NTSHIM /* another pid with this thread: Wine looks at the thread alone */
	id = self;
	id.UniqueProcess = (HANDLE)0x7FFFFFF0;
	ST("OM26", NtOpenThread(&h, THREAD_QUERY_INFORMATION, &none, &id), INVALID_CID);
	EQ("G1", h == NULL, 1);
	ST("G2", NtOpenProcess(NULL, PROCESS_QUERY_INFORMATION, &none, &id), ACCESS_VIOLATION);
	ST("G3", NtOpenProcess(&h, 0, &(OBJECT_ATTRIBUTES){ .Length = 3 }, &self),
	   INVALID_PARAMETER);
#endif
}

static void queries(void)
{
	PROCESS_BASIC_INFORMATION info;
	KERNEL_USER_TIMES times;
	LARGE_INTEGER now;
	ULONG count = 0, length = 0;

	ST("SY4",
	   NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &info,
				     sizeof(info) - 1, NULL),
	   INFO_LENGTH_MISMATCH);
	ST("SY4", NtQueryInformationProcess(NtCurrentProcess(), 9999, &info, sizeof(info), NULL),
	   INVALID_INFO_CLASS);
	ST("G7",
	   NtQueryInformationProcess(GARBAGE, ProcessBasicInformation, &info, sizeof(info), NULL),
	   INVALID_HANDLE);
	ST("G7",
	   NtQueryInformationProcess(NtCurrentThread(), ProcessBasicInformation, &info,
				     sizeof(info), NULL),
	   OBJECT_TYPE_MISMATCH);
	ST("PS1",
	   NtQueryInformationProcess(NtCurrentProcess(), ProcessTimes, &times, sizeof(times),
				     &length),
	   SUCCESS);
	EQ("PS1", length, sizeof(times));
	NtQuerySystemTime(&now);
	EQ("PS1", times.CreateTime.QuadPart <= now.QuadPart, 1);
	EQ("PS1", now.QuadPart - times.CreateTime.QuadPart < 1000 * NT_TICKS_PER_SEC, 1);
	EQ("PS1", times.ExitTime.QuadPart, 0);
	ST("PS1",
	   NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &count, sizeof(count),
				     NULL),
	   SUCCESS);
	ST("PS1",
	   NtQueryInformationThread(NtCurrentThread(), ThreadTimes, &times, sizeof(times), NULL),
	   SUCCESS);
}

/* ---- threads ---- */
static HANDLE thread_handle;

static void ends_itself(void *arg)
{
	NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &thread_handle,
			  0, 0, DUPLICATE_SAME_ACCESS);
	NtTerminateThread(NtCurrentThread(), 0x12345);
	*(int *)arg = 1;
}

static void a_thread_ends(void)
{
	THREAD_BASIC_INFORMATION info = { 0 };
	int went_on = 0;
	struct nt_thread t = { .routine = ends_itself, .arg = &went_on };
	ULONG ended = 0;

	nt_thread_start(&t);
	nt_thread_join(&t);
	EQ("PS2", went_on, 0);
	ST("SY12", NtWaitForSingleObject(thread_handle, FALSE, RELATIVE_MS(5000)), SUCCESS);
	ST("SY12", NtWaitForSingleObject(thread_handle, FALSE, NO_WAIT), SUCCESS);
	ST("PS2",
	   NtQueryInformationThread(thread_handle, ThreadBasicInformation, &info, sizeof(info),
				    NULL),
	   SUCCESS);
	EQ("PS2", info.ExitStatus, 0x12345);
	ST("PS2",
	   NtQueryInformationThread(thread_handle, ThreadIsTerminated, &ended, sizeof(ended), NULL),
	   SUCCESS);
	EQ("PS2", ended, 1);
	NtClose(thread_handle);
	ST("SY12", NtWaitForSingleObject(NtCurrentThread(), FALSE, NO_WAIT), TIMEOUT);
	ST("SY12", NtWaitForSingleObject(NtCurrentProcess(), FALSE, NO_WAIT), TIMEOUT);
}

#if NTSHIM
/* ---- a process of the host ---- */
static HANDLE start(char *command)
{
	char *const argv[] = { "sh", "-c", command, NULL };
	HANDLE h = NULL;

	ST("PS3", PsCreateHostProcess("/bin/sh", argv, PROCESS_ALL_ACCESS, &h), SUCCESS);
	return h;
}

static NTSTATUS exit_status(HANDLE h)
{
	PROCESS_BASIC_INFORMATION info = { .ExitStatus = -1 };

	ST("PS3", NtQueryInformationProcess(h, ProcessBasicInformation, &info, sizeof(info), NULL),
	   SUCCESS);
	return info.ExitStatus;
}

static void processes_end(void)
{
	HANDLE h = start("exit 7"), killed = start("exec sleep 100"), again;
	KERNEL_USER_TIMES times;
	CLIENT_ID id = { 0 };
	PROCESS_BASIC_INFORMATION info;

	ST("SY12", NtWaitForSingleObject(h, FALSE, RELATIVE_MS(20000)), SUCCESS);
	EQ("PS3", exit_status(h), 7);
	ST("PS3", NtTerminateProcess(h, 9), PROCESS_IS_TERMINATING);
	ST("PS3", NtQueryInformationProcess(h, ProcessTimes, &times, sizeof(times), NULL), SUCCESS);
	EQ("PS3", times.ExitTime.QuadPart >= times.CreateTime.QuadPart, 1);
	NtClose(h);

	ST("SY12", NtWaitForSingleObject(killed, FALSE, NO_WAIT), TIMEOUT);
	NtQueryInformationProcess(killed, ProcessBasicInformation, &info, sizeof(info), NULL);
	id.UniqueProcess = (HANDLE)info.UniqueProcessId;
	ST("OM26", NtOpenProcess(&again, PROCESS_TERMINATE, &none, &id), SUCCESS);
	ST("PS3", NtTerminateProcess(again, STATUS_CANCELLED), SUCCESS);
	NtClose(again);
	ST("SY12", NtWaitForSingleObject(killed, FALSE, RELATIVE_MS(20000)), SUCCESS);
	EQ("PS3", exit_status(killed), STATUS_CANCELLED);
	NtClose(killed);
	ST("PS3", NtTerminateProcess(NtCurrentProcess(), 0), ACCESS_DENIED);
	ST("PS3",
	   PsCreateHostProcess("/no/such/program", (char *[]){ NULL }, PROCESS_ALL_ACCESS, &h),
	   OBJECT_NAME_NOT_FOUND);
	EQ("G1", h == NULL, 1);
}

static void memory_of_another_process(void)
{
	HANDLE h = start("exec sleep 100");
	void *base = NULL;
	SIZE_T size = 4096;
	char byte;

	ST("VM1", NtAllocateVirtualMemory(h, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
	   NOT_SUPPORTED);
	ST("VM9", NtReadVirtualMemory(h, (void *)0x1000, &byte, 1, NULL), PARTIAL_COPY);
	NtTerminateProcess(h, 0);
	NtWaitForSingleObject(h, FALSE, RELATIVE_MS(20000));
	NtClose(h);
}

/* Ids, watches and threads of ended processes are gone with their handles. */
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
	opening_by_id();
	queries();
	a_thread_ends();
#if NTSHIM
	ULONG objects = ObQueryObjectCount(), handles = ObQueryHandleCount();

	processes_end();
	memory_of_another_process();
	nothing_is_left(objects, handles);
#endif
	return nt_end("process");
}
