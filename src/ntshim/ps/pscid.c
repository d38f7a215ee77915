/* SPDX-License-Identifier: MIT */
/*
 * pscid.c - ids of processes and threads, and opening by them (nt.md OM26). Ids are multiples of 4 from
 * one counter and are not used twice. The system process is 4.
 */
#include "nt/rtl.h"
#include "psp.h"

struct lk PspLock = LK_INIT(PS);
static ULONG_PTR LastId; /* LR_PS */
static struct list Processes = LIST_INIT(Processes), Threads = LIST_INIT(Threads);

static HANDLE NextId(void)
{
	LastId += 4;
	return (HANDLE)LastId;
}

VOID PspRegisterProcess(PEPROCESS Process)
{
	KeQuerySystemTimePrecise(&Process->CreateTime);
	list_init(&Process->JobEntry);
	lk_acquire(&PspLock);
	Process->UniqueProcessId = NextId();
	list_add_tail(&Processes, &Process->CidEntry);
	lk_release(&PspLock);
}

VOID PspRegisterThread(PETHREAD Thread)
{
	KeQuerySystemTimePrecise(&Thread->CreateTime);
	lk_acquire(&PspLock);
	Thread->UniqueThreadId = NextId();
	list_add_tail(&Threads, &Thread->CidEntry);
	lk_release(&PspLock);
}

VOID PspForgetProcess(PEPROCESS Process)
{
	struct _EJOB *Job;

	lk_acquire(&PspLock);
	list_del(&Process->CidEntry);
	Job = PspLeaveJob(Process);
	lk_release(&PspLock);
	PspDereferenceJob(Job);
}

VOID PspForgetThread(PETHREAD Thread)
{
	lk_acquire(&PspLock);
	list_del(&Thread->CidEntry);
	lk_release(&PspLock);
}

static HANDLE Bare(HANDLE Id)
{
	return (HANDLE)((ULONG_PTR)Id & ~(ULONG_PTR)3);
}

/* Returns a reference, or NULL. */
static PETHREAD FindThread(HANDLE Id)
{
	PETHREAD Thread, Found = NULL;

	lk_acquire(&PspLock);
	list_for_each(Thread, &Threads, CidEntry)
		if (Thread->UniqueThreadId == Bare(Id) &&
		    refs_get_live(&Thread->Object.PointerCount)) {
			Found = Thread;
			break;
		}
	lk_release(&PspLock);
	return Found;
}

NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
	*Thread = FindThread(ThreadId);
	return *Thread ? STATUS_SUCCESS : STATUS_INVALID_CID;
}

static PEPROCESS FindProcess(HANDLE Id)
{
	PEPROCESS Process, Found = NULL;

	lk_acquire(&PspLock);
	list_for_each(Process, &Processes, CidEntry)
		if (Process->UniqueProcessId == Bare(Id) &&
		    refs_get_live(&Process->Object.PointerCount)) {
			Found = Process;
			break;
		}
	lk_release(&PspLock);
	return Found;
}

/* Returns a reference to the thread that both ids name. */
static NTSTATUS ThreadOf(const CLIENT_ID *Id, PETHREAD *Thread)
{
	*Thread = FindThread(Id->UniqueThread);
	if (!*Thread)
		return STATUS_INVALID_CID;
	if (!Id->UniqueProcess ||
	    ((*Thread)->Process && (*Thread)->Process->UniqueProcessId == Bare(Id->UniqueProcess)))
		return STATUS_SUCCESS;
	ObDereferenceObject(&(*Thread)->Object);
	return STATUS_INVALID_CID;
}

/* Returns a reference. */
static NTSTATUS ProcessOf(const CLIENT_ID *Id, PEPROCESS *Process)
{
	PETHREAD Thread;
	NTSTATUS Status;

	if (Id->UniqueThread) {
		Status = ThreadOf(Id, &Thread);
		if (!NT_SUCCESS(Status))
			return Status;
		*Process = Thread->Process;
		if (*Process)
			ObReferenceObject(&(*Process)->Object);
		ObDereferenceObject(&Thread->Object);
	} else {
		*Process = FindProcess(Id->UniqueProcess);
	}
	return *Process ? STATUS_SUCCESS : STATUS_INVALID_CID;
}

static NTSTATUS CheckOpen(PHANDLE Handle, const OBJECT_ATTRIBUTES *ObjectAttributes,
			  const CLIENT_ID *ClientId)
{
	NTSTATUS Status = ObProbeHandle(Handle);

	if (!NT_SUCCESS(Status))
		return Status;
	Status = ProbeForRead(ObjectAttributes, sizeof(*ObjectAttributes), sizeof(ULONG));
	if (NT_SUCCESS(Status) && ClientId)
		Status = ProbeForRead(ClientId, sizeof(*ClientId), sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	if (ObjectAttributes->Length != sizeof(*ObjectAttributes))
		return STATUS_INVALID_PARAMETER;
	if (!ObjectAttributes->ObjectName == !ClientId)
		return STATUS_INVALID_PARAMETER_MIX;
	return ClientId ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND; /* nobody has a name */
}

NTSTATUS NtOpenProcess(PHANDLE Handle, ACCESS_MASK DesiredAccess,
		       POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
	NT_ENTRY(NtOpenProcess, .Attributes = ObjectAttributes, .Output = Handle);
	NTSTATUS Status = CheckOpen(Handle, ObjectAttributes, ClientId);
	PEPROCESS Process;

	if (NT_SUCCESS(Status))
		Status = ProcessOf(ClientId, &Process);
	if (NT_SUCCESS(Status)) {
		Status = ObOpenObjectByPointer(&Process->Object, DesiredAccess,
					       ObjectAttributes->Attributes, Handle);
		ObDereferenceObject(&Process->Object);
	}
	TRACE(TR_NT, "NtOpenProcess(%p, Desired Access: %s) = %s",
	      NT_SUCCESS(Status) ? ClientId->UniqueProcess : NULL,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpProcessAccess, DesiredAccess),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenThread(PHANDLE Handle, ACCESS_MASK DesiredAccess,
		      POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
	NT_ENTRY(NtOpenThread, .Attributes = ObjectAttributes, .Output = Handle);
	NTSTATUS Status = CheckOpen(Handle, ObjectAttributes, ClientId);
	PETHREAD Thread;

	if (NT_SUCCESS(Status))
		Status = ThreadOf(ClientId, &Thread);
	if (NT_SUCCESS(Status)) {
		Status = ObOpenObjectByPointer(&Thread->Object, DesiredAccess,
					       ObjectAttributes->Attributes, Handle);
		ObDereferenceObject(&Thread->Object);
	}
	TRACE(TR_NT, "NtOpenThread(%p, Desired Access: %s) = %s",
	      NT_SUCCESS(Status) ? ClientId->UniqueThread : NULL,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpThreadAccess, DesiredAccess),
	      NtStatusName(Status));
	return Status;
}
