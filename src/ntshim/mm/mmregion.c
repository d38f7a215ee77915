/* SPDX-License-Identifier: MIT */
/* mmregion.c - the regions of a pico process's address space. */
#include "nt/mm.h"
#include "base/trace.h"
#include "../host/host_proc.h"
#include "../host/host_sys.h"
#include <string.h>

struct visit {
	BOOLEAN (*Routine)(PVOID Context, const MM_REGION *Region);
	PVOID Context;
};

static bool VisitMap(void *Arg, const struct host_map *Map)
{
	const struct visit *Visit = Arg;
	MM_REGION Region = {
		.Start = Map->start,
		.End = Map->end,
		.FileOffset = Map->offset,
		.Inode = Map->inode,
		.DeviceMajor = Map->major,
		.DeviceMinor = Map->minor,
		.Path = Map->path,
	};

	memcpy(Region.Protect, Map->protect, sizeof(Region.Protect));
	return Visit->Routine(Visit->Context, &Region);
}

NTSTATUS MmEnumerateRegions(PETHREAD Thread,
			    BOOLEAN (*Routine)(PVOID Context, const MM_REGION *Region),
			    PVOID Context)
{
	struct visit Visit = { Routine, Context };
	NTSTATUS Status = host_status(host_proc_maps(Thread->HostTid, VisitMap, &Visit));

	if (Status == STATUS_INVALID_CID)
		Status = STATUS_PROCESS_IS_TERMINATING;
	TRACE(TR_NT, "MmEnumerateRegions(%d) = %s", (int)Thread->HostTid, NtStatusName(Status));
	return Status;
}
