/* SPDX-License-Identifier: MIT */
/* file_rules_win.c - file_rules.c on a volume of the win personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityWin
#include "file_rules.c"
