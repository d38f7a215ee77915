/* SPDX-License-Identifier: MIT */
/* fuzz_nt_memory.h - calls of fuzz_nt: virtual memory, sections and their views. */
#ifndef FUZZ_NT_MEMORY_H
#define FUZZ_NT_MEMORY_H
#include "fuzz_nt_choose.h"

#define SELF NtCurrentProcess()

static const ULONG protections[] = { PAGE_READWRITE,
				     PAGE_READONLY,
				     PAGE_WRITECOPY,
				     PAGE_EXECUTE_READ,
				     PAGE_NOACCESS,
				     PAGE_EXECUTE,
				     PAGE_EXECUTE_READWRITE,
				     0,
				     3,
				     PAGE_READWRITE | PAGE_GUARD,
				     PAGE_READONLY | PAGE_GUARD,
				     PAGE_NOACCESS | PAGE_GUARD };
static ULONG_PTR arena; /* where it begins */

/* Near the beginning of the arena, where everything clashes; seldom elsewhere. */
static void *address(struct in *in)
{
	unsigned b = u8(in);

	if (b < 64)
		return NULL;
	if (b > 250)
		return (void *)(ULONG_PTR)offset(in);
	return (void *)(arena + (b & 15) * 0x8000 + (u8(in) & 3) * 0x1000 + (b & 16 ? 1 : 0));
}

static SIZE_T bytes(struct in *in)
{
	static const SIZE_T some[] = { 1,     0,      4096,    4097,      65536,
				       65535, 200000, 1 << 20, 1ul << 40, ~0ul };

	return PICK(in, some);
}

static void op_section(struct in *in)
{
	static const ULONG attributes_of[] = { SEC_COMMIT, SEC_RESERVE, SEC_COMMIT,
					       0,          SEC_IMAGE,   SEC_COMMIT | SEC_RESERVE };
	static const LONGLONG sizes[] = { 1, 4096, 100000, 1 << 20, 0, -1, INT64_MAX };
	LARGE_INTEGER size = { .QuadPart = PICK(in, sizes) };
	ULONG room = length(in);
	struct attributes a;
	struct buffer buf;
	HANDLE h = NULL;
	SIZE_T needed;
	NTSTATUS status;

	switch (u8(in) % 4) {
	case 0:
	case 1:
		status = NtCreateSection(&h, access_mask(in), attributes(in, &a, KIND_DIRECTORY),
					 u8(in) < 240 ? &size : NULL, PICK(in, protections),
					 PICK(in, attributes_of),
					 u8(in) & 1 ? handle(in, KIND_FILE) : NULL);
		keep(in, status, h, KIND_SECTION);
		break;
	case 2:
		buf = buffer(in, room);
		NtQuerySection(handle(in, KIND_SECTION), u8(in) % 3, buf.data, room, &needed);
		free(buf.base);
		break;
	default:
		if (size.QuadPart <= 1 << 20)
			NtExtendSection(handle(in, KIND_SECTION), &size);
	}
}

/* A PE file with one section, some bytes of which may be others, and what becomes of it as an image. */
static void op_image(struct in *in)
{
	static const struct {
		USHORT at;
		ULONG value;
	} words[] = {
		{ 0, 0x5A4D },      { 60, 64 },      { 64, 0x4550 },      { 68, 0x00018664 },
		{ 84, 0x002200F0 }, { 88, 0x20B },   { 112, 0x20000000 }, { 120, 0x1000 },
		{ 124, 0x200 },     { 144, 0x2000 }, { 148, 0x200 },      { 336, 0x800 },
		{ 340, 0x1000 },    { 344, 0x200 },  { 348, 0x200 },      { 364, 0xC0000040 },
	};
	static UCHAR pe[1024];
	LARGE_INTEGER start = { .QuadPart = 0 };
	HANDLE h = handle(in, KIND_FILE), section = NULL;
	IO_STATUS_BLOCK iosb = IOSB;
	unsigned wrong = u8(in) % 4;
	NTSTATUS status;

	memset(pe, 0, sizeof(pe));
	for (size_t i = 0; i < LENGTH(words); i++)
		memcpy(pe + words[i].at, &words[i].value, 4);
	while (wrong--) {
		ULONG at = words[u8(in) % LENGTH(words)].at + (u8(in) & 3);

		pe[at] = (UCHAR)u8(in);
	}
	settle(h, NtWriteFile(h, NULL, NULL, NULL, &iosb, pe, sizeof(pe), &start, NULL), &iosb);
	status = NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL,
				 u8(in) & 3 ? PAGE_READONLY : PICK(in, protections), SEC_IMAGE, h);
	keep(in, status, section, KIND_SECTION);
}

/* What a view of an image shows is there to be read where it says so. */
static void look_at_view(const char *base)
{
	MEMORY_BASIC_INFORMATION info;

	if (NtQueryVirtualMemory(SELF, (void *)base, 0, &info, sizeof(info), NULL) ||
	    info.Type != MEM_IMAGE)
		return;
	assert(info.AllocationProtect == PAGE_EXECUTE_WRITECOPY && info.State == MEM_COMMIT);
	if (info.Protect & (PAGE_READONLY | PAGE_WRITECOPY))
		assert(((volatile const char *)base)[info.RegionSize - 1] ==
		       base[info.RegionSize - 1]);
}

static void op_view(struct in *in)
{
	static const ULONG types[] = {
		0, 0, MEM_LXRUN_PICO, MEM_TOP_DOWN, MEM_RESERVE, MEM_COMMIT
	};
	void *base = address(in);
	SIZE_T size = bytes(in);
	LARGE_INTEGER at = { .QuadPart = offset(in) };
	unsigned b = u8(in);

	if (b & 1)
		NtUnmapViewOfSection(SELF, base);
	else if (NT_SUCCESS(NtMapViewOfSection(
			 handle(in, KIND_SECTION), SELF, &base, b & 32 ? u8(in) : 0, 0,
			 b & 6 ? NULL : &at, b & 24 ? &(SIZE_T){ 0 } : &size,
			 b > 250 ? 3 : ViewUnmap, PICK(in, types), PICK(in, protections))))
		look_at_view(base);
}

static void op_memory(struct in *in)
{
	static const ULONG types[] = { MEM_RESERVE,
				       MEM_COMMIT,
				       MEM_RESERVE | MEM_COMMIT,
				       MEM_RESERVE | MEM_LXRUN_PICO,
				       MEM_RESET,
				       MEM_RESERVE | MEM_TOP_DOWN,
				       0 };
	static const ULONG frees[] = { MEM_RELEASE, MEM_DECOMMIT, MEM_RELEASE | MEM_DECOMMIT };
	HANDLE process = u8(in) < 240 ? SELF : handle(in, KIND_NONE);
	MEMORY_BASIC_INFORMATION info;
	void *base = address(in);
	SIZE_T size = bytes(in);
	unsigned b = u8(in);
	ULONG old;

	switch (b & 3) {
	case 0:
		NtAllocateVirtualMemory(process, &base, b & 64 ? u8(in) : 0, &size, PICK(in, types),
					PICK(in, protections));
		break;
	case 1:
		NtFreeVirtualMemory(process, &base, b & 4 ? &(SIZE_T){ 0 } : &size,
				    PICK(in, frees));
		break;
	case 2:
		NtProtectVirtualMemory(process, &base, &size, PICK(in, protections), &old);
		break;
	default:
		NtQueryVirtualMemory(process, base, b & 128, &info,
				     b & 64 ? sizeof(info) : length(in) % sizeof(info), &size);
	}
}

static void op_copy_memory(struct in *in)
{
	ULONG size = length(in);
	struct buffer buf = buffer(in, size);
	void *at = address(in);
	SIZE_T done;

	/* Not below the arena: that is the program's own. */
	if ((ULONG_PTR)at >= arena && (ULONG_PTR)at < arena + (1 << 20)) {
		NtWriteVirtualMemory(SELF, at, buf.data, size, &done);
		NtReadVirtualMemory(SELF, at, buf.data, size, u8(in) & 1 ? &done : NULL);
	}
	free(buf.base);
}

/* A call writes there, or says why not: of a guard page once. */
static void op_touch_memory(struct in *in)
{
	PLARGE_INTEGER at = address(in);
	NTSTATUS status;

	if ((ULONG_PTR)at < arena || (ULONG_PTR)at >= arena + (1 << 20))
		return;
	status = NtQuerySystemTime(at);
	assert(status == STATUS_SUCCESS || status == STATUS_ACCESS_VIOLATION ||
	       status == STATUS_GUARD_PAGE_VIOLATION || status == STATUS_DATATYPE_MISALIGNMENT);
	if (status == STATUS_GUARD_PAGE_VIOLATION)
		assert(NtQuerySystemTime(at) != STATUS_GUARD_PAGE_VIOLATION);
}

/* Gives all memory back. Then the arena has to be one free region. */
static void free_memory(void)
{
	MEMORY_BASIC_INFORMATION info;
	bool again = true;

	while (again) {
		again = false;
		for (ULONG_PTR at = arena;; at += info.RegionSize) {
			void *base;
			SIZE_T size = 0;

			assert(NtQueryVirtualMemory(SELF, (void *)at, 0, &info, sizeof(info),
						    NULL) == STATUS_SUCCESS);
			assert(info.RegionSize && !(info.RegionSize & 4095));
			base = info.AllocationBase;
			if (info.State == MEM_FREE)
				continue;
			if ((ULONG_PTR)base == at && info.AllocationProtect == PAGE_NOACCESS &&
			    info.RegionSize > 1ull << 32)
				break; /* behind the arena */
			again = true;
			if (info.Type != MEM_PRIVATE)
				assert(NtUnmapViewOfSection(SELF, base) == STATUS_SUCCESS);
			else
				assert(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE) ==
				       STATUS_SUCCESS);
			break;
		}
	}
	assert(NtQueryVirtualMemory(SELF, (void *)arena, 0, &info, sizeof(info), NULL) ==
	       STATUS_SUCCESS);
	assert(info.State == MEM_FREE && info.RegionSize >= 1 << 30);
}

static void find_arena(void)
{
	MEMORY_BASIC_INFORMATION info;

	assert(NtQueryVirtualMemory(SELF, NULL, 0, &info, sizeof(info), NULL) == STATUS_SUCCESS);
	arena = info.RegionSize;
}
#endif
