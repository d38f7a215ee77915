/* SPDX-License-Identifier: MIT */
/*
 * obname.c - the name space: from OBJECT_ATTRIBUTES to an object, or to the place for a new one.
 *
 * A lookup walks directories under ObpLock, one component per step. A symbolic link restarts it at
 * the link's target plus the rest. An object that is a name space of its own (a device, a volume, an
 * open file as root) ends the walk: its type's Parse continues without the lock. nt.md OM4..OM18.
 */
#include "obp.h"
#include "base/alloc.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define MAX_RESTARTS    32
#define MAX_REPARSES    63    /* as on NT */
#define MAX_NAME_LENGTH 65532 /* nt.md OM13 */

struct lk ObpLock = LK_INIT(OB);
OB_DIRECTORY *ObpRoot;

typedef struct _LOOKUP {
	const OB_TYPE *Wanted; /* NULL: any */
	PVOID Context;         /* for Parse */
	ULONG Attributes;
	POBJECT Insert;          /* the object to be named; NULL: open */
	PVOID Security;          /* its descriptor as the caller gave it */
	OB_DIRECTORY *Directory; /* where Path begins */
	UNICODE_STRING Path;
	PWSTR Expanded; /* what Path points into after a restart */
	ULONG Restarts, Reparses;
	POBJECT Found;   /* a reference ... */
	BOOLEAN Counted; /* ... and a handle count, so that the name stays until a handle is made */
	BOOLEAN Parse;   /* Found is to parse Path */
} LOOKUP;

static UNICODE_STRING Skip(UNICODE_STRING String, ULONG Units)
{
	String.Buffer += Units;
	String.Length -= (USHORT)(Units * sizeof(WCHAR));
	String.MaximumLength = String.Length;
	return String;
}

static BOOLEAN BeginsWithBackslash(PCUNICODE_STRING String)
{
	return String->Length && String->Buffer[0] == u'\\';
}

/* The first component of Path; *Rest begins with the backslash behind it, or is empty. */
static UNICODE_STRING FirstComponent(UNICODE_STRING Path, PUNICODE_STRING Rest)
{
	ULONG Units = 0;

	while (Units * sizeof(WCHAR) < Path.Length && Path.Buffer[Units] != u'\\')
		Units++;
	*Rest = Skip(Path, Units);
	Path.Length = Path.MaximumLength = (USHORT)(Units * sizeof(WCHAR));
	return Path;
}

/* Object is what the whole name names. */
static NTSTATUS Arrive(LOOKUP *Lookup, POBJECT Object)
{
	if (Lookup->Wanted && Object->Type != Lookup->Wanted)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (Lookup->Insert && !(Lookup->Attributes & OBJ_OPENIF))
		return STATUS_OBJECT_NAME_COLLISION;
	ObReferenceObject(Object);
	Object->HandleCount++;
	Lookup->Found = Object;
	Lookup->Counted = TRUE;
	return Lookup->Insert ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

/* The place where the new object's name belongs. */
static NTSTATUS InsertHere(LOOKUP *Lookup, PCUNICODE_STRING Component)
{
	POBJECT Object = Lookup->Insert;
	NTSTATUS Status = ObpAssignSecurity(Object, &Lookup->Directory->Object, Lookup->Security);

	if (NT_SUCCESS(Status))
		Status = ObpLinkName(Lookup->Directory, Component, Object);
	if (!NT_SUCCESS(Status))
		return Status;
	Object->Attributes = Lookup->Attributes & (OBJ_PERMANENT | OBJ_EXCLUSIVE);
	Object->HandleCount++;
	ObReferenceObject(Object);
	Lookup->Found = Object;
	Lookup->Counted = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS StartParse(LOOKUP *Lookup, POBJECT Object, UNICODE_STRING Rest)
{
	if (Lookup->Insert)
		return Rest.Length ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_OBJECT_TYPE_MISMATCH;
	ObReferenceObject(Object);
	Lookup->Found = Object;
	Lookup->Parse = TRUE;
	Lookup->Path = Rest;
	return STATUS_SUCCESS;
}

/* Path = the link's target + Rest, from the root. STATUS_REPARSE: go on. */
static NTSTATUS Restart(LOOKUP *Lookup, const OB_SYMBOLIC_LINK *Link, UNICODE_STRING Rest)
{
	UNICODE_STRING Target = Link->Target;
	PWSTR Old = Lookup->Expanded;
	ULONG Length;

	if (++Lookup->Restarts > MAX_RESTARTS)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (Target.Length && Rest.Length &&
	    Target.Buffer[Target.Length / sizeof(WCHAR) - 1] == u'\\')
		Target.Length -= sizeof(WCHAR);
	Length = Target.Length + Rest.Length;
	if (Length > MAX_NAME_LENGTH)
		return STATUS_OBJECT_NAME_INVALID;
	Lookup->Expanded = mem_alloc(Length + sizeof(WCHAR));
	if (!Lookup->Expanded) {
		Lookup->Expanded = Old;
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (Target.Length)
		memcpy(Lookup->Expanded, Target.Buffer, Target.Length);
	if (Rest.Length)
		memcpy((char *)Lookup->Expanded + Target.Length, Rest.Buffer, Rest.Length);
	mem_free(Old);
	Lookup->Path = (UNICODE_STRING){ (USHORT)Length, (USHORT)Length, Lookup->Expanded };
	Lookup->Directory = ObpRoot;
	if (Length == 0) /* \??\GLOBALROOT alone */
		return Arrive(Lookup, &ObpRoot->Object);
	if (!BeginsWithBackslash(&Lookup->Path))
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	Lookup->Path = Skip(Lookup->Path, 1);
	return STATUS_REPARSE;
}

/* One component. STATUS_REPARSE: another follows. ObpLock held. */
static NTSTATUS Step(LOOKUP *Lookup)
{
	UNICODE_STRING Rest, Component = FirstComponent(Lookup->Path, &Rest);
	OB_NAME *Name;
	POBJECT Object;

	if (!Lookup->Path.Length) /* only "\" is that short */
		return Arrive(Lookup, &Lookup->Directory->Object);
	if (!Component.Length)
		return STATUS_OBJECT_NAME_INVALID;
	Name = ObpFindName(Lookup->Directory, &Component,
			   !!(Lookup->Attributes & OBJ_CASE_INSENSITIVE));
	if (!Name && Rest.Length)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (!Name)
		return Lookup->Insert ? InsertHere(Lookup, &Component)
				      : STATUS_OBJECT_NAME_NOT_FOUND;
	Object = Name->Object;
	if (Object->Type == &ObDirectoryType && Rest.Length) {
		if (Rest.Length == sizeof(WCHAR))
			return STATUS_OBJECT_NAME_INVALID;
		Lookup->Directory = (OB_DIRECTORY *)Object;
		Lookup->Path = Skip(Rest, 1);
		return STATUS_REPARSE;
	}
	if (Object->Type == &ObSymbolicLinkType &&
	    (Rest.Length ||
	     !(Lookup->Wanted == &ObSymbolicLinkType || Lookup->Attributes & OBJ_OPENLINK)))
		return Restart(Lookup, (OB_SYMBOLIC_LINK *)Object, Rest);
	if (Object->Type->Parse &&
	    (Rest.Length || (Lookup->Wanted && Lookup->Wanted != Object->Type)))
		return StartParse(Lookup, Object, Rest);
	return Rest.Length ? STATUS_OBJECT_TYPE_MISMATCH : Arrive(Lookup, Object);
}

static NTSTATUS Walk(LOOKUP *Lookup)
{
	NTSTATUS Status;

	lk_acquire(&ObpLock);
	do
		Status = Step(Lookup);
	while (Status == STATUS_REPARSE);
	lk_release(&ObpLock);
	return Status;
}

/* RootDirectory decides where and how the name is looked up. Borrows Root. */
static NTSTATUS WalkBelow(LOOKUP *Lookup, POBJECT Root, PUNICODE_STRING Name)
{
	NTSTATUS Status;

	if (!Name)
		return STATUS_OBJECT_NAME_INVALID;
	if (Root->Type->Parse && !Lookup->Insert)
		return StartParse(Lookup, Root, *Name);
	if (BeginsWithBackslash(Name))
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (Root->Type != &ObDirectoryType && (Name->Length || Root->Type != &ObSymbolicLinkType))
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (!Name->Length) { /* not for a new object: that would be an unnamed one */
		lk_acquire(&ObpLock);
		Status = Arrive(Lookup, Root);
		lk_release(&ObpLock);
		return Status;
	}
	Lookup->Directory = (OB_DIRECTORY *)Root;
	Lookup->Path = *Name;
	return Walk(Lookup);
}

static NTSTATUS WalkFromRoot(LOOKUP *Lookup, PUNICODE_STRING Name)
{
	if (!Name || !BeginsWithBackslash(Name))
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	Lookup->Directory = ObpRoot;
	Lookup->Path = Skip(*Name, 1);
	return Walk(Lookup);
}

/*
 * Lets Found's type look up the rest; Found becomes what it found. STATUS_REPARSE: Path has become
 * another whole name, from mem_alloc(), which is looked up instead.
 */
static NTSTATUS ParseRest(LOOKUP *Lookup)
{
	POBJECT Parser = Lookup->Found;
	NTSTATUS Status;

	Lookup->Found = NULL;
	Status = Parser->Type->Parse(Parser, Lookup->Wanted, &Lookup->Path, Lookup->Attributes,
				     Lookup->Context, &Lookup->Found);
	ObDereferenceObject(Parser);
	if (Status == STATUS_REPARSE) {
		mem_free(Lookup->Expanded);
		Lookup->Expanded = Lookup->Path.Buffer;
		Lookup->Parse = FALSE;
		Lookup->Restarts = 0;
		return ++Lookup->Reparses > MAX_REPARSES ? STATUS_REPARSE_POINT_NOT_RESOLVED
							 : Status;
	}
	if (NT_SUCCESS(Status) && Lookup->Wanted && Lookup->Found->Type != Lookup->Wanted) {
		ObDereferenceObject(Lookup->Found);
		Lookup->Found = NULL;
		return STATUS_OBJECT_TYPE_MISMATCH;
	}
	return Status;
}

static NTSTATUS FindObject(LOOKUP *Lookup, const OBJECT_ATTRIBUTES *ObjectAttributes)
{
	POBJECT Root = NULL;
	NTSTATUS Status = STATUS_SUCCESS;

	Lookup->Attributes = ObjectAttributes->Attributes;
	if (ObjectAttributes->RootDirectory)
		Status = ObReferenceObjectByHandle(ObjectAttributes->RootDirectory, 0, NULL, &Root);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Root)
		Status = WalkBelow(Lookup, Root, ObjectAttributes->ObjectName);
	else
		Status = WalkFromRoot(Lookup, ObjectAttributes->ObjectName);
	while (NT_SUCCESS(Status) && Lookup->Parse) {
		UNICODE_STRING Name;

		Status = ParseRest(Lookup);
		if (Status != STATUS_REPARSE)
			break;
		Name = Lookup->Path;
		Status = WalkFromRoot(Lookup, &Name);
	}
	mem_free(Lookup->Expanded);
	if (Root)
		ObDereferenceObject(Root);
	return Status;
}

NTSTATUS ObpCheckAttributes(const OBJECT_ATTRIBUTES *ObjectAttributes, BOOLEAN Create)
{
	const UNICODE_STRING *Name;
	NTSTATUS Status;

	if (!ObjectAttributes)
		return Create ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
	Status = ProbeForRead(ObjectAttributes, sizeof(*ObjectAttributes), sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	if (ObjectAttributes->Length != sizeof(*ObjectAttributes) ||
	    ObjectAttributes->Attributes & ~OBJ_VALID_ATTRIBUTES)
		return STATUS_INVALID_PARAMETER;
	Name = ObjectAttributes->ObjectName;
	if (!Name)
		return STATUS_SUCCESS;
	Status = ProbeForRead(Name, sizeof(*Name), sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = ProbeForRead(Name->Buffer, Name->Length, sizeof(WCHAR));
	if (!NT_SUCCESS(Status))
		return Status;
	if (Name->Length % sizeof(WCHAR) || Name->Length > MAX_NAME_LENGTH)
		return STATUS_OBJECT_NAME_INVALID;
	return STATUS_SUCCESS;
}

NTSTATUS ObProbeAttributes(const OBJECT_ATTRIBUTES *ObjectAttributes)
{
	return ObpCheckAttributes(ObjectAttributes, FALSE);
}

/* Consumes a reference and a handle count. Keeps Status if it is a success. */
static NTSTATUS MakeHandle(POBJECT Object, ACCESS_MASK Granted, ULONG Attributes, PHANDLE Handle,
			   NTSTATUS Status)
{
	NTSTATUS Result = ObpInsertHandle(Object, Granted, Attributes, Handle);

	return NT_SUCCESS(Result) ? Status : Result;
}

NTSTATUS ObInsertObject(POBJECT Object, POBJECT_ATTRIBUTES ObjectAttributes,
			ACCESS_MASK DesiredAccess, PHANDLE Handle)
{
	LOOKUP Lookup = { .Wanted = Object->Type, .Insert = Object };
	ACCESS_MASK Granted;
	NTSTATUS Status = ObProbeHandle(Handle);

	if (NT_SUCCESS(Status))
		Status = ObpCheckAttributes(ObjectAttributes, TRUE);
	if (NT_SUCCESS(Status))
		Status = ObpMapAccess(Object->Type, DesiredAccess, &Granted);
	if (NT_SUCCESS(Status) && ObjectAttributes &&
	    ObjectAttributes->Attributes & OBJ_PERMANENT && !ObpMayMakePermanent())
		Status = STATUS_PRIVILEGE_NOT_HELD;
	if (!NT_SUCCESS(Status))
		goto out;
	if (!ObjectAttributes || !ObjectAttributes->ObjectName ||
	    !ObjectAttributes->ObjectName->Length) {
		if (ObjectAttributes)
			Status = ObpAssignSecurity(Object, NULL,
						   ObjectAttributes->SecurityDescriptor);
		if (!NT_SUCCESS(Status))
			goto out;
		Object->HandleCount++;
		return ObpInsertHandle(Object, Granted,
				       ObjectAttributes ? ObjectAttributes->Attributes : 0, Handle);
	}
	Lookup.Security = ObjectAttributes->SecurityDescriptor;
	Status = FindObject(&Lookup, ObjectAttributes);
	if (Status == STATUS_OBJECT_NAME_EXISTS) {
		NTSTATUS Allowed = ObpCheckAccess(Lookup.Found, DesiredAccess, &Granted);

		if (!NT_SUCCESS(Allowed)) {
			ObpReleaseHandleCount(Lookup.Found);
			ObDereferenceObject(Lookup.Found);
			Status = Allowed;
		}
	}
	if (NT_SUCCESS(Status))
		Status = MakeHandle(Lookup.Found, Granted, Lookup.Attributes, Handle, Status);
out:
	ObDereferenceObject(Object);
	return Status;
}

NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, const OB_TYPE *Type,
			    ACCESS_MASK DesiredAccess, PVOID Context, PHANDLE Handle)
{
	LOOKUP Lookup = { .Wanted = Type, .Context = Context };
	ACCESS_MASK Granted;
	NTSTATUS Status = ObProbeHandle(Handle), Mapped;

	if (NT_SUCCESS(Status))
		Status = ObpCheckAttributes(ObjectAttributes, FALSE);
	/* Before the lookup if possible: Parse may create a file, which a refused handle must not leave. */
	if (NT_SUCCESS(Status) && Type)
		Status = ObpMapAccess(Type, DesiredAccess, &Granted);
	if (NT_SUCCESS(Status))
		Status = FindObject(&Lookup, ObjectAttributes);
	if (!NT_SUCCESS(Status))
		return Status;
	if (!Lookup.Counted)
		Lookup.Found->HandleCount++;
	Mapped = ObpCheckAccess(Lookup.Found, DesiredAccess, &Granted);
	if (NT_SUCCESS(Mapped))
		return MakeHandle(Lookup.Found, Granted, Lookup.Attributes, Handle, Status);
	ObpReleaseHandleCount(Lookup.Found);
	ObDereferenceObject(Lookup.Found);
	return Mapped;
}

NTSTATUS ObOpenTraced(const char *Call, const OB_TYPE *Type, PHANDLE Handle,
		      ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = ObOpenObjectByName(ObjectAttributes, Type, DesiredAccess, NULL, Handle);

	TRACE(TR_NT, "%s(%s) = %s", Call, ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS ObReferenceObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, const OB_TYPE *Type,
				 ACCESS_MASK DesiredAccess, PVOID Context, POBJECT *Object)
{
	LOOKUP Lookup = { .Wanted = Type, .Context = Context };
	ACCESS_MASK Granted;
	NTSTATUS Status = ObpCheckAttributes(ObjectAttributes, FALSE);

	*Object = NULL;
	if (NT_SUCCESS(Status) && Type)
		Status = ObpMapAccess(Type, DesiredAccess, &Granted);
	if (NT_SUCCESS(Status))
		Status = FindObject(&Lookup, ObjectAttributes);
	if (!NT_SUCCESS(Status))
		return Status;
	if (Lookup.Counted)
		ObpReleaseHandleCount(Lookup.Found);
	*Object = Lookup.Found;
	return Status;
}

const char *ObTraceName(const OBJECT_ATTRIBUTES *ObjectAttributes, char Text[OB_TRACE_NAME])
{
	const UNICODE_STRING *Name = NULL;
	ULONG Units, Length = 0;

	if (!NT_SUCCESS(ObpCheckAttributes(ObjectAttributes, TRUE)))
		return "(bad attributes)";
	if (ObjectAttributes && ObjectAttributes->RootDirectory)
		Length = (ULONG)snprintf(Text, OB_TRACE_NAME, "[%p]",
					 ObjectAttributes->RootDirectory);
	if (ObjectAttributes)
		Name = ObjectAttributes->ObjectName;
	if (!Name && !Length)
		return "(unnamed)";
	Units = Name ? Name->Length / sizeof(WCHAR) : 0;
	for (ULONG i = 0; i < Units && Length < OB_TRACE_NAME - 1; i++) {
		WCHAR Char = Name->Buffer[i];

		Text[Length++] = Char >= u' ' && Char < 0x7F ? (char)Char : '?';
	}
	Text[Length] = 0;
	return Text;
}
