/* SPDX-License-Identifier: MIT */
/*
 * file_stream.c - lxrun's own surface of the I/O manager: the change journal, readiness, the
 * supervisor's descriptors and terminals, memory files, directory positions, volumes.
 * ntshim only: no other NT has it.
 */
#include "filetest.h"

#if NTSHIM
/* ---- the change journal ---- */

static HANDLE cached(HANDLE dir, PUNICODE_STRING name)
{
	HANDLE h = NULL;

	ST("setup",
	   create_at(dir, &h, name, FILE_TRAVERSE, SHARE_ALL, FILE_OPEN,
		     FILE_OPEN_REPARSE_POINT | FILE_LXRUN_CACHE_NAME),
	   SUCCESS);
	return h;
}

/* Whether the number has moved since the last call. */
static int moved_on(HANDLE volume)
{
	static LONGLONG seen;
	USN_JOURNAL_DATA data = { .NextUsn = 0 };
	LONGLONG last = seen;

	ST("journal",
	   NtFsControlFile(volume, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL, NULL, 0, &data,
			   sizeof(data)),
	   SUCCESS);
	seen = data.NextUsn;
	return seen != last;
}

static int moved(void)
{
	return moved_on(base);
}

/* Nothing is watched until a program has asked often enough; the first opens are watched then, too. */
static void patience(HANDLE volume)
{
	int moves = 0;

	for (int i = 0; i < 300; i++)
		moves += moved_on(volume);
	EQ("journal", moves > 10 && moves < 290, 1);
}

static void journal(void)
{
	HANDLE dir, sub, link, again;

	EQ("setup",
	   mkdir(host("jd"), 0755) | mkdir(host("jd/sub"), 0755) | symlink("a", host("jd/l")), 0);
	moved();
	dir = cached(base, US(u"jd"));
	sub = cached(dir, US(u"sub"));
	link = cached(dir, US(u"l"));
	again = cached(base, US(u"jd"));
	EQ("journal", moved(), 0);
	close(open(host("jd/file"), O_CREAT | O_WRONLY, 0600));
	EQ("journal",
	   chmod(host("jd/file"), 0644) | rename(host("jd/file"), host("jd/f2")) |
		   unlink(host("jd/f2")),
	   0);
	EQ("journal", moved(), 0); /* plain files are not cached */
	EQ("journal", mkdir(host("jd/new"), 0755), 0);
	EQ("journal", moved(), 0);
	EQ("journal", rmdir(host("jd/new")), 0);
	EQ("journal", moved(), 1);
	EQ("journal", chmod(host("jd/sub"), 0700), 0);
	EQ("journal", moved(), 1);
	EQ("journal", rename(host("jd/sub"), host("jd/sub2")), 0);
	EQ("journal", moved(), 1);
	EQ("journal", rmdir(host("jd/sub2")), 0);
	EQ("journal", moved(), 1);
	EQ("journal", symlink("b", host("jd/l2")), 0);
	EQ("journal", moved(), 0);
	EQ("journal", rename(host("jd/l2"), host("jd/l")), 0);
	EQ("journal", moved(), 1);
	NtClose(link);
	link = cached(dir, US(u"l"));
	EQ("journal", moved(), 0);
	EQ("journal", unlink(host("jd/l")), 0);
	EQ("journal", moved(), 1);
	NtClose(sub);
	NtClose(link);
	NtClose(again);
	EQ("journal", moved(), 0); /* our own removal of watches is no news */
	EQ("journal", rename(host("jd"), host("jd2")), 0);
	EQ("journal", moved(), 1);
	NtClose(dir);
	EQ("journal", rename(host("jd2"), host("jd")) | rmdir(host("jd")), 0);
	moved();
	EQ("journal", moved(), 0);
}

static NTSTATUS read_journal(LONGLONG from, void *out, ULONG size)
{
	READ_USN_JOURNAL_DATA data = { .StartUsn = from, .ReasonMask = ~0u };

	return NtFsControlFile(base, NULL, NULL, NULL, &iosb, FSCTL_READ_USN_JOURNAL, &data,
			       sizeof(data), out, size);
}

static ULONGLONG inode(const char *name)
{
	struct stat st = { 0 };

	EQ("setup", stat(host(name), &st), 0);
	return st.st_ino;
}

/* One record for each change, and the number to go on with. */
static void journal_records(void)
{
	struct {
		LONGLONG next;
		char records[4096];
	} out = { 0 };
	const USN_RECORD_V2 *r = (const void *)out.records;
	USN_JOURNAL_DATA now = { 0 };
	ULONGLONG dir_id, sub_id;
	HANDLE dir, sub;

	EQ("setup", mkdir(host("jr"), 0755) | mkdir(host("jr/sub"), 0755), 0);
	dir = cached(base, US(u"jr"));
	sub = cached(dir, US(u"sub"));
	dir_id = inode("jr");
	sub_id = inode("jr/sub");
	moved();
	NtFsControlFile(base, NULL, NULL, NULL, &iosb, FSCTL_QUERY_USN_JOURNAL, NULL, 0, &now,
			sizeof(now));
	ST("journal", read_journal(now.NextUsn, &out, sizeof(out)), SUCCESS);
	EQ("journal", iosb.Information, sizeof(LONGLONG));
	EQ("journal", out.next, now.NextUsn);
	EQ("journal", chmod(host("jr/sub"), 0700), 0);
	moved(); /* what the host has to tell is asked for by a query */
	ST("journal", read_journal(now.NextUsn, &out, sizeof(out)), SUCCESS);
	EQ("journal", out.next > now.NextUsn, 1);
	EQ("journal", r->Usn, now.NextUsn);
	EQ("journal", r->MajorVersion, 2);
	EQ("journal", r->Reason, USN_REASON_BASIC_INFO_CHANGE);
	/* Told by both watches, in the host's order. */
	if (r->FileReferenceNumber) {
		EQ("journal", r->FileReferenceNumber, sub_id);
		r = (const void *)((const char *)r + r->RecordLength);
	}
	EQ("journal", r->ParentFileReferenceNumber, dir_id);
	EQ("journal", r->FileNameLength, 6);
	EQ("journal", memcmp(r->FileName, u"sub", 6), 0);
	EQ("journal", r->RecordLength % 8, 0);
	ST("journal", read_journal(now.NextUsn, &out, 72), BUFFER_TOO_SMALL);
	ST("journal", read_journal(now.NextUsn, &out, 4), BUFFER_TOO_SMALL);
	ST("journal", read_journal(out.next + 99, &out, sizeof(out)), INVALID_PARAMETER);
	for (int i = 0; i < 70; i++) {
		EQ("setup", mkdir(host("jr/new"), 0755) | rmdir(host("jr/new")), 0);
		moved();
	}
	ST("journal", read_journal(now.NextUsn, &out, sizeof(out)), JOURNAL_ENTRY_DELETED);
	NtClose(sub);
	NtClose(dir);
	EQ("journal", rmdir(host("jr/sub")) | rmdir(host("jr")), 0);
}

/* The names in /proc tell nobody that they come and go: a cache of them is never believed. */
static void blind_journal(void)
{
	HANDLE root = open_volume("/", FILE_LXRUN_CACHE_NAME), proc, sys;

	/* A mount point: its own name is in a directory that tells. */
	proc = cached(root, US(u"proc"));
	patience(root);
	moved_on(root);
	EQ("journal", moved_on(root), 0);
	sys = cached(proc, US(u"sys"));
	EQ("journal", moved_on(root), 1);
	EQ("journal", moved_on(root), 1);
	NtClose(sys);
	moved_on(root);
	EQ("journal", moved_on(root), 0);
	sys = cached(root, US(u"proc\\sys")); /* beside a directory that nobody watches */
	EQ("journal", moved_on(root), 1);
	EQ("journal", moved_on(root), 1);
	NtClose(sys);
	NtClose(proc);
	NtClose(root);
}

/* A directory that we may enter but not read is told of by the one it is in; what is in it is not. */
static void unreadable_directories(void)
{
	HANDLE dir, sub;

	EQ("setup", mkdir(host("ud"), 0755) | mkdir(host("ud/sub"), 0755) | chmod(host("ud"), 0311),
	   0);
	dir = cached(base, US(u"ud"));
	moved();
	EQ("journal", moved(), 0);
	sub = cached(dir, US(u"sub"));
	moved();
	EQ("journal", moved(), geteuid() != 0);
	NtClose(sub);
	moved();
	EQ("journal", chmod(host("ud"), 0711), 0);
	EQ("journal", moved(), 1);
	EQ("journal", rmdir(host("ud/sub")) | rmdir(host("ud")), 0);
	EQ("journal", moved(), 1);
	NtClose(dir);
}

/* ---- host descriptors and readiness ---- */

static _Atomic int fired;

static VOID on_ready(PVOID context, ULONG ready)
{
	fired += (int)ready;
}

static void wait_fired(void)
{
	for (int i = 0; i < 2000 && !fired; i++)
		usleep(1000);
}

static void streams(void)
{
	char buf[8], big[70000];
	IO_HOST_KIND kind;
	PIO_WATCH watch;
	HANDLE in, out;
	ULONG ready;
	int fds[2];

	memset(big, 'b', sizeof(big));
	EQ("setup", pipe(fds), 0);
	ST("lxrun", IoOpenHostDescriptor(fds[0], &in, &kind), SUCCESS);
	EQ("lxrun", kind, IoHostPipe);
	ST("lxrun", IoOpenHostDescriptor(fds[1], &out, &kind), SUCCESS);
	EQ("lxrun", IoIsDirectCapable(in), FALSE);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), RETRY);
	ST("lxrun", NtWriteFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), ACCESS_DENIED);
	ST("lxrun", IoQueryReadiness(in, IO_READY_READ, &ready), SUCCESS);
	EQ("lxrun", ready, 0);
	ST("lxrun", IoQueryReadiness(out, IO_READY_WRITE, &ready), SUCCESS);
	EQ("lxrun", ready, IO_READY_WRITE);
	fired = 0;
	ST("lxrun", IoWatchReadiness(in, IO_READY_READ, on_ready, NULL, &watch), SUCCESS);
	EQ("lxrun", fired, 0);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, "hi", 2, NULL, NULL), SUCCESS);
	wait_fired();
	EQ("lxrun", fired, IO_READY_READ);
	IoUnwatchReadiness(watch);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), SUCCESS);
	EQ("lxrun", iosb.Information, 2);
	fired = 0;
	ST("lxrun", IoWatchReadiness(in, IO_READY_READ, on_ready, NULL, &watch), SUCCESS);
	IoUnwatchReadiness(watch);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, big, sizeof(big), NULL, NULL),
	   SUCCESS);
	EQ("lxrun", iosb.Information, 65536);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, "x", 1, NULL, NULL), RETRY);
	EQ("lxrun", fired, 0);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, big, sizeof(big), NULL, NULL), SUCCESS);
	NtClose(out);
	ST("lxrun", NtReadFile(in, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), END_OF_FILE);
	NtClose(in);
}

static void broken_streams(void)
{
	IO_HOST_KIND kind;
	PIO_WATCH watch;
	HANDLE in, out;
	int fds[2];

	EQ("setup", pipe(fds), 0);
	close(fds[0]);
	ST("lxrun", IoOpenHostDescriptor(fds[1], &out, &kind), SUCCESS);
	ST("lxrun", NtWriteFile(out, NULL, NULL, NULL, &iosb, "x", 1, NULL, NULL), PIPE_BROKEN);
	NtClose(out);
	ST("lxrun", IoOpenHostDescriptor(open("/dev/null", O_RDWR), &in, &kind), SUCCESS);
	EQ("lxrun", kind, IoHostCharacter);
	fired = 0;
	ST("lxrun", IoWatchReadiness(in, IO_READY_READ, on_ready, NULL, &watch), SUCCESS);
	wait_fired();
	EQ("lxrun", fired, IO_READY_READ);
	IoUnwatchReadiness(watch);
	NtClose(in);
	ST("lxrun", IoOpenHostDescriptor(-1, &in, &kind), INVALID_HANDLE);
}

#define TTY(code) \
	NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_##code, NULL, 0, NULL, 0)

/* A terminal that is kept can be taken and given back; both twice. */
static void taken(HANDLE h, const char *found)
{
	char now[36];

	ST("lxrun", TTY(TAKE), INVALID_DEVICE_REQUEST);
	ST("lxrun", TTY(KEEP), SUCCESS);
	for (int i = 0; i < 2; i++)
		ST("lxrun", TTY(TAKE), SUCCESS);
	NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0, now,
			      36);
	EQ("lxrun", memcmp(now, found, 36) != 0, 1);
	for (int i = 0; i < 2; i++)
		ST("lxrun", TTY(GIVE_BACK), SUCCESS);
	NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0, now,
			      36);
	EQ("lxrun", memcmp(now, found, 36), 0);
}

static void terminal(void)
{
	char termios[40], winsize[8] = { 30, 0, 100, 0 }, buf[8];
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	IO_HOST_KIND kind;
	HANDLE h;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return;
	ST("lxrun", IoOpenHostDescriptor(open(ptsname(master), O_RDWR | O_NOCTTY), &h, &kind),
	   SUCCESS);
	EQ("lxrun", kind, IoHostTerminal);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0,
				 termios + 4, 36),
	   SUCCESS);
	EQ("lxrun", iosb.Information, 36);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0,
				 termios, 35),
	   BUFFER_TOO_SMALL);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_SET_WINSIZE, winsize,
				 8, NULL, 0),
	   SUCCESS);
	memset(winsize, 0, 8);
	ST("lxrun",
	   NtDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, IOCTL_LXRUN_TTY_GET_WINSIZE, NULL, 0,
				 winsize, 8),
	   SUCCESS);
	EQ("lxrun", winsize[2], 100);
	ST("lxrun", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), RETRY);
	EQ("setup", write(master, "ab\n", 3), 3);
	ST("lxrun", NtReadFile(h, NULL, NULL, NULL, &iosb, buf, 8, NULL, NULL), SUCCESS);
	EQ("lxrun", iosb.Information, 3);
	ST("lxrun", NtWriteFile(h, NULL, NULL, NULL, &iosb, "out", 3, NULL, NULL), SUCCESS);
	EQ("lxrun", iosb.Information, 3);
	taken(h, termios + 4);
	NtClose(h);
	close(master);
}

static void memory_files(void)
{
	HANDLE h, again = NULL;
	char buf[8];

	ST("lxrun", IoCreateMemoryFile(&h, FALSE), SUCCESS);
	EQ("lxrun", IoIsDirectCapable(h), TRUE);
	EQ("lxrun", IoHostDescriptor(h) >= 0, TRUE);
	ST("lxrun", NtWriteFile(h, NULL, NULL, NULL, &iosb, "memory", 6, NULL, NULL), SUCCESS);
	ST("CF16",
	   create_at(h, &again, US(u""), FILE_GENERIC_READ, SHARE_ALL, FILE_OPEN,
		     SYNC | FILE_LXRUN_KEEP_POSITION),
	   SUCCESS);
	ST("lxrun", NtReadFile(again, NULL, NULL, NULL, &iosb, buf, 3, AT(3), NULL), SUCCESS);
	EQ("lxrun", memcmp(buf, "ory", 3), 0);
	EQ("lxrun", position(again), 0);
	NtClose(again);
	ST("lxrun",
	   create_at(base, &again, US(u""), RW, SHARE_ALL, FILE_CREATE, SYNC | FILE_LXRUN_TMPFILE),
	   SUCCESS);
	EQ("lxrun", iosb.Information, FILE_CREATED);
	ST("lxrun", set_name(again, FileLinkInformation, base, US(u"given"), 0), SUCCESS);
	NtClose(again);
	EQ("lxrun", unlink(host("given")), 0);
	NtClose(h);
	EQ("lxrun", IoHostDescriptor(h), -1);
}

static void directories(void)
{
	_Alignas(8) char buf[256];
	FILE_ID_EXTD_DIR_INFORMATION *e = (void *)buf;
	FILE_POSITION_INFORMATION pos;
	char name[300], after[256];
	HANDLE h;
	struct stat st;

	EQ("setup", mkdir(host("dd"), 0755) | symlink("x", host("dd/l")), 0);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "dd/f%d:\xff", i);
		close(open(host(name), O_CREAT | O_WRONLY, 0600));
	}
	h = must(US(u"dd"), FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
	for (int i = 0; i < 20; i++)
		ST("DE8",
		   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
					FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
		   SUCCESS);
	memcpy(&pos, e->FileId + 8, 8);
	EQ("lxrun", pos.CurrentByteOffset.QuadPart, position(h));
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
				FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
	   SUCCESS);
	name[IoNtNameToHost(e->FileName, e->FileNameLength / 2, name, 255)] = 0;
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
				FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
	   SUCCESS);
	ST("lxrun", NtSetInformationFile(h, &iosb, &pos, sizeof(pos), FilePositionInformation),
	   SUCCESS);
	ST("DE8",
	   NtQueryDirectoryFile(h, NULL, NULL, NULL, &iosb, buf, sizeof(buf),
				FileIdExtdDirectoryInformation, TRUE, NULL, FALSE),
	   SUCCESS);
	after[IoNtNameToHost(e->FileName, e->FileNameLength / 2, after, 255)] = 0;
	EQ("lxrun", strcmp(name, after), 0);
	snprintf(name, sizeof(name), "dd/%s", after);
	EQ("DE13", lstat(host(name), &st), 0);
	EQ("DE13", memcmp(e->FileId, &st.st_ino, 8), 0);
	NtClose(h);
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "dd/f%d:\xff", i);
		EQ("setup", unlink(host(name)), 0);
	}
	EQ("setup", unlink(host("dd/l")) | rmdir(host("dd")), 0);
}

static void volumes(void)
{
	FILE_FS_FULL_SIZE_INFORMATION full;
	FILE_FS_LXRUN_INFORMATION fs;

	ST("lxrun",
	   NtQueryVolumeInformationFile(base, &iosb, &fs, sizeof(fs), FileFsLxrunInformation),
	   SUCCESS);
	EQ("lxrun", fs.NameMax, 255);
	EQ("lxrun", fs.Personality, VolumePersonalityHost);
	ST("FI16",
	   NtQueryVolumeInformationFile(base, &iosb, &full, sizeof(full),
					FileFsFullSizeInformation),
	   SUCCESS);
	EQ("FI16", full.TotalAllocationUnits.QuadPart, fs.Blocks);
	ST("G6", NtQueryVolumeInformationFile(base, &iosb, &full, 8, FileFsFullSizeInformation),
	   INFO_LENGTH_MISMATCH);
	ST("G6", NtQueryVolumeInformationFile(base, &iosb, &full, 8, (FS_INFORMATION_CLASS)99),
	   INVALID_INFO_CLASS);
}

int main(void)
{
	nt_start();
	open_base();
	streams(); /* starts the poller, which stays */
	patience(base);
	journal(); /* the inotify descriptor stays, too */
	leak_start();
	journal();
	journal_records();
	unreadable_directories();
	streams();
	broken_streams();
	terminal();
	memory_files();
	directories();
	volumes();
	leak_check();
	blind_journal();
	close_base();
	return nt_end("file_stream");
}
#else
int main(void)
{
	return 0;
}
#endif
