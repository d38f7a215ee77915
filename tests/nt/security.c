/* SPDX-License-Identifier: MIT */
/* security.c - descriptors of named objects: nt.md OM21, SE6, SE7, SE9, SE10. */
#include "nttest.h"
#include "nt/se.h"

static SE_SID(world, 1, 1, 0);
static SE_SID(stranger, 5, 5, 21, 1, 2, 3, 1000);
static SE_SID(creator_owner, 3, 1, 0);
static UCHAR self_sid[SECURITY_MAX_SID_SIZE];

static _Alignas(8) char acl_room[512];
static PACL acl = (PACL)acl_room;
static SECURITY_DESCRIPTOR descriptor;

static void who_am_i(void)
{
	_Alignas(8) char room[256];
	ULONG needed;
	HANDLE token;

	ST("SE12", NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token), SUCCESS);
	ST("SE12", NtQueryInformationToken(token, TokenUser, room, sizeof(room), &needed), SUCCESS);
	RtlCopySid(sizeof(self_sid), self_sid, ((TOKEN_USER *)room)->User.Sid);
	NtClose(token);
}

/* A descriptor with a list for self, to which entries may be added. */
static void begin(ACCESS_MASK mask, ULONG flags)
{
	RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
	RtlCreateAcl(acl, sizeof(acl_room), ACL_REVISION);
	RtlAddAccessAllowedAceEx(acl, ACL_REVISION, flags, mask, self_sid);
	RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
}

static NTSTATUS make_event(HANDLE *h, PUNICODE_STRING name, HANDLE root, PVOID security)
{
	OBJECT_ATTRIBUTES oa = { sizeof(oa), root, name, 0, security, NULL };

	return NtCreateEvent(h, EVENT_ALL_ACCESS, &oa, NotificationEvent, FALSE);
}

static NTSTATUS open_event(HANDLE *h, PUNICODE_STRING name, HANDLE root, ACCESS_MASK access)
{
	return NtOpenEvent(h, access, OA(name, 0, root));
}

static void opens_are_checked(void)
{
	PUNICODE_STRING name = US(BNO u"lxrun-guarded");
	HANDLE h, other, more;
	LONG state;

	begin(EVENT_QUERY_STATE | SYNCHRONIZE, 0);
	ST("OM21", make_event(&h, name, NULL, &descriptor), SUCCESS);
	ST("OM21", NtSetEvent(h, &state), SUCCESS); /* the maker has what it asked for */
	ST("OM21", open_event(&other, name, NULL, EVENT_MODIFY_STATE), ACCESS_DENIED);
	EQ("G1", other == NULL, 1);
	ST("OM21", open_event(&other, name, NULL, GENERIC_ALL), ACCESS_DENIED);
	ST("OM21", open_event(&other, name, NULL, MAXIMUM_ALLOWED), SUCCESS);
	ST("OM21", NtSetEvent(other, &state), ACCESS_DENIED);
	ST("OM21", NtWaitForSingleObject(other, FALSE, NO_WAIT), SUCCESS);
	NtClose(other);
	ST("OM21", open_event(&other, name, NULL, EVENT_QUERY_STATE), SUCCESS);
	ST("OM22",
	   NtDuplicateObject(NtCurrentProcess(), other, NtCurrentProcess(), &more,
			     EVENT_MODIFY_STATE, 0, 0),
	   ACCESS_DENIED);
	NtClose(other);
	NtClose(h);
}

static void parts_are_told(void)
{
	_Alignas(8) char room[1024];
	SECURITY_DESCRIPTOR_RELATIVE *sd = (void *)room;
	BOOLEAN defaulted, present = FALSE;
	ULONG needed = 0;
	HANDLE h, weak;
	PACL dacl = NULL;
	PSID owner = NULL;

	begin(EVENT_ALL_ACCESS, 0);
	ST("SE9", make_event(&h, NULL, NULL, &descriptor), SUCCESS);
	ST("SE9", NtQuerySecurityObject(h, DACL_SECURITY_INFORMATION, NULL, 0, &needed),
	   BUFFER_TOO_SMALL);
	EQ("SE9", needed > sizeof(*sd), 1);
	ST("SE9", NtQuerySecurityObject(h, DACL_SECURITY_INFORMATION, room, needed - 1, &needed),
	   BUFFER_TOO_SMALL);
	ST("SE9", NtQuerySecurityObject(h, DACL_SECURITY_INFORMATION, room, needed, &needed),
	   SUCCESS);
	EQ("SE9", sd->Control & SE_SELF_RELATIVE, SE_SELF_RELATIVE);
	EQ("SE9", RtlValidSecurityDescriptor(sd), 1);
	RtlGetOwnerSecurityDescriptor(sd, &owner, &defaulted);
	EQ("SE9", owner == NULL, 1);
	RtlGetDaclSecurityDescriptor(sd, &present, &dacl, &defaulted);
	EQ("SE9", present && dacl && dacl->AceCount == 1, 1);
	ST("SE7",
	   NtQuerySecurityObject(h, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION, room,
				 sizeof(room), &needed),
	   SUCCESS);
	RtlGetOwnerSecurityDescriptor(sd, &owner, &defaulted);
	EQ("SE7", owner != NULL, 1);
	ST("SE7", NtQuerySecurityObject(h, SACL_SECURITY_INFORMATION, room, sizeof(room), &needed),
	   ACCESS_DENIED);
	NtDuplicateObject(NtCurrentProcess(), h, NtCurrentProcess(), &weak, SYNCHRONIZE, 0, 0);
	ST("SE7",
	   NtQuerySecurityObject(weak, DACL_SECURITY_INFORMATION, room, sizeof(room), &needed),
	   ACCESS_DENIED);
	ST("SE7", NtSetSecurityObject(weak, DACL_SECURITY_INFORMATION, &descriptor), ACCESS_DENIED);
	ST("SE7", NtSetSecurityObject(weak, OWNER_SECURITY_INFORMATION, &descriptor),
	   ACCESS_DENIED);
	NtClose(weak);
	NtClose(h);
}

static void descriptors_change(void)
{
	PUNICODE_STRING name = US(BNO u"lxrun-changed");
	HANDLE h, other;

	ST("SE7", make_event(&h, name, NULL, NULL), SUCCESS);
	ST("OM21", open_event(&other, name, NULL, EVENT_MODIFY_STATE), SUCCESS);
	NtClose(other);
	begin(EVENT_QUERY_STATE, 0);
	ST("SE7", NtSetSecurityObject(h, DACL_SECURITY_INFORMATION, &descriptor), SUCCESS);
	ST("OM21", open_event(&other, name, NULL, EVENT_MODIFY_STATE), ACCESS_DENIED);
	ST("OM21", open_event(&other, name, NULL, EVENT_QUERY_STATE), SUCCESS);
	NtClose(other);
	RtlSetOwnerSecurityDescriptor(&descriptor, &stranger, FALSE);
	ST("SE6", NtSetSecurityObject(h, OWNER_SECURITY_INFORMATION, &descriptor), INVALID_OWNER);
	RtlSetOwnerSecurityDescriptor(&descriptor, self_sid, FALSE);
	ST("SE6", NtSetSecurityObject(h, OWNER_SECURITY_INFORMATION, &descriptor), SUCCESS);
	ST("SE7", NtSetSecurityObject(h, DACL_SECURITY_INFORMATION, NULL), ACCESS_VIOLATION);
	NtClose(h);
}

/* The mask that the first entry of h's list allows to sid; 0: no such entry. */
static ACCESS_MASK allowed(HANDLE h, PSID sid, ULONG flags)
{
	_Alignas(8) char room[1024];
	BOOLEAN present, defaulted;
	ACCESS_ALLOWED_ACE *ace;
	PACL dacl = NULL;
	ULONG needed;

	ST("SE10", NtQuerySecurityObject(h, DACL_SECURITY_INFORMATION, room, sizeof(room), &needed),
	   SUCCESS);
	RtlGetDaclSecurityDescriptor(room, &present, &dacl, &defaulted);
	for (ULONG i = 0; dacl && NT_SUCCESS(RtlGetAce(dacl, i, (PVOID *)&ace)); i++)
		if (ace->Header.AceFlags == flags && RtlEqualSid(&ace->SidStart, sid))
			return ace->Mask;
	return 0;
}

static void children_inherit(void)
{
	const ULONG both = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
	OBJECT_ATTRIBUTES oa = { sizeof(oa), NULL, US(BNO u"lxrun-parent"), 0, &descriptor, NULL };
	HANDLE parent, child, inner, leaf;

	begin(GENERIC_ALL, CONTAINER_INHERIT_ACE);
	RtlAddAccessAllowedAceEx(acl, ACL_REVISION, both, READ_CONTROL, &world);
	RtlAddAccessAllowedAceEx(acl, ACL_REVISION, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE,
				 GENERIC_READ, &creator_owner);
	ST("SE10", NtCreateDirectoryObject(&parent, DIRECTORY_ALL_ACCESS, &oa), SUCCESS);
	ST("SE10", make_event(&child, US(u"event"), parent, NULL), SUCCESS);
	EQ("SE10", allowed(child, &world, 0), READ_CONTROL);
	EQ("SE10", allowed(child, self_sid, 0), READ_CONTROL | EVENT_QUERY_STATE);
	ST("SE10", open_event(&leaf, US(u"event"), parent, EVENT_MODIFY_STATE), ACCESS_DENIED);
	NtClose(child);
	oa = (OBJECT_ATTRIBUTES){ sizeof(oa), parent, US(u"inner"), 0, NULL, NULL };
	ST("SE10", NtCreateDirectoryObject(&inner, DIRECTORY_ALL_ACCESS, &oa), SUCCESS);
	EQ("SE10", allowed(inner, &world, both), READ_CONTROL);
	EQ("SE10", allowed(inner, &creator_owner, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE),
	   GENERIC_READ);
	ST("SE10", make_event(&leaf, US(u"event"), inner, NULL), SUCCESS);
	EQ("SE10", allowed(leaf, &world, 0), READ_CONTROL);
	NtClose(leaf);
	NtClose(inner);
	NtClose(parent);
}

#if NTSHIM
static void directories_say_who_may_add(void)
{
	OBJECT_ATTRIBUTES oa = { sizeof(oa), NULL, US(BNO u"lxrun-closed"), 0, &descriptor, NULL };
	HANDLE parent, h;

	begin(DIRECTORY_QUERY | DIRECTORY_CREATE_OBJECT, 0);
	ST("SE10", NtCreateDirectoryObject(&parent, DIRECTORY_ALL_ACCESS, &oa), SUCCESS);
	ST("SE10", make_event(&h, US(u"event"), parent, NULL), SUCCESS);
	NtClose(h);
	ST("SE10", NtCreateDirectoryObject(&h, DIRECTORY_ALL_ACCESS, OA(US(u"inner"), 0, parent)),
	   ACCESS_DENIED);
	NtClose(parent);
}

static void bad_descriptors(void)
{
	HANDLE h;

	begin(EVENT_ALL_ACCESS, 0);
	acl->AceCount = 7;
	ST("SE1", make_event(&h, NULL, NULL, &descriptor), INVALID_SECURITY_DESCR);
	EQ("G1", h == NULL, 1);
	ST("SE1", make_event(&h, NULL, NULL, (PVOID)1), ACCESS_VIOLATION);
	begin(EVENT_ALL_ACCESS, 0);
	RtlSetOwnerSecurityDescriptor(&descriptor, &stranger, FALSE);
	ST("SE6", make_event(&h, NULL, NULL, &descriptor), INVALID_OWNER);
	ST("SE6", NtCreateEvent(&h, ACCESS_SYSTEM_SECURITY, NULL, NotificationEvent, FALSE),
	   PRIVILEGE_NOT_HELD);
}
#endif

int main(void)
{
	nt_start();
	who_am_i();
#if NTSHIM
	ULONG objects = ObQueryObjectCount(), handles = ObQueryHandleCount();
#endif
	opens_are_checked();
	parts_are_told();
	descriptors_change();
	children_inherit();
#if NTSHIM
	directories_say_who_may_add();
	bad_descriptors();
	EQ("leaks", ObQueryObjectCount(), objects);
	EQ("leaks", ObQueryHandleCount(), handles);
#endif
	return nt_end("security");
}
