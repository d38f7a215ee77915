/* SPDX-License-Identifier: MIT */
/*
 * np.h - \Device\NamedPipe, NT's named pipe file system (nt.md NP1..NP10). No host pipe is behind it.
 *
 * A pipe is a name (none: an anonymous pipe) with what was agreed when its first instance was made. An
 * instance joins a server end and, while a client is connected, a client end by two queues. A queue
 * holds either data that nobody has read yet or readers that wait for data. Data within the quota is
 * copied into the queue and its writer has done; data beyond it stays in the writer's buffer and the
 * writer pends until it fits or is read. A flush is an entry without data that pends until its turn.
 *
 * Locks: NpNameLock (LR_NPFS) guards the table of names, the instances of a pipe and who waits for one;
 * an instance's lock (LR_PIPES) its state, ends and queues. Requests are collected under a lock and
 * completed without one. A request that pends here has Context set; who clears it completes it.
 */
#ifndef NP_H
#define NP_H
#include "iop.h"

typedef struct _NP_PIPE {
	struct list Link; /* in the table, if it has a name */
	UNICODE_STRING Name;
	ULONG Config, Type, MaxInstances; /* constant */
	LARGE_INTEGER Timeout;            /* constant */
	ULONG InstanceCount;
	struct list Instances;
} NP_PIPE, *PNP_PIPE;

/* Data not read yet, or a flush that waits for its turn. */
typedef struct _NP_DATA {
	struct list Link;
	PIOP_REQUEST Writer; /* pends; NULL: Bytes are the queue's own */
	const char *Bytes;
	ULONG Length, Done;
	BOOLEAN Flush;
	char Own[];
} NP_DATA, *PNP_DATA;

typedef struct _NP_QUEUE {
	ULONG Quota, Used;   /* bytes copied into the queue */
	struct list Data;    /* NP_DATA */
	struct list Readers; /* requests; only while Data is empty */
} NP_QUEUE, *PNP_QUEUE;

typedef struct _NP_END {
	PFILE_OBJECT File; /* borrowed; NULL: not there */
	ULONG ReadMode, CompletionMode;
} NP_END, *PNP_END;

typedef struct _NP_INSTANCE {
	struct refs Refs; /* one for each file object */
	PNP_PIPE Pipe;
	struct list Link;   /* NpNameLock */
	struct lk Lock;     /* guards: */
	ULONG State;        /* FILE_PIPE_*_STATE, as the server end sees it */
	NP_END Ends[2];     /* by FILE_PIPE_CLIENT_END, FILE_PIPE_SERVER_END */
	NP_QUEUE Queues[2]; /* that the end of this number reads */
	struct list Listeners;
	SE_CLIENT Client; /* who connected last */
} NP_INSTANCE, *PNP_INSTANCE;

/* The instance of a pipe end; NULL: the file is the file system's root. */
static inline PNP_INSTANCE NpInstance(const FILE_OBJECT *File)
{
	return File->DriverContext;
}

static inline ULONG NpEndOf(const FILE_OBJECT *File)
{
	return File->DriverTag;
}

/* ---- npcreate.c ---- */
DRIVER_CREATE NpCreate;
VOID NpCleanup(PFILE_OBJECT File);
VOID NpClose(PFILE_OBJECT File);
ULONG NpCountInstances(PNP_INSTANCE Instance);

/* ---- npwait.c ---- */
/* Lets those go on who wait for an instance of this name. No locks held. */
VOID NpWakeWaiters(PCUNICODE_STRING Name);
NTSTATUS NpWait(PIOP_REQUEST Request);
/* Returns STATUS_SUCCESS if an instance listens; else the timeout of the pipe, or why not. */
NTSTATUS NpFindListening(PCUNICODE_STRING Name, PLARGE_INTEGER Timeout);
extern struct lk NpNameLock;

/* ---- npdata.c: the instance's lock is held ---- */
VOID NpInitQueue(PNP_QUEUE Queue, ULONG Quota);
/* The state as File sees it: a client that was disconnected is no part of the instance any more. */
ULONG NpStateOf(PNP_INSTANCE Instance, const FILE_OBJECT *File);
ULONG NpBytesIn(const NP_QUEUE *Queue);
/* Ends all that is in a queue with Status; data goes. */
VOID NpDrain(PNP_QUEUE Queue, NTSTATUS Status, struct list *Done);
/* The writer's file closes: its data stays without it. */
VOID NpDisownData(PNP_QUEUE Queue, struct list *Done);
/* Appends to Queue for whom reads there; NULL quota check if Force. */
NTSTATUS NpPut(PNP_INSTANCE Instance, ULONG Reader, PIOP_REQUEST Request, BOOLEAN Force,
	       struct list *Done);
/* Waits for data on Queue. */
NTSTATUS NpPendReader(PNP_QUEUE Queue, PIOP_REQUEST Request);
VOID NpCancel(PIOP_REQUEST Pended);
DRIVER_DISPATCH NpRead, NpWrite, NpFlush;

/* ---- npcontrol.c ---- */
DRIVER_DISPATCH NpFsControl;
DRIVER_INFORMATION NpQueryInformation, NpSetInformation;
extern const DRIVER_OBJECT NpDriver;
#endif
