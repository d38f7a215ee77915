/* SPDX-License-Identifier: MIT */
/*
 * stream.c - the other data streams of files (nt.md AS1..AS9, DL3, RP16).
 * ntshim only: Wine has no streams.
 */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "notifytest.h"

#include <dirent.h>
#include <sys/xattr.h>

/* FileStreamInformation as text: "::$DATA=5 :s:$DATA=0 ". */
static const char *streams(HANDLE h)
{
	static char text[512];
	_Alignas(8) char buffer[1024];
	FILE_STREAM_INFORMATION *info = (void *)buffer;
	ULONG at = 0, out = 0;

	text[0] = 0;
	if (NtQueryInformationFile(h, &iosb, buffer, sizeof(buffer), FileStreamInformation))
		return "?";
	while (iosb.Information) {
		info = (void *)(buffer + at);
		for (ULONG i = 0; i < info->StreamNameLength / 2; i++)
			text[out++] = (char)info->StreamName[i];
		out += (ULONG)sprintf(text + out, "=%lld ", (long long)info->StreamSize.QuadPart);
		if (info->StreamAllocationSize.QuadPart < info->StreamSize.QuadPart)
			return "allocation";
		if (!info->NextEntryOffset)
			break;
		at += info->NextEntryOffset;
	}
	return text;
}

static int streams_are(PUNICODE_STRING name, const char *want)
{
	HANDLE h = must(name, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
	int same = strcmp(streams(h), want) == 0;

	if (!same)
		printf("# got %s\n", streams(h));
	NtClose(h);
	return same;
}

static void put(HANDLE h, const char *text)
{
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, text, (ULONG)strlen(text), AT(0), NULL),
	   SUCCESS);
}

static int holds(HANDLE h, const char *text)
{
	char buf[64] = "";

	NtReadFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf) - 1, AT(0), NULL);
	return strcmp(buf, text) == 0;
}

/* How many hidden directories hold streams. */
static int depots(void)
{
	DIR *d = opendir(host(".lxrun~streams"));
	int n = 0;

	if (!d)
		return 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void opening(void)
{
	const ULONG file = FILE_NON_DIRECTORY_FILE;
	HANDLE h = NULL;

	ST("AS1", create(&h, US(u"a:s"), RW, 0, FILE_OPEN, SYNC | file), OBJECT_NAME_NOT_FOUND);
	ST("AS1", create(&h, US(u"a:s"), RW, 0, FILE_CREATE, SYNC | file), SUCCESS);
	EQ("AS1", iosb.Information, FILE_CREATED);
	put(h, "hello");
	EQ("AS1", holds(h, "hello"), 1);
	EQ("AS3", strcmp(streams(h), "::$DATA=0 :s:$DATA=5 "), 0);
	NtClose(h);
	ST("AS1", exists(US(u"a")), SUCCESS); /* made for the stream */
	ST("AS1", exists(US(u"a:none")), OBJECT_NAME_NOT_FOUND);
	ST("AS1", exists(US(u"a::$DATA")), SUCCESS);
	ST("AS1", exists(US(u"a:s:$DATA")), SUCCESS);
	ST("AS1", exists(US(u"a:s:$data")), SUCCESS);
	ST("AS1", exists(US(u"a:s:$EA")), OBJECT_NAME_INVALID);
	ST("AS1", exists(US(u"a:")), OBJECT_NAME_INVALID);
	ST("AS1", exists(US(u"a:s\\b")), OBJECT_NAME_INVALID);
	ST("AS1", create(&h, US(u"a:d"), RW, 0, FILE_CREATE, SYNC | FILE_DIRECTORY_FILE),
	   NOT_A_DIRECTORY);
	ST("AS2", create(&h, US(u"a:s"), RW, 0, FILE_CREATE, SYNC), OBJECT_NAME_COLLISION);
	ST("AS2", create(&h, US(u"a:s"), RW, 0, FILE_OPEN_IF, SYNC), SUCCESS);
	EQ("AS2", iosb.Information, FILE_OPENED);
	EQ("AS2", holds(h, "hello"), 1);
	NtClose(h);
	ST("AS2", create(&h, US(u"a:s"), RW, 0, FILE_OVERWRITE, SYNC), SUCCESS);
	EQ("AS2", iosb.Information, FILE_OVERWRITTEN);
	EQ("AS2", holds(h, ""), 1);
	NtClose(h);
	ST("AS2", create(&h, US(u"a:s"), RW | DELETE, 0, FILE_SUPERSEDE, SYNC), SUCCESS);
	EQ("AS2", iosb.Information, FILE_SUPERSEDED);
	NtClose(h);
	ST("AS2", create(&h, US(u"a:t"), RW, 0, FILE_OVERWRITE, SYNC), OBJECT_NAME_NOT_FOUND);
	ST("AS2", create(&h, US(u"none:t"), RW, 0, FILE_OVERWRITE, SYNC), OBJECT_NAME_NOT_FOUND);
	ST("AS2", exists(US(u"none")), OBJECT_NAME_NOT_FOUND);
	ST("AS7", delete (US(u"a")), SUCCESS);
	EQ("AS7", depots(), 0);
}

static void directories(void)
{
	HANDLE h;

	make_directory(US(u"dir"));
	EQ("AS3", streams_are(US(u"dir"), ""), 1);
	touch(US(u"dir:s"));
	EQ("AS3", streams_are(US(u"dir"), ":s:$DATA=0 "), 1);
	ST("AS1", exists(US(u"dir::$DATA")), FILE_IS_A_DIRECTORY);
	h = must(US(u"dir:s"), FILE_WRITE_DATA | DELETE, FILE_OPEN, FILE_NON_DIRECTORY_FILE);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u"::$DATA"), 1), INVALID_PARAMETER);
	NtClose(h);
	h = must(US(u"dir"), DELETE, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":t"), 1), INVALID_PARAMETER);
	NtClose(h);
	ST("AS7", delete (US(u"dir")), SUCCESS);
	EQ("AS7", depots(), 0);
}

static void names(void)
{
	static const WCHAR odd[] = u"<>\"|?*\x01";
	WCHAR text[260] = u"n:";
	UNICODE_STRING name = { 6, sizeof(text), text };
	HANDLE h = NULL;

	touch(US(u"n"));
	for (ULONG i = 0; odd[i]; i++) {
		text[2] = odd[i];
		ST("AS4", create(&h, &name, RW, 0, FILE_CREATE, SYNC), SUCCESS);
		NtClose(h);
		h = must(&name, FILE_READ_ATTRIBUTES | DELETE, FILE_OPEN, 0);
		EQ("AS4", strchr(streams(h), (char)odd[i]) != NULL, 1);
		ST("AS7", dispose(h, TRUE), SUCCESS);
		NtClose(h);
	}
	ST("AS4", create(&h, US(u"n:/"), RW, 0, FILE_CREATE, SYNC), OBJECT_NAME_INVALID);
	ST("AS4", create(&h, US(u"n::"), RW, 0, FILE_CREATE, SYNC), OBJECT_NAME_INVALID);
	for (int i = 0; i < 256; i++)
		text[2 + i] = 'x';
	name.Length = 258 * 2;
	ST("AS4", create(&h, &name, RW, 0, FILE_CREATE, SYNC), OBJECT_NAME_INVALID);
	ST("AS4", create(&h, US(u"n:.."), RW, 0, FILE_CREATE, SYNC), SUCCESS);
	NtClose(h);
	ST("AS4", create(&h, US(u"n:\xD83D"), RW, 0, FILE_CREATE, SYNC), SUCCESS);
	NtClose(h);
	/* Case is that of any name. */
	touch(US(u"n:Zone"));
	ST("AS4", exists(US(u"n:ZONE")), OBJECT_NAME_NOT_FOUND);
	ST("AS4",
	   NtOpenFile(&h, FILE_READ_DATA, OA(US(u"N:ZONE"), OBJ_CASE_INSENSITIVE, base), &iosb,
		      SHARE_ALL, 0),
	   SUCCESS);
	NtClose(h);
	ST("AS4",
	   NtCreateFile(&h, FILE_READ_DATA, OA(US(u"N:ZONE"), OBJ_CASE_INSENSITIVE, base), &iosb,
			NULL, 0, SHARE_ALL, FILE_CREATE, 0, NULL, 0),
	   OBJECT_NAME_COLLISION);
	ST("AS7", delete (US(u"n")), SUCCESS);
}

static LONGLONG id_of(HANDLE h)
{
	FILE_INTERNAL_INFORMATION id = { 0 };

	NtQueryInformationFile(h, &iosb, &id, sizeof(id), FileInternalInformation);
	return id.IndexNumber.QuadPart;
}

static void information(void)
{
	struct {
		FILE_NAME_INFORMATION name;
		WCHAR room[32];
	} named;
	FILE_NETWORK_OPEN_INFORMATION info;
	FILE_STANDARD_INFORMATION standard;
	_Alignas(8) char small[70];
	FILE_BASIC_INFORMATION basic = { .FileAttributes = FILE_ATTRIBUTE_HIDDEN };
	HANDLE h, file;

	file = must(US(u"info"), RW | DELETE, FILE_CREATE, 0);
	h = must(US(u"info:s"), RW, FILE_CREATE, 0);
	put(h, "123");
	EQ("AS5", id_of(h), id_of(file));
	ST("AS5", NtSetInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   SUCCESS);
	ST("AS5", NtQueryFullAttributesFile(OA(US(u"info"), 0, base), &info), SUCCESS);
	EQ("AS5", info.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
	EQ("AS5", info.EndOfFile.QuadPart, 0);
	ST("AS5", NtQueryFullAttributesFile(OA(US(u"info:s"), 0, base), &info), SUCCESS);
	EQ("AS5", info.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
	EQ("AS5", info.EndOfFile.QuadPart, 3);
	ST("AS5", NtQueryFullAttributesFile(OA(US(u"info:t"), 0, base), &info),
	   OBJECT_NAME_NOT_FOUND);
	ST("AS5",
	   NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation),
	   SUCCESS);
	EQ("AS5", standard.EndOfFile.QuadPart, 3);
	EQ("AS5", standard.NumberOfLinks, 1);
	ST("AS8", NtQueryInformationFile(h, &iosb, &named, sizeof(named), FileNameInformation),
	   SUCCESS);
	EQ("AS8", named.name.FileNameLength, sizeof(u"\\info:s") - 2);
	EQ("AS8", memcmp(named.name.FileName, u"\\info:s", sizeof(u"\\info:s") - 2), 0);
	ST("AS3", NtQueryInformationFile(h, &iosb, small, 31, FileStreamInformation),
	   INFO_LENGTH_MISMATCH);
	ST("AS3", NtQueryInformationFile(h, &iosb, small, sizeof(small), FileStreamInformation),
	   BUFFER_OVERFLOW);
	EQ("AS3", iosb.Information, 24 + 14); /* the one that fits */
	NtClose(h);
	NtClose(file);
	ST("setup", delete (US(u"info")), SUCCESS);
}

static void renaming(void)
{
	HANDLE h = must(US(u"r:s"), RW | DELETE, FILE_CREATE, 0), other;

	put(h, "data");
	ST("AS6", set_name(h, FileRenameInformation, base, US(u"r:t"), 0), INVALID_PARAMETER);
	ST("AS6", set_name(h, FileRenameInformation, base, US(u"q"), 0), INVALID_PARAMETER);
	ST("AS6", set_name(h, FileLinkInformation, base, US(u"q"), 0), INVALID_PARAMETER);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":"), 0), INVALID_PARAMETER);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":t"), 0), SUCCESS);
	ST("AS6", exists(US(u"r:s")), OBJECT_NAME_NOT_FOUND);
	EQ("AS6", streams_are(US(u"r"), "::$DATA=0 :t:$DATA=4 "), 1);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":T:$DATA"), 0), SUCCESS);
	EQ("AS6", streams_are(US(u"r"), "::$DATA=0 :T:$DATA=4 "), 1);
	other = must(US(u"r:u"), RW, FILE_CREATE, 0);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":u"), 0), OBJECT_NAME_COLLISION);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":u"), 1), ACCESS_DENIED);
	NtClose(other);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u":u"), 1), SUCCESS);
	EQ("AS6", streams_are(US(u"r"), "::$DATA=0 :u:$DATA=4 "), 1);
	ST("AS6", set_name(h, FileRenameInformation, NULL, US(u"::$DATA"), 0),
	   OBJECT_NAME_COLLISION);
	ST("AS6", dispose(h, TRUE), SUCCESS); /* by its new name */
	NtClose(h);
	EQ("AS6", streams_are(US(u"r"), "::$DATA=0 "), 1);
	ST("setup", delete (US(u"r")), SUCCESS);
}

static void deleting(void)
{
	HANDLE file, h, again = NULL;

	touch(US(u"d"));
	h = must(US(u"d:s"), RW | DELETE, FILE_CREATE, 0);
	ST("DL3", dispose(h, TRUE), SUCCESS);
	ST("AS7", create(&again, US(u"d:s"), RW, SHARE_ALL, FILE_OPEN, SYNC), DELETE_PENDING);
	ST("DL3", dispose(h, FALSE), SUCCESS); /* to no avail */
	NtClose(h);
	ST("DL3", exists(US(u"d:s")), OBJECT_NAME_NOT_FOUND);
	ST("AS7", exists(US(u"d")), SUCCESS);
	h = must(US(u"d:s"), RW | DELETE, FILE_CREATE, FILE_DELETE_ON_CLOSE);
	NtClose(h);
	ST("AS7", exists(US(u"d:s")), OBJECT_NAME_NOT_FOUND);
	/* A file that is to go waits for who has a stream of it. */
	h = must(US(u"d:s"), RW, FILE_CREATE, 0);
	ST("AS7", delete (US(u"d")), SUCCESS);
	ST("AS7", exists(US(u"d")), DELETE_PENDING);
	ST("AS7", exists(US(u"d:s")), DELETE_PENDING);
	put(h, "x");
	NtClose(h);
	ST("AS7", exists(US(u"d")), OBJECT_NAME_NOT_FOUND);
	EQ("AS7", depots(), 0);
	/* Overwriting and replacing a file takes its streams along; a second name keeps them. */
	touch(US(u"d:s"));
	file = must(US(u"d"), RW | DELETE, FILE_OPEN, 0);
	ST("setup", set_name(file, FileLinkInformation, base, US(u"e"), 0), SUCCESS);
	ST("AS7", dispose(file, TRUE), SUCCESS);
	NtClose(file);
	EQ("AS7", streams_are(US(u"e"), "::$DATA=0 :s:$DATA=0 "), 1);
	touch(US(u"e"));
	EQ("AS7", streams_are(US(u"e"), "::$DATA=0 "), 1);
	touch(US(u"e:s"));
	file = must(US(u"f"), RW | DELETE, FILE_CREATE, 0);
	ST("setup", set_name(file, FileRenameInformation, base, US(u"e"), 1), SUCCESS);
	NtClose(file);
	EQ("AS7", depots(), 0);
	ST("setup", delete (US(u"e")), SUCCESS);
}

static void sharing(void)
{
	HANDLE h, other = NULL;
	FILE_BASIC_INFORMATION basic = { .FileAttributes = FILE_ATTRIBUTE_READONLY };

	h = must(US(u"sh:s"), RW, FILE_CREATE, 0);
	NtClose(h);
	ST("SH2", create(&h, US(u"sh:s"), RW, 0, FILE_OPEN, SYNC), SUCCESS);
	ST("SH2", create(&other, US(u"sh:s"), FILE_READ_DATA | SYNCHRONIZE, 0, FILE_OPEN, SYNC),
	   SHARING_VIOLATION);
	ST("AS9", create(&other, US(u"sh"), RW, 0, FILE_OPEN, SYNC), SUCCESS);
	ST("AS9", NtLockFile(h, NULL, NULL, NULL, &iosb, AT(0), AT(1), 0, TRUE, TRUE), SUCCESS);
	put(other, "x");
	ST("setup", NtSetInformationFile(other, &iosb, &basic, sizeof(basic), FileBasicInformation),
	   SUCCESS);
	NtClose(other);
	NtClose(h);
	ST("CF5", create(&h, US(u"sh:s"), RW, 0, FILE_OPEN, SYNC), ACCESS_DENIED);
	ST("CF5", create(&h, US(u"sh:new"), RW, 0, FILE_CREATE, SYNC), ACCESS_DENIED);
	ST("CF19",
	   create(&h, US(u"sh:s"), DELETE | SYNCHRONIZE, 0, FILE_OPEN, SYNC | FILE_DELETE_ON_CLOSE),
	   CANNOT_DELETE);
	ST("CF5", create(&h, US(u"sh:s"), FILE_READ_DATA | SYNCHRONIZE, 0, FILE_OPEN, SYNC),
	   SUCCESS);
	basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
	NtClose(h);
	h = must(US(u"sh"), FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0);
	NtSetInformationFile(h, &iosb, &basic, sizeof(basic), FileBasicInformation);
	NtClose(h);
	ST("setup", delete (US(u"sh")), SUCCESS);
}

static void reparse(void)
{
	REPARSE_DATA_BUFFER point = { .ReparseTag = IO_REPARSE_TAG_LX_FIFO };
	HANDLE h = must(US(u"p:s"), RW, FILE_CREATE, 0), other = NULL;

	ST("RP16",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_REPARSE_POINT, &point, 8, NULL, 0),
	   SUCCESS);
	NtClose(h);
	ST("RP16", create(&h, US(u"p:s"), RW, SHARE_ALL, FILE_OPEN, SYNC),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP16", create(&other, US(u"p:new"), RW, SHARE_ALL, FILE_CREATE, SYNC),
	   IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP16", create(&h, US(u"p:s"), RW, SHARE_ALL, FILE_OPEN, SYNC | FILE_OPEN_REPARSE_POINT),
	   SUCCESS);
	NtClose(h);
	ST("setup", delete (US(u"p")), SUCCESS);
}

/* ---- CN8: who watches the directory hears of streams ---- */

static void watch(HANDLE dir, ULONG filter, BOOLEAN tree)
{
	memset(&told, 0x55, sizeof(told));
	ST("CN8",
	   NtNotifyChangeDirectoryFile(dir, NULL, NULL, NULL, &told, &out, sizeof(out), filter,
				       tree),
	   PENDING);
}

/* The record at *at is this one; *at goes on. Told by the time the call that changed something returns. */
static int tells(ULONG *at, ULONG action, PUNICODE_STRING name)
{
	const FILE_NOTIFY_INFORMATION *info = (const void *)(out.room + *at);

	*at += info->NextEntryOffset;
	return told.Status == STATUS_SUCCESS && info->Action == action && is_name(info, name);
}

#define STREAM_CHANGES                                                     \
	(FILE_NOTIFY_CHANGE_STREAM_NAME | FILE_NOTIFY_CHANGE_STREAM_SIZE | \
	 FILE_NOTIFY_CHANGE_STREAM_WRITE)

static void watched(void)
{
	HANDLE dir = open_dir(US(u"w")), top = open_dir(US(u"")), h, own;
	FILE_END_OF_FILE_INFORMATION end = { { .QuadPart = 9 } };
	ULONG at = 0;

	touch(US(u"w\\f"));
	watch(dir, STREAM_CHANGES, FALSE);
	h = must(US(u"w\\f:s"), RW | DELETE, FILE_CREATE, SYNC);
	EQ("CN8", tells(&at, FILE_ACTION_ADDED_STREAM, US(u"f:s")), 1);
	EQ("CN8", told.Information, 12 + 6);
	watch(dir, STREAM_CHANGES, FALSE);
	put(h, "one");
	EQ("CN8", tells(&at, FILE_ACTION_MODIFIED_STREAM, US(u"f:s")), 1);
	watch(dir, STREAM_CHANGES, FALSE);
	ST("CN8", NtSetInformationFile(h, &iosb, &end, sizeof(end), FileEndOfFileInformation),
	   SUCCESS);
	EQ("CN8", tells(&at, FILE_ACTION_MODIFIED_STREAM, US(u"f:s")), 1);
	watch(dir, STREAM_CHANGES, FALSE);
	ST("CN8", set_name(h, FileRenameInformation, NULL, US(u":t"), 0), SUCCESS);
	EQ("CN8", tells(&at, FILE_ACTION_REMOVED_STREAM, US(u"f:s")), 1);
	watch(dir, STREAM_CHANGES, FALSE); /* the second was kept */
	at = 0;
	EQ("CN8", tells(&at, FILE_ACTION_ADDED_STREAM, US(u"f:t")), 1);
	/* not below a directory whose tree is not watched, nor of the file's own data */
	watch(top, STREAM_CHANGES, FALSE);
	watch(dir, STREAM_CHANGES, FALSE);
	own = must(US(u"w\\f"), RW, FILE_OPEN, SYNC);
	put(own, "data");
	EQ("CN8", told.Status, 0x55555555);
	NtClose(own);
	NtClose(top);
	ST("CN8", dispose(h, TRUE), SUCCESS);
	NtClose(h);
	at = 0;
	EQ("CN8", tells(&at, FILE_ACTION_REMOVED_STREAM, US(u"f:t")), 1);
	NtClose(dir);

	/* each filter what it says, and a tree with the path */
	top = open_dir(US(u""));
	watch(top, FILE_NOTIFY_CHANGE_STREAM_SIZE, TRUE);
	h = must(US(u"w\\f:u"), RW, FILE_OPEN_IF, SYNC);
	EQ("CN8", told.Status, 0x55555555);
	put(h, "four");
	EQ("CN8", tells(&at, FILE_ACTION_MODIFIED_STREAM, US(u"w\\f:u")), 1);
	watch(top, FILE_NOTIFY_CHANGE_STREAM_SIZE, TRUE);
	put(h, "same");
	EQ("CN8", told.Status, 0x55555555);
	NtClose(must(US(u"w\\f:u"), RW, FILE_OVERWRITE, SYNC));
	at = 0;
	EQ("CN8", tells(&at, FILE_ACTION_MODIFIED_STREAM, US(u"w\\f:u")), 1);
	NtClose(h);
	NtClose(top);
	ST("setup", delete (US(u"w\\f")), SUCCESS);
	ST("setup", delete (US(u"w")), SUCCESS);
}

/* What is behind it is nobody's business. */
static void hidden(void)
{
	static const char mark[] = "user.lxrun.streams";
	char value[16];
	HANDLE h = NULL;

	touch(US(u"h:s"));
	ST("AS3", exists(US(u".lxrun~streams")), OBJECT_NAME_NOT_FOUND);
	ST("AS3", create(&h, US(u".lxrun~streams\\x"), RW, 0, FILE_OPEN_IF, SYNC),
	   OBJECT_PATH_NOT_FOUND);
	/* A copy by the host, xattrs and all, has no streams of the original. */
	EQ("setup", getxattr(host("h"), mark, value, 16), 16);
	touch(US(u"copy"));
	EQ("setup", setxattr(host("copy"), mark, value, 16, 0), 0);
	EQ("AS3", streams_are(US(u"copy"), "::$DATA=0 "), 1);
	ST("setup", delete (US(u"copy")), SUCCESS);
	EQ("AS3", streams_are(US(u"h"), "::$DATA=0 :s:$DATA=0 "), 1);
	ST("setup", delete (US(u"h")), SUCCESS);
}

/* ---- AS10: streams whose file the host has removed ---- */

#define DEPOTS ".lxrun~streams"
#define LOST   "user.lxrun.lost"

/* Where the streams of the file are kept. */
static void depot_of(const char *name, char path[600])
{
	unsigned long long mark[2] = { 0, 0 };

	EQ("setup", getxattr(host(name), "user.lxrun.streams", mark, sizeof(mark)), sizeof(mark));
	snprintf(path, 600, "%s/%016llx", host(DEPOTS), mark[0]);
}

/* A process that makes a file's first stream and has not swept today does, if nobody has. */
static void make_due(PUNICODE_STRING stream)
{
	HANDLE other, h = NULL;

	removexattr(host(DEPOTS), "user.lxrun.swept");
	other = open_volume(host_root, 0);
	ST("AS10", create_at(other, &h, stream, RW, 0, FILE_CREATE, SYNC), SUCCESS);
	NtClose(h);
	NtClose(other);
}

static int is_lost(const char *depot)
{
	return getxattr(depot, LOST, NULL, 0) == 8;
}

static void lost(void)
{
	char gone[600], moved[600];
	struct stat st;

	mkdir(host("away"), 0777);
	touch(US(u"gone:s"));
	touch(US(u"moved:s"));
	depot_of("gone", gone);
	depot_of("moved", moved);
	unlink(host("gone"));
	EQ("setup", rename(host("moved"), host("away/it")), 0);
	make_due(US(u"one:s"));
	for (int i = 0; i < 10000 && !is_lost(gone); i++)
		NtDelayExecution(FALSE, RELATIVE_MS(1));
	EQ("AS10", is_lost(gone), 1);
	EQ("AS10", is_lost(moved), 0);

	/* Found again; and missed for long. */
	EQ("setup", setxattr(moved, LOST, "\1\0\0\0\0\0\0", 8, 0), 0);
	EQ("setup", setxattr(gone, LOST, "\1\0\0\0\0\0\0", 8, 0), 0);
	make_due(US(u"two:s"));
	for (int i = 0; i < 10000 && (!stat(gone, &st) || is_lost(moved)); i++)
		NtDelayExecution(FALSE, RELATIVE_MS(1));
	EQ("AS10", stat(gone, &st), -1);
	EQ("AS10", is_lost(moved), 0);
	EQ("AS10", streams_are(US(u"away\\it"), "::$DATA=0 :s:$DATA=0 "), 1);
	ST("setup", delete (US(u"away\\it")), SUCCESS);
	ST("setup", delete (US(u"away")), SUCCESS);
	ST("setup", delete (US(u"one")), SUCCESS);
	ST("setup", delete (US(u"two")), SUCCESS);
}

int main(void)
{
	nt_start();
	open_base();
	names(); /* so that the volume's watch of names is there, and the one of changes */
	watched();
	leak_start();
	opening();
	directories();
	names();
	information();
	renaming();
	deleting();
	sharing();
	reparse();
	watched();
	hidden();
	leak_check();
	lost(); /* new volumes stay */
	close_base();
	return nt_end("stream");
}
