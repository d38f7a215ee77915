/* SPDX-License-Identifier: MIT */
/*
 * setoken.c - tokens: the supervisor's own, made of its host identity, and copies of it.
 *
 * Root of the host is a member of the administrators and holds the privileges that go with it, off until
 * they are asked for. Everybody may traverse (SeChangeNotifyPrivilege), as on NT.
 */
#include "nt/rtl.h"
#include "sep.h"
#include <string.h>

static SE_SID(World, 1, 1, 0);
static SE_SID(Authenticated, 5, 1, 11);
static SE_SID(LocalSystem, 5, 1, 18);
static SE_SID(Administrators, 5, 2, 32, 544);

static PTOKEN Primary; /* made once, never freed */
static struct lk PrimaryLock = LK_INIT(PS);

const OB_TYPE SeTokenType = {
	.Name = "Token",
	.Size = sizeof(TOKEN),
	.ValidAccess = TOKEN_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | TOKEN_QUERY,
		.GenericWrite = STANDARD_RIGHTS_WRITE | TOKEN_ADJUST_PRIVILEGES |
				TOKEN_ADJUST_GROUPS | TOKEN_ADJUST_DEFAULT,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE,
		.GenericAll = TOKEN_ALL_ACCESS,
	},
};

LUID SepNewLuid(void)
{
	static _Atomic ULONGLONG Last = 1000; /* NT keeps the first for itself */
	ULONGLONG Id = ++Last;

	return (LUID){ (ULONG)Id, (LONG)(Id >> 32) };
}

NTSTATUS NtAllocateLocallyUniqueId(PLUID Luid)
{
	NT_ENTRY(NtAllocateLocallyUniqueId);
	NTSTATUS Status = ProbeForWrite(Luid, sizeof(*Luid), sizeof(ULONG));

	if (NT_SUCCESS(Status))
		*Luid = SepNewLuid();
	return Status;
}

static VOID AddGroup(PTOKEN Token, PSID Sid, ULONG Attributes)
{
	SEP_GROUP *Group = &Token->Groups[Token->GroupCount];

	if (Token->GroupCount == SEP_MAX_GROUPS)
		return;
	RtlCopySid(sizeof(Group->Sid), Group->Sid, Sid);
	Group->Attributes = Attributes;
	Token->GroupCount++;
}

static VOID AddPrivilege(PTOKEN Token, ULONG Number, ULONG Attributes)
{
	Token->Privileges[Token->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){ { Number, 0 },
									    Attributes };
}

static VOID FillIdentity(PTOKEN Token)
{
	const ULONG On = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
	ULONG Uid, Gid, Groups[SEP_MAX_GROUPS], Count = SEP_MAX_GROUPS;
	/* The supervisor is the system to its guests, and makes links as in NT's developer mode. */
	static const ULONG Enabled[] = { SE_CHANGE_NOTIFY_PRIVILEGE, SE_CREATE_PERMANENT_PRIVILEGE,
					 SE_CREATE_SYMBOLIC_LINK_PRIVILEGE };
	SE_SID(Sid, 22, 2, 1, 0);

	SeQueryHostIdentity(&Uid, &Gid, &Count, Groups);
	Sid.SubAuthority[1] = Uid;
	RtlCopySid(sizeof(Token->UserSid), Token->UserSid, &Sid);
	Sid.SubAuthority[0] = 2;
	Sid.SubAuthority[1] = Gid;
	AddGroup(Token, &Sid, On | SE_GROUP_OWNER);
	AddGroup(Token, &World, On);
	AddGroup(Token, &Authenticated, On);
	if (!Uid)
		AddGroup(Token, &Administrators, On | SE_GROUP_OWNER);
	for (ULONG i = 0; i < Count; i++) {
		Sid.SubAuthority[1] = Groups[i];
		if (Groups[i] != Gid)
			AddGroup(Token, &Sid, On);
	}
	for (ULONG i = 0; i < sizeof(Enabled) / sizeof(Enabled[0]); i++)
		AddPrivilege(Token, Enabled[i],
			     SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT);
	AddPrivilege(Token, SE_SHUTDOWN_PRIVILEGE, 0);
	if (Uid)
		return;
	AddPrivilege(Token, SE_SECURITY_PRIVILEGE, 0);
	AddPrivilege(Token, SE_TAKE_OWNERSHIP_PRIVILEGE, 0);
	AddPrivilege(Token, SE_BACKUP_PRIVILEGE, 0);
	AddPrivilege(Token, SE_RESTORE_PRIVILEGE, 0);
	AddPrivilege(Token, SE_DEBUG_PRIVILEGE, 0);
}

static NTSTATUS NewToken(PTOKEN *Token)
{
	PACL Dacl;
	NTSTATUS Status = ObCreateObject(&SeTokenType, (POBJECT *)Token);

	if (!NT_SUCCESS(Status))
		return Status;
	lk_init(&(*Token)->Lock, LR_PS);
	(*Token)->TokenId = SepNewLuid();
	(*Token)->Type = TokenPrimary;
	FillIdentity(*Token);
	SepPrivilegesChanged(*Token);
	Dacl = (PACL)(*Token)->DefaultDacl;
	RtlCreateAcl(Dacl,
		     sizeof(ACL) + 2 * 8 + RtlLengthSid((*Token)->UserSid) +
			     RtlLengthSid(&LocalSystem),
		     ACL_REVISION);
	RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_ALL, (*Token)->UserSid);
	RtlAddAccessAllowedAce(Dacl, ACL_REVISION, GENERIC_ALL, &LocalSystem);
	return STATUS_SUCCESS;
}

PTOKEN SePrimaryToken(void)
{
	PTOKEN Token = __atomic_load_n(&Primary, __ATOMIC_ACQUIRE);

	if (Token)
		return Token;
	lk_acquire(&PrimaryLock);
	Token = Primary;
	if (!Token && NT_SUCCESS(NewToken(&Token)))
		__atomic_store_n(&Primary, Token, __ATOMIC_RELEASE);
	lk_release(&PrimaryLock);
	return Token;
}

BOOLEAN SepSidInToken(PTOKEN Token, PSID Sid, BOOLEAN Deny)
{
	ULONG Wanted = SE_GROUP_ENABLED | (Deny ? SE_GROUP_USE_FOR_DENY_ONLY : 0);

	if (RtlEqualSid(Token->UserSid, Sid))
		return TRUE;
	for (ULONG i = 0; i < Token->GroupCount; i++)
		if (Token->Groups[i].Attributes & Wanted && RtlEqualSid(Token->Groups[i].Sid, Sid))
			return TRUE;
	return FALSE;
}

BOOLEAN SeSinglePrivilegeCheck(ULONG Privilege, PTOKEN Token)
{
	return Privilege < 64 && Token->Enabled >> Privilege & 1;
}

VOID SepPrivilegesChanged(PTOKEN Token)
{
	ULONGLONG Enabled = 0;

	for (ULONG i = 0; i < Token->PrivilegeCount; i++)
		if (Token->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED)
			Enabled |= 1ull << Token->Privileges[i].Luid.LowPart;
	Token->Enabled = Enabled;
	Token->ModifiedId = SepNewLuid();
}

NTSTATUS SepReferenceToken(HANDLE Handle, ACCESS_MASK Access, PTOKEN *Token)
{
	return ObReferenceObjectByHandle(Handle, Access, &SeTokenType, (POBJECT *)Token);
}

/* ---- opening and copying ---- */

NTSTATUS NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE Handle)
{
	NT_ENTRY(NtOpenProcessToken, .Handle = ProcessHandle, .Output = Handle);
	NTSTATUS Status = ObProbeHandle(Handle);
	POBJECT Process;

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_INFORMATION,
						   &PsProcessType, &Process);
	if (NT_SUCCESS(Status)) {
		PTOKEN Token = SePrimaryToken();

		Status = Token ? ObOpenObjectByPointer(&Token->Object, DesiredAccess, 0, Handle)
			       : STATUS_INSUFFICIENT_RESOURCES;
		ObDereferenceObject(Process);
	}
	TRACE(TR_NT, "NtOpenProcessToken(%p, Desired Access: %s) = %s", ProcessHandle,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpTokenAccess, DesiredAccess),
	      NtStatusName(Status));
	return Status;
}

/* What Token may not have that its copy is to be. */
static NTSTATUS CheckCopy(const TOKEN *Token, ULONG Type, ULONG Level)
{
	if (Type != TokenPrimary && Type != TokenImpersonation)
		return STATUS_INVALID_PARAMETER;
	if (Level > SecurityDelegation)
		return STATUS_BAD_IMPERSONATION_LEVEL;
	if (Token->Type == TokenImpersonation &&
	    (Level > Token->Level ||
	     (Type == TokenPrimary && Token->Level < SecurityImpersonation)))
		return STATUS_BAD_IMPERSONATION_LEVEL;
	return STATUS_SUCCESS;
}

NTSTATUS SepCopyToken(PTOKEN Token, BOOLEAN EffectiveOnly, ULONG Type, ULONG Level, PTOKEN *Copy)
{
	ULONG Kept = 0;
	NTSTATUS Status = ObCreateObject(&SeTokenType, (POBJECT *)Copy);

	if (!NT_SUCCESS(Status))
		return Status;
	lk_acquire(&Token->Lock);
	memcpy((char *)*Copy + sizeof(OBJECT), (char *)Token + sizeof(OBJECT),
	       sizeof(*Token) - sizeof(OBJECT));
	lk_release(&Token->Lock);
	lk_init(&(*Copy)->Lock, LR_PS);
	(*Copy)->TokenId = SepNewLuid();
	(*Copy)->Type = Type;
	(*Copy)->Level = Type == TokenImpersonation ? Level : 0;
	for (ULONG i = 0; i < (*Copy)->PrivilegeCount; i++)
		if (!EffectiveOnly || (*Copy)->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED)
			(*Copy)->Privileges[Kept++] = (*Copy)->Privileges[i];
	(*Copy)->PrivilegeCount = Kept;
	SepPrivilegesChanged(*Copy);
	return STATUS_SUCCESS;
}

NTSTATUS NtDuplicateToken(HANDLE Handle, ACCESS_MASK DesiredAccess,
			  POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly,
			  ULONG TokenType, PHANDLE NewToken)
{
	NT_ENTRY(NtDuplicateToken, .Handle = Handle, .Output = NewToken);
	const SECURITY_QUALITY_OF_SERVICE *Quality =
		ObjectAttributes ? ObjectAttributes->SecurityQualityOfService : NULL;
	NTSTATUS Status = ObProbeHandle(NewToken);
	PTOKEN Token = NULL, Copy;
	ULONG Level;

	if (NT_SUCCESS(Status))
		Status = SepReferenceToken(Handle, TOKEN_DUPLICATE, &Token);
	if (NT_SUCCESS(Status)) {
		Level = Quality ? Quality->ImpersonationLevel : Token->Level;
		Status = CheckCopy(Token, TokenType, Level);
	}
	if (NT_SUCCESS(Status))
		Status = SepCopyToken(Token, EffectiveOnly, TokenType, Level, &Copy);
	if (NT_SUCCESS(Status))
		Status = ObInsertObject(&Copy->Object, ObjectAttributes, DesiredAccess, NewToken);
	if (Token)
		ObDereferenceObject(&Token->Object);
	TRACE(TR_NT, "NtDuplicateToken(%p, type=%u) = %s", Handle, (unsigned)TokenType,
	      NtStatusName(Status));
	return Status;
}
