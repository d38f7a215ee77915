/* SPDX-License-Identifier: MIT */
/* io_setup, io_submit, io_getevents and kin on ordinary files. */
#include "guest.h"

/* linux/aio_abi.h, which musl's headers are without */
typedef unsigned long aio_context_t;
enum { IOCB_CMD_PREAD, IOCB_CMD_PWRITE };
struct iocb {
	uint64_t aio_data;
	uint32_t aio_key, aio_rw_flags;
	uint16_t aio_lio_opcode;
	int16_t aio_reqprio;
	uint32_t aio_fildes;
	uint64_t aio_buf, aio_nbytes;
	int64_t aio_offset;
	uint64_t aio_reserved2;
	uint32_t aio_flags, aio_resfd;
};
struct io_event {
	uint64_t data, obj;
	int64_t res, res2;
};

static long setup(unsigned n, aio_context_t *ctx)
{
	return syscall(SYS_io_setup, n, ctx);
}

static long submit(aio_context_t ctx, long n, struct iocb **list)
{
	return syscall(SYS_io_submit, ctx, n, list);
}

static long events(aio_context_t ctx, long least, long most, struct io_event *ev)
{
	return syscall(SYS_io_getevents, ctx, least, most, ev, NULL);
}

static struct iocb request(int op, int fd, void *buf, size_t size, off_t off)
{
	return (struct iocb){ .aio_lio_opcode = (uint16_t)op,
			      .aio_fildes = (uint32_t)fd,
			      .aio_buf = (uintptr_t)buf,
			      .aio_nbytes = size,
			      .aio_offset = off,
			      .aio_data = 0x77 };
}

TEST(a_file_is_written_and_read_asynchronously)
{
	aio_context_t ctx = 0;
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));
	char text[6] = "";
	struct iocb wr = request(IOCB_CMD_PWRITE, fd, "hello", 5, 3);
	struct iocb rd = request(IOCB_CMD_PREAD, fd, text, 5, 3);
	struct iocb *list[] = { &wr };
	struct io_event ev = { 0 };

	OK(setup(4, &ctx));
	EQ(submit(ctx, 1, list), 1);
	EQ(events(ctx, 1, 1, &ev), 1);
	EQ(ev.res, 5);
	EQ(ev.data, 0x77);
	EQ(ev.obj, (uintptr_t)&wr);
	list[0] = &rd;
	EQ(submit(ctx, 1, list), 1);
	EQ(events(ctx, 1, 1, &ev), 1);
	EQ(ev.res, 5);
	STREQ(text, "hello");
	OK(syscall(SYS_io_destroy, ctx));
	ERR(syscall(SYS_io_destroy, ctx), EINVAL);
}

TEST(what_cannot_be_submitted)
{
	aio_context_t ctx = 0;
	struct iocb cb = request(IOCB_CMD_PREAD, 99, &cb, 1, 0), *list[] = { &cb };
	struct iocb *bad[] = { (void *)8 };

	OK(setup(4, &ctx));
	ERR(submit(ctx, 1, list), EBADF);
	ERR(submit(ctx, 1, bad), EFAULT);
	ERR(submit(ctx, 1, (void *)8), EFAULT);
	ERR(submit(ctx, -1, list), EINVAL);
	EQ(submit(ctx, 0, list), 0);
	ERR(submit((aio_context_t)8, 1, list), EINVAL);
	ERR(setup(0, &ctx), EINVAL);
	ERR(setup(4, (void *)8), EFAULT);
	OK(syscall(SYS_io_destroy, ctx));
}

TEST(a_duplicate_without_a_slot_is_read_too)
{
	aio_context_t ctx = 0;
	char c = 0;

	write_file("f", "x", 0600);
	int fd = OK(open("f", O_RDONLY)), copy = OK(fcntl(fd, F_DUPFD, 200));
	struct iocb cb = request(IOCB_CMD_PREAD, copy, &c, 1, 0), *list[] = { &cb };
	struct io_event ev = { 0 };

	OK(setup(1, &ctx));
	EQ(submit(ctx, 1, list), 1);
	EQ(events(ctx, 1, 1, &ev), 1);
	EQ(ev.res, 1);
	EQ(c, 'x');
}
