/* SPDX-License-Identifier: MIT */
/*
 * nt.h - base types of the NT native API: official names, fixed-width fields, UTF-16.
 *
 * Rule 1: never includes windows.h; the same text compiles with x86_64-w64-mingw32-gcc (against
 *         ntdll) and with the host's gcc (against ntshim).
 * Rule 2: every scalar has a fixed width, so LP64 and LLP64 give the same layouts.
 * Rule 3: WCHAR is __CHAR16_TYPE__, so u"..." literals need no cast.
 */
#ifndef NT_NT_H
#define NT_NT_H
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define NTAPI    __attribute__((ms_abi))
#define NTSYSAPI __attribute__((dllimport)) extern
#else
#define NTAPI
#define NTSYSAPI extern
#endif
#define VOID void

typedef int8_t   CHAR, *PCHAR;
typedef uint8_t  UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef int16_t  SHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t  LONG, *PLONG, NTSTATUS;
typedef uint32_t ULONG, *PULONG, ACCESS_MASK, *PACCESS_MASK;
typedef int64_t  LONGLONG, LONG64;
typedef uint64_t ULONGLONG, ULONG64, *PULONG64;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, SIZE_T, *PSIZE_T;
typedef intptr_t  LONG_PTR;
typedef __CHAR16_TYPE__ WCHAR, *PWSTR;
typedef const WCHAR *PCWSTR;
typedef void *PVOID, *HANDLE, **PHANDLE;
_Static_assert(sizeof(WCHAR) == 2 && sizeof(u"a") == 4, "UTF-16 literals");
_Static_assert(sizeof(ULONG) == 4 && sizeof(HANDLE) == 8, "64-bit handles, 32-bit ULONG");

#define FALSE 0
#define TRUE  1
#define NT_SUCCESS(Status) ((NTSTATUS)(Status) >= 0)
#define NT_ERROR(Status)   ((ULONG)(Status) >> 30 == 3)

typedef union _LARGE_INTEGER {
	struct {
		ULONG LowPart;
		LONG  HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* Counted UTF-16; Length and MaximumLength are in bytes; Buffer need not end in NUL. */
typedef struct _UNICODE_STRING {
	USHORT Length, MaximumLength;
	PWSTR  Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _OBJECT_ATTRIBUTES {
	ULONG           Length;
	HANDLE          RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG           Attributes;
	PVOID           SecurityDescriptor, SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
_Static_assert(sizeof(OBJECT_ATTRIBUTES) == 48, "OBJECT_ATTRIBUTES");

typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID    Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;
_Static_assert(sizeof(IO_STATUS_BLOCK) == 16, "IO_STATUS_BLOCK");

typedef struct _CLIENT_ID {
	HANDLE UniqueProcess, UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef void(NTAPI *PIO_APC_ROUTINE)(PVOID, PIO_STATUS_BLOCK, ULONG);
typedef void(NTAPI *PTIMER_APC_ROUTINE)(PVOID, ULONG, LONG);
typedef void(NTAPI *PKNORMAL_ROUTINE)(PVOID, PVOID, PVOID);

#define RTL_CONSTANT_STRING(lit) { (USHORT)(sizeof(lit) - sizeof(WCHAR)), (USHORT)sizeof(lit), (PWSTR)(lit) }
#define InitializeObjectAttributes(p, n, a, r, s)                                                  \
	do {                                                                                       \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES);                                           \
		(p)->RootDirectory = (r);                                                          \
		(p)->Attributes = (a);                                                             \
		(p)->ObjectName = (n);                                                             \
		(p)->SecurityDescriptor = (s);                                                     \
		(p)->SecurityQualityOfService = NULL;                                              \
	} while (0)
#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define NtCurrentThread()  ((HANDLE)(LONG_PTR)-2)

#include "nt/status.h"

/* Object attributes, generic access. */
#define OBJ_INHERIT             0x00000002u
#define OBJ_PERMANENT           0x00000010u
#define OBJ_EXCLUSIVE           0x00000020u
#define OBJ_CASE_INSENSITIVE    0x00000040u
#define OBJ_OPENIF              0x00000080u
#define OBJ_OPENLINK            0x00000100u
#define OBJ_KERNEL_HANDLE       0x00000200u
#define OBJ_VALID_ATTRIBUTES    0x000003F2u
#define DELETE                  0x00010000u
#define READ_CONTROL            0x00020000u
#define WRITE_DAC               0x00040000u
#define WRITE_OWNER             0x00080000u
#define SYNCHRONIZE             0x00100000u
#define STANDARD_RIGHTS_REQUIRED 0x000F0000u
#define STANDARD_RIGHTS_READ    READ_CONTROL
#define STANDARD_RIGHTS_WRITE   READ_CONTROL
#define STANDARD_RIGHTS_EXECUTE READ_CONTROL
#define STANDARD_RIGHTS_ALL     0x001F0000u
#define MAXIMUM_ALLOWED         0x02000000u
#define GENERIC_READ            0x80000000u
#define GENERIC_WRITE           0x40000000u
#define GENERIC_EXECUTE         0x20000000u
#define GENERIC_ALL             0x10000000u

typedef struct _GENERIC_MAPPING {
	ACCESS_MASK GenericRead, GenericWrite, GenericExecute, GenericAll;
} GENERIC_MAPPING;

/* Time: 100 ns units since 1601-01-01 UTC; a negative timeout is relative. */
#define NT_TIME_UNIX_EPOCH 116444736000000000LL
#define NT_TICKS_PER_SEC   10000000LL

/* "STATUS_OBJECT_NAME_NOT_FOUND"; "0xC0001234" (in a per-thread buffer) for one not in the table. */
const char *NtStatusName(NTSTATUS Status);
#endif
