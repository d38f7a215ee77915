/* SPDX-License-Identifier: MIT */
/*
 * host_file.h - files of the host, as the I/O manager wants them: descriptors with a type of their
 * own, NTSTATUS results, no host constants. One function is one host call unless it says otherwise.
 * Names are bytes; a name is taken relative to `dir` and a final symbolic link is never followed.
 * All descriptors are close-on-exec. Functions with an `fd` work on O_PATH descriptors too, through
 * /proc/self/fd or AT_EMPTY_PATH, except the data calls (read, write, truncate, sync, getdents).
 */
#ifndef HOST_FILE_H
#define HOST_FILE_H
#include "nt/nt.h"

typedef struct host_fd {
	int v;
} host_fd;
#define HOST_NO_FD ((host_fd){ -1 })

/* Type bits of host_stat.mode. */
#define HOST_S_IFMT   0170000u
#define HOST_S_IFSOCK 0140000u
#define HOST_S_IFLNK  0120000u
#define HOST_S_IFREG  0100000u
#define HOST_S_IFBLK  0060000u
#define HOST_S_IFDIR  0040000u
#define HOST_S_IFCHR  0020000u
#define HOST_S_IFIFO  0010000u

struct host_time {
	LONGLONG sec;
	ULONG nsec;
};

struct host_stat {
	ULONGLONG ino, size, blocks; /* blocks of 512 */
	ULONG mode, nlink, uid, gid, blksize;
	ULONG dev_major, dev_minor, rdev_major, rdev_minor;
	struct host_time atime, mtime, ctime, btime; /* btime: ctime where the host has none */
};

/* Once per process: umask 0 (the old one is returned), /proc/self/fd, SIGPIPE made harmless. */
NTSTATUS host_file_init(ULONG *old_umask);

/* ---- opening ---- */
#define HOST_READ      0x001u
#define HOST_WRITE     0x002u
#define HOST_APPEND    0x004u
#define HOST_CREATE    0x008u /* must not exist */
#define HOST_PATH      0x010u /* names the object only; HOST_READ and HOST_WRITE do not count */
#define HOST_DIRECTORY 0x020u
#define HOST_NOATIME   0x040u
#define HOST_TMPFILE   0x080u
#define HOST_SYNC      0x100u
#define HOST_DIRECT    0x200u
#define HOST_TRUNCATE  0x400u
#define HOST_NO_LINKS  0x800u /* no link among the inner components either */
/*
 * Never blocks: FIFOs and devices open as with O_NONBLOCK, which stays on. A final link gives
 * STATUS_STOPPED_ON_SYMLINK unless HOST_PATH.
 */
NTSTATUS host_openat(host_fd dir, const char *name, ULONG flags, ULONG mode, host_fd *out);
/* Opens what fd has open once more, as a new host file with its own position. */
NTSTATUS host_reopen(host_fd fd, ULONG flags, host_fd *out);
/* A directory of the host by absolute path; follows links. */
NTSTATUS host_open_root(const char *path, host_fd *out);
NTSTATUS host_memory_file(const char *name, int sealable, host_fd *out);
void host_closefd(host_fd fd);
/* HOST_READ, HOST_WRITE, HOST_APPEND as the descriptor was opened. Also makes it close-on-exec. */
NTSTATUS host_adopt(host_fd fd, ULONG *flags);
/* Absolute path of what fd names, NUL-terminated, " (deleted)" as the host says it. */
NTSTATUS host_path(host_fd fd, char *buf, ULONG size, ULONG *length);

/* ---- attributes ---- */
NTSTATUS host_fstat(host_fd fd, struct host_stat *st); /* no birth time: btime is ctime */
NTSTATUS host_statx(host_fd dir, const char *name, struct host_stat *st); /* name "": dir itself */
NTSTATUS host_chmod(host_fd fd, ULONG mode);
NTSTATUS host_chown(host_fd fd, ULONG uid, ULONG gid); /* ~0u: leave */
#define HOST_TIME_OMIT ((struct host_time){ 0, 0x3ffffffeu })
#define HOST_TIME_NOW  ((struct host_time){ 0, 0x3fffffffu })
NTSTATUS host_utimens(host_fd fd, struct host_time atime, struct host_time mtime);
void host_own_ids(ULONG *uid, ULONG *gid);

/* ---- names ---- */
NTSTATUS host_mkdirat(host_fd dir, const char *name, ULONG mode);
NTSTATUS host_mknodat(host_fd dir, const char *name, ULONG mode, ULONG major, ULONG minor);
NTSTATUS host_symlinkat(const char *target, host_fd dir, const char *name);
NTSTATUS host_unlinkat(host_fd dir, const char *name, BOOLEAN directory);
#define HOST_RENAME_NOREPLACE 1u
#define HOST_RENAME_EXCHANGE  2u
NTSTATUS host_renameat(host_fd olddir, const char *oldname, host_fd newdir, const char *newname,
		       ULONG flags);
/* Makes name a link of what fd has open. */
NTSTATUS host_link(host_fd fd, host_fd dir, const char *name);
NTSTATUS host_readlink(host_fd fd, char *buf, ULONG size, ULONG *length);
/* Raw linux_dirent64 records from the descriptor's position on. *length 0: end. */
struct host_dirent {
	ULONGLONG ino;
	LONGLONG next;
	USHORT size;
	UCHAR type; /* HOST_S_IF* >> 12; 0: unknown */
	char name[];
};
NTSTATUS host_getdents(host_fd fd, void *buf, ULONG size, ULONG *length);

/* ---- data ---- */
#define HOST_AT_POSITION (-1LL) /* as offset: the descriptor's position, which moves */
#define HOST_AT_END      (-2LL) /* writing: the end, whereto the position moves */
#define HOST_APPENDING   (-3LL) /* writing: the end; the position stays */
NTSTATUS host_read(host_fd fd, void *buf, ULONG size, LONGLONG offset, ULONG *done);
NTSTATUS host_write(host_fd fd, const void *buf, ULONG size, LONGLONG offset, ULONG *done);
/*
 * As host_read and host_write at the position of a pipe, socket or terminal, but never wait:
 * STATUS_PENDING when nothing can be moved now. One to three host calls.
 */
NTSTATUS host_read_now(host_fd fd, void *buf, ULONG size, ULONG *done);
NTSTATUS host_write_now(host_fd fd, const void *buf, ULONG size, ULONG *done);
#define HOST_SEEK_SET 0
#define HOST_SEEK_CUR 1
#define HOST_SEEK_END 2
NTSTATUS host_lseek(host_fd fd, LONGLONG offset, int whence, LONGLONG *position);
NTSTATUS host_truncate(host_fd fd, LONGLONG size);
NTSTATUS host_reserve(host_fd fd, LONGLONG size); /* the size stays */
NTSTATUS host_punch(host_fd fd, LONGLONG offset,
		    LONGLONG length); /* reads as zeroes, takes no room */
NTSTATUS host_zero(host_fd fd, LONGLONG offset, LONGLONG length); /* reads as zeroes */
/* The first data at or behind *offset, and its end. Moves fd's position. STATUS_NO_SUCH_DEVICE: none. */
NTSTATUS host_next_data(host_fd fd, LONGLONG *offset, LONGLONG *end);
NTSTATUS host_sync(host_fd fd);
NTSTATUS host_sync_data(host_fd fd);

/* ---- extended attributes; size 0 asks for the length ---- */
NTSTATUS host_getxattr(host_fd fd, const char *name, void *buf, SIZE_T size, SIZE_T *length);
NTSTATUS host_setxattr(host_fd fd, const char *name, const void *value, SIZE_T size, ULONG flags);
NTSTATUS host_removexattr(host_fd fd, const char *name);
NTSTATUS host_listxattr(host_fd fd, char *buf, SIZE_T size, SIZE_T *length);
#define HOST_XATTR_CREATE  1u
#define HOST_XATTR_REPLACE 2u
/* Of name in dir, a symbolic link itself included; name "": of dir, as the two above. */
NTSTATUS host_getxattr_at(host_fd dir, const char *name, const char *xattr, void *buf, SIZE_T size,
			  SIZE_T *length);
NTSTATUS host_listxattr_at(host_fd dir, const char *name, char *buf, SIZE_T size, SIZE_T *length);

/* ---- volumes ---- */
struct host_statfs {
	ULONGLONG type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags;
};
NTSTATUS host_fstatfs(host_fd fd, struct host_statfs *out);
/* Whether fd's file system moves an inode's change time with every change of its xattrs, as far as we know. */
BOOLEAN host_ctime_tells(host_fd fd);

/* ---- advisory locks: who else prepares this? ---- */
/* flock(LOCK_EX | LOCK_NB), until fd is closed. STATUS_RETRY: somebody else has it. */
NTSTATUS host_lock_now(host_fd fd);

/* Record locks, as fcntl(2) has them: host_lock.c. */
struct host_lock {
	short type, whence;
	LONGLONG start, length;
	int pid;
};
struct host_lock_line {
	struct host_lock lock; /* pid -1: of an open file */
	ULONGLONG device, inode;
	int exclusive, waits, whole_file; /* whole_file: flock(2)'s */
};
/* Every lock of the host's list and everybody who waits for one; leases are left out. */
void host_each_lock(void (*each)(void *context, const struct host_lock_line *line), void *context);
/*
 * F_GETLK (per_file: F_OFD_GETLK) as process pid would see it, whose own locks are in nobody's way for it.
 * *lock: the request, then the lock in the way, or type F_UNLCK.
 */
NTSTATUS host_query_lock(host_fd fd, int per_file, int pid, struct host_lock *lock);

/* ---- watching what names are in directories: host_names.c ---- */
enum host_names_event {
	HOST_NAME_ADDED,
	HOST_NAME_REMOVED,
	HOST_NAMES_GONE,   /* the directory is, and its watch */
	HOST_NAMES_MISSED, /* events of any watch were lost */
};
NTSTATUS host_names_add(host_fd watch, host_fd dir, int *wd);
/* Calls event() for everything that has happened since, without waiting. name: of ADDED, REMOVED. */
NTSTATUS host_names_read(host_fd watch,
			 void (*event)(void *context, int wd, enum host_names_event what,
				       const char *name),
			 void *context);

/* ---- watching names: one inotify instance ---- */
NTSTATUS host_watch_open(host_fd *out);
/* Watches what fd names; the same object gives the same *wd. */
NTSTATUS host_watch_add(host_fd watch, host_fd fd, BOOLEAN directory, int *wd);
/*
 * How much of what happens to an object a watch is told on its file system: all; not the names in a
 * directory (they come and go by themselves, as in /proc); nothing (others change it, over a network).
 */
enum host_tells { HOST_TELLS_UNKNOWN, HOST_TELLS_ALL, HOST_TELLS_SELF, HOST_TELLS_NOTHING };
enum host_tells host_watch_tells(host_fd fd);
void host_watch_remove(host_fd watch, int wd);
enum host_watch_what {
	HOST_WATCH_DELETED,
	HOST_WATCH_MOVED_FROM,
	HOST_WATCH_MOVED_TO,
	HOST_WATCH_ATTRIBUTES
};
/*
 * Reads what happened since, without waiting: calls stale() for each event that may make a cached name
 * false. name: what it happened to in the watched directory; "": to the watched object itself. wd -1:
 * events were lost, to any of them.
 */
NTSTATUS host_watch_read(host_fd watch,
			 void (*stale)(void *context, int wd, enum host_watch_what what,
				       const char *name),
			 void *context);
#endif
