/* SPDX-License-Identifier: MIT */
/* exsystem.c - NtQuerySystemInformation: the machine in NT's structures, from the host's texts. */
#include "nt/ex.h"
#include "exp.h"
#include "../host/host_sys.h"
#include "../host/host_text.h"
#include "base/alloc.h"
#include "base/trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES   4096
#define HIGHEST_USER 0x7FFFFFFEFFFFull
#define TEXT_MAX     (256 * 1024)
#define TICK         (NT_TICKS_PER_SEC / 100) /* the host's texts count in 1/100 s */

/* A whole text of the host, to be freed; NULL if there is none. */
static char *ReadText(const char *Name)
{
	char *Text = mem_alloc(TEXT_MAX);
	long Length = Text ? host_proc_text(Name, Text, TEXT_MAX - 1) : -1;

	if (Length < 0) {
		mem_free(Text);
		return NULL;
	}
	Text[Length < TEXT_MAX ? Length : TEXT_MAX - 1] = 0;
	return Text;
}

/* The number behind the line that begins with Key; 0 if there is no such line. */
static ULONGLONG Number(const char *Text, const char *Key)
{
	SIZE_T Length = strlen(Key);

	for (const char *Line = Text; Line; Line = strchr(Line, '\n')) {
		Line += *Line == '\n';
		if (!strncmp(Line, Key, Length))
			return strtoull(Line + Length + strspn(Line + Length, "\t :"), NULL, 10);
	}
	return 0;
}

static NTSTATUS Basic(PVOID Buffer, ULONG Length, PULONG Used)
{
	char *Memory = ReadText("meminfo");
	ULONG Processors = host_online_cpus();
	SYSTEM_BASIC_INFORMATION Info = {
		.TimerResolution = 156250,
		.PageSize = PAGE_BYTES,
		.LowestPhysicalPageNumber = 1,
		.AllocationGranularity = 65536,
		.MinimumUserModeAddress = 0x10000,
		.MaximumUserModeAddress = HIGHEST_USER,
		.ActiveProcessorsAffinityMask = Processors >= 64 ? ~(ULONG_PTR)0
								 : ((ULONG_PTR)1 << Processors) - 1,
		.NumberOfProcessors = (UCHAR)(Processors < 64 ? Processors : 64), /* one group */
	};

	(void)Length;
	if (!Memory)
		return STATUS_INSUFFICIENT_RESOURCES;
	Info.NumberOfPhysicalPages = (ULONG)(Number(Memory, "MemTotal") * 1024 / PAGE_BYTES);
	Info.HighestPhysicalPageNumber = Info.NumberOfPhysicalPages;
	mem_free(Memory);
	*Used = sizeof(Info);
	memcpy(Buffer, &Info, sizeof(Info));
	return STATUS_SUCCESS;
}

static NTSTATUS Processor(PVOID Buffer, ULONG Length, PULONG Used)
{
	char *Text = ReadText("cpuinfo");
	SYSTEM_PROCESSOR_INFORMATION Info = { .ProcessorArchitecture =
						      PROCESSOR_ARCHITECTURE_AMD64 };

	(void)Length;
	if (!Text)
		return STATUS_INSUFFICIENT_RESOURCES;
	Info.ProcessorLevel = (USHORT)Number(Text, "cpu family");
	Info.ProcessorRevision = (USHORT)(Number(Text, "model\t") << 8 |
					  (Number(Text, "stepping") & 0xFF));
	Info.MaximumProcessors = (USHORT)host_online_cpus();
	mem_free(Text);
	*Used = sizeof(Info);
	memcpy(Buffer, &Info, sizeof(Info));
	return STATUS_SUCCESS;
}

/* Of a line "cpu.. user nice system idle iowait irq softirq". */
static SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION ProcessorTimes(const char *Line)
{
	unsigned long long t[7] = { 0 };

	sscanf(Line, "%*s %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3], &t[4],
	       &t[5], &t[6]);
	return (SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION){
		.IdleTime.QuadPart = (LONGLONG)(t[3] + t[4]) * TICK,
		.KernelTime.QuadPart = (LONGLONG)(t[2] + t[3] + t[4] + t[5] + t[6]) * TICK,
		.UserTime.QuadPart = (LONGLONG)(t[0] + t[1]) * TICK,
		.DpcTime.QuadPart = (LONGLONG)t[6] * TICK,
		.InterruptTime.QuadPart = (LONGLONG)t[5] * TICK,
	};
}

static NTSTATUS Performance(PVOID Buffer, ULONG Length, PULONG Used)
{
	char *Memory = ReadText("meminfo"), *Stat = ReadText("stat"), *Vm = ReadText("vmstat");
	SYSTEM_PERFORMANCE_INFORMATION Info = { 0 };
	NTSTATUS Status = Memory && Stat ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

	(void)Length;
	if (NT_SUCCESS(Status)) {
		const ULONG PerKilobyte = PAGE_BYTES / 1024;

		Info.IdleProcessTime = ProcessorTimes(Stat).IdleTime;
		Info.AvailablePages = (ULONG)(Number(Memory, "MemAvailable") / PerKilobyte);
		Info.CommittedPages = (ULONG)(Number(Memory, "Committed_AS") / PerKilobyte);
		Info.CommitLimit = (ULONG)(Number(Memory, "CommitLimit") / PerKilobyte);
		Info.PeakCommitment = Info.CommittedPages;
		Info.PageFaultCount = Vm ? (ULONG)Number(Vm, "pgfault ") : 0;
		*Used = sizeof(Info);
		memcpy(Buffer, &Info, sizeof(Info));
	}
	mem_free(Memory);
	mem_free(Stat);
	mem_free(Vm);
	return Status;
}

static NTSTATUS TimeOfDay(PVOID Buffer, ULONG Length, PULONG Used)
{
	SYSTEM_TIMEOFDAY_INFORMATION Info = { 0 };

	KeQuerySystemTimePrecise(&Info.CurrentTime);
	Info.BootTime.QuadPart = Info.CurrentTime.QuadPart - host_boottime_ns() / 100;
	*Used = Length < sizeof(Info) ? Length : sizeof(Info);
	memcpy(Buffer, &Info, *Used);
	return STATUS_SUCCESS;
}

static NTSTATUS Processors(PVOID Buffer, ULONG Length, PULONG Used)
{
	SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION One;
	char *Stat = ReadText("stat"), *Line = Stat;

	if (!Stat)
		return STATUS_INSUFFICIENT_RESOURCES;
	*Used = 0;
	while ((Line = strchr(Line, '\n')) && !strncmp(++Line, "cpu", 3)) {
		if (Length - *Used < sizeof(One))
			break;
		One = ProcessorTimes(Line);
		memcpy((char *)Buffer + *Used, &One, sizeof(One));
		*Used += sizeof(One);
	}
	mem_free(Stat);
	return STATUS_SUCCESS;
}

typedef NTSTATUS QUERY(PVOID Buffer, ULONG Length, PULONG Used);
static const struct {
	ULONG Class, Least, Most; /* bytes */
	QUERY *Query;
} Classes[] = {
	{ SystemBasicInformation, sizeof(SYSTEM_BASIC_INFORMATION),
	  sizeof(SYSTEM_BASIC_INFORMATION), Basic },
	{ SystemProcessorInformation, sizeof(SYSTEM_PROCESSOR_INFORMATION), ~0u, Processor },
	{ SystemPerformanceInformation, sizeof(SYSTEM_PERFORMANCE_INFORMATION), ~0u, Performance },
	{ SystemTimeOfDayInformation, 0, sizeof(SYSTEM_TIMEOFDAY_INFORMATION), TimeOfDay },
	{ SystemProcessorPerformanceInformation, sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION),
	  ~0u, Processors },
	{ SystemLogicalProcessorInformation, 0, ~0u, ExpQueryTopology },
};
#define COUNT (sizeof(Classes) / sizeof(Classes[0]))

static NTSTATUS QuerySystem(ULONG Class, PVOID Buffer, ULONG Length, PULONG Used)
{
	ULONG i = 0;
	NTSTATUS Status;

	while (i < COUNT && Classes[i].Class != Class)
		i++;
	if (i == COUNT)
		return STATUS_INVALID_INFO_CLASS;
	*Used = Classes[i].Least;
	if (Length < Classes[i].Least || Length > Classes[i].Most)
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = ProbeForWrite(Buffer, Length, sizeof(ULONG));
	return NT_SUCCESS(Status) ? Classes[i].Query(Buffer, Length, Used) : Status;
}

NTSTATUS NtQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
	NT_ENTRY(NtQuerySystemInformation);
	ULONG Used = 0;
	NTSTATUS Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));

	if (NT_SUCCESS(Status)) {
		Status = QuerySystem(Class, Buffer, Length, &Used);
		if (ReturnLength)
			*ReturnLength = Used;
	}
	TRACE(TR_NT, "NtQuerySystemInformation(class=%u) = %s", (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtQueryTimerResolution(PULONG Coarsest, PULONG Finest, PULONG Current)
{
	NT_ENTRY(NtQueryTimerResolution);
	const PULONG Answers[] = { Coarsest, Finest, Current };

	for (ULONG i = 0; i < 3; i++) {
		NTSTATUS Status = ProbeForWrite(Answers[i], sizeof(ULONG), sizeof(ULONG));

		if (!NT_SUCCESS(Status))
			return Status;
	}
	*Coarsest = 156250;
	*Finest = *Current = 5000;
	return STATUS_SUCCESS;
}
