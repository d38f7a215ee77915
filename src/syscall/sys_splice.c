/* SPDX-License-Identifier: MIT */
/* sys_splice.c - data moved through pipes: splice, tee, vmsplice. */
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define SPLICE_FLAGS 0xfu

/* A position that the guest keeps; NULL: the file's own. */
struct guest_pos {
	gaddr_t user;
	int64_t value;
};

static int pos_in(struct task *t, struct guest_pos *p, int64_t **pos)
{
	*pos = gaddr_null(p->user) ? NULL : &p->value;
	return *pos ? guest_copyin(t, &p->value, p->user, sizeof(p->value)) : 0;
}

static int pos_out(struct task *t, const struct guest_pos *p)
{
	return gaddr_null(p->user) ? 0 : guest_copyout(t, p->user, &p->value, sizeof(p->value));
}

/* Both files of a call. 0 or -LX_EBADF. */
static int two_files(struct task *t, int in_fd, int out_fd, struct file **in, struct file **out)
{
	int err = fd_get_slot(t, in_fd, false, in, NULL);

	if (err)
		return err;
	err = fd_get_slot(t, out_fd, false, out, NULL);
	if (err)
		file_put(*in);
	return err;
}

static int64_t do_splice(struct task *t, const struct sc_args *a, struct file *in, struct file *out)
{
	struct guest_pos from = { SC_GPTR(a, 1), 0 }, to = { SC_GPTR(a, 3), 0 };
	uint64_t count = SC_U64(a, 4);
	int64_t *in_pos, *out_pos, n;
	int err = pos_in(t, &from, &in_pos);

	if (!err)
		err = pos_in(t, &to, &out_pos);
	if (err)
		return err;
	n = vfs_splice(t, in, in_pos, out, out_pos, count < LX_RW_MAX ? count : LX_RW_MAX,
		       SC_U32(a, 5));
	if (n > 0 && (pos_out(t, &from) || pos_out(t, &to)))
		return -LX_EFAULT;
	return n;
}

int64_t sys_splice(struct task *t, const struct sc_args *a)
{
	struct file *in, *out;
	int64_t ret;

	if (!SC_U64(a, 4))
		return 0;
	if (SC_U32(a, 5) & ~SPLICE_FLAGS)
		return -LX_EINVAL;
	if (fd_is_slot(t, SC_I32(a, 0)) && fd_is_slot(t, SC_I32(a, 2)))
		return SC_CONTINUE;
	ret = two_files(t, SC_I32(a, 0), SC_I32(a, 2), &in, &out);
	if (ret)
		return ret;
	ret = do_splice(t, a, in, out);
	file_put(in);
	file_put(out);
	return ret;
}

int64_t sys_tee(struct task *t, const struct sc_args *a)
{
	struct file *in, *out;
	int64_t ret;

	if (SC_U32(a, 3) & ~SPLICE_FLAGS)
		return -LX_EINVAL;
	if (!SC_U64(a, 2))
		return 0;
	if (fd_is_slot(t, SC_I32(a, 0)) && fd_is_slot(t, SC_I32(a, 1)))
		return SC_CONTINUE;
	ret = two_files(t, SC_I32(a, 0), SC_I32(a, 1), &in, &out);
	if (ret)
		return ret;
	ret = vfs_tee(t, in, out, SC_U64(a, 2), SC_U32(a, 3));
	file_put(in);
	file_put(out);
	return ret;
}

int64_t sys_vmsplice(struct task *t, const struct sc_args *a)
{
	struct lx_iovec small[8], *heap = NULL;
	struct file *f;
	struct iter it;
	int64_t ret;

	if (SC_U32(a, 3) & ~SPLICE_FLAGS)
		return -LX_EINVAL;
	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);
	if (ret)
		return ret;
	ret = iter_import(&it, t, SC_GPTR(a, 1), SC_U64(a, 2), small, &heap);
	if (!ret)
		ret = vfs_vmsplice(t, f, &it, SC_U32(a, 3));
	mem_free(heap);
	file_put(f);
	return ret;
}
