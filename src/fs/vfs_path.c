/* SPDX-License-Identifier: MIT */
/*
 * vfs_path.c - from a path to what it names, by Linux's rules (path_resolution(7)).
 *
 * A walk resolves all but the last component and leaves that to the caller, because what happens to it
 * depends on the call: stat asks for its attributes by name, open opens it in one step, unlink must not
 * look at it. A link in the middle is pushed: its text is walked, then the rest after it. A link at the
 * end is followed by walk_follow(), which walks the text's own beginning and leaves a new last
 * component.
 */
#include "base/alloc.h"
#include "vfs_impl.h"
#include <string.h>

void walk_end(struct walk *w)
{
	path_put(&w->at);
	path_put(&w->root);
}

int walk_may_search(struct walk *w)
{
	return vfs_dir_permission(&w->at, w->cr, LX_X_OK | VFS_MAY_ACT);
}

/* The walk enters w->at.mnt: its cached names are checked, once while the walk stays there. */
static void arrive(struct walk *w)
{
	if (w->valid == w->at.mnt->sb)
		return;
	w->valid = w->at.mnt->sb;
	dcache_validate(w->valid);
}

/* Records that the walk left its scope. Looked at where a step ends. */
static void leave_scope(struct walk *w)
{
	w->scope_err = -LX_EXDEV;
}

static void go_to_root(struct walk *w)
{
	if ((w->flags & WALK_BENEATH) || ((w->flags & WALK_NO_XDEV) && w->at.mnt != w->root.mnt))
		leave_scope(w);
	path_put(&w->at);
	w->at = w->root;
	path_get(&w->at);
	arrive(w);
}

static void cross_down(struct walk *w)
{
	const struct mount *from = w->at.mnt;

	mount_follow_down(&w->at);
	if (w->at.mnt != from && (w->flags & WALK_NO_XDEV))
		leave_scope(w);
	arrive(w);
}

/* ---- children ---- */

/* Returns a reference to name in dir. No permission check, mounts not crossed. */
static int child_of(struct dentry *dir, const char *name, struct dentry **out)
{
	size_t len = strlen(name);
	uint64_t seen = __atomic_load_n(&dir->inode->sb->journal_seen, __ATOMIC_ACQUIRE);
	struct inode *inode;
	struct dentry *d = dcache_lookup(dir, name, len);
	int err;

	if (!d) {
		if (!dir->inode->iop->lookup)
			return -LX_ENOTDIR;
		err = dir->inode->iop->lookup(dir->inode, name, &inode);
		if (err)
			return err;
		d = dentry_alloc(dir, name, len, inode);
		if (!d)
			return -LX_ENOMEM;
		d = dcache_add(d, seen);
	}
	*out = d;
	return 0;
}

int walk_child(struct walk *w, struct dentry **out)
{
	if (w->too_long)
		return -LX_ENAMETOOLONG;
	return child_of(w->at.dentry, w->last, out);
}

/* ---- ".." ---- */

/*
 * Directory at text (below the super's root) as the supervisor finds it: what path_of says of a directory
 * whose cached place cannot be believed. Returns references.
 */
static int walk_plain(struct mount *mnt, char *text, struct path *out)
{
	struct dentry *d = dentry_get(mnt->root), *child;
	char *save = NULL;
	int err = 0;

	for (char *name = strtok_r(text, "/", &save); name && !err;
	     name = strtok_r(NULL, "/", &save)) {
		err = child_of(d, name, &child);
		dentry_put(d);
		d = err ? NULL : child;
	}
	if (err)
		return err;
	refs_get(&mnt->refs);
	*out = (struct path){ mnt, d };
	return 0;
}

/* Where the store says inode is, as seen from mnt's root, which may be any directory of the super. */
static int text_below(struct mount *mnt, struct inode *inode, char *text)
{
	const struct super_ops *ops = inode->sb->ops;
	char *top;
	int err = ops->path_of(inode, NULL, text, LX_PATH_MAX);

	if (err < 0 || mnt->root == mnt->sb->root_dentry)
		return err;
	top = mem_alloc(LX_PATH_MAX);
	err = top ? ops->path_of(mnt->root->inode, NULL, top, LX_PATH_MAX) : -LX_ENOMEM;
	if (err >= 0 && !path_strip(text, top))
		err = -LX_ENOENT;
	mem_free(top);
	return err;
}

/* The parent directory of a stale dentry, from where the store says it is now. */
static int fresh_parent(const struct path *p, struct path *out)
{
	char *text = mem_alloc(LX_PATH_MAX), *slash;
	int err;

	if (!text)
		return -LX_ENOMEM;
	err = text_below(p->mnt, p->dentry->inode, text);
	slash = err < 0 ? NULL : strrchr(text, '/');
	if (slash) {
		*slash = '\0';
		err = walk_plain(p->mnt, text, out);
	} else if (err >= 0) {
		err = -LX_ENOENT;
	}
	mem_free(text);
	return err;
}

static void step_up(struct walk *w)
{
	struct path fresh;
	bool stale;
	struct dentry *parent = dentry_parent(w->at.dentry, &stale);

	if (stale && fresh_parent(&w->at, &fresh) == 0) {
		dentry_put(parent);
		path_put(&w->at);
		w->at = fresh;
	} else {
		dentry_put(w->at.dentry);
		w->at.dentry = parent;
	}
}

static void follow_dotdot(struct walk *w)
{
	bool at_root;

	while (!(at_root = path_same(&w->at, &w->root))) {
		if (!mount_is_root(&w->at)) {
			step_up(w);
			break;
		}
		if (!mount_follow_up(&w->at))
			break;
		if (w->flags & WALK_NO_XDEV)
			leave_scope(w);
		arrive(w);
	}
	if (at_root && (w->flags & WALK_BENEATH))
		leave_scope(w);
	cross_down(w);
}

/* ---- links ---- */

/* Text of link d into buf (LX_PATH_MAX). */
static int link_text(struct walk *w, struct dentry *d, char *buf)
{
	struct inode *inode = d->inode;
	int64_t len;

	if (w->at.mnt->flags & MNT_NOSYMFOLLOW)
		return -LX_ELOOP;
	if (!inode->iop->readlink)
		return -LX_EINVAL;
	len = inode->iop->readlink(inode, w->t, buf, LX_PATH_MAX - 1);
	if (len < 0)
		return (int)len;
	buf[len] = '\0';
	return len ? 0 : -LX_ENOENT;
}

/* A magic link names an object, not a text. */
static int jump(struct walk *w, struct dentry *d)
{
	struct path to = { NULL, NULL };
	int err;

	if ((w->flags & WALK_NO_MAGIC) || (w->at.mnt->flags & MNT_NOSYMFOLLOW))
		return -LX_ELOOP;
	if (w->flags & (WALK_BENEATH | WALK_IN_ROOT))
		return -LX_EXDEV;
	err = d->inode->iop->get_link(d->inode, w->t, &to);
	if (err)
		return err;
	if (!to.dentry)
		return -LX_ENXIO;
	if ((w->flags & WALK_NO_XDEV) && to.mnt != w->at.mnt)
		leave_scope(w);
	path_put(&w->at);
	w->at = to;
	arrive(w);
	return w->scope_err;
}

/* ---- the walk ---- */

/* Texts still to be walked: a link in the middle puts its own before the rest. */
struct pending {
	const char *rest[LX_SYMLOOP_MAX + 1];
	char *text[LX_SYMLOOP_MAX + 1]; /* owner of what is walked at this depth */
	int depth;
};

/* The entry d of w->at, which is not the last, is entered. Consumes d. */
static int enter(struct walk *w, struct dentry *d, struct pending *st, const char **p)
{
	char *text;
	int err;

	if (!inode_is_link(d->inode)) {
		walk_enter(w, d);
		return inode_is_dir(w->at.dentry->inode) ? 0 : -LX_ENOTDIR;
	}
	if (++w->links > LX_SYMLOOP_MAX || (w->flags & WALK_NO_LINKS)) {
		dentry_put(d);
		return -LX_ELOOP;
	}
	if (d->inode->iop->get_link) {
		err = jump(w, d);
		dentry_put(d);
		return err ? err : inode_is_dir(w->at.dentry->inode) ? 0 : -LX_ENOTDIR;
	}
	text = mem_alloc(LX_PATH_MAX);
	err = text ? link_text(w, d, text) : -LX_ENOMEM;
	dentry_put(d);
	if (err) {
		mem_free(text);
		return err;
	}
	st->rest[st->depth++] = *p;
	st->text[st->depth] = text;
	if (*text == '/')
		go_to_root(w);
	*p = text;
	return 0;
}

/*
 * Takes the next component of *p into w->last. Returns false when the text holds no more. One that is
 * too long is an error only when it is looked up, as in Linux.
 */
static bool next_component(struct walk *w, const char **p)
{
	const char *s = *p + strspn(*p, "/");
	size_t len = strcspn(s, "/");

	if (len == 0)
		return false;
	*p = s + len;
	w->too_long = len > LX_NAME_MAX;
	if (w->too_long)
		len = LX_NAME_MAX;
	memcpy(w->last, s, len);
	w->last[len] = '\0';
	w->type = LAST_NORM;
	if (w->last[0] == '.' && !w->last[1])
		w->type = LAST_DOT;
	else if (w->last[0] == '.' && w->last[1] == '.' && !w->last[2])
		w->type = LAST_DOTDOT;
	return true;
}

/* Nothing but slashes follows at p and in the texts it was reached from. */
static bool is_last(const struct pending *st, const char *p)
{
	for (int depth = st->depth;; p = st->rest[--depth]) {
		if (p[strspn(p, "/")])
			return false;
		if (depth == 0)
			return true;
	}
}

static int walk_middle(struct walk *w, struct pending *st, const char **p)
{
	struct dentry *d;
	int err;

	if (w->type == LAST_DOT)
		return 0;
	if (w->type == LAST_DOTDOT) {
		follow_dotdot(w);
		return 0;
	}
	err = walk_child(w, &d);
	return err ? err : enter(w, d, st, p);
}

/* Walks text from w->at (already set, text's leading slash handled) up to its last component. */
static int walk_text(struct walk *w, const char *p)
{
	struct pending st = { .depth = 0 };
	int err = 0;

	w->type = LAST_ROOT;
	w->last[0] = '\0';
	w->slash = w->too_long = false;
	for (;;) {
		if (!next_component(w, &p)) {
			if (st.depth == 0)
				break;
			mem_free(st.text[st.depth]);
			p = st.rest[--st.depth];
			continue;
		}
		err = walk_may_search(w);
		if (err)
			break;
		if (is_last(&st, p)) {
			w->slash = *p == '/';
			break;
		}
		err = walk_middle(w, &st, &p);
		if (!err)
			err = w->scope_err;
		if (err)
			break;
	}
	for (; st.depth > 0; st.depth--)
		mem_free(st.text[st.depth]);
	return err;
}

static int start_at(struct walk *w, int dfd, const char *name)
{
	struct file *f;
	int err;

	bool scoped = w->flags & (WALK_BENEATH | WALK_IN_ROOT);

	if (*name == '/' && (w->flags & WALK_BENEATH))
		return -LX_EXDEV;
	if (!scoped)
		fs_get_root(w->t->fs, &w->root);
	if (*name == '/' && !scoped) {
		w->at = w->root;
		path_get(&w->at);
	} else if (dfd == LX_AT_FDCWD) {
		fs_get_cwd(w->t->fs, &w->at);
	} else {
		err = fd_get(w->t, dfd, &f);
		if (err)
			return err;
		w->at = f->path;
		path_get(&w->at);
		file_put(f);
		if (!w->at.dentry)
			return -LX_ENOTDIR;
	}
	if (scoped) {
		w->root = w->at;
		path_get(&w->root);
	}
	arrive(w);
	return 0;
}

int walk_begin(struct walk *w, struct task *t, int dfd, const char *name, uint32_t flags)
{
	return walk_begin_as(w, t, t->cred, dfd, name, flags);
}

int walk_begin_as(struct walk *w, struct task *t, const struct cred *cr, int dfd, const char *name,
		  uint32_t flags)
{
	int err;

	w->t = t;
	w->cr = cr;
	w->root = w->at = (struct path){ NULL, NULL };
	w->flags = flags;
	w->links = 0;
	w->valid = NULL;
	w->scope_err = 0;
	if (!*name)
		return -LX_ENOENT;
	err = start_at(w, dfd, name);
	return err ? err : walk_text(w, name);
}

bool walk_follows(const struct walk *w, const struct dentry *d)
{
	return inode_is_link(d->inode) && ((w->flags & WALK_FOLLOW) || w->slash);
}

int walk_follow(struct walk *w, struct dentry *d)
{
	char *text;
	bool slash = w->slash;
	int err;

	if (++w->links > LX_SYMLOOP_MAX || (w->flags & WALK_NO_LINKS))
		return -LX_ELOOP;
	if (d->inode->iop->get_link) {
		w->type = LAST_DOT;
		return jump(w, d);
	}
	text = mem_alloc(LX_PATH_MAX);
	err = text ? link_text(w, d, text) : -LX_ENOMEM;
	if (!err) {
		if (*text == '/')
			go_to_root(w);
		err = w->scope_err ? w->scope_err : walk_text(w, text);
		w->slash |= slash;
	}
	mem_free(text);
	return err;
}

void walk_enter(struct walk *w, struct dentry *d)
{
	dentry_put(w->at.dentry);
	w->at.dentry = d;
	w->type = LAST_DOT;
	cross_down(w);
}

int walk_finish(struct walk *w)
{
	struct dentry *d;
	int err;

	while (w->type == LAST_NORM) {
		err = walk_child(w, &d);
		if (err)
			return err;
		if (!walk_follows(w, d)) {
			walk_enter(w, d);
			break;
		}
		err = walk_follow(w, d);
		dentry_put(d);
		if (err)
			return err;
	}
	if (w->type == LAST_DOTDOT)
		follow_dotdot(w);
	if (w->scope_err)
		return w->scope_err;
	if (((w->flags & WALK_DIRECTORY) || w->slash) && !inode_is_dir(w->at.dentry->inode))
		return -LX_ENOTDIR;
	return 0;
}

/* The end of a walk that began with err: a reference to where it leads. */
static int walk_result(struct walk *w, int err, struct path *out)
{
	if (!err)
		err = walk_finish(w);
	if (!err) {
		*out = w->at;
		path_get(out);
	}
	walk_end(w);
	return err;
}

int walk_from_here(const struct walk *from, const char *name, uint32_t flags, struct path *out)
{
	struct walk w = {
		.t = from->t, .cr = from->cr, .root = from->root, .at = from->at, .flags = flags
	};

	path_get(&w.root);
	path_get(&w.at);
	arrive(&w);
	return walk_result(&w, walk_text(&w, name), out);
}

int vfs_walk(struct task *t, int dfd, const char *name, uint32_t flags, struct path *out)
{
	struct walk w;
	struct target tg;
	int err;

	if (!*name && (flags & WALK_EMPTY)) {
		err = target_find(t, dfd, NULL, flags, &tg);
		if (err)
			return err;
		*out = tg.path;
		path_get(out);
		target_put(&tg);
		return out->dentry ? 0 : -LX_ENOENT;
	}
	return walk_result(&w, walk_begin(&w, t, dfd, name, flags), out);
}

int vfs_walk_parent(struct task *t, int dfd, const char *name, struct path *parent,
		    char last[LX_NAME_MAX + 1], enum last_type *type, bool *trailing_slash)
{
	struct walk w;
	int err = walk_begin(&w, t, dfd, name, 0);

	if (!err && w.too_long)
		err = -LX_ENAMETOOLONG;
	if (!err) {
		*parent = w.at;
		path_get(parent);
		strcpy(last, w.last);
		*type = w.type;
		*trailing_slash = w.slash;
	}
	walk_end(&w);
	return err;
}
