/* SPDX-License-Identifier: MIT */
/* proc_sysvipc.c - /proc/sysvipc, and the limits of IPC in /proc/sys/kernel and fs/mqueue: of the reader's name space. */
#include "proc.h"
#include "lxrun/ipc.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int show_objects(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	ipc_show(t, (enum ipc_kind)n->row->arg, tx);
	return 0;
}

const struct pseudo_row proc_sysvipc_rows[] = {
	{ "msg", LX_S_IFREG | 0444, .show = show_objects, .arg = IPC_MSG },
	{ "sem", LX_S_IFREG | 0444, .show = show_objects, .arg = IPC_SEM },
	{ "shm", LX_S_IFREG | 0444, .show = show_objects, .arg = IPC_SHM },
	{ NULL },
};

static void add_limit(struct task *t, enum ipc_limit which, const char *end, struct text *tx)
{
	uint64_t value = ipc_limit_get(t, which);

	if (which >= IPC_SEM_NEXT_ID && which <= IPC_MSG_NEXT_ID)
		text_printf(tx, "%" PRId64 "%s", (int64_t)value, end);
	else
		text_printf(tx, "%" PRIu64 "%s", value, end);
}

int proc_show_ipc_limit(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	add_limit(t, (enum ipc_limit)n->row->arg, "\n", tx);
	return 0;
}

int proc_show_sem_limits(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	for (int i = IPC_SEMMSL; i <= IPC_SEMMNI; i++)
		add_limit(t, (enum ipc_limit)i, i < IPC_SEMMNI ? "\t" : "\n", tx);
	return 0;
}

/* The number at text; *end is behind it and the space that follows. False: there is none. */
static bool read_number(const char *text, const char **end, uint64_t *value)
{
	char *stop;

	*value = strtoull(text, &stop, 10);
	*end = stop + strspn(stop, " \t\n");
	return stop != text && text[strspn(text, " \t")] != '-';
}

int proc_store_ipc_limit(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	uint64_t value;
	const char *end;

	if (!read_number(text, &end, &value) || *end)
		return -LX_EINVAL;
	return ipc_limit_set(t, (enum ipc_limit)n->row->arg, value);
}

/* As many of the four as there are. */
int proc_store_sem_limits(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	uint64_t value;
	int err = 0, i;

	for (i = IPC_SEMMSL; !err && *text && i <= IPC_SEMMNI; i++) {
		if (!read_number(text, &text, &value))
			return -LX_EINVAL;
		err = ipc_limit_set(t, (enum ipc_limit)i, value);
	}
	return i == IPC_SEMMSL ? -LX_EINVAL : err;
}
