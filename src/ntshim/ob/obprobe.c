/* SPDX-License-Identifier: MIT */
/* obprobe.c - the pointers that callers of Nt* give. nt.md G2, G4. */
#include "obp.h"
#include "nt/mm.h"
#include "../host/host_probe.h"

static NTSTATUS Probe(const VOID *Address, SIZE_T Length, ULONG Alignment, BOOLEAN Write)
{
	const VOID *Bad;
	BOOLEAN Good;

	if (Length == 0)
		return STATUS_SUCCESS;
	if ((ULONG_PTR)Address & (Alignment - 1))
		return STATUS_DATATYPE_MISALIGNMENT;
	Good = Write ? host_can_write((PVOID)Address, Length, &Bad)
		     : host_can_read(Address, Length, &Bad);
	return Good ? STATUS_SUCCESS : MmAccessFault(Bad);
}

NTSTATUS ProbeForRead(const VOID *Address, SIZE_T Length, ULONG Alignment)
{
	return Probe(Address, Length, Alignment, FALSE);
}

NTSTATUS ProbeForWrite(PVOID Address, SIZE_T Length, ULONG Alignment)
{
	return Probe(Address, Length, Alignment, TRUE);
}

NTSTATUS ProbeForWriteOptional(PVOID Address, SIZE_T Length)
{
	return Address ? Probe(Address, Length, 1, TRUE) : STATUS_SUCCESS;
}
