/* SPDX-License-Identifier: MIT */
/*
 * se.h - security: identifiers, lists, descriptors, tokens, the access check. nt.md SE1..SE12.
 *
 * There is one identity, the host user's: every process has the supervisor's token, as the processes of a
 * WSL instance have that of the user who started it. uid and gid are S-1-22-1-<uid> and S-1-22-2-<gid>
 * (the numbers Samba gives them). An object without a descriptor of its own has the token's default one,
 * which allows that user everything; it costs no check. Descriptors of files: io.h.
 */
#ifndef NT_SE_H
#define NT_SE_H
#include "nt/ob.h"

#define ACCESS_SYSTEM_SECURITY 0x01000000u

/* ---- identifiers ---- */
typedef struct _SID_IDENTIFIER_AUTHORITY { UCHAR Value[6]; } SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;
typedef struct _SID {
	UCHAR                    Revision, SubAuthorityCount;
	SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
	ULONG                    SubAuthority[1];
} SID;
_Static_assert(offsetof(SID, SubAuthority) == 8, "SID");
typedef PVOID PSID, PSECURITY_DESCRIPTOR;
#define SID_REVISION                 1
#define SID_MAX_SUB_AUTHORITIES      15
#define SECURITY_MAX_SID_SIZE        68
/* A constant identifier: SE_SID(name, authority, count, sub authorities...). */
#define SE_SID(Name, Authority, Count, ...)                                                   \
	struct {                                                                              \
		UCHAR Revision, SubAuthorityCount, IdentifierAuthority[6];                    \
		ULONG SubAuthority[Count];                                                    \
	} Name = { SID_REVISION, Count, { 0, 0, 0, 0, 0, Authority }, { __VA_ARGS__ } }
BOOLEAN NTAPI RtlValidSid(PSID Sid);
ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount);
ULONG NTAPI RtlLengthSid(PSID Sid);
BOOLEAN NTAPI RtlEqualSid(PSID First, PSID Second);
/* STATUS_BUFFER_TOO_SMALL. */
NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source);
NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority, UCHAR SubAuthorityCount);
PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG Index);

/* ---- access control lists ---- */
typedef struct _ACL { UCHAR AclRevision, Sbz1; USHORT AclSize, AceCount, Sbz2; } ACL, *PACL;
typedef struct _ACE_HEADER { UCHAR AceType, AceFlags; USHORT AceSize; } ACE_HEADER, *PACE_HEADER;
/* Allowed, denied and audit entries look alike. */
typedef struct _ACCESS_ALLOWED_ACE { ACE_HEADER Header; ACCESS_MASK Mask; ULONG SidStart; } ACCESS_ALLOWED_ACE;
_Static_assert(sizeof(ACL) == 8 && offsetof(ACCESS_ALLOWED_ACE, SidStart) == 8, "ACL, ACE");
#define ACL_REVISION             2
#define ACL_REVISION_DS          4
#define ACCESS_ALLOWED_ACE_TYPE  0
#define ACCESS_DENIED_ACE_TYPE   1
#define SYSTEM_AUDIT_ACE_TYPE    2
#define OBJECT_INHERIT_ACE       0x01
#define CONTAINER_INHERIT_ACE    0x02
#define NO_PROPAGATE_INHERIT_ACE 0x04
#define INHERIT_ONLY_ACE         0x08
#define INHERITED_ACE            0x10
/* Length: the room at Acl. STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER. */
NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG Length, ULONG Revision);
BOOLEAN NTAPI RtlValidAcl(PACL Acl);
/* STATUS_ALLOTTED_SPACE_EXCEEDED, STATUS_INVALID_SID, STATUS_INVALID_ACL. */
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG Revision, ULONG Flags, ACCESS_MASK Mask, PSID Sid);
/* Borrows from Acl. STATUS_INVALID_PARAMETER: no such entry. */
NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG Index, PVOID *Ace);

/* ---- security descriptors ---- */
typedef struct _SECURITY_DESCRIPTOR {
	UCHAR  Revision, Sbz1;
	USHORT Control;
	PSID   Owner, Group;
	PACL   Sacl, Dacl;
} SECURITY_DESCRIPTOR;
typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
	UCHAR  Revision, Sbz1;
	USHORT Control;
	ULONG  Owner, Group, Sacl, Dacl; /* offsets; 0: none */
} SECURITY_DESCRIPTOR_RELATIVE;
_Static_assert(sizeof(SECURITY_DESCRIPTOR) == 40 && sizeof(SECURITY_DESCRIPTOR_RELATIVE) == 20, "descriptors");
#define SECURITY_DESCRIPTOR_REVISION 1
#define SE_OWNER_DEFAULTED     0x0001u
#define SE_GROUP_DEFAULTED     0x0002u
#define SE_DACL_PRESENT        0x0004u
#define SE_DACL_DEFAULTED      0x0008u
#define SE_SACL_PRESENT        0x0010u
#define SE_SACL_DEFAULTED      0x0020u
#define SE_DACL_AUTO_INHERITED 0x0400u
#define SE_DACL_PROTECTED      0x1000u
#define SE_SELF_RELATIVE       0x8000u
typedef ULONG SECURITY_INFORMATION;
#define OWNER_SECURITY_INFORMATION 0x1u
#define GROUP_SECURITY_INFORMATION 0x2u
#define DACL_SECURITY_INFORMATION  0x4u
#define SACL_SECURITY_INFORMATION  0x8u
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Revision);
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor);
/* As a self-relative one, padding included. */
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor);
/* Of an absolute descriptor, which borrows what is set. STATUS_INVALID_SECURITY_DESCR. */
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Owner, BOOLEAN Defaulted);
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID Group, BOOLEAN Defaulted);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Dacl, BOOLEAN Defaulted);
NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, BOOLEAN Present, PACL Sacl, BOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Owner, PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSID *Group, PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Dacl, PBOOLEAN Defaulted);
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PBOOLEAN Present, PACL *Sacl, PBOOLEAN Defaulted);
/* Whether these Length bytes are a self-relative descriptor that leads nowhere else, with the parts Required. */
BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, ULONG Length, SECURITY_INFORMATION Required);
/* Of either form. *Length: room, and what is needed. STATUS_BUFFER_TOO_SMALL. */
NTSTATUS NTAPI RtlMakeSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR Relative, PULONG Length);

/*
 * The descriptor of the object behind Handle, self-relative, only the parts asked for. READ_CONTROL, for
 * the SACL ACCESS_SYSTEM_SECURITY (SE7). *Needed is always told; STATUS_BUFFER_TOO_SMALL (SE9).
 */
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, ULONG Length, PULONG Needed);
/*
 * Replaces the parts named. WRITE_OWNER for owner and group, WRITE_DAC, ACCESS_SYSTEM_SECURITY. An owner
 * that the caller's token may not give: STATUS_INVALID_OWNER, unless it has SeRestorePrivilege (SE6).
 */
NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor);

/* ---- tokens ---- */
#define TOKEN_ASSIGN_PRIMARY    0x0001u
#define TOKEN_DUPLICATE         0x0002u
#define TOKEN_IMPERSONATE       0x0004u
#define TOKEN_QUERY             0x0008u
#define TOKEN_QUERY_SOURCE      0x0010u
#define TOKEN_ADJUST_PRIVILEGES 0x0020u
#define TOKEN_ADJUST_GROUPS     0x0040u
#define TOKEN_ADJUST_DEFAULT    0x0080u
#define TOKEN_ADJUST_SESSIONID  0x0100u
#define TOKEN_ALL_ACCESS        0xF01FFu
typedef struct _LUID { ULONG LowPart; LONG HighPart; } LUID, *PLUID;
typedef struct _LUID_AND_ATTRIBUTES { LUID Luid; ULONG Attributes; } LUID_AND_ATTRIBUTES;
typedef struct _SID_AND_ATTRIBUTES { PSID Sid; ULONG Attributes; } SID_AND_ATTRIBUTES;
typedef struct _TOKEN_PRIVILEGES { ULONG PrivilegeCount; LUID_AND_ATTRIBUTES Privileges[1]; } TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;
typedef struct _PRIVILEGE_SET { ULONG PrivilegeCount, Control; LUID_AND_ATTRIBUTES Privilege[1]; } PRIVILEGE_SET, *PPRIVILEGE_SET;
_Static_assert(sizeof(TOKEN_PRIVILEGES) == 16 && sizeof(PRIVILEGE_SET) == 20, "privileges");
typedef struct _TOKEN_USER { SID_AND_ATTRIBUTES User; } TOKEN_USER;
typedef struct _TOKEN_GROUPS { ULONG GroupCount; SID_AND_ATTRIBUTES Groups[1]; } TOKEN_GROUPS;
typedef struct _TOKEN_OWNER { PSID Owner; } TOKEN_OWNER; /* TOKEN_PRIMARY_GROUP alike */
typedef struct _TOKEN_DEFAULT_DACL { PACL DefaultDacl; } TOKEN_DEFAULT_DACL;
typedef struct _TOKEN_STATISTICS {
	LUID          TokenId, AuthenticationId;
	LARGE_INTEGER ExpirationTime;
	ULONG         TokenType, ImpersonationLevel, DynamicCharged, DynamicAvailable, GroupCount, PrivilegeCount;
	LUID          ModifiedId;
} TOKEN_STATISTICS;
_Static_assert(sizeof(TOKEN_STATISTICS) == 56, "TOKEN_STATISTICS");
typedef struct _SECURITY_QUALITY_OF_SERVICE { ULONG Length, ImpersonationLevel; BOOLEAN ContextTrackingMode, EffectiveOnly; } SECURITY_QUALITY_OF_SERVICE;
enum { TokenPrimary = 1, TokenImpersonation = 2 };
enum { SecurityAnonymous, SecurityIdentification, SecurityImpersonation, SecurityDelegation };
typedef enum _TOKEN_INFORMATION_CLASS { TokenUser = 1, TokenGroups, TokenPrivileges, TokenOwner, TokenPrimaryGroup, TokenDefaultDacl, TokenSource, TokenType, TokenImpersonationLevel, TokenStatistics } TOKEN_INFORMATION_CLASS;
#define SE_PRIVILEGE_ENABLED_BY_DEFAULT 0x1u
#define SE_PRIVILEGE_ENABLED            0x2u
#define SE_PRIVILEGE_REMOVED            0x4u
#define SE_PRIVILEGE_USED_FOR_ACCESS    0x80000000u
#define PRIVILEGE_SET_ALL_NECESSARY     0x1u
#define SE_GROUP_MANDATORY          0x01u
#define SE_GROUP_ENABLED_BY_DEFAULT 0x02u
#define SE_GROUP_ENABLED            0x04u
#define SE_GROUP_OWNER              0x08u
#define SE_GROUP_USE_FOR_DENY_ONLY  0x10u
#define SE_SECURITY_PRIVILEGE       8
#define SE_TAKE_OWNERSHIP_PRIVILEGE 9
#define SE_CREATE_PERMANENT_PRIVILEGE 16
#define SE_BACKUP_PRIVILEGE         17
#define SE_RESTORE_PRIVILEGE        18
#define SE_SHUTDOWN_PRIVILEGE       19
#define SE_DEBUG_PRIVILEGE          20
#define SE_CHANGE_NOTIFY_PRIVILEGE  23
#define SE_CREATE_SYMBOLIC_LINK_PRIVILEGE 35
/* nt.md SE12. */
NTSTATUS NTAPI NtOpenProcessToken(HANDLE Process, ACCESS_MASK DesiredAccess, PHANDLE Token);
/* What the thread impersonates with. STATUS_NO_TOKEN: it does not; STATUS_CANT_OPEN_ANONYMOUS. */
NTSTATUS NTAPI NtOpenThreadToken(HANDLE Thread, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE Token);
/* Server acts as Client does, at the level of Quality. THREAD_IMPERSONATE, THREAD_DIRECT_IMPERSONATION. */
NTSTATUS NTAPI NtImpersonateThread(HANDLE Server, HANDLE Client, SECURITY_QUALITY_OF_SERVICE *Quality);
/* Pointers in the answer point into Buffer. STATUS_BUFFER_TOO_SMALL; *Needed is always told. */
NTSTATUS NTAPI NtQueryInformationToken(HANDLE Token, ULONG Class, PVOID Buffer, ULONG Length, PULONG Needed);
/*
 * STATUS_NOT_ALL_ASSIGNED, a success, when the token lacks one of them. PreviousState (may be NULL) takes
 * those that changed; if it is too small nothing changes: STATUS_BUFFER_TOO_SMALL.
 */
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll, PTOKEN_PRIVILEGES NewState, ULONG Length, PTOKEN_PRIVILEGES PreviousState, PULONG Needed);
NTSTATUS NTAPI NtPrivilegeCheck(HANDLE Token, PPRIVILEGE_SET Required, PBOOLEAN Result);
/* The level of an impersonation token comes with ObjectAttributes->SecurityQualityOfService. */
NTSTATUS NTAPI NtDuplicateToken(HANDLE Token, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly, ULONG TokenType, PHANDLE NewToken);
/*
 * The result of the check is in *AccessStatus, if the call succeeds. Token has to be an impersonation
 * token of level identification at least; DesiredAccess must not have generic bits.
 */
NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR Descriptor, HANDLE Token, ACCESS_MASK DesiredAccess, const GENERIC_MAPPING *Mapping, PPRIVILEGE_SET Privileges, PULONG PrivilegesLength, PACCESS_MASK GrantedAccess, NTSTATUS *AccessStatus);
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid);

/* ---- kernel side ---- */
typedef struct _TOKEN *PTOKEN;
struct _ETHREAD;
extern const OB_TYPE SeTokenType;
/* The supervisor's token. Borrows; NULL: out of memory when it was to be made. */
PTOKEN SePrimaryToken(void);
BOOLEAN SeSinglePrivilegeCheck(ULONG Privilege, PTOKEN Token);
/*
 * What the calling thread acts as: the token it impersonates with, or the supervisor's. Returns a
 * reference for SeReleaseToken; NULL: out of memory when it was to be made.
 */
PTOKEN SeReferenceEffectiveToken(void);
VOID SeReferenceToken(PTOKEN Token);
VOID SeReleaseToken(PTOKEN Token); /* NULL: nothing */
/* Whether the calling thread has it, enabled. One that impersonates at a lower level has none. */
BOOLEAN SeHasPrivilege(ULONG Privilege);
/* Thread impersonates with Token, whose reference is consumed; NULL: with none any more. */
VOID SeSetThreadToken(struct _ETHREAD *Thread, PTOKEN Token);
/* The same by handle (TOKEN_IMPERSONATE; NULL: none). STATUS_BAD_TOKEN_TYPE: a primary token. */
NTSTATUS SeAssignImpersonationToken(struct _ETHREAD *Thread, HANDLE Token);
/* Who asked a server for something, and how far the server may act as that. */
typedef struct _SE_CLIENT { PTOKEN Token; ULONG Level; } SE_CLIENT;
/*
 * The calling thread, as the SecurityQualityOfService of its attributes says; a thread that impersonates
 * itself gives no more than it has. SeReleaseClient() afterwards. STATUS_INVALID_PARAMETER.
 */
NTSTATUS SeCaptureClient(const OBJECT_ATTRIBUTES *ObjectAttributes, SE_CLIENT *Client);
VOID SeReleaseClient(SE_CLIENT *Client);
/* Server acts as Client from now on. STATUS_CANNOT_IMPERSONATE: there is none. */
NTSTATUS SeImpersonateClient(const SE_CLIENT *Client, struct _ETHREAD *Server);
/*
 * The access check of MS-DTYP 2.5.3.2 (SE1..SE4): Desired may have generic bits and MAXIMUM_ALLOWED.
 * Descriptor NULL or without a DACL: everything. *Granted are rights that Mapping knows.
 * STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD (ACCESS_SYSTEM_SECURITY).
 */
NTSTATUS SeAccessCheck(PSECURITY_DESCRIPTOR Descriptor, PTOKEN Token, ACCESS_MASK Desired, const GENERIC_MAPPING *Mapping, PACCESS_MASK Granted);
/* The same for what the calling thread acts as. STATUS_BAD_IMPERSONATION_LEVEL. */
NTSTATUS SeCheckCaller(PSECURITY_DESCRIPTOR Descriptor, ACCESS_MASK Desired, const GENERIC_MAPPING *Mapping, PACCESS_MASK Granted);
/*
 * The descriptor of a new object: what Explicit says (any form, may be NULL), else what Parent's
 * inheritable entries give (SE10; may be NULL), else the token's defaults. Returns a self-relative
 * descriptor to be freed with SeDeassignSecurity, NULL if there is nothing but defaults.
 * STATUS_INVALID_SECURITY_DESCR, STATUS_INVALID_OWNER, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR Parent, PSECURITY_DESCRIPTOR Explicit, BOOLEAN IsContainer, PTOKEN Token, const GENERIC_MAPPING *Mapping, PSECURITY_DESCRIPTOR *New);
VOID SeDeassignSecurity(PSECURITY_DESCRIPTOR Descriptor);
/*
 * A caller's descriptor of any form, probed and checked, as a self-relative copy for SeDeassignSecurity.
 * STATUS_ACCESS_VIOLATION, STATUS_INVALID_SECURITY_DESCR, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR *Copy);
/* For NtQuerySecurityObject of whoever keeps descriptors: copies the parts of Descriptor (NULL: defaults). */
NTSTATUS SeQuerySecurityDescriptor(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, PVOID Buffer, ULONG Length, PULONG Needed);
/*
 * For NtSetSecurityObject: *New is Old (NULL: defaults) with the parts of Changes, which has been captured.
 * Checks the owner (SE6).
 */
NTSTATUS SeSetSecurityDescriptor(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Old, PSECURITY_DESCRIPTOR Changes, PSECURITY_DESCRIPTOR *New);

/* lxrun extension: real host identity. *GroupCount: room in Groups on entry, number stored on return. */
VOID SeQueryHostIdentity(PULONG Uid, PULONG Gid, PULONG GroupCount, PULONG Groups);

#define SE_HOST_LIMITS 16
/* lxrun extension: what a program started on the host would inherit. Limits by host resource number. */
typedef struct _SE_HOST_START {
	ULONG   Umask;
	LONG    Priority;               /* nice value */
	struct {
		ULONG64 Current, Maximum; /* all ones: none */
	} Limits[SE_HOST_LIMITS];
	char    Directory[4096];        /* "" if it has no name any more */
} SE_HOST_START;
VOID SeQueryHostStart(SE_HOST_START *Start);
#endif
