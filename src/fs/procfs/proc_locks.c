/* SPDX-License-Identifier: MIT */
/*
 * proc_locks.c - /proc/locks: the locks and leases that lxcore keeps, and those that guests have on direct files, which
 * the host keeps: of its list what is about guests. The host names no process for a lock of an open file
 * (OFDLCK), so those on direct files are not told. Processes are called as the mount's name space calls them; what is
 * outside of it is left out, as in Linux.
 */
#include "proc.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *type_name(int type)
{
	return type == LX_F_WRLCK ? "WRITE" : type == LX_F_RDLCK ? "READ" : "UNLCK";
}

static void add_own(const struct pseudo_node *node, const struct lock_view *v, int *n,
		    struct text *tx)
{
	static const char *const what[] = { [LOCK_POSIX] = "POSIX  ADVISORY ",
					    [LOCK_OFD] = "OFDLCK ADVISORY ",
					    [LOCK_BSD] = "FLOCK  ADVISORY ",
					    [LOCK_LEASE] = "LEASE  ACTIVE   ",
					    [LOCK_LEASE_BREAKING] = "LEASE  BREAKING " };
	int pid = v->kind == LOCK_OFD ? -1 : proc_number(node, v->pid);

	if (!pid)
		return;
	*n += !v->waits;
	text_printf(tx, "%d: %s%s %s %d %02x:%02x:%" PRIu64 " %" PRId64 " ", *n,
		    v->waits ? "-> " : "", what[v->kind], type_name(v->type), pid, lx_major(v->dev),
		    lx_minor(v->dev), v->ino, v->start);
	if (v->end == INT64_MAX)
		text_str(tx, "EOF\n");
	else
		text_printf(tx, "%" PRId64 "\n", v->end);
}

/* "3: -> POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 EOF": where the process begins and ends. */
static bool split(const char *line, int *begin, int *end, int *pid)
{
	*end = 0;
	if (sscanf(line, "%*d: -> %*s %*s %*s %n%d%n", begin, pid, end) == 1 ||
	    sscanf(line, "%*d: %*s %*s %*s %n%d%n", begin, pid, end) == 1)
		return *end != 0;
	return false;
}

/* A line of the host's, if it is a guest's. Its number is the last one's, if it waits for that. */
static void add_host(const struct pseudo_node *node, const char *line, int *n, struct text *tx)
{
	const char *kind = strchr(line, ':');
	int begin = 0, end, host, pid = 0;

	if (kind && split(line, &begin, &end, &host) && host > 0)
		pid = proc_number(node, task_pid_of_host(host));
	if (!pid)
		return;
	*n += !strstr(line, "-> ");
	text_printf(tx, "%d%.*s%d%s\n", *n, begin - (int)(kind - line), kind, pid, line + end);
}

int proc_show_locks(const struct pseudo_node *node, struct task *t, struct text *tx)
{
	char *host = proc_host_text(NULL, "locks", NULL), *end;
	struct lock_views own = { NULL };
	int n = 0;

	vfs_locks(&own);
	for (uint32_t i = 0; i < own.n; i++)
		add_own(node, &own.v[i], &n, tx);
	mem_free(own.v);
	for (char *line = host; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		add_host(node, line, &n, tx);
	}
	mem_free(host);
	return own.failed || !host ? -LX_ENOMEM : 0;
}
