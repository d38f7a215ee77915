/* SPDX-License-Identifier: MIT */
/*
 * splice.c - splice(2), tee(2), vmsplice(2). Pages have no meaning here: data are copied through a small
 * buffer. What was taken from a pipe and the other side did not want goes back to the pipe's front.
 */
#include "base/alloc.h"
#include "pipe.h"
#include "vfs_impl.h"

#define CHUNK        (64u * 1024)
#define SPLICE_FLAGS (LX_SPLICE_F_MOVE | LX_SPLICE_F_NONBLOCK | LX_SPLICE_F_MORE | LX_SPLICE_F_GIFT)

/* A file that is not a pipe of ours, or NULL pipe: read and written by its operations. */
struct side {
	struct file *f;
	struct pipe *p;
	int64_t *pos;
};

static int64_t from_pipe(struct task *t, const struct side *in, const struct side *out, char *buf,
			 uint64_t size, bool nonblock)
{
	struct iter it;
	int64_t n, done;

	if (out->p)
		return pipe_tee(in->p, out->p, t, size, nonblock, true);
	iter_kernel(&it, buf, size);
	n = pipe_take(in->p, t, &it, nonblock);
	if (n <= 0)
		return n;
	iter_kernel(&it, buf, (uint64_t)n);
	done = vfs_write(out->f, t, &it, out->pos);
	if (done < n) {
		uint32_t rest = (uint32_t)(done > 0 ? n - done : n);

		if (pipe_give_back(in->p, buf + n - rest, rest))
			return -LX_ENOMEM;
	}
	return done;
}

static int64_t to_pipe(struct task *t, const struct side *in, const struct side *out, char *buf,
		       uint64_t size, bool nonblock)
{
	int64_t room = pipe_wait_room(out->p, t, nonblock), n;
	struct iter it;

	if (room <= 0)
		return room;
	iter_kernel(&it, buf, (uint64_t)room < size ? (uint64_t)room : size);
	n = vfs_read(in->f, t, &it, in->pos);
	if (n <= 0)
		return n;
	/* Another writer may have taken the room: then this waits, as nothing else can be done with it. */
	iter_kernel(&it, buf, (uint64_t)n);
	return pipe_put_data(out->p, t, &it, false);
}

/* Files of events, "anon_inode:[eventfd]" and kin, can be read and written, not spliced. */
static bool is_event_file(const struct file *f)
{
	static const char prefix[] = "anon_inode:";

	return f->anon_name && !strncmp(f->anon_name, prefix, sizeof(prefix) - 1);
}

static int check_side(const struct side *s)
{
	if (s->p)
		return s->pos ? -LX_ESPIPE : 0;
	if (is_event_file(s->f))
		return -LX_EINVAL;
	if (s->pos && (*s->pos < 0 || !s->f->fop || !s->f->fop->llseek))
		return -LX_EINVAL;
	return s->f->inode && inode_is_dir(s->f->inode) ? -LX_EINVAL : 0;
}

static int check(const struct side *in, const struct side *out)
{
	int err;

	if (!file_readable(in->f) || !file_writable(out->f))
		return -LX_EBADF;
	if ((!in->p && !out->p) || in->p == out->p)
		return -LX_EINVAL;
	err = check_side(in);
	if (!err)
		err = check_side(out);
	if (!err && !out->p && (!out->f->fop->write || (out->f->flags & LX_O_APPEND)))
		err = -LX_EINVAL;
	return err;
}

static bool nonblocking(const struct side *s)
{
	return s->p && (s->f->flags & LX_O_NONBLOCK);
}

int64_t vfs_splice(struct task *t, struct file *in, int64_t *in_pos, struct file *out,
		   int64_t *out_pos, uint64_t count, uint32_t flags)
{
	struct side from = { in, pipe_of(in), in_pos }, to = { out, pipe_of(out), out_pos };
	bool nonblock = (flags & LX_SPLICE_F_NONBLOCK) || nonblocking(&from) || nonblocking(&to);
	int64_t n = 0, total = 0;
	uint64_t size;
	char *buf;
	int err = flags & ~SPLICE_FLAGS ? -LX_EINVAL : check(&from, &to);

	if (err)
		return err;
	buf = mem_realloc(NULL, CHUNK);
	if (!buf)
		return -LX_ENOMEM;
	while (count) {
		size = count < CHUNK ? count : CHUNK;
		n = from.p ? from_pipe(t, &from, &to, buf, size, nonblock)
			   : to_pipe(t, &from, &to, buf, size, nonblock);
		if (n <= 0)
			break;
		total += n;
		count -= (uint64_t)n;
		nonblock = true; /* the rest, as far as it is there */
	}
	mem_free(buf);
	return total ? total : n;
}

int64_t vfs_tee(struct task *t, struct file *in, struct file *out, uint64_t count, uint32_t flags)
{
	struct pipe *from = pipe_of(in), *to = pipe_of(out);
	bool nonblock = (flags & LX_SPLICE_F_NONBLOCK) || (in->flags & LX_O_NONBLOCK) ||
			(out->flags & LX_O_NONBLOCK);

	if (flags & ~SPLICE_FLAGS)
		return -LX_EINVAL;
	if (!file_readable(in) || !file_writable(out))
		return -LX_EBADF;
	if (!from || !to || from == to)
		return -LX_EINVAL;
	return pipe_tee(from, to, t, count, nonblock, false);
}

int64_t vfs_vmsplice(struct task *t, struct file *f, struct iter *it, uint32_t flags)
{
	struct pipe *p = pipe_of(f);
	bool nonblock = (flags & LX_SPLICE_F_NONBLOCK) || (f->flags & LX_O_NONBLOCK);

	if (!p)
		return -LX_EBADF;
	if (!it->left)
		return 0;
	return file_writable(f) ? pipe_put_some(p, t, it, nonblock) : pipe_take(p, t, it, nonblock);
}
