/* SPDX-License-Identifier: MIT */
/* lock_lx.c - lock.c on a volume of the lx personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "lock.c"
