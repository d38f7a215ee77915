/* SPDX-License-Identifier: MIT */
/* sys_handle.c - name_to_handle_at, open_by_handle_at. */
#include "lxrun/guestmem.h"
#include "lxrun/handle.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define AT_HANDLE_MNT_ID_UNIQUE 0x1
#define AT_HANDLE_FID           0x200
#define AT_KNOWN                (AT_HANDLE_MNT_ID_UNIQUE | AT_HANDLE_FID | LX_AT_SYMLINK_FOLLOW | LX_AT_EMPTY_PATH)

static int put_mount_id(struct task *t, gaddr_t to, int id, bool wide)
{
	uint64_t unique = mount_unique_id(id);

	return wide ? guest_copyout(t, to, &unique, sizeof(unique))
		    : guest_copyout(t, to, &id, sizeof(id));
}

int64_t sys_name_to_handle_at(struct task *t, const struct sc_args *a)
{
	int flags = SC_I32(a, 4), mount_id, err;
	uint32_t walk = (flags & LX_AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) |
			(flags & LX_AT_EMPTY_PATH ? WALK_EMPTY : 0);
	gaddr_t uhandle = SC_GPTR(a, 2);
	struct lx_file_handle head;
	struct vfs_handle h;
	char path[LX_PATH_MAX];
	bool fits;

	if (flags & ~AT_KNOWN)
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, SC_GPTR(a, 1));
	if (!err)
		err = vfs_name_to_handle(t, SC_I32(a, 0), path, walk, flags & AT_HANDLE_FID, &h,
					 &mount_id);
	if (!err)
		err = guest_copyin(t, &head, uhandle, sizeof(head));
	if (!err && head.handle_bytes > LX_MAX_HANDLE_SZ)
		err = -LX_EINVAL;
	if (err)
		return err;
	fits = head.handle_bytes >= sizeof(h);
	head = (struct lx_file_handle){ sizeof(h), LX_HANDLE_TYPE };
	err = put_mount_id(t, SC_GPTR(a, 3), mount_id, flags & AT_HANDLE_MNT_ID_UNIQUE);
	if (!err)
		err = guest_copyout(t, uhandle, &head, sizeof(head));
	if (!err && fits)
		err = guest_copyout(t, GADDR(uhandle.va + sizeof(head)), &h, sizeof(h));
	return err ? err : fits ? 0 : -LX_EOVERFLOW;
}

int64_t sys_open_by_handle_at(struct task *t, const struct sc_args *a)
{
	gaddr_t uhandle = SC_GPTR(a, 1);
	struct lx_file_handle head;
	struct vfs_handle h;
	bool ours;

	if (guest_copyin(t, &head, uhandle, sizeof(head)))
		return -LX_EFAULT;
	if (!head.handle_bytes || head.handle_bytes > LX_MAX_HANDLE_SZ)
		return -LX_EINVAL;
	ours = head.handle_type == LX_HANDLE_TYPE && head.handle_bytes == sizeof(h);
	if (ours && guest_copyin(t, &h, GADDR(uhandle.va + sizeof(head)), sizeof(h)))
		return -LX_EFAULT;
	return vfs_open_handle(t, SC_I32(a, 0), ours ? &h : NULL, SC_U32(a, 2));
}
