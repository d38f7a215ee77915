/* SPDX-License-Identifier: MIT */
/* sys_fsinfo.c - sysfs(2) and ustat(2): what old programs ask about file systems. */
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include <string.h>

enum { SYSFS_INDEX = 1, SYSFS_NAME, SYSFS_COUNT };

static uint32_t nr_types(void)
{
	uint32_t n = 0;

	while (fs_types[n])
		n++;
	return n;
}

static int64_t index_of(struct task *t, gaddr_t uname)
{
	char name[LX_NAME_MAX + 1];
	int err = guest_copyin_str(t, name, sizeof(name), uname);

	if (err)
		return err == -LX_E2BIG ? -LX_EINVAL : err;
	for (uint32_t i = 0; fs_types[i]; i++)
		if (!strcmp(fs_types[i]->name, name))
			return i;
	return -LX_EINVAL;
}

int64_t sys_sysfs(struct task *t, const struct sc_args *a)
{
	uint64_t index = SC_U64(a, 1);

	switch (SC_I32(a, 0)) {
	case SYSFS_INDEX:
		return index_of(t, SC_GPTR(a, 1));
	case SYSFS_NAME:
		if (index >= nr_types())
			return -LX_EINVAL;
		return guest_copyout(t, SC_GPTR(a, 2), fs_types[index]->name,
				     strlen(fs_types[index]->name) + 1);
	case SYSFS_COUNT:
		return nr_types();
	default:
		return -LX_EINVAL;
	}
}

struct lx_ustat {
	int32_t f_tfree;
	uint64_t f_tinode;
	char f_fname[6], f_fpack[6];
};
_Static_assert(sizeof(struct lx_ustat) == 32, "struct ustat");

int64_t sys_ustat(struct task *t, const struct sc_args *a)
{
	struct lx_statfs st;
	struct lx_ustat u = { 0 };
	int err = vfs_statfs_dev(t, SC_U32(a, 0), &st);

	if (err)
		return err;
	u.f_tfree = (int32_t)st.f_bfree;
	u.f_tinode = st.f_ffree;
	return guest_copyout(t, SC_GPTR(a, 1), &u, sizeof(u));
}
