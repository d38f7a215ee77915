/* SPDX-License-Identifier: MIT */
/*
 * vfs_text.c - from an object back to its path: getcwd(2) and the links of /proc. Where the store below
 * knows where a file is by now (path_of) it is asked unless the cached chain of names can be believed;
 * elsewhere the chain is the truth.
 */
#include "base/alloc.h"
#include "vfs_impl.h"
#include <stdio.h>
#include <string.h>

/* Prepends text to *at, the beginning of what is in buf. */
static bool prepend(char *buf, char **at, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(*at - buf) < len)
		return false;
	*at -= len;
	memcpy(*at, text, len);
	return true;
}

/* Path of p->dentry below its super's root, to part (LX_PATH_MAX). *deleted: the name is gone. */
static int text_in_super(const struct path *p, struct file *f, char *part, bool *deleted)
{
	const struct super_ops *ops = p->mnt->sb->ops;
	bool stale;
	char *at;
	int err;

	*deleted = p->dentry->unlinked;
	dcache_validate(p->mnt->sb);
	at = dcache_text(p->dentry, part, LX_PATH_MAX, &stale);
	if (ops->path_of && (f || stale || !at)) {
		err = ops->path_of(p->dentry->inode, f, part, LX_PATH_MAX);
		*deleted = false; /* said by the text itself */
		return err < 0 ? err : 0;
	}
	if (!at)
		return -LX_ENAMETOOLONG;
	memmove(part, at, strlen(at) + 1);
	return 0;
}

/* Length of prefix if text is it or lies below it, else -1. */
static int64_t below(const char *text, const char *prefix)
{
	size_t n = strcmp(prefix, "/") ? strlen(prefix) : 0;

	if (strncmp(text, prefix, n) || (text[n] && text[n] != '/'))
		return -1;
	return (int64_t)n;
}

bool path_strip(char *text, const char *prefix)
{
	int64_t cut = below(text, prefix);

	if (cut <= 0)
		return cut == 0;
	memmove(text, text + cut, strlen(text + cut) + 1);
	if (!*text)
		strcpy(text, "/");
	return true;
}

/* As text_in_super, from the root of p's mount, which may be any dentry of the super. */
static int text_in_mount(const struct path *p, struct file *f, char *part, bool *deleted)
{
	const struct path root = { p->mnt, p->mnt->root };
	char *top;
	bool gone;
	int err = text_in_super(p, f, part, deleted);

	if (err || root.dentry == p->mnt->sb->root_dentry || p->mnt->sb->root_dentry == NULL)
		return err;
	top = mem_alloc(LX_PATH_MAX);
	err = top ? text_in_super(&root, NULL, top, &gone) : -LX_ENOMEM;
	if (!err)
		path_strip(part, top);
	mem_free(top);
	return err;
}

int vfs_mount_root_text(const struct path *top, char *buf)
{
	bool deleted;

	return text_in_super(top, NULL, buf, &deleted);
}

/*
 * Whole path of p from the top of its mounts, built from the end of buf. *top: the mount there, for
 * comparison only.
 */
static int full_text(const struct path *p, struct file *f, char *buf, size_t size, char **out,
		     const struct mount **top)
{
	struct path at = *p;
	char *part = mem_alloc(LX_PATH_MAX);
	char *pos = buf + size - 1;
	bool deleted;
	int err = part ? 0 : -LX_ENOMEM;

	path_get(&at);
	*pos = '\0';
	while (!err) {
		err = text_in_mount(&at, f, part, &deleted);
		f = NULL;
		if (err)
			break;
		if ((deleted && !prepend(buf, &pos, " (deleted)")) ||
		    (strcmp(part, "/") && !prepend(buf, &pos, part)))
			err = -LX_ENAMETOOLONG;
		if (!mount_follow_up(&at))
			break;
	}
	if (!err && *pos != '/' && !prepend(buf, &pos, "/"))
		err = -LX_ENAMETOOLONG;
	*top = at.mnt;
	path_put(&at);
	mem_free(part);
	*out = pos;
	return err;
}

int64_t vfs_path_text(const struct path *p, struct file *f, const struct path *root, char *buf,
		      size_t size, bool *outside)
{
	const size_t room = 2 * LX_PATH_MAX;
	char *work = mem_alloc(2 * room), *text, *root_text;
	const struct mount *top, *root_top;
	int64_t cut = 0, err;

	if (!work)
		return -LX_ENOMEM;
	err = full_text(p, f, work, room, &text, &top);
	if (!err && root) {
		err = full_text(root, NULL, work + room, room, &root_text, &root_top);
		cut = err ? 0 : top == root_top ? below(text, root_text) : -1;
	}
	if (outside)
		*outside = cut < 0;
	if (!err) {
		text += cut < 0 ? 0 : cut;
		err = snprintf(buf, size, "%s", *text ? text : "/");
		if ((size_t)err >= size)
			err = -LX_ENAMETOOLONG;
	}
	mem_free(work);
	return err;
}

/* A removed directory has no path; a directory may be called "x (deleted)" all the same. */
static bool is_removed(const struct path *p, const char *text, int64_t len)
{
	static const char mark[] = " (deleted)";
	const int64_t n = sizeof(mark) - 1;
	struct inode *inode = p->dentry->inode;
	struct kstat st;

	if (len < n || strcmp(text + len - n, mark))
		return false;
	return inode->iop->getattr(inode, &st) || st.nlink == 0 || p->dentry->unlinked;
}

int64_t vfs_getcwd(struct task *t, char *buf, size_t size)
{
	static const char mark[] = "(unreachable)";
	struct path root, cwd;
	bool outside;
	int64_t len;

	fs_get_root(t->fs, &root);
	fs_get_cwd(t->fs, &cwd);
	len = vfs_path_text(&cwd, NULL, &root, buf, size, &outside);
	if (len >= 0 && outside && (size_t)len + sizeof(mark) > size)
		len = -LX_ENAMETOOLONG;
	if (len >= 0 && outside) {
		memmove(buf + sizeof(mark) - 1, buf, (size_t)len + 1);
		memcpy(buf, mark, sizeof(mark) - 1);
		len += sizeof(mark) - 1;
	}
	if (len == -LX_ENAMETOOLONG)
		len = -LX_ERANGE;
	else if (len >= 0)
		len = is_removed(&cwd, buf, len) ? -LX_ENOENT : len + 1;
	path_put(&cwd);
	path_put(&root);
	return len;
}
