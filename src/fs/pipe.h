/* SPDX-License-Identifier: MIT */
/* pipe.h - what the neighbours of pipe.c need. */
#ifndef FS_PIPE_H
#define FS_PIPE_H
#include "lxrun/vfs.h"

struct pipe;
void pipe_put(struct pipe *p);
#endif
