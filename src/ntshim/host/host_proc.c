/* SPDX-License-Identifier: MIT */
/* host_proc.c - reads the host's /proc: stat, status, maps. */
#include "host_proc.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Reads a small file whole. Returns its length; text ends in NUL. */
static int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	do {
		n = read(fd, text + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < size - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	text[len] = 0;
	return err ? err : (int)len;
}

int host_proc_times(int pid, int tid, struct host_times *times)
{
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK), user, system, start;
	char path[64], text[1024], *at;
	int len;

	if (tid)
		snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	else
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	len = read_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	at = strrchr(text, ')'); /* the name may hold anything, a ')' too */
	if (!at || sscanf(at + 1,
			  " %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64
			  " %" SCNu64 " %*d %*d %*d %*d %*d %*d %" SCNu64,
			  &times->minor_faults, &times->major_faults, &user, &system, &start) != 5)
		return -ESRCH;
	times->user_ns = (int64_t)(user * (1000000000 / ticks));
	times->system_ns = (int64_t)(system * (1000000000 / ticks));
	times->start_ns = (int64_t)(start * (1000000000 / ticks));
	return 0;
}

int64_t host_proc_run_ns(int pid, int tid)
{
	char path[64], text[96];
	int64_t ns;
	int len;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	len = read_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	return sscanf(text, "%" SCNd64, &ns) == 1 ? ns : -ESRCH;
}

int host_set_nice(int tid, int nice)
{
	return setpriority(PRIO_PROCESS, (id_t)tid, nice) ? -errno : 0;
}

/* One line of /proc/PID/status that is wanted. */
struct field {
	const char *name; /* with the colon */
	uint64_t *value;
};

/* Fields that the file does not have (VmSize of a zombie) become 0. */
static int read_status(int pid, const struct field *fields, size_t count, int base)
{
	char path[64], text[8192], *line, *save;
	int len;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	len = read_text(path, text, sizeof(text));
	if (len < 0)
		return len;
	for (size_t i = 0; i < count; i++)
		*fields[i].value = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < count; i++) {
			size_t n = strlen(fields[i].name);

			if (strncmp(line, fields[i].name, n) == 0)
				*fields[i].value = strtoull(line + n, NULL, base);
		}
	return 0;
}

int host_proc_vm(int pid, struct host_vm *vm)
{
	const struct field fields[] = {
		{ "VmPeak:", &vm->peak_size }, { "VmSize:", &vm->size },
		{ "VmHWM:", &vm->peak_rss },   { "VmRSS:", &vm->rss },
		{ "RssAnon:", &vm->anon },     { "VmData:", &vm->data },
		{ "VmSwap:", &vm->swap },
	};
	size_t count = sizeof(fields) / sizeof(fields[0]);
	int err = read_status(pid, fields, count, 10);

	for (size_t i = 0; i < count && !err; i++)
		*fields[i].value *= 1024;
	return err;
}

int host_proc_signals(int tid, struct host_signals *signals)
{
	const struct field fields[] = {
		{ "SigPnd:", &signals->pending }, { "ShdPnd:", &signals->group_pending },
		{ "SigBlk:", &signals->blocked }, { "SigIgn:", &signals->ignored },
		{ "SigCgt:", &signals->caught },
	};

	return read_status(tid, fields, sizeof(fields) / sizeof(fields[0]), 16);
}

#define MAPS_BUFFER (64 * 1024)

/* Returns false at a line that is no mapping, or when each() has seen enough. */
static bool one_map(char *line, bool (*each)(void *, const struct host_map *), void *context)
{
	struct host_map map;
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &map.start,
		   &map.end, map.protect, &map.offset, &map.major, &map.minor, &map.inode,
		   &path) < 7)
		return false;
	map.path = path ? line + path : "";
	return each(context, &map);
}

int host_proc_maps(int pid, bool (*each)(void *context, const struct host_map *map), void *context)
{
	char path[64], *buffer, *line, *end;
	size_t have = 0;
	ssize_t n = 0;
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	buffer = mem_alloc(MAPS_BUFFER);
	while (buffer && (n = read(fd, buffer + have, MAPS_BUFFER - have)) > 0) {
		have += (size_t)n;
		for (line = buffer; (end = memchr(line, '\n', have)); line = end + 1) {
			*end = 0;
			have -= (size_t)(end + 1 - line);
			if (!one_map(line, each, context))
				goto out;
		}
		memmove(buffer, line,
			have); /* the line cut in two; the host's lines are shorter than the buffer */
	}
out:
	err = !buffer ? -ENOMEM : n < 0 ? -errno : 0;
	mem_free(buffer);
	close(fd);
	return err;
}

int host_proc_call(int pid, int tid, uint32_t *number, uint64_t args[6])
{
	char path[64], text[256];
	unsigned long long a[6];
	int nr, n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	n = read_text(path, text, sizeof(text));
	if (n < 0)
		return n;
	if (sscanf(text, "%d %llx %llx %llx %llx %llx %llx", &nr, &a[0], &a[1], &a[2], &a[3], &a[4],
		   &a[5]) != 7 ||
	    nr < 0)
		return -EAGAIN;
	*number = (uint32_t)nr;
	for (n = 0; n < 6; n++)
		args[n] = a[n];
	return 0;
}
