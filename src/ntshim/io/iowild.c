/* SPDX-License-Identifier: MIT */
/*
 * iowild.c - NT's pattern language for names (nt.md DE9).
 *
 *   *  any run                     <  any run up to the final dot (DOS_STAR)
 *   ?  exactly one                 >  one, or nothing before a dot or at the end (DOS_QM)
 *                                  "  a dot, or nothing at the end (DOS_DOT)
 */
#include "iop.h"
#include "nt/rtl.h"

BOOLEAN IopMatchesAll(PCUNICODE_STRING Pattern)
{
	static const UNICODE_STRING All = RTL_CONSTANT_STRING(u"*.*");

	if (!Pattern->Length || (Pattern->Length == sizeof(WCHAR) && Pattern->Buffer[0] == '*'))
		return TRUE;
	return RtlEqualUnicodeString(Pattern, &All, FALSE);
}

static BOOLEAN Equal(WCHAR a, WCHAR b, BOOLEAN IgnoreCase)
{
	return a == b || (IgnoreCase && RtlUpcaseUnicodeChar(a) == RtlUpcaseUnicodeChar(b));
}

/*
 * Whether the pattern from p on matches the rest of a name, given the same for what is shorter: Skip
 * without p; Stay without the next character c; Step without both. AtEnd: there is no c.
 */
static BOOLEAN MatchOne(WCHAR p, WCHAR c, BOOLEAN AtEnd, BOOLEAN FinalDot, BOOLEAN IgnoreCase,
			BOOLEAN Skip, BOOLEAN Stay, BOOLEAN Step)
{
	switch (p) {
	case '*':
		return Skip || (!AtEnd && Stay);
	case '<':
		return Skip || (!AtEnd && !FinalDot && Stay);
	case '>':
		return AtEnd || c == '.' ? Skip : Step;
	case '"':
		return AtEnd ? Skip : c == '.' && Step;
	case '?':
		return !AtEnd && Step;
	default:
		return !AtEnd && Equal(p, c, IgnoreCase) && Step;
	}
}

BOOLEAN IopNameMatches(PCUNICODE_STRING Pattern, PCUNICODE_STRING Name, BOOLEAN IgnoreCase)
{
	ULONG Units = Name->Length / sizeof(WCHAR), Patterns = Pattern->Length / sizeof(WCHAR);
	BOOLEAN Rows[2][IOP_PATTERN_MAX + 1] = { 0 }, *Next = Rows[0], *Row = Rows[1], *Old;
	LONG LastDot = -1;

	if (Patterns > IOP_PATTERN_MAX)
		return FALSE;
	for (ULONG n = 0; n < Units; n++)
		if (Name->Buffer[n] == '.')
			LastDot = (LONG)n;
	/* Row[p]: the pattern from p on matches the name from n on; Next: the same for n + 1. */
	for (LONG n = (LONG)Units; n >= 0; n--) {
		BOOLEAN AtEnd = n == (LONG)Units;

		Row[Patterns] = AtEnd;
		for (LONG p = (LONG)Patterns - 1; p >= 0; p--)
			Row[p] = MatchOne(Pattern->Buffer[p], AtEnd ? 0 : Name->Buffer[n], AtEnd,
					  n == LastDot, IgnoreCase, Row[p + 1], Next[p],
					  Next[p + 1]);
		Old = Next;
		Next = Row;
		Row = Old;
	}
	return Next[0];
}
