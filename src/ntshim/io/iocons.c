/* SPDX-License-Identifier: MIT */
/*
 * iocons.c - streams and terminals that the supervisor was started with.
 *
 * A service thread must stay interruptible, so these never wait in the host: a read or write that
 * cannot move a byte now answers STATUS_PENDING and has done nothing; lxcore waits, alertably, with
 * IoWatchReadiness and comes again. Offsets mean nothing here.
 */
#include "iop.h"
#include "../host/host_tty.h"
#include <string.h>

static NTSTATUS StreamRead(PFILE_OBJECT File, PVOID Buffer, ULONG Length, PLARGE_INTEGER Offset,
			   PULONG_PTR Information)
{
	ULONG Done = 0;
	NTSTATUS Status;

	if (!Length)
		return STATUS_SUCCESS;
	Status = host_read_now(File->Fd, Buffer, Length, &Done);
	*Information = Done;
	return Status == STATUS_SUCCESS && !Done ? STATUS_END_OF_FILE : Status;
}

static NTSTATUS StreamWrite(PFILE_OBJECT File, const VOID *Buffer, ULONG Length,
			    PLARGE_INTEGER Offset, BOOLEAN AppendOnly, PULONG_PTR Information)
{
	ULONG Done = 0;
	NTSTATUS Status = host_write_now(File->Fd, Buffer, Length, &Done);

	*Information = Done;
	return Status;
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

static NTSTATUS SetAttr(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	ULONG When;

	memcpy(&When, Control->Input, sizeof(When));
	return host_tty_set_attr(File->Fd, When, (const char *)Control->Input + sizeof(When));
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

static const struct {
	ULONG Code, InputLength, OutputLength; /* least lengths */
	DRIVER_CONTROL *Routine;
} Controls[] = {
	{ IOCTL_LXRUN_TTY_GET_ATTR, 0, HOST_TERMIOS_SIZE, GetAttr },
	{ IOCTL_LXRUN_TTY_SET_ATTR, sizeof(ULONG) + HOST_TERMIOS_SIZE, 0, SetAttr },
	{ IOCTL_LXRUN_TTY_GET_WINSIZE, 0, HOST_WINSIZE_SIZE, GetWinsize },
	{ IOCTL_LXRUN_TTY_SET_WINSIZE, HOST_WINSIZE_SIZE, 0, SetWinsize },
	{ IOCTL_LXRUN_TTY_FLUSH, sizeof(ULONG), 0, Flush },
	{ IOCTL_LXRUN_TTY_BYTES_READY, 0, sizeof(ULONG), BytesReady },
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
	.Read = StreamRead,
	.Write = StreamWrite,
	.DeviceControl = ConsoleControl,
};
