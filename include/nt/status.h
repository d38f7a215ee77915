/* SPDX-License-Identifier: MIT */
/* status.h - STATUS_* constants, from status.def. */
#ifndef NT_STATUS_H
#define NT_STATUS_H

enum {
#define NTS(name, value, lxerrno, why) STATUS_##name = (int)(value),
#include "nt/status.def"
#undef NTS
};
#define STATUS_WAIT_0 STATUS_SUCCESS
#endif
