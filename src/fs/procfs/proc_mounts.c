/* SPDX-License-Identifier: MIT */
/* proc_mounts.c - the mount table in its three traditional forms, as a process sees it. */
#include "proc.h"
#include "lxrun/nsfs.h"
#include <stdio.h>
#include <string.h>

enum form { FORM_MOUNTS, FORM_INFO, FORM_STATS };
struct printer {
	struct path root;
	struct text *tx;
	enum form form;
};

/* Blanks and backslashes in octal, as mount(8) and getmntent(3) expect. */
static void add_escaped(struct text *tx, const char *s)
{
	for (; *s; s++) {
		if (strchr(" \t\n\\#", *s))
			text_printf(tx, "\\%03o", (unsigned char)*s);
		else
			text_put(tx, s, 1);
	}
}

static void add_options(struct text *tx, const struct mount *m, bool read_only)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ MNT_NOSUID, "nosuid" },           { MNT_NODEV, "nodev" },
		{ MNT_NOEXEC, "noexec" },           { MNT_NOATIME, "noatime" },
		{ MNT_NODIRATIME, "nodiratime" },   { MNT_RELATIME, "relatime" },
		{ MNT_NOSYMFOLLOW, "nosymfollow" },
	};

	text_str(tx, read_only ? "ro" : "rw");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (m->flags & names[i].flag)
			text_printf(tx, ",%s", names[i].name);
}

static void add_super_options(struct text *tx, struct super *sb)
{
	if (sb->ops->show_options)
		sb->ops->show_options(sb, tx);
}

static void add_info(struct text *tx, const struct mount_view *v, const char *where,
		     const char *source)
{
	const struct mount *m = v->top.mnt;
	const struct ns *ns = nsfs_ns(m->root->inode);
	char root[LX_PATH_MAX];

	text_printf(tx, "%d %d %u:%u ", m->id, v->parent_id, lx_major(m->sb->dev),
		    lx_minor(m->sb->dev));
	add_escaped(tx, ns ? ns->text : vfs_mount_root_text(&v->top, root) ? "/" : root);
	text_str(tx, " ");
	add_escaped(tx, where);
	text_str(tx, " ");
	add_options(tx, m, m->flags & MNT_RDONLY);
	if (v->group)
		text_printf(tx, " shared:%d", v->group);
	if (v->master)
		text_printf(tx, " master:%d", v->master);
	if (v->unbindable)
		text_str(tx, " unbindable");
	text_printf(tx, " - %s ", m->sb->type->name);
	add_escaped(tx, source);
	text_printf(tx, " %s", m->sb->read_only ? "ro" : "rw");
	add_super_options(tx, m->sb);
	text_str(tx, "\n");
}

static int add_mount(const struct mount_view *v, void *arg)
{
	struct printer *p = arg;
	const struct mount *m = v->top.mnt;
	char where[LX_PATH_MAX];
	bool outside;

	/* Not below the reader's root: not his business. */
	if (vfs_path_text(&v->top, NULL, &p->root, where, sizeof(where), &outside) < 0 || outside)
		return 0;
	if (p->form == FORM_INFO) {
		add_info(p->tx, v, where, m->source);
		return 0;
	}
	if (p->form == FORM_STATS)
		text_printf(p->tx, "device ");
	add_escaped(p->tx, m->source);
	text_printf(p->tx, p->form == FORM_STATS ? " mounted on " : " ");
	add_escaped(p->tx, where);
	if (p->form == FORM_STATS) {
		text_printf(p->tx, " with fstype %s\n", m->sb->type->name);
		return 0;
	}
	text_printf(p->tx, " %s ", m->sb->type->name);
	add_options(p->tx, m, (m->flags & MNT_RDONLY) || m->sb->read_only);
	add_super_options(p->tx, m->sb);
	text_printf(p->tx, " 0 0\n");
	return 0;
}

/* The mounts of the process that the file belongs to, as its root shows them. */
static int show(const struct pseudo_node *n, struct text *tx, enum form form)
{
	struct fs_context *fs = proc_fs_context(n);
	struct printer p = { .tx = tx, .form = form };
	int err;

	if (!fs)
		return -LX_EINVAL;
	fs_get_root(fs, &p.root);
	err = mount_for_each(fs->ns, add_mount, &p);
	path_put(&p.root);
	fs_context_put(fs);
	return err;
}

int proc_show_mounts(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return show(n, tx, FORM_MOUNTS);
}

int proc_show_mountinfo(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return show(n, tx, FORM_INFO);
}

int proc_show_mountstats(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return show(n, tx, FORM_STATS);
}

int proc_show_filesystems(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	for (const struct fs_type *const *type = fs_types; *type; type++)
		text_printf(tx, "%s\t%s\n", (*type)->flags & FS_NODEV ? "nodev" : "",
			    (*type)->name);
	return 0;
}
