/* SPDX-License-Identifier: MIT */
/* The line discipline: editing, echo, signals, flow, reading, output. What is expected is what Linux does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/alloc.h"
#include "tty/ldisc.h"
#include "../ldisc_cases.h"

static struct ldisc ld;

static int make(void **state)
{
	ldisc_init(&ld);
	return 0;
}

static int drop(void **state)
{
	ldisc_free(&ld);
	return 0;
}

/* As the owner does: what is left behind a key that signals comes again. */
static void type(const char *keys)
{
	uint32_t events = 0;

	while (*keys) {
		uint32_t n = ldisc_input(&ld, (const uint8_t *)keys, (uint32_t)strlen(keys));

		assert_true(n > 0);
		keys += n;
		events |= ld.events;
		ld.events &= ~LDISC_SIGNALS;
	}
	ld.events |= events;
}

static void flags(uint32_t iflag, uint32_t oflag, uint32_t lflag)
{
	struct lx_termios tio = ld.tio;

	tio.c_iflag = iflag;
	tio.c_oflag = oflag;
	tio.c_lflag = lflag;
	ldisc_set(&ld, &tio);
}

static void screen_is(const char *text)
{
	char buf[4096];
	uint32_t n = ldisc_output(&ld, (uint8_t *)buf, sizeof(buf) - 1);

	buf[n] = '\0';
	assert_string_equal(buf, text);
	ldisc_sent(&ld, n);
}

static void line_is(const char *text)
{
	char buf[4096];
	int64_t n = ldisc_read(&ld, (uint8_t *)buf, sizeof(buf) - 1);

	assert_true(n >= 0);
	buf[n] = '\0';
	assert_string_equal(buf, text);
}

static void nothing_to_read(void)
{
	uint8_t c;

	assert_int_equal(ldisc_read(&ld, &c, 1), -1);
	assert_false(ldisc_readable(&ld, false));
}

/* ---- editing: what is typed, what the screen shows, what a read gets ---- */

static void lines_are_edited(void **state)
{
	for (size_t i = 0; i < sizeof(line_cases) / sizeof(line_cases[0]); i++) {
		ldisc_free(&ld);
		ldisc_init(&ld);
		flags(line_cases[i].iflag, LX_OPOST | LX_ONLCR, line_cases[i].lflag);
		print_message("%s\n", line_cases[i].name);
		type(line_cases[i].keys);
		screen_is(line_cases[i].screen);
		line_is(line_cases[i].line);
		nothing_to_read();
	}
}

static void reads_stop_at_the_end_of_a_line(void **state)
{
	uint8_t buf[2];

	type("one\ntwo\n");
	assert_int_equal(ldisc_pending(&ld), 8);
	assert_int_equal(ldisc_read(&ld, buf, 2), 2);
	line_is("e\n");
	line_is("two\n");
	nothing_to_read();
}

static void an_unfinished_line_is_not_there(void **state)
{
	type("half");
	nothing_to_read();
	assert_int_equal(ldisc_pending(&ld), 0);
	type("\n");
	assert_true(ldisc_readable(&ld, true));
}

static void eol_characters_end_lines_and_stay(void **state)
{
	ld.tio.c_cc[LX_VEOL] = ';';
	ld.tio.c_cc[LX_VEOL2] = ',';
	type("a;b,");
	screen_is("a;b,");
	line_is("a;");
	line_is("b,");
	ld.tio.c_lflag &= ~LX_IEXTEN;
	type("c,");
	nothing_to_read();
}

static void a_line_too_long_keeps_its_end(void **state)
{
	char buf[LDISC_IN + 1];

	flags(LX_IMAXBEL, 0, LX_ICANON);
	for (unsigned i = 0; i < LDISC_IN + 100; i++)
		type("x");
	type("\n");
	assert_int_equal(ldisc_read(&ld, (uint8_t *)buf, sizeof(buf)), LDISC_IN);
	assert_int_equal(buf[LDISC_IN - 2], 'x');
	assert_int_equal(buf[LDISC_IN - 1], '\n');
	assert_int_equal(ld.out.used, 101); /* one place is the end's */
}

static void a_full_queue_holds_the_sender_back(void **state)
{
	uint8_t buf[LDISC_IN];

	flags(0, 0, 0);
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(ldisc_input(&ld, buf, sizeof(buf)), LDISC_IN - 1);
	assert_int_equal(ldisc_input(&ld, buf, 1), 0);
	assert_int_equal(ldisc_read(&ld, buf, 10), 10);
	assert_int_equal(ldisc_input(&ld, buf, sizeof(buf)), 10);
	make(state);
	flags(0, 0, LX_ICANON);
	type("line\n");
	assert_int_equal(ldisc_input(&ld, buf, sizeof(buf)), LDISC_IN - 1 - 5);
}

/* ---- without lines ---- */

static void raw_input_is_there_at_once(void **state)
{
	flags(0, 0, 0);
	assert_false(ldisc_readable(&ld, true));
	type("a\n\x03");
	assert_true(ldisc_readable(&ld, true));
	screen_is("");
	assert_int_equal(ld.events & ~LDISC_READABLE, 0);
	line_is("a\n\x03");
}

static void poll_waits_for_vmin_bytes(void **state)
{
	flags(0, 0, 0);
	ld.tio.c_cc[LX_VMIN] = 3;
	type("ab");
	assert_false(ldisc_readable(&ld, true));
	assert_true(ldisc_readable(&ld, false));
	ld.tio.c_cc[LX_VTIME] = 1;
	assert_true(ldisc_readable(&ld, true));
}

static void echo_without_lines(void **state)
{
	flags(LX_ICRNL, LX_OPOST | LX_ONLCR, LX_ECHO | LX_ECHOCTL);
	type("a\x7f\x15\r");
	screen_is("a^?^U\r\n");
	line_is("a\x7f\x15\n");
}

static void a_change_of_mode_keeps_what_is_queued(void **state)
{
	type("half");
	flags(0, 0, 0);
	assert_true(ld.events & LDISC_READABLE);
	line_is("half");
	type("more");
	flags(0, 0, LX_ICANON);
	line_is("more");
	type("x\n");
	line_is("x\n");
}

/* ---- signals and flow ---- */

static void signal_keys_flush_and_echo(void **state)
{
	type("half");
	assert_int_equal(ldisc_write(&ld, (const uint8_t *)"out", 3), 3);
	type("\x03");
	assert_int_equal(ld.events, LDISC_INT | LDISC_FLUSH_IN | LDISC_FLUSH_OUT);
	ld.events = 0;
	screen_is("^C");
	type("x\n");
	line_is("x\n");
	ld.events = 0;
	type("\x1c\x1a");
	assert_int_equal(ld.events & (LDISC_QUIT | LDISC_SUSP), LDISC_QUIT | LDISC_SUSP);
}

static void output_that_was_received_is_not_flushed(void **state)
{
	ld.received = 2;
	ldisc_write(&ld, (const uint8_t *)"out", 3);
	ldisc_flush_out(&ld);
	screen_is("ou");
}

static void an_end_of_file_belongs_to_the_read_before_it(void **state)
{
	uint8_t buf[4];

	type("abcd\x04");
	assert_int_equal(ldisc_read(&ld, buf, 4), 4);
	nothing_to_read();
}

static void input_ends_behind_a_signal(void **state)
{
	assert_int_equal(ldisc_input(&ld,
				     (const uint8_t *)"a\x03"
						      "b\n",
				     4),
			 2);
	assert_int_equal(ldisc_input(&ld, (const uint8_t *)"b\n", 2), 0);
	ld.events = 0;
	assert_int_equal(ldisc_input(&ld, (const uint8_t *)"b\n", 2), 2);
	line_is("b\n");
}

static void noflsh_keeps_the_queues(void **state)
{
	flags(0, LX_OPOST, COOKED | LX_NOFLSH);
	type("ab\x03"
	     "c\n");
	assert_int_equal(ld.events & (LDISC_INT | LDISC_FLUSH_IN), LDISC_INT);
	ld.events = 0;
	screen_is("ab^Cc\n");
	line_is("abc\n");
}

static void without_isig_keys_are_characters(void **state)
{
	flags(0, 0, LX_ICANON);
	type("\x03\x1c\x1a\n");
	assert_int_equal(ld.events, LDISC_READABLE);
	line_is("\x03\x1c\x1a\n");
}

static void xoff_stops_output_and_xon_goes_on(void **state)
{
	type("\x13");
	assert_int_equal(ld.events, LDISC_STOP);
	assert_int_equal(ldisc_write(&ld, (const uint8_t *)"no", 2), 0);
	assert_false(ldisc_writable(&ld));
	type("echo");
	screen_is("");
	type("\x11");
	assert_true(ld.events & LDISC_START);
	screen_is("echo");
	assert_int_equal(ldisc_write(&ld, (const uint8_t *)"yes", 3), 3);
	screen_is("yes");
}

static void ixany_goes_on_with_any_key(void **state)
{
	flags(LX_IXON | LX_IXANY, LX_OPOST, COOKED);
	type("\x13x");
	assert_false(ldisc_is_stopped(&ld));
	screen_is("x");
}

static void a_key_does_not_undo_tcooff(void **state)
{
	ldisc_flow(&ld, true);
	type("\x11");
	assert_true(ldisc_is_stopped(&ld));
	ldisc_flow(&ld, false);
	assert_false(ldisc_is_stopped(&ld));
}

static void taking_ixon_away_goes_on(void **state)
{
	type("\x13");
	flags(0, 0, COOKED);
	assert_false(ldisc_is_stopped(&ld));
}

/* ---- output ---- */

static void output_is_processed(void **state)
{
	for (size_t i = 0; i < sizeof(output_cases) / sizeof(output_cases[0]); i++) {
		ldisc_free(&ld);
		ldisc_init(&ld);
		flags(0, output_cases[i].oflag, 0);
		ldisc_write(&ld, (const uint8_t *)output_cases[i].text,
			    (uint32_t)strlen(output_cases[i].text));
		screen_is(output_cases[i].screen);
	}
}

static void output_that_outside_processes_is_left_alone(void **state)
{
	ld.plain = true;
	ldisc_write(&ld, (const uint8_t *)"a\n", 2);
	type("b\n");
	screen_is("a\nb\n");
}

static void output_has_a_limit(void **state)
{
	static uint8_t big[LDISC_OUT + 1];

	memset(big, 'x', sizeof(big));
	flags(0, 0, 0);
	assert_int_equal(ldisc_write(&ld, big, sizeof(big)), LDISC_OUT);
	assert_int_equal(ldisc_write(&ld, big, 1), 0);
	assert_false(ldisc_writable(&ld));
	ldisc_sent(&ld, LDISC_OUT);
	assert_true(ldisc_writable(&ld));
}

static void the_queue_wraps(void **state)
{
	uint8_t in[777], out[777];
	uint8_t next = 0, want = 0;

	flags(0, 0, 0);
	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = next++;
		assert_int_equal(ldisc_write(&ld, in, sizeof(in)), sizeof(in));
		assert_int_equal(ldisc_output(&ld, out, sizeof(out)), sizeof(out));
		ldisc_sent(&ld, sizeof(out));
		for (size_t i = 0; i < sizeof(out); i++)
			assert_int_equal(out[i], want++);
		assert_int_equal(ldisc_input(&ld, in, sizeof(in)), sizeof(in));
		assert_int_equal(ldisc_read(&ld, out, sizeof(out)), sizeof(out));
		assert_memory_equal(in, out, sizeof(in));
	}
}

static void without_memory_nothing_is_taken(void **state)
{
	mem_fail_nth(1);
	assert_int_equal(ldisc_write(&ld, (const uint8_t *)"abc", 3), 0);
	assert_int_equal(ldisc_write(&ld, (const uint8_t *)"abc", 3), 3);
	screen_is("abc");
}

/* Any bytes at any attributes: positions stay in order, nothing is written outside (asan). */
static void random_input_is_survived(void **state)
{
	uint32_t x = 12345;
	uint8_t buf[300];

	for (int round = 0; round < 3000; round++) {
		struct lx_termios tio = ld.tio;

		for (size_t i = 0; i < sizeof(buf); i++) {
			x = x * 1664525 + 1013904223;
			buf[i] = (uint8_t)(x >> 24) % (round & 1 ? 40 : 255);
		}
		if (round % 7 == 0) {
			tio.c_iflag = x;
			tio.c_lflag = x >> 5 ^ x << 9;
			tio.c_oflag = x >> 9;
			ldisc_set(&ld, &tio);
		}
		ldisc_input(&ld, buf, sizeof(buf));
		ld.events = 0;
		assert_true(ld.canon - ld.tail <= ld.head - ld.tail);
		assert_true(ld.head - ld.tail <= LDISC_IN);
		ldisc_write(&ld, buf, sizeof(buf));
		ldisc_sent(&ld, ldisc_output(&ld, buf, sizeof(buf)));
		if (round % 3 == 0)
			ldisc_read(&ld, buf, 1 + x % sizeof(buf));
		ldisc_flow(&ld, x & 1);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, make, drop)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lines_are_edited),
		T(reads_stop_at_the_end_of_a_line),
		T(an_unfinished_line_is_not_there),
		T(eol_characters_end_lines_and_stay),
		T(a_line_too_long_keeps_its_end),
		T(a_full_queue_holds_the_sender_back),
		T(raw_input_is_there_at_once),
		T(poll_waits_for_vmin_bytes),
		T(echo_without_lines),
		T(a_change_of_mode_keeps_what_is_queued),
		T(signal_keys_flush_and_echo),
		T(output_that_was_received_is_not_flushed),
		T(an_end_of_file_belongs_to_the_read_before_it),
		T(input_ends_behind_a_signal),
		T(noflsh_keeps_the_queues),
		T(without_isig_keys_are_characters),
		T(xoff_stops_output_and_xon_goes_on),
		T(ixany_goes_on_with_any_key),
		T(a_key_does_not_undo_tcooff),
		T(taking_ixon_away_goes_on),
		T(output_is_processed),
		T(output_that_outside_processes_is_left_alone),
		T(output_has_a_limit),
		T(the_queue_wraps),
		T(without_memory_nothing_is_taken),
		T(random_input_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
