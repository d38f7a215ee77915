/* SPDX-License-Identifier: MIT */
/*
 * host_file_xattr.c - extended attributes, and locks of preparation.
 *
 * A descriptor that may be used for data has calls of its own, the fastest; one that only names the
 * object answers EBADF to them and is named through /proc/self/fd. What is in a directory is named
 * below that, which spares an open.
 */
#include "host_filep.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "host_doors.h" /* last */

static NTSTATUS length_done(const char *call, host_fd fd, const char *name, ssize_t n,
			    SIZE_T *length)
{
	*length = n > 0 ? (SIZE_T)n : 0;
	return host_done(call, fd.v, name, n);
}

/*
 * Calls that take a directory and a name (Linux 6.13). Where they are missing, or an outer filter refuses them, the
 * name is given below /proc/self/fd/<dir>, which costs a walk through /proc.
 */
#define NR_GETXATTRAT  464
#define NR_LISTXATTRAT 465
struct xattr_args { /* linux/xattr.h */
	_Alignas(8) uint64_t value;
	uint32_t size, flags;
};

static bool has_xattrat(void)
{
	static _Atomic int known; /* 1: yes, -1: no */
	struct xattr_args none = { 0 };

	/* The empty name names nothing, which is said only by who knows the call. */
	if (!known)
		known = syscall(NR_GETXATTRAT, host_proc_fd, "", 0, "user.x", &none, sizeof(none)) <
						0 &&
					errno == ENOENT
				? 1
				: -1;
	return known > 0;
}

static ssize_t xattr_at(int dir, const char *name, int flags, const char *xattr, void *buf,
			SIZE_T size)
{
	struct xattr_args args = { (uintptr_t)buf, size < UINT32_MAX ? (uint32_t)size : UINT32_MAX,
				   0 };

	return syscall(NR_GETXATTRAT, dir, name, flags, xattr, &args, sizeof(args));
}

/* Of what fd names and has not open for data. */
static ssize_t get_named(host_fd fd, const char *xattr, void *buf, SIZE_T size)
{
	char name[HOST_PROC_NAME];

	if (!has_xattrat())
		return getxattr(host_proc_name(name, "/proc/self/fd/", fd), xattr, buf, size);
	host_proc_name(name, "", fd);
	return xattr_at(host_proc_fd, name, 0, xattr, buf, size);
}

static ssize_t list_named(host_fd fd, char *buf, SIZE_T size)
{
	char name[HOST_PROC_NAME];

	if (!has_xattrat())
		return listxattr(host_proc_name(name, "/proc/self/fd/", fd), buf, size);
	return syscall(NR_LISTXATTRAT, host_proc_fd, host_proc_name(name, "", fd), 0, buf, size);
}

NTSTATUS host_getxattr(host_fd fd, const char *name, void *buf, SIZE_T size, SIZE_T *length)
{
	ssize_t n = fgetxattr(fd.v, name, buf, size);

	if (n < 0 && errno == EBADF)
		n = get_named(fd, name, buf, size);
	return length_done("getxattr", fd, name, n, length);
}

NTSTATUS host_setxattr(host_fd fd, const char *name, const void *value, SIZE_T size, ULONG flags)
{
	char path[HOST_PROC_NAME];
	int result = fsetxattr(fd.v, name, value, size, (int)flags);

	if (result < 0 && errno == EBADF)
		result = setxattr(host_proc_name(path, "/proc/self/fd/", fd), name, value, size,
				  (int)flags);
	return host_done("setxattr", fd.v, name, result);
}

NTSTATUS host_removexattr(host_fd fd, const char *name)
{
	char path[HOST_PROC_NAME];
	int result = fremovexattr(fd.v, name);

	if (result < 0 && errno == EBADF)
		result = removexattr(host_proc_name(path, "/proc/self/fd/", fd), name);
	return host_done("removexattr", fd.v, name, result);
}

NTSTATUS host_listxattr(host_fd fd, char *buf, SIZE_T size, SIZE_T *length)
{
	ssize_t n = flistxattr(fd.v, buf, size);

	if (n < 0 && errno == EBADF)
		n = list_named(fd, buf, size);
	return length_done("listxattr", fd, "", n, length);
}

/* "/proc/self/fd/<dir>/<name>"; NULL: too long. */
static const char *path_below(char buf[HOST_PATH_MAX], host_fd dir, const char *name)
{
	int n = snprintf(buf, HOST_PATH_MAX, "/proc/self/fd/%d/%s", dir.v, name);

	return n < HOST_PATH_MAX ? buf : NULL;
}

NTSTATUS host_getxattr_at(host_fd dir, const char *name, const char *xattr, void *buf, SIZE_T size,
			  SIZE_T *length)
{
	char path[HOST_PATH_MAX];

	*length = 0;
	if (!*name)
		return host_getxattr(dir, xattr, buf, size, length);
	if (has_xattrat())
		return length_done("getxattrat", dir, name,
				   xattr_at(dir.v, name, AT_SYMLINK_NOFOLLOW, xattr, buf, size),
				   length);
	if (!path_below(path, dir, name))
		return host_status(ENAMETOOLONG);
	return length_done("lgetxattr", dir, name, lgetxattr(path, xattr, buf, size), length);
}

NTSTATUS host_listxattr_at(host_fd dir, const char *name, char *buf, SIZE_T size, SIZE_T *length)
{
	char path[HOST_PATH_MAX];

	*length = 0;
	if (!*name)
		return host_listxattr(dir, buf, size, length);
	if (has_xattrat())
		return length_done(
			"listxattrat", dir, name,
			syscall(NR_LISTXATTRAT, dir.v, name, AT_SYMLINK_NOFOLLOW, buf, size),
			length);
	if (!path_below(path, dir, name))
		return host_status(ENAMETOOLONG);
	return length_done("llistxattr", dir, name, llistxattr(path, buf, size), length);
}

NTSTATUS host_lock_now(host_fd fd)
{
	return host_done("flock", fd.v, "", flock(fd.v, LOCK_EX | LOCK_NB));
}

/* Those whose source says so; tmpfs does since 6.2 only, others may be anybody's. */
BOOLEAN host_ctime_tells(host_fd fd)
{
	static const ULONG tells[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC,
		F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
	};
	struct statfs st;

	if (!NT_SUCCESS(host_done("fstatfs", fd.v, "", fstatfs(fd.v, &st))))
		return FALSE;
	for (size_t i = 0; i < sizeof(tells) / sizeof(tells[0]); i++)
		if ((ULONG)st.f_type == tells[i])
			return TRUE;
	return FALSE;
}
