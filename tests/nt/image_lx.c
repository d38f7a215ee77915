/* SPDX-License-Identifier: MIT */
/* image_lx.c - image.c on a volume of the lx personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "image.c"
