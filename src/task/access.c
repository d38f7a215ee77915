/* SPDX-License-Identifier: MIT */
/* access.c - who may look into whom (ptrace(2), "Ptrace access mode checking"); process_vm_*, kcmp. */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "base/alloc.h"

static bool same_ids(const struct cred *me, const struct cred *it)
{
	return me->uid == it->euid && me->uid == it->suid && me->uid == it->uid &&
	       me->gid == it->egid && me->gid == it->sgid && me->gid == it->gid;
}

int task_may_access(struct task *t, struct task *target)
{
	struct cred *it;
	bool ok;

	if (t->tg == target->tg || cred_capable(t->cred, LX_CAP_SYS_PTRACE))
		return 0;
	it = task_cred(target);
	ok = it && same_ids(t->cred, it) && target->tg->dumpable == 1 &&
	     !(it->cap_permitted & ~t->cred->cap_permitted);
	cred_put(it);
	return ok ? 0 : -LX_EPERM;
}

int task_find_accessible(struct task *t, int tid, struct task **out)
{
	struct task *target = task_find(pid_meant(t, tid));
	int err = target ? task_may_access(t, target) : tid == PID_INIT ? -LX_EPERM : -LX_ESRCH;

	if (!err) {
		*out = target;
		return 0;
	}
	task_put(target);
	return err;
}

/* ---- process_vm_readv, process_vm_writev ---- */

#define COPY_CHUNK 65536u

int64_t task_vm_copy(struct task *t, int pid, struct iter *local, struct iter *remote, bool write)
{
	struct iter *from = write ? local : remote, *to = write ? remote : local;
	int64_t total = 0, got, put;
	struct task *target;
	char *chunk;
	int err = task_find_accessible(t, pid, &target);

	if (err)
		return err;
	chunk = mem_alloc(COPY_CHUNK);
	err = chunk ? 0 : -LX_ENOMEM;
	remote->task = target;
	while (!err && local->left && remote->left) {
		uint64_t n = local->left < remote->left ? local->left : remote->left;

		got = iter_read(from, chunk, n < COPY_CHUNK ? n : COPY_CHUNK);
		put = got > 0 ? iter_write(to, chunk, (uint64_t)got) : got;
		if (put > 0)
			total += put;
		if (put < 0 || put < got || (uint64_t)got < (n < COPY_CHUNK ? n : COPY_CHUNK))
			err = -LX_EFAULT;
	}
	mem_free(chunk);
	task_put(target);
	return total ? total : err;
}

/* ---- kcmp ---- */

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM, KCMP_TYPES };

/* What of t the question is about, as a number to compare: an address is enough, the object may go. */
static uint64_t identity(struct task *t, int type)
{
	uint64_t id = 0;

	lk_acquire(&t->lock);
	switch (type) {
	case KCMP_VM:
		id = (uintptr_t)t->mm;
		break;
	case KCMP_FILES:
		id = (uintptr_t)t->files;
		break;
	case KCMP_FS:
		id = (uintptr_t)t->fs;
		break;
	case KCMP_SIGHAND:
		id = t->tg->sighand_id;
		break;
	default: /* nobody has an I/O context or semaphore undo list of its own */
		break;
	}
	lk_release(&t->lock);
	return id;
}

static int file_identity(struct task *t, uint64_t fd, uint64_t *id)
{
	struct file *f;
	int err = task_file(t, fd > INT32_MAX ? -1 : (int)fd, &f);

	if (err)
		return err;
	*id = (uintptr_t)f;
	file_put(f);
	return 0;
}

int task_kcmp(struct task *t, int pid1, int pid2, int type, uint64_t idx1, uint64_t idx2)
{
	struct task *a = NULL, *b = NULL;
	uint64_t x, y;
	int err = task_find_accessible(t, pid1, &a);

	if (!err)
		err = task_find_accessible(t, pid2, &b);
	if (!err && (type < 0 || type >= KCMP_TYPES))
		err = -LX_EINVAL;
	if (!err && type == KCMP_FILE) {
		err = file_identity(a, idx1, &x);
		if (!err)
			err = file_identity(b, idx2, &y);
	} else if (!err) {
		x = identity(a, type);
		y = identity(b, type);
	}
	task_put(a);
	task_put(b);
	return err ? err : x == y ? 0 : x < y ? 1 : 2;
}
