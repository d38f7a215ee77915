/* SPDX-License-Identifier: MIT */
/* rtlsd.c - security descriptors: absolute ones hold pointers, self-relative ones offsets. */
#include "nt/se.h"
#include <string.h>

/* What a descriptor of either form says; NULL: not there. */
static SECURITY_DESCRIPTOR Read(PSECURITY_DESCRIPTOR Descriptor)
{
	SECURITY_DESCRIPTOR Sd = { 0 };
	SECURITY_DESCRIPTOR_RELATIVE Relative;
	char *Base = Descriptor;

	memcpy(&Relative, Descriptor, sizeof(Relative));
	if (!(Relative.Control & SE_SELF_RELATIVE)) {
		memcpy(&Sd, Descriptor, sizeof(Sd));
	} else {
		Sd.Revision = Relative.Revision;
		Sd.Control = Relative.Control;
		Sd.Owner = Relative.Owner ? Base + Relative.Owner : NULL;
		Sd.Group = Relative.Group ? Base + Relative.Group : NULL;
		Sd.Sacl = Relative.Sacl ? (PACL)(Base + Relative.Sacl) : NULL;
		Sd.Dacl = Relative.Dacl ? (PACL)(Base + Relative.Dacl) : NULL;
	}
	if (!(Sd.Control & SE_DACL_PRESENT))
		Sd.Dacl = NULL;
	if (!(Sd.Control & SE_SACL_PRESENT))
		Sd.Sacl = NULL;
	return Sd;
}

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision)
{
	if (Revision != SECURITY_DESCRIPTOR_REVISION)
		return STATUS_UNKNOWN_REVISION;
	memset(Descriptor, 0, sizeof(SECURITY_DESCRIPTOR));
	*(UCHAR *)Descriptor = SECURITY_DESCRIPTOR_REVISION;
	return STATUS_SUCCESS;
}

BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
	SECURITY_DESCRIPTOR Sd;

	if (!Descriptor || *(const UCHAR *)Descriptor != SECURITY_DESCRIPTOR_REVISION)
		return FALSE;
	Sd = Read(Descriptor);
	return (!Sd.Owner || RtlValidSid(Sd.Owner)) && (!Sd.Group || RtlValidSid(Sd.Group)) &&
	       (!Sd.Dacl || RtlValidAcl(Sd.Dacl)) && (!Sd.Sacl || RtlValidAcl(Sd.Sacl));
}

static ULONG Align4(ULONG n)
{
	return (n + 3) & ~3u;
}

ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor)
{
	SECURITY_DESCRIPTOR Sd = Read(Descriptor);
	ULONG Length = Sd.Control & SE_SELF_RELATIVE ? sizeof(SECURITY_DESCRIPTOR_RELATIVE)
						     : sizeof(SECURITY_DESCRIPTOR);

	return Length + (Sd.Owner ? Align4(RtlLengthSid(Sd.Owner)) : 0) +
	       (Sd.Group ? Align4(RtlLengthSid(Sd.Group)) : 0) +
	       (Sd.Sacl ? Align4(Sd.Sacl->AclSize) : 0) + (Sd.Dacl ? Align4(Sd.Dacl->AclSize) : 0);
}

/* An absolute descriptor that may be changed, or NULL. */
static SECURITY_DESCRIPTOR *Absolute(PSECURITY_DESCRIPTOR Descriptor, NTSTATUS *Status)
{
	SECURITY_DESCRIPTOR *Sd = Descriptor;

	*Status = STATUS_SUCCESS;
	if (*(const UCHAR *)Descriptor != SECURITY_DESCRIPTOR_REVISION)
		*Status = STATUS_UNKNOWN_REVISION;
	else if (Sd->Control & SE_SELF_RELATIVE)
		*Status = STATUS_INVALID_SECURITY_DESCR;
	return NT_SUCCESS(*Status) ? Sd : NULL;
}

static VOID SetFlag(SECURITY_DESCRIPTOR *Sd, ULONG Flag, BOOLEAN On)
{
	Sd->Control = (USHORT)(On ? Sd->Control | Flag : Sd->Control & ~Flag);
}

NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner,
				       BOOLEAN Defaulted)
{
	NTSTATUS Status;
	SECURITY_DESCRIPTOR *Sd = Absolute(Descriptor, &Status);

	if (!Sd)
		return Status;
	Sd->Owner = Owner;
	SetFlag(Sd, SE_OWNER_DEFAULTED, Defaulted);
	return STATUS_SUCCESS;
}

NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group,
				       BOOLEAN Defaulted)
{
	NTSTATUS Status;
	SECURITY_DESCRIPTOR *Sd = Absolute(Descriptor, &Status);

	if (!Sd)
		return Status;
	Sd->Group = Group;
	SetFlag(Sd, SE_GROUP_DEFAULTED, Defaulted);
	return STATUS_SUCCESS;
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Dacl,
				      BOOLEAN Defaulted)
{
	NTSTATUS Status;
	SECURITY_DESCRIPTOR *Sd = Absolute(Descriptor, &Status);

	if (!Sd)
		return Status;
	Sd->Dacl = Present ? Dacl : NULL;
	SetFlag(Sd, SE_DACL_PRESENT, Present);
	SetFlag(Sd, SE_DACL_DEFAULTED, Present && Defaulted);
	return STATUS_SUCCESS;
}

NTSTATUS RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Sacl,
				      BOOLEAN Defaulted)
{
	NTSTATUS Status;
	SECURITY_DESCRIPTOR *Sd = Absolute(Descriptor, &Status);

	if (!Sd)
		return Status;
	Sd->Sacl = Present ? Sacl : NULL;
	SetFlag(Sd, SE_SACL_PRESENT, Present);
	SetFlag(Sd, SE_SACL_DEFAULTED, Present && Defaulted);
	return STATUS_SUCCESS;
}

NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner,
				       PBOOLEAN Defaulted)
{
	SECURITY_DESCRIPTOR Sd = Read(Descriptor);

	*Owner = Sd.Owner;
	*Defaulted = !!(Sd.Control & SE_OWNER_DEFAULTED);
	return STATUS_SUCCESS;
}

NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group,
				       PBOOLEAN Defaulted)
{
	SECURITY_DESCRIPTOR Sd = Read(Descriptor);

	*Group = Sd.Group;
	*Defaulted = !!(Sd.Control & SE_GROUP_DEFAULTED);
	return STATUS_SUCCESS;
}

/* Of the DACL or the SACL, whose flags are Flag and the one above it. */
static VOID GetAcl(const SECURITY_DESCRIPTOR *Sd, PACL Own, USHORT Flag, PBOOLEAN Present,
		   PACL *Acl, PBOOLEAN Defaulted)
{
	*Present = !!(Sd->Control & Flag);
	if (*Present) {
		*Acl = Own;
		*Defaulted = !!(Sd->Control & Flag << 1);
	}
}

NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Dacl,
				      PBOOLEAN Defaulted)
{
	SECURITY_DESCRIPTOR Sd = Read(Descriptor);

	GetAcl(&Sd, Sd.Dacl, SE_DACL_PRESENT, Present, Dacl, Defaulted);
	return STATUS_SUCCESS;
}

NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Sacl,
				      PBOOLEAN Defaulted)
{
	SECURITY_DESCRIPTOR Sd = Read(Descriptor);

	GetAcl(&Sd, Sd.Sacl, SE_SACL_PRESENT, Present, Sacl, Defaulted);
	return STATUS_SUCCESS;
}

/* A part at Offset (0: none) whose own first bytes tell its size. */
static BOOLEAN PartFits(const UCHAR *Base, ULONG Length, ULONG Offset, BOOLEAN IsSid)
{
	const ULONG Head = 8; /* of an ACL, and of a SID before its sub-authorities */
	const UCHAR *Part = Base + Offset;

	if (!Offset)
		return TRUE;
	if (Offset % sizeof(ULONG) || Offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) ||
	    Offset > Length || Length - Offset < Head)
		return FALSE;
	return Length - Offset >=
	       (IsSid ? RtlLengthRequiredSid(((const SID *)(const VOID *)Part)->SubAuthorityCount)
		      : ((const ACL *)(const VOID *)Part)->AclSize);
}

BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Length,
					   SECURITY_INFORMATION Required)
{
	const SECURITY_DESCRIPTOR_RELATIVE *Sd = Descriptor;

	if (Length < sizeof(*Sd) || !(Sd->Control & SE_SELF_RELATIVE))
		return FALSE;
	if (!PartFits(Descriptor, Length, Sd->Owner, TRUE) ||
	    !PartFits(Descriptor, Length, Sd->Group, TRUE) ||
	    !PartFits(Descriptor, Length, Sd->Dacl, FALSE) ||
	    !PartFits(Descriptor, Length, Sd->Sacl, FALSE) ||
	    !RtlValidSecurityDescriptor(Descriptor))
		return FALSE;
	return !(Required & OWNER_SECURITY_INFORMATION && !Sd->Owner) &&
	       !(Required & GROUP_SECURITY_INFORMATION && !Sd->Group) &&
	       !(Required & DACL_SECURITY_INFORMATION && !(Sd->Control & SE_DACL_PRESENT)) &&
	       !(Required & SACL_SECURITY_INFORMATION && !(Sd->Control & SE_SACL_PRESENT));
}

/* Appends Size bytes; their offset, 0 if there are none. */
static ULONG Append(char *Base, ULONG *At, const VOID *Data, ULONG Size)
{
	ULONG Offset = *At;

	if (!Data)
		return 0;
	memset(Base + Offset, 0, Align4(Size));
	memcpy(Base + Offset, Data, Size);
	*At += Align4(Size);
	return Offset;
}

NTSTATUS RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR Relative,
			       PULONG Length)
{
	SECURITY_DESCRIPTOR Sd = Read(Absolute);
	SECURITY_DESCRIPTOR_RELATIVE New = {
		Sd.Revision, 0, (USHORT)(Sd.Control | SE_SELF_RELATIVE), 0, 0, 0, 0
	};
	ULONG Size = RtlLengthSecurityDescriptor(Absolute), At = sizeof(New);

	if (!(Sd.Control & SE_SELF_RELATIVE))
		Size -= sizeof(SECURITY_DESCRIPTOR) - sizeof(New);
	if (*Length < Size) {
		*Length = Size;
		return STATUS_BUFFER_TOO_SMALL;
	}
	*Length = Size;
	New.Owner = Append(Relative, &At, Sd.Owner, Sd.Owner ? RtlLengthSid(Sd.Owner) : 0);
	New.Group = Append(Relative, &At, Sd.Group, Sd.Group ? RtlLengthSid(Sd.Group) : 0);
	New.Sacl = Append(Relative, &At, Sd.Sacl, Sd.Sacl ? Sd.Sacl->AclSize : 0);
	New.Dacl = Append(Relative, &At, Sd.Dacl, Sd.Dacl ? Sd.Dacl->AclSize : 0);
	memcpy(Relative, &New, sizeof(New));
	return STATUS_SUCCESS;
}
