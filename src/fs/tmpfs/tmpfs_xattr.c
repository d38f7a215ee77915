/* SPDX-License-Identifier: MIT */
/* tmpfs_xattr.c - extended attributes of TmpFs: a list per object. The super's lock guards it. */
#include "lxrun/acl.h"
#include "tmpfs.h"
#include <string.h>

#define XATTR_VALUE_MAX 65536u
#define XATTR_ROOM      (1024u * 1024) /* of one object, names and values: ENOSPC beyond */

struct tmpfs_xattr {
	struct list link;
	size_t size;
	char *value; /* behind the name */
	char name[];
};

static struct tmpfs_xattr *find(struct tmpfs_node *node, const char *name)
{
	struct tmpfs_xattr *x;

	list_for_each(x, &node->xattrs, link)
		if (!strcmp(x->name, name))
			return x;
	return NULL;
}

static bool is_known(const char *name)
{
	return !strncmp(name, "user.", 5) || !strncmp(name, "trusted.", 8) ||
	       !strncmp(name, "security.", 9) || acl_is_name(name);
}

int64_t tmpfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	struct tmpfs_xattr *x;
	int64_t ret = -LX_ENODATA;

	if (!is_known(name))
		return -LX_EOPNOTSUPP;
	tmpfs_lock(inode);
	x = find(tmpfs_node_of(inode), name);
	if (x) {
		ret = (int64_t)x->size;
		if (size && size < x->size)
			ret = -LX_ERANGE;
		else if (size)
			memcpy(buf, x->value, x->size);
	}
	tmpfs_unlock(inode);
	return ret;
}

static int check_set(const struct tmpfs_node *node, const struct tmpfs_xattr *old, size_t room,
		     int flags)
{
	if (old && (flags & LX_XATTR_CREATE))
		return -LX_EEXIST;
	if (!old && (flags & LX_XATTR_REPLACE))
		return -LX_ENODATA;
	return node->xattr_bytes + room > XATTR_ROOM ? -LX_ENOSPC : 0;
}

/* Takes x out of the list; the caller frees it. */
static void take(struct tmpfs_node *node, struct tmpfs_xattr *x)
{
	list_del(&x->link);
	node->xattr_bytes -= strlen(x->name) + x->size;
}

static void changed(struct inode *inode, const uint32_t *mode)
{
	if (mode)
		inode->mode = (inode->mode & LX_S_IFMT) | *mode;
	tmpfs_node_of(inode)->ctime = vfs_now();
}

/* mode: NULL, or the permission bits that go with it. */
static int set(struct inode *inode, const char *name, const void *value, size_t size, int flags,
	       const uint32_t *mode)
{
	struct tmpfs_node *node = tmpfs_node_of(inode);
	size_t len = strlen(name);
	struct tmpfs_xattr *x, *old;
	int err;

	if (!is_known(name))
		return -LX_EOPNOTSUPP;
	if (size > XATTR_VALUE_MAX)
		return -LX_E2BIG;
	x = mem_alloc(sizeof(*x) + len + 1 + size);
	if (!x)
		return -LX_ENOMEM;
	memcpy(x->name, name, len + 1);
	x->value = x->name + len + 1;
	x->size = size;
	if (size)
		memcpy(x->value, value, size);
	tmpfs_lock(inode);
	old = find(node, name);
	err = check_set(node, old, len + size, flags);
	if (!err) {
		if (old)
			take(node, old);
		list_add_tail(&node->xattrs, &x->link);
		node->xattr_bytes += len + size;
		changed(inode, mode);
		x = old;
	}
	tmpfs_unlock(inode);
	mem_free(x);
	return err;
}

int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	return set(inode, name, value, size, flags, NULL);
}

static int remove_one(struct inode *inode, const char *name, const uint32_t *mode)
{
	struct tmpfs_node *node = tmpfs_node_of(inode);
	struct tmpfs_xattr *x;

	if (!is_known(name))
		return -LX_EOPNOTSUPP;
	tmpfs_lock(inode);
	x = find(node, name);
	if (x)
		take(node, x);
	if (x || mode)
		changed(inode, mode);
	tmpfs_unlock(inode);
	mem_free(x);
	return x ? 0 : -LX_ENODATA;
}

int tmpfs_removexattr(struct inode *inode, const char *name)
{
	return remove_one(inode, name, NULL);
}

int tmpfs_set_acl(struct inode *inode, const char *name, const void *value, size_t size,
		  uint32_t mode)
{
	if (size)
		return set(inode, name, value, size, 0, &mode);
	remove_one(inode, name, &mode);
	return 0;
}

int tmpfs_keep_acls(struct inode *inode, const struct create_attr *attr)
{
	const struct acl_pair *acl = attr->acl;
	int err = 0;

	if (acl && acl->access.n)
		err = tmpfs_setxattr(inode, LX_XATTR_ACL_ACCESS, acl_value(&acl->access),
				     acl_size(&acl->access), 0);
	if (!err && acl && acl->def.n)
		err = tmpfs_setxattr(inode, LX_XATTR_ACL_DEFAULT, acl_value(&acl->def),
				     acl_size(&acl->def), 0);
	return err;
}

int64_t tmpfs_listxattr(struct inode *inode, char *buf, size_t size)
{
	struct tmpfs_xattr *x;
	int64_t used = 0;

	tmpfs_lock(inode);
	list_for_each(x, &tmpfs_node_of(inode)->xattrs, link) {
		size_t len = strlen(x->name) + 1;

		if (size && (uint64_t)used + len > size) {
			used = -LX_ERANGE;
			break;
		}
		if (size)
			memcpy(buf + used, x->name, len);
		used += (int64_t)len;
	}
	tmpfs_unlock(inode);
	return used;
}

void tmpfs_free_xattrs(struct tmpfs_node *node)
{
	struct tmpfs_xattr *x, *tmp;

	list_for_each_safe(x, tmp, &node->xattrs, link)
		mem_free(x);
}
