/* SPDX-License-Identifier: MIT */
/* sys_open.c - open and its kin. */
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define OPEN_KNOWN                                                                                \
	(LX_O_ACCMODE | LX_O_CREAT | LX_O_EXCL | LX_O_NOCTTY | LX_O_TRUNC | LX_O_APPEND |         \
	 LX_O_NONBLOCK | LX_O_SYNC | LX_O_ASYNC | LX_O_DIRECT | LX_O_LARGEFILE | LX_O_DIRECTORY | \
	 LX_O_NOFOLLOW | LX_O_NOATIME | LX_O_CLOEXEC | LX_O_PATH | LX_O_TMPFILE)
#define OPEN_HOW_SIZE 24u /* struct open_how, first version */

static int64_t do_open(struct task *t, int dfd, gaddr_t upath, uint32_t flags, uint32_t mode)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, upath);

	return err ? err : vfs_openat(t, dfd, path, flags & OPEN_KNOWN, mode);
}

int64_t sys_open(struct task *t, const struct sc_args *a)
{
	return do_open(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_U32(a, 1), SC_U32(a, 2));
}

int64_t sys_creat(struct task *t, const struct sc_args *a)
{
	return do_open(t, LX_AT_FDCWD, SC_GPTR(a, 0), LX_O_CREAT | LX_O_WRONLY | LX_O_TRUNC,
		       SC_U32(a, 1));
}

int64_t sys_openat(struct task *t, const struct sc_args *a)
{
	return do_open(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U32(a, 2), SC_U32(a, 3));
}

/* RESOLVE_* as WALK_*. */
static int walk_of(uint64_t resolve, uint32_t *walk)
{
	static const struct {
		uint64_t resolve;
		uint32_t walk;
	} map[] = {
		{ LX_RESOLVE_NO_XDEV, WALK_NO_XDEV },
		{ LX_RESOLVE_NO_MAGICLINKS, WALK_NO_MAGIC },
		{ LX_RESOLVE_NO_SYMLINKS, WALK_NO_LINKS | WALK_NO_MAGIC },
		{ LX_RESOLVE_BENEATH, WALK_BENEATH },
		{ LX_RESOLVE_IN_ROOT, WALK_IN_ROOT },
		{ LX_RESOLVE_CACHED, 0 },
	};

	*walk = 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (resolve & map[i].resolve)
			*walk |= map[i].walk;
		resolve &= ~map[i].resolve;
	}
	if (resolve || ((*walk & WALK_BENEATH) && (*walk & WALK_IN_ROOT)))
		return -LX_EINVAL;
	return 0;
}

int64_t sys_openat2(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	struct lx_open_how how;
	uint32_t walk;
	bool creates;
	int err = SC_U64(a, 3) < OPEN_HOW_SIZE
			  ? -LX_EINVAL
			  : guest_copyin_struct(t, &how, sizeof(how), SC_GPTR(a, 2), SC_U64(a, 3));

	if (err)
		return err;
	creates = (how.flags & LX_O_CREAT) || (how.flags & LX_O_TMPFILE) == LX_O_TMPFILE;
	if ((how.flags & ~(uint64_t)OPEN_KNOWN) || (how.mode & ~07777ull) || (how.mode && !creates))
		return -LX_EINVAL;
	if ((how.flags & LX_O_PATH) &&
	    (how.flags & ~(uint64_t)(LX_O_PATH | LX_O_DIRECTORY | LX_O_NOFOLLOW | LX_O_CLOEXEC)))
		return -LX_EINVAL;
	err = walk_of(how.resolve, &walk);
	if (!err)
		err = guest_copyin_path(t, path, SC_GPTR(a, 1));
	if (!err && (how.resolve & LX_RESOLVE_CACHED))
		err = -LX_EAGAIN; /* every open asks the store: never from a cache alone */
	if (err)
		return err;
	return vfs_openat2(t, SC_I32(a, 0), path, (uint32_t)how.flags, (uint32_t)how.mode, walk);
}
