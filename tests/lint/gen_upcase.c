/* SPDX-License-Identifier: MIT */
/*
 * gen_upcase.c - makes src/ntshim/rtl/upcase.def, NT's upcase table.
 *
 *     cc -o gen tests/lint/gen_upcase.c && ./gen > src/ntshim/rtl/upcase.def
 *
 * The rule: NT upcases a code unit as Unicode's simple uppercase mapping says (here: towupper() of a
 * C library that knows Unicode 15), but for the characters below, which it leaves alone: those whose
 * uppercase form is the uppercase form of another letter as well, so that upcasing would not come
 * back. The tests compare all 65536 values with another implementation's.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static const wchar_t left_alone[] = {
	0x00B5,                                                 /* micro sign */
	0x0131, 0x017F,                                         /* dotless i, long s */
	0x01C5, 0x01C8, 0x01CB, 0x01F2,                         /* titlecase digraphs */
	0x0345, 0x1FBE,                                         /* iota below, prosgegrammeni */
	0x03C2, 0x03D0, 0x03D1, 0x03D5, 0x03D6,                 /* final sigma, Greek symbols */
	0x03F0, 0x03F1, 0x03F5,                                 /* Greek symbols */
	0x1C80, 0x1C81, 0x1C82, 0x1C83, 0x1C84, 0x1C85, 0x1C86, /* rounded Cyrillic letters */
	0x1C87, 0x1C88, 0x1E9B,                                 /* long s with dot above */
};

static unsigned upcase(unsigned c)
{
	unsigned up = (unsigned)towupper(c);

	if (up > 0xFFFF ||
	    wmemchr(left_alone, (wchar_t)c, sizeof(left_alone) / sizeof(*left_alone)))
		return c;
	return up;
}

int main(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	puts("/* SPDX-License-Identifier: MIT */\n"
	     "/*\n"
	     " * upcase.def - NT's uppercase of code units above ASCII: every Step-th one from "
	     "First to Last\n"
	     " * moves by Delta; all others stay. Made by tests/lint/gen_upcase.c, which has the "
	     "rule.\n"
	     " */");
	for (unsigned c = 0x80; c < 0x10000;) {
		unsigned first = c, last = c, step = 0;
		int delta = (int)upcase(c) - (int)c;

		c++;
		if (!delta)
			continue;
		/* Letters in pairs lie two apart; what is between them never moves. */
		for (unsigned next = last + 1; next <= last + 2 && next < 0x10000; next++) {
			if ((int)upcase(next) - (int)next != delta || (step && next - last != step))
				continue;
			step = next - last;
			last = next;
		}
		printf("UPCASE(0x%04X, 0x%04X, %u, %d)\n", first, last, step ? step : 1, delta);
		c = last + 1;
	}
	return 0;
}
