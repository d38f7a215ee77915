/* SPDX-License-Identifier: MIT */
/* dirs_win.c - dirs.c on a volume of the win personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "dirs.c"
