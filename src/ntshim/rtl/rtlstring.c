/* SPDX-License-Identifier: MIT */
/* rtlstring.c - counted UTF-16 strings. Lengths are bytes; a stray odd byte is ignored. */
#include "nt/rtl.h"
#include "base/alloc.h"
#include <string.h>

static const struct {
	WCHAR First, Last;
	USHORT Step;
	LONG Delta;
} Upcase[] = {
#define UPCASE(First, Last, Step, Delta) { First, Last, Step, Delta },
#include "upcase.def"
#undef UPCASE
};

/* The row that ends at Char or behind it decides; rows ascend. */
static WCHAR UpcaseByTable(WCHAR Char)
{
	ULONG Low = 0, High = sizeof(Upcase) / sizeof(Upcase[0]);

	while (Low < High) {
		ULONG Middle = (Low + High) / 2;

		if (Upcase[Middle].Last < Char)
			Low = Middle + 1;
		else
			High = Middle;
	}
	if (Low == sizeof(Upcase) / sizeof(Upcase[0]) || Char < Upcase[Low].First ||
	    (Char - Upcase[Low].First) % Upcase[Low].Step)
		return Char;
	return (WCHAR)(Char + Upcase[Low].Delta);
}

WCHAR RtlUpcaseUnicodeChar(WCHAR Char)
{
	if (Char < 0x80)
		return Char >= u'a' && Char <= u'z' ? Char - (u'a' - u'A') : Char;
	return UpcaseByTable(Char);
}

VOID RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source)
{
	SIZE_T Units = 0;

	while (Source && Source[Units] && Units < 0x7FFE)
		Units++;
	Destination->Length = (USHORT)(Units * sizeof(WCHAR));
	Destination->MaximumLength = (USHORT)(Source ? (Units + 1) * sizeof(WCHAR) : 0);
	Destination->Buffer = (PWSTR)Source;
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInSensitive)
{
	return A->Length == B->Length && RtlCompareUnicodeString(A, B, CaseInSensitive) == 0;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInSensitive)
{
	ULONG Units = (A->Length < B->Length ? A->Length : B->Length) / sizeof(WCHAR);

	for (ULONG i = 0; i < Units; i++) {
		WCHAR a = A->Buffer[i], b = B->Buffer[i];

		if (a != b && CaseInSensitive) {
			a = RtlUpcaseUnicodeChar(a);
			b = RtlUpcaseUnicodeChar(b);
		}
		if (a != b)
			return a - b;
	}
	return A->Length - B->Length;
}

ULONG RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive)
{
	ULONG Hash = 0, Units = String->Length / sizeof(WCHAR);

	for (ULONG i = 0; i < Units; i++) {
		WCHAR Char = String->Buffer[i];

		Hash = Hash * 65599 + (CaseInSensitive ? RtlUpcaseUnicodeChar(Char) : Char);
	}
	return Hash;
}

NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source,
				   PUNICODE_STRING Destination)
{
	ULONG Size = Source->Length +
		     (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE ? sizeof(WCHAR) : 0);

	*Destination = (UNICODE_STRING){ 0 };
	if (Size > 0xFFFF)
		return STATUS_NAME_TOO_LONG;
	if (!Size)
		return STATUS_SUCCESS;
	Destination->Buffer = mem_alloc(Size);
	if (!Destination->Buffer)
		return STATUS_NO_MEMORY;
	memcpy(Destination->Buffer, Source->Buffer, Source->Length);
	Destination->Length = Source->Length;
	Destination->MaximumLength = (USHORT)Size;
	return STATUS_SUCCESS;
}

VOID RtlFreeUnicodeString(PUNICODE_STRING String)
{
	mem_free(String->Buffer);
	*String = (UNICODE_STRING){ 0 };
}
