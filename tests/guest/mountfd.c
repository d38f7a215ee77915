/* SPDX-License-Identifier: MIT */
/*
 * mountfd.c - mounts by descriptors and numbers: fsopen, fsconfig, fsmount, fspick, open_tree, move_mount, mount_setattr,
 * statmount, listmount, and the number of a mount in statx. Every test has mounts of its own; who may not is skipped.
 */
#include "guest.h"
#include "lx/mount.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#define fsopen_(type, flags)                    (int)syscall(430, type, flags)
#define fsconfig_(fd, cmd, k, v, x)             (int)syscall(431, fd, cmd, k, v, x)
#define fsmount_(fd, flags, attr)               (int)syscall(432, fd, flags, attr)
#define fspick_(dfd, path, flags)               (int)syscall(433, dfd, path, flags)
#define open_tree_(dfd, path, flags)            (int)syscall(428, dfd, path, flags)
#define move_mount_(fd, from, to_fd, to, flags) (int)syscall(429, fd, from, to_fd, to, flags)
#define setattr_(dfd, path, flags, attr, size)  (int)syscall(442, dfd, path, flags, attr, size)
#define statmount_(req, buf, size, flags)       (int)syscall(457, req, buf, size, flags)
#define listmount_(req, ids, n, flags)          (int)syscall(458, req, ids, n, flags)

static void own_mounts(void)
{
	SKIP_UNLESS(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	EQ(mkdir("m", 0755), 0);
	EQ(mkdir("n", 0755), 0);
}

static void touch(const char *path)
{
	close(OK(open(path, O_CREAT | O_WRONLY, 0644)));
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A TmpFs behind a descriptor, not mounted. */
static int new_tmpfs(unsigned attr)
{
	int fs = OK(fsopen_("tmpfs", LX_FSOPEN_CLOEXEC)), fd;

	EQ(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "source", "mine", 0), 0);
	EQ(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "mode", "711", 0), 0);
	EQ(fsconfig_(fs, LX_FSCONFIG_CMD_CREATE, NULL, NULL, 0), 0);
	fd = OK(fsmount_(fs, LX_FSMOUNT_CLOEXEC, attr));
	close(fs);
	return fd;
}

static int put_on(int fd, const char *place)
{
	return move_mount_(fd, "", AT_FDCWD, place, LX_MOVE_MOUNT_F_EMPTY_PATH);
}

TEST(a_file_system_is_configured_made_and_mounted)
{
	struct stat st;
	int fd;

	own_mounts();
	fd = new_tmpfs(LX_MOUNT_ATTR_NOSUID | LX_MOUNT_ATTR_NOATIME);
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(put_on(fd, "m"), 0);
	EQ(stat("m", &st), 0);
	EQ(st.st_mode & 07777, 0711);
	touch("m/file");
	ERR(umount("m"), EBUSY); /* the descriptor is a use */
	close(fd);
	EQ(umount("m"), 0);
	TRUE(!exists("m/file"));
}

TEST(what_was_not_mounted_yet_is_used_through_the_descriptor_and_ends_with_it)
{
	char name[64];
	int fd;

	own_mounts();
	fd = new_tmpfs(0);
	EQ(mkdirat(fd, "d", 0755), 0);
	close(OK(openat(fd, "d/f", O_CREAT | O_WRONLY, 0644)));
	EQ(faccessat(fd, "d/f", F_OK, 0), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d/d/f", fd);
	TRUE(exists(name));
	close(fd);
	TRUE(!exists(name));
}

TEST(attributes_given_to_fsmount_hold)
{
	struct statvfs vfs;
	int fd;

	own_mounts();
	fd = new_tmpfs(LX_MOUNT_ATTR_RDONLY | LX_MOUNT_ATTR_NOEXEC | LX_MOUNT_ATTR_NODEV);
	ERR(openat(fd, "new", O_CREAT | O_WRONLY, 0644), EROFS);
	EQ(put_on(fd, "m"), 0);
	EQ(statvfs("m", &vfs), 0);
	EQ(vfs.f_flag & (ST_RDONLY | ST_NOEXEC | ST_NODEV | ST_NOSUID),
	   ST_RDONLY | ST_NOEXEC | ST_NODEV);
	ERR(mkdir("m/d", 0755), EROFS);
	close(fd);
	EQ(umount("m"), 0);
}

TEST(fsopen_and_fsconfig_refuse_what_makes_no_sense)
{
	char text[256];
	int fs, file;

	own_mounts();
	ERR(fsopen_("nosuchtype", 0), ENODEV);
	ERR(fsopen_("tmpfs", 2), EINVAL);
	ERR(fsopen_((char *)1, 0), EFAULT);
	fs = OK(fsopen_("tmpfs", 0));
	EQ(fcntl(fs, F_GETFD), 0);
	ERR(read(fs, text, sizeof(text)), ENODATA);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_FLAG, NULL, NULL, 0), EINVAL);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_FLAG, "ro", "x", 0), EINVAL);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "size", NULL, 0), EINVAL);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "size", "1m", 1), EINVAL);
	ERR(fsconfig_(fs, 77, NULL, NULL, 0), EOPNOTSUPP);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "nosuchoption", "1", 0), EINVAL);
	TRUE(read(fs, text, sizeof(text)) > 0);
	EQ(text[0], 'e');
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_STRING, (char *)1, "1", 0), EFAULT);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "size", "bad", 0), EINVAL);
	ERR(fsconfig_(-1, LX_FSCONFIG_SET_FLAG, "ro", NULL, 0), EINVAL);
	ERR(fsconfig_(999, LX_FSCONFIG_SET_FLAG, "ro", NULL, 0), EBADF);
	file = OK(open(".", O_RDONLY));
	ERR(fsconfig_(file, LX_FSCONFIG_SET_FLAG, "ro", NULL, 0), EINVAL);
	ERR(fsmount_(file, 0, 0), EINVAL);
	ERR(fsmount_(fs, 0, 0), EINVAL); /* nothing is made yet */
	ERR(fsconfig_(fs, LX_FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0), EBUSY);
	EQ(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "source", "a", 0), 0);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "source", "b", 0), EINVAL);
	EQ(fsconfig_(fs, LX_FSCONFIG_CMD_CREATE, NULL, NULL, 0), 0);
	ERR(fsconfig_(fs, LX_FSCONFIG_CMD_CREATE, NULL, NULL, 0), EBUSY);
	ERR(fsconfig_(fs, LX_FSCONFIG_SET_FLAG, "ro", NULL, 0), EBUSY);
	ERR(fsmount_(fs, 2, 0), EINVAL);
	ERR(fsmount_(fs, 0, 0x400), EINVAL);
	ERR(fsmount_(fs, 0, LX_MOUNT_ATTR_NOATIME | LX_MOUNT_ATTR_STRICTATIME), EINVAL);
	close(OK(fsmount_(fs, 0, 0)));
	ERR(fsmount_(fs, 0, 0), EBUSY);
	close(file);
	close(fs);
}

TEST(fspick_changes_what_is_mounted)
{
	struct statvfs vfs;
	int fs;

	own_mounts();
	EQ(mount("none", "m", "tmpfs", 0, "size=1m"), 0);
	EQ(mkdir("m/d", 0755), 0);
	ERR(fspick_(AT_FDCWD, "m/d", 0), EINVAL);
	ERR(fspick_(AT_FDCWD, "m", 0x100), EINVAL);
	ERR(fspick_(AT_FDCWD, "nowhere", 0), ENOENT);
	fs = OK(fspick_(AT_FDCWD, "m", LX_FSPICK_CLOEXEC));
	EQ(fsconfig_(fs, LX_FSCONFIG_SET_FLAG, "ro", NULL, 0), 0);
	EQ(fsconfig_(fs, LX_FSCONFIG_SET_STRING, "size", "2m", 0), 0);
	EQ(fsconfig_(fs, LX_FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0), 0);
	ERR(mkdir("m/e", 0755), EROFS);
	EQ(statvfs("m", &vfs), 0);
	EQ(vfs.f_blocks * vfs.f_frsize, 2 << 20);
	close(fs);
	EQ(umount("m"), 0);
}

TEST(open_tree_holds_a_copy_that_can_be_mounted)
{
	int fd;

	own_mounts();
	EQ(mkdir("m/sub", 0755), 0);
	EQ(mount("none", "m/sub", "tmpfs", 0, NULL), 0);
	touch("m/sub/inner");
	touch("m/outer");
	fd = OK(open_tree_(AT_FDCWD, "m", LX_OPEN_TREE_CLONE | LX_OPEN_TREE_CLOEXEC));
	EQ(faccessat(fd, "outer", F_OK, 0), 0);
	ERR(faccessat(fd, "sub/inner", F_OK, 0), ENOENT);
	close(fd);
	fd = OK(open_tree_(AT_FDCWD, "m", LX_OPEN_TREE_CLONE | AT_RECURSIVE));
	EQ(faccessat(fd, "sub/inner", F_OK, 0), 0);
	EQ(put_on(fd, "n"), 0);
	close(fd);
	TRUE(exists("n/sub/inner"));
	EQ(umount("m/sub"), 0);
	TRUE(exists("n/sub/inner"));
	EQ(umount2("n", MNT_DETACH), 0);
	fd = OK(open_tree_(AT_FDCWD, "m", 0));
	TRUE(fcntl(fd, F_GETFL) & O_PATH);
	close(fd);
	ERR(open_tree_(AT_FDCWD, "m", AT_RECURSIVE), EINVAL);
	ERR(open_tree_(AT_FDCWD, "m", 0x40), EINVAL);
	ERR(open_tree_(AT_FDCWD, "nowhere", LX_OPEN_TREE_CLONE), ENOENT);
}

TEST(move_mount_moves_what_is_mounted_and_refuses_the_rest)
{
	int fd;

	own_mounts();
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	touch("m/file");
	EQ(mkdir("m/dir", 0755), 0);
	ERR(move_mount_(AT_FDCWD, "m/dir", AT_FDCWD, "n", 0), EINVAL); /* no mount */
	ERR(move_mount_(AT_FDCWD, "m", AT_FDCWD, "m/dir", 0), ELOOP);
	ERR(move_mount_(AT_FDCWD, "m", AT_FDCWD, "n", 0x1000), EINVAL);
	ERR(move_mount_(AT_FDCWD, "nowhere", AT_FDCWD, "n", 0), ENOENT);
	EQ(move_mount_(AT_FDCWD, "m", AT_FDCWD, "n", 0), 0);
	TRUE(exists("n/file") && !exists("m/file"));
	fd = new_tmpfs(0);
	touch("afile");
	ERR(put_on(fd, "afile"), EINVAL);
	ERR(move_mount_(fd, "", AT_FDCWD, "m", 0), ENOENT);
	EQ(put_on(fd, "m"), 0);
	ERR(put_on(fd, "m"), ELOOP); /* into itself */
	close(fd);
	EQ(umount("m"), 0);
	EQ(umount("n"), 0);
}

static struct lx_mount_attr attr_of(uint64_t set, uint64_t clear, uint64_t propagation)
{
	return (struct lx_mount_attr){ set, clear, propagation, 0 };
}

#define SET(path, flags, ...)                                     \
	({                                                        \
		struct lx_mount_attr a_ = attr_of(__VA_ARGS__);   \
		setattr_(AT_FDCWD, path, flags, &a_, sizeof(a_)); \
	})

static unsigned long flags_at(const char *path)
{
	struct statvfs vfs;

	return statvfs(path, &vfs) ? ~0ul
				   : vfs.f_flag & (ST_RDONLY | ST_NOSUID | ST_NOEXEC | ST_NODEV |
						   ST_NOATIME | ST_RELATIME);
}

TEST(mount_setattr_sets_and_clears)
{
	int fd;

	own_mounts();
	EQ(mount("none", "m", "tmpfs", MS_NOSUID, NULL), 0);
	EQ(mkdir("m/sub", 0755), 0);
	EQ(mount("none", "m/sub", "tmpfs", 0, NULL), 0);
	EQ(flags_at("m"), ST_NOSUID | ST_RELATIME);
	EQ(SET("m", 0, LX_MOUNT_ATTR_RDONLY | LX_MOUNT_ATTR_NODEV, LX_MOUNT_ATTR_NOSUID, 0), 0);
	EQ(flags_at("m"), ST_RDONLY | ST_NODEV | ST_RELATIME);
	EQ(flags_at("m/sub"), ST_RELATIME);
	EQ(SET("m", AT_RECURSIVE, LX_MOUNT_ATTR_NOEXEC | LX_MOUNT_ATTR_NOATIME,
	       LX_MOUNT_ATTR_RDONLY | LX_MOUNT_ATTR_ATIME, 0),
	   0);
	EQ(flags_at("m"), ST_NODEV | ST_NOEXEC | ST_NOATIME);
	EQ(flags_at("m/sub"), ST_NOEXEC | ST_NOATIME);
	fd = OK(open("m/sub/w", O_CREAT | O_WRONLY, 0644));
	ERR(SET("m", AT_RECURSIVE, LX_MOUNT_ATTR_RDONLY, 0, 0), EBUSY);
	EQ(flags_at("m"), ST_NODEV | ST_NOEXEC | ST_NOATIME); /* all or none */
	close(fd);
	EQ(SET("m", 0, 0, 0, MS_SHARED), 0);
	EQ(SET("m", 0, 0, 0, MS_PRIVATE), 0);
	EQ(umount("m/sub"), 0);
	EQ(umount("m"), 0);
}

TEST(mount_setattr_refuses_what_makes_no_sense)
{
	struct lx_mount_attr a = attr_of(LX_MOUNT_ATTR_RDONLY, 0, 0);
	char big[5000] = { 0 };

	own_mounts();
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	EQ(mkdir("m/d", 0755), 0);
	ERR(SET("m/d", 0, LX_MOUNT_ATTR_RDONLY, 0, 0), EINVAL);
	ERR(SET("m", 0x40, LX_MOUNT_ATTR_RDONLY, 0, 0), EINVAL);
	ERR(SET("m", 0, 0x400, 0, 0), EINVAL);
	ERR(SET("m", 0, LX_MOUNT_ATTR_NOATIME, 0, 0), EINVAL);
	ERR(SET("m", 0, LX_MOUNT_ATTR_NOATIME, LX_MOUNT_ATTR_NOATIME, 0), EINVAL);
	ERR(SET("m", 0, 0, 0, MS_SHARED | MS_PRIVATE), EINVAL);
	ERR(SET("m", 0, 0, 0, MS_RDONLY), EINVAL);
	EQ(SET("nowhere", 0, 0, 0, 0), 0); /* nothing to do: not looked for */
	ERR(SET("nowhere", 0, LX_MOUNT_ATTR_RDONLY, 0, 0), ENOENT);
	ERR(setattr_(AT_FDCWD, "m", 0, &a, 16), EINVAL);
	ERR(setattr_(AT_FDCWD, "m", 0, big, sizeof(big)), E2BIG);
	big[100] = 1;
	ERR(setattr_(AT_FDCWD, "m", 0, big, 200), E2BIG);
	ERR(setattr_(AT_FDCWD, "m", 0, (void *)1, sizeof(a)), EFAULT);
	EQ(umount("m"), 0);
}

/* ---- numbers ---- */

static uint64_t mount_id(const char *path, unsigned mask, uint64_t *attributes)
{
	struct {
		uint32_t mask, blksize;
		uint64_t attributes, skip[15], rest[13];
		uint64_t end[4];
	} x;
	uint64_t id;

	memset(&x, 0, sizeof(x));
	OK(syscall(SYS_statx, AT_FDCWD, path, 0, mask, &x));
	TRUE(x.mask & mask);
	memcpy(&id, (char *)&x + 0x90, sizeof(id));
	if (attributes)
		*attributes = x.attributes;
	return id;
}

#define MNT_ID        0x1000u
#define MNT_ID_UNIQUE 0x4000u
#define MOUNT_ROOT    0x2000u

TEST(statx_tells_the_mount)
{
	uint64_t attributes, below = mount_id(".", MNT_ID, NULL), id;
	char line[64];
	FILE *f;
	int found = 0;

	own_mounts();
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	touch("m/file");
	id = mount_id("m", MNT_ID, &attributes);
	TRUE(attributes & MOUNT_ROOT);
	TRUE(id != below);
	EQ(mount_id("m/file", MNT_ID, &attributes), id);
	TRUE(!(attributes & MOUNT_ROOT));
	TRUE(mount_id("m", MNT_ID_UNIQUE, NULL) != mount_id(".", MNT_ID_UNIQUE, NULL));
	TRUE(mount_id("m", MNT_ID_UNIQUE, NULL) > 1ull << 31);
	f = fopen("/proc/self/mountinfo", "r");
	snprintf(line, sizeof(line), "%llu ", (unsigned long long)id);
	for (char text[1024]; f && fgets(text, sizeof(text), f);)
		found += !strncmp(text, line, strlen(line));
	EQ(found, 1);
	EQ(umount("m"), 0);
}

static struct lx_mnt_id_req request(uint64_t id, uint64_t param)
{
	return (struct lx_mnt_id_req){ LX_MNT_ID_REQ_SIZE_VER0, 0, id, param, 0 };
}

TEST(statmount_describes_a_mount)
{
	union {
		struct lx_statmount sm;
		char all[8192];
	} b;
	const char *strings = b.all + sizeof(b.sm);
	struct lx_mnt_id_req req;
	uint64_t parent;
	char place[PATH_MAX];

	own_mounts();
	req = request(1ull << 40, 2);
	SKIP_UNLESS(statmount_(&req, &b, sizeof(b), 0) != -1 || errno != ENOSYS);
	parent = mount_id(".", MNT_ID_UNIQUE, NULL);
	EQ(mount("what", "m", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=1m"), 0);
	req = request(mount_id("m", MNT_ID_UNIQUE, NULL), 0x2 | 0x1 | 0x8 | 0x10 | 0x20);
	EQ(statmount_(&req, &b, sizeof(b), 0), 0);
	EQ(b.sm.mask, 0x3b);
	EQ(b.sm.mnt_id, req.mnt_id);
	EQ(b.sm.mnt_parent_id, parent);
	EQ(b.sm.mnt_id_old, mount_id("m", MNT_ID, NULL));
	EQ(b.sm.mnt_attr, LX_MOUNT_ATTR_NOSUID | LX_MOUNT_ATTR_NOEXEC);
	EQ(b.sm.mnt_propagation, MS_PRIVATE);
	EQ(b.sm.sb_magic, 0x01021994);
	STREQ(strings + b.sm.fs_type, "tmpfs");
	STREQ(strings + b.sm.mnt_root, "/");
	TRUE(realpath("m", place));
	STREQ(strings + b.sm.mnt_point, place);
	ERR(statmount_(&req, &b, 520, 0), EOVERFLOW);
	ERR(statmount_(&req, &b, sizeof(b), 1), EINVAL);
	ERR(statmount_(&req, (void *)8, sizeof(b), 0), EFAULT);
	ERR(statmount_((void *)8, &b, sizeof(b), 0), EFAULT);
	req.mnt_id = 5;
	ERR(statmount_(&req, &b, sizeof(b), 0), EINVAL);
	req.mnt_id = 1ull << 40;
	ERR(statmount_(&req, &b, sizeof(b), 0), ENOENT);
	req.size = 8;
	ERR(statmount_(&req, &b, sizeof(b), 0), EINVAL);
	EQ(umount("m"), 0);
}

TEST(listmount_lists_what_lies_below)
{
	struct lx_mnt_id_req req;
	uint64_t ids[512], m, sub;
	int n;

	own_mounts();
	req = request(LX_LSMT_ROOT, 0);
	n = listmount_(&req, ids, 512, 0);
	SKIP_UNLESS(n != -1 || errno != ENOSYS);
	TRUE(n >= 2 && n < 512);
	for (int i = 1; i < n; i++)
		TRUE(ids[i - 1] < ids[i]);
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	EQ(listmount_(&req, ids, 512, 0), n + 1);
	m = mount_id("m", MNT_ID_UNIQUE, NULL);
	EQ(ids[n], m);
	EQ(mkdir("m/sub", 0755), 0);
	EQ(mkdir("m/s2", 0755), 0);
	EQ(mount("none", "m/sub", "tmpfs", 0, NULL), 0);
	sub = mount_id("m/sub", MNT_ID_UNIQUE, NULL);
	EQ(mount("none", "m/s2", "tmpfs", 0, NULL), 0);
	req = request(m, 0);
	EQ(listmount_(&req, ids, 512, 0), 2);
	EQ(ids[0], sub);
	EQ(listmount_(&req, ids, 1, 0), 1);
	req.param = sub;
	EQ(listmount_(&req, ids, 512, 0), 1);
	TRUE(ids[0] > sub);
	ERR(listmount_(&req, ids, 512, 2), EINVAL);
	ERR(listmount_(&req, (void *)8, 512, 0), EFAULT);
	req = request(1ull << 40, 0);
	ERR(listmount_(&req, ids, 512, 0), ENOENT);
	req = request(m, 7);
	ERR(listmount_(&req, ids, 512, 0), EINVAL);
	EQ(umount("m/s2"), 0);
	EQ(umount("m/sub"), 0);
	EQ(umount("m"), 0);
}

TEST(who_may_not_mount_is_told_first)
{
	struct lx_mount_attr a = attr_of(1, 0, 0);
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!getuid() && setresuid(1234, 1234, 1234))
			_exit(1);
		ERR(fsopen_("nosuchtype", 99), EPERM);
		ERR(fsmount_(-1, 99, 0), EPERM);
		ERR(fspick_(-1, (char *)1, 99999), EPERM);
		ERR(move_mount_(-1, (char *)1, -1, (char *)1, 0x10000), EPERM);
		ERR(open_tree_(AT_FDCWD, ".", LX_OPEN_TREE_CLONE), EPERM);
		ERR(setattr_(AT_FDCWD, "/", 0, &a, sizeof(a)), EPERM);
		_exit(guest_failures != 0);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
}
