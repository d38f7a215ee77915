/* SPDX-License-Identifier: MIT */
/*
 * reparse.c - reparse points (nt.md section 7) on volumes of the win and lx personalities.
 * ntshim only: Wine has no reparse points of its own.
 */
#include "filetest.h"

#define TAG_OTHER 0x00001234u /* of a third party: with a GUID */
#define TAG_MS    0x80001234u

static _Alignas(8) UCHAR data[IO_NT_NAME_MAX * 2 + 64], answer[2048];

static NTSTATUS control(HANDLE h, ULONG code, ULONG length)
{
	return NtFsControlFile(h, NULL, NULL, NULL, &iosb, code, data, length, NULL, 0);
}

/* data := tag, length bytes of x. Returns the whole length. */
static ULONG point(ULONG tag, ULONG length, char x)
{
	REPARSE_DATA_BUFFER *buffer = (void *)data;
	ULONG header = tag & 0x80000000u ? 8 : 24;

	memset(data, 0, sizeof(data));
	buffer->ReparseTag = tag;
	buffer->ReparseDataLength = (USHORT)length;
	if (header == 24)
		memset(buffer->DataBuffer, 7, 16);
	memset(data + header, x, length);
	return header + length;
}

/* data := a symbolic link or mount point to target. */
static ULONG link_to(ULONG tag, PCUNICODE_STRING target, ULONG flags)
{
	REPARSE_DATA_BUFFER *buffer = (void *)data;
	ULONG fixed = tag == IO_REPARSE_TAG_SYMLINK ? 12 : 8;

	memset(data, 0, sizeof(data));
	buffer->ReparseTag = tag;
	buffer->ReparseDataLength = (USHORT)(fixed + target->Length + 4);
	*(USHORT *)(void *)(buffer->DataBuffer + 2) = target->Length;
	*(USHORT *)(void *)(buffer->DataBuffer + 4) = target->Length + 2;
	if (fixed == 12)
		buffer->DataBuffer[8] = (UCHAR)flags;
	memcpy(buffer->DataBuffer + fixed, target->Buffer, target->Length);
	return 8 + buffer->ReparseDataLength;
}

static ULONG tag_of(PUNICODE_STRING name)
{
	FILE_ATTRIBUTE_TAG_INFORMATION info = { 0, 0 };
	HANDLE h = must(name, FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_OPEN_REPARSE_POINT);

	NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileAttributeTagInformation);
	NtClose(h);
	EQ("RP12", !!(info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT), info.ReparseTag != 0);
	return info.ReparseTag;
}

static NTSTATUS plain_open(PUNICODE_STRING name, ULONG options)
{
	HANDLE h = NULL;
	NTSTATUS status = create(&h, name, FILE_READ_DATA | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
				 SYNC | options);

	if (NT_SUCCESS(status))
		NtClose(h);
	return status;
}

static void setting(void)
{
	HANDLE h = must(US(u"rp"), RW, FILE_CREATE, 0), reader;
	ULONG n;

	ST("RP9", control(h, FSCTL_GET_REPARSE_POINT, 0), INVALID_USER_BUFFER);
	ST("RP9",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, answer,
			   sizeof(answer)),
	   NOT_A_REPARSE_POINT);
	n = point(TAG_MS, 5, 'x');
	ST("RP2", control(h, FSCTL_SET_REPARSE_POINT, 7), IO_REPARSE_DATA_INVALID);
	ST("RP2", control(h, FSCTL_SET_REPARSE_POINT, n - 1), IO_REPARSE_DATA_INVALID);
	n = point(TAG_OTHER, 5, 'x');
	ST("RP2", control(h, FSCTL_SET_REPARSE_POINT, 8 + 5), IO_REPARSE_DATA_INVALID);
	n = point(1, 0, 'x');
	ST("RP4", control(h, FSCTL_SET_REPARSE_POINT, 24), IO_REPARSE_TAG_INVALID);
	n = point(0, 0, 'x');
	ST("RP4", control(h, FSCTL_SET_REPARSE_POINT, 24), IO_REPARSE_TAG_INVALID);
	reader = must(US(u"rp"), FILE_READ_DATA, FILE_OPEN, 0);
	n = point(TAG_MS, 5, 'x');
	ST("RP3", control(reader, FSCTL_SET_REPARSE_POINT, n), ACCESS_DENIED);
	NtClose(reader);
	ST("RP1", control(h, FSCTL_SET_REPARSE_POINT, n), SUCCESS);
	EQ("RP12", tag_of(US(u"rp")), TAG_MS);
	ST("RP11", plain_open(US(u"rp"), 0), IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", plain_open(US(u"rp"), FILE_OPEN_REPARSE_POINT), SUCCESS);
	ST("RP9",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, answer,
			   sizeof(answer)),
	   SUCCESS);
	EQ("RP9", iosb.Information, 13);
	EQ("RP9", memcmp(answer, data, 13), 0);
	ST("RP9",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, answer,
			   10),
	   BUFFER_OVERFLOW);
	n = point(TAG_MS, 9, 'y');
	ST("RP5", control(h, FSCTL_SET_REPARSE_POINT, n), SUCCESS);
	n = point(TAG_MS + 1, 9, 'y');
	ST("RP5", control(h, FSCTL_SET_REPARSE_POINT, n), IO_REPARSE_TAG_MISMATCH);
	ST("RP10", control(h, FSCTL_DELETE_REPARSE_POINT, n), IO_REPARSE_DATA_INVALID);
	n = point(TAG_MS + 1, 0, 0);
	ST("RP10", control(h, FSCTL_DELETE_REPARSE_POINT, n), IO_REPARSE_TAG_MISMATCH);
	n = point(TAG_MS, 0, 0);
	ST("RP10", control(h, FSCTL_DELETE_REPARSE_POINT, n), SUCCESS);
	ST("RP10", control(h, FSCTL_DELETE_REPARSE_POINT, n), NOT_A_REPARSE_POINT);
	EQ("RP12", tag_of(US(u"rp")), 0);
	n = point(TAG_OTHER, 5, 'x');
	ST("RP1", control(h, FSCTL_SET_REPARSE_POINT, n), SUCCESS);
	data[8]++;
	ST("RP5", control(h, FSCTL_SET_REPARSE_POINT, n), REPARSE_ATTRIBUTE_CONFLICT);
	n = point(TAG_OTHER, 0, 0);
	ST("RP10", control(h, FSCTL_DELETE_REPARSE_POINT, 8), IO_REPARSE_DATA_INVALID);
	ST("RP10", control(h, FSCTL_DELETE_REPARSE_POINT, n), SUCCESS);
	NtClose(h);
	ST("setup", delete (US(u"rp")), SUCCESS);
}

static void restrictions(void)
{
	HANDLE h = must(US(u"f"), RW, FILE_CREATE, 0), d;
	ULONG n = link_to(IO_REPARSE_TAG_MOUNT_POINT, US(u"\\??\\C:\\"), 0);

	ST("RP6", control(h, FSCTL_SET_REPARSE_POINT, n), NOT_A_DIRECTORY);
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, "data", 4, NULL, NULL), SUCCESS);
	n = link_to(IO_REPARSE_TAG_SYMLINK, US(u"x"), SYMLINK_FLAG_RELATIVE);
	ST("RP7", control(h, FSCTL_SET_REPARSE_POINT, n), IO_REPARSE_DATA_INVALID);
	NtClose(h);
	h = must(US(u"f"), RW, FILE_OVERWRITE, 0);
	ST("RP7", control(h, FSCTL_SET_REPARSE_POINT, n), SUCCESS);
	ST("RP7", NtWriteFile(h, NULL, NULL, NULL, &iosb, "data", 4, NULL, NULL), SUCCESS);
	NtClose(h);
	h = must(US(u"f"), RW, FILE_OVERWRITE, FILE_OPEN_REPARSE_POINT);
	NtClose(h);
	EQ("RP14", tag_of(US(u"f")), 0);
	make_directory(US(u"d"));
	make_directory(US(u"d\\sub"));
	d = must(US(u"d"), FILE_LIST_DIRECTORY | FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0);
	n = link_to(IO_REPARSE_TAG_MOUNT_POINT, US(u"\\??\\C:\\"), 0);
	ST("RP6", control(d, FSCTL_SET_REPARSE_POINT, n), DIRECTORY_NOT_EMPTY);
	n = point(0x90001234, 3, 'd');
	ST("RP6", control(d, FSCTL_SET_REPARSE_POINT, n), SUCCESS);
	n = point(0x90001234, 0, 0);
	ST("RP6", control(d, FSCTL_DELETE_REPARSE_POINT, n), SUCCESS);
	NtClose(d);
	ST("setup", delete (US(u"d\\sub")), SUCCESS);
	ST("setup", delete (US(u"d")), SUCCESS);
	ST("setup", delete (US(u"f")), SUCCESS);
}

/* name := a symbolic link or mount point. */
static void make_link(PUNICODE_STRING name, ULONG tag, PCUNICODE_STRING target, ULONG flags,
		      int directory)
{
	HANDLE h = must(name, directory ? FILE_WRITE_ATTRIBUTES : RW, FILE_CREATE,
			directory ? FILE_DIRECTORY_FILE : 0);

	ST("RP1", control(h, FSCTL_SET_REPARSE_POINT, link_to(tag, target, flags)), SUCCESS);
	NtClose(h);
}

static void following(PCUNICODE_STRING volume)
{
	WCHAR text[80];
	UNICODE_STRING target = { volume->Length, sizeof(text), text };
	HANDLE h;

	memcpy(text, volume->Buffer, volume->Length);
	memcpy((char *)text + target.Length, u"real", 8);
	target.Length += 8;
	make_directory(US(u"real"));
	touch(US(u"real\\file"));
	make_link(US(u"rel"), IO_REPARSE_TAG_SYMLINK, US(u"real\\file"), SYMLINK_FLAG_RELATIVE, 0);
	make_link(US(u"real\\up"), IO_REPARSE_TAG_SYMLINK, US(u"..\\.\\real\\file"),
		  SYMLINK_FLAG_RELATIVE, 0);
	make_link(US(u"abs"), IO_REPARSE_TAG_SYMLINK, &target, 0, 1);
	make_link(US(u"mount"), IO_REPARSE_TAG_MOUNT_POINT, &target, 0, 1);
	make_link(US(u"loop"), IO_REPARSE_TAG_SYMLINK, US(u"loop"), SYMLINK_FLAG_RELATIVE, 0);
	make_link(US(u"nowhere"), IO_REPARSE_TAG_SYMLINK, US(u"none"), SYMLINK_FLAG_RELATIVE, 0);
	h = must(US(u"rel"), RW, FILE_OPEN, 0);
	ST("RP11", NtWriteFile(h, NULL, NULL, NULL, &iosb, "through", 7, NULL, NULL), SUCCESS);
	NtClose(h);
	ST("RP11", plain_open(US(u"real\\up"), FILE_NON_DIRECTORY_FILE), SUCCESS);
	ST("RP11", plain_open(US(u"abs\\file"), 0), SUCCESS);
	ST("RP11", plain_open(US(u"abs\\none"), 0), OBJECT_NAME_NOT_FOUND);
	ST("RP11", plain_open(US(u"mount\\file"), FILE_OPEN_REPARSE_POINT), SUCCESS);
	ST("RP11", plain_open(US(u"mount"), FILE_DIRECTORY_FILE), SUCCESS);
	ST("RP11", plain_open(US(u"mount\\up"), 0), SUCCESS);
	ST("RP11", plain_open(US(u"loop"), 0), REPARSE_POINT_NOT_RESOLVED);
	ST("RP11", plain_open(US(u"nowhere"), 0), OBJECT_NAME_NOT_FOUND);
	EQ("RP12", tag_of(US(u"mount")), IO_REPARSE_TAG_MOUNT_POINT);
	EQ("RP12", tag_of(US(u"rel")), IO_REPARSE_TAG_SYMLINK);
	/* RP14: the target is what is overwritten. */
	h = must(US(u"rel"), RW, FILE_OVERWRITE, 0);
	NtClose(h);
	EQ("RP12", tag_of(US(u"rel")), IO_REPARSE_TAG_SYMLINK);
	h = must(US(u"nowhere"), RW, FILE_OPEN_IF, 0);
	EQ("RP11", iosb.Information, FILE_CREATED);
	NtClose(h);
	ST("RP11", delete (US(u"none")), SUCCESS);
	ST("setup", delete (US(u"rel")), SUCCESS);
	ST("setup", delete (US(u"real\\up")), SUCCESS);
	ST("setup", delete (US(u"abs")), SUCCESS);
	ST("setup", delete (US(u"mount")), SUCCESS);
	ST("setup", delete (US(u"loop")), SUCCESS);
	ST("setup", delete (US(u"nowhere")), SUCCESS);
	ST("setup", delete (US(u"real\\file")), SUCCESS);
	ST("setup", delete (US(u"real")), SUCCESS);
}

static void of_linux(void)
{
	HANDLE h = must(US(u"fifo"), RW, FILE_CREATE, 0);

	ST("RP15", control(h, FSCTL_SET_REPARSE_POINT, point(IO_REPARSE_TAG_LX_FIFO, 0, 0)),
	   SUCCESS);
	NtClose(h);
	ST("RP11", plain_open(US(u"fifo"), 0), IO_REPARSE_TAG_NOT_HANDLED);
	ST("RP11", plain_open(US(u"fifo\\x"), 0), IO_REPARSE_TAG_NOT_HANDLED);
	EQ("RP15", tag_of(US(u"fifo")), IO_REPARSE_TAG_LX_FIFO);
	ST("setup", delete (US(u"fifo")), SUCCESS);
	/* The host's own are shown alike. */
	EQ("setup", symlink("somewhere", host("link")), 0);
	EQ("RP15", tag_of(US(u"link")), IO_REPARSE_TAG_LX_SYMLINK);
	ST("RP11", plain_open(US(u"link"), 0), IO_REPARSE_TAG_NOT_HANDLED);
	h = must(US(u"link"), FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_OPEN_REPARSE_POINT);
	ST("RP15",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT, NULL, 0, answer,
			   sizeof(answer)),
	   SUCCESS);
	EQ("RP15", iosb.Information, 8 + 4 + 9);
	EQ("RP15", memcmp(answer + 12, "somewhere", 9), 0);
	NtClose(h);
	ST("setup", delete (US(u"link")), SUCCESS);
}

static void run(VOLUME_PERSONALITY personality, PCUNICODE_STRING volume)
{
	base = open_volume_as(host_root, personality, 0);
	leak_start();
	setting();
	restrictions();
	following(volume);
	of_linux();
	leak_check();
	NtClose(base);
}

int main(void)
{
	nt_start();
	if (!mkdtemp(host_root))
		abort();
	run(VolumePersonalityWin, US(u"\\??\\C:\\"));
	run(VolumePersonalityLx, US(u"\\Device\\HarddiskVolume2\\"));
	EQ("setup", rmdir(host_root), 0);
	return nt_end("reparse");
}
