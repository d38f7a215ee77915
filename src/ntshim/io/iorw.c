/* SPDX-License-Identifier: MIT */
/*
 * iorw.c - NtReadFile, NtWriteFile, NtFlushBuffersFile, and data on volumes and memory files.
 *
 * A synchronous file's position is that of its host descriptor, because a guest may have the same
 * descriptor and read it directly. A disk always answers, so data on volumes moves before the call
 * returns; flushing one can last and goes to the host's asynchronous operations.
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

/*
 * An asynchronous handle hears later what could be said at once (nt.md RW5). Without memory for that
 * it hears it now.
 */
static NTSTATUS Answer(PIOP_REQUEST Request, NTSTATUS Status, ULONG Done)
{
	PIOP_REQUEST Pended;

	Request->Information = Done;
	if (IopIsSynchronous(Request->File) || !(Pended = IopPend(Request, NULL)))
		return Status;
	IopComplete(Pended, Status, Done);
	return STATUS_PENDING;
}

/* A link's text may be data of an ordinary file (iostage.c), for who opened the link itself. */
static BOOLEAN HasData(PFILE_OBJECT File)
{
	return File->Type == HOST_S_IFREG ||
	       (File->Type == HOST_S_IFLNK && IopIsNt(File->Device) && !File->PathOnly);
}

static NTSTATUS FileRead(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;
	LONGLONG At;
	ULONG Done = 0;
	NTSTATUS Status;

	if (!HasData(File))
		return STATUS_INVALID_DEVICE_REQUEST;
	Status = HostOffset(File, Request->Offset, FALSE, &At);
	if (NT_SUCCESS(Status))
		Status = IopCheckLocks(Request, At, FALSE);
	if (!NT_SUCCESS(Status) || !Request->Length)
		return Status;
	Status = host_read(File->Fd, Request->Buffer, Request->Length, At, &Done);
	if (!NT_SUCCESS(Status))
		return Status;
	MovePosition(File, At, Done);
	return Answer(Request, Done ? STATUS_SUCCESS : STATUS_END_OF_FILE, Done);
}

/* Of a stream those who watch it hear, too. */
static NTSTATUS WriteHost(PFILE_OBJECT File, const VOID *Buffer, ULONG Length, LONGLONG At,
			  ULONG *Done)
{
	BOOLEAN Tell = File->Base && IopAreStreamsWatched();
	struct host_stat Before, After;
	NTSTATUS Status = Tell ? host_fstat(File->Fd, &Before) : STATUS_SUCCESS;

	if (NT_SUCCESS(Status))
		Status = host_write(File->Fd, Buffer, Length, At, Done);
	if (Tell && NT_SUCCESS(Status) && NT_SUCCESS(host_fstat(File->Fd, &After)))
		IopNotifyStreamData(
			File,
			FILE_NOTIFY_CHANGE_STREAM_WRITE |
				(After.size == Before.size ? 0 : FILE_NOTIFY_CHANGE_STREAM_SIZE));
	return Status;
}

static NTSTATUS FileWrite(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;
	LONGLONG At = HOST_AT_END;
	ULONG Done = 0;
	NTSTATUS Status = STATUS_SUCCESS;

	if (!HasData(File))
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!Request->AppendOnly)
		Status = HostOffset(File, Request->Offset, TRUE, &At);
	if (At == HOST_AT_END && (!IopIsSynchronous(File) || /* nt.md RW2 */
				  File->Options & FILE_LXRUN_KEEP_POSITION))
		At = HOST_APPENDING;
	if (NT_SUCCESS(Status))
		Status = IopCheckLocks(Request, At, TRUE);
	if (NT_SUCCESS(Status))
		Status = WriteHost(File, Request->Buffer, Request->Length, At, &Done);
	if (!NT_SUCCESS(Status))
		return Status;
	MovePosition(File, At, Done);
	return Answer(Request, STATUS_SUCCESS, Done);
}

const DRIVER_OBJECT IopVolumeDriver = {
	.Name = "Volume",
	.Create = IopVolumeCreate,
	.Read = FileRead,
	.Write = FileWrite,
	.Lock = IopFileLock,
	.Unlock = IopFileUnlock,
	.Notify = IopNotifyDirectory,
};

const DRIVER_OBJECT IopNtVolumeDriver = {
	.Name = "Volume",
	.Create = IopNtVolumeCreate,
	.Read = FileRead,
	.Write = FileWrite,
	.Lock = IopFileLock,
	.Unlock = IopFileUnlock,
	.Notify = IopNotifyDirectory,
};

/* The empty name below a memory file's handle opens it again: the only name there is. */
const DRIVER_OBJECT IopMemoryDriver = {
	.Name = "HostMemory",
	.Create = IopVolumeCreate,
	.Read = FileRead,
	.Write = FileWrite,
};

/* With FILE_WRITE_DATA anywhere, with FILE_APPEND_DATA alone only at the end (nt.md RW7). */
static NTSTATUS ReferenceForWrite(HANDLE Handle, POBJECT *Object, BOOLEAN *AppendOnly)
{
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, FILE_WRITE_DATA, &IoFileType, Object);

	*AppendOnly = Status == STATUS_ACCESS_DENIED;
	if (*AppendOnly)
		Status = ObReferenceObjectByHandle(Handle, FILE_APPEND_DATA, &IoFileType, Object);
	return Status;
}

/* The pointers of both calls. */
static NTSTATUS Probe(PIOP_REQUEST Request, const ULONG *Key, BOOLEAN Write)
{
	NTSTATUS Status;

	if (Write && !Request->Buffer && Request->Length)
		return STATUS_INVALID_USER_BUFFER; /* nt.md RW6 */
	Status = Write ? IopProbeGiven(Request->Iosb, Request->Buffer, Request->Length, 1)
		       : IopProbeAnswer(Request->Iosb, Request->Buffer, Request->Length, 1);
	if (NT_SUCCESS(Status) && Request->Offset)
		Status = ProbeForRead(Request->Offset, sizeof(*Request->Offset), sizeof(ULONG));
	if (NT_SUCCESS(Status) && Key) {
		Status = ProbeForRead(Key, sizeof(*Key), sizeof(ULONG));
		if (NT_SUCCESS(Status))
			Request->Key = *Key;
	}
	return Status;
}

static NTSTATUS Transfer(HANDLE Handle, HANDLE Event, PIOP_REQUEST Request, const ULONG *Key,
			 BOOLEAN Write)
{
	const DRIVER_OBJECT *Driver;
	POBJECT Object;
	NTSTATUS Status = Probe(Request, Key, Write);

	if (!NT_SUCCESS(Status))
		goto out;
	Status = Write ? ReferenceForWrite(Handle, &Object, &Request->AppendOnly)
		       : ObReferenceObjectByHandle(Handle, FILE_READ_DATA, &IoFileType, &Object);
	if (!NT_SUCCESS(Status))
		goto out;
	Request->File = IopFile(Object);
	Request->Operation = Write ? "WriteFile" : "ReadFile";
	Driver = Request->File->Device->Driver;
	Status = IopIssue(Request, Write ? Driver->Write : Driver->Read, Event);
	ObDereferenceObject(Object);
out:
	if (trace_on(TR_NT))
		IopTraceIo(Write ? "NtWriteFile" : "NtReadFile", Handle, Request->Offset,
			   Request->Length, Status, Request->Information);
	return Status;
}

NTSTATUS NtReadFile(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
		    PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
		    PULONG Key)
{
	NT_ENTRY(NtReadFile, .Handle = Handle);
	IOP_REQUEST Request = { .Buffer = Buffer,
				.Length = Length,
				.Offset = ByteOffset,
				.Iosb = Iosb,
				.Apc = Apc,
				.ApcContext = ApcContext };

	return Transfer(Handle, Event, &Request, Key, FALSE);
}

NTSTATUS NtWriteFile(HANDLE Handle, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
		     PIO_STATUS_BLOCK Iosb, const VOID *Buffer, ULONG Length,
		     PLARGE_INTEGER ByteOffset, PULONG Key)
{
	NT_ENTRY(NtWriteFile, .Handle = Handle);
	IOP_REQUEST Request = { .Buffer = (PVOID)Buffer,
				.Length = Length,
				.Offset = ByteOffset,
				.Iosb = Iosb,
				.Apc = Apc,
				.ApcContext = ApcContext };

	return Transfer(Handle, Event, &Request, Key, TRUE);
}

/* ---- flushing ---- */

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

static NTSTATUS FileFlush(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;

	if (File->Fd.v < 0 || File->PathOnly)
		return STATUS_SUCCESS;
	return IopStartHostIo(Request, HOST_AIO_SYNC);
}

NTSTATUS NtFlushBuffersFile(HANDLE Handle, PIO_STATUS_BLOCK Iosb)
{
	NT_ENTRY(NtFlushBuffersFile, .Handle = Handle, .Iosb = Iosb);
	IOP_REQUEST Request = { .Iosb = Iosb, .Wait = TRUE };
	POBJECT Object;
	NTSTATUS Status = IopProbeIosb(Iosb);

	if (NT_SUCCESS(Status))
		Status = ReferenceForWrite(Handle, &Object, &Request.AppendOnly);
	if (NT_SUCCESS(Status)) {
		const DRIVER_OBJECT *Driver = IopFile(Object)->Device->Driver;

		Request.File = IopFile(Object);
		Request.Operation = "FlushBuffersFile";
		Status = IopIssue(&Request, Driver->Flush ? Driver->Flush : FileFlush, NULL);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtFlushBuffersFile(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
