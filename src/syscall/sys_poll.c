/* SPDX-License-Identifier: MIT */
/* sys_poll.c - poll, ppoll, select, pselect6. */
#include "base/alloc.h"
#include "lxrun/event.h"
#include "lxrun/process.h"
#include "wait_mask.h"
#include <string.h>

#define SMALL 32u /* items kept on the stack */

/* ---- masks ---- */

int wait_mask_begin(struct task *t, gaddr_t mask, uint64_t size)
{
	lx_sigset_t set;
	int err;

	if (gaddr_null(mask))
		return 0;
	if (size != sizeof(set))
		return -LX_EINVAL;
	err = guest_copyin(t, &set, mask, sizeof(set));
	if (err)
		return err;
	t->unblocked_in_wait = ~set;
	t->has_wait_mask = true;
	return 0;
}

int64_t wait_mask_end(struct task *t, int64_t res)
{
	uint64_t mask = ~t->unblocked_in_wait;
	bool seen;

	if (!t->has_wait_mask)
		return res;
	seen = (res == -LX_ERESTARTNOHAND || res == -LX_EINTR) && signal_pending(t);
	t->has_wait_mask = false;
	/* Blocked outside of the wait: the host has to deliver it with the wait's mask. */
	if (seen && !signal_pending(t) && !NT_SUCCESS(pico.DeliverWithMask(t->thread, mask, ~0ull)))
		return -LX_EINTR;
	return res;
}

/* ---- timeouts ---- */

/* What is left until deadline, for the calls that tell. */
static struct lx_timespec time_left(uint64_t deadline)
{
	uint64_t now = KeQueryMonotonicNs();

	return timespec_from_ns(deadline > now ? deadline - now : 0);
}

static int timespec_in(struct task *t, gaddr_t addr, uint64_t *deadline)
{
	struct lx_timespec ts;
	int err;

	*deadline = WAIT_FOREVER;
	if (gaddr_null(addr))
		return 0;
	err = guest_copyin(t, &ts, addr, sizeof(ts));
	if (err)
		return err;
	if (!timespec_valid(&ts))
		return -LX_EINVAL;
	*deadline = poll_deadline(&ts);
	return 0;
}

#define STICKY_TIMEOUTS 0x4000000u /* personality(2) */

static bool tells_left(const struct task *t, gaddr_t addr)
{
	return !gaddr_null(addr) && !(t->personality & STICKY_TIMEOUTS);
}

/* A fault here changes nothing: the answer counts. */
static void timespec_out(struct task *t, gaddr_t addr, uint64_t deadline)
{
	struct lx_timespec left = time_left(deadline);

	if (tells_left(t, addr) && guest_copyout(t, addr, &left, sizeof(left)))
		return;
}

static int timeval_in(struct task *t, gaddr_t addr, uint64_t *deadline)
{
	struct lx_timeval tv;
	struct lx_timespec ts;
	int err;

	*deadline = WAIT_FOREVER;
	if (gaddr_null(addr))
		return 0;
	err = guest_copyin(t, &tv, addr, sizeof(tv));
	if (err)
		return err;
	if (tv.tv_sec < 0 || tv.tv_usec < 0)
		return -LX_EINVAL;
	ts.tv_nsec = tv.tv_usec % 1000000 * 1000;
	if (__builtin_add_overflow(tv.tv_sec, tv.tv_usec / 1000000, &ts.tv_sec))
		ts.tv_sec = INT64_MAX;
	*deadline = poll_deadline(&ts);
	return 0;
}

static void timeval_out(struct task *t, gaddr_t addr, uint64_t deadline)
{
	struct lx_timespec left = time_left(deadline);
	struct lx_timeval tv = { left.tv_sec, left.tv_nsec / 1000 };

	if (tells_left(t, addr) && guest_copyout(t, addr, &tv, sizeof(tv)))
		return;
}

/* ---- poll ---- */

static void item_get(struct task *t, int fd, uint32_t events, struct poll_item *item)
{
	struct file *f = NULL;

	*item = (struct poll_item){ .events = events };
	if (fd < 0)
		return;
	if (!fd_get(t, fd, &f) && !(f->flags & LX_O_PATH)) {
		item->file = f;
		return;
	}
	file_put(f);
	item->revents = LX_POLLNVAL;
}

static void items_put(struct poll_item *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		file_put(items[i].file);
}

/* fds and items: room for n. */
static int64_t poll_with(struct task *t, gaddr_t addr, uint32_t n, uint64_t deadline,
			 struct lx_pollfd *fds, struct poll_item *items)
{
	int64_t res;
	int err = guest_copyin(t, fds, addr, n * sizeof(*fds));

	if (err)
		return err;
	for (uint32_t i = 0; i < n; i++)
		item_get(t, fds[i].fd, (uint16_t)fds[i].events, &items[i]);
	res = poll_items(t, items, n, deadline);
	items_put(items, n);
	if (res < 0)
		return res;
	for (uint32_t i = 0; i < n; i++)
		fds[i].revents = (int16_t)items[i].revents;
	err = n ? guest_copyout(t, addr, fds, n * sizeof(*fds)) : 0;
	return err ? err : res;
}

static int64_t do_poll(struct task *t, gaddr_t addr, uint32_t n, uint64_t deadline)
{
	struct lx_pollfd small_fds[SMALL], *fds = small_fds;
	struct poll_item small_items[SMALL], *items = small_items;
	int64_t res = -LX_ENOMEM;

	if (n > t->tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur)
		return -LX_EINVAL;
	if (n > SMALL) {
		fds = mem_alloc(n * sizeof(*fds));
		items = mem_alloc(n * sizeof(*items));
	}
	if (fds && items)
		res = poll_with(t, addr, n, deadline, fds, items);
	if (n > SMALL) {
		mem_free(fds);
		mem_free(items);
	}
	return res;
}

static int64_t poll_restart(struct task *t, const struct sc_args *a);

static int64_t poll_until(struct task *t, const struct sc_args *a, uint64_t deadline)
{
	int64_t res = do_poll(t, SC_GPTR(a, 0), SC_U32(a, 1), deadline);

	if (res != -LX_ERESTARTNOHAND)
		return res;
	t->restart_fn = poll_restart;
	t->restart_args = *a;
	t->restart_deadline_ns = deadline;
	return -LX_ERESTART_RESTARTBLOCK;
}

static int64_t poll_restart(struct task *t, const struct sc_args *a)
{
	const struct sc_args args = *a;

	return poll_until(t, &args, t->restart_deadline_ns);
}

int64_t sys_poll(struct task *t, const struct sc_args *a)
{
	int32_t ms = SC_I32(a, 2);
	uint64_t deadline = WAIT_FOREVER;

	if (ms >= 0)
		deadline = ms ? KeQueryMonotonicNs() + (uint64_t)ms * 1000000 : 0;
	return poll_until(t, a, deadline);
}

int64_t sys_ppoll(struct task *t, const struct sc_args *a)
{
	uint64_t deadline;
	int64_t res = timespec_in(t, SC_GPTR(a, 2), &deadline);

	if (!res)
		res = wait_mask_begin(t, SC_GPTR(a, 3), SC_U64(a, 4));
	if (res)
		return res;
	res = wait_mask_end(t, do_poll(t, SC_GPTR(a, 0), SC_U32(a, 1), deadline));
	timespec_out(t, SC_GPTR(a, 2), deadline);
	return res;
}

/* ---- select ---- */

enum { SET_IN, SET_OUT, SET_EX, SETS };
static const uint32_t set_events[SETS] = {
	[SET_IN] = LX_POLLIN | LX_POLLRDNORM | LX_POLLRDBAND | LX_POLLHUP | LX_POLLERR,
	[SET_OUT] = LX_POLLOUT | LX_POLLWRNORM | LX_POLLWRBAND | LX_POLLERR,
	[SET_EX] = LX_POLLPRI,
};

struct select {
	uint32_t n, words; /* descriptors, 64-bit words of a set */
	gaddr_t addr[SETS];
	uint64_t *set[SETS]; /* all in one allocation */
	struct poll_item *items;
	int *fds; /* of items */
	uint32_t nr_items;
};

static bool bit(const uint64_t *set, uint32_t i)
{
	return set[i / 64] >> (i % 64) & 1;
}

/* Reads the sets and takes the files they name. */
static int select_begin(struct task *t, struct select *s)
{
	uint32_t count = 0;
	int err;

	for (int k = 0; k < SETS; k++) {
		if (gaddr_null(s->addr[k]))
			continue;
		err = guest_copyin(t, s->set[k], s->addr[k], s->words * 8);
		if (err)
			return err;
		for (uint32_t i = 0; i < s->words; i++)
			count += (uint32_t)__builtin_popcountll(s->set[k][i]);
	}
	s->items = mem_alloc((count + 1) * sizeof(*s->items));
	s->fds = mem_alloc((count + 1) * sizeof(*s->fds));
	if (!s->items || !s->fds)
		return -LX_ENOMEM;
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t events = 0;

		for (int k = 0; k < SETS; k++)
			events |= bit(s->set[k], i) ? set_events[k] : 0;
		if (!events)
			continue;
		s->fds[s->nr_items] = (int)i;
		item_get(t, (int)i, events, &s->items[s->nr_items++]);
		if (!s->items[s->nr_items - 1].file)
			return -LX_EBADF;
	}
	return 0;
}

/* Writes back the bits that are ready; returns their number. */
static int64_t select_end(struct task *t, struct select *s)
{
	int64_t n = 0;
	int err = 0;

	for (int k = 0; k < SETS; k++) {
		uint64_t *out = s->set[k];

		for (uint32_t i = 0; i < s->nr_items; i++) {
			uint32_t fd = (uint32_t)s->fds[i];

			if (!bit(out, fd))
				continue;
			if (s->items[i].revents & set_events[k])
				n++;
			else
				out[fd / 64] &= ~(1ull << (fd % 64));
		}
		if (!err && !gaddr_null(s->addr[k]) && s->words)
			err = guest_copyout(t, s->addr[k], out, s->words * 8);
	}
	return err ? err : n;
}

static int64_t do_select(struct task *t, const struct sc_args *a, uint64_t deadline)
{
	struct select s = { .addr = { SC_GPTR(a, 1), SC_GPTR(a, 2), SC_GPTR(a, 3) } };
	int32_t n = SC_I32(a, 0);
	uint64_t small[SETS * 16] = { 0 }, *bits = small;
	int64_t res;

	if (n < 0)
		return -LX_EINVAL;
	/* What lies behind the table is not looked at: not even whether it is open. */
	s.n = fdtable_size(t->files);
	if ((uint32_t)n < s.n)
		s.n = (uint32_t)n;
	s.words = (s.n + 63) / 64;
	if (s.words > 16)
		bits = mem_alloc((size_t)SETS * s.words * 8);
	if (!bits)
		return -LX_ENOMEM;
	for (int k = 0; k < SETS; k++)
		s.set[k] = bits + (size_t)k * s.words;
	res = select_begin(t, &s);
	if (!res)
		res = poll_items(t, s.items, s.nr_items, deadline);
	if (res >= 0)
		res = select_end(t, &s);
	items_put(s.items, s.nr_items);
	mem_free(s.items);
	mem_free(s.fds);
	if (bits != small)
		mem_free(bits);
	return res;
}

int64_t sys_select(struct task *t, const struct sc_args *a)
{
	uint64_t deadline;
	int64_t res = timeval_in(t, SC_GPTR(a, 4), &deadline);

	if (res)
		return res;
	res = do_select(t, a, deadline);
	timeval_out(t, SC_GPTR(a, 4), deadline);
	return res;
}

int64_t sys_pselect6(struct task *t, const struct sc_args *a)
{
	struct {
		uint64_t mask, size;
	} sig = { 0 };
	uint64_t deadline;
	int64_t res = timespec_in(t, SC_GPTR(a, 4), &deadline);

	if (!res && !gaddr_null(SC_GPTR(a, 5)))
		res = guest_copyin(t, &sig, SC_GPTR(a, 5), sizeof(sig));
	if (!res)
		res = wait_mask_begin(t, GADDR(sig.mask), sig.size);
	if (res)
		return res;
	res = wait_mask_end(t, do_select(t, a, deadline));
	timespec_out(t, SC_GPTR(a, 4), deadline);
	return res;
}
