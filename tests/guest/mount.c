/* SPDX-License-Identifier: MIT */
/*
 * mount.c - mount(2), umount2(2), pivot_root(2), mount name spaces, propagation. Every test makes a name
 * space of its own whose mounts are private, so that nothing gets out; who may not is skipped.
 */
#include "guest.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>

static void own_mounts(void)
{
	SKIP_UNLESS(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0644);

	TRUE(fd >= 0);
	close(fd);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Fields of the last line of mountinfo whose mount point ends in suffix, or NULL. */
static const char *info_line(const char *suffix)
{
	static char line[1024], found[1024];
	char where[512];
	FILE *f = fopen("/proc/self/mountinfo", "r");

	found[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		size_t n = strlen(suffix), len;

		if (sscanf(line, "%*d %*d %*s %*s %511s", where) != 1)
			continue;
		len = strlen(where);
		if (len >= n && !strcmp(where + len - n, suffix))
			strcpy(found, line);
	}
	if (f)
		fclose(f);
	return found[0] ? found : NULL;
}

/* Per-mount options of it: field 6. */
static bool has_option(const char *suffix, const char *option)
{
	const char *line = info_line(suffix);
	char options[256], *save, *o;

	if (!line || sscanf(line, "%*d %*d %*s %*s %*s %255s", options) != 1)
		return false;
	for (o = strtok_r(options, ",", &save); o; o = strtok_r(NULL, ",", &save))
		if (!strcmp(o, option))
			return true;
	return false;
}

TEST(a_tmpfs_covers_a_directory_until_it_is_unmounted)
{
	struct stat below, above;

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	touch("m/below");
	EQ(stat("m", &below), 0);
	EQ(mount("none", "m", "tmpfs", 0, "mode=711"), 0);
	EQ(stat("m", &above), 0);
	TRUE(above.st_dev != below.st_dev);
	EQ(above.st_mode & 07777, 0711);
	TRUE(!exists("m/below"));
	touch("m/above");
	TRUE(has_option("/m", "rw"));
	EQ(umount2("m", 0), 0);
	TRUE(exists("m/below"));
	TRUE(!exists("m/above"));
	TRUE(!info_line("/m"));
}

TEST(errors_of_mount)
{
	own_mounts();
	touch("file");
	EQ(mkdir("d", 0755), 0);
	ERR(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
	ERR(mount("none", "file", "tmpfs", 0, NULL), ENOTDIR);
	ERR(mount("none", "d", "no-such-type", 0, NULL), ENODEV);
	ERR(mount("none", "d", NULL, 0, NULL), EINVAL);
	ERR(mount("none", "d", "tmpfs", 0, "what=1"), EINVAL);
	ERR(mount("file", "d", NULL, MS_BIND, NULL), ENOTDIR);
	ERR(mount("d", "file", NULL, MS_BIND, NULL), ENOTDIR);
	ERR(mount("missing", "d", NULL, MS_BIND, NULL), ENOENT);
	ERR(mount("none", "d", NULL, MS_REMOUNT, NULL), EINVAL);
	ERR(mount("d", "d", NULL, MS_MOVE, NULL), EINVAL);
	ERR(mount(NULL, "d", NULL, MS_SHARED, NULL), EINVAL);
	ERR(mount(NULL, "/", NULL, MS_SHARED | MS_PRIVATE, NULL), EINVAL);
	ERR(syscall(SYS_mount, (void *)1, "d", "tmpfs", 0, NULL), EFAULT);
	ERR(syscall(SYS_mount, "none", "d", (void *)1, 0, NULL), EFAULT);
	ERR(umount2("d", 0), EINVAL);
	ERR(umount2("missing", 0), ENOENT);
	ERR(umount2("d", 0x100), EINVAL);
	ERR(umount2("/proc", MNT_EXPIRE | MNT_DETACH), EINVAL);
}

TEST(who_is_not_root_may_not_mount)
{
	own_mounts();
	EQ(mkdir("d", 0755), 0);
	EQ(setuid(1000), 0);
	ERR(mount("none", "d", "tmpfs", 0, NULL), EPERM);
	ERR(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
	ERR(umount2("/proc", 0), EPERM);
	ERR(syscall(SYS_pivot_root, "d", "d"), EPERM);
	ERR(unshare(CLONE_NEWNS), EPERM);
}

TEST(a_mount_in_use_is_busy_unless_detached)
{
	int fd;
	char buf[PATH_MAX];

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	fd = open("m/file", O_CREAT | O_RDWR, 0644);
	TRUE(fd >= 0);
	ERR(umount2("m", 0), EBUSY);
	EQ(umount2("m", MNT_DETACH), 0);
	EQ(write(fd, "x", 1), 1);
	TRUE(!exists("m/file"));
	close(fd);
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	EQ(mkdir("m/sub", 0755), 0);
	EQ(chdir("m/sub"), 0);
	ERR(umount2("..", 0), EBUSY);
	EQ(umount2("..", MNT_DETACH), 0);
	TRUE(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	TRUE(!strncmp(buf, "(unreachable)", 13));
	ERR(rmdir("missing"), ENOENT);
}

TEST(expire_unmounts_at_the_second_time)
{
	own_mounts();
	EQ(mkdir("m", 0755), 0);
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	ERR(umount2("m", MNT_EXPIRE), EAGAIN);
	EQ(umount2("m", MNT_EXPIRE), 0);
	ERR(umount2("m", 0), EINVAL);
}

TEST(bind_mounts_show_a_directory_or_a_file_elsewhere)
{
	struct stat a, b;
	char cwd[PATH_MAX], *end;

	own_mounts();
	EQ(mkdir("src", 0755), 0);
	EQ(mkdir("src/sub", 0755), 0);
	EQ(mkdir("dst", 0755), 0);
	touch("src/file");
	touch("other");
	EQ(mount("src", "dst", NULL, MS_BIND, NULL), 0);
	EQ(stat("src/file", &a), 0);
	EQ(stat("dst/file", &b), 0);
	EQ(a.st_ino, b.st_ino);
	EQ(a.st_dev, b.st_dev);
	touch("dst/new");
	TRUE(exists("src/new"));
	EQ(unlink("src/new"), 0);
	TRUE(!exists("dst/new"));
	ERR(rename("src/file", "dst/file2"), EXDEV);
	ERR(link("src/file", "dst/file2"), EXDEV);
	EQ(chdir("dst/sub"), 0);
	TRUE(getcwd(cwd, sizeof(cwd)) != NULL);
	end = strrchr(cwd, '/');
	TRUE(end && end - cwd > 4 && !strcmp(end - 4, "/dst/sub"));
	EQ(chdir(".."), 0);
	TRUE(exists("file"));
	EQ(chdir(".."), 0);
	TRUE(exists("dst"));
	EQ(mount("src/file", "other", NULL, MS_BIND, NULL), 0);
	EQ(stat("other", &b), 0);
	EQ(a.st_ino, b.st_ino);
	ERR(unlink("other"), EBUSY);
	ERR(rename("other", "x"), EBUSY);
	ERR(rmdir("dst"), EBUSY);
	EQ(umount2("other", 0), 0);
	EQ(umount2("dst", 0), 0);
	EQ(unlink("other"), 0);
	EQ(rmdir("dst"), 0);
}

TEST(a_bind_shows_submounts_only_with_rec)
{
	own_mounts();
	EQ(mkdir("src", 0755), 0);
	EQ(mkdir("src/t", 0755), 0);
	EQ(mkdir("plain", 0755), 0);
	EQ(mkdir("deep", 0755), 0);
	EQ(mount("none", "src/t", "tmpfs", 0, NULL), 0);
	touch("src/t/in");
	EQ(mount("src", "plain", NULL, MS_BIND, NULL), 0);
	TRUE(!exists("plain/t/in"));
	EQ(mount("src", "deep", NULL, MS_BIND | MS_REC, NULL), 0);
	TRUE(exists("deep/t/in"));
	ERR(umount2("deep", 0), EBUSY);
	EQ(umount2("deep", MNT_DETACH), 0);
	TRUE(exists("src/t/in"));
	TRUE(!exists("deep/t"));
}

TEST(read_only_is_of_the_mount_or_of_the_file_system)
{
	int fd;
	struct statfs sfs;

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	EQ(mkdir("b", 0755), 0);
	EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	touch("m/file");
	EQ(mknod("m/fifo", S_IFIFO | 0600, 0), 0);
	EQ(mount("m", "b", NULL, MS_BIND, NULL), 0);
	fd = open("b/file", O_WRONLY);
	ERR(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), EBUSY);
	close(fd);
	EQ(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	EQ(statfs("b", &sfs), 0);
	TRUE(sfs.f_flags & ST_RDONLY);
	ERR(open("b/file", O_WRONLY), EROFS);
	ERR(open("b/new", O_CREAT | O_WRONLY, 0644), EROFS);
	ERR(open("b/missing", O_WRONLY), ENOENT);
	ERR(mkdir("b/d", 0755), EROFS);
	ERR(unlink("b/file"), EROFS);
	ERR(chmod("b/file", 0600), EROFS);
	ERR(truncate("b/file", 0), EROFS);
	ERR(access("b/file", W_OK), EROFS);
	fd = open("b/fifo", O_RDWR);
	TRUE(fd >= 0);
	close(fd);
	fd = open("b/file", O_RDONLY | O_CREAT, 0644);
	TRUE(fd >= 0);
	close(fd);
	touch("m/ok");
	EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	ERR(open("m/file", O_WRONLY), EROFS);
	EQ(mount(NULL, "m", NULL, MS_REMOUNT, NULL), 0);
	touch("m/ok2");
	ERR(open("b/file", O_WRONLY), EROFS);
}

TEST(flags_are_enforced_and_shown)
{
	char *argv[] = { "x", NULL }, *envp[] = { NULL };
	int fd, in, n, status;
	static char buf[1 << 16];
	pid_t pid;

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	EQ(mount("none", "m", "tmpfs", MS_NOEXEC | MS_NODEV | MS_NOSUID | MS_NOATIME, NULL), 0);
	TRUE(has_option("/m", "noexec"));
	TRUE(has_option("/m", "nodev"));
	TRUE(has_option("/m", "nosuid"));
	TRUE(has_option("/m", "noatime"));
	TRUE(!has_option("/m", "relatime"));
	in = open("/proc/self/exe", O_RDONLY);
	fd = open("m/prog", O_CREAT | O_WRONLY, 0755);
	while ((n = (int)read(in, buf, sizeof(buf))) > 0)
		EQ(write(fd, buf, (size_t)n), n);
	close(in);
	close(fd);
	ERR(execve("m/prog", argv, envp), EACCES);
	EQ(mknod("m/null", S_IFCHR | 0666, makedev(1, 3)), 0);
	ERR(open("m/null", O_RDONLY), EACCES);
	EQ(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
	TRUE(!has_option("/m", "noexec"));
	fd = open("m/null", O_RDONLY);
	TRUE(fd >= 0);
	close(fd);
	pid = fork();
	if (pid == 0) {
		char *help[] = { "x", "no-such-test", NULL };

		close(1);
		execve("m/prog", help, envp);
		_exit(99);
	}
	EQ(waitpid(pid, &status, 0), pid);
	TRUE(WIFEXITED(status) && WEXITSTATUS(status) != 99);
}

TEST(links_are_not_followed_on_a_nosymfollow_mount)
{
	own_mounts();
	EQ(mkdir("m", 0755), 0);
	EQ(mount("none", "m", "tmpfs", 0x100, NULL), 0);
	touch("m/file");
	EQ(symlink("file", "m/link"), 0);
	ERR(open("m/link", O_RDONLY), ELOOP);
	ERR(access("m/link", F_OK), ELOOP);
	TRUE(exists("m/file"));
}

TEST(a_mount_moves_with_what_is_below)
{
	own_mounts();
	EQ(mkdir("a", 0755), 0);
	EQ(mkdir("b", 0755), 0);
	EQ(mount("none", "a", "tmpfs", 0, NULL), 0);
	EQ(mkdir("a/sub", 0755), 0);
	EQ(mount("none", "a/sub", "tmpfs", 0, NULL), 0);
	touch("a/sub/file");
	ERR(mount("a", "a/sub", NULL, MS_MOVE, NULL), ELOOP);
	EQ(mount("a", "b", NULL, MS_MOVE, NULL), 0);
	TRUE(exists("b/sub/file"));
	TRUE(!exists("a/sub"));
	EQ(umount2("b/sub", 0), 0);
	EQ(umount2("b", 0), 0);
}

TEST(name_spaces_have_mounts_of_their_own)
{
	int to[2], from[2], status;
	char c;
	pid_t pid;

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	EQ(mkdir("n", 0755), 0);
	EQ(pipe(to), 0);
	EQ(pipe(from), 0);
	pid = fork();
	if (pid == 0) {
		EQ(unshare(CLONE_NEWNS), 0);
		EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
		touch("m/child");
		EQ(write(from[1], "x", 1), 1);
		EQ(read(to[0], &c, 1), 1);
		TRUE(!exists("n/parent"));
		TRUE(exists("m/child"));
		_exit(guest_failures != 0);
	}
	EQ(read(from[0], &c, 1), 1);
	TRUE(!exists("m/child"));
	EQ(mount("none", "n", "tmpfs", 0, NULL), 0);
	touch("n/parent");
	EQ(write(to[1], "x", 1), 1);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	ERR(umount2("m", 0), EINVAL);
}

TEST(clone_newns_gives_the_child_its_own)
{
	int status;
	pid_t pid;

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	ERR(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL), EINVAL);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
		touch("m/file");
		_exit(guest_failures != 0 || !exists("m/file"));
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	TRUE(!exists("m/file"));
}

TEST(shared_mounts_tell_their_peers_and_slaves)
{
	own_mounts();
	EQ(mkdir("a", 0755), 0);
	EQ(mkdir("peer", 0755), 0);
	EQ(mkdir("slave", 0755), 0);
	EQ(mkdir("private", 0755), 0);
	EQ(mount("none", "a", "tmpfs", 0, NULL), 0);
	EQ(mkdir("a/x", 0755), 0);
	EQ(mkdir("a/y", 0755), 0);
	EQ(mount(NULL, "a", NULL, MS_SHARED, NULL), 0);
	EQ(mount("a", "peer", NULL, MS_BIND, NULL), 0);
	EQ(mount("a", "slave", NULL, MS_BIND, NULL), 0);
	EQ(mount(NULL, "slave", NULL, MS_SLAVE, NULL), 0);
	EQ(mount("a", "private", NULL, MS_BIND, NULL), 0);
	EQ(mount(NULL, "private", NULL, MS_PRIVATE, NULL), 0);
	TRUE(info_line("/a") && strstr(info_line("/a"), " shared:"));
	TRUE(info_line("/slave") && strstr(info_line("/slave"), " master:"));
	TRUE(info_line("/private") && !strstr(info_line("/private"), " shared:"));
	EQ(mount("none", "peer/x", "tmpfs", 0, NULL), 0);
	touch("peer/x/file");
	TRUE(exists("a/x/file"));
	TRUE(exists("slave/x/file"));
	TRUE(!exists("private/x/file"));
	EQ(mount("none", "slave/y", "tmpfs", 0, NULL), 0);
	touch("slave/y/file");
	TRUE(!exists("a/y/file"));
	EQ(umount2("a/x", 0), 0);
	TRUE(!exists("peer/x/file"));
	TRUE(!exists("slave/x/file"));
	EQ(mkdir("b", 0755), 0);
	ERR(mount("a/x", "b", NULL, MS_MOVE, NULL), EINVAL);
}

TEST(a_shared_mount_can_be_bound_below_itself)
{
	own_mounts();
	EQ(mkdir("a", 0755), 0);
	EQ(mount("none", "a", "tmpfs", 0, NULL), 0);
	EQ(mkdir("a/x", 0755), 0);
	EQ(mount(NULL, "a", NULL, MS_SHARED, NULL), 0);
	EQ(mount("a", "a/x", NULL, MS_BIND, NULL), 0);
	TRUE(info_line("/a/x") && strstr(info_line("/a/x"), " shared:"));
	touch("a/x/file");
	TRUE(exists("a/file"));
	TRUE(exists("a/x/x"));
	TRUE(!info_line("/a/x/x"));
	EQ(umount2("a/x", 0), 0);
	TRUE(!info_line("/a/x"));
}

TEST(an_unbindable_mount_is_not_bound)
{
	own_mounts();
	EQ(mkdir("a", 0755), 0);
	EQ(mkdir("a/t", 0755), 0);
	EQ(mkdir("b", 0755), 0);
	EQ(mount("a", "a", NULL, MS_BIND, NULL), 0);
	EQ(mount("none", "a/t", "tmpfs", 0, NULL), 0);
	touch("a/t/file");
	EQ(mount(NULL, "a/t", NULL, MS_UNBINDABLE, NULL), 0);
	ERR(mount("a/t", "b", NULL, MS_BIND, NULL), EINVAL);
	EQ(mount("a", "b", NULL, MS_BIND | MS_REC, NULL), 0);
	TRUE(exists("a/t/file"));
	TRUE(!exists("b/t/file"));
}

TEST(pivot_root_exchanges_the_roots)
{
	own_mounts();
	EQ(mkdir("new", 0755), 0);
	ERR(syscall(SYS_pivot_root, "new", "new"), EBUSY);
	EQ(mount("none", "new", "tmpfs", 0, NULL), 0);
	EQ(mkdir("new/old", 0755), 0);
	touch("new/marker");
	ERR(syscall(SYS_pivot_root, "/", "new/old"), EBUSY);
	ERR(syscall(SYS_pivot_root, "new", "missing"), ENOENT);
	EQ(syscall(SYS_pivot_root, "new", "new/old"), 0);
	EQ(chdir("/"), 0);
	TRUE(exists("/marker"));
	TRUE(exists("/old/proc"));
	EQ(umount2("/old", MNT_DETACH), 0);
	TRUE(!exists("/old/proc"));
	EQ(chdir(".."), 0);
	TRUE(exists("marker"));
}

TEST(chroot_hides_what_is_above)
{
	char cwd[PATH_MAX];

	own_mounts();
	EQ(mkdir("jail", 0755), 0);
	EQ(mkdir("jail/in", 0755), 0);
	EQ(chroot("jail"), 0);
	EQ(chdir("/in"), 0);
	TRUE(getcwd(cwd, sizeof(cwd)) != NULL);
	STREQ(cwd, "/in");
	EQ(chdir("../../.."), 0);
	TRUE(exists("in"));
}

TEST(sysfs_is_one_wherever_it_is_mounted)
{
	struct stat a, b;

	own_mounts();
	EQ(mkdir("s", 0755), 0);
	EQ(mkdir("p", 0755), 0);
	EQ(mount("proc", "p", "proc", 0, NULL), 0);
	EQ(stat("p/self/comm", &a), 0);
	EQ(umount2("p", 0), 0);
	EQ(mount("sysfs", "s", "sysfs", 0, NULL), 0);
	EQ(stat("/sys", &a), 0);
	EQ(stat("s", &b), 0);
	EQ(a.st_dev, b.st_dev);
	EQ(umount2("s", 0), 0);
}

TEST(a_tmpfs_keeps_to_its_limits)
{
	char page[4096] = { 1 };
	struct statfs sfs;
	int fd;

	own_mounts();
	EQ(mkdir("m", 0755), 0);
	ERR(mount("none", "m", "tmpfs", 0, "size=x"), EINVAL);
	ERR(mount("none", "m", "tmpfs", 0, "mode=9"), EINVAL);
	EQ(mount("none", "m", "tmpfs", 0, "size=64k,nr_inodes=4,uid=7,gid=8,mode=750"), 0);
	EQ(statfs("m", &sfs), 0);
	EQ(sfs.f_blocks, 16);
	EQ(sfs.f_bfree, 16);
	EQ(sfs.f_files, 4);
	EQ(sfs.f_ffree, 3);
	TRUE(strstr(info_line("/m"), "size=64k,nr_inodes=4,mode=750,uid=7,gid=8") != NULL);
	fd = (int)OK(open("m/a", O_CREAT | O_RDWR, 0644));
	for (int i = 0; i < 16; i++)
		EQ(write(fd, page, sizeof(page)), sizeof(page));
	ERR(write(fd, page, 1), ENOSPC);
	EQ(statfs("m", &sfs), 0);
	EQ(sfs.f_bfree, 0);
	EQ(pwrite(fd, page, sizeof(page), 4096), sizeof(page));
	EQ(ftruncate(fd, 4096), 0);
	EQ(statfs("m", &sfs), 0);
	EQ(sfs.f_bfree, 15);
	EQ(mount(NULL, "m", NULL, MS_REMOUNT, "size=8k"), 0);
	EQ(lseek(fd, 0, SEEK_END), 4096);
	EQ(write(fd, page, sizeof(page)), sizeof(page));
	ERR(write(fd, page, sizeof(page)), ENOSPC);
	ERR(mount(NULL, "m", NULL, MS_REMOUNT, "size=4k"), EINVAL);
	close(fd);
	EQ(unlink("m/a"), 0);
	EQ(statfs("m", &sfs), 0);
	EQ(sfs.f_bfree, 2);
	EQ(mkdir("m/1", 0755), 0);
	EQ(symlink("x", "m/2"), 0);
	touch("m/3");
	ERR(mkdir("m/4", 0755), ENOSPC);
	EQ(rmdir("m/1"), 0);
	EQ(mkdir("m/4", 0755), 0);
}
