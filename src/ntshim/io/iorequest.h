/* SPDX-License-Identifier: MIT */
/*
 * iorequest.h - requests, what NT calls IRPs: from the call to the status block.
 *
 * A call describes its request on its own stack and hands it to the driver. Most are answered at once
 * and cost no allocation and no lock. A driver that cannot answer calls IopPend() under the lock of
 * its own queue: that makes a copy on the heap, which file and thread list and which is the driver's
 * until it completes it, once. Whoever takes a request out of the driver's queue completes it; a
 * cancel routine that does not find it there any more does nothing. The issuer returns
 * STATUS_PENDING, or, if the file is synchronous, waits.
 *
 * Completing calls file, port, event and thread, so it is done with no lock of the I/O manager held.
 */
#ifndef IOREQUEST_H
#define IOREQUEST_H
#include "nt/io.h"
#include "nt/ps.h"
#include "../host/host_aio.h"

typedef struct _FILE_OBJECT FILE_OBJECT, *PFILE_OBJECT;
typedef struct _IOP_REQUEST IOP_REQUEST, *PIOP_REQUEST;
typedef VOID IOP_CANCEL_ROUTINE(PIOP_REQUEST Request);
/*
 * Answers with a final status, and Information in the request; or has called IopPend() and answers
 * STATUS_PENDING, after which only the copy may be touched, and by its completer alone.
 */
typedef NTSTATUS DRIVER_DISPATCH(PIOP_REQUEST Request);

/* A packet of a completion port: ioport.c */
typedef struct _IOP_PACKET {
	struct list Link;
	PVOID Key, Value;
	IO_STATUS_BLOCK Iosb;
	/* Returns the memory; called without locks. */
	VOID (*Free)(struct _IOP_PACKET *Packet);
} IOP_PACKET, *PIOP_PACKET;

typedef struct _IOP_CONTROL {
	ULONG Code;
	PVOID Input, Output;
	ULONG InputLength, OutputLength;
	ULONG_PTR Information;
	ACCESS_MASK Granted; /* what the handle may do */
} IOP_CONTROL, *PIOP_CONTROL;

struct _IOP_REQUEST {
	/* What is asked; constant. */
	PFILE_OBJECT File;
	PVOID Buffer; /* of a write: only read */
	ULONG Length;
	ULONG Key;             /* byte-range locks */
	PLARGE_INTEGER Offset; /* NULL: none given; not in the copy */
	BOOLEAN AppendOnly;    /* written through FILE_APPEND_DATA alone */
	IOP_CONTROL Control;
	struct {
		ULONGLONG Offset, Length;
		BOOLEAN Exclusive, FailImmediately;
	} Lock;
	struct {
		ULONG Filter;
		BOOLEAN Tree;
	} Notify;
	/* Whom to tell; constant. */
	PIO_STATUS_BLOCK Iosb;
	POBJECT Event; /* the caller's; NULL: none */
	PIO_APC_ROUTINE Apc;
	PVOID ApcContext;
	PETHREAD Thread;
	struct _IOP_APC *ApcBlock; /* for Apc; owned */
	PIOP_PACKET Packet;        /* for the file's port, made beforehand; owned */
	BOOLEAN Wait;              /* the call waits, whatever the file is */
	const char *Operation;     /* in Process Monitor's words */
	ULONG_PTR Information;     /* of an answer at once */
	/* The issuer's side of a request that pends: */
	PIOP_REQUEST Pended; /* a reference */
	NTSTATUS Status;
	KEVENT Done;        /* synchronous files */
	BOOLEAN ApcPending; /* one ended the wait: it runs when the call has ended */
	/* The copy's side: */
	struct refs Refs;                 /* the driver's and those of cancellers */
	struct list FileLink, ThreadLink; /* IopRequestLock */
	BOOLEAN Cancelled;                /* IopRequestLock: has been asked to end */
	uint64_t TraceId;                 /* 0: nobody watched when it began to pend */
	PIOP_REQUEST Issuer;              /* who waits on a synchronous file */
	IOP_CANCEL_ROUTINE *Cancel;
	struct list QueueLink; /* the driver's, by the driver's lock */
	PVOID Context;         /* the driver's */
	ULONG Moved;           /* bytes so far: the driver's */
	struct host_aio Aio;   /* the driver's */
};

/*
 * Runs Routine on Request, whose File and result fields the caller has set, as the call's Event, Apc
 * and so on ask. Event is the caller's handle or NULL. Routine NULL: STATUS_INVALID_DEVICE_REQUEST.
 */
NTSTATUS IopIssue(PIOP_REQUEST Request, DRIVER_DISPATCH *Routine, HANDLE Event);
/*
 * Makes the pending copy of Request; borrowed by the driver until IopComplete(). NULL:
 * Request->Status says why not (the file was cleaned up, no memory) and is to be returned.
 */
PIOP_REQUEST IopPend(PIOP_REQUEST Request, IOP_CANCEL_ROUTINE *Cancel);
/* Ends a pending request, which is then gone. No locks held. */
VOID IopComplete(PIOP_REQUEST Pended, NTSTATUS Status, ULONG_PTR Information);
/* The same for requests that were collected by QueueLink with Status and Information set. */
VOID IopCompleteAll(struct list *Requests);
static inline VOID IopCollect(struct list *Done, PIOP_REQUEST Pended, NTSTATUS Status,
			      ULONG_PTR Information)
{
	list_del(&Pended->QueueLink);
	Pended->Status = Status;
	Pended->Information = Information;
	list_add_tail(Done, &Pended->QueueLink);
}
/* Cancels what is pending on File and makes it refuse what would pend: the last handle has gone. */
VOID IopCancelFile(PFILE_OBJECT File);

/* One at a time on a synchronous file. STATUS_ALERTED, STATUS_USER_APC: not locked. */
NTSTATUS IopLockFile(PFILE_OBJECT File);
VOID IopUnlockFile(PFILE_OBJECT File);

/* ioport.c */
typedef struct _IO_COMPLETION IO_COMPLETION, *PIO_COMPLETION;
/* Consumes Packet. Borrows Port. */
VOID IopPost(PIO_COMPLETION Port, PIOP_PACKET Packet);
VOID IopInitPorts(VOID);
/* A packet on the heap; NULL: no memory. */
PIOP_PACKET IopAllocatePacket(VOID);
VOID IopDereferencePort(PIO_COMPLETION Port);
/* FileCompletionInformation, FileIoCompletionNotificationInformation */
NTSTATUS IopSetCompletion(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
NTSTATUS IopSetNotificationModes(PFILE_OBJECT File, PVOID Buffer, ULONG Length);
#endif
