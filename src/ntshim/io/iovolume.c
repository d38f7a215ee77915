/* SPDX-License-Identifier: MIT */
/* iovolume.c - NtQueryVolumeInformationFile: the host file system below a handle. */
#include "iop.h"
#include <string.h>

/* Differs between volumes of this process; NT's would last longer. */
ULONGLONG IopVolumeSerial(const DEVICE_OBJECT *Device)
{
	return 0x4C58000000000000u | Device->Number;
}

static ULONG FullSize(const struct host_statfs *St, PVOID Buffer)
{
	ULONGLONG Unit = St->frsize ? St->frsize : St->bsize;
	FILE_FS_FULL_SIZE_INFORMATION Info = {
		.TotalAllocationUnits.QuadPart = (LONGLONG)St->blocks,
		.CallerAvailableAllocationUnits.QuadPart = (LONGLONG)St->bavail,
		.ActualAvailableAllocationUnits.QuadPart = (LONGLONG)St->bfree,
		.SectorsPerAllocationUnit = Unit % 512 ? 1 : (ULONG)(Unit / 512),
		.BytesPerSector = Unit % 512 ? (ULONG)Unit : 512,
	};

	memcpy(Buffer, &Info, sizeof(Info));
	return sizeof(Info);
}

static ULONG Lxrun(const struct host_statfs *St, PVOID Buffer)
{
	FILE_FS_LXRUN_INFORMATION Info = {
		.Type = St->type,
		.BlockSize = St->bsize,
		.Blocks = St->blocks,
		.FreeBlocks = St->bfree,
		.AvailableBlocks = St->bavail,
		.Files = St->files,
		.FreeFiles = St->ffree,
		.FsId = St->fsid,
		.NameMax = St->namelen,
		.FragmentSize = St->frsize,
		.Flags = St->flags,
	};

	memcpy(Buffer, &Info, sizeof(Info));
	return sizeof(Info);
}

static const struct {
	FS_INFORMATION_CLASS Class;
	const char *Name;
	ULONG Size;
	ULONG (*Fill)(const struct host_statfs *St, PVOID Buffer);
} Classes[] = {
	{ FileFsLxrunInformation, "FileFsLxrunInformation", sizeof(FILE_FS_LXRUN_INFORMATION),
	  Lxrun },
	{ FileFsFullSizeInformation, "FileFsFullSizeInformation",
	  sizeof(FILE_FS_FULL_SIZE_INFORMATION), FullSize },
};

static NTSTATUS QueryVolume(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			    FS_INFORMATION_CLASS Class, const char **Name)
{
	const ULONG Count = sizeof(Classes) / sizeof(Classes[0]);
	struct host_statfs St;
	PFILE_OBJECT File;
	NTSTATUS Status;
	ULONG i = 0;

	while (i < Count && Classes[i].Class != Class)
		i++;
	if (i == Count)
		return STATUS_INVALID_INFO_CLASS;
	*Name = Classes[i].Name;
	if (Length < Classes[i].Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbe(Iosb, Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = IopReferenceFile(Handle, 0, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_fstatfs(File->Fd, &St);
	if (NT_SUCCESS(Status)) {
		Iosb->Information = Classes[i].Fill(&St, Buffer);
		Iosb->Status = Status;
	}
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS NtQueryVolumeInformationFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer,
				      ULONG Length, FS_INFORMATION_CLASS Class)
{
	NT_ENTRY(NtQueryVolumeInformationFile, .Handle = File);
	const char *Name = "unknown";
	NTSTATUS Status = QueryVolume(File, Iosb, Buffer, Length, Class, &Name);

	if (trace_on(TR_NT))
		IopTraceClass("NtQueryVolumeInformationFile", File, Name, Status);
	return Status;
}
