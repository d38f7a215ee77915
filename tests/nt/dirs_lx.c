/* SPDX-License-Identifier: MIT */
/* dirs_lx.c - dirs.c on a volume of the lx personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "dirs.c"
