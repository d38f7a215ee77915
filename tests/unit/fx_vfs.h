/* SPDX-License-Identifier: MIT */
/*
 * fx_vfs.h - fixture: an instance's file tree over a temporary host directory, and a task without a
 * guest whose "guest memory" is this process. The engine's SetDescriptor is recorded, not done.
 */
#ifndef FX_VFS_H
#define FX_VFS_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "lx/errno.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

extern struct task *fx_task;             /* root of the tree is the temporary directory; cwd / */
extern const char *fx_host_root;         /* its host path */
extern int fx_placeholders, fx_installs; /* SetDescriptor calls so far */

int fx_start(void **state); /* group set-up and tear-down for cmocka */
int fx_stop(void **state);
/* Host path of name below the root, in a buffer of its own per call (four of them). */
const char *fx_host(const char *name);
/* A file with this text, made on the host. */
void fx_write(const char *name, const char *text);
/* Another identity for fx_task until fx_become_self(). */
void fx_become(uint32_t uid, uint32_t gid);
void fx_become_self(void);
/* Text of the open file at descriptor fd; at most 255 bytes. */
const char *fx_read(int fd);
/* open(2) through the VFS; the descriptor or -errno. sc_install() answers are taken as done. */
int64_t fx_open(const char *path, uint32_t flags, uint32_t mode);
/* A handler with arguments; pointers are casted to uint64_t. */
int64_t fx_call(sc_fn *fn, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
#define FX_PTR(p) ((uint64_t)(uintptr_t)(p))
#endif
