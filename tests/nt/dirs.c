/* SPDX-License-Identifier: MIT */
/* dirs.c - directory enumeration: patterns, classes, cursors, buffers (nt.md section 8). */
#include "filetest.h"

/* Whether entries come in NTFS's order; the other kinds of volume have the host's. */
#define SORTED (!NTSHIM || FILETEST_PERSONALITY == VolumePersonalityWin)

static _Alignas(8) UCHAR buffer[4096];

static HANDLE open_dir(void)
{
	return must(US(u"list"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
}

static NTSTATUS query(HANDLE dir, PUNICODE_STRING pattern, ULONG length, BOOLEAN single,
		      BOOLEAN restart)
{
	iosb.Information = 4711;
	return NtQueryDirectoryFile(dir, NULL, NULL, NULL, &iosb, buffer, length,
				    FileNamesInformation, single, pattern, restart);
}

/* Whether Name is among those that pattern finds in a new enumeration. */
static int finds(PCWSTR pattern, PCWSTR name)
{
	UNICODE_STRING mask = { 0, 0, (PWSTR)pattern };
	HANDLE dir = open_dir();
	NTSTATUS status;
	int found = 0;
	USHORT units = 0;

	while (mask.Buffer[mask.Length / 2])
		mask.Length += 2;
	while (name[units])
		units++;
	while ((status = query(dir, &mask, sizeof(buffer), TRUE, FALSE)) == STATUS_SUCCESS) {
		const FILE_NAMES_INFORMATION *info = (const void *)buffer;

		found += info->FileNameLength == units * 2u &&
			 !memcmp(info->FileName, name, info->FileNameLength);
	}
	NtClose(dir);
	return found;
}

static void patterns(void)
{
	static const struct {
		PCWSTR pattern, name;
		int found;
	} cases[] = {
		{ u"*", u"a.txt", 1 },      { u"*.*", u"noext", 1 },     { u"a*", u"a.txt", 1 },
		{ u"a*", u"b.c.d", 0 },     { u"?.txt", u"a.txt", 1 },   { u"??.txt", u"a.txt", 0 },
		{ u"*.d", u"b.c.d", 1 },    { u"b?c?d", u"b.c.d", 1 },   { u"b*d", u"b.c.d", 1 },
		{ u"b.c.d", u"b.c.d", 1 },  { u"noext", u"noext", 1 },   { u"<.d", u"b.c.d", 1 },
		{ u"<.c.d", u"b.c.d", 1 },  { u"<", u"b.c.d", 0 },       { u"<", u"noext", 1 },
		{ u">.txt", u"a.txt", 1 },  { u">>>.txt", u"a.txt", 1 }, { u"no>>>>", u"noext", 1 },
		{ u"no>", u"noext", 0 },    { u"noext\"", u"noext", 1 }, { u"a\"txt", u"a.txt", 1 },
		{ u"<\"*", u"noext", 1 },   { u"<\"*", u"b.c.d", 1 },    { u"a.txt?", u"a.txt", 0 },
		{ u"a.txt>", u"a.txt", 1 }, { u"*a*t*", u"a.txt", 1 },   { u"*a*u*", u"a.txt", 0 },
		{ u"**", u"a.txt", 1 },     { u"?", u".", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		int n = 0;

		for (PCWSTR p = cases[i].pattern; *p; p++)
			text[n++] = (char)*p;
		text[n++] = ' ';
		for (PCWSTR p = cases[i].name; *p; p++)
			text[n++] = (char)*p;
		text[n] = 0;
		if (finds(cases[i].pattern, cases[i].name) != cases[i].found)
			printf("pattern and name: %s\n", text);
		EQ("DE9", finds(cases[i].pattern, cases[i].name), cases[i].found);
	}
}

static void fixed_pattern(void)
{
	HANDLE dir = open_dir(), copy = NULL;
	const FILE_NAMES_INFORMATION *info = (const void *)buffer;

	ST("DE2", query(dir, US(u"zz*"), sizeof(buffer), FALSE, FALSE), NO_SUCH_FILE);
	EQ("DE2", iosb.Information, 4711);
	ST("DE2", query(dir, US(u"zz*"), sizeof(buffer), FALSE, FALSE), NO_MORE_FILES);
	ST("DE2", query(dir, NULL, sizeof(buffer), FALSE, TRUE), NO_MORE_FILES);
	NtClose(dir);
	dir = open_dir();
	ST("DE1", query(dir, US(u"a*"), sizeof(buffer), FALSE, FALSE), SUCCESS);
	EQ("DE1", info->FileNameLength == 10 && info->FileName[0] == 'a', 1);
	EQ("DE4", info->NextEntryOffset, 0);
	ST("DE1", query(dir, US(u"*"), sizeof(buffer), FALSE, FALSE), NO_MORE_FILES);
	NtClose(dir);
	dir = open_dir();
	ST("DE8", query(dir, NULL, sizeof(buffer), TRUE, FALSE), SUCCESS);
	if (SORTED)
		EQ("DE3", info->FileNameLength == 2 && info->FileName[0] == '.', 1);
	ST("setup",
	   NtDuplicateObject(NtCurrentProcess(), dir, NtCurrentProcess(), &copy, 0, 0,
			     DUPLICATE_SAME_ACCESS),
	   SUCCESS);
	ST("DE8", query(copy, NULL, sizeof(buffer), TRUE, FALSE), SUCCESS);
	if (SORTED)
		EQ("DE8", info->FileNameLength == 4 && info->FileName[1] == '.', 1);
	NtClose(copy);
	ST("DE8", query(dir, NULL, sizeof(buffer), TRUE, TRUE), SUCCESS);
	if (SORTED)
		EQ("DE8", info->FileNameLength, 2);
	NtClose(dir);
	dir = must(US(u"list"), FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_DIRECTORY_FILE);
	ST("DE14", query(dir, NULL, sizeof(buffer), TRUE, FALSE), ACCESS_DENIED);
	NtClose(dir);
}

static void buffers(void)
{
	HANDLE dir = open_dir();
	const FILE_NAMES_INFORMATION *info = (const void *)buffer;

	ST("DE5", query(dir, US(u"a*"), 8, FALSE, FALSE), INFO_LENGTH_MISMATCH);
	EQ("DE5", iosb.Information, 4711);
	ST("DE5", query(dir, US(u"a*"), 16, FALSE, FALSE), BUFFER_OVERFLOW);
	EQ("DE5", info->FileNameLength, 10);
	NtClose(dir);
	dir = open_dir();
	if (SORTED) { /* room for "." and not for ".." */
		ST("DE5", query(dir, NULL, 16 + 12, FALSE, FALSE), SUCCESS);
		EQ("DE5", info->FileNameLength == 2 && !info->NextEntryOffset, 1);
		ST("DE5", query(dir, NULL, sizeof(buffer), FALSE, FALSE), SUCCESS);
		EQ("DE5", info->FileNameLength, 4);
		EQ("DE4", info->NextEntryOffset % 8, 0);
	}
	NtClose(dir);
	dir = must(US(u"list\\a.txt"), FILE_READ_DATA, FILE_OPEN, 0);
	EQ("DE10", query(dir, NULL, sizeof(buffer), FALSE, FALSE) < 0, 1);
	NtClose(dir);
}

/* Every class gives the same name, size, attributes and number for one file. */
static void classes(void)
{
	static const struct {
		FILE_INFORMATION_CLASS class;
		ULONG name, id;
	} all[] = {
		{ FileDirectoryInformation, 64, 0 },
		{ FileFullDirectoryInformation, 68, 0 },
		{ FileBothDirectoryInformation, 94, 0 },
		{ FileIdBothDirectoryInformation, 104, 96 },
		{ FileIdFullDirectoryInformation, 80, 72 },
		{ FileIdExtdDirectoryInformation, 88, 72 },
		{ FileIdExtdBothDirectoryInformation, 114, 72 },
	};
	const FILE_DIRECTORY_INFORMATION *info = (const void *)buffer;
	FILE_NETWORK_OPEN_INFORMATION open;
	FILE_INTERNAL_INFORMATION id;
	HANDLE h = must(US(u"list\\a.txt"), RW, FILE_OPEN, 0);

	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, "12345", 5, AT(0), NULL), SUCCESS);
	ST("setup",
	   NtQueryInformationFile(h, &iosb, &open, sizeof(open), FileNetworkOpenInformation),
	   SUCCESS);
	ST("setup", NtQueryInformationFile(h, &iosb, &id, sizeof(id), FileInternalInformation),
	   SUCCESS);
	NtClose(h);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		h = open_dir();
		ST("DE7",
		   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buffer, sizeof(buffer),
					all[i].class, TRUE, US(u"a.txt"), FALSE),
		   SUCCESS);
		EQ("DE7", info->FileNameLength, 10);
		EQ("DE7", memcmp(buffer + all[i].name, u"a.txt", 10), 0);
		EQ("DE4", iosb.Information >= all[i].name + 10, 1);
		if (all[i].id)
			EQ("DE13", memcmp(buffer + all[i].id, &id, 8), 0);
		/* lxcore's own class on a host or lx volume leaves out what it need not know. */
		if (all[i].class != FileIdExtdDirectoryInformation || SORTED) {
			EQ("DE7", info->EndOfFile.QuadPart, 5);
			EQ("DE7", info->FileAttributes, open.FileAttributes);
			EQ("DE7", info->LastWriteTime.QuadPart, open.LastWriteTime.QuadPart);
		}
		NtClose(h);
	}
	h = open_dir();
	ST("DE7",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buffer, sizeof(buffer),
				FileBasicInformation, TRUE, NULL, FALSE),
	   INVALID_INFO_CLASS);
	NtClose(h);
}

int main(void)
{
	static const WCHAR *const names[] = { u"list\\b.c.d", u"list\\a.txt", u"list\\noext",
					      u"list\\C" };

	nt_start();
	open_base();
#if NTSHIM
	leak_start();
#endif
	make_directory(US(u"list"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		UNICODE_STRING name = { 0, 0, (PWSTR)names[i] };

		while (names[i][name.Length / 2])
			name.Length += 2;
		touch(&name);
	}
	patterns();
	fixed_pattern();
	buffers();
	classes();
	ST("setup", delete (US(u"list\\b.c.d")), SUCCESS);
	ST("setup", delete (US(u"list\\a.txt")), SUCCESS);
	ST("setup", delete (US(u"list\\noext")), SUCCESS);
	ST("setup", delete (US(u"list\\C")), SUCCESS);
	ST("setup", delete (US(u"list")), SUCCESS);
#if NTSHIM
	leak_check();
#endif
	close_base();
	return nt_end("dirs");
}
