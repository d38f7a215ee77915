/* SPDX-License-Identifier: MIT */
/* exquery.c - facts about the machine and random bytes, for drivers (include/nt/ex.h). */
#include "nt/ex.h"
#include "../host/host_text.h"
#include "base/trace.h"
#include <stdio.h>
#include <string.h>

/* Only what callers may know: the name becomes part of a host path. */
static const char *const ExpHostTexts[] = { "meminfo", "cpuinfo", "loadavg", "uptime", "stat" };

NTSTATUS ExQueryHostText(const char *Name, char *Buffer, SIZE_T Size, PSIZE_T Length)
{
	NTSTATUS Status = STATUS_INVALID_PARAMETER;
	long Total = 0;

	for (SIZE_T i = 0; i < sizeof(ExpHostTexts) / sizeof(ExpHostTexts[0]); i++) {
		if (strcmp(Name, ExpHostTexts[i]))
			continue;
		Total = host_proc_text(Name, Buffer, Size);
		Status = Total < 0 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
	}
	*Length = Total > 0 ? (SIZE_T)Total : 0;
	if (NT_SUCCESS(Status) && *Length > Size)
		Status = STATUS_BUFFER_OVERFLOW;
	TRACE(TR_NT, "ExQueryHostText(%s) = %s", Name, NtStatusName(Status));
	return Status;
}

NTSTATUS ExQueryThreadState(PETHREAD Thread, PCHAR State)
{
	char Name[32], Text[512], *End;
	long Length;

	if (!Thread->HostTid)
		return STATUS_THREAD_IS_TERMINATING;
	snprintf(Name, sizeof(Name), "%d/stat", (int)Thread->HostTid);
	Length = host_proc_text(Name, Text, sizeof(Text) - 1);
	if (Length <= 0)
		return STATUS_THREAD_IS_TERMINATING;
	Text[Length < (long)sizeof(Text) ? (size_t)Length : sizeof(Text) - 1] = 0;
	/* The name may contain anything, parentheses too. */
	End = strrchr(Text, ')');
	if (!End || !End[1] || !End[2])
		return STATUS_UNSUCCESSFUL;
	*State = (CHAR)End[2];
	return STATUS_SUCCESS;
}

NTSTATUS ExGenRandom(PVOID Buffer, SIZE_T Size)
{
	return host_random(Buffer, Size) ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

ULONG ExQueryProcessorCount(void)
{
	return host_online_cpus();
}
