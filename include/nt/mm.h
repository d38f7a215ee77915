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
#define PAGE_GUARD             0x100u
#define MEM_COMMIT             0x00001000u
#define MEM_RESERVE            0x00002000u
#define MEM_DECOMMIT           0x00004000u
#define MEM_RELEASE            0x00008000u
#define MEM_FREE               0x00010000u
#define MEM_PRIVATE            0x00020000u
#define MEM_MAPPED             0x00040000u
#define MEM_RESET              0x00080000u
#define MEM_TOP_DOWN           0x00100000u
#define MEM_IMAGE              0x01000000u
/*
 * lxrun extension, with MEM_RESERVE and NtMapViewOfSection: addresses in steps of 4 KiB, the rule of a
 * pico process (wsl.md), instead of 64 KiB.
 */
#define MEM_LXRUN_PICO         0x00000001u
#define SEC_FILE               0x00800000u
#define SEC_IMAGE              0x01000000u
#define SEC_RESERVE            0x04000000u
#define SEC_COMMIT             0x08000000u
/*
 * lxrun extension, with SEC_COMMIT of NtCreateSection: pages that can be mapped into pico processes (MapSection in
 * nt/pico.h), whose views the host counts through fork, exec and exit. Host: a System V segment without a
 * key, which goes with lxrun. It has no views in the calling process: STATUS_NOT_SUPPORTED.
 */
#define SEC_LXRUN_PICO         0x00000001u
#define SECTION_QUERY          0x1u
#define SECTION_MAP_WRITE      0x2u
#define SECTION_MAP_READ       0x4u
#define SECTION_MAP_EXECUTE    0x8u
#define SECTION_EXTEND_SIZE    0x10u
#define SECTION_ALL_ACCESS     (STANDARD_RIGHTS_REQUIRED | 0x1Fu)

/*
 * Virtual memory of the calling process, nt.md VM1..VM9: an arena that ntshim reserves on first use and
 * that holds nothing else. What lies outside is the supervisor's own: in use, and never touched. Of
 * pico processes the page tables are the host kernel's (docs/host-assistance.md):
 * STATUS_NOT_SUPPORTED for their handles, except for reading and writing. *BaseAddress and *RegionSize
 * are bytes, rounded on return. PAGE_GUARD (VM17): see MmAccessFault.
 */
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE Process, PVOID *BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE Process, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE Process, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect, PULONG OldProtect);
typedef struct _MEMORY_BASIC_INFORMATION { PVOID BaseAddress, AllocationBase; ULONG AllocationProtect; SIZE_T RegionSize; ULONG State, Protect, Type; } MEMORY_BASIC_INFORMATION;
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) == 48, "MEMORY_BASIC_INFORMATION");
/* Class 0, MEMORY_BASIC_INFORMATION. Outside the arena: reserved, without protection. */
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE Process, PVOID Address, ULONG Class, PVOID Buffer, SIZE_T Length, PSIZE_T ReturnLength);
/* *Done: the bytes copied before the first page that refuses; STATUS_PARTIAL_COPY then. May be NULL. */
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE Process, PVOID Address, PVOID Buffer, SIZE_T Size, PSIZE_T Done);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE Process, PVOID Address, const VOID *Buffer, SIZE_T Size, PSIZE_T Done);

/*
 * FileHandle NULL: a pagefile-backed section of MaximumSize bytes (host: memfd). Otherwise a data
 * section of the file (host: its descriptor); MaximumSize may be NULL. SEC_IMAGE: the PE file as it is laid
 * out in memory, which nothing here runs. While the section is there the file is not written, cut, replaced
 * nor deleted: nt.md VM15, DL13, RN13. STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_FORMAT.
 */
NTSTATUS NTAPI NtCreateSection(PHANDLE Section, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize, ULONG PageProtection, ULONG AllocationAttributes, HANDLE FileHandle);
typedef struct _SECTION_BASIC_INFORMATION { PVOID BaseAddress; ULONG AllocationAttributes; LARGE_INTEGER MaximumSize; } SECTION_BASIC_INFORMATION;
typedef struct _SECTION_IMAGE_INFORMATION {
	PVOID  TransferAddress;
	ULONG  ZeroBits;
	SIZE_T MaximumStackSize, CommittedStackSize;
	ULONG  SubSystemType;
	USHORT SubSystemMinorVersion, SubSystemMajorVersion, MajorOperatingSystemVersion, MinorOperatingSystemVersion;
	USHORT ImageCharacteristics, DllCharacteristics, Machine;
	BOOLEAN ImageContainsCode;
	UCHAR  ImageFlags;
	ULONG  LoaderFlags, ImageFileSize, CheckSum;
} SECTION_IMAGE_INFORMATION;
_Static_assert(sizeof(SECTION_IMAGE_INFORMATION) == 64, "SECTION_IMAGE_INFORMATION");
enum { SectionBasicInformation, SectionImageInformation };
/* STATUS_SECTION_NOT_IMAGE. */
NTSTATUS NTAPI NtQuerySection(HANDLE Section, ULONG Class, PVOID Buffer, SIZE_T Length, PSIZE_T ReturnLength);
NTSTATUS NTAPI NtExtendSection(HANDLE Section, PLARGE_INTEGER NewSize);
typedef enum _SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 } SECTION_INHERIT;
/*
 * Maps *ViewSize bytes (0: the rest) of the section from *SectionOffset (NULL: 0) on, nt.md VM10..VM12,
 * VM14. The view holds a reference to the section. InheritDisposition is checked only: no process is
 * forked from this one. Pages of an image are as its headers say; STATUS_IMAGE_NOT_AT_BASE, a success: it
 * is elsewhere than it was linked for, and nothing in it has been changed.
 */
NTSTATUS NTAPI NtMapViewOfSection(HANDLE Section, HANDLE Process, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, ULONG InheritDisposition, ULONG AllocationType, ULONG Protect);
/* BaseAddress: anywhere in the view. */
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE Process, PVOID BaseAddress);
/*
 * What a fault at Address, of a probe of an Nt* call, is to its process: STATUS_GUARD_PAGE_VIOLATION if the
 * page has PAGE_GUARD, which it loses (nt.md VM17); STATUS_ACCESS_VIOLATION. Who touches such a page without
 * a call gets the host's signal, as of any page that may not be used: a library raises no exceptions.
 */
NTSTATUS MmAccessFault(const VOID *Address);
extern const OB_TYPE MmSectionType;
/*
 * lxrun extensions for sections made with SEC_LXRUN_PICO; others: STATUS_NOT_SUPPORTED.
 *
 * MmReleaseSection: from now on the pages stay only as long as views do; MmQueryViews then says
 * STATUS_DELETE_PENDING when the last has gone. LastUser: host process number of who mapped or unmapped a
 * view last, 0: nobody has yet. Times in seconds since 1970, 0: never. Inode: as in MM_REGION.
 */
typedef struct _MM_SECTION_VIEWS { ULONG64 Views, Inode; LONGLONG MapTime, UnmapTime; ULONG LastUser; } MM_SECTION_VIEWS;
NTSTATUS MmQueryViews(HANDLE Section, MM_SECTION_VIEWS *Views);
/* Bytes of the section in memory and in swap. */
NTSTATUS MmQueryResidence(HANDLE Section, ULONG64 *Resident, ULONG64 *Swapped);
NTSTATUS MmReleaseSection(HANDLE Section);
/* For the trap engine: the host's number of the pages, and their size. */
NTSTATUS MmSectionSegment(HANDLE Section, int *Segment, ULONG64 *Size);
/* Pins the pages, or lets go of them. STATUS_PRIVILEGE_NOT_HELD, STATUS_NO_MEMORY. */
NTSTATUS MmLockSection(HANDLE Section, BOOLEAN Lock);
/*
 * Whether the file of the host that is inode Inode of device Device may be cut to NewSize bytes, which
 * is less than it has: not below what a section of it spans, nor at all if it is an image (nt.md VM15). NT: MmCanFileBeTruncated.
 */
BOOLEAN MmCanFileBeTruncated(ULONGLONG Device, ULONGLONG Inode, LONGLONG NewSize);
/* Whether there is an image section of the file: it is not to change. NT: MmFlushImageSection. */
BOOLEAN MmIsFileAnImage(ULONGLONG Device, ULONGLONG Inode);

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
