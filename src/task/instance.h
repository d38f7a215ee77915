/* SPDX-License-Identifier: MIT */
/* instance.h - parts of the instance's start that have files of their own. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

struct task;

/* /init, and what others tell instance_run of their end. */
int instance_start_init(void);

/* ---- user.c ---- */
/* The entry of /etc/passwd that the first program runs under. */
struct login {
	char name[64], home[256], shell[256]; /* name is empty: a number without an entry */
	uint32_t uid, gid;
};
extern struct login login;
/* Fills login for a name or a number. False: there is no such user. */
bool user_find(struct task *t, const char *wanted);
/* Gives t that user's identity. 0, or an error already explained. */
int user_select(struct task *t, const char *wanted);
/* The whole file, NUL-terminated; free with mem_free(). NULL: no such file, or too large. */
char *read_database(struct task *t, const char *path);

/* ---- distro.c ---- */
/*
 * What init does in a distribution: /etc/wsl.conf, drives, the user, environment and directory of the
 * first program t. host_dir is where lxrun was called. 0, or an error already explained.
 */
int distro_enter(struct task *t, const char *host_dir);
#endif
