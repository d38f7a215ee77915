/* SPDX-License-Identifier: MIT */
/* sep.h - private to the security manager. */
#ifndef SEP_H
#define SEP_H
#include "nt/se.h"
#include "nt/ps.h"
#include "base/lock.h"
#include "base/trace.h"

#define SEP_MAX_GROUPS     64
#define SEP_MAX_PRIVILEGES 12

typedef struct _SEP_GROUP {
	UCHAR Sid[28]; /* the longest that we make has four sub authorities */
	ULONG Attributes;
} SEP_GROUP;

typedef struct _TOKEN {
	OBJECT Object;
	/* constant: */
	UCHAR UserSid[28];
	ULONG GroupCount;
	SEP_GROUP Groups[SEP_MAX_GROUPS]; /* the first is the primary group */
	ULONG Type, Level;
	LUID TokenId;
	UCHAR DefaultDacl[128];
	ULONG PrivilegeCount;
	_Atomic ULONGLONG Enabled; /* privileges by number, as Privileges has them */
	struct lk Lock;            /* LR_PS; guards: */
	LUID_AND_ATTRIBUTES Privileges[SEP_MAX_PRIVILEGES];
	LUID ModifiedId;
} TOKEN;

static inline PTOKEN SepToken(POBJECT Object)
{
	return (PTOKEN)Object;
}
LUID SepNewLuid(void);
/* Whether Sid is the user or an enabled group of Token; Deny: groups for denial count, too. */
BOOLEAN SepSidInToken(PTOKEN Token, PSID Sid, BOOLEAN Deny);
/* EffectiveOnly: what is off in the original is not in the copy. Returns a reference. */
NTSTATUS SepCopyToken(PTOKEN Token, BOOLEAN EffectiveOnly, ULONG Type, ULONG Level, PTOKEN *Copy);
/* References a token by handle. */
NTSTATUS SepReferenceToken(HANDLE Handle, ACCESS_MASK Access, PTOKEN *Token);
/* Generic bits as Mapping has them. */
ACCESS_MASK SepMapGeneric(ACCESS_MASK Mask, const GENERIC_MAPPING *Mapping);
/* Token->Lock held, or nobody else knows Token: its privileges have changed. */
VOID SepPrivilegesChanged(PTOKEN Token);
#endif
