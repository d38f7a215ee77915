/* SPDX-License-Identifier: MIT */
/*
 * obinit.c - the name space at birth. Adding an object type is one line in Types: that gives it
 * \ObjectTypes\<name>; handles, names and waits follow from the descriptor.
 */
#include "obp.h"
#include "nt/io.h"
#include "nt/mm.h"
#include "nt/se.h"
#include "../host/host_probe.h"
#include "base/alloc.h"
#include <string.h>

const OB_TYPE ObpTypeType = {
	.Name = "Type",
	.Size = sizeof(OB_TYPE_OBJECT),
	.ValidAccess = STANDARD_RIGHTS_REQUIRED,
	.Mapping = { STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
		     STANDARD_RIGHTS_REQUIRED },
};

/* clang-format off */
static const OB_TYPE *const Types[] = {
	&ObpTypeType, &ObDirectoryType, &ObSymbolicLinkType,
	&KeEventType, &KeMutantType, &KeSemaphoreType, &KeTimerType, &KeKeyedEventType,
	&PsProcessType, &PsThreadType, &PsJobType,
	&MmSectionType,
	&IoDeviceType, &IoFileType, &IoCompletionType, &IoReserveType,
	&SeTokenType,
};
/* clang-format on */

const OB_TYPE *ObpTypeAt(ULONG Index)
{
	return Index < sizeof(Types) / sizeof(Types[0]) ? Types[Index] : NULL;
}

static const struct {
	PCWSTR Name, Target; /* Target NULL: a directory */
} Names[] = {
	{ u"\\??", NULL },
	{ u"\\Device", NULL },
	{ u"\\BaseNamedObjects", NULL },
	{ u"\\ObjectTypes", NULL },
	{ u"\\DosDevices", u"\\??" },
	{ u"\\??\\GLOBALROOT", u"" },
	{ u"\\??\\Global", u"\\??" },
	{ u"\\??\\PIPE", u"\\Device\\NamedPipe" },
};

static NTSTATUS MakeRoot(void)
{
	OB_DIRECTORY *Root;
	NTSTATUS Status = ObCreateObject(&ObDirectoryType, (POBJECT *)&Root);

	if (!NT_SUCCESS(Status))
		return Status;
	for (ULONG i = 0; i < OB_BUCKETS; i++)
		list_init(&Root->Buckets[i]);
	list_init(&Root->Names);
	ObpRoot = Root;
	return STATUS_SUCCESS;
}

/* Names Object for good. Consumes the reference. */
static NTSTATUS InsertPermanent(POBJECT Object, PCWSTR Path)
{
	OBJECT_ATTRIBUTES Attributes;
	UNICODE_STRING Name;
	HANDLE Handle;
	NTSTATUS Status;

	RtlInitUnicodeString(&Name, Path);
	InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT, NULL, NULL);
	Status = ObInsertObject(Object, &Attributes, 0, &Handle);
	return NT_SUCCESS(Status) ? NtClose(Handle) : Status;
}

static NTSTATUS MakeDirectory(PCWSTR Path)
{
	OBJECT_ATTRIBUTES Attributes;
	UNICODE_STRING Name;
	HANDLE Handle;
	NTSTATUS Status;

	RtlInitUnicodeString(&Name, Path);
	InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT, NULL, NULL);
	Status = NtCreateDirectoryObject(&Handle, 0, &Attributes);
	return NT_SUCCESS(Status) ? NtClose(Handle) : Status;
}

/* Not by NtCreateSymbolicLinkObject, which refuses GLOBALROOT's empty target. */
static NTSTATUS MakeLink(PCWSTR Path, PCWSTR Target)
{
	OB_SYMBOLIC_LINK *Link;
	UNICODE_STRING String;
	NTSTATUS Status = ObCreateObject(&ObSymbolicLinkType, (POBJECT *)&Link);

	if (!NT_SUCCESS(Status))
		return Status;
	RtlInitUnicodeString(&String, Target);
	Status = RtlDuplicateUnicodeString(0, &String, &Link->Target);
	if (NT_SUCCESS(Status))
		return InsertPermanent(&Link->Object, Path);
	ObDereferenceObject(&Link->Object);
	return Status;
}

static NTSTATUS MakeTypeObject(const OB_TYPE *Type)
{
	WCHAR Path[64] = u"\\ObjectTypes\\";
	OB_TYPE_OBJECT *Object;
	NTSTATUS Status = ObCreateObject(&ObpTypeType, (POBJECT *)&Object);
	ULONG Units = sizeof(u"\\ObjectTypes\\") / sizeof(WCHAR) - 1;

	if (!NT_SUCCESS(Status))
		return Status;
	for (ULONG i = 0; Type->Name[i]; i++)
		Path[Units++] = (WCHAR)Type->Name[i];
	Object->Described = Type;
	return InsertPermanent(&Object->Object, Path);
}

NTSTATUS ObInitSystem(void)
{
	NTSTATUS Status = MakeRoot();

	host_probe_init();
	for (ULONG i = 0; NT_SUCCESS(Status) && i < sizeof(Names) / sizeof(Names[0]); i++)
		Status = Names[i].Target ? MakeLink(Names[i].Name, Names[i].Target)
					 : MakeDirectory(Names[i].Name);
	for (ULONG i = 0; NT_SUCCESS(Status) && i < sizeof(Types) / sizeof(Types[0]); i++)
		Status = MakeTypeObject(Types[i]);
	return Status;
}
