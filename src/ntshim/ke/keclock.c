/* SPDX-License-Identifier: MIT */
/* keclock.c - NT's clocks over the host's. */
#include "kep.h"

ULONGLONG KeQueryMonotonicNs(void)
{
	return (ULONGLONG)host_monotonic_ns();
}

LONGLONG KeQueryRealtimeNs(void)
{
	return host_realtime_ns();
}

ULONGLONG KeQueryInterruptTime(void)
{
	return (ULONGLONG)host_monotonic_ns() / 100;
}

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER SystemTime)
{
	SystemTime->QuadPart = host_realtime_ns() / 100 + NT_TIME_UNIX_EPOCH;
}

NTSTATUS NtQuerySystemTime(PLARGE_INTEGER SystemTime)
{
	NT_ENTRY(NtQuerySystemTime);
	NTSTATUS Status = ProbeForWrite(SystemTime, sizeof(*SystemTime), sizeof(ULONG));

	if (NT_SUCCESS(Status))
		KeQuerySystemTimePrecise(SystemTime);
	return Status;
}

NTSTATUS NtQueryPerformanceCounter(PLARGE_INTEGER Counter, PLARGE_INTEGER Frequency)
{
	NT_ENTRY(NtQueryPerformanceCounter);
	NTSTATUS Status = ProbeForWrite(Counter, sizeof(*Counter), sizeof(ULONG));

	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(Frequency, sizeof(*Frequency));
	if (!NT_SUCCESS(Status))
		return Status;
	Counter->QuadPart = (LONGLONG)KeQueryInterruptTime();
	if (Frequency)
		Frequency->QuadPart = NT_TICKS_PER_SEC;
	return STATUS_SUCCESS;
}
