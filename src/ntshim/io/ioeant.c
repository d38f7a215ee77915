/* SPDX-License-Identifier: MIT */
/*
 * ioeant.c - extended attributes of lx and win volumes (nt.md section 6).
 *
 * All EAs of a file are one host xattr, a FILE_FULL_EA_INFORMATION list in the order in which they
 * were first set; so a change is whole or not at all, and numbers (EaIndex) mean something. How much
 * fits is the host file system's to say: ext4 keeps about 4000 bytes, others 64 KiB.
 */
#include "iop.h"
#include "base/alloc.h"

/* ---- the list of a file ---- */
static NTSTATUS LoadEas(PFILE_OBJECT File, PVOID *List, PULONG Length)
{
	NTSTATUS Status = IopLoadEas(IopMetadataFd(File), "", List, Length);

	struct host_stat St;

	if (Status != STATUS_NONEXISTENT_EA_ENTRY && Status != STATUS_NOT_SUPPORTED)
		return Status;
	*List = NULL;
	*Length = 0;
	if (File->Device->Personality != VolumePersonalityLx)
		return STATUS_SUCCESS;
	Status = host_fstat(IopMetadataFd(File), &St);
	return NT_SUCCESS(Status) && IopModeIsEas(File->Device, &St)
		       ? IopEasOfMode(St.mode, List, Length)
		       : Status;
}

/* Without a list the host's mode would be one. */
static NTSTATUS StoreEas(PFILE_OBJECT File, const VOID *List, ULONG Length)
{
	BOOLEAN Forget = !Length && File->Device->Personality == VolumePersonalityLx;
	NTSTATUS Status = STATUS_SUCCESS;

	if (Forget)
		Status = host_chmod(IopMetadataFd(File),
				    IopHostMode(File->Device, IopIsDirectory(File)));
	return NT_SUCCESS(Status) ? IopStoreEas(IopMetadataFd(File), List, Length) : Status;
}

NTSTATUS IopNtSetEa(PFILE_OBJECT File, const VOID *Buffer, ULONG Length, PULONG_PTR BadOffset)
{
	ULONG ListLength;
	PVOID List;
	NTSTATUS Status;

	lk_acquire(&File->Device->Metadata);
	Status = LoadEas(File, &List, &ListLength);
	if (NT_SUCCESS(Status)) {
		Status = IopMergeEas(&List, &ListLength, Buffer, Length, BadOffset);
		if (Status == STATUS_SUCCESS)
			Status = StoreEas(File, List, ListLength);
		mem_free(List);
	}
	lk_release(&File->Device->Metadata);
	return Status;
}

/* One $LX EA with a 4-byte value behind At. */
static ULONG PutLx(UCHAR *Buffer, ULONG *Last, ULONG At, const char *Name, ULONG Value)
{
	FILE_FULL_EA_INFORMATION *Ea = (void *)(Buffer + At);
	ULONG Length = (ULONG)strlen(Name);

	if (At)
		((FILE_FULL_EA_INFORMATION *)(void *)(Buffer + *Last))->NextEntryOffset = At -
											  *Last;
	*Last = At;
	Ea->EaNameLength = (UCHAR)Length;
	Ea->EaValueLength = sizeof(Value);
	memcpy(Ea->EaName, Name, Length + 1);
	memcpy(Ea->EaName + Length + 1, &Value, sizeof(Value));
	return (At + IopEaSize(Length, sizeof(Value)) + 3) & ~3u;
}

NTSTATUS IopSetLxMetadata(PFILE_OBJECT File, const FILE_LXRUN_SET_INFORMATION *Set)
{
	_Alignas(8) UCHAR Buffer[96] = { 0 };
	ULONG At = 0, Last = 0, Valid = Set->Valid;
	ULONG_PTR BadOffset;
	ULONG Mode = Set->Mode;
	IOP_NODE Node;
	NTSTATUS Status;

	if (!(Valid & (FILE_LXRUN_SET_UID | FILE_LXRUN_SET_GID | FILE_LXRUN_SET_MODE)))
		return STATUS_SUCCESS;
	Status = IopQueryNode(File, &Node);
	if (!NT_SUCCESS(Status))
		return Status;
	/* chown(2) without a mode drops set-id bits of all but directories, as the host does; links have none. */
	if (!(Valid & FILE_LXRUN_SET_MODE) && (Node.St.mode & HOST_S_IFMT) != HOST_S_IFDIR &&
	    (Node.St.mode & HOST_S_IFMT) != HOST_S_IFLNK) {
		ULONG Drop = 04000u | (Node.St.mode & 0010 ? 02000u : 0);

		Mode = Node.St.mode & ~Drop;
		if (Mode != Node.St.mode)
			Valid |= FILE_LXRUN_SET_MODE;
	}
	if (Valid & FILE_LXRUN_SET_UID)
		At = PutLx(Buffer, &Last, At, LX_FILE_METADATA_UID_EA_NAME, Set->Uid);
	if (Valid & FILE_LXRUN_SET_GID)
		At = PutLx(Buffer, &Last, At, LX_FILE_METADATA_GID_EA_NAME, Set->Gid);
	if (Valid & FILE_LXRUN_SET_MODE)
		At = PutLx(Buffer, &Last, At, LX_FILE_METADATA_MODE_EA_NAME,
			   (Node.St.mode & HOST_S_IFMT) | (Mode & ~HOST_S_IFMT));
	return IopNtSetEa(File, Buffer, At, &BadOffset);
}

/* ---- queries ---- */
static ULONG HashOf(const UCHAR *Data, ULONG Length)
{
	ULONG Hash = 0x811C9DC5;

	for (ULONG i = 0; i < Length; i++)
		Hash = (Hash ^ Data[i]) * 0x01000193;
	return Hash;
}

/* One more entry of the answer; Ea NULL: there is none of that name. */
static NTSTATUS Append(PIOP_EA_QUERY q, const CHAR *Name, ULONG NameLength,
		       const FILE_FULL_EA_INFORMATION *Ea)
{
	FILE_FULL_EA_INFORMATION *Out = (void *)(q->Buffer + q->At);
	BOOLEAN Lx = IopEaIsLx(Name, NameLength);
	ULONG ValueLength = Ea ? Ea->EaValueLength : 0, Size = IopEaSize(NameLength, ValueLength);

	if (q->At > q->Length || q->Length - q->At < Size)
		return STATUS_BUFFER_TOO_SMALL;
	Out->NextEntryOffset = 0;
	Out->Flags = Ea ? Ea->Flags | (Lx && !ValueLength ? FILE_EA_LXRUN_EMPTY : 0) : 0;
	Out->EaNameLength = (UCHAR)NameLength;
	Out->EaValueLength = (USHORT)ValueLength;
	for (ULONG i = 0; i < NameLength; i++)
		Out->EaName[i] = Lx ? Name[i] : IopEaUpper(Name[i]);
	Out->EaName[NameLength] = 0;
	if (Ea)
		memcpy(Out->EaName + NameLength + 1, IopEaValue(Ea), ValueLength);
	if (q->Last)
		q->Last->NextEntryOffset = (ULONG)((UCHAR *)Out - (UCHAR *)q->Last);
	q->Last = Out;
	q->End = q->At + Size;
	q->At = (q->End + 3) & ~3u;
	return STATUS_SUCCESS;
}

static BOOLEAN IsNamed(const FILE_FULL_EA_INFORMATION *Ea, const CHAR *Name, ULONG Length)
{
	BOOLEAN Lx = IopEaIsLx(Name, Length);

	if (Ea->EaNameLength != Length)
		return FALSE;
	for (ULONG i = 0; i < Length; i++)
		if (Lx ? Ea->EaName[i] != Name[i] : Ea->EaName[i] != IopEaUpper(Name[i]))
			return FALSE;
	return TRUE;
}

static const FILE_FULL_EA_INFORMATION *Find(const VOID *List, ULONG Length, const CHAR *Name,
					    ULONG NameLength)
{
	const FILE_FULL_EA_INFORMATION *Ea;

	for (ULONG At = 0; At < Length;) {
		if (!NT_SUCCESS(IopNextEa(List, Length, &At, &Ea)))
			break;
		if (IsNamed(Ea, Name, NameLength))
			return Ea;
	}
	return NULL;
}

NTSTATUS IopNextGetEa(const VOID *List, ULONG Length, PULONG At,
		      const FILE_GET_EA_INFORMATION **Get)
{
	const ULONG Fixed = offsetof(FILE_GET_EA_INFORMATION, EaName);
	ULONG Left = Length - *At, Next;

	*Get = (const void *)((const UCHAR *)List + *At);
	if (Left < Fixed + 1 || Fixed + (*Get)->EaNameLength > Left)
		return STATUS_EA_LIST_INCONSISTENT;
	Next = (*Get)->NextEntryOffset;
	if (Next && (Next % 4 || Next >= Left || Next < Fixed + (*Get)->EaNameLength))
		return STATUS_EA_LIST_INCONSISTENT;
	*At = Next ? *At + Next : Length;
	return STATUS_SUCCESS;
}

/* EA12 */
static NTSTATUS QueryListed(PIOP_EA_QUERY q, const VOID *List, ULONG Length)
{
	const FILE_GET_EA_INFORMATION *Get;
	NTSTATUS Status = STATUS_SUCCESS;

	for (ULONG At = 0; At < q->ListLength && Status == STATUS_SUCCESS;) {
		Status = IopNextGetEa(q->List, q->ListLength, &At, &Get);
		if (Status != STATUS_SUCCESS)
			break;
		if (!IopEaIsLx(Get->EaName, Get->EaNameLength) &&
		    !IopEaNameIsLegal(Get->EaName, Get->EaNameLength))
			return STATUS_INVALID_EA_NAME;
		if (q->Last && Find(q->Buffer, q->End, Get->EaName, Get->EaNameLength))
			continue;
		Status = Append(q, Get->EaName, Get->EaNameLength,
				Find(List, Length, Get->EaName, Get->EaNameLength));
		if (q->Single)
			break;
	}
	if (Status == STATUS_BUFFER_TOO_SMALL) {
		q->End = 0;
		return STATUS_BUFFER_OVERFLOW;
	}
	return Status;
}

/* EA9, EA11: from entry number *Index (0-based) on, which moves behind what was returned. */
static NTSTATUS QueryFrom(PIOP_EA_QUERY q, const VOID *List, ULONG Length, PULONG Index)
{
	const FILE_FULL_EA_INFORMATION *Ea;
	ULONG Seen = 0;
	NTSTATUS Status;

	for (ULONG At = 0; At < Length;) {
		if (!NT_SUCCESS(IopNextEa(List, Length, &At, &Ea)))
			return STATUS_EA_CORRUPT_ERROR;
		if (Seen++ < *Index)
			continue;
		Status = Append(q, Ea->EaName, Ea->EaNameLength, Ea);
		if (!NT_SUCCESS(Status))
			return q->Last ? STATUS_BUFFER_OVERFLOW : Status;
		*Index = Seen;
		if (q->Single)
			break;
	}
	return q->Last ? STATUS_SUCCESS : STATUS_NO_MORE_EAS;
}

/* The cursor is the file object's; a scan whose list has changed is over (EA10). */
static NTSTATUS QueryScan(PFILE_OBJECT File, PIOP_EA_QUERY q, const VOID *List, ULONG Length)
{
	ULONG Hash = HashOf(List, Length), Index;
	NTSTATUS Status;

	lk_acquire(&File->Lock);
	Index = q->Index ? *q->Index - 1 : q->Restart ? 0 : File->EaIndex; /* 0 wraps: none such */
	if (!q->Index && !q->Restart && File->EaIndex && File->EaHash != Hash)
		Status = STATUS_EA_CORRUPT_ERROR;
	else
		Status = QueryFrom(q, List, Length, &Index);
	if (Status == STATUS_NO_MORE_EAS && q->Index)
		Status = STATUS_NONEXISTENT_EA_ENTRY;
	if (!NT_ERROR(Status)) {
		File->EaIndex = Index;
		File->EaHash = Hash;
	}
	lk_release(&File->Lock);
	return Status;
}

NTSTATUS IopNtQueryEa(PFILE_OBJECT File, PIOP_EA_QUERY q)
{
	ULONG Length;
	PVOID List;
	NTSTATUS Status = LoadEas(File, &List, &Length);

	if (!NT_SUCCESS(Status))
		return Status;
	if (!Length) {
		memset(q->Buffer, 0, q->Length);
		Status = STATUS_NO_EAS_ON_FILE; /* EA8 */
	} else if (q->List && q->ListLength) {
		Status = QueryListed(q, List, Length);
	} else {
		Status = QueryScan(File, q, List, Length);
	}
	mem_free(List);
	return Status;
}
