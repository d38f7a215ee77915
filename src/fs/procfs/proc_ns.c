/* SPDX-License-Identifier: MIT */
/* proc_ns.c - /proc/PID/ns: links to the files of nsfs.c. */
#include "proc.h"
#include "lxrun/nsfs.h"
#include <stdio.h>
#include <string.h>

enum { FOR_CHILDREN = 0x100 }; /* in a row's arg, beside the kind */

/* The target's name space of the row's kind: a reference, or NULL. Who has no task any more has the first. */
static struct ns *ns_of(const struct pseudo_node *n)
{
	struct proc_target tgt;
	struct ns *ns;

	if (proc_target(n, &tgt))
		return NULL;
	ns = task_ns(tgt.task, (enum ns_kind)(n->row->arg & ~FOR_CHILDREN),
		     n->row->arg & FOR_CHILDREN);
	proc_target_put(&tgt);
	return ns;
}

static int64_t ns_link(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	int len, err = proc_may_look(n, t);
	struct ns *ns;

	if (err)
		return err;
	ns = ns_of(n);
	if (!ns)
		return -LX_ENOENT;
	len = snprintf(buf, size, "%s", ns->text);
	ns_put(ns);
	return len < (int)size ? len : -LX_ENAMETOOLONG;
}

static int ns_jump(const struct pseudo_node *n, struct task *t, struct path *out)
{
	int err = proc_may_look(n, t);
	struct ns *ns;

	if (err)
		return err;
	ns = ns_of(n);
	if (!ns)
		return -LX_ENOENT;
	err = nsfs_path(ns, out);
	ns_put(ns);
	return err;
}

#define NS(name, kind)                                                                            \
	{                                                                                         \
		name, LX_S_IFLNK | 0777, .attr = proc_pid_attr, .link = ns_link, .jump = ns_jump, \
					 .arg = (kind)                                            \
	}
const struct pseudo_row proc_ns_rows[] = {
	NS("cgroup", NS_CGROUP), NS("ipc", NS_IPC), NS("mnt", NS_MNT),
	NS("net", NS_NET),       NS("pid", NS_PID), NS("pid_for_children", NS_PID | FOR_CHILDREN),
	NS("user", NS_USER),     NS("uts", NS_UTS), { NULL },
};
