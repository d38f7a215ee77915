/* SPDX-License-Identifier: MIT */
/*
 * seassign.c - descriptors of new objects, inheritance (nt.md SE6, SE10), and changing them.
 *
 * Descriptors that are kept are self-relative, in one piece, and were checked when they came in.
 */
#include "sep.h"
#include "base/alloc.h"
#include <string.h>

#define MAX_DESCRIPTOR 0x20000u

static SE_SID(CreatorOwner, 3, 1, 0);
static SE_SID(CreatorGroup, 3, 1, 1);

VOID SeDeassignSecurity(PSECURITY_DESCRIPTOR Descriptor)
{
	mem_free(Descriptor);
}

static NTSTATUS ProbeSid(PSID Sid)
{
	NTSTATUS Status = ProbeForRead(Sid, offsetof(SID, SubAuthority), 1);

	return NT_SUCCESS(Status) ? ProbeForRead(Sid, RtlLengthSid(Sid), 1) : Status;
}

static NTSTATUS ProbeAcl(PACL Acl)
{
	NTSTATUS Status = ProbeForRead(Acl, sizeof(*Acl), 1);

	return NT_SUCCESS(Status) ? ProbeForRead(Acl, Acl->AclSize, 1) : Status;
}

/* Any form as an absolute one that borrows. */
static SECURITY_DESCRIPTOR Open(PSECURITY_DESCRIPTOR Descriptor)
{
	SECURITY_DESCRIPTOR_RELATIVE Head;
	SECURITY_DESCRIPTOR Sd = { 0 };
	BOOLEAN Present, Defaulted;

	memcpy(&Head, Descriptor, sizeof(Head));
	Sd.Revision = Head.Revision;
	Sd.Control = Head.Control & (USHORT)~SE_SELF_RELATIVE;
	RtlGetOwnerSecurityDescriptor(Descriptor, &Sd.Owner, &Defaulted);
	RtlGetGroupSecurityDescriptor(Descriptor, &Sd.Group, &Defaulted);
	RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Sd.Dacl, &Defaulted);
	RtlGetSaclSecurityDescriptor(Descriptor, &Present, &Sd.Sacl, &Defaulted);
	return Sd;
}

/* All that a descriptor of any form leads to. */
static NTSTATUS Probe(PSECURITY_DESCRIPTOR Descriptor)
{
	SECURITY_DESCRIPTOR Sd;
	NTSTATUS Status = ProbeForRead(Descriptor, sizeof(SECURITY_DESCRIPTOR_RELATIVE), 1);

	if (NT_SUCCESS(Status) && *(const UCHAR *)Descriptor != SECURITY_DESCRIPTOR_REVISION)
		return STATUS_UNKNOWN_REVISION;
	memcpy(&Sd, NT_SUCCESS(Status) ? Descriptor : &Sd, offsetof(SECURITY_DESCRIPTOR, Owner));
	if (NT_SUCCESS(Status) && !(Sd.Control & SE_SELF_RELATIVE))
		Status = ProbeForRead(Descriptor, sizeof(SECURITY_DESCRIPTOR), 1);
	if (!NT_SUCCESS(Status))
		return Status;
	Sd = Open(Descriptor);
	if (Sd.Owner)
		Status = ProbeSid(Sd.Owner);
	if (NT_SUCCESS(Status) && Sd.Group)
		Status = ProbeSid(Sd.Group);
	if (NT_SUCCESS(Status) && Sd.Dacl)
		Status = ProbeAcl(Sd.Dacl);
	if (NT_SUCCESS(Status) && Sd.Sacl)
		Status = ProbeAcl(Sd.Sacl);
	return Status;
}

NTSTATUS SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR *Copy)
{
	ULONG Length;
	NTSTATUS Status = Probe(Descriptor);

	*Copy = NULL;
	if (!NT_SUCCESS(Status))
		return Status;
	if (!RtlValidSecurityDescriptor(Descriptor))
		return STATUS_INVALID_SECURITY_DESCR;
	Length = RtlLengthSecurityDescriptor(Descriptor);
	if (Length > MAX_DESCRIPTOR)
		return STATUS_INVALID_SECURITY_DESCR;
	*Copy = mem_alloc(Length);
	if (!*Copy)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = RtlMakeSelfRelativeSD(Descriptor, *Copy, &Length);
	if (!NT_SUCCESS(Status)) {
		mem_free(*Copy);
		*Copy = NULL;
	}
	return Status;
}

/* A self-relative copy of an absolute descriptor that is known to be good. */
static NTSTATUS Keep(SECURITY_DESCRIPTOR *Sd, PSECURITY_DESCRIPTOR *Copy)
{
	Sd->Revision = SECURITY_DESCRIPTOR_REVISION;
	Sd->Control &= (USHORT)~SE_SELF_RELATIVE;
	return SeCaptureSecurityDescriptor(Sd, Copy);
}

/* What an object has that says nothing itself. */
static SECURITY_DESCRIPTOR Defaults(PTOKEN Token)
{
	return (SECURITY_DESCRIPTOR){
		.Revision = SECURITY_DESCRIPTOR_REVISION,
		.Control = SE_DACL_PRESENT,
		.Owner = Token->UserSid,
		.Group = Token->Groups[0].Sid,
		.Dacl = (PACL)Token->DefaultDacl,
	};
}

/* ---- inheritance ---- */

/* The flags that Flags of a parent's entry become; ~0: it is not inherited. */
static ULONG InheritedFlags(ULONG Flags, BOOLEAN IsContainer)
{
	const ULONG Both = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;

	if (!IsContainer)
		return Flags & OBJECT_INHERIT_ACE ? 0 : ~0u;
	if (Flags & CONTAINER_INHERIT_ACE)
		return Flags & NO_PROPAGATE_INHERIT_ACE ? 0 : Flags & Both;
	if (Flags & OBJECT_INHERIT_ACE && !(Flags & NO_PROPAGATE_INHERIT_ACE))
		return OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE;
	return ~0u;
}

/* Adds what the entry becomes: effective for the creator, and as it was for those below. */
static NTSTATUS InheritAce(const ACCESS_ALLOWED_ACE *Ace, BOOLEAN IsContainer, PTOKEN Token,
			   const GENERIC_MAPPING *Mapping, PACL Dacl)
{
	ULONG Flags = InheritedFlags(Ace->Header.AceFlags, IsContainer);
	BOOLEAN Deny = Ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
	ACCESS_MASK Mask = SepMapGeneric(Ace->Mask, Mapping);
	PSID Sid = (PSID)&Ace->SidStart, Effective = Sid;
	NTSTATUS Status = STATUS_SUCCESS;
	NTSTATUS(*Add)
	(PACL, ULONG, ULONG, ACCESS_MASK, PSID) = Deny ? RtlAddAccessDeniedAceEx
						       : RtlAddAccessAllowedAceEx;

	if (Flags == ~0u || Ace->Header.AceType > ACCESS_DENIED_ACE_TYPE)
		return STATUS_SUCCESS;
	if (Flags & INHERIT_ONLY_ACE)
		return Add(Dacl, ACL_REVISION, Flags, Ace->Mask, Sid);
	if (RtlEqualSid(Sid, &CreatorOwner))
		Effective = Token->UserSid;
	else if (RtlEqualSid(Sid, &CreatorGroup))
		Effective = Token->Groups[0].Sid;
	if (Effective == Sid && Mask == Ace->Mask)
		return Add(Dacl, ACL_REVISION, Flags, Mask, Sid);
	Status = Add(Dacl, ACL_REVISION, 0, Mask, Effective);
	if (NT_SUCCESS(Status) && Flags)
		Status = Add(Dacl, ACL_REVISION, Flags | INHERIT_ONLY_ACE, Ace->Mask, Sid);
	return Status;
}

/* The list that a child of Parent inherits, to be freed; NULL if there is none. */
static NTSTATUS InheritDacl(PSECURITY_DESCRIPTOR Parent, BOOLEAN IsContainer, PTOKEN Token,
			    const GENERIC_MAPPING *Mapping, PACL *Dacl)
{
	SECURITY_DESCRIPTOR Sd = Open(Parent);
	ACCESS_ALLOWED_ACE *Ace;
	NTSTATUS Status;
	ULONG Size;

	*Dacl = NULL;
	if (!Sd.Dacl)
		return STATUS_SUCCESS;
	Size = sizeof(ACL) +
	       Sd.Dacl->AceCount * 2u * 80u; /* each entry twice, with the longest identifier */
	if (Size > 0xFFFC)
		Size = 0xFFFC;
	*Dacl = mem_alloc(Size);
	if (!*Dacl)
		return STATUS_INSUFFICIENT_RESOURCES;
	Status = RtlCreateAcl(*Dacl, Size, ACL_REVISION);
	for (ULONG i = 0; NT_SUCCESS(Status) && NT_SUCCESS(RtlGetAce(Sd.Dacl, i, (PVOID *)&Ace));
	     i++)
		Status = InheritAce(Ace, IsContainer, Token, Mapping, *Dacl);
	if (NT_SUCCESS(Status) && (*Dacl)->AceCount)
		return STATUS_SUCCESS;
	mem_free(*Dacl);
	*Dacl = NULL;
	return Status;
}

/* ---- owners ---- */

static NTSTATUS CheckOwner(PTOKEN Token, PSID Owner)
{
	if (RtlEqualSid(Owner, Token->UserSid) ||
	    SeSinglePrivilegeCheck(SE_RESTORE_PRIVILEGE, Token))
		return STATUS_SUCCESS;
	for (ULONG i = 0; i < Token->GroupCount; i++)
		if (Token->Groups[i].Attributes & SE_GROUP_OWNER &&
		    RtlEqualSid(Token->Groups[i].Sid, Owner))
			return STATUS_SUCCESS;
	return STATUS_INVALID_OWNER;
}

NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit,
			  BOOLEAN IsContainer, PTOKEN Token, const GENERIC_MAPPING *Mapping,
			  PSECURITY_DESCRIPTOR *New)
{
	SECURITY_DESCRIPTOR Sd = Defaults(Token), Given = { 0 };
	PSECURITY_DESCRIPTOR Captured = NULL;
	PACL Inherited = NULL;
	NTSTATUS Status = STATUS_SUCCESS;

	*New = NULL;
	if (Explicit) {
		Status = SeCaptureSecurityDescriptor(Explicit, &Captured);
		if (!NT_SUCCESS(Status))
			return Status;
		Given = Open(Captured);
	}
	if (Parent && !(Given.Control & SE_DACL_PRESENT))
		Status = InheritDacl(Parent, IsContainer, Token, Mapping, &Inherited);
	if (NT_SUCCESS(Status) && Given.Owner)
		Status = CheckOwner(Token, Given.Owner);
	if (NT_SUCCESS(Status) && (Explicit || Inherited)) {
		Sd.Owner = Given.Owner ? Given.Owner : Sd.Owner;
		Sd.Group = Given.Group ? Given.Group : Sd.Group;
		if (Given.Control & SE_DACL_PRESENT)
			Sd.Dacl = Given.Dacl;
		else if (Inherited)
			Sd.Dacl = Inherited;
		Sd.Sacl = Given.Sacl;
		Sd.Control |= Given.Control & (SE_SACL_PRESENT | SE_DACL_PROTECTED);
		Status = Keep(&Sd, New);
	}
	mem_free(Inherited);
	mem_free(Captured);
	return Status;
}

/* ---- for NtQuerySecurityObject and NtSetSecurityObject ---- */

NTSTATUS SeQuerySecurityDescriptor(SECURITY_INFORMATION Information,
				   PSECURITY_DESCRIPTOR Descriptor, PVOID Buffer, ULONG Length,
				   PULONG Needed)
{
	PTOKEN Token = SeReferenceEffectiveToken();
	SECURITY_DESCRIPTOR Sd;
	NTSTATUS Status;

	if (!Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	Sd = Descriptor ? Open(Descriptor) : Defaults(Token);
	if (!(Information & OWNER_SECURITY_INFORMATION))
		Sd.Owner = NULL;
	if (!(Information & GROUP_SECURITY_INFORMATION))
		Sd.Group = NULL;
	if (!(Information & DACL_SECURITY_INFORMATION)) {
		Sd.Dacl = NULL;
		Sd.Control &= (USHORT) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
	}
	if (!(Information & SACL_SECURITY_INFORMATION)) {
		Sd.Sacl = NULL;
		Sd.Control &= (USHORT)~SE_SACL_PRESENT;
	}
	*Needed = Length;
	Status = RtlMakeSelfRelativeSD(&Sd, Buffer, Needed);
	SeReleaseToken(Token); /* which the defaults are part of */
	return Status;
}

NTSTATUS SeSetSecurityDescriptor(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Old,
				 PSECURITY_DESCRIPTOR Changes, PSECURITY_DESCRIPTOR *New)
{
	PTOKEN Token = SeReferenceEffectiveToken();
	SECURITY_DESCRIPTOR Sd, Given = Open(Changes);
	NTSTATUS Status = STATUS_SUCCESS;

	*New = NULL;
	if (!Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	Sd = Old ? Open(Old) : Defaults(Token);
	if (Information & OWNER_SECURITY_INFORMATION) {
		Status = Given.Owner ? CheckOwner(Token, Given.Owner) : STATUS_INVALID_OWNER;
		Sd.Owner = Given.Owner;
	}
	if (Information & GROUP_SECURITY_INFORMATION && NT_SUCCESS(Status)) {
		Status = Given.Group ? STATUS_SUCCESS : STATUS_INVALID_PRIMARY_GROUP;
		Sd.Group = Given.Group;
	}
	if (Information & DACL_SECURITY_INFORMATION) {
		Sd.Dacl = Given.Dacl;
		Sd.Control = (USHORT)((Sd.Control & ~(SE_DACL_PRESENT | SE_DACL_PROTECTED)) |
				      (Given.Control & (SE_DACL_PRESENT | SE_DACL_PROTECTED)));
	}
	if (Information & SACL_SECURITY_INFORMATION) {
		Sd.Sacl = Given.Sacl;
		Sd.Control = (USHORT)((Sd.Control & ~SE_SACL_PRESENT) |
				      (Given.Control & SE_SACL_PRESENT));
	}
	if (NT_SUCCESS(Status))
		Status = Keep(&Sd, New);
	SeReleaseToken(Token);
	return Status;
}
