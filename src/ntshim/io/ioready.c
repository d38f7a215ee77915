/* SPDX-License-Identifier: MIT */
/* ioready.c - readiness of files with a host descriptor. Files without one are always ready. */
#include "iop.h"
#include "base/alloc.h"
#include "../host/host_poll.h"

_Static_assert(IO_READY_READ == HOST_POLL_READ && IO_READY_WRITE == HOST_POLL_WRITE &&
		       IO_READY_HANGUP == HOST_POLL_HANGUP && IO_READY_ERROR == HOST_POLL_ERROR &&
		       IO_READY_PRI == HOST_POLL_PRI && IO_READY_RDHUP == HOST_POLL_RDHUP,
	       "one set of bits");

struct _IO_WATCH {
	struct host_watch *Host;
	PIO_READY_ROUTINE Routine;
	PVOID Context;
};

NTSTATUS IoQueryReadiness(HANDLE Handle, ULONG Events, PULONG Ready)
{
	PFILE_OBJECT File;
	NTSTATUS Status = IopReferenceFile(Handle, 0, &File);

	*Ready = 0;
	if (Status == STATUS_INVALID_DEVICE_REQUEST) {
		*Ready = Events & (IO_READY_READ | IO_READY_WRITE);
		return STATUS_SUCCESS;
	}
	if (!NT_SUCCESS(Status))
		return Status;
	Status = host_poll_now(File->Fd, Events, Ready);
	IopDereferenceFile(File);
	return Status;
}

static void Fired(void *Context, ULONG Ready)
{
	PIO_WATCH Watch = Context;

	Watch->Routine(Watch->Context, Ready);
}

typedef NTSTATUS HOST_POLL_ADD(host_fd, ULONG, void (*)(void *, ULONG), void *,
			       struct host_watch **);

static NTSTATUS AddWatch(HANDLE Handle, ULONG Events, PIO_READY_ROUTINE Routine, PVOID Context,
			 HOST_POLL_ADD *Add, PIO_WATCH *Watch)
{
	PFILE_OBJECT File;
	PIO_WATCH New;
	NTSTATUS Status;

	*Watch = NULL;
	Status = IopReferenceFile(Handle, 0, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	New = mem_alloc(sizeof(*New));
	if (!New) {
		Status = STATUS_INSUFFICIENT_RESOURCES;
	} else {
		New->Routine = Routine;
		New->Context = Context;
		*Watch = New; /* before the routine may run */
		Status = Add(File->Fd, Events, Fired, New, &New->Host);
	}
	if (!NT_SUCCESS(Status)) {
		mem_free(New);
		*Watch = NULL;
	}
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS IoWatchReadiness(HANDLE Handle, ULONG Events, PIO_READY_ROUTINE Routine, PVOID Context,
			  PIO_WATCH *Watch)
{
	return AddWatch(Handle, Events, Routine, Context, host_poll_watch, Watch);
}

NTSTATUS IoSubscribeReadiness(HANDLE Handle, ULONG Events, PIO_READY_ROUTINE Routine, PVOID Context,
			      PIO_WATCH *Watch)
{
	return AddWatch(Handle, Events, Routine, Context, host_poll_subscribe, Watch);
}

VOID IoUnwatchReadiness(PIO_WATCH Watch)
{
	if (!Watch)
		return;
	host_poll_cancel(Watch->Host);
	mem_free(Watch);
}
