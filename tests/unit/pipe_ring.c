/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs: order, atomicity, end of file, broken pipes, sizes, blocking. */
#include "fx_event.h"
#include "lxrun/anon.h"
#include "task/task_impl.h"
#include <stdio.h>
#include <stdlib.h>

static struct fx_task self;
static struct file *ends[2];

static int make(void **state)
{
	fx_task_init(&self);
	return pipe_create(&self.t, LX_O_NONBLOCK, ends);
}

static int drop(void **state)
{
	file_put(ends[0]);
	file_put(ends[1]);
	ends[0] = ends[1] = NULL;
	return 0;
}

static void bytes_come_out_in_order(void **state)
{
	char buf[16];

	assert_int_equal(fx_write(ends[1], &self, "hello", 5), 5);
	assert_int_equal(fx_write(ends[1], &self, " you", 4), 4);
	assert_int_equal(fx_read(ends[0], &self, buf, 3), 3);
	assert_memory_equal(buf, "hel", 3);
	assert_int_equal(fx_read(ends[0], &self, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "lo you", 6);
	assert_int_equal(fx_read(ends[0], &self, buf, sizeof(buf)), -LX_EAGAIN);
	assert_int_equal(fx_read(ends[0], &self, buf, 0), 0);
}

static void the_ring_wraps(void **state)
{
	uint32_t in = 0, out = 0, word;
	uint32_t block[777];

	for (int round = 0; round < 500; round++) {
		for (size_t i = 0; i < 777; i++)
			block[i] = in++;
		assert_int_equal(fx_write(ends[1], &self, block, sizeof(block)), sizeof(block));
		for (size_t i = 0; i < 777; i++) {
			assert_int_equal(fx_read(ends[0], &self, &word, sizeof(word)),
					 sizeof(word));
			assert_int_equal(word, out++);
		}
	}
}

static void packets_wrap_and_keep_their_ends(void **state)
{
	static char in[4096], out[5000];
	struct file *other[2];
	int64_t len;

	assert_int_equal(pipe_create(&self.t, LX_O_NONBLOCK, other), 0);
	ends[1]->flags |= LX_O_DIRECT;
	for (int i = 0; i < 3000; i++) {
		len = i * 37 % 4096 + 1;
		memset(in, i, sizeof(in));
		assert_int_equal(fx_write(ends[1], &self, in, (size_t)len), len);
		if (i % 3 == 0)
			assert_int_equal(
				vfs_splice(&self.t, ends[0], NULL, other[1], NULL, 1 << 20, 0),
				len);
		else
			assert_int_equal(fx_read(ends[0], &self, out, sizeof(out)), len);
		if (i % 3 == 0)
			assert_int_equal(fx_read(other[0], &self, out, sizeof(out)), len);
		assert_memory_equal(out, in, (size_t)len);
	}
	file_put(other[0]);
	file_put(other[1]);
}

static void a_full_pipe_takes_small_writes_whole_or_not(void **state)
{
	static char big[70000];
	char buf[4096];

	assert_int_equal(fx_write(ends[1], &self, big, sizeof(big)), 65536);
	assert_int_equal(fx_write(ends[1], &self, big, 1), -LX_EAGAIN);
	assert_int_equal(vfs_poll(ends[1], NULL) & LX_POLLOUT, 0);
	assert_int_equal(fx_read(ends[0], &self, buf, 4095), 4095);
	assert_int_equal(fx_write(ends[1], &self, big, 4096), -LX_EAGAIN);
	assert_int_equal(vfs_poll(ends[1], NULL) & LX_POLLOUT, 0);
	assert_int_equal(fx_read(ends[0], &self, buf, 1), 1);
	assert_int_equal(vfs_poll(ends[1], NULL) & LX_POLLOUT, LX_POLLOUT);
	assert_int_equal(fx_write(ends[1], &self, big, 4096), 4096);
}

static void end_of_file_comes_after_the_data(void **state)
{
	char c;

	fx_write(ends[1], &self, "x", 1);
	file_put(ends[1]);
	ends[1] = NULL;
	assert_int_equal(vfs_poll(ends[0], NULL), LX_POLLIN | LX_POLLRDNORM | LX_POLLHUP);
	assert_int_equal(fx_read(ends[0], &self, &c, 1), 1);
	assert_int_equal(fx_read(ends[0], &self, &c, 1), 0);
	assert_int_equal(vfs_poll(ends[0], NULL), LX_POLLHUP);
}

static void without_readers_a_write_breaks(void **state)
{
	file_put(ends[0]);
	ends[0] = NULL;
	assert_int_equal(vfs_poll(ends[1], NULL), LX_POLLOUT | LX_POLLWRNORM | LX_POLLERR);
	assert_int_equal(fx_write(ends[1], &self, "x", 1), -LX_EPIPE);
	assert_false(list_empty(&self.tg.sig_queue));
	signal_purge(&self.tg, NULL);
	assert_int_equal(fx_write(ends[1], &self, "x", 0), 0);
}

static void the_size_can_be_changed_down_to_the_contents(void **state)
{
	static char big[65536], buf[65536];

	assert_int_equal(pipe_fcntl(ends[0], LX_F_GETPIPE_SZ, 0), 65536);
	assert_int_equal(pipe_fcntl(ends[1], LX_F_SETPIPE_SZ, 5000), 8192);
	assert_int_equal(fx_write(ends[1], &self, big, 65536), 8192);
	assert_int_equal(pipe_fcntl(ends[1], LX_F_SETPIPE_SZ, 4096), -LX_EBUSY);
	for (int i = 0; i < 65536; i++)
		big[i] = (char)i;
	fx_read(ends[0], &self, buf, 5000);
	assert_int_equal(fx_write(ends[1], &self, big, 4096), 4096); /* wraps */
	assert_int_equal(pipe_fcntl(ends[1], LX_F_SETPIPE_SZ, 0), -LX_EBUSY);
	assert_int_equal(pipe_fcntl(ends[1], LX_F_SETPIPE_SZ, 1 << 20), 1 << 20);
	assert_int_equal(pipe_fcntl(ends[1], LX_F_SETPIPE_SZ, (1 << 20) + 1), -LX_EPERM);
	assert_int_equal(pipe_fcntl(ends[1], LX_F_SETPIPE_SZ, 0x80000001u), -LX_EINVAL);
	assert_int_equal(fx_read(ends[0], &self, buf, 3192), 3192);
	assert_int_equal(fx_read(ends[0], &self, buf, 65536), 4096);
	assert_memory_equal(buf, big, 4096);
}

static void a_reader_waits_for_a_writer(void **state)
{
	struct fx_later later;
	char c;

	ends[0]->flags &= ~(uint32_t)LX_O_NONBLOCK;
	fx_write_later(&later, ends[1], 20);
	assert_int_equal(fx_read(ends[0], &self, &c, 1), 1);
	assert_int_equal(c, '!');
	pthread_join(later.thread, NULL);
}

static void *drain(void *arg)
{
	struct fx_task fx;
	char *all = arg;
	int64_t n, total = 0;

	fx_task_init(&fx);
	while ((n = fx_read(ends[0], &fx, all + total, 200000 - (size_t)total)) > 0)
		total += n;
	return (void *)(intptr_t)total;
}

static void a_writer_waits_for_room(void **state)
{
	static char in[200000], out[200000];
	pthread_t reader;
	void *total;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 7 + i / 4096);
	ends[0]->flags = LX_O_RDONLY;
	ends[1]->flags = LX_O_WRONLY;
	pthread_create(&reader, NULL, drain, out);
	assert_int_equal(fx_write(ends[1], &self, in, sizeof(in)), sizeof(in));
	file_put(ends[1]);
	ends[1] = NULL;
	pthread_join(reader, &total);
	assert_int_equal((intptr_t)total, sizeof(in));
	assert_memory_equal(in, out, sizeof(in));
}

static void stat_and_name_are_a_pipes(void **state)
{
	struct kstat a, b;
	char text[64], want[64];

	assert_int_equal(vfs_fstat(ends[0], &a), 0);
	assert_int_equal(vfs_fstat(ends[1], &b), 0);
	assert_int_equal(a.mode, LX_S_IFIFO | 0600);
	assert_true(a.ino == b.ino && a.dev == b.dev);
	snprintf(want, sizeof(want), "pipe:[%llu]", (unsigned long long)a.ino);
	anon_text(ends[0], text, sizeof(text));
	assert_string_equal(text, want);
}

/* /proc/self/fd/N: another end of the same pipe. */
static void a_pipe_can_be_opened_again(void **state)
{
	struct file *f = file_alloc(LX_O_WRONLY);
	char c;

	f->inode = inode_get(ends[0]->inode);
	assert_int_equal(f->inode->iop->open(f->inode, LX_O_WRONLY, &self.t, f), 0);
	file_put(ends[1]);
	ends[1] = NULL;
	assert_int_equal(fx_write(f, &self, "y", 1), 1);
	file_put(f);
	assert_int_equal(fx_read(ends[0], &self, &c, 1), 1);
	assert_int_equal(fx_read(ends[0], &self, &c, 1), 0);
	/* Nobody writes any more: still no waiting. */
	f = file_alloc(LX_O_RDONLY);
	f->inode = inode_get(ends[0]->inode);
	assert_int_equal(f->inode->iop->open(f->inode, LX_O_RDONLY, &self.t, f), 0);
	assert_int_equal(vfs_poll(f, NULL), LX_POLLHUP);
	file_put(f);
}

/* ---- FIFOs ---- */

static int node_getattr(struct inode *inode, struct kstat *st)
{
	*st = (struct kstat){ .dev = 9, .ino = 42, .mode = LX_S_IFIFO | 0666 };
	return 0;
}
static const struct inode_ops node_iop = { .getattr = node_getattr };

static struct file *fifo_file(uint32_t flags, int *err)
{
	/* As on VolFs: an inode of its own for each open. */
	static struct inode nodes[8];
	static _Atomic int next;
	struct inode *node = &nodes[next++ % 8];
	struct file *f = file_alloc(flags);
	struct fx_task *fx = malloc(sizeof(*fx));

	fx_task_init(fx);
	node->iop = &node_iop;
	*err = fifo_open(node, flags, &fx->t, f);
	free(fx);
	return f;
}

static void *open_writer(void *arg)
{
	int err;

	fx_sleep_ms(20);
	return fifo_file(LX_O_WRONLY, &err);
}

static void fifo_openers_meet(void **state)
{
	struct file *rd, *wr;
	pthread_t thread;
	int err;
	char c;

	rd = fifo_file(LX_O_WRONLY | LX_O_NONBLOCK, &err);
	assert_int_equal(err, -LX_ENXIO);
	file_put(rd);
	pthread_create(&thread, NULL, open_writer, NULL);
	rd = fifo_file(LX_O_RDONLY, &err);
	assert_int_equal(err, 0);
	pthread_join(thread, (void **)&wr);
	assert_int_equal(fx_write(wr, &self, "z", 1), 1);
	assert_int_equal(fx_read(rd, &self, &c, 1), 1);
	file_put(wr);
	assert_int_equal(fx_read(rd, &self, &c, 1), 0);
	file_put(rd);
}

static void a_fifo_without_writers_yet_has_not_hung_up(void **state)
{
	int err;
	struct file *rd = fifo_file(LX_O_RDONLY | LX_O_NONBLOCK, &err), *wr, *both;
	char c;

	assert_int_equal(err, 0);
	assert_int_equal(vfs_poll(rd, NULL), 0);
	assert_int_equal(fx_read(rd, &self, &c, 1), 0);
	wr = fifo_file(LX_O_WRONLY | LX_O_NONBLOCK, &err);
	assert_int_equal(err, 0);
	assert_int_equal(vfs_poll(rd, NULL), 0);
	assert_int_equal(fx_read(rd, &self, &c, 1), -LX_EAGAIN);
	file_put(wr);
	assert_int_equal(vfs_poll(rd, NULL), LX_POLLHUP);
	file_put(rd);
	both = fifo_file(LX_O_RDWR, &err);
	assert_int_equal(err, 0);
	assert_int_equal(vfs_poll(both, NULL), LX_POLLOUT | LX_POLLWRNORM);
	file_put(both);
}

#define PIPE_TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
int main(void)
{
	const struct CMUnitTest tests[] = {
		PIPE_TEST(packets_wrap_and_keep_their_ends),
		PIPE_TEST(bytes_come_out_in_order),
		PIPE_TEST(the_ring_wraps),
		PIPE_TEST(a_full_pipe_takes_small_writes_whole_or_not),
		PIPE_TEST(end_of_file_comes_after_the_data),
		PIPE_TEST(without_readers_a_write_breaks),
		PIPE_TEST(the_size_can_be_changed_down_to_the_contents),
		PIPE_TEST(a_reader_waits_for_a_writer),
		PIPE_TEST(a_writer_waits_for_room),
		PIPE_TEST(stat_and_name_are_a_pipes),
		PIPE_TEST(a_pipe_can_be_opened_again),
		PIPE_TEST(fifo_openers_meet),
		PIPE_TEST(a_fifo_without_writers_yet_has_not_hung_up),
	};

	return cmocka_run_group_tests_name("pipe", tests, fx_start, NULL);
}
