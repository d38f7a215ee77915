/* SPDX-License-Identifier: MIT */
/* mm.h - sections, and access to a pico process's memory. */
#ifndef NT_MM_H
#define NT_MM_H
#include "nt/ps.h"

#define PAGE_NOACCESS          0x01u
#define PAGE_READONLY          0x02u
#define PAGE_READWRITE         0x04u
#define PAGE_WRITECOPY         0x08u
#define PAGE_EXECUTE           0x10u
#define PAGE_EXECUTE_READ      0x20u
#define PAGE_EXECUTE_READWRITE 0x40u
#define PAGE_EXECUTE_WRITECOPY 0x80u
#define SEC_FILE               0x00800000u
#define SEC_RESERVE            0x04000000u
#define SEC_COMMIT             0x08000000u
#define SECTION_QUERY          0x1u
#define SECTION_MAP_WRITE      0x2u
#define SECTION_MAP_READ       0x4u
#define SECTION_MAP_EXECUTE    0x8u
#define SECTION_EXTEND_SIZE    0x10u
#define SECTION_ALL_ACCESS     (STANDARD_RIGHTS_REQUIRED | 0x1Fu)

/*
 * FileHandle NULL: a pagefile-backed section of MaximumSize bytes (host: memfd). Otherwise a data
 * section of the file (host: its descriptor); MaximumSize may be NULL.
 */
NTSTATUS NTAPI NtCreateSection(PHANDLE Section, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize, ULONG PageProtection, ULONG AllocationAttributes, HANDLE FileHandle);
typedef struct _SECTION_BASIC_INFORMATION { PVOID BaseAddress; ULONG AllocationAttributes; LARGE_INTEGER MaximumSize; } SECTION_BASIC_INFORMATION;
NTSTATUS NTAPI NtQuerySection(HANDLE Section, ULONG Class, PVOID Buffer, SIZE_T Length, PSIZE_T ReturnLength);
NTSTATUS NTAPI NtExtendSection(HANDLE Section, PLARGE_INTEGER NewSize);
extern const OB_TYPE MmSectionType;

/*
 * Copies between the supervisor's Local buffer and Process's memory, honouring the process's page
 * protections. All or nothing from the caller's view: STATUS_ACCESS_VIOLATION when a byte is not
 * accessible, with *Copied the count before it; STATUS_PROCESS_IS_TERMINATING when it is gone.
 * NT: MmCopyVirtualMemory. PicoThread must be a bound thread of the process.
 */
NTSTATUS MmReadGuest(PETHREAD Thread, ULONG64 Address, PVOID Local, SIZE_T Size, PSIZE_T Copied);
NTSTATUS MmWriteGuest(PETHREAD Thread, ULONG64 Address, const VOID *Local, SIZE_T Size, PSIZE_T Copied);
typedef struct _MM_RANGE { ULONG64 Address; SIZE_T Size; } MM_RANGE;
/* Gather and scatter forms: one host call for up to 16 ranges. */
NTSTATUS MmReadGuestRanges(PETHREAD Thread, const MM_RANGE *Ranges, ULONG Count, PVOID Local, SIZE_T Size, PSIZE_T Copied);
NTSTATUS MmWriteGuestRanges(PETHREAD Thread, const MM_RANGE *Ranges, ULONG Count, const VOID *Local, SIZE_T Size, PSIZE_T Copied);

/*
 * A debugger's access to Thread's process: all of Size bytes, whatever the pages' protections say; a
 * write to a private page makes a copy of it. STATUS_ACCESS_VIOLATION: not mapped (nothing said about
 * what was copied before), STATUS_PROCESS_IS_TERMINATING.
 */
NTSTATUS MmDebugRead(PETHREAD Thread, ULONG64 Address, PVOID Local, SIZE_T Size);
NTSTATUS MmDebugWrite(PETHREAD Thread, ULONG64 Address, const VOID *Local, SIZE_T Size);

/*
 * lxrun extension, after NtQueryVirtualMemory: calls Routine for each mapped region of the process
 * in address order, until it returns FALSE. Path is the host's name of the mapped file ("" if none).
 */
typedef struct _MM_REGION {
	ULONG64 Start, End, FileOffset, Inode;
	ULONG   DeviceMajor, DeviceMinor;
	CHAR    Protect[5];           /* "r-xp" */
	const char *Path;
} MM_REGION;
NTSTATUS MmEnumerateRegions(PETHREAD Thread, BOOLEAN (*Routine)(PVOID Context, const MM_REGION *Region), PVOID Context);
#endif
