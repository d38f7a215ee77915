/* SPDX-License-Identifier: MIT */
/*
 * seimpersonate.c - what a thread acts as: the supervisor's token, or one that it impersonates with.
 *
 * A thread's token is looked at by every access check that has a descriptor to check against, and nearly
 * always it is not there: so its absence is seen without a lock. TokenLock guards the pointer itself.
 */
#include "nt/rtl.h"
#include "sep.h"

static struct lk TokenLock = LK_INIT(TOKEN);

/* Returns a reference, or NULL. Thread NULL: at start, before there are threads. */
static PTOKEN ReferenceThreadToken(PETHREAD Thread)
{
	PTOKEN Token;

	if (!Thread || !__atomic_load_n(&Thread->ImpersonationToken, __ATOMIC_ACQUIRE))
		return NULL;
	lk_acquire(&TokenLock);
	Token = Thread->ImpersonationToken;
	if (Token)
		ObReferenceObject(&Token->Object);
	lk_release(&TokenLock);
	return Token;
}

static PETHREAD Caller(void)
{
	return PsInitialSystemProcess ? PsGetCurrentThread() : NULL;
}

PTOKEN SeReferenceEffectiveToken(void)
{
	PTOKEN Token = ReferenceThreadToken(Caller());

	if (Token)
		return Token;
	Token = SePrimaryToken();
	if (Token)
		SeReferenceToken(Token);
	return Token;
}

VOID SeReferenceToken(PTOKEN Token)
{
	ObReferenceObject(&Token->Object);
}

VOID SeReleaseToken(PTOKEN Token)
{
	if (Token)
		ObDereferenceObject(&Token->Object);
}

BOOLEAN SeHasPrivilege(ULONG Privilege)
{
	PTOKEN Token = ReferenceThreadToken(Caller());
	BOOLEAN Has;

	if (!Token)
		return SePrimaryToken() && SeSinglePrivilegeCheck(Privilege, SePrimaryToken());
	Has = Token->Level >= SecurityImpersonation && SeSinglePrivilegeCheck(Privilege, Token);
	SeReleaseToken(Token);
	return Has;
}

VOID SeSetThreadToken(PETHREAD Thread, PTOKEN Token)
{
	PTOKEN Old;

	lk_acquire(&TokenLock);
	Old = Thread->ImpersonationToken;
	__atomic_store_n(&Thread->ImpersonationToken, Token, __ATOMIC_RELEASE);
	lk_release(&TokenLock);
	SeReleaseToken(Old);
}

/* ---- a client, as it was when it asked for something ---- */

NTSTATUS SeCaptureClient(const OBJECT_ATTRIBUTES *ObjectAttributes, SE_CLIENT *Client)
{
	const SECURITY_QUALITY_OF_SERVICE *Quality =
		ObjectAttributes ? ObjectAttributes->SecurityQualityOfService : NULL;
	NTSTATUS Status = STATUS_SUCCESS;

	*Client = (SE_CLIENT){ .Level = SecurityImpersonation };
	if (Quality)
		Status = ProbeForRead(Quality, sizeof(*Quality), sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	if (Quality && (Quality->Length != sizeof(*Quality) ||
			Quality->ImpersonationLevel > SecurityDelegation))
		return STATUS_INVALID_PARAMETER;
	if (Quality)
		Client->Level = Quality->ImpersonationLevel;
	Client->Token = SeReferenceEffectiveToken();
	if (!Client->Token)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (Client->Token->Type == TokenImpersonation && Client->Level > Client->Token->Level)
		Client->Level = Client->Token->Level;
	return STATUS_SUCCESS;
}

VOID SeReleaseClient(SE_CLIENT *Client)
{
	SeReleaseToken(Client->Token);
	Client->Token = NULL;
}

NTSTATUS SeImpersonateClient(const SE_CLIENT *Client, PETHREAD Server)
{
	PTOKEN Copy;
	NTSTATUS Status;

	if (!Client->Token)
		return STATUS_CANNOT_IMPERSONATE;
	Status = SepCopyToken(Client->Token, FALSE, TokenImpersonation, Client->Level, &Copy);
	if (NT_SUCCESS(Status))
		SeSetThreadToken(Server, Copy);
	return Status;
}

/* ---- Nt* ---- */

NTSTATUS NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
			   PHANDLE Handle)
{
	NT_ENTRY(NtOpenThreadToken, .Handle = ThreadHandle, .Output = Handle);
	NTSTATUS Status = ObProbeHandle(Handle);
	PTOKEN Token = NULL;
	POBJECT Thread;

	(void)OpenAsSelf; /* the default descriptor of a token lets both in */
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_QUERY_INFORMATION,
						   &PsThreadType, &Thread);
	if (NT_SUCCESS(Status)) {
		Token = ReferenceThreadToken((PETHREAD)Thread);
		ObDereferenceObject(Thread);
		if (!Token)
			Status = STATUS_NO_TOKEN;
		else if (Token->Level == SecurityAnonymous)
			Status = STATUS_CANT_OPEN_ANONYMOUS;
		else
			Status = ObOpenObjectByPointer(&Token->Object, DesiredAccess, 0, Handle);
	}
	SeReleaseToken(Token);
	TRACE(TR_NT, "NtOpenThreadToken(%p, Desired Access: %s) = %s", ThreadHandle,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpTokenAccess, DesiredAccess),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS SeAssignImpersonationToken(PETHREAD Thread, HANDLE Handle)
{
	PTOKEN Token = NULL;
	NTSTATUS Status = Handle ? SepReferenceToken(Handle, TOKEN_IMPERSONATE, &Token)
				 : STATUS_SUCCESS;

	if (NT_SUCCESS(Status) && Token && Token->Type != TokenImpersonation)
		Status = STATUS_BAD_TOKEN_TYPE;
	if (NT_SUCCESS(Status))
		SeSetThreadToken(Thread, Token);
	else
		SeReleaseToken(Token);
	return Status;
}

/* What Thread acts as, to be impersonated at the level of Quality. */
static NTSTATUS CaptureThread(PETHREAD Thread, const SECURITY_QUALITY_OF_SERVICE *Quality,
			      SE_CLIENT *Client)
{
	Client->Level = Quality->ImpersonationLevel;
	if (Quality->Length != sizeof(*Quality) || Client->Level > SecurityDelegation)
		return STATUS_INVALID_PARAMETER;
	Client->Token = ReferenceThreadToken(Thread);
	if (!Client->Token) {
		Client->Token = SePrimaryToken();
		ObReferenceObject(&Client->Token->Object);
	}
	return Client->Token->Type == TokenImpersonation && Client->Level > Client->Token->Level
		       ? STATUS_BAD_IMPERSONATION_LEVEL
		       : STATUS_SUCCESS;
}

NTSTATUS NtImpersonateThread(HANDLE Server, HANDLE Client, SECURITY_QUALITY_OF_SERVICE *Quality)
{
	NT_ENTRY(NtImpersonateThread, .Handle = Server);
	NTSTATUS Status = ProbeForRead(Quality, sizeof(*Quality), sizeof(ULONG));
	POBJECT ServerThread = NULL, ClientThread = NULL;
	SE_CLIENT Captured = { 0 };

	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Client, THREAD_DIRECT_IMPERSONATION,
						   &PsThreadType, &ClientThread);
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Server, THREAD_IMPERSONATE, &PsThreadType,
						   &ServerThread);
	if (NT_SUCCESS(Status))
		Status = CaptureThread((PETHREAD)ClientThread, Quality, &Captured);
	if (NT_SUCCESS(Status))
		Status = SeImpersonateClient(&Captured, (PETHREAD)ServerThread);
	SeReleaseClient(&Captured);
	if (ServerThread)
		ObDereferenceObject(ServerThread);
	if (ClientThread)
		ObDereferenceObject(ClientThread);
	TRACE(TR_NT, "NtImpersonateThread(%p, %p) = %s", Server, Client, NtStatusName(Status));
	return Status;
}
