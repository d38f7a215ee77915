/* SPDX-License-Identifier: MIT */
/*
 * sys_mm.c - mmap of a file. Page tables are the host kernel's: the call is checked here and executed by
 * the host on the guest's own slot. Anonymous mappings never come here.
 */
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "lxrun/quirks.h"

#define MAP_GROWSDOWN       0x100u
#define MAP_LOCKED          0x2000u
#define MAP_FIXED_NOREPLACE 0x100000u

static int64_t map_slotless(struct task *t, int fd, struct file *f, const struct sc_args *a)
{
	uint32_t prot = SC_U32(a, 2), flags = SC_U32(a, 3);
	int err;

	if (!SC_U64(a, 1))
		return -LX_EINVAL;
	if (!file_readable(f))
		return -LX_EACCES;
	if ((flags & LX_MAP_SHARED) && (prot & LX_PROT_WRITE) && !file_writable(f))
		return -LX_EACCES;
	if (!f->direct)
		return -LX_ENODEV;
	err = fd_make_slot(t, fd, f);
	return err ? err : SC_CONTINUE;
}

/* Flags that lxcore did not know. */
static bool is_unknown(uint32_t flags)
{
	return ((flags & MAP_LOCKED) && quirk_on(QUIRK_MAP_LOCKED)) ||
	       ((flags & MAP_GROWSDOWN) && quirk_on(QUIRK_MAP_GROWSDOWN)) ||
	       ((flags & MAP_FIXED_NOREPLACE) && quirk_on(QUIRK_MAP_NOREPLACE));
}

int64_t sys_mmap(struct task *t, const struct sc_args *a)
{
	int fd = SC_I32(a, 4);
	struct file *f;
	int64_t ret;

	if (is_unknown(SC_U32(a, 3)))
		return -LX_EOPNOTSUPP;
	if ((SC_U32(a, 3) & LX_MAP_ANONYMOUS) || fd_is_slot(t, fd))
		return SC_CONTINUE;
	if (SC_U64(a, 5) & (LX_PAGE_SIZE - 1))
		return -LX_EINVAL;
	ret = fd_get_slot(t, fd, false, &f, NULL);
	if (ret)
		return ret;
	ret = map_slotless(t, fd, f, a);
	file_put(f);
	return ret;
}
