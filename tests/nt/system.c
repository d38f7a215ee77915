/* SPDX-License-Identifier: MIT */
/* system.c - the machine, clocks, unique numbers: nt.md G6, SY5 and section "time". */
#include "nttest.h"
#include "nt/ex.h"
#include "nt/se.h"

static void basics(void)
{
	SYSTEM_BASIC_INFORMATION basic = { 0 };
	SYSTEM_PROCESSOR_INFORMATION processor = { 0 };
	SYSTEM_PERFORMANCE_INFORMATION performance;
	ULONG length = 0;

	ST("EX1", NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), &length),
	   SUCCESS);
	EQ("EX1", length, sizeof(basic));
	EQ("EX1", basic.PageSize, 4096);
	EQ("EX1", basic.AllocationGranularity, 65536);
	EQ("EX1", basic.MinimumUserModeAddress, 0x10000);
	EQ("EX1", basic.NumberOfProcessors >= 1 && basic.NumberOfPhysicalPages > 1000, 1);
	EQ("EX1", __builtin_popcountll(basic.ActiveProcessorsAffinityMask),
	   basic.NumberOfProcessors);
	ST("G6",
	   NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic) - 1, &length),
	   INFO_LENGTH_MISMATCH);
	ST("G6",
	   NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic) + 1, &length),
	   INFO_LENGTH_MISMATCH);
	ST("G6", NtQuerySystemInformation(0x7777, &basic, sizeof(basic), &length),
	   INVALID_INFO_CLASS);
	ST("EX1",
	   NtQuerySystemInformation(SystemProcessorInformation, &processor, sizeof(processor),
				    &length),
	   SUCCESS);
	EQ("EX1", processor.ProcessorArchitecture, PROCESSOR_ARCHITECTURE_AMD64);
	EQ("EX1", processor.ProcessorLevel > 0, 1);
#if NTSHIM /* it has grown since */
	ST("EX1",
	   NtQuerySystemInformation(SystemPerformanceInformation, &performance, sizeof(performance),
				    &length),
	   SUCCESS);
	EQ("EX1", performance.AvailablePages > 0, 1);
	EQ("EX1", performance.AvailablePages <= basic.NumberOfPhysicalPages, 1);
	EQ("EX1", performance.CommitLimit > 0 && performance.PageFaultCount > 0, 1);
#else
	(void)performance;
#endif
}

static void processors(void)
{
	SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION times[64];
	ULONG length = 0;

	ST("EX1",
	   NtQuerySystemInformation(SystemProcessorPerformanceInformation, times, sizeof(times),
				    &length),
	   SUCCESS);
	EQ("EX1", length % sizeof(times[0]), 0);
	EQ("EX1", length > 0, 1);
	EQ("EX1", times[0].KernelTime.QuadPart >= times[0].IdleTime.QuadPart, 1);
	ST("EX1",
	   NtQuerySystemInformation(SystemProcessorPerformanceInformation, times, 8, &length),
	   INFO_LENGTH_MISMATCH);
}

static void topology(void)
{
	SYSTEM_LOGICAL_PROCESSOR_INFORMATION all[512];
	ULONG length = 0, cores = 0, packages = 0, nodes = 0;
	ULONG_PTR mask = 0;

	ST("EX4", NtQuerySystemInformation(SystemLogicalProcessorInformation, NULL, 0, &length),
	   INFO_LENGTH_MISMATCH);
	EQ("EX4", length > 0 && length % sizeof(all[0]) == 0, 1);
	ST("EX4",
	   NtQuerySystemInformation(SystemLogicalProcessorInformation, all, length - 1, &length),
	   INFO_LENGTH_MISMATCH);
	ST("EX4",
	   NtQuerySystemInformation(SystemLogicalProcessorInformation, all, sizeof(all), &length),
	   SUCCESS);
	for (ULONG i = 0; i < length / sizeof(all[0]); i++) {
		cores += all[i].Relationship == RelationProcessorCore;
		packages += all[i].Relationship == RelationProcessorPackage;
		nodes += all[i].Relationship == RelationNumaNode;
		EQ("EX4", all[i].ProcessorMask != 0, 1);
		if (all[i].Relationship != RelationProcessorCore)
			continue;
		EQ("EX4", mask & all[i].ProcessorMask, 0); /* each processor is in one core */
		mask |= all[i].ProcessorMask;
	}
	EQ("EX4", cores >= packages && packages >= 1 && nodes >= 1, 1);
	EQ("EX4", mask & 1, 1);
}

static void clocks(void)
{
	SYSTEM_TIMEOFDAY_INFORMATION day = { 0 };
	LARGE_INTEGER first, second, frequency = { 0 };
	ULONG length, coarsest = 0, finest = 0, current = 0;

	ST("EX2", NtQuerySystemInformation(SystemTimeOfDayInformation, &day, sizeof(day), &length),
	   SUCCESS);
	ST("EX2", NtQuerySystemTime(&first), SUCCESS);
	EQ("EX2", day.CurrentTime.QuadPart > NT_TIME_UNIX_EPOCH, 1);
	EQ("EX2", day.BootTime.QuadPart < day.CurrentTime.QuadPart, 1);
	EQ("EX2", first.QuadPart - day.CurrentTime.QuadPart < 60 * NT_TICKS_PER_SEC, 1);
	ST("EX2",
	   NtQuerySystemInformation(SystemTimeOfDayInformation, &day, sizeof(day) + 1, &length),
	   INFO_LENGTH_MISMATCH);
	ST("EX2", NtQuerySystemInformation(SystemTimeOfDayInformation, &day, 8, &length), SUCCESS);
	EQ("EX2", length, 8);
	ST("EX2", NtQuerySystemTime(NULL), ACCESS_VIOLATION);
	ST("EX2", NtQueryPerformanceCounter(&first, &frequency), SUCCESS);
	NtDelayExecution(FALSE, RELATIVE_MS(20));
	ST("EX2", NtQueryPerformanceCounter(&second, NULL), SUCCESS);
	EQ("EX2", frequency.QuadPart > 0, 1);
	EQ("EX2", (second.QuadPart - first.QuadPart) * 1000 / frequency.QuadPart >= 15, 1);
	ST("EX2", NtQueryPerformanceCounter(NULL, &frequency), ACCESS_VIOLATION);
	ST("EX2", NtQueryTimerResolution(&coarsest, &finest, &current), SUCCESS);
	EQ("EX2", finest && finest <= current && current <= coarsest, 1);
}

static void numbers_are_unique(void)
{
	LUID a = { 0, 0 }, b = { 0, 0 };

	ST("EX3", NtAllocateLocallyUniqueId(&a), SUCCESS);
	ST("EX3", NtAllocateLocallyUniqueId(&b), SUCCESS);
	EQ("EX3", b.HighPart > a.HighPart || b.LowPart > a.LowPart, 1);
	ST("EX3", NtAllocateLocallyUniqueId(NULL), ACCESS_VIOLATION);
}

int main(void)
{
	nt_start();
	basics();
	processors();
	topology();
	clocks();
	numbers_are_unique();
	return nt_end("system");
}
