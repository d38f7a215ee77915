/* SPDX-License-Identifier: MIT */
/*
 * obdir.c - directory objects. Names are hashed without regard to case, so that one table serves
 * lookups of both kinds (nt.md OM4), and listed in order of creation (OM19).
 */
#include "obp.h"
#include "base/alloc.h"
#include <string.h>

static VOID DeleteDirectory(POBJECT Object);

const OB_TYPE ObDirectoryType = {
	.Name = "Directory",
	.Size = sizeof(OB_DIRECTORY),
	.ValidAccess = DIRECTORY_ALL_ACCESS,
	.Mapping = {
		.GenericRead = STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
		.GenericWrite = STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
		.GenericExecute = STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
		.GenericAll = DIRECTORY_ALL_ACCESS,
	},
	.Delete = DeleteDirectory,
};

/* Names hold a reference to their directory: one that is deleted is empty. */
static VOID DeleteDirectory(POBJECT Object)
{
	assert(list_empty(&((OB_DIRECTORY *)Object)->Names));
}

static struct list *BucketOf(OB_DIRECTORY *Directory, PCUNICODE_STRING Name)
{
	return &Directory->Buckets[RtlHashUnicodeString(Name, TRUE) % OB_BUCKETS];
}

OB_NAME *ObpFindName(OB_DIRECTORY *Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive)
{
	OB_NAME *Entry;

	list_for_each(Entry, BucketOf(Directory, Name), BucketEntry)
		if (RtlEqualUnicodeString(&Entry->Name, Name, CaseInsensitive))
			return Entry;
	return NULL;
}

NTSTATUS ObpLinkName(OB_DIRECTORY *Directory, PCUNICODE_STRING Name, POBJECT Object)
{
	OB_NAME *Entry = mem_alloc(sizeof(*Entry) + Name->Length);

	lk_assert_held(&ObpLock);
	if (!Entry)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(Entry->Text, Name->Buffer, Name->Length);
	Entry->Name = (UNICODE_STRING){ Name->Length, Name->Length, Entry->Text };
	Entry->Object = Object;
	Entry->Directory = Directory;
	ObReferenceObject(Object);
	ObReferenceObject(&Directory->Object);
	list_add_tail(BucketOf(Directory, Name), &Entry->BucketEntry);
	list_add_tail(&Directory->Names, &Entry->Entry);
	__atomic_store_n(&Object->Name, Entry, __ATOMIC_RELEASE);
	return STATUS_SUCCESS;
}

OB_NAME *ObpUnlinkName(POBJECT Object)
{
	OB_NAME *Entry = Object->Name;

	lk_assert_held(&ObpLock);
	list_del(&Entry->BucketEntry);
	list_del(&Entry->Entry);
	__atomic_store_n(&Object->Name, NULL, __ATOMIC_RELEASE);
	return Entry;
}

VOID ObpFreeName(OB_NAME *Name)
{
	if (!Name)
		return;
	ObDereferenceObject(Name->Object);
	ObDereferenceObject(&Name->Directory->Object);
	mem_free(Name);
}

static NTSTATUS CreateDirectory(PHANDLE Handle, ACCESS_MASK DesiredAccess,
				POBJECT_ATTRIBUTES ObjectAttributes)
{
	OB_DIRECTORY *Directory;
	NTSTATUS Status = ObCreateObject(&ObDirectoryType, (POBJECT *)&Directory);

	if (!NT_SUCCESS(Status))
		return Status;
	for (ULONG i = 0; i < OB_BUCKETS; i++)
		list_init(&Directory->Buckets[i]);
	list_init(&Directory->Names);
	return ObInsertObject(&Directory->Object, ObjectAttributes, DesiredAccess, Handle);
}

NTSTATUS NtCreateDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess,
				 POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtCreateDirectoryObject, .Attributes = ObjectAttributes, .Output = Handle);
	char Name[OB_TRACE_NAME];
	NTSTATUS Status = CreateDirectory(Handle, DesiredAccess, ObjectAttributes);

	TRACE(TR_NT, "NtCreateDirectoryObject(%s) = %s", ObTraceName(ObjectAttributes, Name),
	      NtStatusName(Status));
	return Status;
}

NTSTATUS NtOpenDirectoryObject(PHANDLE Handle, ACCESS_MASK DesiredAccess,
			       POBJECT_ATTRIBUTES ObjectAttributes)
{
	NT_ENTRY(NtOpenDirectoryObject, .Attributes = ObjectAttributes, .Output = Handle);

	return ObOpenTraced("NtOpenDirectoryObject", &ObDirectoryType, Handle, DesiredAccess,
			    ObjectAttributes);
}

/* ---- NtQueryDirectoryObject ---- */

/* The answer: records, a record of zeros, then the strings of all records. */
struct listing {
	OB_NAME *First; /* entry of the first record */
	ULONG Count;    /* records that fit */
	ULONG Size;     /* bytes, with the record of zeros */
	BOOLEAN More;   /* entries that did not fit */
};

static ULONG EntrySize(const OB_NAME *Name)
{
	return sizeof(OBJECT_DIRECTORY_INFORMATION) + Name->Name.Length + sizeof(WCHAR) +
	       ((ULONG)strlen(Name->Object->Type->Name) + 1) * sizeof(WCHAR);
}

static struct listing Measure(OB_DIRECTORY *Directory, ULONG Index, ULONG Length, ULONG MaxCount)
{
	struct listing Listing = { .Size = sizeof(OBJECT_DIRECTORY_INFORMATION) };
	OB_NAME *Name;

	list_for_each(Name, &Directory->Names, Entry) {
		if (Index) {
			Index--;
			continue;
		}
		if (!Listing.First)
			Listing.First = Name;
		if (Listing.Count == MaxCount)
			break;
		if (Listing.Size + EntrySize(Name) > Length) {
			Listing.More = TRUE;
			break;
		}
		Listing.Size += EntrySize(Name);
		Listing.Count++;
	}
	return Listing;
}

/* Copies Units characters and a NUL to *Text and moves *Text behind them. */
static UNICODE_STRING PutString(PWSTR *Text, ULONG Units, PCWSTR Wide, const char *Narrow)
{
	UNICODE_STRING String = { (USHORT)(Units * 2), (USHORT)(Units * 2 + 2), *Text };

	for (ULONG i = 0; i < Units; i++)
		(*Text)[i] = Wide ? Wide[i] : (WCHAR)Narrow[i];
	(*Text)[Units] = 0;
	*Text += Units + 1;
	return String;
}

static VOID FillListing(const struct listing *Listing, OBJECT_DIRECTORY_INFORMATION *Record)
{
	PWSTR Text = (PWSTR)(Record + Listing->Count + 1);
	OB_NAME *Name = Listing->First;

	for (ULONG i = 0; i < Listing->Count; i++, Record++) {
		const char *Type = Name->Object->Type->Name;

		Record->Name = PutString(&Text, Name->Name.Length / 2, Name->Name.Buffer, NULL);
		Record->TypeName = PutString(&Text, (ULONG)strlen(Type), NULL, Type);
		Name = container_of(Name->Entry.next, OB_NAME, Entry);
	}
	memset(Record, 0, sizeof(*Record));
}

static NTSTATUS QueryDirectory(OB_DIRECTORY *Directory, PVOID Buffer, ULONG Length, BOOLEAN Single,
			       BOOLEAN Restart, PULONG Context, PULONG ReturnLength)
{
	ULONG Index = Restart ? 0 : *Context, Needed;
	struct listing Listing;
	NTSTATUS Status;

	lk_acquire(&ObpLock);
	Listing = Measure(Directory, Index, Length, Single ? 1 : ~0u);
	Needed = Listing.Size;
	if (!Listing.First) {
		Status = STATUS_NO_MORE_ENTRIES;
	} else if (!Listing.Count) {
		Status = STATUS_BUFFER_TOO_SMALL;
		Needed += EntrySize(Listing.First);
	} else {
		FillListing(&Listing, Buffer);
		*Context = Index + Listing.Count;
		Status = Listing.More ? STATUS_MORE_ENTRIES : STATUS_SUCCESS;
	}
	lk_release(&ObpLock);
	if (ReturnLength)
		*ReturnLength = Needed;
	return Status;
}

NTSTATUS NtQueryDirectoryObject(HANDLE Handle, PVOID Buffer, ULONG Length,
				BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, PULONG Context,
				PULONG ReturnLength)
{
	NT_ENTRY(NtQueryDirectoryObject, .Handle = Handle);
	POBJECT Object;
	NTSTATUS Status = ProbeForWrite(Buffer, Length, sizeof(ULONG));

	if (NT_SUCCESS(Status))
		Status = ProbeForWrite(Context, sizeof(*Context), sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));
	if (NT_SUCCESS(Status))
		Status = ObReferenceObjectByHandle(Handle, DIRECTORY_QUERY, &ObDirectoryType,
						   &Object);
	if (NT_SUCCESS(Status)) {
		Status = QueryDirectory((OB_DIRECTORY *)Object, Buffer, Length, ReturnSingleEntry,
					RestartScan, Context, ReturnLength);
		ObDereferenceObject(Object);
	}
	TRACE(TR_NT, "NtQueryDirectoryObject(%p) = %s", Handle, NtStatusName(Status));
	return Status;
}
