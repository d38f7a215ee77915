/* SPDX-License-Identifier: MIT */
/* image_win.c - image.c on a volume of the win personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "image.c"
