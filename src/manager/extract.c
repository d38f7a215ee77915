/* SPDX-License-Identifier: MIT */
/*
 * extract.c - an archive into the tree of a distribution, as its root would unpack it.
 *
 * All is done by lxcore's verbs in an instance whose / is the new volume, so no name of an archive leads
 * out of it, whatever links it has put there before; names with ".." are left out all the same, as
 * every tar does. Owners, devices and set-id bits are metadata, which no host file has.
 *
 * Directories get their times and default ACLs at the end, when nothing is made in them any more.
 */
#include "archive.h"
#include "manager.h"
#include "base/alloc.h"
#include "base/trace.h"
#include "lxrun/acl.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a directory gets when all is in it: what is made there would change its times, and take from its default list. */
struct dir_rest {
	struct dir_rest *next;
	struct lx_timespec ts[2];
	struct acl *def; /* NULL: none */
	char path[];
};

struct extraction {
	struct task *t;
	struct archive *a;
	struct archive_entry *entry;
	char path[LX_PATH_MAX];
	struct dir_rest *dirs,
		**dirs_end;   /* in the order of the archive: of two entries the second counts */
	uint64_t files, size; /* size of the archive; 0: not known */
	unsigned odd;         /* entries left out */
	unsigned bare;        /* attributes not kept */
};

/* ---- names ---- */

/*
 * name below the root, without "." and double slashes. False: it leads somewhere else, or nowhere (empty is
 * the root itself).
 */
static bool clean_path(const char *name, char out[LX_PATH_MAX])
{
	size_t n = 0, len;

	for (; name && *name; name += len) {
		name += strspn(name, "/");
		len = strcspn(name, "/");
		if (len == 2 && !memcmp(name, "..", 2))
			return false;
		if (!len || (len == 1 && *name == '.'))
			continue;
		if (len > LX_NAME_MAX || n + len + 2 > LX_PATH_MAX)
			return false;
		out[n++] = '/';
		memcpy(out + n, name, len);
		n += len;
	}
	if (!n)
		out[n++] = '/';
	out[n] = '\0';
	return name != NULL;
}

static void leave_out(struct extraction *x, const char *name, const char *why)
{
	if (!x->odd++)
		lxrun_warn("left out: %s: %s", name ? name : "an entry without a name", why);
}

/* The directories that lead to path, where the archive has not named them. */
static int make_parents(struct extraction *x)
{
	int err = 0;

	for (char *p = x->path + 1; *p && (!err || err == -LX_EEXIST); p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		err = vfs_mkdirat(x->t, LX_AT_FDCWD, x->path, 0755);
		*p = '/';
	}
	return err == -LX_EEXIST ? 0 : err;
}

/* ---- one entry ---- */

typedef int make_fn(struct extraction *x, struct file **f);

static int make_file(struct extraction *x, struct file **f)
{
	return vfs_open_file(x->t, LX_AT_FDCWD, x->path, LX_O_RDWR | LX_O_CREAT | LX_O_EXCL,
			     la.entry_perm(x->entry) & 07777, f);
}

static int make_directory(struct extraction *x, struct file **f)
{
	struct kstat st;
	int err = vfs_mkdirat(x->t, LX_AT_FDCWD, x->path, la.entry_perm(x->entry) & 07777);

	if (err == -LX_EEXIST &&
	    !vfs_statat(x->t, LX_AT_FDCWD, x->path, LX_AT_SYMLINK_NOFOLLOW, &st) &&
	    LX_S_ISDIR(st.mode))
		return 0;
	return err;
}

static int make_link(struct extraction *x, struct file **f)
{
	const char *target = la.entry_symlink(x->entry);

	return target ? vfs_symlinkat(x->t, target, LX_AT_FDCWD, x->path) : -LX_EINVAL;
}

static int make_hard_link(struct extraction *x, struct file **f)
{
	char old[LX_PATH_MAX];

	if (!clean_path(la.entry_hardlink(x->entry), old))
		return -LX_EINVAL;
	return vfs_linkat(x->t, LX_AT_FDCWD, old, LX_AT_FDCWD, x->path, 0);
}

static int make_node(struct extraction *x, struct file **f)
{
	uint64_t dev = lx_makedev((uint32_t)la.entry_rdevmajor(x->entry),
				  (uint32_t)la.entry_rdevminor(x->entry));

	return vfs_mknodat(
		x->t, LX_AT_FDCWD, x->path,
		(uint32_t)la.entry_filetype(x->entry) | (la.entry_perm(x->entry) & 07777), dev);
}

/* What was there under this name gives way: the last entry of a name counts. */
static int give_way(struct extraction *x)
{
	int err = vfs_unlinkat(x->t, LX_AT_FDCWD, x->path, 0);

	return err == -LX_EISDIR ? vfs_unlinkat(x->t, LX_AT_FDCWD, x->path, LX_AT_REMOVEDIR) : err;
}

static int make(struct extraction *x, make_fn *fn, struct file **f)
{
	int err = fn(x, f);

	if (err == -LX_ENOENT && fn != make_hard_link && !make_parents(x))
		err = fn(x, f);
	if (err == -LX_EEXIST && !give_way(x))
		err = fn(x, f);
	return err;
}

/* ---- contents ---- */

/* 0; 1: the archive is at fault; -errno. */
static int copy_data(struct extraction *x, struct file *f)
{
	struct iattr attr = { .valid = ATTR_SIZE };
	const void *data;
	int64_t pos, n;
	struct iter it;
	la_int64_t at;
	size_t size;
	int got;

	while ((got = la.read_data_block(x->a, &data, &size, &at)) == ARCHIVE_OK &&
	       !work_stopped()) {
		iter_kernel(&it, (void *)(uintptr_t)data, size);
		for (pos = at; it.left;) {
			n = vfs_write(f, x->t, &it, &pos);
			if (n <= 0)
				return n ? (int)n : -LX_EIO;
		}
		work_progress("installing", (uint64_t)la.filter_bytes(x->a, -1), x->size, x->files);
	}
	if (got < ARCHIVE_WARN)
		return 1;
	attr.size = (uint64_t)la.entry_size(x->entry); /* a hole at the end */
	return la.entry_size_is_set(x->entry) ? vfs_setattr_file(x->t, f, &attr) : 0;
}

/* ---- attributes ---- */

static void take_xattrs(struct extraction *x)
{
	const char *name;
	const void *value;
	size_t size;

	if (!la.entry_xattr_reset(x->entry))
		return;
	while (la.entry_xattr_next(x->entry, &name, &value, &size) == ARCHIVE_OK)
		if (!*name || strlen(name) > LX_NAME_MAX ||
		    vfs_setxattr(x->t, LX_AT_FDCWD, x->path, false, name, value, size, 0))
			x->bare++;
}

static void set_list(struct extraction *x, const char *path, bool def, const struct acl *a)
{
	if (vfs_setxattr(x->t, LX_AT_FDCWD, path, false,
			 def ? LX_XATTR_ACL_DEFAULT : LX_XATTR_ACL_ACCESS, acl_value(a),
			 acl_size(a), 0))
		x->bare++;
}

static void take_access_list(struct extraction *x)
{
	struct acl a;

	if (!list_from_tar(x->entry, false, &a))
		x->bare++;
	else if (a.n)
		set_list(x, x->path, false, &a);
}

/* From mem_alloc(); NULL: it has none. */
static struct acl *default_list(struct extraction *x)
{
	struct acl *a = mem_alloc(sizeof(*a));

	if (!a || !list_from_tar(x->entry, true, a)) {
		x->bare++;
	} else if (a->n) {
		return a;
	}
	mem_free(a);
	return NULL;
}

static void times_of(struct archive_entry *e, struct lx_timespec ts[2])
{
	ts[1] = (struct lx_timespec){ la.entry_mtime(e), la.entry_mtime_nsec(e) };
	ts[0] = la.entry_atime_is_set(e)
			? (struct lx_timespec){ la.entry_atime(e), la.entry_atime_nsec(e) }
			: ts[1];
}

static int remember_directory(struct extraction *x)
{
	struct dir_rest *d = mem_alloc(sizeof(*d) + strlen(x->path) + 1);

	if (!d)
		return -LX_ENOMEM;
	d->def = default_list(x);
	times_of(x->entry, d->ts);
	strcpy(d->path, x->path);
	*x->dirs_end = d;
	x->dirs_end = &d->next;
	return 0;
}

/* Owner and mode as the archive has them; a set-group-id directory above may have given another group. */
static int take_attributes(struct extraction *x)
{
	uint32_t uid = (uint32_t)la.entry_uid(x->entry), gid = (uint32_t)la.entry_gid(x->entry);
	uint32_t mode = la.entry_perm(x->entry) & 07777;
	struct lx_timespec ts[2];
	struct kstat st;
	int err = vfs_statat(x->t, LX_AT_FDCWD, x->path, LX_AT_SYMLINK_NOFOLLOW, &st);
	bool chown = st.uid != uid || st.gid != gid;

	if (!err && chown)
		err = vfs_chownat(x->t, LX_AT_FDCWD, x->path, uid, gid, LX_AT_SYMLINK_NOFOLLOW);
	if (!err && !LX_S_ISLNK(st.mode) && ((st.mode & 07777) != mode || (chown && mode & 06000)))
		err = vfs_chmodat(x->t, LX_AT_FDCWD, x->path, mode, LX_AT_SYMLINK_NOFOLLOW);
	if (err)
		return err;
	take_xattrs(x);
	if (!LX_S_ISLNK(st.mode))
		take_access_list(x);
	if (LX_S_ISDIR(st.mode))
		return remember_directory(x);
	times_of(x->entry, ts);
	return vfs_utimensat(x->t, LX_AT_FDCWD, x->path, ts, LX_AT_SYMLINK_NOFOLLOW);
}

static make_fn *maker(struct archive_entry *e)
{
	if (la.entry_hardlink(e))
		return make_hard_link;
	switch (la.entry_filetype(e)) {
	case AE_IFREG:
		return make_file;
	case AE_IFDIR:
		return make_directory;
	case AE_IFLNK:
		return make_link;
	case AE_IFCHR:
	case AE_IFBLK:
	case AE_IFIFO:
	case AE_IFSOCK:
		return make_node;
	default:
		return NULL;
	}
}

/* An entry that has no place among the others; anything else is a failure of ours. */
static bool is_contradiction(int err)
{
	static const int errors[] = { LX_EINVAL, LX_ENOENT, LX_ENOTEMPTY, LX_ENOTDIR,
				      LX_ELOOP,  LX_EEXIST, LX_EPERM,     LX_ENAMETOOLONG };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (err == -errors[i])
			return true;
	return false;
}

/* As copy_data(). */
static int extract_entry(struct extraction *x)
{
	make_fn *fn = maker(x->entry);
	struct file *f = NULL;
	int err;

	if (!clean_path(la.entry_pathname(x->entry), x->path)) {
		leave_out(x, la.entry_pathname(x->entry),
			  "the name leads out of the root, or is too long");
		return 0;
	}
	if (!fn || (!x->path[1] && fn != make_directory)) {
		leave_out(x, x->path, "an entry of a kind that Linux has no file for");
		return 0;
	}
	err = make(x, fn, &f);
	if (is_contradiction(err)) {
		leave_out(x, x->path, "its kind or place contradicts another entry");
		return 0;
	}
	if (f && !err)
		err = copy_data(x, f);
	if (f)
		file_put(f);
	x->files++;
	return err || fn == make_hard_link ? err : take_attributes(x);
}

/* ---- all of them ---- */

static int open_archive(const char *name, uint64_t *size)
{
	struct stat st;
	int fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);

	*size = 0;
	if (fd < 0 || fstat(fd, &st)) {
		lxrun_warn("%s: %s", name, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		lxrun_warn("%s is a directory; an archive of a root file system is wanted (tar)",
			   name);
	} else {
		if (S_ISREG(st.st_mode))
			*size = (uint64_t)st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static int complain(struct extraction *x, const char *archive, int err)
{
	const char *why = la.error_string(x->a);

	work_progress_end();
	if (work_stopped())
		lxrun_warn("stopped; nothing has been installed");
	else if (err == 1)
		lxrun_warn("%s cannot be read%s%s", archive, why ? ": " : "", why ? why : "");
	else
		lxrun_warn("%s: %s", x->path, lx_errno_text(-err));
	return -1;
}

/* Whether what was unpacked could be a root file system at all. */
static int check_root(struct extraction *x, const char *archive)
{
	static const char *const places[] = { "/bin", "/usr", "/sbin", "/etc" };
	struct kstat st;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!vfs_statat(x->t, LX_AT_FDCWD, places[i], LX_AT_SYMLINK_NOFOLLOW, &st))
			return 0;
	lxrun_warn("%s holds no root file system: it has none of /bin, /usr, /sbin and /etc",
		   archive);
	return -1;
}

static void finish_directories(struct extraction *x)
{
	for (struct dir_rest *d = x->dirs, *next; d; d = next) {
		next = d->next;
		if (d->def)
			set_list(x, d->path, true, d->def);
		mem_free(d->def);
		vfs_utimensat(x->t, LX_AT_FDCWD, d->path, d->ts, LX_AT_SYMLINK_NOFOLLOW);
		mem_free(d);
	}
	x->dirs = NULL;
}

static int extract_all(struct extraction *x, const char *archive)
{
	int got = ARCHIVE_OK, err = 0;

	while (!err && !work_stopped()) {
		got = la.read_next_header(x->a, &x->entry);
		if (got == ARCHIVE_EOF)
			break;
		err = got < ARCHIVE_WARN ? 1 : extract_entry(x);
		work_progress("installing", (uint64_t)la.filter_bytes(x->a, -1), x->size, x->files);
	}
	finish_directories(x);
	if (err || work_stopped())
		return complain(x, archive, err);
	work_progress_end();
	if (x->odd)
		lxrun_warn("%u entries of the archive were left out", x->odd);
	if (x->bare)
		lxrun_warn("%u extended attributes could not be kept", x->bare);
	return check_root(x, archive);
}

int extract_archive(struct task *t, const char *archive)
{
	struct extraction x = { .t = t, .dirs_end = &x.dirs };
	int fd = open_archive(archive, &x.size), ret = -1;

	if (fd < 0)
		return -1;
	x.a = la.read_new();
	if (x.a) {
		la.read_support_filter_all(x.a);
		la.read_support_format_tar(x.a);
		ret = la.read_open_fd(x.a, fd, 1 << 18) < ARCHIVE_WARN ? complain(&x, archive, 1)
								       : extract_all(&x, archive);
		la.read_free(x.a);
	}
	close(fd);
	return ret;
}
