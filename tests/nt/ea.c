/* SPDX-License-Identifier: MIT */
/*
 * ea.c - extended attributes (nt.md section 6), on volumes of the win and lx personalities.
 * ntshim only: Wine has no EAs.
 */
#include "filetest.h"

static _Alignas(8) UCHAR list[1024];
static ULONG list_length;
static FILE_FULL_EA_INFORMATION *last;

static void start(void)
{
	memset(list, 0, sizeof(list));
	list_length = 0;
	last = NULL;
}

static void add(UCHAR flags, const char *name, const char *value)
{
	ULONG at = (list_length + 3) & ~3u;
	FILE_FULL_EA_INFORMATION *ea = (void *)(list + at);

	if (last)
		last->NextEntryOffset = (ULONG)((UCHAR *)ea - (UCHAR *)last);
	ea->Flags = flags;
	ea->EaNameLength = (UCHAR)strlen(name);
	ea->EaValueLength = (USHORT)strlen(value);
	strcpy((char *)ea->EaName, name);
	memcpy(ea->EaName + ea->EaNameLength + 1, value, ea->EaValueLength);
	list_length = at + 8 + ea->EaNameLength + 1 + ea->EaValueLength;
	last = ea;
}

static NTSTATUS set_one(HANDLE h, const char *name, const char *value)
{
	start();
	add(0, name, value);
	return NtSetEaFile(h, &iosb, list, list_length);
}

static _Alignas(8) UCHAR answer[1024];

static NTSTATUS get(HANDLE h, ULONG size, BOOLEAN single, BOOLEAN restart)
{
	iosb.Information = 4711;
	return NtQueryEaFile(h, &iosb, answer, size, single, NULL, 0, NULL, restart);
}

/* The n-th entry (from 0) of the answer is name=value. */
static int entry_is(int n, const char *name, const char *value)
{
	const FILE_FULL_EA_INFORMATION *ea = (void *)answer;

	while (n-- > 0) {
		if (!ea->NextEntryOffset)
			return 0;
		ea = (void *)((UCHAR *)ea + ea->NextEntryOffset);
	}
	return ea->EaNameLength == strlen(name) && !strcmp((char *)ea->EaName, name) &&
	       ea->EaValueLength == strlen(value) &&
	       !memcmp(ea->EaName + ea->EaNameLength + 1, value, strlen(value));
}

static NTSTATUS create_with(PUNICODE_STRING name, ULONG disposition, ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = NtCreateFile(&h, RW, OA(name, 0, base), &iosb, NULL, 0, SHARE_ALL,
				       disposition, SYNC | options, list, list_length);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static ULONG ea_size(HANDLE h)
{
	FILE_EA_INFORMATION info = { 4711 };

	NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileEaInformation);
	return info.EaSize;
}

/* EaSize in the directory's entry of name. */
static ULONG listed_ea_size(PUNICODE_STRING name)
{
	union {
		FILE_FULL_DIR_INFORMATION info;
		char room[256];
	} entry = { .info = { .EaSize = 4711 } };
	HANDLE dir = must(US(u""), FILE_LIST_DIRECTORY | SYNCHRONIZE, FILE_OPEN, SYNC);

	ST("EA15",
	   NtQueryDirectoryFile(dir, NULL, NULL, NULL, &iosb, &entry, sizeof(entry),
				FileFullDirectoryInformation, TRUE, name, TRUE),
	   SUCCESS);
	NtClose(dir);
	return entry.info.EaSize;
}

/* NT's entry may be late; once nobody has the file open it is what the file says. */
static void listing(void)
{
	HANDLE h = must(US(u"listed"), RW, FILE_CREATE, 0);
	ULONG size;

	EQ("EA15", listed_ea_size(US(u"listed")), 0);
	ST("EA5", set_one(h, "one", "first"), SUCCESS);
	size = ea_size(h);
	NtClose(h);
	EQ("EA15", listed_ea_size(US(u"listed")), size);
	h = must(US(u"listed"), RW, FILE_OPEN, 0);
	ST("EA5", set_one(h, "one", ""), SUCCESS);
	NtClose(h);
	EQ("EA15", listed_ea_size(US(u"listed")), 0);
	ST("setup", delete (US(u"listed")), SUCCESS);
}

static void setting(void)
{
	HANDLE h = must(US(u"ea"), RW, FILE_CREATE, 0), reader;

	memset(answer, 0xAA, sizeof(answer));
	ST("EA8", get(h, 16, FALSE, FALSE), NO_EAS_ON_FILE);
	EQ("EA8", answer[0] | answer[15], 0);
	EQ("EA8", iosb.Information, 4711);
	EQ("EA14", ea_size(h), 0);
	ST("EA5", set_one(h, "one", "first"), SUCCESS);
	EQ("EA5", iosb.Information, 0);
	EQ("EA14", ea_size(h) > 0, 1);
	ST("EA2", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("EA2", entry_is(0, "ONE", "first"), 1);
	EQ("EA1", iosb.Information, 8 + 3 + 1 + 5);
	ST("EA5", set_one(h, "two", "second"), SUCCESS);
	ST("EA5", set_one(h, "oNe", "again"), SUCCESS);
	ST("EA5", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("EA5", entry_is(0, "ONE", "again") && entry_is(1, "TWO", "second"), 1);
	/* All or nothing. */
	start();
	add(0, "three", "3");
	add(0, "bad*name", "x");
	ST("EA2", NtSetEaFile(h, &iosb, list, list_length), INVALID_EA_NAME);
	ST("EA5", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("EA5", entry_is(2, "THREE", "3"), 0);
	start();
	add(0x40, "four", "4");
	ST("EA3", NtSetEaFile(h, &iosb, list, list_length), INVALID_EA_NAME);
	ST("EA2", set_one(h, "", "x"), INVALID_EA_NAME);
	start();
	add(0, "five", "5");
	add(0, "six", "6");
	((FILE_FULL_EA_INFORMATION *)(void *)list)->NextEntryOffset = 17;
	ST("EA4", NtSetEaFile(h, &iosb, list, list_length), EA_LIST_INCONSISTENT);
	((FILE_FULL_EA_INFORMATION *)(void *)list)->NextEntryOffset = 4000;
	ST("EA4", NtSetEaFile(h, &iosb, list, list_length), EA_LIST_INCONSISTENT);
	start();
	add(0, "five", "5");
	add(0, "six", "6");
	last->EaValueLength = 500;
	ST("EA4", NtSetEaFile(h, &iosb, list, list_length), EA_LIST_INCONSISTENT);
	EQ("EA4", iosb.Information, (UCHAR *)last - list);
	ST("EA5", set_one(h, "ONE", ""), SUCCESS);
	ST("EA5", set_one(h, "never", ""), SUCCESS);
	ST("EA5", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("EA5", entry_is(0, "TWO", "second"), 1);
	ST("EA5", set_one(h, "TWO", ""), SUCCESS);
	ST("EA8", get(h, sizeof(answer), FALSE, TRUE), NO_EAS_ON_FILE);
	reader = must(US(u"ea"), FILE_READ_DATA, FILE_OPEN, 0);
	ST("EA7", get(reader, sizeof(answer), FALSE, TRUE), ACCESS_DENIED);
	ST("EA7", set_one(reader, "x", "y"), ACCESS_DENIED);
	NtClose(reader);
	NtClose(h);
	ST("setup", delete (US(u"ea")), SUCCESS);
}

static void too_large(void)
{
	static _Alignas(8) UCHAR big[70000];
	FILE_FULL_EA_INFORMATION *ea = (void *)big, *second;
	HANDLE h = must(US(u"big"), RW, FILE_CREATE, 0);

	ea->EaNameLength = 1;
	ea->EaName[0] = 'A';
	ea->EaValueLength = 40000;
	ea->NextEntryOffset = (8 + 2 + 40000 + 3) & ~3u;
	second = (void *)(big + ea->NextEntryOffset);
	second->EaNameLength = 1;
	second->EaName[0] = 'B';
	second->EaValueLength = 29000;
	ST("EA6", NtSetEaFile(h, &iosb, big, ea->NextEntryOffset + 10 + 29000), EA_TOO_LARGE);
	ST("EA6", get(h, sizeof(answer), FALSE, TRUE), NO_EAS_ON_FILE);
	NtClose(h);
	ST("setup", delete (US(u"big")), SUCCESS);
}

static void scanning(void)
{
	HANDLE h = must(US(u"scan"), RW, FILE_CREATE, 0), other;
	ULONG index = 2;

	start();
	add(0, "a", "1");
	add(0, "b", "22");
	add(0, "c", "333");
	ST("setup", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
	ST("EA9", get(h, sizeof(answer), TRUE, FALSE), SUCCESS);
	EQ("EA9", entry_is(0, "A", "1"), 1);
	EQ("EA1", ((FILE_FULL_EA_INFORMATION *)(void *)answer)->NextEntryOffset, 0);
	ST("EA9", get(h, sizeof(answer), FALSE, FALSE), SUCCESS);
	EQ("EA9", entry_is(0, "B", "22") && entry_is(1, "C", "333"), 1);
	ST("EA9", get(h, sizeof(answer), FALSE, FALSE), NO_MORE_EAS);
	ST("EA9", get(h, sizeof(answer), TRUE, TRUE), SUCCESS);
	EQ("EA9", entry_is(0, "A", "1"), 1);
	ST("EA9", NtQueryEaFile(h, &iosb, answer, sizeof(answer), TRUE, NULL, 0, &index, FALSE),
	   SUCCESS);
	EQ("EA9", entry_is(0, "B", "22"), 1);
	index = 4;
	ST("EA9", NtQueryEaFile(h, &iosb, answer, sizeof(answer), TRUE, NULL, 0, &index, FALSE),
	   NONEXISTENT_EA_ENTRY);
	/* The cursor is each handle's own. */
	other = must(US(u"scan"), RW, FILE_OPEN, 0);
	ST("EA9", get(other, sizeof(answer), TRUE, FALSE), SUCCESS);
	EQ("EA9", entry_is(0, "A", "1"), 1);
	ST("EA10", set_one(other, "d", "4"), SUCCESS);
	ST("EA10", get(h, sizeof(answer), TRUE, FALSE), EA_CORRUPT_ERROR);
	ST("EA10", get(h, sizeof(answer), TRUE, TRUE), SUCCESS);
	NtClose(other);
	ST("EA11", get(h, 10, FALSE, TRUE), BUFFER_TOO_SMALL);
	ST("EA11", get(h, 11 + 1 + 12, FALSE, TRUE), BUFFER_OVERFLOW);
	EQ("EA11", entry_is(0, "A", "1"), 1);
	EQ("EA11", iosb.Information < 24 + 1, 1);
	NtClose(h);
	ST("setup", delete (US(u"scan")), SUCCESS);
}

static ULONG put_name(UCHAR *at, const char *name, int more)
{
	FILE_GET_EA_INFORMATION *get = (void *)at;
	ULONG size = (5 + (ULONG)strlen(name) + 1 + 3) & ~3u;

	get->NextEntryOffset = more ? size : 0;
	get->EaNameLength = (UCHAR)strlen(name);
	strcpy((char *)get->EaName, name);
	return size;
}

static void listed(void)
{
	HANDLE h = must(US(u"listed"), RW, FILE_CREATE, 0);
	_Alignas(8) UCHAR names[64];
	ULONG n = 0;

	start();
	add(0, "a", "1");
	add(0, "b", "22");
	ST("setup", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
	n += put_name(names + n, "b", 1);
	n += put_name(names + n, "none", 1);
	n += put_name(names + n, "B", 1);
	n += put_name(names + n, "a", 0);
	for (int turn = 0; turn < 2; turn++) {
		ST("EA12",
		   NtQueryEaFile(h, &iosb, answer, sizeof(answer), FALSE, names, n, NULL, FALSE),
		   SUCCESS);
		EQ("EA12",
		   entry_is(0, "B", "22") && entry_is(1, "NONE", "") && entry_is(2, "A", "1"), 1);
	}
	ST("EA12", NtQueryEaFile(h, &iosb, answer, 14, FALSE, names, n, NULL, FALSE),
	   BUFFER_OVERFLOW);
	EQ("EA12", iosb.Information, 0);
	n = put_name(names, "a*b", 0);
	ST("EA12", NtQueryEaFile(h, &iosb, answer, sizeof(answer), FALSE, names, n, NULL, FALSE),
	   INVALID_EA_NAME);
	NtClose(h);
	ST("setup", delete (US(u"listed")), SUCCESS);
}

static void at_creation(void)
{
	UNICODE_STRING *name = US(u"made");
	HANDLE h;

	start();
	add(0, "bad*", "x");
	ST("CF25", create_with(name, FILE_CREATE, 0), INVALID_EA_NAME);
	ST("CF25", exists(name), OBJECT_NAME_NOT_FOUND);
	start();
	add(0, "good", "x");
	ST("CF25", create_with(name, FILE_CREATE, FILE_NO_EA_KNOWLEDGE), ACCESS_DENIED);
	ST("CF25", exists(name), OBJECT_NAME_NOT_FOUND);
	ST("CF25", create_with(name, FILE_CREATE, 0), SUCCESS);
	h = must(name, RW, FILE_OPEN, 0);
	ST("CF25", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("CF25", entry_is(0, "GOOD", "x"), 1);
	start();
	add(0, "other", "y");
	ST("CF25", create_with(name, FILE_OVERWRITE, 0), SUCCESS);
	ST("CF25", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("CF25", entry_is(0, "OTHER", "y"), 1);
	start();
	add(FILE_NEED_EA, "need", "z");
	ST("EA13", NtSetEaFile(h, &iosb, list, list_length), SUCCESS);
	NtClose(h);
	list_length = 0;
	ST("EA13", create(&h, name, RW, SHARE_ALL, FILE_OPEN, SYNC | FILE_NO_EA_KNOWLEDGE),
	   ACCESS_DENIED);
	ST("EA13", create(&h, name, RW, SHARE_ALL, FILE_OPEN, SYNC), SUCCESS);
	NtClose(h);
	ST("setup", delete (name), SUCCESS);
	/* Directories, too. */
	start();
	add(0, "dirs", "too");
	ST("CF25", create_with(name, FILE_CREATE, FILE_DIRECTORY_FILE), SUCCESS);
	h = must(name, FILE_READ_EA, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("CF25", get(h, sizeof(answer), FALSE, TRUE), SUCCESS);
	EQ("CF25", entry_is(0, "DIRS", "too"), 1);
	NtClose(h);
	ST("CF25", create_with(name, FILE_CREATE, FILE_DIRECTORY_FILE), OBJECT_NAME_COLLISION);
	ST("setup", delete (name), SUCCESS);
}

static void run(VOLUME_PERSONALITY personality)
{
	base = open_volume_as(host_root, personality, 0);
	leak_start();
	setting();
	listing();
	too_large();
	scanning();
	listed();
	at_creation();
	leak_check();
	NtClose(base);
}

int main(void)
{
	nt_start();
	if (!mkdtemp(host_root))
		abort();
	run(VolumePersonalityWin);
	run(VolumePersonalityLx);
	EQ("setup", rmdir(host_root), 0);
	return nt_end("ea");
}
