/* SPDX-License-Identifier: MIT */
/* wait_mask.h - the signal mask that ppoll, pselect6 and epoll_pwait apply while they wait. */
#ifndef SYSCALL_WAIT_MASK_H
#define SYSCALL_WAIT_MASK_H
#include "lxrun/task.h"

/* Applies the mask at a guest address (NULL: none). 0, -LX_EINVAL, -LX_EFAULT. */
int wait_mask_begin(struct task *t, gaddr_t mask, uint64_t size);
/*
 * Takes it back. A signal that only the mask let through is delivered with the mask in force. Returns res;
 * -LX_EINTR where the engine cannot do that.
 */
int64_t wait_mask_end(struct task *t, int64_t res);
#endif
