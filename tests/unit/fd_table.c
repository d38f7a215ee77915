/* SPDX-License-Identifier: MIT */
/* Descriptors: numbers, sharing, close-on-exec, and the guest's slots. */
#include "fx_vfs.h"
#include <string.h>

static struct file *plain(void)
{
	return file_alloc(LX_O_RDWR);
}

/* A file that counts its releases. */
static int released;

static void count_release(struct file *f)
{
	released++;
}

static const struct file_ops counting = { .release = count_release };

static struct file *counted(void)
{
	struct file *f = plain();

	f->fop = &counting;
	return f;
}

/* The table of the fixture's task is replaced for each test. */
static int fresh(void **state)
{
	fdtable_put(fx_task->files);
	fx_task->files = fdtable_new();
	fx_task->tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur = 256;
	fx_placeholders = fx_installs = released = 0;
	return 0;
}

static void the_lowest_free_number_is_taken(void **state)
{
	for (int i = 0; i < 200; i++)
		assert_int_equal(fd_install(fx_task, plain(), 0, false), i);
	assert_int_equal(fd_close(fx_task, 5), 0);
	assert_int_equal(fd_close(fx_task, 70), 0);
	assert_int_equal(fd_close(fx_task, 3), 0);
	assert_int_equal(fd_install(fx_task, plain(), 0, false), 3);
	assert_int_equal(fd_install(fx_task, plain(), 10, false), 70);
	assert_int_equal(fd_install(fx_task, plain(), 0, false), 5);
	assert_int_equal(fd_install(fx_task, plain(), 0, false), 200);
	assert_int_equal(fd_install(fx_task, plain(), 250, false), 250);
	assert_int_equal(fd_install(fx_task, plain(), 0, false), 201);
}

static void the_limit_is_the_smaller_of_two(void **state)
{
	fx_task->tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur = 4;
	for (int i = 0; i < 4; i++)
		assert_int_equal(fd_install(fx_task, plain(), 0, false), i);
	assert_int_equal(fd_install(fx_task, plain(), 0, false), -LX_EMFILE);
	assert_int_equal(fd_install_at(fx_task, plain(), 4, false), -LX_EBADF);
	assert_int_equal(fd_dup(fx_task, 0, 4, false), -LX_EINVAL);
	assert_int_equal(fd_dup(fx_task, 0, -1, false), -LX_EINVAL);
	assert_int_equal(fd_dup(fx_task, 0, 3, false), -LX_EMFILE);
	assert_int_equal(fd_dup(fx_task, 9, 0, false), -LX_EBADF);
	fx_task->tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur = LX_RLIM_INFINITY;
	assert_int_equal(fd_install_at(fx_task, plain(), 1023, false), 1023);
	assert_int_equal(fd_install_at(fx_task, plain(), 1024, false), -LX_EBADF);
}

static void dup2_closes_what_was_there(void **state)
{
	fd_install(fx_task, counted(), 0, false);
	fd_install(fx_task, counted(), 0, true);
	assert_int_equal(fx_call(sys_dup2, 0, 1, 0, 0, 0), 1);
	assert_int_equal(released, 1);
	assert_int_equal(fd_get_cloexec(fx_task, 1), 0);
	assert_int_equal(fx_call(sys_dup2, 1, 1, 0, 0, 0), 1);
	assert_int_equal(fx_call(sys_dup2, 7, 7, 0, 0, 0), -LX_EBADF);
	assert_int_equal(fx_call(sys_dup2, 7, 1, 0, 0, 0), -LX_EBADF);
	assert_int_equal(fx_call(sys_dup3, 0, 0, 0, 0, 0), -LX_EINVAL);
	assert_int_equal(fx_call(sys_dup3, 0, 5, 1, 0, 0), -LX_EINVAL);
	assert_int_equal(fx_call(sys_dup3, 0, 5, LX_O_CLOEXEC, 0, 0), 5);
	assert_int_equal(fd_get_cloexec(fx_task, 5), 1);
	assert_int_equal(fd_close(fx_task, 0), 0);
	assert_int_equal(fd_close(fx_task, 1), 0);
	assert_int_equal(released, 1);
	assert_int_equal(fd_close(fx_task, 5), 0);
	assert_int_equal(released, 2);
}

static void exec_closes_what_is_marked(void **state)
{
	fd_install(fx_task, counted(), 0, false);
	fd_install(fx_task, counted(), 0, true);
	fd_install(fx_task, counted(), 0, false);
	assert_int_equal(fd_set_cloexec(fx_task, 2, true), 0);
	fdtable_exec(fx_task->files, fx_task);
	assert_int_equal(released, 2);
	assert_int_equal(fd_get_cloexec(fx_task, 0), 0);
	assert_int_equal(fd_get_cloexec(fx_task, 1), -LX_EBADF);
	assert_int_equal(fd_install(fx_task, plain(), 0, false), 1);
}

static void a_copy_lives_on_its_own(void **state)
{
	struct fdtable *copy;

	fd_install(fx_task, counted(), 0, false);
	fd_install(fx_task, counted(), 100, true);
	copy = fdtable_copy(fx_task->files);
	assert_int_equal(fd_close_range(fx_task, 0, ~0u, 0), 0);
	assert_int_equal(released, 0);
	fdtable_put(copy);
	assert_int_equal(released, 2);
}

static void close_range_closes_or_marks(void **state)
{
	for (int i = 0; i < 10; i++)
		fd_install(fx_task, counted(), 0, false);
	assert_int_equal(fd_close_range(fx_task, 5, 4, 0), -LX_EINVAL);
	assert_int_equal(fd_close_range(fx_task, 0, 1, 1), -LX_EINVAL);
	assert_int_equal(fd_close_range(fx_task, 2, 3, LX_CLOSE_RANGE_CLOEXEC), SC_CONTINUE);
	assert_int_equal(fd_get_cloexec(fx_task, 3), 1);
	assert_int_equal(fd_get_cloexec(fx_task, 4), 0);
	assert_int_equal(fd_close_range(fx_task, 4, ~0u, 0), 0);
	assert_int_equal(released, 6);
	assert_int_equal(fd_get_cloexec(fx_task, 4), -LX_EBADF);
}

/* ---- slots: regular files of VolFs are direct ---- */

static void open_of_a_regular_file_fills_a_slot(void **state)
{
	struct fdtable *shared;
	struct file *f;
	int64_t fd;

	fx_write("slot", "x");
	fd = fx_open("/slot", LX_O_RDWR, 0);
	assert_true(fd_is_slot(fx_task, (int)fd));
	assert_int_equal(fx_call(sys_read, fd, 0, 1, 0, 0), SC_CONTINUE);
	assert_int_equal(fx_call(sys_fcntl, fd, LX_F_SETFD, 1, 0, 0), SC_CONTINUE);
	assert_int_equal(fx_call(sys_fcntl, fd, LX_F_GETFD, 0, 0, 0), 1);
	assert_int_equal(fd_close(fx_task, (int)fd), SC_CONTINUE);
	assert_int_equal(fx_placeholders, 0);
	/* With a second owner of the table the slot is overwritten instead. */
	fd = fx_open("/slot", LX_O_RDWR, 0);
	shared = fdtable_get(fx_task->files);
	assert_int_equal(fd_close(fx_task, (int)fd), 0);
	assert_int_equal(fx_placeholders, 1);
	fdtable_put(shared);
	/* What is no host file over a slot. */
	fd = fx_open("/slot", LX_O_RDWR, 0);
	assert_int_equal(fd_install_at(fx_task, plain(), (int)fd, false), fd);
	assert_int_equal(fx_placeholders, 2);
	assert_false(fd_is_slot(fx_task, (int)fd));
	/* A direct file that came without one gets a slot when it is mapped. */
	fd = fx_open("/slot", LX_O_RDWR, 0);
	assert_int_equal(fd_get(fx_task, (int)fd, &f), 0);
	fd = fd_install_plain(fx_task, f, false);
	assert_false(fd_is_slot(fx_task, (int)fd));
	assert_int_equal(fd_make_slot(fx_task, (int)fd, f), 0);
	assert_int_equal(fx_installs, 1);
	assert_true(fd_is_slot(fx_task, (int)fd));
}

static void path_descriptors_do_little(void **state)
{
	struct kstat st;
	struct file *f;
	int64_t fd;

	fx_write("path", "x");
	fd = fx_open("/path", LX_O_PATH, 0);
	assert_true(fd >= 0);
	assert_false(fd_is_slot(fx_task, (int)fd));
	assert_int_equal(fd_get_slot(fx_task, (int)fd, false, &f, NULL), -LX_EBADF);
	assert_int_equal(fx_call(sys_read, fd, 0, 1, 0, 0), -LX_EBADF);
	assert_int_equal(fx_call(sys_lseek, fd, 0, 0, 0, 0), -LX_EBADF);
	assert_int_equal(fx_call(sys_fchmod, fd, 0600, 0, 0, 0), -LX_EBADF);
	assert_int_equal(fx_call(sys_fcntl, fd, LX_F_SETFL, 0, 0, 0), -LX_EBADF);
	assert_int_equal(fx_call(sys_fcntl, fd, LX_F_GETFL, 0, 0, 0), LX_O_PATH);
	assert_int_equal(vfs_statat(fx_task, (int)fd, "", LX_AT_EMPTY_PATH, &st), 0);
	assert_int_equal(st.size, 1);
}

/* ---- locks of what the host does not have ---- */

static int record(int64_t fd, uint32_t cmd, int type, int64_t start, int64_t len)
{
	struct lx_flock fl = { .l_type = (int16_t)type, .l_start = start, .l_len = len };
	struct file *f;
	int err = fd_get(fx_task, (int)fd, &f);

	if (!err) {
		err = vfs_lock_record(fx_task, f, cmd, &fl);
		file_put(f);
	}
	return err ? err : cmd == LX_F_GETLK ? fl.l_type : 0;
}

static void record_locks_split_merge_and_conflict(void **state)
{
	struct fdtable *mine = fx_task->files, *other = fdtable_new();
	int64_t a = fx_open("/dev/null", LX_O_RDWR, 0), b;

	assert_int_equal(record(a, LX_F_SETLK, LX_F_WRLCK, 0, 100), 0);
	assert_int_equal(record(a, LX_F_SETLK, LX_F_UNLCK, 40, 20), 0);
	assert_int_equal(record(a, LX_F_SETLK, LX_F_RDLCK, 80, 0), 0);
	fx_task->files = other;
	b = fx_open("/dev/null", LX_O_RDWR, 0);
	assert_int_equal(record(b, LX_F_GETLK, LX_F_WRLCK, 0, 1), LX_F_WRLCK);
	assert_int_equal(record(b, LX_F_GETLK, LX_F_WRLCK, 40, 20), LX_F_UNLCK);
	assert_int_equal(record(b, LX_F_SETLK, LX_F_WRLCK, 40, 21), -LX_EAGAIN);
	assert_int_equal(record(b, LX_F_SETLK, LX_F_WRLCK, 40, 20), 0);
	assert_int_equal(record(b, LX_F_SETLK, LX_F_WRLCK, 1000, 1), -LX_EAGAIN);
	assert_int_equal(record(b, LX_F_SETLK, LX_F_RDLCK, 1000, 1), 0);
	assert_int_equal(record(b, LX_F_SETLK, LX_F_RDLCK, -1, 1), -LX_EINVAL);
	assert_int_equal(record(b, LX_F_SETLK, 7, 0, 1), -LX_EINVAL);
	assert_int_equal(record(b, LX_F_OFD_SETLK, LX_F_WRLCK, 0, 1), -LX_EAGAIN);
	fx_task->files = mine;
	assert_int_equal(record(a, LX_F_SETLK, LX_F_WRLCK, 1000, 1), -LX_EAGAIN);
	/* Any close of the object drops the table's locks. */
	assert_int_equal(fx_call(sys_dup, (uint64_t)a, 0, 0, 0, 0), a + 1);
	assert_int_equal(fd_close(fx_task, (int)a + 1), 0);
	fx_task->files = other;
	assert_int_equal(record(b, LX_F_SETLK, LX_F_WRLCK, 0, 0), 0);
	fx_task->files = mine;
	fdtable_put(other);
	assert_int_equal(record(a, LX_F_SETLK, LX_F_WRLCK, 0, 0), 0);
}

static void flock_belongs_to_the_open_file(void **state)
{
	int64_t a = fx_open("/dev", LX_O_DIRECTORY, 0), b = fx_open("/dev", LX_O_DIRECTORY, 0);
	int64_t dup = fx_call(sys_dup, (uint64_t)a, 0, 0, 0, 0);

	assert_int_equal(fx_call(sys_flock, (uint64_t)a, LX_LOCK_EX, 0, 0, 0), 0);
	assert_int_equal(fx_call(sys_flock, (uint64_t)dup, LX_LOCK_EX | LX_LOCK_NB, 0, 0, 0), 0);
	assert_int_equal(fx_call(sys_flock, (uint64_t)b, LX_LOCK_SH | LX_LOCK_NB, 0, 0, 0),
			 -LX_EAGAIN);
	assert_int_equal(fx_call(sys_flock, (uint64_t)b, 7, 0, 0, 0), -LX_EINVAL);
	fd_close(fx_task, (int)a);
	assert_int_equal(fx_call(sys_flock, (uint64_t)b, LX_LOCK_SH | LX_LOCK_NB, 0, 0, 0),
			 -LX_EAGAIN);
	fd_close(fx_task, (int)dup);
	assert_int_equal(fx_call(sys_flock, (uint64_t)b, LX_LOCK_SH | LX_LOCK_NB, 0, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_lowest_free_number_is_taken, fresh),
		cmocka_unit_test_setup(the_limit_is_the_smaller_of_two, fresh),
		cmocka_unit_test_setup(dup2_closes_what_was_there, fresh),
		cmocka_unit_test_setup(exec_closes_what_is_marked, fresh),
		cmocka_unit_test_setup(a_copy_lives_on_its_own, fresh),
		cmocka_unit_test_setup(close_range_closes_or_marks, fresh),
		cmocka_unit_test_setup(open_of_a_regular_file_fills_a_slot, fresh),
		cmocka_unit_test_setup(path_descriptors_do_little, fresh),
		cmocka_unit_test_setup(record_locks_split_merge_and_conflict, fresh),
		cmocka_unit_test_setup(flock_belongs_to_the_open_file, fresh),
	};

	return cmocka_run_group_tests(tests, fx_start, fx_stop);
}
