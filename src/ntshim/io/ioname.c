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
#include "nt/rtl.h"
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

/* ---- names of win volumes ---- */
#define PRIVATE 0xF000u /* + byte */

/* What NT forbids in a component; '#' and '/' apart from Special() above. */
static inline BOOLEAN WinForbids(ULONG c)
{
	return (Special(c) && c != '#') || c == '/';
}

/* The byte that a character of the private area stands for; 0: none, it is itself. */
static inline UCHAR EscapedByte(ULONG v)
{
	ULONG b = v - PRIVATE;

	return b && b <= 0xFF && b != '/' && (b >= 0x80 || WinForbids(b)) ? (UCHAR)b : 0;
}

/* A surrogate alone, which NTFS allows (CF14), as three bytes of would-be UTF-8. */
static BOOLEAN LoneSurrogate(const UCHAR *p, ULONG Left, ULONG *Value)
{
	if (Left < 3 || p[0] != 0xED || p[1] < 0xA0 || p[1] > 0xBF || (p[2] & 0xC0) != 0x80)
		return FALSE;
	*Value = 0xD000u | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	return p[1] >= 0xB0 || Left < 6 || p[3] != 0xED || p[4] < 0xB0;
}

LONG IopHostNameToWin(const char *Host, ULONG HostLength, PWSTR Nt, ULONG NtSize)
{
	const UCHAR *p = (const UCHAR *)Host, *End = p + HostLength;
	PWSTR Out = Nt, Limit = Nt + NtSize;

	while (p < End) {
		ULONG Value = *p, Length = Value < 0x80 ? 1 : Utf8(p, (ULONG)(End - p), &Value);

		if (Limit - Out < 2)
			return -1;
		if (!Length && LoneSurrogate(p, (ULONG)(End - p), &Value))
			Length = 3;
		if (!Length || WinForbids(Value) || EscapedByte(Value)) {
			*Out++ = (WCHAR)(PRIVATE + *p);
			Length = 1;
		} else if (Value >= 0x10000) {
			*Out++ = (WCHAR)(0xD7C0 + (Value >> 10));
			*Out++ = (WCHAR)(0xDC00 | (Value & 0x3FF));
		} else {
			*Out++ = (WCHAR)Value;
		}
		p += Length;
	}
	return (LONG)(Out - Nt);
}

LONG IopWinNameToHost(PCWSTR Nt, ULONG NtLength, char *Host, ULONG HostSize)
{
	ULONG Out = 0;

	for (ULONG i = 0; i < NtLength; i++) {
		ULONG v = Nt[i], n = 1;
		UCHAR Piece[4];

		if (!v || WinForbids(v))
			return -1;
		if ((v & 0xFC00) == 0xD800 && i + 1 < NtLength && (Nt[i + 1] & 0xFC00) == 0xDC00)
			v = 0x10000 + ((v & 0x3FF) << 10 | (Nt[++i] & 0x3FFu));
		if (EscapedByte(v))
			Piece[0] = EscapedByte(v);
		else
			n = PutUtf8(Piece, v);
		if (n > HostSize - Out)
			return -1;
		memcpy(Host + Out, Piece, n);
		Out += n;
	}
	if (!Out || (Host[0] == '.' && (Out == 1 || (Out == 2 && Host[1] == '.'))))
		return -1;
	return (LONG)Out;
}

LONG IopNtName(const DEVICE_OBJECT *Device, const char *Host, ULONG Length, PWSTR Nt)
{
	return Device->Personality == VolumePersonalityWin
		       ? IopHostNameToWin(Host, Length, Nt, IO_NT_NAME_MAX)
		       : IoHostNameToNt(Host, Length, Nt, IO_NT_NAME_MAX);
}

ULONG IopNtPath(const DEVICE_OBJECT *Device, const char *Path, PWSTR Out, ULONG Units)
{
	WCHAR Piece[IO_NT_NAME_MAX];
	ULONG Total = 0;

	while (*Path == '/') {
		const char *Name = Path + 1, *End = strchr(Name, '/');
		LONG n = IopNtName(Device, Name, (ULONG)(End ? (size_t)(End - Name) : strlen(Name)),
				   Piece);

		if (Total < Units)
			Out[Total] = '\\';
		Total++;
		for (LONG i = 0; i < n; i++, Total++)
			if (Total < Units)
				Out[Total] = Piece[i];
		Path = End ? End : "";
	}
	return Total * sizeof(WCHAR);
}

/* ---- whole names ---- */
typedef NTSTATUS DECODE(PCWSTR Nt, ULONG Length, PIOP_NAME Out);

static NTSTATUS DecodeComponent(PCWSTR Nt, ULONG Length, PIOP_NAME Out)
{
	LONG n = IoNtNameToHost(Nt, Length, Out->Text + Out->Length, NAME_MAX_BYTES);

	if (n < 0)
		return STATUS_OBJECT_NAME_INVALID;
	Out->Length += (ULONG)n;
	return STATUS_SUCCESS;
}

/*
 * A stream's name may have what a file's may not, but for colon, slash and backslash; its host name
 * begins with a colon, so that "." and the like are names like any other.
 */
static LONG StreamToHost(PCWSTR Nt, ULONG Length, char *Host, ULONG HostSize)
{
	WCHAR Text[256];

	Text[0] = PRIVATE + ':';
	for (ULONG i = 0; i < Length; i++) {
		if (!Nt[i] || Nt[i] == '/' || Nt[i] == '\\' || Nt[i] == ':')
			return -1;
		Text[i + 1] = WinForbids(Nt[i]) ? (WCHAR)(PRIVATE + Nt[i]) : Nt[i];
	}
	return IopWinNameToHost(Text, Length + 1, Host, HostSize);
}

LONG IopStreamNtName(const char *Host, PWSTR Nt)
{
	LONG n = IopHostNameToWin(Host + 1, (ULONG)strlen(Host + 1), Nt, IO_NT_NAME_MAX);

	for (LONG i = 0; i < n; i++)
		if (Nt[i] > PRIVATE && Nt[i] < PRIVATE + 0x80 && WinForbids(Nt[i] - PRIVATE))
			Nt[i] -= PRIVATE;
	return n;
}

NTSTATUS IopDecodeStream(PCWSTR Nt, ULONG Length, PIOP_NAME Out)
{
	UNICODE_STRING Type = RTL_CONSTANT_STRING(u"$DATA"), Given;
	ULONG n = 0;
	LONG Bytes;

	while (n < Length && Nt[n] != ':')
		n++;
	if (n < Length) {
		Given = (UNICODE_STRING){ (USHORT)((Length - n - 1) * sizeof(WCHAR)), 0,
					  (PWSTR)Nt + n + 1 };
		if (!RtlEqualUnicodeString(&Given, &Type, TRUE))
			return STATUS_OBJECT_NAME_INVALID;
	}
	if (n > 255 || (!n && n == Length))
		return STATUS_OBJECT_NAME_INVALID;
	Out->DefaultStream = !n;
	if (!n)
		return STATUS_SUCCESS; /* "::$DATA": the file's own data */
	Bytes = StreamToHost(Nt, n, Out->Stream, sizeof(Out->Stream) - 1);
	if (Bytes < 0)
		return STATUS_OBJECT_NAME_INVALID;
	if (Bytes > NAME_MAX_BYTES)
		return STATUS_NAME_TOO_LONG; /* NT could, the host cannot */
	Out->Stream[Bytes] = 0;
	Out->HasStream = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS DecodeWinComponent(PCWSTR Nt, ULONG Length, PIOP_NAME Out)
{
	char Host[255 * 3];
	ULONG n = 0;
	LONG Bytes;

	if (Out->HasStream || Out->DefaultStream)
		return STATUS_OBJECT_NAME_INVALID; /* not behind the last component */
	while (n < Length && Nt[n] != ':')
		n++;
	if (n > 255 || (!n && (Out->Inner || n == Length)))
		return STATUS_OBJECT_NAME_INVALID;
	if (n < Length) {
		NTSTATUS Status = IopDecodeStream(Nt + n + 1, Length - n - 1, Out);

		if (!NT_SUCCESS(Status))
			return Status;
	}
	if (!n) /* a stream of the root directory file itself */
		return STATUS_SUCCESS;
	Bytes = IopWinNameToHost(Nt, n, Host, sizeof(Host));
	if (Bytes < 0)
		return STATUS_OBJECT_NAME_INVALID;
	if (Bytes > NAME_MAX_BYTES)
		return STATUS_NAME_TOO_LONG; /* NT could, the host cannot */
	memcpy(Out->Text + Out->Length, Host, (ULONG)Bytes);
	Out->Length += (ULONG)Bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS Decode(PCUNICODE_STRING Name, DECODE *Component, PIOP_NAME Out)
{
	PCWSTR p = Name->Buffer, End = p + Name->Length / 2, Next;
	NTSTATUS Status;

	Out->Length = 0;
	Out->Inner = Out->Trailing = Out->CaseInsensitive = Out->HasStream = FALSE;
	Out->DefaultStream = FALSE;
	Out->Text[0] = 0;
	if (Name->Length & 1)
		return STATUS_OBJECT_NAME_INVALID;
	while (p < End) {
		for (Next = p; Next < End && *Next != '\\';)
			Next++;
		if (sizeof(Out->Text) - Out->Length < NAME_MAX_BYTES + 2)
			return STATUS_NAME_TOO_LONG;
		Status = Component(p, (ULONG)(Next - p), Out);
		if (!NT_SUCCESS(Status))
			return Status;
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

NTSTATUS IopDecodeName(PCUNICODE_STRING Name, PIOP_NAME Out)
{
	return Decode(Name, DecodeComponent, Out);
}

NTSTATUS IopDecodeNameFor(const DEVICE_OBJECT *Device, PCUNICODE_STRING Name, PIOP_NAME Out)
{
	return Decode(Name,
		      Device->Personality == VolumePersonalityWin ? DecodeWinComponent
								  : DecodeComponent,
		      Out);
}
