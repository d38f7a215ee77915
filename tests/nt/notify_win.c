/* SPDX-License-Identifier: MIT */
/* notify_win.c - notify.c on a volume of the win personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "notify.c"
