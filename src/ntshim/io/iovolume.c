/* SPDX-License-Identifier: MIT */
/* iovolume.c - NtQueryVolumeInformationFile: the host file system below a handle. */
#include "iop.h"
#include <string.h>

/* Differs between volumes of this process; NT's would last longer. */
ULONGLONG IopVolumeSerial(const DEVICE_OBJECT *Device)
{
	return 0x4C58000000000000u | Device->Number;
}

/* What a class is filled from. */
typedef struct _VOLUME {
	PFILE_OBJECT File;
	struct host_statfs St;
} VOLUME;

/* As much of the name as fits behind Fixed bytes of Buffer. */
static NTSTATUS PutName(PVOID Buffer, ULONG Length, ULONG Fixed, PCWSTR Name, ULONG Bytes,
			PULONG_PTR Information)
{
	ULONG Fit = Length - Fixed < Bytes ? Length - Fixed : Bytes;

	memcpy((char *)Buffer + Fixed, Name, Fit);
	*Information = Fixed + Fit;
	return Fit < Bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS FsVolume(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_FS_VOLUME_INFORMATION *Info = Buffer;

	memset(Info, 0, sizeof(*Info));
	Info->VolumeSerialNumber = (ULONG)IopVolumeSerial(v->File->Device);
	*Information = offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
	return STATUS_SUCCESS;
}

static VOID Units(const struct host_statfs *St, ULONG *SectorsPerUnit, ULONG *BytesPerSector)
{
	ULONGLONG Unit = St->frsize ? St->frsize : St->bsize;

	*SectorsPerUnit = Unit % 512 ? 1 : (ULONG)(Unit / 512);
	*BytesPerSector = Unit % 512 ? (ULONG)Unit : 512;
}

static NTSTATUS FsSize(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_FS_SIZE_INFORMATION Info = {
		.TotalAllocationUnits.QuadPart = (LONGLONG)v->St.blocks,
		.AvailableAllocationUnits.QuadPart = (LONGLONG)v->St.bavail,
	};

	Units(&v->St, &Info.SectorsPerAllocationUnit, &Info.BytesPerSector);
	memcpy(Buffer, &Info, sizeof(Info));
	*Information = sizeof(Info);
	return STATUS_SUCCESS;
}

static NTSTATUS FsFullSize(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	FILE_FS_FULL_SIZE_INFORMATION Info = {
		.TotalAllocationUnits.QuadPart = (LONGLONG)v->St.blocks,
		.CallerAvailableAllocationUnits.QuadPart = (LONGLONG)v->St.bavail,
		.ActualAvailableAllocationUnits.QuadPart = (LONGLONG)v->St.bfree,
	};

	Units(&v->St, &Info.SectorsPerAllocationUnit, &Info.BytesPerSector);
	memcpy(Buffer, &Info, sizeof(Info));
	*Information = sizeof(Info);
	return STATUS_SUCCESS;
}

static NTSTATUS FsDevice(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	*(FILE_FS_DEVICE_INFORMATION *)Buffer =
		(FILE_FS_DEVICE_INFORMATION){ FILE_DEVICE_DISK, FILE_DEVICE_IS_MOUNTED };
	*Information = sizeof(FILE_FS_DEVICE_INFORMATION);
	return STATUS_SUCCESS;
}

/* FI16. The name is NT's own, as programs compare it; what it cannot do is not among the bits. */
static NTSTATUS FsAttribute(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	static const WCHAR Name[] = u"NTFS";
	const ULONG Bytes = sizeof(Name) - sizeof(WCHAR);
	FILE_FS_ATTRIBUTE_INFORMATION *Info = Buffer;

	Info->FileSystemAttributes = FILE_CASE_SENSITIVE_SEARCH | FILE_CASE_PRESERVED_NAMES |
				     FILE_UNICODE_ON_DISK | FILE_SUPPORTS_SPARSE_FILES |
				     FILE_SUPPORTS_REPARSE_POINTS |
				     FILE_SUPPORTS_POSIX_UNLINK_RENAME | FILE_SUPPORTS_HARD_LINKS |
				     FILE_SUPPORTS_EXTENDED_ATTRIBUTES |
				     FILE_SUPPORTS_OPEN_BY_FILE_ID;
	if (v->File->Device->Personality == VolumePersonalityWin)
		Info->FileSystemAttributes |= FILE_PERSISTENT_ACLS | FILE_NAMED_STREAMS;
	Info->MaximumComponentNameLength = 255;
	Info->FileSystemNameLength = Bytes;
	return PutName(Buffer, Length, offsetof(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName),
		       Name, Bytes, Information);
}

static NTSTATUS FsLxrun(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
	const struct host_statfs *St = &v->St;
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
		.Personality = v->File->Device->Personality,
	};

	memcpy(Buffer, &Info, sizeof(Info));
	*Information = sizeof(Info);
	return STATUS_SUCCESS;
}

static const struct {
	FS_INFORMATION_CLASS Class;
	const char *Name;
	ULONG Size;
	NTSTATUS (*Fill)(const VOLUME *v, PVOID Buffer, ULONG Length, PULONG_PTR Information);
} Classes[] = {
	{ FileFsLxrunInformation, "FileFsLxrunInformation", sizeof(FILE_FS_LXRUN_INFORMATION),
	  FsLxrun },
	{ FileFsFullSizeInformation, "FileFsFullSizeInformation",
	  sizeof(FILE_FS_FULL_SIZE_INFORMATION), FsFullSize },
	{ FileFsVolumeInformation, "FileFsVolumeInformation", sizeof(FILE_FS_VOLUME_INFORMATION),
	  FsVolume },
	{ FileFsSizeInformation, "FileFsSizeInformation", sizeof(FILE_FS_SIZE_INFORMATION),
	  FsSize },
	{ FileFsDeviceInformation, "FileFsDeviceInformation", sizeof(FILE_FS_DEVICE_INFORMATION),
	  FsDevice },
	{ FileFsAttributeInformation, "FileFsAttributeInformation",
	  sizeof(FILE_FS_ATTRIBUTE_INFORMATION), FsAttribute },
};

static NTSTATUS QueryVolume(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			    FS_INFORMATION_CLASS Class, const char **Name)
{
	const ULONG Count = sizeof(Classes) / sizeof(Classes[0]);
	ULONG_PTR Information = 0;
	NTSTATUS Status;
	ULONG i = 0;
	VOLUME v;

	while (i < Count && Classes[i].Class != Class)
		i++;
	if (i == Count)
		return STATUS_INVALID_INFO_CLASS;
	*Name = Classes[i].Name;
	if (Length < Classes[i].Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbeAnswer(Iosb, Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = IopReferenceFile(Handle, 0, &v.File);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_fstatfs(v.File->Fd, &v.St);
	if (NT_SUCCESS(Status))
		Status = Classes[i].Fill(&v, Buffer, Length, &Information);
	if (!NT_ERROR(Status)) {
		Iosb->Status = Status;
		Iosb->Information = Information;
	}
	IopDereferenceFile(v.File);
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
