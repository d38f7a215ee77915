/* SPDX-License-Identifier: MIT */
/* vfs_impl.h - what the files of the VFS core share and nobody else needs. */
#ifndef FS_VFS_IMPL_H
#define FS_VFS_IMPL_H
#include "base/trace.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include <string.h>

/* ---- dcache.c ---- */
/* Returns a reference to the dentry of a file system's root. Borrows inode. */
struct dentry *dentry_root(struct inode *inode);
/* Returns a reference to an unhashed dentry. Consumes inode; -> NULL without memory. */
struct dentry *dentry_alloc(struct dentry *parent, const char *name, size_t len,
			    struct inode *inode);
struct dentry *dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
/* Returns a reference, or NULL when (parent, name) is not cached. */
struct dentry *dcache_lookup(struct dentry *parent, const char *name, size_t len);
/*
 * Caches d if its super wants that. seen: journal_seen of the super before d was looked up. Returns a
 * reference to what stands for the name now: d, or an older dentry of the same object. Consumes d.
 */
struct dentry *dcache_add(struct dentry *d, uint64_t seen);
/* Caches d whatever its super wants and keeps it there: a mount's root, or what one lies on (mounted). */
void dcache_pin(struct dentry *d, bool mounted);
void dcache_unpin(struct dentry *d, bool mounted);
/* Whether the two name one object in one place, whatever the cache went through in between. */
bool dentry_same(struct dentry *a, struct dentry *b);
/* The name is gone (deleted: so is the object) or means something else. */
void dcache_drop(struct dentry *parent, const char *name, bool deleted);
void dcache_rename(struct dentry *olddir, const char *oldname, struct dentry *newdir,
		   const char *newname, bool exchange);
/* The cached permission data of d are old. */
void dcache_perm_changed(struct dentry *d);
/* Whether mode, uid, gid and acl_none of d are true, as of the last dcache_validate() of its super. */
bool dentry_perm_known(const struct dentry *d);
/* Asks for them (st: all attributes), and keeps them if the journal tells of their changes. 0 or -errno. */
int dentry_perm_ask(struct dentry *d, struct kstat *st);
/* Drops what may be stale: once per super and walk. */
void dcache_validate(struct super *sb);
/* Drops everything of sb, pins included (unmount, shutdown). */
void dcache_purge(struct super *sb);
/*
 * Chain text "/a/b" below the super's root into the end of buf; returns its start, NULL when too long.
 * *stale: not trustworthy.
 */
char *dcache_text(struct dentry *d, char *buf, size_t size, bool *stale);
/* Returns a reference to d's parent; *stale as above. */
struct dentry *dentry_parent(struct dentry *d, bool *stale);
/* Whether d is dir or above it. */
bool dcache_is_above(struct dentry *d, struct dentry *dir);
/* Whether the object with these attributes is dir or above it, whatever dentry it is cached by. */
bool dcache_object_is_above(const struct kstat *st, struct dentry *dir);
/* Returns a reference to the directory d is in, with its name there; NULL at a root. */
struct inode *dentry_place(struct dentry *d, char name[LX_NAME_MAX + 1]);
uint32_t dcache_count(void);

/* ---- vfs_path.c ---- */
struct walk {
	struct task *t;
	const struct cred *cr;
	struct path root, at; /* references */
	uint32_t flags;       /* WALK_* */
	int links;            /* followed so far */
	struct super *valid;  /* its cached names were checked by this walk */
	int scope_err; /* it left what WALK_BENEATH or WALK_NO_XDEV allow: the walk's result */
	char last[LX_NAME_MAX + 1];
	enum last_type type; /* LAST_DOT: w->at is the object, not its directory */
	bool too_long;       /* the last component: an error once it is looked up */
	bool slash;          /* the last component is followed by a slash */
};
/* Resolves all but the last component: w->at is its directory. walk_end() in any case. */
int walk_begin(struct walk *w, struct task *t, int dfd, const char *name, uint32_t flags);
/* As walk_begin, with another identity than t's (borrowed). */
int walk_begin_as(struct walk *w, struct task *t, const struct cred *cr, int dfd, const char *name,
		  uint32_t flags);
void walk_end(struct walk *w);
/* Returns references to what name, which is relative, leads to from w->at. */
int walk_from_here(const struct walk *w, const char *name, uint32_t flags, struct path *out);
/* Right to search w->at, which must be a directory. */
int walk_may_search(struct walk *w);
/* Returns a reference to the entry w->last of w->at, mounts not crossed; cached or looked up. */
int walk_child(struct walk *w, struct dentry **out);
/* Whether d, w's last component, is a link that is to be followed. */
bool walk_follows(const struct walk *w, const struct dentry *d);
/* The last component is link d (borrowed): w goes on to the last component of its text, or to LAST_DOT. */
int walk_follow(struct walk *w, struct dentry *d);
/* Returns a reference to what the cache has for the last component, or NULL. */
static inline struct dentry *walk_cached(struct walk *w)
{
	return w->too_long ? NULL : dcache_lookup(w->at.dentry, w->last, strlen(w->last));
}
/* Attributes of the last component by name; 1: its directory cannot say. */
int walk_getattr_at(struct walk *w, struct kstat *st);
/* The last component is d (consumed): w->at becomes it, mounts crossed, and w->type LAST_DOT. */
void walk_enter(struct walk *w, struct dentry *d);
/* Takes w to the object itself: w->at. Links followed as w->flags say. */
int walk_finish(struct walk *w);

/* ---- vfs_perm.c ---- */
int vfs_dir_permission(const struct path *dir, const struct cred *cr, int mask);
/* LX_R_OK | LX_W_OK that opening with flags demands. */
int vfs_open_mask(uint32_t flags);
/* What a mask of LX_R_OK and LX_W_OK is to control groups: CGROUP_MAY_*. */
uint32_t vfs_device_rights(int mask);
/* EROFS of mount or super. */
int vfs_want_write(const struct path *p);
/* Whether the store below inode checks cr's rights itself at the operation that follows (VFS_MAY_ACT). */
bool vfs_store_judges(struct inode *inode, const struct cred *cr);
bool vfs_owner_or_capable(const struct cred *cr, uint32_t uid);

/* ---- vfs_privs.c: set-id bits and capabilities of files ---- */
/* Whether a write may have something to take from inode, which has this mode. */
bool vfs_has_privs(struct inode *inode, uint32_t mode);
/* cr has written to inode or cut it, or is about to. */
void vfs_remove_privs(struct inode *inode, const struct cred *cr);
/* inode, of any type, has got an owner: capabilities only, the store takes the bits. */
void vfs_drop_capabilities(struct inode *inode);

/* ---- vfs_stat.c: attributes, and what an *at call with AT_EMPTY_PATH names ---- */
/*
 * Attributes of what w ends at, links followed as w->flags say. *inode: a reference to it, or NULL when
 * found by name only.
 */
int walk_stat(struct walk *w, struct kstat *st, struct inode **inode);

struct target {
	struct path path;    /* references; {NULL, NULL} for an anonymous file */
	struct file *file;   /* reference; NULL when found by name */
	struct inode *inode; /* borrowed from the two; NULL for an anonymous file */
};
int target_find(struct task *t, int dfd, const char *path, uint32_t walk, struct target *out);
void target_put(struct target *tg);

/* ---- vfs_lock.c ---- */
/* Drops owner's locks on f's object: a closed descriptor's table, or f itself when it goes. */
void vfs_lock_forget(const void *owner, struct file *f);
/* One more, to be filled in; NULL: no memory. */
struct lock_view *lock_view_add(struct lock_views *out);

/* ---- vfs_name.c ---- */
/* unlink(2) of a name of 1..LX_NAME_MAX bytes in a directory in hand. */
int vfs_unlink_in(struct task *t, const struct path *dir, const char *name);

/* ---- vfs_text.c ---- */
/* Takes the directory prefix off the front of text; "/" is left of it itself. False: text is not below it. */
bool path_strip(char *text, const char *prefix);

static inline bool path_same(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && (a->dentry == b->dentry || dentry_same(a->dentry, b->dentry));
}
static inline bool inode_is_dir(const struct inode *i)
{
	return LX_S_ISDIR(i->mode);
}
static inline bool inode_is_link(const struct inode *i)
{
	return LX_S_ISLNK(i->mode);
}
#endif
