/* SPDX-License-Identifier: MIT */
/*
 * iofsctl.c - NtFsControlFile and NtDeviceIoControlFile.
 *
 * File-system controls are the same for every file with a host descriptor; device controls belong to
 * the driver.
 */
#include "iop.h"
#include "nt/rtl.h"
#include <string.h>

static NTSTATUS QueryUsnJournal(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	USN_JOURNAL_DATA Data = { .UsnJournalID = 1 };
	ULONGLONG First, Next;
	NTSTATUS Status;

	if (!File->Device->Journal)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!Control->Output || Control->OutputLength < sizeof(Data))
		return STATUS_BUFFER_TOO_SMALL;
	Status = IopJournalQuery(File->Device->Journal, &First, &Next);
	if (!NT_SUCCESS(Status))
		return Status;
	Data.FirstUsn = Data.LowestValidUsn = (LONGLONG)First;
	Data.NextUsn = (LONGLONG)Next;
	Data.MaxUsn = INT64_MAX;
	memcpy(Control->Output, &Data, sizeof(Data));
	Control->Information = sizeof(Data);
	return STATUS_SUCCESS;
}

static const struct {
	ULONG Code;
	DRIVER_CONTROL *Routine;
} FsControls[] = {
	{ FSCTL_QUERY_USN_JOURNAL, QueryUsnJournal },
	{ FSCTL_READ_USN_JOURNAL, IopReadUsnJournal },
	{ FSCTL_GET_REPARSE_POINT, IopGetReparsePoint },
	{ FSCTL_SET_REPARSE_POINT, IopSetReparsePoint },
	{ FSCTL_DELETE_REPARSE_POINT, IopDeleteReparsePoint },
	{ FSCTL_SET_SPARSE, IopSetSparse },
	{ FSCTL_SET_ZERO_DATA, IopSetZeroData },
	{ FSCTL_QUERY_ALLOCATED_RANGES, IopQueryAllocatedRanges },
};

/* Of every file with a host descriptor. */
static NTSTATUS VolumeControl(PIOP_REQUEST Request)
{
	const ULONG Count = sizeof(FsControls) / sizeof(FsControls[0]);
	NTSTATUS Status;
	ULONG i = 0;

	while (i < Count && FsControls[i].Code != Request->Control.Code)
		i++;
	if (Request->File->Fd.v < 0 || i == Count)
		return STATUS_INVALID_DEVICE_REQUEST;
	Status = FsControls[i].Routine(Request->File, &Request->Control);
	Request->Information = Request->Control.Information;
	return Status;
}

static NTSTATUS DeviceControl(PIOP_REQUEST Request)
{
	const DRIVER_OBJECT *Driver = Request->File->Device->Driver;
	NTSTATUS Status = Driver->DeviceControl
				  ? Driver->DeviceControl(Request->File, &Request->Control)
				  : STATUS_INVALID_DEVICE_REQUEST;

	Request->Information = Request->Control.Information;
	return Status;
}

static NTSTATUS Control(HANDLE Handle, HANDLE Event, PIOP_REQUEST Request, BOOLEAN FileSystem)
{
	DRIVER_DISPATCH *Routine = DeviceControl;
	PACCESS_MASK Granted = &Request->Control.Granted;
	POBJECT Object;
	NTSTATUS Status = IopProbeGiven(Request->Iosb, Request->Control.Input,
					Request->Control.InputLength, 1);

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Request->Control.Output, Request->Control.OutputLength, 1);
	if (NT_SUCCESS(Status))
		Status = ObReferenceHandle(Handle, &Object, Granted);
	if (!NT_SUCCESS(Status))
		return Status;
	Request->File = IopFile(Object);
	Request->Operation = FileSystem ? "FileSystemControl" : "DeviceIoControl";
	if (Object->Type != &IoFileType)
		Status = STATUS_OBJECT_TYPE_MISMATCH;
	else if (FileSystem)
		Routine = Request->File->Device->Driver->FsControl;
	else if (Request->File->Device->Driver->Control)
		Routine = Request->File->Device->Driver->Control;
	if (NT_SUCCESS(Status))
		Status = IopIssue(Request, Routine ? Routine : VolumeControl, Event);
	ObDereferenceObject(Object);
	return Status;
}

NTSTATUS NtFsControlFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
			 PIO_STATUS_BLOCK Iosb, ULONG FsControlCode, PVOID InputBuffer,
			 ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength)
{
	NT_ENTRY(NtFsControlFile, .Handle = File);
	IOP_REQUEST Request = {
		.Control = { FsControlCode, InputBuffer, OutputBuffer, InputLength, OutputLength, 0,
			     0 },
		.Iosb = Iosb,
		.Apc = Apc,
		.ApcContext = ApcContext,
	};
	NTSTATUS Status = Control(File, Event, &Request, TRUE);

	TRACE(TR_NT, "NtFsControlFile(%p, Control: %s) = %s", File, RtlpControlName(FsControlCode),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtDeviceIoControlFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
			       PIO_STATUS_BLOCK Iosb, ULONG IoControlCode, PVOID InputBuffer,
			       ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength)
{
	NT_ENTRY(NtDeviceIoControlFile, .Handle = File);
	IOP_REQUEST Request = {
		.Control = { IoControlCode, InputBuffer, OutputBuffer, InputLength, OutputLength, 0,
			     0 },
		.Iosb = Iosb,
		.Apc = Apc,
		.ApcContext = ApcContext,
	};
	NTSTATUS Status = Control(File, Event, &Request, FALSE);

	TRACE(TR_NT, "NtDeviceIoControlFile(%p, Control: %s) = %s", File,
	      RtlpControlName(IoControlCode), NtStatusName(Status));
	return Status;
}
