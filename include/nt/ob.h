/* SPDX-License-Identifier: MIT */
/*
 * ob.h - object manager: types, objects, handles, the name space.
 *
 * The upper half is the official native API (Nt*). The lower half (Ob*) is the kernel-side surface
 * that ntshim's own managers and lxcore (a "driver" here) use. Semantics: nt.md rows OM1..OM28.
 * Ownership words: *returns a reference* (caller drops it with ObDereferenceObject), *borrows*,
 * *consumes*.
 */
#ifndef NT_OB_H
#define NT_OB_H
#include "nt/nt.h"
#include "nt/fault.h"
#include "base/list.h"
#include "base/refs.h"

#define DIRECTORY_QUERY             0x1u
#define DIRECTORY_TRAVERSE          0x2u
#define DIRECTORY_CREATE_OBJECT     0x4u
#define DIRECTORY_CREATE_SUBDIRECTORY 0x8u
#define DIRECTORY_ALL_ACCESS        (STANDARD_RIGHTS_REQUIRED | 0xFu)
#define SYMBOLIC_LINK_QUERY         0x1u
#define SYMBOLIC_LINK_ALL_ACCESS    (STANDARD_RIGHTS_REQUIRED | 0x1u)
#define DUPLICATE_CLOSE_SOURCE      0x1u
#define DUPLICATE_SAME_ACCESS       0x2u
#define DUPLICATE_SAME_ATTRIBUTES   0x4u

#define OBJ_PROTECT_CLOSE           0x1u /* HandleAttributes of NtDuplicateObject: nt.md OM3 */

typedef enum _OBJECT_INFORMATION_CLASS { ObjectBasicInformation, ObjectNameInformation, ObjectTypeInformation, ObjectTypesInformation, ObjectHandleFlagInformation } OBJECT_INFORMATION_CLASS;
typedef struct _OBJECT_HANDLE_FLAG_INFORMATION { BOOLEAN Inherit, ProtectFromClose; } OBJECT_HANDLE_FLAG_INFORMATION;
/* Followed by OBJECT_TYPE_INFORMATIONs, each with its name behind it, each aligned to a pointer. */
typedef struct _OBJECT_TYPES_INFORMATION { ULONG NumberOfTypes; } OBJECT_TYPES_INFORMATION;
typedef struct _OBJECT_BASIC_INFORMATION {
	ULONG       Attributes;
	ACCESS_MASK GrantedAccess;
	ULONG       HandleCount, PointerCount, Reserved[10];
} OBJECT_BASIC_INFORMATION;
_Static_assert(sizeof(OBJECT_BASIC_INFORMATION) == 56, "OBJECT_BASIC_INFORMATION");
typedef struct _OBJECT_NAME_INFORMATION { UNICODE_STRING Name; } OBJECT_NAME_INFORMATION;
typedef struct _OBJECT_TYPE_INFORMATION {
	UNICODE_STRING  TypeName;
	ULONG           TotalNumberOfObjects, TotalNumberOfHandles, Reserved1[10];
	ULONG           InvalidAttributes;
	GENERIC_MAPPING GenericMapping;
	ACCESS_MASK     ValidAccessMask;
	BOOLEAN         SecurityRequired, MaintainHandleCount;
	UCHAR           TypeIndex, Reserved2;
	ULONG           PoolType, DefaultPagedPoolCharge, DefaultNonPagedPoolCharge;
} OBJECT_TYPE_INFORMATION;
_Static_assert(sizeof(OBJECT_TYPE_INFORMATION) == 104, "OBJECT_TYPE_INFORMATION");
typedef struct _OBJECT_DIRECTORY_INFORMATION { UNICODE_STRING Name, TypeName; } OBJECT_DIRECTORY_INFORMATION;

NTSTATUS NTAPI NtClose(HANDLE Handle);
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, PHANDLE Target, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options);
NTSTATUS NTAPI NtCompareObjects(HANDLE First, HANDLE Second);
NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);
/* ObjectHandleFlagInformation only. */
NTSTATUS NTAPI NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle);
/* The opposite. STATUS_PRIVILEGE_NOT_HELD without SeCreatePermanentPrivilege, as creating with OBJ_PERMANENT. */
NTSTATUS NTAPI NtMakePermanentObject(HANDLE Handle);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE Handle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING Target);
NTSTATUS NTAPI NtOpenSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE Handle, PUNICODE_STRING Target, PULONG ReturnedLength);

/* ---- kernel side ---- */
typedef struct _OB_TYPE OB_TYPE;

/* Every object begins with this header; an object pointer is a pointer to it. */
typedef struct _OBJECT {
	const OB_TYPE  *Type;
	struct refs     PointerCount;   /* references, each open handle counts as one */
	_Atomic ULONG   HandleCount;
	ULONG           Attributes;     /* OBJ_PERMANENT, OBJ_EXCLUSIVE */
	struct _OB_NAME *Name;          /* NULL for an unnamed object; guarded by the name-space lock */
	PVOID           SecurityDescriptor; /* owned, self-relative; NULL: the default one; likewise */
} OBJECT, *POBJECT;

/*
 * One const descriptor per type (nt.md OM21, OM25). NULL op: the default in parentheses.
 */
struct _OB_TYPE {
	const char     *Name;           /* "Event"; also its name in \ObjectTypes */
	SIZE_T          Size;           /* of the whole body, header included */
	ACCESS_MASK     ValidAccess;
	GENERIC_MAPPING Mapping;
	/* Frees what the body owns; the object manager frees the body (nothing). */
	VOID (*Delete)(POBJECT Object);
	/* Last handle of the object went away: NT's cleanup (nothing). */
	VOID (*Close)(POBJECT Object);
	/*
	 * Continues a name lookup inside the object: Remaining is the rest of the path. Below a name
	 * it is empty or begins with the backslash behind that name; below a RootDirectory handle
	 * it is relative and never begins with one (empty: open the root object again). Called
	 * without locks; may return any success status, which becomes the status of the open.
	 * Returns a reference in *Found (not a name space of its own:
	 * STATUS_OBJECT_TYPE_MISMATCH when the rest is not empty). Not called to create an object
	 * of another manager below a device: STATUS_OBJECT_PATH_NOT_FOUND (nt.md OM27).
	 */
	NTSTATUS (*Parse)(POBJECT Object, const OB_TYPE *Wanted, PUNICODE_STRING Remaining, ULONG Attributes, PVOID Context, POBJECT *Found);
	/* Offset of a DISPATCHER_HEADER in the body; 0: cannot be waited on. */
	SIZE_T          DispatcherOffset;
	/* One line for dumps (prints the type name). */
	VOID (*Dump)(POBJECT Object, char *Text, SIZE_T Size);
	/*
	 * ObjectNameInformation of an object that names its own things (a file): fills at most Size
	 * bytes of Name and returns the bytes of the whole name in *Needed (the name-space name). A
	 * name that does not fit is cut: STATUS_BUFFER_OVERFLOW (nt.md OM24).
	 */
	NTSTATUS (*QueryName)(POBJECT Object, PWSTR Name, ULONG Size, PULONG Needed);
	/*
	 * Where descriptors are kept that are not in Object->SecurityDescriptor (there). Information: the
	 * parts (se.h) that are to be told; 0: what access is checked against. Returns a self-relative
	 * descriptor for SeDeassignSecurity, or NULL: the default one, nothing to check.
	 */
	NTSTATUS (*GetSecurity)(POBJECT Object, ULONG Information, PVOID *Descriptor);
	/* Replaces the parts Information names by those of Changes. */
	NTSTATUS (*SetSecurity)(POBJECT Object, ULONG Information, PVOID Changes);
};

/* Sets up types, \, \??, \Device, \DosDevices, \BaseNamedObjects, \ObjectTypes. Once per process. */
NTSTATUS ObInitSystem(void);
/*
 * STATUS_ACCESS_VIOLATION if no handle can be stored there; else *Handle becomes NULL, as a call that
 * fails has to leave it (nt.md G1, G2). For NtCreate* calls that check more before ObInsertObject.
 */
NTSTATUS ObProbeHandle(PHANDLE Handle);
/*
 * What NT's routines of these names raise as an exception, as a status: STATUS_DATATYPE_MISALIGNMENT,
 * then STATUS_ACCESS_VIOLATION if a page of Address..Address+Length cannot be read (written). Length 0:
 * STATUS_SUCCESS. Nt* calls probe what their callers give them before they do anything; who unmaps
 * memory in the middle of a call that uses it crashes, as in any library.
 */
NTSTATUS ProbeForRead(const VOID *Address, SIZE_T Length, ULONG Alignment);
NTSTATUS ProbeForWrite(PVOID Address, SIZE_T Length, ULONG Alignment);
/* The attributes of an open, and the name in them (nt.md G2..G4, OM13). */
NTSTATUS ObProbeAttributes(const OBJECT_ATTRIBUTES *ObjectAttributes);
/* For optional output: NULL is fine. */
NTSTATUS ProbeForWriteOptional(PVOID Address, SIZE_T Length);
/* Returns a reference to a new object of Type, body zeroed. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ObCreateObject(const OB_TYPE *Type, POBJECT *Object);
/*
 * Names the object as ObjectAttributes says (may be NULL) and opens a handle with DesiredAccess.
 * Consumes the caller's reference, also on failure. OBJ_OPENIF gives STATUS_OBJECT_NAME_EXISTS and a
 * handle to the existing object.
 */
NTSTATUS ObInsertObject(POBJECT Object, POBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess, PHANDLE Handle);
/* Opens an existing object by name. Context is handed to Parse. */
NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, const OB_TYPE *Type, ACCESS_MASK DesiredAccess, PVOID Context, PHANDLE Handle);
/* The same for an NtOpen* call of a type that parses no names: what all of them do, with Call's trace line. */
NTSTATUS ObOpenTraced(const char *Call, const OB_TYPE *Type, PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
/* As above, but returns a reference and no handle. */
NTSTATUS ObReferenceObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, const OB_TYPE *Type, ACCESS_MASK DesiredAccess, PVOID Context, POBJECT *Object);
/* Makes a handle for an object in hand. Borrows Object. */
NTSTATUS ObOpenObjectByPointer(POBJECT Object, ACCESS_MASK DesiredAccess, ULONG Attributes, PHANDLE Handle);
/*
 * Returns a reference to what Handle names, if it has Type (NULL: any) and every right in
 * DesiredAccess was granted. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED.
 */
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, const OB_TYPE *Type, POBJECT *Object);
/* As above for a caller that checks type and rights itself: returns a reference and the rights. */
NTSTATUS ObReferenceHandle(HANDLE Handle, POBJECT *Object, PACCESS_MASK GrantedAccess);
/* Calls Routine for the object of each open handle, borrowed, until it returns FALSE. No lock is held. */
VOID ObEnumerateHandles(BOOLEAN (*Routine)(POBJECT Object, PVOID Context), PVOID Context);
/* A handle with rights that the caller has checked, of the object's own kind. Consumes a reference. */
NTSTATUS ObOpenCheckedObject(POBJECT Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle);
/* Rights granted to Handle, for checks that depend on more than one bit. */
NTSTATUS ObQueryHandleAccess(HANDLE Handle, PACCESS_MASK GrantedAccess);
VOID ObReferenceObject(POBJECT Object);
VOID ObDereferenceObject(POBJECT Object);
/*
 * Text of a name for trace lines ("\\Device\\Null", "(unnamed)"), non-ASCII as ?; Text is the caller's
 * buffer and the result.
 */
#define OB_TRACE_NAME 96
const char *ObTraceName(const OBJECT_ATTRIBUTES *ObjectAttributes, char Text[OB_TRACE_NAME]);
/* Live handles and objects, for leak checks. */
ULONG ObQueryHandleCount(void);
ULONG ObQueryObjectCount(void);
extern const OB_TYPE ObDirectoryType, ObSymbolicLinkType;
#endif
