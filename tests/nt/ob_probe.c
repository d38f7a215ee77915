/* SPDX-License-Identifier: MIT */
/* ob_probe.c - pointers that cannot be read or written, wherever a call takes one (nt.md G2, G4). */
#include "nttest.h"

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
#endif
	size = 0;
	ST("setup", NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE), SUCCESS);
	return nt_end("ob_probe");
}
