/* SPDX-License-Identifier: MIT */
/* lists.c - POSIX ACLs: entries of an archive's entry, as tar keeps them, and values of the xattrs that Linux has. */
#include "archive.h"
#include "manager.h"
#include "lxrun/acl.h"
#include "lxrun/vfs.h"
#include <stdlib.h>
#include <string.h>

static const struct {
	uint16_t lx;
	int tar;
} tags[] = {
	{ LX_ACL_USER_OBJ, ARCHIVE_ENTRY_ACL_USER_OBJ },
	{ LX_ACL_USER, ARCHIVE_ENTRY_ACL_USER },
	{ LX_ACL_GROUP_OBJ, ARCHIVE_ENTRY_ACL_GROUP_OBJ },
	{ LX_ACL_GROUP, ARCHIVE_ENTRY_ACL_GROUP },
	{ LX_ACL_MASK, ARCHIVE_ENTRY_ACL_MASK },
	{ LX_ACL_OTHER, ARCHIVE_ENTRY_ACL_OTHER },
};
#define TAGS (sizeof(tags) / sizeof(tags[0]))

static int tar_type(bool def)
{
	return def ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
}

void list_to_tar(struct archive_entry *e, bool def, const struct acl *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		size_t t = 0;
		bool named = a->e[i].tag == LX_ACL_USER || a->e[i].tag == LX_ACL_GROUP;

		while (t + 1 < TAGS && tags[t].lx != a->e[i].tag)
			t++;
		la.entry_acl_add_entry(e, tar_type(def), a->e[i].perm, tags[t].tar,
				       named ? (int)a->e[i].id : -1, NULL);
	}
}

/* By tag, then number: the order that Linux wants. */
static int by_place(const void *one, const void *other)
{
	const struct lx_acl_entry *a = one, *b = other;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* False: it has no number, and its name is none. */
static bool take_entry(struct acl *a, int permissions, int tag, int id, const char *name)
{
	struct lx_acl_entry *to = &a->e[a->n];
	size_t t = 0;
	char *end;

	while (t < TAGS && tags[t].tar != tag)
		t++;
	if (t == TAGS || a->n == ACL_MAX)
		return false;
	*to = (struct lx_acl_entry){ .tag = tags[t].lx,
				     .perm = (uint16_t)(permissions & 7),
				     .id = LX_ACL_NO_ID };
	if (to->tag == LX_ACL_USER || to->tag == LX_ACL_GROUP) {
		to->id = (uint32_t)id;
		if (id == -1) {
			to->id = name ? (uint32_t)strtoul(name, &end, 10) : LX_ACL_NO_ID;
			if (!name || !*name || *end)
				return false;
		}
	}
	a->n++;
	return true;
}

bool list_from_tar(struct archive_entry *e, bool def, struct acl *a)
{
	const int type = tar_type(def);
	int got, permissions, tag, id, count = la.entry_acl_reset(e, type);
	bool ok = true;
	const char *name;

	*a = (struct acl){ .version = LX_ACL_VERSION };
	/* three entries of the access list are the mode */
	while (count > (def ? 0 : 3) && ok) {
		if (la.entry_acl_next(e, type, &got, &permissions, &tag, &id, &name) != ARCHIVE_OK)
			break;
		ok = take_entry(a, permissions, tag, id, name);
	}
	qsort(a->e, a->n, sizeof(a->e[0]), by_place);
	return ok && (!a->n || acl_valid(a));
}
