/* SPDX-License-Identifier: MIT */
/* lock_win.c - lock.c on a volume of the win personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "lock.c"
