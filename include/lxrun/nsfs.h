/* SPDX-License-Identifier: MIT */
/* nsfs.h - name spaces as files: /proc/PID/ns/KIND, what pidfds open, and where one is mounted. src/fs/nsfs.c */
#ifndef LXRUN_NSFS_H
#define LXRUN_NSFS_H
#include "lxrun/vfs.h"

/* The name space that f or inode stands for: borrows; NULL: it is something else. */
struct ns *nsfs_ns_of(const struct file *f);
struct ns *nsfs_ns(const struct inode *inode);
/* A path that names ns, for magic links. Returns references. 0 or -LX_ENOMEM. */
int nsfs_path(struct ns *ns, struct path *out);
/* A new descriptor of t's, closed on exec, for ns, which is consumed: its number, or -LX_E*. */
int64_t nsfs_open(struct task *t, struct ns *ns);
/* Whether f was opened by a magic link or a pidfd: its name is that of the name space. */
bool nsfs_is_nowhere(const struct file *f);
/* Whether t may mount ns on at (NULL: on nothing yet). mount_lock held. */
bool nsfs_may_bind(const struct task *t, const struct ns *ns, const struct path *at);
#endif
