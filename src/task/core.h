/* SPDX-License-Identifier: MIT */
/* core.h - core files: what core.c (when), core_name.c (where) and core_file.c (what) share. */
#ifndef TASK_CORE_H
#define TASK_CORE_H
#include "task_impl.h"

/* A group whose tasks are all held in their last stop. */
struct core_job {
	struct tgroup *tg;
	struct lx_siginfo info; /* of the signal that ends it */
	uint64_t limit;         /* RLIMIT_CORE */
	uint32_t n;
	struct task **tasks; /* references; the one that took the signal first */
};

#define CORE_NAME_MAX 128 /* core_pattern, with its NUL; its expansion may be a path */

/* The name that core_pattern stands for, into name[LX_PATH_MAX]. False: none. */
bool core_name(const struct core_job *job, char *name);
/* Writes the core file to f, which is empty. False: nothing of it was written. */
bool core_write(const struct core_job *job, struct file *f);
#endif
