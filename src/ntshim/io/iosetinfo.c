/* SPDX-License-Identifier: MIT */
/* iosetinfo.c - NtSetInformationFile: one table row per class. Names are changed in iorename.c. */
#include "iop.h"
#include "nt/mm.h"

typedef NTSTATUS SET(PFILE_OBJECT File, PVOID Buffer, ULONG Length);

/* Times only: the attributes of a host file follow from its type. 0, -1 and -2 leave a time alone (FI4). */
static struct host_time TimeToSet(LARGE_INTEGER Time)
{
	return Time.QuadPart > 0 ? IopHostTime(Time.QuadPart) : HOST_TIME_OMIT;
}

/* lx and win volumes: attributes and creation time are metadata of ours (FI4). */
static NTSTATUS SetAttributes(PFILE_OBJECT File, const FILE_BASIC_INFORMATION *Basic)
{
	LONGLONG Creation = Basic->CreationTime.QuadPart;
	BOOLEAN Directory = IopIsDirectory(File->Base ? File->Base : File);
	ULONG Attributes = Basic->FileAttributes;
	host_fd Fd = IopMetadataFd(File);
	IOP_NODE Node;
	NTSTATUS Status;

	if (Attributes & FILE_ATTRIBUTE_TEMPORARY && Directory)
		return STATUS_INVALID_PARAMETER;
	if (!Attributes && Creation <= 0)
		return STATUS_SUCCESS;
	Status = IopQueryNode(File, &Node);
	if (!NT_SUCCESS(Status))
		return Status;
	if (!Attributes)
		Attributes = Node.Attributes;
	else
		Attributes |= Node.Attributes & FILE_ATTRIBUTE_SPARSE_FILE;
	/* A time set before stays; the host's own need not be stored. */
	if (Creation <= 0)
		Creation = IopStoredCreation(Fd);
	if (Node.Attributes & ~Attributes & FILE_ATTRIBUTE_READONLY && !Directory)
		Status = IopMakeWritable(Fd);
	return NT_SUCCESS(Status) ? IopStoreAttributes(Fd, Directory, Attributes, Creation)
				  : Status;
}

static NTSTATUS SetBasic(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_BASIC_INFORMATION *Basic = Buffer;

	if (Basic->FileAttributes & FILE_ATTRIBUTE_DIRECTORY && !IopIsDirectory(File))
		return STATUS_INVALID_PARAMETER;
	if (IopIsNt(File->Device)) {
		NTSTATUS Status = SetAttributes(File, Basic);

		if (!NT_SUCCESS(Status))
			return Status;
	}
	return host_utimens(IopMetadataFd(File), TimeToSet(Basic->LastAccessTime),
			    TimeToSet(Basic->LastWriteTime));
}

static NTSTATUS SetPosition(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	LONGLONG Position = ((const FILE_POSITION_INFORMATION *)Buffer)->CurrentByteOffset.QuadPart;

	if (Position < 0)
		return STATUS_INVALID_PARAMETER;
	if (IopIsDirectory(File))
		return IopSetDirectoryPosition(File, Position);
	if (File->Type != HOST_S_IFREG || File->PathOnly)
		return STATUS_INVALID_DEVICE_REQUEST;
	return host_lseek(File->Fd, Position, HOST_SEEK_SET, &Position);
}

/* VM15: cutting asks those who have it mapped. */
static NTSTATUS Resize(PFILE_OBJECT File, LONGLONG Size)
{
	struct host_stat St;
	NTSTATUS Status;

	if (!MmCanFileBeTruncated(File->HostDevice, File->Inode, Size)) {
		Status = host_fstat(File->Fd, &St);
		if (!NT_SUCCESS(Status) || (ULONGLONG)Size < St.size)
			return NT_SUCCESS(Status) ? STATUS_USER_MAPPED_FILE : Status;
	}
	Status = host_truncate(File->Fd, Size);
	if (NT_SUCCESS(Status))
		IopNotifyStreamData(File, FILE_NOTIFY_CHANGE_STREAM_SIZE);
	return Status;
}

static NTSTATUS SetEndOfFile(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	LONGLONG Size = ((const FILE_END_OF_FILE_INFORMATION *)Buffer)->EndOfFile.QuadPart;

	if (Size < 0 || File->Type != HOST_S_IFREG)
		return STATUS_INVALID_PARAMETER;
	return Resize(File, Size);
}

/* RW10: less than the file has cuts it, more reserves. */
static NTSTATUS SetAllocation(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	LONGLONG Size = ((const FILE_ALLOCATION_INFORMATION *)Buffer)->AllocationSize.QuadPart;
	struct host_stat St;
	NTSTATUS Status;

	if (Size < 0 || File->Type != HOST_S_IFREG)
		return STATUS_INVALID_PARAMETER;
	Status = host_fstat(File->Fd, &St);
	if (!NT_SUCCESS(Status))
		return Status;
	if ((ULONGLONG)Size < St.size)
		return Resize(File, Size);
	return Size ? host_reserve(File->Fd, Size) : STATUS_SUCCESS;
}

/* RW11: SeManageVolumePrivilege is nobody's here. */
static NTSTATUS SetValidDataLength(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	return STATUS_PRIVILEGE_NOT_HELD;
}

/* FI11 */
static NTSTATUS SetCaseSensitive(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	ULONG Flags = ((const FILE_CASE_SENSITIVE_INFORMATION *)Buffer)->Flags;

	if (!IopIsDirectory(File) || Flags & ~FILE_CS_FLAG_CASE_SENSITIVE_DIR)
		return STATUS_INVALID_PARAMETER;
	return IopSetCaseSensitive(File->Device, File->Fd, Flags != 0);
}

static struct host_time LxrunTime(LONGLONG Sec, LONGLONG Nsec)
{
	return Nsec == FILE_LXRUN_NOW ? HOST_TIME_NOW : (struct host_time){ Sec, (ULONG)Nsec };
}

/* Owner first: changing it drops set-id bits, which a mode given as well is to have. */
static NTSTATUS SetLxrun(PFILE_OBJECT File, PVOID Buffer, ULONG Length)
{
	const FILE_LXRUN_SET_INFORMATION *Set = Buffer;
	ULONG Valid = Set->Valid;
	NTSTATUS Status = STATUS_SUCCESS;

	if (Valid & FILE_LXRUN_SET_ATIME &&
	    (Set->AtimeNsec < FILE_LXRUN_NOW || Set->AtimeNsec > 999999999))
		return STATUS_INVALID_PARAMETER;
	if (Valid & FILE_LXRUN_SET_MTIME &&
	    (Set->MtimeNsec < FILE_LXRUN_NOW || Set->MtimeNsec > 999999999))
		return STATUS_INVALID_PARAMETER;
	if (IopIsNt(File->Device)) {
		Status = IopSetLxMetadata(File, Set);
		Valid &= ~(FILE_LXRUN_SET_UID | FILE_LXRUN_SET_GID | FILE_LXRUN_SET_MODE);
	}
	if (Valid & (FILE_LXRUN_SET_UID | FILE_LXRUN_SET_GID))
		Status = host_chown(File->Fd, Valid & FILE_LXRUN_SET_UID ? Set->Uid : ~0u,
				    Valid & FILE_LXRUN_SET_GID ? Set->Gid : ~0u);
	if (NT_SUCCESS(Status) && Valid & FILE_LXRUN_SET_MODE)
		Status = host_chmod(File->Fd, Set->Mode);
	if (NT_SUCCESS(Status) && Valid & (FILE_LXRUN_SET_ATIME | FILE_LXRUN_SET_MTIME))
		Status = host_utimens(
			File->Fd,
			Valid & FILE_LXRUN_SET_ATIME ? LxrunTime(Set->AtimeSec, Set->AtimeNsec)
						     : HOST_TIME_OMIT,
			Valid & FILE_LXRUN_SET_MTIME ? LxrunTime(Set->MtimeSec, Set->MtimeNsec)
						     : HOST_TIME_OMIT);
	return Status;
}

#define NAME_SIZE (offsetof(FILE_RENAME_INFORMATION, FileName) + sizeof(WCHAR))

/* FileLxrunSetInformation asks for no right: its only caller, lxcore, has applied Linux's rules. */
static const struct {
	FILE_INFORMATION_CLASS Class;
	ULONG Size;
	ACCESS_MASK Access;
	SET *Set;
} Sets[] = {
	{ FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES, SetBasic },
	{ FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0, SetPosition },
	{ FileEndOfFileInformation, sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA,
	  SetEndOfFile },
	{ FileAllocationInformation, sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA,
	  SetAllocation },
	{ FileValidDataLengthInformation, sizeof(FILE_VALID_DATA_LENGTH_INFORMATION),
	  FILE_WRITE_DATA, SetValidDataLength },
	{ FileCaseSensitiveInformation, sizeof(FILE_CASE_SENSITIVE_INFORMATION),
	  FILE_WRITE_ATTRIBUTES, SetCaseSensitive },
	{ FileDispositionInformation, sizeof(FILE_DISPOSITION_INFORMATION), DELETE,
	  IopSetDisposition },
	{ FileDispositionInformationEx, sizeof(FILE_DISPOSITION_INFORMATION_EX), DELETE,
	  IopSetDispositionEx },
	{ FileRenameInformation, NAME_SIZE, DELETE, IopSetRename },
	{ FileRenameInformationEx, NAME_SIZE, DELETE, IopSetRenameEx },
	{ FileLinkInformation, NAME_SIZE, 0, IopSetLink },
	{ FileLinkInformationEx, NAME_SIZE, 0, IopSetLinkEx },
	{ FileCompletionInformation, sizeof(FILE_COMPLETION_INFORMATION), 0, IopSetCompletion },
	{ FileIoCompletionNotificationInformation,
	  sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0, IopSetNotificationModes },
	{ FileLxrunSetInformation, sizeof(FILE_LXRUN_SET_INFORMATION), 0, SetLxrun },
};

static NTSTATUS Set(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
		    FILE_INFORMATION_CLASS Class)
{
	const ULONG Count = sizeof(Sets) / sizeof(Sets[0]);
	PFILE_OBJECT File;
	NTSTATUS Status;
	ULONG i = 0;

	if (Class == FilePipeInformation)
		return IopDriverInformation(Handle, Iosb, Buffer, Length, Class, TRUE);
	while (i < Count && Sets[i].Class != Class)
		i++;
	if (i == Count)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < Sets[i].Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbeGiven(Iosb, Buffer, Length,
			       Sets[i].Size < sizeof(ULONG) ? 1 : sizeof(ULONG));
	/* Those two are the I/O manager's, whatever the driver. */
	if (NT_SUCCESS(Status) && (Class == FileCompletionInformation ||
				   Class == FileIoCompletionNotificationInformation))
		Status = ObReferenceObjectByHandle(Handle, 0, &IoFileType, (POBJECT *)&File);
	else if (NT_SUCCESS(Status))
		Status = IopReferenceFile(Handle, Sets[i].Access, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = Sets[i].Set(File, Buffer, Length);
	if (NT_SUCCESS(Status)) {
		Iosb->Status = Status;
		Iosb->Information = 0;
	}
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS NtSetInformationFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			      FILE_INFORMATION_CLASS Class)
{
	NT_ENTRY(NtSetInformationFile, .Handle = File, .Iosb = Iosb);
	NTSTATUS Status = Set(File, Iosb, Buffer, Length, Class);

	if (trace_on(TR_NT))
		IopTraceClass("NtSetInformationFile", File, IopClassName(Class), Status);
	return Status;
}
