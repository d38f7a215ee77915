/* SPDX-License-Identifier: MIT */
/*
 * obp.h - private to the object manager.
 *
 * Two kinds of locks. ObpLock (LR_OB) guards the name space: directories, names, and the decision
 * that a temporary object's name goes. Each handle-table entry has a lock of its own, so that using
 * a handle contends only with closing that handle.
 *
 * Counts: PointerCount keeps the memory, HandleCount keeps the name. Each handle owns one of both; a
 * directory entry owns a reference to its object, a name one to its directory.
 */
#ifndef OBP_H
#define OBP_H
#include "nt/ob.h"
#include "nt/rtl.h"
#include "base/lock.h"
#include "base/trace.h"

#define OB_BUCKETS 37

typedef struct _OB_DIRECTORY {
	OBJECT Object;
	struct list Buckets[OB_BUCKETS]; /* of OB_NAME.BucketEntry */
	struct list Names; /* of OB_NAME.Entry, in order of creation: NtQueryDirectoryObject */
} OB_DIRECTORY;

typedef struct _OB_NAME {
	struct list BucketEntry, Entry;
	POBJECT Object;
	OB_DIRECTORY *Directory;
	UNICODE_STRING Name;
	WCHAR Text[];
} OB_NAME;

typedef struct _OB_SYMBOLIC_LINK {
	OBJECT Object;
	UNICODE_STRING Target; /* constant */
} OB_SYMBOLIC_LINK;

/* The object behind \ObjectTypes\<name>. */
typedef struct _OB_TYPE_OBJECT {
	OBJECT Object;
	const OB_TYPE *Described;
} OB_TYPE_OBJECT;

extern struct lk ObpLock;
extern OB_DIRECTORY *ObpRoot;
extern const OB_TYPE ObpTypeType;

/* ---- obobject.c ---- */
/* Drops a handle count; the last one of a temporary object removes its name. Borrows Object. */
VOID ObpReleaseHandleCount(POBJECT Object);

/* ---- obhandle.c ---- */
/* Generic bits by Type's mapping, MAXIMUM_ALLOWED; STATUS_ACCESS_DENIED for rights that Type lacks. */
NTSTATUS ObpMapAccess(const OB_TYPE *Type, ACCESS_MASK Desired, PACCESS_MASK Granted);
/* Consumes a reference and a handle count of Object, also on failure. */
NTSTATUS ObpInsertHandle(POBJECT Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle);
/* Handle attributes (OBJ_INHERIT, OBJ_PROTECT_CLOSE) and rights; returns a reference. */
NTSTATUS ObpReferenceHandle(HANDLE Handle, POBJECT *Object, PACCESS_MASK Granted,
			    PULONG Attributes);

/* Changes the attributes that are the handle's own. STATUS_INVALID_HANDLE. */
NTSTATUS ObpSetHandleAttributes(HANDLE Handle, ULONG Attributes);

/* ---- obinit.c ---- */
/* The types in order; NULL behind the last. */
const OB_TYPE *ObpTypeAt(ULONG Index);

/* ---- obsecure.c ---- */
/* As ObpMapAccess, and what the object's descriptor allows. */
NTSTATUS ObpCheckAccess(POBJECT Object, ACCESS_MASK Desired, PACCESS_MASK Granted);
/*
 * A new object's descriptor: Explicit (may be NULL), or what Directory's (may be NULL) gives. Whether an
 * object may be made there. ObpLock held if there is a directory.
 */
NTSTATUS ObpAssignSecurity(POBJECT Object, POBJECT Directory, PVOID Explicit);

/* ---- obdir.c: the caller holds ObpLock ---- */
OB_NAME *ObpFindName(OB_DIRECTORY *Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive);
/* STATUS_INSUFFICIENT_RESOURCES. The name must be free and not empty. */
NTSTATUS ObpLinkName(OB_DIRECTORY *Directory, PCUNICODE_STRING Name, POBJECT Object);
/* Takes Object's name out; the caller gives it to ObpFreeName() without ObpLock. */
OB_NAME *ObpUnlinkName(POBJECT Object);
VOID ObpFreeName(OB_NAME *Name); /* NULL: nothing */

/* ---- obname.c ---- */
/* Checks what the caller passed (nt.md G2..G4, OM13). ObjectAttributes may be NULL if Create. */
NTSTATUS ObpCheckAttributes(const OBJECT_ATTRIBUTES *ObjectAttributes, BOOLEAN Create);

/* obsecure.c: whether the caller's token has SeCreatePermanentPrivilege. No lock is held. */
BOOLEAN ObpMayMakePermanent(VOID);
#endif
