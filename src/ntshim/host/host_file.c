/* SPDX-License-Identifier: MIT */
/*
 * host_file.c - descriptors: opening, attributes, data.
 *
 * /proc/self/fd is opened once and serves as the directory from which any descriptor, also an O_PATH
 * one, can be named again: chmod, reopening, linking and xattrs have no AT_EMPTY_PATH form that an
 * ordinary user may call.
 */
#include "host_file.h"
#include "host_filep.h"
#include "base/trace.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "host_doors.h" /* last */

_Static_assert(HOST_S_IFMT == S_IFMT && HOST_S_IFLNK == S_IFLNK && HOST_S_IFDIR == S_IFDIR,
	       "type bits");
_Static_assert(UTIME_OMIT == 0x3ffffffe && UTIME_NOW == 0x3fffffff, "special times");

int host_proc_fd = -1;

static void on_sigpipe(int sig) {}

NTSTATUS host_file_init(ULONG *old_umask)
{
	struct sigaction sa;

	if (host_proc_fd < 0)
		host_proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host_proc_fd < 0)
		return host_status(errno);
	/*
	 * A handler, not SIG_IGN: a handled signal is at its default again in an exec'ed guest, and one
	 * that was ignored from the start stays so there.
	 */
	if (!sigaction(SIGPIPE, NULL, &sa) && sa.sa_handler == SIG_DFL) {
		sa = (struct sigaction){ .sa_handler = on_sigpipe, .sa_flags = SA_RESTART };
		sigaction(SIGPIPE, &sa, NULL);
	}
	*old_umask = umask(0);
	return STATUS_SUCCESS;
}

NTSTATUS host_finished(const char *call, int fd, const char *name, long result)
{
	int err = result < 0 ? errno : 0;

	if (trace_on(TR_HOST))
		trace_line(TR_HOST, "%s(%d, \"%s\") = %ld%s%s", call, fd, name, result,
			   err ? " " : "", err ? strerrorname_np(err) : "");
	/* host_status() calls it an alert, which is a success; here nothing was done. */
	return err == EINTR ? STATUS_RETRY : host_status(err);
}

char *host_proc_name(char buf[HOST_PROC_NAME], const char *prefix, host_fd fd)
{
	snprintf(buf, HOST_PROC_NAME, "%s%d", prefix, fd.v);
	return buf;
}

/* ---- opening ---- */
static const struct {
	ULONG flag;
	int host;
} open_flags[] = {
	{ HOST_APPEND, O_APPEND },       { HOST_CREATE, O_CREAT | O_EXCL },
	{ HOST_DIRECTORY, O_DIRECTORY }, { HOST_NOATIME, O_NOATIME },
	{ HOST_TMPFILE, O_TMPFILE },     { HOST_SYNC, O_SYNC },
	{ HOST_DIRECT, O_DIRECT },       { HOST_TRUNCATE, O_TRUNC },
};

static int host_flags(ULONG flags)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR };
	int host = O_CLOEXEC;

	if (flags & HOST_PATH)
		return host | O_PATH | (flags & HOST_DIRECTORY ? O_DIRECTORY : 0);
	host |= modes[flags & 3] | O_NOCTTY | O_NONBLOCK;
	for (size_t i = 0; i < sizeof(open_flags) / sizeof(open_flags[0]); i++)
		if (flags & open_flags[i].flag)
			host |= open_flags[i].host;
	return host;
}

static NTSTATUS opened(const char *call, int dir, const char *name, long fd, host_fd *out)
{
	bool loop = fd < 0 && errno == ELOOP;
	NTSTATUS status = host_finished(call, dir, name, fd);

	*out = (host_fd){ (int)fd };
	return loop ? STATUS_STOPPED_ON_SYMLINK : status;
}

#define open_done(call, dir, name, fd, out)         \
	({                                          \
		TRACE_SCOPE(TR_HOST);               \
		opened(call, dir, name, (fd), out); \
	})

/* O_PATH of a name with several components: the directory without links, then the last one. */
static NTSTATUS open_inner(host_fd dir, const char *name, int host, host_fd *out)
{
	const char *last = strrchr(name, '/');
	char parent[HOST_PATH_MAX];
	host_fd up;
	NTSTATUS status;

	if (!last)
		return open_done("openat", dir.v, name, openat(dir.v, name, host), out);
	if ((size_t)(last - name) >= sizeof(parent))
		return host_status(ENAMETOOLONG);
	memcpy(parent, name, last - name);
	parent[last - name] = 0;
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS };
	status = open_done("openat2", dir.v, parent,
			   syscall(SYS_openat2, dir.v, parent, &how, sizeof(how)), &up);
	if (!NT_SUCCESS(status) || up.v < 0) {
		*out = HOST_NO_FD;
		return status;
	}
	status = open_done("openat", up.v, last + 1, openat(up.v, last + 1, host), out);
	host_closefd(up);
	return status;
}

NTSTATUS host_openat(host_fd dir, const char *name, ULONG flags, ULONG mode, host_fd *out)
{
	int host = host_flags(flags) | O_NOFOLLOW;

	if (flags & HOST_NO_LINKS) {
		struct open_how how = {
			.flags = host,
			.mode = flags & (HOST_CREATE | HOST_TMPFILE) ? mode & 07777 : 0,
			.resolve = RESOLVE_NO_SYMLINKS,
		};

		/* With O_PATH a final link is an answer, not an obstacle. */
		if (flags & HOST_PATH)
			return open_inner(dir, name, host, out);
		return open_done("openat2", dir.v, name,
				 syscall(SYS_openat2, dir.v, name, &how, sizeof(how)), out);
	}
	return open_done("openat", dir.v, name, openat(dir.v, name, host, mode & 07777), out);
}

NTSTATUS host_reopen(host_fd fd, ULONG flags, host_fd *out)
{
	char name[HOST_PROC_NAME];

	host_proc_name(name, "", fd);
	return open_done("reopen", fd.v, name, openat(host_proc_fd, name, host_flags(flags), 0),
			 out);
}

NTSTATUS host_open_root(const char *path, host_fd *out)
{
	return open_done("open", -1, path, open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), out);
}

NTSTATUS host_memory_file(const char *name, int sealable, host_fd *out)
{
	return open_done("memfd_create", -1, name,
			 memfd_create(name, MFD_CLOEXEC | (sealable ? MFD_ALLOW_SEALING : 0)), out);
}

void host_closefd(host_fd fd)
{
	if (fd.v >= 0)
		host_done("close", fd.v, "", close(fd.v));
}

NTSTATUS host_adopt(host_fd fd, ULONG *flags)
{
	int host = fcntl(fd.v, F_GETFL);

	*flags = 0;
	if (host < 0)
		return host_status(errno);
	if (host & O_PATH)
		*flags |= HOST_PATH;
	if ((host & O_ACCMODE) != O_WRONLY)
		*flags |= HOST_READ;
	if ((host & O_ACCMODE) != O_RDONLY)
		*flags |= HOST_WRITE;
	if (host & O_APPEND)
		*flags |= HOST_APPEND;
	return host_done("fcntl", fd.v, "FD_CLOEXEC", fcntl(fd.v, F_SETFD, FD_CLOEXEC));
}

NTSTATUS host_path(host_fd fd, char *buf, ULONG size, ULONG *length)
{
	char name[HOST_PROC_NAME];
	ssize_t n = readlinkat(host_proc_fd, host_proc_name(name, "", fd), buf, size);

	if (n >= (ssize_t)size)
		return STATUS_NAME_TOO_LONG;
	*length = n < 0 ? 0 : (ULONG)n;
	buf[*length] = 0;
	return host_done("readlink", fd.v, n < 0 ? "" : buf, n);
}

/* ---- attributes ---- */
_Static_assert(sizeof(struct stat) == 144, "libc's is the kernel's");

NTSTATUS host_fstat(host_fd fd, struct host_stat *out)
{
	struct stat st;
	NTSTATUS status = host_done("fstat", fd.v, "", syscall(SYS_fstat, fd.v, &st));

	/* Not fstat(): libc makes a newfstatat of it, which is to look at a name first. */
	if (!NT_SUCCESS(status))
		return status;
	*out = (struct host_stat){
		.ino = st.st_ino,
		.size = st.st_size,
		.blocks = st.st_blocks,
		.mode = st.st_mode,
		.nlink = st.st_nlink,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.blksize = st.st_blksize,
		.dev_major = major(st.st_dev),
		.dev_minor = minor(st.st_dev),
		.rdev_major = major(st.st_rdev),
		.rdev_minor = minor(st.st_rdev),
		.atime = { st.st_atim.tv_sec, st.st_atim.tv_nsec },
		.mtime = { st.st_mtim.tv_sec, st.st_mtim.tv_nsec },
		.ctime = { st.st_ctim.tv_sec, st.st_ctim.tv_nsec },
		.btime = { st.st_ctim.tv_sec, st.st_ctim.tv_nsec },
	};
	return status;
}

static struct host_time from_statx(struct statx_timestamp t)
{
	return (struct host_time){ t.tv_sec, t.tv_nsec };
}

NTSTATUS host_statx(host_fd dir, const char *name, struct host_stat *out)
{
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH);
	struct statx st;

	if (statx(dir.v, name, flags, STATX_BASIC_STATS | STATX_BTIME, &st))
		return host_done("statx", dir.v, name, -1);
	*out = (struct host_stat){
		.ino = st.stx_ino,
		.size = st.stx_size,
		.blocks = st.stx_blocks,
		.mode = st.stx_mode,
		.nlink = st.stx_nlink,
		.uid = st.stx_uid,
		.gid = st.stx_gid,
		.blksize = st.stx_blksize,
		.dev_major = st.stx_dev_major,
		.dev_minor = st.stx_dev_minor,
		.rdev_major = st.stx_rdev_major,
		.rdev_minor = st.stx_rdev_minor,
		.atime = from_statx(st.stx_atime),
		.mtime = from_statx(st.stx_mtime),
		.ctime = from_statx(st.stx_ctime),
		.btime = from_statx(st.stx_mask & STATX_BTIME ? st.stx_btime : st.stx_ctime),
	};
	return host_done("statx", dir.v, name, 0);
}

NTSTATUS host_chmod(host_fd fd, ULONG mode)
{
	char name[HOST_PROC_NAME];

	return host_done("chmod", fd.v, "",
			 fchmodat(host_proc_fd, host_proc_name(name, "", fd), mode & 07777, 0));
}

NTSTATUS host_chown(host_fd fd, ULONG uid, ULONG gid)
{
	return host_done("fchown", fd.v, "", fchownat(fd.v, "", uid, gid, AT_EMPTY_PATH));
}

NTSTATUS host_utimens(host_fd fd, struct host_time atime, struct host_time mtime)
{
	struct timespec ts[2] = { { atime.sec, atime.nsec }, { mtime.sec, mtime.nsec } };

	return host_done("utimens", fd.v, "", utimensat(fd.v, "", ts, AT_EMPTY_PATH));
}

void host_own_ids(ULONG *uid, ULONG *gid)
{
	*uid = geteuid();
	*gid = getegid();
}

NTSTATUS host_fstatfs(host_fd fd, struct host_statfs *out)
{
	struct statfs st;

	if (fstatfs(fd.v, &st))
		return host_done("fstatfs", fd.v, "", -1);
	*out = (struct host_statfs){
		.type = (ULONG)st.f_type,
		.bsize = st.f_bsize,
		.blocks = st.f_blocks,
		.bfree = st.f_bfree,
		.bavail = st.f_bavail,
		.files = st.f_files,
		.ffree = st.f_ffree,
		.namelen = st.f_namelen,
		.frsize = st.f_frsize,
		.flags = st.f_flags,
	};
	memcpy(&out->fsid, &st.f_fsid, sizeof(out->fsid));
	return host_done("fstatfs", fd.v, "", 0);
}
