/* SPDX-License-Identifier: MIT */
/*
 * The first difference of two directory trees: names, types, modes, owners, sizes, link counts, targets
 * of links, device numbers, extended attributes, contents. Times are the runs' own.
 */
#include "compare.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DEPTH_MAX 64

struct pair {
	const char *native, *lxrun; /* paths of one name on both sides */
	const char *name;           /* from the top on, for people */
	struct stat n, l;
	struct text *why;
};

static void differ(const struct pair *p, const char *what)
{
	text_str(p->why, "what is left behind differs: ");
	compare_put_plain(p->why, p->name, strlen(p->name));
	text_printf(p->why, ": %s\n", what);
}

static bool number_differs(const struct pair *p, const char *what, const char *format,
			   unsigned long long n, unsigned long long l)
{
	char text[96];

	if (n == l)
		return false;
	differ(p, what);
	snprintf(text, sizeof(text), format, n);
	text_printf(p->why, "  native   %s\n", text);
	snprintf(text, sizeof(text), format, l);
	text_printf(p->why, "  lxrun    %s\n", text);
	return true;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "a file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a fifo";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static bool stat_differs(const struct pair *p)
{
	if ((p->n.st_mode & S_IFMT) != (p->l.st_mode & S_IFMT)) {
		differ(p, "type");
		text_printf(p->why, "  native   %s\n  lxrun    %s\n", type_name(p->n.st_mode),
			    type_name(p->l.st_mode));
		return true;
	}
	return number_differs(p, "mode", "%#llo", p->n.st_mode & 07777, p->l.st_mode & 07777) ||
	       number_differs(p, "owner", "%llu", p->n.st_uid, p->l.st_uid) ||
	       number_differs(p, "group", "%llu", p->n.st_gid, p->l.st_gid) ||
	       number_differs(p, "link count", "%llu", p->n.st_nlink, p->l.st_nlink) ||
	       (!S_ISDIR(p->n.st_mode) &&
		number_differs(p, "size", "%llu bytes", (unsigned long long)p->n.st_size,
			       (unsigned long long)p->l.st_size)) ||
	       number_differs(p, "device number", "%#llx", p->n.st_rdev, p->l.st_rdev);
}

static bool link_differs(const struct pair *p)
{
	char n[4096], l[4096];
	ssize_t nl = readlink(p->native, n, sizeof(n)), ll = readlink(p->lxrun, l, sizeof(l));

	if (nl == ll && (nl < 0 || !memcmp(n, l, (size_t)nl)))
		return false;
	differ(p, "target");
	text_str(p->why, "  native   ");
	compare_put_plain(p->why, n, nl > 0 ? (size_t)nl : 0);
	text_str(p->why, "\n  lxrun    ");
	compare_put_plain(p->why, l, ll > 0 ? (size_t)ll : 0);
	text_str(p->why, "\n");
	return true;
}

static bool content_differs(const struct pair *p)
{
	FILE *n = fopen(p->native, "re"), *l = fopen(p->lxrun, "re");
	unsigned long long at = 0;
	char what[64];
	int a = 0, b = 0;

	while (n && l && a == b && a != EOF) {
		a = getc(n);
		b = getc(l);
		at++;
	}
	if (n)
		fclose(n);
	if (l)
		fclose(l);
	if (a == b)
		return false;
	snprintf(what, sizeof(what), "byte %llu", at);
	return number_differs(p, what, "%#llx", (unsigned long long)a, (unsigned long long)b);
}

/* "name=value" of each attribute of the user's name space, sorted by the host. */
static void xattrs(const char *path, struct text *out)
{
	char names[4096], value[4096];
	ssize_t len = llistxattr(path, names, sizeof(names)), n;
	const char *p;

	for (p = names; len > 0 && p < names + len; p += strlen(p) + 1) {
		n = lgetxattr(path, p, value, sizeof(value));
		text_printf(out, "%s=", p);
		compare_put_plain(out, value, n > 0 ? (size_t)n : 0);
		text_str(out, " ");
	}
}

static bool xattrs_differ(const struct pair *p)
{
	struct text n = { 0 }, l = { 0 };
	bool differs;

	xattrs(p->native, &n);
	xattrs(p->lxrun, &l);
	differs = strcmp(n.data ? n.data : "", l.data ? l.data : "") != 0;
	if (differs) {
		differ(p, "extended attributes");
		text_printf(p->why, "  native   %s\n  lxrun    %s\n", n.data ? n.data : "none",
			    l.data ? l.data : "none");
	}
	text_free(&n);
	text_free(&l);
	return differs;
}

static int no_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

static bool dirs_differ(const char *native, const char *lxrun, const char *name, int depth,
			const struct compare_rules *rules, struct text *why);

static bool entry_differs(const char *native, const char *lxrun, const char *name, int depth,
			  const struct compare_rules *rules, struct text *why)
{
	struct pair p = { .native = native, .lxrun = lxrun, .name = name, .why = why };

	if (rules_skip_path(rules, name) || lstat(native, &p.n) || lstat(lxrun, &p.l))
		return false;
	if (stat_differs(&p) || xattrs_differ(&p))
		return true;
	if (S_ISLNK(p.n.st_mode))
		return link_differs(&p);
	if (S_ISREG(p.n.st_mode))
		return content_differs(&p);
	return S_ISDIR(p.n.st_mode) && dirs_differ(native, lxrun, name, depth + 1, rules, why);
}

/* Only one side has it. */
static bool alone(const char *name, const char *side, const struct compare_rules *rules,
		  struct text *why)
{
	if (rules_skip_path(rules, name))
		return false;
	text_str(why, "what is left behind differs: ");
	compare_put_plain(why, name, strlen(name));
	text_printf(why, ": only %s has it\n", side);
	return true;
}

static bool join_differs(const char *native, const char *lxrun, const char *dir, const char *n,
			 const char *l, int depth, const struct compare_rules *rules,
			 struct text *why)
{
	char a[4096], b[4096], name[4096];
	const char *entry = n ? n : l;

	snprintf(a, sizeof(a), "%s/%s", native, entry);
	snprintf(b, sizeof(b), "%s/%s", lxrun, entry);
	snprintf(name, sizeof(name), "%s%s%s", dir, *dir ? "/" : "", entry);
	if (!n || !l)
		return alone(name, n ? "native" : "lxrun", rules, why);
	return entry_differs(a, b, name, depth, rules, why);
}

static bool dirs_differ(const char *native, const char *lxrun, const char *name, int depth,
			const struct compare_rules *rules, struct text *why)
{
	struct dirent **n = NULL, **l = NULL;
	int nn = scandir(native, &n, no_dots, alphasort),
	    ln = scandir(lxrun, &l, no_dots, alphasort);
	int i = 0, k = 0, order;
	bool differs = false;

	while (!differs && depth < DEPTH_MAX && (i < nn || k < ln)) {
		order = i >= nn ? 1 : k >= ln ? -1 : strcoll(n[i]->d_name, l[k]->d_name);
		differs = join_differs(native, lxrun, name, order <= 0 ? n[i]->d_name : NULL,
				       order >= 0 ? l[k]->d_name : NULL, depth, rules, why);
		i += order <= 0;
		k += order >= 0;
	}
	for (i = 0; i < nn; i++)
		free(n[i]);
	for (k = 0; k < ln; k++)
		free(l[k]);
	free(n);
	free(l);
	return differs;
}

bool tree_differs(const char *native, const char *lxrun, const struct compare_rules *rules,
		  struct text *why)
{
	return dirs_differ(native, lxrun, "", 0, rules, why);
}
