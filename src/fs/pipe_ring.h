/* SPDX-License-Identifier: MIT */
/*
 * pipe_ring.h - what is in a pipe: a ring of bytes, and which of them are packets (O_DIRECT of pipe2(2)). Its owner
 * keeps it under a lock.
 */
#ifndef FS_PIPE_RING_H
#define FS_PIPE_RING_H
#include "lxrun/guestmem.h"

#define PIPE_BUF 4096u /* what is written in one piece; a packet's greatest length */

struct pipe_packet {
	uint64_t at; /* of all bytes that ever came through */
	uint32_t len;
};

struct pipe_ring {
	char *data;                /* NULL until the first write */
	uint32_t size, head, used; /* size: a power of two, at least PIPE_BUF */
	uint64_t taken;            /* bytes that have left: where head is */
	struct pipe_packet
		*packets; /* a queue of ring_slots() places; NULL until the first packet */
	uint32_t first, count;
};

/* How many packets fit, however small: on Linux each is a page. */
static inline uint32_t ring_slots(const struct pipe_ring *r)
{
	return r->size / PIPE_BUF;
}

/* Bytes there is room for. */
static inline uint32_t ring_room(const struct pipe_ring *r)
{
	return r->count < ring_slots(r) ? r->size - r->used : 0;
}

/*
 * Moves bytes out, at most to the end of the first packet, whose rest is lost; stream: packets are bytes like
 * others. The number, 0 when empty, -LX_EFAULT.
 */
int64_t ring_take(struct pipe_ring *r, struct iter *it, bool stream);
/*
 * Moves bytes in, as many as there is room for; packet: as one of at most PIPE_BUF. The number, -LX_EAGAIN when there
 * is not room for need bytes, -LX_EFAULT, -LX_ENOMEM.
 */
int64_t ring_put(struct pipe_ring *r, struct iter *it, uint32_t need, bool packet);
/*
 * Up to count bytes of from into to, packets as packets; move: from loses them. The number, -LX_EAGAIN: from is empty
 * or to full, -LX_ENOMEM.
 */
int64_t ring_copy(struct pipe_ring *from, struct pipe_ring *to, uint64_t count, bool move);
/* 0, -LX_EBUSY when it holds more, -LX_ENOMEM. */
int ring_resize(struct pipe_ring *r, uint32_t size);
/* Puts bytes in front of all others; the ring grows if it must. 0 or -LX_ENOMEM. */
int ring_put_back(struct pipe_ring *r, const char *data, uint32_t len);
void ring_free(struct pipe_ring *r);
#endif
