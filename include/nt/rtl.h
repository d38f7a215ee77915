/* SPDX-License-Identifier: MIT */
/*
 * rtl.h - counted UTF-16 strings, the way ntoskrnl's Rtl routines treat them.
 *
 * Upcasing knows ASCII only: the full table is to be generated and compared with NT's.
 */
#ifndef NT_RTL_H
#define NT_RTL_H
#include "nt/nt.h"

WCHAR RtlUpcaseUnicodeChar(WCHAR Char);
/* Points Destination at the NUL-terminated Source (NULL: empty string). Borrows. */
VOID RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source);
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInSensitive);
/* < 0, 0, > 0, by code units; a prefix comes first. */
LONG RtlCompareUnicodeString(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInSensitive);
/* Equal strings (also equal but for case, if CaseInSensitive) have equal hashes. */
ULONG RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive);
#define RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE 1u
/* Makes a copy that RtlFreeUnicodeString frees. STATUS_NO_MEMORY, STATUS_NAME_TOO_LONG. */
NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Destination);
VOID RtlFreeUnicodeString(PUNICODE_STRING String);
#endif
