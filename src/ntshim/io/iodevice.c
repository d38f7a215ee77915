/* SPDX-License-Identifier: MIT */
/*
 * iodevice.c - device objects, and parsing names below them and below open files.
 *
 * The object manager finds the device (\Device\HarddiskVolume1) or the RootDirectory handle's file and
 * hands the rest of the name to IopParse, which turns it into a host path and lets the caller's
 * routine go on: open (NtCreateFile), query (NtQueryInformationByName), or only remember (rename).
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

static VOID DeleteDevice(POBJECT Object)
{
	PDEVICE_OBJECT Device = (PDEVICE_OBJECT)Object;

	host_closefd(Device->Root);
	mem_free(Device->RootPath);
	if (Device->Journal)
		IopDestroyJournal(Device->Journal);
	if (Device->Case)
		IopDestroyCase(Device->Case);
}

const OB_TYPE IoDeviceType = {
	.Name = "Device",
	.Size = sizeof(DEVICE_OBJECT),
	.ValidAccess = FILE_ALL_ACCESS,
	.Mapping = { FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS },
	.Delete = DeleteDevice,
	.Parse = IopParse,
};

NTSTATUS IopParse(POBJECT Object, const OB_TYPE *Wanted, PUNICODE_STRING Remaining,
		  ULONG Attributes, PVOID Context, POBJECT *Found)
{
	PFILE_OBJECT Root = Object->Type == &IoFileType ? IopFile(Object) : NULL;
	PDEVICE_OBJECT Device = Root ? Root->Device : (PDEVICE_OBJECT)Object;
	UNICODE_STRING Rest = *Remaining;
	PIOP_PARSE Parse = Context;
	NTSTATUS Status;
	IOP_NAME Name;

	if (!Parse)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (Parse->ById)
		return IopWalkById(Parse, Device, Root, &Rest, Found);
	if (Root && Rest.Length && Rest.Buffer[0] == '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	Parse->Volume = !Root && !Rest.Length;
	if (!Root && Rest.Length && Rest.Buffer[0] == '\\') {
		Rest.Buffer++;
		Rest.Length -= sizeof(WCHAR);
	}
	if (Device->Driver->RawNames) {
		Name.Length = 0;
		Name.Raw = Rest;
		return Parse->Routine(Parse, Device, Root, &Name, Found);
	}
	if (IopIsNt(Device)) {
		Status = IopWalk(Parse, Device, Root, &Rest, Attributes, Found);
		if (Status == STATUS_REPARSE)
			*Remaining = Parse->Again;
		return Status;
	}
	Status = IopDecodeName(&Rest, &Name);
	return NT_SUCCESS(Status) ? Parse->Routine(Parse, Device, Root, &Name, Found) : Status;
}

NTSTATUS IopCreateDevice(const char *Name, const DRIVER_OBJECT *Driver, PDEVICE_OBJECT *Device)
{
	static const WCHAR Prefix[] = u"\\Device\\";
	WCHAR Text[64];
	UNICODE_STRING Full = { 0, sizeof(Text), Text };
	OBJECT_ATTRIBUTES ObjectAttributes;
	POBJECT Object;
	HANDLE Handle;
	NTSTATUS Status = ObCreateObject(&IoDeviceType, &Object);
	ULONG n = sizeof(Prefix) / sizeof(WCHAR) - 1;

	*Device = NULL;
	if (!NT_SUCCESS(Status))
		return Status;
	memcpy(Text, Prefix, sizeof(Prefix));
	while (*Name && n < sizeof(Text) / sizeof(WCHAR))
		Text[n++] = (UCHAR)*Name++;
	Full.Length = (USHORT)(n * sizeof(WCHAR));
	*Device = (PDEVICE_OBJECT)Object;
	(*Device)->Driver = Driver;
	(*Device)->Root = HOST_NO_FD;
	ObReferenceObject(Object);
	InitializeObjectAttributes(&ObjectAttributes, &Full, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE,
				   NULL, NULL);
	Status = ObInsertObject(Object, &ObjectAttributes, FILE_READ_ATTRIBUTES, &Handle);
	if (NT_SUCCESS(Status)) {
		NtClose(Handle);
		return Status;
	}
	ObDereferenceObject(Object);
	*Device = NULL;
	return Status;
}

NTSTATUS IopDriverInformation(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			      FILE_INFORMATION_CLASS Class, BOOLEAN Set)
{
	DRIVER_INFORMATION *Routine;
	ULONG_PTR Information = 0;
	ACCESS_MASK Access;
	POBJECT Object;
	NTSTATUS Status;

	Status = Set ? IopProbeGiven(Iosb, Buffer, Length, sizeof(ULONG))
		     : IopProbeAnswer(Iosb, Buffer, Length, sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	Status = ObReferenceHandle(Handle, &Object, &Access);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Object->Type == &IoFileType) {
		const DRIVER_OBJECT *Driver = IopFile(Object)->Device->Driver;

		Routine = Set ? Driver->SetInformation : Driver->QueryInformation;
		Status = Routine ? Routine(IopFile(Object), Class, Access, Buffer, Length,
					   &Information)
				 : STATUS_INVALID_PARAMETER;
	} else {
		Status = STATUS_OBJECT_TYPE_MISMATCH;
	}
	if (NT_SUCCESS(Status)) {
		Iosb->Status = Status;
		Iosb->Information = Information;
	}
	ObDereferenceObject(Object);
	return Status;
}

/* ---- \Device\Null (nt.md OM28) ---- */
static NTSTATUS NullCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
			   PFILE_OBJECT *File)
{
	Open->Information = FILE_OPENED;
	return IopNewFile(Device, HOST_NO_FD, HOST_S_IFCHR, Open, File);
}

static NTSTATUS NullRead(PIOP_REQUEST Request)
{
	return STATUS_END_OF_FILE;
}

static NTSTATUS NullWrite(PIOP_REQUEST Request)
{
	Request->Information = Request->Length;
	return STATUS_SUCCESS;
}

/*
 * ---- \Device\Zero (lxrun): the host's /dev/zero, so that a mapping of it is anonymous memory ----
 */
static NTSTATUS ZeroCreate(PIOP_OPEN Open, PDEVICE_OBJECT Device, PFILE_OBJECT Root, PIOP_NAME Name,
			   PFILE_OBJECT *File)
{
	host_fd Fd;
	NTSTATUS Status = host_openat(HOST_NO_FD, "/dev/zero", HOST_READ | HOST_WRITE, 0, &Fd);

	if (!NT_SUCCESS(Status))
		return Status;
	Open->Information = FILE_OPENED;
	return IopNewFile(Device, Fd, HOST_S_IFCHR, Open, File);
}

const DRIVER_OBJECT IopZeroDriver = {
	.Name = "Zero",
	.Create = ZeroCreate,
};

const DRIVER_OBJECT IopNullDriver = {
	.Name = "Null",
	.Create = NullCreate,
	.Read = NullRead,
	.Write = NullWrite,
};
