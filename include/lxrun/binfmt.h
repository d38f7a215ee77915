/* SPDX-License-Identifier: MIT */
/*
 * binfmt.h - binary formats that guests have registered (binfmt_misc): whose interpreter runs what. One set
 * for the instance. src/loader/binfmt.c; shown by src/fs/binfmt_misc.
 */
#ifndef LXRUN_BINFMT_H
#define LXRUN_BINFMT_H
#include "lxrun/vfs.h"

#define BINFMT_HEAD 256u /* of a file: what a magic number may lie in */
#define BINFMT_ALL  0    /* no entry's number */

/* ":name:type:offset:magic:mask:interpreter:flags". 0, -LX_EINVAL, -LX_EEXIST, -LX_ENOMEM, errors of opening (F). */
int  binfmt_register(struct task *t, const char *text, size_t len);
/* "0", "1" and "-1", for an entry or BINFMT_ALL: off, on, removed. -LX_EINVAL. */
int  binfmt_command(int64_t id, const char *text, size_t len);
/* The number of entry name. False: none. */
bool binfmt_find(const char *name, int64_t *id);
/* Its name. False: it is gone. */
bool binfmt_name(int64_t id, char name[LX_NAME_MAX + 1]);
/* The next entry > id; 0 at the end. */
int64_t binfmt_next(int64_t id);
/* What its file says. -LX_ENOENT. BINFMT_ALL: the status. */
int  binfmt_show(int64_t id, struct text *tx);

struct binfmt_hit {
	char         interp[LX_PATH_MAX];
	struct file *file;                   /* F: its interpreter, opened; a reference or NULL */
	bool         keep_argv0, open_binary, credentials; /* P, O, C */
};
/* Whether the file called path, which begins with head, has an interpreter here. */
bool binfmt_match(const char *path, const char *head, size_t len, struct binfmt_hit *hit);
#endif
