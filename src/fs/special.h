/* SPDX-License-Identifier: MIT */
/* special.h - character devices by number: one implementation behind every node that names them. */
#ifndef FS_SPECIAL_H
#define FS_SPECIAL_H
#include "lxrun/vfs.h"

#define DEV_NULL    lx_makedev(1, 3)
#define DEV_ZERO    lx_makedev(1, 5)
#define DEV_FULL    lx_makedev(1, 7)
#define DEV_RANDOM  lx_makedev(1, 8)
#define DEV_URANDOM lx_makedev(1, 9)
#define DEV_TTY     lx_makedev(5, 0)
#define DEV_CONSOLE lx_makedev(5, 1)
#define DEV_PTMX    lx_makedev(5, 2)

/* Opens the device as f: fop, handle, direct, priv. -LX_ENXIO: there is none. */
int device_open(uint64_t rdev, uint32_t flags, struct task *t, struct file *f);
#endif
