/* SPDX-License-Identifier: MIT */
/* psterm.c - the end of processes and threads: who asks for it, and what is known afterwards. */
#include "psp.h"

NTSTATUS PspTerminate(PEPROCESS Process, NTSTATUS ExitStatus)
{
	int Err;

	if (Process == PsInitialSystemProcess)
		return STATUS_ACCESS_DENIED;
	if (Process->Exited || !Process->HostPid)
		return STATUS_PROCESS_IS_TERMINATING;
	if (Process->Terminating) /* the first word counts */
		return STATUS_SUCCESS;
	Err = Process->Host ? PspKillHost(Process) : host_kill(Process->HostPid);
	if (Err)
		return STATUS_PROCESS_IS_TERMINATING;
	Process->Terminating = TRUE;
	Process->TerminateStatus = ExitStatus;
	return STATUS_SUCCESS;
}

VOID PspProcessExited(PEPROCESS Process, int WaitStatus)
{
	struct _EJOB *Job;
	int Code = host_exit_code(WaitStatus);

	lk_acquire(&PspLock);
	Process->ExitStatus = Process->Terminating ? Process->TerminateStatus : (NTSTATUS)Code;
	KeQuerySystemTimePrecise(&Process->ExitTime);
	Process->Exited = TRUE;
	Job = PspLeaveJob(Process);
	lk_release(&PspLock);
	PspDereferenceJob(Job);
}

NTSTATUS NtTerminateProcess(HANDLE Handle, NTSTATUS ExitStatus)
{
	NT_ENTRY(NtTerminateProcess, .Handle = Handle);
	POBJECT Process;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, PROCESS_TERMINATE, &PsProcessType,
						    &Process);

	if (NT_SUCCESS(Status)) {
		lk_acquire(&PspLock);
		Status = PspTerminate((PEPROCESS)Process, ExitStatus);
		lk_release(&PspLock);
		ObDereferenceObject(Process);
	}
	TRACE(TR_NT, "NtTerminateProcess(%p, %s) = %s", Handle, NtStatusName(ExitStatus),
	      NtStatusName(Status));
	return Status;
}

/* Another thread than the caller: only if its process ends with it. */
static NTSTATUS TerminateOther(PETHREAD Thread, NTSTATUS ExitStatus)
{
	PEPROCESS Process = Thread->Process;
	NTSTATUS Status = STATUS_NOT_SUPPORTED;

	if (Thread->Tcb.Header.SignalState)
		return STATUS_THREAD_IS_TERMINATING;
	if (!Process || Process == PsInitialSystemProcess)
		return STATUS_NOT_SUPPORTED;
	lk_acquire(&PspLock);
	if (Process->ActiveThreads <= 1)
		Status = PspTerminate(Process, ExitStatus);
	lk_release(&PspLock);
	return Status;
}

NTSTATUS NtTerminateThread(HANDLE Handle, NTSTATUS ExitStatus)
{
	NT_ENTRY(NtTerminateThread, .Handle = Handle);
	PETHREAD Thread;
	BOOLEAN Own = FALSE;
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, THREAD_TERMINATE, &PsThreadType,
						    (POBJECT *)&Thread);

	if (NT_SUCCESS(Status)) {
		Own = Thread == PsGetCurrentThread() && Thread->Process == PsInitialSystemProcess;
		if (Own)
			Thread->ExitStatus = ExitStatus;
		else
			Status = TerminateOther(Thread, ExitStatus);
		ObDereferenceObject(&Thread->Object);
	}
	TRACE(TR_NT, "NtTerminateThread(%p, %s) = %s", Handle, NtStatusName(ExitStatus),
	      NtStatusName(Status));
	if (Own)
		host_thread_exit();
	return Status;
}
