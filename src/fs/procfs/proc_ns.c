/* SPDX-License-Identifier: MIT */
/* proc_ns.c - /proc/PID/ns, and the questions of ioctl_ns(2). An open file keeps its name space alive (f->priv). */
#include "proc.h"
#include "lx/ioctl.h"
#include "lxrun/anon.h"
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

static const struct file_ops ns_fop;

/* What the number says could have gone since the link was looked at. */
static int ns_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct ns *ns = ns_find(inode->ino);

	if (!ns)
		return -LX_ENOENT;
	f->fop = &ns_fop;
	f->priv = ns;
	f->anon_name = ns->text;
	return 0;
}

static void ns_release(struct file *f)
{
	ns_put(f->priv);
}

static const struct inode_ops ns_iop = { .getattr = anon_getattr, .open = ns_open };

static struct inode *ns_inode(uint64_t ino)
{
	return anon_inode(&ns_iop, &ns_fop, ino, LX_S_IFREG | 0444);
}

static int ns_jump(const struct pseudo_node *n, struct task *t, struct path *out)
{
	int err = proc_may_look(n, t);
	struct inode *inode;
	struct ns *ns;

	if (err)
		return err;
	ns = ns_of(n);
	if (!ns)
		return -LX_ENOENT;
	inode = ns_inode(ns->ino);
	ns_put(ns);
	if (!inode)
		return -LX_ENOMEM;
	err = anon_path(inode, out);
	inode_put(inode);
	return err;
}

int64_t proc_open_ns(struct task *t, struct ns *ns)
{
	struct file *f = anon_file(ns->text, &ns_fop, LX_O_RDONLY, ns);

	if (!f) {
		ns_put(ns);
		return -LX_ENOMEM;
	}
	inode_put(f->inode);
	f->inode = ns_inode(ns->ino);
	if (!f->inode) {
		file_put(f);
		return -LX_ENOMEM;
	}
	return fd_install(t, f, 0, true);
}

static int64_t open_parent(struct task *t, struct ns *ns)
{
	struct ns *parent;
	int err;

	if (ns->kind == NS_USER)
		return -LX_EPERM; /* the first has none that anybody could see */
	if (ns->kind != NS_PID)
		return -LX_EINVAL;
	err = pid_ns_parent(t, ns, &parent);
	return err ? err : proc_open_ns(t, parent);
}

/* All belong to the first user name space, which has no owner that anybody could see. */
static int64_t ns_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct ns *ns = f->priv;
	static const uint32_t root;

	switch (cmd) {
	case LX_NS_GET_USERNS:
		return ns->kind == NS_USER ? -LX_EPERM
					   : proc_open_ns(t, task_ns(NULL, NS_USER, false));
	case LX_NS_GET_PARENT:
		return open_parent(t, ns);
	case LX_NS_GET_NSTYPE:
		return (int64_t)ns_flag(ns->kind);
	case LX_NS_GET_OWNER_UID:
		if (ns->kind != NS_USER)
			return -LX_EINVAL;
		return guest_copyout(t, GADDR(arg), &root, sizeof(root));
	default:
		return -LX_ENOIOCTLCMD;
	}
}

static const struct file_ops ns_fop = { .ioctl = ns_ioctl, .release = ns_release };

struct ns *proc_ns_of(const struct file *f)
{
	return f->fop == &ns_fop ? f->priv : NULL;
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
