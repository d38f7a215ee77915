/* SPDX-License-Identifier: MIT */
/* notify_lx.c - notify.c on a volume of the lx personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "notify.c"
