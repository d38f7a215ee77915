/* SPDX-License-Identifier: MIT */
/*
 * pack.c - the tree of a distribution into a tar (pax) archive: owners, modes, times to the nanosecond,
 * extended attributes, devices, hard links. Sockets have no place in an archive. The names of each
 * directory come in byte order, so that equal trees give equal archives.
 */
#include "archive.h"
#include "manager.h"
#include "base/alloc.h"
#include "base/trace.h"
#include "lxrun/acl.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "nt/io.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK        (256u * 1024)
#define XATTR_MAX    65536u
#define LINK_BUCKETS 4096u

/* A file of several names that has been written under its first. */
struct linked {
	struct linked *next;
	uint64_t ino;
	char path[];
};

struct packing {
	struct task *t;
	struct archive *a;
	struct archive_entry *entry;
	char path[LX_PATH_MAX];
	struct linked *links[LINK_BUCKETS];
	uint64_t files, bytes;
	unsigned left_out;
	char buf[CHUNK];
};

/* ---- names of one directory ---- */

struct names {
	struct dir_sink sink;
	char **list;
	size_t count, room;
};

static int add_name(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype,
		    int64_t next_off)
{
	struct names *n = (struct names *)s; /* its first member */

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (n->count == n->room) {
		size_t room = n->room ? n->room * 2 : 64;
		char **list = mem_realloc(n->list, room * sizeof(*list));

		if (!list)
			return 1;
		n->list = list;
		n->room = room;
	}
	n->list[n->count] = mem_strdup(name);
	if (!n->list[n->count])
		return 1;
	n->count++;
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		mem_free(n->list[i]);
	mem_free(n->list);
}

static int read_names(struct packing *k, struct names *n)
{
	struct file *f;
	size_t before;
	int err = vfs_open_file(k->t, LX_AT_FDCWD, k->path, LX_O_RDONLY | LX_O_DIRECTORY, 0, &f);

	*n = (struct names){ .sink.emit = add_name };
	if (err)
		return err;
	do {
		before = n->count;
		err = vfs_iterate(f, k->t, &n->sink);
	} while (!err && n->count > before);
	file_put(f);
	if (n->count)
		qsort(n->list, n->count, sizeof(*n->list), by_bytes);
	return err;
}

/* ---- one entry ---- */

/* The name under which the file was written before; else NULL, and it is remembered. */
static const char *earlier_name(struct packing *k, const struct kstat *st)
{
	struct linked **at = &k->links[st->ino % LINK_BUCKETS], *l;

	if (st->nlink < 2 || LX_S_ISDIR(st->mode))
		return NULL;
	for (l = *at; l; l = l->next)
		if (l->ino == st->ino)
			return l->path;
	l = mem_alloc(sizeof(*l) + strlen(k->path) + 2);
	if (l) {
		l->ino = st->ino;
		sprintf(l->path, ".%s", k->path);
		l->next = *at;
		*at = l;
	}
	return NULL;
}

static int add_xattrs(struct packing *k)
{
	static char names[XATTR_MAX], value[XATTR_MAX];
	int64_t n = vfs_listxattr(k->t, LX_AT_FDCWD, k->path, false, names, sizeof(names)), len;

	if (n < 0)
		return n == -LX_EOPNOTSUPP ? 0 : (int)n;
	for (const char *p = names; p < names + n; p += strlen(p) + 1) {
		if (acl_is_name(p))
			continue;
		len = vfs_getxattr(k->t, LX_AT_FDCWD, k->path, false, p, value, sizeof(value));
		if (len >= 0)
			la.entry_xattr_add_entry(k->entry, p, value, (size_t)len);
	}
	return 0;
}

/* A list that cannot be read is left out, as an xattr is: the file may have changed since it was listed. */
static void add_list(struct packing *k, bool def)
{
	struct acl a;
	int64_t len = vfs_getxattr(k->t, LX_AT_FDCWD, k->path, false,
				   def ? LX_XATTR_ACL_DEFAULT : LX_XATTR_ACL_ACCESS, k->buf, CHUNK);

	if (len > 0 && !acl_parse(k->buf, (size_t)len, &a))
		list_to_tar(k->entry, def, &a);
}

/* Where a file has data, unless it is full of it: the archive says what is a hole, and keeps none. */
static void add_holes(struct packing *k, struct file *f, uint64_t size)
{
	FILE_ALLOCATED_RANGE_BUFFER ask = { .Length.QuadPart = (LONGLONG)size }, got[64];
	uint64_t end = 0, begin;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;

	do {
		ask.FileOffset.QuadPart = (LONGLONG)end;
		ask.Length.QuadPart = (LONGLONG)(size - end);
		status = NtFsControlFile(f->handle, NULL, NULL, NULL, &iosb,
					 FSCTL_QUERY_ALLOCATED_RANGES, &ask, sizeof(ask), got,
					 sizeof(got));
		if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW)
			return; /* it cannot say: all of it is data */
		for (size_t i = 0; i < iosb.Information / sizeof(got[0]); i++) {
			begin = (uint64_t)got[i].FileOffset.QuadPart;
			if (begin >= size)
				break;
			end = begin + (uint64_t)got[i].Length.QuadPart;
			end = end < size ? end : size;
			la.entry_sparse_add_entry(k->entry, (la_int64_t)begin,
						  (la_int64_t)(end - begin));
		}
	} while (status == STATUS_BUFFER_OVERFLOW && end < size);
	if (!end) /* nothing but a hole */
		la.entry_sparse_add_entry(k->entry, (la_int64_t)size, 0);
}

static int describe(struct packing *k, const struct kstat *st)
{
	struct archive_entry *e = k->entry;
	char name[LX_PATH_MAX + 1], target[LX_PATH_MAX];
	int64_t n;

	la.entry_clear(e);
	snprintf(name, sizeof(name), ".%s", k->path);
	la.entry_set_pathname(e, name);
	la.entry_set_mode(e, (mode_t)st->mode);
	la.entry_set_uid(e, st->uid);
	la.entry_set_gid(e, st->gid);
	la.entry_set_mtime(e, st->mtime.tv_sec, (long)st->mtime.tv_nsec);
	la.entry_set_size(e, LX_S_ISREG(st->mode) ? (la_int64_t)st->size : 0);
	if (LX_S_ISCHR(st->mode) || LX_S_ISBLK(st->mode)) {
		la.entry_set_rdevmajor(e, lx_major(st->rdev));
		la.entry_set_rdevminor(e, lx_minor(st->rdev));
	}
	if (LX_S_ISLNK(st->mode)) {
		n = vfs_readlinkat(k->t, LX_AT_FDCWD, k->path, target, sizeof(target) - 1);
		if (n < 0)
			return (int)n;
		target[n] = '\0';
		la.entry_set_symlink(e, target);
	}
	if (!LX_S_ISLNK(st->mode))
		add_list(k, false);
	if (LX_S_ISDIR(st->mode))
		add_list(k, true);
	return add_xattrs(k);
}

/* Of a file that is cut meanwhile, zeroes: the header has said how much there is. */
static int write_data(struct packing *k, struct file *f, uint64_t size)
{
	uint64_t at = 0;
	int64_t n;
	int err = 0;

	while (!err && at < size && !work_stopped()) {
		size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;

		n = vfs_pread(f, k->buf, want, (int64_t)at);
		if (n < 0) {
			err = (int)n;
			break;
		}
		if (!n)
			memset(k->buf, 0, (size_t)(n = (int64_t)want));
		if (la.write_data(k->a, k->buf, (size_t)n) < 0)
			err = 1;
		at += (uint64_t)n;
		k->bytes += (uint64_t)n;
		work_progress("exporting", k->bytes, 0, k->files);
	}
	return err;
}

/* 0; 1: the archive cannot be written; -errno. */
static int write_entry(struct packing *k, const struct kstat *st)
{
	const char *earlier = earlier_name(k, st);
	bool data = !earlier && LX_S_ISREG(st->mode) && st->size;
	struct file *f = NULL;
	int err = describe(k, st);

	if (!err && data)
		err = vfs_open_file(k->t, LX_AT_FDCWD, k->path, LX_O_RDONLY | LX_O_NOATIME, 0, &f);
	if (err)
		return err;
	if (earlier) {
		la.entry_set_size(k->entry, 0);
		la.entry_set_hardlink(k->entry, earlier);
	}
	if (data && st->blocks * 512 < st->size)
		add_holes(k, f, st->size);
	k->files++;
	err = la.write_header(k->a, k->entry) < ARCHIVE_WARN;
	work_progress("exporting", k->bytes, 0, k->files);
	if (!err && data)
		err = write_data(k, f, st->size);
	if (f)
		file_put(f);
	return err;
}

static int pack_below(struct packing *k);

/* What k->path names, and below. */
static int pack_path(struct packing *k)
{
	struct kstat st;
	int err = vfs_statat(k->t, LX_AT_FDCWD, k->path, LX_AT_SYMLINK_NOFOLLOW, &st);

	if (!err && LX_S_ISSOCK(st.mode)) {
		k->left_out++;
		return 0;
	}
	if (!err)
		err = write_entry(k, &st);
	return err || !LX_S_ISDIR(st.mode) ? err : pack_below(k);
}

static int pack_below(struct packing *k)
{
	size_t len = strlen(k->path), base = len > 1 ? len : 0;
	struct names n;
	int err = read_names(k, &n);

	for (size_t i = 0; i < n.count && !err && !work_stopped(); i++) {
		if (base + 1 + strlen(n.list[i]) + 2 > sizeof(k->path)) {
			k->left_out++; /* no program could name it in one piece either */
			continue;
		}
		sprintf(k->path + base, "/%s", n.list[i]);
		err = pack_path(k);
	}
	free_names(&n);
	if (!err)
		k->path[len] = '\0';
	if (!err && len == 1)
		strcpy(k->path, "/");
	return err;
}

/* ---- the archive ---- */

static int open_output(struct packing *k, const char *name, int fd)
{
	static const char *const filters[][2] = { { ".gz", "gzip" },
						  { ".tgz", "gzip" },
						  { ".xz", "xz" },
						  { ".zst", "zstd" },
						  { ".bz2", "bzip2" } };
	size_t len = strlen(name), n;

	if (la.write_set_format_pax(k->a) < ARCHIVE_WARN)
		return 1;
	/* As tar and everybody else names them; older versions write them under two names. */
	la.write_set_format_option(k->a, "pax", "xattrheader", "SCHILY");
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		n = strlen(filters[i][0]);
		if (len > n && !strcmp(name + len - n, filters[i][0]) &&
		    la.write_add_filter_by_name(k->a, filters[i][1]) < ARCHIVE_WARN)
			return 1;
	}
	return la.write_open_fd(k->a, fd) < ARCHIVE_WARN;
}

static int finish(struct packing *k, const char *archive, int err)
{
	const char *why;

	if (!err && !work_stopped())
		err = la.write_close(k->a) < ARCHIVE_WARN;
	work_progress_end();
	why = la.error_string(k->a);
	if (work_stopped())
		lxrun_warn("stopped; nothing has been exported");
	else if (err == 1)
		lxrun_warn("%s cannot be written%s%s", archive, why ? ": " : "", why ? why : "");
	else if (err)
		lxrun_warn("%s: %s", k->path, lx_errno_text(-err));
	if (!err && k->left_out)
		lxrun_warn("%u sockets or names that are too long were left out", k->left_out);
	return err || work_stopped() ? -1 : 0;
}

static void free_packing(struct packing *k)
{
	for (size_t i = 0; i < LINK_BUCKETS; i++)
		for (struct linked *l = k->links[i], *next; l; l = next) {
			next = l->next;
			mem_free(l);
		}
	if (k->entry)
		la.entry_free(k->entry);
	if (k->a)
		la.write_free(k->a);
	mem_free(k);
}

static int pack_to(struct task *t, const char *archive, int fd)
{
	struct packing *k = mem_alloc(sizeof(*k));
	int err = -LX_ENOMEM;

	if (!k)
		return -1;
	k->t = t;
	strcpy(k->path, "/");
	k->a = la.write_new();
	k->entry = la.entry_new();
	if (k->a && k->entry)
		err = open_output(k, archive, fd);
	if (!err)
		err = pack_path(k);
	if (k->a)
		err = finish(k, archive, err);
	if (err && k->a)
		la.write_fail(k->a); /* nothing more is written when it is freed */
	free_packing(k);
	return err ? -1 : 0;
}

/* Into a file beside it first: what is there under the name is whole, before and after. */
static int pack_to_file(struct task *t, const char *archive)
{
	char fresh[PATH_MAX];
	int fd, err;

	if (snprintf(fresh, sizeof(fresh), "%s.partial", archive) >= (int)sizeof(fresh)) {
		lxrun_warn("%s: %s", archive, strerror(ENAMETOOLONG));
		return -1;
	}
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		lxrun_warn("%s: %s", fresh, strerror(errno));
		return -1;
	}
	err = pack_to(t, archive, fd);
	if (!err &&
	    (fchmod(fd, 0666 & ~IoQueryInitialUmask()) || fsync(fd) || rename(fresh, archive))) {
		lxrun_warn("%s: %s", archive, strerror(errno));
		err = -1;
	}
	close(fd);
	if (err)
		unlink(fresh);
	return err;
}

int pack_archive(struct task *t, const char *archive)
{
	struct stat st;

	if (!strcmp(archive, "-")) {
		if (!isatty(STDOUT_FILENO))
			return pack_to(t, archive, STDOUT_FILENO);
		lxrun_warn("an archive is nothing for a terminal; name a file, or send standard "
			   "output somewhere");
		return -1;
	}
	if (!stat(archive, &st) && !S_ISREG(st.st_mode)) {
		lxrun_warn("%s is no ordinary file; an archive's name is wanted", archive);
		return -1;
	}
	return pack_to_file(t, archive);
}
