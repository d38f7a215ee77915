/* SPDX-License-Identifier: MIT */
/* oblink.c - symbolic link objects: a target that is looked up anew each time (nt.md OM15..OM18). */
#include "obp.h"
#include <string.h>

static VOID DeleteLink(POBJECT Object)
{
	RtlFreeUnicodeString(&((OB_SYMBOLIC_LINK *)Object)->Target);
}

const OB_TYPE ObSymbolicLinkType = {
	.Name = "SymbolicLink",
	.Size = sizeof(OB_SYMBOLIC_LINK),
	.ValidAccess = SYMBOLIC_LINK_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY,
		.GenericWrite = STANDARD_RIGHTS_WRITE,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY,
		.GenericAll = SYMBOLIC_LINK_ALL_ACCESS,
	},
	.Delete = DeleteLink,
};

static NTSTATUS CreateLink(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			   POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING Target)
{
	OB_SYMBOLIC_LINK *Link;
	NTSTATUS Status;

	Status = ObjectAttributes ? ProbeForRead(Target, sizeof(*Target), sizeof(ULONG))
				  : STATUS_ACCESS_VIOLATION;
	if (!NT_SUCCESS(Status))
		return Status;
	/* An empty target (\??\GLOBALROOT) is ntoskrnl's own: nobody may make another. */
	if (Target->Length == 0)
		return STATUS_INVALID_PARAMETER;
	Status = ProbeForRead(Target->Buffer, Target->Length, sizeof(WCHAR));
	if (!NT_SUCCESS(Status))
		return Status;
	if (Target->Length % sizeof(WCHAR))
		return STATUS_INVALID_PARAMETER;
	Status = ObCreateObject(&ObSymbolicLinkType, (POBJECT *)&Link);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = RtlDuplicateUnicodeString(0, Target, &Link->Target);
	if (!NT_SUCCESS(Status)) {
		ObDereferenceObject(&Link->Object);
		return Status;
	}
	return ObInsertObject(&Link->Object, ObjectAttributes, DesiredAccess, Handle);
}

NTSTATUS NtCreateSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess,
				    POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING Target)
{
	NT_ENTRY(NtCreateSymbolicLinkObject, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateLink(Handle, DesiredAccess, ObjectAttributes, Target);

	TRACE(TR_NT, "NtCreateSymbolicLinkObject(%s) = %s", ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenSymbolicLinkObject(PHANDLE Handle, ACCESS_MASK DesiredAccess,
				  POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenSymbolicLinkObject, .Attributes = ObjectAttributes, .Output = Handle);

	return ObOpenTraced("NtOpenSymbolicLinkObject", &ObSymbolicLinkType, Handle, DesiredAccess,
			    ObjectAttributes);
}

static NTSTATUS QueryLink(const OB_SYMBOLIC_LINK *Link, PUNICODE_STRING Target,
			  PULONG ReturnedLength)
{
	ULONG Needed = Link->Target.Length + sizeof(WCHAR);
	NTSTATUS Status;

	if (ReturnedLength)
		*ReturnedLength = Needed;
	if (Target->MaximumLength < Needed)
		return STATUS_BUFFER_TOO_SMALL;
	Status = ProbeForWrite(Target->Buffer, Needed, sizeof(WCHAR));
	if (!NT_SUCCESS(Status))
		return Status;
	if (Link->Target.Length)
		memcpy(Target->Buffer, Link->Target.Buffer, Link->Target.Length);
	Target->Buffer[Link->Target.Length / sizeof(WCHAR)] = 0;
	Target->Length = Link->Target.Length;
	return STATUS_SUCCESS;
}

NTSTATUS NtQuerySymbolicLinkObject(HANDLE Handle, PUNICODE_STRING Target, PULONG ReturnedLength)
{
	NT_ENTRY(NtQuerySymbolicLinkObject, .Handle = Handle);
	POBJECT Object;
	NTSTATUS Status = ProbeForWrite(Target, sizeof(*Target), sizeof(ULONG));

	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(ReturnedLength, sizeof(*ReturnedLength));
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, SYMBOLIC_LINK_QUERY, &ObSymbolicLinkType,
						   &Object);
	if (NT_SUCCESS(Status)) {
		Status = QueryLink((OB_SYMBOLIC_LINK *)Object, Target, ReturnedLength);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQuerySymbolicLinkObject(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
