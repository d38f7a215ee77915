/* SPDX-License-Identifier: MIT */
/* mmprotect.c - page protections as a table; checks of arguments that all calls of Mm share. */
#include "mmp.h"

/*
 * Section: what a view of a section with this protection may have, as a mask of protections (VM11).
 * View: what a view with this protection needs of the section's handle.
 */
static const struct {
	ULONG Protect, Host, Section;
	ACCESS_MASK View;
} Rows[] = {
	{ PAGE_NOACCESS, 0, 0x01, SECTION_MAP_READ },
	{ PAGE_READONLY, HOST_PROT_READ, 0x0B, SECTION_MAP_READ },
	{ PAGE_READWRITE, HOST_PROT_READ | HOST_PROT_WRITE, 0x0F, SECTION_MAP_WRITE },
	{ PAGE_WRITECOPY, HOST_PROT_READ | HOST_PROT_WRITE, 0x0B, SECTION_MAP_READ },
	{ PAGE_EXECUTE, HOST_PROT_EXEC, 0x11, SECTION_MAP_EXECUTE },
	{ PAGE_EXECUTE_READ, HOST_PROT_READ | HOST_PROT_EXEC, 0xBB,
	  SECTION_MAP_READ | SECTION_MAP_EXECUTE },
	{ PAGE_EXECUTE_READWRITE, HOST_PROT_READ | HOST_PROT_WRITE | HOST_PROT_EXEC, 0xFF,
	  SECTION_MAP_WRITE | SECTION_MAP_EXECUTE },
	{ PAGE_EXECUTE_WRITECOPY, HOST_PROT_READ | HOST_PROT_WRITE | HOST_PROT_EXEC, 0xBB,
	  SECTION_MAP_READ | SECTION_MAP_EXECUTE },
};
#define ROWS (sizeof(Rows) / sizeof(Rows[0]))

static SIZE_T RowOf(ULONG Protect)
{
	SIZE_T i = 0;

	while (i < ROWS && Rows[i].Protect != Protect)
		i++;
	return i;
}

NTSTATUS MmpCheckProtect(ULONG Protect)
{
	if (RowOf(Protect & ~PAGE_GUARD) == ROWS || Protect == (PAGE_NOACCESS | PAGE_GUARD))
		return STATUS_INVALID_PAGE_PROTECTION;
	return STATUS_SUCCESS;
}

ULONG MmpHostProtect(ULONG Protect)
{
	return Protect & PAGE_GUARD ? 0 : Rows[RowOf(Protect)].Host;
}

BOOLEAN MmpIsCompatible(ULONG Section, ULONG Protect)
{
	return (Rows[RowOf(Section)].Section & Protect) != 0;
}

ACCESS_MASK MmpViewAccess(ULONG Protect)
{
	return Rows[RowOf(Protect & ~PAGE_GUARD)].View;
}

ULONGLONG MmpLimit(ULONG_PTR ZeroBits)
{
	ULONGLONG Mask = ZeroBits;

	if (ZeroBits == 0)
		return MM_HIGHEST;
	if (ZeroBits < 32) /* so many high bits of 32 are zero */
		return ZeroBits > 21 ? 0 : 0xFFFFFFFFull >> ZeroBits;
	for (ULONG Shift = 1; Shift < 64; Shift *= 2) /* a mask: up to its highest bit */
		Mask |= Mask >> Shift;
	return Mask < MM_HIGHEST ? Mask : MM_HIGHEST;
}

NTSTATUS MmpCheckProcess(HANDLE Process, ACCESS_MASK Access)
{
	POBJECT Object;
	NTSTATUS Status;

	if (Process == NtCurrentProcess())
		return STATUS_SUCCESS;
	Status = ObReferenceObjectByHandle(Process, Access, &PsProcessType, &Object);
	if (!NT_SUCCESS(Status))
		return Status;
	if (((PEPROCESS)Object)->HostPid != host_getpid())
		Status = STATUS_NOT_SUPPORTED;
	ObDereferenceObject(Object);
	return Status;
}
