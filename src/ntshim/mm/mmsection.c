/* SPDX-License-Identifier: MIT */
/*
 * mmsection.c - section objects: memory that can be mapped, backed by the pagefile (a host memory
 * file) or by a file. Guests map files through direct descriptors instead. nt.md VM11..VM15.
 */
#include "mmp.h"
#include "nt/io.h"
#include "base/alloc.h"
#include <string.h>

#define MAXIMUM_SECTION (1LL << 47) /* nothing larger can be mapped */

static struct list FileSections = LIST_INIT(FileSections); /* LR_MM */
static _Atomic ULONG Images;                               /* of them; LR_MM to change */

static VOID DeleteSection(POBJECT Object)
{
	PSECTION Section = (PSECTION)Object;

	lk_acquire(&MmpLock);
	list_del(&Section->Link);
	if (Section->Inode && Section->Image)
		Images--;
	lk_release(&MmpLock);
	mem_free(Section->Committed);
	mem_free(Section->Image);
	host_close(Section->HostFd);
	if (Section->HasSegment)
		host_shm_release(&Section->Segment);
}

BOOLEAN MmpIsCommitted(const SECTION *Section, ULONGLONG Page)
{
	return !Section->Committed || (Page < Section->Pages && Section->Committed[Page]);
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
	if (MaximumSize > MAXIMUM_SECTION)
		return STATUS_SECTION_TOO_BIG;
	Section->Size = (MaximumSize + 4095) & ~4095LL;
	if (Section->AllocationAttributes & SEC_LXRUN_PICO)
		return MmpBackBySegment(Section);
	if (!(Section->AllocationAttributes & SEC_COMMIT)) {
		Section->Pages = (ULONGLONG)Section->Size / MM_PAGE;
		Section->Committed = mem_alloc(Section->Pages);
		if (!Section->Committed)
			return STATUS_INSUFFICIENT_RESOURCES;
	}
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

/* From here on the file cannot be cut below the section. */
static NTSTATUS Register(PSECTION Section)
{
	uint64_t Device, Inode;
	NTSTATUS Status = host_status(host_file_identity(Section->HostFd, &Device, &Inode));

	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&MmpLock);
	Section->Device = Device;
	Section->Inode = Inode;
	list_add(&FileSections, &Section->Link);
	Images += Section->Image != NULL;
	lk_release(&MmpLock);
	return STATUS_SUCCESS;
}

BOOLEAN MmCanFileBeTruncated(ULONGLONG Device, ULONGLONG Inode, LONGLONG NewSize)
{
	BOOLEAN Can = TRUE;
	PSECTION Section;

	lk_acquire(&MmpLock);
	list_for_each(Section, &FileSections, Link)
		if (Section->Inode == Inode && Section->Device == Device &&
		    (Section->Image || __atomic_load_n(&Section->Size, __ATOMIC_RELAXED) > NewSize))
			Can = FALSE;
	lk_release(&MmpLock);
	return Can;
}

BOOLEAN MmIsFileAnImage(ULONGLONG Device, ULONGLONG Inode)
{
	BOOLEAN Is = FALSE;
	PSECTION Section;

	if (!Images)
		return FALSE;
	lk_acquire(&MmpLock);
	list_for_each(Section, &FileSections, Link)
		Is |= Section->Image && Section->Inode == Inode && Section->Device == Device;
	lk_release(&MmpLock);
	return Is;
}

/* The section shows the image, and the file is held as it is. */
static NTSTATUS BackByImage(PSECTION Section)
{
	int File = Section->HostFd, Memory;
	NTSTATUS Status = MmpMakeImage(File, &Memory, &Section->Image);

	if (!NT_SUCCESS(Status))
		return Status;
	Section->Size = (LONGLONG)(Section->Image->Pages * MM_PAGE);
	Section->Writable = FALSE;
	Status = Register(Section);
	Section->HostFd = Memory;
	host_close(File);
	return Status;
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
	Status = Section->HostFd < 0 ? STATUS_INVALID_FILE_FOR_SECTION : STATUS_SUCCESS;
	if (NT_SUCCESS(Status) && Section->AllocationAttributes & SEC_IMAGE) {
		Status = BackByImage(Section);
	} else if (NT_SUCCESS(Status)) {
		Status = FitToFile(Section, MaximumSize);
		if (NT_SUCCESS(Status))
			Status = Register(Section);
	}
	ObDereferenceObject(File);
	return Status;
}

static NTSTATUS CreateSection(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			      POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER Maximum,
			      ULONG PageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
	ACCESS_MASK Access = NeededAccess(PageProtection);
	LONGLONG MaximumSize;
	PSECTION Section;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status) && Maximum)
		Status = ProbeForRead(Maximum, sizeof(*Maximum), sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	MaximumSize = Maximum ? Maximum->QuadPart : 0;
	if (!Access)
		return STATUS_INVALID_PAGE_PROTECTION;
	if (AllocationAttributes & ~(SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_LXRUN_PICO) ||
	    (AllocationAttributes & SEC_LXRUN_PICO && FileHandle) ||
	    !(AllocationAttributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)))
		return STATUS_INVALID_PARAMETER;
	if (AllocationAttributes & SEC_IMAGE && !FileHandle)
		return STATUS_INVALID_FILE_FOR_SECTION;
	Status = ObCreateObject(&MmSectionType, (POBJECT *)&Section);
	if (!NT_SUCCESS(Status))
		return Status;
	lk_init(&Section->Lock, LR_IO);
	list_init(&Section->Link);
	Section->Protect = PageProtection;
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
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateSection(Section, DesiredAccess, ObjectAttributes, MaximumSize,
					PageProtection, AllocationAttributes, FileHandle);

	TRACE(TR_NT, "NtCreateSection(%s, size=%lld, file=%p) = %s",
	      ObTraceName(ObjectAttributes, Name),
	      MaximumSize && NT_SUCCESS(Status) ? (long long)MaximumSize->QuadPart : 0, FileHandle,
	      NtStatusName(Status));
	return Status;
}

/* The class of Section, into Answer. */
static VOID Describe(PSECTION Section, ULONG Class, PVOID Answer)
{
	SECTION_BASIC_INFORMATION Info = { 0 };

	if (Class == SectionImageInformation) {
		memcpy(Answer, &Section->Image->Information, sizeof(Section->Image->Information));
		return;
	}
	lk_acquire(&Section->Lock);
	Info.MaximumSize.QuadPart = Section->Size;
	lk_release(&Section->Lock);
	Info.AllocationAttributes = Section->Image        ? SEC_FILE | SEC_IMAGE
				    : Section->FileBacked ? SEC_FILE
							  : Section->AllocationAttributes;
	memcpy(Answer, &Info, sizeof(Info));
}

static NTSTATUS QuerySection(HANDLE Handle, ULONG Class, PVOID Buffer, SIZE_T Length,
			     PSIZE_T ReturnLength)
{
	const ULONG Size = Class == SectionImageInformation ? sizeof(SECTION_IMAGE_INFORMATION)
							    : sizeof(SECTION_BASIC_INFORMATION);
	PSECTION Section;
	NTSTATUS Status;

	if (Class > SectionImageInformation)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < Size)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = ProbeForWrite(Buffer, Size, 1);
	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, SECTION_QUERY, &MmSectionType,
						   (POBJECT *)&Section);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Class == SectionImageInformation && !Section->Image)
		Status = STATUS_SECTION_NOT_IMAGE;
	else
		Describe(Section, Class, Buffer);
	if (NT_SUCCESS(Status) && ReturnLength)
		*ReturnLength = Size;
	ObDereferenceObject(&Section->Object);
	return Status;
}

NTSTATUS NtQuerySection(HANDLE Handle, ULONG Class, PVOID Buffer, SIZE_T Length,
			PSIZE_T ReturnLength)
{
	NT_ENTRY(NtQuerySection, .Handle = Handle);
	NTSTATUS Status = QuerySection(Handle, Class, Buffer, Length, ReturnLength);

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
			__atomic_store_n(&Section->Size, NewSize->QuadPart, __ATOMIC_RELAXED);
	}
	NewSize->QuadPart = Section->Size;
	lk_release(&Section->Lock);
	return Status;
}

NTSTATUS NtExtendSection(HANDLE Handle, PLARGE_INTEGER NewSize)
{
	NT_ENTRY(NtExtendSection, .Handle = Handle);
	NTSTATUS Status = ProbeForWrite(NewSize, sizeof(*NewSize), sizeof(ULONG));
	PSECTION Section;

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, SECTION_EXTEND_SIZE, &MmSectionType,
						   (POBJECT *)&Section);
	if (NT_SUCCESS(Status)) {
		Status = Extend(Section, NewSize);
		ObDereferenceObject(&Section->Object);
	}
	TRACE(TR_NT, "NtExtendSection(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
