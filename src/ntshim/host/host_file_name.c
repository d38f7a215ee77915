/* SPDX-License-Identifier: MIT */
/*
 * host_file_name.c - names in directories: making, removing, renaming, linking, and watching them.
 *
 * Watches are for a cache of directories and symbolic links, so what counts is told apart here. A
 * directory that is removed while somebody holds it open sends no prompt IN_DELETE_SELF; its parent's
 * IN_DELETE|IN_ISDIR comes at once. A link that is removed or replaced changes its link count, which
 * the link's own watch sees as IN_ATTRIB. Attribute events with a name are those of a directory's
 * children, of which only directories count. What a network or synthetic file system does on its own
 * is not reported; host_watch_tells() knows which these are.
 */
#include "host_filep.h"
#include "base/trace.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "host_doors.h" /* last */

NTSTATUS host_mkdirat(host_fd dir, const char *name, ULONG mode)
{
	return host_done("mkdirat", dir.v, name, mkdirat(dir.v, name, mode & 07777));
}

NTSTATUS host_mknodat(host_fd dir, const char *name, ULONG mode, ULONG major, ULONG minor)
{
	return host_done("mknodat", dir.v, name, mknodat(dir.v, name, mode, makedev(major, minor)));
}

NTSTATUS host_symlinkat(const char *target, host_fd dir, const char *name)
{
	return host_done("symlinkat", dir.v, name, symlinkat(target, dir.v, name));
}

NTSTATUS host_unlinkat(host_fd dir, const char *name, BOOLEAN directory)
{
	return host_done("unlinkat", dir.v, name,
			 unlinkat(dir.v, name, directory ? AT_REMOVEDIR : 0));
}

NTSTATUS host_renameat(host_fd olddir, const char *oldname, host_fd newdir, const char *newname,
		       ULONG flags)
{
	_Static_assert(HOST_RENAME_NOREPLACE == RENAME_NOREPLACE &&
			       HOST_RENAME_EXCHANGE == RENAME_EXCHANGE,
		       "renameat2");

	return host_done("renameat2", olddir.v, oldname,
			 renameat2(olddir.v, oldname, newdir.v, newname, flags));
}

NTSTATUS host_link(host_fd fd, host_fd dir, const char *name)
{
	char from[HOST_PROC_NAME];

	host_proc_name(from, "", fd);
	return host_done("linkat", dir.v, name,
			 linkat(host_proc_fd, from, dir.v, name, AT_SYMLINK_FOLLOW));
}

NTSTATUS host_readlink(host_fd fd, char *buf, ULONG size, ULONG *length)
{
	ssize_t n = readlinkat(fd.v, "", buf, size);

	*length = n > 0 ? (ULONG)n : 0;
	return host_done("readlinkat", fd.v, "", n);
}

/* ---- watches ---- */
NTSTATUS host_watch_open(host_fd *out)
{
	out->v = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return host_done("inotify_init1", -1, "", out->v);
}

static const struct {
	ULONG magic;
	enum host_tells tells;
} silent[] = {
	{ NFS_SUPER_MAGIC, HOST_TELLS_NOTHING },  { SMB_SUPER_MAGIC, HOST_TELLS_NOTHING },
	{ CIFS_SUPER_MAGIC, HOST_TELLS_NOTHING }, { SMB2_SUPER_MAGIC, HOST_TELLS_NOTHING },
	{ V9FS_MAGIC, HOST_TELLS_NOTHING },       { FUSE_SUPER_MAGIC, HOST_TELLS_NOTHING },
	{ CEPH_SUPER_MAGIC, HOST_TELLS_NOTHING }, { AFS_SUPER_MAGIC, HOST_TELLS_NOTHING },
	{ AFS_FS_MAGIC, HOST_TELLS_NOTHING },     { CODA_SUPER_MAGIC, HOST_TELLS_NOTHING },
	{ NCP_SUPER_MAGIC, HOST_TELLS_NOTHING },  { PROC_SUPER_MAGIC, HOST_TELLS_SELF },
	{ SYSFS_MAGIC, HOST_TELLS_SELF },         { DEBUGFS_MAGIC, HOST_TELLS_SELF },
	{ TRACEFS_MAGIC, HOST_TELLS_SELF },       { SECURITYFS_MAGIC, HOST_TELLS_SELF },
	{ CGROUP_SUPER_MAGIC, HOST_TELLS_SELF },  { CGROUP2_SUPER_MAGIC, HOST_TELLS_SELF },
	{ DEVPTS_SUPER_MAGIC, HOST_TELLS_SELF },  { BPF_FS_MAGIC, HOST_TELLS_SELF },
	{ AUTOFS_SUPER_MAGIC, HOST_TELLS_SELF },
};

enum host_tells host_watch_tells(host_fd fd)
{
	struct statfs st;

	if (host_done("fstatfs", fd.v, "", fstatfs(fd.v, &st)))
		return HOST_TELLS_NOTHING;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if ((ULONG)st.f_type == silent[i].magic)
			return silent[i].tells;
	return HOST_TELLS_ALL;
}

NTSTATUS host_watch_add(host_fd watch, host_fd fd, BOOLEAN directory, int *wd)
{
	uint32_t mask = IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB;
	char path[HOST_PROC_NAME];

	if (directory)
		mask |= IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
	*wd = inotify_add_watch(watch.v, host_proc_name(path, "/proc/self/fd/", fd), mask);
	return host_done("inotify_add_watch", fd.v, "", *wd);
}

void host_watch_remove(host_fd watch, int wd)
{
	host_done("inotify_rm_watch", watch.v, "", inotify_rm_watch(watch.v, wd));
}

static bool makes_stale(const struct inotify_event *e)
{
	if (e->mask & (IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW))
		return true;
	if (e->mask & IN_ATTRIB)
		return !e->len || e->mask & IN_ISDIR;
	return e->mask & IN_ISDIR;
}

static enum host_watch_what what_of(const struct inotify_event *e)
{
	if (e->mask & IN_ATTRIB)
		return HOST_WATCH_ATTRIBUTES;
	if (e->mask & (IN_MOVED_FROM | IN_MOVE_SELF))
		return HOST_WATCH_MOVED_FROM;
	return e->mask & IN_MOVED_TO ? HOST_WATCH_MOVED_TO : HOST_WATCH_DELETED;
}

NTSTATUS host_watch_read(host_fd watch,
			 void (*stale)(void *context, int wd, enum host_watch_what what,
				       const char *name),
			 void *context)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = read(watch.v, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *e = (const void *)p;

			if (makes_stale(e))
				stale(context, e->mask & IN_Q_OVERFLOW ? -1 : e->wd, what_of(e),
				      e->len ? e->name : "");
			p += sizeof(*e) + e->len;
		}
	return errno == EAGAIN ? STATUS_SUCCESS : host_done("read", watch.v, "inotify", -1);
}
