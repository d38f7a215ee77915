/* SPDX-License-Identifier: MIT */
/*
 * iodir.c - NtQueryDirectoryFile (nt.md section 8).
 *
 * The first call on a file object fixes the pattern, and the cursor is the file object's: duplicates
 * of the handle share both. FileIdExtdDirectoryInformation on host and lx volumes is what lxcore reads
 * directories with: type and number come with the name (on lx the tag costs one host call for each
 * file), times, sizes and attributes are 0 there, for they would cost more. Everything else is filled
 * in whole.
 */
#include "iop.h"
#include "base/alloc.h"

typedef struct _IOP_DIRECTORY {
	PIOP_LISTING Listing;
	UNICODE_STRING Pattern; /* owned; empty: everything */
	BOOLEAN Fixed;          /* Pattern is */
	BOOLEAN IgnoreCase;
	BOOLEAN Started; /* something has been returned */
} IOP_DIRECTORY;

/*
 * Where a class keeps what. All but the names class begin as FILE_DIRECTORY_INFORMATION; offset 0: the
 * class has no such field.
 */
typedef struct _LAYOUT {
	FILE_INFORMATION_CLASS Class;
	ULONG Name, NameLength, EaSize, Tag, Id, IdSize;
} LAYOUT;

#define AT(type, field) offsetof(FILE_##type##_INFORMATION, field)
static const LAYOUT Layouts[] = {
	{ FileIdExtdDirectoryInformation, AT(ID_EXTD_DIR, FileName),
	  AT(ID_EXTD_DIR, FileNameLength), AT(ID_EXTD_DIR, EaSize),
	  AT(ID_EXTD_DIR, ReparsePointTag), AT(ID_EXTD_DIR, FileId), 16 },
	{ FileDirectoryInformation, AT(DIRECTORY, FileName), AT(DIRECTORY, FileNameLength), 0, 0, 0,
	  0 },
	{ FileFullDirectoryInformation, AT(FULL_DIR, FileName), AT(FULL_DIR, FileNameLength),
	  AT(FULL_DIR, EaSize), 0, 0, 0 },
	{ FileBothDirectoryInformation, AT(BOTH_DIR, FileName), AT(BOTH_DIR, FileNameLength),
	  AT(BOTH_DIR, EaSize), 0, 0, 0 },
	{ FileNamesInformation, AT(NAMES, FileName), AT(NAMES, FileNameLength), 0, 0, 0, 0 },
	{ FileIdBothDirectoryInformation, AT(ID_BOTH_DIR, FileName),
	  AT(ID_BOTH_DIR, FileNameLength), AT(ID_BOTH_DIR, EaSize), 0, AT(ID_BOTH_DIR, FileId), 8 },
	{ FileIdFullDirectoryInformation, AT(ID_FULL_DIR, FileName),
	  AT(ID_FULL_DIR, FileNameLength), AT(ID_FULL_DIR, EaSize), 0, AT(ID_FULL_DIR, FileId), 8 },
	{ FileIdExtdBothDirectoryInformation, AT(ID_EXTD_BOTH_DIR, FileName),
	  AT(ID_EXTD_BOTH_DIR, FileNameLength), AT(ID_EXTD_BOTH_DIR, EaSize),
	  AT(ID_EXTD_BOTH_DIR, ReparsePointTag), AT(ID_EXTD_BOTH_DIR, FileId), 16 },
};

static ULONG Align8(ULONG n)
{
	return (n + 7) & ~7u;
}

/* ---- one entry ---- */
static VOID PutUlong(PVOID Entry, ULONG Offset, ULONG Value)
{
	if (Offset)
		memcpy((char *)Entry + Offset, &Value, sizeof(Value));
}

/* RP12: the tag is where EAs would be counted, in classes that have no place of its own for it. */
static VOID FillEntry(const LAYOUT *l, PVOID Out, const IOP_NODE *Node, const IOP_ENTRY *e,
		      ULONG NameLength)
{
	FILE_DIRECTORY_INFORMATION *Info = Out;
	FILE_BASIC_INFORMATION Basic;
	BOOLEAN Directory = (Node->Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

	memset(Out, 0, l->Name);
	PutUlong(Out, l->NameLength, NameLength);
	if (l->Class == FileNamesInformation)
		return;
	IopFillBasic(Node, &Basic);
	Info->CreationTime = Basic.CreationTime;
	Info->LastAccessTime = Basic.LastAccessTime;
	Info->LastWriteTime = Basic.LastWriteTime;
	Info->ChangeTime = Basic.ChangeTime;
	Info->EndOfFile.QuadPart = Directory ? 0 : (LONGLONG)Node->St.size;
	Info->AllocationSize.QuadPart = Directory ? 0 : (LONGLONG)Node->St.blocks * 512;
	Info->FileAttributes = Basic.FileAttributes;
	PutUlong(Out, l->EaSize, Node->Tag && !l->Tag ? Node->Tag : Node->EaSize);
	PutUlong(Out, l->Tag, Node->Tag);
	if (l->Id) {
		memcpy((char *)Out + l->Id, &e->Inode, sizeof(e->Inode));
		if (l->IdSize == 16)
			memcpy((char *)Out + l->Id + 8, &e->Next, sizeof(e->Next));
	}
}

/* lx: whether an ordinary file of the host is one to NT. */
static NTSTATUS FindTag(PFILE_OBJECT File, const IOP_ENTRY *e, IOP_NODE *Node)
{
	NTSTATUS Status = IopReadTag(File->Fd, e->Host, Node);

	if (Node->Tag)
		Node->Attributes = (Node->Attributes & ~FILE_ATTRIBUTE_ARCHIVE) |
				   FILE_ATTRIBUTE_REPARSE_POINT;
	return Status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND: gone since its name was read. */
static NTSTATUS FindNode(PFILE_OBJECT File, const LAYOUT *l, const IOP_ENTRY *e, IOP_NODE *Node)
{
	const LONGLONG Never = -NT_TIME_UNIX_EPOCH / NT_TICKS_PER_SEC;

	*Node = (IOP_NODE){ .St.mode = e->Type };
	if (l->Class == FileNamesInformation)
		return STATUS_SUCCESS;
	if (File->Device->Personality == VolumePersonalityWin ||
	    l->Class != FileIdExtdDirectoryInformation)
		return IopQueryNodeAt(File->Device, File->Fd, e->Host, Node);
	if (!e->Type)
		host_statx(File->Fd, e->Host, &Node->St);
	Node->St = (struct host_stat){ .mode = Node->St.mode };
	Node->St.btime.sec = Node->St.atime.sec = Node->St.mtime.sec = Node->St.ctime.sec = Never;
	Node->Attributes = IopFileAttributes(&Node->St);
	Node->Tag = IopReparseTag(Node->St.mode);
	if (IopIsNt(File->Device) && !Node->Tag && e->Type != HOST_S_IFDIR)
		return FindTag(File, e, Node);
	return STATUS_SUCCESS;
}

/* ---- the cursor; File->Lock held ---- */
VOID IopFreeDirectory(PFILE_OBJECT File)
{
	IOP_DIRECTORY *Dir = File->Directory;

	if (!Dir)
		return;
	IopFreeListing(Dir->Listing);
	mem_free(Dir->Pattern.Buffer);
	mem_free(Dir);
}

static IOP_DIRECTORY *Cursor(PFILE_OBJECT File)
{
	IOP_DIRECTORY *Dir;

	if (File->Directory)
		return File->Directory;
	Dir = mem_alloc(sizeof(*Dir));
	if (!Dir)
		return NULL;
	if (!NT_SUCCESS(IopOpenListing(File, &Dir->Listing))) {
		mem_free(Dir);
		return NULL;
	}
	File->Directory = Dir;
	return Dir;
}

/* DE1. A pattern that matches everything is kept as none. */
static NTSTATUS FixPattern(PFILE_OBJECT File, IOP_DIRECTORY *Dir, PUNICODE_STRING Pattern)
{
	SIZE_T Length;

	if (Dir->Fixed)
		return STATUS_SUCCESS;
	if (Pattern && Pattern->Length && !IopMatchesAll(Pattern)) {
		if (Pattern->Length > IOP_PATTERN_MAX * sizeof(WCHAR) || Pattern->Length & 1)
			return STATUS_OBJECT_NAME_INVALID;
		Dir->Pattern.Buffer = mem_alloc(Pattern->Length);
		if (!Dir->Pattern.Buffer)
			return STATUS_INSUFFICIENT_RESOURCES;
		memcpy(Dir->Pattern.Buffer, Pattern->Buffer, Pattern->Length);
		Dir->Pattern.Length = Dir->Pattern.MaximumLength = Pattern->Length;
		Dir->IgnoreCase =
			File->Device->Case &&
			!NT_SUCCESS(host_getxattr(File->Fd, IOP_XATTR_CASE, NULL, 0, &Length));
	}
	Dir->Fixed = TRUE;
	return STATUS_SUCCESS;
}

/* The next entry that matches, still the next one of the listing; its NT name and what it is. */
static NTSTATUS NextMatch(PFILE_OBJECT File, IOP_DIRECTORY *Dir, const LAYOUT *Layout, IOP_ENTRY *e,
			  PUNICODE_STRING Name, IOP_NODE *Node)
{
	NTSTATUS Status;

	for (;; IopSkipEntry(Dir->Listing)) {
		Status = IopPeekEntry(File, Dir->Listing, e);
		if (!NT_SUCCESS(Status))
			return Status;
		Name->Length = (USHORT)(IopNtName(File->Device, e->Host, (ULONG)strlen(e->Host),
						  Name->Buffer) *
					(LONG)sizeof(WCHAR));
		if (Dir->Pattern.Length && !IopNameMatches(&Dir->Pattern, Name, Dir->IgnoreCase))
			continue;
		Status = FindNode(File, Layout, e, Node);
		if (Status != STATUS_OBJECT_NAME_NOT_FOUND)
			return Status;
	}
}

/* Entries into Buffer until it is full (DE4, DE5). *Information is the end of the last name. */
static NTSTATUS Fill(PFILE_OBJECT File, IOP_DIRECTORY *Dir, const LAYOUT *Layout, char *Buffer,
		     ULONG Length, BOOLEAN Single, PULONG_PTR Information)
{
	ULONG At = 0, Last = 0, Room;
	WCHAR Text[IO_NT_NAME_MAX];
	UNICODE_STRING Name = { .Buffer = Text };
	IOP_NODE Node;
	IOP_ENTRY e;
	NTSTATUS Status;

	for (;;) {
		Status = NextMatch(File, Dir, Layout, &e, &Name, &Node);
		if (!NT_SUCCESS(Status))
			return *Information ? STATUS_SUCCESS : Status;
		Room = Length > At + Layout->Name ? Length - At - Layout->Name : 0;
		if (At && Room < Name.Length)
			return STATUS_SUCCESS;
		FillEntry(Layout, Buffer + At, &Node, &e, Name.Length);
		memcpy(Buffer + At + Layout->Name, Text, Room < Name.Length ? Room : Name.Length);
		if (At)
			*(ULONG *)(void *)(Buffer + Last) = At - Last;
		Dir->Started = TRUE;
		if (Room < Name.Length) {
			*Information = Length;
			return STATUS_BUFFER_OVERFLOW;
		}
		IopSkipEntry(Dir->Listing);
		*Information = At + Layout->Name + Name.Length;
		Last = At;
		At = Align8((ULONG)*Information);
		if (Single || Length < At + Layout->Name)
			return STATUS_SUCCESS;
	}
}

static NTSTATUS QueryFile(PFILE_OBJECT File, const LAYOUT *Layout, PVOID Buffer, ULONG Length,
			  ULONG Flags, PUNICODE_STRING Pattern, PULONG_PTR Information)
{
	NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
	LONGLONG Position;
	IOP_DIRECTORY *Dir;

	if (!IopIsDirectory(File) || File->PathOnly)
		return STATUS_INVALID_PARAMETER;
	lk_acquire(&File->Lock);
	Dir = Cursor(File);
	if (Dir)
		Status = FixPattern(File, Dir, Pattern);
	if (NT_SUCCESS(Status) && Flags & SL_RESTART_SCAN &&
	    (Dir->Started || IopListingPosition(Dir->Listing)))
		Status = IopSeekListing(File, Dir->Listing, 0);
	Position = Dir ? IopListingPosition(Dir->Listing) : 0;
	if (NT_SUCCESS(Status))
		Status = Fill(File, Dir, Layout, Buffer, Length,
			      (Flags & SL_RETURN_SINGLE_ENTRY) != 0, Information);
	if (NT_SUCCESS(Status) && Flags & SL_NO_CURSOR_UPDATE_QUERY)
		Status = IopSeekListing(File, Dir->Listing, Position);
	/* DE2; without a pattern there is always something, unless the directory has been removed. */
	if (Status == STATUS_NO_MORE_FILES && !Dir->Started && Dir->Pattern.Length) {
		Dir->Started = TRUE;
		Status = STATUS_NO_SUCH_FILE;
	}
	lk_release(&File->Lock);
	return Status;
}

static NTSTATUS QueryDirectory(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			       FILE_INFORMATION_CLASS Class, ULONG Flags, PUNICODE_STRING FileName,
			       PULONG_PTR Information)
{
	const ULONG Count = sizeof(Layouts) / sizeof(Layouts[0]);
	PFILE_OBJECT File;
	NTSTATUS Status;
	ULONG i = 0;

	while (i < Count && Layouts[i].Class != Class)
		i++;
	if (i == Count)
		return STATUS_INVALID_INFO_CLASS;
	if (Length < Align8(Layouts[i].Name))
		return STATUS_INFO_LENGTH_MISMATCH;
	Status = IopProbeAnswer(Iosb, Buffer, Length, 8);
	if (NT_SUCCESS(Status) && FileName)
		Status = ProbeForRead(FileName, sizeof(*FileName), sizeof(PVOID));
	if (NT_SUCCESS(Status) && FileName)
		Status = ProbeForRead(FileName->Buffer, FileName->Length, sizeof(WCHAR));
	if (!NT_SUCCESS(Status))
		return Status;
	Status = IopReferenceFile(Handle, FILE_LIST_DIRECTORY, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = QueryFile(File, &Layouts[i], Buffer, Length, Flags, FileName, Information);
	IopDereferenceFile(File);
	return Status;
}

static NTSTATUS Query(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PIO_STATUS_BLOCK Iosb,
		      PVOID Buffer, ULONG Length, FILE_INFORMATION_CLASS Class, ULONG Flags,
		      PUNICODE_STRING FileName)
{
	ULONG_PTR Information = 0;
	NTSTATUS Status = Apc ? STATUS_NOT_IMPLEMENTED
			      : QueryDirectory(File, Iosb, Buffer, Length, Class, Flags, FileName,
					       &Information);

	if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {
		Iosb->Status = Status;
		Iosb->Information = Information;
		if (Event)
			NtSetEvent(Event, NULL);
	}
	if (trace_on(TR_NT))
		IopTraceClass("NtQueryDirectoryFile", File, IopClassName(Class), Status);
	return Status;
}

NTSTATUS NtQueryDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
			      PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			      FILE_INFORMATION_CLASS Class, BOOLEAN ReturnSingleEntry,
			      PUNICODE_STRING FileName, BOOLEAN RestartScan)
{
	NT_ENTRY(NtQueryDirectoryFile, .Handle = File);

	return Query(File, Event, Apc, Iosb, Buffer, Length, Class,
		     (RestartScan ? SL_RESTART_SCAN : 0) |
			     (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0),
		     FileName);
}

/* DE11 */
NTSTATUS NtQueryDirectoryFileEx(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
				PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
				FILE_INFORMATION_CLASS Class, ULONG QueryFlags,
				PUNICODE_STRING FileName)
{
	NT_ENTRY(NtQueryDirectoryFileEx, .Handle = File);
	const ULONG Known = SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY |
			    SL_RETURN_ON_DISK_ENTRIES_ONLY | SL_NO_CURSOR_UPDATE_QUERY;

	if (QueryFlags & ~Known)
		return QueryFlags & ~(Known | SL_INDEX_SPECIFIED) ? STATUS_INVALID_PARAMETER
								  : STATUS_NOT_SUPPORTED;
	return Query(File, Event, Apc, Iosb, Buffer, Length, Class, QueryFlags, FileName);
}

NTSTATUS IopQueryDirectoryPosition(PFILE_OBJECT File, LONGLONG *Position)
{
	lk_acquire(&File->Lock);
	*Position = File->Directory ? IopListingPosition(File->Directory->Listing) : 0;
	lk_release(&File->Lock);
	return STATUS_SUCCESS;
}

NTSTATUS IopSetDirectoryPosition(PFILE_OBJECT File, LONGLONG Position)
{
	NTSTATUS Status = STATUS_INVALID_PARAMETER;
	IOP_DIRECTORY *Dir;

	if (File->PathOnly)
		return Status;
	lk_acquire(&File->Lock);
	Dir = Cursor(File);
	Status = Dir ? IopSeekListing(File, Dir->Listing, Position) : STATUS_INSUFFICIENT_RESOURCES;
	lk_release(&File->Lock);
	return Status;
}
