/* SPDX-License-Identifier: MIT */
/*
 * iojournal.c - what is behind FSCTL_QUERY_USN_JOURNAL and FSCTL_READ_USN_JOURNAL: has anything happened,
 * on the host's side too, that may make a cached name false, and where?
 *
 * Each volume has one inotify descriptor. A directory or link opened with FILE_LXRUN_CACHE_NAME is
 * watched as long as the file object lives; several opens of one inode share its watch. A query reads
 * the descriptor without waiting (one host call, usually an empty answer) and adds a record for each
 * event that counts, the last few of which are kept. The kernel queues events before the call that causes them returns, and the
 * lock is held over the read, so nobody sees the old number after the change.
 *
 * What happens to a name, and to the mode of the directory it leads to, is told by the watch of the
 * directory it is in; a link, and what is mounted somewhere, tells for itself. Where nobody does (we
 * may not read the directory, a network file system, names below /proc, no watches left) the journal
 * is blind: while such a file is open the number moves with every query, without a record, and no cache
 * is ever believed. What is mounted over a cached directory later is not noticed.
 *
 * A watch begins after the open, so a rename in between would be missed: the name is looked at once
 * more, and if it leads elsewhere by now, the number moves.
 *
 * Closing an inotify descriptor takes the host some 10 ms, more than a small program runs. So watching
 * starts with query number PATIENCE; until then the number moves with every query.
 */
#include "iop.h"
#include "base/alloc.h"
#include <stddef.h>
#include <string.h>

#define PATIENCE 128

struct _IOP_CACHE_WATCH {
	struct list Link;
	int Descriptor;
	ULONG Files;
	ULONGLONG Inode;
};

NTSTATUS IopCreateJournal(IOP_JOURNAL **Journal)
{
	IOP_JOURNAL *New = mem_alloc(sizeof(*New));

	*Journal = New;
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	lk_init(&New->Lock, LR_IO);
	New->Watch = HOST_NO_FD;
	New->Usn = New->First = 1;
	list_init(&New->Files);
	for (ULONG i = 0; i < IOP_JOURNAL_BUCKETS; i++)
		list_init(&New->Watches[i]);
	return STATUS_SUCCESS;
}

VOID IopDestroyJournal(IOP_JOURNAL *Journal)
{
	host_closefd(Journal->Watch);
	mem_free(Journal);
}

/* Something happened that nobody can name. Journal->Lock held, as in the next. */
static VOID Lose(IOP_JOURNAL *Journal)
{
	Journal->First = ++Journal->Usn;
}

/* Name "": it happened to Inode itself. */
static VOID Append(IOP_JOURNAL *Journal, ULONGLONG Inode, const char *Name, ULONG Reason)
{
	IOP_JOURNAL_RECORD *Last = &Journal->Records[(Journal->Usn - 1) % IOP_JOURNAL_RECORDS];
	IOP_JOURNAL_RECORD *New = &Journal->Records[Journal->Usn % IOP_JOURNAL_RECORDS];

	/* The same again, and nobody has seen the first yet. */
	if (Journal->Usn > Journal->First && Journal->Usn > Journal->Told && Last->Inode == Inode &&
	    Last->Reason == Reason && !strcmp(Last->Name, Name))
		return;
	if (strlen(Name) >= sizeof(New->Name)) {
		Lose(Journal);
		return;
	}
	New->Inode = Inode;
	New->Reason = Reason;
	strcpy(New->Name, Name);
	Journal->Usn++;
	if (Journal->Usn - Journal->First > IOP_JOURNAL_RECORDS)
		Journal->First = Journal->Usn - IOP_JOURNAL_RECORDS;
}

static struct list *BucketOf(IOP_JOURNAL *Journal, int Descriptor)
{
	return &Journal->Watches[(ULONG)Descriptor % IOP_JOURNAL_BUCKETS];
}

static PIOP_CACHE_WATCH FindWatch(IOP_JOURNAL *Journal, int Descriptor)
{
	PIOP_CACHE_WATCH Watch;

	list_for_each(Watch, BucketOf(Journal, Descriptor), Link)
		if (Watch->Descriptor == Descriptor)
			return Watch;
	return NULL;
}

/* The watch of what Fd names, made or shared. Journal->Lock held. */
static PIOP_CACHE_WATCH AddWatch(IOP_JOURNAL *Journal, PFILE_OBJECT File)
{
	PIOP_CACHE_WATCH Watch;
	int Descriptor;

	if (Journal->Watch.v < 0 && !NT_SUCCESS(host_watch_open(&Journal->Watch)))
		return NULL;
	if (!NT_SUCCESS(
		    host_watch_add(Journal->Watch, File->Fd, IopIsDirectory(File), &Descriptor)))
		return NULL;
	Watch = FindWatch(Journal, Descriptor);
	if (!Watch) {
		Watch = mem_alloc(sizeof(*Watch));
		if (!Watch) {
			host_watch_remove(Journal->Watch, Descriptor);
			return NULL;
		}
		Watch->Descriptor = Descriptor;
		Watch->Inode = File->Inode;
		list_add(BucketOf(Journal, Descriptor), &Watch->Link);
	}
	Watch->Files++;
	return Watch;
}

/* Watches File itself. Its device's file system is asked once, or known from Near on the same device. */
static VOID WatchFile(IOP_JOURNAL *Journal, PFILE_OBJECT File, const FILE_OBJECT *Near)
{
	BOOLEAN Known = Near && Near->HostDevice == File->HostDevice;

	if (File->Tells != HOST_TELLS_UNKNOWN)
		return;
	File->Tells = Known ? Near->Tells : host_watch_tells(File->Fd);
	if (File->Tells != HOST_TELLS_NOTHING)
		File->Watch = AddWatch(Journal, File);
}

/* Whether changes of File and its name come to the journal. */
static BOOLEAN IsTold(const FILE_OBJECT *File)
{
	const FILE_OBJECT *Root = File->CacheRoot;

	if (File->Tells == HOST_TELLS_NOTHING || File->Unrooted)
		return FALSE;
	if (!Root)
		return File->Watch != NULL;
	if (Root->Tells != HOST_TELLS_ALL || !Root->Watch)
		return FALSE;
	return File->Watch || (IopIsDirectory(File) && File->HostDevice == Root->HostDevice);
}

/* Journal->Lock held, as in the three above. */
static VOID StartFile(IOP_JOURNAL *Journal, PFILE_OBJECT File)
{
	if (File->CacheRoot)
		WatchFile(Journal, File->CacheRoot, NULL);
	WatchFile(Journal, File, File->CacheRoot);
	File->Blind = !IsTold(File);
	Journal->Blind += File->Blind;
}

static BOOLEAN IsStillNamed(const FILE_OBJECT *File, const IOP_NAME *Name)
{
	struct host_stat Now;

	return NT_SUCCESS(host_statx(File->CacheRoot->Fd, Name->Text, &Now)) &&
	       IopIsInode(File, &Now);
}

VOID IopJournalWatch(PFILE_OBJECT File, PFILE_OBJECT Root, const IOP_NAME *Name)
{
	IOP_JOURNAL *Journal = File->Device->Journal;
	BOOLEAN Watching;

	if (!Journal || (!IopIsDirectory(File) && File->Type != HOST_S_IFLNK))
		return;
	lk_acquire(&Journal->Lock);
	if (Root && Name->Length && !Name->Inner) {
		ObReferenceObject(
			&Root->Object); /* its watch must last as long as File is believed */
		File->CacheRoot = Root;
	}
	File->Unrooted = Name->Length && !File->CacheRoot;
	list_add(&Journal->Files, &File->CacheLink);
	Watching = Journal->Watching;
	if (Watching)
		StartFile(Journal, File);
	lk_release(&Journal->Lock);
	if (!Watching || !File->CacheRoot || IsStillNamed(File, Name))
		return;
	lk_acquire(&Journal->Lock);
	Append(Journal, File->CacheRoot->Inode, Name->Text, USN_REASON_RENAME_OLD_NAME);
	lk_release(&Journal->Lock);
}

VOID IopJournalForget(PFILE_OBJECT File)
{
	IOP_JOURNAL *Journal = File->Device->Journal;
	PIOP_CACHE_WATCH Watch;

	/* Whether it is watched is the lock's to tell: a query may just be starting all watches. */
	if (!Journal || (!IopIsDirectory(File) && File->Type != HOST_S_IFLNK))
		return;
	lk_acquire(&Journal->Lock);
	list_del(&File->CacheLink);
	Journal->Blind -= File->Blind;
	Watch = File->Watch;
	if (Watch && --Watch->Files == 0) {
		list_del(&Watch->Link);
		host_watch_remove(Journal->Watch, Watch->Descriptor);
	} else {
		Watch = NULL;
	}
	lk_release(&Journal->Lock);
	mem_free(Watch);
	if (File->CacheRoot)
		IopDereferenceFile(File->CacheRoot);
}

/* An event of a watch that we have removed meanwhile concerns nobody. */
static void Stale(void *Context, int Descriptor, enum host_watch_what What, const char *Name)
{
	static const ULONG Reasons[] = { [HOST_WATCH_DELETED] = USN_REASON_FILE_DELETE,
					 [HOST_WATCH_MOVED_FROM] = USN_REASON_RENAME_OLD_NAME,
					 [HOST_WATCH_MOVED_TO] = USN_REASON_RENAME_NEW_NAME,
					 [HOST_WATCH_ATTRIBUTES] = USN_REASON_BASIC_INFO_CHANGE };
	IOP_JOURNAL *Journal = Context;
	PIOP_CACHE_WATCH Watch = Descriptor < 0 ? NULL : FindWatch(Journal, Descriptor);

	if (Descriptor < 0)
		Lose(Journal);
	else if (Watch)
		Append(Journal, Watch->Inode, Name, Reasons[What]);
}

static VOID Start(IOP_JOURNAL *Journal)
{
	PFILE_OBJECT File;

	Journal->Watching = TRUE;
	list_for_each(File, &Journal->Files, CacheLink)
		StartFile(Journal, File);
}

NTSTATUS IopJournalQuery(IOP_JOURNAL *Journal, ULONGLONG *First, ULONGLONG *Next)
{
	NTSTATUS Status = STATUS_SUCCESS;

	lk_acquire(&Journal->Lock);
	if (Journal->Watch.v >= 0)
		Status = host_watch_read(Journal->Watch, Stale, Journal);
	if (!Journal->Watching || Journal->Blind || !NT_SUCCESS(Status))
		Lose(Journal);
	if (!Journal->Watching && ++Journal->Queries >= PATIENCE)
		Start(Journal);
	*First = Journal->First;
	*Next = Journal->Told = Journal->Usn;
	lk_release(&Journal->Lock);
	return STATUS_SUCCESS;
}

/* Returns the record's length with its padding, 0 if it does not fit. */
static ULONG PutRecord(const IOP_JOURNAL_RECORD *From, ULONGLONG Usn, PUCHAR Out, ULONG Room)
{
	const ULONG Fixed = offsetof(USN_RECORD_V2, FileName);
	USN_RECORD_V2 Record = { .MajorVersion = 2, .FileNameOffset = (USHORT)Fixed };
	WCHAR Name[IO_NT_NAME_MAX];
	LONG Chars = IoHostNameToNt(From->Name, (ULONG)strlen(From->Name), Name, IO_NT_NAME_MAX);

	if (Chars < 0)
		Chars = 0;
	Record.FileNameLength = (USHORT)((ULONG)Chars * sizeof(WCHAR));
	Record.RecordLength = (Fixed + Record.FileNameLength + 7) & ~7u;
	if (Room < Record.RecordLength)
		return 0;
	*(*From->Name ? &Record.ParentFileReferenceNumber
		      : &Record.FileReferenceNumber) = From->Inode;
	Record.Usn = (LONGLONG)Usn;
	Record.Reason = From->Reason;
	memset(Out, 0, Record.RecordLength);
	memcpy(Out, &Record, Fixed);
	memcpy(Out + Fixed, Name, Record.FileNameLength);
	return Record.RecordLength;
}

/* Journal->Lock held. */
static NTSTATUS PutRecords(IOP_JOURNAL *Journal, ULONGLONG Usn, ULONG Mask, PIOP_CONTROL Control)
{
	PUCHAR Out = Control->Output;
	ULONG Used = sizeof(Usn), Length;

	for (; Usn < Journal->Usn; Usn++) {
		const IOP_JOURNAL_RECORD *From = &Journal->Records[Usn % IOP_JOURNAL_RECORDS];

		if (!(From->Reason & Mask))
			continue;
		Length = PutRecord(From, Usn, Out + Used, Control->OutputLength - Used);
		if (!Length && Used == sizeof(Usn))
			return STATUS_BUFFER_TOO_SMALL;
		if (!Length)
			break;
		Used += Length;
	}
	memcpy(Out, &Usn, sizeof(Usn));
	Control->Information = Used;
	return STATUS_SUCCESS;
}

NTSTATUS IopReadUsnJournal(PFILE_OBJECT File, PIOP_CONTROL Control)
{
	IOP_JOURNAL *Journal = File->Device->Journal;
	NTSTATUS Status = STATUS_SUCCESS;
	READ_USN_JOURNAL_DATA Data;
	ULONGLONG Start;

	if (!Journal)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (!Control->Input || Control->InputLength < sizeof(Data))
		return STATUS_INVALID_PARAMETER;
	if (!Control->Output || Control->OutputLength < sizeof(LONGLONG))
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(&Data, Control->Input, sizeof(Data));
	Start = (ULONGLONG)Data.StartUsn;
	lk_acquire(&Journal->Lock);
	if (Start > Journal->Usn)
		Status = STATUS_INVALID_PARAMETER;
	else if (Start < Journal->First)
		Status = STATUS_JOURNAL_ENTRY_DELETED;
	else
		Status = PutRecords(Journal, Start, Data.ReasonMask, Control);
	lk_release(&Journal->Lock);
	return Status;
}
