/* SPDX-License-Identifier: MIT */
/* Cursors over supervisor buffers, and over guest buffers with this process as the guest. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "lx/errno.h"
#include "lxrun/guestmem.h"
#include "lxrun/task.h"

#define GUEST(p) GADDR((uintptr_t)(p))

static ETHREAD thread;
static struct task self = { .thread = &thread };
/* Two pages, the second without access. */
static char *page;

static int setup(void **state)
{
	thread.HostTid = (LONG)getpid();
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED || mprotect(page + 4096, 4096, PROT_NONE);
}

static void kernel_buffers_are_filled_and_drained_in_pieces(void **state)
{
	char buf[10], out[10];
	struct iter it;

	iter_kernel(&it, buf, sizeof(buf));
	assert_int_equal(iter_write(&it, "abc", 3), 3);
	assert_int_equal(iter_write(&it, "defghijkl", 9), 7);
	assert_int_equal(iter_write(&it, "x", 1), 0);
	iter_kernel(&it, buf, sizeof(buf));
	iter_advance(&it, 2);
	assert_int_equal(iter_read(&it, out, 4), 4);
	assert_memory_equal(out, "cdef", 4);
	assert_int_equal(iter_zero(&it, 100), 4);
	assert_memory_equal(buf, "abcdef\0\0\0\0", 10);
	assert_int_equal(it.left, 0);
}

static void nothing_is_not_a_fault(void **state)
{
	struct iter it;

	iter_guest(&it, &self, GADDR(0), 0);
	assert_int_equal(iter_write(&it, "abc", 3), 0);
	iter_guest(&it, &self, GADDR(0), 5);
	assert_int_equal(iter_write(&it, "abc", 0), 0);
	assert_int_equal(iter_write(&it, "abc", 3), -LX_EFAULT);
	assert_int_equal(guest_copyin(&self, NULL, GADDR(0), 0), 0);
}

static void a_guest_copy_stops_where_access_stops(void **state)
{
	char out[16];
	struct iter it;

	memset(page, 'a', 4096);
	iter_guest(&it, &self, GUEST(page + 4090), 16);
	assert_int_equal(iter_read(&it, out, 16), 6);
	assert_int_equal(it.left, 10);
	assert_int_equal(iter_read(&it, out, 10), -LX_EFAULT);
	assert_int_equal(guest_copyin(&self, out, GUEST(page + 4090), 16), -LX_EFAULT);
	assert_int_equal(guest_peek(&self, out, GUEST(page + 4090), 16), 6);
	assert_int_equal(guest_peek(&self, out, GUEST(page + 4096), 16), -LX_EFAULT);
	assert_int_equal(guest_copyout(&self, GUEST(page + 4096), out, 1), -LX_EFAULT);
}

static void vectors_are_gathered_over_empty_ones(void **state)
{
	char a[3] = "abc", b[40], out[8];
	struct lx_iovec iov[20] = { { 0, 0 }, { (uintptr_t)a, 3 }, { 1, 0 } };
	struct iter it;
	int i;

	for (i = 3; i < 20; i++)
		iov[i] = (struct lx_iovec){ (uintptr_t)b + 2 * (unsigned)(i - 3), 2 };
	for (i = 0; i < 34; i++)
		b[i] = (char)('A' + i % 26);
	iter_iov(&it, &self, iov, 20, 37);
	assert_int_equal(iter_read(&it, out, 5), 5);
	assert_memory_equal(out, "abcAB", 5);
	assert_int_equal(iter_zero(&it, 100), 32);
	assert_int_equal(it.left, 0);
	assert_int_equal(b[1], 'B');
	assert_int_equal(b[2], 0);
	assert_int_equal(b[33], 0);
}

static void imported_vectors_are_checked(void **state)
{
	struct lx_iovec iov[9] = { { 0x1000, LX_RW_MAX }, { 0x1000, 5 } }, small[8], *heap;
	struct iter it;

	assert_int_equal(iter_import(&it, &self, GUEST(iov), 2, small, &heap), 0);
	assert_int_equal(it.left, LX_RW_MAX);
	assert_null(heap);
	assert_int_equal(iter_import(&it, &self, GUEST(iov), 9, small, &heap), 0);
	assert_non_null(heap);
	mem_free(heap);
	iov[1].iov_len = UINT64_MAX;
	assert_int_equal(iter_import(&it, &self, GUEST(iov), 9, small, &heap), -LX_EINVAL);
	assert_null(heap);
	assert_int_equal(iter_import(&it, &self, GUEST(iov), LX_IOV_MAX + 1, small, &heap),
			 -LX_EINVAL);
	assert_int_equal(iter_import(&it, &self, GADDR(0), 1, small, &heap), -LX_EFAULT);
	assert_int_equal(iter_import(&it, &self, GADDR(0), 0, small, &heap), 0);
}

static void strings_end_at_their_nul_or_their_mapping(void **state)
{
	char out[LX_PATH_MAX];

	memcpy(page + 4092, "abc", 4);
	assert_int_equal(guest_copyin_path(&self, out, GUEST(page + 4092)), 0);
	assert_string_equal(out, "abc");
	page[4095] = 'd';
	assert_int_equal(guest_copyin_path(&self, out, GUEST(page + 4092)), -LX_EFAULT);
	assert_int_equal(guest_copyin_path(&self, out, GADDR(0)), -LX_EFAULT);
	memset(page, 'x', 4096);
	assert_int_equal(guest_copyin_path(&self, out, GUEST(page)), -LX_ENAMETOOLONG);
	page[4095] = 0;
	assert_int_equal(guest_copyin_path(&self, out, GUEST(page)), 0);
	assert_int_equal(strlen(out), 4095);
	assert_int_equal(guest_copyin_str(&self, out, 4, GUEST(page + 4092)), 0);
	assert_int_equal(guest_copyin_str(&self, out, 4, GUEST(page + 4091)), -LX_E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_buffers_are_filled_and_drained_in_pieces),
		cmocka_unit_test(nothing_is_not_a_fault),
		cmocka_unit_test(a_guest_copy_stops_where_access_stops),
		cmocka_unit_test(vectors_are_gathered_over_empty_ones),
		cmocka_unit_test(imported_vectors_are_checked),
		cmocka_unit_test(strings_end_at_their_nul_or_their_mapping),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
