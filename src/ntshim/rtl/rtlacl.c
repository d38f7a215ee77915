/* SPDX-License-Identifier: MIT */
/* rtlacl.c - access control lists: a header, and entries one behind the other. */
#include "nt/se.h"
#include <string.h>

#define ACE_FIXED ((ULONG)offsetof(ACCESS_ALLOWED_ACE, SidStart))

static BOOLEAN IsRevision(ULONG Revision)
{
	return Revision >= ACL_REVISION && Revision <= ACL_REVISION_DS;
}

NTSTATUS RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision)
{
	if (Length < sizeof(*Acl))
		return STATUS_BUFFER_TOO_SMALL;
	if (!IsRevision(Revision) || Length > 0xFFFF)
		return STATUS_INVALID_PARAMETER;
	*Acl = (ACL){ .AclRevision = (UCHAR)Revision, .AclSize = (USHORT)(Length & ~3u) };
	return STATUS_SUCCESS;
}

/* Whether an entry of a type that we know has room for an identifier that is one. */
static BOOLEAN HasSid(const ACE_HEADER *Ace)
{
	PSID Sid = (char *)Ace + ACE_FIXED;

	if (Ace->AceType > SYSTEM_AUDIT_ACE_TYPE)
		return TRUE;
	return Ace->AceSize >= ACE_FIXED + offsetof(SID, SubAuthority) && RtlValidSid(Sid) &&
	       RtlLengthSid(Sid) <= Ace->AceSize - ACE_FIXED;
}

/* The end of the entries, or NULL if they do not fit. */
static char *EndOf(PACL Acl)
{
	char *At = (char *)(Acl + 1), *End = (char *)Acl + Acl->AclSize;

	for (ULONG i = 0; i < Acl->AceCount; i++) {
		const ACE_HEADER *Ace = (const ACE_HEADER *)At;

		if (End - At < (LONG)sizeof(*Ace) || Ace->AceSize < sizeof(*Ace) ||
		    Ace->AceSize % 4 || Ace->AceSize > End - At || !HasSid(Ace))
			return NULL;
		At += Ace->AceSize;
	}
	return At;
}

BOOLEAN RtlValidAcl(PACL Acl)
{
	return Acl && IsRevision(Acl->AclRevision) && Acl->AclSize >= sizeof(*Acl) &&
	       EndOf(Acl) != NULL;
}

static NTSTATUS AddAce(PACL Acl, ULONG Revision, UCHAR Type, ULONG Flags, ACCESS_MASK Mask,
		       PSID Sid)
{
	const ULONG Inheritance = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE |
				  NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE | INHERITED_ACE;
	ACCESS_ALLOWED_ACE *Ace;
	ULONG Size;
	char *End;

	if (!RtlValidSid(Sid))
		return STATUS_INVALID_SID;
	if (!IsRevision(Revision) || Acl->AclRevision > ACL_REVISION_DS)
		return STATUS_UNKNOWN_REVISION;
	if (Flags & ~Inheritance)
		return STATUS_INVALID_PARAMETER;
	if (!RtlValidAcl(Acl))
		return STATUS_INVALID_ACL;
	End = EndOf(Acl);
	Size = ACE_FIXED + RtlLengthSid(Sid);
	if ((ULONG)(End - (char *)Acl) + Size > Acl->AclSize)
		return STATUS_ALLOTTED_SPACE_EXCEEDED;
	Ace = (ACCESS_ALLOWED_ACE *)End;
	Ace->Header = (ACE_HEADER){ Type, (UCHAR)Flags, (USHORT)Size };
	Ace->Mask = Mask;
	memcpy(&Ace->SidStart, Sid, RtlLengthSid(Sid));
	Acl->AceCount++;
	if (Revision > Acl->AclRevision)
		Acl->AclRevision = (UCHAR)Revision;
	return STATUS_SUCCESS;
}

NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid)
{
	return AddAce(Acl, Revision, ACCESS_ALLOWED_ACE_TYPE, 0, Mask, Sid);
}

NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid)
{
	return AddAce(Acl, Revision, ACCESS_ALLOWED_ACE_TYPE, Flags, Mask, Sid);
}

NTSTATUS RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid)
{
	return AddAce(Acl, Revision, ACCESS_DENIED_ACE_TYPE, 0, Mask, Sid);
}

NTSTATUS RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid)
{
	return AddAce(Acl, Revision, ACCESS_DENIED_ACE_TYPE, Flags, Mask, Sid);
}

NTSTATUS RtlGetAce(PACL Acl, ULONG Index, PVOID *Ace)
{
	char *At = (char *)(Acl + 1);

	if (Index >= Acl->AceCount)
		return STATUS_INVALID_PARAMETER;
	while (Index--)
		At += ((const ACE_HEADER *)At)->AceSize;
	*Ace = At;
	return STATUS_SUCCESS;
}
