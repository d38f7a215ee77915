/* SPDX-License-Identifier: MIT */
/*
 * host_lock.c - who holds record locks on a file. The supervisor asks on behalf of a guest: what the guest
 * holds itself is in the supervisor's way, so then the host's list of all locks decides.
 */
#include "host_file.h"
#include "host_filep.h"
#include "host_text.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * One line of /proc/locks: "1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 EOF"; who waits for it has "->" before the kind.
 * False: a lease, or no lock.
 */
static bool parse_line(const char *line, struct host_lock_line *l)
{
	const char *p = strchr(line, ':');
	char kind[16], type[16], end[32];
	unsigned major, minor;
	unsigned long long ino;
	long long start, last;

	l->waits = p && !strncmp(p, ": -> ", 5);
	if (!p || sscanf(p + (l->waits ? 5 : 1), " %15s %*s %15s %d %x:%x:%llu %lld %31s", kind,
			 type, &l->lock.pid, &major, &minor, &ino, &start, end) != 8)
		return false;
	l->whole_file = !strcmp(kind, "FLOCK");
	if (!l->whole_file && strcmp(kind, "POSIX") && strcmp(kind, "OFDLCK"))
		return false;
	l->device = makedev(major, minor);
	l->inode = ino;
	l->exclusive = !strcmp(type, "WRITE");
	l->lock.type = l->exclusive ? F_WRLCK : F_RDLCK;
	l->lock.whence = SEEK_SET;
	l->lock.start = start;
	l->lock.length = sscanf(end, "%lld", &last) == 1 ? last - start + 1 : 0;
	return true;
}

/* A record lock that somebody has. */
static bool parse(const char *line, struct host_lock *l, dev_t *dev, unsigned long long *ino)
{
	struct host_lock_line all;

	if (!parse_line(line, &all) || all.whole_file || all.waits)
		return false;
	*l = all.lock;
	*dev = all.device;
	*ino = all.inode;
	return true;
}

static bool conflict(const struct host_lock *a, const struct host_lock *b)
{
	return (a->type == F_WRLCK || b->type == F_WRLCK) &&
	       (!a->length || b->start < a->start + a->length) &&
	       (!b->length || a->start < b->start + b->length);
}

/* The host's list; it may grow while it is read. */
static char *all_locks(void)
{
	size_t size = 16384;
	char *text = NULL, *more;
	long n;

	for (;; size *= 2) {
		more = mem_realloc(text, size);
		if (!more)
			break;
		text = more;
		n = host_proc_text("locks", text, size - 1);
		if (n >= 0 && (size_t)n < size) {
			text[n] = '\0';
			return text;
		}
		if (n < 0)
			break;
	}
	mem_free(text);
	return NULL;
}

void host_each_lock(void (*each)(void *context, const struct host_lock_line *line), void *context)
{
	char *text = all_locks(), *line, *next;
	struct host_lock_line l;

	for (line = text; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (parse_line(line, &l))
			each(context, &l);
	}
	mem_free(text);
}

/* The first lock in want's way that is not pid's. want: with an absolute start. */
static void search(const struct stat *st, int pid, const struct host_lock *want,
		   struct host_lock *found)
{
	char *text = all_locks();
	unsigned long long ino;
	struct host_lock l;
	dev_t dev;

	found->type = F_UNLCK;
	for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (!parse(line, &l, &dev, &ino) || dev != st->st_dev || ino != st->st_ino ||
		    l.pid == pid || !conflict(&l, want))
			continue;
		*found = l;
		break;
	}
	mem_free(text);
}

/* The range as seen from the file's start: a whence other than SEEK_SET, a length below zero. */
static void normalize(int fd, const struct stat *st, struct host_lock *l)
{
	if (l->whence == SEEK_CUR)
		l->start += lseek(fd, 0, SEEK_CUR);
	else if (l->whence == SEEK_END)
		l->start += st->st_size;
	if (l->length < 0) {
		l->start += l->length;
		l->length = -l->length;
	}
	l->whence = SEEK_SET;
}

NTSTATUS host_query_lock(host_fd fd, int per_file, int pid, struct host_lock *lock)
{
	struct flock fl = { .l_type = lock->type,
			    .l_whence = lock->whence,
			    .l_start = lock->start,
			    .l_len = lock->length };
	struct host_lock want = *lock;
	struct stat st;

	if (fcntl(fd.v, per_file ? F_OFD_GETLK : F_GETLK, &fl) || fstat(fd.v, &st))
		return host_done("fcntl", fd.v, "", -1);
	*lock = (struct host_lock){ fl.l_type, fl.l_whence, fl.l_start, fl.l_len, fl.l_pid };
	if (fl.l_type != F_UNLCK && !per_file && fl.l_pid == pid) {
		normalize(fd.v, &st, &want);
		*lock = want;
		search(&st, pid, &want, lock);
	}
	return STATUS_SUCCESS;
}
