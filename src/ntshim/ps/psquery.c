/* SPDX-License-Identifier: MIT */
/* psquery.c - times and memory counters, as the host accounts them. */
#include "nt/ps.h"
#include "base/trace.h"
#include "../host/host_proc.h"
#include "../host/host_sys.h"

static NTSTATUS ProcStatus(int Result)
{
	NTSTATUS Status = host_status(Result);

	return Status == STATUS_INVALID_CID ? STATUS_PROCESS_IS_TERMINATING : Status;
}

NTSTATUS PsQueryTimes(PEPROCESS Process, PETHREAD Thread, KERNEL_USER_TIMES *Times)
{
	struct host_times Host;
	int64_t BootNs = host_realtime_ns() - host_boottime_ns();
	NTSTATUS Status;

	*Times = (KERNEL_USER_TIMES){ 0 };
	if (Process->Exited) {
		Times->UserTime.QuadPart = (LONGLONG)Process->ExitUsage.UserNs / 100;
		Times->KernelTime.QuadPart = (LONGLONG)Process->ExitUsage.KernelNs / 100;
		return STATUS_SUCCESS;
	}
	Status = ProcStatus(host_proc_times(Process->HostPid, Thread ? Thread->HostTid : 0, &Host));
	if (NT_SUCCESS(Status)) {
		Times->CreateTime.QuadPart = (BootNs + Host.start_ns) / 100 + NT_TIME_UNIX_EPOCH;
		Times->KernelTime.QuadPart = Host.system_ns / 100;
		Times->UserTime.QuadPart = Host.user_ns / 100;
	}
	TRACE(TR_NT, "PsQueryTimes(%d) = %s", (int)Process->HostPid, NtStatusName(Status));
	return Status;
}

NTSTATUS PsSetThreadNice(PETHREAD Thread, LONG Nice)
{
	NTSTATUS Status = ProcStatus(host_set_nice(Thread->HostTid, Nice));

	TRACE(TR_NT, "PsSetThreadNice(%d, %d) = %s", (int)Thread->HostTid, (int)Nice,
	      NtStatusName(Status));
	return Status;
}

NTSTATUS PsQueryCpuTime(PEPROCESS Process, PETHREAD Thread, ULONGLONG *Ns)
{
	int64_t Host;

	*Ns = 0;
	if (Process->Exited) {
		*Ns = Process->ExitUsage.UserNs + Process->ExitUsage.KernelNs;
		return STATUS_SUCCESS;
	}
	Host = Thread ? host_proc_run_ns(Process->HostPid, Thread->HostTid)
		      : host_process_cpu_ns(Process->HostPid);
	if (Host < 0)
		return ProcStatus((int)Host);
	*Ns = (ULONGLONG)Host;
	return STATUS_SUCCESS;
}

NTSTATUS PsQueryVmCounters(PEPROCESS Process, VM_COUNTERS *Counters)
{
	struct host_times Times;
	struct host_vm Vm;
	NTSTATUS Status;

	*Counters = (VM_COUNTERS){ 0 };
	if (Process->Exited) {
		Counters->PeakWorkingSetSize = Process->ExitUsage.PeakWorkingSet;
		Counters->PageFaultCount = Process->ExitUsage.PageFaults;
		return STATUS_SUCCESS;
	}
	Status = ProcStatus(host_proc_vm(Process->HostPid, &Vm));
	if (NT_SUCCESS(Status))
		Status = ProcStatus(host_proc_times(Process->HostPid, 0, &Times));
	if (NT_SUCCESS(Status))
		*Counters = (VM_COUNTERS){
			.PeakVirtualSize = Vm.peak_size,
			.VirtualSize = Vm.size,
			.PageFaultCount = (ULONG)(Times.minor_faults + Times.major_faults),
			.PeakWorkingSetSize = Vm.peak_rss,
			.WorkingSetSize = Vm.rss,
			.PagefileUsage = Vm.data,
			.PrivateUsage = Vm.anon + Vm.swap,
		};
	TRACE(TR_NT, "PsQueryVmCounters(%d) = %s", (int)Process->HostPid, NtStatusName(Status));
	return Status;
}

NTSTATUS PsQueryHostCall(PEPROCESS Process, PETHREAD Thread, PS_HOST_CALL *Call)
{
	uint32_t Number = 0;
	uint64_t Arguments[6] = { 0 };
	int Result = host_proc_call(Process->HostPid, Thread->HostTid, &Number, Arguments);

	Call->Number = Number;
	for (int i = 0; i < 6; i++)
		Call->Arguments[i] = Arguments[i];
	return Result < 0 ? STATUS_NOT_FOUND : STATUS_SUCCESS;
}
