/* SPDX-License-Identifier: MIT */
/* setokeninfo.c - what a token says, and its privileges. */
#include "sep.h"
#include <string.h>

/* An answer is made here first: structures, then what they point to. */
typedef struct _ANSWER {
	char *Buffer; /* the caller's: what pointers are relative to */
	ULONG Length, Used;
	char Data[SEP_MAX_GROUPS * 64];
} ANSWER;

static PVOID Reserve(ANSWER *a, ULONG Size)
{
	PVOID At = a->Data + a->Used;

	a->Used += Size;
	return At;
}

/* Copies Size bytes behind the rest; where they will be in the caller's buffer. */
static PVOID AddData(ANSWER *a, const VOID *Data, ULONG Size)
{
	PVOID At = a->Buffer + a->Used;

	memcpy(a->Data + a->Used, Data, Size);
	a->Used += (Size + 3) & ~3u;
	return At;
}

static PSID AddSid(ANSWER *a, const VOID *Sid)
{
	return AddData(a, Sid, RtlLengthSid((PSID)Sid));
}

static VOID TellGroups(PTOKEN Token, ANSWER *a)
{
	TOKEN_GROUPS *Info = Reserve(a,
				     (ULONG)offsetof(TOKEN_GROUPS, Groups) +
					     Token->GroupCount * (ULONG)sizeof(SID_AND_ATTRIBUTES));

	Info->GroupCount = Token->GroupCount;
	for (ULONG i = 0; i < Token->GroupCount; i++)
		Info->Groups[i] = (SID_AND_ATTRIBUTES){ AddSid(a, Token->Groups[i].Sid),
							Token->Groups[i].Attributes };
}

static VOID TellPrivileges(PTOKEN Token, ANSWER *a)
{
	TOKEN_PRIVILEGES *Info =
		Reserve(a, (ULONG)offsetof(TOKEN_PRIVILEGES, Privileges) +
				   Token->PrivilegeCount * (ULONG)sizeof(LUID_AND_ATTRIBUTES));

	Info->PrivilegeCount = Token->PrivilegeCount;
	memcpy(Info->Privileges, Token->Privileges,
	       Token->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
}

static VOID TellStatistics(PTOKEN Token, ANSWER *a)
{
	TOKEN_STATISTICS *Info = Reserve(a, sizeof(*Info));

	*Info = (TOKEN_STATISTICS){
		.TokenId = Token->TokenId,
		.AuthenticationId = { 0x3E7, 0 }, /* the system's logon */
		.ExpirationTime.QuadPart = INT64_MAX,
		.TokenType = Token->Type,
		.ImpersonationLevel = Token->Level,
		.GroupCount = Token->GroupCount,
		.PrivilegeCount = Token->PrivilegeCount,
		.ModifiedId = Token->ModifiedId,
	};
}

static VOID TellSid(ANSWER *a, const VOID *Sid)
{
	TOKEN_OWNER *Info = Reserve(a, sizeof(*Info));

	Info->Owner = AddSid(a, Sid);
}

static VOID TellUser(PTOKEN Token, ANSWER *a)
{
	TOKEN_USER *Info = Reserve(a, sizeof(*Info));

	Info->User.Sid = AddSid(a, Token->UserSid);
}

static VOID TellDacl(PTOKEN Token, ANSWER *a)
{
	TOKEN_DEFAULT_DACL *Info = Reserve(a, sizeof(*Info));

	Info->DefaultDacl = AddData(a, Token->DefaultDacl, ((PACL)Token->DefaultDacl)->AclSize);
}

/* Token->Lock held. */
static NTSTATUS MakeAnswer(PTOKEN Token, ULONG Class, ANSWER *a)
{
	switch (Class) {
	case TokenUser:
		TellUser(Token, a);
		break;
	case TokenGroups:
		TellGroups(Token, a);
		break;
	case TokenPrivileges:
		TellPrivileges(Token, a);
		break;
	case TokenOwner:
		TellSid(a, Token->UserSid);
		break;
	case TokenPrimaryGroup:
		TellSid(a, Token->Groups[0].Sid);
		break;
	case TokenDefaultDacl:
		TellDacl(Token, a);
		break;
	case TokenType:
		*(ULONG *)Reserve(a, sizeof(ULONG)) = Token->Type;
		break;
	case TokenImpersonationLevel:
		if (Token->Type != TokenImpersonation)
			return STATUS_INVALID_PARAMETER;
		*(ULONG *)Reserve(a, sizeof(ULONG)) = Token->Level;
		break;
	case TokenStatistics:
		TellStatistics(Token, a);
		break;
	default:
		return STATUS_INVALID_INFO_CLASS;
	}
	return STATUS_SUCCESS;
}

NTSTATUS NtQueryInformationToken(HANDLE Handle, ULONG Class, PVOID Buffer, ULONG Length,
				 PULONG Needed)
{
	NT_ENTRY(NtQueryInformationToken, .Handle = Handle);
	_Alignas(8) ANSWER Answer = { .Buffer = Buffer, .Length = Length };
	NTSTATUS Status = ProbeForWrite(Buffer, Length, sizeof(ULONG));
	PTOKEN Token;

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Needed, sizeof(*Needed), sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = SepReferenceToken(Handle, TOKEN_QUERY, &Token);
	if (NT_SUCCESS(Status)) {
		lk_acquire(&Token->Lock);
		Status = MakeAnswer(Token, Class, &Answer);
		lk_release(&Token->Lock);
		if (NT_SUCCESS(Status)) {
			*Needed = Answer.Used;
			if (Length < Answer.Used)
				Status = STATUS_BUFFER_TOO_SMALL;
			else
				memcpy(Buffer, Answer.Data, Answer.Used);
		}
		ObDereferenceObject(&Token->Object);
	}
	TRACE(TR_NT, "NtQueryInformationToken(%p, class=%u) = %s", Handle, (unsigned)Class,
	      NtStatusName(Status));
	return Status;
}

/* ---- privileges ---- */

static LUID_AND_ATTRIBUTES *FindPrivilege(PTOKEN Token, LUID Luid)
{
	for (ULONG i = 0; i < Token->PrivilegeCount; i++)
		if (Token->Privileges[i].Luid.LowPart == Luid.LowPart &&
		    Token->Privileges[i].Luid.HighPart == Luid.HighPart)
			return &Token->Privileges[i];
	return NULL;
}

/*
 * One pass over what is to change. Do FALSE: only counts, into *Changed, and tells the states before,
 * if Previous is not NULL.
 */
static NTSTATUS Adjust(PTOKEN Token, BOOLEAN DisableAll, const TOKEN_PRIVILEGES *NewState,
		       BOOLEAN Do, PTOKEN_PRIVILEGES Previous, PULONG Changed)
{
	ULONG Count = DisableAll ? Token->PrivilegeCount : NewState->PrivilegeCount;
	NTSTATUS Status = STATUS_SUCCESS;

	*Changed = 0;
	for (ULONG i = 0; i < Count; i++) {
		LUID_AND_ATTRIBUTES *Own = DisableAll ? &Token->Privileges[i]
						      : FindPrivilege(Token,
								      NewState->Privileges[i].Luid);
		ULONG On = DisableAll ? 0
				      : NewState->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED;

		if (!Own) {
			Status = STATUS_NOT_ALL_ASSIGNED;
			continue;
		}
		if ((Own->Attributes & SE_PRIVILEGE_ENABLED) == On)
			continue;
		if (Previous && Do)
			Previous->Privileges[*Changed] = *Own;
		++*Changed;
		if (Do)
			Own->Attributes = (Own->Attributes & ~SE_PRIVILEGE_ENABLED) | On;
	}
	if (Previous && Do)
		Previous->PrivilegeCount = *Changed;
	return Status;
}

static NTSTATUS AdjustPrivileges(PTOKEN Token, BOOLEAN DisableAll, const TOKEN_PRIVILEGES *NewState,
				 ULONG Length, PTOKEN_PRIVILEGES Previous, PULONG Needed)
{
	ULONG Changed, Size;
	NTSTATUS Status;

	lk_acquire(&Token->Lock);
	Adjust(Token, DisableAll, NewState, FALSE, NULL, &Changed);
	Size = (ULONG)offsetof(TOKEN_PRIVILEGES, Privileges) +
	       Changed * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
	if (Previous && Needed)
		*Needed = Size;
	if (Previous && Length < Size) {
		Status = STATUS_BUFFER_TOO_SMALL;
	} else {
		Status = Adjust(Token, DisableAll, NewState, TRUE, Previous, &Changed);
		if (Changed)
			SepPrivilegesChanged(Token);
	}
	lk_release(&Token->Lock);
	return Status;
}

/* A list of privileges: its count, and as many as that says. */
static NTSTATUS ProbeList(PVOID List, SIZE_T Fixed, const ULONG *Count, BOOLEAN Write)
{
	NTSTATUS Status = ProbeForRead(List, Fixed, sizeof(ULONG));
	SIZE_T Size = 0;

	if (NT_SUCCESS(Status))
		Size = Fixed + *Count * sizeof(LUID_AND_ATTRIBUTES);
	if (NT_SUCCESS(Status))
		Status = Write ? ProbeForWrite(List, Size, sizeof(ULONG))
			       : ProbeForRead(List, Size, sizeof(ULONG));
	return Status;
}

static NTSTATUS ProbeAdjustment(PTOKEN_PRIVILEGES NewState, ULONG Length,
				PTOKEN_PRIVILEGES PreviousState, PULONG Needed)
{
	NTSTATUS Status = STATUS_SUCCESS;

	if (NewState)
		Status = ProbeList(NewState, offsetof(TOKEN_PRIVILEGES, Privileges),
				   &NewState->PrivilegeCount, FALSE);
	if (NT_SUCCESS(Status) && PreviousState)
		Status = ProbeForWrite(PreviousState, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status) && PreviousState)
		Status = ProbeForWrite(Needed, sizeof(*Needed), sizeof(ULONG));
	return Status;
}

NTSTATUS NtAdjustPrivilegesToken(HANDLE Handle, BOOLEAN DisableAll, PTOKEN_PRIVILEGES NewState,
				 ULONG Length, PTOKEN_PRIVILEGES PreviousState, PULONG Needed)
{
	NT_ENTRY(NtAdjustPrivilegesToken, .Handle = Handle);
	NTSTATUS Status = !DisableAll && !NewState ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
	PTOKEN Token;

	if (NT_SUCCESS(Status))
		Status = ProbeAdjustment(DisableAll ? NULL : NewState, Length, PreviousState,
					 Needed);
	if (NT_SUCCESS(Status))
		Status = SepReferenceToken(
			Handle, TOKEN_ADJUST_PRIVILEGES | (PreviousState ? TOKEN_QUERY : 0),
			&Token);
	if (NT_SUCCESS(Status)) {
		Status = AdjustPrivileges(Token, DisableAll, NewState, Length, PreviousState,
					  Needed);
		ObDereferenceObject(&Token->Object);
	}
	TRACE(TR_NT, "NtAdjustPrivilegesToken(%p, %s) = %s", Handle,
	      DisableAll ? "disable all" : "some", NtStatusName(Status));
	return Status;
}

NTSTATUS NtPrivilegeCheck(HANDLE Handle, PPRIVILEGE_SET Required, PBOOLEAN Result)
{
	NT_ENTRY(NtPrivilegeCheck, .Handle = Handle);
	NTSTATUS Status = ProbeList(Required, offsetof(PRIVILEGE_SET, Privilege),
				    &Required->PrivilegeCount, TRUE);
	ULONG Held = 0;
	PTOKEN Token;

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Result, sizeof(*Result), 1);
	if (NT_SUCCESS(Status))
		Status = SepReferenceToken(Handle, TOKEN_QUERY, &Token);
	if (NT_SUCCESS(Status) && Token->Type == TokenImpersonation &&
	    Token->Level < SecurityIdentification) {
		ObDereferenceObject(&Token->Object);
		Status = STATUS_BAD_IMPERSONATION_LEVEL;
	}
	if (NT_SUCCESS(Status)) {
		lk_acquire(&Token->Lock);
		for (ULONG i = 0; i < Required->PrivilegeCount; i++) {
			const LUID_AND_ATTRIBUTES *Own = FindPrivilege(Token,
								       Required->Privilege[i].Luid);

			if (!Own || !(Own->Attributes & SE_PRIVILEGE_ENABLED))
				continue;
			Required->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
			Held++;
		}
		lk_release(&Token->Lock);
		*Result = Required->Control & PRIVILEGE_SET_ALL_NECESSARY
				  ? Held == Required->PrivilegeCount
				  : Held > 0;
		ObDereferenceObject(&Token->Object);
	}
	TRACE(TR_NT, "NtPrivilegeCheck(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
