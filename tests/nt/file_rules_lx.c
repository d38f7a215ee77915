/* SPDX-License-Identifier: MIT */
/* file_rules_lx.c - file_rules.c on a volume of the lx personality. ntshim only: others have one kind of volume. */
#define FILETEST_PERSONALITY VolumePersonalityLx
#include "file_rules.c"
