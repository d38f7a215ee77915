/* SPDX-License-Identifier: MIT */
/*
 * iodos.c - the xattr user.DOSATTRIB: DOS attributes and creation time, shared with Samba and Wine.
 *
 * Wine writes the text "0x22" and reads no more than that. Samba writes an NDR record (its
 * xattr.idl): the text or nothing, a NUL, and a version with fields. Its version 3 has both, so that
 * is what is written here when there is a creation time, and the text alone when there is none;
 * versions 3, 4 and 5 are read. Numbers are little-endian, aligned to their size; a structure with
 * 64-bit sizes is aligned to 8.
 */
#include "iop.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOSINFO_ATTRIB      0x01u
#define DOSINFO_CREATE_TIME 0x10u

typedef struct _READER {
	const UCHAR *Data;
	SIZE_T Length, At;
	BOOLEAN Bad;
} READER;

static ULONGLONG Take(READER *r, SIZE_T Size, SIZE_T Align)
{
	ULONGLONG Value = 0;

	r->At = (r->At + Align - 1) / Align * Align;
	if (r->Bad || r->At + Size > r->Length) {
		r->Bad = TRUE;
		return 0;
	}
	memcpy(&Value, r->Data + r->At, Size);
	r->At += Size;
	return Value;
}

/* The fields behind the version, up to the creation time. */
static BOOLEAN TakeInfo(READER *r, ULONG Version, PULONG Attributes, LONGLONG *Creation)
{
	ULONG Valid;
	ULONGLONG Time;

	if (Version < 3 || Version > 5)
		return FALSE;
	Valid = (ULONG)Take(r, 4, Version == 3 ? 8 : 4);
	*Attributes = (ULONG)Take(r, 4, 4);
	if (Version == 3) { /* size of the EAs, of the file, of its allocation */
		Take(r, 4, 4);
		Take(r, 8, 8);
		Take(r, 8, 8);
	} else if (Version == 4) {
		Take(r, 8, 4); /* the time of instantiation */
	}
	Time = Take(r, 8, 4);
	*Creation = Valid & DOSINFO_CREATE_TIME ? (LONGLONG)Time : 0;
	return !r->Bad && Valid & DOSINFO_ATTRIB;
}

BOOLEAN IopParseDos(const UCHAR *Data, SIZE_T Length, PULONG Attributes, LONGLONG *Creation)
{
	READER r = { .Data = Data, .Length = Length };
	char Text[16] = "";
	SIZE_T n = strnlen((const char *)Data, Length);
	char *End;

	*Creation = 0;
	r.At = n + 1;
	if (r.At < Length)
		return TakeInfo(&r, (ULONG)Take(&r, 2, 2), Attributes, Creation);
	if (n < 3 || n >= sizeof(Text) || Data[0] != '0' || Data[1] != 'x')
		return FALSE;
	memcpy(Text, Data, n);
	*Attributes = (ULONG)strtoul(Text, &End, 16);
	return !*End;
}

static ULONG Put(UCHAR *Out, ULONG At, ULONGLONG Value, ULONG Size, ULONG Align)
{
	ULONG Aligned = (At + Align - 1) / Align * Align;

	memset(Out + At, 0, Aligned - At);
	memcpy(Out + Aligned, &Value, Size);
	return Aligned + Size;
}

ULONG IopBuildDos(ULONG Attributes, LONGLONG Creation, UCHAR Out[IOP_DOS_MAX])
{
	ULONG At = (ULONG)snprintf((char *)Out, 16, "0x%x", Attributes);

	if (!Creation)
		return At;
	At = Put(Out, At + 1, 3, 2, 2);
	At = Put(Out, At, DOSINFO_ATTRIB | DOSINFO_CREATE_TIME, 4, 8);
	At = Put(Out, At, Attributes, 4, 4);
	At = Put(Out, At, 0, 4, 4);
	At = Put(Out, At, 0, 8, 8);
	At = Put(Out, At, 0, 8, 8);
	At = Put(Out, At, (ULONGLONG)Creation, 8, 4);
	return Put(Out, At, 0, 8, 4);
}
