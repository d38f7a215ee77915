/* SPDX-License-Identifier: MIT */
/* host_aiop.h - private to host_aio*.c. */
#ifndef HOST_AIOP_H
#define HOST_AIOP_H
#include "host_aio.h"
#include "host_sys.h"
#include "base/lock.h"

struct host_aio_backend {
	const char *name;
	bool (*start)(void);                      /* false: the host refuses */
	NTSTATUS (*submit)(struct host_aio *aio); /* host_aio_lock held */
	void (*cancel)(struct host_aio *aio);
};
extern const struct host_aio_backend host_aio_uring, host_aio_poll;

/* Guards the private fields of all operations and the backends' own. LR_AIO */
extern struct lk host_aio_lock;
/*
 * Moves bytes without waiting. STATUS_PENDING: there was nothing to move, or more is to follow; else
 * the operation has ended, with aio->moved bytes.
 */
NTSTATUS host_aio_try(struct host_aio *aio);
#endif
