/* SPDX-License-Identifier: MIT */
/* aio.h - io_submit(2) of the x86-64 Linux ABI: requests and their results. */
#ifndef LX_AIO_H
#define LX_AIO_H
#include <stdint.h>

#define LX_IOCB_FLAG_RESFD  1u
#define LX_IOCB_FLAG_IOPRIO 2u

struct lx_iocb {
	uint64_t data;
	uint32_t key, rw_flags;
	uint16_t opcode;
	int16_t  reqprio;
	uint32_t fildes;
	uint64_t buf, nbytes;
	int64_t  offset;
	uint64_t reserved2;
	uint32_t flags, resfd;
};
_Static_assert(sizeof(struct lx_iocb) == 64, "struct iocb");

struct lx_io_event {
	uint64_t data, obj;
	int64_t  res, res2;
};
_Static_assert(sizeof(struct lx_io_event) == 32, "struct io_event");
#endif
