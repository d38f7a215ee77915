/* SPDX-License-Identifier: MIT */
/* binfmt_fs.c - the file system binfmt_misc: register, status, and a file for each entry (src/loader/binfmt.c). */
#include "../pseudo.h"
#include "lxrun/binfmt.h"

#define BINFMT_MAGIC 0x42494e4d

static int show_status(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return binfmt_show(n->id[0], tx);
}

static int store_status(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	return binfmt_command(n->id[0], text, len);
}

static int store_register(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	return binfmt_register(t, text, len);
}

static int list_entries(const struct pseudo_node *dir, struct number_list *l)
{
	for (int64_t id = 0; (id = binfmt_next(id)) != 0;)
		numbers_add(l, id);
	return 0;
}

static bool entry_exists(const struct pseudo_node *dir, int64_t id)
{
	char name[LX_NAME_MAX + 1];

	return binfmt_name(id, name);
}

static bool entry_find(const struct pseudo_node *dir, const char *name, int64_t *id)
{
	return binfmt_find(name, id);
}

static bool entry_name(const struct pseudo_node *dir, int64_t id, char name[LX_NAME_MAX + 1])
{
	return binfmt_name(id, name);
}

static const struct pseudo_row entry_row = {
	.name = "", .mode = LX_S_IFREG | 0644, .show = show_status, .store = store_status
};

static const struct pseudo_numbers binfmt_entries = { .slot = 0,
						      .row = &entry_row,
						      .list = list_entries,
						      .exists = entry_exists,
						      .parse = entry_find,
						      .print = entry_name };

static const struct pseudo_row root_rows[] = {
	{ "register", LX_S_IFREG | 0200, .store = store_register },
	{ "status", LX_S_IFREG | 0644, .show = show_status, .store = store_status },
	{ NULL },
};

static const struct pseudo_row binfmt_root = {
	.name = "", .mode = LX_S_IFDIR | 0755, .rows = root_rows, .numbers = &binfmt_entries
};

static int binfmt_mount(const struct fs_type *type, const char *source, const char *data,
			struct super **out)
{
	return pseudo_mount(type, &binfmt_root, BINFMT_MAGIC, 0, NULL, out);
}

const struct fs_type binfmt_misc_type = { .name = "binfmt_misc",
					  .flags = FS_NODEV | FS_SINGLE,
					  .mount = binfmt_mount };
