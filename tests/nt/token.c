/* SPDX-License-Identifier: MIT */
/* token.c - identifiers, lists, tokens and the access check: nt.md SE1..SE4, SE6, SE12. */
#include "nttest.h"
#include "nt/se.h"

static SE_SID(world, 1, 1, 0);
static SE_SID(stranger, 5, 5, 21, 1, 2, 3, 1000);
static SE_SID(owner_rights, 3, 1, 4);
static UCHAR self_sid[SECURITY_MAX_SID_SIZE], group_sid[SECURITY_MAX_SID_SIZE];
static HANDLE token, client; /* the process's; an impersonation copy */

static const GENERIC_MAPPING mapping = { READ_CONTROL | 1, READ_CONTROL | 2, READ_CONTROL | 4,
					 STANDARD_RIGHTS_REQUIRED | 7 };

static void identifiers_and_lists(void)
{
	ULONG_PTR room[32];
	PACL acl = (PACL)room;
	ACCESS_ALLOWED_ACE *ace;
	UCHAR copy[SECURITY_MAX_SID_SIZE];

	EQ("SE0", RtlLengthSid(&world), 12);
	EQ("SE0", RtlLengthRequiredSid(5), 28);
	EQ("SE0", RtlValidSid(&stranger), 1);
	EQ("SE0", RtlEqualSid(&world, &world), 1);
	EQ("SE0", RtlEqualSid(&world, &stranger), 0);
	ST("SE0", RtlCopySid(11, copy, &world), BUFFER_TOO_SMALL);
	ST("SE0", RtlCopySid(sizeof(copy), copy, &stranger), SUCCESS);
	EQ("SE0", *RtlSubAuthoritySid(copy, 4), 1000);
	ST("SE0", RtlCreateAcl(acl, 7, ACL_REVISION), BUFFER_TOO_SMALL);
	ST("SE0", RtlCreateAcl(acl, sizeof(room), 1), INVALID_PARAMETER);
	ST("SE0", RtlCreateAcl(acl, 8 + 20, ACL_REVISION), SUCCESS);
	ST("SE0", RtlAddAccessAllowedAce(acl, ACL_REVISION, 5, &world), SUCCESS);
	ST("SE0", RtlAddAccessAllowedAce(acl, ACL_REVISION, 5, &world), ALLOTTED_SPACE_EXCEEDED);
	EQ("SE0", RtlValidAcl(acl), 1);
	ST("SE0", RtlGetAce(acl, 0, (PVOID *)&ace), SUCCESS);
	EQ("SE0", ace->Mask, 5);
	EQ("SE0", RtlEqualSid(&ace->SidStart, &world), 1);
	ST("SE0", RtlGetAce(acl, 1, (PVOID *)&ace), INVALID_PARAMETER);
	acl->AceCount = 2;
	EQ("SE0", RtlValidAcl(acl), 0);
}

static void opening(void)
{
	HANDLE h = GARBAGE;

	ST("SE12", NtOpenProcessToken(GARBAGE, TOKEN_QUERY, &h), INVALID_HANDLE);
	EQ("SE12", h == NULL, 1);
	ST("SE12", NtOpenProcessToken(NtCurrentThread(), TOKEN_QUERY, &h), OBJECT_TYPE_MISMATCH);
	ST("SE12",
	   NtOpenProcessToken(NtCurrentProcess(),
			      TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ADJUST_PRIVILEGES, &token),
	   SUCCESS);
	ST("SE12", NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, FALSE, &h), NO_TOKEN);
	EQ("SE12", h == NULL, 1);
}

static void information(void)
{
	_Alignas(8) char room[4096];
	TOKEN_STATISTICS statistics;
	TOKEN_USER *user = (void *)room;
	TOKEN_GROUPS *groups = (void *)room;
	TOKEN_OWNER *group = (void *)room;
	ULONG needed = 0, type = 0;

	ST("SE9", NtQueryInformationToken(token, TokenUser, NULL, 0, &needed), BUFFER_TOO_SMALL);
	EQ("SE9", needed > sizeof(*user), 1);
	ST("SE12", NtQueryInformationToken(token, TokenUser, room, needed, &needed), SUCCESS);
	EQ("SE12", RtlValidSid(user->User.Sid), 1);
	RtlCopySid(sizeof(self_sid), self_sid, user->User.Sid);
	ST("SE12", NtQueryInformationToken(token, TokenGroups, room, sizeof(room), &needed),
	   SUCCESS);
	EQ("SE12", groups->GroupCount > 0, 1);
	ST("SE12", NtQueryInformationToken(token, TokenPrimaryGroup, room, sizeof(room), &needed),
	   SUCCESS);
	RtlCopySid(sizeof(group_sid), group_sid, group->Owner);
	ST("SE12", NtQueryInformationToken(token, TokenType, &type, sizeof(type), &needed),
	   SUCCESS);
	EQ("SE12", type, TokenPrimary);
	ST("SE12",
	   NtQueryInformationToken(token, TokenStatistics, &statistics, sizeof(statistics),
				   &needed),
	   SUCCESS);
	EQ("SE12", statistics.TokenType, TokenPrimary);
	ST("G6", NtQueryInformationToken(token, 999, room, sizeof(room), &needed),
	   INVALID_INFO_CLASS);
	ST("G7",
	   NtQueryInformationToken(NtCurrentProcess(), TokenUser, room, sizeof(room), &needed),
	   OBJECT_TYPE_MISMATCH);
}

static void duplicating(void)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityIdentification, 0, 0 };
	OBJECT_ATTRIBUTES oa = { .Length = sizeof(oa), .SecurityQualityOfService = &quality };
	ULONG level = 99, needed;
	HANDLE h;

	ST("SE12",
	   NtDuplicateToken(token, TOKEN_ALL_ACCESS, &oa, FALSE, TokenImpersonation, &client),
	   SUCCESS);
	ST("SE12",
	   NtQueryInformationToken(client, TokenImpersonationLevel, &level, sizeof(level), &needed),
	   SUCCESS);
	EQ("SE12", level, SecurityIdentification);
	quality.ImpersonationLevel = SecurityImpersonation;
	ST("SE12", NtDuplicateToken(client, TOKEN_ALL_ACCESS, &oa, FALSE, TokenImpersonation, &h),
	   BAD_IMPERSONATION_LEVEL);
}

/* ---- impersonation ---- */
static NTSTATUS impersonate(HANDLE with)
{
	return NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &with,
				      sizeof(with));
}

static void impersonating(void)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityImpersonation, 0, 0 };
	OBJECT_ATTRIBUTES oa = { .Length = sizeof(oa), .SecurityQualityOfService = &quality };
	ULONG needed, level = 99;
	HANDLE copy, own;

	ST("SE13", NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &own), NO_TOKEN);
	ST("SE13", impersonate(token), ACCESS_DENIED);
	ST("SE13", NtOpenProcessToken(NtCurrentProcess(), TOKEN_IMPERSONATE, &own), SUCCESS);
	ST("SE13", impersonate(own), BAD_TOKEN_TYPE);
	NtClose(own);
	ST("SE13", impersonate(GARBAGE), INVALID_HANDLE);
	ST("SE13", NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &token, 4),
	   INFO_LENGTH_MISMATCH);
	ST("SE13", NtDuplicateToken(token, TOKEN_ALL_ACCESS, &oa, FALSE, TokenImpersonation, &copy),
	   SUCCESS);
	ST("SE13", impersonate(copy), SUCCESS);
	NtClose(copy); /* the thread keeps it */
	ST("SE13", NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &own), SUCCESS);
	ST("SE13",
	   NtQueryInformationToken(own, TokenImpersonationLevel, &level, sizeof(level), &needed),
	   SUCCESS);
	EQ("SE13", level, SecurityImpersonation);
	NtClose(own);
	ST("SE13", impersonate(NULL), SUCCESS);
	ST("SE13", NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &own), NO_TOKEN);
	EQ("G1", own == NULL, 1);
}

#if NTSHIM
static void impersonating_a_thread(void)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityAnonymous, 0, 0 };
	HANDLE self = NtCurrentThread(), own;

	ST("SE13", NtImpersonateThread(self, self, NULL), ACCESS_VIOLATION);
	ST("SE13", NtImpersonateThread(self, NtCurrentProcess(), &quality), OBJECT_TYPE_MISMATCH);
	ST("SE13", NtImpersonateThread(self, self, &quality), SUCCESS);
	ST("SE13", NtOpenThreadToken(self, TOKEN_QUERY, TRUE, &own), CANT_OPEN_ANONYMOUS);
	quality.ImpersonationLevel = SecurityImpersonation;
	ST("SE13", NtImpersonateThread(self, self, &quality), BAD_IMPERSONATION_LEVEL);
	ST("SE13", impersonate(NULL), SUCCESS);
	ST("SE13", NtImpersonateThread(self, self, &quality), SUCCESS);
	ST("SE13", impersonate(NULL), SUCCESS);
}
#endif

/* The server of a pipe acts as its client, as far as that lets it. */
static void pipe_clients(void)
{
	SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityIdentification, 0, 0 };
	UNICODE_STRING *name = US(u"\\??\\PIPE\\lxrun-token");
	OBJECT_ATTRIBUTES oa = { sizeof(oa), NULL, name, OBJ_CASE_INSENSITIVE, NULL, &quality };
	LARGE_INTEGER timeout = { .QuadPart = -500000 };
	HANDLE server = NULL, end = NULL, own = NULL;
	ULONG level = 99, needed;
	IO_STATUS_BLOCK io;

	ST("setup",
	   NtCreateNamedPipeFile(&server, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
				 OA(name, OBJ_CASE_INSENSITIVE, NULL), &io, 3, FILE_CREATE,
				 FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1, 100, 100, &timeout),
	   SUCCESS);
	ST("NP11",
	   NtFsControlFile(server, NULL, NULL, NULL, &io, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0),
	   CANNOT_IMPERSONATE);
	ST("setup",
	   NtOpenFile(&end, GENERIC_READ | SYNCHRONIZE, &oa, &io, 3, FILE_SYNCHRONOUS_IO_NONALERT),
	   SUCCESS);
	ST("NP11",
	   NtFsControlFile(end, NULL, NULL, NULL, &io, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0),
	   ILLEGAL_FUNCTION);
	ST("NP11",
	   NtFsControlFile(server, NULL, NULL, NULL, &io, FSCTL_PIPE_IMPERSONATE, NULL, 0, NULL, 0),
	   SUCCESS);
	ST("NP11", NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &own), SUCCESS);
	ST("NP11",
	   NtQueryInformationToken(own, TokenImpersonationLevel, &level, sizeof(level), &needed),
	   SUCCESS);
	EQ("NP11", level, SecurityIdentification);
	if (own)
		NtClose(own);
	ST("NP11", impersonate(NULL), SUCCESS);
	NtClose(end);
	NtClose(server);
}

/* ---- privileges ---- */
static NTSTATUS set_privilege(ULONG number, ULONG attributes)
{
	TOKEN_PRIVILEGES state = { 1, { { { number, 0 }, attributes } } };

	return NtAdjustPrivilegesToken(token, FALSE, &state, 0, NULL, NULL);
}

static BOOLEAN holds(ULONG number)
{
	PRIVILEGE_SET set = { 1, PRIVILEGE_SET_ALL_NECESSARY, { { { number, 0 }, 0 } } };
	BOOLEAN result = 99;

	ST("SE5", NtPrivilegeCheck(token, &set, &result), SUCCESS);
	return result;
}

static void privileges(void)
{
	TOKEN_PRIVILEGES off = { 1, { { { SE_CHANGE_NOTIFY_PRIVILEGE, 0 }, 0 } } }, before;
	ULONG needed = 0;

	EQ("SE5", holds(SE_CHANGE_NOTIFY_PRIVILEGE), 1);
	ST("SE5", NtAdjustPrivilegesToken(token, FALSE, &off, 4, &before, &needed),
	   BUFFER_TOO_SMALL);
	EQ("SE5", needed, sizeof(before));
	EQ("SE5", holds(SE_CHANGE_NOTIFY_PRIVILEGE), 1);
	ST("SE5", NtAdjustPrivilegesToken(token, FALSE, &off, sizeof(before), &before, &needed),
	   SUCCESS);
	EQ("SE5", before.PrivilegeCount, 1);
	EQ("SE5", before.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED, SE_PRIVILEGE_ENABLED);
	EQ("SE5", holds(SE_CHANGE_NOTIFY_PRIVILEGE), 0);
	ST("SE5", set_privilege(SE_CHANGE_NOTIFY_PRIVILEGE, SE_PRIVILEGE_ENABLED), SUCCESS);
	EQ("SE5", holds(SE_CHANGE_NOTIFY_PRIVILEGE), 1);
	ST("SE5", set_privilege(33333, SE_PRIVILEGE_ENABLED), NOT_ALL_ASSIGNED);
	ST("SE5", NtAdjustPrivilegesToken(token, FALSE, NULL, 0, NULL, NULL), INVALID_PARAMETER);
}

/* ---- the access check ---- */
static _Alignas(8) char dacl_room[512];
static SECURITY_DESCRIPTOR descriptor;

/* A descriptor owned by owner whose list is empty; grants and denials are added to it. */
static void begin(PSID owner)
{
	RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
	RtlSetOwnerSecurityDescriptor(&descriptor, owner, FALSE);
	RtlSetGroupSecurityDescriptor(&descriptor, group_sid, FALSE);
	RtlCreateAcl((PACL)dacl_room, sizeof(dacl_room), ACL_REVISION);
	RtlSetDaclSecurityDescriptor(&descriptor, TRUE, (PACL)dacl_room, FALSE);
}

static void allow(ACCESS_MASK mask, PSID sid, ULONG flags)
{
	RtlAddAccessAllowedAceEx((PACL)dacl_room, ACL_REVISION, flags, mask, sid);
}

static void deny(ACCESS_MASK mask, PSID sid)
{
	RtlAddAccessDeniedAce((PACL)dacl_room, ACL_REVISION, mask, sid);
}

static ACCESS_MASK granted;
static NTSTATUS check(ACCESS_MASK desired)
{
	char room[128];
	ULONG length = sizeof(room);
	NTSTATUS access = 0x7777, status;

	granted = 0xFFFF;
	status = NtAccessCheck(&descriptor, client, desired, &mapping, (PPRIVILEGE_SET)room,
			       &length, &granted, &access);
	return NT_SUCCESS(status) ? access : status;
}

static void lists_are_walked_in_order(void)
{
	begin(&stranger);
	ST("SE1", check(1), ACCESS_DENIED);
	EQ("SE1", granted, 0);
	allow(1, self_sid, 0);
	ST("SE2", check(1), SUCCESS);
	EQ("SE2", granted, 1);
	ST("SE2", check(3), ACCESS_DENIED);
	allow(2, &world, 0);
	ST("SE2", check(3), SUCCESS);
	deny(2, self_sid); /* too late */
	ST("SE2", check(3), SUCCESS);
	deny(4, self_sid);
	allow(4, self_sid, 0);
	ST("SE2", check(4), ACCESS_DENIED);
	ST("SE2", check(1 | 4), ACCESS_DENIED);
	ST("SE3", check(MAXIMUM_ALLOWED), SUCCESS);
	EQ("SE3", granted, 3);
	begin(&stranger);
	deny(1, &stranger); /* somebody else */
	allow(1, self_sid, INHERIT_ONLY_ACE);
	ST("SE2", check(1), ACCESS_DENIED);
	allow(GENERIC_READ, self_sid, 0);
	ST("SE2", check(1), SUCCESS);
	ST("SE3", check(MAXIMUM_ALLOWED | 2), ACCESS_DENIED);
	begin(&stranger);
	ST("SE3", check(MAXIMUM_ALLOWED), ACCESS_DENIED);
}

static void no_list_grants_everything(void)
{
	begin(&stranger);
	RtlSetDaclSecurityDescriptor(&descriptor, FALSE, NULL, FALSE);
	ST("SE1", check(7), SUCCESS);
	RtlSetDaclSecurityDescriptor(&descriptor, TRUE, NULL, FALSE);
	ST("SE1", check(7 | WRITE_OWNER), SUCCESS);
	EQ("SE1", granted, 7 | WRITE_OWNER);
	ST("SE3", check(MAXIMUM_ALLOWED), SUCCESS);
	EQ("SE3", granted, mapping.GenericAll);
}

static void owners_may_change_the_list(void)
{
	begin(self_sid);
	ST("SE4", check(READ_CONTROL | WRITE_DAC), SUCCESS);
	ST("SE4", check(1), ACCESS_DENIED);
	ST("SE3", check(MAXIMUM_ALLOWED), SUCCESS);
	EQ("SE3", granted, READ_CONTROL | WRITE_DAC);
	allow(1, &owner_rights, 0);
	ST("SE4", check(1), SUCCESS);
	ST("SE4", check(WRITE_DAC), ACCESS_DENIED);
}

static void bad_checks(void)
{
	char room[128];
	ULONG length = 4;
	NTSTATUS access;

	begin(self_sid);
	ST("SE2", check(GENERIC_READ), GENERIC_NOT_MAPPED);
	ST("SE2",
	   NtAccessCheck(&descriptor, token, 1, &mapping, (PPRIVILEGE_SET)room, &length, &granted,
			 &access),
	   NO_IMPERSONATION_TOKEN);
	ST("SE9",
	   NtAccessCheck(&descriptor, client, 1, &mapping, (PPRIVILEGE_SET)room, &length, &granted,
			 &access),
	   BUFFER_TOO_SMALL);
	RtlSetOwnerSecurityDescriptor(&descriptor, NULL, FALSE);
	ST("SE1", check(1), INVALID_SECURITY_DESCR);
	begin(self_sid);
	ST("SE6", check(ACCESS_SYSTEM_SECURITY), PRIVILEGE_NOT_HELD);
}

int main(void)
{
	nt_start();
	identifiers_and_lists();
	opening();
	information();
	duplicating();
	impersonating();
	pipe_clients();
#if NTSHIM
	impersonating_a_thread();
#endif
	privileges();
	lists_are_walked_in_order();
	no_list_grants_everything();
	owners_may_change_the_list();
	bad_checks();
	NtClose(client);
	NtClose(token);
	return nt_end("token");
}
