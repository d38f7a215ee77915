/* SPDX-License-Identifier: MIT */
/*
 * The only code that opens a gaddr_t. Every copy is one host call: MmReadGuest and MmWriteGuest
 * honour the guest's page protections and say how far they got, which is what tells a short path at
 * the end of a mapping from a bad pointer.
 */
#include "lxrun/guestmem.h"
#include "base/alloc.h"
#include "lx/errno.h"
#include "lxrun/task.h"
#include <string.h>

/* Most paths are shorter; a longer one costs a second call. */
#define PATH_FIRST_READ 256
/* What MmReadGuestRanges takes in one host call. */
#define MAX_RANGES 16

int guest_copyin(struct task *t, void *dst, gaddr_t src, size_t n)
{
	SIZE_T done = 0;

	if (!n)
		return 0;
	return NT_SUCCESS(MmReadGuest(t->thread, src.va, dst, n, &done)) ? 0 : -LX_EFAULT;
}

int guest_copyout(struct task *t, gaddr_t dst, const void *src, size_t n)
{
	SIZE_T done = 0;

	if (!n)
		return 0;
	return NT_SUCCESS(MmWriteGuest(t->thread, dst.va, src, n, &done)) ? 0 : -LX_EFAULT;
}

int64_t guest_peek(struct task *t, void *dst, gaddr_t src, size_t n)
{
	SIZE_T done = 0;

	if (!n)
		return 0;
	if (NT_SUCCESS(MmReadGuest(t->thread, src.va, dst, n, &done)))
		return (int64_t)n;
	return done ? (int64_t)done : -LX_EFAULT;
}

/* Reads until a NUL: first a short piece, then the rest. too_long when size bytes hold none. */
static int copyin_string(struct task *t, char *dst, size_t size, gaddr_t src, int too_long)
{
	size_t have = 0;

	while (have < size) {
		size_t want = have == 0 && size > PATH_FIRST_READ ? PATH_FIRST_READ : size - have;
		int64_t got = guest_peek(t, dst + have, gaddr_add(src, have), want);

		if (got < 0)
			return -LX_EFAULT;
		if (memchr(dst + have, 0, (size_t)got))
			return 0;
		if ((size_t)got < want)
			return -LX_EFAULT;
		have += (size_t)got;
	}
	return too_long;
}

int guest_copyin_path(struct task *t, char dst[LX_PATH_MAX], gaddr_t src)
{
	return copyin_string(t, dst, LX_PATH_MAX, src, -LX_ENAMETOOLONG);
}

int guest_copyin_str(struct task *t, char *dst, size_t size, gaddr_t src)
{
	return copyin_string(t, dst, size, src, -LX_E2BIG);
}

void iter_guest(struct iter *it, struct task *t, gaddr_t buf, uint64_t size)
{
	*it = (struct iter){ .task = t, .one = { buf.va, size }, .nr = 1, .left = size };
	it->iov = &it->one;
}

void iter_iov(struct iter *it, struct task *t, const struct lx_iovec *iov, uint32_t nr,
	      uint64_t total)
{
	*it = (struct iter){ .task = t, .iov = iov, .nr = nr, .left = total };
}

void iter_kernel(struct iter *it, void *buf, uint64_t size)
{
	*it = (struct iter){ .kbuf = buf, .left = size };
}

void iter_advance(struct iter *it, uint64_t n)
{
	if (n > it->left)
		n = it->left;
	it->left -= n;
	it->off += n;
	while (it->task && it->cur < it->nr && it->off >= it->iov[it->cur].iov_len) {
		it->off -= it->iov[it->cur].iov_len;
		it->cur++;
	}
}

/* The next ranges of guest memory, n bytes at most: returns their sum. */
static uint64_t iter_ranges(const struct iter *it, uint64_t n, MM_RANGE ranges[MAX_RANGES],
			    ULONG *count)
{
	uint64_t off = it->off, sum = 0;
	uint32_t i;

	*count = 0;
	for (i = it->cur; i < it->nr && sum < n && *count < MAX_RANGES; i++, off = 0) {
		uint64_t len = it->iov[i].iov_len - off;

		if (len > n - sum)
			len = n - sum;
		if (!len)
			continue;
		ranges[*count] = (MM_RANGE){ it->iov[i].iov_base + off, len };
		(*count)++;
		sum += len;
	}
	return sum;
}

enum direction { ITER_IN, ITER_OUT };

/* One host call: moves up to n bytes between the cursor and local. Returns how many. */
static uint64_t iter_move_guest(struct iter *it, void *local, uint64_t n, enum direction dir)
{
	MM_RANGE ranges[MAX_RANGES];
	ULONG count;
	uint64_t sum = iter_ranges(it, n, ranges, &count);
	SIZE_T done = 0;
	PETHREAD thread = it->task->thread;
	NTSTATUS status;

	if (!sum)
		return 0;
	if (count == 1 && dir == ITER_IN)
		status = MmReadGuest(thread, ranges[0].Address, local, sum, &done);
	else if (count == 1)
		status = MmWriteGuest(thread, ranges[0].Address, local, sum, &done);
	else if (dir == ITER_IN)
		status = MmReadGuestRanges(thread, ranges, count, local, sum, &done);
	else
		status = MmWriteGuestRanges(thread, ranges, count, local, sum, &done);
	if (NT_SUCCESS(status))
		done = sum;
	iter_advance(it, done);
	return done;
}

static int64_t iter_move(struct iter *it, void *local, uint64_t n, enum direction dir)
{
	uint64_t total = 0;

	if (n > it->left)
		n = it->left;
	if (!it->task) {
		if (n && dir == ITER_IN)
			memcpy(local, it->kbuf + it->off, n);
		else if (n)
			memcpy(it->kbuf + it->off, local, n);
		iter_advance(it, n);
		return (int64_t)n;
	}
	while (total < n) {
		uint64_t done = iter_move_guest(it, (char *)local + total, n - total, dir);

		if (!done)
			break;
		total += done;
	}
	return total || !n ? (int64_t)total : -LX_EFAULT;
}

int64_t iter_write(struct iter *it, const void *src, uint64_t n)
{
	return iter_move(it, (void *)(uintptr_t)src, n, ITER_OUT);
}

int64_t iter_read(struct iter *it, void *dst, uint64_t n)
{
	return iter_move(it, dst, n, ITER_IN);
}

int64_t iter_zero(struct iter *it, uint64_t n)
{
	static const char zeroes[65536];
	uint64_t total = 0;

	if (n > it->left)
		n = it->left;
	while (total < n) {
		uint64_t piece = n - total < sizeof(zeroes) ? n - total : sizeof(zeroes);
		int64_t done = iter_write(it, zeroes, piece);

		if (done > 0)
			total += (uint64_t)done;
		if (done < (int64_t)piece)
			break;
	}
	return total || !n ? (int64_t)total : -LX_EFAULT;
}

/* Checks lengths as the kernel does and cuts the sum to LX_RW_MAX. Returns the sum, or -LX_EINVAL. */
static int64_t iov_check(struct lx_iovec *iov, uint32_t nr)
{
	uint64_t total = 0;
	uint32_t i;

	for (i = 0; i < nr; i++) {
		if ((int64_t)iov[i].iov_len < 0)
			return -LX_EINVAL;
		if (iov[i].iov_len > LX_RW_MAX - total)
			iov[i].iov_len = LX_RW_MAX - total;
		total += iov[i].iov_len;
	}
	return (int64_t)total;
}

int iter_import(struct iter *it, struct task *t, gaddr_t iov, uint64_t nr, struct lx_iovec small[8],
		struct lx_iovec **heap)
{
	struct lx_iovec *vec = small;
	int64_t total;
	int err;

	*heap = NULL;
	if (nr > LX_IOV_MAX)
		return -LX_EINVAL;
	if (nr > 8) {
		vec = *heap = mem_alloc(nr * sizeof(*vec));
		if (!vec)
			return -LX_ENOMEM;
	}
	err = guest_copyin(t, vec, iov, nr * sizeof(*vec));
	if (!err) {
		total = iov_check(vec, (uint32_t)nr);
		if (total < 0)
			err = (int)total;
	}
	if (err) {
		mem_free(*heap);
		*heap = NULL;
		return err;
	}
	iter_iov(it, t, vec, (uint32_t)nr, (uint64_t)total);
	return 0;
}

int guest_copyin_struct(struct task *t, void *dst, size_t known, gaddr_t src, uint64_t size)
{
	uint8_t all[LX_PAGE_SIZE];
	int err = size > sizeof(all) ? -LX_E2BIG : guest_copyin(t, all, src, size);

	if (err)
		return err;
	for (uint64_t i = known; i < size; i++)
		if (all[i])
			return -LX_E2BIG;
	memset(dst, 0, known);
	memcpy(dst, all, size < known ? size : known);
	return 0;
}
