/* SPDX-License-Identifier: MIT */
/*
 * sysv_shm.c - System V shared memory. A segment is an NT section; its views in the guests, and who has them
 * through fork, exec and exit, are the host's to count, because page tables are (docs/host-assistance.md).
 */
#include "sysv.h"
#include "base/text.h"
#include "lxrun/vfs.h"
#include <inttypes.h>

struct segment {
	struct ipc_object o;
	HANDLE section; /* owned */
	uint64_t size, inode;
	int64_t ctime;
	int cpid, apid; /* who attached last */
};

static uint64_t pages_of(uint64_t size)
{
	return size / LX_PAGE_SIZE + (size % LX_PAGE_SIZE != 0);
}

/* ---- the end of segments ---- */

/* Views stay what they are. Closing a section of memory waits for nobody. */
void shm_end(struct ipc_ns *ns, struct ipc_object *o)
{
	struct segment *s = (struct segment *)o;

	ipc_take_out(ns, IPC_SHM, &s->o);
	ns->pages -= pages_of(s->size);
	NtClose(s->section);
	mem_free(s);
}

/* False: it was removed, and now the last view has gone. */
static bool look(const struct segment *s, MM_SECTION_VIEWS *views)
{
	*views = (MM_SECTION_VIEWS){ 0 };
	return MmQueryViews(s->section, views) != STATUS_DELETE_PENDING &&
	       (views->Views || !(s->o.mode & LX_SHM_DEST));
}

void shm_sweep(struct ipc_ns *ns)
{
	struct ipc_ids *ids = &ns->ids[IPC_SHM];
	MM_SECTION_VIEWS views;

	for (uint32_t i = 0; i < ids->size; i++) {
		struct segment *s = (struct segment *)ids->slot[i];

		if (s && s->o.mode & LX_SHM_DEST && !look(s, &views))
			shm_end(ns, &s->o);
	}
}

/* ---- shmget ---- */

static int check_segment(const struct ipc_object *o, uint64_t size)
{
	return size > ((const struct segment *)o)->size ? -LX_EINVAL : 0;
}

static int create_section(uint64_t size, bool lazy, struct segment *s)
{
	LARGE_INTEGER maximum = { .QuadPart = (int64_t)size };
	ULONG kind = SEC_LXRUN_PICO | (lazy ? SEC_RESERVE : SEC_COMMIT);
	MM_SECTION_VIEWS views;
	NTSTATUS status;

	if (size > INT64_MAX)
		return -LX_ENOMEM;
	status = NtCreateSection(&s->section, SECTION_ALL_ACCESS, NULL, &maximum,
				 PAGE_EXECUTE_READWRITE, kind, NULL);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	s->inode = NT_SUCCESS(MmQueryViews(s->section, &views)) ? views.Inode : 0;
	return 0;
}

static int64_t make_segment(struct task *t, struct ipc_ns *ns, int32_t key, uint64_t size,
			    uint32_t flags)
{
	uint64_t pages = pages_of(size);
	struct segment *s;
	int64_t res;

	if (!size || size > ns->limit[IPC_SHMMAX])
		return -LX_EINVAL;
	if (flags & LX_SHM_HUGETLB)
		return unsupported(t, "shmget", "shmflg", LX_SHM_HUGETLB, -LX_EINVAL);
	if (ns->pages + pages < pages || ns->pages + pages > ns->limit[IPC_SHMALL])
		return -LX_ENOSPC;
	if (ns->ids[IPC_SHM].in_use >= ns->limit[IPC_SHMMNI])
		return -LX_ENOSPC;
	s = mem_alloc(sizeof(*s));
	if (!s)
		return -LX_ENOMEM;
	res = create_section(size, flags & LX_SHM_NORESERVE, s);
	if (!res) {
		s->o.mode = flags & 0777;
		s->size = size;
		s->ctime = ipc_now();
		s->cpid = t->tg->pid;
		res = ipc_add(ns, IPC_SHM, &s->o, key, t);
		if (res < 0)
			NtClose(s->section);
	}
	if (res < 0)
		mem_free(s);
	else
		ns->pages += pages;
	return res;
}

int64_t shm_get(struct task *t, int32_t key, uint64_t size, uint32_t flags)
{
	static const struct ipc_maker maker = { IPC_SHM, check_segment, make_segment };

	return ipc_get(t, &maker, key, size, flags);
}

/* ---- shmat ---- */

int64_t shm_attach(struct task *t, int id, uint64_t address, uint32_t flags)
{
	uint32_t want = flags & LX_SHM_RDONLY ? IPC_READ : IPC_READ | IPC_WRITE;
	ULONG how = (flags & LX_SHM_RDONLY ? PICO_MAP_READONLY : 0) |
		    (flags & LX_SHM_RND ? PICO_MAP_ROUND : 0) |
		    (flags & LX_SHM_REMAP ? PICO_MAP_REPLACE : 0) |
		    (flags & LX_SHM_EXEC ? PICO_MAP_EXECUTE : 0);
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_object *o;
	int err;

	if (address % LX_PAGE_SIZE && !(flags & LX_SHM_RND))
		return -LX_EINVAL;
	if (address < LX_PAGE_SIZE && flags & LX_SHM_REMAP)
		return -LX_EINVAL;
	if (flags & LX_SHM_EXEC)
		want |= IPC_EXEC;
	lk_acquire(&ns->lock);
	err = ipc_find_for(t, IPC_SHM, id, want, &o);
	if (!err) {
		struct segment *s = (struct segment *)o;

		err = nt_to_errno(pico.MapSection(t->thread, s->section, address, how));
		s->apid = t->tg->pid;
	}
	lk_release(&ns->lock);
	return err ? err : SC_MAP;
}

/* ---- shmctl ---- */

/* Who used it last, as far as there is such a process still; else who attached last. */
static int last_user(const struct segment *s, ULONG host)
{
	int pid = host ? task_pid_of_host((int)host) : 0;

	return pid || !host ? pid : s->apid;
}

int64_t shm_stat(struct task *t, int id, int cmd, struct lx_shmid_ds *out)
{
	struct ipc_ns *ns = ipc_of(t);
	MM_SECTION_VIEWS views;
	struct segment s;
	struct ipc_object *o;
	int64_t res;

	lk_acquire(&ns->lock);
	res = ipc_find_stat(t, IPC_SHM, id, cmd, LX_SHM_STAT, LX_SHM_STAT_ANY, &o);
	if (res >= 0) {
		s = *(struct segment *)o;
		look(&s, &views);
	}
	lk_release(&ns->lock);
	if (res < 0)
		return res;
	*out = (struct lx_shmid_ds){ .segsz = s.size,
				     .atime = views.MapTime,
				     .dtime = views.UnmapTime,
				     .ctime = s.ctime,
				     .cpid = s.cpid,
				     .lpid = last_user(&s, views.LastUser),
				     .nattch = views.Views };
	ipc_fill_perm(&s.o, &out->perm);
	return res;
}

/* Finds what t may change. ns->lock held. */
static int find_own(struct task *t, int id, struct segment **out)
{
	struct ipc_object *o;
	int err = ipc_find_for(t, IPC_SHM, id, 0, &o);

	*out = err ? NULL : (struct segment *)o;
	return err;
}

int64_t shm_set(struct task *t, int id, const struct ipc_change *change)
{
	struct ipc_ns *ns = ipc_of(t);
	struct segment *s;
	int err;

	lk_acquire(&ns->lock);
	err = find_own(t, id, &s);
	if (!err) {
		ipc_change_owner(&s->o, change);
		s->ctime = ipc_now();
	}
	lk_release(&ns->lock);
	return err;
}

int64_t shm_remove(struct task *t, int id)
{
	struct ipc_ns *ns = ipc_of(t);
	struct segment *s;
	MM_SECTION_VIEWS views;
	int err;

	lk_acquire(&ns->lock);
	err = find_own(t, id, &s);
	if (!err) {
		s->o.mode |= LX_SHM_DEST;
		s->o.key = LX_IPC_PRIVATE;
		MmReleaseSection(s->section);
		if (!look(s, &views))
			shm_end(ns, &s->o);
	}
	lk_release(&ns->lock);
	return err;
}

int64_t shm_lock(struct task *t, int id, bool lock)
{
	struct ipc_ns *ns = ipc_of(t);
	const struct cred *c = t->cred;
	struct ipc_object *o;
	int err;

	lk_acquire(&ns->lock);
	err = ipc_find(ns, IPC_SHM, id, &o);
	if (!err && !cred_capable(c, LX_CAP_IPC_LOCK) &&
	    ((c->euid != o->uid && c->euid != o->cuid) ||
	     (lock && !t->tg->rlimit[LX_RLIMIT_MEMLOCK].rlim_cur)))
		err = -LX_EPERM;
	if (!err)
		err = nt_to_errno(MmLockSection(((struct segment *)o)->section, lock));
	if (!err)
		o->mode = lock ? o->mode | LX_SHM_LOCKED : o->mode & ~LX_SHM_LOCKED;
	lk_release(&ns->lock);
	return err;
}

int64_t shm_limits(struct task *t, struct lx_shminfo *out)
{
	struct ipc_ns *ns = ipc_of(t);
	int highest;

	lk_acquire(&ns->lock);
	*out = (struct lx_shminfo){ .shmmax = ns->limit[IPC_SHMMAX],
				    .shmmin = 1,
				    .shmmni = ns->limit[IPC_SHMMNI],
				    .shmseg = ns->limit[IPC_SHMMNI],
				    .shmall = ns->limit[IPC_SHMALL] };
	shm_sweep(ns);
	highest = ipc_highest(ns, IPC_SHM);
	lk_release(&ns->lock);
	return highest;
}

/* Bytes in memory and in swap; 0 of what has gone. */
static void residence(const struct segment *s, uint64_t *in, uint64_t *swapped)
{
	*in = *swapped = 0;
	MmQueryResidence(s->section, in, swapped);
}

int64_t shm_use(struct task *t, struct lx_shm_info *out)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_ids *ids = &ns->ids[IPC_SHM];
	uint64_t in, swapped;
	int highest;

	lk_acquire(&ns->lock);
	shm_sweep(ns);
	*out = (struct lx_shm_info){ .used_ids = (int32_t)ids->in_use, .shm_tot = ns->pages };
	for (uint32_t i = 0; i < ids->size; i++)
		if (ids->slot[i]) {
			residence((struct segment *)ids->slot[i], &in, &swapped);
			out->shm_rss += in / LX_PAGE_SIZE;
			out->shm_swp += swapped / LX_PAGE_SIZE;
		}
	highest = ipc_highest(ns, IPC_SHM);
	lk_release(&ns->lock);
	return highest;
}

void shm_show_line(const struct ipc_object *o, struct text *tx)
{
	const struct segment *s = (const struct segment *)o;
	MM_SECTION_VIEWS v;
	uint64_t in, swapped;

	look(s, &v);
	residence(s, &in, &swapped);
	text_printf(tx,
		    "%10d %10d  %4o %21" PRIu64 " %5d %5d  %5" PRIu64 " %5u %5u %5u %5u %10" PRId64
		    " %10" PRId64 " %10" PRId64 " %21" PRIu64 " %21" PRIu64 "\n",
		    o->key, o->id, o->mode, s->size, s->cpid, last_user(s, v.LastUser),
		    (uint64_t)v.Views, o->uid, o->gid, o->cuid, o->cgid, (int64_t)v.MapTime,
		    (int64_t)v.UnmapTime, s->ctime, in, swapped);
}

bool shm_of_region(struct task *t, uint64_t inode, int32_t *key, int *id)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_ids *ids = &ns->ids[IPC_SHM];
	bool found = false;

	lk_acquire(&ns->lock);
	for (uint32_t i = 0; i < ids->size && !found; i++) {
		const struct segment *s = (const struct segment *)ids->slot[i];

		found = s && s->inode == inode;
		if (found) {
			*key = s->o.key;
			*id = s->o.id;
		}
	}
	lk_release(&ns->lock);
	return found;
}
