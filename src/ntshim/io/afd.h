/* SPDX-License-Identifier: MIT */
/*
 * afd.h - \Device\Afd (include/nt/afd.h, nt.md AF1..AF14) over the host's sockets.
 *
 * An endpoint is a file whose host descriptor is a non-blocking socket. A request tries at once; what the host
 * would make wait stands in the endpoint's queue of its direction, the first of which has the host's poll
 * armed, tries again when that says ready, and hands over to the next when it has ended. So requests of one
 * direction end in order, and one that nobody is waiting before costs no lock.
 *
 * Locks: an endpoint's lock (LR_PIPES) guards its queues and accepted connections. Requests complete without.
 */
#ifndef AFD_H
#define AFD_H
#include "iop.h"
#include "../host/host_poll.h"
#include "../host/host_socket.h"
#include "base/alloc.h"

enum { AFD_RECEIVING, AFD_SENDING, AFD_DIRECTIONS };

typedef enum _AFD_STATE { AfdOpen, AfdListening, AfdConnecting, AfdConnected } AFD_STATE;

typedef struct _AFD_ENDPOINT {
	ULONG Family, Type, Protocol; /* constant */
	_Atomic AFD_STATE State;      /* of a stream: what POLL makes of the host's events */
	_Atomic NTSTATUS Error;       /* told by POLL, for SO_ERROR and the next CONNECT */
	_Atomic BOOLEAN NonBlocking;
	_Atomic ULONG Waiting[AFD_DIRECTIONS]; /* requests in the queues */
	struct lk Lock;                        /* guards: */
	struct list Queues[AFD_DIRECTIONS];    /* requests; the first is armed */
	struct list Accepted;                  /* AFD_CONNECTION: WAIT_FOR_LISTEN's, for ACCEPT */
	LONG Sequence;
} AFD_ENDPOINT, *PAFD_ENDPOINT;

typedef struct _AFD_CONNECTION {
	struct list Link;
	LONG Sequence;
	host_fd Fd;
} AFD_CONNECTION, *PAFD_CONNECTION;

typedef struct _AFD_OPERATION AFD_OPERATION, *PAFD_OPERATION;
/* One try; STATUS_PENDING: the host would wait. Sets Request->Information. */
typedef NTSTATUS AFD_ATTEMPT(PIOP_REQUEST Request, PAFD_OPERATION Operation);
/* What a request needs to try again. Lives on the stack of the call, and on the heap while it pends. */
struct _AFD_OPERATION {
	AFD_ATTEMPT *Attempt;
	ULONG Direction;
	BOOLEAN Armed; /* endpoint's lock */
	/* Transfers: */
	BOOLEAN All;       /* ends with the last byte */
	ULONG Flags, Done; /* TDI_*; bytes moved */
	PVOID Address, Control;
	PULONG AddressLength, ControlLength, MsgFlags;
	ULONG PeerLength;
	SOCKADDR_STORAGE Peer;
	ULONG Count;
	WSABUF Buffers[AFD_BUFFERS_MAX]; /* what is left of them */
};

/* The endpoint of a socket; NULL: the file is the driver's own. */
static inline PAFD_ENDPOINT AfdEndpoint(const FILE_OBJECT *File)
{
	return File->DriverContext;
}

/* afdqueue.c: tries, and waits if it must and may. May: the request pends even on a non-blocking socket. */
NTSTATUS AfdRun(PIOP_REQUEST Request, PAFD_OPERATION Operation, BOOLEAN May);

/* afdcreate.c: a socket on Fd, which is consumed. Returns a reference. */
NTSTATUS AfdNewFile(PDEVICE_OBJECT Device, host_fd Fd, const AFD_ENDPOINT *Like,
		    const IOP_OPEN *Open, PFILE_OBJECT *File);

/* afdconnect.c: the socket's error, once; and the same, but it stays for the next who asks. */
NTSTATUS AfdTakeError(PFILE_OBJECT File);
NTSTATUS AfdKeepError(PFILE_OBJECT File);

/* afdconnect.c, afddata.c, afdoption.c, afdpoll.c */
DRIVER_DISPATCH AfdBind, AfdConnect, AfdStartListen, AfdWaitForListen, AfdAccept, AfdLxrunAccept,
	AfdDisconnect, AfdGetAddress, AfdGetRemoteAddress;
DRIVER_DISPATCH AfdReceive, AfdReceiveDatagram, AfdReceiveMessage, AfdSend, AfdSendDatagram,
	AfdSendMessage, AfdRead, AfdWrite;
DRIVER_DISPATCH AfdSetInformation, AfdGetInformation, AfdQueryReceiveInfo, AfdTransportIoctl;
DRIVER_DISPATCH AfdPoll;
#endif
