/* SPDX-License-Identifier: MIT */
/*
 * ldisc_cases.h - what is typed, what the screen shows, what a read gets: for the line discipline alone
 * (tests/unit/tty_ldisc.c) and for ptys, natively and under lxrun (tests/guest/pty.c).
 */
#ifndef LDISC_CASES_H
#define LDISC_CASES_H
#include "lx/ioctl.h"

#define COOKED \
	(LX_ISIG | LX_ICANON | LX_ECHO | LX_ECHOE | LX_ECHOK | LX_ECHOCTL | LX_ECHOKE | LX_IEXTEN)

/* Output is post-processed with ONLCR. */
static const struct line_case {
	const char *name;
	uint32_t iflag, lflag;
	const char *keys, *screen, *line;
} line_cases[] = {
	{ "a line", LX_ICRNL, COOKED, "hi\r", "hi\r\n", "hi\n" },
	{ "no echo", LX_ICRNL, COOKED & ~LX_ECHO, "hi\r", "", "hi\n" },
	{ "ECHONL", LX_ICRNL, (COOKED & ~LX_ECHO) | LX_ECHONL, "hi\r", "\r\n", "hi\n" },
	{ "INLCR makes \\n a \\r", LX_INLCR, COOKED, "a\nb\x04", "a^Mb", "a\rb" },
	{ "IGNCR", LX_IGNCR, COOKED, "a\rb\n", "ab\r\n", "ab\n" },
	{ "without ICRNL \\r is a character", 0, COOKED, "a\r\n", "a^M\r\n", "a\r\n" },
	{ "ISTRIP", LX_ISTRIP, COOKED, "\xe1\n", "a\r\n", "a\n" },
	{ "IUCLC", LX_IUCLC, COOKED, "AbC\n", "abc\r\n", "abc\n" },
	{ "erase", 0, COOKED,
	  "ab\x7f\x7f\x7f"
	  "c\n",
	  "ab\b \b\b \bc\r\n", "c\n" },
	{ "erase without ECHOE shows the key", 0, COOKED & ~LX_ECHOE, "ab\x7f\n", "ab^?\r\n",
	  "a\n" },
	{ "erase of a control character takes two columns", 0, COOKED, "\x01\x7fx\n",
	  "^A\b \b\b \bx\r\n", "x\n" },
	{ "without ECHOCTL a control character has no width", 0, COOKED & ~LX_ECHOCTL,
	  "\x01\x7fx\n", "\x01x\r\n", "x\n" },
	{ "erase of a tab", 0, COOKED,
	  "ab\t\x7f"
	  "c\n",
	  "ab\t\b\b\b\b\b\bc\r\n", "abc\n" },
	{ "erase of a tab behind a tab", 0, COOKED, "\ta\t\x7f\n", "\ta\t\b\b\b\b\b\b\b\r\n",
	  "\ta\n" },
	{ "ECHOPRT", 0, COOKED | LX_ECHOPRT,
	  "abc\x7f\x7f"
	  "d\n",
	  "abc\\cb/d\r\n", "ad\n" },
	{ "word erase", 0, COOKED, "one two_2  \x17x\n",
	  "one two_2  \b \b\b \b\b \b\b \b\b \b\b \b\b \bx\r\n", "one x\n" },
	{ "word erase needs IEXTEN", 0, COOKED & ~LX_IEXTEN, "a\x17\n", "a^W\r\n", "a\x17\n" },
	{ "kill", 0, COOKED, "abc\x15x\n", "abc\b \b\b \b\b \bx\r\n", "x\n" },
	{ "kill without ECHOKE", 0, COOKED & ~LX_ECHOKE, "abc\x15x\n", "abc^U\r\nx\r\n", "x\n" },
	{ "kill without ECHOK", 0, COOKED & ~(LX_ECHOK | LX_ECHOKE), "abc\x15x\n", "abc^Ux\r\n",
	  "x\n" },
	{ "kill without echo", 0, COOKED & ~LX_ECHO, "abc\x15x\n", "", "x\n" },
	{ "literal next", 0, COOKED, "\x16\x03\x16\x7f\n", "^\b^C^\b^?\r\n", "\x03\x7f\n" },
	{ "literal next needs IEXTEN", 0, COOKED & ~LX_IEXTEN, "\x16\n", "^V\r\n", "\x16\n" },
	{ "reprint", 0, COOKED,
	  "ab\x12"
	  "c\n",
	  "ab^R\r\nabc\r\n", "abc\n" },
	{ "end of file in a line sends it", 0, COOKED, "ab\x04", "ab", "ab" },
	{ "end of file alone", 0, COOKED, "\x04", "", "" },
	{ "UTF-8 is erased by characters", LX_IUTF8, COOKED, "a\xc3\xa4\xe2\x82\xac\x7f\x7f\n",
	  "a\xc3\xa4\xe2\x82\xac\b \b\b \b\r\n", "a\n" },
	{ "... and without IUTF8 by bytes", 0, COOKED, "\xc3\xa4\x7f\n", "\xc3\xa4\b \b\r\n",
	  "\xc3\n" },
	{ "... half a character is left alone", LX_IUTF8, COOKED, "\xa4\x7f\n", "\xa4\r\n",
	  "\xa4\n" },
	{ "PARMRK doubles \\377", LX_PARMRK, COOKED & ~LX_ECHO, "\xff\n", "", "\xff\xff\n" },
	{ "a key that is set to nothing has no meaning", 0, COOKED & ~LX_ECHO, "a\x0f\n", "",
	  "a\x0f\n" },
};

/* Written by a program, seen on the screen. */
static const struct output_case {
	uint32_t oflag;
	const char *text, *screen;
} output_cases[] = {
	{ 0, "a\nb\tc\r", "a\nb\tc\r" },
	{ LX_ONLCR, "a\n", "a\n" }, /* OPOST is the master switch */
	{ LX_OPOST, "a\n", "a\n" },
	{ LX_OPOST | LX_ONLCR, "a\nb", "a\r\nb" },
	{ LX_OPOST | LX_OCRNL, "a\r", "a\n" },
	{ LX_OPOST | LX_ONOCR, "\rab\r\r", "ab\r" },
	{ LX_OPOST | LX_ONOCR | LX_ONLRET, "ab\n\r", "ab\n" },
	{ LX_OPOST | LX_OLCUC, "aB1", "AB1" },
	{ LX_OPOST | LX_XTABS, "ab\tc\t", "ab      c       " },
	{ LX_OPOST | LX_XTABS, "a\b\tx", "a\b        x" },
	{ LX_OPOST | LX_XTABS | LX_ONLCR, "abc\n\tx", "abc\r\n        x" },
};
#endif
