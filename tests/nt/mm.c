/* SPDX-License-Identifier: MIT */
/* mm.c - section objects (nt.md VM11, VM13); copies from and to a process, its regions and counters. */
#include "nttest.h"
#if NTSHIM
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#define SIZE(n) (&(LARGE_INTEGER){ .QuadPart = (n) })

static void pagefile_sections(void)
{
	SECTION_BASIC_INFORMATION info;
	HANDLE h, ev;
	SIZE_T length = 0;
	NTSTATUS status = NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, SIZE(0), PAGE_READWRITE,
					  SEC_COMMIT, NULL);

	EQ("VM13", status == STATUS_INVALID_PARAMETER || status == STATUS_INVALID_PARAMETER_4, 1);
	ST("VM11", NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, SIZE(100), 3, SEC_COMMIT, NULL),
	   INVALID_PAGE_PROTECTION);
	ST("VM11",
	   NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, SIZE(100), PAGE_READWRITE, 0, NULL),
	   INVALID_PARAMETER);
	ST("G2",
	   NtCreateSection(NULL, SECTION_ALL_ACCESS, NULL, SIZE(100), PAGE_READWRITE, SEC_COMMIT,
			   NULL),
	   ACCESS_VIOLATION);
	ST("VM13",
	   NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, SIZE(100), PAGE_READWRITE, SEC_COMMIT,
			   NULL),
	   SUCCESS);
	ST("VM13", NtQuerySection(h, 0, &info, sizeof(info), &length), SUCCESS);
	EQ("VM13", length, sizeof(info));
	EQ("VM13", info.MaximumSize.QuadPart, 4096);
	EQ("VM13", info.AllocationAttributes, SEC_COMMIT);
	ST("SY4", NtQuerySection(h, 0, &info, sizeof(info) - 1, NULL), INFO_LENGTH_MISMATCH);
	ST("SY4", NtQuerySection(h, 99, &info, sizeof(info), NULL), INVALID_INFO_CLASS);
#if NTSHIM /* not in the oracle */
	ST("VM13", NtExtendSection(h, SIZE(8192)), SECTION_NOT_EXTENDED);
#endif
	NtCreateEvent(&ev, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
	ST("G7", NtQuerySection(ev, 0, &info, sizeof(info), NULL), OBJECT_TYPE_MISMATCH);
	NtClose(ev);
	NtClose(h);
}

#if NTSHIM
/* Three pages: read-write, read-only, none. Shared with the child by fork, at one address. */
static char *pages;
static PEPROCESS process;
static PETHREAD thread;

static void start_child(void)
{
	pid_t pid;

	pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(pages, 'a', 4096);
	memset(pages + 4096, 'b', 4096);
	mprotect(pages + 4096, 4096, PROT_READ);
	mprotect(pages + 8192, 4096, PROT_NONE);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	PspAllocateProcess(NULL, &process);
	PspAllocateThread(process, NULL, &thread);
	process->HostPid = thread->HostTid = pid;
}

static void copies(void)
{
	ULONG64 at = (uintptr_t)pages;
	char buffer[16384];
	SIZE_T n = 99;

	ST("MM", MmReadGuest(thread, at + 4090, buffer, 12, &n), SUCCESS);
	EQ("MM", n, 12);
	EQ("MM", memcmp(buffer, "aaaaaabbbbbb", 12), 0);
	ST("MM", MmReadGuest(thread, at, buffer, 0, &n), SUCCESS);
	EQ("MM", n, 0);
	ST("MM", MmReadGuest(thread, at + 8000, buffer, 400, &n), ACCESS_VIOLATION);
	EQ("MM", n, 192);
	ST("MM", MmReadGuest(thread, 0, buffer, 4, &n), ACCESS_VIOLATION);
	EQ("MM", n, 0);
	ST("MM", MmReadGuest(thread, ~0ull, buffer, 4, NULL), ACCESS_VIOLATION);
	ST("MM", MmReadGuest(thread, 0xFFFF800000000000, buffer, 4, NULL), ACCESS_VIOLATION);
	ST("MM", MmWriteGuest(thread, at + 10, "hello", 5, &n), SUCCESS);
	ST("MM", MmReadGuest(thread, at + 9, buffer, 7, &n), SUCCESS);
	EQ("MM", memcmp(buffer, "ahelloa", 7), 0);
	EQ("MM", pages[10], 'a');
	ST("MM", MmWriteGuest(thread, at + 4094, "xyz", 3, &n), ACCESS_VIOLATION);
	EQ("MM", n, 2);
}

static void gathered_copies(void)
{
	ULONG64 at = (uintptr_t)pages;
	MM_RANGE ranges[40];
	char buffer[256] = "";
	SIZE_T n;

	for (int i = 0; i < 40; i++)
		ranges[i] = (MM_RANGE){ at + 100 + i * 10, (SIZE_T)(i % 4) };
	for (int i = 0; i < 60; i++)
		buffer[i] = (char)('A' + i % 26);
	ST("MM", MmWriteGuestRanges(thread, ranges, 40, buffer, 60, &n), SUCCESS);
	EQ("MM", n, 60);
	memset(buffer, 0, sizeof(buffer));
	ST("MM", MmReadGuestRanges(thread, ranges, 40, buffer, 60, &n), SUCCESS);
	EQ("MM", n, 60);
	EQ("MM", memcmp(buffer, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH", 60),
	   0);
	ST("MM", MmReadGuestRanges(thread, ranges, 40, buffer, 50, &n), SUCCESS);
	EQ("MM", n, 50);
	ranges[21] = (MM_RANGE){ at + 8192, 1 };
	ST("MM", MmReadGuestRanges(thread, ranges, 40, buffer, 60, &n), ACCESS_VIOLATION);
	EQ("MM", n, 30);
}

struct seen {
	int regions;
	ULONG64 last;
	char protect[3][5];
	int stack;
};

static BOOLEAN look(void *context, const MM_REGION *region)
{
	struct seen *seen = context;

	EQ("MM", region->Start >= seen->last && region->End > region->Start, 1);
	seen->last = region->End;
	seen->regions++;
	for (int i = 0; i < 3; i++)
		if (region->Start <= (uintptr_t)pages + i * 4096 &&
		    (uintptr_t)pages + i * 4096 < region->End)
			memcpy(seen->protect[i], region->Protect, 5);
	seen->stack += strcmp(region->Path, "[stack]") == 0;
	return TRUE;
}

static BOOLEAN look_once(void *context, const MM_REGION *region)
{
	++*(int *)context;
	return FALSE;
}

static void regions(void)
{
	struct seen seen = { 0 };
	int once = 0;

	ST("MM", MmEnumerateRegions(thread, look, &seen), SUCCESS);
	EQ("MM", seen.regions > 5, 1);
	EQ("MM", seen.stack, 1);
	EQ("MM", strcmp(seen.protect[0], "rw-p"), 0);
	EQ("MM", strcmp(seen.protect[1], "r--p"), 0);
	EQ("MM", strcmp(seen.protect[2], "---p"), 0);
	ST("MM", MmEnumerateRegions(thread, look_once, &once), SUCCESS);
	EQ("MM", once, 1);
}

static void counters(void)
{
	KERNEL_USER_TIMES times;
	LARGE_INTEGER now;
	VM_COUNTERS vm;

	NtQuerySystemTime(&now);
	ST("PS", PsQueryTimes(process, NULL, &times), SUCCESS);
	EQ("PS", now.QuadPart - times.CreateTime.QuadPart < 100 * NT_TICKS_PER_SEC, 1);
	EQ("PS", now.QuadPart >= times.CreateTime.QuadPart, 1);
	ST("PS", PsQueryTimes(process, thread, &times), SUCCESS);
	ST("PS", PsQueryVmCounters(process, &vm), SUCCESS);
	EQ("PS", vm.VirtualSize > vm.WorkingSetSize && vm.WorkingSetSize > 0, 1);
	EQ("PS", vm.PeakVirtualSize >= vm.VirtualSize, 1);
}

static void after_the_end(void)
{
	KERNEL_USER_TIMES times;
	VM_COUNTERS vm;
	char byte;
	int once = 0;

	kill(process->HostPid, SIGKILL);
	waitpid(process->HostPid, NULL, 0);
	ST("MM", MmReadGuest(thread, (uintptr_t)pages, &byte, 1, NULL), PROCESS_IS_TERMINATING);
	ST("MM", MmEnumerateRegions(thread, look_once, &once), PROCESS_IS_TERMINATING);
	ST("PS", PsQueryTimes(process, NULL, &times), PROCESS_IS_TERMINATING);
	ST("PS", PsQueryVmCounters(process, &vm), PROCESS_IS_TERMINATING);
	ObDereferenceObject(&thread->Object);
	ObDereferenceObject(&process->Object);
}
#endif

int main(void)
{
	nt_start();
	pagefile_sections();
#if NTSHIM
	start_child();
	copies();
	gathered_copies();
	regions();
	counters();
	after_the_end();
#endif
	return nt_end("mm");
}
