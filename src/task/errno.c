/* SPDX-License-Identifier: MIT */
/* errno.c - names and texts of Linux error numbers, for the trace and for messages. */
#include "lx/errno.h"
#include <stddef.h>

#define ERRNO_MAX 134

static const char *const names[ERRNO_MAX] = {
#define LXE(name, value, text) [value] = #name,
#include "lx/errno.def"
#undef LXE
};

static const char *const texts[ERRNO_MAX] = {
	[0] = "Success",
#define LXE(name, value, text) [value] = text,
#include "lx/errno.def"
#undef LXE
};

const char *lx_errno_name(int err)
{
	switch (err) {
	case LX_ERESTARTSYS:
		return "ERESTARTSYS";
	case LX_ERESTARTNOINTR:
		return "ERESTARTNOINTR";
	case LX_ERESTARTNOHAND:
		return "ERESTARTNOHAND";
	case LX_ENOIOCTLCMD:
		return "ENOIOCTLCMD";
	case LX_ERESTART_RESTARTBLOCK:
		return "ERESTART_RESTARTBLOCK";
	}
	return err > 0 && err < ERRNO_MAX ? names[err] : NULL;
}

const char *lx_errno_text(int err)
{
	const char *text = err >= 0 && err < ERRNO_MAX ? texts[err] : NULL;

	return text ? text : "Unknown error";
}
