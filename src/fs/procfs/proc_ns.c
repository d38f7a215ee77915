/* SPDX-License-Identifier: MIT */
/*
 * proc_ns.c - /proc/PID/ns: one name space of each kind but UTS, with the numbers that Linux gives its first
 * ones (include/uapi/linux/nsfs.h), and the questions of ioctl_ns(2) about them. An open file keeps a UTS name
 * space alive (f->priv).
 */
#include "proc.h"
#include "lx/ioctl.h"
#include "lxrun/anon.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct ns_kind {
	const char *name; /* of its links */
	const char *text; /* of an open one */
	uint64_t ino, flag;
};
static const struct ns_kind kinds[] = {
	{ "cgroup", "cgroup:[4026531835]", 4026531835, LX_CLONE_NEWCGROUP },
	{ "ipc", "ipc:[4026531839]", 4026531839, LX_CLONE_NEWIPC },
	{ "mnt", "mnt:[4026531841]", 4026531841, LX_CLONE_NEWNS },
	{ "net", "net:[4026531840]", 4026531840, LX_CLONE_NEWNET },
	{ "pid", "pid:[4026531836]", 4026531836, LX_CLONE_NEWPID },
	{ "user", "user:[4026531837]", 4026531837, LX_CLONE_NEWUSER },
	{ "uts", "uts:[4026531838]", 4026531838, LX_CLONE_NEWUTS },
};
enum { KIND_CGROUP, KIND_IPC, KIND_MNT, KIND_NET, KIND_PID, KIND_USER, KIND_UTS };

/* The number of the target's name space of the row's kind. */
static uint64_t ino_of(const struct pseudo_node *n)
{
	uint64_t ino = kinds[n->row->arg].ino;
	struct proc_target tgt;
	struct uts_ns *ns;

	if (n->row->arg != KIND_UTS || proc_target(n, &tgt))
		return ino;
	if (tgt.task) {
		ns = task_uts(tgt.task);
		ino = uts_ns_ino(ns);
		uts_ns_put(ns);
	}
	proc_target_put(&tgt);
	return ino;
}

static int64_t ns_link(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	int len, err = proc_may_look(n, t);

	if (err)
		return err;
	len = snprintf(buf, size, "%s:[%" PRIu64 "]", kinds[n->row->arg].name, ino_of(n));
	return len < (int)size ? len : -LX_ENAMETOOLONG;
}

static const struct file_ops ns_fop;

static bool is_uts(uint64_t ino)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (i != KIND_UTS && kinds[i].ino == ino)
			return false;
	return true;
}

/* What the number says could have gone since the link was looked at. */
static int ns_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct uts_ns *ns = NULL;

	if (is_uts(inode->ino) && !uts_ns_find(inode->ino, &ns))
		return -LX_ENOENT;
	f->fop = &ns_fop;
	f->priv = ns;
	return 0;
}

static void ns_release(struct file *f)
{
	uts_ns_put(f->priv);
}

static const struct inode_ops ns_iop = { .getattr = anon_getattr, .open = ns_open };

static struct inode *ns_inode(uint64_t ino)
{
	return anon_inode(&ns_iop, &ns_fop, ino, LX_S_IFREG | 0444);
}

static int ns_jump(const struct pseudo_node *n, struct task *t, struct path *out)
{
	struct inode *inode;
	int err = proc_may_look(n, t);

	if (err)
		return err;
	inode = ns_inode(ino_of(n));
	if (!inode)
		return -LX_ENOMEM;
	err = anon_path(inode, out);
	inode_put(inode);
	return err;
}

static int64_t open_ns(struct task *t, const struct ns_kind *kind)
{
	struct file *f = anon_file(kind->text, &ns_fop, LX_O_RDONLY, NULL);

	if (!f)
		return -LX_ENOMEM;
	inode_put(f->inode);
	f->inode = ns_inode(kind->ino);
	if (!f->inode) {
		file_put(f);
		return -LX_ENOMEM;
	}
	return fd_install(t, f, 0, true);
}

static const struct ns_kind *kind_of(uint64_t ino)
{
	const struct ns_kind *kind = kinds;

	if (is_uts(ino))
		return &kinds[KIND_UTS];
	while (kind->ino != ino)
		kind++;
	return kind;
}

/* All belong to the first user name space, which has neither owner nor parent that anybody could see. */
static int64_t ns_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	const struct ns_kind *kind = kind_of(f->inode->ino);
	static const uint32_t root;

	switch (cmd) {
	case LX_NS_GET_USERNS:
		return kind == &kinds[KIND_USER] ? -LX_EPERM : open_ns(t, &kinds[KIND_USER]);
	case LX_NS_GET_PARENT:
		return kind == &kinds[KIND_USER] || kind == &kinds[KIND_PID] ? -LX_EPERM
									     : -LX_EINVAL;
	case LX_NS_GET_NSTYPE:
		return (int64_t)kind->flag;
	case LX_NS_GET_OWNER_UID:
		if (kind != &kinds[KIND_USER])
			return -LX_EINVAL;
		return guest_copyout(t, GADDR(arg), &root, sizeof(root));
	default:
		return -LX_ENOIOCTLCMD;
	}
}

static const struct file_ops ns_fop = { .ioctl = ns_ioctl, .release = ns_release };

bool proc_ns_of(const struct file *f, uint64_t *kind, uint64_t *ino)
{
	if (f->fop != &ns_fop)
		return false;
	*ino = f->inode->ino;
	*kind = kind_of(*ino)->flag;
	return true;
}

#define NS(name, kind)                                                                            \
	{                                                                                         \
		name, LX_S_IFLNK | 0777, .attr = proc_pid_attr, .link = ns_link, .jump = ns_jump, \
					 .arg = (kind)                                            \
	}
const struct pseudo_row proc_ns_rows[] = {
	NS("cgroup", KIND_CGROUP), NS("ipc", KIND_IPC), NS("mnt", KIND_MNT),
	NS("net", KIND_NET),       NS("pid", KIND_PID), NS("pid_for_children", KIND_PID),
	NS("user", KIND_USER),     NS("uts", KIND_UTS), { NULL },
};
