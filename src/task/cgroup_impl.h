/* SPDX-License-Identifier: MIT */
/* cgroup_impl.h - what the files of control groups share; tasks_lock guards all of it. */
#ifndef TASK_CGROUP_IMPL_H
#define TASK_CGROUP_IMPL_H
#include "lxrun/cgroup.h"
#include "lxrun/task.h"

/* One exception to what a group allows by default. */
struct device_rule {
	struct list link;
	char type;             /* 'b', 'c' */
	uint32_t major, minor; /* DEVICE_ANY */
	uint32_t access;       /* CGROUP_MAY_* */
};
#define DEVICE_ANY UINT32_MAX

struct hierarchy {
	int id; /* 0: the slot is free */
	uint32_t subsystems;
	char name[CGROUP_NAME_MAX];
	char agent[LX_PATH_MAX];
	struct cgroup *top;
	uint32_t groups;
	struct super *sb; /* borrows; NULL: not mounted */
};

struct cgroup {
	struct list link; /* in all groups, by number */
	int64_t number;
	struct hierarchy *in;
	struct cgroup *parent; /* NULL: top */
	struct list children, sibling;
	struct list members; /* struct cgroup_member; of the top: none, everybody else is there */
	char name[LX_NAME_MAX + 1];
	uint32_t mode, uid, gid;
	struct lx_timespec born;
	bool flags[2]; /* enum cgroup_flag */
	bool deny;     /* devices: what no rule names is refused */
	struct list rules;
};

/* Borrows; NULL: it is gone. */
struct cgroup *cgroup_find(int64_t n);
/* Borrows: where t is in that hierarchy. */
struct cgroup *cgroup_of(const struct task *t, const struct hierarchy *h);
/* Puts t into g, out of where it was in g's hierarchy. */
void cgroup_place(struct task *t, struct cgroup *g);
/* The hierarchy that has the subsystem; NULL: none has. */
struct hierarchy *hierarchy_with(uint32_t subsystem);
/* The group behind g in the tree below top, parents before children; NULL at the end. */
struct cgroup *cgroup_next_below(struct cgroup *g, const struct cgroup *top);

/* cgroup_devices.c: a new group has its parent's rules. 0 or -LX_ENOMEM. */
int devices_inherit(struct cgroup *g);
void devices_free(struct cgroup *g);
#endif
