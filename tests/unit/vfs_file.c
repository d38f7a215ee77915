/* SPDX-License-Identifier: MIT */
/* Open files: data, positions, listings, attributes, extended attributes, on VolFs and TmpFs alike. */
#include "fx_vfs.h"
#include "base/alloc.h"
#include "nt/ob.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const places[] = { "", "/dev/shm" };
#define NR_PLACES 2

static const char *in(int place, const char *name)
{
	static char bufs[4][300];
	static int next;
	char *buf = bufs[next++ % 4];

	snprintf(buf, sizeof(bufs[0]), "%s/%s", places[place], name);
	return buf;
}

static struct file *open_file(const char *path, uint32_t flags)
{
	struct file *f;
	int err = vfs_open_file(fx_task, LX_AT_FDCWD, path, flags, 0644, &f);

	if (err)
		fail_msg("open %s: %s", path, lx_errno_name(-err));
	return f;
}

static int64_t write_text(struct file *f, const char *text, int64_t *pos)
{
	struct iter it;

	iter_kernel(&it, (char *)text, strlen(text));
	return vfs_write(f, fx_task, &it, pos);
}

static const char *text_of(struct file *f)
{
	static char buf[100];
	int64_t n = vfs_pread(f, buf, sizeof(buf) - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void each_open_has_its_own_position(void **state)
{
	for (int p = 0; p < NR_PLACES; p++) {
		struct file *a = open_file(in(p, "pos"), LX_O_CREAT | LX_O_RDWR),
			    *b = open_file(in(p, "pos"), LX_O_RDWR);
		int64_t at = 1;

		assert_int_equal(write_text(a, "hello", NULL), 5);
		assert_int_equal(vfs_llseek(a, 0, LX_SEEK_CUR), 5);
		assert_int_equal(vfs_llseek(b, 0, LX_SEEK_CUR), 0);
		assert_int_equal(write_text(b, "J", NULL), 1);
		assert_int_equal(write_text(a, "E", &at), 1);
		assert_int_equal(vfs_llseek(a, 0, LX_SEEK_CUR), 5);
		assert_string_equal(text_of(a), "JEllo");
		assert_int_equal(vfs_llseek(a, -2, LX_SEEK_END), 3);
		assert_int_equal(vfs_llseek(a, -9, LX_SEEK_END), -LX_EINVAL);
		assert_int_equal(vfs_llseek(a, 0, 9), -LX_EINVAL);
		file_put(a);
		file_put(b);
	}
}

static void appending_and_truncating(void **state)
{
	for (int p = 0; p < NR_PLACES; p++) {
		struct file *a = open_file(in(p, "app"), LX_O_CREAT | LX_O_RDWR | LX_O_APPEND);
		struct iattr attr = { .valid = ATTR_SIZE, .size = 4 };

		write_text(a, "one", NULL);
		vfs_llseek(a, 0, LX_SEEK_SET);
		write_text(a, "two", NULL);
		assert_string_equal(text_of(a), "onetwo");
		assert_int_equal(vfs_setattr_file(fx_task, a, &attr), 0);
		assert_string_equal(text_of(a), "onet");
		file_put(open_file(in(p, "app"), LX_O_RDONLY | LX_O_TRUNC));
		assert_string_equal(text_of(a), "");
		file_put(a);
		assert_int_equal(vfs_truncate(fx_task, in(p, "app"), 7), 0);
	}
}

static void modes_of_access_are_kept(void **state)
{
	for (int p = 0; p < NR_PLACES; p++) {
		struct file *w = open_file(in(p, "acc"), LX_O_CREAT | LX_O_WRONLY),
			    *r = open_file(in(p, "acc"), LX_O_RDONLY);
		char c;

		assert_int_equal(write_text(r, "x", NULL), -LX_EBADF);
		assert_int_equal(vfs_pread(w, &c, 1, 0), -LX_EBADF);
		file_put(w);
		file_put(r);
		r = open_file(in(p, ""), LX_O_RDONLY);
		assert_int_equal(vfs_pread(r, &c, 1, 0), -LX_EISDIR);
		file_put(r);
	}
}

static void a_file_lives_on_without_a_name(void **state)
{
	for (int p = 0; p < NR_PLACES; p++) {
		struct file *f = open_file(in(p, "gone"), LX_O_CREAT | LX_O_RDWR);
		char path[300];
		struct path root;
		struct kstat st;

		write_text(f, "still", NULL);
		assert_int_equal(vfs_unlinkat(fx_task, LX_AT_FDCWD, in(p, "gone"), 0), 0);
		assert_string_equal(text_of(f), "still");
		assert_int_equal(vfs_fstat(f, &st), 0);
		assert_int_equal(st.nlink, 0);
		mount_root(&root);
		assert_true(vfs_path_text(&f->path, f, &root, path, sizeof(path), NULL) > 0);
		path_put(&root);
		assert_string_equal(path, p ? "/dev/shm/gone (deleted)" : "/gone (deleted)");
		file_put(f);
	}
}

static void an_unnamed_file_is_made_by_tmpfile(void **state)
{
	struct file *f = open_file("/", LX_O_TMPFILE | LX_O_RDWR);
	struct kstat st;

	write_text(f, "nameless", NULL);
	assert_string_equal(text_of(f), "nameless");
	assert_int_equal(vfs_fstat(f, &st), 0);
	assert_int_equal(st.nlink, 0);
	assert_int_equal(st.mode, LX_S_IFREG | 0644);
	file_put(f);
	f = open_file("/dev/shm", LX_O_TMPFILE | LX_O_RDWR);
	assert_int_equal(vfs_fstat(f, &st), 0);
	assert_int_equal(st.nlink, 0);
	file_put(f);
	assert_int_equal(fx_open("/", LX_O_TMPFILE | LX_O_RDONLY, 0644), -LX_EINVAL);
}

/* ---- listings ---- */

static int nr_seen;
static bool seen[3000];

static void note(const char *name)
{
	int n;

	if (sscanf(name, "n%d", &n) == 1 && n >= 0 && n < 3000) {
		assert_false(seen[n]);
		seen[n] = true;
		nr_seen++;
	}
}

/* Reads on with getdents64, size bytes at a time. Returns the offset behind the last entry. */
static int64_t list_some(int64_t fd, uint32_t size, int calls)
{
	static char buf[65536];
	int64_t n, off = 0;

	while (calls-- && (n = fx_call(sys_getdents64, (uint64_t)fd, FX_PTR(buf), size, 0, 0)) > 0)
		for (int64_t at = 0; at < n;) {
			struct lx_dirent64 *e = (struct lx_dirent64 *)(buf + at);

			note(e->d_name);
			off = e->d_off;
			at += e->d_reclen;
		}
	return off;
}

static void every_entry_is_listed_once(void **state)
{
	for (int p = 0; p < NR_PLACES; p++) {
		int64_t fd, off;

		assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, in(p, "many"), 0755), 0);
		for (int i = 0; i < 1500; i++) {
			char name[40];

			snprintf(name, sizeof(name), "many/n%d", i);
			assert_int_equal(vfs_mknodat(fx_task, LX_AT_FDCWD, in(p, name), 0644, 0),
					 0);
		}
		fd = fx_open(in(p, "many"), LX_O_DIRECTORY, 0);
		assert_int_equal(fx_call(sys_getdents64, (uint64_t)fd, 0, 10, 0, 0), -LX_EINVAL);
		for (uint32_t size = 300; size <= 65536; size *= 12) {
			memset(seen, 0, sizeof(seen));
			nr_seen = 0;
			assert_int_equal(fx_call(sys_lseek, (uint64_t)fd, 0, LX_SEEK_SET, 0, 0), 0);
			list_some(fd, size, -1);
			assert_int_equal(nr_seen, 1500);
		}
		/* Going back to a place seen before. */
		memset(seen, 0, sizeof(seen));
		nr_seen = 0;
		fx_call(sys_lseek, (uint64_t)fd, 0, LX_SEEK_SET, 0, 0);
		off = list_some(fd, 1000, 5);
		list_some(fd, 1000, -1);
		assert_int_equal(nr_seen, 1500);
		fx_call(sys_lseek, (uint64_t)fd, (uint64_t)off, LX_SEEK_SET, 0, 0);
		for (int i = 0; i < 1500; i++)
			seen[i] = false;
		nr_seen = 0;
		list_some(fd, 4096, -1);
		assert_true(nr_seen > 1000 && nr_seen < 1500);
		fd_close(fx_task, (int)fd);
	}
}

static int dot_ino(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype,
		   int64_t next)
{
	uint64_t *inos = (uint64_t *)(s + 1);

	if (!strcmp(name, "."))
		inos[0] = ino;
	if (!strcmp(name, ".."))
		inos[1] = ino;
	return 0;
}

static void dots_have_the_right_inode_numbers(void **state)
{
	static const char *const dirs[] = { "/", "/dev/shm", "/many", "/dev/shm/many", "/dev" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		struct {
			struct dir_sink sink;
			uint64_t ino[2];
		} s = { .sink = { dot_ino } };
		struct file *f = open_file(dirs[i], LX_O_DIRECTORY);
		struct kstat self, up;
		char path[64];

		assert_int_equal(vfs_iterate(f, fx_task, &s.sink), 0);
		file_put(f);
		snprintf(path, sizeof(path), "%s/..", dirs[i]);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, dirs[i], 0, &self), 0);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, path, 0, &up), 0);
		assert_int_equal(s.ino[0], self.ino);
		assert_int_equal(s.ino[1], up.ino);
	}
}

/* ---- attributes ---- */

static void times_keep_their_nanoseconds(void **state)
{
	const struct lx_timespec ts[2] = { { 1000000001, 123456789 }, { -5, 987654321 } };
	struct lx_timespec some[2] = { { 7, LX_UTIME_OMIT }, { 7, 7 } };
	struct kstat st;

	for (int p = 0; p < NR_PLACES; p++) {
		file_put(open_file(in(p, "times"), LX_O_CREAT | LX_O_RDWR));
		assert_int_equal(vfs_utimensat(fx_task, LX_AT_FDCWD, in(p, "times"), ts, 0), 0);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, in(p, "times"), 0, &st), 0);
		assert_int_equal(st.atime.tv_sec, 1000000001);
		assert_int_equal(st.atime.tv_nsec, 123456789);
		assert_int_equal(st.mtime.tv_sec, -5);
		assert_int_equal(st.mtime.tv_nsec, 987654321);
		assert_int_equal(vfs_utimensat(fx_task, LX_AT_FDCWD, in(p, "times"), some, 0), 0);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, in(p, "times"), 0, &st), 0);
		assert_int_equal(st.atime.tv_sec, 1000000001);
		assert_int_equal(st.mtime.tv_sec, 7);
	}
}

static void the_mode_is_masked_at_creation_and_exact_at_chmod(void **state)
{
	struct kstat st;

	for (int p = 0; p < NR_PLACES; p++) {
		assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, in(p, "mode"), 07777), 0);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, in(p, "mode"), 0, &st), 0);
		assert_int_equal(st.mode, LX_S_IFDIR | 01755);
		assert_int_equal(vfs_chmodat(fx_task, LX_AT_FDCWD, in(p, "mode"), 02707, 0), 0);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, in(p, "mode"), 0, &st), 0);
		assert_int_equal(st.mode, LX_S_IFDIR | 02707);
	}
}

static void a_stranger_owns_what_he_makes_and_cannot_take_what_is_not_his(void **state)
{
	struct kstat st;

	if (geteuid() != 0)
		skip();
	for (int p = 0; p < NR_PLACES; p++) {
		assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, in(p, "pub"), 0777), 0);
		assert_int_equal(vfs_chmodat(fx_task, LX_AT_FDCWD, in(p, "pub"), 01777, 0), 0);
		file_put(open_file(in(p, "pub/roots"), LX_O_CREAT | LX_O_RDWR));
		fx_become(1000, 1001);
		file_put(open_file(in(p, "pub/own"), LX_O_CREAT | LX_O_RDWR));
		assert_int_equal(vfs_symlinkat(fx_task, "own", LX_AT_FDCWD, in(p, "pub/link")), 0);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, in(p, "pub/own"), 0, &st), 0);
		assert_int_equal(st.uid, 1000);
		assert_int_equal(st.gid, 1001);
		assert_int_equal(vfs_statat(fx_task, LX_AT_FDCWD, in(p, "pub/link"),
					    LX_AT_SYMLINK_NOFOLLOW, &st),
				 0);
		assert_int_equal(st.uid, 1000);
		assert_int_equal(fx_open(in(p, "pub/roots"), LX_O_RDWR, 0), -LX_EACCES);
		assert_int_equal(vfs_unlinkat(fx_task, LX_AT_FDCWD, in(p, "pub/roots"), 0),
				 -LX_EPERM);
		assert_int_equal(vfs_renameat(fx_task, LX_AT_FDCWD, in(p, "pub/own"), LX_AT_FDCWD,
					      in(p, "pub/roots"), 0),
				 -LX_EPERM);
		assert_int_equal(vfs_chmodat(fx_task, LX_AT_FDCWD, in(p, "pub/roots"), 0777, 0),
				 -LX_EPERM);
		assert_int_equal(vfs_chownat(fx_task, LX_AT_FDCWD, in(p, "pub/own"), 0, -1u, 0),
				 -LX_EPERM);
		assert_int_equal(vfs_chownat(fx_task, LX_AT_FDCWD, in(p, "pub/own"), 1000, 1001, 0),
				 0);
		assert_int_equal(vfs_utimensat(fx_task, LX_AT_FDCWD, in(p, "pub/roots"), NULL, 0),
				 -LX_EACCES);
		assert_int_equal(vfs_unlinkat(fx_task, LX_AT_FDCWD, in(p, "pub/own"), 0), 0);
		fx_become_self();
	}
}

static void xattrs_are_the_hosts(void **state)
{
	char buf[100];

	fx_write("x", "");
	if (setxattr(fx_host("x"), "user.host", "value", 5, 0))
		skip();
	assert_int_equal(vfs_getxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.host", buf, 0), 5);
	assert_int_equal(vfs_getxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.host", buf, 100), 5);
	assert_memory_equal(buf, "value", 5);
	assert_int_equal(vfs_getxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.host", buf, 3),
			 -LX_ERANGE);
	assert_int_equal(vfs_getxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.none", buf, 100),
			 -LX_ENODATA);
	assert_int_equal(vfs_setxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.MixedCase", "", 0, 0),
			 0);
	assert_int_equal(vfs_getxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.MixedCase", buf, 100),
			 0);
	assert_int_equal(getxattr(fx_host("x"), "user.MixedCase", buf, 100), 0);
	assert_int_equal(vfs_setxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.host", "z", 1,
				      LX_XATTR_CREATE),
			 -LX_EEXIST);
	assert_int_equal(vfs_setxattr(fx_task, LX_AT_FDCWD, "/x", true, "user.new", "z", 1,
				      LX_XATTR_REPLACE),
			 -LX_ENODATA);
	assert_int_equal(vfs_listxattr(fx_task, LX_AT_FDCWD, "/x", true, buf, 0),
			 listxattr(fx_host("x"), NULL, 0));
	assert_int_equal(vfs_listxattr(fx_task, LX_AT_FDCWD, "/x", true, buf, 5), -LX_ERANGE);
	assert_int_equal(vfs_removexattr(fx_task, LX_AT_FDCWD, "/x", true, "user.host"), 0);
	assert_int_equal(vfs_removexattr(fx_task, LX_AT_FDCWD, "/x", true, "user.host"),
			 -LX_ENODATA);
	assert_int_equal(vfs_setxattr(fx_task, LX_AT_FDCWD, "/x", true, "nonsense", "z", 1, 0),
			 -LX_EOPNOTSUPP);
	assert_int_equal(vfs_getxattr(fx_task, LX_AT_FDCWD, "/dev/shm", true, "user.x", buf, 1),
			 -LX_ENODATA);
}

/* ---- from file to file ---- */

static void copies_move_positions_as_said(void **state)
{
	int64_t in_fd, out_fd, off = 2;

	fx_write("src", "0123456789");
	in_fd = fd_install_plain(fx_task, open_file("/src", LX_O_RDONLY), false);
	out_fd = fd_install_plain(fx_task, open_file("/dev/shm/dst", LX_O_CREAT | LX_O_RDWR),
				  false);
	assert_int_equal(
		fx_call(sys_sendfile, (uint64_t)out_fd, (uint64_t)in_fd, FX_PTR(&off), 3, 0), 3);
	assert_int_equal(off, 5);
	assert_int_equal(fx_call(sys_sendfile, (uint64_t)out_fd, (uint64_t)in_fd, 0, 4, 0), 4);
	assert_int_equal(fx_call(sys_lseek, (uint64_t)in_fd, 0, LX_SEEK_CUR, 0, 0), 4);
	assert_string_equal(fx_read((int)out_fd), "2340123");
	off = 8;
	assert_int_equal(fx_call(sys_copy_file_range, (uint64_t)in_fd, FX_PTR(&off),
				 (uint64_t)out_fd, 0, 10),
			 2);
	assert_int_equal(off, 10);
	assert_string_equal(fx_read((int)out_fd), "234012389");
	assert_int_equal(fx_call(sys_sendfile, (uint64_t)in_fd, (uint64_t)in_fd, 0, 1, 0),
			 -LX_EBADF);
	assert_int_equal(fx_call(sys_sendfile, (uint64_t)out_fd, 99, 0, 1, 0), -LX_EBADF);
}

static void nothing_leaks(void **state)
{
	ULONG handles, objects;

	for (int round = 0; round < 3; round++) {
		if (round == 1) {
			handles = ObQueryHandleCount();
			objects = ObQueryObjectCount();
		}
		for (int i = 0; i < 50; i++) {
			struct file *f = open_file("/many/n1", LX_O_RDONLY);

			file_put(f);
			f = open_file("/dev/shm/leak", LX_O_CREAT | LX_O_RDWR);
			file_put(f);
			assert_int_equal(vfs_unlinkat(fx_task, LX_AT_FDCWD, "/dev/shm/leak", 0), 0);
			assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, "/dir", 0755), 0);
			assert_int_equal(vfs_mkdirat(fx_task, LX_AT_FDCWD, "/dir/x", 0755), 0);
			assert_int_equal(vfs_chdir(fx_task, "/dir/x"), 0);
			assert_int_equal(vfs_chdir(fx_task, "/"), 0);
			assert_int_equal(
				vfs_unlinkat(fx_task, LX_AT_FDCWD, "/dir/x", LX_AT_REMOVEDIR), 0);
			assert_int_equal(
				vfs_unlinkat(fx_task, LX_AT_FDCWD, "/dir", LX_AT_REMOVEDIR), 0);
		}
	}
	assert_int_equal(ObQueryHandleCount(), handles);
	assert_int_equal(ObQueryObjectCount(), objects);
}

/* One of each kind of call, in both places. The first failure ends it. */
static int scene(void)
{
	struct names {
		struct dir_sink sink;
		uint64_t ino[2];
	} s = { .sink = { dot_ino } };
	struct file *f = NULL;
	struct kstat st;
	int err = 0;

	for (int p = 0; p < NR_PLACES && !err; p++) {
		err = vfs_mkdirat(fx_task, LX_AT_FDCWD, in(p, "oom"), 0755);
		if (!err)
			err = vfs_open_file(fx_task, LX_AT_FDCWD, in(p, "oom/f"),
					    LX_O_CREAT | LX_O_RDWR, 0644, &f);
		if (!err) {
			err = write_text(f, "text", NULL) < 0 ? -LX_ENOMEM : 0;
			file_put(f);
		}
		if (!err)
			err = vfs_symlinkat(fx_task, "oom/f", LX_AT_FDCWD, in(p, "oom-link"));
		if (!err)
			err = vfs_statat(fx_task, LX_AT_FDCWD, in(p, "oom-link"), 0, &st);
		if (!err)
			err = vfs_renameat(fx_task, LX_AT_FDCWD, in(p, "oom/f"), LX_AT_FDCWD,
					   in(p, "oom/g"), 0);
		if (!err)
			err = vfs_linkat(fx_task, LX_AT_FDCWD, in(p, "oom/g"), LX_AT_FDCWD,
					 in(p, "oom/h"), 0);
		if (!err)
			err = vfs_chmodat(fx_task, LX_AT_FDCWD, in(p, "oom/h"), 0600, 0);
		if (!err)
			err = vfs_open_file(fx_task, LX_AT_FDCWD, in(p, "oom"), LX_O_DIRECTORY, 0,
					    &f);
		if (!err) {
			err = vfs_iterate(f, fx_task, &s.sink);
			file_put(f);
		}
	}
	return err;
}

static void clean_scene(void)
{
	static const char *const names[] = { "oom/f", "oom/g", "oom/h", "oom-link" };

	for (int p = 0; p < NR_PLACES; p++) {
		for (int i = 0; i < 4; i++)
			vfs_unlinkat(fx_task, LX_AT_FDCWD, in(p, names[i]), 0);
		vfs_unlinkat(fx_task, LX_AT_FDCWD, in(p, "oom"), LX_AT_REMOVEDIR);
	}
}

static void every_allocation_may_fail(void **state)
{
	ULONG objects, handles;
	int err, n = 0;

	assert_int_equal(scene(), 0);
	clean_scene();
	vfs_reclaim(); /* cached names are objects, too */
	objects = ObQueryObjectCount();
	handles = ObQueryHandleCount();
	do {
		mem_fail_nth((uint64_t)++n);
		err = scene();
		if (mem_fail_armed())
			break;
		mem_fail_nth(0);
		if (err && err != -LX_ENOMEM)
			fail_msg("allocation %d: %s", n, lx_errno_name(-err));
		clean_scene();
	} while (n < 5000);
	mem_fail_nth(0);
	clean_scene();
	vfs_reclaim();
	assert_true(n > 20 && n < 5000);
	assert_int_equal(ObQueryObjectCount(), objects);
	assert_int_equal(ObQueryHandleCount(), handles);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_open_has_its_own_position),
		cmocka_unit_test(appending_and_truncating),
		cmocka_unit_test(modes_of_access_are_kept),
		cmocka_unit_test(a_file_lives_on_without_a_name),
		cmocka_unit_test(an_unnamed_file_is_made_by_tmpfile),
		cmocka_unit_test(every_entry_is_listed_once),
		cmocka_unit_test(dots_have_the_right_inode_numbers),
		cmocka_unit_test(times_keep_their_nanoseconds),
		cmocka_unit_test(the_mode_is_masked_at_creation_and_exact_at_chmod),
		cmocka_unit_test(a_stranger_owns_what_he_makes_and_cannot_take_what_is_not_his),
		cmocka_unit_test(xattrs_are_the_hosts),
		cmocka_unit_test(copies_move_positions_as_said),
		cmocka_unit_test(nothing_leaks),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}
