/* SPDX-License-Identifier: MIT */
/*
 * mqueue.h - what the files of the file system mqueue share: its one directory (mqueue_fs.c), a queue
 * (mqueue_queue.c), and who is told of a message (mqueue_notify.c).
 *
 * The inode of a queue is counted by its name and by whoever has it open; its lock guards the queue.
 */
#ifndef FS_MQUEUE_H
#define FS_MQUEUE_H
#include "base/alloc.h"
#include "lxrun/mqueue.h"
#include "lxrun/socket.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

enum mq_side { MQ_SENDERS, MQ_RECEIVERS };

struct mq_msg {
	struct list link;
	uint32_t prio;
	uint64_t size;
	char text[];
};

/* Whom the next message into the empty queue is told: one process. Nobody: owner is NULL. */
struct mq_notice {
	struct tgroup *owner; /* holds a reference, as the next do */
	struct mm *mm;        /* its program when it asked */
	struct file *sock;    /* SIGEV_THREAD */
	struct nl_packet *packet;
	int how, sig;
	uint64_t value;
	uint8_t cookie[LX_MQ_COOKIE_LEN];
};

/* inode->priv of a queue. */
struct mqueue {
	/* constant: */
	int64_t maxmsg, msgsize;
	uint32_t payer;  /* whose RLIMIT_MSGQUEUE it counts against ... */
	uint64_t charge; /* ... and how many bytes */
	char *name;
	/* the directory's lock guards: */
	struct list link;
	struct inode *inode; /* borrows */
	int64_t cookie;      /* its place for getdents */
	_Atomic bool unlinked;
	/* the inode's lock: */
	int64_t curmsgs;
	uint64_t bytes, size;  /* in messages; what stat says */
	struct list messages;  /* in order of receiving */
	struct list asleep[2]; /* struct mq_wait, by enum mq_side */
	struct mq_notice notice;
	struct lx_timespec atime, mtime, ctime;
	/* ---- */
	struct waitq ready; /* polls */
};

extern const struct file_ops mqueue_fop;
extern const struct fs_type mqueue_type;

static inline struct mqueue *mqueue_of(const struct inode *inode)
{
	return inode->priv;
}

/* ---- mqueue_queue.c ---- */
/* A queue of that size. 0, -LX_EINVAL, -LX_EOVERFLOW, -LX_EMFILE, -LX_ENOMEM. */
int mqueue_new(struct task *t, const char *name, int64_t maxmsg, int64_t msgsize,
	       struct mqueue **out);
void mqueue_free(struct mqueue *q);

/* ---- mqueue_notify.c ---- */
/* The notice is nobody's any more: its content, to be told or dropped. The queue's lock is held. */
struct mq_notice mqueue_take_notice(struct mqueue *q);
/* n's owner, or nobody, hears that t has sent a message. No lock is held in this and the next. */
void mqueue_tell(struct task *t, struct mq_notice *n);
void mqueue_drop_notice(struct mq_notice *n);
void mqueue_flush(struct file *f, struct task *t);
#endif
