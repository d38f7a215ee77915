/* SPDX-License-Identifier: MIT */
/*
 * vfs_privs.c - what makes a program more than who runs it, set-id bits and capabilities, and what takes it away:
 * a write, a truncation, a new owner (file_remove_privs() of Linux, write(2), capabilities(7)).
 *
 * On a volume of personality `host` the host takes capabilities itself, and the bits of the user whom it takes the
 * guest for. An error is no reason not to write: Linux gives none either where attributes cannot be changed.
 */
#include "lxrun/task.h"
#include "vfs_impl.h"

#define CAPABILITY "security.capability"

static bool keeps_capabilities(const struct inode *inode)
{
	return inode->sb->acl != ACL_STORE && inode->iop->getxattr && inode->iop->removexattr;
}

bool vfs_has_privs(struct inode *inode, uint32_t mode)
{
	if (!LX_S_ISREG(inode->mode))
		return false;
	return (mode & (LX_S_ISUID | LX_S_ISGID)) ||
	       (keeps_capabilities(inode) && inode->iop->getxattr(inode, CAPABILITY, NULL, 0) > 0);
}

void vfs_drop_capabilities(struct inode *inode)
{
	if (!inode_is_dir(inode) && !inode_is_link(inode) && inode->iop->removexattr)
		inode->iop->removexattr(inode, CAPABILITY);
}

void vfs_remove_privs(struct inode *inode, const struct cred *cr)
{
	struct iattr attr = { .valid = ATTR_MODE };
	struct kstat st;

	if (keeps_capabilities(inode))
		vfs_drop_capabilities(inode);
	if (cred_capable(cr, LX_CAP_FSETID) || !inode->iop->setattr ||
	    inode->iop->getattr(inode, &st))
		return;
	attr.mode = st.mode & ~LX_S_ISUID;
	if ((st.mode & LX_S_IXGRP) || !cred_in_group(cr, st.gid))
		attr.mode &= ~LX_S_ISGID;
	if (attr.mode != st.mode)
		inode->iop->setattr(inode, &attr);
}
