/* SPDX-License-Identifier: MIT */
/* mqueue.h - POSIX message queues: include/uapi/linux/mqueue.h. */
#ifndef LX_MQUEUE_H
#define LX_MQUEUE_H
#include "lx/types.h"

#define LX_MQ_PRIO_MAX        32768u
#define LX_MQ_HARD_MSGMAX     65536
#define LX_MQ_HARD_MSGSIZEMAX (16 * 1024 * 1024)

struct lx_mq_attr {
	int64_t mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs, reserved[4];
};
_Static_assert(sizeof(struct lx_mq_attr) == 64, "struct mq_attr");

/* The last byte of the cookie that SIGEV_THREAD gets back. */
#define LX_MQ_COOKIE_LEN 32
#define LX_MQ_WOKENUP    1
#define LX_MQ_REMOVED    2
#endif
