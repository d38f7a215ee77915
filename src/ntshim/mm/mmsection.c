/* SPDX-License-Identifier: MIT */
/*
 * mmsection.c - section objects: memory that can be mapped, backed by the pagefile (a host memory
 * file) or by a file. Nothing maps them yet: guests map files through direct descriptors. nt.md
 * VM11, VM13, VM14.
 */
#include "nt/mm.h"
#include "nt/io.h"
#include "base/lock.h"
#include "base/trace.h"
#include "../host/host_mem.h"
#include "../host/host_sys.h"
#include <string.h>

typedef struct _SECTION {
	OBJECT Object;
	ULONG AllocationAttributes;
	BOOLEAN FileBacked, Writable;
	int HostFd;     /* owned: the section outlives the file's handle (VM14) */
	struct lk Lock; /* LR_IO; guards: */
	LONGLONG Size;
} SECTION, *PSECTION;

static VOID DeleteSection(POBJECT Object)
{
	host_close(((PSECTION)Object)->HostFd);
}

const OB_TYPE MmSectionType = {
	.Name = "Section",
	.Size = sizeof(SECTION),
	.ValidAccess = SECTION_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
		.GenericWrite = STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE,
		.GenericAll = SECTION_ALL_ACCESS,
	},
	.Delete = DeleteSection,
};

/* What a file handle must allow for a section of this protection; 0: no such protection. */
static ACCESS_MASK NeededAccess(ULONG PageProtection)
{
	switch (PageProtection) {
	case PAGE_READONLY:
	case PAGE_WRITECOPY:
		return FILE_READ_DATA;
	case PAGE_READWRITE:
		return FILE_READ_DATA | FILE_WRITE_DATA;
	case PAGE_EXECUTE:
	case PAGE_EXECUTE_READ:
	case PAGE_EXECUTE_WRITECOPY:
		return FILE_READ_DATA | FILE_EXECUTE;
	case PAGE_EXECUTE_READWRITE:
		return FILE_READ_DATA | FILE_WRITE_DATA | FILE_EXECUTE;
	default:
		return 0;
	}
}

static NTSTATUS BackByPagefile(PSECTION Section, LONGLONG MaximumSize)
{
	if (MaximumSize <= 0)
		return STATUS_INVALID_PARAMETER_4;
	Section->Size = (MaximumSize + 4095) & ~4095LL;
	Section->HostFd = host_memfd("nt-section", Section->Size);
	return Section->HostFd < 0 ? host_status(Section->HostFd) : STATUS_SUCCESS;
}

/* The file's size and the section's agree; a writable section extends the file (VM13). */
static NTSTATUS FitToFile(PSECTION Section, LONGLONG MaximumSize)
{
	int64_t Size = host_file_size(Section->HostFd);

	if (Size < 0)
		return STATUS_INVALID_FILE_FOR_SECTION;
	Section->Size = MaximumSize ? MaximumSize : Size;
	if (!Section->Size)
		return STATUS_MAPPED_FILE_SIZE_ZERO;
	if (Section->Size <= Size)
		return STATUS_SUCCESS;
	if (!Section->Writable)
		return STATUS_SECTION_TOO_BIG;
	return host_status(host_file_resize(Section->HostFd, Section->Size));
}

static NTSTATUS BackByFile(PSECTION Section, LONGLONG MaximumSize, ACCESS_MASK Access,
			   HANDLE FileHandle)
{
	POBJECT File;
	NTSTATUS Status;
	int Fd;

	if (MaximumSize < 0)
		return STATUS_INVALID_PARAMETER_4;
	Status = ObReferenceObjectByHandle(FileHandle, Access, &IoFileType, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	Section->FileBacked = TRUE;
	Section->Writable = !!(Access & FILE_WRITE_DATA);
	Fd = IoHostDescriptor(FileHandle);
	Section->HostFd = Fd < 0 ? Fd : host_dup(Fd);
	Status = Section->HostFd < 0 ? STATUS_INVALID_FILE_FOR_SECTION
				     : FitToFile(Section, MaximumSize);
	ObDereferenceObject(File);
	return Status;
}

static NTSTATUS CreateSection(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, LONGLONG MaximumSize,
			      ULONG PageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
	ACCESS_MASK Access = NeededAccess(PageProtection);
	PSECTION Section;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (!NT_SUCCESS(Status))
		return Status;
	if (!Access)
		return STATUS_INVALID_PAGE_PROTECTION;
	if (AllocationAttributes & ~(SEC_COMMIT | SEC_RESERVE) ||
	    !(AllocationAttributes & (SEC_COMMIT | SEC_RESERVE)))
		return STATUS_INVALID_PARAMETER;
	Status = ObCreateObject(&MmSectionType, (POBJECT *)&Section);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_init(&Section->Lock, LR_IO);
	Section->HostFd = -1;
	Section->AllocationAttributes = AllocationAttributes;
	Status = FileHandle ? BackByFile(Section, MaximumSize, Access, FileHandle)
			    : BackByPagefile(Section, MaximumSize);
	if (NT_SUCCESS(Status))
		return ObInsertObject(&Section->Object, ObjectAttributes, DesiredAccess, Handle);
	ObDereferenceObject(&Section->Object);
	return Status;
}

NTSTATUS NtCreateSection(PHANDLE Section, ACCESS_MASK DesiredAccess,
			 POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
			 ULONG PageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
	NT_ENTRY(NtCreateSection, .Attributes = ObjectAttributes, .Output = Section);
	LONGLONG Size = MaximumSize ? MaximumSize->QuadPart : 0;
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateSection(Section, DesiredAccess, ObjectAttributes, Size,
					PageProtection, AllocationAttributes, FileHandle);

	TRACE(TR_NT, "NtCreateSection(%s, size=%lld, file=%p) = %s",
	      ObTraceName(ObjectAttributes, Name), (long long)Size, FileHandle,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtQuerySection(HANDLE Handle, ULONG Class, PVOID Buffer, SIZE_T Length,
			PSIZE_T ReturnLength)
{
	NT_ENTRY(NtQuerySection, .Handle = Handle);
	SECTION_BASIC_INFORMATION Info = { 0 };
	NTSTATUS Status = STATUS_SUCCESS;
	PSECTION Section;

	if (Class != 0)
		Status = STATUS_INVALID_INFO_CLASS;
	else if (Length < sizeof(Info))
		Status = STATUS_INFO_LENGTH_MISMATCH;
	else if (!Buffer)
		Status = STATUS_ACCESS_VIOLATION;
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, SECTION_QUERY, &MmSectionType,
						   (POBJECT *)&Section);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&Section->Lock);
		Info.MaximumSize.QuadPart = Section->Size;
		lk_release(&Section->Lock);
		Info.AllocationAttributes = Section->FileBacked ? SEC_FILE
								: Section->AllocationAttributes;
		memcpy(Buffer, &Info, sizeof(Info));
		if (ReturnLength)
			*ReturnLength = sizeof(Info);
		ObDereferenceObject(&Section->Object);
	}
	TRACE(TR_NT, "NtQuerySection(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

/* Grows the file with the section; a smaller size is no error and changes nothing. */
static NTSTATUS Extend(PSECTION Section, PLARGE_INTEGER NewSize)
{
	NTSTATUS Status = STATUS_SUCCESS;

	if (!Section->FileBacked || !Section->Writable)
		return STATUS_SECTION_NOT_EXTENDED;
	lk_acquire(&Section->Lock);
	if (NewSize->QuadPart > Section->Size) {
		if (host_file_size(Section->HostFd) < NewSize->QuadPart)
			Status = host_status(host_file_resize(Section->HostFd, NewSize->QuadPart));
		if (NT_SUCCESS(Status))
			Section->Size = NewSize->QuadPart;
	}
	NewSize->QuadPart = Section->Size;
	lk_release(&Section->Lock);
	return Status;
}

NTSTATUS NtExtendSection(HANDLE Handle, PLARGE_INTEGER NewSize)
{
	NT_ENTRY(NtExtendSection, .Handle = Handle);
	NTSTATUS Status = STATUS_ACCESS_VIOLATION;
	PSECTION Section;

	if (NewSize)
		Status = ObReferenceObjectByHandle(Handle, SECTION_EXTEND_SIZE, &MmSectionType,
						   (POBJECT *)&Section);
	if (NT_SUCCESS(Status)) {
		Status = Extend(Section, NewSize);
		ObDereferenceObject(&Section->Object);
	}
	TRACE(TR_NT, "NtExtendSection(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
