/* SPDX-License-Identifier: MIT */
/* Dispatch of calls without a handler; what trace, statistics and the list of the missing show. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lxrun/options.h"
#include "lxrun/task.h"
#include "lxrun/trace.h"
#include "syscall/observe.h"

#define NR_SCHED_YIELD 24
#define NR_BPF         321
#define NR_NONE        500

static ETHREAD thread;
static struct task self = { .tid = 7, .thread = &thread, .comm = "prog" };

static int64_t call(uint32_t nr)
{
	struct sc_args a = { .nr = nr, .a = { 1, 2, 3 } };
	int64_t answer = sc_dispatch(&self, &a);

	if (answer == SC_CONTINUE)
		trace_returned(&self, 0); /* the host executes it and the engine tells the end */
	return answer;
}

/* Runs the three calls with this trace and gives what was written: free it. */
static char *traced(uint32_t channels, bool file, enum trace_filter filter)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	trace_mask = lxrun_opt.trace = channels;
	lxrun_opt.trace_filter = filter;
	lxrun_opt.trace_format = file ? TRACE_STRACE : TRACE_TEXT;
	trace_start(f, "a file", false, 0);
	call(NR_SCHED_YIELD);
	call(NR_BPF);
	call(NR_NONE);
	trace_exit(&self, 9);
	trace_finish();
	trace_mask = lxrun_opt.trace = 0;
	lxrun_opt.trace_filter = TRACE_ALL;
	trace_start(NULL, "", false, 0);
	fclose(f);
	return text;
}

static void what_nobody_handles_is_answered(void **state)
{
	assert_false(trace_wants_all());
	assert_true(call(NR_SCHED_YIELD) == SC_CONTINUE);
	assert_int_equal(call(NR_BPF), -LX_ENOSYS);
	assert_int_equal(call(NR_NONE), -LX_ENOSYS);
	assert_int_equal(call(UINT32_MAX), -LX_ENOSYS);
}

static void every_row_has_a_handler_or_a_reason(void **state)
{
	uint32_t nr;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		const struct sc_desc *d = &sc_table[nr];

		if (!d->name || d->fn)
			continue;
		if (d->route != SC_ROUTE_HOST && d->support != SC_NOSYS)
			fail_msg("%s: no handler", d->name);
		if (!*d->note)
			fail_msg("%s: no reason why lxcore does not handle it", d->name);
	}
}

static void the_missing_is_counted_once_per_value_and_program(void **state)
{
	static struct missing list[MISSING_MAX];
	uint64_t lost;
	uint32_t n, before = missing_snapshot(list, MISSING_MAX, &lost), i;

	for (i = 0; i < 3; i++)
		assert_int_equal(unsupported(&self, "fcntl", "cmd", 1024, -LX_EINVAL), -LX_EINVAL);
	unsupported(&self, "fcntl", "cmd", 1025, -LX_EINVAL);
	strcpy(self.comm, "other");
	unsupported(&self, "fcntl", "cmd", 1024, -LX_EINVAL);
	strcpy(self.comm, "prog");
	n = missing_snapshot(list, MISSING_MAX, &lost);
	assert_int_equal(n - before, 3);
	assert_int_equal(list[before].count, 3);
	assert_string_equal(list[before].call, "fcntl");
	assert_string_equal(list[before + 2].program, "other");
	for (i = 0; i < 2 * MISSING_MAX; i++)
		unsupported(&self, "ioctl", "request", i, -LX_ENOTTY);
	assert_int_equal(missing_snapshot(list, MISSING_MAX, &lost), MISSING_MAX);
	assert_int_equal(lost, MISSING_MAX + n);
}

static void a_trace_shows_calls_as_they_begin_and_end(void **state)
{
	char *text = traced(TR_SYS, false, TRACE_ALL);

	assert_non_null(strstr(text, "[pid     7] sched_yield()               = 0 <0.0"));
	assert_non_null(strstr(text, "[pid     7] bpf(1, 0x2, 3)              = -1 ENOSYS "
				     "(Function not implemented) <0.0"));
	assert_non_null(
		strstr(text, "[pid     7] syscall_0x1f4(0x1, 0x2, 0x3, 0, 0, 0) = -1 ENOSYS"));
	assert_non_null(strstr(text, "[pid     7] +++ killed by SIGKILL +++\n"));
	free(text);
}

static void filters_look_at_the_result(void **state)
{
	char *text = traced(TR_SYS, true, TRACE_ONLY_FAILED);

	assert_null(strstr(text, "sched_yield"));
	assert_non_null(strstr(text, "bpf(1, 0x2, 3)"));
	free(text);
	text = traced(TR_SYS | TR_NT, true, TRACE_ONLY_SUCCESS);
	assert_non_null(strstr(text, "sched_yield()"));
	assert_null(strstr(text, "bpf(1, 0x2, 3)"));
	free(text);
}

static void lines_outside_of_calls_are_kept(void **state)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	lxrun_opt.trace = TR_PICO;
	lxrun_opt.trace_format = TRACE_TEXT;
	trace_start(f, "a file", false, 0);
	TRACE(TR_PICO, "thread %d ends", 5);
	trace_finish();
	trace_mask = lxrun_opt.trace = 0;
	trace_start(NULL, "", false, 0);
	fclose(f);
	assert_non_null(strstr(text, "pico  thread 5 ends\n"));
	free(text);
}

static void statistics_count_by_call(void **state)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	lxrun_opt.stats = true;
	trace_start(NULL, "", false, 0);
	assert_true(trace_wants_all());
	call(NR_BPF);
	call(NR_BPF);
	call(NR_SCHED_YIELD);
	lxrun_opt.stats = false;
	trace_start(NULL, "", false, 0);
	stats_print(f);
	fclose(f);
	assert_non_null(strstr(text, "         2         2 "));
	assert_non_null(strstr(text, " sched_yield\n"));
	assert_non_null(strstr(text, "         3         2 "));
	assert_non_null(strstr(text, " total\n"));
	assert_non_null(strstr(text, "unsupported: bpf x"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_handles_is_answered),
		cmocka_unit_test(every_row_has_a_handler_or_a_reason),
		cmocka_unit_test(the_missing_is_counted_once_per_value_and_program),
		cmocka_unit_test(a_trace_shows_calls_as_they_begin_and_end),
		cmocka_unit_test(filters_look_at_the_result),
		cmocka_unit_test(lines_outside_of_calls_are_kept),
		cmocka_unit_test(statistics_count_by_call),
	};

	thread.HostTid = (LONG)getpid();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
