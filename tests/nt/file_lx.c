/* SPDX-License-Identifier: MIT */
/* file_lx.c - file.c on a volume of the lx personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "file.c"
