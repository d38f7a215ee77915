/* SPDX-License-Identifier: MIT */
/*
 * file_caps.c - capabilities of files (capabilities(7)): the attribute security.capability, as setcap(8) writes
 * it. Version 3 names a user name space by its root; there is one, so any other root's are nobody's here.
 */
#include "task_impl.h"
#include "lxrun/vfs.h"
#include <string.h>

#define ATTRIBUTE      "security.capability"
#define REVISION_MASK  0xff000000u
#define REVISION_1     0x01000000u
#define REVISION_2     0x02000000u
#define REVISION_3     0x03000000u
#define FLAG_EFFECTIVE 0x000001u

/* struct vfs_ns_cap_data; little endian, as is the machine. */
struct stored {
	uint32_t magic;
	struct {
		uint32_t permitted, inheritable;
	} data[2];
	uint32_t root;
};
_Static_assert(sizeof(struct stored) == 24, "struct vfs_ns_cap_data");

bool file_caps_valid(const void *value, size_t size)
{
	uint32_t magic = 0;

	if (size < sizeof(magic))
		return false;
	memcpy(&magic, value, sizeof(magic));
	switch (magic & REVISION_MASK) {
	case REVISION_1:
		return size == 12;
	case REVISION_2:
		return size == 20;
	case REVISION_3:
		return size == 24;
	}
	return false;
}

int file_caps_get(struct file *f, struct file_caps *out)
{
	struct stored s = { 0 };
	struct inode *inode = f->inode;
	int64_t n = -LX_ENODATA;

	*out = (struct file_caps){ 0 };
	if (inode && inode->iop->getxattr)
		n = inode->iop->getxattr(inode, ATTRIBUTE, &s, sizeof(s));
	if (n == -LX_ERANGE || (n >= 0 && !file_caps_valid(&s, (size_t)n)))
		return -LX_EINVAL;
	if (n < 0 || s.root) /* there is none, or not for us, or the file system has none */
		return 0;
	*out = (struct file_caps){
		.present = true,
		.effective = s.magic & FLAG_EFFECTIVE,
		.permitted = s.data[0].permitted | (uint64_t)s.data[1].permitted << 32,
		.inheritable = s.data[0].inheritable | (uint64_t)s.data[1].inheritable << 32,
	};
	out->permitted &= LX_CAP_ALL;
	out->inheritable &= LX_CAP_ALL;
	return 0;
}
