/* SPDX-License-Identifier: MIT */
/*
 * pshost.c - an ordinary host program as a process object: something to wait for, to kill and to put in
 * a job without the trap engine. The poller thread reaps it.
 */
#include "psp.h"
#include "../host/host_poll.h"
#include "base/alloc.h"

struct _PSP_HOST {
	int PidFd;
	PETHREAD Thread; /* holds a reference until it has ended */
	struct host_watch *Watch;
};

int PspKillHost(PEPROCESS Process)
{
	return host_kill_pidfd(Process->Host->PidFd);
}

VOID PspDeleteHost(PEPROCESS Process)
{
	if (!Process->Host)
		return;
	host_poll_cancel(Process->Host->Watch);
	host_close(Process->Host->PidFd);
	mem_free(Process->Host);
}

/* On the poller thread: the host process has ended. */
static VOID Ended(PVOID Context, ULONG Ready)
{
	PEPROCESS Process = Context;
	PETHREAD Thread = Process->Host->Thread;
	struct host_usage Usage = { 0 };
	int WaitStatus = host_reap(Process->Host->PidFd, &Usage);

	(void)Ready;
	Process->ExitUsage = (struct _PS_EXIT_USAGE){
		.UserNs = Usage.user_ns,
		.KernelNs = Usage.system_ns,
		.PeakWorkingSet = Usage.peak_rss,
		.PageFaults = (ULONG)Usage.faults,
	};
	Process->ActiveThreads = 0;
	PspProcessExited(Process, WaitStatus);
	Thread->ExitStatus = Process->ExitStatus;
	Process->Host->Thread = NULL;
	KeTerminateThreadObject(&Thread->Tcb);
	ObDereferenceObject(&Thread->Object);
	KeSignalProcessObject(&Process->Header);
	ObDereferenceObject(&Process->Object); /* Start's */
}

/* Runs the program. From here on the watch holds a reference to Process. */
static NTSTATUS Start(PEPROCESS Process, const char *Path, char *const Argv[])
{
	int Pid = host_spawn(Path, Argv, &Process->Host->PidFd);
	NTSTATUS Status;

	if (Pid < 0)
		return host_status(Pid);
	Process->HostPid = Pid;
	Process->Host->Thread->HostTid = Pid;
	Process->ActiveThreads = 1;
	ObReferenceObject(&Process->Object);
	Status = host_poll_watch((host_fd){ Process->Host->PidFd }, HOST_POLL_READ, Ended, Process,
				 &Process->Host->Watch);
	if (NT_SUCCESS(Status))
		return STATUS_SUCCESS;
	PspKillHost(Process);
	host_reap(Process->Host->PidFd, NULL);
	ObDereferenceObject(&Process->Object);
	return Status;
}

NTSTATUS PsCreateHostProcess(const char *Path, char *const Argv[], ACCESS_MASK DesiredAccess,
			     PHANDLE Handle)
{
	PEPROCESS Process;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status))
		Status = PspAllocateProcess(NULL, &Process);
	if (!NT_SUCCESS(Status))
		return Status;
	Process->Host = mem_alloc(sizeof(*Process->Host));
	if (!Process->Host) {
		Status = STATUS_INSUFFICIENT_RESOURCES;
		goto out;
	}
	Process->Host->PidFd = -1;
	Status = PspAllocateThread(Process, NULL, &Process->Host->Thread);
	if (!NT_SUCCESS(Status))
		goto out;
	Status = Start(Process, Path, Argv);
	if (!NT_SUCCESS(Status)) {
		ObDereferenceObject(&Process->Host->Thread->Object);
		goto out;
	}
	Status = ObOpenObjectByPointer(&Process->Object, DesiredAccess, 0, Handle);
	if (!NT_SUCCESS(Status))
		PspKillHost(Process);
out:
	TRACE(TR_NT, "PsCreateHostProcess(%s) = %s", Path, NtStatusName(Status));
	ObDereferenceObject(&Process->Object);
	return Status;
}
