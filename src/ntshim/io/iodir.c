/* SPDX-License-Identifier: MIT */
/*
 * iodir.c - NtQueryDirectoryFile (nt.md section 8), in the host's order.
 *
 * A file object reads ahead one buffer of the host's entries and keeps a cursor in it; duplicates of
 * the handle share both. Type and inode number come with the name, so entries carry attributes, tag
 * and id, but times and sizes are 0: they would cost a host call each, and lxcore asks for them with
 * NtQueryInformationByName when a guest wants them.
 */
#include "iop.h"
#include "base/alloc.h"
#include <string.h>

#define READ_AHEAD 32768

typedef struct _IOP_DIRECTORY {
	ULONG Used, Next;  /* bytes in Buffer, offset of the next entry */
	LONGLONG Position; /* the host's, of the next entry */
	BOOLEAN Started;
	_Alignas(8) char Buffer[READ_AHEAD];
} IOP_DIRECTORY;

/* Writes all but the name; Entry has room for the fixed part. */
typedef VOID FILL(PVOID Entry, const struct host_dirent *d, ULONG NameLength);

static ULONG DirentMode(const struct host_dirent *d)
{
	return (ULONG)d->type << 12;
}

static ULONG DirentAttributes(const struct host_dirent *d)
{
	struct host_stat St = { .mode = DirentMode(d) };

	return IopFileAttributes(&St);
}

static VOID FillIdExtd(PVOID Entry, const struct host_dirent *d, ULONG NameLength)
{
	FILE_ID_EXTD_DIR_INFORMATION *Info = Entry;

	memset(Info, 0, offsetof(FILE_ID_EXTD_DIR_INFORMATION, FileName));
	Info->FileAttributes = DirentAttributes(d);
	Info->ReparsePointTag = IopReparseTag(DirentMode(d));
	Info->FileNameLength = NameLength;
	memcpy(Info->FileId, &d->ino, 8);
	memcpy(Info->FileId + 8, &d->next, 8);
}

static VOID FillDirectory(PVOID Entry, const struct host_dirent *d, ULONG NameLength)
{
	FILE_DIRECTORY_INFORMATION *Info = Entry;

	memset(Info, 0, offsetof(FILE_DIRECTORY_INFORMATION, FileName));
	Info->FileAttributes = DirentAttributes(d);
	Info->FileNameLength = NameLength;
}

static VOID FillNames(PVOID Entry, const struct host_dirent *d, ULONG NameLength)
{
	FILE_NAMES_INFORMATION *Info = Entry;

	Info->NextEntryOffset = Info->FileIndex = 0;
	Info->FileNameLength = NameLength;
}

typedef struct _LAYOUT {
	FILE_INFORMATION_CLASS Class;
	ULONG Name; /* offset of FileName */
	FILL *Fill;
} LAYOUT;

static const LAYOUT Layouts[] = {
	{ FileIdExtdDirectoryInformation, offsetof(FILE_ID_EXTD_DIR_INFORMATION, FileName),
	  FillIdExtd },
	{ FileDirectoryInformation, offsetof(FILE_DIRECTORY_INFORMATION, FileName), FillDirectory },
	{ FileNamesInformation, offsetof(FILE_NAMES_INFORMATION, FileName), FillNames },
};

static ULONG Align8(ULONG n)
{
	return (n + 7) & ~7u;
}

VOID IopFreeDirectory(PFILE_OBJECT File)
{
	mem_free(File->Directory);
}

/* The file's cursor; File->Lock held. */
static IOP_DIRECTORY *Cursor(PFILE_OBJECT File)
{
	if (!File->Directory)
		File->Directory = mem_alloc(sizeof(IOP_DIRECTORY));
	return File->Directory;
}

static NTSTATUS Seek(PFILE_OBJECT File, IOP_DIRECTORY *Dir, LONGLONG Position)
{
	Dir->Used = Dir->Next = 0;
	Dir->Position = Position;
	return host_lseek(File->Fd, Position, HOST_SEEK_SET, &Position);
}

/* The next entry, left in the buffer; STATUS_NO_MORE_FILES. An entry of unknown type is looked at. */
static NTSTATUS Peek(PFILE_OBJECT File, IOP_DIRECTORY *Dir, struct host_dirent **Entry)
{
	struct host_stat St;
	NTSTATUS Status;

	if (Dir->Next >= Dir->Used) {
		Dir->Next = Dir->Used = 0;
		Status = host_getdents(File->Fd, Dir->Buffer, sizeof(Dir->Buffer), &Dir->Used);
		/* A directory that has been removed has no entries. */
		if (Status == STATUS_OBJECT_NAME_NOT_FOUND || (NT_SUCCESS(Status) && !Dir->Used))
			return STATUS_NO_MORE_FILES;
		if (!NT_SUCCESS(Status))
			return Status;
	}
	*Entry = (struct host_dirent *)(Dir->Buffer + Dir->Next);
	if (!(*Entry)->type && NT_SUCCESS(host_statx(File->Fd, (*Entry)->name, &St)))
		(*Entry)->type = (UCHAR)((St.mode & HOST_S_IFMT) >> 12);
	return STATUS_SUCCESS;
}

static VOID Consume(IOP_DIRECTORY *Dir, const struct host_dirent *Entry)
{
	Dir->Next += Entry->size;
	Dir->Position = Entry->next;
}

/*
 * Entries into Buffer until it is full (nt.md DE4, DE5). *Information is the end of the last name.
 */
static NTSTATUS Fill(PFILE_OBJECT File, IOP_DIRECTORY *Dir, const LAYOUT *Layout, char *Buffer,
		     ULONG Length, BOOLEAN Single, PULONG_PTR Information)
{
	ULONG At = 0, Last = 0, NameLength, Room;
	WCHAR Name[IO_NT_NAME_MAX];
	struct host_dirent *d;
	NTSTATUS Status;

	for (;;) {
		Status = Peek(File, Dir, &d);
		if (!NT_SUCCESS(Status))
			return *Information ? STATUS_SUCCESS : Status;
		NameLength = (ULONG)IoHostNameToNt(d->name, (ULONG)strlen(d->name), Name,
						   IO_NT_NAME_MAX) *
			     sizeof(WCHAR);
		Room = Length > At + Layout->Name ? Length - At - Layout->Name : 0;
		if (At && Room < NameLength)
			return STATUS_SUCCESS;
		Layout->Fill(Buffer + At, d, NameLength);
		memcpy(Buffer + At + Layout->Name, Name, Room < NameLength ? Room : NameLength);
		if (At)
			*(ULONG *)(void *)(Buffer + Last) = At - Last;
		Dir->Started = TRUE;
		if (Room < NameLength) {
			*Information = Length;
			return STATUS_BUFFER_OVERFLOW;
		}
		Consume(Dir, d);
		*Information = At + Layout->Name + NameLength;
		Last = At;
		At = Align8((ULONG)*Information);
		if (Single || Length < At + Layout->Name)
			return STATUS_SUCCESS;
	}
}

static NTSTATUS QueryFile(PFILE_OBJECT File, const LAYOUT *Layout, PVOID Buffer, ULONG Length,
			  BOOLEAN Single, BOOLEAN Restart, PULONG_PTR Information)
{
	NTSTATUS Status = STATUS_SUCCESS;
	IOP_DIRECTORY *Dir;

	if (!IopIsDirectory(File) || File->PathOnly)
		return STATUS_INVALID_PARAMETER;
	lk_acquire(&File->Lock);
	Dir = Cursor(File);
	if (!Dir)
		Status = STATUS_INSUFFICIENT_RESOURCES;
	else if (Restart && (Dir->Started || Dir->Position))
		Status = Seek(File, Dir, 0);
	if (NT_SUCCESS(Status))
		Status = Fill(File, Dir, Layout, Buffer, Length, Single, Information);
	lk_release(&File->Lock);
	return Status;
}

/* Patterns other than "everything" are not there yet. */
static BOOLEAN MatchesAll(PUNICODE_STRING Pattern)
{
	return !Pattern || !Pattern->Length ||
	       (Pattern->Length == sizeof(WCHAR) && Pattern->Buffer[0] == '*');
}

static NTSTATUS QueryDirectory(HANDLE Handle, PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			       FILE_INFORMATION_CLASS Class, BOOLEAN Single,
			       PUNICODE_STRING FileName, BOOLEAN Restart, PULONG_PTR Information)
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
	if (!Iosb || !Buffer)
		return STATUS_ACCESS_VIOLATION;
	if ((ULONG_PTR)Buffer % 8)
		return STATUS_DATATYPE_MISALIGNMENT;
	if (!MatchesAll(FileName))
		return STATUS_NOT_IMPLEMENTED;
	Status = IopReferenceFile(Handle, FILE_LIST_DIRECTORY, &File);
	if (!NT_SUCCESS(Status))
		return Status;
	Status = QueryFile(File, &Layouts[i], Buffer, Length, Single, Restart, Information);
	IopDereferenceFile(File);
	return Status;
}

NTSTATUS NtQueryDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext,
			      PIO_STATUS_BLOCK Iosb, PVOID Buffer, ULONG Length,
			      FILE_INFORMATION_CLASS Class, BOOLEAN ReturnSingleEntry,
			      PUNICODE_STRING FileName, BOOLEAN RestartScan)
{
	NT_ENTRY(NtQueryDirectoryFile, .Handle = File);
	ULONG_PTR Information = 0;
	NTSTATUS Status = Apc ? STATUS_NOT_IMPLEMENTED
			      : QueryDirectory(File, Iosb, Buffer, Length, Class, ReturnSingleEntry,
					       FileName, RestartScan, &Information);

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

NTSTATUS IopQueryDirectoryPosition(PFILE_OBJECT File, LONGLONG *Position)
{
	lk_acquire(&File->Lock);
	*Position = File->Directory ? File->Directory->Position : 0;
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
	Status = Dir ? Seek(File, Dir, Position) : STATUS_INSUFFICIENT_RESOURCES;
	lk_release(&File->Lock);
	return Status;
}
