/* SPDX-License-Identifier: MIT */
/* acl.c - what a POSIX ACL means (acl(5), POSIX.1e draft 17): form, mode bits, inheritance, access. */
#include "lxrun/acl.h"
#include "lx/errno.h"
#include "lx/fcntl.h"
#include "lxrun/cred.h"
#include <string.h>

#define NAMED (LX_ACL_USER | LX_ACL_GROUP)

static int take_entry(const struct lx_acl_entry *from, struct lx_acl_entry *to)
{
	*to = *from;
	switch (from->tag) {
	case LX_ACL_USER_OBJ:
	case LX_ACL_GROUP_OBJ:
	case LX_ACL_MASK:
	case LX_ACL_OTHER:
		to->id = LX_ACL_NO_ID;
		return 0;
	case LX_ACL_USER:
	case LX_ACL_GROUP:
		return from->id == LX_ACL_NO_ID ? -LX_EINVAL : 0;
	default:
		return -LX_EINVAL;
	}
}

int acl_parse(const void *value, size_t size, struct acl *out)
{
	size_t n = (size - sizeof(out->version)) / sizeof(*out->e);
	struct lx_acl_entry e;
	int err = 0;

	out->n = 0;
	out->version = LX_ACL_VERSION;
	if (!size)
		return 0;
	if (size < sizeof(out->version))
		return -LX_EINVAL;
	if (memcmp(value, &out->version, sizeof(out->version)))
		return -LX_EOPNOTSUPP;
	if (size != ACL_BYTES(n))
		return -LX_EINVAL;
	if (n > ACL_MAX)
		return -LX_ENOSPC;
	for (size_t i = 0; i < n && !err; i++) {
		memcpy(&e, (const char *)value + ACL_BYTES(i), sizeof(e));
		err = take_entry(&e, &out->e[i]);
	}
	out->n = err ? 0 : (uint32_t)n;
	return err;
}

bool acl_valid(const struct acl *a)
{
	/* Each tag once, named ones often, in this order; what may come next after each. */
	uint32_t next = LX_ACL_USER_OBJ;
	bool needs_mask = false;

	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t tag = a->e[i].tag;

		if (!(tag & next) || a->e[i].perm & ~7)
			return false;
		needs_mask |= (tag & NAMED) != 0;
		if (tag == LX_ACL_USER_OBJ || tag == LX_ACL_USER)
			next = LX_ACL_USER | LX_ACL_GROUP_OBJ;
		else if (tag == LX_ACL_GROUP_OBJ || tag == LX_ACL_GROUP)
			next = LX_ACL_GROUP | LX_ACL_MASK | (needs_mask ? 0 : LX_ACL_OTHER);
		else
			next = tag == LX_ACL_MASK ? LX_ACL_OTHER : 0;
	}
	return next == 0;
}

static struct lx_acl_entry *find(struct acl *a, uint32_t tag)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->e[i].tag == tag)
			return &a->e[i];
	return NULL;
}

/* The entry that the mode's bits of a class are: the mask, if there is one, for the group's. */
static struct lx_acl_entry *of_class(struct acl *a, int shift)
{
	struct lx_acl_entry *mask = shift == 3 ? find(a, LX_ACL_MASK) : NULL;

	return mask ? mask
		    : find(a, shift == 6   ? LX_ACL_USER_OBJ
			      : shift == 3 ? LX_ACL_GROUP_OBJ
					   : LX_ACL_OTHER);
}

static bool says_all(const struct acl *a)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->e[i].tag & (NAMED | LX_ACL_MASK))
			return false;
	return true;
}

bool acl_to_mode(const struct acl *a, uint32_t *mode)
{
	*mode &= ~0777u;
	for (int shift = 0; shift <= 6; shift += 3)
		*mode |= (uint32_t)of_class((struct acl *)a, shift)->perm << shift;
	return says_all(a);
}

void acl_chmod(struct acl *a, uint32_t mode)
{
	for (int shift = 0; shift <= 6; shift += 3) {
		struct lx_acl_entry *e = of_class(a, shift);

		if (e)
			e->perm = mode >> shift & 7;
	}
}

bool acl_inherit(struct acl *a, uint32_t *mode)
{
	for (int shift = 0; shift <= 6; shift += 3) {
		struct lx_acl_entry *e = of_class(a, shift);

		if (!e)
			continue;
		e->perm &= *mode >> shift & 7;
		*mode &= (uint32_t)e->perm << shift | ~(7u << shift);
	}
	return says_all(a);
}

/* Whether a mask behind entry i, or none, lets perm pass. */
static int masked(const struct acl *a, uint32_t i, int mask)
{
	for (uint32_t k = i + 1; k < a->n; k++)
		if (a->e[k].tag == LX_ACL_MASK)
			return mask & ~(a->e[i].perm & a->e[k].perm) ? -LX_EACCES : 0;
	return mask & ~a->e[i].perm ? -LX_EACCES : 0;
}

int acl_permission(const struct acl *a, const struct cred *cr, uint32_t gid, int mask)
{
	bool in_group = false;

	mask &= LX_R_OK | LX_W_OK | LX_X_OK;
	for (uint32_t i = 0; i < a->n; i++) {
		const struct lx_acl_entry *e = &a->e[i];

		switch (e->tag) {
		case LX_ACL_USER:
			if (e->id == cr->fsuid)
				return masked(a, i, mask);
			break;
		case LX_ACL_GROUP_OBJ:
		case LX_ACL_GROUP:
			if (!cred_in_group(cr, e->tag == LX_ACL_GROUP ? e->id : gid))
				break;
			in_group = true;
			if (!(mask & ~e->perm))
				return masked(a, i, mask);
			break;
		case LX_ACL_OTHER:
			return in_group || (mask & ~e->perm) ? -LX_EACCES : 0;
		}
	}
	return -LX_EACCES;
}
