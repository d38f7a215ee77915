/* SPDX-License-Identifier: MIT */
/* The path walk: Linux's rules, and a name cache that stays true when the host changes files. */
#include "fx_vfs.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int walk(const char *path, uint32_t flags)
{
	struct path p;
	int err = vfs_walk(fx_task, LX_AT_FDCWD, path, flags, &p);

	if (!err)
		path_put(&p);
	return err;
}

static uint64_t ino_of(const char *path)
{
	struct kstat st;

	assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, path, 0, &st), 0);
	return st.ino;
}

static uint64_t host_ino(const char *name)
{
	struct stat st;

	assert_int_equal(stat(fx_host(name), &st), 0);
	return st.st_ino;
}

static const char *cwd(void)
{
	static char buf[LX_PATH_MAX];
	int64_t len = vfs_getcwd(fx_task, buf, sizeof(buf));

	if (len < 0)
		snprintf(buf, sizeof(buf), "%s", lx_errno_name((int)-len));
	return buf;
}

static int make_tree(void **state)
{
	if (fx_start(state))
		return -1;
	mkdir(fx_host("a"), 0755);
	mkdir(fx_host("a/b"), 0755);
	mkdir(fx_host("a/b/c"), 0755);
	fx_write("a/b/f", "text");
	return symlink("b", fx_host("a/rel")) || symlink("/a/b", fx_host("abs")) ||
	       symlink("loop2", fx_host("loop1")) || symlink("loop1", fx_host("loop2")) ||
	       symlink("nothing", fx_host("dangling")) || symlink("a/b/f", fx_host("tofile"));
}

static void plain_paths_lead_to_the_hosts_inodes(void **state)
{
	static const char *const same[] = { "/a/b/c",    "a/b/c",  "/a//b/./c", "/a/b/../b/c/",
					    "/../a/b/c", "/abs/c", "/a/rel/c/." };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(ino_of(same[i]), host_ino("a/b/c"));
}

static void dotdot_at_the_root_stays_there(void **state)
{
	assert_int_equal(ino_of("/../../.."), host_ino("."));
}

static void errors_are_linuxs(void **state)
{
	static const struct {
		const char *path;
		uint32_t walk;
		int err;
	} rows[] = {
		{ "", 0, -LX_ENOENT },
		{ "/missing", 0, -LX_ENOENT },
		{ "/missing/x", 0, -LX_ENOENT },
		{ "/a/b/f/x", 0, -LX_ENOTDIR },
		{ "/a/b/f/", 0, -LX_ENOTDIR },
		{ "/a/b/f/.", 0, -LX_ENOTDIR },
		{ "/a/b/f/..", 0, -LX_ENOTDIR },
		{ "/a/b/f", WALK_DIRECTORY, -LX_ENOTDIR },
		{ "/tofile/x", WALK_FOLLOW, -LX_ENOTDIR },
		{ "/tofile/", 0, -LX_ENOTDIR },
		{ "/loop1", WALK_FOLLOW, -LX_ELOOP },
		{ "/loop1", 0, 0 },
		{ "/loop1/x", 0, -LX_ELOOP },
		{ "/dangling", WALK_FOLLOW, -LX_ENOENT },
		{ "/dangling", 0, 0 },
		{ "/dangling/", 0, -LX_ENOENT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (walk(rows[i].path, rows[i].walk) != rows[i].err)
			fail_msg("%s: %d, not %d", rows[i].path, walk(rows[i].path, rows[i].walk),
				 rows[i].err);
}

static void a_component_of_256_bytes_is_too_long(void **state)
{
	char path[300] = "/";

	memset(path + 1, 'x', 255);
	assert_int_equal(walk(path, 0), -LX_ENOENT);
	memset(path + 1, 'x', 256);
	assert_int_equal(walk(path, 0), -LX_ENAMETOOLONG);
	strcpy(path + 257, "/y");
	assert_int_equal(walk(path, 0), -LX_ENAMETOOLONG);
}

static void forty_links_may_be_followed_not_more(void **state)
{
	char from[16], to[16];

	for (int i = 0; i < 45; i++) {
		snprintf(from, sizeof(from), "n%d", i);
		snprintf(to, sizeof(to), "n%d", i - 1);
		assert_int_equal(symlink(i ? to : "a", fx_host(from)), 0);
	}
	assert_int_equal(walk("/n39", WALK_FOLLOW), 0);
	assert_int_equal(walk("/n40", WALK_FOLLOW), -LX_ELOOP);
	assert_int_equal(walk("/n39/b", WALK_FOLLOW), 0);
	assert_int_equal(walk("/n40/b", WALK_FOLLOW), -LX_ELOOP);
}

static void a_directory_that_the_host_renames_is_seen_at_once(void **state)
{
	mkdir(fx_host("old"), 0755);
	mkdir(fx_host("old/sub"), 0755);
	assert_int_equal(walk("/old/sub", 0), 0);
	assert_int_equal(rename(fx_host("old"), fx_host("new")), 0);
	assert_int_equal(walk("/old/sub", 0), -LX_ENOENT);
	assert_int_equal(walk("/new/sub", 0), 0);
	mkdir(fx_host("old"), 0755);
	assert_int_equal(walk("/old/sub", 0), -LX_ENOENT);
}

static void a_link_that_the_host_replaces_is_seen_at_once(void **state)
{
	mkdir(fx_host("t1"), 0755);
	mkdir(fx_host("t2"), 0755);
	fx_write("t1/x", "1");
	fx_write("t2/x", "2");
	assert_int_equal(symlink("t1", fx_host("link")), 0);
	assert_int_equal(ino_of("/link/x"), host_ino("t1/x"));
	assert_int_equal(symlink("t2", fx_host("link.new")), 0);
	assert_int_equal(rename(fx_host("link.new"), fx_host("link")), 0);
	assert_int_equal(ino_of("/link/x"), host_ino("t2/x"));
}

static void the_working_directory_survives_its_renaming(void **state)
{
	mkdir(fx_host("w"), 0755);
	mkdir(fx_host("w/sub"), 0755);
	assert_int_equal(vfs_chdir(fx_task, "/w/sub"), 0);
	assert_string_equal(cwd(), "/w/sub");
	assert_int_equal(rename(fx_host("w"), fx_host("v")), 0);
	assert_string_equal(cwd(), "/v/sub");
	assert_int_equal(ino_of(".."), host_ino("v"));
	assert_int_equal(ino_of("../sub"), host_ino("v/sub"));
	assert_int_equal(vfs_renameat(fx_task, LX_AT_FDCWD, "/v", LX_AT_FDCWD, "/u", 0), 0);
	assert_string_equal(cwd(), "/u/sub");
	assert_int_equal(rmdir(fx_host("u/sub")), 0);
	assert_string_equal(cwd(), "ENOENT");
	assert_int_equal(walk(".", 0), 0);
	assert_int_equal(walk("x", 0), -LX_ENOENT);
	assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, "x", 0755), -LX_ENOENT);
	assert_int_equal(vfs_chdir(fx_task, "/"), 0);
}

static void mounts_are_crossed_both_ways(void **state)
{
	struct kstat dev, root, up;

	assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, "/dev", 0, &dev), 0);
	assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, "/", 0, &root), 0);
	assert_true(dev.dev != root.dev);
	assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, "/dev/shm/../..", 0, &up), 0);
	assert_int_equal(up.ino, root.ino);
	assert_int_equal(vfs_chdir(fx_task, "/dev/shm"), 0);
	assert_string_equal(cwd(), "/dev/shm");
	assert_int_equal(vfs_chdir(fx_task, "/"), 0);
}

static void chroot_confines_and_getcwd_says_unreachable(void **state)
{
	struct path root, top;

	if (geteuid() != 0)
		skip();
	mount_root(&top);
	assert_int_equal(vfs_chroot(fx_task, "/a"), 0);
	assert_int_equal(ino_of("/"), host_ino("a"));
	assert_int_equal(ino_of("/../../b"), host_ino("a/b"));
	assert_int_equal(walk("/a", 0), -LX_ENOENT);
	assert_string_equal(cwd(), "(unreachable)/");
	assert_int_equal(vfs_chdir(fx_task, "/b/c"), 0);
	assert_string_equal(cwd(), "/b/c");
	root = fx_task->fs->root;
	fx_task->fs->root = top;
	path_put(&root);
	assert_int_equal(vfs_chdir(fx_task, "/"), 0);
}

static void another_identity_is_judged_by_mode_bits(void **state)
{
	mkdir(fx_host("closed"), 0700);
	mkdir(fx_host("closed/in"), 0755);
	fx_write("closed/in/f", "secret");
	assert_int_equal(walk("/closed/in/f", 0), 0);
	if (geteuid() != 0)
		skip();
	fx_become(1000, 1000);
	assert_int_equal(walk("/closed/in/f", 0), -LX_EACCES);
	assert_int_equal(walk("/closed", 0), 0);
	assert_int_equal(vfs_chdir(fx_task, "/closed"), -LX_EACCES);
	assert_int_equal(chmod(fx_host("closed"), 0711), 0);
	assert_int_equal(walk("/closed/in/f", 0), 0);
	assert_int_equal(chmod(fx_host("closed"), 0700), 0);
	assert_int_equal(walk("/closed/in/f", 0), -LX_EACCES);
	fx_become_self();
}

static void bytes_that_are_no_utf8_make_a_name_like_any_other(void **state)
{
	static const char name[] = "/\xff\xfe#0041:*?<>|\\\x01 \"x\"";

	assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, name, 0755), 0);
	assert_int_equal(ino_of(name), host_ino(name + 1));
	assert_int_equal(vfs_chdir(fx_task, name), 0);
	assert_string_equal(cwd(), name);
	assert_int_equal(vfs_chdir(fx_task, "/"), 0);
}

static _Atomic int stop;

static void *walker(void *arg)
{
	static const char *const paths[] = { "/a/b/f", "/race/x/y", "/race2/x/y",
					     "/abs/c", "/rl/x/y",   "/a/b/../b/c" };
	struct kstat st;
	int *bad = arg;

	while (!stop)
		for (int i = 0; i < 6; i++) {
			int err = vfs_statat(fx_task, LX_AT_FDCWD, paths[i], 0, &st);

			*bad += err && err != -LX_ENOENT;
		}
	return NULL;
}

static void threads_walk_while_names_move(void **state)
{
	pthread_t thread[2];
	int bad[2] = { 0, 0 };

	mkdir(fx_host("race"), 0755);
	mkdir(fx_host("race/x"), 0755);
	mkdir(fx_host("race/x/y"), 0755);
	assert_int_equal(symlink("race", fx_host("rl")), 0);
	stop = 0;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, walker, &bad[i]), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(rename(fx_host("race"), fx_host("race2")), 0);
		assert_int_equal(walk("/race/x/y", 0), -LX_ENOENT);
		assert_int_equal(walk("/race2/x/y", 0), 0);
		assert_int_equal(
			vfs_renameat(fx_task, LX_AT_FDCWD, "/race2", LX_AT_FDCWD, "/race", 0), 0);
		assert_int_equal(walk("/race2/x/y", 0), -LX_ENOENT);
		assert_int_equal(walk("/race/x/y", 0), 0);
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(bad[0] + bad[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_paths_lead_to_the_hosts_inodes),
		cmocka_unit_test(dotdot_at_the_root_stays_there),
		cmocka_unit_test(errors_are_linuxs),
		cmocka_unit_test(a_component_of_256_bytes_is_too_long),
		cmocka_unit_test(forty_links_may_be_followed_not_more),
		cmocka_unit_test(a_directory_that_the_host_renames_is_seen_at_once),
		cmocka_unit_test(a_link_that_the_host_replaces_is_seen_at_once),
		cmocka_unit_test(the_working_directory_survives_its_renaming),
		cmocka_unit_test(mounts_are_crossed_both_ways),
		cmocka_unit_test(chroot_confines_and_getcwd_says_unreachable),
		cmocka_unit_test(another_identity_is_judged_by_mode_bits),
		cmocka_unit_test(threads_walk_while_names_move),
		cmocka_unit_test(bytes_that_are_no_utf8_make_a_name_like_any_other),
	};

	return cmocka_run_group_tests(tests, make_tree, fx_stop);
}
