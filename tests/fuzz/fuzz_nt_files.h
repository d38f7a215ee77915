/* SPDX-License-Identifier: MIT */
/* fuzz_nt_files.h - calls of fuzz_nt: files. */
#ifndef FUZZ_NT_FILES_H
#define FUZZ_NT_FILES_H
#include "fuzz_nt_choose.h"

/* ---- files ---- */

/* What opens relative to a pipe or socket is one again, and may wait. */
static enum kind kind_below(HANDLE parent)
{
	enum kind kind = kind_of(parent);

	return kind == KIND_PIPE || kind == KIND_SOCKET || kind == KIND_WAITER ? KIND_WAITER
									       : KIND_FILE;
}

static void op_create_file(struct in *in)
{
	static const ULONG options[] = {
		0,
		FILE_SYNCHRONOUS_IO_NONALERT,
		FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
		FILE_NON_DIRECTORY_FILE,
		FILE_DELETE_ON_CLOSE,
		FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT,
		FILE_DIRECTORY_FILE,
		FILE_OPEN_BY_FILE_ID,
		FILE_NO_INTERMEDIATE_BUFFERING | FILE_SYNCHRONOUS_IO_NONALERT,
		FILE_OPEN_FOR_BACKUP_INTENT,
		FILE_LXRUN_CACHE_NAME,
		FILE_LXRUN_TMPFILE,
		FILE_LXRUN_APPEND,
		FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE,
	};
	struct attributes a;
	IO_STATUS_BLOCK iosb = IOSB;
	LARGE_INTEGER size = { .QuadPart = u8(in) * 16 };
	ACCESS_MASK access = access_mask(in);
	POBJECT_ATTRIBUTES oa = attributes(in, &a, KIND_FILE);
	ULONG ea = u8(in) < 32 ? length(in) : 0;
	struct buffer buf = buffer(in, ea);
	HANDLE h = NULL;
	NTSTATUS status;

	status = NtCreateFile(&h, access, oa, &iosb, u8(in) & 1 ? &size : NULL,
			      u8(in) & 3 ? 0 : u8(in), u8(in) & 15, u8(in) % 7, PICK(in, options),
			      ea ? buf.data : NULL, ea);
	free(buf.base);
	keep(in, status, h, NT_SUCCESS(status) ? kind_below(oa->RootDirectory) : KIND_FILE);
}

static void op_read_write(struct in *in)
{
	LARGE_INTEGER at = { .QuadPart = offset(in) };
	ULONG size = length(in);
	struct buffer buf = buffer(in, size);
	HANDLE h = handle(in, KIND_FILE);
	IO_STATUS_BLOCK iosb = IOSB;
	NTSTATUS status = STATUS_SUCCESS;
	unsigned b = u8(in);

	if (b & 1)
		status = NtReadFile(h, NULL, NULL, NULL, &iosb, buf.data, size, b & 2 ? &at : NULL,
				    NULL);
	else if (at.QuadPart <= 1 << 20) /* not to fill the disk */
		status = NtWriteFile(h, NULL, NULL, NULL, &iosb, buf.data, size, b & 2 ? &at : NULL,
				     NULL);
	settle(h, status, &iosb);
	if ((b & 0xE0) == 0xE0 && kind_of(h) == KIND_FILE) { /* a pipe's waits for its reader */
		iosb = (IO_STATUS_BLOCK)IOSB;
		status = NtFlushBuffersFile(h, &iosb);
		settle(h, status, &iosb);
	}
	free(buf.base);
}

static void op_query_file(struct in *in)
{
	static const ULONG odd[] = { FileLxrunStatInformation, FileLxrunSetInformation, 0, 1000,
				     ~0u };
	ULONG size = length(in), class = u8(in);
	struct buffer buf = buffer(in, size);
	struct attributes a;
	IO_STATUS_BLOCK iosb = IOSB;

	class = class < 240 ? class % 77 : odd[class % LENGTH(odd)];
	if (u8(in) < 200)
		NtQueryInformationFile(handle(in, KIND_FILE), &iosb, buf.data, size,
				       (FILE_INFORMATION_CLASS) class);
	else if (u8(in) & 1)
		NtQueryInformationByName(attributes(in, &a, KIND_FILE), &iosb, buf.data, size,
					 (FILE_INFORMATION_CLASS) class);
	else
		NtQueryVolumeInformationFile(handle(in, KIND_FILE), &iosb, buf.data, size,
					     (FS_INFORMATION_CLASS)(class % 14));
	free(buf.base);
}

/* Rename and link take a name behind a header; its length field may lie. */
static void op_rename(struct in *in)
{
	static const ULONG classes[] = { FileRenameInformation, FileRenameInformationEx,
					 FileLinkInformation, FileLinkInformationEx };
	static const ULONG flags[] = { 0, 1, 2, 3, 0x43, FILE_RENAME_LXRUN_EXCHANGE, 0x8000 };
	const ULONG head = offsetof(FILE_RENAME_INFORMATION, FileName);
	UNICODE_STRING to;
	WCHAR room[300];
	PUNICODE_STRING string = name(in, &to, room);
	ULONG bytes = string ? string->Length : 0, size = head + bytes, class = PICK(in, classes);
	FILE_RENAME_INFORMATION *info = calloc(1, size < sizeof(*info) ? sizeof(*info) : size);
	IO_STATUS_BLOCK iosb = IOSB;
	unsigned b = u8(in);

	assert(info);
	info->Flags = PICK(in, flags);
	info->RootDirectory = b & 1 && bytes && string->Buffer[0] != u'\\' ? root
			      : b & 2                                      ? handle(in, KIND_FILE)
									   : NULL;
	info->FileNameLength = b == 255 ? u32(in) : bytes;
	if (bytes)
		memcpy(info->FileName, string->Buffer, bytes);
	if (size < sizeof(*info) && b & 4)
		size = sizeof(*info);
	NtSetInformationFile(handle(in, KIND_FILE), &iosb, info, size,
			     (FILE_INFORMATION_CLASS) class);
	free(info);
}

static void op_set_file(struct in *in)
{
	static const ULONG classes[] = {
		FileBasicInformation,     FileDispositionInformation,  FileDispositionInformationEx,
		FileEndOfFileInformation, FilePositionInformation,     FileLxrunSetInformation,
		FileModeInformation,      FileCaseSensitiveInformation
	};
	static const LONGLONG sizes[] = { 0, 1, 4095, 4096, 1 << 20, -1, INT64_MIN, INT64_MAX };
	ULONG size = length(in), class = PICK(in, classes);
	struct buffer buf = buffer(in, size);
	LONGLONG value = PICK(in, sizes);
	IO_STATUS_BLOCK iosb = IOSB;

	if (class == FileEndOfFileInformation && size >= sizeof(value))
		memcpy(buf.data, &value, sizeof(value));
	NtSetInformationFile(handle(in, KIND_FILE), &iosb, buf.data, size,
			     (FILE_INFORMATION_CLASS) class);
	free(buf.base);
}

static void op_enumerate(struct in *in)
{
	static const ULONG classes[] = {
		FileDirectoryInformation,       FileNamesInformation,
		FileIdExtdDirectoryInformation, FileBothDirectoryInformation,
		FileIdBothDirectoryInformation, FileFullDirectoryInformation,
		FileIdFullDirectoryInformation, 99
	};
	ULONG size = length(in);
	struct buffer buf = buffer(in, size);
	UNICODE_STRING pattern;
	WCHAR room[300];
	IO_STATUS_BLOCK iosb = IOSB;
	HANDLE h = handle(in, KIND_FILE);
	unsigned b = u8(in);
	NTSTATUS status;

	status = NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf.data, size,
				      (FILE_INFORMATION_CLASS)PICK(in, classes), b & 1,
				      b & 2 ? name(in, &pattern, room) : NULL, b & 4);
	settle(h, status, &iosb);
	free(buf.base);
}

/* One well-formed record, one byte of which may be anything. */
static ULONG make_ea(struct in *in, char *data)
{
	static const char *const names[] = { "A",      "b",         "$LXMOD", "$LXUID",
					     "$LXDEV", "LX.user.x", "",       "A*" };
	FILE_FULL_EA_INFORMATION *ea = (FILE_FULL_EA_INFORMATION *)data;
	const char *key = PICK(in, names);
	ULONG value = u8(in) & 15, head = offsetof(FILE_FULL_EA_INFORMATION, EaName);

	memset(data, 0, 64);
	ea->EaNameLength = (UCHAR)strlen(key);
	ea->EaValueLength = (USHORT)value;
	memcpy(ea->EaName, key, strlen(key) + 1);
	if (u8(in) < 40)
		data[u8(in) % 40] = (char)u8(in);
	return head + (ULONG)strlen(key) + 1 + value;
}

/* Up to three of them, as a list; its links may lie. */
static ULONG make_eas(struct in *in, char *data)
{
	ULONG at = 0, used = make_ea(in, data), last;

	for (unsigned more = u8(in) & 3; more > 1; more--) {
		last = at;
		at += (used + 3) & ~3u;
		((FILE_FULL_EA_INFORMATION *)(data + last))->NextEntryOffset = u8(in) < 240
										       ? at - last
										       : u8(in);
		used = make_ea(in, data + at);
	}
	return at + used;
}

/* Names to ask for. */
static ULONG make_ea_list(struct in *in, char *data)
{
	static const char *const names[] = { "A", "b", "a", "$LXMOD", "NONE", "A*" };
	const ULONG head = offsetof(FILE_GET_EA_INFORMATION, EaName);
	ULONG at = 0, used;

	for (unsigned left = u8(in) & 3;; left--) {
		FILE_GET_EA_INFORMATION *ea = (FILE_GET_EA_INFORMATION *)(data + at);
		const char *key = PICK(in, names);

		ea->EaNameLength = u8(in) < 250 ? (UCHAR)strlen(key) : (UCHAR)u8(in);
		memcpy(ea->EaName, key, strlen(key) + 1);
		used = head + (ULONG)strlen(key) + 1;
		ea->NextEntryOffset = left ? (used + 3) & ~3u : 0;
		if (!left)
			return at + used;
		at += ea->NextEntryOffset;
	}
}

static void op_ea(struct in *in)
{
	ULONG size = length(in), index = u8(in) & 3, used;
	struct buffer buf;
	char records[256], *exact;
	IO_STATUS_BLOCK iosb = IOSB;
	unsigned b = u8(in);

	if (b & 1) {
		used = make_eas(in, records);
		exact = malloc(used);
		memcpy(exact, records, used);
		NtSetEaFile(handle(in, KIND_FILE), &iosb, exact, used);
		free(exact);
		return;
	}
	used = b & 16 ? make_ea_list(in, records) : 0;
	exact = malloc(used);
	memcpy(exact, records, used);
	buf = buffer(in, size);
	NtQueryEaFile(handle(in, KIND_FILE), &iosb, buf.data, size, b & 2, used ? exact : NULL,
		      used, b & 4 ? &index : NULL, b & 8);
	free(buf.base);
	free(exact);
}

static void op_control(struct in *in)
{
	static const ULONG codes[] = { FSCTL_GET_REPARSE_POINT,
				       FSCTL_SET_REPARSE_POINT,
				       FSCTL_DELETE_REPARSE_POINT,
				       FSCTL_SET_ZERO_DATA,
				       FSCTL_QUERY_USN_JOURNAL,
				       0,
				       0x12345678 };
	static const ULONG tags[] = { IO_REPARSE_TAG_LX_SYMLINK,
				      IO_REPARSE_TAG_LX_FIFO,
				      IO_REPARSE_TAG_SYMLINK,
				      0xA0000003,
				      0,
				      1,
				      0x8000001F };
	ULONG in_size = length(in), out_size = length(in), code = PICK(in, codes),
	      tag = PICK(in, tags);
	struct buffer from = buffer(in, in_size), to = buffer(in, out_size);
	USHORT rest = (USHORT)(in_size - 8);
	HANDLE h = handle(in, KIND_FILE);
	NTSTATUS status;
	IO_STATUS_BLOCK iosb = IOSB;

	if (in_size >= 8 && code != FSCTL_SET_ZERO_DATA && u8(in) < 200) {
		memcpy(from.data, &tag, sizeof(tag));
		memcpy(from.data + 4, &rest, sizeof(rest));
	}
	status = NtFsControlFile(h, NULL, NULL, NULL, &iosb, code, from.data, in_size, to.data,
				 out_size);
	settle(h, status, &iosb);
	free(from.base);
	free(to.base);
}

static void op_delete_file(struct in *in)
{
	struct attributes a;

	NtDeleteFile(attributes(in, &a, KIND_FILE));
}
#endif
