/* SPDX-License-Identifier: MIT */
/* pipe_ring.c - bytes and packets in a pipe. Data go straight between guest memory and the ring, one copy each way. */
#include "pipe_ring.h"
#include "base/alloc.h"
#include "lx/errno.h"
#include <string.h>

static struct pipe_packet *packet(const struct pipe_ring *r, uint32_t i)
{
	return &r->packets[(r->first + i) % ring_slots(r)];
}

/* n bytes leave at the head, and with them packets or parts of one. */
static void drop(struct pipe_ring *r, uint32_t n)
{
	struct pipe_packet *p;

	r->head = (r->head + n) & (r->size - 1);
	r->used -= n;
	r->taken += n;
	while (r->count && (p = packet(r, 0))->at < r->taken) {
		uint64_t gone = r->taken - p->at;

		if (gone < p->len) {
			p->at = r->taken;
			p->len -= (uint32_t)gone;
			return;
		}
		r->first = (r->first + 1) % ring_slots(r);
		r->count--;
	}
}

/*
 * Bytes from a place on that are one packet, or none at all. next: the number of the first packet that does not lie
 * before it.
 */
static uint32_t stretch(const struct pipe_ring *r, uint64_t at, uint32_t next, bool *is_packet)
{
	const struct pipe_packet *p = next < r->count ? packet(r, next) : NULL;

	*is_packet = p && p->at == at;
	if (!p)
		return (uint32_t)(r->taken + r->used - at);
	return *is_packet ? p->len : (uint32_t)(p->at - at);
}

/* Copies out the next n bytes at most, which stay. */
static int64_t copy_out(const struct pipe_ring *r, struct iter *it, uint32_t n)
{
	int64_t total = 0, m;

	while (n && it->left) {
		uint32_t at = (r->head + (uint32_t)total) & (r->size - 1), run = r->size - at;

		if (run > n)
			run = n;
		m = iter_write(it, r->data + at, run);
		if (m <= 0)
			return total ? total : m;
		total += m;
		n -= (uint32_t)m;
		if (m < run)
			break;
	}
	return total;
}

int64_t ring_take(struct pipe_ring *r, struct iter *it, bool stream)
{
	int64_t total = 0, n;
	bool is_packet = false;

	while (r->used && it->left && !is_packet) {
		uint32_t run = stream ? r->used : stretch(r, r->taken, 0, &is_packet);

		n = copy_out(r, it, run);
		if (n <= 0)
			return total ? total : n;
		drop(r, is_packet ? run : (uint32_t)n);
		total += n;
		if (n < run)
			break;
	}
	return total;
}

static int64_t copy_in(struct pipe_ring *r, struct iter *it, uint32_t room)
{
	int64_t total = 0, n;

	while (room && it->left) {
		uint32_t tail = (r->head + r->used) & (r->size - 1), run = r->size - tail;

		if (run > room)
			run = room;
		n = iter_read(it, r->data + tail, run);
		if (n <= 0)
			return total ? total : n;
		r->used += (uint32_t)n;
		room -= (uint32_t)n;
		total += n;
		if (n < run)
			break;
	}
	return total;
}

int64_t ring_put(struct pipe_ring *r, struct iter *it, uint32_t need, bool as_packet)
{
	uint32_t room = ring_room(r);
	uint64_t at = r->taken + r->used;
	int64_t n;

	if (room < need || !room)
		return -LX_EAGAIN;
	if (!r->data && !(r->data = mem_realloc(NULL, r->size)))
		return -LX_ENOMEM;
	if (!as_packet)
		return copy_in(r, it, room);
	if (!r->packets && !(r->packets = mem_alloc(ring_slots(r) * sizeof(*r->packets))))
		return -LX_ENOMEM;
	n = copy_in(r, it, room < PIPE_BUF ? room : PIPE_BUF);
	if (n > 0)
		*packet(r, r->count++) = (struct pipe_packet){ at, (uint32_t)n };
	return n;
}

/* n bytes that lie behind the first skip. */
static void peek(const struct pipe_ring *r, uint64_t skip, char *buf, uint32_t n)
{
	uint32_t at = (r->head + (uint32_t)skip) & (r->size - 1);
	uint32_t run = r->size - at < n ? r->size - at : n;

	memcpy(buf, r->data + at, run);
	memcpy(buf + run, r->data, n - run);
}

int64_t ring_copy(struct pipe_ring *from, struct pipe_ring *to, uint64_t count, bool move)
{
	uint64_t total = 0;
	uint32_t next = 0, n;
	int64_t put = -LX_EAGAIN;
	char buf[PIPE_BUF];
	struct iter it;
	bool is_packet;

	if (count > from->used)
		count = from->used;
	while (total < count) {
		n = stretch(from, from->taken + total, next, &is_packet);
		if (n > sizeof(buf))
			n = sizeof(buf);
		if (n > count - total)
			n = (uint32_t)(count - total);
		peek(from, total, buf, n);
		iter_kernel(&it, buf, n);
		put = ring_put(to, &it, is_packet ? n : 1, is_packet);
		if (put <= 0)
			break;
		total += (uint64_t)put;
		next += is_packet;
	}
	if (move && total)
		drop(from, (uint32_t)total);
	return total ? (int64_t)total : put;
}

/* Moves all to a ring of size bytes, in which it has room. */
static int move(struct pipe_ring *r, uint32_t size)
{
	char *data = r->data ? mem_realloc(NULL, size) : NULL;
	struct pipe_packet *packets = r->packets ? mem_alloc(size / PIPE_BUF * sizeof(*packets))
						 : NULL;
	struct iter it;

	if ((r->data && !data) || (r->packets && !packets)) {
		mem_free(data);
		mem_free(packets);
		return -LX_ENOMEM;
	}
	iter_kernel(&it, data, r->used);
	copy_out(r, &it, r->used);
	for (uint32_t i = 0; i < r->count; i++)
		packets[i] = *packet(r, i);
	mem_free(r->data);
	mem_free(r->packets);
	r->data = data;
	r->packets = packets;
	r->size = size;
	r->head = r->first = 0;
	return 0;
}

int ring_resize(struct pipe_ring *r, uint32_t size)
{
	return size < r->used || size / PIPE_BUF < r->count ? -LX_EBUSY : move(r, size);
}

int ring_put_back(struct pipe_ring *r, const char *data, uint32_t len)
{
	uint32_t size = r->size, run;
	int err;

	while (size - r->used < len)
		size <<= 1;
	err = size != r->size ? move(r, size) : 0;
	if (err)
		return err;
	r->head = (r->head - len) & (r->size - 1);
	r->taken -= len;
	r->used += len;
	run = r->size - r->head < len ? r->size - r->head : len;
	memcpy(r->data + r->head, data, run);
	memcpy(r->data, data + run, len - run);
	return 0;
}

void ring_free(struct pipe_ring *r)
{
	mem_free(r->data);
	mem_free(r->packets);
}
