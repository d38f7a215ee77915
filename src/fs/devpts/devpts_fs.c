/* SPDX-License-Identifier: MIT */
/*
 * devpts_fs.c - /dev/pts: a node for each terminal there is (src/tty), and ptmx, which makes new ones. All
 * mounts of it show the same terminals.
 */
#include "lxrun/tty.h"
#include "lxrun/task.h"
#include "../special.h"
#include <stdio.h>
#include <string.h>

#define DEVPTS_MAGIC 0x1cd1
#define INO_ROOT     1u
#define INO_PTMX     2u
#define INO_FIRST    3u /* of number 0 */

static const struct inode_ops root_iop, ptmx_iop, pts_iop;
static const struct file_ops root_fop;

/* ---- nodes ---- */

/* A decimal number without sign and leading zeros, or -1. */
static int64_t parse_number(const char *name)
{
	int64_t n = 0;

	if (name[0] == '0' && name[1])
		return -1;
	for (const char *p = name; *p; p++) {
		if (*p < '0' || *p > '9' || n > TTY_MAX)
			return -1;
		n = n * 10 + (*p - '0');
	}
	return n;
}

static int devpts_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct tty *tty;
	struct kstat st;

	if (!strcmp(name, "ptmx")) {
		*out = inode_alloc(dir->sb, &ptmx_iop, NULL, INO_PTMX, LX_S_IFCHR | 0666);
		return *out ? 0 : -LX_ENOMEM;
	}
	tty = tty_find(parse_number(name));
	if (!tty)
		return -LX_ENOENT;
	tty_getattr(tty, &st);
	*out = inode_alloc(dir->sb, &pts_iop, NULL, st.ino, st.mode);
	if (!*out) {
		tty_put(tty);
		return -LX_ENOMEM;
	}
	(*out)->uid = st.uid;
	(*out)->gid = st.gid;
	(*out)->priv = tty;
	return 0;
}

static void devpts_evict(struct inode *inode)
{
	if (inode->iop == &pts_iop)
		tty_put(inode->priv);
}

static int fixed_getattr(struct inode *inode, struct kstat *st)
{
	kstat_fill(st, inode, vfs_now());
	st->blksize = 1024;
	if (inode->ino == INO_PTMX)
		st->rdev = DEV_PTMX;
	else
		st->nlink = 2;
	return 0;
}

static int pts_getattr(struct inode *inode, struct kstat *st)
{
	tty_getattr(inode->priv, st);
	return 0;
}

static int pts_setattr(struct inode *inode, const struct iattr *attr)
{
	return tty_setattr(inode->priv, attr);
}

static int pts_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return tty_open(inode->priv, flags, t, f);
}

static int ptmx_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return pty_open_master(flags, t, f);
}

static const struct inode_ops root_iop = { .lookup = devpts_lookup, .getattr = fixed_getattr };
static const struct inode_ops ptmx_iop = { .getattr = fixed_getattr, .open = ptmx_open };
static const struct inode_ops pts_iop = { .getattr = pts_getattr,
					  .setattr = pts_setattr,
					  .open = pts_open };

/* ---- the directory: positions 0 ".", 1 "..", 2 ptmx, 3 + n the terminal n ---- */

static int devpts_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	static const struct {
		const char *name;
		uint64_t ino;
		uint8_t type;
	} fixed[] = { { ".", INO_ROOT, LX_DT_DIR },
		      { "..", INO_ROOT, LX_DT_DIR },
		      { "ptmx", INO_PTMX, LX_DT_CHR } };
	char name[24];
	int64_t n;

	for (; *pos < INO_FIRST; ++*pos)
		if (sink->emit(sink, fixed[*pos].name, (uint32_t)strlen(fixed[*pos].name),
			       fixed[*pos].ino, fixed[*pos].type, *pos + 1))
			return 0;
	while ((n = tty_next(*pos - INO_FIRST)) >= 0) {
		snprintf(name, sizeof(name), "%lld", (long long)n);
		if (sink->emit(sink, name, (uint32_t)strlen(name), (uint64_t)n + INO_FIRST,
			       LX_DT_CHR, n + INO_FIRST + 1))
			break;
		*pos = n + INO_FIRST + 1;
	}
	return 0;
}

static int64_t root_llseek(struct file *f, int64_t off, int whence)
{
	return vfs_generic_llseek(f, off, whence, 0);
}

static const struct file_ops root_fop = { .iterate = devpts_iterate, .llseek = root_llseek };

/* ---- the super ---- */

static int devpts_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out)
{
	*out = (struct lx_statfs){ .f_type = DEVPTS_MAGIC,
				   .f_bsize = LX_PAGE_SIZE,
				   .f_frsize = LX_PAGE_SIZE,
				   .f_namelen = LX_NAME_MAX };
	return 0;
}

static const struct super_ops devpts_super_ops = { .statfs = devpts_statfs, .evict = devpts_evict };

static int devpts_mount(const struct fs_type *type, const char *source, const char *data,
			struct super **out)
{
	struct super *sb = super_alloc(type, &devpts_super_ops, DEVPTS_MAGIC);

	if (!sb)
		return -LX_ENOMEM;
	sb->root = inode_alloc(sb, &root_iop, &root_fop, INO_ROOT, LX_S_IFDIR | 0755);
	if (!sb->root) {
		super_put(sb);
		return -LX_ENOMEM;
	}
	if (!tty_fs_dev)
		tty_fs_dev = sb->dev;
	*out = sb;
	return 0;
}

const struct fs_type devpts_type = {
	.name = "devpts",
	.flags = FS_NODEV | FS_SINGLE,
	.mount = devpts_mount,
};
