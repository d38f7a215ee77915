/* SPDX-License-Identifier: MIT */
/*
 * ionotify.c - NtNotifyChangeDirectoryFile (nt.md CN1..CN8) over the host's own notification.
 *
 * The first call on a handle makes its watch, with filter, tree flag and buffer size for good (CN4).
 * From then on events become records: of a request that pends, or in the watch until the next call.
 * One inotify instance serves everybody; a host directory is watched once, and each use of it says
 * whose watch it is and where below the watched directory it lies. A tree is watched directory by
 * directory; of a new one what is in it already is told as added.
 *
 * Of streams the host knows nothing: who changes one says so (IopNotifyStream).
 *
 * One lock (LR_NOTIFY) for all of it. A request that pends here has Context set; who clears it
 * completes it. The instance stays, once made: closing one takes the host ten milliseconds.
 */
#include "iop.h"
#include "nt/rtl.h"
#include "../host/host_aio.h"
#include "../host/host_notify.h"
#include "../host/host_poll.h"
#include "base/alloc.h"
#include <stdio.h>
#include <string.h>

#define BUCKETS 64
#define OF_STREAMS                                                         \
	(FILE_NOTIFY_CHANGE_STREAM_NAME | FILE_NOTIFY_CHANGE_STREAM_SIZE | \
	 FILE_NOTIFY_CHANGE_STREAM_WRITE)

typedef struct _NOTIFY_DIRECTORY {
	struct list Link;
	int Number;
	struct list Uses;
} NOTIFY_DIRECTORY, *PNOTIFY_DIRECTORY;

typedef struct _NOTIFY_USE {
	struct list DirectoryLink, WatchLink;
	PNOTIFY_DIRECTORY Directory;
	struct _IOP_NOTIFY *Watch;
	ULONG PathLength;
	char Path[]; /* below the watched directory: "" or "a/b/" */
} NOTIFY_USE, *PNOTIFY_USE;

typedef struct _IOP_NOTIFY {
	PFILE_OBJECT File; /* borrowed: the watch goes with its last handle */
	ULONG Filter, Size;
	BOOLEAN Tree, Overflow;
	struct list Requests, Uses;
	char *Records;    /* Size bytes */
	ULONG Used, Last; /* Last: offset of the last record */
} IOP_NOTIFY, *PIOP_NOTIFY;

static struct lk NotifyLock = LK_INIT(NOTIFY);
static struct list Directories[BUCKETS];
static host_fd Instance = { -1 };
static struct host_aio Poll;
static _Atomic ULONG StreamWatches;

/* ---- records ---- */

/* "a/b/" and "c" as NT names; returns WCHARs, at most Room. */
static ULONG PutName(const DEVICE_OBJECT *Device, const char *Path, const char *Name, PWSTR Out,
		     ULONG Room)
{
	WCHAR Piece[IO_NT_NAME_MAX];
	char Whole[IOP_PATH_MAX];
	ULONG Units = 0;

	if ((ULONG)snprintf(Whole, sizeof(Whole), "%s%s", Path, Name) >= sizeof(Whole))
		return 0;
	for (char *p = Whole, *End; *p; p = End) {
		LONG n;

		End = strchr(p, '/');
		n = IopNtName(Device, p, (ULONG)(End ? (size_t)(End - p) : strlen(p)), Piece);
		if (n < 0 || (ULONG)n > Room - Units)
			return 0;
		memcpy(Out + Units, Piece, (ULONG)n * sizeof(WCHAR));
		Units += (ULONG)n;
		if (!End)
			break;
		if (*++End && Units < Room)
			Out[Units++] = u'\\';
	}
	return Units;
}

static VOID Overflow(PIOP_NOTIFY Watch)
{
	Watch->Overflow = TRUE;
	Watch->Used = 0;
}

/* Records begin at multiples of four, each with the distance to the next. Units 0: a name that is too long. */
static VOID PutRecord(PIOP_NOTIFY Watch, ULONG Action, const WCHAR *Text, ULONG Units)
{
	const ULONG Fixed = offsetof(FILE_NOTIFY_INFORMATION, FileName);
	ULONG At = (Watch->Used + 3) & ~3u, Bytes = Units * (ULONG)sizeof(WCHAR);
	FILE_NOTIFY_INFORMATION *Info;

	if (!Bytes || Watch->Size < Fixed + Bytes || At > Watch->Size - Fixed - Bytes) {
		Overflow(Watch);
		return;
	}
	if (Watch->Used)
		((FILE_NOTIFY_INFORMATION *)(Watch->Records + Watch->Last))->NextEntryOffset =
			At - Watch->Last;
	Info = (FILE_NOTIFY_INFORMATION *)(Watch->Records + At);
	Info->NextEntryOffset = 0;
	Info->Action = Action;
	Info->FileNameLength = Bytes;
	memcpy(Info->FileName, Text, Bytes);
	Watch->Last = At;
	Watch->Used = At + Fixed + Bytes;
}

static VOID Record(PIOP_NOTIFY Watch, ULONG Action, const char *Path, const char *Name)
{
	WCHAR Text[IOP_PATH_MAX];

	if (!Watch->Overflow)
		PutRecord(Watch, Action, Text,
			  PutName(Watch->File->Device, Path, Name, Text, IOP_PATH_MAX));
}

static VOID Collect(struct list *Done, PIOP_REQUEST Request, NTSTATUS Status, ULONG Information)
{
	Request->Context = NULL;
	IopCollect(Done, Request, Status, Information);
}

/* Hands what has been recorded to the request that waits longest. */
static VOID Deliver(PIOP_NOTIFY Watch, struct list *Done)
{
	PIOP_REQUEST Request;

	if (list_empty(&Watch->Requests) || (!Watch->Used && !Watch->Overflow))
		return;
	Request = list_first(&Watch->Requests, IOP_REQUEST, QueueLink);
	if (Watch->Overflow || Request->Length < Watch->Used) { /* CN3 */
		Collect(Done, Request, STATUS_NOTIFY_ENUM_DIR, 0);
	} else {
		memcpy(Request->Buffer, Watch->Records, Watch->Used);
		Collect(Done, Request, STATUS_SUCCESS, Watch->Used);
	}
	Watch->Used = 0;
	Watch->Overflow = FALSE;
}

/* ---- watching ---- */

static PNOTIFY_DIRECTORY FindDirectory(int Number)
{
	PNOTIFY_DIRECTORY Directory;

	list_for_each(Directory, &Directories[(ULONG)Number % BUCKETS], Link)
		if (Directory->Number == Number)
			return Directory;
	return NULL;
}

static VOID FreeUse(PNOTIFY_USE Use)
{
	PNOTIFY_DIRECTORY Directory = Use->Directory;

	list_del(&Use->DirectoryLink);
	list_del(&Use->WatchLink);
	mem_free(Use);
	if (!list_empty(&Directory->Uses))
		return;
	list_del(&Directory->Link);
	host_watch_remove(Instance, Directory->Number);
	mem_free(Directory);
}

/* The host's number for what Fd has open, with a record to hang uses on. */
static NTSTATUS WatchHost(host_fd Fd, BOOLEAN Accesses, PNOTIFY_DIRECTORY *Directory)
{
	int Number;
	NTSTATUS Status = host_notify_add(Instance, Fd, Accesses, &Number);

	if (!NT_SUCCESS(Status))
		return Status;
	*Directory = FindDirectory(Number);
	if (*Directory)
		return STATUS_SUCCESS;
	*Directory = mem_alloc(sizeof(**Directory));
	if (!*Directory) {
		host_watch_remove(Instance, Number);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	(*Directory)->Number = Number;
	list_init(&(*Directory)->Uses);
	list_add_tail(&Directories[(ULONG)Number % BUCKETS], &(*Directory)->Link);
	return STATUS_SUCCESS;
}

/* A watch uses a directory once: where it was seen last. */
static VOID DropOthers(const NOTIFY_USE *Use)
{
	PNOTIFY_USE Other, Next;

	list_for_each_safe(Other, Next, &Use->Directory->Uses, DirectoryLink)
		if (Other != Use && Other->Watch == Use->Watch)
			FreeUse(Other);
}

static NTSTATUS AddUse(PIOP_NOTIFY Watch, host_fd Fd, const char *Path)
{
	ULONG Length = (ULONG)strlen(Path);
	PNOTIFY_USE Use = mem_alloc(sizeof(*Use) + Length + 1);
	NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

	if (Use)
		Status = WatchHost(Fd, (Watch->Filter & FILE_NOTIFY_CHANGE_LAST_ACCESS) != 0,
				   &Use->Directory);
	if (!NT_SUCCESS(Status)) {
		mem_free(Use);
		return Status;
	}
	Use->Watch = Watch;
	Use->PathLength = Length;
	memcpy(Use->Path, Path, Length + 1);
	list_add_tail(&Use->Directory->Uses, &Use->DirectoryLink);
	list_add_tail(&Watch->Uses, &Use->WatchLink);
	DropOthers(Use);
	return STATUS_SUCCESS;
}

/* Whether the watch wants to hear of names of this kind. */
static BOOLEAN WantsName(const IOP_NOTIFY *Watch, BOOLEAN Directory)
{
	return (Watch->Filter &
		(Directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME)) != 0;
}

/* What is being made (iostage.c) has no name yet. */
static BOOLEAN IsStaged(const IOP_NOTIFY *Watch, const char *Name)
{
	return IopIsNt(Watch->File->Device) && IopIsStaged(Name);
}

static NTSTATUS AddTree(PIOP_NOTIFY Watch, const char *Path, BOOLEAN Tell);

/* One entry of a directory below a watch of a tree. */
static NTSTATUS AddEntry(PIOP_NOTIFY Watch, const char *Path, const struct host_dirent *Entry,
			 BOOLEAN Tell)
{
	BOOLEAN Directory = Entry->type == HOST_S_IFDIR >> 12;
	char Below[IOP_PATH_MAX];

	if (!strcmp(Entry->name, ".") || !strcmp(Entry->name, "..") || IsStaged(Watch, Entry->name))
		return STATUS_SUCCESS;
	if (Tell && WantsName(Watch, Directory))
		Record(Watch, FILE_ACTION_ADDED, Path, Entry->name);
	if (!Directory)
		return STATUS_SUCCESS;
	if ((ULONG)snprintf(Below, sizeof(Below), "%s%s/", Path, Entry->name) >= sizeof(Below))
		return STATUS_NAME_TOO_LONG;
	return AddTree(Watch, Below, Tell);
}

static NTSTATUS AddEntries(PIOP_NOTIFY Watch, host_fd Fd, const char *Path, BOOLEAN Tell)
{
	const ULONG Size = 8192;
	char *Buffer = mem_alloc(Size);
	ULONG Length = 0;
	NTSTATUS Status = Buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

	while (NT_SUCCESS(Status)) {
		Status = host_getdents(Fd, Buffer, Size, &Length);
		if (!NT_SUCCESS(Status) || !Length)
			break;
		for (ULONG At = 0; At < Length && NT_SUCCESS(Status);) {
			const struct host_dirent *Entry = (const void *)(Buffer + At);

			Status = AddEntry(Watch, Path, Entry, Tell);
			At += Entry->size;
		}
	}
	mem_free(Buffer);
	return Status;
}

/*
 * Watches the directory Path and, if the watch is one of a tree, all below. Tell: what is there was
 * added. A directory that has gone meanwhile, or may not be read, is left out.
 */
static NTSTATUS AddTree(PIOP_NOTIFY Watch, const char *Path, BOOLEAN Tell)
{
	host_fd Fd;
	NTSTATUS Status = host_openat(Watch->File->Fd, *Path ? Path : ".",
				      HOST_READ | HOST_DIRECTORY | HOST_NO_LINKS, 0, &Fd);

	if (!NT_SUCCESS(Status))
		return *Path ? STATUS_SUCCESS : Status;
	Status = AddUse(Watch, Fd, Path);
	if (NT_SUCCESS(Status) && Watch->Tree)
		Status = AddEntries(Watch, Fd, Path, Tell);
	host_closefd(Fd);
	return Status;
}

/* The directory "a/b/" has left the tree, with all below. */
static VOID RemoveTree(PIOP_NOTIFY Watch, const char *Path)
{
	ULONG Length = (ULONG)strlen(Path);
	PNOTIFY_USE Use, Next;

	list_for_each_safe(Use, Next, &Watch->Uses, WatchLink)
		if (Use->PathLength >= Length && !memcmp(Use->Path, Path, Length))
			FreeUse(Use);
}

/* ---- events ---- */

static VOID FollowTree(PIOP_NOTIFY Watch, const char *Path, const struct host_notify_event *Event)
{
	char Below[IOP_PATH_MAX];

	if (!Watch->Tree || !Event->directory ||
	    (ULONG)snprintf(Below, sizeof(Below), "%s%s/", Path, Event->name) >= sizeof(Below))
		return;
	if (Event->what == HOST_NOTIFY_DELETED || Event->what == HOST_NOTIFY_MOVED_FROM)
		RemoveTree(Watch, Below);
	else if ((Event->what == HOST_NOTIFY_CREATED || Event->what == HOST_NOTIFY_MOVED_TO) &&
		 !NT_SUCCESS(AddTree(Watch, Below, Event->what == HOST_NOTIFY_CREATED)))
		Overflow(Watch);
}

/* Within one directory a move is a renaming, told at its first half; else a name goes and one comes. */
static VOID TellMove(PIOP_NOTIFY Watch, const char *Path, const struct host_notify_event *Event)
{
	BOOLEAN From = Event->what == HOST_NOTIFY_MOVED_FROM;

	if (Event->other_wd != Event->wd || IsStaged(Watch, Event->other)) {
		Record(Watch, From ? FILE_ACTION_REMOVED : FILE_ACTION_ADDED, Path, Event->name);
	} else if (From) {
		Record(Watch, FILE_ACTION_RENAMED_OLD_NAME, Path, Event->name);
		Record(Watch, FILE_ACTION_RENAMED_NEW_NAME, Path, Event->other);
	}
}

#define OF_DATA (FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE)
#define OF_ATTRIBUTES                                                                           \
	(FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE |                        \
	 FILE_NOTIFY_CHANGE_LAST_ACCESS | FILE_NOTIFY_CHANGE_CREATION | FILE_NOTIFY_CHANGE_EA | \
	 FILE_NOTIFY_CHANGE_SECURITY)

static VOID Tell(PIOP_NOTIFY Watch, const char *Path, const struct host_notify_event *Event)
{
	BOOLEAN Name = WantsName(Watch, Event->directory);
	ULONG Wanted = Watch->Filter;

	if (IsStaged(Watch, Event->name))
		return;
	switch (Event->what) {
	case HOST_NOTIFY_CREATED:
	case HOST_NOTIFY_DELETED:
		if (Name)
			Record(Watch,
			       Event->what == HOST_NOTIFY_CREATED ? FILE_ACTION_ADDED
								  : FILE_ACTION_REMOVED,
			       Path, Event->name);
		break;
	case HOST_NOTIFY_MOVED_FROM:
	case HOST_NOTIFY_MOVED_TO:
		if (Name)
			TellMove(Watch, Path, Event);
		break;
	default:
		Wanted &= Event->what == HOST_NOTIFY_MODIFIED   ? OF_DATA
			  : Event->what == HOST_NOTIFY_ACCESSED ? FILE_NOTIFY_CHANGE_LAST_ACCESS
								: OF_ATTRIBUTES;
		if (Wanted)
			Record(Watch, FILE_ACTION_MODIFIED, Path, Event->name);
	}
	FollowTree(Watch, Path, Event);
}

/* Events got lost: everybody has to look for himself. */
static VOID LoseAll(struct list *Done)
{
	PNOTIFY_DIRECTORY Directory;
	PNOTIFY_USE Use;

	for (ULONG i = 0; i < BUCKETS; i++)
		list_for_each(Directory, &Directories[i], Link)
			list_for_each(Use, &Directory->Uses, DirectoryLink) {
				Overflow(Use->Watch);
				Deliver(Use->Watch, Done);
			}
}

/* The lock is held. The next use is another watch's, which this one does not change. */
static void OnEvent(void *Context, const struct host_notify_event *Event)
{
	struct list *Done = Context;
	PNOTIFY_DIRECTORY Directory;
	PNOTIFY_USE Use, Next;

	if (Event->what == HOST_NOTIFY_OVERFLOW) {
		LoseAll(Done);
		return;
	}
	Directory = FindDirectory(Event->wd);
	if (!Directory)
		return;
	if (Event->what == HOST_NOTIFY_GONE) {
		while (Directory && !list_empty(&Directory->Uses)) {
			FreeUse(list_first(&Directory->Uses, NOTIFY_USE, DirectoryLink));
			Directory = FindDirectory(Event->wd);
		}
		return;
	}
	list_for_each_safe(Use, Next, &Directory->Uses, DirectoryLink) {
		PIOP_NOTIFY Watch = Use->Watch;

		if (*Event->name) { /* not of the directory itself */
			Tell(Watch, Use->Path, Event);
			Deliver(Watch, Done);
		}
	}
}

static void Readable(struct host_aio *Aio, NTSTATUS Status, ULONG Bytes);

/* The lock is held. */
static NTSTATUS Arm(VOID)
{
	Poll = (struct host_aio){
		.op = HOST_AIO_POLL, .fd = Instance, .events = HOST_POLL_READ, .done = Readable
	};
	return host_aio_submit(&Poll);
}

static void Readable(struct host_aio *Aio, NTSTATUS Status, ULONG Bytes)
{
	struct list Done = LIST_INIT(Done);

	lk_acquire(&NotifyLock);
	host_notify_read(Instance, OnEvent, &Done);
	if (!NT_SUCCESS(Arm()))
		LoseAll(&Done); /* and nothing will be told again */
	lk_release(&NotifyLock);
	IopCompleteAll(&Done);
}

/* ---- requests ---- */

static NTSTATUS Start(VOID)
{
	NTSTATUS Status;

	if (Instance.v >= 0)
		return STATUS_SUCCESS;
	for (ULONG i = 0; i < BUCKETS; i++)
		list_init(&Directories[i]);
	Status = host_watch_open(&Instance);
	if (NT_SUCCESS(Status))
		Status = Arm();
	if (!NT_SUCCESS(Status) && Instance.v >= 0) {
		host_closefd(Instance);
		Instance = HOST_NO_FD;
	}
	return Status;
}

/* Takes the watch apart; its requests end with STATUS_NOTIFY_CLEANUP. */
static VOID FreeWatch(PIOP_NOTIFY Watch, struct list *Done)
{
	while (!list_empty(&Watch->Requests))
		Collect(Done, list_first(&Watch->Requests, IOP_REQUEST, QueueLink),
			STATUS_NOTIFY_CLEANUP, 0);
	while (!list_empty(&Watch->Uses))
		FreeUse(list_first(&Watch->Uses, NOTIFY_USE, WatchLink));
	if (Watch->Filter & OF_STREAMS)
		StreamWatches--;
	mem_free(Watch->Records);
	mem_free(Watch);
}

static NTSTATUS NewWatch(PIOP_REQUEST Request, PIOP_NOTIFY *Out)
{
	struct list Done = LIST_INIT(Done);
	PIOP_NOTIFY Watch = mem_alloc(sizeof(*Watch));
	NTSTATUS Status = Start();

	if (!Watch)
		return STATUS_INSUFFICIENT_RESOURCES;
	list_init(&Watch->Requests);
	list_init(&Watch->Uses);
	Watch->File = Request->File;
	Watch->Filter = Request->Notify.Filter;
	Watch->Tree = Request->Notify.Tree;
	Watch->Size = Request->Length;
	if (Watch->Filter & OF_STREAMS)
		StreamWatches++;
	if (NT_SUCCESS(Status) && Watch->Size) {
		Watch->Records = mem_alloc(Watch->Size);
		Status = Watch->Records ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (NT_SUCCESS(Status))
		Status = AddTree(Watch, "", FALSE);
	if (!NT_SUCCESS(Status))
		FreeWatch(Watch, &Done); /* nobody waits yet */
	else
		*Out = Watch;
	return Status;
}

static VOID CancelNotify(PIOP_REQUEST Pended)
{
	struct list Done = LIST_INIT(Done);

	lk_acquire(&NotifyLock);
	if (Pended->Context)
		Collect(&Done, Pended, STATUS_CANCELLED, 0);
	lk_release(&NotifyLock);
	IopCompleteAll(&Done);
}

NTSTATUS IopNotifyDirectory(PIOP_REQUEST Request)
{
	PFILE_OBJECT File = Request->File;
	struct list Done = LIST_INIT(Done);
	NTSTATUS Status = STATUS_SUCCESS;
	PIOP_REQUEST Pended;

	if (!IopIsDirectory(File))
		return STATUS_INVALID_PARAMETER;
	if (!Request->Buffer) /* CN3 */
		Request->Length = 0;
	lk_acquire(&NotifyLock);
	if (!File->Notify)
		Status = NewWatch(Request, &File->Notify);
	Pended = NT_SUCCESS(Status) ? IopPend(Request, CancelNotify) : NULL;
	if (Pended) {
		Pended->Context = File->Notify;
		list_add_tail(&File->Notify->Requests, &Pended->QueueLink);
		Deliver(File->Notify, &Done);
	} else if (NT_SUCCESS(Status)) {
		Status = Request->Status;
	}
	lk_release(&NotifyLock);
	IopCompleteAll(&Done);
	return NT_SUCCESS(Status) ? STATUS_PENDING : Status;
}

VOID IopNotifyCleanup(PFILE_OBJECT File)
{
	struct list Done = LIST_INIT(Done);

	if (!IopIsDirectory(File))
		return;
	lk_acquire(&NotifyLock);
	if (File->Notify)
		FreeWatch(File->Notify, &Done);
	File->Notify = NULL;
	lk_release(&NotifyLock);
	IopCompleteAll(&Done);
}

VOID IopNotifyDelete(PFILE_OBJECT File)
{
	struct list Done = LIST_INIT(Done);
	PNOTIFY_DIRECTORY Directory;
	PNOTIFY_USE Use;

	lk_acquire(&NotifyLock);
	for (ULONG i = 0; Instance.v >= 0 && i < BUCKETS; i++)
		list_for_each(Directory, &Directories[i], Link)
			list_for_each(Use, &Directory->Uses, DirectoryLink) {
				PIOP_NOTIFY Watch = Use->Watch;

				if (Use->PathLength || Watch->File->Inode != File->Inode ||
				    Watch->File->HostDevice != File->HostDevice)
					continue;
				while (!list_empty(&Watch->Requests))
					Collect(&Done,
						list_first(&Watch->Requests, IOP_REQUEST,
							   QueueLink),
						STATUS_DELETE_PENDING, 0);
			}
	lk_release(&NotifyLock);
	IopCompleteAll(&Done);
}

/* ---- streams ---- */

BOOLEAN IopAreStreamsWatched(VOID)
{
	return StreamWatches != 0;
}

/* Host: the path of a file whose stream has changed. Records it if it lies where Watch looks. */
static VOID TellStream(PIOP_NOTIFY Watch, ULONG Action, const char *Host, const char *Stream)
{
	char Root[IOP_PATH_MAX];
	WCHAR Text[IOP_PATH_MAX];
	ULONG Length, Units;

	if (!NT_SUCCESS(host_path(Watch->File->Fd, Root, sizeof(Root), &Length)))
		return;
	if (Length == 1) /* "/" */
		Length = 0;
	if (strncmp(Host, Root, Length) != 0 || Host[Length] != '/')
		return;
	Host += Length + 1;
	if ((!Watch->Tree && strchr(Host, '/')) || Watch->Overflow)
		return;
	Units = PutName(Watch->File->Device, "", Host, Text, IOP_PATH_MAX - IO_NT_NAME_MAX - 1);
	if (Units) {
		Text[Units++] = u':';
		Units += (ULONG)IopStreamNtName(Stream, Text + Units);
	}
	PutRecord(Watch, Action, Text, Units);
}

VOID IopNotifyStream(PFILE_OBJECT Base, const char *Name, ULONG Action, ULONG Filter)
{
	struct list Done = LIST_INIT(Done);
	PNOTIFY_DIRECTORY Directory;
	char Host[IOP_PATH_MAX];
	PNOTIFY_USE Use;
	ULONG Length;

	if (!StreamWatches || !NT_SUCCESS(host_path(Base->Fd, Host, sizeof(Host), &Length)))
		return;
	lk_acquire(&NotifyLock);
	for (ULONG i = 0; Instance.v >= 0 && i < BUCKETS; i++)
		list_for_each(Directory, &Directories[i], Link)
			list_for_each(Use, &Directory->Uses, DirectoryLink) {
				PIOP_NOTIFY Watch = Use->Watch;

				if (Use->PathLength || !(Watch->Filter & Filter) ||
				    Watch->File->Device != Base->Device)
					continue;
				TellStream(Watch, Action, Host, Name);
				Deliver(Watch, &Done);
			}
	lk_release(&NotifyLock);
	IopCompleteAll(&Done);
}

VOID IopNotifyStreamData(PFILE_OBJECT Stream, ULONG Filter)
{
	char Name[IOP_STREAM_MAX];

	if (!StreamWatches || !Stream->Base)
		return;
	lk_acquire(&Stream->Lock);
	snprintf(Name, sizeof(Name), "%s", Stream->Name);
	lk_release(&Stream->Lock);
	IopNotifyStream(Stream->Base, Name, FILE_ACTION_MODIFIED_STREAM, Filter);
}

static NTSTATUS Notify(HANDLE Handle, HANDLE Event, PIOP_REQUEST Request)
{
	POBJECT Object;
	NTSTATUS Status;

	Status = IopProbeIosb(Request->Iosb);
	if (!NT_SUCCESS(Status))
		return Status;
	if (!Request->Notify.Filter || Request->Notify.Filter & ~FILE_NOTIFY_VALID_MASK) /* CN1 */
		return STATUS_INVALID_PARAMETER;
	if (Request->Buffer)
		Status = ProbeForWrite(Request->Buffer, Request->Length, sizeof(ULONG));
	if (!NT_SUCCESS(Status))
		return Status;
	Status = ObReferenceObjectByHandle(Handle, FILE_LIST_DIRECTORY, &IoFileType, &Object);
	if (!NT_SUCCESS(Status))
		return Status;
	Request->File = IopFile(Object);
	Request->Operation = "NotifyChangeDirectory";
	Status = IopIssue(Request, Request->File->Device->Driver->Notify, Event);
	ObDereferenceObject(Object);
	return Status;
}

NTSTATUS NtNotifyChangeDirectoryFile(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc,
				     PVOID ApcContext, PIO_STATUS_BLOCK Iosb, PVOID Buffer,
				     ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree)
{
	NT_ENTRY(NtNotifyChangeDirectoryFile, .Handle = File);
	IOP_REQUEST Request = {
		.Buffer = Buffer,
		.Length = Length,
		.Notify = { CompletionFilter, WatchTree },
		.Iosb = Iosb,
		.Apc = Apc,
		.ApcContext = ApcContext,
	};
	NTSTATUS Status = Notify(File, Event, &Request);

	TRACE(TR_NT, "NtNotifyChangeDirectoryFile(%p, Filter: %s%s) = %s", File,
	      RtlpFlagNames((char[RTLP_TEXT]){ 0 }, RtlpNotifyFilter, CompletionFilter),
	      WatchTree ? ", Tree" : "", NtStatusName(Status));
	return Status;
}
