/* SPDX-License-Identifier: MIT */
/* Name spaces as files that are mounted: namespaces(7), mount_namespaces(7). */
#include "guest.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#define NSFS_MAGIC 0x6e736673

/*
 * In a mount name space of its own, a private directory here. On one processor: Linux 6.18 numbers name spaces by
 * processor, and so takes one that another has made for older or younger than it is.
 */
static bool private_place(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	OK(sched_setaffinity(0, sizeof(one), &one));
	if (geteuid() || unshare(CLONE_NEWNS))
		return false;
	OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	write_file("file", "", 0600);
	return true;
}

static const char *mount_line(const char *place)
{
	static char line[512];
	FILE *f = fopen("/proc/self/mountinfo", "r");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, place) != NULL;
	if (f)
		fclose(f);
	return found ? line : NULL;
}

TEST(a_name_space_lives_where_it_is_mounted)
{
	char text[64], want[64], name[256], host[65];
	struct stat file, now;
	struct statfs fs;
	int fd;

	SKIP_UNLESS(private_place());
	IN_CHILD({
		OK(unshare(CLONE_NEWUTS));
		OK(sethostname("kept", 4));
		OK(mount("/proc/self/ns/uts", "file", NULL, MS_BIND, NULL));
	});
	OK(stat("file", &file));
	OK(stat("/proc/self/ns/uts", &now));
	TRUE(file.st_ino != now.st_ino);
	EQ(file.st_mode, S_IFREG | 0444);
	OK(statfs("file", &fs));
	EQ(fs.f_type, NSFS_MAGIC);
	snprintf(want, sizeof(want), " uts:[%llu] ", (unsigned long long)file.st_ino);
	TRUE(mount_line("nsfs") && strstr(mount_line("nsfs"), want));
	fd = OK(open("file", O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	memset(text, 0, sizeof(text));
	OK(readlink(name, text, sizeof(text) - 1));
	TRUE(strncmp(text, "uts:", 4)); /* it has a place */
	IN_CHILD({
		OK(setns(fd, CLONE_NEWUTS));
		OK(gethostname(host, sizeof(host)));
		STREQ(host, "kept");
	});
	ERR(umount("file"), EBUSY);
	close(fd);
	OK(umount("file"));
	fd = OK(open("file", O_RDONLY));
	ERR(setns(fd, CLONE_NEWUTS), EINVAL);
	fd = OK(open("/proc/self/ns/uts", O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	memset(text, 0, sizeof(text));
	OK(readlink(name, text, sizeof(text) - 1));
	EQ(strncmp(text, "uts:[", 5), 0);
	OK(mount(name, "file", NULL, MS_BIND, NULL));
	OK(umount("file"));
}

TEST(a_mount_name_space_is_mounted_only_in_older_ones)
{
	int ready[2], done[2];
	char name[64], c;
	pid_t pid;

	SKIP_UNLESS(private_place());
	ERR(mount("/proc/self/ns/mnt", "file", NULL, MS_BIND, NULL), EINVAL);
	OK(pipe(ready));
	OK(pipe(done));
	pid = OK(fork());
	if (!pid) {
		OK(unshare(CLONE_NEWNS));
		OK(mount("inner", "/mnt", "tmpfs", 0, NULL));
		OK(mkdir("/mnt/inner", 0700));
		write(ready[1], "x", 1);
		read(done[0], &c, 1);
		_exit(0);
	}
	EQ(read(ready[0], &c, 1), 1);
	snprintf(name, sizeof(name), "/proc/%d/ns/mnt", pid);
	OK(mount(name, "file", NULL, MS_BIND, NULL));
	write(done[1], "x", 1);
	EQ(waitpid(pid, NULL, 0), pid);
	ERR(access("/mnt/inner", F_OK), ENOENT);
	IN_CHILD({
		OK(setns(open("file", O_RDONLY), CLONE_NEWNS));
		OK(access("/mnt/inner", F_OK));
	});
	IN_CHILD({ /* a copy leaves it out: it may be younger than what is mounted there */
		   OK(unshare(CLONE_NEWNS));
		   TRUE(!mount_line("nsfs"));
	});
	TRUE(mount_line("nsfs"));
	OK(umount("file"));
}
