/* SPDX-License-Identifier: MIT */
/* pid_ns.h - what src/task knows of name spaces of numbers and of host names (lxrun/ns.h). */
#ifndef TASK_PID_NS_H
#define TASK_PID_NS_H
#include "task_impl.h"

/* Kinds of name spaces that there is but one of. */
#define CLONE_OTHER_NS         \
	(LX_CLONE_NAMESPACES & \
	 ~(LX_CLONE_NEWNS | LX_CLONE_NEWUTS | LX_CLONE_NEWPID | LX_CLONE_NEWIPC))

struct pid_ns {
	struct ns ns;
	struct pid_ns *parent; /* holds a reference; constant, as is: */
	int level;             /* 0: the instance's */
	/* tasks_lock: */
	struct tgroup *init; /* borrows; NULL: nobody has been born there, or all is over */
	uint32_t population; /* thread groups in it and in those inside it, zombies included */
	bool closed;         /* its init has ended, or could not be born: nobody is born any more */
	int last;            /* number given */
	int reboot;    /* signal that its init is said to have ended by; 0: none (reboot(2)) */
	uint16_t *map; /* by number: that of the instance; NULL at level 0 */
};

struct uts_ns {
	struct ns ns;
	char names[2][LX_UTS_LEN + 1];
	bool set[2];
};
extern struct uts_ns uts_ns_first;

/* A new one inside parent: a reference in *out. -LX_ENOSPC: too deep; -LX_ENOMEM. */
int pid_ns_new(struct pid_ns *parent, struct pid_ns **out);
/* As pid_seen_in() and pid_meant_in(), with tasks_lock held. */
int pid_seen_locked(const struct pid_ns *ns, int pid);
int pid_meant_locked(const struct pid_ns *ns, int nr);
/* Whether inner is outer or inside it. */
bool pid_ns_inside(const struct pid_ns *inner, const struct pid_ns *outer);
/* t's name space or that of its children: a reference; NULL: the latter has no init yet. */
struct pid_ns *task_pid_ns_get(struct task *t, bool for_children);
/* t's children will be born in ns (consumed), which is inside t's own; NULL: in t's own. */
void task_set_child_ns(struct task *t, struct pid_ns *ns);
/* The one in which a child of t's is born: a reference in *out. */
int pid_ns_for_clone(struct task *t, uint64_t flags, struct pid_ns **out);
/* tg has come into the tables, or has left them. tasks_lock held. */
void pid_ns_add(struct tgroup *tg);
void pid_ns_remove(struct tgroup *tg);
/*
 * tg, whose host process is gone, is an init: nobody is born there any more, and who lives there is killed.
 * Zombies that it had not waited for are gathered in dead (by sibling) for tgroup_reap().
 */
void pid_ns_close(struct tgroup *tg, struct list *dead);
/* How tg is said to have ended: an init whose name space was rebooted, by the signal for that. tasks_lock held. */
int pid_ns_wait_status(const struct tgroup *tg, int wait_status);
/* Ends t's name space, which is not the first, as if its init had ended by sig. Does not return before t has ended. */
int pid_ns_reboot(struct task *t, int sig);
/* Whether tg is an init that must not become a zombie yet: others are in its name space. tasks_lock held. */
bool pid_ns_keeps(const struct tgroup *tg);
/* An init that waited for the last other to go, after tg has left: a reference, marked as ending; or NULL. */
struct tgroup *pid_ns_released(struct tgroup *tg);
/* Whether who sends now (nobody: lxcore itself) is not seen in tg's name space. */
bool pid_ns_outside(const struct tgroup *tg);
/* Whether the init tg hears of sig, sent by the current thread's task (NULL: lxcore): signals(7), pid_namespaces(7). */
bool pid_ns_shields(struct task *t, const struct lx_siginfo *info);
/* ... and whether sig, about to be delivered to t, is dropped. */
bool pid_ns_drops(struct task *t, int sig, const struct lx_siginfo *info);
#endif
