/* SPDX-License-Identifier: MIT */
/*
 * ioinfo.c - NtQueryInformationFile: one table row per class.
 *
 * The host is asked each time; nothing is remembered from the open.
 */
#include "iop.h"
#include <string.h>

/* One query: what is asked about, and what was found out for it beforehand. */
typedef struct _ASKED {
	PFILE_OBJECT File;
	ACCESS_MASK Granted;
	FILE_INFORMATION_CLASS Class;
	IOP_NODE Node;
} ASKED;

typedef NTSTATUS QUERY(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information);

static NTSTATUS QueryBasic(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	IopFillBasic(&a->Node, Buffer);
	*Information = sizeof(FILE_BASIC_INFORMATION);
	return STATUS_SUCCESS;
}

/* DL4, DL9, DL16: a link that is going counts no more. */
static NTSTATUS QueryStandard(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_STANDARD_INFORMATION *Standard = Buffer;
	const struct host_stat *St = &a->Node.St;
	BOOLEAN Pending = IopIsDeletePending(a->File);

	*Standard = (FILE_STANDARD_INFORMATION){
		.AllocationSize.QuadPart = (LONGLONG)St->blocks * 512,
		.EndOfFile.QuadPart = (LONGLONG)St->size,
		.NumberOfLinks = IopIsDirectory(a->File) ? !!St->nlink
				 : St->nlink             ? St->nlink - Pending
							 : 0,
		.DeletePending = St->nlink == 0 || Pending,
		.Directory = IopIsDirectory(a->File),
	};
	/* FI14: what a directory takes on the host's disk is no business of NT's callers. */
	if (IopIsDirectory(a->File) && IopIsNt(a->File->Device))
		Standard->AllocationSize.QuadPart = Standard->EndOfFile.QuadPart = 0;
	*Information = sizeof(*Standard);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryStandardLink(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_STANDARD_LINK_INFORMATION *Links = Buffer;
	BOOLEAN Pending = IopIsDeletePending(a->File), Directory = IopIsDirectory(a->File);
	ULONG Total = Directory ? !!a->Node.St.nlink : a->Node.St.nlink;

	*Links = (FILE_STANDARD_LINK_INFORMATION){
		.NumberOfAccessibleLinks = Total - (Pending && Total && !Directory),
		.TotalNumberOfLinks = Total,
		.DeletePending = !Total || Pending,
		.Directory = Directory,
	};
	*Information = sizeof(*Links);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryInternal(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	((FILE_INTERNAL_INFORMATION *)Buffer)->IndexNumber.QuadPart = (LONGLONG)a->Node.St.ino;
	*Information = sizeof(FILE_INTERNAL_INFORMATION);
	return STATUS_SUCCESS;
}

/* FI10 */
static NTSTATUS QueryId(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_ID_INFORMATION *Id = Buffer;

	*Id = (FILE_ID_INFORMATION){ .VolumeSerialNumber = IopVolumeSerial(a->File->Device) };
	memcpy(Id->FileId, &a->Node.St.ino, sizeof(a->Node.St.ino));
	*Information = sizeof(*Id);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryEaSize(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	((FILE_EA_INFORMATION *)Buffer)->EaSize = a->Node.EaSize;
	*Information = sizeof(FILE_EA_INFORMATION);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryAccess(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	((FILE_ACCESS_INFORMATION *)Buffer)->AccessFlags = a->Granted;
	*Information = sizeof(FILE_ACCESS_INFORMATION);
	return STATUS_SUCCESS;
}

/* CF22 */
static NTSTATUS QueryMode(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	((FILE_MODE_INFORMATION *)Buffer)->Mode =
		a->File->Options &
		(FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_NO_INTERMEDIATE_BUFFERING |
		 FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
	*Information = sizeof(FILE_MODE_INFORMATION);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryAlignment(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	((FILE_ALIGNMENT_INFORMATION *)Buffer)->AlignmentRequirement = 0; /* bytes */
	*Information = sizeof(FILE_ALIGNMENT_INFORMATION);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryNetworkOpen(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	IopFillNetworkOpen(&a->Node, Buffer);
	*Information = sizeof(FILE_NETWORK_OPEN_INFORMATION);
	return STATUS_SUCCESS;
}

/* On a host volume they follow from the type, which an open file never changes. */
static NTSTATUS QueryAttributeTag(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_ATTRIBUTE_TAG_INFORMATION *Tag = Buffer;

	Tag->FileAttributes = a->Node.Attributes;
	Tag->ReparseTag = a->Node.Tag;
	*Information = sizeof(*Tag);
	return STATUS_SUCCESS;
}

/* FI11. Every directory of a host or lx volume is case-sensitive. */
static NTSTATUS QueryCaseSensitive(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	BOOLEAN Sensitive = IopIsDirectory(a->File) &&
			    (!a->File->Device->Case || a->Node.CaseSensitive);

	((FILE_CASE_SENSITIVE_INFORMATION *)Buffer)->Flags =
		Sensitive ? FILE_CS_FLAG_CASE_SENSITIVE_DIR : 0;
	*Information = sizeof(FILE_CASE_SENSITIVE_INFORMATION);
	return STATUS_SUCCESS;
}

static NTSTATUS QueryPosition(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_POSITION_INFORMATION *Position = Buffer;
	PFILE_OBJECT File = a->File;

	*Information = sizeof(*Position);
	if (IopIsDirectory(File))
		return IopQueryDirectoryPosition(File, &Position->CurrentByteOffset.QuadPart);
	if (File->Type != HOST_S_IFREG || File->PathOnly)
		return STATUS_INVALID_DEVICE_REQUEST;
	return host_lseek(File->Fd, 0, HOST_SEEK_CUR, &Position->CurrentByteOffset.QuadPart);
}

static NTSTATUS QueryStat(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	*Information = IopFillStat(a->Class, &a->Node, Buffer);
	return STATUS_SUCCESS;
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

/* FI8, AS8: ":stream" behind the Units that there are. */
static ULONG PutStreamName(PFILE_OBJECT Stream, PWSTR Out, ULONG Size, ULONG Units)
{
	WCHAR Name[IO_NT_NAME_MAX + 1] = u":";
	LONG n;

	lk_acquire(&Stream->Lock);
	n = 1 + IopStreamNtName(Stream->Name, Name + 1);
	lk_release(&Stream->Lock);
	for (LONG i = 0; i < n; i++, Units++)
		if (Units < Size)
			Out[Units] = Name[i];
	return Units;
}

static NTSTATUS QueryName(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	const ULONG Fixed = offsetof(FILE_NAME_INFORMATION, FileName);
	FILE_NAME_INFORMATION *Name = Buffer;
	PFILE_OBJECT File = a->File->Base ? a->File->Base : a->File;
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
	Name->FileNameLength = IopNtPath(File->Device, *Below ? Below : "/", Name->FileName,
					 (Length - Fixed) / sizeof(WCHAR));
	if (a->File->Base)
		Name->FileNameLength = PutStreamName(a->File, Name->FileName,
						     (Length - Fixed) / sizeof(WCHAR),
						     Name->FileNameLength / sizeof(WCHAR)) *
				       sizeof(WCHAR);
	*Information = Fixed + Name->FileNameLength;
	if (*Information > Length) {
		*Information = Length;
		return STATUS_BUFFER_OVERFLOW;
	}
	return Deleted ? STATUS_FILE_DELETED : STATUS_SUCCESS;
}

/* All that one call can tell; FI7. */
static NTSTATUS QueryAll(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	const ULONG Name = offsetof(FILE_ALL_INFORMATION, NameInformation);
	FILE_ALL_INFORMATION *All = Buffer;
	ULONG_PTR Part;
	NTSTATUS Status;

	QueryBasic(a, &All->BasicInformation, 0, &Part);
	QueryStandard(a, &All->StandardInformation, 0, &Part);
	QueryInternal(a, &All->InternalInformation, 0, &Part);
	QueryEaSize(a, &All->EaInformation, 0, &Part);
	QueryAccess(a, &All->AccessInformation, 0, &Part);
	if (!NT_SUCCESS(QueryPosition(a, &All->PositionInformation, 0, &Part)))
		All->PositionInformation.CurrentByteOffset.QuadPart = 0;
	QueryMode(a, &All->ModeInformation, 0, &Part);
	QueryAlignment(a, &All->AlignmentInformation, 0, &Part);
	Status = QueryName(a, &All->NameInformation, Length - Name, &Part);
	*Information = Name + Part;
	return Status == STATUS_FILE_DELETED ? STATUS_SUCCESS : Status;
}

/* FI17 */
static NTSTATUS QueryNormalizedName(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	return SeHasPrivilege(SE_CHANGE_NOTIFY_PRIVILEGE)
		       ? QueryName(a, Buffer, Length, Information)
		       : STATUS_ACCESS_DENIED;
}

static NTSTATUS QueryLinks(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	return IopQueryLinks(a->File, Buffer, Length, Information);
}

static NTSTATUS QueryStreams(ASKED *a, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	return IopQueryStreams(a->File, Buffer, Length, Information);
}

/* ---- the table ---- */
enum needs { NEEDS_NOTHING, NEEDS_STAT, NEEDS_NODE };

static const struct {
	FILE_INFORMATION_CLASS Class;
	ULONG Size; /* least buffer */
	ACCESS_MASK Access;
	enum needs Needs;
	QUERY *Query;
} Queries[] = {
	{ FileLxrunStatInformation, sizeof(FILE_LXRUN_STAT_INFORMATION), 0, NEEDS_NODE, QueryStat },
	{ FileStatLxInformation, sizeof(FILE_STAT_LX_INFORMATION), 0, NEEDS_NODE, QueryStat },
	{ FileStatInformation, 72, 0, NEEDS_NODE, QueryStat },
	{ FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES, NEEDS_NODE,
	  QueryBasic },
	{ FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0, NEEDS_STAT,
	  QueryStandard },
	{ FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0, NEEDS_STAT,
	  QueryInternal },
	{ FileEaInformation, sizeof(FILE_EA_INFORMATION), 0, NEEDS_NODE, QueryEaSize },
	{ FileAccessInformation, sizeof(FILE_ACCESS_INFORMATION), 0, NEEDS_NOTHING, QueryAccess },
	{ FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0, NEEDS_NOTHING, QueryName },
	{ FileNormalizedNameInformation, sizeof(FILE_NAME_INFORMATION), 0, NEEDS_NOTHING,
	  QueryNormalizedName },
	{ FileHardLinkInformation, sizeof(FILE_LINKS_INFORMATION), 0, NEEDS_NOTHING, QueryLinks },
	{ FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0, NEEDS_NOTHING,
	  QueryPosition },
	{ FileModeInformation, sizeof(FILE_MODE_INFORMATION), 0, NEEDS_NOTHING, QueryMode },
	{ FileAlignmentInformation, sizeof(FILE_ALIGNMENT_INFORMATION), 0, NEEDS_NOTHING,
	  QueryAlignment },
	{ FileAllInformation, sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES, NEEDS_NODE,
	  QueryAll },
	{ FileNetworkOpenInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES,
	  NEEDS_NODE, QueryNetworkOpen },
	{ FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), 0, NEEDS_NODE,
	  QueryAttributeTag },
	{ FileStandardLinkInformation, sizeof(FILE_STANDARD_LINK_INFORMATION), 0, NEEDS_STAT,
	  QueryStandardLink },
	{ FileIdInformation, sizeof(FILE_ID_INFORMATION), 0, NEEDS_STAT, QueryId },
	{ FileStreamInformation, sizeof(FILE_STREAM_INFORMATION), 0, NEEDS_NOTHING, QueryStreams },
	{ FileCaseSensitiveInformation, sizeof(FILE_CASE_SENSITIVE_INFORMATION), 0, NEEDS_NODE,
	  QueryCaseSensitive },
};

static NTSTATUS FindOut(ASKED *a, enum needs Needs)
{
	switch (Needs) {
	case NEEDS_NODE:
		return IopQueryNode(a->File, &a->Node);
	case NEEDS_STAT:
		return IopStatFile(a->File, &a->Node.St);
	default:
		return STATUS_SUCCESS;
	}
}

static NTSTATUS Query(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
		      FILE_INFORMATION_CLASS Class)
{
	const ULONG Count = sizeof(Queries) / sizeof(Queries[0]);
	ULONG_PTR Information = 0;
	ASKED a = { .Class = Class };
	NTSTATUS Status;
	ULONG i = 0;

	if (Class == FilePipeInformation || Class == FilePipeLocalInformation)
		return IopDriverInformation(Handle, Iosb, Buffer, Length, Class, FALSE);
	while (i < Count && Queries[i].Class != Class)
		i++;
	if (i == Count)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < Queries[i].Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbeAnswer(Iosb, Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = IopReferenceFileAs(Handle, Queries[i].Access, &a.File, &a.Granted);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = FindOut(&a, Queries[i].Needs);
	if (NT_SUCCESS(Status))
		Status = Queries[i].Query(&a, Buffer, Length, &Information);
	if (!NT_ERROR(Status) || Status == STATUS_FILE_DELETED) {
		Iosb->Status = Status;
		Iosb->Information = Information;
	}
	IopDereferenceFile(a.File);
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
