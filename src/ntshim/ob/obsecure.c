/* SPDX-License-Identifier: MIT */
/*
 * obsecure.c - descriptors of objects: given at birth or inherited from the directory, checked when a
 * handle is made, asked for and changed by handle. nt.md OM21, SE7, SE9, SE10.
 *
 * Most objects have none, which means the token's default: the only user there is may do everything.
 * ObpLock guards the pointer; whether it is NULL may be asked without.
 */
#include "obp.h"
#include "nt/rtl.h"
#include "nt/se.h"

static PSECURITY_DESCRIPTOR Peek(const OBJECT *Object)
{
	return __atomic_load_n(&Object->SecurityDescriptor, __ATOMIC_ACQUIRE);
}

static NTSTATUS Check(POBJECT Object, PSECURITY_DESCRIPTOR Descriptor, ACCESS_MASK Desired,
		      PACCESS_MASK Granted)
{
	return SeCheckCaller(Descriptor, Desired, &Object->Type->Mapping, Granted);
}

/* By the descriptor that Object's manager keeps. */
static NTSTATUS CheckKept(POBJECT Object, ACCESS_MASK Desired, PACCESS_MASK Allowed)
{
	PSECURITY_DESCRIPTOR Descriptor;
	NTSTATUS Status = Object->Type->GetSecurity(Object, 0, &Descriptor);

	*Allowed = ~0u;
	if (NT_SUCCESS(Status) && Descriptor)
		Status = Check(Object, Descriptor, Desired, Allowed);
	SeDeassignSecurity(Descriptor);
	return Status;
}

NTSTATUS ObpCheckAccess(POBJECT Object, ACCESS_MASK Desired, PACCESS_MASK Granted)
{
	ACCESS_MASK Allowed;
	NTSTATUS Status = ObpMapAccess(Object->Type, Desired, Granted);

	if (!NT_SUCCESS(Status) || (!Object->Type->GetSecurity && !Peek(Object)))
		return Status;
	if (Object->Type->GetSecurity) {
		Status = CheckKept(Object, Desired, &Allowed);
	} else {
		lk_acquire(&ObpLock);
		Status = Check(Object, Object->SecurityDescriptor, Desired, &Allowed);
		lk_release(&ObpLock);
	}
	*Granted = Desired & MAXIMUM_ALLOWED ? *Granted & Allowed : *Granted;
	return Status;
}

NTSTATUS ObpAssignSecurity(POBJECT Object, POBJECT Directory, PVOID Explicit)
{
	BOOLEAN IsContainer = Object->Type == &ObDirectoryType;
	PSECURITY_DESCRIPTOR Parent = Directory ? Directory->SecurityDescriptor : NULL;
	ACCESS_MASK Granted;
	NTSTATUS Status = STATUS_SUCCESS;
	PTOKEN Token;

	if (!Explicit && !Parent)
		return STATUS_SUCCESS;
	if (Parent)
		Status = Check(Directory, Parent,
			       IsContainer ? DIRECTORY_CREATE_SUBDIRECTORY
					   : DIRECTORY_CREATE_OBJECT,
			       &Granted);
	if (!NT_SUCCESS(Status))
		return Status;
	Token = SeReferenceEffectiveToken();
	if (!Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = SeAssignSecurity(Parent, Explicit, IsContainer, Token, &Object->Type->Mapping,
				  &Object->SecurityDescriptor);
	SeReleaseToken(Token);
	return Status;
}

/* READ_CONTROL and so on for the parts of a descriptor. */
static ACCESS_MASK AccessFor(SECURITY_INFORMATION Information, ACCESS_MASK Owner, ACCESS_MASK Dacl)
{
	return (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION) ? Owner
											: 0) |
	       (Information & DACL_SECURITY_INFORMATION ? Dacl : 0) |
	       (Information & SACL_SECURITY_INFORMATION ? ACCESS_SYSTEM_SECURITY : 0);
}

static NTSTATUS Query(POBJECT Object, SECURITY_INFORMATION Information, PVOID Buffer, ULONG Length,
		      PULONG Needed)
{
	PSECURITY_DESCRIPTOR Kept;
	NTSTATUS Status;

	if (Object->Type->GetSecurity) {
		Status = Object->Type->GetSecurity(Object, Information, &Kept);
		if (NT_SUCCESS(Status))
			Status = SeQuerySecurityDescriptor(Information, Kept, Buffer, Length,
							   Needed);
		SeDeassignSecurity(Kept);
		return Status;
	}
	lk_acquire(&ObpLock);
	Status = SeQuerySecurityDescriptor(Information, Object->SecurityDescriptor, Buffer, Length,
					   Needed);
	lk_release(&ObpLock);
	return Status;
}

NTSTATUS NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION Information,
			       PSECURITY_DESCRIPTOR Descriptor, ULONG Length, PULONG Needed)
{
	NT_ENTRY(NtQuerySecurityObject, .Handle = Handle);
	NTSTATUS Status = ProbeForWrite(Descriptor, Length, sizeof(ULONG));
	POBJECT Object;

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Needed, sizeof(*Needed), 1);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(
			Handle, AccessFor(Information, READ_CONTROL, READ_CONTROL), NULL, &Object);
	if (NT_SUCCESS(Status)) {
		Status = Query(Object, Information, Descriptor, Length, Needed);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQuerySecurityObject(%p, information=%s) = %s", Handle,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpSecurityInformation, Information),
	      NtStatusName(Status));
	return Status;
}

static NTSTATUS Set(POBJECT Object, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Changes)
{
	PSECURITY_DESCRIPTOR Old = NULL, New;
	NTSTATUS Status;

	if (Object->Type->SetSecurity)
		return Object->Type->SetSecurity(Object, Information, Changes);
	lk_acquire(&ObpLock);
	Status = SeSetSecurityDescriptor(Information, Object->SecurityDescriptor, Changes, &New);
	if (NT_SUCCESS(Status)) {
		Old = Object->SecurityDescriptor;
		__atomic_store_n(&Object->SecurityDescriptor, New, __ATOMIC_RELEASE);
	}
	lk_release(&ObpLock);
	SeDeassignSecurity(Old);
	return Status;
}

NTSTATUS NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION Information,
			     PSECURITY_DESCRIPTOR Descriptor)
{
	NT_ENTRY(NtSetSecurityObject, .Handle = Handle);
	PSECURITY_DESCRIPTOR Changes;
	POBJECT Object;
	NTSTATUS Status = SeCaptureSecurityDescriptor(Descriptor, &Changes);

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(
			Handle, AccessFor(Information, WRITE_OWNER, WRITE_DAC), NULL, &Object);
	if (NT_SUCCESS(Status)) {
		Status = Set(Object, Information, Changes);
		ObDereferenceObject(Object);
	}
	SeDeassignSecurity(Changes);
	TRACE(TR_NT, "NtSetSecurityObject(%p, information=%s) = %s", Handle,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpSecurityInformation, Information),
	      NtStatusName(Status));
	return Status;
}

BOOLEAN ObpMayMakePermanent(VOID)
{
	return SeHasPrivilege(SE_CREATE_PERMANENT_PRIVILEGE);
}
