/* SPDX-License-Identifier: MIT */
/* instance.h - parts of the instance's start that have files of their own. */
#ifndef INSTANCE_H
#define INSTANCE_H

struct task;

/* /init, and what others tell instance_run of their end. */
int instance_start_init(void);
/* The first program's task, before it runs; NULL after. Borrows. */
struct task *instance_first_task(void);
/* Gives t the identity that --user asks for (user.c). 0, or an error already explained. */
int user_select(struct task *t);
#endif
