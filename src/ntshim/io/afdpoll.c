/* SPDX-License-Identifier: MIT */
/*
 * afdpoll.c - IOCTL_AFD_POLL: which of several sockets has an event (nt.md AF14).
 *
 * One that has to wait subscribes to every socket. Who comes first, with an event, at the end of the time or
 * to cancel, takes the request out (Pended and its Context become NULL), undoes the rest and completes it. The others find it gone,
 * and the memory stays until none of them can be running.
 */
#include "afd.h"

typedef struct _AFD_POLLED {
	PFILE_OBJECT File; /* a reference */
	HANDLE Handle;
	ULONG Events;
	struct host_watch *Watch;
} AFD_POLLED;

typedef struct _AFD_POLLING {
	PIOP_REQUEST Pended; /* PollLock */
	/* constant once set up, which PollLock is held for: */
	KTIMER Timer;
	ULONG Count;
	AFD_POLLED Sockets[];
} AFD_POLLING, *PAFD_POLLING;

static struct lk PollLock = LK_INIT(NPFS);

#define HOST_EVENTS                                                                              \
	(HOST_POLL_READ | HOST_POLL_WRITE | HOST_POLL_PRI | HOST_POLL_RDHUP | HOST_POLL_HANGUP | \
	 HOST_POLL_ERROR)

/* What the host says, in AFD's words. */
static ULONG EventsOf(PAFD_ENDPOINT Endpoint, ULONG Ready)
{
	ULONG Events = 0, State = Endpoint->State;
	BOOLEAN Stream = Endpoint->Type == WS_SOCK_STREAM;

	if (State == AfdListening)
		return Ready & HOST_POLL_READ ? AFD_POLL_ACCEPT : 0;
	if (Stream && State == AfdOpen)
		return 0;
	if (State == AfdConnecting && Ready & HOST_POLL_ERROR)
		return AFD_POLL_CONNECT_FAIL;
	if (State == AfdConnecting && Ready & HOST_POLL_WRITE)
		Endpoint->State = AfdConnected;
	if (Ready & HOST_POLL_READ)
		Events |= AFD_POLL_RECEIVE;
	if (Ready & HOST_POLL_PRI)
		Events |= AFD_POLL_RECEIVE_EXPEDITED;
	if (Ready & HOST_POLL_WRITE)
		Events |= AFD_POLL_SEND | (Stream ? AFD_POLL_CONNECT : 0);
	if (Stream && Ready & (HOST_POLL_RDHUP | HOST_POLL_HANGUP))
		Events |= AFD_POLL_DISCONNECT;
	if (Stream && Ready & HOST_POLL_ERROR)
		Events |= AFD_POLL_ABORT;
	return Events;
}

static VOID AskOne(const AFD_POLLED *Polled, AFD_POLL_HANDLE_INFO *Info)
{
	PAFD_ENDPOINT Endpoint = AfdEndpoint(Polled->File);
	ULONG Ready;

	Info->Handle = Polled->Handle;
	Info->PollEvents = 0;
	Info->Status = host_poll_now(Polled->File->Fd, HOST_EVENTS, &Ready);
	if (NT_SUCCESS(Info->Status))
		Info->PollEvents = EventsOf(Endpoint, Ready) & Polled->Events;
	if (Info->PollEvents & AFD_POLL_CONNECT_FAIL)
		Info->Status = AfdKeepError(Polled->File);
}

/* Writes the sockets with an event to Out; returns how many there are. */
static ULONG Ask(PAFD_POLLING Polling, AFD_POLL_INFO *Out)
{
	AFD_POLL_HANDLE_INFO Info;
	ULONG Found = 0;

	for (ULONG i = 0; i < Polling->Count; i++) {
		AskOne(&Polling->Sockets[i], &Info);
		if (Info.PollEvents)
			memcpy(&Out->Handles[Found++], &Info, sizeof(Info));
	}
	Out->NumberOfHandles = Found;
	return Found;
}

static ULONG SizeFor(ULONG Count)
{
	return (ULONG)offsetof(AFD_POLL_INFO, Handles) +
	       Count * (ULONG)sizeof(AFD_POLL_HANDLE_INFO);
}

static VOID Free(PAFD_POLLING Polling)
{
	KeCancelTimer(&Polling->Timer);
	for (ULONG i = 0; i < Polling->Count; i++) {
		host_poll_cancel(Polling->Sockets[i].Watch);
		IopDereferenceFile(Polling->Sockets[i].File);
	}
	mem_free(Polling);
}

/*
 * Takes the request out, if nobody has and a socket has an event, or in any case; *Found: how many have. PollLock
 * is held.
 */
static PIOP_REQUEST Take(PAFD_POLLING Polling, BOOLEAN Anyway, PULONG Found)
{
	PIOP_REQUEST Pended = Polling->Pended;

	if (!Pended)
		return NULL;
	*Found = Ask(Polling, Pended->Control.Output);
	if (!*Found && !Anyway)
		return NULL;
	Polling->Pended = NULL;
	Pended->Context = NULL;
	return Pended;
}

static VOID End(PAFD_POLLING Polling, NTSTATUS Status, BOOLEAN Anyway)
{
	PIOP_REQUEST Pended;
	ULONG Found = 0;

	lk_acquire(&PollLock);
	Pended = Take(Polling, Anyway, &Found);
	lk_release(&PollLock);
	if (!Pended)
		return;
	Free(Polling);
	IopComplete(Pended, Found ? STATUS_SUCCESS : Status, SizeFor(Found));
}

static void Happened(void *Context, ULONG Ready)
{
	End(Context, STATUS_SUCCESS, FALSE);
}

static VOID TimedOut(PVOID Context)
{
	End(Context, STATUS_TIMEOUT, TRUE);
}

static VOID CancelPoll(PIOP_REQUEST Pended)
{
	PAFD_POLLING Polling;
	BOOLEAN Taken = FALSE;
	ULONG Found;

	lk_acquire(&PollLock);
	Polling = Pended->Context;
	if (Polling)
		Taken = Take(Polling, TRUE, &Found) != NULL;
	lk_release(&PollLock);
	if (!Taken)
		return;
	Free(Polling);
	IopComplete(Pended, STATUS_CANCELLED, 0);
}

/* PollLock is held. */
static NTSTATUS Wait(PIOP_REQUEST Request, PAFD_POLLING Polling, LARGE_INTEGER Timeout)
{
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONG i = 0; i < Polling->Count && NT_SUCCESS(Status); i++)
		Status = host_poll_subscribe(Polling->Sockets[i].File->Fd, HOST_EVENTS, Happened,
					     Polling, &Polling->Sockets[i].Watch);
	if (!NT_SUCCESS(Status))
		return Status;
	Request->Context = Polling;
	Polling->Pended = IopPend(Request, CancelPoll);
	if (!Polling->Pended)
		return Request->Status;
	if (Timeout.QuadPart != INT64_MAX)
		KeSetTimerEx(&Polling->Timer, Timeout, 0, TimedOut, Polling);
	return STATUS_PENDING;
}

/* References to the sockets that In names. */
static NTSTATUS Reference(const AFD_POLL_INFO *In, PAFD_POLLING Polling)
{
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONG i = 0; i < In->NumberOfHandles; i++) {
		AFD_POLLED *Polled = &Polling->Sockets[i];

		Polled->Handle = In->Handles[i].Handle;
		Polled->Events = In->Handles[i].PollEvents;
		Status = IopReferenceFile(Polled->Handle, 0, &Polled->File);
		if (!NT_SUCCESS(Status))
			break;
		Polling->Count = i + 1;
		if (Polled->File->Device->Driver != &AfdDriver) {
			Status = STATUS_INVALID_HANDLE;
			break;
		}
	}
	return Status;
}

NTSTATUS AfdPoll(PIOP_REQUEST Request)
{
	const AFD_POLL_INFO *In = Request->Control.Input;
	const ULONG Length = Request->Control.InputLength;
	LARGE_INTEGER Timeout;
	PAFD_POLLING Polling;
	NTSTATUS Status;
	ULONG Found;

	if (Length < SizeFor(1) || !In->NumberOfHandles || In->NumberOfHandles > AFD_POLL_MAX ||
	    Length < SizeFor(In->NumberOfHandles) || Request->Control.OutputLength < Length)
		return STATUS_INVALID_PARAMETER;
	Polling = mem_alloc(sizeof(*Polling) + In->NumberOfHandles * sizeof(AFD_POLLED));
	if (!Polling)
		return STATUS_INSUFFICIENT_RESOURCES;
	KeInitializeTimerEx(&Polling->Timer, NotificationTimer);
	Timeout = In->Timeout;
	Status = Reference(In, Polling);
	if (NT_SUCCESS(Status)) {
		memmove(Request->Control.Output, In, SizeFor(0)); /* maybe one buffer */
		Found = Ask(Polling, Request->Control.Output);
		Request->Information = SizeFor(Found);
		if (!Found && !Timeout.QuadPart)
			Status = STATUS_TIMEOUT;
		if (!Found && Timeout.QuadPart) {
			lk_acquire(&PollLock);
			Status = Wait(Request, Polling, Timeout);
			lk_release(&PollLock);
		}
	}
	if (Status != STATUS_PENDING)
		Free(Polling);
	return Status;
}
