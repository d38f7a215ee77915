/* SPDX-License-Identifier: MIT */
/*
 * acl.h - POSIX access control lists (acl(5)). What a list means is in src/fs/acl.c and knows no files;
 * where lists come from and what they do to a file is in src/fs/vfs_acl.c. File systems only keep them, as
 * the extended attributes that setfacl(1) sees.
 */
#ifndef LXRUN_ACL_H
#define LXRUN_ACL_H
#include "lx/acl.h"
#include <stdbool.h>
#include <stddef.h>

struct cred;
struct create_attr;
struct inode;
struct kstat;
struct path;
struct task;

#define ACL_MAX      512u /* entries; ext4 keeps fewer */
#define ACL_KEPT_MAX 240u /* entries of a list that lxcore's own file systems keep: ENOSPC beyond */
#define ACL_BYTES(n) (4u + 8u * (n))

struct acl {
	uint32_t n;       /* 0: there is none */
	uint32_t version; /* from here on it is the attribute's value */
	struct lx_acl_entry e[ACL_MAX];
};
static inline const void *acl_value(const struct acl *a)
{
	return &a->version;
}
static inline size_t acl_size(const struct acl *a)
{
	return a->n ? ACL_BYTES(a->n) : 0;
}

/* ---- lists: src/fs/acl.c ---- */
/* A value of setxattr(2); size 0 and a list without entries: none. -LX_EINVAL, -LX_EOPNOTSUPP (version), -LX_ENOSPC. */
int acl_parse(const void *value, size_t size, struct acl *out);
/* Order, completeness and permission bits. */
bool acl_valid(const struct acl *a);
/* The permission bits that go with a into *mode; true: they say all that a says. */
bool acl_to_mode(const struct acl *a, uint32_t *mode);
/* chmod(2): the entries that are the mode's. */
void acl_chmod(struct acl *a, uint32_t mode);
/* The default list a for a new object made with *mode: each takes from the other. True: *mode says all. */
bool acl_inherit(struct acl *a, uint32_t *mode);
/* Whether a lets cr, who is not the owner, do all of mask: 0 or -LX_EACCES. */
int acl_permission(const struct acl *a, const struct cred *cr, uint32_t gid, int mask);

/* ---- files: src/fs/vfs_acl.c ---- */
/* The lists of an object about to be made: create_attr.acl. */
struct acl_pair {
	struct acl access, def;
};
bool acl_is_name(const char *xattr);
/*
 * As vfs_generic_permission() for an object in hand, whose list is asked if it could say anything else.
 * st: its attributes.
 */
int vfs_acl_permission(struct inode *inode, const struct cred *cr, const struct kstat *st, int mask);
/* Whether an object of inode's file system with these attributes may have a list that decides about cr. */
bool vfs_acl_matters(const struct inode *inode, const struct cred *cr, uint32_t mode, uint32_t uid);
/* As vfs_acl_matters() for the cached directory p, of which it may be known that it has none. */
bool vfs_acl_of_dir(const struct path *p, const struct cred *cr);
/*
 * What a new object in dir gets: attr->mode without umask's bits, or else what the directory's default
 * list says and attr->acl, if the file system does not do that itself. acl_inherited_free() in any case.
 */
int  vfs_acl_inherit(const struct path *dir, uint32_t umask, struct create_attr *attr);
void acl_inherited_free(struct create_attr *attr);
/* setxattr(2), removexattr(2) (size 0) of a list, judged and checked. */
int vfs_acl_set(struct task *t, const struct path *p, struct inode *inode, const char *name, const void *value, size_t size);
/* chmod(2) of something that may have a list, rights judged. 1: it has none, the mode is all. */
int vfs_acl_chmod(struct inode *inode, uint32_t mode);
#endif
