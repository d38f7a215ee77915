/* SPDX-License-Identifier: MIT */
/* The host's errno reaches a guest unchanged: host_status() and status.def's errno column agree. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "lx/errno.h"
#include "nt/nt.h"
#include "ntshim/host/host_sys.h"

static const struct {
	NTSTATUS status;
	int errnum;
	const char *name;
} rows[] = {
#define NTS(name, value, lxerrno, why) { STATUS_##name, lxerrno, "STATUS_" #name },
#include "nt/status.def"
#undef NTS
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static int errno_of(NTSTATUS status)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].status == status)
			return rows[i].errnum;
	return -1;
}

static void every_errno_comes_back(void **state)
{
	for (int err = 1; err < 134; err++) {
		NTSTATUS status = host_status(err);

		assert_int_equal(host_status(-err), status);
		if (status == STATUS_UNSUCCESSFUL)
			continue; /* no status of its own: an I/O error */
		if (err == EMFILE)
			assert_int_equal(errno_of(status), ENFILE);
		else if (errno_of(status) != err)
			fail_msg("errno %d (%s) is %s and comes back as %d", err, strerror(err),
				 NtStatusName(status), errno_of(status));
		assert_false(NT_SUCCESS(status) && status != STATUS_ALERTED);
	}
	assert_int_equal(host_status(0), STATUS_SUCCESS);
	assert_int_equal(host_status(9999), STATUS_UNSUCCESSFUL);
	assert_int_equal(host_status(INT32_MIN), STATUS_UNSUCCESSFUL);
}

static void the_table_is_sorted_and_named(void **state)
{
	for (size_t i = 0; i < ROWS; i++) {
		assert_string_equal(NtStatusName(rows[i].status), rows[i].name);
		if (i)
			assert_true((uint32_t)rows[i - 1].status < (uint32_t)rows[i].status);
	}
	assert_string_equal(NtStatusName((NTSTATUS)0xC0DE1234), "0xC0DE1234");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_errno_comes_back),
		cmocka_unit_test(the_table_is_sorted_and_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
