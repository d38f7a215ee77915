/* SPDX-License-Identifier: MIT */
/* proc_host.c - facts about the machine and the kernel: the host's figures in the guest's words. */
#include "proc.h"
#include "lxrun/options.h"
#include "nt/ex.h"
#include <inttypes.h>
#include <string.h>

char *proc_host_text(struct task *task, const char *name, size_t *length)
{
	SIZE_T size = 65536, len = 0; /* the host makes the text anew for who had no room */
	char *buf = NULL;
	NTSTATUS status;

	do {
		mem_free(buf);
		size = size > len ? size : len + 1024;
		buf = mem_alloc(size);
		if (!buf)
			return NULL;
		status = task ? ExQueryThreadText(task->thread, name, buf, size - 1, &len)
			      : ExQueryHostText(name, buf, size - 1, &len);
	} while (status == STATUS_BUFFER_OVERFLOW);
	buf[len] = '\0';
	if (length)
		*length = len;
	if (NT_SUCCESS(status))
		return buf;
	mem_free(buf);
	return NULL;
}

int proc_show_host(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char *s = proc_host_text(NULL, n->row->name, NULL);

	if (!s)
		return -LX_ENOMEM;
	text_put(tx, s, strlen(s));
	mem_free(s);
	return 0;
}

/* CPU times and boot time are the host's; its interrupts are nobody's business here. */
int proc_show_cpu_stat(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	static const char *const keep[] = { "cpu", "ctxt", "btime", "processes", "procs_" };
	char *s = proc_host_text(NULL, "stat", NULL), *line, *next;

	if (!s)
		return -LX_ENOMEM;
	for (line = s; *line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
			if (!strncmp(line, keep[i], strlen(keep[i])))
				text_put(tx, line, (size_t)(next - line));
	}
	mem_free(s);
	return 0;
}

struct census {
	const struct pid_ns *ns;
	int running, threads, last;
};

static int count_group(struct tgroup *tg, void *arg)
{
	struct census *c = arg;

	int nr = pid_seen_in(c->ns, tg->pid);

	c->threads += tg->pid == 1 ? 1 : (int)tg->nr_tasks;
	c->running += tg->pid != 1 && task_state_letter(tg, NULL) == 'R';
	if (nr > c->last)
		c->last = nr;
	return 0;
}

/* The averages are the host's, the counts are the instance's. */
int proc_show_loadavg(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	struct census c = { .ns = proc_ns(n) };
	char *s = proc_host_text(NULL, "loadavg", NULL), *p = s;

	if (!s)
		return -LX_ENOMEM;
	for (int i = 0; p && i < 3; i++)
		p = strchr(p + (i > 0), ' ');
	if (p)
		*p = '\0';
	tgroup_for_each(count_group, &c);
	text_printf(tx, "%s %d/%d %d\n", s, c.running, c.threads, c.last);
	mem_free(s);
	return 0;
}

int proc_show_version(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx,
		    "Linux version %s (Microsoft@Microsoft.com) (gcc version 5.4.0 (GCC) ) %s\n",
		    lxrun_opt.kernel_release, lxrun_opt.kernel_version);
	return 0;
}
