/* SPDX-License-Identifier: MIT */
/* obquery.c - NtQueryObject: what a handle and its object are (nt.md OM24). */
#include "obp.h"
#include <string.h>

static NTSTATUS QueryBasic(POBJECT Object, ACCESS_MASK Granted, ULONG Attributes, PVOID Buffer,
			   ULONG Length, PULONG Needed)
{
	OBJECT_BASIC_INFORMATION Info = {
		.GrantedAccess = Granted,
		.HandleCount = Object->HandleCount,
		.PointerCount = Object->PointerCount.n - 1, /* not ours */
	};

	*Needed = sizeof(Info);
	if (Length != sizeof(Info))
		return STATUS_INFO_LENGTH_MISMATCH;
	lk_acquire(&ObpLock);
	Info.Attributes = Attributes | Object->Attributes;
	lk_release(&ObpLock);
	memcpy(Buffer, &Info, sizeof(Info));
	return STATUS_SUCCESS;
}

/* Bytes of the name-space name, and with Text (room for all of them) the name. ObpLock held. */
static ULONG NameSpaceName(POBJECT Object, PWSTR Text)
{
	ULONG Bytes = 0, End;

	if (Object == &ObpRoot->Object) {
		if (Text)
			Text[0] = u'\\';
		return sizeof(WCHAR);
	}
	for (POBJECT At = Object; At->Name; At = &At->Name->Directory->Object)
		Bytes += At->Name->Name.Length + sizeof(WCHAR);
	End = Bytes;
	for (POBJECT At = Object; Text && At->Name; At = &At->Name->Directory->Object) {
		End -= At->Name->Name.Length;
		memcpy((char *)Text + End, At->Name->Name.Buffer, At->Name->Name.Length);
		End -= sizeof(WCHAR);
		Text[End / sizeof(WCHAR)] = u'\\';
	}
	return Bytes;
}

/* The name space answers for Object: all of the name or nothing. */
static NTSTATUS QueryNameSpace(POBJECT Object, OBJECT_NAME_INFORMATION *Info, ULONG Length,
			       PULONG Needed)
{
	NTSTATUS Status = STATUS_SUCCESS;
	ULONG Bytes;

	lk_acquire(&ObpLock);
	Bytes = NameSpaceName(Object, NULL);
	*Needed = sizeof(*Info) + (Bytes ? Bytes + sizeof(WCHAR) : 0);
	if (Length < *Needed || Bytes > 0xFFFF - sizeof(WCHAR))
		Status = STATUS_INFO_LENGTH_MISMATCH;
	else if (!Bytes)
		memset(Info, 0, sizeof(*Info));
	if (NT_SUCCESS(Status) && Bytes) {
		PWSTR Text = (PWSTR)(Info + 1);

		NameSpaceName(Object, Text);
		Text[Bytes / sizeof(WCHAR)] = 0;
		Info->Name = (UNICODE_STRING){ (USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)),
					       Text };
	}
	lk_release(&ObpLock);
	return Status;
}

/* The object's type answers: as much as fits, and STATUS_BUFFER_OVERFLOW. */
static NTSTATUS QueryOwnName(POBJECT Object, OBJECT_NAME_INFORMATION *Info, ULONG Length,
			     PULONG Needed)
{
	ULONG Room, Bytes = 0;
	NTSTATUS Status;

	if (Length < sizeof(*Info)) {
		Status = Object->Type->QueryName(Object, NULL, 0, &Bytes);
		*Needed = sizeof(*Info) + Bytes + sizeof(WCHAR);
		return NT_ERROR(Status) ? Status : STATUS_INFO_LENGTH_MISMATCH;
	}
	Room = (Length - sizeof(*Info)) & ~1u;
	Room = Room > sizeof(WCHAR) ? Room - sizeof(WCHAR) : 0;
	Status = Object->Type->QueryName(Object, (PWSTR)(Info + 1), Room, &Bytes);
	*Needed = sizeof(*Info) + Bytes + sizeof(WCHAR);
	if (NT_ERROR(Status))
		return Status;
	if (Bytes < Room)
		Room = Bytes;
	Info->Name = (UNICODE_STRING){ (USHORT)Room, (USHORT)(Room + sizeof(WCHAR)),
				       (PWSTR)(Info + 1) };
	if (Length >= sizeof(*Info) + sizeof(WCHAR))
		Info->Name.Buffer[Room / sizeof(WCHAR)] = 0;
	return Bytes > Room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static ULONG TypeSize(const OB_TYPE *Type)
{
	return (ULONG)(sizeof(OBJECT_TYPE_INFORMATION) + (strlen(Type->Name) + 1) * sizeof(WCHAR));
}

/* Info has room for TypeSize(). */
static VOID FillType(const OB_TYPE *Type, OBJECT_TYPE_INFORMATION *Info)
{
	ULONG Units = (ULONG)strlen(Type->Name);
	PWSTR Text = (PWSTR)(Info + 1);

	*Info = (OBJECT_TYPE_INFORMATION){
		.TypeName = { (USHORT)(Units * sizeof(WCHAR)),
			      (USHORT)((Units + 1) * sizeof(WCHAR)), Text },
		.GenericMapping = Type->Mapping,
		.ValidAccessMask = Type->ValidAccess,
	};
	for (ULONG i = 0; i <= Units; i++)
		Text[i] = (WCHAR)Type->Name[i];
}

static NTSTATUS QueryType(const OB_TYPE *Type, PVOID Buffer, ULONG Length, PULONG Needed)
{
	*Needed = TypeSize(Type);
	if (Length < *Needed)
		return STATUS_INFO_LENGTH_MISMATCH;
	FillType(Type, Buffer);
	return STATUS_SUCCESS;
}

#define ALIGN(Size) (((Size) + sizeof(PVOID) - 1) & ~(ULONG)(sizeof(PVOID) - 1))

static NTSTATUS QueryTypes(PVOID Buffer, ULONG Length, PULONG Needed)
{
	OBJECT_TYPES_INFORMATION *Info = Buffer;
	ULONG Count = 0, At = ALIGN(sizeof(*Info));
	const OB_TYPE *Type;

	*Needed = At;
	while ((Type = ObpTypeAt(Count)) != NULL) {
		*Needed += ALIGN(TypeSize(Type));
		Count++;
	}
	if (Length < *Needed)
		return STATUS_INFO_LENGTH_MISMATCH;
	memset(Buffer, 0, *Needed);
	Info->NumberOfTypes = Count;
	for (ULONG i = 0; i < Count; i++) {
		Type = ObpTypeAt(i);
		FillType(Type, (OBJECT_TYPE_INFORMATION *)((char *)Buffer + At));
		At += ALIGN(TypeSize(Type));
	}
	return STATUS_SUCCESS;
}

static NTSTATUS QueryHandleFlags(ULONG Attributes, PVOID Buffer, ULONG Length, PULONG Needed)
{
	OBJECT_HANDLE_FLAG_INFORMATION Info = {
		.Inherit = !!(Attributes & OBJ_INHERIT),
		.ProtectFromClose = !!(Attributes & OBJ_PROTECT_CLOSE),
	};

	*Needed = sizeof(Info);
	if (Length != sizeof(Info))
		return STATUS_INFO_LENGTH_MISMATCH;
	memcpy(Buffer, &Info, sizeof(Info));
	return STATUS_SUCCESS;
}

static NTSTATUS QueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer,
			    ULONG Length, PULONG Needed)
{
	ACCESS_MASK Granted;
	ULONG Attributes;
	POBJECT Object;
	NTSTATUS Status;

	if (Class == ObjectTypesInformation) /* about no handle */
		return QueryTypes(Buffer, Length, Needed);
	Status = ObpReferenceHandle(Handle, &Object, &Granted, &Attributes);
	if (!NT_SUCCESS(Status))
		return Status;
	switch (Class) {
	case ObjectBasicInformation:
		Status = QueryBasic(Object, Granted, Attributes, Buffer, Length, Needed);
		break;
	case ObjectNameInformation:
		Status = Object->Type->QueryName ? QueryOwnName(Object, Buffer, Length, Needed)
						 : QueryNameSpace(Object, Buffer, Length, Needed);
		break;
	case ObjectTypeInformation:
		Status = QueryType(Object->Type, Buffer, Length, Needed);
		break;
	case ObjectHandleFlagInformation:
		Status = QueryHandleFlags(Attributes, Buffer, Length, Needed);
		break;
	default:
		Status = STATUS_INVALID_INFO_CLASS;
	}
	ObDereferenceObject(Object);
	return Status;
}

NTSTATUS NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length,
		       PULONG ReturnLength)
{
	NT_ENTRY(NtQueryObject, .Handle = Handle);
	ULONG Needed = 0;
	NTSTATUS Status = ProbeForWrite(Buffer, Length,
					Class == ObjectHandleFlagInformation ? 1 : sizeof(ULONG));

	if (NT_SUCCESS(Status))
		Status = ProbeForWriteOptional(ReturnLength, sizeof(*ReturnLength));
	if (NT_SUCCESS(Status))
		Status = QueryObject(Handle, Class, Buffer, Length, &Needed);
	if (ReturnLength && Needed)
		*ReturnLength = Needed;
	TRACE(TR_NT, "NtQueryObject(%p, class=%d) = %s", Handle, (int)Class, NtStatusName(Status));
	return Status;
}

static NTSTATUS SetObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length)
{
	OBJECT_HANDLE_FLAG_INFORMATION Info;
	NTSTATUS Status;

	if (Class != ObjectHandleFlagInformation)
		return STATUS_INVALID_INFO_CLASS;
	if (Length != sizeof(Info))
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = ProbeForRead(Buffer, Length, 1);
	if (!NT_SUCCESS(Status))
		return Status;
	memcpy(&Info, Buffer, sizeof(Info));
	return ObpSetHandleAttributes(Handle,
				      (Info.Inherit ? OBJ_INHERIT : 0) |
					      (Info.ProtectFromClose ? OBJ_PROTECT_CLOSE : 0));
}

NTSTATUS NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Buffer,
				ULONG Length)
{
	NT_ENTRY(NtSetInformationObject, .Handle = Handle);
	NTSTATUS Status = SetObject(Handle, Class, Buffer, Length);

	TRACE(TR_NT, "NtSetInformationObject(%p, class=%d) = %s", Handle, (int)Class,
	      NtStatusName(Status));
	return Status;
}
