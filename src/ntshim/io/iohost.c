/* SPDX-License-Identifier: MIT */
/*
 * iohost.c - file objects that come with a host descriptor: memory files, the supervisor's standard
 * streams; and the descriptor behind a file object, for ntshim/pico.
 */
#include "iop.h"
#include "../host/host_tty.h"

static NTSTATUS Insert(PFILE_OBJECT File, ACCESS_MASK Access, PHANDLE Handle)
{
	return ObInsertObject(&File->Object, NULL, Access, Handle);
}

NTSTATUS IoCreateMemoryFile(PHANDLE Handle, BOOLEAN Sealable)
{
	const IOP_OPEN Open = { .Options = FILE_SYNCHRONOUS_IO_NONALERT |
					   FILE_LXRUN_KEEP_POSITION };
	PFILE_OBJECT File;
	host_fd Fd;
	NTSTATUS Status = host_memory_file("lxrun", Sealable, &Fd);

	*Handle = NULL;
	if (NT_SUCCESS(Status))
		Status = IopNewFile(IopMemoryDevice, Fd, HOST_S_IFREG, &Open, &File);
	if (NT_SUCCESS(Status))
		Status = Insert(File, FILE_ALL_ACCESS, Handle);
	TRACE(TR_NT, "IoCreateMemoryFile(Sealable: %d) = %s, %p", Sealable, NtStatusName(Status),
	      *Handle);
	return Status;
}

static IO_HOST_KIND KindOf(host_fd Fd, ULONG Type)
{
	switch (Type) {
	case HOST_S_IFREG:
		return IoHostRegular;
	case HOST_S_IFDIR:
		return IoHostDirectory;
	case HOST_S_IFIFO:
		return IoHostPipe;
	case HOST_S_IFSOCK:
		return IoHostSocket;
	default:
		return host_is_tty(Fd) ? IoHostTerminal : IoHostCharacter;
	}
}

/* A regular file behaves as a memory file does; the rest never waits: see iocons.c. */
static PDEVICE_OBJECT DeviceOf(IO_HOST_KIND Kind)
{
	switch (Kind) {
	case IoHostRegular:
	case IoHostDirectory:
		return IopMemoryDevice;
	case IoHostTerminal:
		return IopConsoleDevice;
	default:
		return IopStreamDevice;
	}
}

const char *IoQueryHostBackend(void)
{
	return host_aio_backend();
}

NTSTATUS IoOpenHostDescriptor(int HostFd, PHANDLE Handle, IO_HOST_KIND *Kind)
{
	return IoOpenHostDescriptorEx(HostFd,
				      FILE_SYNCHRONOUS_IO_NONALERT | FILE_LXRUN_KEEP_POSITION |
					      FILE_LXRUN_NONBLOCK,
				      Handle, Kind);
}

NTSTATUS IoOpenHostDescriptorEx(int HostFd, ULONG CreateOptions, PHANDLE Handle, IO_HOST_KIND *Kind)
{
	const IOP_OPEN Open = { .Options = CreateOptions };
	ACCESS_MASK Access = SYNCHRONIZE | READ_CONTROL | FILE_READ_ATTRIBUTES |
			     FILE_WRITE_ATTRIBUTES | FILE_READ_EA | FILE_WRITE_EA;
	host_fd Fd = { HostFd };
	struct host_stat St;
	PFILE_OBJECT File;
	ULONG Flags;
	NTSTATUS Status = host_fstat(Fd, &St);

	*Handle = NULL;
	if (NT_SUCCESS(Status))
		Status = host_adopt(Fd, &Flags);
	if (!NT_SUCCESS(Status)) {
		host_closefd(Fd);
		return Status;
	}
	*Kind = KindOf(Fd, St.mode & HOST_S_IFMT);
	Status = IopNewFile(DeviceOf(*Kind), Fd, St.mode & HOST_S_IFMT, &Open, &File);
	if (NT_SUCCESS(Status)) {
		File->PathOnly = (Flags & HOST_PATH) != 0;
		Access |= Flags & HOST_READ ? FILE_READ_DATA | FILE_EXECUTE : 0;
		Access |= Flags & HOST_WRITE ? FILE_WRITE_DATA | FILE_APPEND_DATA : 0;
		Status = Insert(File, Access, Handle);
	}
	TRACE(TR_NT, "IoOpenHostDescriptor(%d) = %s, %p", HostFd, NtStatusName(Status), *Handle);
	return Status;
}

BOOLEAN IoIsDirectCapable(HANDLE Handle)
{
	PFILE_OBJECT File;
	BOOLEAN Direct;

	if (!NT_SUCCESS(IopReferenceFile(Handle, 0, &File)))
		return FALSE;
	Direct = (File->Type == HOST_S_IFREG && !File->PathOnly && !IopHasLocks(File)) ||
		 File->Device->Driver == &IopZeroDriver;
	IopDereferenceFile(File);
	return Direct;
}

BOOLEAN IoIsFileLocked(HANDLE Handle)
{
	PFILE_OBJECT File;
	BOOLEAN Locked;

	if (!IoLockedFiles || !NT_SUCCESS(IopReferenceFile(Handle, 0, &File)))
		return FALSE;
	Locked = IopHasLocks(File);
	IopDereferenceFile(File);
	return Locked;
}

NTSTATUS IoQueryHostLock(HANDLE Handle, BOOLEAN PerFile, LONG HostPid, PIO_HOST_LOCK Lock)
{
	struct host_lock Host = { .type = Lock->Type,
				  .whence = Lock->Whence,
				  .start = Lock->Start,
				  .length = Lock->Length };
	PFILE_OBJECT File;
	NTSTATUS Status = IopReferenceFile(Handle, 0, &File);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_query_lock(File->Fd, PerFile, HostPid, &Host);
	IopDereferenceFile(File);
	*Lock = (IO_HOST_LOCK){ Host.type, Host.whence, Host.start, Host.length, Host.pid };
	TRACE(TR_NT, "IoQueryHostLock(%p, Host pid: %d) = %s", Handle, (int)HostPid,
	      NtStatusName(Status));
	return Status;
}

struct lock_rows {
	PIO_LOCK_VIEW Rows;
	ULONG Room, Count;
};

static void AddHostLock(void *Context, const struct host_lock_line *Line)
{
	struct lock_rows *Rows = Context;

	if (Rows->Count < Rows->Room)
		Rows->Rows[Rows->Count++] = (IO_LOCK_VIEW){
			.Kind = Line->whole_file ? IoHostFileLock : IoHostRecordLock,
			.Exclusive = Line->exclusive,
			.Waiting = Line->waits,
			.HostPid = Line->lock.pid,
			.Device = Line->device,
			.Inode = Line->inode,
			.Offset = (ULONGLONG)Line->lock.start,
			.Length = (ULONGLONG)Line->lock.length,
		};
}

ULONG IopQueryHostLocks(PIO_LOCK_VIEW Rows, ULONG Room)
{
	struct lock_rows Context = { Rows, Room, 0 };

	host_each_lock(AddHostLock, &Context);
	return Context.Count;
}

int IoHostDescriptor(HANDLE Handle)
{
	PFILE_OBJECT File;
	int Fd;

	if (!NT_SUCCESS(IopReferenceFile(Handle, 0, &File)))
		return -1;
	Fd = File->Fd.v;
	IopDereferenceFile(File);
	return Fd;
}
