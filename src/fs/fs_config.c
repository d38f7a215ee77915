/* SPDX-License-Identifier: MIT */
/*
 * fs_config.c - fsopen(2), fsconfig(2), fspick(2), fsmount(2): a file system is configured option by option behind a
 * descriptor "[fscontext]", made, and mounted. What went wrong can be read from it, a message at a time.
 *
 * File systems take their options as one text, as mount(2) has it; options are gathered into that, each
 * looked at when it is set by those that know theirs (fs_type.check).
 */
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "base/text.h"
#include "mount_impl.h"
#include <string.h>

#define OPTIONS_MAX LX_PAGE_SIZE
#define MESSAGES    8u

struct fs_config {
	struct lk lock;             /* LR_INODE; guards: */
	const struct fs_type *type; /* constant */
	/* What is awaited; the rest is EBUSY. */
	enum { PARAMS, MAKING, MOUNT, RECONF_PARAMS, RECONFIGURING, FAILED } phase;
	char *source;        /* NULL: none given */
	struct text options; /* with commas between */
	bool read_only;
	struct super *sb;               /* reference: made, or picked */
	struct text messages[MESSAGES]; /* not read yet, the oldest first */
	uint32_t nr_messages;
};

/* ---- messages; c->lock is held ---- */

static void say(struct fs_config *c, const char *what, const char *name)
{
	struct text *tx = &c->messages[c->nr_messages];

	if (c->nr_messages == MESSAGES) { /* the oldest is lost */
		text_free(&c->messages[0]);
		memmove(&c->messages[0], &c->messages[1], (MESSAGES - 1) * sizeof(*tx));
		tx = &c->messages[MESSAGES - 1];
		c->nr_messages--;
	}
	*tx = (struct text){ 0 };
	text_printf(tx, "e %s: %s", c->type->name, what);
	if (name)
		text_printf(tx, " '%s'", name);
	c->nr_messages++;
}

/* Takes the oldest. False: there is none. */
static bool take_message(struct fs_config *c, struct text *tx)
{
	bool any;

	lk_acquire(&c->lock);
	any = c->nr_messages != 0;
	if (any) {
		*tx = c->messages[0];
		c->nr_messages--;
		memmove(&c->messages[0], &c->messages[1], c->nr_messages * sizeof(*tx));
	}
	lk_release(&c->lock);
	return any;
}

static int64_t config_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct text tx;
	int64_t n;

	if (!take_message(f->priv, &tx))
		return -LX_ENODATA;
	n = tx.len > it->left ? -LX_EMSGSIZE : iter_write(it, tx.data, tx.len);
	text_free(&tx);
	return n;
}

static void config_free(struct fs_config *c)
{
	for (uint32_t i = 0; i < c->nr_messages; i++)
		text_free(&c->messages[i]);
	text_free(&c->options);
	mem_free(c->source);
	super_put(c->sb);
	mem_free(c);
}

static void config_release(struct file *f)
{
	config_free(f->priv);
}

static const struct file_ops config_fop = { .read = config_read, .release = config_release };

bool vfs_is_fscontext(const struct file *f)
{
	return f->fop == &config_fop;
}

/* ---- making ---- */

static int64_t install(struct task *t, const struct fs_type *type, struct super *picked,
		       bool cloexec)
{
	struct fs_config *c = mem_alloc(sizeof(*c));
	struct file *f = NULL;

	if (c) {
		lk_init(&c->lock, LR_INODE);
		c->type = type;
		c->phase = picked ? RECONF_PARAMS : PARAMS;
		c->read_only = picked && picked->read_only;
		f = anon_file("anon_inode:[fscontext]", &config_fop, LX_O_RDWR, c);
	}
	if (!f) {
		mem_free(c);
		return -LX_ENOMEM;
	}
	if (picked) {
		refs_get(&picked->refs);
		c->sb = picked;
	}
	return fd_install_plain(t, f, cloexec);
}

int64_t vfs_fsopen(struct task *t, const char *name, bool cloexec)
{
	const struct fs_type *type = mount_find_type(name);

	return type ? install(t, type, NULL, cloexec) : -LX_ENODEV;
}

int64_t vfs_fspick(struct task *t, int dfd, const char *path, uint32_t walk, bool cloexec)
{
	struct path at;
	int64_t fd = vfs_walk(t, dfd, path, walk, &at);

	if (fd)
		return fd;
	fd = mount_is_root(&at) ? install(t, at.mnt->sb->type, at.mnt->sb, cloexec) : -LX_EINVAL;
	path_put(&at);
	return fd;
}

/* ---- options; c->lock is held ---- */

static int set_source(struct fs_config *c, const char *value)
{
	if (c->source) {
		say(c, "Multiple sources", NULL);
		return -LX_EINVAL;
	}
	c->source = mem_strdup(value);
	return c->source ? 0 : -LX_ENOMEM;
}

static int add_option(struct fs_config *c, const char *key, const char *value)
{
	struct text one = { 0 };
	int err = 0;

	text_printf(&one, value ? "%s=%s" : "%s", key, value);
	if (one.failed)
		err = -LX_ENOMEM;
	else if (c->type->check && (strchr(one.data, ',') || c->type->check(one.data)))
		err = -LX_EINVAL;
	else if (c->options.len + one.len + 2 > OPTIONS_MAX)
		err = -LX_EINVAL;
	if (!err)
		text_printf(&c->options, "%s%s", c->options.len ? "," : "", one.data);
	else if (err == -LX_EINVAL)
		say(c, "Unknown or bad parameter", key);
	text_free(&one);
	return !err && c->options.failed ? -LX_ENOMEM : err;
}

/* Flags that every file system has. False: it is none. */
static bool set_common(struct fs_config *c, const char *key)
{
	static const char *const without_effect[] = {
		"sync", "async", "dirsync", "mand", "nomand", "lazytime", "nolazytime", "silent"
	};

	if (!strcmp(key, "ro") || !strcmp(key, "rw")) {
		c->read_only = key[1] == 'o';
		return true;
	}
	for (size_t i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++)
		if (!strcmp(key, without_effect[i]))
			return true;
	return false;
}

int vfs_fsconfig_set(struct file *f, const char *key, const char *value)
{
	struct fs_config *c = f->priv;
	int err = 0;

	lk_acquire(&c->lock);
	if (c->phase != PARAMS && c->phase != RECONF_PARAMS)
		err = -LX_EBUSY;
	else if (!*key)
		err = -LX_EINVAL;
	else if (!strcmp(key, "source"))
		err = value ? set_source(c, value) : -LX_EINVAL;
	else if (value || !set_common(c, key))
		err = add_option(c, key, value);
	lk_release(&c->lock);
	return err;
}

/* ---- commands ---- */

/* From phase is to phase next, for the time that work is done without the lock. */
static int begin(struct fs_config *c, int is, int next)
{
	int err = 0;

	lk_acquire(&c->lock);
	if ((int)c->phase != is)
		err = -LX_EBUSY;
	else
		c->phase = next;
	lk_release(&c->lock);
	return err;
}

static void finish(struct fs_config *c, int err, int next)
{
	lk_acquire(&c->lock);
	if (err)
		say(c, "Cannot be made or changed with these options", NULL);
	c->phase = err ? FAILED : next;
	lk_release(&c->lock);
}

int vfs_fsconfig_create(struct task *t, struct file *f, bool exclusive)
{
	TRACE_SCOPE(TR_VFS);
	struct fs_config *c = f->priv;
	struct super *sb = NULL;
	bool old = false;
	int err = begin(c, PARAMS, MAKING);

	if (err)
		return err;
	err = mount_may(t) ? mount_get_super(c->type, c->source,
					     c->options.len ? c->options.data : NULL, &old, &sb)
			   : -LX_EPERM;
	if (!err && exclusive && old) {
		super_put(sb);
		sb = NULL;
		err = -LX_EBUSY;
	}
	if (!err && !old)
		sb->read_only = c->read_only;
	c->sb = sb; /* nobody else looks in this phase */
	finish(c, err, MOUNT);
	TRACE(TR_VFS, "fsconfig(%s, create) = %d", c->type->name, err);
	return err;
}

int vfs_fsconfig_reconfigure(struct task *t, struct file *f)
{
	struct fs_config *c = f->priv;
	int err = begin(c, RECONF_PARAMS, RECONFIGURING);

	if (err)
		return err;
	err = mount_may(t) ? mount_reconfigure(t, c->sb, c->read_only, c->options.data) : -LX_EPERM;
	text_free(&c->options);
	finish(c, err, RECONF_PARAMS);
	return err;
}

int64_t vfs_fsmount(struct task *t, struct file *f, uint32_t mnt_flags, bool cloexec)
{
	TRACE_SCOPE(TR_VFS);
	struct fs_config *c = f->priv;
	struct file *tree;
	int err = 0;

	lk_acquire(&c->lock);
	if (!c->sb)
		err = -LX_EINVAL;
	else if (c->phase != MOUNT)
		err = -LX_EBUSY;
	else
		c->phase = RECONF_PARAMS;
	if (!err)
		text_free(&c->options);
	lk_release(&c->lock);
	if (err)
		return err;
	refs_get(&c->sb->refs);
	err = mount_file(t, c->sb, c->source, mnt_flags, &tree);
	TRACE(TR_VFS, "fsmount(%s) = %d", c->type->name, err);
	return err ? err : fd_install_plain(t, tree, cloexec);
}
