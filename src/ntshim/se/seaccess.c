/* SPDX-License-Identifier: MIT */
/* seaccess.c - the access check: MS-DTYP 2.5.3.2, nt.md SE1..SE4, SE6. */
#include "nt/rtl.h"
#include "sep.h"
#include <string.h>

static SE_SID(OwnerRights, 3, 1, 4);

ACCESS_MASK SepMapGeneric(ACCESS_MASK Mask, const GENERIC_MAPPING *Mapping)
{
	const struct {
		ACCESS_MASK Generic, Rights;
	} Map[] = {
		{ GENERIC_READ, Mapping->GenericRead },
		{ GENERIC_WRITE, Mapping->GenericWrite },
		{ GENERIC_EXECUTE, Mapping->GenericExecute },
		{ GENERIC_ALL, Mapping->GenericAll },
	};

	for (ULONG i = 0; i < sizeof(Map) / sizeof(Map[0]); i++)
		if (Mask & Map[i].Generic)
			Mask = (Mask & ~Map[i].Generic) | Map[i].Rights;
	return Mask;
}

/* One check on its way through the list. */
typedef struct _CHECK {
	PTOKEN Token;
	const GENERIC_MAPPING *Mapping;
	PSID Owner;
	ACCESS_MASK Remaining; /* asked for and not yet granted */
	ACCESS_MASK Granted, Denied;
	BOOLEAN Maximum;
} CHECK;

static BOOLEAN AppliesTo(const CHECK *Check, PSID Sid, BOOLEAN Deny)
{
	if (RtlEqualSid(Sid, &OwnerRights))
		return Check->Owner && SepSidInToken(Check->Token, Check->Owner, Deny);
	return SepSidInToken(Check->Token, Sid, Deny);
}

/* Returns FALSE if the entry denies something that is still asked for. */
static BOOLEAN TakeAce(CHECK *Check, const ACCESS_ALLOWED_ACE *Ace)
{
	BOOLEAN Deny = Ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
	ACCESS_MASK Mask;

	if (Ace->Header.AceFlags & INHERIT_ONLY_ACE ||
	    Ace->Header.AceType > ACCESS_DENIED_ACE_TYPE ||
	    !AppliesTo(Check, (PSID)&Ace->SidStart, Deny))
		return TRUE;
	Mask = SepMapGeneric(Ace->Mask, Check->Mapping);
	if (Deny) {
		Check->Denied |= Mask & ~Check->Granted;
		return !(Check->Remaining & Mask);
	}
	if (Check->Maximum)
		Check->Granted |= Mask & ~Check->Denied;
	else
		Check->Granted |= Mask & Check->Remaining;
	Check->Remaining &= ~Mask;
	return TRUE;
}

/* SE4: unless the list says what owners may. */
static BOOLEAN HasOwnerRights(PACL Dacl)
{
	ACCESS_ALLOWED_ACE *Ace;

	for (ULONG i = 0; NT_SUCCESS(RtlGetAce(Dacl, i, (PVOID *)&Ace)); i++)
		if (Ace->Header.AceType <= ACCESS_DENIED_ACE_TYPE &&
		    !(Ace->Header.AceFlags & INHERIT_ONLY_ACE) &&
		    RtlEqualSid(&Ace->SidStart, &OwnerRights))
			return TRUE;
	return FALSE;
}

static VOID GrantImplied(CHECK *Check, ACCESS_MASK Rights)
{
	if (Check->Maximum)
		Check->Granted |= Rights;
	else
		Check->Granted |= Rights & Check->Remaining;
	Check->Remaining &= ~Rights;
}

static BOOLEAN WalkList(CHECK *Check, PACL Dacl)
{
	ACCESS_ALLOWED_ACE *Ace;

	if (Check->Owner && SepSidInToken(Check->Token, Check->Owner, FALSE) &&
	    !HasOwnerRights(Dacl))
		GrantImplied(Check, READ_CONTROL | WRITE_DAC);
	if (SeSinglePrivilegeCheck(SE_TAKE_OWNERSHIP_PRIVILEGE, Check->Token))
		GrantImplied(Check, WRITE_OWNER);
	for (ULONG i = 0; NT_SUCCESS(RtlGetAce(Dacl, i, (PVOID *)&Ace)); i++)
		if (!TakeAce(Check, Ace))
			return FALSE;
	return !Check->Remaining;
}

NTSTATUS SeAccessCheck(PSECURITY_DESCRIPTOR Descriptor, PTOKEN Token, ACCESS_MASK Desired,
		       const GENERIC_MAPPING *Mapping, PACCESS_MASK Granted)
{
	CHECK Check = {
		.Token = Token,
		.Mapping = Mapping,
		.Remaining = SepMapGeneric(Desired & ~MAXIMUM_ALLOWED, Mapping),
		.Maximum = !!(Desired & MAXIMUM_ALLOWED),
	};
	BOOLEAN Present = FALSE, Defaulted;
	PACL Dacl = NULL;

	*Granted = 0;
	if (Check.Remaining & ACCESS_SYSTEM_SECURITY) {
		if (!SeSinglePrivilegeCheck(SE_SECURITY_PRIVILEGE, Token))
			return STATUS_PRIVILEGE_NOT_HELD;
		GrantImplied(&Check, ACCESS_SYSTEM_SECURITY);
		Check.Granted |= ACCESS_SYSTEM_SECURITY;
	}
	if (Descriptor) {
		RtlGetOwnerSecurityDescriptor(Descriptor, &Check.Owner, &Defaulted);
		RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Dacl, &Defaulted);
	}
	if (!Present || !Dacl) /* SE1 */
		GrantImplied(&Check, Check.Remaining | Mapping->GenericAll);
	else if (!WalkList(&Check, Dacl))
		return STATUS_ACCESS_DENIED;
	if (!Check.Granted && Desired)
		return STATUS_ACCESS_DENIED;
	*Granted = Check.Granted;
	return STATUS_SUCCESS;
}

NTSTATUS SeCheckCaller(PSECURITY_DESCRIPTOR Descriptor, ACCESS_MASK Desired,
		       const GENERIC_MAPPING *Mapping, PACCESS_MASK Granted)
{
	PTOKEN Token = SeReferenceEffectiveToken();
	NTSTATUS Status;

	if (!Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Token->Type == TokenImpersonation && Token->Level < SecurityImpersonation)
		Status = STATUS_BAD_IMPERSONATION_LEVEL;
	else
		Status = SeAccessCheck(Descriptor, Token, Desired, Mapping, Granted);
	SeReleaseToken(Token);
	return Status;
}

/* The caller's buffer for the privileges that were used: none is told. */
static NTSTATUS TellNoPrivileges(PPRIVILEGE_SET Privileges, PULONG Length)
{
	NTSTATUS Status = ProbeForWrite(Length, sizeof(*Length), sizeof(ULONG));

	if (!NT_SUCCESS(Status))
		return Status;
	if (*Length < sizeof(*Privileges)) {
		*Length = sizeof(*Privileges);
		return STATUS_BUFFER_TOO_SMALL;
	}
	Status = ProbeForWrite(Privileges, sizeof(*Privileges), sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	memset(Privileges, 0, sizeof(*Privileges));
	return STATUS_SUCCESS;
}

/* Who it belongs to must be known. */
static NTSTATUS CheckDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
	BOOLEAN Defaulted;
	PSID Owner = NULL, Group = NULL;

	RtlGetOwnerSecurityDescriptor(Descriptor, &Owner, &Defaulted);
	RtlGetGroupSecurityDescriptor(Descriptor, &Group, &Defaulted);
	return Owner && Group ? STATUS_SUCCESS : STATUS_INVALID_SECURITY_DESCR;
}

NTSTATUS NtAccessCheck(PSECURITY_DESCRIPTOR Descriptor, HANDLE Handle, ACCESS_MASK DesiredAccess,
		       const GENERIC_MAPPING *Mapping, PPRIVILEGE_SET Privileges,
		       PULONG PrivilegesLength, PACCESS_MASK GrantedAccess, NTSTATUS *AccessStatus)
{
	NT_ENTRY(NtAccessCheck, .Handle = Handle);
	NTSTATUS Status = ProbeForRead(Mapping, sizeof(*Mapping), sizeof(ULONG));
	PSECURITY_DESCRIPTOR Captured = NULL;
	ACCESS_MASK Granted = 0;
	PTOKEN Token = NULL;

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(GrantedAccess, sizeof(*GrantedAccess), sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(AccessStatus, sizeof(*AccessStatus), sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = SepReferenceToken(Handle, TOKEN_QUERY, &Token);
	if (NT_SUCCESS(Status) && Token->Type != TokenImpersonation)
		Status = STATUS_NO_IMPERSONATION_TOKEN;
	if (NT_SUCCESS(Status) && Token->Level < SecurityIdentification)
		Status = STATUS_BAD_IMPERSONATION_LEVEL;
	if (NT_SUCCESS(Status) &&
	    DesiredAccess & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL))
		Status = STATUS_GENERIC_NOT_MAPPED;
	if (NT_SUCCESS(Status))
		Status = SeCaptureSecurityDescriptor(Descriptor, &Captured);
	if (NT_SUCCESS(Status))
		Status = CheckDescriptor(Captured);
	if (NT_SUCCESS(Status))
		Status = TellNoPrivileges(Privileges, PrivilegesLength);
	if (NT_SUCCESS(Status)) {
		*AccessStatus = SeAccessCheck(Captured, Token, DesiredAccess, Mapping, &Granted);
		*GrantedAccess = Granted;
	}
	SeDeassignSecurity(Captured);
	if (Token)
		ObDereferenceObject(&Token->Object);
	TRACE(TR_NT, "NtAccessCheck(Desired Access: %s) = %s",
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpStandardAccess, DesiredAccess),
	      NtStatusName(Status));
	return Status;
}
