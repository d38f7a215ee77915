/* SPDX-License-Identifier: MIT */
/*
 * ioea.c - extended attributes (nt.md section 6), kept in the host's xattrs.
 *
 * "LX.<name>" is the host xattr <name>, byte for byte: what lxcore's xattr calls use. Any other EA is
 * NT's: its name is upper-cased, checked, and stored as the xattr user.nt.<NAME>. The metadata EAs
 * ($LXMOD and so on) exist only while a file is created; afterwards they are the inode's own fields.
 * A list is checked whole before anything is changed; a host error in the middle is not undone.
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

#define LX_PREFIX      "LX."
#define LX_PREFIX_LEN  3u
#define NT_PREFIX      "user.nt."
#define NT_PREFIX_LEN  8u
#define EA_NAME_MAX    254u
#define XATTR_LIST_MAX 65536
#define EA_FIXED       ((ULONG)offsetof(FILE_FULL_EA_INFORMATION, EaName))
#define GET_EA_FIXED   ((ULONG)offsetof(FILE_GET_EA_INFORMATION, EaName))

static ULONG Align4(ULONG n)
{
	return (n + 3) & ~3u;
}

/* The host xattr of an EA, NUL-terminated. STATUS_INVALID_EA_NAME (EA2). */
static NTSTATUS XattrName(const CHAR *Name, ULONG Length, char Out[NT_PREFIX_LEN + EA_NAME_MAX + 1])
{
	if (IopEaIsLx(Name, Length)) {
		memcpy(Out, Name + LX_PREFIX_LEN, Length - LX_PREFIX_LEN);
		Out[Length - LX_PREFIX_LEN] = 0;
		return memchr(Out, 0, Length - LX_PREFIX_LEN) ? STATUS_INVALID_EA_NAME
							      : STATUS_SUCCESS;
	}
	if (!IopEaNameIsLegal(Name, Length))
		return STATUS_INVALID_EA_NAME;
	memcpy(Out, NT_PREFIX, NT_PREFIX_LEN);
	for (ULONG i = 0; i < Length; i++)
		Out[NT_PREFIX_LEN + i] = IopEaUpper(Name[i]);
	Out[NT_PREFIX_LEN + Length] = 0;
	return Length > 3 && IopEaIs(Name, 3, "$LX") ? STATUS_EAS_NOT_SUPPORTED : STATUS_SUCCESS;
}

/* ---- creation ---- */
BOOLEAN IopTakeMetadata(const FILE_FULL_EA_INFORMATION *Ea, IOP_METADATA *m)
{
	BOOLEAN NtLink;
	const struct {
		const char *Name;
		BOOLEAN *Has;
		ULONG *Value;
	} Words[] = {
		{ LX_FILE_METADATA_MODE_EA_NAME, &m->HasMode, &m->Mode },
		{ LX_FILE_METADATA_UID_EA_NAME, &m->HasUid, &m->Uid },
		{ LX_FILE_METADATA_GID_EA_NAME, &m->HasGid, &m->Gid },
	};

	for (ULONG i = 0; i < sizeof(Words) / sizeof(Words[0]); i++)
		if (IopEaIs(Ea->EaName, Ea->EaNameLength, Words[i].Name) &&
		    Ea->EaValueLength == 4) {
			memcpy(Words[i].Value, IopEaValue(Ea), 4);
			*Words[i].Has = TRUE;
			return TRUE;
		}
	if (IopEaIs(Ea->EaName, Ea->EaNameLength, LX_FILE_METADATA_DEVICE_ID_EA_NAME) &&
	    Ea->EaValueLength == 8) {
		memcpy(&m->Major, IopEaValue(Ea), 4);
		memcpy(&m->Minor, (const char *)IopEaValue(Ea) + 4, 4);
		m->HasDevice = TRUE;
		return TRUE;
	}
	NtLink = IopEaIs(Ea->EaName, Ea->EaNameLength, LX_FILE_NT_LINK_EA_NAME);
	if (NtLink || IopEaIs(Ea->EaName, Ea->EaNameLength, LX_FILE_SYMLINK_EA_NAME)) {
		m->NtLink = NtLink;
		m->Target = IopEaValue(Ea);
		m->TargetLength = Ea->EaValueLength;
		return TRUE;
	}
	return FALSE;
}

NTSTATUS IopParseMetadata(PVOID Buffer, ULONG Length, IOP_METADATA *Metadata)
{
	const FILE_FULL_EA_INFORMATION *Ea;
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONG At = 0; At < Length && NT_SUCCESS(Status);) {
		Status = IopNextEa(Buffer, Length, &At, &Ea);
		if (NT_SUCCESS(Status) && (!IopTakeMetadata(Ea, Metadata) || Metadata->NtLink))
			Status = STATUS_EAS_NOT_SUPPORTED;
	}
	return Status;
}

/* EA17: a volume has none. */
static NTSTATUS ReferenceForEas(HANDLE Handle, ACCESS_MASK Access, PFILE_OBJECT *File)
{
	NTSTATUS Status = IopReferenceFile(Handle, Access, File);

	if (NT_SUCCESS(Status) && (*File)->Volume) {
		IopDereferenceFile(*File);
		Status = STATUS_INVALID_PARAMETER;
	}
	return Status;
}

/* ---- NtSetEaFile ---- */
static NTSTATUS CheckList(const UCHAR *Buffer, ULONG Length, PULONG_PTR BadOffset)
{
	const UCHAR Known = 0x80 | FILE_EA_LXRUN_CREATE | FILE_EA_LXRUN_REPLACE |
			    FILE_EA_LXRUN_EMPTY;
	char Name[NT_PREFIX_LEN + EA_NAME_MAX + 1];
	const FILE_FULL_EA_INFORMATION *Ea;
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONG At = 0; At < Length && NT_SUCCESS(Status);) {
		*BadOffset = At;
		Status = IopNextEa(Buffer, Length, &At, &Ea);
		if (NT_SUCCESS(Status))
			Status = Ea->Flags & ~Known ? STATUS_INVALID_EA_NAME
						    : XattrName(Ea->EaName, Ea->EaNameLength, Name);
	}
	return Status;
}

static NTSTATUS SetOne(PFILE_OBJECT File, const FILE_FULL_EA_INFORMATION *Ea)
{
	char Name[NT_PREFIX_LEN + EA_NAME_MAX + 1];
	NTSTATUS Status = XattrName(Ea->EaName, Ea->EaNameLength, Name);

	if (!NT_SUCCESS(Status))
		return Status;
	if (Ea->EaValueLength || Ea->Flags & FILE_EA_LXRUN_EMPTY)
		return host_setxattr(File->Fd, Name, IopEaValue(Ea), Ea->EaValueLength,
				     Ea->Flags & (FILE_EA_LXRUN_CREATE | FILE_EA_LXRUN_REPLACE));
	Status = host_removexattr(File->Fd, Name);
	if (Status == STATUS_NONEXISTENT_EA_ENTRY && !IopEaIsLx(Ea->EaName, Ea->EaNameLength))
		return STATUS_SUCCESS;
	return Status;
}

static NTSTATUS SetList(PFILE_OBJECT File, const VOID *Buffer, ULONG Length, PULONG_PTR BadOffset)
{
	const FILE_FULL_EA_INFORMATION *Ea;
	NTSTATUS Status = CheckList(Buffer, Length, BadOffset);

	for (ULONG At = 0; At < Length && NT_SUCCESS(Status);) {
		Status = IopNextEa(Buffer, Length, &At, &Ea);
		if (NT_SUCCESS(Status))
			Status = SetOne(File, Ea);
	}
	return Status;
}

static NTSTATUS SetEa(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length)
{
	ULONG_PTR BadOffset = 0;
	PFILE_OBJECT File;
	NTSTATUS Status;

	Status = IopProbeGiven(Iosb, Buffer, Length, sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = ReferenceForEas(Handle, FILE_WRITE_EA, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	if (IopIsNt(File->Device))
		Status = IopNtSetEa(File, Buffer, Length, &BadOffset);
	else
		Status = SetList(File, Buffer, Length, &BadOffset);
	Iosb->Information = NT_SUCCESS(Status) ? 0 : BadOffset;
	Iosb->Status = Status;
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS NtSetEaFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length)
{
	NT_ENTRY(NtSetEaFile, .Handle = File, .Iosb = Iosb);
	NTSTATUS Status = SetEa(File, Iosb, Buffer, Length);

	TRACE(TR_NT, "NtSetEaFile(%p, Length: %u) = %s", File, Length, NtStatusName(Status));
	return Status;
}

/* ---- NtQueryEaFile ---- */
/*
 * Appends one EA with the value of host xattr Host. An absent value has length 0 and no
 * FILE_EA_LXRUN_EMPTY. STATUS_BUFFER_TOO_SMALL: does not fit, nothing appended.
 */
static NTSTATUS Append(PFILE_OBJECT File, PIOP_EA_QUERY a, const CHAR *Name, ULONG NameLength,
		       BOOLEAN Upcase, const char *Host)
{
	FILE_FULL_EA_INFORMATION *Ea = (void *)(a->Buffer + a->At);
	ULONG Room = a->At < a->Length ? a->Length - a->At : 0;
	SIZE_T Value = 0;
	NTSTATUS Status;

	if (Room < IopEaSize(NameLength, 0))
		return STATUS_BUFFER_TOO_SMALL;
	Room -= IopEaSize(NameLength, 0);
	if (Room > 65535)
		Room = 65535;
	Status = host_getxattr(File->Fd, Host, Ea->EaName + NameLength + 1, Room, &Value);
	if (Status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(Status) && Value > Room))
		return STATUS_BUFFER_TOO_SMALL;
	if (!NT_SUCCESS(Status) && Status != STATUS_NONEXISTENT_EA_ENTRY)
		return Status;
	Ea->NextEntryOffset = 0;
	Ea->Flags = NT_SUCCESS(Status) && !Value ? FILE_EA_LXRUN_EMPTY : 0;
	Ea->EaNameLength = (UCHAR)NameLength;
	Ea->EaValueLength = (USHORT)Value;
	for (ULONG i = 0; i < NameLength; i++)
		Ea->EaName[i] = Upcase ? IopEaUpper(Name[i]) : Name[i];
	Ea->EaName[NameLength] = 0;
	if (a->Last)
		a->Last->NextEntryOffset = (ULONG)((UCHAR *)Ea - (UCHAR *)a->Last);
	a->Last = Ea;
	a->End = a->At + IopEaSize(NameLength, (ULONG)Value);
	a->At = Align4(a->End);
	return STATUS_SUCCESS;
}

static BOOLEAN Listed(const IOP_EA_QUERY *a, const CHAR *Name, ULONG Length)
{
	const FILE_FULL_EA_INFORMATION *Ea;

	for (ULONG At = 0; a->Last && At < a->End;) {
		if (!NT_SUCCESS(IopNextEa(a->Buffer, a->End, &At, &Ea)))
			return FALSE;
		if (Ea->EaNameLength == Length && memcmp(Ea->EaName, Name, Length) == 0)
			return TRUE;
	}
	return FALSE;
}

/* EA12: in the order of the list, each name once. */
static NTSTATUS QueryListed(PFILE_OBJECT File, PIOP_EA_QUERY a)
{
	char Host[NT_PREFIX_LEN + EA_NAME_MAX + 1];
	const FILE_GET_EA_INFORMATION *Get;
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONG At = 0; At < a->ListLength && Status == STATUS_SUCCESS;) {
		ULONG Length;

		Status = IopNextGetEa(a->List, a->ListLength, &At, &Get);
		if (Status != STATUS_SUCCESS)
			return Status;
		Length = Get->EaNameLength;
		Status = XattrName(Get->EaName, Length, Host);
		if (NT_SUCCESS(Status) && !Listed(a, Get->EaName, Length))
			Status = Append(File, a, Get->EaName, Length,
					!IopEaIsLx(Get->EaName, Length), Host);
		if (a->Single)
			break;
	}
	if (Status == STATUS_BUFFER_TOO_SMALL) {
		a->End = 0;
		return STATUS_BUFFER_OVERFLOW;
	}
	return Status;
}

/* The EA that a host xattr shows as; 0: none that NT could name. */
static ULONG EaName(const char *Host, CHAR Out[256])
{
	BOOLEAN Nt = strncmp(Host, NT_PREFIX, NT_PREFIX_LEN) == 0;
	SIZE_T n = strlen(Host);

	if (Nt) {
		memcpy(Out, Host + NT_PREFIX_LEN, n - NT_PREFIX_LEN);
		return (ULONG)(n - NT_PREFIX_LEN);
	}
	if (n + LX_PREFIX_LEN > 255)
		return 0;
	memcpy(Out, LX_PREFIX, LX_PREFIX_LEN);
	memcpy(Out + LX_PREFIX_LEN, Host, n);
	return (ULONG)n + LX_PREFIX_LEN;
}

/* EA9, EA11: from entry number *Index (0-based) on; *Index moves behind what was returned. */
static NTSTATUS QueryAll(PFILE_OBJECT File, PIOP_EA_QUERY a, const char *Names, SIZE_T NamesLength,
			 BOOLEAN Single, ULONG *Index)
{
	const char *p = Names, *End = Names + NamesLength;
	ULONG Seen = 0, Length;
	CHAR Name[256];
	NTSTATUS Status;

	for (; p < End; p += strlen(p) + 1) {
		Length = EaName(p, Name);
		if (!Length || Seen++ < *Index)
			continue;
		Status = Append(File, a, Name, Length, FALSE, p);
		if (Status == STATUS_BUFFER_TOO_SMALL)
			return a->Last ? STATUS_BUFFER_OVERFLOW : Status;
		if (!NT_SUCCESS(Status))
			continue; /* a value the host does not show is not an EA of this file for us */
		*Index = Seen;
		if (Single)
			break;
	}
	if (a->Last)
		return STATUS_SUCCESS;
	if (!Seen)
		return STATUS_NO_EAS_ON_FILE;
	return STATUS_NO_MORE_EAS;
}

static NTSTATUS QueryScan(PFILE_OBJECT File, PIOP_EA_QUERY a, BOOLEAN Single, PULONG EaIndex,
			  BOOLEAN Restart)
{
	char *Names = mem_alloc(XATTR_LIST_MAX);
	SIZE_T Length;
	ULONG Index;
	NTSTATUS Status;

	if (!Names)
		return STATUS_INSUFFICIENT_RESOURCES;
	lk_acquire(&File->Lock);
	Index = EaIndex ? *EaIndex - 1 : Restart ? 0 : File->EaIndex; /* index 0 wraps: none such */
	lk_release(&File->Lock);
	Status = host_listxattr(File->Fd, Names, XATTR_LIST_MAX, &Length);
	if (NT_SUCCESS(Status))
		Status = QueryAll(File, a, Names, Length, Single, &Index);
	if (Status == STATUS_NO_MORE_EAS && EaIndex)
		Status = STATUS_NONEXISTENT_EA_ENTRY;
	lk_acquire(&File->Lock);
	File->EaIndex = Index;
	lk_release(&File->Lock);
	mem_free(Names);
	return Status;
}

static NTSTATUS QueryEa(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PIOP_EA_QUERY a)
{
	PFILE_OBJECT File;
	NTSTATUS Status;

	Status = IopProbeAnswer(Iosb, a->Buffer, a->Length, sizeof(ULONG));
	if (NT_SUCCESS(Status) && a->List)
		Status = ProbeForRead(a->List, a->ListLength, sizeof(ULONG));
	if (NT_SUCCESS(Status) && a->Index)
		Status = ProbeForRead(a->Index, sizeof(*a->Index), sizeof(ULONG));
	if (NT_SUCCESS(Status))
		Status = ReferenceForEas(Handle, FILE_READ_EA, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	if (IopIsNt(File->Device))
		Status = IopNtQueryEa(File, a);
	else if (a->List && a->ListLength)
		Status = QueryListed(File, a);
	else
		Status = QueryScan(File, a, a->Single, a->Index, a->Restart);
	if (!NT_ERROR(Status)) {
		Iosb->Status = Status;
		Iosb->Information = a->End;
	}
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS NtQueryEaFile(HANDLE File, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
		       BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex,
		       BOOLEAN RestartScan)
{
	NT_ENTRY(NtQueryEaFile, .Handle = File);
	IOP_EA_QUERY Query = {
		.Buffer = Buffer,
		.Length = Length,
		.Single = ReturnSingleEntry,
		.Restart = RestartScan,
		.List = EaList,
		.ListLength = EaListLength,
		.Index = EaIndex,
	};
	NTSTATUS Status = QueryEa(File, Iosb, &Query);

	TRACE(TR_NT, "NtQueryEaFile(%p, Length: %u) = %s, Information: %u", File, Length,
	      NtStatusName(Status), Query.End);
	return Status;
}
