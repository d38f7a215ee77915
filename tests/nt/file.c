/* SPDX-License-Identifier: MIT */
/*
 * file.c - files and directories as any NT has them: create, share, delete, rename, data, enumeration,
 * information (nt.md sections 2 to 5, 8, 9, 11).
 */
#include "filetest.h"

/* ---- section 2: dispositions, options, names ---- */

static void dispositions(void)
{
	UNICODE_STRING *name = US(u"disp");
	HANDLE h = GARBAGE;

	ST("CF2", create(&h, name, RW, SHARE_ALL, FILE_OPEN, SYNC), OBJECT_NAME_NOT_FOUND);
	EQ("G1", h, 0);
	ST("CF2", create(&h, name, RW, SHARE_ALL, FILE_OVERWRITE, SYNC), OBJECT_NAME_NOT_FOUND);
	ST("CF2", create(&h, name, RW, SHARE_ALL, FILE_CREATE, SYNC), SUCCESS);
	EQ("CF2", iosb.Information, FILE_CREATED);
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, "abc", 3, NULL, NULL), SUCCESS);
	NtClose(h);
	ST("CF3", create(&h, name, RW, SHARE_ALL, FILE_CREATE, SYNC), OBJECT_NAME_COLLISION);
	ST("CF3", create(&h, name, RW, SHARE_ALL, FILE_OPEN, SYNC), SUCCESS);
	EQ("CF3", iosb.Information, FILE_OPENED);
	NtClose(h);
	ST("CF3", create(&h, name, RW, SHARE_ALL, FILE_OPEN_IF, SYNC), SUCCESS);
	EQ("CF3", iosb.Information, FILE_OPENED);
	NtClose(h);
	ST("CF3", create(&h, name, FILE_GENERIC_READ, SHARE_ALL, FILE_OVERWRITE, SYNC), SUCCESS);
	EQ("CF3", iosb.Information, FILE_OVERWRITTEN);
	FILE_STANDARD_INFORMATION standard;
	ST("CF3",
	   NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation),
	   SUCCESS);
	EQ("CF3", standard.EndOfFile.QuadPart, 0);
	EQ("FI2", sizeof(standard), iosb.Information);
	NtClose(h);
	ST("CF3", create(&h, name, RW, SHARE_ALL, FILE_SUPERSEDE, SYNC), SUCCESS);
	EQ("CF3", iosb.Information, FILE_SUPERSEDED);
	NtClose(h);
	ST("setup", delete (name), SUCCESS);
	ST("CF2", create(&h, name, RW, SHARE_ALL, FILE_OVERWRITE_IF, SYNC), SUCCESS);
	EQ("CF2", iosb.Information, FILE_CREATED);
	NtClose(h);
	ST("setup", delete (name), SUCCESS);
}

static void options(void)
{
	HANDLE h = NULL;

	touch(US(u"file"));
	make_directory(US(u"dir"));
	ST("CF8",
	   create(&h, US(u"dir"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OVERWRITE,
		  SYNC | FILE_DIRECTORY_FILE),
	   INVALID_PARAMETER);
	ST("CF8",
	   create(&h, US(u"none"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_SUPERSEDE,
		  SYNC | FILE_DIRECTORY_FILE),
	   INVALID_PARAMETER);
	ST("CF10",
	   create(&h, US(u"file"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_DIRECTORY_FILE),
	   NOT_A_DIRECTORY);
	ST("CF10",
	   create(&h, US(u"dir"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_NON_DIRECTORY_FILE),
	   FILE_IS_A_DIRECTORY);
	ST("CF10", create(&h, US(u"file\\x"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN, SYNC),
	   OBJECT_PATH_NOT_FOUND);
	ST("CF11", create(&h, US(u"none\\x"), RW, SHARE_ALL, FILE_CREATE, SYNC),
	   OBJECT_PATH_NOT_FOUND);
	ST("CF11", create(&h, US(u"none\\x"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN, SYNC),
	   OBJECT_PATH_NOT_FOUND);
	ST("CF12",
	   create(&h, US(u"dir\\"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_DIRECTORY_FILE),
	   SUCCESS);
	NtClose(h);
	ST("CF12", create(&h, US(u"new\\"), RW, SHARE_ALL, FILE_CREATE, SYNC), OBJECT_NAME_INVALID);
	ST("CF12",
	   create(&h, US(u"new\\"), RW, SHARE_ALL, FILE_CREATE, SYNC | FILE_NON_DIRECTORY_FILE),
	   OBJECT_NAME_INVALID);
	ST("CF18", create(&h, US(u"file"), FILE_READ_DATA, SHARE_ALL, FILE_OPEN, SYNC),
	   INVALID_PARAMETER);
	ST("CF18",
	   create(&h, US(u"file"), RW, SHARE_ALL, FILE_OPEN, SYNC | FILE_SYNCHRONOUS_IO_ALERT),
	   INVALID_PARAMETER);
	ST("CF19", create(&h, US(u"file"), RW, SHARE_ALL, FILE_OPEN, SYNC | FILE_DELETE_ON_CLOSE),
	   INVALID_PARAMETER);
	ST("CF20",
	   create(&h, US(u"file"), RW, SHARE_ALL, FILE_OPEN, SYNC | FILE_NO_INTERMEDIATE_BUFFERING),
	   INVALID_PARAMETER);
	ST("CF3",
	   create(&h, US(u"dir"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_CREATE,
		  SYNC | FILE_DIRECTORY_FILE),
	   OBJECT_NAME_COLLISION);
	ST("CF2",
	   create(&h, US(u"dir2"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN_IF,
		  SYNC | FILE_DIRECTORY_FILE),
	   SUCCESS);
	EQ("CF2", iosb.Information, FILE_CREATED);
	NtClose(h);
	ST("setup", delete (US(u"dir2")), SUCCESS);
	ST("setup", delete (US(u"dir")), SUCCESS);
	ST("setup", delete (US(u"file")), SUCCESS);
}

static void names(void)
{
	static const WCHAR *const bad[] = { u"a/b", u"a:b:c", u"a<b", u"a>b", u"a\"b",    u"a|b",
					    u"a?b", u"a*b",   u".",   u"..",  u"a\\..\\b" };
	static const WCHAR *const good[] = { u"CON", u"dot.", u"space ", u"\u00e4\u20ac",
					     u"\xd83d\xde00" };
	WCHAR text[300];
	HANDLE h = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		UNICODE_STRING name = { 0, 0, (PWSTR)bad[i] };

		while (bad[i][name.Length / 2])
			name.Length += 2;
		ST("CF13", create(&h, &name, RW, SHARE_ALL, FILE_OPEN_IF, SYNC),
		   OBJECT_NAME_INVALID);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		UNICODE_STRING name = { 0, 0, (PWSTR)good[i] };

		while (good[i][name.Length / 2])
			name.Length += 2;
		ST("CF13", create(&h, &name, RW, SHARE_ALL, FILE_CREATE, SYNC), SUCCESS);
		NtClose(h);
		ST("CF13", exists(&name), SUCCESS);
		ST("CF13", delete (&name), SUCCESS);
	}
	for (int i = 0; i < 300; i++)
		text[i] = u'n';
	ST("CF14",
	   create(&h, &(UNICODE_STRING){ 510, 510, text }, RW, SHARE_ALL, FILE_CREATE, SYNC),
	   SUCCESS);
	NtClose(h);
	ST("CF14", delete (&(UNICODE_STRING){ 510, 510, text }), SUCCESS);
	ST("CF14",
	   create(&h, &(UNICODE_STRING){ 512, 512, text }, RW, SHARE_ALL, FILE_CREATE, SYNC),
	   OBJECT_NAME_INVALID);
}

static void reopening(void)
{
	HANDLE h, again = NULL;
	FILE_POSITION_INFORMATION pos;

	h = must(US(u"root"), RW, FILE_CREATE, 0);
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, "hello", 5, NULL, NULL), SUCCESS);
	ST("CF16", create_at(h, &again, US(u""), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN, SYNC),
	   SUCCESS);
	ST("CF16", NtQueryInformationFile(again, &iosb, &pos, sizeof(pos), FilePositionInformation),
	   SUCCESS);
	EQ("CF16", pos.CurrentByteOffset.QuadPart, 0);
	ST("RW8", NtQueryInformationFile(h, &iosb, &pos, sizeof(pos), FilePositionInformation),
	   SUCCESS);
	EQ("RW8", pos.CurrentByteOffset.QuadPart, 5);
	NtClose(again);
	ST("CF10", create_at(h, &again, US(u"x"), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN, SYNC),
	   OBJECT_PATH_NOT_FOUND);
	NtClose(h);
	ST("setup", delete (US(u"root")), SUCCESS);
}

/* ---- section 3: sharing ---- */

static NTSTATUS open_again(ACCESS_MASK access, ULONG share)
{
	HANDLE h = NULL;
	NTSTATUS status = create(&h, US(u"share"), access | SYNCHRONIZE, share, FILE_OPEN, SYNC);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static void sharing(void)
{
	HANDLE h = NULL, copy = NULL;

	touch(US(u"share"));
	ST("SH2", create(&h, US(u"share"), FILE_GENERIC_READ, FILE_SHARE_READ, FILE_OPEN, SYNC),
	   SUCCESS);
	ST("SH2", open_again(FILE_READ_DATA, SHARE_ALL), SUCCESS);
	ST("SH2", open_again(FILE_WRITE_DATA, SHARE_ALL), SHARING_VIOLATION);
	ST("SH2", open_again(DELETE, SHARE_ALL), SHARING_VIOLATION);
	ST("SH2", open_again(FILE_READ_DATA, FILE_SHARE_WRITE), SHARING_VIOLATION);
	ST("SH1", open_again(FILE_READ_ATTRIBUTES, 0), SUCCESS);
	ST("SH3",
	   create(&copy, US(u"share"), FILE_GENERIC_READ, SHARE_ALL, FILE_OVERWRITE_IF, SYNC),
	   SHARING_VIOLATION);
	ST("SH6",
	   NtDuplicateObject(NtCurrentProcess(), h, NtCurrentProcess(), &copy, 0, 0,
			     DUPLICATE_SAME_ACCESS),
	   SUCCESS);
	NtClose(h);
	ST("SH6", open_again(FILE_WRITE_DATA, SHARE_ALL), SHARING_VIOLATION);
	NtClose(copy);
	ST("SH6", open_again(FILE_WRITE_DATA, SHARE_ALL), SUCCESS);
	ST("SH1", create(&h, US(u"share"), FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0, FILE_OPEN, SYNC),
	   SUCCESS);
	ST("SH1", open_again(RW | DELETE, 0), SUCCESS);
	NtClose(h);
	ST("setup", delete (US(u"share")), SUCCESS);
}

/* ---- section 4: deletion ---- */

static void deletion(void)
{
	FILE_STANDARD_INFORMATION standard;
	HANDLE h, other;

	touch(US(u"del"));
	h = must(US(u"del"), DELETE, FILE_OPEN, 0);
	other = must(US(u"del"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("DL1", NtSetInformationFile(h, &iosb, &standard, 0, FileDispositionInformation),
	   INFO_LENGTH_MISMATCH);
	ST("DL1", dispose(other, TRUE), ACCESS_DENIED);
	ST("DL1", dispose(h, TRUE), SUCCESS);
	ST("DL2", exists(US(u"del")), DELETE_PENDING);
	ST("DL4",
	   NtQueryInformationFile(other, &iosb, &standard, sizeof(standard),
				  FileStandardInformation),
	   SUCCESS);
	EQ("DL4", standard.DeletePending, TRUE);
	ST("DL3", dispose(h, FALSE), SUCCESS);
	ST("DL3", exists(US(u"del")), SUCCESS);
	ST("DL1", dispose(h, TRUE), SUCCESS);
	NtClose(h);
	ST("DL2", exists(US(u"del")), DELETE_PENDING);
	ST("DL2", create(&h, US(u"del"), RW, SHARE_ALL, FILE_CREATE, SYNC), DELETE_PENDING);
	NtClose(other);
	ST("DL2", exists(US(u"del")), OBJECT_NAME_NOT_FOUND);

	ST("DL5",
	   create(&h, US(u"doc"), DELETE | RW, SHARE_ALL, FILE_CREATE, SYNC | FILE_DELETE_ON_CLOSE),
	   SUCCESS);
	ST("DL5", exists(US(u"doc")), SUCCESS);
	other = must(US(u"doc"), FILE_GENERIC_READ, FILE_OPEN, 0);
	NtClose(h);
	ST("DL5", exists(US(u"doc")), DELETE_PENDING);
	NtClose(other);
	ST("DL5", exists(US(u"doc")), OBJECT_NAME_NOT_FOUND);

	make_directory(US(u"full"));
	touch(US(u"full\\x"));
	ST("DL1", delete (US(u"full")), DIRECTORY_NOT_EMPTY);
	ST("DL15", NtDeleteFile(OA(US(u"full"), 0, base)), SUCCESS);
	ST("DL15", exists(US(u"full")), SUCCESS);
	ST("setup", NtDeleteFile(OA(US(u"full\\x"), 0, base)), SUCCESS);
	ST("setup", NtDeleteFile(OA(US(u"full"), 0, base)), SUCCESS);
	ST("setup", exists(US(u"full")), OBJECT_NAME_NOT_FOUND);
}

/* ---- section 5: renaming and linking ---- */

static void renaming(void)
{
	HANDLE h, other;

	touch(US(u"from"));
	touch(US(u"taken"));
	make_directory(US(u"sub"));
	h = must(US(u"weak"), FILE_GENERIC_READ, FILE_CREATE, 0);
	ST("RN1", set_name(h, FileRenameInformation, base, US(u"weak"), 1), ACCESS_DENIED);
	NtClose(h);
	ST("setup", delete (US(u"weak")), SUCCESS);
	h = must(US(u"from"), DELETE, FILE_OPEN, 0);
	ST("RN3", set_name(h, FileRenameInformation, base, US(u"taken"), 0), OBJECT_NAME_COLLISION);
	ST("RN3", set_name(h, FileRenameInformation, base, US(u"sub"), 0), OBJECT_NAME_COLLISION);
	ST("RN4", set_name(h, FileRenameInformation, base, US(u"sub"), 1), ACCESS_DENIED);
	other = must(US(u"taken"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("RN4", set_name(h, FileRenameInformation, base, US(u"taken"), 1), ACCESS_DENIED);
	NtClose(other);
	ST("RN6", set_name(h, FileRenameInformation, base, US(u"from"), 0), SUCCESS);
	ST("RN7", set_name(h, FileRenameInformation, base, US(u"a*b"), 0), OBJECT_NAME_INVALID);
	ST("RN7", set_name(h, FileRenameInformation, base, US(u"none\\x"), 0),
	   OBJECT_PATH_NOT_FOUND);
	ST("RN2", set_name(h, FileRenameInformation, NULL, US(u"beside"), 0), SUCCESS);
	ST("RN2", exists(US(u"beside")), SUCCESS);
	ST("RN2", set_name(h, FileRenameInformation, base, US(u"sub\\moved"), 0), SUCCESS);
	ST("RN2", exists(US(u"sub\\moved")), SUCCESS);
	ST("RN2", set_name(h, FileRenameInformation, base, US(u"taken"), 1), SUCCESS);
	ST("RN2", exists(US(u"sub\\moved")), OBJECT_NAME_NOT_FOUND);
	ST("setup", dispose(h, TRUE), SUCCESS);
	NtClose(h);
	ST("RN16", exists(US(u"taken")), OBJECT_NAME_NOT_FOUND);
	ST("setup", delete (US(u"sub")), SUCCESS);
}

/* RN5 */
static void renaming_busy_directories(void)
{
	HANDLE h, inner, deep;

	make_directory(US(u"busy"));
	make_directory(US(u"busy\\in"));
	touch(US(u"busy\\in\\file"));
	h = must(US(u"busy"), DELETE, FILE_OPEN, FILE_DIRECTORY_FILE);
	inner = must(US(u"busy\\in"), FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE);
	deep = must(US(u"busy\\in\\file"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("RN5", set_name(h, FileRenameInformation, base, US(u"idle"), 0), ACCESS_DENIED);
	NtClose(inner);
	ST("RN5", set_name(h, FileRenameInformation, base, US(u"idle"), 0), ACCESS_DENIED);
	NtClose(deep);
	ST("RN5", set_name(h, FileRenameInformation, base, US(u"idle"), 0), SUCCESS);
#if NTSHIM
	deep = must(US(u"idle\\in\\file"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("RN5", set_name(h, FileRenameInformationEx, base, US(u"posix"), 0), ACCESS_DENIED);
	ST("RN5",
	   set_name(h, FileRenameInformationEx, base, US(u"posix"), FILE_RENAME_POSIX_SEMANTICS),
	   SUCCESS);
	NtClose(deep);
	ST("RN5", set_name(h, FileRenameInformation, base, US(u"idle"), 0), SUCCESS);
#endif
	NtClose(h);
	ST("setup", delete (US(u"idle\\in\\file")), SUCCESS);
	ST("setup", delete (US(u"idle\\in")), SUCCESS);
	ST("setup", delete (US(u"idle")), SUCCESS);
}

static void linking(void)
{
	FILE_STANDARD_INFORMATION standard;
	HANDLE h;

	touch(US(u"one"));
	touch(US(u"other"));
	make_directory(US(u"ldir"));
	h = must(US(u"one"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"two"), 0), SUCCESS);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"two"), 0), OBJECT_NAME_COLLISION);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"two"), 1), SUCCESS);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"ldir"), 1), ACCESS_DENIED);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"other"), 1), SUCCESS);
	ST("DL16",
	   NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation),
	   SUCCESS);
	EQ("DL16", standard.NumberOfLinks, 3);
	ST("DL16", delete (US(u"other")), SUCCESS);
	ST("DL16",
	   NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation),
	   SUCCESS);
	NtClose(h);
	h = must(US(u"ldir"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("RN14", set_name(h, FileLinkInformation, base, US(u"three"), 0), FILE_IS_A_DIRECTORY);
	NtClose(h);
	ST("setup", delete (US(u"one")), SUCCESS);
	ST("setup", delete (US(u"two")), SUCCESS);
	ST("setup", delete (US(u"ldir")), SUCCESS);
}

/* ---- section 8: enumeration ---- */

static void enumeration(void)
{
	_Alignas(8) char buf[512];
	FILE_NAMES_INFORMATION *first = (void *)buf;
	int seen = 0, dots = 0;
	NTSTATUS status;
	HANDLE h;

	make_directory(US(u"list"));
	touch(US(u"list\\a"));
	touch(US(u"list\\long-name-long-name"));
	h = must(US(u"list"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("DE5",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, 8, FileNamesInformation, TRUE,
				NULL, FALSE),
	   INFO_LENGTH_MISMATCH);
	ST("DE7",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf), FileBasicInformation,
				TRUE, NULL, FALSE),
	   INVALID_INFO_CLASS);
	for (;;) {
		status = NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
					      FileNamesInformation, TRUE, NULL, FALSE);
		if (status != STATUS_SUCCESS)
			break;
		seen++;
		dots += first->FileName[0] == '.';
		EQ("DE4", first->NextEntryOffset, 0);
		EQ("DE4", iosb.Information,
		   offsetof(FILE_NAMES_INFORMATION, FileName) + first->FileNameLength);
	}
	ST("DE2", status, NO_MORE_FILES);
	EQ("DE3", seen, 4);
	EQ("DE3", dots, 2);
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf), FileNamesInformation,
				FALSE, NULL, TRUE),
	   SUCCESS);
	seen = 1;
	for (FILE_NAMES_INFORMATION *e = first; e->NextEntryOffset; seen++) {
		EQ("DE4", e->NextEntryOffset % 8, 0);
		e = (void *)((char *)e + e->NextEntryOffset);
	}
	EQ("DE4", seen, 4);
	NtClose(h);
	h = must(US(u"list\\a"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("DE10",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf), FileNamesInformation,
				TRUE, NULL, FALSE),
	   INVALID_PARAMETER);
	NtClose(h);
	ST("setup", delete (US(u"list\\a")), SUCCESS);
	ST("setup", delete (US(u"list\\long-name-long-name")), SUCCESS);
	ST("setup", delete (US(u"list")), SUCCESS);
}

/* ---- section 9: data ---- */

static void data(void)
{
	LARGE_INTEGER end = { .u = { FILE_WRITE_TO_END_OF_FILE, -1 } },
		      current = { .u = { FILE_USE_FILE_POINTER_POSITION, -1 } };
	FILE_POSITION_INFORMATION pos = { .CurrentByteOffset.QuadPart = -5 };
	FILE_END_OF_FILE_INFORMATION eof = { .EndOfFile.QuadPart = 3 };
	char buf[16] = "";
	HANDLE h, append;

	h = must(US(u"data"), RW, FILE_CREATE, 0);
	ST("RW3", NtWriteFile(h, NULL, NULL, NULL, &iosb, "0123456789", 10, AT(0), NULL), SUCCESS);
	EQ("RW3", position(h), 10);
	ST("RW4", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 4, NULL, NULL), END_OF_FILE);
	EQ("RW4", iosb.Information, 0);
	ST("RW4", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 0, NULL, NULL), SUCCESS);
	ST("RW4", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 8, AT(6), NULL), SUCCESS);
	EQ("RW4", iosb.Information, 4);
	EQ("RW3", position(h), 10);
	ST("RW3", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 2, AT(1), NULL), SUCCESS);
	EQ("RW3", position(h), 3);
	ST("RW1", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 2, &current, NULL), SUCCESS);
	EQ("RW1", memcmp(buf, "34", 2), 0);
	ST("RW1", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 2, &end, NULL), INVALID_PARAMETER);
	ST("RW1", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 2, AT(-7), NULL), INVALID_PARAMETER);
	ST("RW1", NtWriteFile(h, NULL, NULL, NULL, &iosb, "xy", 2, &end, NULL), SUCCESS);
	EQ("RW1", position(h), 12);
	ST("RW6", NtReadFile(h, NULL, NULL, NULL, &iosb, NULL, 2, AT(0), NULL), ACCESS_VIOLATION);
	ST("RW6", NtWriteFile(h, NULL, NULL, NULL, &iosb, NULL, 2, AT(0), NULL),
	   INVALID_USER_BUFFER);
	ST("RW8", NtSetInformationFile(h, &iosb, &pos, sizeof(pos), FilePositionInformation),
	   INVALID_PARAMETER);
	pos.CurrentByteOffset.QuadPart = 100;
	ST("RW8", NtSetInformationFile(h, &iosb, &pos, sizeof(pos), FilePositionInformation),
	   SUCCESS);
	EQ("RW8", position(h), 100);
	append = must(US(u"data"), FILE_APPEND_DATA, FILE_OPEN, 0);
	ST("RW7", NtWriteFile(append, NULL, NULL, NULL, &iosb, "z", 1, AT(0), NULL), SUCCESS);
	EQ("RW7", position(append), 13);
	ST("RW12", NtFlushBuffersFile(append, &iosb), SUCCESS);
	NtClose(append);
	ST("RW9", NtSetInformationFile(h, &iosb, &eof, sizeof(eof), FileEndOfFileInformation),
	   SUCCESS);
	ST("RW9", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 8, AT(0), NULL), SUCCESS);
	EQ("RW9", iosb.Information, 3);
	NtClose(h);
	ST("RW2", create(&h, US(u"data"), RW, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	ST("RW2", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 2, NULL, NULL), INVALID_PARAMETER);
	NtClose(h);
	h = must(US(u"data"), FILE_GENERIC_READ, FILE_OPEN, 0);
	ST("OM21", NtWriteFile(h, NULL, NULL, NULL, &iosb, "z", 1, AT(0), NULL), ACCESS_DENIED);
	ST("RW12", NtFlushBuffersFile(h, &iosb), ACCESS_DENIED);
	NtClose(h);
	ST("setup", delete (US(u"data")), SUCCESS);
	ST("G7", NtReadFile(GARBAGE, NULL, NULL, NULL, &iosb, buf, 2, AT(0), NULL), INVALID_HANDLE);
	ST("DE10", NtReadFile(base, NULL, NULL, NULL, &iosb, buf, 2, AT(0), NULL),
	   INVALID_DEVICE_REQUEST);
}

static void null_device(void)
{
	char buf[4];
	HANDLE h = NULL;

	ST("OM28",
	   NtOpenFile(&h, RW, OA(US(u"\\Device\\Null"), 0, NULL), &iosb, SHARE_ALL,
		      SYNC | FILE_DIRECTORY_FILE),
	   SUCCESS);
	ST("OM28", NtWriteFile(h, NULL, NULL, NULL, &iosb, "abcd", 4, NULL, NULL), SUCCESS);
	EQ("OM28", iosb.Information, 4);
	ST("OM28", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 4, NULL, NULL), END_OF_FILE);
	NtClose(h);
}

/* ---- section 11: information ---- */

static void information(void)
{
	struct {
		FILE_NAME_INFORMATION info;
		WCHAR room[512];
	} name;
	FILE_ATTRIBUTE_TAG_INFORMATION tag;
	FILE_BASIC_INFORMATION basic;
	HANDLE h;

	h = must(US(u"info"), RW, FILE_CREATE, 0);
	ST("G6", NtQueryInformationFile(h, &iosb, &basic, sizeof(basic), 0x7777),
	   INVALID_INFO_CLASS);
	ST("G6", NtQueryInformationFile(h, &iosb, &basic, 8, FileBasicInformation),
	   INFO_LENGTH_MISMATCH);
	ST("FI5", NtQueryInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   SUCCESS);
	EQ("CF4", basic.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
	basic = (FILE_BASIC_INFORMATION){ .LastWriteTime.QuadPart = NT_TIME_UNIX_EPOCH + 12345678 };
	ST("FI4", NtSetInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   SUCCESS);
	ST("FI4", NtQueryInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   SUCCESS);
	EQ("FI4", basic.LastWriteTime.QuadPart, NT_TIME_UNIX_EPOCH + 12345678);
	basic.FileAttributes = FILE_ATTRIBUTE_DIRECTORY;
	ST("FI4", NtSetInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   INVALID_PARAMETER);
	ST("FI1", NtQueryInformationFile(h, &iosb, &tag, sizeof(tag), FileAttributeTagInformation),
	   SUCCESS);
	EQ("FI1", tag.ReparseTag, 0);
	ST("FI8", NtQueryInformationFile(h, &iosb, &name, sizeof(name), FileNameInformation),
	   SUCCESS);
	EQ("FI8", name.info.FileName[0], '\\');
	EQ("FI8", iosb.Information, 4 + name.info.FileNameLength);
	ST("FI8", NtQueryInformationFile(h, &iosb, &name, 10, FileNameInformation),
	   BUFFER_OVERFLOW);
	ST("G7",
	   NtQueryInformationFile(GARBAGE, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   INVALID_HANDLE);
	NtClose(h);
	ST("setup", delete (US(u"info")), SUCCESS);
}

/* Descriptors and streams are kept on one kind of volume; NT has no other. */
static void volume_attributes(void)
{
	const BOOLEAN has = !NTSHIM || FILETEST_PERSONALITY == VolumePersonalityWin;
	struct {
		FILE_FS_ATTRIBUTE_INFORMATION info;
		WCHAR rest[32];
	} about;

	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &about, sizeof(about),
					FileFsAttributeInformation),
	   SUCCESS);
	EQ("FI16", (about.info.FileSystemAttributes & FILE_PERSISTENT_ACLS) != 0, has);
	EQ("FI16", (about.info.FileSystemAttributes & FILE_NAMED_STREAMS) != 0, has);
	EQ("FI16", about.info.MaximumComponentNameLength, 255);
}

int main(void)
{
	nt_start();
	open_base();
#if NTSHIM
	leak_start();
#endif
	dispositions();
	options();
	names();
	reopening();
	sharing();
	deletion();
	renaming();
	renaming_busy_directories();
	linking();
	enumeration();
	data();
	null_device();
	information();
	volume_attributes();
#if NTSHIM
	leak_check();
#endif
	close_base();
	return nt_end("file");
}
