/* SPDX-License-Identifier: MIT */
/* host_aio.c - which backend, and what both do: see host_aio.h. */
#include "host_aiop.h"
#include "base/trace.h"
#include <pthread.h>
#include <stdlib.h>

struct lk host_aio_lock = LK_INIT(AIO);

static const struct host_aio_backend *backend;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
	const char *no = getenv("LXRUN_NO_URING");

	backend = no && *no && *no != '0' ? &host_aio_poll : &host_aio_uring;
	if (!backend->start()) {
		backend = &host_aio_poll;
		backend->start();
	}
	TRACE(TR_HOST, "asynchronous I/O by %s", backend->name);
}

const char *host_aio_backend(void)
{
	pthread_once(&once, choose);
	return backend->name;
}

NTSTATUS host_aio_submit(struct host_aio *aio)
{
	NTSTATUS status = STATUS_CANCELLED;

	pthread_once(&once, choose);
	lk_acquire(&host_aio_lock);
	if (!aio->cancelling) {
		list_init(&aio->link);
		aio->submitted = true;
		status = backend->submit(aio);
	}
	lk_release(&host_aio_lock);
	return status;
}

void host_aio_cancel(struct host_aio *aio)
{
	bool submitted;

	lk_acquire(&host_aio_lock);
	submitted = aio->submitted;
	if (!submitted)
		aio->cancelling = true;
	lk_release(&host_aio_lock);
	if (submitted)
		backend->cancel(aio);
}

NTSTATUS host_aio_try(struct host_aio *aio)
{
	NTSTATUS status;
	ULONG n = 0;

	if (aio->op == HOST_AIO_POLL)
		return aio->attempt ? aio->attempt(aio) : STATUS_SUCCESS;
	if (aio->op == HOST_AIO_READ)
		status = host_read_now(aio->fd, aio->buf, aio->size, &n);
	else
		status = host_write_now(aio->fd, (char *)aio->buf + aio->moved,
					aio->size - aio->moved, &n);
	aio->moved += n;
	if (status == STATUS_SUCCESS && aio->op == HOST_AIO_WRITE && aio->moved < aio->size)
		return STATUS_PENDING;
	return status;
}
