/* SPDX-License-Identifier: MIT */
/* record.c - what is kept of each distribution, and of all of them. */
#include "manager.h"
#include "base/config.h"
#include "base/trace.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_FILE_MAX 16384

bool record_name_ok(const char *name)
{
	static const char legal[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strspn(name, legal);

	if (len && !name[len] && len <= NAME_MAX_LEN && name[0] != '.' && name[0] != '-')
		return true;
	lxrun_warn(
		"'%s' cannot be the name of a distribution: 1 to %u letters, digits, '.', '_' and "
		"'-' are wanted, the first no '.' or '-'",
		name, NAME_MAX_LEN);
	return false;
}

bool record_path(char buf[PATH_MAX], const char *dir, const char *rest)
{
	int n = snprintf(buf, PATH_MAX, "%s/%s", dir, rest);

	if (n > 0 && n < PATH_MAX)
		return true;
	lxrun_warn("%s/%s: %s", dir, rest, strerror(ENAMETOOLONG));
	return false;
}

static int make_directories(char *path)
{
	for (char *p = path + 1;; p++) {
		char c = *p;
		int err;

		if (c && c != '/')
			continue;
		*p = '\0';
		err = mkdir(path, 0700) && errno != EEXIST;
		*p = c;
		if (err || !c)
			return err ? -1 : 0;
	}
}

const char *record_home(void)
{
	static char path[PATH_MAX];
	const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	bool own = xdg && *xdg == '/';
	int n;

	if (path[0])
		return path;
	if (!own && (!home || *home != '/')) {
		lxrun_warn("there is no place for distributions: set HOME or XDG_DATA_HOME to a "
			   "directory");
		return NULL;
	}
	n = own ? snprintf(path, sizeof(path), "%s/lxrun", xdg)
		: snprintf(path, sizeof(path), "%s/.local/share/lxrun", home);
	if (n < (int)sizeof(path))
		return path;
	lxrun_warn("%s: %s", path, strerror(ENAMETOOLONG));
	path[0] = '\0';
	return NULL;
}

int record_prepare(void)
{
	const char *home = record_home();
	char below[PATH_MAX];

	if (!home || !record_path(below, home, "distributions"))
		return -1;
	if (!make_directories(below))
		return 0;
	lxrun_warn("cannot make %s: %s", below, strerror(errno));
	return -1;
}

/* ---- files ---- */

static void nothing(const char *fmt, ...) {}

/* Fills rows from the file. -1: it cannot be read. */
static int read_file(const char *path, struct config_row *rows)
{
	char text[STATE_FILE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	config_read(path, text, (size_t)n, rows, nothing);
	return 0;
}

static int sync_directory(const char *path)
{
	char dir[PATH_MAX];
	int fd, err;

	strcpy(dir, path);
	*strrchr(dir, '/') = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = fsync(fd);
	close(fd);
	return err;
}

static int write_whole(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err = fd < 0;

	if (!err)
		err = write(fd, text, len) != (ssize_t)len || fsync(fd);
	if (fd >= 0)
		err |= close(fd);
	return err ? -1 : 0;
}

static int write_file(const char *path, const char *text, int len)
{
	char fresh[PATH_MAX];

	if (len < 0 || len >= STATE_FILE_MAX ||
	    snprintf(fresh, PATH_MAX, "%s.new", path) >= PATH_MAX)
		errno = ENAMETOOLONG;
	else if (!write_whole(fresh, text, (size_t)len) && !rename(fresh, path) &&
		 !sync_directory(path))
		return 0;
	lxrun_warn("cannot write %s: %s", path, strerror(errno));
	return -1;
}

/* ---- records ---- */

static bool state_path(const char *name, char path[PATH_MAX], char dir[PATH_MAX])
{
	char rest[NAME_MAX_LEN + 32];
	const char *home = record_home();

	snprintf(rest, sizeof(rest), "distributions/%.*s", (int)NAME_MAX_LEN, name);
	return home && record_path(dir, home, rest) && record_path(path, dir, "state");
}

int record_load(const char *name, struct distro *d)
{
	struct config_row rows[] = {
		{ "distribution.name", CONFIG_TEXT, d->name, sizeof(d->name), 0 },
		{ "distribution.basepath", CONFIG_TEXT, d->base, sizeof(d->base), 0 },
		{ "distribution.defaultuid", CONFIG_NUMBER, &d->uid, 0, 0 },
		{ "distribution.state", CONFIG_NUMBER, &d->state, 0, 0 },
		{ "distribution.flags", CONFIG_NUMBER, &d->flags, 0, 0 },
		{ "distribution.version", CONFIG_NUMBER, &d->version, 0, 0 },
		{ 0 },
	};
	char path[PATH_MAX];

	*d = (struct distro){ .flags = FLAGS_DEFAULT, .version = 1 };
	if (!state_path(name, path, d->base))
		return -1;
	if (read_file(path, rows))
		return -1;
	return d->state && !strcmp(d->name, name) ? 0 : -1;
}

int record_find(const char *name, struct distro *d)
{
	if (!name) {
		name = record_default();
		if (!*name) {
			lxrun_warn("there is no distribution yet; lxrun --install NAME ROOTFS.tar "
				   "makes one");
			return -1;
		}
	}
	if (!record_name_ok(name))
		return -1;
	if (!record_load(name, d) && d->state == STATE_INSTALLED)
		return 0;
	lxrun_warn("there is no distribution called %s; lxrun --list shows what there is", name);
	return -1;
}

int record_save(const struct distro *d)
{
	char path[PATH_MAX], dir[PATH_MAX], text[STATE_FILE_MAX], base[2 * PATH_MAX];

	if (!state_path(d->name, path, dir))
		return -1;
	if (!config_quote(d->base, base, sizeof(base))) {
		lxrun_warn("%s: %s", d->base, strerror(ENAMETOOLONG));
		return -1;
	}
	return write_file(path, text,
			  snprintf(text, sizeof(text),
				   "[distribution]\nname = %s\nbasePath = %s\ndefaultUid = %u\n"
				   "state = %u\nflags = %u\nversion = %u\n",
				   d->name, base, d->uid, d->state, d->flags, d->version));
}

int record_make(struct distro *d)
{
	char path[PATH_MAX], root[PATH_MAX];

	if (!state_path(d->name, path, d->base) || !record_path(root, d->base, "rootfs"))
		return -1;
	if ((mkdir(d->base, 0700) && errno != EEXIST)) {
		lxrun_warn("%s: %s", d->base, strerror(errno));
		return -1;
	}
	if (record_save(d))
		return -1;
	if (!mkdir(root, 0700))
		return 0;
	lxrun_warn("%s: %s", root, strerror(errno));
	return -1;
}

int record_remove(const char *name)
{
	char path[PATH_MAX], dir[PATH_MAX], root[PATH_MAX];

	if (!state_path(name, path, dir) || !record_path(root, dir, "rootfs"))
		return -1;
	if (!tree_remove(root) && !tree_remove(dir))
		return 0;
	lxrun_warn("cannot remove %s: %s", dir, strerror(errno));
	return -1;
}

static int is_entry(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int record_for_each(int (*fn)(const char *name, void *arg), void *arg)
{
	char path[PATH_MAX];
	struct dirent **list;
	const char *home = record_home();
	int n, stop = 0;

	if (!home || !record_path(path, home, "distributions"))
		return -1;
	n = scandir(path, &list, is_entry, alphasort);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		lxrun_warn("%s: %s", path, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		if (!stop)
			stop = fn(list[i]->d_name, arg);
		free(list[i]);
	}
	free(list);
	return stop;
}

/* ---- the default ---- */

static int take_installed(const char *name, void *arg)
{
	struct distro d;

	if (record_load(name, &d) || d.state != STATE_INSTALLED)
		return 0;
	strcpy(arg, d.name);
	return 1;
}

/* The one that was chosen; else, or when it is gone, the first. */
const char *record_default(void)
{
	static char name[NAME_MAX_LEN + 1];
	struct config_row rows[] = { { "lxrun.default", CONFIG_TEXT, name, sizeof(name), 0 },
				     { 0 } };
	const char *home = record_home();
	char path[PATH_MAX];
	struct distro d;

	name[0] = '\0';
	if (!home || !record_path(path, home, "settings"))
		return name;
	read_file(path, rows);
	if (!name[0] || record_load(name, &d) || d.state != STATE_INSTALLED) {
		name[0] = '\0';
		record_for_each(take_installed, name);
	}
	return name;
}

int record_set_default(const char *name)
{
	char path[PATH_MAX], text[256];
	const char *home = record_home();

	if (!home || !record_path(path, home, "settings"))
		return -1;
	return write_file(path, text,
			  snprintf(text, sizeof(text), "[lxrun]\ndefault = %s\n", name));
}
