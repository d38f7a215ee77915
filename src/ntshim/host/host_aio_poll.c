/* SPDX-License-Identifier: MIT */
/*
 * host_aio_poll.c - the second backend: poll, and a few threads.
 *
 * Reads and writes wait for readiness on the poller thread (host_poll.c), which then moves bytes
 * without blocking and waits again if that was not enough. fsync cannot be polled: up to MAX_WORKERS
 * threads, started as needed, take it from a queue.
 *
 * Who ends an operation: the routine on the poller thread, unless somebody cancels; a canceller first
 * makes sure that the routine does not run any more and then looks whether it had finished.
 */
#include "host_aiop.h"
#include "host_poll.h"

#define MAX_WORKERS 4

static struct list queue = LIST_INIT(queue); /* host_aio_lock, as all below */
static ULONG workers, idle;
static _Atomic uint32_t work; /* moves with each new entry of queue */

static bool poll_start(void)
{
	return true;
}

/* ---- readiness ---- */
static void ready(void *context, ULONG events);

/* host_aio_lock held. */
static NTSTATUS watch(struct host_aio *aio)
{
	ULONG events = aio->op == HOST_AIO_POLL    ? aio->events
		       : aio->op == HOST_AIO_WRITE ? HOST_POLL_WRITE
						   : HOST_POLL_READ;

	return host_poll_watch(aio->fd, events, ready, aio, &aio->watch);
}

static void ready(void *context, ULONG events)
{
	struct host_aio *aio = context;
	NTSTATUS status = host_aio_try(aio);
	struct host_watch *old;
	bool end = false;

	lk_acquire(&host_aio_lock);
	if (aio->cancelling) {
		/* The canceller waits for us; if nothing is left to do it has to know. */
		aio->finished = status != STATUS_PENDING;
		lk_release(&host_aio_lock);
		if (status != STATUS_PENDING)
			aio->done(aio, status, aio->moved);
		return;
	}
	old = aio->watch;
	if (status == STATUS_PENDING)
		status = watch(aio);
	else
		end = true;
	if (!NT_SUCCESS(status))
		end = true;
	if (end) {
		aio->watch = NULL;
		aio->finished = true;
	}
	lk_release(&host_aio_lock);
	host_poll_cancel(old);
	if (end)
		aio->done(aio, status, aio->moved);
}

/* ---- threads ---- */
static void worker(void *arg)
{
	struct host_aio *aio;
	NTSTATUS status;
	uint32_t seen;

	for (;;) {
		lk_acquire(&host_aio_lock);
		while (list_empty(&queue)) {
			seen = work;
			idle++;
			lk_release(&host_aio_lock);
			host_futex_wait(&work, seen, NULL);
			lk_acquire(&host_aio_lock);
			idle--;
		}
		aio = list_first(&queue, struct host_aio, link);
		list_del(&aio->link);
		aio->finished = true;
		lk_release(&host_aio_lock);
		status = aio->op == HOST_AIO_SYNC ? host_sync(aio->fd) : host_sync_data(aio->fd);
		aio->done(aio, status, 0);
	}
}

static NTSTATUS enqueue(struct host_aio *aio)
{
	int err = 0;

	if (!idle && workers < MAX_WORKERS) {
		err = host_thread_start("lxrun-aio", worker, NULL);
		workers += !err;
	}
	if (workers) {
		list_add_tail(&queue, &aio->link);
		work++;
		err = 0;
	}
	host_futex_wake(&work, 1);
	return host_status(err);
}

static NTSTATUS poll_submit(struct host_aio *aio)
{
	return aio->op == HOST_AIO_SYNC || aio->op == HOST_AIO_SYNC_DATA ? enqueue(aio)
									 : watch(aio);
}

static void poll_cancel(struct host_aio *aio)
{
	struct host_watch *old;
	bool finished;

	lk_acquire(&host_aio_lock);
	if (aio->finished || aio->cancelling) {
		lk_release(&host_aio_lock);
		return;
	}
	aio->cancelling = true;
	old = aio->watch;
	aio->watch = NULL;
	list_del(&aio->link);
	lk_release(&host_aio_lock);
	host_poll_cancel(old);
	lk_acquire(&host_aio_lock);
	finished = aio->finished;
	aio->finished = true;
	lk_release(&host_aio_lock);
	if (!finished)
		aio->done(aio, STATUS_CANCELLED, aio->moved);
}

const struct host_aio_backend host_aio_poll = { "poll", poll_start, poll_submit, poll_cancel };
