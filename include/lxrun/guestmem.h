/* SPDX-License-Identifier: MIT */
/*
 * guestmem.h - the only way to guest memory. One copy in, checked; one copy out.
 *
 * Each returns 0 or -LX_EFAULT (never partial from the caller's view unless said). A NULL address is
 * an address like any other. Each non-empty copy is one host call (about 1.1 us): gather fields into
 * one struct.
 */
#ifndef LXRUN_GUESTMEM_H
#define LXRUN_GUESTMEM_H
#include "lx/types.h"
#include <stdbool.h>

struct task;

__attribute__((warn_unused_result)) int guest_copyin(struct task *t, void *dst, gaddr_t src, size_t n);
__attribute__((warn_unused_result)) int guest_copyout(struct task *t, gaddr_t dst, const void *src, size_t n);
/* NUL-terminated path, at most LX_PATH_MAX with the NUL: -LX_EFAULT, -LX_ENAMETOOLONG. One host call as a rule. */
__attribute__((warn_unused_result)) int guest_copyin_path(struct task *t, char dst[LX_PATH_MAX], gaddr_t src);
/* NUL-terminated string of at most size bytes with the NUL: -LX_EFAULT, -LX_E2BIG when longer. */
__attribute__((warn_unused_result)) int guest_copyin_str(struct task *t, char *dst, size_t size, gaddr_t src);
/*
 * A struct of size bytes there, known of them here: what is missing is zero, what is more must be zero or it is
 * -LX_E2BIG, as it is over a page. -LX_EFAULT. (Linux's copy_struct_from_user().)
 */
__attribute__((warn_unused_result)) int guest_copyin_struct(struct task *t, void *dst, size_t known, gaddr_t src, uint64_t size);
/* Copies as much as is accessible: returns bytes copied (may be short), or -LX_EFAULT if none. For trace and ps. */
int64_t guest_peek(struct task *t, void *dst, gaddr_t src, size_t n);

/*
 * A cursor over one or more buffers, in the guest or in the supervisor: what read and write
 * operations of files fill or drain, so that data is copied once.
 */
struct iter {
	struct task *task;              /* owner of guest buffers; NULL: kbuf */
	char        *kbuf;              /* supervisor buffer when task is NULL */
	const struct lx_iovec *iov;     /* guest buffers */
	uint32_t     nr;                /* of them */
	uint32_t     cur;               /* current one ... */
	uint64_t     off;               /* ... and the offset in it (or in kbuf) */
	uint64_t     left;              /* bytes left in all */
	bool         nowait;            /* RWF_NOWAIT: as if the file were O_NONBLOCK */
	bool         at_end;            /* RWF_APPEND: as if it were O_APPEND */
	struct lx_iovec one;            /* storage for iter_guest() */
};

void iter_guest(struct iter *it, struct task *t, gaddr_t buf, uint64_t size);
void iter_iov(struct iter *it, struct task *t, const struct lx_iovec *iov, uint32_t nr, uint64_t total);
void iter_kernel(struct iter *it, void *buf, uint64_t size);
/* Each moves the cursor by what was copied and returns it; -LX_EFAULT if nothing could be (n > 0). n is cut to it->left. */
int64_t iter_write(struct iter *it, const void *src, uint64_t n); /* into the iter's buffers */
int64_t iter_read(struct iter *it, void *dst, uint64_t n);        /* out of them */
/* Zero-fills; same results. */
int64_t iter_zero(struct iter *it, uint64_t n);
/* Skips n bytes without copying (after a direct transfer). */
void iter_advance(struct iter *it, uint64_t n);
/*
 * Reads and checks an iovec array: count 0..LX_IOV_MAX, sum cut to LX_RW_MAX. Fast array of 8 in
 * *small; a larger one is allocated: free *heap with mem_free().
 * -LX_EINVAL, -LX_EFAULT, -LX_ENOMEM.
 */
int iter_import(struct iter *it, struct task *t, gaddr_t iov, uint64_t nr, struct lx_iovec small[8], struct lx_iovec **heap);
#endif
