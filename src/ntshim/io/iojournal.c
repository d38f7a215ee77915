/* SPDX-License-Identifier: MIT */
/*
 * iojournal.c - the number behind FSCTL_QUERY_USN_JOURNAL: has anything happened, on the host's side
 * too, that may make a cached name false?
 *
 * Each volume has one inotify descriptor. A directory or link opened with FILE_LXRUN_CACHE_NAME is
 * watched as long as the file object lives; several opens of one inode share its watch. A query reads
 * the descriptor without waiting (one host call, usually an empty answer) and moves the number for
 * each event that counts. The kernel queues events before the call that causes them returns, and the
 * lock is held over the read, so nobody sees the old number after the change.
 *
 * What happens to a name is told by the watch of the directory it is in. When that one cannot be
 * watched (we may not read it, a network or pseudo file system, no watches left), the journal is
 * blind: while a file below it is open for caching the number moves with every query, and no cache is
 * ever believed. What is mounted over a cached directory later is not noticed.
 *
 * A watch begins after the open, so a rename in between would be missed: the name is looked at once
 * more, and if it leads elsewhere by now, the number moves.
 */
#include "iop.h"
#include "base/alloc.h"

struct _IOP_CACHE_WATCH {
	struct list Link;
	int Descriptor;
	ULONG Files;
};

NTSTATUS IopCreateJournal(IOP_JOURNAL **Journal)
{
	IOP_JOURNAL *New = mem_alloc(sizeof(*New));

	*Journal = New;
	if (!New)
		return STATUS_INSUFFICIENT_RESOURCES;
	lk_init(&New->Lock, LR_IO);
	New->Watch = HOST_NO_FD;
	New->Usn = 1;
	for (ULONG i = 0; i < IOP_JOURNAL_BUCKETS; i++)
		list_init(&New->Watches[i]);
	return STATUS_SUCCESS;
}

VOID IopDestroyJournal(IOP_JOURNAL *Journal)
{
	host_closefd(Journal->Watch);
	mem_free(Journal);
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
		list_add(BucketOf(Journal, Descriptor), &Watch->Link);
	}
	Watch->Files++;
	return Watch;
}

static VOID WatchFile(IOP_JOURNAL *Journal, PFILE_OBJECT File)
{
	lk_acquire(&Journal->Lock);
	if (!File->Watch)
		File->Watch = AddWatch(Journal, File);
	lk_release(&Journal->Lock);
}

/* Nobody would tell us what happens to File's name. */
static VOID SetBlind(IOP_JOURNAL *Journal, PFILE_OBJECT File)
{
	lk_acquire(&Journal->Lock);
	Journal->Blind += !File->Blind;
	File->Blind = TRUE;
	lk_release(&Journal->Lock);
}

VOID IopJournalWatch(PFILE_OBJECT File, PFILE_OBJECT Root, const IOP_NAME *Name)
{
	IOP_JOURNAL *Journal = File->Device->Journal;
	struct host_stat Now;
	NTSTATUS Status;

	if (!Journal || (!IopIsDirectory(File) && File->Type != HOST_S_IFLNK))
		return;
	WatchFile(Journal, File);
	/* Removal and new permissions of a directory are told by its parent's watch. */
	if (Root)
		WatchFile(Journal, Root);
	if (Root ? !Root->Watch : !File->Watch)
		SetBlind(Journal, File);
	if (!Name->Length)
		return;
	Status = host_statx(IopRootFd(File->Device, Root), Name->Text, &Now);
	if (NT_SUCCESS(Status) && IopIsInode(File, &Now))
		return;
	lk_acquire(&Journal->Lock);
	Journal->Usn++;
	lk_release(&Journal->Lock);
}

VOID IopJournalForget(PFILE_OBJECT File)
{
	IOP_JOURNAL *Journal = File->Device->Journal;
	PIOP_CACHE_WATCH Watch;

	if (!Journal || (!File->Watch && !File->Blind))
		return;
	lk_acquire(&Journal->Lock);
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
}

/* An event of a watch that we have removed meanwhile concerns nobody. */
static void Stale(void *Context, int Descriptor)
{
	IOP_JOURNAL *Journal = Context;

	if (Descriptor < 0 || FindWatch(Journal, Descriptor))
		Journal->Usn++;
}

NTSTATUS IopJournalQuery(IOP_JOURNAL *Journal, ULONGLONG *Usn)
{
	NTSTATUS Status = STATUS_SUCCESS;

	lk_acquire(&Journal->Lock);
	if (Journal->Watch.v >= 0)
		Status = host_watch_read(Journal->Watch, Stale, Journal);
	if (Journal->Blind || !NT_SUCCESS(Status))
		Journal->Usn++;
	*Usn = Journal->Usn;
	lk_release(&Journal->Lock);
	return STATUS_SUCCESS;
}
