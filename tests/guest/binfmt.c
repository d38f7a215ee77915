/* SPDX-License-Identifier: MIT */
/* binfmt_misc: registering, entries, what an interpreter gets. In a directory of its own, under names of its own. */
#include "guest.h"
#include <sys/file.h>
#include <sys/mount.h>

static char interp[PATH_MAX];

/* What an interpreter sees of itself. */
int guest_helper(int argc, char **argv)
{
	char byte[4] = "";
	unsigned long fd = getauxval(AT_EXECFD);

	for (int i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	if (fd && pread((int)fd, byte, 3, 0) == 3)
		printf("{%s}", byte);
	printf("%lu %d", getauxval(AT_FLAGS), geteuid() == 1111);
	return 0;
}

static int put_in(const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd, n, err;

	snprintf(path, sizeof(path), "fs/%s", name);
	fd = OK(open(path, O_WRONLY));
	n = (int)write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n < 0 ? -1 : 0;
}

static int add(const char *format)
{
	char text[PATH_MAX * 2];

	snprintf(text, sizeof(text), format, interp);
	return put_in("register", text);
}

static const char *entry(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "fs/%s", name);
	return read_file(path);
}

static void wrapper(const char *name)
{
	char text[PATH_MAX + 64];

	snprintf(text, sizeof(text), "#!%s @i\n", guest_exe());
	write_file(name, text, 0755);
	TRUE(getcwd(interp, sizeof(interp)) != NULL);
	strncat(interp, "/", sizeof(interp) - strlen(interp) - 1);
	strncat(interp, name, sizeof(interp) - strlen(interp) - 1);
}

/*
 * A name space of its own keeps the mount; the entries are natively the machine's: one test at a time, and what
 * one that was killed has left goes.
 */
static void set_up(void)
{
	char name[16];

	SKIP_UNLESS(geteuid() == 0);
	SKIP_UNLESS(syscall(SYS_unshare, 0x00020000 /* CLONE_NEWNS */) == 0);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	OK(mkdir("fs", 0755));
	SKIP_UNLESS(mount("binfmt_misc", "fs", "binfmt_misc", 0, NULL) == 0);
	OK(flock(open("fs/status", O_RDONLY | O_CLOEXEC), LOCK_EX));
	for (int i = 1; i <= 10; i++) {
		snprintf(name, sizeof(name), "lxt%d", i);
		if (entry(name))
			put_in(name, "-1");
	}
	wrapper("interp");
}

static const char *run(const char *path, const char *argv0)
{
	char *argv[] = { (char *)argv0, "arg", NULL };

	return exec_output(path, argv, environ);
}

static const char *expected(const char *rest)
{
	static char text[PATH_MAX * 3];

	snprintf(text, sizeof(text), "[%s][@i][%s]%s", guest_exe(), interp, rest);
	return text;
}

static const char *direct(const char *rest)
{
	static char text[PATH_MAX * 2];

	snprintf(text, sizeof(text), "[%s]%s", guest_exe(), rest);
	return text;
}

TEST(registering_is_checked)
{
	set_up();
	ERR(add("short"), EINVAL);
	ERR(add(":lxt1:X::abc::%s:"), EINVAL);
	ERR(add("::M::abc::%s:"), EINVAL);
	ERR(add(":a/b:M::abc::%s:"), EINVAL);
	ERR(add(":..:M::abcd::%s:"), EINVAL);
	ERR(add(":lxt1:M:-1:abc::%s:"), EINVAL);
	ERR(add(":lxt1:M:300:abc::%s:"), EINVAL);
	ERR(add(":lxt1:M::abc:\\xff:%s:"), EINVAL);
	ERR(add(":lxt1:M::::%s:"), EINVAL);
	ERR(add(":lxt1:E::a/b::%s:"), EINVAL);
	ERR(add(":lxt1:M::abc::%s:X"), EINVAL);
	ERR(put_in("register", ":lxt1:M::abcdefgh:::"), EINVAL);
	ERR(put_in("register", ":lxt1:M::abc::/nowhere/at/all:F"), ENOENT);
	OK(add(":lxt1:M::lxt\\x01::%s:"));
	ERR(add(":lxt1:M::other::%s:"), EEXIST);
	OK(put_in("lxt1", "-1"));
	ERR(open("fs/lxt1", O_RDONLY), ENOENT);
	ERR(open("fs/new", O_WRONLY | O_CREAT, 0644), EACCES);
}

TEST(entries_say_what_they_are)
{
	char want[PATH_MAX * 2];

	set_up();
	OK(add(",lxt2,M,4,a\\x3ab,\\xff\\xff\\x0f,%s,POCF\n"));
	snprintf(want, sizeof(want),
		 "enabled\ninterpreter %s\nflags: POCF\noffset 4\nmagic 613a62\nmask ffff0f\n",
		 interp);
	STREQ(entry("lxt2"), want);
	ERR(put_in("lxt2", "2"), EINVAL);
	OK(put_in("lxt2", "0\n"));
	TRUE(!strncmp(entry("lxt2"), "disabled\n", 9));
	OK(put_in("lxt2", "1"));
	TRUE(!strncmp(entry("lxt2"), "enabled\n", 8));
	STREQ(entry("status"), "enabled\n");
	OK(put_in("lxt2", "-1"));
	OK(add(":lxt2:E::lxtext::%s:"));
	snprintf(want, sizeof(want), "enabled\ninterpreter %s\nflags: \nextension .lxtext\n",
		 interp);
	STREQ(entry("lxt2"), want);
	OK(put_in("lxt2", "-1"));
}

TEST(a_magic_number_finds_its_interpreter)
{
	set_up();
	OK(add(":lxt3:M:1:\\x7fLX\\x10:\\xff\\xff\\xff\\xf0:%s:"));
	write_file("prog", "?\x7fLX\x13 and more", 0755);
	write_file("other", "?\x7fLX\x23 and more", 0755);
	STREQ(run("./prog", "name"), expected("[./prog][arg]0 0"));
	STREQ(run("./other", "name"), "errno 8");
	OK(put_in("lxt3", "0"));
	STREQ(run("./prog", "name"), "errno 8");
	OK(put_in("lxt3", "-1"));
}

TEST(an_extension_finds_its_interpreter)
{
	set_up();
	OK(add(":lxt4:E::lxt4::%s:"));
	write_file("a.b.lxt4", "anything", 0755);
	write_file("not.lxt4x", "anything", 0755);
	STREQ(run("./a.b.lxt4", "name"), expected("[./a.b.lxt4][arg]0 0"));
	STREQ(run("./not.lxt4x", "name"), "errno 8");
	OK(put_in("lxt4", "-1"));
}

TEST(flags_keep_argv0_and_pass_the_binary)
{
	set_up();
	OK(add(":lxt5:E::lxt5::%s:P"));
	write_file("a.lxt5", "anything", 0755);
	STREQ(run("./a.lxt5", "my name"), expected("[./a.lxt5][my name][arg]1 0"));
	snprintf(interp, sizeof(interp), "%s", guest_exe());
	OK(add(":lxt6:E::lxt6::%s:O"));
	write_file("@a.lxt6", "anything", 0755);
	STREQ(run("@a.lxt6", "name"), direct("[@a.lxt6][arg]{any}0 0"));
	OK(put_in("lxt5", "-1"));
	OK(put_in("lxt6", "-1"));
}

TEST(credentials_can_be_the_binarys)
{
	set_up();
	OK(add(":lxt7:E::lxt7::%s:"));
	write_file("a.lxt7", "anything", 0755);
	OK(chown("a.lxt7", 1111, 2222));
	OK(chmod("a.lxt7", 04755));
	STREQ(run("./a.lxt7", "name"), expected("[./a.lxt7][arg]0 0"));
	OK(add(":lxt8:E::lxt8::%s:C")); /* an interpreted interpreter can take nothing along */
	write_file("a.lxt8", "anything", 0755);
	STREQ(run("./a.lxt8", "name"), "errno 8");
	OK(put_in("lxt8", "-1"));
	snprintf(interp, sizeof(interp), "%s", guest_exe());
	OK(add(":lxt8:E::lxt8::%s:C"));
	write_file("@a.lxt8", "anything", 0755);
	OK(chown("@a.lxt8", 1111, 2222));
	OK(chmod("@a.lxt8", 04755));
	STREQ(run("@a.lxt8", "name"), direct("[@a.lxt8][arg]{any}0 1"));
	OK(put_in("lxt7", "-1"));
	OK(put_in("lxt8", "-1"));
}

TEST(a_fixed_interpreter_needs_its_name_no_more)
{
	char text[PATH_MAX * 2];

	set_up();
	snprintf(text, sizeof(text), ":lxt9:E::lxt9::%s:F", guest_exe());
	OK(put_in("register", text));
	write_file("@i.lxt9", "anything", 0755);
	OK(mount("none", "/usr/local", "tmpfs", 0, NULL));
	TRUE(strstr(run("@i.lxt9", "name"), "[@i.lxt9][arg]") != NULL);
	OK(put_in("lxt9", "-1"));
}

TEST(the_whole_can_be_switched_off)
{
	set_up();
	OK(add(":lxt10:E::lxt10::%s:"));
	write_file("a.lxt10", "anything", 0755);
	OK(put_in("status", "0"));
	STREQ(entry("status"), "disabled\n");
	STREQ(run("./a.lxt10", "name"), "errno 8");
	OK(put_in("status", "1"));
	STREQ(run("./a.lxt10", "name"), expected("[./a.lxt10][arg]0 0"));
	OK(put_in("lxt10", "-1"));
}
