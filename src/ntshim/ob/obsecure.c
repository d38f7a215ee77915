/* SPDX-License-Identifier: MIT */
/*
 * obsecure.c - descriptors of objects: given at birth or inherited from the directory, checked when a
 * handle is made, asked for and changed by handle. nt.md OM21, SE7, SE9, SE10.
 *
 * Most objects have none, which means the token's default: the only user there is may do everything.
 * ObpLock guards the pointer; whether it is NULL may be asked without.
 */
#include "obp.h"
#include "nt/io.h"
#include "nt/se.h"

static PSECURITY_DESCRIPTOR Peek(const OBJECT *Object)
{
	return __atomic_load_n(&Object->SecurityDescriptor, __ATOMIC_ACQUIRE);
}

/* ObpLock held. */
static NTSTATUS Check(POBJECT Object, ACCESS_MASK Desired, PACCESS_MASK Granted)
{
	PTOKEN Token = SePrimaryToken();

	if (!Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	return SeAccessCheck(Object->SecurityDescriptor, Token, Desired, &Object->Type->Mapping,
			     Granted);
}

NTSTATUS ObpCheckAccess(POBJECT Object, ACCESS_MASK Desired, PACCESS_MASK Granted)
{
	ACCESS_MASK Allowed;
	NTSTATUS Status = ObpMapAccess(Object->Type, Desired, Granted);

	if (!NT_SUCCESS(Status) || !Peek(Object))
		return Status;
	lk_acquire(&ObpLock);
	Status = Check(Object, Desired, &Allowed);
	lk_release(&ObpLock);
	*Granted = Desired & MAXIMUM_ALLOWED ? *Granted & Allowed : *Granted;
	return Status;
}

NTSTATUS ObpAssignSecurity(POBJECT Object, POBJECT Directory, PVOID Explicit)
{
	BOOLEAN IsContainer = Object->Type == &ObDirectoryType;
	ACCESS_MASK Granted;
	NTSTATUS Status = STATUS_SUCCESS;
	PTOKEN Token;

	if (!Explicit && (!Directory || !Directory->SecurityDescriptor))
		return STATUS_SUCCESS;
	Token = SePrimaryToken();
	if (!Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Directory && Directory->SecurityDescriptor)
		Status = Check(Directory,
			       IsContainer ? DIRECTORY_CREATE_SUBDIRECTORY
					   : DIRECTORY_CREATE_OBJECT,
			       &Granted);
	if (NT_SUCCESS(Status))
		Status = SeAssignSecurity(Directory ? Directory->SecurityDescriptor : NULL,
					  Explicit, IsContainer, Token, &Object->Type->Mapping,
					  &Object->SecurityDescriptor);
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

/* References what Handle names, unless its descriptors are kept elsewhere. */
static NTSTATUS Reference(HANDLE Handle, ACCESS_MASK Access, POBJECT *Object)
{
	NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, NULL, Object);

	if (NT_SUCCESS(Status) &&
	    ((*Object)->Type == &IoFileType || (*Object)->Type == &IoDeviceType)) {
		ObDereferenceObject(*Object);
		Status = STATUS_NOT_SUPPORTED;
	}
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
		Status = Reference(Handle, AccessFor(Information, READ_CONTROL, READ_CONTROL),
				   &Object);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&ObpLock);
		Status = SeQuerySecurityDescriptor(Information, Object->SecurityDescriptor,
						   Descriptor, Length, Needed);
		lk_release(&ObpLock);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQuerySecurityObject(%p, information=0x%x) = %s", Handle,
	      (unsigned)Information, NtStatusName(Status));
	return Status;
}

NTSTATUS NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION Information,
			     PSECURITY_DESCRIPTOR Descriptor)
{
	NT_ENTRY(NtSetSecurityObject, .Handle = Handle);
	NTSTATUS Status = ProbeForRead(Descriptor, sizeof(SECURITY_DESCRIPTOR_RELATIVE), 1);
	PSECURITY_DESCRIPTOR Old = NULL, New;
	POBJECT Object;

	if (NT_SUCCESS(Status))
		Status = Reference(Handle, AccessFor(Information, WRITE_OWNER, WRITE_DAC), &Object);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&ObpLock);
		Status = SeSetSecurityDescriptor(Information, Object->SecurityDescriptor,
						 Descriptor, &New);
		if (NT_SUCCESS(Status)) {
			Old = Object->SecurityDescriptor;
			__atomic_store_n(&Object->SecurityDescriptor, New, __ATOMIC_RELEASE);
		}
		lk_release(&ObpLock);
		SeDeassignSecurity(Old);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtSetSecurityObject(%p, information=0x%x) = %s", Handle,
	      (unsigned)Information, NtStatusName(Status));
	return Status;
}

BOOLEAN ObpMayMakePermanent(VOID)
{
	PTOKEN Token = SePrimaryToken();

	return Token && SeSinglePrivilegeCheck(SE_CREATE_PERMANENT_PRIVILEGE, Token);
}
