/* SPDX-License-Identifier: MIT */
/* exwork.c - work items. They are few and long here: each has a thread of its own, of whatever queue it is. */
#include "nt/ex.h"
#include "base/trace.h"
#include "../host/host_sys.h"

NTSTATUS ExQueueWorkItem(PWORK_QUEUE_ITEM Item, WORK_QUEUE_TYPE QueueType)
{
	NTSTATUS Status = STATUS_SUCCESS;

	if (host_thread_start("lxrun-worker", Item->WorkerRoutine, Item->Parameter))
		Status = STATUS_INSUFFICIENT_RESOURCES;
	TRACE(TR_NT, "ExQueueWorkItem(%d) = %s", (int)QueueType, NtStatusName(Status));
	return Status;
}
