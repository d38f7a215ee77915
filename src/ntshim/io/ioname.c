/* SPDX-License-Identifier: MIT */
/*
 * ioname.c - names of the host (bytes) as names of NT (UTF-16) and back.
 *
 * NT forbids some characters that Linux allows, and Linux names need not be UTF-8. Both reach NT code
 * escaped: "#XXXX" with the character's number, "#DCxx" for a byte xx that is no UTF-8 (DC80..DCFF are
 * lone surrogates, so no character has these numbers). '#' itself is escaped, which makes decoding
 * unambiguous; a '#' that begins no escape stands for itself. For every host name h:
 * decode(encode(h)) == h. Names are nearly always plain ASCII, and that way is short.
 */
#include "iop.h"
#include <string.h>

#define NAME_MAX_BYTES 255 /* the host's limit for one component */

/* Controls, " # * : < > ? \\ and |: what does not stand for itself in an NT name. */
static const ULONG Specials[4] = { 0xFFFFFFFF, 0xD400040C, 0x10000000, 0x10000000 };

static inline BOOLEAN Special(ULONG c)
{
	return c < 0x80 && (Specials[c >> 5] >> (c & 31) & 1);
}

static PWSTR PutEscape(PWSTR Out, ULONG Value)
{
	static const char Digits[] = "0123456789ABCDEF";

	*Out++ = '#';
	for (int Shift = 12; Shift >= 0; Shift -= 4)
		*Out++ = (WCHAR)Digits[Value >> Shift & 15];
	return Out;
}

/* Length of the well-formed UTF-8 sequence at p, its value in *Value; 0: none. */
static ULONG Utf8(const UCHAR *p, ULONG Left, ULONG *Value)
{
	static const ULONG Least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	ULONG Length = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
	ULONG v = p[0] & (0x7Fu >> Length);

	if (p[0] < 0xC2 || p[0] > 0xF4 || Length > Left)
		return 0;
	for (ULONG i = 1; i < Length; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3F);
	}
	if (v < Least[Length] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
		return 0;
	*Value = v;
	return Length;
}

LONG IoHostNameToNt(const char *Host, ULONG HostLength, PWSTR Nt, ULONG NtSize)
{
	const UCHAR *p = (const UCHAR *)Host, *End = p + HostLength;
	PWSTR Out = Nt, Limit = Nt + NtSize;

	while (p < End) {
		ULONG Value = *p, Length = Value < 0x80 ? 1 : Utf8(p, (ULONG)(End - p), &Value);
		BOOLEAN Escape = !Length || Special(Value);

		if (Limit - Out < (Escape ? 5 : Value >= 0x10000 ? 2 : 1))
			return -1;
		if (Escape) {
			Out = PutEscape(Out, Length ? Value : 0xDC00 | Value);
		} else if (Value >= 0x10000) {
			*Out++ = (WCHAR)(0xD7C0 + (Value >> 10));
			*Out++ = (WCHAR)(0xDC00 | (Value & 0x3FF));
		} else {
			*Out++ = (WCHAR)Value;
		}
		p += Length ? Length : 1;
	}
	return (LONG)(Out - Nt);
}

/* Value of the escape whose '#' is at p, as encoding would have made it; 0: none. NUL is never escaped. */
static ULONG GetEscape(PCWSTR p, ULONG Left)
{
	ULONG v = 0;

	if (Left < 5)
		return 0;
	for (ULONG i = 1; i < 5; i++) {
		ULONG c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (c - 'A' + 10);
		else
			return 0;
	}
	if (v >= 0xDC80 && v <= 0xDCFF)
		return v;
	return v < 0x80 && Special(v) ? v : 0;
}

/* One character that stands for itself, as UTF-8. Returns the bytes written to Out (room for 4). */
static ULONG PutUtf8(UCHAR *Out, ULONG v)
{
	if (v < 0x80) {
		Out[0] = (UCHAR)v;
		return 1;
	}
	if (v < 0x800) {
		Out[0] = (UCHAR)(0xC0 | v >> 6);
		Out[1] = (UCHAR)(0x80 | (v & 0x3F));
		return 2;
	}
	if (v < 0x10000) {
		Out[0] = (UCHAR)(0xE0 | v >> 12);
		Out[1] = (UCHAR)(0x80 | (v >> 6 & 0x3F));
		Out[2] = (UCHAR)(0x80 | (v & 0x3F));
		return 3;
	}
	Out[0] = (UCHAR)(0xF0 | v >> 18);
	Out[1] = (UCHAR)(0x80 | (v >> 12 & 0x3F));
	Out[2] = (UCHAR)(0x80 | (v >> 6 & 0x3F));
	Out[3] = (UCHAR)(0x80 | (v & 0x3F));
	return 4;
}

/*
 * Decodes one character or escape at p into Out (room for 4 bytes). Returns the bytes written, 0 for
 * what no host name contains; *Used is the WCHARs read.
 */
static ULONG DecodeOne(PCWSTR p, ULONG Left, UCHAR *Out, ULONG *Used)
{
	ULONG v = p[0];

	*Used = 1;
	if (v == '#') {
		v = GetEscape(p, Left);
		if (v) {
			*Used = 5;
			Out[0] = (UCHAR)v;
		} else {
			Out[0] = '#';
		}
		return 1;
	}
	if (v == '/' || Special(v))
		return 0;
	if (v >= 0xD800 && v <= 0xDFFF) {
		if (v >= 0xDC00 || Left < 2 || (p[1] & 0xFC00) != 0xDC00)
			return 0;
		*Used = 2;
		v = 0x10000 + ((v & 0x3FF) << 10 | (p[1] & 0x3FFu));
	}
	return PutUtf8(Out, v);
}

LONG IoNtNameToHost(PCWSTR Nt, ULONG NtLength, char *Host, ULONG HostSize)
{
	ULONG Out = 0, Used;
	UCHAR Piece[4];

	for (ULONG i = 0; i < NtLength; i += Used) {
		ULONG n;

		if (Nt[i] < 0x80 && Nt[i] != '/' && !Special(Nt[i]) && Out < HostSize) {
			Host[Out++] = (char)Nt[i];
			Used = 1;
			continue;
		}
		n = DecodeOne(Nt + i, NtLength - i, Piece, &Used);
		if (!n || n > HostSize - Out)
			return -1;
		for (ULONG k = 0; k < n; k++)
			Host[Out++] = (char)Piece[k];
	}
	if (!Out || (Host[0] == '.' && (Out == 1 || (Out == 2 && Host[1] == '.'))))
		return -1;
	return (LONG)Out;
}

NTSTATUS IopDecodeName(PCUNICODE_STRING Name, PIOP_NAME Out)
{
	PCWSTR p = Name->Buffer, End = p + Name->Length / 2, Next;
	LONG n;

	Out->Length = 0;
	Out->Inner = Out->Trailing = FALSE;
	Out->Text[0] = 0;
	if (Name->Length & 1)
		return STATUS_OBJECT_NAME_INVALID;
	while (p < End) {
		for (Next = p; Next < End && *Next != '\\';)
			Next++;
		if (sizeof(Out->Text) - Out->Length < NAME_MAX_BYTES + 2)
			return STATUS_NAME_TOO_LONG;
		n = IoNtNameToHost(p, (ULONG)(Next - p), Out->Text + Out->Length, NAME_MAX_BYTES);
		if (n < 0)
			return STATUS_OBJECT_NAME_INVALID;
		Out->Length += (ULONG)n;
		p = Next + 1;
		if (Next < End && p == End)
			Out->Trailing = TRUE;
		else if (Next < End) {
			Out->Inner = TRUE;
			Out->Text[Out->Length++] = '/';
		}
	}
	Out->Text[Out->Length] = 0;
	return STATUS_SUCCESS;
}
