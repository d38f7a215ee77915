/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - control groups, version 1, as WSL 1 had them: hierarchies of groups of tasks, of which one at most
 * has the only subsystem there is, devices; others have a name.
 *
 * Groups are named by numbers, never by pointers: a file of a group that is gone says ENODEV. A task is in
 * one group of every hierarchy; nobody is moved when a hierarchy comes or goes, because a task that is in no
 * other group is in the top one. tasks_lock guards it all; none of these is called with it held but
 * where that is said. src/task/cgroup*.c; shown by src/fs/cgroupfs. Source: cgroups(7),
 * Documentation/admin-guide/cgroup-v1 of Linux; facts of WSL 1's subset.
 */
#ifndef LXRUN_CGROUP_H
#define LXRUN_CGROUP_H
#include "base/list.h"
#include "lx/types.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup;
struct super;
struct task;
struct text;

#define CGROUP_DEVICES         0x1u /* the subsystem; /proc/cgroups has a line for each */
#define CGROUP_SUBSYSTEMS      CGROUP_DEVICES
#define CGROUP_HIERARCHIES_MAX 16
#define CGROUP_NAME_MAX        64u

/* A task's place in one hierarchy. */
struct cgroup_member {
	struct list    link;  /* in the group's members */
	struct cgroup *group; /* NULL: in the top one */
};

/* ---- hierarchies ---- */
struct cgroup_options {
	uint32_t subsystems;
	bool     none;                 /* a hierarchy without subsystems is wanted */
	bool     clone_children;
	char     name[CGROUP_NAME_MAX]; /* empty: none */
	char     release_agent[LX_PATH_MAX];
};
/* Options of mount(2), data may be NULL. -LX_EINVAL, -LX_ENAMETOOLONG. */
int  cgroup_parse(const char *data, struct cgroup_options *o);
/*
 * The hierarchy that o means, made if there is none: its top group. *sb: a reference to the super that shows
 * it, or NULL, when the caller is to make one and say so. -LX_EBUSY: a subsystem is in another;
 * -LX_EINVAL, -LX_ENOSPC, -LX_ENOMEM.
 */
int  cgroup_mount(const struct cgroup_options *o, int64_t *top, struct super **sb);
/* sb (borrowed) shows the hierarchy of top from now on. False: it is gone, or another does: ask again. */
bool cgroup_shown(int64_t top, struct super *sb);
/* It does no longer: a hierarchy without groups but the top one ends. sb NULL: it never was shown. */
void cgroup_unshown(int64_t top, const struct super *sb);
/* ",devices", ",name=x": as /proc/mounts has them. */
void cgroup_show_options(int64_t top, struct text *tx);

/* ---- groups ---- */
struct cgroup_stat {
	uint32_t mode, uid, gid, children;
	struct lx_timespec born;
};
bool cgroup_stat(int64_t n, struct cgroup_stat *st);
bool cgroup_is_top(int64_t n);
bool cgroup_has(int64_t n, uint32_t subsystem);
/* The child name of n. False: there is none. */
bool cgroup_child(int64_t n, const char *name, int64_t *child);
/* The next child of n with a number > after, and its name; 0: no more. */
int64_t cgroup_next_child(int64_t n, int64_t after, char name[LX_NAME_MAX + 1]);
bool cgroup_is_child(int64_t n, int64_t child);
int  cgroup_mkdir(int64_t n, const char *name, uint32_t mode, uint32_t uid, uint32_t gid);
int  cgroup_rmdir(int64_t n, const char *name); /* -LX_EBUSY: it has tasks or children */

/* ---- their files: each 0 or -LX_E*, -LX_ENODEV when the group is gone ---- */
enum cgroup_flag { CGROUP_NOTIFY, CGROUP_CLONE };
/* Numbers in ascending order, one a line: of processes that have a thread there, or of threads. */
int cgroup_show_tasks(int64_t n, bool threads, struct text *tx);
/* text is a number, 0 the caller: the process with all its threads, or the one thread. */
int cgroup_move(int64_t n, struct task *t, bool thread, const char *text);
int cgroup_show_flag(int64_t n, enum cgroup_flag flag, struct text *tx);
int cgroup_store_flag(int64_t n, enum cgroup_flag flag, const char *text);
int cgroup_show_agent(int64_t n, struct text *tx);
int cgroup_store_agent(int64_t n, const char *text, size_t len);
int cgroup_show_devices(int64_t n, struct text *tx);
/* devices.allow, devices.deny. */
int cgroup_store_devices(int64_t n, struct task *t, bool allow, const char *text);

/* ---- tasks ---- */
/* child, which nobody sees yet, is where parent is; t is out of all groups. tasks_lock is held. */
void cgroup_fork(struct task *parent, struct task *child);
void cgroup_exit(struct task *t);
#define CGROUP_MAY_READ  0x1u
#define CGROUP_MAY_WRITE 0x2u
#define CGROUP_MAY_MKNOD 0x4u
/* Whether t's groups let it do that with a device of these type bits and number. 0 or -LX_EPERM. */
int  cgroup_may_device(const struct task *t, uint32_t mode, uint64_t rdev, uint32_t may);
/* /proc/PID/cgroup of the task, or without one (NULL) of who is in the top groups; /proc/cgroups. */
void cgroup_show_task(const struct task *t, struct text *tx);
void cgroup_show_subsystems(struct text *tx);
#endif
