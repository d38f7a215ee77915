/* SPDX-License-Identifier: MIT */
/*
 * Every call on names, with every kind of operand, gives what the host's kernel gives: the same error or
 * success, and afterwards the same tree. One side runs natively in n/, the other through the VFS in
 * v/ (VolFs) and /dev/shm (TmpFs).
 */
#include "fx_vfs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char long_name[260], long_inner[270];

static const char *const operands[] = {
	"",       ".",       "..",       "/",         "f",       "f/",       "f/.",
	"f/x",    "f/..",    "d",        "d/",        "d/.",     "d/..",     "full",
	"full/",  "full/in", "full/sub", "full/sub/", "lf",      "lf/",      "ld",
	"ld/",    "ld/in",   "ld/.",     "dang",      "dang/",   "dang/x",   "loop",
	"loop/",  "loop/x",  "pipe",     "pipe/",     "none",    "none/",    "none/x",
	"none/.", "hard",    "dangup",   "dangup/",   long_name, long_inner,
};
#define NR_OPERANDS (sizeof(operands) / sizeof(operands[0]))

/* ---- the tree, made natively below dir ---- */

static void sh_file(const char *dir, const char *name, const char *text)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail_msg("%s", path);
	close(fd);
}

static void make_tree(const char *dir)
{
	char p[600], q[600];

	assert_int_equal(mkdir(dir, 0755), 0);
#define AT(buf, name) (snprintf(buf, sizeof(buf), "%s/%s", dir, name), buf)
	sh_file(dir, "f", "contents");
	mkdir(AT(p, "d"), 0755);
	mkdir(AT(p, "full"), 0755);
	mkdir(AT(p, "full/sub"), 0755);
	sh_file(dir, "full/in", "in");
	if (symlink("f", AT(p, "lf")) || symlink("full", AT(p, "ld")) ||
	    symlink("gone", AT(p, "dang")) || symlink("loop", AT(p, "loop")) ||
	    mkfifo(AT(p, "pipe"), 0644) || link(AT(p, "f"), AT(q, "hard")) ||
	    symlink("d/up/x", AT(p, "dangup")))
		fail_msg("tree");
#undef AT
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is below dir, as text. */
static void describe(const char *dir, const char *shown, char *out, size_t size)
{
	char *names[64], path[700], target[300];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, (size_t)n, sizeof(names[0]), by_name);
	for (int i = 0; i < n; i++) {
		size_t at = strlen(out);
		ssize_t len;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		lstat(path, &st);
		len = readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		snprintf(out + at, size - at, "%s/%s %o links %d uid %d size %lld %s\n", shown,
			 names[i], st.st_mode, (int)st.st_nlink, (int)st.st_uid,
			 S_ISDIR(st.st_mode) ? 0ll : (long long)st.st_size, target);
		if (S_ISDIR(st.st_mode)) {
			char below[300];

			snprintf(below, sizeof(below), "%s/%s", shown, names[i]);
			describe(path, below, out, size);
		}
		free(names[i]);
	}
}

/* ---- the calls: natively in the current directory, and through the VFS ---- */

static int result(int64_t ret)
{
	return ret < 0 ? -errno : 0;
}

static int native_open(const char *a, int flags)
{
	int fd = open(a, flags | O_NONBLOCK, 0640);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int vfs_open(const char *a, uint32_t flags)
{
	struct file *f;
	int err = vfs_open_file(fx_task, LX_AT_FDCWD, a, flags | LX_O_NONBLOCK, 0640, &f);

	if (!err)
		file_put(f);
	return err;
}

static int native_chdir(const char *a)
{
	int home = open(".", O_PATH), err = result(chdir(a));

	if (fchdir(home))
		abort();
	close(home);
	return err;
}

static int emul_chdir(const char *a)
{
	struct path old, now;
	int err;

	fs_get_cwd(fx_task->fs, &old);
	err = vfs_chdir(fx_task, a);
	now = fx_task->fs->cwd;
	fx_task->fs->cwd = old;
	path_put(&now);
	return err;
}

#define T  fx_task
#define CW LX_AT_FDCWD
#define OPEN_PAIR(name, flags)                            \
	static int n_##name(const char *a, const char *b) \
	{                                                 \
		return native_open(a, flags);             \
	}                                                 \
	static int v_##name(const char *a, const char *b) \
	{                                                 \
		return vfs_open(a, flags);                \
	}
OPEN_PAIR(rdonly, O_RDONLY)
OPEN_PAIR(wronly, O_WRONLY)
OPEN_PAIR(trunc, O_RDWR | O_TRUNC)
OPEN_PAIR(rdtrunc, O_RDONLY | O_TRUNC)
OPEN_PAIR(creat, O_WRONLY | O_CREAT)
OPEN_PAIR(creat_rd, O_RDONLY | O_CREAT)
OPEN_PAIR(creat_trunc, O_WRONLY | O_CREAT | O_TRUNC)
OPEN_PAIR(excl, O_WRONLY | O_CREAT | O_EXCL)
OPEN_PAIR(directory, O_RDONLY | O_DIRECTORY)
OPEN_PAIR(directory_wr, O_WRONLY | O_DIRECTORY)
OPEN_PAIR(nofollow, O_RDONLY | O_NOFOLLOW)
OPEN_PAIR(creat_nofollow, O_WRONLY | O_CREAT | O_NOFOLLOW)
OPEN_PAIR(dir_nofollow, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
OPEN_PAIR(o_path, O_PATH)
OPEN_PAIR(o_path_nofollow, O_PATH | O_NOFOLLOW)
OPEN_PAIR(o_path_dir, O_PATH | O_DIRECTORY)

#define PAIR(name, native, emul)                          \
	static int n_##name(const char *a, const char *b) \
	{                                                 \
		return result(native);                    \
	}                                                 \
	static int v_##name(const char *a, const char *b) \
	{                                                 \
		return (int)(emul);                       \
	}
static struct stat host_st;
static struct kstat lx_st;
static char text[5000];
PAIR(stat, stat(a, &host_st), vfs_statat(T, CW, a, 0, &lx_st))
PAIR(lstat, lstat(a, &host_st), vfs_statat(T, CW, a, LX_AT_SYMLINK_NOFOLLOW, &lx_st))
PAIR(access, access(a, R_OK | W_OK), vfs_accessat(T, CW, a, 6, 0))
PAIR(access_x, access(a, X_OK), vfs_accessat(T, CW, a, 1, 0))
PAIR(readlink, readlink(a, text, 100),
     vfs_readlinkat(T, CW, a, text, 100) < 0 ? vfs_readlinkat(T, CW, a, text, 100) : 0)
PAIR(mkdir, mkdir(a, 0751), vfs_mkdirat(T, CW, a, 0751))
PAIR(rmdir, rmdir(a), vfs_unlinkat(T, CW, a, LX_AT_REMOVEDIR))
PAIR(unlink, unlink(a), vfs_unlinkat(T, CW, a, 0))
PAIR(mkfifo, mkfifo(a, 0640), vfs_mknodat(T, CW, a, LX_S_IFIFO | 0640, 0))
PAIR(mknod_reg, mknod(a, S_IFREG | 0640, 0), vfs_mknodat(T, CW, a, LX_S_IFREG | 0640, 0))
PAIR(symlink, symlink("to/there", a), vfs_symlinkat(T, "to/there", CW, a))
PAIR(truncate, truncate(a, 3), vfs_truncate(T, a, 3))
PAIR(chmod, chmod(a, 0700), vfs_chmodat(T, CW, a, 0700, 0))
PAIR(chown, chown(a, -1, -1), vfs_chownat(T, CW, a, -1u, -1u, 0))
PAIR(lchown, lchown(a, 0, 0), vfs_chownat(T, CW, a, 0, 0, LX_AT_SYMLINK_NOFOLLOW))
PAIR(utimens, utimensat(AT_FDCWD, a, NULL, 0), vfs_utimensat(T, CW, a, NULL, 0))
PAIR(chdir, native_chdir(a) < 0 ? -1 : 0, emul_chdir(a))
PAIR(rename, rename(a, b), vfs_renameat(T, CW, a, CW, b, 0))
PAIR(rename_noreplace, syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 1),
     vfs_renameat(T, CW, a, CW, b, 1))
PAIR(rename_exchange, syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2),
     vfs_renameat(T, CW, a, CW, b, 2))
PAIR(link, link(a, b), vfs_linkat(T, CW, a, CW, b, 0))
PAIR(link_follow, linkat(AT_FDCWD, a, AT_FDCWD, b, AT_SYMLINK_FOLLOW),
     vfs_linkat(T, CW, a, CW, b, LX_AT_SYMLINK_FOLLOW))

#define ROW(name, two)                         \
	{                                      \
#name, n_##name, v_##name, two \
	}
static const struct call {
	const char *name;
	int (*native)(const char *a, const char *b);
	int (*emul)(const char *a, const char *b);
	bool two;
} calls[] = {
	ROW(rdonly, 0),
	ROW(wronly, 0),
	ROW(trunc, 0),
	ROW(rdtrunc, 0),
	ROW(creat, 0),
	ROW(creat_rd, 0),
	ROW(creat_trunc, 0),
	ROW(excl, 0),
	ROW(directory, 0),
	ROW(directory_wr, 0),
	ROW(nofollow, 0),
	ROW(creat_nofollow, 0),
	ROW(dir_nofollow, 0),
	ROW(o_path, 0),
	ROW(o_path_nofollow, 0),
	ROW(o_path_dir, 0),
	ROW(stat, 0),
	ROW(lstat, 0),
	ROW(access, 0),
	ROW(access_x, 0),
	ROW(readlink, 0),
	ROW(mkdir, 0),
	ROW(rmdir, 0),
	ROW(unlink, 0),
	ROW(mkfifo, 0),
	ROW(mknod_reg, 0),
	ROW(symlink, 0),
	ROW(truncate, 0),
	ROW(chmod, 0),
	ROW(chown, 0),
	ROW(lchown, 0),
	ROW(utimens, 0),
	ROW(chdir, 0),
	ROW(rename, 1),
	ROW(rename_noreplace, 1),
	ROW(rename_exchange, 1),
	ROW(link, 1),
	ROW(link_follow, 1),
};

/* ---- runs ---- */

static int failures;

static void report(const struct call *c, const char *a, const char *b, int native, int emul)
{
	if (native == emul)
		return;
	failures++;
	print_error("%s(\"%.20s\"%s%.20s): natively %s, here %s\n", c->name, a, b ? ", " : "",
		    b ? b : "", native ? lx_errno_name(-native) : "0",
		    emul ? lx_errno_name(-emul) : "0");
}

static char pristine[16384];
static bool dirty = true; /* the trees are not pristine any more */

static void compare_trees(const struct call *c, const char *a, const char *b)
{
	static char native[16384], emul[16384];

	native[0] = emul[0] = '\0';
	describe(fx_host("n"), "", native, sizeof(native));
	describe(fx_host("v"), "", emul, sizeof(emul));
	dirty = strcmp(native, pristine) || strcmp(emul, pristine);
	if (!strcmp(native, emul))
		return;
	failures++;
	print_error("%s(\"%s\"%s%s): natively\n%shere\n%s", c->name, a, b ? ", " : "", b ? b : "",
		    native, emul);
}

static void fresh_trees(void (*adapt)(const char *dir))
{
	if (dirty) {
		remove_tree(fx_host("n"));
		remove_tree(fx_host("v"));
		make_tree(fx_host("n"));
		make_tree(fx_host("v"));
		if (adapt) {
			adapt(fx_host("n"));
			adapt(fx_host("v"));
		}
		pristine[0] = '\0';
		describe(fx_host("n"), "", pristine, sizeof(pristine));
		dirty = false;
	}
	assert_int_equal(chdir(fx_host("n")), 0);
	assert_int_equal(vfs_chdir(T, "/v"), 0);
}

/* "/" is not the same on both sides, nor is ".." in TmpFs: what would change them is left out. */
static bool harmless(const struct call *c, const char *a)
{
	static const char *const reads[] = { "rdonly", "directory", "stat",  "lstat", "chdir",
					     "o_path", "readlink",  "mkdir", "rmdir", "unlink" };

	if (strcmp(a, "/") && strcmp(a, ".."))
		return true;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		if (!strcmp(c->name, reads[i]))
			return true;
	return c->two && !strcmp(a, "..");
}

static void run_volfs(const struct call *c, const char *a, const char *b)
{
	int native, emul;

	fresh_trees(NULL);
	native = c->native(a, b);
	emul = c->emul(a, b);
	report(c, a, b, native, emul);
	compare_trees(c, a, b);
}

static void every_call(void (*run)(const struct call *c, const char *a, const char *b))
{
	failures = 0;
	dirty = true;
	for (size_t k = 0; k < sizeof(calls) / sizeof(calls[0]); k++)
		for (size_t i = 0; i < NR_OPERANDS; i++) {
			if (!harmless(&calls[k], operands[i]))
				continue;
			if (!calls[k].two)
				run(&calls[k], operands[i], NULL);
			for (size_t j = 0; calls[k].two && j < NR_OPERANDS; j++)
				if (harmless(&calls[k], operands[j]))
					run(&calls[k], operands[i], operands[j]);
		}
	assert_int_equal(failures, 0);
}

static void volfs_answers_as_the_kernel_does(void **state)
{
	every_call(run_volfs);
	assert_int_equal(vfs_chdir(T, "/"), 0);
}

/* The same tree in TmpFs, by VFS calls only. */
static void make_tmpfs_tree(void)
{
	struct file *f;
	struct iter it;

	assert_int_equal(vfs_mkdirat(T, CW, "/dev/shm/v", 0755), 0);
	assert_int_equal(vfs_chdir(T, "/dev/shm/v"), 0);
	assert_int_equal(vfs_open_file(T, CW, "f", LX_O_CREAT | LX_O_WRONLY, 0644, &f), 0);
	iter_kernel(&it, "contents", 8);
	assert_int_equal(vfs_write(f, T, &it, NULL), 8);
	file_put(f);
	if (vfs_mkdirat(T, CW, "d", 0755) || vfs_mkdirat(T, CW, "full", 0755) ||
	    vfs_mkdirat(T, CW, "full/sub", 0755) || vfs_mknodat(T, CW, "full/in", 0644, 0) ||
	    vfs_symlinkat(T, "f", CW, "lf") || vfs_symlinkat(T, "full", CW, "ld") ||
	    vfs_symlinkat(T, "gone", CW, "dang") || vfs_symlinkat(T, "loop", CW, "loop") ||
	    vfs_mknodat(T, CW, "pipe", LX_S_IFIFO | 0644, 0) ||
	    vfs_linkat(T, CW, "f", CW, "hard", 0) || vfs_symlinkat(T, "d/up/x", CW, "dangup"))
		fail_msg("tmpfs tree");
}

struct names {
	struct dir_sink sink;
	char name[64][LX_NAME_MAX + 1];
	int nr;
};

static int collect(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype,
		   int64_t next)
{
	struct names *n = (struct names *)s;

	if (strcmp(name, ".") && strcmp(name, ".."))
		strcpy(n->name[n->nr++], name);
	return 0;
}

static void remove_vfs_tree(const char *dir)
{
	struct names n = { .sink = { collect } };
	char path[600];
	struct file *f;

	if (vfs_open_file(T, CW, dir, LX_O_DIRECTORY, 0, &f))
		return;
	assert_int_equal(vfs_iterate(f, T, &n.sink), 0);
	file_put(f);
	for (int i = 0; i < n.nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, n.name[i]);
		if (vfs_unlinkat(T, CW, path, 0) == -LX_EISDIR)
			remove_vfs_tree(path);
	}
	assert_int_equal(vfs_unlinkat(T, CW, dir, LX_AT_REMOVEDIR), 0);
}

static void run_tmpfs(const struct call *c, const char *a, const char *b)
{
	int native, emul;

	if (dirty) {
		assert_int_equal(vfs_chdir(T, "/"), 0);
		remove_tree(fx_host("n"));
		remove_vfs_tree("/dev/shm/v");
		make_tree(fx_host("n"));
		make_tmpfs_tree();
	}
	assert_int_equal(chdir(fx_host("n")), 0);
	native = c->native(a, b);
	emul = c->emul(a, b);
	dirty = !native || !emul;
	report(c, a, b, native, emul);
}

static void tmpfs_answers_as_the_kernel_does(void **state)
{
	every_call(run_tmpfs);
	assert_int_equal(vfs_chdir(T, "/"), 0);
}

/* The tree and full/ are user 1000's, the rest is root's; d/ is closed. */
static void give_away(const char *dir)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/full", dir);
	if (chown(dir, 1000, 1000) || chown(path, 1000, 1000))
		fail_msg("chown");
	snprintf(path, sizeof(path), "%s/d", dir);
	if (chmod(path, 0700))
		fail_msg("chmod");
}

/* As root, but judged by lxcore: what an identity unknown to the host gets. */
static void run_judged(const struct call *c, const char *a, const char *b)
{
	int native, emul;

	fresh_trees(give_away);
	assert_int_equal(setegid(1000) || seteuid(1000), 0);
	native = strncmp(c->name, "access", 6) ? c->native(a, b) : 0;
	assert_int_equal(seteuid(0) || setegid(0), 0);
	fx_become(1000, 1000);
	emul = strncmp(c->name, "access", 6) ? c->emul(a, b) : 0;
	fx_become_self();
	report(c, a, b, native, emul);
	compare_trees(c, a, b);
}

static void another_identity_is_judged_as_the_kernel_does(void **state)
{
	if (geteuid() != 0)
		skip();
	every_call(run_judged);
	assert_int_equal(vfs_chdir(T, "/"), 0);
}

static int setup(void **state)
{
	memset(long_name, 'x', 256);
	memcpy(long_inner, long_name, 256);
	strcpy(long_inner + 256, "/y");
	umask(022);
	return fx_start(state);
}

static int teardown(void **state)
{
	return chdir("/") || fx_stop(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volfs_answers_as_the_kernel_does),
		cmocka_unit_test(tmpfs_answers_as_the_kernel_does),
		cmocka_unit_test(another_identity_is_judged_as_the_kernel_does),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
