/* SPDX-License-Identifier: MIT */
/*
 * sys_rw.c - data moved: read, write and their kin. Where the guest has the file's direct descriptor in
 * its slot the host executes the call (SC_CONTINUE) and checks it, too.
 */
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define BOUNCE_SIZE (64u * 1024)

typedef int64_t rw_fn(struct file *f, struct task *t, struct iter *it, int64_t *pos);

/* pread and kin want a file with positions. */
static int can_seek(const struct file *f)
{
	return f->fop && f->fop->llseek ? 0 : -LX_ESPIPE;
}

static int64_t run(struct task *t, int fd, rw_fn *fn, struct iter *it, int64_t *pos)
{
	struct file *f;
	int64_t ret = fd_get_slot(t, fd, false, &f, NULL);

	if (ret)
		return ret;
	if (pos)
		ret = can_seek(f);
	if (!ret)
		ret = fn(f, t, it, pos);
	file_put(f);
	return ret;
}

static int64_t plain(struct task *t, const struct sc_args *a, rw_fn *fn)
{
	uint64_t size = SC_U64(a, 2);
	struct iter it;

	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	if ((int64_t)size < 0)
		return -LX_EINVAL;
	iter_guest(&it, t, SC_GPTR(a, 1), size < LX_RW_MAX ? size : LX_RW_MAX);
	return run(t, SC_I32(a, 0), fn, &it, NULL);
}

int64_t sys_read(struct task *t, const struct sc_args *a)
{
	return plain(t, a, vfs_read);
}

int64_t sys_write(struct task *t, const struct sc_args *a)
{
	return plain(t, a, vfs_write);
}

static int64_t positioned(struct task *t, const struct sc_args *a, rw_fn *fn)
{
	uint64_t size = SC_U64(a, 2);
	int64_t pos = SC_I64(a, 3);
	struct iter it;

	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	if (pos < 0 || (int64_t)size < 0)
		return -LX_EINVAL;
	iter_guest(&it, t, SC_GPTR(a, 1), size < LX_RW_MAX ? size : LX_RW_MAX);
	return run(t, SC_I32(a, 0), fn, &it, &pos);
}

int64_t sys_pread64(struct task *t, const struct sc_args *a)
{
	return positioned(t, a, vfs_read);
}

int64_t sys_pwrite64(struct task *t, const struct sc_args *a)
{
	return positioned(t, a, vfs_write);
}

/* ---- vectors ---- */

static int64_t vector(struct task *t, const struct sc_args *a, rw_fn *fn, int64_t *pos)
{
	struct lx_iovec small[8], *heap = NULL;
	struct iter it;
	int64_t ret;

	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	if (pos && *pos < 0)
		return -LX_EINVAL;
	ret = iter_import(&it, t, SC_GPTR(a, 1), SC_U64(a, 2), small, &heap);
	if (!ret)
		ret = run(t, SC_I32(a, 0), fn, &it, pos);
	mem_free(heap);
	return ret;
}

int64_t sys_readv(struct task *t, const struct sc_args *a)
{
	return vector(t, a, vfs_read, NULL);
}

int64_t sys_writev(struct task *t, const struct sc_args *a)
{
	return vector(t, a, vfs_write, NULL);
}

int64_t sys_preadv(struct task *t, const struct sc_args *a)
{
	int64_t pos = SC_I64(a, 3);

	return vector(t, a, vfs_read, &pos);
}

int64_t sys_pwritev(struct task *t, const struct sc_args *a)
{
	int64_t pos = SC_I64(a, 3);

	return vector(t, a, vfs_write, &pos);
}

typedef int64_t rw_flags_fn(struct file *f, struct task *t, struct iter *it, int64_t *pos,
			    uint32_t flags);

/*
 * Against O_APPEND for once: only the host's own descriptor can do it, so it does, even where lxcore would serve
 * (who watches the file is not told). 1: it is not about that.
 */
static int64_t not_at_end(struct task *t, int fd, struct file *f, uint32_t flags)
{
	int err;

	if (!(flags & LX_RWF_NOAPPEND) || !(f->flags & LX_O_APPEND) || !f->direct)
		return 1;
	err = fd_make_slot(t, fd, f);
	return err ? err : SC_CONTINUE;
}

static int64_t run_flags(struct task *t, const struct sc_args *a, rw_flags_fn *fn, struct iter *it,
			 int64_t *pos)
{
	uint32_t flags = SC_U32(a, 5);
	struct file *f;
	int64_t ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);

	if (ret)
		return ret;
	if (pos)
		ret = can_seek(f);
	if (!ret)
		ret = not_at_end(t, SC_I32(a, 0), f, flags);
	if (ret == 1)
		ret = fn(f, t, it, pos, flags);
	file_put(f);
	return ret;
}

/* Position -1: the file's own. On a slot the host knows the flags. */
static int64_t vector2(struct task *t, const struct sc_args *a, rw_flags_fn *fn)
{
	struct lx_iovec small[8], *heap = NULL;
	int64_t pos = SC_I64(a, 3), ret;
	struct iter it;

	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	if (pos < -1)
		return -LX_EINVAL;
	ret = iter_import(&it, t, SC_GPTR(a, 1), SC_U64(a, 2), small, &heap);
	if (!ret)
		ret = run_flags(t, a, fn, &it, pos == -1 ? NULL : &pos);
	mem_free(heap);
	return ret;
}

int64_t sys_preadv2(struct task *t, const struct sc_args *a)
{
	return vector2(t, a, vfs_read_flags);
}

int64_t sys_pwritev2(struct task *t, const struct sc_args *a)
{
	return vector2(t, a, vfs_write_flags);
}

int64_t sys_lseek(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int64_t ret;

	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);
	if (ret)
		return ret;
	ret = vfs_llseek(f, SC_I64(a, 1), SC_I32(a, 2));
	file_put(f);
	return ret;
}

/* ---- from file to file ---- */

/*
 * Moves up to count bytes. in_pos, out_pos: positions that advance, or NULL for the file's own. What
 * was read and could not be written is not taken: a position moves by what was written.
 */
static int64_t pump(struct task *t, struct file *in, int64_t *in_pos, struct file *out,
		    int64_t *out_pos, uint64_t count)
{
	char *buf = mem_realloc(NULL, BOUNCE_SIZE);
	int64_t n = 0, wrote, at, total = 0;
	struct iter it;

	if (!buf)
		return -LX_ENOMEM;
	while (count) {
		at = in_pos ? *in_pos : vfs_llseek(in, 0, LX_SEEK_CUR);
		if (at < 0) {
			n = at;
			break;
		}
		iter_kernel(&it, buf, count < BOUNCE_SIZE ? count : BOUNCE_SIZE);
		wrote = at;
		n = vfs_read(in, t, &it, &wrote);
		if (n <= 0)
			break;
		iter_kernel(&it, buf, (uint64_t)n);
		wrote = vfs_write(out, t, &it, out_pos);
		if (wrote <= 0) {
			n = wrote;
			break;
		}
		total += wrote;
		count -= (uint64_t)wrote;
		if (in_pos)
			*in_pos = at + wrote;
		else
			vfs_llseek(in, at + wrote, LX_SEEK_SET);
		if (wrote < n)
			break;
	}
	mem_free(buf);
	return total ? total : n;
}

static int sendfile_check(const struct file *in, const struct file *out)
{
	if (!file_readable(in) || !file_writable(out))
		return -LX_EBADF;
	if (can_seek(in) || !in->inode || LX_S_ISDIR(in->inode->mode))
		return -LX_EINVAL;
	return out->flags & LX_O_APPEND ? -LX_EINVAL : 0;
}

static int64_t do_sendfile(struct task *t, struct file *out, struct file *in, gaddr_t uoff,
			   uint64_t count)
{
	bool has_off = !gaddr_null(uoff);
	int64_t off = 0, n;
	int err = has_off ? guest_copyin(t, &off, uoff, sizeof(off)) : 0;

	if (!err)
		err = sendfile_check(in, out);
	if (!err && (off < 0 || (int64_t)count < 0))
		err = -LX_EINVAL;
	if (err)
		return err;
	n = pump(t, in, has_off ? &off : NULL, out, NULL, count < LX_RW_MAX ? count : LX_RW_MAX);
	if (n > 0 && has_off && guest_copyout(t, uoff, &off, sizeof(off)))
		return -LX_EFAULT;
	return n;
}

int64_t sys_sendfile(struct task *t, const struct sc_args *a)
{
	struct file *in, *out;
	int64_t ret;

	if (fd_is_slot(t, SC_I32(a, 0)) && fd_is_slot(t, SC_I32(a, 1)))
		return SC_CONTINUE;
	ret = fd_get_slot(t, SC_I32(a, 1), false, &in, NULL);
	if (ret)
		return ret;
	ret = fd_get_slot(t, SC_I32(a, 0), false, &out, NULL);
	if (!ret) {
		ret = do_sendfile(t, out, in, SC_GPTR(a, 2), SC_U64(a, 3));
		file_put(out);
	}
	file_put(in);
	return ret;
}

static int copy_check(const struct file *in, const struct file *out)
{
	if (!file_readable(in) || !file_writable(out) || (out->flags & LX_O_APPEND))
		return -LX_EBADF;
	if (!in->inode || !out->inode)
		return -LX_EINVAL;
	if (LX_S_ISDIR(in->inode->mode) || LX_S_ISDIR(out->inode->mode))
		return -LX_EISDIR;
	if (!LX_S_ISREG(in->inode->mode) || !LX_S_ISREG(out->inode->mode))
		return -LX_EINVAL;
	return 0;
}

struct copy_pos {
	gaddr_t user; /* where the guest keeps it; NULL: the file's own */
	int64_t pos;
};

static int copy_begin(struct task *t, struct file *f, struct copy_pos *p)
{
	if (!gaddr_null(p->user))
		return guest_copyin(t, &p->pos, p->user, sizeof(p->pos));
	p->pos = vfs_llseek(f, 0, LX_SEEK_CUR);
	return p->pos < 0 ? (int)p->pos : 0;
}

static int copy_end(struct task *t, struct file *f, const struct copy_pos *p)
{
	int64_t pos;

	if (!gaddr_null(p->user))
		return guest_copyout(t, p->user, &p->pos, sizeof(p->pos));
	pos = vfs_llseek(f, p->pos, LX_SEEK_SET);
	return pos < 0 ? (int)pos : 0;
}

static int64_t do_copy(struct task *t, struct file *in, struct file *out, struct copy_pos *from,
		       struct copy_pos *to, uint64_t count)
{
	int64_t n;
	int err = copy_begin(t, in, from);

	if (!err)
		err = copy_begin(t, out, to);
	if (!err)
		err = copy_check(in, out);
	if (err)
		return err;
	if (count > LX_RW_MAX)
		count = LX_RW_MAX;
	if (from->pos < 0 || to->pos < 0)
		return -LX_EINVAL;
	if (in->inode == out->inode && from->pos < to->pos + (int64_t)count &&
	    to->pos < from->pos + (int64_t)count)
		return -LX_EINVAL;
	n = pump(t, in, &from->pos, out, &to->pos, count);
	/* An end that cannot be told is an error: the caller would copy the same again. */
	if (n > 0)
		err = copy_end(t, in, from);
	if (n > 0 && !err)
		err = copy_end(t, out, to);
	return err ? err : n;
}

int64_t sys_copy_file_range(struct task *t, const struct sc_args *a)
{
	struct copy_pos from = { .user = SC_GPTR(a, 1) }, to = { .user = SC_GPTR(a, 3) };
	struct file *in, *out;
	int64_t ret;

	if (fd_is_slot(t, SC_I32(a, 0)) && fd_is_slot(t, SC_I32(a, 2)))
		return SC_CONTINUE;
	if (SC_U32(a, 5))
		return -LX_EINVAL;
	ret = fd_get_slot(t, SC_I32(a, 0), false, &in, NULL);
	if (ret)
		return ret;
	ret = fd_get_slot(t, SC_I32(a, 2), false, &out, NULL);
	if (!ret) {
		ret = do_copy(t, in, out, &from, &to, SC_U64(a, 4));
		file_put(out);
	}
	file_put(in);
	return ret;
}
