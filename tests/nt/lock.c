/* SPDX-License-Identifier: MIT */
/*
 * lock.c - byte-range locks (nt.md LK1 to LK9). ntshim only: Wine 8 has no NtUnlockFile and its locks
 * are no judge of these.
 */
#include "filetest.h"

#define LONG_TIME RELATIVE_MS(10000)
#define SHARED    FALSE
#define EXCLUSIVE TRUE

static HANDLE event;

static HANDLE open_as(ACCESS_MASK access, ULONG options)
{
	HANDLE h = NULL;

	ST("setup",
	   create(&h, US(u"locked"), access | SYNCHRONIZE, SHARE_ALL, FILE_OPEN_IF,
		  options | FILE_NON_DIRECTORY_FILE),
	   SUCCESS);
	return h;
}

static NTSTATUS lock_key(HANDLE h, LONGLONG at, LONGLONG length, ULONG key, BOOLEAN exclusive)
{
	return NtLockFile(h, NULL, NULL, NULL, &iosb, AT(at), AT(length), key, TRUE, exclusive);
}

static NTSTATUS lock(HANDLE h, LONGLONG at, LONGLONG length, BOOLEAN exclusive)
{
	return lock_key(h, at, length, 0, exclusive);
}

static NTSTATUS unlock(HANDLE h, LONGLONG at, LONGLONG length)
{
	return NtUnlockFile(h, &iosb, AT(at), AT(length), 0);
}

static NTSTATUS get(HANDLE h, LONGLONG at, ULONG n, ULONG key)
{
	char buf[64];

	return NtReadFile(h, NULL, NULL, NULL, &iosb, buf, n, AT(at), &key);
}

static NTSTATUS put(HANDLE h, LONGLONG at, ULONG n, ULONG key)
{
	static const char buf[64];

	return NtWriteFile(h, NULL, NULL, NULL, &iosb, buf, n, AT(at), &key);
}

static void owners(void)
{
	HANDLE a = open_as(RW, SYNC), b = open_as(RW, SYNC);

	ST("setup", put(a, 0, 64, 0), SUCCESS);
	ST("LK1", lock(a, 10, 10, EXCLUSIVE), SUCCESS);
	ST("LK3", lock(b, 15, 10, EXCLUSIVE), LOCK_NOT_GRANTED);
	ST("LK3", lock(b, 15, 10, SHARED), LOCK_NOT_GRANTED);
	ST("LK1", lock(b, 20, 10, EXCLUSIVE), SUCCESS);
	ST("LK2", lock(a, 10, 10, EXCLUSIVE), LOCK_NOT_GRANTED);
	ST("LK1", lock_key(a, 10, 10, 7, SHARED), LOCK_NOT_GRANTED);
	ST("LK4", get(b, 0, 11, 0), FILE_LOCK_CONFLICT);
	ST("LK4", put(b, 19, 1, 0), FILE_LOCK_CONFLICT);
	ST("LK4", get(b, 0, 10, 0), SUCCESS);
	ST("LK4", get(a, 10, 10, 0), SUCCESS);
	ST("LK4", put(a, 10, 10, 0), SUCCESS);
	ST("LK1", get(a, 10, 10, 7), FILE_LOCK_CONFLICT);
	ST("LK4", get(b, 12, 0, 0), SUCCESS);
	ST("LK6", unlock(b, 10, 10), RANGE_NOT_LOCKED);
	ST("LK6", unlock(a, 10, 9), RANGE_NOT_LOCKED);
	ST("LK6", NtUnlockFile(a, &iosb, AT(10), AT(10), 7), RANGE_NOT_LOCKED);
	ST("LK6", unlock(a, 10, 10), SUCCESS);
	ST("LK6", unlock(a, 10, 10), RANGE_NOT_LOCKED);
	ST("LK4", get(b, 10, 10, 0), SUCCESS);
	ST("LK6", unlock(b, 20, 10), SUCCESS);
	NtClose(a);
	NtClose(b);
}

static void shared(void)
{
	HANDLE a = open_as(RW, SYNC), b = open_as(RW, SYNC);

	ST("LK2", lock(a, 0, 10, SHARED), SUCCESS);
	ST("LK2", lock(b, 5, 10, SHARED), SUCCESS);
	ST("LK1", lock(a, 0, 10, EXCLUSIVE), LOCK_NOT_GRANTED);
	ST("LK1", get(b, 0, 10, 0), SUCCESS);
	ST("LK1", put(b, 0, 10, 0), FILE_LOCK_CONFLICT);
	ST("LK1", put(a, 0, 2, 0), FILE_LOCK_CONFLICT);
	ST("LK6", unlock(b, 5, 10), SUCCESS);
	ST("LK6", unlock(a, 0, 10), SUCCESS);
	/* shared over the owner's own exclusive lock; the exclusive one goes first */
	ST("LK6", lock(a, 0, 10, EXCLUSIVE), SUCCESS);
	ST("LK6", lock(a, 0, 10, SHARED), SUCCESS);
	ST("LK6", unlock(a, 0, 10), SUCCESS);
	ST("LK6", get(b, 0, 10, 0), SUCCESS);
	ST("LK6", put(a, 0, 10, 0), FILE_LOCK_CONFLICT);
	ST("LK6", unlock(a, 0, 10), SUCCESS);
	ST("LK6", put(b, 0, 10, 0), SUCCESS);
	NtClose(a);
	NtClose(b);
}

static void ranges(void)
{
	HANDLE a = open_as(RW, SYNC), b = open_as(RW, SYNC), dir = NULL;

	ST("LK5", lock(a, -1, 2, EXCLUSIVE), INVALID_LOCK_RANGE);
	ST("LK5", lock(a, -1, 1, EXCLUSIVE), SUCCESS);
	ST("LK5", unlock(a, -1, 1), SUCCESS);
	ST("LK5", lock(a, 0, 0, EXCLUSIVE), SUCCESS);
	ST("LK5", lock(b, 0, 0, EXCLUSIVE), SUCCESS);
	ST("LK5", put(b, 0, 10, 0), SUCCESS);
	ST("LK5", lock(a, 0, 10, EXCLUSIVE), SUCCESS);
	ST("LK5", lock(b, 5, 0, EXCLUSIVE), LOCK_NOT_GRANTED);
	ST("LK5", lock(b, 10, 0, EXCLUSIVE), SUCCESS);
	ST("LK5", unlock(b, 10, 0), SUCCESS);
	ST("LK5", unlock(b, 0, 0), SUCCESS);
	ST("LK5", unlock(a, 0, 0), SUCCESS);
	ST("LK7", lock(a, 1000000, 10, EXCLUSIVE), SUCCESS);
	ST("LK7", put(b, 1000000, 1, 0), FILE_LOCK_CONFLICT);
	make_directory(US(u"dir"));
	ST("setup",
	   create(&dir, US(u"dir"), FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN,
		  SYNC | FILE_DIRECTORY_FILE),
	   SUCCESS);
	ST("LK5", lock(dir, 0, 1, EXCLUSIVE), INVALID_PARAMETER);
	NtClose(dir);
	delete (US(u"dir"));
	NtClose(a); /* with two locks */
	ST("LK7", lock(b, 0, 10, EXCLUSIVE), SUCCESS);
	ST("LK7", put(b, 1000000, 1, 0), SUCCESS);
	NtClose(b);
	a = open_as(FILE_READ_ATTRIBUTES, 0);
	ST("LK9", lock(a, 0, 1, SHARED), ACCESS_DENIED);
	NtClose(a);
	a = open_as(FILE_READ_DATA, SYNC);
	ST("LK9", lock(a, 0, 1, EXCLUSIVE), SUCCESS);
	ST("G2", NtLockFile(a, NULL, NULL, NULL, NULL, AT(0), AT(1), 0, TRUE, TRUE),
	   ACCESS_VIOLATION);
	ST("G2", NtLockFile(a, NULL, NULL, NULL, &iosb, NULL, AT(1), 0, TRUE, TRUE),
	   ACCESS_VIOLATION);
	ST("G7", lock(event, 0, 1, SHARED), OBJECT_TYPE_MISMATCH);
	ST("G7", lock(GARBAGE, 0, 1, SHARED), INVALID_HANDLE);
	NtClose(a);
	delete (US(u"locked"));
}

/* The current position and the end of file say where, as an offset does. */
static void implied_offsets(void)
{
	FILE_POSITION_INFORMATION pos = { .CurrentByteOffset.QuadPart = 5 };
	LARGE_INTEGER end = { .u = { FILE_WRITE_TO_END_OF_FILE, -1 } };
	HANDLE a = open_as(RW, SYNC), b = open_as(RW, SYNC);
	char buf[8];

	ST("setup", put(a, 0, 20, 0), SUCCESS);
	ST("setup", lock(a, 6, 1, EXCLUSIVE), SUCCESS);
	ST("setup", lock(a, 20, 5, EXCLUSIVE), SUCCESS);
	NtSetInformationFile(b, &iosb, &pos, sizeof(pos), FilePositionInformation);
	ST("LK4", NtReadFile(b, NULL, NULL, NULL, &iosb, buf, 2, NULL, NULL), FILE_LOCK_CONFLICT);
	EQ("LK4", position(b), 5);
	ST("LK4", NtReadFile(b, NULL, NULL, NULL, &iosb, buf, 1, NULL, NULL), SUCCESS);
	ST("LK4", NtWriteFile(b, NULL, NULL, NULL, &iosb, buf, 1, &end, NULL), FILE_LOCK_CONFLICT);
	NtClose(a);
	NtClose(b);
	delete (US(u"locked"));
}

static NTSTATUS wait_lock(HANDLE h, IO_STATUS_BLOCK *io, LONGLONG at, LONGLONG length,
			  BOOLEAN exclusive)
{
	memset(io, 0x55, sizeof(*io));
	return NtLockFile(h, NULL, NULL, NULL, io, AT(at), AT(length), 0, FALSE, exclusive);
}

static void waiting(void)
{
	HANDLE a = open_as(RW, 0), b = open_as(RW, 0), c = open_as(RW, 0);
	IO_STATUS_BLOCK first, second, third, io;

	ST("LK3", wait_lock(a, &first, 0, 10, EXCLUSIVE), SUCCESS);
	ST("LK3", wait_lock(b, &first, 0, 5, EXCLUSIVE), PENDING);
	ST("LK3", wait_lock(c, &second, 4, 4, EXCLUSIVE), PENDING);
	ST("LK3", wait_lock(c, &third, 8, 2, SHARED), PENDING);
	ST("SY12", NtWaitForSingleObject(b, FALSE, NO_WAIT), TIMEOUT);
	ST("LK6", unlock(a, 0, 10), SUCCESS);
	ST("LK3", NtWaitForSingleObject(b, FALSE, LONG_TIME), SUCCESS);
	ST("LK3", first.Status, SUCCESS);
	ST("LK3", NtWaitForSingleObject(c, FALSE, LONG_TIME), SUCCESS);
	ST("LK3", third.Status, SUCCESS);
	ST("LK3", lock(a, 4, 1, SHARED), LOCK_NOT_GRANTED);
	ST("IO5", NtCancelIoFileEx(c, &third, &io), NOT_FOUND);
	ST("IO5", NtCancelIoFileEx(c, &second, &io), SUCCESS);
	ST("IO5", NtWaitForSingleObject(c, FALSE, LONG_TIME), SUCCESS);
	ST("IO5", second.Status, CANCELLED);
	ST("LK3", wait_lock(c, &second, 4, 4, EXCLUSIVE), PENDING);
	NtClose(b); /* its lock goes, so c's turn comes */
	ST("LK7", NtWaitForSingleObject(c, FALSE, LONG_TIME), SUCCESS);
	ST("LK7", second.Status, SUCCESS);
	ST("LK7", NtLockFile(a, event, NULL, NULL, &first, AT(4), AT(1), 0, FALSE, TRUE), PENDING);
	NtClose(a);
	ST("K", NtWaitForSingleObject(event, FALSE, LONG_TIME), SUCCESS);
	ST("K", first.Status, RANGE_NOT_LOCKED);
	NtClose(c);
	delete (US(u"locked"));
}

/* ---- a synchronous file waits in the call; a lock keeps threads apart ---- */
#define ROUNDS 500
static volatile int inside, most, rounds;

static void locker(void *arg)
{
	HANDLE h = arg;
	IO_STATUS_BLOCK io;

	for (int i = 0; i < ROUNDS; i++) {
		if (NtLockFile(h, NULL, NULL, NULL, &io, AT(100), AT(1), 0, FALSE, TRUE))
			break;
		if (++inside > most)
			most = inside;
		inside--;
		rounds++;
		NtUnlockFile(h, &io, AT(100), AT(1), 0);
	}
	NtClose(h);
}

static void threads(void)
{
	struct nt_thread t[4];

	for (int i = 0; i < 4; i++) {
		t[i] = (struct nt_thread){ locker, open_as(RW, SYNC), 0 };
		nt_thread_start(&t[i]);
	}
	for (int i = 0; i < 4; i++)
		nt_thread_join(&t[i]);
	EQ("LK1", most, 1);
	EQ("LK3", rounds, 4 * ROUNDS);
	delete (US(u"locked"));
}

#if NTSHIM
static void direct(void)
{
	HANDLE a = open_as(RW, SYNC);

	EQ("lxrun", IoIsDirectCapable(a), TRUE);
	ST("setup", lock(a, 0, 1, EXCLUSIVE), SUCCESS);
	EQ("lxrun", IoIsDirectCapable(a), FALSE);
	ST("setup", unlock(a, 0, 1), SUCCESS);
	EQ("lxrun", IoIsDirectCapable(a), TRUE);
	NtClose(a);
	delete (US(u"locked"));
}
#endif

int main(void)
{
	nt_start();
	open_base();
	NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
	threads();
	leak_start();
	owners();
	shared();
	ranges();
	implied_offsets();
	waiting();
#if NTSHIM
	direct();
#endif
	leak_check();
	NtClose(event);
	close_base();
	return nt_end("lock");
}
