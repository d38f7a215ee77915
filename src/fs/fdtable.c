/* SPDX-License-Identifier: MIT */
/*
 * fdtable.c - descriptors. A table maps small numbers to open files; tasks share it by CLONE_FILES.
 *
 * Slots: a direct file has its host descriptor at the same number in the guest ("slot"), so that the
 * host can execute reads, writes and mmaps itself. The engine fills a slot when the call that made
 * the descriptor is answered (sc_install). A slot cannot be taken back, only overwritten:
 * - close of a slot: the host executes the close too (SC_CONTINUE) if nobody shares the table, else
 *   the slot is overwritten by a placeholder, so that a descriptor which another thread makes
 *   meanwhile at that number is not closed with it;
 * - a non-direct file put over a slot (dup2): a placeholder as well.
 * The slot flag says what the guest has; a flag without a slot cannot be, the opposite is harmless.
 * While Linux or NT calls are traced the slots lie idle (mmap excepted): calls are served here, so
 * that the trace shows their results and what they become.
 *
 * Lock: ft->lock (LR_FDTABLE) guards the array. Files are put and the engine is called after it.
 */
#include "base/alloc.h"
#include "base/trace.h"
#include "lxrun/options.h"
#include "fsnotify.h"
#include <string.h>

#define FD_FIRST   64u
#define FD_MAX     (1u << 20)
#define FD_CLOEXEC 1u
#define FD_SLOT    2u

struct fd_entry {
	struct file *file; /* holds a reference; NULL: free */
	uint32_t flags;
};

struct fdtable {
	struct refs refs;
	struct lk lock;
	uint32_t size;   /* of the array, a multiple of 64 */
	uint32_t lowest; /* no free number below */
	struct fd_entry *fds;
	uint64_t *used; /* bit per number */
};

/* The host may execute a call on a slot: nobody wants to see it come to NT, or fail there. */
static inline bool may_shortcut(void)
{
	return !trace_on(TR_SYS | TR_NT) && !lxrun_opt.nt_fault;
}

/* ---- the array; ft->lock is held ---- */

static bool grow(struct fdtable *ft, uint32_t fd)
{
	uint32_t size = ft->size ? ft->size : FD_FIRST;
	struct fd_entry *fds;
	uint64_t *used;

	if (fd >= FD_MAX)
		return false;
	while (size <= fd)
		size *= 2;
	if (size == ft->size)
		return true;
	fds = mem_realloc(ft->fds, size * sizeof(*fds));
	if (!fds)
		return false;
	ft->fds = fds;
	used = mem_realloc(ft->used, size / 8);
	if (!used)
		return false;
	ft->used = used;
	memset(fds + ft->size, 0, (size - ft->size) * sizeof(*fds));
	memset(used + ft->size / 64, 0, (size - ft->size) / 8);
	ft->size = size;
	return true;
}

static void set_entry(struct fdtable *ft, uint32_t fd, struct file *f, uint32_t flags)
{
	ft->fds[fd] = (struct fd_entry){ f, flags };
	ft->used[fd / 64] |= 1ull << fd % 64;
}

/* Returns the table's reference. */
static struct file *clear_entry(struct fdtable *ft, uint32_t fd)
{
	struct file *f = ft->fds[fd].file;

	ft->fds[fd] = (struct fd_entry){ NULL, 0 };
	ft->used[fd / 64] &= ~(1ull << fd % 64);
	if (fd < ft->lowest)
		ft->lowest = fd;
	return f;
}

static struct fd_entry *entry_of(struct fdtable *ft, int fd)
{
	if (fd < 0 || (uint32_t)fd >= ft->size || !ft->fds[fd].file)
		return NULL;
	return &ft->fds[fd];
}

/* The lowest free number >= min; may be ft->size. */
static uint32_t find_free(const struct fdtable *ft, uint32_t min)
{
	uint32_t word = min / 64;
	uint64_t free;

	if (min >= ft->size)
		return min;
	free = ~ft->used[word] & (~0ull << min % 64);
	while (!free) {
		if (++word >= ft->size / 64)
			return ft->size;
		free = ~ft->used[word];
	}
	return word * 64 + (uint32_t)__builtin_ctzll(free);
}

/* ---- ft->lock is not held ---- */

static uint32_t fd_limit(struct task *t)
{
	uint64_t limit = __atomic_load_n(&t->tg->rlimit[LX_RLIMIT_NOFILE].rlim_cur,
					 __ATOMIC_RELAXED);

	if (pico.DescriptorLimit && limit > pico.DescriptorLimit)
		limit = pico.DescriptorLimit;
	return limit < FD_MAX ? (uint32_t)limit : FD_MAX;
}

/* FD_SLOT if f at number fd is to have a slot: the engine's own numbers are served without. */
static uint32_t slot_for(const struct file *f, uint32_t fd)
{
	return f->direct && fd - pico.DescriptorKept >= PICO_DESCRIPTORS_KEPT ? FD_SLOT : 0;
}

/* f leaves a descriptor of ft. t: whose call it is; NULL: nobody's. */
static void close_file(struct fdtable *ft, struct file *f, struct task *t)
{
	vfs_lock_forget(ft, f);
	if (dnotify_count)
		dnotify_forget(ft, f);
	if (f->fop && f->fop->flush)
		f->fop->flush(f, t);
	file_put(f);
}

static void overwrite_slot(struct task *t, int fd)
{
	pico.SetDescriptor(t->thread, (ULONG)fd, NULL, FALSE);
}

struct fdtable *fdtable_new(void)
{
	struct fdtable *ft = mem_alloc(sizeof(*ft));

	if (!ft)
		return NULL;
	refs_init(&ft->refs);
	lk_init(&ft->lock, LR_FDTABLE);
	return ft;
}

struct fdtable *fdtable_get(struct fdtable *ft)
{
	refs_get(&ft->refs);
	return ft;
}

bool fdtable_shared(struct fdtable *ft)
{
	return ft->refs.n > 1;
}

void fdtable_put(struct fdtable *ft)
{
	fdtable_leave(ft, NULL);
}

void fdtable_leave(struct fdtable *ft, struct task *t)
{
	if (!ft || !refs_put(&ft->refs))
		return;
	for (uint32_t fd = 0; fd < ft->size; fd++)
		if (ft->fds[fd].file)
			close_file(ft, ft->fds[fd].file, t);
	mem_free(ft->fds);
	mem_free(ft->used);
	mem_free(ft);
}

/* Size that holds every number in use. */
static uint32_t used_size(const struct fdtable *ft)
{
	uint32_t words = ft->size / 64;

	while (words && !ft->used[words - 1])
		words--;
	return words * 64;
}

struct fdtable *fdtable_copy(struct fdtable *ft)
{
	struct fdtable *copy = fdtable_new();
	uint32_t size;

	if (!copy)
		return NULL;
	lk_acquire(&ft->lock);
	size = used_size(ft);
	if (size && !grow(copy, size - 1)) {
		lk_release(&ft->lock);
		fdtable_put(copy);
		return NULL;
	}
	for (uint32_t fd = 0; fd < size; fd++)
		if (ft->fds[fd].file)
			set_entry(copy, fd, file_get(ft->fds[fd].file), ft->fds[fd].flags);
	copy->lowest = ft->lowest;
	lk_release(&ft->lock);
	return copy;
}

void fdtable_exec(struct fdtable *ft, struct task *t)
{
	struct file *f;

	for (uint32_t fd = 0; fd < ft->size; fd++) {
		f = NULL;
		lk_acquire(&ft->lock);
		if (ft->fds[fd].flags & FD_CLOEXEC)
			f = clear_entry(ft, fd);
		lk_release(&ft->lock);
		if (f)
			close_file(ft, f, t);
	}
}

int fdtable_next(struct fdtable *ft, int from, struct file **f, bool *cloexec)
{
	int found = -1;

	lk_acquire(&ft->lock);
	for (uint32_t fd = from < 0 ? 0 : (uint32_t)from; fd < ft->size && found < 0; fd++) {
		if (!ft->fds[fd].file)
			continue;
		*f = file_get(ft->fds[fd].file);
		if (cloexec)
			*cloexec = ft->fds[fd].flags & FD_CLOEXEC;
		found = (int)fd;
	}
	lk_release(&ft->lock);
	return found;
}

uint32_t fdtable_size(struct fdtable *ft)
{
	uint32_t size;

	lk_acquire(&ft->lock);
	size = ft->size;
	lk_release(&ft->lock);
	return size;
}

void fdtable_preset(struct fdtable *ft, int fd, struct file *f, bool slot)
{
	lk_acquire(&ft->lock);
	if (grow(ft, (uint32_t)fd)) {
		set_entry(ft, (uint32_t)fd, f, slot ? FD_SLOT : 0);
		f = NULL;
	}
	lk_release(&ft->lock);
	file_put(f);
}

/* ---- descriptors of a task ---- */

int fd_get_slot(struct task *t, int fd, bool path_ok, struct file **f, bool *slot)
{
	struct fdtable *ft = t->files;
	struct fd_entry *e;
	int err = -LX_EBADF;

	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	if (e && (path_ok || !(e->file->flags & LX_O_PATH))) {
		*f = file_get(e->file);
		if (slot)
			*slot = e->flags & FD_SLOT && may_shortcut();
		err = 0;
	}
	lk_release(&ft->lock);
	return err;
}

int fd_get(struct task *t, int fd, struct file **f)
{
	return fd_get_slot(t, fd, true, f, NULL);
}

bool fd_is_slot(struct task *t, int fd)
{
	struct fdtable *ft = t->files;
	struct file *f = NULL;
	struct fd_entry *e;
	bool slot;

	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	slot = e && (e->flags & FD_SLOT) && !e->file->served && may_shortcut();
	if (slot && (fsnotify_marks || IoLockedFiles))
		f = file_get(e->file);
	lk_release(&ft->lock);
	if (f) {
		slot = !IoIsFileLocked(f->handle) && !(fsnotify_marks && fsnotify_wants_data(f));
		file_put(f);
	}
	return slot;
}

int fd_make_slot(struct task *t, int fd, struct file *f)
{
	struct fdtable *ft = t->files;
	struct fd_entry *e;
	bool cloexec = false, there = false;
	NTSTATUS status;

	if (!f->direct)
		return -LX_EBADF;
	if (!slot_for(f, (uint32_t)fd))
		return -LX_EMFILE;
	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	if (e && e->file == f) {
		cloexec = e->flags & FD_CLOEXEC;
		there = e->flags & FD_SLOT;
	}
	lk_release(&ft->lock);
	if (there)
		return 0;
	status = pico.SetDescriptor(t->thread, (ULONG)fd, f->handle, cloexec);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	if (e && e->file == f)
		e->flags |= FD_SLOT;
	lk_release(&ft->lock);
	return 0;
}

/* slots: a direct file gets one, which the caller fills. */
static int reserve(struct task *t, struct file *f, uint32_t min, uint32_t flags, bool slots)
{
	struct fdtable *ft = t->files;
	uint32_t limit = fd_limit(t), fd;
	int ret = -LX_EMFILE;

	lk_acquire(&ft->lock);
	fd = find_free(ft, min > ft->lowest ? min : ft->lowest);
	if (fd < limit) {
		if (grow(ft, fd)) {
			set_entry(ft, fd, f, flags | (slots ? slot_for(f, fd) : 0));
			if (min <= ft->lowest)
				ft->lowest = fd + 1;
			ret = (int)fd;
		} else {
			ret = -LX_ENOMEM;
		}
	}
	lk_release(&ft->lock);
	return ret;
}

int64_t fd_install(struct task *t, struct file *f, int min, bool cloexec)
{
	bool direct = f->direct;
	int fd = reserve(t, f, (uint32_t)min, cloexec ? FD_CLOEXEC : 0, true);

	if (fd < 0) {
		file_put(f);
		return fd;
	}
	return direct && slot_for(f, (uint32_t)fd) ? sc_install(t, fd, f, cloexec) : fd;
}

int fd_install_plain(struct task *t, struct file *f, bool cloexec)
{
	int fd = reserve(t, f, 0, cloexec ? FD_CLOEXEC : 0, false);

	if (fd < 0)
		file_put(f);
	return fd;
}

int fd_install_pair(struct task *t, struct file *ends[2], bool cloexec, gaddr_t addr)
{
	int32_t fds[2] = { fd_install_plain(t, ends[0], cloexec), -1 };
	int err;

	if (fds[0] < 0) {
		file_put(ends[1]);
		return fds[0];
	}
	fds[1] = fd_install_plain(t, ends[1], cloexec);
	err = fds[1] < 0 ? fds[1] : guest_copyout(t, addr, fds, sizeof(fds));
	if (err)
		fd_close(t, fds[0]);
	if (err && fds[1] >= 0)
		fd_close(t, fds[1]);
	return err;
}

int64_t fd_install_at(struct task *t, struct file *f, int fd, bool cloexec)
{
	struct fdtable *ft = t->files;
	struct file *old = NULL;
	uint32_t slot = slot_for(f, (uint32_t)fd);
	bool had_slot = false, ok;

	if (fd < 0 || (uint32_t)fd >= fd_limit(t)) {
		file_put(f);
		return -LX_EBADF;
	}
	lk_acquire(&ft->lock);
	ok = grow(ft, (uint32_t)fd);
	if (ok) {
		old = ft->fds[fd].file;
		had_slot = ft->fds[fd].flags & FD_SLOT;
		set_entry(ft, (uint32_t)fd, f, (cloexec ? FD_CLOEXEC : 0) | slot);
	}
	lk_release(&ft->lock);
	if (!ok) {
		file_put(f);
		return -LX_ENOMEM;
	}
	if (had_slot && !slot)
		overwrite_slot(t, fd);
	if (old)
		close_file(ft, old, t);
	return slot ? sc_install(t, fd, f, cloexec) : fd;
}

int64_t fd_dup(struct task *t, int fd, int64_t min, bool cloexec)
{
	struct file *f;
	int err = fd_get(t, fd, &f);

	if (err)
		return err;
	if (min < 0 || min >= fd_limit(t)) {
		file_put(f);
		return -LX_EINVAL;
	}
	return fd_install(t, f, (int)min, cloexec);
}

void fdtable_close(struct fdtable *ft, int fd)
{
	struct file *f = NULL;

	lk_acquire(&ft->lock);
	if (entry_of(ft, fd))
		f = clear_entry(ft, (uint32_t)fd);
	lk_release(&ft->lock);
	if (f)
		close_file(ft, f, NULL);
}

int64_t fd_close(struct task *t, int fd)
{
	struct fdtable *ft = t->files;
	struct fd_entry *e;
	struct file *f = NULL;
	bool slot = false;

	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	if (e) {
		slot = e->flags & FD_SLOT;
		f = clear_entry(ft, (uint32_t)fd);
	}
	lk_release(&ft->lock);
	if (!f)
		return -LX_EBADF;
	close_file(ft, f, t);
	if (!slot)
		return 0;
	if (!fdtable_shared(ft) && may_shortcut())
		return SC_CONTINUE;
	overwrite_slot(t, fd);
	return 0;
}

int fd_get_cloexec(struct task *t, int fd)
{
	struct fdtable *ft = t->files;
	struct fd_entry *e;
	int ret;

	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	ret = e ? (e->flags & FD_CLOEXEC ? 1 : 0) : -LX_EBADF;
	lk_release(&ft->lock);
	return ret;
}

int64_t fd_set_cloexec(struct task *t, int fd, bool on)
{
	struct fdtable *ft = t->files;
	struct fd_entry *e;
	int64_t ret = -LX_EBADF;

	lk_acquire(&ft->lock);
	e = entry_of(ft, fd);
	if (e) {
		e->flags = (e->flags & ~FD_CLOEXEC) | (on ? FD_CLOEXEC : 0);
		ret = e->flags & FD_SLOT ? SC_CONTINUE : 0;
	}
	lk_release(&ft->lock);
	return ret;
}

/* ---- close_range ---- */

/* One descriptor of the range: closed, or marked. With host the host does the same to the slots. */
static void range_one(struct task *t, uint32_t fd, uint32_t flags, bool host)
{
	struct fdtable *ft = t->files;
	struct file *f = NULL, *keep = NULL;
	bool slot = false;

	lk_acquire(&ft->lock);
	if (fd < ft->size && ft->fds[fd].file) {
		slot = ft->fds[fd].flags & FD_SLOT;
		if (flags & LX_CLOSE_RANGE_CLOEXEC) {
			ft->fds[fd].flags |= FD_CLOEXEC;
			keep = file_get(ft->fds[fd].file);
		} else {
			f = clear_entry(ft, fd);
		}
	}
	lk_release(&ft->lock);
	if (slot && !host) {
		if (keep)
			pico.SetDescriptor(t->thread, fd, keep->handle, TRUE);
		else
			overwrite_slot(t, (int)fd);
	}
	file_put(keep);
	if (f)
		close_file(ft, f, t);
}

void task_set_files(struct task *t, struct fdtable *ft)
{
	struct fdtable *old;

	lk_acquire(&t->lock);
	old = t->files;
	t->files = ft;
	lk_release(&t->lock);
	fdtable_leave(old, t);
}

int64_t fd_close_range(struct task *t, uint32_t first, uint32_t last, uint32_t flags)
{
	bool shared = fdtable_shared(t->files), host;
	uint32_t size;

	if ((flags & ~(LX_CLOSE_RANGE_UNSHARE | LX_CLOSE_RANGE_CLOEXEC)) || first > last)
		return -LX_EINVAL;
	/* The engine has descriptors of its own: the host must not see a range that reaches them. */
	host = last < pico.DescriptorKept && (!shared || (flags & LX_CLOSE_RANGE_UNSHARE));
	if (shared && (flags & LX_CLOSE_RANGE_UNSHARE)) {
		if (!host)
			return unsupported(t, "close_range", "UNSHARE to the end", last,
					   -LX_EINVAL);
		struct fdtable *own = fdtable_copy(t->files);

		if (!own)
			return -LX_ENOMEM;
		task_set_files(t, own);
	}
	lk_acquire(&t->files->lock);
	size = t->files->size;
	lk_release(&t->files->lock);
	for (uint32_t fd = first; fd <= last && fd < size; fd++)
		range_one(t, fd, flags, host);
	return host ? SC_CONTINUE : 0;
}
