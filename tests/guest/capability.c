/* SPDX-License-Identifier: MIT */
/* Capabilities, securebits, ambient and bounding sets, set-id programs, AT_SECURE, many groups. */
#include "guest.h"
#include <grp.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

enum { CAP_CHOWN = 0, CAP_FOWNER = 3, CAP_KILL = 5, CAP_SETPCAP = 8 };
#define SECBIT_NOROOT               0x01
#define SECBIT_NOROOT_LOCKED        0x02
#define SECBIT_KEEP_CAPS            0x10
#define SECBIT_NO_CAP_AMBIENT_RAISE 0x40
#define CAP_VERSION_3               0x20080522u
struct cap_header {
	uint32_t version;
	int pid;
};
struct cap_data {
	uint32_t effective, permitted, inheritable;
};

static void get_caps(uint64_t *eff, uint64_t *perm, uint64_t *inh)
{
	struct cap_header h = { CAP_VERSION_3, 0 };
	struct cap_data d[2] = { 0 };

	OK(syscall(SYS_capget, &h, d));
	*eff = d[0].effective | (uint64_t)d[1].effective << 32;
	*perm = d[0].permitted | (uint64_t)d[1].permitted << 32;
	*inh = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
}

static long set_caps(uint64_t eff, uint64_t perm, uint64_t inh)
{
	struct cap_header h = { CAP_VERSION_3, 0 };
	struct cap_data d[2] = { { eff, perm, inh }, { eff >> 32, perm >> 32, inh >> 32 } };

	return syscall(SYS_capset, &h, d);
}

static char *status_line(const char *key)
{
	char *text = read_file("/proc/self/status"), *p = text ? strstr(text, key) : NULL;

	if (!p)
		return NULL;
	p[strcspn(p, "\n")] = 0;
	return p + strlen(key) + 1;
}

#define BIT(c) (1ull << (c))

TEST(the_sets_can_only_shrink)
{
	uint64_t eff, perm, inh;

	SKIP_UNLESS(geteuid() == 0);
	get_caps(&eff, &perm, &inh);
	OK(set_caps(BIT(CAP_KILL), BIT(CAP_KILL) | BIT(CAP_CHOWN), 0));
	get_caps(&eff, &perm, &inh);
	EQ(eff, BIT(CAP_KILL));
	EQ(perm, BIT(CAP_KILL) | BIT(CAP_CHOWN));
	ERR(set_caps(BIT(CAP_KILL), BIT(CAP_KILL) | BIT(CAP_FOWNER), 0), EPERM);
	ERR(set_caps(BIT(CAP_FOWNER), BIT(CAP_KILL), 0), EPERM);
	ERR(set_caps(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_FOWNER)), EPERM);
	OK(set_caps(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_CHOWN)));
}

TEST(the_bounding_set_limits_what_can_be_inherited)
{
	uint64_t eff, perm, inh;

	SKIP_UNLESS(geteuid() == 0);
	EQ(prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0), 1);
	OK(prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0));
	EQ(prctl(PR_CAPBSET_READ, CAP_KILL, 0, 0, 0), 0);
	ERR(prctl(PR_CAPBSET_READ, 99, 0, 0, 0), EINVAL);
	ERR(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0), EINVAL);
	get_caps(&eff, &perm, &inh);
	TRUE(perm & BIT(CAP_KILL));
	ERR(set_caps(eff, perm, BIT(CAP_KILL)), EPERM);
	OK(set_caps(eff & ~BIT(CAP_SETPCAP), perm, inh));
	ERR(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0), EPERM);
}

TEST(ambient_capabilities_need_permitted_and_inheritable)
{
	uint64_t eff, perm, inh;

	SKIP_UNLESS(geteuid() == 0);
	get_caps(&eff, &perm, &inh);
	ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM);
	OK(set_caps(eff, perm, BIT(CAP_CHOWN)));
	OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 1);
	STREQ(status_line("CapAmb:"), "0000000000000001");
	ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 99, 0, 0), EINVAL);
	ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0), EINVAL);
	ERR(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0), EINVAL);
	OK(set_caps(eff, perm, 0)); /* takes the ambient one with it */
	EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0);
	OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE, 0, 0, 0));
	OK(set_caps(eff, perm, BIT(CAP_CHOWN)));
	ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM);
}

TEST(securebits_lock_and_keep)
{
	uint64_t eff, perm, inh;

	SKIP_UNLESS(geteuid() == 0);
	OK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	EQ(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0), SECBIT_KEEP_CAPS);
	OK(syscall(SYS_setresuid, 1000, 1000, 1000));
	get_caps(&eff, &perm, &inh);
	TRUE(perm & BIT(CAP_SETPCAP));
	EQ(eff, 0);
	ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0), EPERM);
	OK(set_caps(perm, perm, 0));
	OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0));
	ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED, 0, 0, 0), EPERM);
	ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0), EPERM);
	ERR(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0), EINVAL);
}

/* ---- exec ---- */

int guest_helper(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "@ids")) {
		uint64_t eff, perm, inh;

		get_caps(&eff, &perm, &inh);
		return (geteuid() == 1111) | (getegid() == 2222) << 1 |
		       (getauxval(AT_SECURE) == 1) << 2 | (getuid() == 0) << 3 | (eff != 0) << 4;
	}
	if (argc > 1 && !strcmp(argv[1], "@ambient"))
		return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) |
		       (status_line("CapEff:") &&
			!strcmp(status_line("CapEff:"), "0000000000000001"))
			       << 1;
	if (argc > 1 && !strcmp(argv[1], "@caps")) {
		uint64_t eff, perm, inh;

		get_caps(&eff, &perm, &inh);
		return (int)(eff & BIT(CAP_CHOWN)) | (perm & BIT(CAP_CHOWN) ? 2 : 0) |
		       (perm & BIT(CAP_KILL) ? 4 : 0) | (getauxval(AT_SECURE) == 1) << 3 |
		       (perm & ~(BIT(CAP_CHOWN) | BIT(CAP_KILL)) ? 16 : 0);
	}
	return 99;
}

static void copy_self(const char *name, mode_t mode)
{
	char buf[65536];
	int in = OK(open(guest_exe(), O_RDONLY)), out = OK(open(name, O_WRONLY | O_CREAT, 0755));
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		EQ(write(out, buf, n), n);
	close(in);
	OK(fchown(out, 1111, 2222));
	OK(fchmod(out, mode));
	close(out);
}

static int run(const char *path, const char *arg)
{
	int status = -1;
	pid_t pid = OK(fork());

	if (!pid) {
		execl(path, path, arg, NULL);
		_exit(98);
	}
	OK(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

TEST(set_id_bits_change_the_effective_ids)
{
	SKIP_UNLESS(geteuid() == 0);
	copy_self("plain", 0755);
	EQ(run("./plain", "@ids"), 8 | 16);
	copy_self("suid", 04755);
	EQ(run("./suid", "@ids"), 1 | 4 | 8);
	copy_self("sgid", 02755);
	EQ(run("./sgid", "@ids"), 2 | 4 | 8 | 16);
	copy_self("locking", 02745);
	EQ(run("./locking", "@ids"), 8 | 16);
}

TEST(no_new_privs_turns_set_id_bits_off)
{
	SKIP_UNLESS(geteuid() == 0);
	copy_self("suid", 06755);
	OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EQ(run("./suid", "@ids"), 8 | 16);
	ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	ERR(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
	EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
}

/* security.capability as setcap(8) writes it. */
static int set_file_caps(const char *name, uint32_t magic, uint32_t permitted, uint32_t inheritable,
			 size_t size)
{
	uint32_t v[6] = { magic, permitted, inheritable, 0, 0, 0 };

	return setxattr(name, "security.capability", v, size, 0);
}

static void become_user(void)
{
	OK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	OK(syscall(SYS_setresuid, 1000, 1000, 1000));
	OK(set_caps(0, 0, BIT(CAP_KILL)));
}

TEST(a_file_gives_capabilities)
{
	SKIP_UNLESS(geteuid() == 0);
	copy_self("given", 0755);
	copy_self("inherits", 0755);
	copy_self("v3", 0755);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	OK(set_file_caps("inherits", 0x02000000, 0, BIT(CAP_KILL) | BIT(CAP_CHOWN), 20));
	OK(set_file_caps("v3", 0x03000001, BIT(CAP_CHOWN), 0, 24));
	IN_CHILD({
		become_user();
		EQ(run("./given", "@caps"), 1 | 2 | 8);
		EQ(run("./inherits", "@caps"), 4 | 8);
		EQ(run("./v3", "@caps"), 1 | 2 | 8);
		OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		EQ(run("./given", "@caps"), 8);
	});
}

TEST(a_file_that_cannot_give_all_is_not_executed)
{
	SKIP_UNLESS(geteuid() == 0);
	copy_self("given", 0755);
	copy_self("knows", 0755);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN) | BIT(CAP_KILL), 0, 20));
	OK(set_file_caps("knows", 0x02000000, BIT(CAP_CHOWN) | BIT(CAP_KILL), 0, 20));
	OK(prctl(PR_CAPBSET_DROP, CAP_CHOWN, 0, 0, 0));
	IN_CHILD({
		become_user();
		EQ(run("./given", "@caps"), 98);
		EQ(run("./knows", "@caps"), 4 | 8);
	});
}

TEST(capabilities_of_files_are_checked_and_removed_by_writing)
{
	SKIP_UNLESS(geteuid() == 0);
	copy_self("given", 0755);
	ERR(set_file_caps("given", 0x02000001, 1, 0, 12), EINVAL);
	ERR(set_file_caps("given", 0x07000001, 1, 0, 20), EINVAL);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	OK(chown("given", 3333, 3333));
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	OK(chown("given", 3333, 3333));
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	OK(chown("given", -1, -1));
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	OK(chmod("given", 0700));
	close(OK(open("given", O_RDWR)));
	EQ(getxattr("given", "security.capability", NULL, 0), 20);
	OK(truncate("given", 100));
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	write_file("given", "x", 0755);
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	int fd = OK(open("given", O_RDWR));
	EQ(pwrite(fd, "x", 1, 5), 1);
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	close(fd);
	OK(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20));
	fd = OK(open("given", O_RDWR));
	OK(ftruncate(fd, 50));
	ERR(getxattr("given", "security.capability", NULL, 0), ENODATA);
	close(fd);
	drop_root();
	ERR(set_file_caps("given", 0x02000001, BIT(CAP_CHOWN), 0, 20), EPERM);
}

/* Bits that go with a new owner go by a change of the mode, which wants the owner or CAP_FOWNER. */
TEST(a_set_id_file_of_others_cannot_be_given_away_without_fowner)
{
	static const mode_t refused[] = { 04755, 06755, 02755, 02644, 04644 };
	struct stat st;

	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("dir", 0755));
	OK(chmod("dir", 06755));
	write_file("mine", "x", 04755);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		write_file("theirs", "x", 0644);
		OK(chown("theirs", 1111, 2222));
		OK(chmod("theirs", refused[i]));
		IN_CHILD({
			OK(set_caps(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0));
			ERR(chown("theirs", 1111, 2222), EPERM);
			ERR(chown("theirs", 0, -1), EPERM);
			ERR(chown("theirs", -1, 0), EPERM);
			ERR(chown("theirs", -1, -1), EPERM);
			OK(stat("theirs", &st));
			EQ(st.st_mode & 07777, refused[i]);
			EQ(st.st_gid, 2222);
		});
		OK(chown("theirs", 3333, 3333));
		OK(stat("theirs", &st));
		EQ(st.st_mode & 06000, refused[i] == 02644 ? 02000 : 0);
	}
	write_file("theirs", "x", 0755);
	OK(chown("theirs", 1111, 2222));
	OK(set_caps(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0));
	OK(chown("theirs", 3333, 3333));
	OK(chown("dir", 3333, 3333));
	OK(chown("mine", 3333, 3333));
	OK(stat("mine", &st));
	EQ(st.st_mode & 07777, 0755);
}

TEST(a_write_by_an_inheritor_takes_the_set_id_bits_of_a_new_file)
{
	struct stat st;
	int fd;

	SKIP_UNLESS(geteuid() == 0);
	umask(0);
	fd = OK(open("new", O_WRONLY | O_CREAT | O_EXCL, 06777));
	EQ(write(fd, "x", 1), 1);
	OK(fstat(fd, &st));
	EQ(st.st_mode & 07777, 06777);
	IN_CHILD({
		drop_root();
		EQ(write(fd, "y", 1), 1);
	});
	OK(fstat(fd, &st));
	EQ(st.st_mode & 07777, 0777);
}

TEST(ambient_capabilities_survive_exec_of_an_ordinary_user)
{
	uint64_t eff, perm, inh;

	SKIP_UNLESS(geteuid() == 0);
	OK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	OK(syscall(SYS_setresuid, 1000, 1000, 1000));
	get_caps(&eff, &perm, &inh);
	OK(set_caps(BIT(CAP_CHOWN), perm, BIT(CAP_CHOWN)));
	OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	EQ(run(guest_exe(), "@ambient"), 3);
	OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	EQ(run(guest_exe(), "@ambient"), 0);
}

/* Those of CAP_FS_SET (linux/capability.h), and they come back. */
TEST(the_capabilities_of_files_go_with_the_file_system_user)
{
	const uint64_t of_files = BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(9) | BIT(27) |
				  BIT(32);
	uint64_t before, eff, perm, inh;

	SKIP_UNLESS(geteuid() == 0);
	get_caps(&before, &perm, &inh);
	OK(syscall(SYS_setfsuid, 1000));
	get_caps(&eff, &perm, &inh);
	EQ(eff, before & ~of_files);
	OK(syscall(SYS_setfsuid, 0));
	get_caps(&eff, &perm, &inh);
	EQ(eff, before);
}

TEST(a_process_can_be_in_many_groups)
{
	static gid_t set[65536], got[65536];

	SKIP_UNLESS(geteuid() == 0);
	for (int i = 0; i < 65536; i++)
		set[i] = 100000 + i;
	OK(syscall(SYS_setgroups, 65536, set));
	EQ(syscall(SYS_getgroups, 0, NULL), 65536);
	ERR(syscall(SYS_getgroups, 65535, got), EINVAL);
	EQ(syscall(SYS_getgroups, 65536, got), 65536);
	TRUE(!memcmp(set, got, sizeof(set)));
	ERR(syscall(SYS_setgroups, 65537, set), EINVAL);
	ERR(syscall(SYS_setgroups, 10, (void *)8), EFAULT);
	OK(syscall(SYS_setgroups, 0, NULL));
	EQ(syscall(SYS_getgroups, 0, NULL), 0);
}
