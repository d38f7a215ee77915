/* SPDX-License-Identifier: MIT */
/*
 * psobject.c - process and thread objects. They know no host process until ntshim/pico binds one; the
 * initial system process stands for the supervisor itself.
 */
#include "psp.h"
#include "nt/se.h"

PEPROCESS PsInitialSystemProcess;
VOID (*PspDeletePicoProcess)(PEPROCESS Process);
VOID (*PspDeletePicoThread)(PETHREAD Thread);

static VOID DeleteProcess(POBJECT Object)
{
	PEPROCESS Process = (PEPROCESS)Object;

	PspForgetProcess(Process);
	PspDeleteHost(Process);
	if (Process->Pico)
		PspDeletePicoProcess(Process);
}

static VOID DeleteThread(POBJECT Object)
{
	PETHREAD Thread = (PETHREAD)Object;

	PspForgetThread(Thread);
	SeReleaseToken(Thread->ImpersonationToken);
	if (Thread->Pico)
		PspDeletePicoThread(Thread);
	if (Thread->Process)
		ObDereferenceObject(&Thread->Process->Object);
}

const OB_TYPE PsProcessType = {
	.Name = "Process",
	.Size = sizeof(EPROCESS),
	.ValidAccess = PROCESS_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
		.GenericWrite = STANDARD_RIGHTS_WRITE | PROCESS_VM_WRITE | PROCESS_TERMINATE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = PROCESS_ALL_ACCESS,
	},
	.Delete = DeleteProcess,
	.DispatcherOffset = offsetof(EPROCESS, Header),
};

const OB_TYPE PsThreadType = {
	.Name = "Thread",
	.Size = sizeof(ETHREAD),
	.ValidAccess = THREAD_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | THREAD_QUERY_INFORMATION,
		.GenericWrite = STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_ALERT |
				THREAD_SET_CONTEXT,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
		.GenericAll = THREAD_ALL_ACCESS,
	},
	.Delete = DeleteThread,
	.DispatcherOffset = offsetof(ETHREAD, Tcb),
};

NTSTATUS PspAllocateProcess(PVOID PicoContext, PEPROCESS *Process)
{
	NTSTATUS Status = ObCreateObject(&PsProcessType, (POBJECT *)Process);

	if (!NT_SUCCESS(Status))
		return Status;
	(*Process)->PicoContext = PicoContext;
	(*Process)->ExitStatus = STATUS_PENDING;
	(*Process)->Header.Kind = ProcessObject;
	list_init(&(*Process)->Header.WaitListHead);
	list_init(&(*Process)->ThreadListHead);
	PspRegisterProcess(*Process);
	return STATUS_SUCCESS;
}

NTSTATUS PspAllocateThread(PEPROCESS Process, PVOID PicoContext, PETHREAD *Thread)
{
	NTSTATUS Status = ObCreateObject(&PsThreadType, (POBJECT *)Thread);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Process)
		ObReferenceObject(&Process->Object);
	(*Thread)->Process = Process;
	(*Thread)->PicoContext = PicoContext;
	(*Thread)->ExitStatus = STATUS_PENDING;
	list_init(&(*Thread)->ThreadListEntry);
	list_init(&(*Thread)->IrpList);
	KeInitializeThread(&(*Thread)->Tcb);
	PspRegisterThread(*Thread);
	return STATUS_SUCCESS;
}

NTSTATUS PsInitSystem(void)
{
	NTSTATUS Status = PspAllocateProcess(NULL, &PsInitialSystemProcess);

	if (NT_SUCCESS(Status))
		PsInitialSystemProcess->HostPid = host_getpid();
	if (NT_SUCCESS(Status) && !SePrimaryToken()) /* now, so that no later call makes it */
		Status = STATUS_INSUFFICIENT_RESOURCES;
	return Status;
}

PETHREAD PsGetCurrentThread(void)
{
	return container_of(KeGetCurrentThread(), ETHREAD, Tcb);
}

PEPROCESS PsGetCurrentProcess(void)
{
	return PsGetCurrentThread()->Process;
}
