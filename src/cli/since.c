/* SPDX-License-Identifier: MIT */
/*
 * Since which kernel x86-64 has a system call (man 2 syscalls). Numbers ascend nearly with time, so a row
 * stands for its number and those behind it up to the next row; what is below the first row is
 * older than any kernel people ask for.
 */
#include "cli.h"
#include <ctype.h>
#include <stdlib.h>

static const struct {
	uint16_t from, major, minor;
} rows[] = {
	{ 253, 2, 6 },  { 307, 3, 0 },  { 309, 2, 6 },  { 310, 3, 2 },  { 312, 3, 5 },
	{ 313, 3, 8 },  { 314, 3, 14 }, { 316, 3, 15 }, { 317, 3, 17 }, { 321, 3, 18 },
	{ 322, 3, 19 }, { 323, 4, 3 },  { 325, 4, 4 },  { 326, 4, 5 },  { 327, 4, 6 },
	{ 329, 4, 9 },  { 332, 4, 11 }, { 333, 4, 18 }, { 424, 5, 1 },  { 428, 5, 2 },
	{ 434, 5, 3 },  { 436, 5, 9 },  { 437, 5, 6 },  { 439, 5, 8 },  { 440, 5, 10 },
	{ 441, 5, 11 }, { 442, 5, 12 }, { 443, 5, 14 }, { 444, 5, 13 }, { 447, 5, 14 },
	{ 448, 5, 15 }, { 449, 5, 16 }, { 450, 5, 17 }, { 451, 6, 5 },  { 452, 6, 6 },
	{ 454, 6, 7 },  { 457, 6, 8 },  { 462, 6, 10 }, { 463, 6, 13 }, { 467, 6, 15 },
	{ 468, 6, 17 },
};

void since_of(uint32_t nr, unsigned *major, unsigned *minor)
{
	size_t i;

	*major = 2;
	*minor = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && rows[i].from <= nr; i++) {
		*major = rows[i].major;
		*minor = rows[i].minor;
	}
}

int since_parse(const char *text, unsigned *major, unsigned *minor)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	*major = (unsigned)strtoul(text, &end, 10);
	if (*end != '.' || !isdigit((unsigned char)end[1]))
		return -1;
	*minor = (unsigned)strtoul(end + 1, &end, 10);
	return *end && *end != '.' && *end != '-' ? -1 : 0;
}
