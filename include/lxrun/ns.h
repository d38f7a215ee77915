/* SPDX-License-Identifier: MIT */
/*
 * ns.h - name spaces: what all kinds have in common, and that of process numbers (pid_namespaces(7)).
 *
 * A kind of which there is but one has one object, too, so that /proc/PID/ns, setns(2) and ioctl_ns(2) know no
 * special case. Objects: src/task/ns.c, uts.c, pid_ns.c; src/fs/mount.c.
 */
#ifndef LXRUN_NS_H
#define LXRUN_NS_H
#include "base/list.h"
#include "base/refs.h"
#include <stdbool.h>
#include <stdint.h>

struct pid_ns;
struct task;
struct tgroup;

enum ns_kind { NS_CGROUP, NS_IPC, NS_MNT, NS_NET, NS_PID, NS_USER, NS_UTS, NS_KINDS };

/* Heads every name space. */
struct ns {
	struct refs  refs;
	enum ns_kind kind;             /* constant, as are: */
	uint64_t     ino;
	char         text[32];         /* "uts:[4026531838]" */
	void       (*free)(struct ns *ns); /* the last reference is gone; NULL: the instance's first of its kind */
	struct list  link;             /* ns.c; not of the first ones */
};
/* The instance's first ones, with the numbers that Linux gives its (include/uapi/linux/nsfs.h). */
#define NS_FIRST(nskind, name, number) \
	{ .refs = { 1 }, .kind = (nskind), .ino = number##ull, .text = name ":[" #number "]" }

/* A new name space gets its number and a reference; ns_find() finds it from now on. */
void ns_init(struct ns *ns, enum ns_kind kind, void (*free)(struct ns *ns));
struct ns *ns_get(struct ns *ns);
void       ns_put(struct ns *ns); /* NULL: nothing. tasks_lock is not held */
/* The one with this number: a reference; NULL: there is none (any more). */
struct ns *ns_find(uint64_t ino);
uint64_t    ns_flag(enum ns_kind kind);      /* LX_CLONE_NEW* */
/* t's, a reference; for_children: that of its children. t NULL: the instance's first. NULL: t has none any more. */
struct ns *task_ns(struct task *t, enum ns_kind kind, bool for_children);
/* setns(2): t enters ns, or those of a process that flags name, all or none. -LX_EPERM, -LX_EINVAL, -LX_ESRCH. */
struct pidfd_target;
int task_enter_ns(struct task *t, struct ns *ns);
int task_enter_ns_of(struct task *t, const struct pidfd_target *p, uint64_t flags);

/* ---- process numbers (src/task/pid_ns.c) ---- */
/*
 * Inside lxcore a process, thread, group or session has its number of the instance, the outermost name space.
 * Numbers are translated where a guest says or is told one. What nobody has is PID_NOBODY.
 */
#define PID_NOBODY 0x7fffffff
extern struct pid_ns pid_ns_first;
/* How ns calls number pid of the instance; 0: nobody whom it sees. tasks_lock not held. */
int pid_seen_in(const struct pid_ns *ns, int pid);
/* Whom ns means by nr; 0 stays 0. */
int pid_meant_in(const struct pid_ns *ns, int nr);
/* ... t's own name space; negative answers (-LX_E*) of others pass. */
int pid_seen(const struct task *t, int pid);
int pid_meant(const struct task *t, int nr);
/*
 * What other is called by ns and by the name spaces inside it down to pid's own, at most PID_LEVELS; 0 where it is
 * not seen. How many; 0: ns does not see pid. pid_numbers: pid itself.
 */
#define PID_LEVELS 33
int pid_numbers_of(const struct pid_ns *ns, int pid, int other, int out[PID_LEVELS]);
int pid_numbers(const struct pid_ns *ns, int pid, int out[PID_LEVELS]);
struct pid_ns *pid_ns_get(struct pid_ns *ns);
void           pid_ns_put(struct pid_ns *ns); /* NULL: nothing */
struct ns     *pid_ns_base(struct pid_ns *ns);
struct pid_ns *pid_ns_of_base(struct ns *ns); /* of kind NS_PID */
/* NS_GET_PARENT: a reference in *out; -LX_EPERM: outside of what t sees. */
int pid_ns_parent(struct task *t, struct ns *ns, struct ns **out);
/* The kind that t's process is in: borrows. NULL t: the first. */
struct pid_ns *task_pid_ns(const struct task *t);
/* Whether tg is the init of a name space of numbers but the instance's. */
bool tgroup_is_ns_init(const struct tgroup *tg);
#endif
