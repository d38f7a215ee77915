/* SPDX-License-Identifier: MIT */
/* rtlsid.c - security identifiers. */
#include "nt/se.h"
#include <string.h>

BOOLEAN RtlValidSid(PSID Sid)
{
	const SID *s = Sid;

	return s && (s->Revision & 15) == SID_REVISION &&
	       s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
	return (ULONG)offsetof(SID, SubAuthority) + SubAuthorityCount * (ULONG)sizeof(ULONG);
}

ULONG RtlLengthSid(PSID Sid)
{
	return RtlLengthRequiredSid(((const SID *)Sid)->SubAuthorityCount);
}

BOOLEAN RtlEqualSid(PSID First, PSID Second)
{
	return ((const SID *)First)->SubAuthorityCount ==
		       ((const SID *)Second)->SubAuthorityCount &&
	       memcmp(First, Second, RtlLengthSid(First)) == 0;
}

NTSTATUS RtlCopySid(ULONG Length, PSID Destination, PSID Source)
{
	ULONG Size = RtlLengthSid(Source);

	if (Size > Length)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(Destination, Source, Size);
	return STATUS_SUCCESS;
}

NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, UCHAR SubAuthorityCount)
{
	SID *s = Sid;

	if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
		return STATUS_INVALID_PARAMETER;
	s->Revision = SID_REVISION;
	s->SubAuthorityCount = SubAuthorityCount;
	s->IdentifierAuthority = *Authority;
	return STATUS_SUCCESS;
}

PULONG RtlSubAuthoritySid(PSID Sid, ULONG Index)
{
	return (PULONG)((char *)Sid + offsetof(SID, SubAuthority)) + Index;
}
