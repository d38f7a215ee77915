/* SPDX-License-Identifier: MIT */
/* ob_probe.c - pointers that cannot be read or written, wherever a call takes one (nt.md G2, G4). */
#include "nttest.h"
#include "nt/ex.h"

/* No address at all on x86-64; memory that can be read only; the last bytes before a page that is none. */
#define NOWHERE ((PVOID)0xDEADBEEFDEAD0000)
static const HANDLE constant[8] = { (HANDLE)1 };
#define READONLY ((PVOID)constant)
static char *edge;

static NTSTATUS open_name(PWSTR text, USHORT length)
{
	UNICODE_STRING name = { length, length, text };
	HANDLE h;

	return NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL));
}

static void output_handles(void)
{
	HANDLE h = NULL;

	ST("G2", NtCreateEvent(NOWHERE, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
	   ACCESS_VIOLATION);
	ST("G2", NtCreateEvent(READONLY, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
	   ACCESS_VIOLATION);
	ST("G2",
	   NtCreateEvent((PHANDLE)(edge - 4), EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
	   ACCESS_VIOLATION);
	ST("G2", NtOpenDirectoryObject(READONLY, DIRECTORY_QUERY, OA(US(u"\\"), 0, NULL)),
	   ACCESS_VIOLATION);
	ST("G2",
	   NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), READONLY, 0,
			     0, DUPLICATE_SAME_ACCESS),
	   ACCESS_VIOLATION);
	ST("G2", NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), SUCCESS);
	NtClose(h);
}

static void attributes(void)
{
	UNICODE_STRING *name = (UNICODE_STRING *)(edge - sizeof(*name));
	HANDLE h = NULL;

	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, NOWHERE), ACCESS_VIOLATION);
	ST("G4",
	   NtOpenEvent(&h, EVENT_ALL_ACCESS,
		       (OBJECT_ATTRIBUTES *)(edge - sizeof(OBJECT_ATTRIBUTES) + 8)),
	   ACCESS_VIOLATION);
	ST("G4", NtCreateEvent(&h, EVENT_ALL_ACCESS, NOWHERE, NotificationEvent, FALSE),
	   ACCESS_VIOLATION);
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(NOWHERE, 0, NULL)), ACCESS_VIOLATION);
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(name + 1, 0, NULL)), ACCESS_VIOLATION);
	ST("G4", open_name(NOWHERE, 10), ACCESS_VIOLATION);
	ST("G4", open_name((PWSTR)(edge - 4), 40), ACCESS_VIOLATION);
	ST("G4", open_name((PWSTR)(edge - 4), 4), OBJECT_PATH_SYNTAX_BAD);
	*name = *US(BNO u"lxrun-none");
	ST("G4", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(name, 0, NULL)), OBJECT_NAME_NOT_FOUND);
}

#if NTSHIM /* the oracle does not survive it */
static void queries(void)
{
	HANDLE h = NULL, dir = NULL, link = NULL;
	UNICODE_STRING answer = { 0, 100, NOWHERE };
	char buffer[256];
	ULONG context = 0;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	NtOpenDirectoryObject(&dir, DIRECTORY_QUERY, OA(US(u"\\"), 0, NULL));
	NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(NULL, 0, NULL), US(u"\\x"));
	ST("G4",
	   NtQueryObject(h, ObjectBasicInformation, NOWHERE, sizeof(OBJECT_BASIC_INFORMATION),
			 NULL),
	   ACCESS_VIOLATION);
	ST("G4",
	   NtQueryObject(h, ObjectBasicInformation, READONLY, sizeof(OBJECT_BASIC_INFORMATION),
			 NULL),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryObject(h, ObjectTypeInformation, buffer, sizeof(buffer), NOWHERE),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryDirectoryObject(dir, NOWHERE, 100, TRUE, TRUE, &context, NULL),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryDirectoryObject(dir, buffer, sizeof(buffer), TRUE, FALSE, NOWHERE, NULL),
	   ACCESS_VIOLATION);
	ST("G4", NtQuerySymbolicLinkObject(link, NOWHERE, NULL), ACCESS_VIOLATION);
	ST("G4", NtQuerySymbolicLinkObject(link, &answer, NULL), ACCESS_VIOLATION);
	ST("G4",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(NULL, 0, NULL), &answer),
	   INVALID_PARAMETER); /* empty */
	answer.Length = 4;
	ST("G4",
	   NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, OA(NULL, 0, NULL), &answer),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryEvent(h, 0, NOWHERE, sizeof(EVENT_BASIC_INFORMATION), NULL),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryEvent(h, 0, buffer, sizeof(EVENT_BASIC_INFORMATION), READONLY),
	   ACCESS_VIOLATION);
	NtClose(dir);
	NtClose(h);
}

static void dispatcher(void)
{
	HANDLE h = NULL, semaphore = NULL, timer = NULL;

	NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
	NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer);
	ST("G4", NtSetEvent(h, READONLY), ACCESS_VIOLATION);
	ST("G4", NtWaitForSingleObject(h, FALSE, NO_WAIT), TIMEOUT); /* nothing was done */
	ST("G4", NtReleaseSemaphore(semaphore, 1, NOWHERE), ACCESS_VIOLATION);
	ST("G4", NtWaitForSingleObject(semaphore, FALSE, NO_WAIT), TIMEOUT);
	ST("G4", NtSetTimer(timer, NOWHERE, NULL, NULL, FALSE, 0, NULL), ACCESS_VIOLATION);
	ST("G4", NtSetTimer(timer, NO_WAIT, NULL, NULL, FALSE, 0, READONLY), ACCESS_VIOLATION);
	ST("G4", NtWaitForSingleObject(timer, FALSE, NO_WAIT), TIMEOUT);
	ST("G4", NtWaitForSingleObject(h, FALSE, NOWHERE), ACCESS_VIOLATION);
	ST("G4", NtWaitForMultipleObjects(2, NOWHERE, WaitAny, FALSE, NO_WAIT), ACCESS_VIOLATION);
	ST("G4", NtWaitForMultipleObjects(2, (HANDLE *)(edge - 8), WaitAny, FALSE, NO_WAIT),
	   ACCESS_VIOLATION);
	ST("G4", NtDelayExecution(FALSE, NULL), ACCESS_VIOLATION);
	ST("G4", NtDelayExecution(FALSE, NOWHERE), ACCESS_VIOLATION);
	ST("G4", NtQuerySystemTime(NULL), ACCESS_VIOLATION);
	ST("G4", NtQuerySystemTime(READONLY), ACCESS_VIOLATION);
	NtClose(timer);
	NtClose(semaphore);
	NtClose(h);
}

static void memory(void)
{
	const HANDLE self = NtCurrentProcess();
	MEMORY_BASIC_INFORMATION info;
	LARGE_INTEGER size = { .QuadPart = 4096 };
	HANDLE section = NULL;
	SIZE_T bytes = 4096;
	PVOID base = NULL;
	ULONG old;

	ST("G2", NtAllocateVirtualMemory(self, NOWHERE, 0, &bytes, MEM_RESERVE, PAGE_READWRITE),
	   ACCESS_VIOLATION);
	ST("G2", NtAllocateVirtualMemory(self, &base, 0, READONLY, MEM_RESERVE, PAGE_READWRITE),
	   ACCESS_VIOLATION);
	ST("G4", NtFreeVirtualMemory(self, READONLY, &bytes, MEM_RELEASE), ACCESS_VIOLATION);
	ST("G4", NtFreeVirtualMemory(self, &base, NOWHERE, MEM_RELEASE), ACCESS_VIOLATION);
	base = edge - 4096;
	ST("G4", NtProtectVirtualMemory(self, &base, &bytes, PAGE_READONLY, READONLY),
	   ACCESS_VIOLATION);
	ST("G4", NtProtectVirtualMemory(self, NOWHERE, &bytes, PAGE_READONLY, &old),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryVirtualMemory(self, edge, 0, NOWHERE, sizeof(info), NULL),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryVirtualMemory(self, edge, 0, &info, sizeof(info), NOWHERE),
	   ACCESS_VIOLATION);
	ST("G4", NtReadVirtualMemory(self, &info, READONLY, 8, NULL), ACCESS_VIOLATION);
	ST("G4", NtWriteVirtualMemory(self, &info, edge - 4, 8, NULL), ACCESS_VIOLATION);
	ST("G4", NtWriteVirtualMemory(self, &info, &old, 4, NOWHERE), ACCESS_VIOLATION);
	ST("G4",
	   NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NOWHERE, PAGE_READWRITE, SEC_COMMIT,
			   NULL),
	   ACCESS_VIOLATION);
	ST("setup",
	   NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			   NULL),
	   SUCCESS);
	base = NULL;
	bytes = 0;
	ST("G2",
	   NtMapViewOfSection(section, self, NOWHERE, 0, 0, NULL, &bytes, ViewUnmap, 0,
			      PAGE_READWRITE),
	   ACCESS_VIOLATION);
	ST("G4",
	   NtMapViewOfSection(section, self, &base, 0, 0, NOWHERE, &bytes, ViewUnmap, 0,
			      PAGE_READWRITE),
	   ACCESS_VIOLATION);
	ST("G2",
	   NtMapViewOfSection(section, self, &base, 0, 0, NULL, READONLY, ViewUnmap, 0,
			      PAGE_READWRITE),
	   ACCESS_VIOLATION);
	ST("G4", NtExtendSection(section, NOWHERE), ACCESS_VIOLATION);
	NtClose(section);
}

static void processes(void)
{
	OBJECT_ATTRIBUTES oa = { sizeof(oa), NULL, NULL, 0, NULL, NULL };
	HANDLE h, job = NULL;
	JOBOBJECT_BASIC_LIMIT_INFORMATION limits;

	ST("G4", NtOpenProcess(&h, PROCESS_QUERY_INFORMATION, NOWHERE, NULL), ACCESS_VIOLATION);
	ST("G4", NtOpenProcess(&h, PROCESS_QUERY_INFORMATION, &oa, NOWHERE), ACCESS_VIOLATION);
	ST("G4", NtOpenThread(&h, THREAD_QUERY_INFORMATION, &oa, (PVOID)(edge - 8)),
	   ACCESS_VIOLATION);
	ST("setup", NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL), SUCCESS);
	ST("G4",
	   NtQueryInformationJobObject(job, JobObjectBasicLimitInformation, READONLY,
				       sizeof(limits), NULL),
	   ACCESS_VIOLATION);
	ST("G4",
	   NtQueryInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits),
				       NOWHERE),
	   ACCESS_VIOLATION);
	ST("G4",
	   NtSetInformationJobObject(job, JobObjectBasicLimitInformation, NOWHERE, sizeof(limits)),
	   ACCESS_VIOLATION);
	NtClose(job);
}

static void tokens(void)
{
	TOKEN_PRIVILEGES *all = (PVOID)(edge - 8); /* its count, and not enough behind it */
	SECURITY_DESCRIPTOR sd = { .Revision = SECURITY_DESCRIPTOR_REVISION, .Owner = NOWHERE };
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityIdentification, 0, 0 };
	OBJECT_ATTRIBUTES oa = { .Length = sizeof(oa), .SecurityQualityOfService = &quality };
	HANDLE token = NULL, client = NULL;
	GENERIC_MAPPING mapping = { 1, 1, 1, 1 };
	char room[256];
	ACCESS_MASK granted;
	NTSTATUS status;
	BOOLEAN held;
	ULONG size = sizeof(room);

	ST("setup", NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &token), SUCCESS);
	ST("setup",
	   NtDuplicateToken(token, TOKEN_ALL_ACCESS, &oa, FALSE, TokenImpersonation, &client),
	   SUCCESS);
	all->PrivilegeCount = 2;
	ST("G4", NtQueryInformationToken(token, TokenStatistics, NOWHERE, 56, &size),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryInformationToken(token, TokenStatistics, room, sizeof(room), READONLY),
	   ACCESS_VIOLATION);
	ST("G4", NtAdjustPrivilegesToken(token, FALSE, NOWHERE, 0, NULL, NULL), ACCESS_VIOLATION);
	ST("G4", NtAdjustPrivilegesToken(token, FALSE, all, 0, NULL, NULL), ACCESS_VIOLATION);
	ST("G4", NtAdjustPrivilegesToken(token, TRUE, NULL, 64, READONLY, &size), ACCESS_VIOLATION);
	ST("G4", NtPrivilegeCheck(token, NOWHERE, &held), ACCESS_VIOLATION);
	ST("G4", NtPrivilegeCheck(token, (PVOID)all, &held), ACCESS_VIOLATION);
	ST("G4", NtPrivilegeCheck(token, (PVOID)room, READONLY), ACCESS_VIOLATION);
	ST("G4", NtAccessCheck(NOWHERE, client, 1, &mapping, (PVOID)room, &size, &granted, &status),
	   ACCESS_VIOLATION);
	ST("G4", NtAccessCheck(&sd, client, 1, &mapping, (PVOID)room, &size, &granted, &status),
	   ACCESS_VIOLATION);
	ST("G4", NtAccessCheck(&sd, client, 1, NOWHERE, (PVOID)room, &size, &granted, &status),
	   ACCESS_VIOLATION);
	ST("G4", NtAllocateLocallyUniqueId(READONLY), ACCESS_VIOLATION);
	NtClose(client);
	NtClose(token);
}

static void system_calls(void)
{
	SYSTEM_BASIC_INFORMATION info;
	ULONG a, b;

	ST("G4", NtQuerySystemInformation(SystemBasicInformation, READONLY, sizeof(info), NULL),
	   ACCESS_VIOLATION);
	ST("G4", NtQuerySystemInformation(SystemBasicInformation, &info, sizeof(info), NOWHERE),
	   ACCESS_VIOLATION);
	ST("G4", NtQueryTimerResolution(&a, &b, READONLY), ACCESS_VIOLATION);
}
#endif

int main(void)
{
	PVOID base = NULL;
	SIZE_T size = 0x10000, page = 0x1000;

	nt_start();
	ST("setup",
	   NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE,
				   PAGE_READWRITE),
	   SUCCESS);
	ST("setup",
	   NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &page, MEM_COMMIT, PAGE_READWRITE),
	   SUCCESS);
	edge = (char *)base + page;
	output_handles();
	attributes();
#if NTSHIM
	queries();
	dispatcher();
	memory();
	processes();
	tokens();
	system_calls();
#endif
	size = 0;
	ST("setup", NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE), SUCCESS);
	return nt_end("ob_probe");
}
