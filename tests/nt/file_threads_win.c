/* SPDX-License-Identifier: MIT */
/* file_threads_win.c - file_threads.c on a volume of the win personality. ntshim only: it has others. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "file_threads.c"
