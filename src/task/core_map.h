/* SPDX-License-Identifier: MIT */
/* core_map.h - the mappings of a process as a core file has them. */
#ifndef TASK_CORE_MAP_H
#define TASK_CORE_MAP_H
#include "lxrun/task.h"

struct core_map {
	uint64_t start, end, offset;
	uint64_t dump;    /* bytes of it that go into the file */
	uint32_t flags;   /* LX_PF_* */
	bool file;        /* a file's, whose name is: */
	const char *name; /* in core_maps.text */
};
struct core_maps {
	struct core_map *map;
	size_t n;
	char *text;
};

/* Asks for t's mappings and decides what of each is dumped: core(5). False: no memory, or t is gone. */
bool core_read_maps(struct task *t, struct core_maps *out);
void core_free_maps(struct core_maps *maps);
#endif
