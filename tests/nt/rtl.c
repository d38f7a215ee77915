/* SPDX-License-Identifier: MIT */
/* rtl.c - upcasing and comparing of counted strings. "UP" stands for NT's upcase table (CF21, DE9). */
#include "nttest.h"
#include "nt/rtl.h"

/* All 65536 values in one number (FNV-1a over the uppercase forms). */
static ULONG table_hash(void)
{
	ULONG hash = 0x811C9DC5;

	for (ULONG c = 0; c < 0x10000; c++) {
		WCHAR up = RtlUpcaseUnicodeChar((WCHAR)c);

		hash = (hash ^ (up & 0xFF)) * 0x01000193;
		hash = (hash ^ (up >> 8)) * 0x01000193;
	}
	return hash;
}

static void table(void)
{
	static const WCHAR pairs[][2] = {
		{ u'a', u'A' },     { u'z', u'Z' },     { u'[', u'[' },     { u'`', u'`' },
		{ u'{', u'{' },     { 0x00E4, 0x00C4 }, { 0x00FF, 0x0178 }, { 0x00DF, 0x00DF },
		{ 0x00F7, 0x00F7 }, { 0x0101, 0x0100 }, { 0x0102, 0x0102 }, { 0x0180, 0x0243 },
		{ 0x03B1, 0x0391 }, { 0x03C2, 0x03C2 }, { 0x0131, 0x0131 }, { 0x017F, 0x017F },
		{ 0x00B5, 0x00B5 }, { 0x01C6, 0x01C4 }, { 0x01C5, 0x01C5 }, { 0x0345, 0x0345 },
		{ 0x0450, 0x0400 }, { 0x1C80, 0x1C80 }, { 0x1E9B, 0x1E9B }, { 0x2170, 0x2160 },
		{ 0x24D0, 0x24B6 }, { 0xFF41, 0xFF21 }, { 0xD800, 0xD800 }, { 0xFFFF, 0xFFFF },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		EQ("UP", RtlUpcaseUnicodeChar(pairs[i][0]), pairs[i][1]);
	EQ("UP", table_hash(), 0x2B089F32);
}

static void comparing(void)
{
	EQ("UP", RtlEqualUnicodeString(US(u"stra\u00dfe"), US(u"STRA\u00dfE"), TRUE), TRUE);
	EQ("UP", RtlEqualUnicodeString(US(u"stra\u00dfe"), US(u"STRASSE"), TRUE), FALSE);
	EQ("UP", RtlEqualUnicodeString(US(u"\u00e4b"), US(u"\u00c4B"), TRUE), TRUE);
	EQ("UP", RtlEqualUnicodeString(US(u"\u00e4b"), US(u"\u00c4B"), FALSE), FALSE);
	EQ("UP", RtlEqualUnicodeString(US(u"a\0b"), US(u"A\0B"), TRUE), TRUE);
	EQ("UP", RtlEqualUnicodeString(US(u"a\0b"), US(u"A\0C"), TRUE), FALSE);
	EQ("UP", RtlCompareUnicodeString(US(u"a_"), US(u"AB"), TRUE) > 0, TRUE);
	EQ("UP", RtlCompareUnicodeString(US(u"ab"), US(u"ABC"), TRUE) < 0, TRUE);
}

int main(void)
{
	nt_start();
	table();
	comparing();
	return nt_end("rtl");
}
