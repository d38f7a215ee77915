/* SPDX-License-Identifier: MIT */
/* capability.h - capget(2) and capset(2) of the x86-64 Linux ABI. */
#ifndef LX_CAPABILITY_H
#define LX_CAPABILITY_H
#include <stdint.h>

#define LX_CAP_VERSION_1 0x19980330u
#define LX_CAP_VERSION_2 0x20071026u
#define LX_CAP_VERSION_3 0x20080522u

struct lx_cap_header {
	uint32_t version;
	int32_t  pid;
};
/* One for the low 32 capabilities; from version 2 on a second for the others. */
struct lx_cap_data {
	uint32_t effective, permitted, inheritable;
};
#endif
