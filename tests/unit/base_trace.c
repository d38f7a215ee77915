/* SPDX-License-Identifier: MIT */
/* Trace lines and diagnostics: one line each, cut when too long, nothing when off. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/trace.h"

/* Runs speak() in a process of its own; what it wrote to stderr, and how it ended. Free the text. */
static char *heard(void (*speak)(void), int *status)
{
	char *text = calloc(1, 32768);
	size_t len = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		speak();
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + len, 32767 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	waitpid(pid, status, 0);
	return text;
}

static void trace_two(void)
{
	trace_mask = TR_NT;
	TRACE(TR_NT, "%s(%d)", "NtClose", 4);
	TRACE(TR_VFS, "not this");
}

static void only_channels_that_are_on_are_written(void **state)
{
	int status;
	char *text = heard(trace_two, &status);

	assert_non_null(strstr(text, " nt] NtClose(4)\n"));
	assert_null(strstr(text, "not this"));
	free(text);
}

static void trace_long(void)
{
	trace_mask = TR_NT;
	trace_line(TR_NT, "%5000s", "x");
	lxrun_warn("%20000s", "x");
}

static void long_lines_are_cut(void **state)
{
	int status;
	char *text = heard(trace_long, &status), *second = strchr(text, '\n') + 1;

	assert_true(second - text > 500 && second - text < 1200);
	assert_memory_equal(second, "lxrun: ", 7);
	assert_string_equal(second + strlen(second) - 4, "...\n");
	free(text);
}

static void panic(void)
{
	lxrun_panic("no %s", "host");
}

static void panic_is_one_line_and_125(void **state)
{
	int status;
	char *text = heard(panic, &status);

	assert_string_equal(text, "lxrun: no host\n");
	assert_int_equal(WEXITSTATUS(status), 125);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_channels_that_are_on_are_written),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(panic_is_one_line_and_125),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
