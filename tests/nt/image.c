/* SPDX-License-Identifier: MIT */
/* image.c - image sections, and what may be done to their files: nt.md VM15, VM16, DL13, RN13. */
#include "filetest.h"

#define SELF    NtCurrentProcess()
#define SIZE(n) (&(LARGE_INTEGER){ .QuadPart = (n) })

/* A PE file for x86-64 with one section of data and one that may be written. */
static UCHAR pe[0x600];

static void put(ULONG at, ULONGLONG value, ULONG size)
{
	memcpy(pe + at, &value, size);
}

static void put_section(ULONG at, const char *name, ULONG address, ULONG raw, ULONG flags)
{
	memcpy(pe + at, name, strlen(name));
	put(at + 8, 0x1000, 4); /* in memory */
	put(at + 12, address, 4);
	put(at + 16, 0x200, 4); /* in the file */
	put(at + 20, raw, 4);
	put(at + 36, flags, 4);
}

static void build_pe(void)
{
	const ULONG nt = 0x80, optional = nt + 24, sections = optional + 240;

	memset(pe, 0, sizeof(pe));
	put(0, 0x5A4D, 2);
	put(0x3C, nt, 4);
	put(nt, 0x4550, 4);
	put(nt + 4, 0x8664, 2);
	put(nt + 6, 2, 2); /* sections */
	put(nt + 20, 240, 2);
	put(nt + 22, 0x22, 2); /* executable, large addresses */
	put(optional, 0x20B, 2);
	put(optional + 24, 0x140000000, 8); /* base */
	put(optional + 32, 0x1000, 4);
	put(optional + 36, 0x200, 4);
	put(optional + 48, 5, 2); /* of the subsystem */
	put(optional + 50, 2, 2);
	put(optional + 56, 0x3000, 4); /* of the image */
	put(optional + 60, 0x200, 4);  /* of the headers */
	put(optional + 68, 2, 2);
	put(optional + 72, 0x100000, 8);
	put(optional + 80, 0x1000, 8);
	put(optional + 88, 0x100000, 8);
	put(optional + 96, 0x1000, 8);
	put(optional + 108, 16, 4);
	put_section(sections, ".rdata", 0x1000, 0x200, 0x40000040);
	put_section(sections + 40, ".data", 0x2000, 0x400, 0xC0000040);
	memcpy(pe + 0x200, "hello", 5);
	memcpy(pe + 0x400, "world", 5);
}

static HANDLE make_pe(PUNICODE_STRING name, ACCESS_MASK access)
{
	HANDLE h = must(name, FILE_READ_DATA | FILE_WRITE_DATA | access, FILE_OVERWRITE_IF, 0);

	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, pe, sizeof(pe), AT(0), NULL), SUCCESS);
	return h;
}

static NTSTATUS image_of(HANDLE file, HANDLE *section)
{
	*section = NULL;
	return NtCreateSection(section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_IMAGE,
			       file);
}

static void an_image_is_laid_out(void)
{
	HANDLE file = make_pe(US(u"pe"), 0), section;
	SECTION_IMAGE_INFORMATION image = { 0 };
	SECTION_BASIC_INFORMATION basic = { 0 };
	MEMORY_BASIC_INFORMATION info = { 0 };
	void *base = NULL, *place;
	SIZE_T size = 0;
	NTSTATUS status;
	char *view;
	ULONG old;

	ST("VM16", image_of(file, &section), SUCCESS);
	NtClose(file);
	ST("VM16", NtQuerySection(section, SectionImageInformation, &image, sizeof(image), NULL),
	   SUCCESS);
	EQ("VM16", image.Machine, 0x8664);
	EQ("VM16", (ULONG_PTR)image.TransferAddress, 0x140000000);
	EQ("VM16", image.SubSystemType, 2);
	ST("VM16", NtQuerySection(section, SectionBasicInformation, &basic, sizeof(basic), NULL),
	   SUCCESS);
	EQ("VM16", basic.MaximumSize.QuadPart, 0x3000);
	EQ("VM16", basic.AllocationAttributes & SEC_IMAGE, SEC_IMAGE);
	status = NtMapViewOfSection(section, SELF, &base, 0, 0, NULL, &size, ViewUnmap, 0,
				    PAGE_READONLY);
	EQ("VM16", status == STATUS_SUCCESS || status == STATUS_IMAGE_NOT_AT_BASE, 1);
	EQ("VM16", (status == STATUS_SUCCESS) == ((ULONG_PTR)base == 0x140000000), 1);
	EQ("VM16", size, 0x3000);
	view = base;
	if (!view)
		return;
	EQ("VM16", memcmp(view + 0x1000, "hello", 6), 0);
	EQ("VM16", memcmp(view + 0x2000, "world", 6), 0);
	ST("VM16", NtQueryVirtualMemory(SELF, view + 0x1000, 0, &info, sizeof(info), NULL),
	   SUCCESS);
	EQ("VM16", info.Type, MEM_IMAGE);
	EQ("VM16", info.Protect, PAGE_READONLY);
	EQ("VM16", info.AllocationProtect, PAGE_EXECUTE_WRITECOPY);
	ST("VM16", NtQueryVirtualMemory(SELF, view + 0x2000, 0, &info, sizeof(info), NULL),
	   SUCCESS);
	EQ("VM16", info.Protect, PAGE_WRITECOPY);
	view[0x2000] = 'W'; /* its own */
	place = view + 0x1000;
	size = 0x1000;
	ST("VM16", NtProtectVirtualMemory(SELF, &place, &size, PAGE_READWRITE, &old), SUCCESS);
	EQ("VM16", old, PAGE_READONLY);
	view[0x1000] = 'H';
	ST("VM12", NtFreeVirtualMemory(SELF, &base, &(SIZE_T){ 0 }, MEM_RELEASE),
	   UNABLE_TO_DELETE_SECTION);
	ST("VM16", NtUnmapViewOfSection(SELF, view), SUCCESS);
	NtClose(section);
	ST("DL1", delete (US(u"pe")), SUCCESS);
}

static void bad_images(void)
{
	static const struct {
		ULONG at, value, size;
		NTSTATUS status;
	} cases[] = {
		{ 0, 0x5A4C, 2, STATUS_INVALID_IMAGE_NOT_MZ },
		{ 0x80, 0x4551, 4, STATUS_INVALID_IMAGE_FORMAT },
		{ 0x98, 0x30B, 2, STATUS_INVALID_IMAGE_FORMAT }, /* magic */
		{ 0x98 + 240 + 20, 0x7FFFFFF0, 4,
		  STATUS_INVALID_IMAGE_FORMAT },                             /* beyond the file */
		{ 0x98 + 240 + 12, 0x3000, 4, STATUS_INVALID_IMAGE_FORMAT }, /* a gap */
	};
	HANDLE file, section;

	for (ULONG i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		build_pe();
		put(cases[i].at, cases[i].value, cases[i].size);
		file = make_pe(US(u"bad"), 0);
		EQ("VM16", image_of(file, &section), cases[i].status);
		EQ("G1", section == NULL, 1);
		if (section)
			NtClose(section);
		NtClose(file);
	}
	build_pe();
	ST("DL1", delete (US(u"bad")), SUCCESS);
}

static void the_file_stays_as_it_is(void)
{
	HANDLE file = make_pe(US(u"fixed"), DELETE), section;

	ST("VM15", image_of(file, &section), SUCCESS);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(0), 8, FileEndOfFileInformation),
	   USER_MAPPED_FILE);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(8192), 8, FileEndOfFileInformation),
	   SUCCESS);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(4096), 8, FileEndOfFileInformation),
	   USER_MAPPED_FILE);
	ST("VM15", NtSetInformationFile(file, &iosb, SIZE(4096), 8, FileAllocationInformation),
	   USER_MAPPED_FILE);
	ST("VM15", try_open(US(u"fixed"), FILE_READ_DATA, FILE_OVERWRITE, 0), SHARING_VIOLATION);
	ST("VM15", try_open(US(u"fixed"), FILE_WRITE_DATA, FILE_OPEN, 0), SHARING_VIOLATION);
	ST("VM15", try_open(US(u"fixed"), FILE_READ_DATA, FILE_OPEN, 0), SUCCESS);
	ST("DL13", try_open(US(u"fixed"), DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), CANNOT_DELETE);
	ST("DL13", dispose(file, TRUE), CANNOT_DELETE);
	NtClose(section);
	ST("VM15", try_open(US(u"fixed"), FILE_WRITE_DATA, FILE_OPEN, 0), SUCCESS);
	ST("DL13", dispose(file, TRUE), SUCCESS);
	NtClose(file);
}

static void deleting_by_flags(void)
{
	const ULONG force = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK;
	HANDLE file = make_pe(US(u"two"), DELETE), section;

	ST("DL13", image_of(file, &section), SUCCESS);
	ST("DL13", dispose_ex(file, force), CANNOT_DELETE);
	ST("DL13", dispose_ex(file, FILE_DISPOSITION_DELETE), CANNOT_DELETE);
	ST("DL13", dispose_ex(file, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS),
	   CANNOT_DELETE);
	ST("RN14", set_name(file, FileLinkInformation, base, US(u"second"), 0), SUCCESS);
	ST("DL13", dispose_ex(file, force), CANNOT_DELETE);
	ST("DL13", dispose_ex(file, FILE_DISPOSITION_DELETE), SUCCESS);
	NtClose(file);
	NtClose(section);
	ST("DL1", delete (US(u"second")), SUCCESS);
}

static void nothing_replaces_it(void)
{
	const ULONG posix = FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS;
	HANDLE file = make_pe(US(u"victim"), 0), other, section;

	ST("RN13", image_of(file, &section), SUCCESS);
	NtClose(file);
	other = must(US(u"other"), RW | DELETE, FILE_CREATE, 0);
	ST("RN13", set_name(other, FileRenameInformation, base, US(u"victim"), 1), ACCESS_DENIED);
	ST("RN13",
	   set_name(other, FileRenameInformationEx, base, US(u"victim"),
		    FILE_RENAME_REPLACE_IF_EXISTS),
	   ACCESS_DENIED);
	ST("RN13", set_name(other, FileRenameInformationEx, base, US(u"victim"), posix),
	   ACCESS_DENIED);
	ST("RN13", set_name(other, FileLinkInformation, base, US(u"victim"), 1), ACCESS_DENIED);
	ST("RN13", set_name(other, FileLinkInformationEx, base, US(u"victim"), posix),
	   ACCESS_DENIED);
	NtClose(section);
	ST("RN13", set_name(other, FileRenameInformation, base, US(u"victim"), 1), SUCCESS);
	NtClose(other);
	ST("DL1", delete (US(u"victim")), SUCCESS);
}

int main(void)
{
	nt_start();
	open_base();
	build_pe();
	leak_start();
	an_image_is_laid_out();
	bad_images();
	the_file_stays_as_it_is();
	deleting_by_flags();
	nothing_replaces_it();
	leak_check();
	close_base();
	return nt_end("image");
}
