/* SPDX-License-Identifier: MIT */
/*
 * proc_mem.c - /proc/PID/mem: the memory of a process at its addresses, whatever its pages' protections say,
 * for who may debug it (proc(5)). What was opened stays one address space: after an exec it reads as ended.
 */
#include "proc.h"
#include "nt/mm.h"

#define CHUNK LX_PAGE_SIZE

/* A reference to the thread behind f, if it still has the memory that was opened; or NULL: at its end. */
static struct task *owner(struct file *f)
{
	struct proc_target tgt;
	struct task *found = NULL;

	if (proc_target(f->inode->priv, &tgt))
		return NULL;
	if (tgt.task && tgt.mm == f->priv)
		found = task_get(tgt.task);
	proc_target_put(&tgt);
	return found;
}

static int64_t mem_move(struct file *f, struct iter *it, int64_t *pos, bool write)
{
	struct task *target = owner(f);
	uint8_t chunk[CHUNK];
	int64_t total = 0, res = 0;

	while (target && it->left && res >= 0) {
		uint64_t at = (uint64_t)*pos, n = CHUNK - at % CHUNK;

		if (n > it->left)
			n = it->left;
		if (write)
			res = iter_read(it, chunk, n);
		if (res >= 0 && !NT_SUCCESS(write ? MmDebugWrite(target->thread, at, chunk, n)
						  : MmDebugRead(target->thread, at, chunk, n)))
			res = -LX_EIO;
		if (res >= 0 && !write)
			res = iter_write(it, chunk, n);
		if (res < 0)
			break;
		*pos += res;
		total += res;
	}
	if (target)
		task_put(target);
	return total ? total : res;
}

static int64_t mem_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return mem_move(f, it, pos, false);
}

static int64_t mem_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return mem_move(f, it, pos, true);
}

static int64_t mem_llseek(struct file *f, int64_t off, int whence)
{
	if (whence != LX_SEEK_SET && whence != LX_SEEK_CUR)
		return -LX_EINVAL;
	return vfs_generic_llseek(f, off, whence, 0);
}

static void mem_release(struct file *f)
{
	if (f->priv)
		mm_put(f->priv);
}

static const struct file_ops mem_fop = {
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
	.release = mem_release,
};

int proc_open_mem(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f)
{
	struct proc_target tgt;
	int err = proc_target(n, &tgt);

	if (err)
		return err;
	if (tgt.task)
		err = task_may_access(t, tgt.task) ? -LX_EACCES : 0;
	if (!err && tgt.mm) {
		f->priv = mm_get(tgt.mm);
		f->fop = &mem_fop;
	} else if (!err) {
		err = -LX_EACCES;
	}
	proc_target_put(&tgt);
	return err;
}
