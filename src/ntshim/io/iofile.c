/* SPDX-License-Identifier: MIT */
/*
 * iofile.c - file objects, NtCreateFile and NtOpenFile: what is the same for all devices.
 *
 * NtCreateFile checks its arguments (nt.md section 2), then the object manager finds the device or
 * root file and comes back through IopParse to OpenRoutine, and the device's driver opens.
 */
#include "iop.h"
#include "../host/host_tty.h"
#include "base/alloc.h"
#include <string.h>

static VOID CloseFile(POBJECT Object)
{
	PFILE_OBJECT File = IopFile(Object);

	if (File->Device->Driver->Cleanup)
		File->Device->Driver->Cleanup(File);
	IopNotifyCleanup(File);
	IopUnlockAll(File);
	IopCancelFile(File);
	IopShareCleanup(File);
}

static VOID DeleteFile(POBJECT Object)
{
	PFILE_OBJECT File = IopFile(Object);

	IopShareCleanup(File);  /* a file that never got a handle */
	IopNotifyCleanup(File); /* and what came after the last handle had gone */
	IopUnlockAll(File);
	if (File->Device->Driver->Close)
		File->Device->Driver->Close(File);
	IopJournalForget(File);
	if (File->Device && File->Device->Driver == &IopConsoleDriver)
		host_tty_forget(File->Fd);
	host_closefd(File->Fd);
	IopFreeDirectory(File);
	mem_free(File->Name);
	if (File->Port)
		IopDereferencePort(File->Port);
	if (File->Parent)
		IopDereferenceFile(File->Parent);
	if (File->Base)
		IopDereferenceFile(File->Base);
	ObDereferenceObject(&File->Device->Object);
}

const OB_TYPE IoFileType = {
	.Name = "File",
	.Size = sizeof(FILE_OBJECT),
	.ValidAccess = FILE_ALL_ACCESS,
	.Mapping = { FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS },
	.Delete = DeleteFile,
	.Close = CloseFile,
	.Parse = IopParse,
	.DispatcherOffset = offsetof(FILE_OBJECT, Event),
	.GetSecurity = IopGetFileSecurity,
	.SetSecurity = IopSetFileSecurity,
};

NTSTATUS IopNewFile(PDEVICE_OBJECT Device, host_fd Fd, ULONG Type, const IOP_OPEN *Open,
		    PFILE_OBJECT *File)
{
	POBJECT Object;
	NTSTATUS Status = ObCreateObject(&IoFileType, &Object);

	*File = NULL;
	if (!NT_SUCCESS(Status)) {
		host_closefd(Fd);
		return Status;
	}
	*File = IopFile(Object);
	ObReferenceObject(&Device->Object);
	(*File)->Device = Device;
	(*File)->Fd = Fd;
	(*File)->Type = Type;
	(*File)->Options = Open->Options;
	lk_init(&(*File)->Lock, LR_FCB);
	list_init(&(*File)->CacheLink);
	list_init(&(*File)->Requests);
	KeInitializeEvent(&(*File)->Event, NotificationEvent, TRUE); /* the open has ended */
	KeInitializeEvent(&(*File)->NotBusy, SynchronizationEvent, FALSE);
	return STATUS_SUCCESS;
}

NTSTATUS IopReferenceFileAs(HANDLE Handle, ACCESS_MASK Access, PFILE_OBJECT *File,
			    PACCESS_MASK Granted)
{
	POBJECT Object;
	NTSTATUS Status = ObReferenceHandle(Handle, &Object, Granted);

	if (!NT_SUCCESS(Status))
		return Status;
	*File = IopFile(Object);
	if (Object->Type != &IoFileType)
		Status = STATUS_OBJECT_TYPE_MISMATCH;
	else if (Access & ~*Granted)
		Status = STATUS_ACCESS_DENIED;
	else if ((*File)->Fd.v < 0)
		Status = STATUS_INVALID_DEVICE_REQUEST;
	if (!NT_SUCCESS(Status))
		ObDereferenceObject(Object);
	return Status;
}

NTSTATUS IopReferenceFile(HANDLE Handle, ACCESS_MASK Access, PFILE_OBJECT *File)
{
	ACCESS_MASK Granted;

	return IopReferenceFileAs(Handle, Access, File, &Granted);
}

ACCESS_MASK IopMapAccess(ACCESS_MASK Desired)
{
	static const struct {
		ACCESS_MASK Generic, Rights;
	} Map[] = {
		{ GENERIC_READ, FILE_GENERIC_READ },       { GENERIC_WRITE, FILE_GENERIC_WRITE },
		{ GENERIC_EXECUTE, FILE_GENERIC_EXECUTE }, { GENERIC_ALL, FILE_ALL_ACCESS },
		{ MAXIMUM_ALLOWED, FILE_ALL_ACCESS },
	};
	ACCESS_MASK Access = Desired;

	for (ULONG i = 0; i < sizeof(Map) / sizeof(Map[0]); i++)
		if (Desired & Map[i].Generic)
			Access = (Access & ~Map[i].Generic) | Map[i].Rights;
	return Access;
}

/* CF8, CF18, CF19, CF20. */
static NTSTATUS CheckOptions(const IOP_OPEN *Open)
{
	ULONG Options = Open->Options,
	      Sync = Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
	BOOLEAN MakesDirectory = Open->Disposition == FILE_CREATE ||
				 Open->Disposition == FILE_OPEN ||
				 Open->Disposition == FILE_OPEN_IF;

	if (Open->Disposition > FILE_OVERWRITE_IF || Open->ShareAccess & ~FILE_SHARE_VALID_FLAGS)
		return STATUS_INVALID_PARAMETER;
	if (Options & FILE_DIRECTORY_FILE && (Options & FILE_NON_DIRECTORY_FILE || !MakesDirectory))
		return STATUS_INVALID_PARAMETER;
	if (Sync && (!(Open->Access & SYNCHRONIZE) || (Sync & (Sync - 1))))
		return STATUS_INVALID_PARAMETER;
	if (Options & FILE_DELETE_ON_CLOSE && !(Open->Access & DELETE))
		return STATUS_INVALID_PARAMETER;
	if (Options & FILE_NO_INTERMEDIATE_BUFFERING && Open->Access & FILE_APPEND_DATA)
		return STATUS_INVALID_PARAMETER;
	if (Options & FILE_LXRUN_TMPFILE && Open->Disposition != FILE_CREATE)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static NTSTATUS OpenRoutine(PIOP_PARSE Parse, PDEVICE_OBJECT Device, PFILE_OBJECT Root,
			    PIOP_NAME Name, POBJECT *Found)
{
	PIOP_OPEN Open = container_of(Parse, IOP_OPEN, Parse);
	PFILE_OBJECT File;
	NTSTATUS Status;

	if (!Device->Driver->Create)
		return STATUS_INVALID_DEVICE_REQUEST;
	Status = Device->Driver->Create(Open, Device, Root, Name, &File);
	if (Status == STATUS_SUCCESS) {
		/* CF26; that the host has no room for it now is no reason to fail. */
		if (Open->AllocationSize > 0 && File->Type == HOST_S_IFREG && !File->PathOnly &&
		    Open->Information != FILE_OPENED)
			host_reserve(File->Fd, Open->AllocationSize);
		File->ById = Open->Parse.ById;
		File->Volume = Open->Parse.Volume;
		*Found = &File->Object;
	}
	return Status;
}

/* CF17: needs a volume to be relative to; what has no name is neither made nor deleted. */
static NTSTATUS PrepareById(PIOP_OPEN Open, const OBJECT_ATTRIBUTES *ObjectAttributes)
{
	if (!ObjectAttributes || !ObjectAttributes->RootDirectory)
		return STATUS_INVALID_PARAMETER;
	if (Open->Disposition == FILE_CREATE)
		return STATUS_OBJECT_NAME_COLLISION;
	Open->Parse.ById = TRUE;
	Open->Options &= ~FILE_DELETE_ON_CLOSE;
	return STATUS_SUCCESS;
}

/* What the caller's pointers lead to. SeDeassignSecurity(Open->Security) afterwards. */
static NTSTATUS Capture(const OBJECT_ATTRIBUTES *ObjectAttributes, PLARGE_INTEGER AllocationSize,
			PIOP_OPEN Open)
{
	NTSTATUS Status = STATUS_SUCCESS;

	if (Open->EaBuffer)
		Status = ProbeForRead(Open->EaBuffer, Open->EaLength, sizeof(ULONG));
	if (NT_SUCCESS(Status) && AllocationSize) {
		Status = ProbeForRead(AllocationSize, sizeof(*AllocationSize), sizeof(ULONG));
		if (NT_SUCCESS(Status))
			Open->AllocationSize = AllocationSize->QuadPart;
	}
	if (!NT_SUCCESS(Status) || Open->Disposition == FILE_OPEN)
		return Status;
	Status = ObProbeAttributes(ObjectAttributes);
	if (NT_SUCCESS(Status) && ObjectAttributes->SecurityDescriptor)
		Status = SeCaptureSecurityDescriptor(ObjectAttributes->SecurityDescriptor,
						     &Open->Security);
	return Status;
}

/* The driver has seen to the access: of the file's descriptor, if it has one. */
static NTSTATUS OpenByName(PHANDLE Handle, POBJECT_ATTRIBUTES ObjectAttributes, PIOP_OPEN Open)
{
	POBJECT File;
	NTSTATUS Status;

	Open->Attributes = ObjectAttributes;
	Status = ObReferenceObjectByName(ObjectAttributes, &IoFileType, Open->Access, &Open->Parse,
					 &File);
	if (!NT_SUCCESS(Status))
		return Status;
	return ObOpenCheckedObject(File, Open->Access & (FILE_ALL_ACCESS | ACCESS_SYSTEM_SECURITY),
				   ObjectAttributes->Attributes, Handle);
}

static NTSTATUS CreateFile(PHANDLE Handle, POBJECT_ATTRIBUTES ObjectAttributes,
			   PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER AllocationSize, PIOP_OPEN Open)
{
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status))
		Status = IopProbeIosb(Iosb);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = CheckOptions(Open);
	if (NT_SUCCESS(Status))
		Status = Capture(ObjectAttributes, AllocationSize, Open);
	if (NT_SUCCESS(Status) && Open->EaBuffer && Open->Options & FILE_NO_EA_KNOWLEDGE)
		Status = STATUS_ACCESS_DENIED;
	if (NT_SUCCESS(Status) && Open->Options & FILE_OPEN_BY_FILE_ID)
		Status = PrepareById(Open, ObjectAttributes);
	if (NT_SUCCESS(Status))
		Status = OpenByName(Handle, ObjectAttributes, Open);
	if (NT_SUCCESS(Status)) {
		Iosb->Status = Status;
		Iosb->Information = Open->Information;
	}
	SeDeassignSecurity(Open->Security);
	return Status;
}

/* Open's Access and what goes with it. */
static VOID Demand(PIOP_OPEN Open, ACCESS_MASK Desired)
{
	Open->Access = IopMapAccess(Desired);
	Open->Allowed = ~0u;
	Open->Maximum = (Desired & MAXIMUM_ALLOWED) != 0;
	Open->Demanded = IopMapAccess(Desired & ~MAXIMUM_ALLOWED);
	if (Open->Disposition == FILE_SUPERSEDE)
		Open->Demanded |= DELETE;
	else if (IopOverwrites(Open))
		Open->Demanded |= FILE_WRITE_DATA;
}

NTSTATUS NtCreateFile(PHANDLE Handle, ACCESS_MASK DesiredAccess,
		      POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK Iosb,
		      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
		      ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength)
{
	NT_ENTRY(NtCreateFile, .Attributes = ObjectAttributes, .Output = Handle);
	IOP_OPEN Open = {
		.Parse.Routine = OpenRoutine,
		.ShareAccess = ShareAccess,
		.Disposition = CreateDisposition,
		.Options = CreateOptions,
		.FileAttributes = FileAttributes,
		.EaBuffer = EaBuffer,
		.EaLength = EaLength,
	};
	NTSTATUS Status;

	Demand(&Open, DesiredAccess);
	Status = CreateFile(Handle, ObjectAttributes, Iosb, AllocationSize, &Open);

	if (trace_on(TR_NT))
		IopTraceOpen("NtCreateFile", ObjectAttributes, &Open, Status);
	return Status;
}

NTSTATUS NtOpenFile(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
		    PIO_STATUS_BLOCK Iosb, ULONG ShareAccess, ULONG OpenOptions)
{
	NT_ENTRY(NtOpenFile, .Attributes = ObjectAttributes, .Output = Handle);
	IOP_OPEN Open = {
		.Parse.Routine = OpenRoutine,
		.ShareAccess = ShareAccess,
		.Disposition = FILE_OPEN,
		.Options = OpenOptions,
	};
	NTSTATUS Status;

	Demand(&Open, DesiredAccess);
	Status = CreateFile(Handle, ObjectAttributes, Iosb, NULL, &Open);

	if (trace_on(TR_NT))
		IopTraceOpen("NtOpenFile", ObjectAttributes, &Open, Status);
	return Status;
}

NTSTATUS NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtDeleteFile, .Attributes = ObjectAttributes);
	IOP_OPEN Open = {
		.Parse.Routine = OpenRoutine,
		.ShareAccess = FILE_SHARE_VALID_FLAGS,
		.Disposition = FILE_OPEN,
		.Options = FILE_DELETE_ON_CLOSE | FILE_OPEN_REPARSE_POINT,
	};
	IO_STATUS_BLOCK Iosb;
	HANDLE Handle;
	NTSTATUS Status;

	Demand(&Open, DELETE);
	Status = CreateFile(&Handle, ObjectAttributes, &Iosb, NULL, &Open);

	if (NT_SUCCESS(Status))
		NtClose(Handle);
	if (trace_on(TR_NT))
		IopTraceByName("NtDeleteFile", ObjectAttributes, "", Status);
	return Status;
}
