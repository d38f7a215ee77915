/* SPDX-License-Identifier: MIT */
/*
 * iocons.c - streams and terminals that the supervisor was started with.
 *
 * What can be moved at once is. What cannot becomes an asynchronous host operation, and the request
 * pends; a service thread that waits for it waits in the dispatcher. Files opened with
 * FILE_LXRUN_NONBLOCK answer STATUS_RETRY instead and have done nothing: lxcore waits with
 * IoWatchReadiness and comes again. Offsets mean nothing here.
 */
#include "iop.h"
#include "../host/host_tty.h"
#include <string.h>

static NTSTATUS EndOfRead(NTSTATUS Status, ULONG Done)
{
	return Status == STATUS_SUCCESS && !Done ? STATUS_END_OF_FILE : Status;
}

static void HostIoDone(struct host_aio *Aio, NTSTATUS Status, ULONG Done)
{
	if (Aio->op == HOST_AIO_READ)
		Status = EndOfRead(Status, Done);
	IopComplete(container_of(Aio, IOP_REQUEST, Aio), Status, Done);
}

static VOID CancelHostIo(PIOP_REQUEST Pended)
{
	host_aio_cancel(&Pended->Aio);
}

NTSTATUS IopStartHostIo(PIOP_REQUEST Request, enum host_aio_op Operation)
{
	PIOP_REQUEST Pended = IopPend(Request, CancelHostIo);
	NTSTATUS Status;

	if (!Pended)
		return Request->Status;
	Pended->Aio.op = Operation;
	Pended->Aio.fd = Request->File->Fd;
	Pended->Aio.buf = Request->Buffer;
	Pended->Aio.size = Request->Length;
	Pended->Aio.moved = Request->Moved;
	Pended->Aio.done = HostIoDone;
	Status = host_aio_submit(&Pended->Aio);
	if (!NT_SUCCESS(Status))
		IopComplete(Pended, Status, 0);
	return STATUS_PENDING;
}

static NTSTATUS StreamRead(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;
	ULONG Done = 0;
	NTSTATUS Status;

	if (!Request->Length)
		return STATUS_SUCCESS;
	Status = host_read_now(File->Fd, Request->Buffer, Request->Length, &Done);
	if (Status == STATUS_PENDING)
		return File->Options & FILE_LXRUN_NONBLOCK ? STATUS_RETRY
							   : IopStartHostIo(Request, HOST_AIO_READ);
	Request->Information = Done;
	return EndOfRead(Status, Done);
}

/* All of it, unless FILE_LXRUN_NONBLOCK is content with less. */
static NTSTATUS StreamWrite(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;
	ULONG Done = 0;
	NTSTATUS Status;

	Status = host_write_now(File->Fd, Request->Buffer, Request->Length, &Done);
	Request->Information = Request->Moved = Done;
	if (File->Options & FILE_LXRUN_NONBLOCK)
		return Status == STATUS_PENDING ? STATUS_RETRY : Status;
	if (Status == STATUS_PENDING || (Status == STATUS_SUCCESS && Done < Request->Length))
		return IopStartHostIo(Request, HOST_AIO_WRITE);
	return Status;
}

/* Who reads a terminal from its background is stopped by the host: not us. */
static NTSTATUS ConsoleRead(PIOP_REQUEST Request)
{
	if (!host_tty_is_foreground(Request->File->Fd))
		return STATUS_DEVICE_BUSY;
	return StreamRead(Request);
}

static NTSTATUS BytesReady(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	Control->Information = sizeof(ULONG);
	return host_bytes_ready(File->Fd, Control->Output);
}

static NTSTATUS GetAttr(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	Control->Information = HOST_TERMIOS_SIZE;
	return host_tty_get_attr(File->Fd, Control->Output);
}

static NTSTATUS GetWinsize(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	Control->Information = HOST_WINSIZE_SIZE;
	return host_tty_get_winsize(File->Fd, Control->Output);
}

static NTSTATUS SetWinsize(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	return host_tty_set_winsize(File->Fd, Control->Input);
}

static NTSTATUS Flush(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	ULONG Queue;

	memcpy(&Queue, Control->Input, sizeof(Queue));
	return host_tty_flush(File->Fd, Queue);
}

static NTSTATUS Keep(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	return host_tty_keep(File->Fd);
}

static NTSTATUS Take(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	return host_tty_take(File->Fd);
}

static NTSTATUS GiveBack(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	return host_tty_give_back(File->Fd);
}

static const struct {
	ULONG Code, InputLength, OutputLength; /* least lengths */
	DRIVER_CONTROL *Routine;
} Controls[] = {
	{ IOCTL_LXRUN_TTY_GET_ATTR, 0, HOST_TERMIOS_SIZE, GetAttr },
	{ IOCTL_LXRUN_TTY_GET_WINSIZE, 0, HOST_WINSIZE_SIZE, GetWinsize },
	{ IOCTL_LXRUN_TTY_SET_WINSIZE, HOST_WINSIZE_SIZE, 0, SetWinsize },
	{ IOCTL_LXRUN_TTY_FLUSH, sizeof(ULONG), 0, Flush },
	{ IOCTL_LXRUN_TTY_BYTES_READY, 0, sizeof(ULONG), BytesReady },
	{ IOCTL_LXRUN_TTY_KEEP, 0, 0, Keep },
	{ IOCTL_LXRUN_TTY_TAKE, 0, 0, Take },
	{ IOCTL_LXRUN_TTY_GIVE_BACK, 0, 0, GiveBack },
};

static NTSTATUS ConsoleControl(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	for (ULONG i = 0; i < sizeof(Controls) / sizeof(Controls[0]); i++) {
		if (Controls[i].Code != Control->Code)
			continue;
		if (Control->InputLength < Controls[i].InputLength ||
		    Control->OutputLength < Controls[i].OutputLength)
			return STATUS_BUFFER_TOO_SMALL;
		return Controls[i].Routine(File, Control);
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

/* Pipes and sockets know one of them: FIONREAD. */
static NTSTATUS StreamControl(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	return Control->Code == IOCTL_LXRUN_TTY_BYTES_READY ? ConsoleControl(File, Control)
							    : STATUS_INVALID_DEVICE_REQUEST;
}

const DRIVER_OBJECT IopStreamDriver = {
	.Name = "HostStream",
	.Read = StreamRead,
	.Write = StreamWrite,
	.DeviceControl = StreamControl,
};

const DRIVER_OBJECT IopConsoleDriver = {
	.Name = "HostConsole",
	.Read = ConsoleRead,
	.Write = StreamWrite,
	.DeviceControl = ConsoleControl,
};
