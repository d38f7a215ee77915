/* SPDX-License-Identifier: MIT */
/*
 * cgroup_fs.c - the file system cgroup: a directory for each group of a hierarchy (lxrun/cgroup.h), a row for each of
 * its files. Directories are made and removed; everything else is written to files.
 */
#include "../pseudo.h"
#include "base/alloc.h"
#include "lxrun/cgroup.h"
#include "lxrun/task.h"
#include <stdlib.h>

#define CGROUP_SUPER_MAGIC 0x27e0eb

static int64_t group(const struct pseudo_node *n)
{
	return n->id[0];
}

/* ---- files; row->arg says which ---- */

static int show_tasks(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return cgroup_show_tasks(group(n), n->row->arg, tx);
}

static int store_tasks(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	return cgroup_move(group(n), t, n->row->arg, text);
}

static int show_flag(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return cgroup_show_flag(group(n), (enum cgroup_flag)n->row->arg, tx);
}

static int store_flag(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	return cgroup_store_flag(group(n), (enum cgroup_flag)n->row->arg, text);
}

static int show_agent(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return cgroup_show_agent(group(n), tx);
}

static int store_agent(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	return cgroup_store_agent(group(n), text, len);
}

/* Version 1 is the insane one. */
static int show_sane(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_str(tx, "0\n");
	return 0;
}

/* "EVENTFD FD ...": no file of the subsystem has events that one could be told of. */
static int store_event(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	struct file *f;
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end != ' ')
		return -LX_EINVAL;
	if (task_file(t, (int)fd, &f))
		return -LX_EBADF;
	file_put(f);
	return -LX_EINVAL;
}

static int show_devices(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	return cgroup_show_devices(group(n), tx);
}

static int store_devices(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	return cgroup_store_devices(group(n), t, n->row->arg, text);
}

static int group_attr(const struct pseudo_node *n, struct kstat *st)
{
	struct cgroup_stat g;

	if (!cgroup_stat(group(n), &g))
		return -LX_ENOENT;
	st->uid = g.uid;
	st->gid = g.gid;
	st->atime = st->mtime = st->ctime = g.born;
	if (LX_S_ISDIR(st->mode)) {
		st->mode = LX_S_IFDIR | g.mode;
		st->nlink = 2 + g.children;
	}
	return 0;
}

static bool is_top(const struct pseudo_node *dir)
{
	return cgroup_is_top(group(dir));
}

static bool has_devices(const struct pseudo_node *dir)
{
	return cgroup_has(group(dir), CGROUP_DEVICES);
}

#define CG_FILE(n, m, ...)                                           \
	{                                                            \
		n, LX_S_IFREG | (m), .attr = group_attr, __VA_ARGS__ \
	}

static const struct pseudo_row group_rows[] = {
	CG_FILE("cgroup.clone_children", 0644, .show = show_flag, .store = store_flag,
		.arg = CGROUP_CLONE),
	CG_FILE("cgroup.event_control", 0222, .store = store_event),
	CG_FILE("cgroup.procs", 0644, .show = show_tasks, .store = store_tasks),
	CG_FILE("cgroup.sane_behavior", 0444, .show = show_sane, .present = is_top),
	CG_FILE("devices.allow", 0200, .store = store_devices, .arg = 1, .present = has_devices),
	CG_FILE("devices.deny", 0200, .store = store_devices, .present = has_devices),
	CG_FILE("devices.list", 0444, .show = show_devices, .present = has_devices),
	CG_FILE("notify_on_release", 0644, .show = show_flag, .store = store_flag,
		.arg = CGROUP_NOTIFY),
	CG_FILE("release_agent", 0644, .show = show_agent, .store = store_agent, .present = is_top),
	CG_FILE("tasks", 0644, .show = show_tasks, .store = store_tasks, .arg = 1),
	{ NULL },
};

/* ---- directories ---- */

static int list_groups(const struct pseudo_node *dir, struct number_list *l)
{
	char name[LX_NAME_MAX + 1];

	for (int64_t n = 0; (n = cgroup_next_child(group(dir), n, name)) != 0;)
		numbers_add(l, n);
	return 0;
}

static bool group_exists(const struct pseudo_node *dir, int64_t n)
{
	return cgroup_is_child(group(dir), n);
}

static bool find_group(const struct pseudo_node *dir, const char *name, int64_t *n)
{
	return cgroup_child(group(dir), name, n);
}

static bool group_name(const struct pseudo_node *dir, int64_t n, char name[LX_NAME_MAX + 1])
{
	return cgroup_next_child(group(dir), n - 1, name) == n;
}

static int make_group(const struct pseudo_node *dir, const char *name,
		      const struct create_attr *attr)
{
	return cgroup_mkdir(group(dir), name, attr->mode, attr->uid, attr->gid);
}

static int remove_group(const struct pseudo_node *dir, const char *name)
{
	return cgroup_rmdir(group(dir), name);
}

static const struct pseudo_numbers groups;
static const struct pseudo_row group_row = { .name = "",
					     .mode = LX_S_IFDIR | 0555,
					     .rows = group_rows,
					     .numbers = &groups,
					     .attr = group_attr };
static const struct pseudo_numbers groups = { .slot = 0,
					      .row = &group_row,
					      .list = list_groups,
					      .exists = group_exists,
					      .parse = find_group,
					      .print = group_name,
					      .mkdir = make_group,
					      .rmdir = remove_group };

/* ---- the super: one for a hierarchy, whose top group's number its root has ---- */

static int64_t top_of(const struct super *sb)
{
	return group(sb->root->priv);
}

static void cgroupfs_evict(struct inode *inode)
{
	if (inode == inode->sb->root)
		cgroup_unshown(top_of(inode->sb), inode->sb);
	pseudo_evict(inode);
}

static void cgroupfs_options(struct super *sb, struct text *tx)
{
	cgroup_show_options(top_of(sb), tx);
}

static const struct super_ops cgroupfs_super_ops = { .statfs = pseudo_statfs,
						     .evict = cgroupfs_evict,
						     .show_options = cgroupfs_options };

static int make_super(const struct fs_type *type, int64_t top, struct super **out)
{
	const int64_t id[PSEUDO_IDS] = { top };

	*out = pseudo_super(type, &cgroupfs_super_ops, &group_row, id, CGROUP_SUPER_MAGIC);
	if (*out)
		return 0;
	cgroup_unshown(top, NULL);
	return -LX_ENOMEM;
}

static int cgroupfs_mount(const struct fs_type *type, const char *source, const char *data,
			  struct super **out)
{
	struct cgroup_options *o = mem_alloc(sizeof(*o));
	int64_t top;
	int err = o ? cgroup_parse(data, o) : -LX_ENOMEM;

	*out = NULL;
	while (!err && !*out) {
		err = cgroup_mount(o, &top, out);
		if (!err && !*out)
			err = make_super(type, top, out);
		else
			continue;
		if (!err && !cgroup_shown(top, *out)) { /* somebody else was quicker */
			super_put(*out);
			*out = NULL;
		}
	}
	mem_free(o);
	return err;
}

const struct fs_type cgroup_type = { .name = "cgroup", .flags = FS_NODEV, .mount = cgroupfs_mount };
