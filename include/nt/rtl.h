/* SPDX-License-Identifier: MIT */
/*
 * rtl.h - counted UTF-16 strings, the way ntoskrnl's Rtl routines treat them.
 *
 * "Equal but for case" means equal after RtlUpcaseUnicodeChar, code unit by code unit. That is NT's
 * own table (src/ntshim/rtl/upcase.def), which follows Unicode's simple mapping but leaves some
 * letters alone; characters above FFFF have no case to it.
 */
#ifndef NT_RTL_H
#define NT_RTL_H
#include "nt/nt.h"

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR Char);
/* Points Destination at the NUL-terminated Source (NULL: empty string). Borrows. */
VOID RtlInitUnicodeString(PUNICODE_STRING Destination, PCWSTR Source);
BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInSensitive);
/* < 0, 0, > 0, by code units; a prefix comes first. */
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING A, PCUNICODE_STRING B, BOOLEAN CaseInSensitive);
/* Equal strings (also equal but for case, if CaseInSensitive) have equal hashes. */
ULONG RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive);
#define RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE 1u
/* Makes a copy that RtlFreeUnicodeString frees. STATUS_NO_MEMORY, STATUS_NAME_TOO_LONG. */
NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING Source, PUNICODE_STRING Destination);
VOID RtlFreeUnicodeString(PUNICODE_STRING String);

/* ---- official names, for lines of the nt channel (src/ntshim/rtl/rtlnames.c) ---- */
/* "FSCTL_PIPE_LISTEN", "IOCTL_AFD_BIND"; one that nobody knows as a number. The text is the caller's thread's. */
const char *RtlpControlName(ULONG Code);

typedef enum _RTLP_FLAGS {
	RtlpMemoryType,          /* MEM_COMMIT|MEM_RESERVE */
	RtlpProtection,          /* PAGE_READWRITE */
	RtlpSecurityInformation, /* OWNER_SECURITY_INFORMATION */
	RtlpNotifyFilter,        /* FILE_NOTIFY_CHANGE_FILE_NAME */
	RtlpDuplicateOptions,    /* DUPLICATE_SAME_ACCESS */
	RtlpStandardAccess, /* DELETE|SYNCHRONIZE|0x1: an object type's own rights as a number */
	RtlpProcessAccess,  /* PROCESS_VM_READ|SYNCHRONIZE; so the next */
	RtlpThreadAccess,
	RtlpTokenAccess,
} RTLP_FLAGS;
#define RTLP_TEXT 256
const char *RtlpFlagNames(char Text[RTLP_TEXT], RTLP_FLAGS Kind, ULONG Value);
#endif
