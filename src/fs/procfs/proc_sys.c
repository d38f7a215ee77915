/* SPDX-License-Identifier: MIT */
/* proc_sys.c - /proc/sys: limits and names of the emulated kernel. Values that nothing enforces are absent. */
#include "proc.h"
#include "lxrun/ipc.h"
#include "lxrun/options.h"
#include "lxrun/sysctl.h"
#include "nt/ex.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

enum { TEXT_HOSTNAME, TEXT_RELEASE, TEXT_VERSION, TEXT_OSTYPE, TEXT_DOMAIN };

static int show_name(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char host[LX_UTS_LEN + 1], domain[LX_UTS_LEN + 1];
	const char *const names[] = {
		[TEXT_HOSTNAME] = host,
		[TEXT_RELEASE] = lxrun_opt.kernel_release,
		[TEXT_VERSION] = lxrun_opt.kernel_version,
		[TEXT_OSTYPE] = "Linux",
		[TEXT_DOMAIN] = domain,
	};

	uts_name(t, UTS_HOST, host);
	uts_name(t, UTS_DOMAIN, domain);

	text_printf(tx, "%s\n", names[n->row->arg] ? names[n->row->arg] : "");
	return 0;
}

static int show_number(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "%lld\n", (long long)n->row->arg);
	return 0;
}

/* ---- what may be written ---- */

static int show_sysctl(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "%lld\n", (long long)sysctl_values[n->row->arg]);
	return 0;
}

static int store_sysctl(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end == text || end[strspn(end, " \t\n")])
		return -LX_EINVAL;
	return sysctl_set((enum sysctl)n->row->arg, value);
}

/* A name of uname(2): what stands before the first line end. */
static int store_name(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	size_t used = strcspn(text, "\n");

	return task_set_uts_name(t, n->row->arg == TEXT_HOSTNAME ? UTS_HOST : UTS_DOMAIN, text,
				 used < LX_UTS_LEN ? used : LX_UTS_LEN);
}

static int show_core_pattern(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char pattern[LX_CORE_PATTERN_MAX];

	core_get_pattern(pattern);
	text_printf(tx, "%s\n", pattern);
	return 0;
}

static int store_core_pattern(const struct pseudo_node *n, struct task *t, const char *text,
			      size_t len)
{
	return core_set_pattern(t, text);
}

/* ---- numbers of processes ---- */

static int show_last_pid(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	text_printf(tx, "%d\n", task_last_pid(t));
	return 0;
}

/* Whoever may restore processes may choose the numbers that they are given. */
static int store_last_pid(const struct pseudo_node *n, struct task *t, const char *text, size_t len)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN) &&
	    !cred_capable(t->cred, LX_CAP_CHECKPOINT_RESTORE))
		return -LX_EPERM;
	if (end == text || end[strspn(end, " \t\n")])
		return -LX_EINVAL;
	return task_set_last_pid(t, value);
}

/* ---- random ---- */

static void add_uuid(struct text *tx, const uint8_t b[16])
{
	for (int i = 0; i < 16; i++)
		text_printf(tx, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	text_printf(tx, "\n");
}

static int random_uuid(uint8_t b[16])
{
	if (!NT_SUCCESS(ExGenRandom(b, 16)))
		return -LX_EIO;
	b[6] = (b[6] & 0x0f) | 0x40; /* version 4, variant 1: RFC 4122 */
	b[8] = (b[8] & 0x3f) | 0x80;
	return 0;
}

static int show_uuid(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	uint8_t b[16];
	int err = random_uuid(b);

	if (!err)
		add_uuid(tx, b);
	return err;
}

/* One for the life of the instance. */
static int show_boot_id(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	static struct lk lock = LK_INIT(INODE);
	static uint8_t id[16];
	static bool made;
	int err = 0;

	lk_acquire(&lock);
	if (!made) {
		err = random_uuid(id);
		made = !err;
	}
	lk_release(&lock);
	if (!err)
		add_uuid(tx, id);
	return err;
}

/* ---- rows ---- */

#define NUMBER(n, value)                                                  \
	{                                                                 \
		n, LX_S_IFREG | 0444, .show = show_number, .arg = (value) \
	}
#define NAME(n, which)                                                  \
	{                                                               \
		n, LX_S_IFREG | 0444, .show = show_name, .arg = (which) \
	}
#define SYSCTL(n, which)                                                          \
	{                                                                         \
		n, LX_S_IFREG | 0644, .show = show_sysctl, .store = store_sysctl, \
				      .arg = SYSCTL_##which                       \
	}
#define UTS_NAME(n, which)                                                                   \
	{                                                                                    \
		n, LX_S_IFREG | 0644, .show = show_name, .store = store_name, .arg = (which) \
	}
#define IPC_ROW(n, which)                                                                         \
	{                                                                                         \
		n, LX_S_IFREG | 0644, .show = proc_show_ipc_limit, .store = proc_store_ipc_limit, \
				      .arg = IPC_##which                                          \
	}
#define FILE_ROW(n, func)                          \
	{                                          \
		n, LX_S_IFREG | 0444, .show = func \
	}
#define DIR_ROW(n, table)                           \
	{                                           \
		n, LX_S_IFDIR | 0555, .rows = table \
	}

static const struct pseudo_row random_rows[] = {
	FILE_ROW("boot_id", show_boot_id),
	NUMBER("entropy_avail", 256),
	NUMBER("poolsize", 256),
	FILE_ROW("uuid", show_uuid),
	{ NULL },
};

static const struct pseudo_row kernel_rows[] = {
	NUMBER("cap_last_cap", LX_CAP_LAST),
	{ "core_pattern", LX_S_IFREG | 0644, .show = show_core_pattern,
	  .store = store_core_pattern },
	SYSCTL("core_uses_pid", CORE_USES_PID),
	UTS_NAME("domainname", TEXT_DOMAIN),
	UTS_NAME("hostname", TEXT_HOSTNAME),
	IPC_ROW("msg_next_id", MSG_NEXT_ID),
	IPC_ROW("msgmax", MSGMAX),
	IPC_ROW("msgmnb", MSGMNB),
	IPC_ROW("msgmni", MSGMNI),
	NUMBER("ngroups_max", GROUPS_MAX),
	{ "ns_last_pid", LX_S_IFREG | 0666, .show = show_last_pid, .store = store_last_pid },
	NAME("osrelease", TEXT_RELEASE),
	NAME("ostype", TEXT_OSTYPE),
	NUMBER("overflowgid", 65534),
	NUMBER("overflowuid", 65534),
	NUMBER("pid_max", 32768),
	DIR_ROW("random", random_rows),
	NUMBER("sched_rr_timeslice_ms", LX_SCHED_RR_SLICE_MS),
	{ "sem", LX_S_IFREG | 0644, .show = proc_show_sem_limits, .store = proc_store_sem_limits },
	IPC_ROW("sem_next_id", SEM_NEXT_ID),
	IPC_ROW("shm_next_id", SHM_NEXT_ID),
	IPC_ROW("shmall", SHMALL),
	IPC_ROW("shmmax", SHMMAX),
	IPC_ROW("shmmni", SHMMNI),
	NUMBER("tainted", 0),
	NUMBER("threads-max", 32768),
	NAME("version", TEXT_VERSION),
	{ NULL },
};

static const struct pseudo_row inotify_rows[] = {
	SYSCTL("max_queued_events", INOTIFY_QUEUED_EVENTS),
	SYSCTL("max_user_instances", INOTIFY_USER_INSTANCES),
	SYSCTL("max_user_watches", INOTIFY_USER_WATCHES),
	{ NULL },
};

static const struct pseudo_row mqueue_rows[] = {
	IPC_ROW("msg_default", MQ_MSG_DEFAULT),         IPC_ROW("msg_max", MQ_MSG_MAX),
	IPC_ROW("msgsize_default", MQ_MSGSIZE_DEFAULT), IPC_ROW("msgsize_max", MQ_MSGSIZE_MAX),
	IPC_ROW("queues_max", MQ_QUEUES_MAX),           { NULL },
};

/* Where binfmt_misc is mounted. */
static const struct pseudo_row no_rows[] = { { NULL } };

static const struct pseudo_row fs_rows[] = {
	DIR_ROW("binfmt_misc", no_rows),
	SYSCTL("dir-notify-enable", DIR_NOTIFY_ENABLE),
	NUMBER("file-max", INT64_MAX),
	DIR_ROW("inotify", inotify_rows),
	SYSCTL("lease-break-time", LEASE_BREAK_TIME),
	DIR_ROW("mqueue", mqueue_rows),
	NUMBER("nr_open", 1048576),
	NUMBER("overflowgid", 65534),
	NUMBER("overflowuid", 65534),
	SYSCTL("pipe-max-size", PIPE_MAX_SIZE),
	NUMBER("suid_dumpable", 0),
	{ NULL },
};

static const struct pseudo_row vm_rows[] = {
	NUMBER("max_map_count", 65530),
	NUMBER("mmap_min_addr", 65536),
	NUMBER("overcommit_memory", 0),
	{ NULL },
};

const struct pseudo_row proc_sys_rows[] = {
	DIR_ROW("fs", fs_rows),
	DIR_ROW("kernel", kernel_rows),
	DIR_ROW("vm", vm_rows),
	{ NULL },
};
