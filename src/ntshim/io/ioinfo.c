/* SPDX-License-Identifier: MIT */
/*
 * ioinfo.c - NtQueryInformationFile: one table row per class.
 *
 * The host is asked each time; nothing is remembered from the open.
 */
#include "iop.h"
#include <string.h>

typedef NTSTATUS QUERY(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length,
		       PULONG_PTR Information);

static NTSTATUS Stat(PFILE_OBJECT File, struct host_stat *St)
{
	return host_statx(File->Fd, "", St);
}

static NTSTATUS QueryBasic(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
			   ULONG Length, PULONG_PTR Information)
{
	FILE_BASIC_INFORMATION *Basic = Buffer;
	struct host_stat St;
	NTSTATUS Status = Stat(File, &St);

	if (!NT_SUCCESS(Status))
		return Status;
	*Basic = (FILE_BASIC_INFORMATION){
		.CreationTime.QuadPart = IopNtTime(St.btime),
		.LastAccessTime.QuadPart = IopNtTime(St.atime),
		.LastWriteTime.QuadPart = IopNtTime(St.mtime),
		.ChangeTime.QuadPart = IopNtTime(St.ctime),
		.FileAttributes = IopFileAttributes(&St),
	};
	*Information = sizeof(*Basic);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryStandard(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
			      ULONG Length, PULONG_PTR Information)
{
	FILE_STANDARD_INFORMATION *Standard = Buffer;
	struct host_stat St;
	NTSTATUS Status = host_fstat(File->Fd, &St);

	if (!NT_SUCCESS(Status))
		return Status;
	*Standard = (FILE_STANDARD_INFORMATION){
		.AllocationSize.QuadPart = (LONGLONG)St.blocks * 512,
		.EndOfFile.QuadPart = (LONGLONG)St.size,
		.NumberOfLinks = IopIsDirectory(File) ? !!St.nlink : St.nlink,
		.DeletePending = St.nlink == 0 || IopIsDeletePending(File),
		.Directory = IopIsDirectory(File),
	};
	*Information = sizeof(*Standard);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryInternal(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
			      ULONG Length, PULONG_PTR Information)
{
	FILE_INTERNAL_INFORMATION *Internal = Buffer;
	struct host_stat St;
	NTSTATUS Status = host_fstat(File->Fd, &St);

	if (!NT_SUCCESS(Status))
		return Status;
	Internal->IndexNumber.QuadPart = (LONGLONG)St.ino;
	*Information = sizeof(*Internal);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryAttributeTag(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
				  ULONG Length, PULONG_PTR Information)
{
	FILE_ATTRIBUTE_TAG_INFORMATION *Tag = Buffer;
	struct host_stat St = { .mode = File->Type };

	Tag->FileAttributes = IopFileAttributes(&St);
	Tag->ReparseTag = IopReparseTag(St.mode);
	*Information = sizeof(*Tag);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryPosition(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
			      ULONG Length, PULONG_PTR Information)
{
	FILE_POSITION_INFORMATION *Position = Buffer;

	*Information = sizeof(*Position);
	if (IopIsDirectory(File))
		return IopQueryDirectoryPosition(File, &Position->CurrentByteOffset.QuadPart);
	if (File->Type != HOST_S_IFREG || File->PathOnly)
		return STATUS_INVALID_DEVICE_REQUEST;
	return host_lseek(File->Fd, 0, HOST_SEEK_CUR, &Position->CurrentByteOffset.QuadPart);
}

static NTSTATUS QueryStat(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
			  ULONG Length, PULONG_PTR Information)
{
	struct host_stat St;
	NTSTATUS Status = Stat(File, &St);

	if (NT_SUCCESS(Status))
		*Information = IopFillStat(Class, &St, Buffer);
	return Status;
}

/* ---- FileNameInformation ---- */
/* Cuts " (deleted)" off; TRUE if it was the host's remark and not part of the name. */
static BOOLEAN WasDeleted(PFILE_OBJECT File, char *Path, ULONG *Length)
{
	static const char Mark[] = " (deleted)";
	struct host_stat Named;
	ULONG n = sizeof(Mark) - 1;

	if (*Length <= n || memcmp(Path + *Length - n, Mark, n) != 0)
		return FALSE;
	if (NT_SUCCESS(host_statx(HOST_NO_FD, Path, &Named)) && IopIsInode(File, &Named))
		return FALSE;
	*Length -= n;
	Path[*Length] = 0;
	return TRUE;
}

/* Path, from a slash on, as WCHARs with backslashes. As much as fits; returns the whole length in bytes. */
static ULONG PutPath(const char *Path, PWSTR Out, ULONG Units)
{
	WCHAR Piece[IO_NT_NAME_MAX];
	ULONG Total = 0;

	while (*Path == '/') {
		const char *Name = Path + 1, *End = strchr(Name, '/');
		LONG n = IoHostNameToNt(Name, (ULONG)(End ? (size_t)(End - Name) : strlen(Name)),
					Piece, IO_NT_NAME_MAX);

		if (Total < Units)
			Out[Total] = '\\';
		Total++;
		for (LONG i = 0; i < n; i++, Total++)
			if (Total < Units)
				Out[Total] = Piece[i];
		Path = End ? End : "";
	}
	return Total * sizeof(WCHAR);
}

static NTSTATUS QueryName(PFILE_OBJECT File, FILE_INFORMATION_CLASS Class, PVOID Buffer,
			  ULONG Length, PULONG_PTR Information)
{
	const ULONG Fixed = offsetof(FILE_NAME_INFORMATION, FileName);
	FILE_NAME_INFORMATION *Name = Buffer;
	const char *Root = File->Device->RootPath, *Below;
	char Path[IOP_PATH_MAX];
	ULONG PathLength;
	BOOLEAN Deleted;
	NTSTATUS Status;

	/* Descriptors that the supervisor was started with are on no volume: the host's own path. */
	if (!Root)
		Root = "";
	Status = host_path(File->Fd, Path, sizeof(Path), &PathLength);
	if (!NT_SUCCESS(Status))
		return Status;
	Deleted = WasDeleted(File, Path, &PathLength);
	if (strncmp(Path, Root, strlen(Root)) != 0)
		return STATUS_OBJECT_PATH_NOT_FOUND; /* moved out of the volume */
	Below = Path + strlen(Root);
	if (*Below && *Below != '/')
		return STATUS_OBJECT_PATH_NOT_FOUND;
	Name->FileNameLength = PutPath(*Below ? Below : "/", Name->FileName,
				       (Length - Fixed) / sizeof(WCHAR));
	*Information = Fixed + Name->FileNameLength;
	if (*Information > Length) {
		*Information = Length;
		return STATUS_BUFFER_OVERFLOW;
	}
	return Deleted ? STATUS_FILE_DELETED : STATUS_SUCCESS;
}

/* ---- the table ---- */
static const struct {
	FILE_INFORMATION_CLASS Class;
	ULONG Size; /* least buffer */
	ACCESS_MASK Access;
	QUERY *Query;
} Queries[] = {
	{ FileLxrunStatInformation, sizeof(FILE_LXRUN_STAT_INFORMATION), 0, QueryStat },
	{ FileStatLxInformation, sizeof(FILE_STAT_LX_INFORMATION), 0, QueryStat },
	{ FileStatInformation, 72, 0, QueryStat },
	{ FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES, QueryBasic },
	{ FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0, QueryStandard },
	{ FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0, QueryInternal },
	{ FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0, QueryName },
	{ FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0, QueryPosition },
	{ FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), 0,
	  QueryAttributeTag },
};

static NTSTATUS Query(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
		      FILE_INFORMATION_CLASS Class)
{
	const ULONG Count = sizeof(Queries) / sizeof(Queries[0]);
	ULONG_PTR Information = 0;
	PFILE_OBJECT File;
	NTSTATUS Status;
	ULONG i = 0;

	while (i < Count && Queries[i].Class != Class)
		i++;
	if (i == Count)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < Queries[i].Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbe(Iosb, Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = IopReferenceFile(Handle, Queries[i].Access, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = Queries[i].Query(File, Class, Buffer, Length, &Information);
	if (!NT_ERROR(Status) || Status == STATUS_FILE_DELETED) {
		Iosb->Status = Status;
		Iosb->Information = Information;
	}
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS NtQueryInformationFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
				FILE_INFORMATION_CLASS Class)
{
	NT_ENTRY(NtQueryInformationFile, .Handle = File);
	NTSTATUS Status = Query(File, Iosb, Buffer, Length, Class);

	if (trace_on(TR_NT))
		IopTraceClass("NtQueryInformationFile", File, IopClassName(Class), Status);
	return Status;
}
