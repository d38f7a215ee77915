/* SPDX-License-Identifier: MIT */
/* Users, groups, capabilities, process groups, sessions, modes and owners. */
#include "guest.h"
#include <grp.h>
#include <sys/prctl.h>

static mode_t mode_of(const char *name)
{
	struct stat st;

	OK(stat(name, &st));
	return st.st_mode & 07777;
}

TEST(the_numbers_agree)
{
	uid_t r, e, s;
	gid_t gr, ge, gs;

	OK(getresuid(&r, &e, &s));
	OK(getresgid(&gr, &ge, &gs));
	EQ(r, getuid());
	EQ(e, geteuid());
	EQ(gr, getgid());
	EQ(ge, getegid());
}

TEST(root_may_become_anyone_and_not_back)
{
	uid_t r, e, s;

	SKIP_UNLESS(geteuid() == 0);
	OK(syscall(SYS_setgid, 1234));
	OK(syscall(SYS_setresuid, 1000, 1001, 1002));
	OK(getresuid(&r, &e, &s));
	EQ(r, 1000);
	EQ(e, 1001);
	EQ(s, 1002);
	EQ(getgid(), 1234);
	OK(syscall(SYS_setresuid, -1, 1002, -1));
	EQ(geteuid(), 1002);
	OK(syscall(SYS_setresuid, -1, 1000, -1));
	ERR(syscall(SYS_setresuid, -1, 0, -1), EPERM);
	ERR(syscall(SYS_setuid, 0), EPERM);
	ERR(syscall(SYS_setgid, 0), EPERM);
	ERR(syscall(SYS_setgroups, 0, NULL), EPERM);
}

TEST(setuid_of_root_changes_all_three)
{
	uid_t r, e, s;

	SKIP_UNLESS(geteuid() == 0);
	OK(syscall(SYS_setuid, 4321));
	OK(getresuid(&r, &e, &s));
	EQ(r, 4321);
	EQ(e, 4321);
	EQ(s, 4321);
}

TEST(setreuid_moves_the_saved_user)
{
	uid_t r, e, s;

	SKIP_UNLESS(geteuid() == 0);
	OK(syscall(SYS_setreuid, 1000, 2000));
	OK(getresuid(&r, &e, &s));
	EQ(r, 1000);
	EQ(e, 2000);
	EQ(s, 2000);
	OK(syscall(SYS_setreuid, 2000, 1000));
	EQ(getuid(), 2000);
	EQ(geteuid(), 1000);
}

TEST(an_ordinary_user_cannot_become_another)
{
	drop_root();
	ERR(syscall(SYS_setuid, 0), EPERM);
	ERR(syscall(SYS_setgid, 0), EPERM);
	ERR(syscall(SYS_setresuid, 0, 0, 0), EPERM);
	OK(syscall(SYS_setuid, getuid()));
	OK(syscall(SYS_setresgid, -1, getgid(), -1));
}

TEST(groups_are_set_and_used)
{
	gid_t groups[8] = { 0 };

	SKIP_UNLESS(geteuid() == 0);
	OK(setgroups(3, (gid_t[]){ 10, 20, 30 }));
	EQ(getgroups(0, NULL), 3);
	EQ(getgroups(8, groups), 3);
	EQ(groups[1], 20);
	ERR(getgroups(1, groups), EINVAL);
	write_file("f", "text", 0040);
	OK(chown("f", 0, 20));
	IN_CHILD({
		OK(syscall(SYS_setgid, 99));
		OK(syscall(SYS_setuid, 99));
		close(OK(open("f", O_RDONLY)));
		ERR(open("f", O_WRONLY), EACCES);
	});
}

TEST(fsuid_follows_and_differs)
{
	SKIP_UNLESS(geteuid() == 0);
	EQ(syscall(SYS_setfsuid, 1000), 0);
	EQ(syscall(SYS_setfsuid, -1), 1000);
	write_file("f", "", 0600);
	struct stat st;

	OK(stat("f", &st));
	EQ(st.st_uid, 1000);
	EQ(syscall(SYS_setfsuid, 0), 1000);
	EQ(syscall(SYS_setfsgid, 77), 0);
	EQ(syscall(SYS_setfsgid, 0), 77);
}

TEST(umask_keeps_nine_bits)
{
	umask(0777 | 07000);
	EQ(umask(022), 0777);
	EQ(umask(0), 022);
	write_file("f", "", 0666);
	EQ(mode_of("f"), 0666);
}

TEST(chmod_by_the_owner_only)
{
	write_file("f", "", 0600);
	OK(chmod("f", 07777));
	TRUE((mode_of("f") & 06777) == 06777);
	OK(chmod("f", 0));
	EQ(mode_of("f"), 0);
	int fd = OK(open(".", O_RDONLY));

	OK(fchmod(fd, 0700));
	OK(fchmod(fd, 0777));
	OK(fchmodat(fd, "f", 0640, 0));
	EQ(mode_of("f"), 0640);
	ERR(chmod("missing", 0600), ENOENT);
	ERR(fchmod(999, 0600), EBADF);
	OK(symlink("f", "s"));
	OK(chmod("s", 0604));
	EQ(mode_of("f"), 0604);
	if (geteuid() == 0)
		IN_CHILD({
			drop_root();
			ERR(chmod("f", 0666), EPERM);
		});
}

TEST(chown_by_root_only_and_groups_by_members)
{
	struct stat st;

	write_file("f", "", 0600);
	OK(chown("f", -1, -1));
	OK(chown("f", getuid(), getgid()));
	ERR(chown("missing", 1, 1), ENOENT);
	IN_CHILD({
		drop_root();
		ERR(chown("f", 1, -1), EPERM);
		ERR(chown(".", -1, 12345), EPERM);
	});
	SKIP_UNLESS(geteuid() == 0);
	OK(chown("f", 123, 456));
	OK(stat("f", &st));
	EQ(st.st_uid, 123);
	EQ(st.st_gid, 456);
	OK(symlink("f", "s"));
	OK(lchown("s", 7, 8));
	OK(lstat("s", &st));
	EQ(st.st_uid, 7);
	OK(stat("s", &st));
	EQ(st.st_uid, 123);
	int fd = OK(open("f", O_RDONLY));

	OK(fchown(fd, 9, -1));
	OK(fchownat(AT_FDCWD, "f", -1, 10, 0));
	OK(fstat(fd, &st));
	EQ(st.st_uid, 9);
	EQ(st.st_gid, 10);
}

TEST(chown_drops_the_set_id_bits)
{
	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "", 06755);
	OK(chmod("f", 06755));
	OK(chown("f", 5, 5));
	EQ(mode_of("f"), 0755);
}

TEST(chown_to_nobody_else_drops_them_too)
{
	write_file("f", "", 0755);
	OK(chmod("f", 06755));
	OK(chown("f", -1, -1));
	EQ(mode_of("f"), 0755);
	OK(chmod("f", 02745));
	OK(chown("f", -1, -1));
	EQ(mode_of("f"), geteuid() ? 0745 : 02745);
	OK(mkdir("d", 0755));
	OK(chmod("d", 06755));
	OK(chown("d", -1, -1));
	EQ(mode_of("d"), 06755);
	SKIP_UNLESS(geteuid() == 0);
	OK(chmod("f", 04755));
	write_file("plain", "", 0755);
	IN_CHILD({
		drop_root();
		ERR(chown("f", -1, -1), EPERM);
		OK(chown("plain", -1, -1));
		ERR(chown("plain", 0, -1), EPERM);
	});
	EQ(mode_of("f"), 04755);
	OK(chown("f", 65534, 65534));
	OK(chmod("f", 06755));
	IN_CHILD(drop_root(); OK(chown("f", -1, -1)));
	EQ(mode_of("f"), 0755);
}

TEST(new_files_belong_to_the_effective_user)
{
	struct stat st;

	drop_root();
	write_file("f", "", 0600);
	OK(stat("f", &st));
	EQ(st.st_uid, geteuid());
	EQ(st.st_gid, getegid());
}

TEST(owner_bits_go_before_group_and_other_bits)
{
	write_file("f", "", 0077);
	drop_root();
	struct stat st;

	OK(stat("f", &st));
	if (st.st_uid == geteuid())
		ERR(open("f", O_RDONLY), EACCES);
	else
		close(OK(open("f", O_RDONLY)));
}

TEST(process_groups)
{
	pid_t me = getpid();

	OK(setpgid(0, 0));
	EQ(getpgrp(), me);
	EQ(getpgid(0), me);
	EQ(getpgid(me), me);
	ERR(getpgid(999999), ESRCH);
	ERR(setpgid(0, -1), EINVAL);
	ERR(setpgid(0, 999999), EPERM);
	ERR(setpgid(999999, 0), ESRCH);
	IN_CHILD({
		EQ(getpgrp(), me);
		OK(setpgid(0, 0));
		EQ(getpgrp(), getpid());
		OK(setpgid(0, me));
		EQ(getpgrp(), me);
	});
}

TEST(sessions)
{
	IN_CHILD({
		pid_t me = getpid();

		EQ(setsid(), me);
		EQ(getsid(0), me);
		EQ(getpgrp(), me);
		ERR(setsid(), EPERM);
		ERR(setpgid(0, 0), EPERM);
		ERR(getsid(999999), ESRCH);
	});
	OK(setpgid(0, 0));
	ERR(setsid(), EPERM);
}

TEST(a_child_that_has_exec_ed_keeps_its_group)
{
	int p[2];
	char c;

	OK(pipe2(p, O_CLOEXEC));
	pid_t pid = OK(fork());

	if (pid == 0) {
		execl("/bin/sleep", "sleep", "30", NULL);
		_exit(1);
	}
	close(p[1]);
	EQ(read(p[0], &c, 1), 0);
	ERR(setpgid(pid, pid), EACCES);
	OK(kill(pid, SIGKILL));
	OK(waitpid(pid, NULL, 0));
}

TEST(prctl_names)
{
	char name[16] = "";

	OK(prctl(PR_SET_NAME, "a name that is too long"));
	OK(prctl(PR_GET_NAME, name));
	STREQ(name, "a name that is ");
	STREQ(read_file("/proc/self/comm"), "a name that is \n");
	EQ(prctl(PR_GET_DUMPABLE), 1);
	OK(prctl(PR_SET_PDEATHSIG, SIGTERM));
	int sig = 0;

	OK(prctl(PR_GET_PDEATHSIG, &sig));
	EQ(sig, SIGTERM);
	ERR(prctl(PR_SET_PDEATHSIG, 99), EINVAL);
	ERR(prctl(9999), EINVAL);
}

TEST(capabilities_of_root_and_others)
{
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2] = { { 0 } };

	OK(syscall(SYS_capget, &head, data));
	if (geteuid() != 0)
		EQ(data[0].effective, 0);
	head.version = 1;
	ERR(syscall(SYS_capget, &head, data), EINVAL);
	EQ(head.version, 0x20080522);
	drop_root();
	OK(syscall(SYS_capget, &head, data));
	EQ(data[0].effective, 0);
	data[0].permitted = data[0].effective = 1;
	ERR(syscall(SYS_capset, &head, data), EPERM);
}
