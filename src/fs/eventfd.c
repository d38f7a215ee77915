/* SPDX-License-Identifier: MIT */
/* eventfd.c - a counter that can be waited for (eventfd(2)), with EFD_SEMAPHORE. */
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "lxrun/task.h"
#include <inttypes.h>
#include <stdio.h>

#define EFD_SEMAPHORE 1u
#define EFD_FLAGS     (EFD_SEMAPHORE | LX_O_CLOEXEC | LX_O_NONBLOCK)
#define EFD_MAX       (UINT64_MAX - 1)

struct eventfd {
	struct lk lock; /* LR_INODE; guards: */
	uint64_t count;
	bool semaphore;      /* constant */
	struct waitq rq, wq; /* wait for count > 0, for room */
};

/* 0 with *value taken, or -LX_EAGAIN. */
static int eventfd_take(void *priv, uint64_t *value)
{
	struct eventfd *e = priv;
	int err = -LX_EAGAIN;

	lk_acquire(&e->lock);
	if (e->count) {
		*value = e->semaphore ? 1 : e->count;
		e->count -= *value;
		err = 0;
	}
	lk_release(&e->lock);
	return err;
}

/* 0, or -LX_EAGAIN for want of room. */
static int eventfd_add(void *priv, uint64_t *value)
{
	struct eventfd *e = priv;
	int err = -LX_EAGAIN;

	lk_acquire(&e->lock);
	if (EFD_MAX - e->count >= *value) {
		e->count += *value;
		err = 0;
	}
	lk_release(&e->lock);
	return err;
}

static int64_t eventfd_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct eventfd *e = f->priv;
	uint64_t value;
	int64_t n;
	int err;

	if (it->left < sizeof(value))
		return -LX_EINVAL;
	err = anon_attempt(f, t, &e->rq, file_nowait(f, it), eventfd_take, &value);
	if (err)
		return err;
	waitq_wake(&e->wq);
	n = iter_write(it, &value, sizeof(value));
	return n == sizeof(value) ? n : -LX_EFAULT;
}

static int64_t eventfd_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct eventfd *e = f->priv;
	uint64_t value;
	int err;

	if (it->left < sizeof(value))
		return -LX_EINVAL;
	if (iter_read(it, &value, sizeof(value)) != sizeof(value))
		return -LX_EFAULT;
	if (value == UINT64_MAX)
		return -LX_EINVAL;
	err = anon_attempt(f, t, &e->wq, file_nowait(f, it), eventfd_add, &value);
	if (err)
		return err;
	waitq_wake(&e->rq);
	return sizeof(value);
}

static uint32_t eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->priv;
	uint32_t mask = 0;

	poll_wait(pt, &e->rq);
	poll_wait(pt, &e->wq);
	lk_acquire(&e->lock);
	if (e->count)
		mask |= LX_POLLIN | LX_POLLRDNORM;
	if (e->count < EFD_MAX)
		mask |= LX_POLLOUT | LX_POLLWRNORM;
	lk_release(&e->lock);
	return mask;
}

static int eventfd_show(struct file *f, char *buf, size_t size)
{
	struct eventfd *e = f->priv;
	uint64_t count;

	lk_acquire(&e->lock);
	count = e->count;
	lk_release(&e->lock);
	return snprintf(buf, size, "eventfd-count: %16" PRIx64 "\n", count);
}

static void eventfd_release(struct file *f)
{
	mem_free(f->priv);
}

static const struct file_ops eventfd_fop = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.show_fdinfo = eventfd_show,
	.release = eventfd_release,
	.nowait = true,
};

int eventfd_create(struct task *t, uint64_t init, uint32_t flags, struct file **f)
{
	struct eventfd *e;

	if (flags & ~EFD_FLAGS)
		return -LX_EINVAL;
	e = mem_alloc(sizeof(*e));
	if (!e)
		return -LX_ENOMEM;
	lk_init(&e->lock, LR_INODE);
	waitq_init(&e->rq);
	waitq_init(&e->wq);
	e->count = init;
	e->semaphore = flags & EFD_SEMAPHORE;
	*f = anon_file("anon_inode:[eventfd]", &eventfd_fop, LX_O_RDWR | (flags & LX_O_NONBLOCK),
		       e);
	if (*f)
		return 0;
	mem_free(e);
	return -LX_ENOMEM;
}
