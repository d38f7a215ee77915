/* SPDX-License-Identifier: MIT */
/*
 * claim.c - who may do what at the same time. One lock for all commands that change distributions, which
 * programs that are started only look at; one of each distribution, which its instances hold.
 *
 * The kernel releases both however a process ends, so what a killed command left behind is known by its
 * record alone, and whoever gets the first lock tidies up.
 */
#include "manager.h"
#include "base/trace.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int lock_fd = -1;

/* Says who has the lock: "installing Debian (process 123)". */
static void say_busy(int fd)
{
	char who[128];
	ssize_t n = pread(fd, who, sizeof(who) - 1, 0);

	who[n > 0 ? n : 0] = '\0';
	who[strcspn(who, "\n")] = '\0';
	lxrun_warn("another lxrun is busy %s; try again when it has ended",
		   who[0] ? who : "with distributions");
}

/* -1: said why, or there is none, and so nothing at all. */
static int open_lock(int flags)
{
	const char *home = record_home();
	char path[PATH_MAX];

	if (!home || !record_path(path, home, "lock"))
		return -1;
	lock_fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (lock_fd < 0 && (errno != ENOENT || flags))
		lxrun_warn("%s: %s", path, strerror(errno));
	return lock_fd < 0 ? -1 : 0;
}

/* Whether a command that was killed left name behind. A directory without a record is nobody's, or empty. */
static bool is_left(const char *name)
{
	struct distro d;

	return !record_load(name, &d) && d.state != STATE_INSTALLED;
}

static int find_left(const char *name, void *arg)
{
	return is_left(name);
}

/* The lock is ours. */
static int tidy(const char *name, void *arg)
{
	if (!is_left(name))
		return 0;
	lxrun_warn("removing what an interrupted command left of %s", name);
	record_remove(name);
	return 0;
}

int claim_manager(const char *what)
{
	char who[160];
	int n;

	if (record_prepare() || open_lock(O_CREAT))
		return -1;
	if (flock(lock_fd, LOCK_EX | LOCK_NB)) {
		say_busy(lock_fd);
		claim_release();
		return -1;
	}
	n = snprintf(who, sizeof(who), "%s (process %d)\n", what, (int)getpid());
	if (ftruncate(lock_fd, 0) || pwrite(lock_fd, who, (size_t)n, 0) != n)
		lxrun_warn("the lock file cannot be written: %s", strerror(errno));
	return record_for_each(tidy, NULL) < 0 ? -1 : 0;
}

void claim_tidy(void)
{
	if (!open_lock(0) && !flock(lock_fd, LOCK_EX | LOCK_NB))
		record_for_each(tidy, NULL);
	claim_release();
}

int claim_look(void)
{
	if (open_lock(0))
		return 0; /* nothing to share: who looks will find nothing */
	if (record_for_each(find_left, NULL) > 0 && !flock(lock_fd, LOCK_EX | LOCK_NB))
		record_for_each(tidy, NULL);
	if (!flock(lock_fd, LOCK_SH | LOCK_NB))
		return 0;
	say_busy(lock_fd);
	claim_release();
	return -1;
}

void claim_release(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}

int claim_distro(const struct distro *d, bool alone)
{
	char path[PATH_MAX];
	int fd;

	if (!record_path(path, d->base, "running"))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && !flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB))
		return 0;
	if (fd >= 0 && errno == EWOULDBLOCK)
		lxrun_warn("programs of %s are running; end them first", d->name);
	else
		lxrun_warn("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
