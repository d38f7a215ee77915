/* SPDX-License-Identifier: MIT */
/*
 * inotify_host.c - inotify hears of what the host, or another instance, changes on VolFs and DrvFs.
 *
 * Each watch has two asynchronous requests of NtNotifyChangeDirectoryFile pending: names and data, and attributes,
 * because NT calls both changes of a file "modified". All complete to one port, which a system thread reads
 * from the first watch on. NT tells what guests do as well, and that has been told already. So the thread waits
 * a moment before it looks at what came, and leaves out names that guests touched lately: a change of the host
 * within seconds of a guest's to the same file may go untold, but nothing is told twice. What NT could not keep
 * (STATUS_NOTIFY_ENUM_DIR) is not told: it is nearly always the echo of a busy guest.
 */
#include "inotify_host.h"
#include "base/alloc.h"
#include "drvfs/drvfs.h"
#include "fsnotify.h"
#include "lxrun/event.h"
#include "nt/ex.h"
#include "nt_name.h"

#define SETTLE_MS 200         /* until a guest's own call has told its watchers */
#define OWN_NS    2000000000u /* how long what a guest did explains what NT says */
#define OWN_SLOTS 16384u
#define RECORDS   8192u
#define PACKETS   64u

extern const struct fs_type volfs_type, drvfs_type;

/* One request. */
struct arm {
	struct host_watch *h;
	HANDLE handle;
	IO_STATUS_BLOCK iosb;
	_Alignas(8) char records[RECORDS];
};

struct host_watch {
	struct refs refs;    /* the owner's, and one for each pending request */
	struct watch *watch; /* inotify.c's lock */
	struct lk lock;      /* LR_INODE; guards: */
	bool ended;          /* the handles are closed */
	/* constant: */
	nt_name_fn *convert;
	struct inode *dir; /* reference, and one to its super */
	bool whole;        /* the directory itself is watched, else name in it */
	char name[LX_NAME_MAX + 1];
	uint32_t cookie; /* of a renaming whose first half has come: the thread's own */
	struct arm arms[2];
};

enum { DATA, ATTRIBUTES };
static const ULONG filters[] = {
	/* Not LAST_WRITE: a new time alone is an attribute. */
	[DATA] = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME |
		 FILE_NOTIFY_CHANGE_SIZE,
	[ATTRIBUTES] = FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_EA |
		       FILE_NOTIFY_CHANGE_SECURITY,
};

static struct lk port_lock = LK_INIT(FS);
static HANDLE port, stop, ended;    /* constant once made; the last two are events */
static bool stopped;                /* port_lock */
static _Atomic uint32_t nr_watches; /* each costs two host descriptors */
/* When a guest last touched a name that falls here. Two names in one place cost news, never tell twice. */
static _Atomic uint64_t own[OWN_SLOTS];

/* ---- what guests did ---- */

static _Atomic uint64_t *slot_of(const struct host_watch *h, const char *name)
{
	uint32_t hash = 2166136261u ^ (uint32_t)((uintptr_t)h >> 6);

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return &own[(hash ^ hash >> 16) % OWN_SLOTS];
}

void host_watch_own(struct host_watch *h, const char *name)
{
	*slot_of(h, name) = KeQueryMonotonicNs();
}

bool host_watch_is_own(const struct host_watch *h, const char *name)
{
	uint64_t at = *slot_of(h, name);

	return at && KeQueryMonotonicNs() - at < OWN_NS;
}

struct watch **host_watch_owner(struct host_watch *h)
{
	return &h->watch;
}

/* ---- what NT says ---- */

static void put(struct host_watch *h)
{
	struct super *sb = h->dir->sb;

	if (!refs_put(&h->refs))
		return;
	inode_put(h->dir);
	super_put(sb);
	mem_free(h);
	nr_watches--;
}

static uint32_t dir_bit(struct host_watch *h, const char *name)
{
	struct inode *inode;
	uint32_t bit;

	if (h->dir->iop->lookup(h->dir, name, &inode))
		return 0;
	bit = inode_is_dir(inode) ? LX_IN_ISDIR : 0;
	inode_put(inode);
	return bit;
}

/* One record about a name in a directory that is watched. */
static void tell_name(struct host_watch *h, int which, ULONG action, const char *name)
{
	static const uint32_t masks[] = {
		[FILE_ACTION_ADDED] = LX_IN_CREATE,
		[FILE_ACTION_REMOVED] = LX_IN_DELETE,
		[FILE_ACTION_MODIFIED] = LX_IN_MODIFY,
		[FILE_ACTION_RENAMED_OLD_NAME] = LX_IN_MOVED_FROM,
		[FILE_ACTION_RENAMED_NEW_NAME] = LX_IN_MOVED_TO,
	};
	uint32_t mask, cookie = 0;

	if (action < FILE_ACTION_ADDED || action > FILE_ACTION_RENAMED_NEW_NAME)
		return;
	mask = which == ATTRIBUTES ? LX_IN_ATTRIB : masks[action];
	if (action == FILE_ACTION_RENAMED_OLD_NAME)
		cookie = h->cookie = fsnotify_cookie();
	else if (action == FILE_ACTION_RENAMED_NEW_NAME)
		cookie = h->cookie;
	inotify_tell_host(h, mask | dir_bit(h, name), cookie, name);
}

/* One record about the name of an object that is watched itself. */
static void tell_object(struct host_watch *h, int which, ULONG action)
{
	switch (action) {
	case FILE_ACTION_MODIFIED:
		inotify_tell_host(h, which == ATTRIBUTES ? LX_IN_ATTRIB : LX_IN_MODIFY, 0, "");
		break;
	case FILE_ACTION_RENAMED_OLD_NAME:
		inotify_tell_host(h, LX_IN_MOVE_SELF, 0, "");
		break;
	case FILE_ACTION_REMOVED:
		inotify_tell_host(h, LX_IN_DELETE_SELF, 0, "");
		break;
	}
}

static void take_records(struct host_watch *h, struct arm *arm)
{
	const ULONG fixed = offsetof(FILE_NOTIFY_INFORMATION, FileName);
	ULONG at = 0, length = (ULONG)arm->iosb.Information;
	int which = (int)(arm - h->arms);
	char name[LX_NAME_MAX + 1];

	while (length - at >= fixed) {
		const FILE_NOTIFY_INFORMATION *r = (const void *)(arm->records + at);
		LONG n = h->convert(r->FileName, r->FileNameLength / sizeof(WCHAR), name,
				    LX_NAME_MAX);

		if (n > 0) {
			name[n] = '\0';
			if (h->whole)
				tell_name(h, which, r->Action, name);
			else if (!strcmp(name, h->name))
				tell_object(h, which, r->Action);
		}
		if (!r->NextEntryOffset)
			break;
		at += r->NextEntryOffset;
	}
}

/* Asks (again); false: its handle is closed, or NT does not want to. */
static bool ask(struct host_watch *h, struct arm *arm)
{
	NTSTATUS status = STATUS_CANCELLED;

	lk_acquire(&h->lock);
	if (!h->ended)
		status = NtNotifyChangeDirectoryFile(arm->handle, NULL, NULL, arm, &arm->iosb,
						     arm->records, RECORDS, filters[arm - h->arms],
						     FALSE);
	lk_release(&h->lock);
	return NT_SUCCESS(status); /* STATUS_PENDING is */
}

/* A packet of the port: Value is the request, which is pending no more. */
static void answered(struct arm *arm, NTSTATUS status)
{
	struct host_watch *h = arm->h;

	if (status == STATUS_SUCCESS)
		take_records(h, arm);
	if ((status != STATUS_SUCCESS && status != STATUS_NOTIFY_ENUM_DIR) || !ask(h, arm))
		put(h);
}

static VOID listen(PVOID context)
{
	FILE_IO_COMPLETION_INFORMATION packets[PACKETS];
	LARGE_INTEGER settle = { .QuadPart = -(LONGLONG)SETTLE_MS * 10000 };
	ULONG n;

	mem_free(context);
	while (NT_SUCCESS(NtRemoveIoCompletionEx(port, packets, 1, &n, NULL, FALSE))) {
		LARGE_INTEGER none = { .QuadPart = 0 };
		ULONG more = 0;

		if (NtWaitForSingleObject(stop, FALSE, &settle) != STATUS_TIMEOUT)
			break;
		if (NtRemoveIoCompletionEx(port, packets + 1, PACKETS - 1, &more, &none, FALSE) !=
		    STATUS_SUCCESS)
			more = 0;
		for (ULONG i = 0; i < 1 + more; i++)
			answered(packets[i].ApcContext, packets[i].IoStatusBlock.Status);
	}
	NtSetEvent(ended, NULL);
}

/* ---- beginning and end ---- */

/* The port, its reader and what ends it. All or nothing; port_lock is held. */
static void make_port(void)
{
	PWORK_QUEUE_ITEM item = mem_alloc(sizeof(*item));

	if (!item)
		return;
	ExInitializeWorkItem(item, listen, item);
	if (NT_SUCCESS(NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 1)) &&
	    NT_SUCCESS(NtCreateEvent(&stop, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)) &&
	    NT_SUCCESS(NtCreateEvent(&ended, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)) &&
	    NT_SUCCESS(ExQueueWorkItem(item, DelayedWorkQueue)))
		return;
	mem_free(item);
	NtClose(port);
	NtClose(stop);
	NtClose(ended);
	port = stop = ended = NULL;
}

static bool have_port(void)
{
	bool ok;

	lk_acquire(&port_lock);
	if (!port && !stopped)
		make_port();
	ok = port != NULL && !stopped;
	lk_release(&port_lock);
	return ok;
}

void inotify_host_stop(void)
{
	bool running;

	lk_acquire(&port_lock);
	running = port != NULL && !stopped;
	stopped = true;
	lk_release(&port_lock);
	if (!running)
		return;
	NtSetEvent(stop, NULL);
	NtSetIoCompletion(port, NULL, NULL, STATUS_CANCELLED, 0);
	NtWaitForSingleObject(ended, FALSE, NULL);
}

static bool arm_open(struct host_watch *h, struct arm *arm)
{
	FILE_COMPLETION_INFORMATION to = { port, h };
	IO_STATUS_BLOCK iosb;
	struct nt_name n;

	arm->h = h;
	if (nt_name_set(&n, h->dir->handle, "") ||
	    !NT_SUCCESS(NtOpenFile(&arm->handle, FILE_LIST_DIRECTORY, &n.attr, &iosb,
				   FILE_SHARE_VALID_FLAGS, FILE_DIRECTORY_FILE)))
		return false;
	refs_get(&h->refs);
	if (NT_SUCCESS(NtSetInformationFile(arm->handle, &iosb, &to, sizeof(to),
					    FileCompletionInformation)) &&
	    ask(h, arm))
		return true;
	refs_put(&h->refs); /* not the last: the owner's is still there */
	return false;
}

struct host_watch *host_watch_new(const struct path *p)
{
	static const struct {
		const struct fs_type *type;
		nt_name_fn *convert;
	} kinds[] = { { &volfs_type, IoNtNameToHost }, { &drvfs_type, drvfs_name_from_nt } };
	struct inode *inode = p->dentry->inode;
	struct host_watch *h;
	size_t kind = 0;

	while (kind < 2 && kinds[kind].type != inode->sb->type)
		kind++;
	if (kind == 2 || nr_watches >= pico.DescriptorLimit / 16 || !have_port())
		return NULL;
	h = mem_alloc(sizeof(*h));
	if (!h)
		return NULL;
	refs_init(&h->refs);
	lk_init(&h->lock, LR_INODE);
	h->convert = kinds[kind].convert;
	h->whole = inode_is_dir(inode);
	h->dir = h->whole ? inode_get(inode) : dentry_place(p->dentry, h->name);
	if (!h->dir || !h->dir->handle) {
		inode_put(h->dir);
		mem_free(h);
		return NULL;
	}
	refs_get(&h->dir->sb->refs);
	nr_watches++;
	arm_open(h, &h->arms[DATA]);
	arm_open(h, &h->arms[ATTRIBUTES]);
	return h;
}

void host_watch_end(struct host_watch *h)
{
	lk_acquire(&h->lock);
	h->ended = true;
	lk_release(&h->lock);
	for (int i = 0; i < 2; i++)
		if (h->arms[i].handle)
			NtClose(h->arms[i].handle);
	put(h);
}
