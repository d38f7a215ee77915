/* SPDX-License-Identifier: MIT */
/* vm.c - virtual memory of the calling process: nt.md VM1..VM9, VM17. */
#include "nttest.h"

#define SELF  NtCurrentProcess()
#define PAGE  4096u
#define GRAIN 65536u

static NTSTATUS allocate(void *base, SIZE_T size, ULONG type, ULONG protect)
{
	return NtAllocateVirtualMemory(SELF, &base, 0, &size, type, protect);
}

static NTSTATUS release(void *base, SIZE_T size, ULONG type)
{
	return NtFreeVirtualMemory(SELF, &base, &size, type);
}

/* A free range of size bytes, to be reserved at chosen places. */
static char *free_range(SIZE_T size)
{
	void *base = NULL;

	ST("VM1", NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
	   SUCCESS);
	EQ("VM1", (ULONG_PTR)base % GRAIN, 0);
	ST("VM4", release(base, 0, MEM_RELEASE), SUCCESS);
	return base;
}

static MEMORY_BASIC_INFORMATION query(void *at)
{
	MEMORY_BASIC_INFORMATION info = { 0 };
	SIZE_T length = 0;

	ST("VM7", NtQueryVirtualMemory(SELF, at, 0, &info, sizeof(info), &length), SUCCESS);
	EQ("VM7", length, sizeof(info));
	return info;
}

static void reservations_are_rounded(void)
{
	char *range = free_range(4 * GRAIN);
	void *base = range + 0x1010;
	SIZE_T size = 0x1000;

	ST("VM1", NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
	   SUCCESS);
	EQ("VM1", (char *)base - range, 0);
	EQ("VM1", size, 0x3000);
	ST("VM2", allocate(range + 0x3000, PAGE, MEM_RESERVE, PAGE_READWRITE),
	   CONFLICTING_ADDRESSES);
	ST("VM2", allocate(range + GRAIN - 1, 1, MEM_RESERVE, PAGE_READWRITE),
	   CONFLICTING_ADDRESSES);
	ST("VM2", allocate(range + GRAIN, PAGE, MEM_RESERVE, PAGE_READWRITE), SUCCESS);
	ST("VM4", release(range + GRAIN, 0, MEM_RELEASE), SUCCESS);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
}

static void pages_are_committed_inside_one_reservation(void)
{
	char *range = free_range(4 * GRAIN);
	MEMORY_BASIC_INFORMATION info;

	ST("VM1", allocate(range, GRAIN, MEM_RESERVE, PAGE_READONLY), SUCCESS);
	ST("VM1", allocate(range + GRAIN, GRAIN, MEM_RESERVE, PAGE_READWRITE), SUCCESS);
	ST("VM3", allocate(range + GRAIN - PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE),
	   CONFLICTING_ADDRESSES);
	ST("VM3", allocate(range + 2 * GRAIN, PAGE, MEM_COMMIT, PAGE_READWRITE),
	   CONFLICTING_ADDRESSES);
	ST("VM3", allocate(range + PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE), SUCCESS);
	EQ("VM3", range[PAGE], 0);
	range[PAGE] = 7;
	ST("VM3", allocate(range + PAGE, PAGE, MEM_COMMIT, PAGE_READONLY), SUCCESS);
	EQ("VM3", range[PAGE], 7);
	EQ("VM3", query(range + PAGE).Protect, PAGE_READONLY);
	EQ("VM3", query(range + 2 * PAGE).Protect, PAGE_READWRITE);
	ST("VM3", release(range + 8 * PAGE, PAGE, MEM_DECOMMIT), SUCCESS);

	info = query(range + 10);
	EQ("VM7", (char *)info.BaseAddress - range, 0);
	EQ("VM7", (char *)info.AllocationBase - range, 0);
	EQ("VM7", info.AllocationProtect, PAGE_READONLY);
	EQ("VM7", info.RegionSize, PAGE);
	EQ("VM7", info.State, MEM_RESERVE);
	EQ("VM7", info.Protect, 0);
	EQ("VM7", info.Type, MEM_PRIVATE);
	info = query(range + 3 * PAGE);
	EQ("VM7", info.RegionSize, GRAIN - 3 * PAGE);
	info = query(range + 2 * GRAIN);
	EQ("VM7", info.State, MEM_FREE);
	EQ("VM7", info.AllocationBase == NULL, 1);

	ST("VM5", release(range + PAGE + 0xfff, 2, MEM_DECOMMIT), SUCCESS);
	EQ("VM5", query(range + PAGE).State, MEM_RESERVE);
	EQ("VM5", query(range + 2 * PAGE).State, MEM_RESERVE);
	ST("VM3", allocate(range + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE), SUCCESS);
	EQ("VM5", range[PAGE], 0);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
	ST("VM4", release(range + GRAIN, 0, MEM_RELEASE), SUCCESS);
}

static void decommit_rounds_outward(void)
{
	char *range = free_range(GRAIN);
	void *base = range + 0x1fff;
	SIZE_T size = 2;

	ST("VM1", allocate(range, GRAIN, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), SUCCESS);
	ST("VM5", NtFreeVirtualMemory(SELF, &base, &size, MEM_DECOMMIT), SUCCESS);
	EQ("VM5", (char *)base - range, 0x1000);
	EQ("VM5", size, 0x2000);
	ST("VM5", release(range + PAGE, 0, MEM_DECOMMIT), FREE_VM_NOT_AT_BASE);
	ST("VM5", release(range, 0, MEM_DECOMMIT), SUCCESS);
	EQ("VM7", query(range).RegionSize, GRAIN);
	EQ("VM7", query(range).State, MEM_RESERVE);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
}

static void release_wants_the_base(void)
{
	char *range = free_range(4 * GRAIN);

	ST("VM1", allocate(range, 2 * GRAIN, MEM_RESERVE, PAGE_READWRITE), SUCCESS);
	ST("VM4", release(range + PAGE, 0, MEM_RELEASE), FREE_VM_NOT_AT_BASE);
	ST("VM4", release(range, 3 * GRAIN, MEM_RELEASE), UNABLE_TO_FREE_VM);
	ST("VM4", release(range + 3 * GRAIN, 0, MEM_RELEASE), MEMORY_NOT_ALLOCATED);
	ST("VM4", release(range + 3 * GRAIN, PAGE, MEM_DECOMMIT), MEMORY_NOT_ALLOCATED);
	ST("VM4", release(range, 0, MEM_RELEASE | MEM_DECOMMIT), INVALID_PARAMETER_4);
	ST("VM4", release(range, 0, 0), INVALID_PARAMETER_4);
	ST("VM4", release(range + GRAIN, PAGE, MEM_RELEASE), SUCCESS);
	EQ("VM4", query(range + GRAIN).State, MEM_FREE);
	EQ("VM4", (char *)query(range + GRAIN + PAGE).AllocationBase - range, GRAIN + PAGE);
	EQ("VM4", query(range).RegionSize, GRAIN);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
	ST("VM4", release(range + GRAIN + PAGE, 0, MEM_RELEASE), SUCCESS);
	ST("VM4", release(range, 0, MEM_RELEASE), MEMORY_NOT_ALLOCATED);
}

static NTSTATUS with_zero_bits(ULONG_PTR bits, void **base)
{
	SIZE_T size = PAGE;
	NTSTATUS status;

	*base = NULL;
	status = NtAllocateVirtualMemory(SELF, base, bits, &size, MEM_RESERVE, PAGE_READWRITE);
	if (NT_SUCCESS(status))
		release(*base, 0, MEM_RELEASE);
	return status;
}

static void zero_bits_limit_the_address(void)
{
	NTSTATUS status;
	void *base;

	ST("VM8", with_zero_bits(1, &base), SUCCESS);
	EQ("VM8", (ULONG_PTR)base >> 31, 0);
	ST("VM8", with_zero_bits(0x7FFFFFFF, &base), SUCCESS);
	EQ("VM8", (ULONG_PTR)base >> 31, 0);
	status = with_zero_bits(21, &base);
	EQ("VM8", status == STATUS_NO_MEMORY || status == STATUS_INVALID_PARAMETER, 1);
	ST("VM8", with_zero_bits(22, &base), INVALID_PARAMETER_3);
	ST("VM8", with_zero_bits(31, &base), INVALID_PARAMETER_3);
}

static void protections_are_those_of_committed_pages(void)
{
	char *range = free_range(GRAIN);
	void *base = range + PAGE + 10;
	SIZE_T size = PAGE;
	ULONG old = 0;

	ST("VM1", allocate(range, GRAIN, MEM_RESERVE, PAGE_READWRITE), SUCCESS);
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), NOT_COMMITTED);
	ST("VM3", allocate(range, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE), SUCCESS);
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), SUCCESS);
	EQ("VM9", (char *)base - range, PAGE);
	EQ("VM9", size, 2 * PAGE);
	EQ("VM9", old, PAGE_READWRITE);
	EQ("VM9", query(range + PAGE).Protect, PAGE_READONLY);
	EQ("VM7", query(range).RegionSize, PAGE);
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, PAGE_EXECUTE_READ, &old), SUCCESS);
	EQ("VM9", old, PAGE_READONLY);
	base = range;
	size = 3 * PAGE;
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, PAGE_NOACCESS, &old), SUCCESS);
	EQ("VM9", old, PAGE_READWRITE);
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, 0, &old), INVALID_PAGE_PROTECTION);
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY | PAGE_READWRITE, &old),
	   INVALID_PAGE_PROTECTION);
	ST("VM9", NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, NULL),
	   ACCESS_VIOLATION);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
}

static void bad_arguments(void)
{
	MEMORY_BASIC_INFORMATION info;
	void *base = NULL;
	SIZE_T size = PAGE;

	ST("VM1", allocate(NULL, 0, MEM_RESERVE, PAGE_READWRITE), INVALID_PARAMETER_4);
	ST("VM6", allocate(NULL, PAGE, 0, PAGE_READWRITE), INVALID_PARAMETER_5);
	ST("VM6", allocate(NULL, PAGE, MEM_DECOMMIT, PAGE_READWRITE), INVALID_PARAMETER_5);
	ST("VM6", allocate(NULL, PAGE, MEM_RESERVE, 0), INVALID_PAGE_PROTECTION);
	ST("VM6", allocate(NULL, PAGE, MEM_RESERVE, PAGE_WRITECOPY), INVALID_PAGE_PROTECTION);
	ST("VM6", allocate(NULL, PAGE, MEM_RESERVE, 3), INVALID_PAGE_PROTECTION);
	ST("G7", NtAllocateVirtualMemory(GARBAGE, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
	   INVALID_HANDLE);
	ST("G7",
	   NtAllocateVirtualMemory(NtCurrentThread(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
	   OBJECT_TYPE_MISMATCH);
	ST("G6", NtQueryVirtualMemory(SELF, &info, 0, &info, sizeof(info) - 1, NULL),
	   INFO_LENGTH_MISMATCH);
	ST("VM7", NtQueryVirtualMemory(SELF, (void *)0x7FFFFFFF0000, 0, &info, sizeof(info), NULL),
	   INVALID_PARAMETER);
#if NTSHIM
	ST("G6", NtQueryVirtualMemory(SELF, &info, 77, &info, sizeof(info), NULL),
	   INVALID_INFO_CLASS);
	ST("G2", NtAllocateVirtualMemory(SELF, NULL, 0, &size, MEM_RESERVE, PAGE_READWRITE),
	   ACCESS_VIOLATION);
	ST("VM2", allocate(&info, PAGE, MEM_RESERVE, PAGE_READWRITE), CONFLICTING_ADDRESSES);
	EQ("VM7", query(&info).State, MEM_RESERVE); /* outside the arena */
#endif
}

static NTSTATUS protect(void *base, ULONG how, ULONG *old)
{
	SIZE_T size = PAGE;

	return NtProtectVirtualMemory(SELF, &base, &size, how, old);
}

/* Three guard pages, each told once: by what a call writes, by what it reads, by a name. */
static void guard_pages_are_told_once(void)
{
	const ULONG guarded = PAGE_READWRITE | PAGE_GUARD;
	char *range = free_range(GRAIN);
	LARGE_INTEGER *time = (void *)range, *timeout = (void *)(range + PAGE);
	UNICODE_STRING name = { 2 * sizeof(WCHAR), 2 * sizeof(WCHAR), (PWSTR)(range + 2 * PAGE) };
	ULONG old = 0;
	HANDLE h;

	ST("VM17", allocate(range, 3 * PAGE, MEM_RESERVE | MEM_COMMIT, guarded), SUCCESS);
	EQ("VM17", query(range).AllocationProtect, guarded);
	EQ("VM17", query(range).Protect, guarded);
	EQ("VM17", query(range).RegionSize, 3 * PAGE);
	EQ("VM17", query(range).State, MEM_COMMIT);
	ST("VM17", NtQuerySystemTime(time), GUARD_PAGE_VIOLATION);
	EQ("VM17", query(range).Protect, PAGE_READWRITE);
	EQ("VM17", query(range).RegionSize, PAGE);
	EQ("VM17", query(range + PAGE).Protect, guarded);
	EQ("VM17", time->QuadPart, 0);
	ST("VM17", NtQuerySystemTime(time), SUCCESS);
	ST("VM17", NtDelayExecution(FALSE, timeout), GUARD_PAGE_VIOLATION);
	ST("VM17", NtDelayExecution(FALSE, timeout), SUCCESS);
	ST("VM17", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL)), GUARD_PAGE_VIOLATION);
	EQ("VM17", query(range + 2 * PAGE).Protect, PAGE_READWRITE);
	ST("VM17", NtOpenEvent(&h, EVENT_ALL_ACCESS, OA(&name, 0, NULL)), OBJECT_PATH_SYNTAX_BAD);

	ST("VM17", protect(range, guarded, &old), SUCCESS);
	EQ("VM17", old, PAGE_READWRITE);
	ST("VM17", protect(range, PAGE_READONLY | PAGE_GUARD, &old), SUCCESS);
	EQ("VM17", old, guarded);
	ST("VM17", NtQuerySystemTime(time), GUARD_PAGE_VIOLATION);
	ST("VM17", NtQuerySystemTime(time), ACCESS_VIOLATION);
	ST("VM17", protect(range, PAGE_NOACCESS | PAGE_GUARD, &old), INVALID_PAGE_PROTECTION);
	ST("VM17", allocate(NULL, PAGE, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD),
	   INVALID_PAGE_PROTECTION);
	ST("VM17", allocate(range, PAGE, MEM_COMMIT, guarded), SUCCESS);
	EQ("VM17", query(range).Protect, guarded);
	ST("VM17", release(range, PAGE, MEM_DECOMMIT), SUCCESS);
	EQ("VM17", query(range).Protect, 0);
	ST("VM17", release(range, 0, MEM_RELEASE), SUCCESS);
}

static void memory_is_read_and_written_by_handle(void)
{
	char *range = free_range(GRAIN), text[16] = "";
	SIZE_T done = 99;

	ST("VM1", allocate(range, 2 * PAGE, MEM_RESERVE, PAGE_READWRITE), SUCCESS);
	ST("VM3", allocate(range, PAGE, MEM_COMMIT, PAGE_READWRITE), SUCCESS);
	ST("VM9", NtWriteVirtualMemory(SELF, range + 4, "words", 5, &done), SUCCESS);
	EQ("VM9", done, 5);
	ST("VM9", NtReadVirtualMemory(SELF, range + 4, text, 5, &done), SUCCESS);
	EQ("VM9", memcmp(text, "words", 5), 0);
	ST("VM9", NtReadVirtualMemory(SELF, range + PAGE, text, 5, &done), PARTIAL_COPY);
	EQ("VM9", done, 0);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
}

#if NTSHIM
/* A pico process reserves page by page. */
static void pico_granularity_is_a_page(void)
{
	char *range = free_range(4 * GRAIN);
	void *base = range + PAGE + 1;
	SIZE_T size = 1;

	ST("VM2",
	   NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_RESERVE | MEM_LXRUN_PICO,
				   PAGE_READWRITE),
	   SUCCESS);
	EQ("VM2", (char *)base - range, PAGE);
	EQ("VM2", size, PAGE);
	ST("VM2", allocate(range + 2 * PAGE, PAGE, MEM_RESERVE | MEM_LXRUN_PICO, PAGE_READWRITE),
	   SUCCESS);
	ST("VM2", allocate(range + 2 * PAGE, PAGE, MEM_RESERVE | MEM_LXRUN_PICO, PAGE_READWRITE),
	   CONFLICTING_ADDRESSES);
	ST("VM4", release(range + PAGE, 0, MEM_RELEASE), SUCCESS);
	ST("VM4", release(range + 2 * PAGE, 0, MEM_RELEASE), SUCCESS);
	/* What others have they have by granules. */
	ST("VM2", allocate(range, PAGE, MEM_RESERVE, PAGE_READWRITE), SUCCESS);
	ST("VM2", allocate(range + 2 * PAGE, PAGE, MEM_RESERVE | MEM_LXRUN_PICO, PAGE_READWRITE),
	   CONFLICTING_ADDRESSES);
	ST("VM4", release(range, 0, MEM_RELEASE), SUCCESS);
}
#endif

int main(void)
{
	nt_start();
	reservations_are_rounded();
	pages_are_committed_inside_one_reservation();
	decommit_rounds_outward();
	release_wants_the_base();
	zero_bits_limit_the_address();
	protections_are_those_of_committed_pages();
	bad_arguments();
	guard_pages_are_told_once();
	memory_is_read_and_written_by_handle();
#if NTSHIM
	pico_granularity_is_a_page();
#endif
	return nt_end("vm");
}
