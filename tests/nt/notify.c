/* SPDX-License-Identifier: MIT */
/* notify.c - change notification (nt.md CN1 to CN7). */
#include "notifytest.h"

#define LONG_TIME RELATIVE_MS(10000)
#define NAMES     (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)
#define RECORD    offsetof(FILE_NOTIFY_INFORMATION, FileName)

static HANDLE event;
static NTSTATUS watch_with(HANDLE dir, ULONG filter, BOOLEAN tree, void *buf, ULONG size)
{
	memset(&told, 0x55, sizeof(told));
	memset(&out, 0, sizeof(out));
	return NtNotifyChangeDirectoryFile(dir, event, NULL, NULL, &told, buf, size, filter, tree);
}

static NTSTATUS watch(HANDLE dir, ULONG filter, BOOLEAN tree)
{
	return watch_with(dir, filter, tree, &out, sizeof(out));
}

static NTSTATUS wait_told(void)
{
	NTSTATUS status = NtWaitForSingleObject(event, FALSE, LONG_TIME);

	return status == STATUS_SUCCESS ? told.Status : STATUS_TIMEOUT;
}

static void put_file(HANDLE dir, PUNICODE_STRING name)
{
	HANDLE h = NULL;

	ST("setup", create_at(dir, &h, name, RW, SHARE_ALL, FILE_OVERWRITE_IF, 0), SUCCESS);
	NtClose(h);
}

static void remove_in(HANDLE dir, PUNICODE_STRING name)
{
	HANDLE h = NULL;

	ST("setup", create_at(dir, &h, name, DELETE, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	ST("setup", dispose(h, TRUE), SUCCESS);
	NtClose(h);
}

static void arguments(HANDLE dir)
{
	told.Information = 77;
	ST("CN1",
	   NtNotifyChangeDirectoryFile(dir, event, NULL, NULL, &told, &out, sizeof(out), 0, FALSE),
	   INVALID_PARAMETER);
	EQ("CN1", told.Information, 77);
	ST("CN1",
	   NtNotifyChangeDirectoryFile(dir, event, NULL, NULL, &told, &out, sizeof(out), 0x10000000,
				       FALSE),
	   INVALID_PARAMETER);
	ST("CN1",
	   NtNotifyChangeDirectoryFile(dir, event, NULL, NULL, NULL, &out, sizeof(out), NAMES,
				       FALSE),
	   ACCESS_VIOLATION);
	ST("G7",
	   NtNotifyChangeDirectoryFile(GARBAGE, event, NULL, NULL, &told, &out, sizeof(out), NAMES,
				       FALSE),
	   INVALID_HANDLE);
}

static void records(HANDLE dir)
{
	HANDLE h = NULL;

	ST("CN2", watch(dir, NAMES, FALSE), PENDING);
	ST("CN7", NtWaitForSingleObject(event, FALSE, NO_WAIT), TIMEOUT);
	put_file(dir, US(u"file"));
	ST("CN2", wait_told(), SUCCESS);
	EQ("CN2", told.Information, RECORD + 8);
	EQ("CN5", out.info.Action, FILE_ACTION_ADDED);
	EQ("CN2", out.info.NextEntryOffset, 0);
	EQ("CN2", is_name(&out.info, US(u"file")), 1);
	ST("CN7", NtWaitForSingleObject(dir, FALSE, NO_WAIT), TIMEOUT);
	ST("CN2", watch(dir, NAMES, FALSE), PENDING);
	ST("setup", create_at(dir, &h, US(u"file"), DELETE, SHARE_ALL, FILE_OPEN, 0), SUCCESS);
	ST("setup", set_name(h, FileRenameInformation, dir, US(u"renamed"), 0), SUCCESS);
	NtClose(h);
	ST("CN2", wait_told(), SUCCESS);
	EQ("CN5", out.info.Action, FILE_ACTION_RENAMED_OLD_NAME);
	EQ("CN5", is_name(&out.info, US(u"file")), 1);
	ST("CN2", watch(dir, NAMES, FALSE), PENDING);
	remove_in(dir, US(u"renamed"));
	ST("CN2", wait_told(), SUCCESS);
}

/* Both halves of a renaming come together, on ntshim. */
static void queued(void)
{
	HANDLE dir = open_dir(US(u"queue"));
	const FILE_NOTIFY_INFORMATION *next;

	ST("CN4", watch(dir, FILE_NOTIFY_CHANGE_FILE_NAME, FALSE), PENDING);
	put_file(dir, US(u"one"));
	ST("CN4", wait_told(), SUCCESS);
	put_file(dir, US(u"second"));
	remove_in(dir, US(u"one"));
	NtDelayExecution(FALSE, RELATIVE_MS(100));
	/* other arguments than the first call's change nothing */
	ST("CN4", watch(dir, FILE_NOTIFY_CHANGE_LAST_WRITE, TRUE), PENDING);
	ST("CN4", wait_told(), SUCCESS);
	EQ("CN4", out.info.Action, FILE_ACTION_ADDED);
	EQ("CN4", is_name(&out.info, US(u"second")), 1);
	EQ("CN4", out.info.NextEntryOffset, 24);
	next = (const void *)((char *)&out + out.info.NextEntryOffset);
	EQ("CN4", next->Action, FILE_ACTION_REMOVED);
	EQ("CN4", is_name(next, US(u"one")), 1);
	EQ("CN4", told.Information, 24 + RECORD + 6);
	remove_in(dir, US(u"second"));
	NtClose(dir);
	delete (US(u"queue"));
}

static void filters(void)
{
	HANDLE dir = open_dir(US(u"filter")), h = NULL;

	ST("CN2", watch(dir, FILE_NOTIFY_CHANGE_SIZE, FALSE), PENDING);
	put_file(dir, US(u"file"));
	ST("CN2", NtWaitForSingleObject(event, FALSE, RELATIVE_MS(50)), TIMEOUT);
	ST("setup", create_at(dir, &h, US(u"file"), RW | SYNCHRONIZE, SHARE_ALL, FILE_OPEN, SYNC),
	   SUCCESS);
	ST("setup", NtWriteFile(h, NULL, NULL, NULL, &iosb, "abc", 3, NULL, NULL), SUCCESS);
	ST("CN2", wait_told(), SUCCESS);
	EQ("CN5", out.info.Action, FILE_ACTION_MODIFIED);
	EQ("CN5", is_name(&out.info, US(u"file")), 1);
	NtClose(h);
	remove_in(dir, US(u"file"));
	NtClose(dir);
	dir = open_dir(US(u"filter"));
	ST("CN2", watch(dir, FILE_NOTIFY_CHANGE_DIR_NAME, FALSE), PENDING);
	put_file(dir, US(u"file"));
	NtClose(open_dir(US(u"filter\\sub")));
	ST("CN2", wait_told(), SUCCESS);
	EQ("CN5", is_name(&out.info, US(u"sub")), 1);
	remove_in(dir, US(u"file"));
	remove_in(dir, US(u"sub"));
	NtClose(dir);
	delete (US(u"filter"));
}

static void overflow(void)
{
	HANDLE dir = open_dir(US(u"over"));

	ST("CN3", watch_with(dir, NAMES, FALSE, NULL, 0), PENDING);
	put_file(dir, US(u"file"));
	ST("CN3", wait_told(), NOTIFY_ENUM_DIR);
	EQ("CN3", told.Information, 0);
	NtClose(dir);
	dir = open_dir(US(u"over"));
	ST("CN3", watch_with(dir, NAMES, FALSE, &out, RECORD + 4), PENDING);
	remove_in(dir, US(u"file"));
	ST("CN3", wait_told(), NOTIFY_ENUM_DIR);
	EQ("CN3", told.Information, 0);
	NtClose(dir);
	delete (US(u"over"));
}

static void ends(void)
{
	HANDLE dir = open_dir(US(u"end"));
	IO_STATUS_BLOCK io, second;

	ST("CN6", watch(dir, NAMES, FALSE), PENDING);
	ST("CN6", NtCancelIoFile(dir, &io), SUCCESS);
	ST("CN6", wait_told(), CANCELLED);
	ST("CN6", watch(dir, NAMES, FALSE), PENDING);
	ST("CN2",
	   NtNotifyChangeDirectoryFile(dir, NULL, NULL, NULL, &second, &out, sizeof(out), NAMES,
				       FALSE),
	   PENDING);
	put_file(dir, US(u"file")); /* ends the first only */
	ST("CN2", wait_told(), SUCCESS);
	ST("SY12", NtWaitForSingleObject(dir, FALSE, NO_WAIT), TIMEOUT);
	remove_in(dir, US(u"file"));
	ST("SY12", NtWaitForSingleObject(dir, FALSE, LONG_TIME), SUCCESS);
	ST("CN2", second.Status, SUCCESS);
	ST("CN6", watch(dir, NAMES, FALSE), PENDING);
	NtClose(dir);
	ST("CN6", wait_told(), NOTIFY_CLEANUP);
	delete (US(u"end"));
}

/* DL14 */
static void deleted(void)
{
	HANDLE dir = NULL, again;

	NtClose(open_dir(US(u"gone")));
	ST("setup",
	   create(&dir, US(u"gone"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN, 0),
	   SUCCESS);
	ST("DL14", watch(dir, NAMES, FALSE), PENDING);
	ST("setup", create(&again, US(u"gone"), DELETE | SYNCHRONIZE, SHARE_ALL, FILE_OPEN, 0),
	   SUCCESS);
	ST("DL14", dispose(again, TRUE), SUCCESS);
	ST("DL14", wait_told(), DELETE_PENDING);
	EQ("DL14", told.Information, 0);
	NtClose(again);
	NtClose(dir);
}

#if NTSHIM
/* Waits until a record of this action and name has come; others are passed over. */
static int comes(HANDLE dir, ULONG action, PUNICODE_STRING name)
{
	for (int i = 0; i < 20; i++) {
		const FILE_NOTIFY_INFORMATION *info = &out.info;

		if (wait_told() != STATUS_SUCCESS)
			return 0;
		for (;; info = (const void *)((const char *)info + info->NextEntryOffset)) {
			if (info->Action == action && is_name(info, name)) {
				watch(dir, NAMES, TRUE);
				return 1;
			}
			if (!info->NextEntryOffset)
				break;
		}
		watch(dir, NAMES, TRUE);
	}
	return 0;
}

/* The host does it, the tree grows and moves while it is watched. */
static void tree(void)
{
	HANDLE dir;

	mkdir(host("tree"), 0777);
	mkdir(host("tree/a"), 0777);
	dir = open_dir(US(u"tree"));
	ST("CN2", watch(dir, NAMES, TRUE), PENDING);
	close(creat(host("tree/a/x"), 0666));
	EQ("CN2", comes(dir, FILE_ACTION_ADDED, US(u"a\\x")), 1);
	mkdir(host("tree/a/new"), 0777);
	EQ("CN2", comes(dir, FILE_ACTION_ADDED, US(u"a\\new")), 1);
	close(creat(host("tree/a/new/y"), 0666));
	EQ("CN2", comes(dir, FILE_ACTION_ADDED, US(u"a\\new\\y")), 1);
	EQ("setup", rename(host("tree/a/new"), host("tree/moved")), 0);
	EQ("CN5", comes(dir, FILE_ACTION_REMOVED, US(u"a\\new")), 1);
	EQ("CN5", comes(dir, FILE_ACTION_ADDED, US(u"moved")), 1);
	EQ("setup", rename(host("tree/moved/y"), host("tree/moved/z")), 0);
	EQ("CN5", comes(dir, FILE_ACTION_RENAMED_OLD_NAME, US(u"moved\\y")), 1);
	unlink(host("tree/moved/z"));
	EQ("CN5", comes(dir, FILE_ACTION_REMOVED, US(u"moved\\z")), 1);
	rmdir(host("tree/moved"));
	EQ("CN5", comes(dir, FILE_ACTION_REMOVED, US(u"moved")), 1);
	close(creat(host("tree/q?"), 0666));
	EQ("lxrun",
	   comes(dir, FILE_ACTION_ADDED,
		 FILETEST_PERSONALITY == VolumePersonalityWin ? US(u"q\xF03F") : US(u"q#003F")),
	   1);
	unlink(host("tree/q?"));
	unlink(host("tree/a/x"));
	rmdir(host("tree/a"));
	EQ("CN5", comes(dir, FILE_ACTION_REMOVED, US(u"a")), 1);
	rmdir(host("tree"));
	NtClose(dir);
}

/* Both halves of a renaming come together. */
static void rename_pair(void)
{
	const FILE_NOTIFY_INFORMATION *next;
	HANDLE dir = open_dir(US(u"pair"));

	close(creat(host("pair/a"), 0666));
	ST("CN2", watch(dir, NAMES, FALSE), PENDING);
	EQ("setup", rename(host("pair/a"), host("pair/b")), 0);
	ST("CN5", wait_told(), SUCCESS);
	EQ("CN5", out.info.Action, FILE_ACTION_RENAMED_OLD_NAME);
	next = (const void *)((char *)&out + out.info.NextEntryOffset);
	EQ("CN5", next->Action, FILE_ACTION_RENAMED_NEW_NAME);
	EQ("CN5", is_name(next, US(u"b")), 1);
	unlink(host("pair/b"));
	NtClose(dir);
	delete (US(u"pair"));
}

/* Many watches of one directory, made and closed while things happen. */
static _Atomic int churn_over;

static void churn(void *arg)
{
	for (int i = 0; !churn_over; i++) {
		close(creat(host("churn/f"), 0666));
		unlink(host("churn/f"));
		if (i % 16 == 0)
			NtYieldExecution();
	}
}

/* What the host renames is one change, however early who tells of it comes to look. */
static void moves(void)
{
	enum { ROUNDS = 200 };
	const char *names[] = { "moves/a", "moves/b" };
	HANDLE dir = open_dir(US(u"moves"));
	int whole = 0;

	close(creat(host("moves/a"), 0666));
	for (int i = 0; i < ROUNDS; i++) {
		char from[4096];

		watch(dir, NAMES, FALSE);
		snprintf(from, sizeof(from), "%s", host(names[i & 1]));
		rename(from, host(names[!(i & 1)]));
		wait_told();
		whole += out.info.Action == FILE_ACTION_RENAMED_OLD_NAME &&
			 out.info.NextEntryOffset;
	}
	EQ("CN5", whole, ROUNDS);
	NtClose(dir);
	unlink(host("moves/a"));
	rmdir(host("moves"));
}

static void many(void)
{
	struct nt_thread t = { churn, NULL, 0 };
	IO_STATUS_BLOCK io[16];
	HANDLE h[16], done[16];
	int ended = 0;

	mkdir(host("churn"), 0777);
	for (int i = 0; i < 16; i++)
		NtCreateEvent(&done[i], EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	nt_thread_start(&t);
	for (int round = 0; round < 30; round++) {
		for (int i = 0; i < 16; i++) {
			h[i] = open_dir(US(u"churn"));
			NtNotifyChangeDirectoryFile(h[i], done[i], NULL, NULL, &io[i], NULL, 0,
						    NAMES, TRUE);
		}
		for (int i = 0; i < 16; i++)
			NtClose(h[i]);
		for (int i = 0; i < 16; i++) {
			NtWaitForSingleObject(done[i], FALSE, NULL);
			ended += io[i].Status == STATUS_NOTIFY_CLEANUP ||
				 io[i].Status == STATUS_NOTIFY_ENUM_DIR;
		}
	}
	churn_over = 1;
	nt_thread_join(&t);
	for (int i = 0; i < 16; i++)
		NtClose(done[i]);
	EQ("CN6", ended, 30 * 16);
	rmdir(host("churn"));
}
#endif

int main(void)
{
	HANDLE dir;

	nt_start();
	open_base();
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	dir = open_dir(US(u"first"));
	arguments(dir);
	records(dir);
	NtClose(dir);
	delete (US(u"first"));
#if NTSHIM
	moves();
	many();
#endif
	leak_start();
	queued();
	filters();
	overflow();
	ends();
	deleted();
#if NTSHIM
	rename_pair();
	tree();
#endif
	leak_check();
	NtClose(event);
	close_base();
	return nt_end("notify");
}
