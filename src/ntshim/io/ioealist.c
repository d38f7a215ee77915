/* SPDX-License-Identifier: MIT */
/*
 * ioealist.c - lists of extended attributes as NT passes them (nt.md EA1..EA6), and merging them.
 *
 * Names are OEM, equal but for case, and kept in upper case; only those that begin with "LX." are a
 * Linux guest's, whose names are case-sensitive: they are kept as given.
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

#define EA_FIXED    ((ULONG)offsetof(FILE_FULL_EA_INFORMATION, EaName))
#define EA_NAME_MAX 254u
#define EA_LXRUN    (FILE_EA_LXRUN_CREATE | FILE_EA_LXRUN_REPLACE | FILE_EA_LXRUN_EMPTY)

ULONG IopEaSize(ULONG NameLength, ULONG ValueLength)
{
	return EA_FIXED + NameLength + 1 + ValueLength;
}

CHAR IopEaUpper(CHAR c)
{
	return c >= 'a' && c <= 'z' ? (CHAR)(c - 'a' + 'A') : c;
}

BOOLEAN IopEaIs(const CHAR *Name, ULONG Length, const char *Other)
{
	for (ULONG i = 0; i < Length; i++)
		if (!Other[i] || IopEaUpper(Name[i]) != Other[i])
			return FALSE;
	return !Other[Length];
}

BOOLEAN IopEaIsLx(const CHAR *Name, ULONG Length)
{
	return Length > 3 && memcmp(Name, "LX.", 3) == 0;
}

BOOLEAN IopEaNameIsLegal(const CHAR *Name, ULONG Length)
{
	if (!Length || Length > EA_NAME_MAX)
		return FALSE;
	for (ULONG i = 0; i < Length; i++)
		if ((UCHAR)Name[i] < 0x20 || strchr("\\/:*?\"<>|,+=[];", Name[i]))
			return FALSE;
	return TRUE;
}

NTSTATUS IopNextEa(const VOID *Buffer, ULONG Length, PULONG At, const FILE_FULL_EA_INFORMATION **Ea)
{
	ULONG Left = Length - *At, Next;

	*Ea = (const void *)((const UCHAR *)Buffer + *At);
	if (Left < EA_FIXED + 1 || IopEaSize((*Ea)->EaNameLength, (*Ea)->EaValueLength) > Left)
		return STATUS_EA_LIST_INCONSISTENT;
	Next = (*Ea)->NextEntryOffset;
	if (Next && (Next % 4 || Next >= Left ||
		     Next < IopEaSize((*Ea)->EaNameLength, (*Ea)->EaValueLength)))
		return STATUS_EA_LIST_INCONSISTENT;
	if ((*Ea)->EaName[(*Ea)->EaNameLength])
		return STATUS_EA_LIST_INCONSISTENT;
	*At = Next ? *At + Next : Length;
	return STATUS_SUCCESS;
}

const VOID *IopEaValue(const FILE_FULL_EA_INFORMATION *Ea)
{
	return Ea->EaName + Ea->EaNameLength + 1;
}

/* ---- merging ---- */
typedef struct _LIST {
	UCHAR *Data;
	ULONG Length, Last; /* Last: offset of the last entry */
} LIST;

static BOOLEAN SameName(const FILE_FULL_EA_INFORMATION *a, const FILE_FULL_EA_INFORMATION *b)
{
	BOOLEAN Lx = IopEaIsLx(a->EaName, a->EaNameLength);

	if (a->EaNameLength != b->EaNameLength || Lx != IopEaIsLx(b->EaName, b->EaNameLength))
		return FALSE;
	for (ULONG i = 0; i < a->EaNameLength; i++)
		if (Lx ? a->EaName[i] != b->EaName[i]
		       : IopEaUpper(a->EaName[i]) != IopEaUpper(b->EaName[i]))
			return FALSE;
	return TRUE;
}

static VOID Append(LIST *List, const FILE_FULL_EA_INFORMATION *Ea)
{
	ULONG Size = IopEaSize(Ea->EaNameLength, Ea->EaValueLength), At = (List->Length + 3) & ~3u;
	FILE_FULL_EA_INFORMATION *New = (void *)(List->Data + At);
	BOOLEAN Lx = IopEaIsLx(Ea->EaName, Ea->EaNameLength);

	memset(List->Data + List->Length, 0, At - List->Length);
	if (At)
		((FILE_FULL_EA_INFORMATION *)(void *)(List->Data + List->Last))->NextEntryOffset =
			At - List->Last;
	memcpy(New, Ea, Size);
	New->NextEntryOffset = 0;
	New->Flags &= FILE_NEED_EA;
	for (ULONG i = 0; i < Ea->EaNameLength && !Lx; i++)
		New->EaName[i] = IopEaUpper(New->EaName[i]);
	List->Last = At;
	List->Length = At + Size;
}

/* Whether Ea may be set over Old (NULL: there is none), and what that means. */
static NTSTATUS CheckEa(const FILE_FULL_EA_INFORMATION *Ea, const FILE_FULL_EA_INFORMATION *Old)
{
	BOOLEAN Lx = IopEaIsLx(Ea->EaName, Ea->EaNameLength);

	if (Ea->Flags & ~(FILE_NEED_EA | EA_LXRUN) ||
	    (!Lx && !IopEaNameIsLegal(Ea->EaName, Ea->EaNameLength)))
		return STATUS_INVALID_EA_NAME;
	if (Ea->Flags & FILE_EA_LXRUN_CREATE && Old)
		return STATUS_OBJECT_NAME_COLLISION;
	if (Ea->Flags & FILE_EA_LXRUN_REPLACE && !Old)
		return STATUS_NONEXISTENT_EA_ENTRY;
	/* Deleting what is not there is no error to NT, but to removexattr(2). */
	if (Lx && !Old && !Ea->EaValueLength && !(Ea->Flags & FILE_EA_LXRUN_EMPTY))
		return STATUS_NONEXISTENT_EA_ENTRY;
	return STATUS_SUCCESS;
}

static const FILE_FULL_EA_INFORMATION *Find(const LIST *List, const FILE_FULL_EA_INFORMATION *Ea)
{
	const FILE_FULL_EA_INFORMATION *Old;

	for (ULONG At = 0; At < List->Length;)
		if (NT_SUCCESS(IopNextEa(List->Data, List->Length, &At, &Old)) && SameName(Ea, Old))
			return Old;
	return NULL;
}

/* Old with Ea in the place of its namesake, or behind the last. New->Data has room. */
static VOID Replace(const LIST *Old, const FILE_FULL_EA_INFORMATION *Ea, LIST *New)
{
	BOOLEAN Keep = Ea->EaValueLength || Ea->Flags & FILE_EA_LXRUN_EMPTY, Done = FALSE;
	const FILE_FULL_EA_INFORMATION *Entry;

	for (ULONG At = 0; At < Old->Length;) {
		if (!NT_SUCCESS(IopNextEa(Old->Data, Old->Length, &At, &Entry)))
			break;
		if (!SameName(Ea, Entry)) {
			Append(New, Entry);
			continue;
		}
		if (Keep)
			Append(New, Ea);
		Done = TRUE;
	}
	if (!Done && Keep)
		Append(New, Ea);
}

static NTSTATUS MergeOne(LIST *List, const FILE_FULL_EA_INFORMATION *Ea)
{
	LIST New = { 0 };
	NTSTATUS Status = CheckEa(Ea, Find(List, Ea));

	if (!NT_SUCCESS(Status))
		return Status;
	New.Data = mem_alloc(List->Length + 4 + IopEaSize(Ea->EaNameLength, Ea->EaValueLength));
	if (!New.Data)
		return STATUS_INSUFFICIENT_RESOURCES;
	Replace(List, Ea, &New);
	mem_free(List->Data);
	*List = New;
	return STATUS_SUCCESS;
}

NTSTATUS IopMergeEas(PVOID *Data, PULONG Length, const VOID *Buffer, ULONG BufferLength,
		     PULONG_PTR BadOffset)
{
	LIST List = { .Length = *Length };
	const FILE_FULL_EA_INFORMATION *Ea;
	NTSTATUS Status = STATUS_SUCCESS;

	if (List.Length) {
		List.Data = mem_alloc(List.Length);
		if (!List.Data)
			return STATUS_INSUFFICIENT_RESOURCES;
		memcpy(List.Data, *Data, List.Length);
	}
	for (ULONG At = 0; At < BufferLength && Status == STATUS_SUCCESS;) {
		*BadOffset = At;
		Status = IopNextEa(Buffer, BufferLength, &At, &Ea);
		if (Status == STATUS_SUCCESS)
			Status = MergeOne(&List, Ea);
	}
	if (Status == STATUS_SUCCESS && List.Length > IOP_EA_MAX - 5)
		Status = STATUS_EA_TOO_LARGE; /* EA6 */
	if (Status == STATUS_SUCCESS) {
		mem_free(*Data);
		*Data = List.Data;
		*Length = List.Length;
	} else {
		mem_free(List.Data);
	}
	return Status;
}
