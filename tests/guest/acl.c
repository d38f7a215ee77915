/* SPDX-License-Identifier: MIT */
/*
 * POSIX access control lists (acl(5)): kept, checked, inherited, and one with the mode bits. Each scenario
 * runs in a directory of VolFs and in one of TmpFs; LXRUN_TEST_DIR names a third.
 */
#include "guest.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#define ACCESS  "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };
struct entry {
	uint16_t tag, perm;
	uint32_t id;
};
struct acl {
	uint32_t version;
	struct entry e[300];
};
#define NOBODY 65534u
#define U(perm)                     \
	{                           \
		USER_OBJ, perm, -1u \
	}
#define USER_(id, perm)        \
	{                      \
		USER, perm, id \
	}
#define G(perm)                      \
	{                            \
		GROUP_OBJ, perm, -1u \
	}
#define GROUP_(id, perm)        \
	{                       \
		GROUP, perm, id \
	}
#define M(perm)                 \
	{                       \
		MASK, perm, -1u \
	}
#define O(perm)                  \
	{                        \
		OTHER, perm, -1u \
	}
/* setxattr(2) of a list of entries. */
#define SET(path, name, ...)                                                  \
	({                                                                    \
		const struct entry list_[] = { __VA_ARGS__ };                 \
		set_acl(path, name, list_, sizeof(list_) / sizeof(list_[0])); \
	})
/* The list is exactly this. */
#define IS(path, name, ...)                                                  \
	do {                                                                 \
		const struct entry list_[] = { __VA_ARGS__ };                \
		is_acl(path, name, list_, sizeof(list_) / sizeof(list_[0])); \
	} while (0)

static int set_acl(const char *path, const char *name, const struct entry *e, size_t n)
{
	struct acl a = { .version = 2 };

	memcpy(a.e, e, n * sizeof(*e));
	return setxattr(path, name, &a, 4 + n * sizeof(*e), 0);
}

static void is_acl(const char *path, const char *name, const struct entry *e, size_t n)
{
	struct acl a = { 0 };

	EQ(getxattr(path, name, &a, sizeof(a)), 4 + n * sizeof(*e));
	EQ(a.version, 2);
	for (size_t i = 0; i < n; i++) {
		EQ(a.e[i].tag, e[i].tag);
		EQ(a.e[i].perm, e[i].perm);
		EQ(a.e[i].id, e[i].id);
	}
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return OK(stat(path, &st)) ? 0 : st.st_mode & 07777;
}

static void run_in(const char *place, void (*scenario)(void))
{
	char *name = place ? enter_dir(place) : NULL;

	if (name)
		OK(chmod(".", 0777));
	umask(022);
	write_file("probe", "", 0600);
	if (SET("probe", ACCESS, U(6), G(0), O(0)) && errno == EOPNOTSUPP) {
		printf("# no ACLs in %s\n", place ? place : ".");
		fflush(stdout);
		if (name)
			leave_dir(name);
		_exit(TEST_SKIPPED);
	}
	scenario();
	if (name)
		leave_dir(name);
}

#define ACL_TEST(id)                                        \
	static void acl_##id(void);                         \
	TEST(volfs_##id)                                    \
	{                                                   \
		run_in(NULL, acl_##id);                     \
	}                                                   \
	TEST(tmpfs_##id)                                    \
	{                                                   \
		run_in("/dev/shm", acl_##id);               \
	}                                                   \
	TEST(other_##id)                                    \
	{                                                   \
		SKIP_UNLESS(getenv("LXRUN_TEST_DIR"));      \
		run_in(getenv("LXRUN_TEST_DIR"), acl_##id); \
	}                                                   \
	static void acl_##id(void)

ACL_TEST(a_list_is_kept_and_is_the_mode)
{
	char names[256];

	write_file("f", "", 0640);
	ERR(getxattr("f", ACCESS, NULL, 0), ENODATA);
	OK(SET("f", ACCESS, U(7), USER_(NOBODY, 6), G(4), GROUP_(7, 5), M(6), O(1)));
	EQ(mode_of("f"), 0761);
	IS("f", ACCESS, U(7), USER_(NOBODY, 6), G(4), GROUP_(7, 5), M(6), O(1));
	EQ(getxattr("f", ACCESS, NULL, 0), 52);
	ERR(getxattr("f", ACCESS, names, 51), ERANGE);
	EQ(listxattr("f", names, sizeof(names)), sizeof(ACCESS));
	STREQ(names, ACCESS);
	OK(removexattr("f", ACCESS));
	ERR(getxattr("f", ACCESS, NULL, 0), ENODATA);
	EQ(mode_of("f"), 0761);
	OK(removexattr("f", ACCESS));
	EQ(listxattr("f", NULL, 0), 0);
}

ACL_TEST(a_list_that_says_no_more_than_a_mode_is_one)
{
	write_file("f", "", 0600);
	OK(SET("f", ACCESS, { USER_OBJ, 7, 5 }, { GROUP_OBJ, 5, 6 }, { OTHER, 4, 7 }));
	EQ(mode_of("f"), 0754);
	ERR(getxattr("f", ACCESS, NULL, 0), ENODATA);
	OK(SET("f", ACCESS, U(7), G(5), M(4), O(0)));
	EQ(mode_of("f"), 0740);
	IS("f", ACCESS, U(7), G(5), M(4), O(0));
	OK(setxattr("f", ACCESS, "", 0, 0));
	ERR(getxattr("f", ACCESS, NULL, 0), ENODATA);
	EQ(mode_of("f"), 0740);
}

ACL_TEST(what_is_no_list_is_refused)
{
	struct acl a = { .version = 3 };

	write_file("f", "", 0600);
	OK(mkdir("d", 0755));
	ERR(setxattr("f", ACCESS, &a, 3, 0), EINVAL);
	ERR(setxattr("f", ACCESS, &a, 4, 0), EOPNOTSUPP);
	a.version = 2;
	OK(setxattr("f", ACCESS, &a, 4, 0));
	ERR(setxattr("f", ACCESS, &a, 11, 0), EINVAL);
	ERR(SET("f", ACCESS, U(7)), EINVAL);
	ERR(SET("f", ACCESS, G(7), U(7), O(7)), EINVAL);
	ERR(SET("f", ACCESS, U(7), G(7), O(8)), EINVAL);
	ERR(SET("f", ACCESS, U(7), G(7), O(7), O(7)), EINVAL);
	ERR(SET("f", ACCESS, U(7), USER_(1, 7), G(7), O(7)), EINVAL); /* no mask */
	ERR(SET("f", ACCESS, U(7), USER_(-1u, 7), G(7), M(7), O(7)), EINVAL);
	ERR(SET("f", ACCESS, U(7), GROUP_(1, 7), G(7), M(7), O(7)), EINVAL);
	ERR(SET("f", ACCESS, U(7), G(7), O(7), { 64, 7, -1u }), EINVAL);
	ERR(SET("f", DEFAULT, U(7), G(7), O(7)), EACCES);
	OK(removexattr("f", DEFAULT));
	OK(symlink("f", "s"));
	{
		struct acl ok = { 2, { U(7), G(7), O(7) } };

		ERR(lsetxattr("s", ACCESS, &ok, 28, 0), EOPNOTSUPP);
		ERR(lgetxattr("s", ACCESS, NULL, 0), EOPNOTSUPP);
		OK(setxattr("f", ACCESS, &ok, 28,
			    XATTR_REPLACE)); /* these flags mean nothing here */
	}
	EQ(mode_of("f"), 0777);
	ERR(setxattr("f", "system.posix_acl_other", "x", 1, 0), EOPNOTSUPP);
}

ACL_TEST(chmod_moves_the_mask)
{
	write_file("f", "", 0600);
	OK(SET("f", ACCESS, U(7), USER_(NOBODY, 7), G(5), M(7), O(1)));
	OK(chmod("f", 0640));
	IS("f", ACCESS, U(6), USER_(NOBODY, 7), G(5), M(4), O(0));
	EQ(mode_of("f"), 0640);

	int fd = OK(open("f", O_RDWR));

	OK(fchmod(fd, 04751));
	IS("f", ACCESS, U(7), USER_(NOBODY, 7), G(5), M(5), O(1));
	EQ(mode_of("f"), 04751);
	close(fd);
	OK(SET("f", ACCESS, U(7), G(5), O(1)));
	OK(chmod("f", 0600));
	ERR(getxattr("f", ACCESS, NULL, 0), ENODATA);
}

static void try_as_nobody(const char *file, int err)
{
	IN_CHILD({
		drop_root();
		if (err) {
			ERR(open(file, O_RDONLY), EACCES);
			ERR(access(file, R_OK), EACCES);
		} else {
			OK(open(file, O_RDONLY));
			OK(access(file, R_OK));
		}
		ERR(open(file, O_RDWR), EACCES);
		ERR(truncate(file, 0), EACCES);
	});
}

ACL_TEST(users_and_groups_named_in_a_list)
{
	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "text", 0600);
	try_as_nobody("f", EACCES);
	OK(SET("f", ACCESS, U(6), USER_(NOBODY, 4), G(0), M(4), O(0)));
	try_as_nobody("f", 0);
	OK(SET("f", ACCESS, U(6), USER_(NOBODY, 4), G(4), M(2), O(4))); /* the mask takes it */
	try_as_nobody("f", EACCES);
	OK(SET("f", ACCESS, U(6), USER_(NOBODY, 4), G(4), M(0), O(4))); /* as long as it has bits */
	try_as_nobody("f", 0);
	OK(SET("f", ACCESS, U(6), USER_(NOBODY, 0), G(4), M(4), O(4)));
	try_as_nobody("f", EACCES);
	OK(SET("f", ACCESS, U(6), G(0), GROUP_(NOBODY, 4), M(4), O(0)));
	try_as_nobody("f", 0);
	OK(SET("f", ACCESS, U(6), G(0), GROUP_(NOBODY, 0), M(4), O(4))); /* in a group: not other */
	try_as_nobody("f", EACCES);
	OK(SET("f", ACCESS, U(6), USER_(1, 4), G(0), M(4), O(4)));
	try_as_nobody("f", 0);
}

ACL_TEST(directories_by_list)
{
	SKIP_UNLESS(geteuid() == 0);
	OK(mkdir("d", 0700));
	write_file("d/f", "text", 0644);
	IN_CHILD(drop_root(); ERR(open("d/f", O_RDONLY), EACCES));
	OK(SET("d", ACCESS, U(7), USER_(NOBODY, 1), G(0), M(7), O(0)));
	IN_CHILD({
		struct stat st;

		drop_root();
		OK(open("d/f", O_RDONLY));
		OK(stat("d/f", &st));
		ERR(open("d", O_RDONLY | O_DIRECTORY), EACCES);
		ERR(mkdir("d/new", 0777), EACCES);
		ERR(unlink("d/f"), EACCES);
	});
	OK(SET("d", ACCESS, U(7), USER_(NOBODY, 7), G(0), M(7), O(0)));
	IN_CHILD({
		drop_root();
		OK(open("d", O_RDONLY | O_DIRECTORY));
		OK(mkdir("d/new", 0777));
		OK(close(OK(open("d/made", O_CREAT | O_WRONLY, 0600))));
		OK(rename("d/new", "d/newer"));
		OK(unlink("d/f"));
	});
	OK(SET("d", ACCESS, U(7), USER_(NOBODY, 0), G(5), M(7), O(5)));
	IN_CHILD(drop_root(); ERR(chdir("d"), EACCES); ERR(access("d/made", F_OK), EACCES));
}

ACL_TEST(only_the_owner_changes_a_list)
{
	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "", 0666);
	write_file("own", "", 0666);
	OK(chown("own", NOBODY, NOBODY));
	IN_CHILD({
		drop_root();
		ERR(SET("f", ACCESS, U(7), G(7), O(7)), EPERM);
		ERR(SET("f", ACCESS, U(7), G(7)), EPERM);
		ERR(removexattr("f", ACCESS), EPERM);
		ERR(getxattr("f", ACCESS, NULL, 0), ENODATA);
		OK(SET("own", ACCESS, U(6), USER_(3, 7), G(4), M(7), O(0)));
	});
	EQ(mode_of("own"), 0670);
}

ACL_TEST(a_default_list_is_inherited_and_the_umask_is_not)
{
	OK(mkdir("d", 0755));
	OK(SET("d", DEFAULT, U(7), USER_(NOBODY, 7), G(5), M(7), O(0)));
	EQ(mode_of("d"), 0755);
	ERR(getxattr("d", ACCESS, NULL, 0), ENODATA);
	umask(077);
	close(OK(open("d/f", O_CREAT | O_WRONLY, 0666)));
	EQ(mode_of("d/f"), 0660);
	IS("d/f", ACCESS, U(6), USER_(NOBODY, 7), G(5), M(6), O(0));
	ERR(getxattr("d/f", DEFAULT, NULL, 0), ENODATA);
	OK(mkdir("d/sub", 0777));
	EQ(mode_of("d/sub"), 0770);
	IS("d/sub", ACCESS, U(7), USER_(NOBODY, 7), G(5), M(7), O(0));
	IS("d/sub", DEFAULT, U(7), USER_(NOBODY, 7), G(5), M(7), O(0));
	OK(mkfifo("d/fifo", 0640));
	IS("d/fifo", ACCESS, U(6), USER_(NOBODY, 7), G(5), M(4), O(0));
	OK(symlink("f", "d/link"));
	close(OK(open("d/sub/deep", O_CREAT | O_EXCL | O_RDWR, 0600)));
	EQ(mode_of("d/sub/deep"), 0600);
	IS("d/sub/deep", ACCESS, U(6), USER_(NOBODY, 7), G(5), M(0), O(0));
	close(OK(open("outside", O_CREAT | O_WRONLY, 0666)));
	EQ(mode_of("outside"), 0600);
	OK(removexattr("d", DEFAULT));
	close(OK(open("d/later", O_CREAT | O_WRONLY, 0666)));
	EQ(mode_of("d/later"), 0600);
	ERR(getxattr("d/later", ACCESS, NULL, 0), ENODATA);
}

ACL_TEST(a_short_default_list_is_a_mode)
{
	OK(mkdir("d", 0755));
	OK(SET("d", DEFAULT, U(7), G(5), O(4)));
	umask(077);
	close(OK(open("d/f", O_CREAT | O_WRONLY, 0666)));
	EQ(mode_of("d/f"), 0644);
	ERR(getxattr("d/f", ACCESS, NULL, 0), ENODATA);
	OK(mkdir("d/sub", 02755));
	IS("d/sub", DEFAULT, U(7), G(5), O(4));
	EQ(mode_of("d/sub"), 0754);

	int fd = open("d", O_TMPFILE | O_RDWR, 0666);
	struct stat st;

	if (fd >= 0) {
		OK(fstat(fd, &st));
		EQ(st.st_mode & 07777, 0644);
		close(fd);
	}
}

ACL_TEST(a_socket_inherits_as_well)
{
	struct sockaddr_un a = { AF_UNIX, "d/sock" };
	int s = OK(socket(AF_UNIX, SOCK_STREAM, 0));

	OK(mkdir("d", 0755));
	OK(SET("d", DEFAULT, U(7), USER_(NOBODY, 2), G(5), M(7), O(0)));
	OK(bind(s, (void *)&a, sizeof(a)));
	IS("d/sock", ACCESS, U(7), USER_(NOBODY, 2), G(5), M(5),
	   O(0)); /* bind(2) minds the umask */
}

ACL_TEST(the_owner_is_not_asked_for_a_list)
{
	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "", 0600);
	OK(SET("f", ACCESS, U(0), USER_(NOBODY, 7), G(7), M(7), O(7)));
	OK(chown("f", NOBODY, NOBODY));
	IN_CHILD(drop_root(); ERR(open("f", O_RDONLY), EACCES));
}

ACL_TEST(a_program_by_list)
{
	SKIP_UNLESS(geteuid() == 0);
	write_file("prog", "#!/bin/sh\nexit 7\n", 0700);
	IN_CHILD(drop_root(); ERR(execl("prog", "prog", NULL), EACCES));
	OK(SET("prog", ACCESS, U(7), USER_(NOBODY, 5), G(0), M(5), O(0)));
	if (fork() == 0) {
		drop_root();
		execl("prog", "prog", NULL);
		_exit(errno);
	}
	int status = 0;

	OK(wait(&status));
	EQ(WEXITSTATUS(status), 7);
	OK(SET("prog", ACCESS, U(7), USER_(NOBODY, 0), G(5), M(5), O(5)));
	IN_CHILD(drop_root(); ERR(execl("prog", "prog", NULL), EACCES));
}

static void links_survive(const char *from, const char *to)
{
	OK(rename(from, to));
	IS(to, ACCESS, U(6), USER_(NOBODY, 4), G(0), M(4), O(0));
}

ACL_TEST(a_list_goes_with_its_file)
{
	write_file("f", "", 0600);
	OK(SET("f", ACCESS, U(6), USER_(NOBODY, 4), G(0), M(4), O(0)));
	OK(link("f", "g"));
	IS("g", ACCESS, U(6), USER_(NOBODY, 4), G(0), M(4), O(0));
	links_survive("f", "h");

	int fd = OK(open("h", O_RDWR));

	OK(chown("h", geteuid(), getegid()));
	EQ(fgetxattr(fd, ACCESS, NULL, 0), 44);
	OK(fremovexattr(fd, ACCESS));
	ERR(getxattr("g", ACCESS, NULL, 0), ENODATA);
}

ACL_TEST(long_lists)
{
	struct acl a = { 2, { U(7) } };
	unsigned n = 1;

	for (unsigned id = 0; id < 100; id++)
		a.e[n++] = (struct entry)USER_(id + 1000, id & 7);
	a.e[n++] = (struct entry)G(5);
	a.e[n++] = (struct entry)M(7);
	a.e[n++] = (struct entry)O(0);
	OK(mkdir("d", 0755));
	OK(setxattr("d", DEFAULT, &a, 4 + n * 8, 0));
	OK(mkdir("d/e", 0777));
	EQ(getxattr("d/e", ACCESS, NULL, 0), 4 + n * 8);
	EQ(getxattr("d/e", DEFAULT, NULL, 0), 4 + n * 8);
}
