/* SPDX-License-Identifier: MIT */
/* pipe.h - what the neighbours of pipe.c need. */
#ifndef FS_PIPE_H
#define FS_PIPE_H
#include "lxrun/vfs.h"

struct pipe;
void pipe_put(struct pipe *p);

/* ---- for splice.c: as read(2) and write(2) of the ends, without looking at their flags ---- */
/* The pipe that f is an end of, borrowed; NULL: none of ours. */
struct pipe *pipe_of(struct file *f);
int64_t pipe_take(struct pipe *p, struct task *t, struct iter *it, bool nonblock);
int64_t pipe_put_data(struct pipe *p, struct task *t, struct iter *it, bool nonblock);
/* Waits for the first byte's room only, and moves what fits then. */
int64_t pipe_put_some(struct pipe *p, struct task *t, struct iter *it, bool nonblock);
/* What was taken last goes back to the front; the ring grows if others filled it. 0 or -LX_ENOMEM. */
int pipe_give_back(struct pipe *p, const char *data, uint32_t len);
/* Waits for room: bytes, -LX_EAGAIN, -LX_EPIPE, -LX_ERESTARTSYS. */
int64_t pipe_wait_room(struct pipe *p, struct task *t, bool nonblock);
/* Copies up to count bytes from one pipe to another, packets as packets; move: they leave the first. */
int64_t pipe_tee(struct pipe *from, struct pipe *to, struct task *t, uint64_t count, bool nonblock,
		 bool move);
#endif
