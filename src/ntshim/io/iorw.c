/* SPDX-License-Identifier: MIT */
/*
 * iorw.c - NtReadFile, NtWriteFile, NtFlushBuffersFile, and data on volumes and memory files.
 *
 * A synchronous file's position is that of its host descriptor, because a guest may have the same
 * descriptor and read it directly. Requests complete before the call returns: what could wait (pipes,
 * terminals) answers STATUS_PENDING *instead of* waiting and has done nothing; its caller waits with
 * IoWatchReadiness and tries again.
 */
#include "iop.h"

/* The offset as the host layer wants it; nt.md RW1, RW2. */
static NTSTATUS HostOffset(PFILE_OBJECT File, PLARGE_INTEGER Offset, BOOLEAN Write, LONGLONG *Out)
{
	BOOLEAN Current = !Offset || (Offset->u.HighPart == -1 &&
				      Offset->u.LowPart == FILE_USE_FILE_POINTER_POSITION);

	if (Current && !IopIsSynchronous(File))
		return STATUS_INVALID_PARAMETER;
	*Out = HOST_AT_POSITION;
	if (Current)
		return STATUS_SUCCESS;
	*Out = Offset->QuadPart;
	if (*Out >= 0)
		return STATUS_SUCCESS;
	*Out = HOST_AT_END;
	return Write && Offset->u.HighPart == -1 && Offset->u.LowPart == FILE_WRITE_TO_END_OF_FILE
		       ? STATUS_SUCCESS
		       : STATUS_INVALID_PARAMETER;
}

/* nt.md RW3 */
static VOID MovePosition(PFILE_OBJECT File, LONGLONG Offset, ULONG Done)
{
	LONGLONG Position;

	if (Offset >= 0 && IopIsSynchronous(File) && !(File->Options & FILE_LXRUN_KEEP_POSITION))
		host_lseek(File->Fd, Offset + Done, HOST_SEEK_SET, &Position);
}

static NTSTATUS FileRead(PFILE_OBJECT File, PVOID Buffer, ULONG Length, PLARGE_INTEGER Offset,
			 PULONG_PTR Information)
{
	LONGLONG At;
	ULONG Done = 0;
	NTSTATUS Status;

	if (File->Type != HOST_S_IFREG)
		return STATUS_INVALID_DEVICE_REQUEST;
	Status = HostOffset(File, Offset, FALSE, &At);
	if (!NT_SUCCESS(Status) || !Length)
		return Status;
	Status = host_read(File->Fd, Buffer, Length, At, &Done);
	if (!NT_SUCCESS(Status))
		return Status;
	MovePosition(File, At, Done);
	*Information = Done;
	return Done ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

static NTSTATUS FileWrite(PFILE_OBJECT File, const VOID *Buffer, ULONG Length,
			  PLARGE_INTEGER Offset, BOOLEAN AppendOnly, PULONG_PTR Information)
{
	LONGLONG At = HOST_AT_END;
	ULONG Done = 0;
	NTSTATUS Status = STATUS_SUCCESS;

	if (File->Type != HOST_S_IFREG)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!AppendOnly)
		Status = HostOffset(File, Offset, TRUE, &At);
	if (NT_SUCCESS(Status))
		Status = host_write(File->Fd, Buffer, Length, At, &Done);
	if (!NT_SUCCESS(Status))
		return Status;
	MovePosition(File, At, Done);
	*Information = Done;
	return STATUS_SUCCESS;
}

const DRIVER_OBJECT IopVolumeDriver = {
	.Name = "Volume",
	.Create = IopVolumeCreate,
	.Read = FileRead,
	.Write = FileWrite,
};

/* The empty name below a memory file's handle opens it again: the only name there is. */
const DRIVER_OBJECT IopMemoryDriver = {
	.Name = "HostMemory",
	.Create = IopVolumeCreate,
	.Read = FileRead,
	.Write = FileWrite,
};

/* Ends a request: status block and event, as far as the request was issued at all (nt.md G5). */
static NTSTATUS Complete(NTSTATUS Status, ULONG_PTR Information, PIO_STATUS_BLOCK Iosb,
			 HANDLE Event)
{
	if (Status == STATUS_PENDING || (NT_ERROR(Status) && Status != STATUS_END_OF_FILE))
		return Status;
	Iosb->Status = Status;
	Iosb->Information = Information;
	if (Event)
		NtSetEvent(Event, NULL);
	return Status;
}

NTSTATUS NtReadFile(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
		    PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
		    PULONG Key)
{
	NT_ENTRY(NtReadFile, .Handle = Handle);
	ULONG_PTR Information = 0;
	POBJECT Object = NULL;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!Iosb || (!Buffer && Length))
		Status = STATUS_ACCESS_VIOLATION;
	if (Apc)
		Status = STATUS_NOT_IMPLEMENTED;
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, FILE_READ_DATA, &IoFileType, &Object);
	if (NT_SUCCESS(Status)) {
		const DRIVER_OBJECT *Driver = IopFile(Object)->Device->Driver;

		Status = Driver->Read ? Driver->Read(IopFile(Object), Buffer, Length, ByteOffset,
						     &Information)
				      : STATUS_INVALID_DEVICE_REQUEST;
		Status = Complete(Status, Information, Iosb, Event);
		ObDereferenceObject(Object);
	}
	if (trace_on(TR_NT))
		IopTraceIo("NtReadFile", Handle, ByteOffset, Length, Status, Information);
	return Status;
}

/* With FILE_WRITE_DATA anywhere, with FILE_APPEND_DATA alone only at the end (nt.md RW7). */
static NTSTATUS ReferenceForWrite(HANDLE Handle, POBJECT *Object, BOOLEAN *AppendOnly)
{
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, FILE_WRITE_DATA, &IoFileType, Object);

	*AppendOnly = Status == STATUS_ACCESS_DENIED;
	if (*AppendOnly)
		Status = ObReferenceObjectByHandle(Handle, FILE_APPEND_DATA, &IoFileType, Object);
	return Status;
}

NTSTATUS NtWriteFile(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
		     PIO_STATUS_BLOCK Iosb, const VOID *Buffer, ULONG Length,
		     PLARGE_INTEGER ByteOffset, PULONG Key)
{
	NT_ENTRY(NtWriteFile, .Handle = Handle);
	ULONG_PTR Information = 0;
	POBJECT Object = NULL;
	BOOLEAN AppendOnly;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!Iosb)
		Status = STATUS_ACCESS_VIOLATION;
	else if (!Buffer && Length)
		Status = STATUS_INVALID_USER_BUFFER;
	if (Apc)
		Status = STATUS_NOT_IMPLEMENTED;
	if (NT_SUCCESS(Status))
		Status = ReferenceForWrite(Handle, &Object, &AppendOnly);
	if (NT_SUCCESS(Status)) {
		const DRIVER_OBJECT *Driver = IopFile(Object)->Device->Driver;

		Status = Driver->Write ? Driver->Write(IopFile(Object), Buffer, Length, ByteOffset,
						       AppendOnly, &Information)
				       : STATUS_INVALID_DEVICE_REQUEST;
		Status = Complete(Status, Information, Iosb, Event);
		ObDereferenceObject(Object);
	}
	if (trace_on(TR_NT))
		IopTraceIo("NtWriteFile", Handle, ByteOffset, Length, Status, Information);
	return Status;
}

NTSTATUS IoFlushBuffers(HANDLE Handle, BOOLEAN DataOnly)
{
	POBJECT Object;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, 0, &IoFileType, &Object);

	if (NT_SUCCESS(Status)) {
		PFILE_OBJECT File = IopFile(Object);

		if (File->Fd.v >= 0 && !File->PathOnly)
			Status = DataOnly ? host_sync_data(File->Fd) : host_sync(File->Fd);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "IoFlushBuffers(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}

NTSTATUS NtFlushBuffersFile(HANDLE Handle, PIO_STATUS_BLOCK Iosb)
{
	NT_ENTRY(NtFlushBuffersFile, .Handle = Handle);
	BOOLEAN AppendOnly;
	POBJECT Object;
	NTSTATUS Status = Iosb ? ReferenceForWrite(Handle, &Object, &AppendOnly)
			       : STATUS_ACCESS_VIOLATION;

	if (NT_SUCCESS(Status)) {
		PFILE_OBJECT File = IopFile(Object);

		if (File->Fd.v >= 0 && !File->PathOnly)
			Status = host_sync(File->Fd);
		Status = Complete(Status, 0, Iosb, NULL);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtFlushBuffersFile(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
