/* SPDX-License-Identifier: MIT */
/*
 * host_aio.h - host calls that may last: asynchronous, cancellable, with two backends behind one
 * interface. host_aio_uring.c hands them to io_uring. Where the host refuses that (seccomp profiles of
 * containers, kernel.io_uring_disabled) host_aio_poll.c waits with the poller thread and moves bytes
 * without blocking, and gives what cannot be polled to a few threads. Chosen by a probe at the first
 * operation; LXRUN_NO_URING=1 in the environment forces the second.
 */
#ifndef HOST_AIO_H
#define HOST_AIO_H
#include "host_file.h"
#include "base/list.h"

enum host_aio_op {
	HOST_AIO_READ,      /* what is there, at least one byte; 0: end of file */
	HOST_AIO_WRITE,     /* all of it */
	HOST_AIO_POLL,      /* until one of events, or broken, and then what attempt says */
	HOST_AIO_SYNC,      /* fsync */
	HOST_AIO_SYNC_DATA, /* fdatasync */
};

struct host_aio {
	/* Set by the caller, all else zero. The descriptor stays open and the buffer in place until done. */
	enum host_aio_op op;
	host_fd fd;
	void *buf;
	ULONG size, moved; /* moved: bytes that a write has done with already */
	ULONG events;      /* HOST_POLL_READ or HOST_POLL_WRITE, of HOST_AIO_POLL */
	/*
	 * HOST_AIO_POLL: called without locks when it is ready. STATUS_PENDING: it was not, wait on; else
	 * the operation has ended with this status. NULL: ready is enough.
	 */
	NTSTATUS (*attempt)(struct host_aio *aio);
	/*
	 * Called once for each operation that was submitted, without locks, on any thread, maybe before
	 * host_aio_submit() returns. Cancelled: STATUS_CANCELLED. Nothing of the aio is touched after.
	 */
	void (*done)(struct host_aio *aio, NTSTATUS status, ULONG bytes);
	/* Private to host_aio_*.c. */
	BOOLEAN submitted, polling, cancelling, finished;
	struct host_watch *watch;
	struct list link;
};

/*
 * On failure done is not called: STATUS_INSUFFICIENT_RESOURCES; STATUS_CANCELLED if host_aio_cancel()
 * came first; or why the host cannot.
 */
NTSTATUS host_aio_submit(struct host_aio *aio);
/*
 * Asks for an early end, which comes through done. The caller keeps the aio allocated for the length
 * of this call; too late is harmless. May wait for a done routine that is running.
 */
void host_aio_cancel(struct host_aio *aio);
/* "io_uring" or "poll"; decides if that has not happened yet. */
const char *host_aio_backend(void);
#endif
