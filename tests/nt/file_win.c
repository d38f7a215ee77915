/* SPDX-License-Identifier: MIT */
/* file_win.c - file.c on a volume of the win personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "file.c"
