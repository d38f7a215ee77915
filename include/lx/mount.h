/* SPDX-License-Identifier: MIT */
/* mount.h - mount(2), umount2(2) and statfs(2) flags of the guest ABI. */
#ifndef LX_MOUNT_H
#define LX_MOUNT_H
#include "lx/types.h"

#define LX_MS_RDONLY      0x1u
#define LX_MS_NOSUID      0x2u
#define LX_MS_NODEV       0x4u
#define LX_MS_NOEXEC      0x8u
#define LX_MS_SYNCHRONOUS 0x10u
#define LX_MS_REMOUNT     0x20u
#define LX_MS_MANDLOCK    0x40u
#define LX_MS_DIRSYNC     0x80u
#define LX_MS_NOSYMFOLLOW 0x100u
#define LX_MS_NOATIME     0x400u
#define LX_MS_NODIRATIME  0x800u
#define LX_MS_BIND        0x1000u
#define LX_MS_MOVE        0x2000u
#define LX_MS_REC         0x4000u
#define LX_MS_SILENT      0x8000u
#define LX_MS_POSIXACL    0x10000u
#define LX_MS_UNBINDABLE  0x20000u
#define LX_MS_PRIVATE     0x40000u
#define LX_MS_SLAVE       0x80000u
#define LX_MS_SHARED      0x100000u
#define LX_MS_RELATIME    0x200000u
#define LX_MS_STRICTATIME 0x1000000u
#define LX_MS_LAZYTIME    0x2000000u
#define LX_MS_MGC_VAL     0xc0ed0000u /* old programs put this in the upper half: ignored */
#define LX_MS_MGC_MSK     0xffff0000u

#define LX_MNT_FORCE       0x1u
#define LX_MNT_DETACH      0x2u
#define LX_MNT_EXPIRE      0x4u
#define LX_UMOUNT_NOFOLLOW 0x8u

/* f_flags of struct statfs; the low ones are those of mount(2). */
#define LX_ST_VALID       0x20u
#define LX_ST_NOATIME     0x400u
#define LX_ST_NODIRATIME  0x800u
#define LX_ST_RELATIME    0x1000u
#define LX_ST_NOSYMFOLLOW 0x2000u

/* fsopen(2) and its kin. */
#define LX_FSOPEN_CLOEXEC          0x1u
#define LX_FSMOUNT_CLOEXEC         0x1u
#define LX_FSPICK_CLOEXEC          0x1u
#define LX_FSPICK_SYMLINK_NOFOLLOW 0x2u
#define LX_FSPICK_NO_AUTOMOUNT     0x4u
#define LX_FSPICK_EMPTY_PATH       0x8u
enum lx_fsconfig {
	LX_FSCONFIG_SET_FLAG,
	LX_FSCONFIG_SET_STRING,
	LX_FSCONFIG_SET_BINARY,
	LX_FSCONFIG_SET_PATH,
	LX_FSCONFIG_SET_PATH_EMPTY,
	LX_FSCONFIG_SET_FD,
	LX_FSCONFIG_CMD_CREATE,
	LX_FSCONFIG_CMD_RECONFIGURE,
	LX_FSCONFIG_CMD_CREATE_EXCL,
};
#define LX_OPEN_TREE_CLONE   0x1u
#define LX_OPEN_TREE_CLOEXEC 0x80000u
#define LX_MOVE_MOUNT_F_SYMLINKS   0x1u
#define LX_MOVE_MOUNT_F_AUTOMOUNTS 0x2u
#define LX_MOVE_MOUNT_F_EMPTY_PATH 0x4u
#define LX_MOVE_MOUNT_T_SYMLINKS   0x10u
#define LX_MOVE_MOUNT_T_AUTOMOUNTS 0x20u
#define LX_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define LX_MOVE_MOUNT_SET_GROUP    0x100u
#define LX_MOVE_MOUNT_BENEATH      0x200u
#define LX_MOVE_MOUNT_MASK         0x377u

/* Attributes of a mount: fsmount(2), mount_setattr(2), statmount(2). */
#define LX_MOUNT_ATTR_RDONLY      0x1u
#define LX_MOUNT_ATTR_NOSUID      0x2u
#define LX_MOUNT_ATTR_NODEV       0x4u
#define LX_MOUNT_ATTR_NOEXEC      0x8u
#define LX_MOUNT_ATTR_ATIME       0x70u /* a choice: */
#define LX_MOUNT_ATTR_RELATIME    0x0u
#define LX_MOUNT_ATTR_NOATIME     0x10u
#define LX_MOUNT_ATTR_STRICTATIME 0x20u
#define LX_MOUNT_ATTR_NODIRATIME  0x80u
#define LX_MOUNT_ATTR_IDMAP       0x100000u
#define LX_MOUNT_ATTR_NOSYMFOLLOW 0x200000u
struct lx_mount_attr { uint64_t attr_set, attr_clr, propagation, userns_fd; };

/* statmount(2), listmount(2). */
struct lx_mnt_id_req { uint32_t size, spare; uint64_t mnt_id, param, mnt_ns_id; };
#define LX_MNT_ID_REQ_SIZE_VER0 24u
#define LX_LSMT_ROOT         UINT64_MAX
#define LX_LISTMOUNT_REVERSE 0x1u
#define LX_STATMOUNT_SB_BASIC       0x1u
#define LX_STATMOUNT_MNT_BASIC      0x2u
#define LX_STATMOUNT_PROPAGATE_FROM 0x4u
#define LX_STATMOUNT_MNT_ROOT       0x8u
#define LX_STATMOUNT_MNT_POINT      0x10u
#define LX_STATMOUNT_FS_TYPE        0x20u
#define LX_STATMOUNT_MNT_OPTS       0x80u
#define LX_STATMOUNT_SB_SOURCE      0x200u
#define LX_STATMOUNT_SUPPORTED_MASK 0x1000u
#define LX_STATMOUNT_STRINGS                                                                   \
	(LX_STATMOUNT_MNT_ROOT | LX_STATMOUNT_MNT_POINT | LX_STATMOUNT_FS_TYPE |                   \
	 LX_STATMOUNT_MNT_OPTS | LX_STATMOUNT_SB_SOURCE)
struct lx_statmount {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source, opt_num, opt_array, opt_sec_num, opt_sec_array;
	uint64_t supported_mask, spare[45];
};
_Static_assert(sizeof(struct lx_statmount) == 512, "struct statmount");
#endif
