/* SPDX-License-Identifier: MIT */
/* section.c - views of sections: nt.md VM10..VM15. */
#include "filetest.h"

#define SELF    NtCurrentProcess()
#define PAGE    4096u
#define GRAIN   65536u
#define SIZE(n) (&(LARGE_INTEGER){ .QuadPart = (n) })

static NTSTATUS make(HANDLE *h, LONGLONG size, ULONG protect, ULONG attributes)
{
	return NtCreateSection(h, SECTION_ALL_ACCESS, NULL, SIZE(size), protect, attributes, NULL);
}

static NTSTATUS map_at(HANDLE section, void **place, LONGLONG offset, SIZE_T size, ULONG type,
		       ULONG protect)
{
	LARGE_INTEGER at = { .QuadPart = offset };

	return NtMapViewOfSection(section, SELF, place, 0, 0, &at, &size, ViewUnmap, type, protect);
}

static NTSTATUS map(HANDLE section, char **view, ULONG protect)
{
	void *at = NULL;
	NTSTATUS status = map_at(section, &at, 0, 0, 0, protect);

	*view = at;
	return status;
}

static NTSTATUS unmap(void *view)
{
	return NtUnmapViewOfSection(SELF, view);
}

static void views_show_the_same_pages(void)
{
	char *a, *b, *c;
	HANDLE h;

	ST("VM10", make(&h, 3 * GRAIN, PAGE_READWRITE, SEC_COMMIT), SUCCESS);
	ST("VM10", map(h, &a, PAGE_READWRITE), SUCCESS);
	ST("VM10", map(h, &b, PAGE_READONLY), SUCCESS);
	ST("VM10", map(h, &c, PAGE_WRITECOPY), SUCCESS);
	EQ("VM10", (ULONG_PTR)a % GRAIN, 0);
	strcpy(a, "shared");
	EQ("VM14", strcmp(b, "shared"), 0);
	EQ("VM14", strcmp(c, "shared"), 0);
	strcpy(c, "own");
	EQ("VM14", strcmp(b, "shared"), 0);
	EQ("VM14", strcmp(c, "own"), 0);
	NtClose(h);
	a[3 * GRAIN - 1] = 'x'; /* the view keeps the section */
	EQ("VM14", b[3 * GRAIN - 1], 'x');
	ST("VM10", unmap(a + 100), SUCCESS);
	ST("VM10", unmap(a), NOT_MAPPED_VIEW);
	ST("VM10", unmap(b), SUCCESS);
	ST("VM10", unmap(c), SUCCESS);
}

static void places_are_aligned_and_free(void)
{
	void *place = NULL, *at;
	SIZE_T size = PAGE;
	HANDLE h;

	ST("VM10", make(&h, 3 * GRAIN, PAGE_READWRITE, SEC_COMMIT), SUCCESS);
	ST("VM10", map_at(h, &place, GRAIN, PAGE + 1, 0, PAGE_READWRITE), SUCCESS);
	at = (char *)place + PAGE;
	ST("VM10", map_at(h, &at, 0, 0, 0, PAGE_READWRITE), MAPPED_ALIGNMENT);
	at = NULL;
	ST("VM10", map_at(h, &at, PAGE, 0, 0, PAGE_READWRITE), MAPPED_ALIGNMENT);
	at = place;
	ST("VM10", map_at(h, &at, 0, 0, 0, PAGE_READWRITE), CONFLICTING_ADDRESSES);
	at = NULL;
	ST("VM10", map_at(h, &at, GRAIN, 3 * GRAIN, 0, PAGE_READWRITE), INVALID_VIEW_SIZE);
	ST("VM10", map_at(h, &at, 3 * GRAIN, 0, 0, PAGE_READWRITE), INVALID_VIEW_SIZE);
	EQ("VM10", at == NULL, 1);
	ST("VM10", unmap(place), SUCCESS);
	ST("VM10", map_at(h, &place, GRAIN, 0, 0, PAGE_READONLY), SUCCESS); /* a based view */
	ST("VM12", NtFreeVirtualMemory(SELF, &place, &size, MEM_RELEASE), UNABLE_TO_DELETE_SECTION);
	ST("VM12", NtFreeVirtualMemory(SELF, &place, &size, MEM_DECOMMIT),
	   UNABLE_TO_DELETE_SECTION);
	ST("VM10", unmap(place), SUCCESS);
	NtClose(h);
}

static void protections_are_within_the_sections(void)
{
	HANDLE h, weak;
	char *view;
	void *place = NULL;
	SIZE_T size = PAGE;
	ULONG old;

	ST("VM11", make(&h, PAGE, PAGE_READONLY, SEC_COMMIT), SUCCESS);
	ST("VM11", map(h, &view, PAGE_READWRITE), SECTION_PROTECTION);
	ST("VM11", map(h, &view, PAGE_EXECUTE_READ), SECTION_PROTECTION);
	ST("VM11", map(h, &view, PAGE_READONLY), SUCCESS);
	place = view;
	ST("VM11", NtProtectVirtualMemory(SELF, &place, &size, PAGE_READWRITE, &old),
	   SECTION_PROTECTION);
	ST("VM9", NtProtectVirtualMemory(SELF, &place, &size, PAGE_WRITECOPY, &old), SUCCESS);
	EQ("VM9", old, PAGE_READONLY);
	view[5] = 1;
	ST("VM10", unmap(view), SUCCESS);
	ST("VM11", map(h, &view, 0), INVALID_PAGE_PROTECTION);
	ST("OM22", NtDuplicateObject(SELF, h, SELF, &weak, SECTION_QUERY, 0, 0), SUCCESS);
	ST("OM21", map(weak, &view, PAGE_READONLY), ACCESS_DENIED);
	NtClose(weak);
	NtClose(h);
}

static void allocation_types_of_a_pagefile_section(void)
{
	void *place = NULL;
	HANDLE h;

	ST("VM11", make(&h, GRAIN, PAGE_READWRITE, SEC_COMMIT), SUCCESS);
	ST("VM11", map_at(h, &place, 0, 0, MEM_COMMIT, PAGE_READWRITE), INVALID_PARAMETER_9);
	ST("VM11", map_at(h, &place, 0, 0, MEM_RESERVE, PAGE_READWRITE), INVALID_PARAMETER_9);
	ST("VM11",
	   NtMapViewOfSection(h, SELF, &place, 0, 0, NULL, &(SIZE_T){ 0 }, 0, 0, PAGE_READWRITE),
	   INVALID_PARAMETER_8);
	NtClose(h);
}

static void reserved_pages_are_committed_for_all_views(void)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T size = PAGE;
	char *a, *b;
	void *place;
	HANDLE h;

	ST("VM12", make(&h, 2 * GRAIN, PAGE_READWRITE, SEC_RESERVE), SUCCESS);
	ST("VM12", map(h, &a, PAGE_READWRITE), SUCCESS);
	ST("VM12", map(h, &b, PAGE_READWRITE), SUCCESS);
	ST("VM12", NtQueryVirtualMemory(SELF, a, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("VM12", info.State, MEM_RESERVE);
	EQ("VM12", info.Type, MEM_MAPPED);
	EQ("VM12", info.RegionSize, 2 * GRAIN);
	place = a + PAGE;
	ST("VM12", NtAllocateVirtualMemory(SELF, &place, 0, &size, MEM_COMMIT, PAGE_READWRITE),
	   SUCCESS);
	a[PAGE + 1] = 42;
	ST("VM12", NtQueryVirtualMemory(SELF, b + PAGE, 0, &info, sizeof(info), NULL), SUCCESS);
	EQ("VM12", info.State, MEM_COMMIT);
	EQ("VM12", info.RegionSize, PAGE);
	EQ("VM12", info.Protect, PAGE_READWRITE);
	EQ("VM12", info.State == MEM_COMMIT ? b[PAGE + 1] : 0, 42);
	ST("VM10", unmap(a), SUCCESS);
	ST("VM10", unmap(b), SUCCESS);
	NtClose(h);
}

/* ---- files ---- */

static HANDLE open_file(PUNICODE_STRING name, ACCESS_MASK access, ULONG disposition)
{
	HANDLE h = NULL;

	ST("CF3",
	   create(&h, name, access | SYNCHRONIZE, FILE_SHARE_VALID_FLAGS, disposition,
		  FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	return h;
}

static NTSTATUS of_file(HANDLE *h, HANDLE file, LONGLONG size, ULONG protect)
{
	return NtCreateSection(h, SECTION_ALL_ACCESS, NULL, size ? SIZE(size) : NULL, protect,
			       SEC_COMMIT, file);
}

static void sections_of_files_check_the_file(void)
{
	HANDLE file = open_file(US(u"mapped"), FILE_READ_DATA | FILE_WRITE_DATA, FILE_CREATE), h,
	       reader, dir;
	FILE_STANDARD_INFORMATION info;

	ST("VM13", of_file(&h, file, 0, PAGE_READONLY), MAPPED_FILE_SIZE_ZERO);
	ST("RW1", NtWriteFile(file, NULL, NULL, NULL, &iosb, "data", 4, SIZE(0), NULL), SUCCESS);
	reader = open_file(US(u"mapped"), FILE_READ_DATA, FILE_OPEN);
	ST("VM13", of_file(&h, reader, 0, PAGE_READWRITE), ACCESS_DENIED);
	ST("VM13", of_file(&h, reader, 100, PAGE_READONLY), SECTION_TOO_BIG);
	ST("VM13", of_file(&h, file, 100, PAGE_READWRITE), SUCCESS);
	NtClose(h);
	ST("VM13",
	   NtQueryInformationFile(file, &iosb, &info, sizeof(info), FileStandardInformation),
	   SUCCESS);
	EQ("VM13", info.EndOfFile.QuadPart, 100);
	ST("CF1",
	   create(&dir, US(u"dir"), FILE_LIST_DIRECTORY | SYNCHRONIZE, 7, FILE_OPEN_IF,
		  FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	ST("VM13", of_file(&h, dir, 0, PAGE_READONLY), INVALID_FILE_FOR_SECTION);
	ST("VM13",
	   NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE, reader),
	   INVALID_IMAGE_NOT_MZ);
	NtClose(dir);
	NtClose(reader);
	NtClose(file);
}

static void file_and_views_are_one(void)
{
	HANDLE file = open_file(US(u"mapped"), FILE_READ_DATA | FILE_WRITE_DATA, FILE_OPEN), h;
	char text[8] = "", *view;

	ST("VM14", of_file(&h, file, 0, PAGE_READWRITE), SUCCESS);
	ST("VM14", map(h, &view, PAGE_READWRITE), SUCCESS);
	NtClose(h);
	EQ("VM14", memcmp(view, "data", 4), 0);
	ST("VM14", NtWriteFile(file, NULL, NULL, NULL, &iosb, "DATA", 4, SIZE(0), NULL), SUCCESS);
	EQ("VM14", memcmp(view, "DATA", 4), 0);
	memcpy(view + 10, "view", 4);
	ST("VM14", NtReadFile(file, NULL, NULL, NULL, &iosb, text, 4, SIZE(10), NULL), SUCCESS);
	EQ("VM14", memcmp(text, "view", 4), 0);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(1), 8, FileEndOfFileInformation),
	   USER_MAPPED_FILE);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(5000), 8, FileEndOfFileInformation),
	   SUCCESS);
	ST("VM10", unmap(view), SUCCESS);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(1), 8, FileEndOfFileInformation),
	   SUCCESS);
	NtClose(file);
}

static void overwriting_is_cutting(void)
{
	HANDLE file = open_file(US(u"mapped"), FILE_READ_DATA | FILE_WRITE_DATA, FILE_OPEN), h,
	       over;

	ST("VM15", of_file(&h, file, 0, PAGE_READONLY), SUCCESS);
	ST("VM15",
	   create(&over, US(u"mapped"), FILE_WRITE_DATA | SYNCHRONIZE, FILE_SHARE_VALID_FLAGS,
		  FILE_OVERWRITE, FILE_SYNCHRONOUS_IO_NONALERT),
	   USER_MAPPED_FILE);
	NtClose(h);
	ST("VM15",
	   create(&over, US(u"mapped"), FILE_WRITE_DATA | SYNCHRONIZE, FILE_SHARE_VALID_FLAGS,
		  FILE_OVERWRITE, FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	NtClose(over);
	NtClose(file);
}

int main(void)
{
	nt_start();
	open_base();
#if NTSHIM
	leak_start();
#endif
	views_show_the_same_pages();
	places_are_aligned_and_free();
	protections_are_within_the_sections();
	allocation_types_of_a_pagefile_section();
	reserved_pages_are_committed_for_all_views();
	sections_of_files_check_the_file();
	file_and_views_are_one();
	overwriting_is_cutting();
	ST("DL1", delete (US(u"mapped")), SUCCESS);
	ST("DL1", delete (US(u"dir")), SUCCESS);
#if NTSHIM
	leak_check();
#endif
	close_base();
	return nt_end("section");
}
