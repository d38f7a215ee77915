/* SPDX-License-Identifier: MIT */
/* nt_ea.h - a list of EAs: the metadata that a new NT file appears with (NtCreateFile's EaBuffer). */
#ifndef FS_NT_EA_H
#define FS_NT_EA_H
#include "lxrun/vfs.h"
#include "nt/io.h"

struct nt_ea {
	uint32_t len, last; /* bytes used; where the last entry begins */
	_Alignas(4) char buf[4608];
};

/* Empties the list: before the first nt_ea_add(). */
static inline void nt_ea_start(struct nt_ea *ea)
{
	ea->len = ea->last = 0;
}
/* One more EA. There must be room: all there may be of attributes, ACLs and a link's text fits. */
void nt_ea_add(struct nt_ea *ea, const char *name, const void *value, uint32_t len);
/* $LXUID, $LXGID and $LXMOD (type included), and $LXDEV of a device. */
void nt_ea_add_owner(struct nt_ea *ea, uint32_t uid, uint32_t gid);
void nt_ea_add_mode(struct nt_ea *ea, uint32_t mode, uint64_t rdev);
/* Whether name is in a namespace of extended attributes that Linux keeps: 0, -LX_EINVAL, -LX_EOPNOTSUPP (xattr(7)). */
int nt_xattr_check(const char *name);
#endif
