/* SPDX-License-Identifier: MIT */
/*
 * pseudo.c - the row walker behind procfs, sysfs and devfs (pseudo.h).
 *
 * A text file is rendered into memory when it is read at offset 0 and read on from there: one read
 * through to the end sees one moment, and a program that keeps the file open and seeks to the
 * beginning sees a fresh text, as with the kernel's seq_file.
 *
 * Directory positions: 0 ".", 1 "..", 2 + i row i, NUMBERS + n the child numbered n. A position stays
 * good while children come and go.
 */
#include "pseudo.h"
#include "vfs_impl.h"
#include "base/alloc.h"
#include "lxrun/task.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS   0x10000
#define STORE_MAX 4096u

/* ---- lists ---- */

void numbers_add(struct number_list *l, int64_t n)
{
	uint32_t size = l->size ? l->size * 2 : 64;
	int64_t *p;

	if (l->failed)
		return;
	if (l->count == l->size) {
		p = mem_realloc(l->n, size * sizeof(*p));
		if (!p) {
			l->failed = true;
			return;
		}
		l->n = p;
		l->size = size;
	}
	l->n[l->count++] = n;
}

/* ---- files ---- */

static int render(const struct pseudo_node *n, struct task *t, struct file *f)
{
	struct text tx = { 0 }, *old;
	int err = n->row->show(n, t, &tx);

	if (!err && tx.failed)
		err = -LX_ENOMEM;
	old = err ? NULL : mem_alloc(sizeof(*old));
	if (!old) {
		text_free(&tx);
		return err ? err : -LX_ENOMEM;
	}
	lk_acquire(&f->lock);
	if (!f->priv) {
		f->priv = old;
		old = NULL;
	} else {
		*old = *(struct text *)f->priv;
	}
	*(struct text *)f->priv = tx;
	lk_release(&f->lock);
	if (old)
		text_free(old);
	mem_free(old);
	return 0;
}

static int64_t pseudo_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	const struct pseudo_node *n = f->inode->priv;
	struct text *tx;
	int64_t res = 0;
	int err = 0;

	if (!n->row->show)
		return -LX_EINVAL;
	if (!*pos || !f->priv)
		err = render(n, t, f);
	if (err)
		return err;
	lk_acquire(&f->lock);
	tx = f->priv;
	if (*pos >= 0 && (uint64_t)*pos < tx->len)
		res = iter_write(it, tx->data + *pos, tx->len - (uint64_t)*pos);
	lk_release(&f->lock);
	if (res > 0)
		*pos += res;
	return res;
}

static int64_t pseudo_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	const struct pseudo_node *n = f->inode->priv;
	char text[STORE_MAX + 1];
	uint64_t len = it->left < STORE_MAX ? it->left : STORE_MAX;
	int64_t got;
	int err;

	if (!n->row->store)
		return -LX_EINVAL;
	got = iter_read(it, text, len);
	if (got < 0)
		return got;
	text[got] = '\0';
	err = n->row->store(n, t, text, (size_t)got);
	if (err)
		return err;
	*pos += got;
	return got;
}

static int64_t pseudo_llseek(struct file *f, int64_t off, int whence)
{
	uint64_t size = 0;

	if (whence == LX_SEEK_END)
		return -LX_EINVAL;
	lk_acquire(&f->lock);
	if (f->priv)
		size = ((struct text *)f->priv)->len;
	lk_release(&f->lock);
	return vfs_generic_llseek(f, off, whence, size);
}

static void pseudo_release(struct file *f)
{
	if (f->priv)
		text_free(f->priv);
	mem_free(f->priv);
}

static const struct file_ops pseudo_file_ops = {
	.read = pseudo_read,
	.write = pseudo_write,
	.llseek = pseudo_llseek,
	.release = pseudo_release,
};

/* ---- nodes ---- */

static const struct inode_ops pseudo_iop, pseudo_link_iop, pseudo_magic_iop;
static const struct file_ops pseudo_dir_ops;

/* Stable: the number says which name in which directory, and in which life. */
static uint64_t child_ino(uint64_t dir, const char *name, uint64_t life)
{
	uint64_t h = dir ^ 0xcbf29ce484222325ull ^ life << 40;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3ull;
	return (h ^ h >> 32) & 0x7fffffffffffull;
}

static uint32_t type_or_file(uint32_t mode)
{
	return mode & LX_S_IFMT ? mode : mode | LX_S_IFREG;
}

static struct inode *node_new(struct super *sb, const struct pseudo_row *row,
			      const int64_t id[PSEUDO_IDS], uint64_t life, uint64_t ino)
{
	uint32_t mode = type_or_file(row->mode);
	const struct inode_ops *iop = !LX_S_ISLNK(mode) ? &pseudo_iop
				      : row->jump       ? &pseudo_magic_iop
							: &pseudo_link_iop;
	const struct file_ops *fop = LX_S_ISDIR(mode) ? &pseudo_dir_ops : &pseudo_file_ops;
	struct pseudo_node *n = mem_alloc(sizeof(*n));
	struct inode *inode = n ? inode_alloc(sb, iop, fop, ino, mode) : NULL;
	struct kstat st;

	if (!inode) {
		mem_free(n);
		return NULL;
	}
	n->row = row;
	memcpy(n->id, id, sizeof(n->id));
	n->life = life;
	n->inode = inode;
	n->born = vfs_now();
	inode->priv = n;
	if (row->attr) {
		kstat_fill(&st, inode, n->born);
		if (!row->attr(n, &st)) {
			inode->uid = st.uid;
			inode->gid = st.gid;
		}
	}
	return inode;
}

void pseudo_evict(struct inode *inode)
{
	mem_free(inode->priv);
}

static const struct pseudo_row *row_find(const struct pseudo_node *dir, const char *name)
{
	for (const struct pseudo_row *r = dir->row->rows; r && r->name; r++)
		if (!strcmp(r->name, name))
			return !r->present || r->present(dir) ? r : NULL;
	return NULL;
}

/* A number as the kernel writes it: no sign, no leading zero. */
static bool parse_number(const char *name, int64_t *n)
{
	int64_t v = 0;

	if (*name == '0' && name[1])
		return false;
	for (const char *p = name; *p; p++) {
		if (*p < '0' || *p > '9' || p - name >= 10)
			return false;
		v = v * 10 + (*p - '0');
	}
	*n = v;
	return *name != '\0';
}

static bool parse_child(const struct pseudo_node *dir, const char *name, int64_t *n)
{
	const struct pseudo_numbers *nums = dir->row->numbers;
	size_t len = nums->prefix ? strlen(nums->prefix) : 0;

	if (nums->parse)
		return nums->parse(dir, name, n);
	return !(len && strncmp(name, nums->prefix, len)) && parse_number(name + len, n);
}

static int pseudo_lookup(struct inode *dir, const char *name, struct inode **out)
{
	const struct pseudo_node *d = dir->priv;
	const struct pseudo_numbers *nums = d->row->numbers;
	const struct pseudo_row *row = row_find(d, name);
	uint64_t life = 0;
	int64_t id[PSEUDO_IDS], n;

	if (!LX_S_ISDIR(dir->mode))
		return -LX_ENOTDIR;
	memcpy(id, d->id, sizeof(id));
	if (!row && nums && parse_child(d, name, &n) && nums->exists(d, n)) {
		row = nums->row;
		id[nums->slot] = n;
		life = nums->life ? nums->life(d, n) : 0;
	}
	if (!row)
		return -LX_ENOENT;
	*out = node_new(dir->sb, row, id, life ? life : d->life, child_ino(dir->ino, name, life));
	return *out ? 0 : -LX_ENOMEM;
}

static int pseudo_getattr(struct inode *inode, struct kstat *st)
{
	const struct pseudo_node *n = inode->priv;

	kstat_fill(st, inode, n->born);
	st->rdev = n->row->rdev;
	st->blksize = inode->sb->magic == PROC_SUPER_MAGIC ? 1024 : LX_PAGE_SIZE;
	if (LX_S_ISDIR(inode->mode))
		st->nlink = 2;
	else if (LX_S_ISLNK(inode->mode))
		st->size = n->row->target ? strlen(n->row->target) : n->row->jump ? 64 : 0;
	return n->row->attr ? n->row->attr(n, st) : 0;
}

static int pseudo_permission(struct inode *inode, const struct cred *cr, int mask)
{
	const struct pseudo_node *n = inode->priv;
	struct kstat st;
	int err = n->row->permission ? n->row->permission(n, cr, mask) : 1;

	if (err <= 0)
		return err;
	err = pseudo_getattr(inode, &st);
	return err ? err : vfs_generic_permission(cr, st.mode, st.uid, st.gid, mask);
}

/* /dev and /sys could have attributes, as tmpfs and kernfs have them, and have none; the others cannot. */
static int64_t pseudo_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
	bool could = inode->sb->magic == SYSFS_MAGIC ? strncmp(name, "system.", 7) != 0
						     : inode->sb->magic == TMPFS_MAGIC;

	return could ? -LX_ENODATA : -LX_EOPNOTSUPP;
}

static int pseudo_removexattr(struct inode *inode, const char *name)
{
	return (int)pseudo_getxattr(inode, name, NULL, 0);
}

/* O_TRUNC of a writable row has nothing to do; nothing else can be changed. */
static int pseudo_setattr(struct inode *inode, const struct iattr *attr)
{
	return attr->valid & ~ATTR_SIZE ? -LX_EPERM : 0;
}

static int pseudo_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	const struct pseudo_node *n = inode->priv;
	int err;

	err = cgroup_may_device(t, n->row->mode, n->row->rdev,
				vfs_device_rights(vfs_open_mask(flags)));
	if (err)
		return err;
	if (n->row->open)
		return n->row->open(n, flags, t, f);
	f->fop = inode->fop;
	if (LX_S_ISDIR(inode->mode))
		return 0;
	return file_writable(f) && !n->row->store ? -LX_EACCES : 0;
}

/* A text that is made on demand is made whole: who has little room gets its beginning. */
static int64_t made_link(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	char *whole = mem_alloc(LX_PATH_MAX);
	int64_t len = whole ? n->row->link(n, t, whole, LX_PATH_MAX) : -LX_ENOMEM;

	if (len > (int64_t)size)
		len = (int64_t)size;
	if (len > 0)
		memcpy(buf, whole, (size_t)len);
	mem_free(whole);
	return len;
}

static int64_t pseudo_readlink(struct inode *inode, struct task *t, char *buf, size_t size)
{
	const struct pseudo_node *n = inode->priv;
	size_t len;

	if (n->row->link && size < LX_PATH_MAX)
		return made_link(n, t, buf, size);
	if (n->row->link)
		return n->row->link(n, t, buf, size);
	if (!n->row->target)
		return -LX_EINVAL;
	len = strlen(n->row->target);
	if (len > size)
		len = size;
	memcpy(buf, n->row->target, len);
	return (int64_t)len;
}

static int pseudo_get_link(struct inode *inode, struct task *t, struct path *out)
{
	const struct pseudo_node *n = inode->priv;

	return n->row->jump(n, t, out);
}

/* ---- new names: refused, in each file system's own words ---- */

/* Of pseudo_mount()'s supers: priv. */
struct pseudo_super {
	int create_error;
	struct ns *ns; /* holds a reference; NULL: none */
};

static int refusal(const struct inode *dir, int otherwise)
{
	const struct pseudo_super *p = dir->sb->priv;

	return p && p->create_error ? p->create_error : otherwise;
}

static int refuse_create(struct inode *dir, const char *name, const struct create_attr *attr,
			 struct inode **out)
{
	return refusal(dir, -LX_EACCES);
}

static int refuse_node(struct inode *dir, const char *name, const struct create_attr *attr)
{
	return refusal(dir, -LX_EPERM);
}

static const struct pseudo_numbers *makers(const struct inode *dir)
{
	return ((const struct pseudo_node *)dir->priv)->row->numbers;
}

static int pseudo_mkdir(struct inode *dir, const char *name, const struct create_attr *attr)
{
	const struct pseudo_numbers *nums = makers(dir);

	if (!nums || !nums->mkdir)
		return refuse_node(dir, name, attr);
	/* The name of a row is taken. */
	return row_find(dir->priv, name) ? -LX_EEXIST : nums->mkdir(dir->priv, name, attr);
}

static int pseudo_rmdir(struct inode *dir, const char *name)
{
	const struct pseudo_numbers *nums = makers(dir);

	return nums && nums->rmdir ? nums->rmdir(dir->priv, name) : -LX_EPERM;
}

static int refuse_symlink(struct inode *dir, const char *name, const char *target,
			  const struct create_attr *attr)
{
	return refusal(dir, -LX_EPERM);
}

static const struct inode_ops pseudo_iop = {
	.lookup = pseudo_lookup,
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
	.permission = pseudo_permission,
	.getxattr = pseudo_getxattr,
	.removexattr = pseudo_removexattr,
	.open = pseudo_open,
	.create = refuse_create,
	.mkdir = pseudo_mkdir,
	.rmdir = pseudo_rmdir,
	.mknod = refuse_node,
	.symlink = refuse_symlink,
};

static const struct inode_ops pseudo_link_iop = {
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
	.readlink = pseudo_readlink,
};

static const struct inode_ops pseudo_magic_iop = {
	.getattr = pseudo_getattr,
	.setattr = pseudo_setattr,
	.readlink = pseudo_readlink,
	.get_link = pseudo_get_link,
};

/* ---- directories ---- */

static uint8_t dtype_of(uint32_t mode)
{
	return (uint8_t)(type_or_file(mode) >> 12);
}

static int emit(struct file *f, struct dir_sink *sink, const char *name, uint32_t mode,
		uint64_t life, int64_t next)
{
	return sink->emit(sink, name, (uint32_t)strlen(name), child_ino(f->inode->ino, name, life),
			  dtype_of(mode), next);
}

/* "." and "..": the parent's number is not known here and nobody depends on it. */
static int emit_dots(struct file *f, struct dir_sink *sink, int64_t *pos)
{
	static const char *const names[] = { ".", ".." };

	for (; *pos < 2; ++*pos)
		if (sink->emit(sink, names[*pos], (uint32_t)*pos + 1, f->inode->ino, LX_DT_DIR,
			       *pos + 1))
			return 1;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int emit_numbers(struct file *f, const struct pseudo_node *d, struct dir_sink *sink,
			int64_t *pos)
{
	const struct pseudo_numbers *nums = d->row->numbers;
	struct number_list l = { 0 };
	char name[LX_NAME_MAX + 1];
	int err = nums->list(d, &l);

	if (!err && l.failed)
		err = -LX_ENOMEM;
	if (!err && l.count)
		qsort(l.n, l.count, sizeof(*l.n), by_number);
	for (uint32_t i = 0; !err && i < l.count; i++) {
		if (NUMBERS + l.n[i] < *pos)
			continue;
		if (!nums->print)
			snprintf(name, sizeof(name), "%s%lld", nums->prefix ? nums->prefix : "",
				 (long long)l.n[i]);
		else if (!nums->print(d, l.n[i], name))
			continue; /* gone meanwhile */
		if (emit(f, sink, name, nums->row->mode, nums->life ? nums->life(d, l.n[i]) : 0,
			 NUMBERS + l.n[i] + 1))
			break;
		*pos = NUMBERS + l.n[i] + 1;
	}
	mem_free(l.n);
	return err;
}

static int pseudo_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	const struct pseudo_node *d = f->inode->priv;
	const struct pseudo_row *r = d->row->rows;
	int64_t at = 2;

	if (emit_dots(f, sink, pos))
		return 0;
	for (; r && r->name; r++, at++) {
		if (at < *pos || (r->present && !r->present(d)))
			continue;
		if (emit(f, sink, r->name, r->mode, 0, at + 1))
			return 0;
		*pos = at + 1;
	}
	return d->row->numbers ? emit_numbers(f, d, sink, pos) : 0;
}

static int64_t dir_llseek(struct file *f, int64_t off, int whence)
{
	return vfs_generic_llseek(f, off, whence, 0);
}

static const struct file_ops pseudo_dir_ops = { .iterate = pseudo_iterate, .llseek = dir_llseek };

/* ---- the super ---- */

int pseudo_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out)
{
	*out = (struct lx_statfs){ .f_type = (int64_t)sb->magic,
				   .f_bsize = LX_PAGE_SIZE,
				   .f_frsize = LX_PAGE_SIZE,
				   .f_namelen = LX_NAME_MAX };
	return 0;
}

static void pseudo_super_release(struct super *sb)
{
	struct pseudo_super *p = sb->priv;

	if (p)
		ns_put(p->ns);
	mem_free(p);
}

static const struct super_ops pseudo_super_ops = { .release = pseudo_super_release,
						   .statfs = pseudo_statfs,
						   .evict = pseudo_evict };

struct ns *pseudo_ns(const struct super *sb)
{
	const struct pseudo_super *p = sb->priv;

	return p->ns;
}

struct super *pseudo_super(const struct fs_type *type, const struct super_ops *ops,
			   const struct pseudo_row *root, const int64_t id[PSEUDO_IDS],
			   uint64_t magic)
{
	struct super *sb = super_alloc(type, ops, magic);

	if (!sb)
		return NULL;
	sb->root = node_new(sb, root, id, 0, 1);
	if (!sb->root) {
		super_put(sb);
		return NULL;
	}
	return sb;
}

int pseudo_mount(const struct fs_type *type, const struct pseudo_row *root, uint64_t magic,
		 int create_error, struct ns *ns, struct super **out)
{
	static const int64_t none[PSEUDO_IDS];
	struct pseudo_super *p = mem_alloc(sizeof(*p));

	*out = p ? pseudo_super(type, &pseudo_super_ops, root, none, magic) : NULL;
	if (!*out) {
		ns_put(ns);
		mem_free(p);
		return -LX_ENOMEM;
	}
	*p = (struct pseudo_super){ create_error, ns };
	(*out)->priv = p;
	return 0;
}
