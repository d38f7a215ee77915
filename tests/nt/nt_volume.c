/* SPDX-License-Identifier: MIT */
/*
 * nt_volume.c - what lx and win volumes have in common and host volumes do not: deletion as NT does it
 * (nt.md section 4), sparse files, information about the volume, creations killed in the middle.
 * ntshim only: it looks at the host's side of each file.
 */
#include "filetest.h"
#include <signal.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static BOOLEAN is_pending(HANDLE h, ULONG links)
{
	FILE_STANDARD_INFORMATION info = { 0 };

	ST("DL4", NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileStandardInformation),
	   SUCCESS);
	EQ("DL4", info.NumberOfLinks, links);
	return info.DeletePending;
}

static void classic_delete(void)
{
	FILE_STANDARD_LINK_INFORMATION links;
	FILE_BASIC_INFORMATION basic;
	HANDLE h, other;

	touch(US(u"gone"));
	h = must(US(u"gone"), RW | DELETE, FILE_OPEN, 0);
	other = must(US(u"gone"), RW | DELETE, FILE_OPEN, 0);
	ST("DL1", dispose(h, TRUE), SUCCESS);
	EQ("DL4", is_pending(other, 0), TRUE);
	ST("DL4",
	   NtQueryInformationFile(h, &iosb, &links, sizeof(links), FileStandardLinkInformation),
	   SUCCESS);
	EQ("DL4", links.NumberOfAccessibleLinks == 0 && links.TotalNumberOfLinks == 1, 1);
	ST("DL2", exists(US(u"gone")), DELETE_PENDING);
	ST("DL2", NtQueryAttributesFile(OA(US(u"gone"), 0, base), &basic), DELETE_PENDING);
	NtClose(h);
	ST("DL2", exists(US(u"gone")), DELETE_PENDING);
	ST("DL3", dispose(other, FALSE), SUCCESS);
	ST("DL3", exists(US(u"gone")), SUCCESS);
	ST("DL1", dispose(other, TRUE), SUCCESS);
	NtClose(other);
	ST("DL2", exists(US(u"gone")), OBJECT_NAME_NOT_FOUND);
}

static void posix_delete(void)
{
	const ULONG flags = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS;
	HANDLE h, other;
	char byte;

	touch(US(u"px"));
	h = must(US(u"px"), RW | DELETE, FILE_OPEN, 0);
	other = must(US(u"px"), RW | DELETE, FILE_OPEN, 0);
	ST("DL8", dispose_ex(h, flags), SUCCESS);
	ST("DL8", exists(US(u"px")), DELETE_PENDING);
	ST("DL10", dispose_ex(h, 0), SUCCESS);
	ST("DL10", exists(US(u"px")), SUCCESS);
	ST("DL8", dispose_ex(h, flags), SUCCESS);
	NtClose(h);
	ST("DL8", exists(US(u"px")), OBJECT_NAME_NOT_FOUND);
	touch(US(u"px"));
	ST("DL8", NtWriteFile(other, NULL, NULL, NULL, &iosb, "z", 1, AT(0), NULL), SUCCESS);
	ST("DL8", NtReadFile(other, NULL, NULL, NULL, &iosb, &byte, 1, AT(0), NULL), SUCCESS);
	EQ("DL9", is_pending(other, 0), TRUE);
	ST("DL9", dispose(other, FALSE), FILE_DELETED);
	ST("DL9", set_name(other, FileRenameInformation, base, US(u"x"), 0), ACCESS_DENIED);
	NtClose(other);
	ST("setup", delete (US(u"px")), SUCCESS);
}

static void on_close(void)
{
	HANDLE h, other;

	touch(US(u"oc"));
	h = must(US(u"oc"), DELETE, FILE_OPEN, 0);
	ST("DL12", dispose_ex(h, FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_DELETE),
	   NOT_SUPPORTED);
	NtClose(h);
	h = must(US(u"oc"), DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
	EQ("DL5", is_pending(h, 1), FALSE);
	ST("DL12", dispose_ex(h, FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_DELETE), SUCCESS);
	ST("DL12", dispose_ex(h, FILE_DISPOSITION_ON_CLOSE), SUCCESS);
	NtClose(h);
	ST("DL12", exists(US(u"oc")), SUCCESS);
	h = must(US(u"oc"), DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
	other = must(US(u"oc"), RW | DELETE, FILE_OPEN, 0);
	ST("DL6", dispose(h, FALSE), SUCCESS);
	NtClose(h);
	EQ("DL5", is_pending(other, 0), TRUE);
	ST("DL3", dispose(other, FALSE), SUCCESS);
	EQ("DL3", is_pending(other, 0), TRUE); /* ignored */
	NtClose(other);
	ST("DL5", exists(US(u"oc")), OBJECT_NAME_NOT_FOUND);
}

static void sparse(void)
{
	FILE_ZERO_DATA_INFORMATION zero = { .FileOffset.QuadPart = 65536,
					    .BeyondFinalZero.QuadPart = 131072 };
	FILE_ALLOCATED_RANGE_BUFFER ask = { .Length.QuadPart = 1 << 20 }, ranges[4];
	FILE_ATTRIBUTE_TAG_INFORMATION tag;
	static char data[196608];
	HANDLE h = must(US(u"sp"), RW, FILE_CREATE, 0);
	char byte = 1;

	memset(data, 'd', sizeof(data));
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, data, sizeof(data), AT(0), NULL),
	   SUCCESS);
	ST("sparse",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_SPARSE, NULL, 0, NULL, 0),
	   SUCCESS);
	NtQueryInformationFile(h, &iosb, &tag, sizeof(tag), FileAttributeTagInformation);
	EQ("sparse", tag.FileAttributes, FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_SPARSE_FILE);
	ST("sparse",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_ZERO_DATA, &zero, sizeof(zero),
			   NULL, 0),
	   SUCCESS);
	ST("sparse", NtReadFile(h, NULL, NULL, NULL, &iosb, &byte, 1, AT(70000), NULL), SUCCESS);
	EQ("sparse", byte, 0);
	ST("sparse",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_QUERY_ALLOCATED_RANGES, &ask,
			   sizeof(ask), ranges, sizeof(ranges)),
	   SUCCESS);
	EQ("sparse", iosb.Information, 2 * sizeof(ranges[0]));
	EQ("sparse", ranges[0].FileOffset.QuadPart == 0 && ranges[0].Length.QuadPart == 65536, 1);
	EQ("sparse", ranges[1].FileOffset.QuadPart == 131072 && ranges[1].Length.QuadPart == 65536,
	   1);
	ST("sparse",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_QUERY_ALLOCATED_RANGES, &ask,
			   sizeof(ask), ranges, sizeof(ranges[0])),
	   BUFFER_OVERFLOW);
	EQ("sparse", position(h), 70001); /* nobody's position was used */
	zero.BeyondFinalZero.QuadPart = 1;
	ST("sparse",
	   NtFsControlFile(h, NULL, NULL, NULL, &iosb, FSCTL_SET_ZERO_DATA, &zero, sizeof(zero),
			   NULL, 0),
	   INVALID_PARAMETER);
	NtClose(h);
	ST("setup", delete (US(u"sp")), SUCCESS);
}

static void allocation(void)
{
	FILE_ALLOCATION_INFORMATION info = { .AllocationSize.QuadPart = 100000 };
	FILE_STANDARD_INFORMATION standard;
	HANDLE h = must(US(u"al"), RW, FILE_CREATE, 0);

	ST("RW10", NtSetInformationFile(h, &iosb, &info, sizeof(info), FileAllocationInformation),
	   SUCCESS);
	NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation);
	EQ("RW10", standard.EndOfFile.QuadPart, 0);
	EQ("RW10", standard.AllocationSize.QuadPart >= 100000, 1);
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, "12345", 5, AT(0), NULL), SUCCESS);
	info.AllocationSize.QuadPart = 3;
	ST("RW10", NtSetInformationFile(h, &iosb, &info, sizeof(info), FileAllocationInformation),
	   SUCCESS);
	NtQueryInformationFile(h, &iosb, &standard, sizeof(standard), FileStandardInformation);
	EQ("RW10", standard.EndOfFile.QuadPart, 3);
	ST("RW11",
	   NtSetInformationFile(h, &iosb, &info, sizeof(info), FileValidDataLengthInformation),
	   PRIVILEGE_NOT_HELD);
	NtClose(h);
	ST("setup", delete (US(u"al")), SUCCESS);
}

static void about_files(void)
{
	struct {
		FILE_ALL_INFORMATION all;
		WCHAR rest[16];
	} info;
	FILE_INTERNAL_INFORMATION internal;
	FILE_ID_INFORMATION id;
	HANDLE h = must(US(u"about"), RW | DELETE, FILE_CREATE, FILE_WRITE_THROUGH);

	ST("FI7", NtQueryInformationFile(h, &iosb, &info, sizeof(info), FileAllInformation),
	   SUCCESS);
	EQ("FI8", iosb.Information, 96 + 4 + 12);
	EQ("FI8", info.all.NameInformation.FileNameLength, 12);
	EQ("FI8", memcmp(info.all.NameInformation.FileName, u"\\about", 12), 0);
	EQ("FI9", info.all.AccessInformation.AccessFlags, RW | DELETE);
	EQ("CF22", info.all.ModeInformation.Mode, FILE_WRITE_THROUGH | SYNC);
	ST("FI7", NtQueryInformationFile(h, &iosb, &info, sizeof(info.all), FileAllInformation),
	   BUFFER_OVERFLOW);
	ST("FI7", NtQueryInformationFile(h, &iosb, &info, 103, FileAllInformation),
	   INFO_LENGTH_MISMATCH);
	ST("FI7", NtSetInformationFile(h, &iosb, &info, sizeof(info), FileAllInformation),
	   INVALID_INFO_CLASS);
	ST("FI10", NtQueryInformationFile(h, &iosb, &id, sizeof(id), FileIdInformation), SUCCESS);
	ST("FI10",
	   NtQueryInformationFile(h, &iosb, &internal, sizeof(internal), FileInternalInformation),
	   SUCCESS);
	EQ("FI10", memcmp(id.FileId, &internal, 8), 0);
	EQ("FI10", memcmp(id.FileId + 8, "\0\0\0\0\0\0\0", 8), 0);
	NtClose(h);
	ST("setup", delete (US(u"about")), SUCCESS);
}

static void about_volume(void)
{
	struct {
		FILE_FS_ATTRIBUTE_INFORMATION info;
		WCHAR rest[8];
	} attribute;
	FILE_FS_VOLUME_INFORMATION volume;
	FILE_FS_DEVICE_INFORMATION device;
	FILE_FS_SIZE_INFORMATION size;

	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &size, sizeof(size), FileFsSizeInformation),
	   SUCCESS);
	EQ("FI16", size.BytesPerSector == 512 && size.SectorsPerAllocationUnit >= 1, 1);
	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &attribute, sizeof(attribute),
					FileFsAttributeInformation),
	   SUCCESS);
	EQ("FI16", attribute.info.FileSystemAttributes & 0x01800481, 0x01800481);
	EQ("FI16", attribute.info.FileSystemNameLength, 8);
	EQ("FI16", memcmp(attribute.info.FileSystemName, u"NTFS", 8), 0);
	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &volume, sizeof(volume),
					FileFsVolumeInformation),
	   SUCCESS);
	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &device, sizeof(device),
					FileFsDeviceInformation),
	   SUCCESS);
	EQ("FI16", device.DeviceType, FILE_DEVICE_DISK);
	ST("G6", NtQueryVolumeInformationFile(base, &iosb, &size, 23, FileFsSizeInformation),
	   INFO_LENGTH_MISMATCH);
}

/* ---- a process that creates things with metadata, killed at any moment ---- */

/* Each third one on a win volume is a stream, with the file that it is of. */
static void create_for_ever(BOOLEAN streams)
{
	static const UCHAR ea[] = { 0, 0, 0, 0, 0, 3, 1, 0, 'K', 'E', 'Y', 0, 'v' };
	WCHAR text[] = u"k00000:s";
	UNICODE_STRING name = { 12, 12, text };

	for (ULONG n = 0;; n++) {
		HANDLE h = NULL;

		for (ULONG i = 0, v = n; i < 5; i++, v /= 10)
			text[5 - i] = (WCHAR)('0' + v % 10);
		name.Length = streams && n % 3 == 0 ? 16 : 12;
		if (NT_SUCCESS(NtCreateFile(
			    &h, FILE_GENERIC_READ, OA(&name, 0, base), &iosb, NULL,
			    FILE_ATTRIBUTE_HIDDEN, SHARE_ALL, FILE_CREATE,
			    SYNC | (n % 2 && name.Length == 12 ? FILE_DIRECTORY_FILE : 0),
			    (PVOID)ea, sizeof(ea))))
			NtClose(h);
	}
}

/* Whether the file of number n has what it was made with. */
static int has_stream(PUNICODE_STRING file)
{
	WCHAR text[16];
	UNICODE_STRING name = { (USHORT)(file->Length + 4), sizeof(text), text };
	ULONG n = 0;

	if (file->Length != 12)
		return 0;
	memcpy(text, file->Buffer, 12);
	for (int i = 1; i < 6; i++)
		n = n * 10 + text[i] - '0';
	text[6] = ':';
	text[7] = 's';
	return n % 3 != 0 || exists(&name) == STATUS_SUCCESS;
}

static void check_and_remove(BOOLEAN streams)
{
	_Alignas(8) UCHAR answer[64], entry[512];
	const FILE_NAMES_INFORMATION *info = (const void *)entry;
	ULONG whole = 0;

	for (;;) {
		HANDLE dir = must(US(u""), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE), h;
		UNICODE_STRING name;
		NTSTATUS status = NtQueryDirectoryFile(dir, NULL, NULL, NULL, &iosb, entry,
						       sizeof(entry), FileNamesInformation, TRUE,
						       US(u"k*"), TRUE);

		NtClose(dir);
		if (!NT_SUCCESS(status))
			break;
		name = (UNICODE_STRING){ (USHORT)info->FileNameLength, 0, (PWSTR)info->FileName };
		h = must(&name, FILE_READ_EA, FILE_OPEN, 0);
		whole += NT_SUCCESS(NtQueryEaFile(h, &iosb, answer, sizeof(answer), FALSE, NULL, 0,
						  NULL, TRUE)) &&
			 !memcmp(answer + 8, "KEY\0v", 5) && (!streams || has_stream(&name));
		NtClose(h);
		if (!NT_SUCCESS(delete (&name)))
			break;
		whole--;
	}
	EQ("atomic", whole, 0);
}

/* Streams of files that never got their names: out of sight, and all that a kill leaves behind. */
static void remove_orphans(void)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -rf '%s'", host(".lxrun~streams"));
	EQ("setup", system(command), 0);
}

static void killed(BOOLEAN streams)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (pid == 0)
			create_for_ever(streams);
		usleep(3000 + (useconds_t)i * 1700);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		check_and_remove(streams);
	}
	remove_orphans();
}

static ULONG attributes_of(HANDLE h)
{
	FILE_ATTRIBUTE_TAG_INFORMATION tag = { 0 };

	NtQueryInformationFile(h, &iosb, &tag, sizeof(tag), FileAttributeTagInformation);
	return tag.FileAttributes;
}

/* That a file has no metadata is remembered, and seen to be false when the host gives it some. */
static void metadata_that_comes_later(void)
{
	HANDLE h;

	touch(US(u"late"));
	NtDelayExecution(FALSE, RELATIVE_MS(100)); /* younger ones are not remembered */
	h = must(US(u"late"), FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
	for (int i = 0; i < 3; i++) {
		EQ("host", attributes_of(h), FILE_ATTRIBUTE_ARCHIVE);
		EQ("setup", setxattr(host("late"), "user.DOSATTRIB", "0x22", 4, 0), 0);
		EQ("host", attributes_of(h), FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN);
		EQ("setup", removexattr(host("late"), "user.DOSATTRIB"), 0);
	}
	EQ("host", attributes_of(h), FILE_ATTRIBUTE_ARCHIVE);

	/* What it has is remembered as well. */
	EQ("setup", setxattr(host("late"), "user.DOSATTRIB", "0x22", 4, 0), 0);
	NtDelayExecution(FALSE, RELATIVE_MS(100));
	for (int i = 0; i < 2; i++)
		EQ("host", attributes_of(h), FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN);
	EQ("setup", setxattr(host("late"), "user.DOSATTRIB", "0x24", 4, 0), 0);
	EQ("host", attributes_of(h), FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_SYSTEM);

	/* At every age: two changes can have one time, because the host's clock moves once per tick. */
	for (int i = 0; i < 2000; i++) {
		ULONG now = i % 2 ? FILE_ATTRIBUTE_HIDDEN : FILE_ATTRIBUTE_SYSTEM;
		int rc = setxattr(host("late"), "user.DOSATTRIB", i % 2 ? "0x22" : "0x24", 4, 0);

		if (rc != 0 || attributes_of(h) != (FILE_ATTRIBUTE_ARCHIVE | now)) {
			EQ("host", i, -1);
			break;
		}
		if (i % 20 == 0)
			NtDelayExecution(FALSE, RELATIVE_MS(1));
	}
	NtClose(h);
	ST("setup", delete (US(u"late")), SUCCESS);
}

static void run(VOLUME_PERSONALITY personality)
{
	base = open_volume_as(host_root, personality, 0);
	leak_start();
	classic_delete();
	posix_delete();
	on_close();
	sparse();
	metadata_that_comes_later();
	allocation();
	about_files();
	about_volume();
	killed(personality == VolumePersonalityWin);
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
	return nt_end("nt_volume");
}
