/* SPDX-License-Identifier: MIT */
/*
 * file_rules.c - rules of files that the other sources pass by: what goes before what, links, sections
 * that are in the way, privileges (nt.md sections 2 to 11), on every personality.
 */
#include "filetest.h"

static NTSTATUS query(HANDLE h, void *info, ULONG size, FILE_INFORMATION_CLASS class)
{
	return NtQueryInformationFile(h, &iosb, info, size, class);
}

static void names(void)
{
	HANDLE h = NULL;

	ST("CF15", create(&h, US(u"."), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0),
	   OBJECT_NAME_INVALID);
	ST("CF15", create(&h, US(u".."), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0),
	   OBJECT_NAME_INVALID);
	ST("CF15", create(&h, US(u"..\\x"), FILE_READ_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0),
	   OBJECT_NAME_INVALID);
}

static void access_mapping(void)
{
	static const struct {
		ACCESS_MASK generic, want;
	} of[] = { { GENERIC_READ, 0x120089 },
		   { GENERIC_WRITE, 0x120116 },
		   { GENERIC_EXECUTE, 0x1200A0 },
		   { GENERIC_ALL, 0x1F01FF } };
	FILE_ACCESS_INFORMATION info;
	HANDLE h = NULL;

	touch(US(u"map"));
	for (int i = 0; i < 4; i++) {
		ST("SE11", create(&h, US(u"map"), of[i].generic, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
		info.AccessFlags = 0;
		query(h, &info, sizeof(info), FileAccessInformation);
		EQ("SE11", info.AccessFlags, of[i].want);
		NtClose(h);
	}
	ST("setup", delete (US(u"map")), SUCCESS);
}

static void order(void)
{
	HANDLE h, dir, other = NULL;

	touch(US(u"order"));
	ST("setup", create(&h, US(u"order"), RW | DELETE, 0, FILE_OPEN, SYNC), SUCCESS);
	ST("SH5", create(&other, US(u"order"), RW, SHARE_ALL, FILE_OPEN, SYNC), SHARING_VIOLATION);
	ST("setup", dispose(h, TRUE), SUCCESS);
	ST("SH5", create(&other, US(u"order"), RW, SHARE_ALL, FILE_OPEN, SYNC), DELETE_PENDING);
	NtClose(h);
	/* SH4 */
	make_directory(US(u"odir"));
	ST("SH4",
	   create(&dir, US(u"odir"), FILE_LIST_DIRECTORY | SYNCHRONIZE, FILE_SHARE_READ, FILE_OPEN,
		  SYNC | FILE_DIRECTORY_FILE),
	   SUCCESS);
	ST("SH4",
	   create(&other, US(u"odir"), FILE_ADD_FILE | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_DIRECTORY_FILE),
	   SHARING_VIOLATION);
	touch(US(u"linked"));
	h = must(US(u"linked"), RW, FILE_OPEN, 0);
#if NTSHIM /* Wine makes the link */
	ST("SH4", set_name(h, FileLinkInformation, dir, US(u"link"), 0), SHARING_VIOLATION);
#endif
	NtClose(h);
	NtClose(dir);
	ST("setup", delete (US(u"linked")), SUCCESS);
	ST("setup", delete (US(u"odir")), SUCCESS);
}

static void sections(void)
{
	LARGE_INTEGER size = { .QuadPart = 4096 };
	HANDLE h, section = NULL, other = NULL;
	SIZE_T view = 0;
	char *at = NULL;

	touch(US(u"mapped"));
	h = must(US(u"mapped"), RW | DELETE, FILE_OPEN, 0);
	ST("setup",
	   NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT,
			   h),
	   SUCCESS);
	ST("setup",
	   NtMapViewOfSection(section, NtCurrentProcess(), (PVOID *)&at, 0, 0, NULL, &view,
			      ViewUnmap, 0, PAGE_READWRITE),
	   SUCCESS);
	ST("DL13", dispose(h, TRUE), CANNOT_DELETE);
	/* LK8 */
	other = must(US(u"mapped"), RW, FILE_OPEN, 0);
	ST("LK8", NtLockFile(other, NULL, NULL, NULL, &iosb, AT(0), AT(16), 0, TRUE, TRUE),
	   SUCCESS);
	at[3] = 'x';
	EQ("LK8", at[3], 'x');
	ST("LK8", NtWriteFile(h, NULL, NULL, NULL, &iosb, "y", 1, AT(3), NULL), FILE_LOCK_CONFLICT);
	NtClose(other);
	NtUnmapViewOfSection(NtCurrentProcess(), at);
	NtClose(section);
	ST("DL13", dispose(h, TRUE), SUCCESS);
	NtClose(h);
}

static void enumeration(void)
{
	_Alignas(8) char room[600];
	FILE_BOTH_DIR_INFORMATION *entry = (void *)room;
	HANDLE dir;

	make_directory(US(u"enum"));
	touch(US(u"enum\\long-name"));
	dir = must(US(u"enum"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("DE12",
	   NtQueryDirectoryFile(dir, NULL, NULL, NULL, &iosb, room, sizeof(room),
				FileBothDirectoryInformation, TRUE, US(u"long-name"), TRUE),
	   SUCCESS);
	EQ("DE12", entry->ShortNameLength, 0);
	NtClose(dir);
	/* DE6: what did not fit comes again. */
	dir = must(US(u"enum"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	for (int i = 0; i < 2; i++) {
		ST("DE6",
		   NtQueryDirectoryFile(dir, NULL, NULL, NULL, &iosb, room,
					(offsetof(FILE_BOTH_DIR_INFORMATION, FileName) + 9) & ~7u,
					FileBothDirectoryInformation, TRUE, US(u"long-name"),
					FALSE),
		   BUFFER_OVERFLOW);
		EQ("DE6", entry->FileNameLength, 18);
	}
	NtClose(dir);
	/* DE11 */
	dir = must(US(u"enum"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	for (int i = 0; i < 3; i++) {
		ST("DE11",
		   NtQueryDirectoryFileEx(dir, NULL, NULL, NULL, &iosb, room, sizeof(room),
					  FileBothDirectoryInformation,
					  SL_RETURN_SINGLE_ENTRY |
						  (i < 2 ? SL_NO_CURSOR_UPDATE_QUERY : 0),
					  US(u"long*")),
		   SUCCESS);
		EQ("DE11", entry->FileNameLength, 18);
	}
	ST("DE11",
	   NtQueryDirectoryFileEx(dir, NULL, NULL, NULL, &iosb, room, sizeof(room),
				  FileBothDirectoryInformation, SL_RETURN_SINGLE_ENTRY, NULL),
	   NO_MORE_FILES);
	ST("DE11",
	   NtQueryDirectoryFileEx(dir, NULL, NULL, NULL, &iosb, room, sizeof(room),
				  FileBothDirectoryInformation, SL_RESTART_SCAN, NULL),
	   SUCCESS);
	NtClose(dir);
	ST("setup", delete (US(u"enum\\long-name")), SUCCESS);
	ST("setup", delete (US(u"enum")), SUCCESS);
}

static void sizes(void)
{
	FILE_STANDARD_INFORMATION info;
	FILE_BASIC_INFORMATION before, after, zero = { 0 };
	LARGE_INTEGER room = { .QuadPart = 65536 };
	HANDLE h = NULL;

	ST("CF26",
	   NtCreateFile(&h, RW, OA(US(u"roomy"), 0, base), &iosb, &room, 0, SHARE_ALL, FILE_CREATE,
			SYNC, NULL, 0),
	   SUCCESS);
	query(h, &info, sizeof(info), FileStandardInformation);
	EQ("CF26", info.EndOfFile.QuadPart, 0);
	EQ("CF26", info.AllocationSize.QuadPart >= 65536, 1);
	/* FI6 */
	query(h, &before, sizeof(before), FileBasicInformation);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	zero.LastAccessTime.QuadPart = before.LastAccessTime.QuadPart - 10000000;
	ST("FI6", NtSetInformationFile(h, &iosb, &zero, sizeof(zero), FileBasicInformation),
	   SUCCESS);
	query(h, &after, sizeof(after), FileBasicInformation);
	EQ("FI6", after.ChangeTime.QuadPart > before.ChangeTime.QuadPart, 1);
	NtClose(h);
	ST("setup", delete (US(u"roomy")), SUCCESS);
#if NTSHIM
	make_directory(US(u"sdir"));
	h = must(US(u"sdir"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	query(h, &info, sizeof(info), FileStandardInformation);
	if (FILETEST_PERSONALITY != VolumePersonalityHost) /* which shows the host's */
		EQ("FI14", info.EndOfFile.QuadPart | info.AllocationSize.QuadPart, 0);
	NtClose(h);
	ST("setup", delete (US(u"sdir")), SUCCESS);
#endif
}

#if NTSHIM /* Wine 8 lacks the classes */
static void flags(void)
{
	HANDLE h;

	EQ("DL7", FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS << 4, 0x21);
	EQ("DL7", FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | FILE_DISPOSITION_ON_CLOSE, 0xC);
	EQ("DL7", FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE, 0x10);
	touch(US(u"flags"));
	h = must(US(u"flags"), DELETE, FILE_OPEN, 0);
	ST("DL7",
	   dispose_ex(h, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK),
	   SUCCESS);
	ST("DL7", dispose_ex(h, 0), SUCCESS);
	ST("RN9",
	   set_name(h, FileRenameInformationEx, base, US(u"flagged"), 0x4 | 0x8 | 0x10 | 0x20),
	   SUCCESS);
	ST("RN9", exists(US(u"flagged")), SUCCESS);
	NtClose(h);
	ST("setup", delete (US(u"flagged")), SUCCESS);
}

static void links(void)
{
	FILE_STANDARD_LINK_INFORMATION info = { 0 };
	HANDLE h, dir, other = NULL;

	touch(US(u"one"));
	h = must(US(u"one"), RW | DELETE, FILE_OPEN, 0);
	ST("FI13", set_name(h, FileLinkInformation, base, US(u"two"), 0), SUCCESS);
	ST("FI13", query(h, &info, sizeof(info), FileStandardLinkInformation), SUCCESS);
	EQ("FI13", info.TotalNumberOfLinks, 2);
	EQ("FI13", info.NumberOfAccessibleLinks, 2);
	ST("setup", dispose(h, TRUE), SUCCESS);
	ST("FI13", query(h, &info, sizeof(info), FileStandardLinkInformation), SUCCESS);
	EQ("FI13", info.TotalNumberOfLinks, 2);
	EQ("FI13", info.NumberOfAccessibleLinks, 1);
	NtClose(h);
	make_directory(US(u"ldir"));
	dir = must(US(u"ldir"), FILE_LIST_DIRECTORY, FILE_OPEN, 0);
	ST("FI13", query(dir, &info, sizeof(info), FileStandardLinkInformation), SUCCESS);
	EQ("FI13", info.TotalNumberOfLinks, 1);
	NtClose(dir);
	/* RN15: as RN10, RN4 */
	touch(US(u"three"));
	h = must(US(u"two"), RW, FILE_OPEN, 0);
	ST("RN15",
	   create(&other, US(u"three"), RW, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, SYNC),
	   SUCCESS);
	ST("RN15", set_name(h, FileLinkInformationEx, base, US(u"three"), 0),
	   OBJECT_NAME_COLLISION);
	ST("RN15", set_name(h, FileLinkInformationEx, base, US(u"three"), 1), ACCESS_DENIED);
	ST("RN15", set_name(h, FileLinkInformationEx, base, US(u"three"), 1 | 2),
	   SHARING_VIOLATION);
	NtClose(other);
	other = must(US(u"three"), RW, FILE_OPEN, 0);
	ST("RN15", set_name(h, FileLinkInformationEx, base, US(u"three"), 1 | 2), SUCCESS);
	ST("RN15", NtWriteFile(other, NULL, NULL, NULL, &iosb, "abc", 3, AT(0), NULL), SUCCESS);
	NtClose(other);
	NtClose(h);
	ST("setup", delete (US(u"two")), SUCCESS);
	ST("setup", delete (US(u"three")), SUCCESS);
	ST("setup", delete (US(u"ldir")), SUCCESS);
}

static void hard_links(void)
{
	_Alignas(8) char room[512];
	FILE_LINKS_INFORMATION *info = (void *)room;
	FILE_INTERNAL_INFORMATION id;
	HANDLE h, dir;

	make_directory(US(u"hdir"));
	touch(US(u"hard"));
	h = must(US(u"hard"), RW, FILE_OPEN, 0);
	dir = must(US(u"hdir"), FILE_LIST_DIRECTORY, FILE_OPEN, 0);
	ST("setup", set_name(h, FileLinkInformation, dir, US(u"other"), 0), SUCCESS);
	query(dir, &id, sizeof(id), FileInternalInformation);
	NtClose(dir);
	ST("FI1", query(h, room, sizeof(room), FileHardLinkInformation), SUCCESS);
	EQ("FI1", info->EntriesReturned, 2);
	EQ("FI1", info->Entry.FileNameLength, 4); /* in characters */
	EQ("FI1", info->Entry.NextEntryOffset, 32);
	info = (void *)(room + info->Entry.NextEntryOffset);
	EQ("FI1", info->Entry.ParentFileId, id.IndexNumber.QuadPart);
	EQ("FI1", memcmp(info->Entry.FileName, u"other", 10), 0);
	info = (void *)room;
	ST("FI1", query(h, room, 8 + 20 + 8, FileHardLinkInformation), BUFFER_OVERFLOW);
	EQ("FI1", info->EntriesReturned, 1);
	EQ("FI1", info->BytesNeeded, 8 + 32 + 20 + 10);
	NtClose(h);
	ST("setup", delete (US(u"hard")), SUCCESS);
	ST("setup", delete (US(u"hdir\\other")), SUCCESS);
	ST("setup", delete (US(u"hdir")), SUCCESS);
}

static void privilege(ULONG which, ULONG attributes)
{
	TOKEN_PRIVILEGES change = { 1, { { { which, 0 }, attributes } } };
	HANDLE token;

	ST("setup", NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token),
	   SUCCESS);
	ST("setup", NtAdjustPrivilegesToken(token, FALSE, &change, 0, NULL, NULL), SUCCESS);
	NtClose(token);
}

static void privileges(void)
{
	struct {
		REPARSE_DATA_BUFFER head;
		char room[40];
	} link = { .head.ReparseTag = IO_REPARSE_TAG_SYMLINK };
	const USHORT text[] = { 0, 2, 0, 2, 1, 0, 'x' };
	struct {
		FILE_NAME_INFORMATION info;
		WCHAR room[40];
	} name;
	HANDLE h;

	touch(US(u"priv"));
	h = must(US(u"priv"), RW, FILE_OPEN, 0);
	link.head.ReparseDataLength = sizeof(text);
	memcpy(link.head.DataBuffer, text, sizeof(text));
	privilege(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, 0);
	privilege(SE_CHANGE_NOTIFY_PRIVILEGE, 0);
	if (FILETEST_PERSONALITY != VolumePersonalityHost)
		ST("RP8",
		   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_REPARSE_POINT, &link,
				   8 + sizeof(text), NULL, 0),
		   PRIVILEGE_NOT_HELD);
	ST("FI17", query(h, &name, sizeof(name), FileNormalizedNameInformation), ACCESS_DENIED);
	privilege(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE, SE_PRIVILEGE_ENABLED);
	privilege(SE_CHANGE_NOTIFY_PRIVILEGE, SE_PRIVILEGE_ENABLED);
	ST("FI17", query(h, &name, sizeof(name), FileNormalizedNameInformation), SUCCESS);
	if (FILETEST_PERSONALITY != VolumePersonalityHost) {
		ST("RP8",
		   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_REPARSE_POINT, &link,
				   8 + sizeof(text), NULL, 0),
		   SUCCESS);
		touch(US(u"x"));
		/* CF24: who follows a link hears of the file. */
		NtClose(h);
		ST("CF24", create(&h, US(u"priv"), FILE_READ_DATA, SHARE_ALL, FILE_OPEN, 0),
		   SUCCESS);
		EQ("CF24", iosb.Information, FILE_OPENED);
		ST("setup", delete (US(u"x")), SUCCESS);
	}
	NtClose(h);
	ST("setup", delete (US(u"priv")), SUCCESS);
}

static void eas(void)
{
	static const struct {
		FILE_FULL_EA_INFORMATION ea;
		char room[8];
	} one = { { .EaNameLength = 1, .EaValueLength = 1 }, "" };
	REPARSE_DATA_BUFFER fifo = { .ReparseTag = IO_REPARSE_TAG_LX_FIFO };
	WCHAR text[64] = u"\\Device\\HarddiskVolume1";
	char list[64], buf[64];
	HANDLE h = NULL;

	memcpy(list, &one, sizeof(one));
	memcpy(list + 8, "A\0x", 3);
	if (FILETEST_PERSONALITY != VolumePersonalityHost) {
		touch(US(u"eas"));
		h = must(US(u"eas"), RW, FILE_OPEN, 0);
		ST("EA16", NtSetEaFile(h, &iosb, list, 11), SUCCESS);
		ST("EA16",
		   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_REPARSE_POINT, &fifo, 8,
				   NULL, 0),
		   SUCCESS);
		list[8] = 'B';
		ST("EA16", NtSetEaFile(h, &iosb, list, 11), SUCCESS);
		NtClose(h);
		ST("setup", delete (US(u"eas")), SUCCESS);
	}
	ST("EA17",
	   NtOpenFile(&h, FILE_READ_EA | FILE_WRITE_EA | SYNCHRONIZE,
		      OA((&(UNICODE_STRING){ 46, sizeof(text), text }), 0, NULL), &iosb, SHARE_ALL,
		      SYNC),
	   SUCCESS);
	ST("EA17", NtSetEaFile(h, &iosb, list, 11), INVALID_PARAMETER);
	ST("EA17", NtQueryEaFile(h, &iosb, buf, sizeof(buf), FALSE, NULL, 0, NULL, TRUE),
	   INVALID_PARAMETER);
	NtClose(h);
}

/* G2, G4: pointers that are as good as memory that is not there. */
static void pointers(void)
{
	PVOID page = NULL;
	SIZE_T size = 8192;
	FILE_BASIC_INFORMATION *edge;
	HANDLE h;

	ST("setup",
	   NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &size, MEM_RESERVE,
				   PAGE_READWRITE),
	   SUCCESS);
	size = 4096;
	ST("setup",
	   NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &size, MEM_COMMIT, PAGE_READWRITE),
	   SUCCESS);
	edge = (void *)((char *)page + 4096 - 16);
	touch(US(u"probe"));
	h = must(US(u"probe"), RW, FILE_OPEN, 0);
	ST("G2", query(h, edge, sizeof(*edge), FileBasicInformation), ACCESS_VIOLATION);
	ST("G2", NtSetInformationFile(h, &iosb, edge, sizeof(*edge), FileBasicInformation),
	   ACCESS_VIOLATION);
	ST("G2",
	   NtQueryInformationFile(h, (void *)((char *)page + 4096), page, 4096,
				  FileBasicInformation),
	   ACCESS_VIOLATION);
	ST("G4", query(h, (char *)page + 1, 100, FileBasicInformation), DATATYPE_MISALIGNMENT);
	ST("G2", NtReadFile(h, NULL, NULL, NULL, &iosb, edge, 32, AT(0), NULL), ACCESS_VIOLATION);
	ST("G2", NtWriteFile(h, NULL, NULL, NULL, &iosb, edge, 32, AT(0), NULL), ACCESS_VIOLATION);
	ST("G2", NtReadFile(h, NULL, NULL, NULL, &iosb, page, 8, (void *)0x10, NULL),
	   ACCESS_VIOLATION);
	ST("G2", NtReadFile(h, NULL, NULL, NULL, &iosb, page, 8, AT(0), (void *)0x10),
	   ACCESS_VIOLATION);
	ST("G2",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, edge, 64),
	   ACCESS_VIOLATION);
	NtClose(h);
	size = 0;
	NtFreeVirtualMemory(NtCurrentProcess(), &page, &size, MEM_RELEASE);
	ST("setup", delete (US(u"probe")), SUCCESS);
}
#endif

int main(void)
{
	nt_start();
	open_base();
	touch(US(u"warm"));
	ST("setup", delete (US(u"warm")), SUCCESS);
	leak_start();
	names();
	access_mapping();
	order();
	sections();
	enumeration();
	sizes();
#if NTSHIM
	flags();
	links();
	hard_links();
	privileges();
	eas();
	pointers();
#endif
	leak_check();
	close_base();
	return nt_end("file_rules");
}
