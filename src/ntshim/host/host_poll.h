/* SPDX-License-Identifier: MIT */
/* host_poll.h - readiness of host descriptors, now or as a call from one poller thread. */
#ifndef HOST_POLL_H
#define HOST_POLL_H
#include "host_file.h"

#define HOST_POLL_READ   0x01u
#define HOST_POLL_WRITE  0x02u
#define HOST_POLL_HANGUP 0x04u
#define HOST_POLL_ERROR  0x08u
#define HOST_POLL_PRI    0x10u
#define HOST_POLL_RDHUP  0x20u /* the peer of a stream sends no more */

/* Of events, what holds now; hangup and error always count. Never waits. */
NTSTATUS host_poll_now(host_fd fd, ULONG events, ULONG *ready);

struct host_watch;
/*
 * Calls routine(context, ready) once on the poller thread when one of events (or hangup, or error)
 * holds. A file that the host cannot poll is ready at once. The watch is freed by host_poll_cancel()
 * alone, whether or not it has fired. fd may be closed while it is watched.
 */
NTSTATUS host_poll_watch(host_fd fd, ULONG events, void (*routine)(void *context, ULONG ready),
			 void *context, struct host_watch **watch);
/*
 * The same, but again and again: the routine is called whenever something has happened to one of events (edges:
 * more data, too, or room again), and once for what holds in the beginning.
 */
NTSTATUS host_poll_subscribe(host_fd fd, ULONG events, void (*routine)(void *context, ULONG ready),
			     void *context, struct host_watch **watch);
/*
 * After it returns the routine is not running and will not run; inside the routine itself it only
 * promises the latter. Frees the watch. NULL: nothing.
 */
void host_poll_cancel(struct host_watch *watch);
#endif
