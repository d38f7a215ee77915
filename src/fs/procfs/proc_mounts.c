/* SPDX-License-Identifier: MIT */
/* proc_mounts.c - the mount table in its three traditional forms, as the reader's root shows it. */
#include "proc.h"
#include <stdio.h>
#include <string.h>

enum form { FORM_MOUNTS, FORM_INFO, FORM_STATS };
struct printer {
	struct task *t;
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

static void add_options(struct text *tx, const struct mount *m)
{
	text_printf(tx, "%s%s%s%s", m->flags & MNT_RDONLY || m->sb->read_only ? "ro" : "rw",
		    m->flags & MNT_NOSUID ? ",nosuid" : "", m->flags & MNT_NODEV ? ",nodev" : "",
		    m->flags & MNT_NOEXEC ? ",noexec" : "");
}

static void add_info(struct text *tx, const struct mount *m, const char *where, const char *source)
{
	text_printf(tx, "%d %d %u:%u / ", m->id, m->at.mnt ? m->at.mnt->id : 0,
		    lx_major(m->sb->dev), lx_minor(m->sb->dev));
	add_escaped(tx, where);
	text_printf(tx, " ");
	add_options(tx, m);
	text_printf(tx, " - %s ", m->sb->type->name);
	add_escaped(tx, source);
	text_printf(tx, " %s\n", m->sb->read_only ? "ro" : "rw");
}

static int add_mount(struct mount *m, void *arg)
{
	struct printer *p = arg;
	struct path top = { m, m->root };
	char where[LX_PATH_MAX];
	const char *source = m->source ? m->source : m->sb->type->name;

	/* Not below the reader's root: not his business. */
	if (proc_path_text(p->t, &top, NULL, where, sizeof(where)) < 0 || where[0] != '/')
		return 0;
	if (p->form == FORM_INFO) {
		add_info(p->tx, m, where, source);
		return 0;
	}
	if (p->form == FORM_STATS)
		text_printf(p->tx, "device ");
	add_escaped(p->tx, source);
	text_printf(p->tx, p->form == FORM_STATS ? " mounted on " : " ");
	add_escaped(p->tx, where);
	if (p->form == FORM_STATS) {
		text_printf(p->tx, " with fstype %s\n", m->sb->type->name);
		return 0;
	}
	text_printf(p->tx, " %s ", m->sb->type->name);
	add_options(p->tx, m);
	text_printf(p->tx, " 0 0\n");
	return 0;
}

static int show(struct task *t, struct text *tx, enum form form)
{
	struct printer p = { t, tx, form };

	mount_for_each(add_mount, &p);
	return 0;
}

int proc_show_mounts(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return show(t, tx, FORM_MOUNTS);
}

int proc_show_mountinfo(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return show(t, tx, FORM_INFO);
}

int proc_show_mountstats(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return show(t, tx, FORM_STATS);
}

int proc_show_filesystems(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	for (const struct fs_type *const *type = fs_types; *type; type++)
		text_printf(tx, "%s\t%s\n", (*type)->flags & FS_NODEV ? "nodev" : "",
			    (*type)->name);
	return 0;
}
