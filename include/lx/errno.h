/* SPDX-License-Identifier: MIT */
/* errno.h - Linux error numbers as the guest sees them. Functions of lxcore return -LX_E*. */
#ifndef LX_ERRNO_H
#define LX_ERRNO_H

enum lx_errno {
#define LXE(name, value, text) LX_##name = value,
#include "lx/errno.def"
#undef LXE
	LX_EWOULDBLOCK = LX_EAGAIN,
	/*
	 * Inside only, resolved before the guest sees a number (signal(7), "Interruption of system
	 * calls"). The trap engine hands them to the host kernel, which runs the handler and restarts
	 * or not as Linux does.
	 */
	LX_ERESTARTSYS           = 512, /* restart if SA_RESTART, or no handler ran */
	LX_ERESTARTNOINTR        = 513, /* always restart */
	LX_ERESTARTNOHAND        = 514, /* restart only if no handler ran */
	LX_ENOIOCTLCMD           = 515, /* ioctl: not mine; becomes ENOTTY */
	LX_ERESTART_RESTARTBLOCK = 516, /* as NOHAND, through restart_syscall(2) */
};

/* "ENOENT" for 2; NULL for an unknown number. */
const char *lx_errno_name(int err);
/* "No such file or directory" for 2. */
const char *lx_errno_text(int err);
#endif
