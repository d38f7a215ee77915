/* SPDX-License-Identifier: MIT */
/*
 * host_aio_uring.c - the first backend: one ring, one thread that waits for completions.
 *
 * A descriptor with O_NONBLOCK makes io_uring answer -EAGAIN where we want it to wait, so that answer
 * becomes a poll, and then the transfer again. A write that moved less goes on with the rest.
 * Submissions happen under host_aio_lock and move bytes at once if they can; completions are taken by
 * the thread alone. The ring's entries name an operation by its address: it exists until done.
 */
#include "host_aiop.h"
#include "host_poll.h"
#include "base/trace.h"
#include <errno.h>
#include <liburing.h>
#include <poll.h>

#define ENTRIES 64

static struct io_uring ring; /* submission side: host_aio_lock */

static void reaper(void *arg);

static bool supported(void)
{
	static const unsigned char ops[] = { IORING_OP_READ, IORING_OP_WRITE, IORING_OP_POLL_ADD,
					     IORING_OP_FSYNC, IORING_OP_ASYNC_CANCEL };
	struct io_uring_probe *probe = io_uring_get_probe_ring(&ring);
	bool all = probe != NULL;

	for (size_t i = 0; all && i < sizeof(ops); i++)
		all = io_uring_opcode_supported(probe, ops[i]);
	io_uring_free_probe(probe);
	return all;
}

static bool uring_start(void)
{
	if (io_uring_queue_init(ENTRIES, &ring, IORING_SETUP_CLAMP) < 0)
		return false;
	/* NODROP: completions that find no room wait in the host instead of getting lost. */
	if (ring.features & IORING_FEAT_NODROP && supported() &&
	    host_thread_start("lxrun-aio", reaper, NULL) == 0)
		return true;
	io_uring_queue_exit(&ring);
	return false;
}

static struct io_uring_sqe *get_sqe(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (!sqe && io_uring_submit(&ring) >= 0)
		sqe = io_uring_get_sqe(&ring);
	return sqe;
}

/* What could not be submitted must not be later: its operation will be gone. */
static int submit(struct io_uring_sqe *sqe)
{
	int n;

	do
		n = io_uring_submit(&ring);
	while (n > 0 && io_uring_sq_ready(&ring));
	if (n >= 0 && !io_uring_sq_ready(&ring))
		return 0;
	io_uring_prep_nop(sqe);
	io_uring_sqe_set_data(sqe, NULL);
	return n < 0 ? n : -EAGAIN;
}

static bool writes(const struct host_aio *aio)
{
	return aio->op == HOST_AIO_WRITE || aio->events & HOST_POLL_WRITE;
}

/* host_aio_lock held. */
static int issue(struct host_aio *aio)
{
	struct io_uring_sqe *sqe = get_sqe();
	int fd = aio->fd.v;

	if (!sqe)
		return -EAGAIN;
	if (aio->polling || aio->op == HOST_AIO_POLL)
		io_uring_prep_poll_add(sqe, fd, writes(aio) ? POLLOUT : POLLIN);
	else if (aio->op == HOST_AIO_READ)
		io_uring_prep_read(sqe, fd, aio->buf, aio->size, (uint64_t)-1);
	else if (aio->op == HOST_AIO_WRITE)
		io_uring_prep_write(sqe, fd, (char *)aio->buf + aio->moved, aio->size - aio->moved,
				    (uint64_t)-1);
	else
		io_uring_prep_fsync(sqe, fd,
				    aio->op == HOST_AIO_SYNC_DATA ? IORING_FSYNC_DATASYNC : 0);
	io_uring_sqe_set_data(sqe, aio);
	return submit(sqe);
}

/* Takes one answer in; tried: what a poll's attempt said of it. STATUS_PENDING: asked again. host_aio_lock held. */
static NTSTATUS advance(struct host_aio *aio, int res, NTSTATUS tried)
{
	int err;

	if (res == -ECANCELED || (aio->cancelling && (res == -EINTR || res == -EAGAIN)))
		return STATUS_CANCELLED;
	if (aio->polling) {
		aio->polling = false;
		if (res < 0)
			return host_status(res);
	} else if (res == -EAGAIN || res == -EINTR) {
		aio->polling = res == -EAGAIN;
	} else if (res < 0) {
		return host_status(res);
	} else {
		if (aio->op == HOST_AIO_POLL && tried != STATUS_PENDING)
			return tried;
		if (aio->op == HOST_AIO_READ || aio->op == HOST_AIO_WRITE)
			aio->moved += (ULONG)res;
		if (aio->op != HOST_AIO_POLL &&
		    (aio->op != HOST_AIO_WRITE || aio->moved >= aio->size || !res))
			return STATUS_SUCCESS;
	}
	if (aio->cancelling)
		return STATUS_CANCELLED;
	err = issue(aio);
	return err ? host_status(err) : STATUS_PENDING;
}

static void reaper(void *arg)
{
	struct io_uring_cqe *cqe;
	struct host_aio *aio;
	NTSTATUS status, tried;
	bool ready;
	int res;

	for (;;) {
		if (io_uring_wait_cqe(&ring, &cqe) < 0)
			continue;
		aio = io_uring_cqe_get_data(cqe);
		res = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
		if (!aio) /* the answer to a cancellation */
			continue;
		TRACE(TR_HOST, "io_uring: operation %d on %d = %d", (int)aio->op, aio->fd.v, res);
		/* Whoever submitted it has let go of the lock by then: what it wrote is seen. */
		lk_acquire(&host_aio_lock);
		ready = aio->op == HOST_AIO_POLL && res >= 0;
		lk_release(&host_aio_lock);
		tried = ready ? host_aio_try(aio) : STATUS_PENDING;
		lk_acquire(&host_aio_lock);
		status = advance(aio, res, tried);
		aio->finished = status != STATUS_PENDING;
		lk_release(&host_aio_lock);
		if (status != STATUS_PENDING)
			aio->done(aio, status, aio->moved);
	}
}

static NTSTATUS uring_submit(struct host_aio *aio)
{
	return issue(aio) ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static void uring_cancel(struct host_aio *aio)
{
	struct io_uring_sqe *sqe;

	lk_acquire(&host_aio_lock);
	if (!aio->finished && !aio->cancelling) {
		aio->cancelling = true;
		sqe = get_sqe();
		if (sqe) {
			io_uring_prep_cancel(sqe, aio, 0);
			io_uring_sqe_set_data(sqe, NULL);
			submit(sqe);
		}
	}
	lk_release(&host_aio_lock);
}

const struct host_aio_backend host_aio_uring = { "io_uring", uring_start, uring_submit,
						 uring_cancel };
