/* SPDX-License-Identifier: MIT */
/*
 * tree.c - removes a directory with everything in it, however deep and whatever its names: directories in
 * it are first moved up to the top, so that one descriptor and short names are enough.
 */
#include "manager.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOVED ".lxrun-moved-"

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool is_directory(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return !fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/* Takes what is in directory name of top away, or up to top. 0 or -1. */
static int empty(int top, const char *name, unsigned long *moved)
{
	int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
	struct dirent *e;
	char fresh[48];
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (!err && (e = readdir(d))) {
		if (is_dots(e->d_name))
			continue;
		if (!is_directory(fd, e)) {
			err = unlinkat(fd, e->d_name, 0);
			continue;
		}
		if (!unlinkat(fd, e->d_name, AT_REMOVEDIR))
			continue;
		do
			snprintf(fresh, sizeof(fresh), MOVED "%lu", ++*moved);
		while (!faccessat(top, fresh, F_OK, AT_SYMLINK_NOFOLLOW));
		err = renameat(fd, e->d_name, top, fresh);
	}
	closedir(d);
	return err;
}

/* One round over the top. 1: there was something, -1. */
static int round_over(DIR *d, unsigned long *moved)
{
	int top = dirfd(d), some = 0;
	struct dirent *e;

	rewinddir(d);
	while ((e = readdir(d))) {
		if (is_dots(e->d_name))
			continue;
		some = 1;
		if (!is_directory(top, e)) {
			if (unlinkat(top, e->d_name, 0))
				return -1;
		} else if (unlinkat(top, e->d_name, AT_REMOVEDIR) &&
			   (empty(top, e->d_name, moved) ||
			    unlinkat(top, e->d_name, AT_REMOVEDIR))) {
			return -1;
		}
	}
	return some;
}

int tree_remove(const char *path)
{
	unsigned long moved = 0;
	DIR *d = opendir(path);
	int more;

	if (!d)
		return errno == ENOENT ? 0 : -1;
	do
		more = round_over(d, &moved);
	while (more > 0);
	closedir(d);
	return more < 0 ? -1 : rmdir(path);
}
