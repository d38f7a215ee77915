/* SPDX-License-Identifier: MIT */
/*
 * core_map.c - which mappings of a process its core file has, and how much of each: the bits of
 * /proc/PID/coredump_filter, MADV_DONTDUMP, and what is no memory at all (core(5)).
 */
#include "core_map.h"
#include "base/alloc.h"
#include "lx/elf.h"
#include "lxrun/process.h"
#include "lxrun/vfs.h"
#include "nt/mm.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPS_MAX 65534u /* e_phnum has 16 bits, and the notes take one */

/* What /proc/PID/smaps says of one mapping. */
struct facts {
	uint64_t start, end, offset, inode, anonymous;
	bool shared, dont_dump, io, huge, readable;
	char *name;
};

/* "55d0c0a00000-55d0c0a21000 r--p 00000000 08:01 1234   /bin/x": cut into its parts; the mode into m->flags. */
static bool parse_head(char *line, struct facts *f, struct core_map *m)
{
	char prot[5] = "";
	int name = 0;

	*f = (struct facts){ 0 };
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n",
		   &f->start, &f->end, prot, &f->offset, &f->inode, &name) < 5)
		return false;
	f->readable = prot[0] == 'r';
	f->shared = prot[3] == 's';
	f->name = name ? line + name : line + strlen(line);
	*m = (struct core_map){ .start = f->start,
				.end = f->end,
				.offset = f->offset,
				.file = f->inode != 0,
				.name = proc_guest_path(f->name),
				.flags = (f->readable ? LX_PF_R : 0u) |
					 (prot[1] == 'w' ? LX_PF_W : 0u) |
					 (prot[2] == 'x' ? LX_PF_X : 0u) };
	return true;
}

static bool has_flag(const char *line, const char *two)
{
	for (const char *p = line; (p = strstr(p, two)) != NULL; p += 2)
		if (p > line && p[-1] == ' ' && (p[2] == ' ' || !p[2]))
			return true;
	return false;
}

static void parse_line(const char *line, struct facts *f)
{
	if (!strncmp(line, "Anonymous:", 10)) {
		f->anonymous = strtoull(line + 10, NULL, 10);
	} else if (!strncmp(line, "VmFlags:", 8)) {
		f->dont_dump = has_flag(line, "dd");
		f->io = has_flag(line, "io");
		f->huge = has_flag(line, "ht");
	}
}

static bool is_deleted(const char *name)
{
	static const char tail[] = " (deleted)";
	size_t n = strlen(name);

	return n >= sizeof(tail) - 1 && !strcmp(name + n - (sizeof(tail) - 1), tail);
}

/* The first page of a program or library tells gdb which build it is. */
static bool is_elf_head(struct task *t, const struct facts *f)
{
	char magic[4];

	return !f->offset && f->readable &&
	       NT_SUCCESS(MmDebugRead(t->thread, f->start, magic, sizeof(magic))) &&
	       !memcmp(magic, "\177ELF", sizeof(magic));
}

static uint64_t dump_size(struct task *t, const struct facts *f)
{
	uint64_t whole = f->end - f->start;
	uint32_t filter = t->mm->coredump_filter;

	if (!strcmp(f->name, "[vdso]"))
		return whole;
	if (f->dont_dump || f->io || !strcmp(f->name, "[vsyscall]"))
		return 0;
	if (f->huge)
		return filter & (f->shared ? LX_DUMP_HUGE_SHARED : LX_DUMP_HUGE_PRIVATE) ? whole
											 : 0;
	if (f->shared)
		return filter & (is_deleted(f->name) ? LX_DUMP_ANON_SHARED : LX_DUMP_FILE_SHARED)
			       ? whole
			       : 0;
	if (f->anonymous && filter & LX_DUMP_ANON_PRIVATE)
		return whole;
	if (!f->inode)
		return 0;
	if (filter & LX_DUMP_FILE_PRIVATE)
		return whole;
	return filter & LX_DUMP_ELF_HEADERS && is_elf_head(t, f) ? LX_PAGE_SIZE : 0;
}

static struct core_map *add(struct core_maps *maps)
{
	struct core_map *more = maps->map;

	if (maps->n == MAPS_MAX)
		return NULL;
	if (!(maps->n & (maps->n - 1))) {
		more = mem_realloc(maps->map, (maps->n ? maps->n * 2 : 1) * sizeof(*more));
		if (!more)
			return NULL;
		maps->map = more;
	}
	return &maps->map[maps->n++];
}

/* The mapping that a block of lines has described is complete. */
static bool keep(struct task *t, struct core_maps *maps, const struct facts *f, struct core_map *m)
{
	struct core_map *slot;

	if (proc_is_engine_page(f->start))
		return true;
	m->dump = dump_size(t, f);
	slot = add(maps);
	if (slot)
		*slot = *m;
	return slot != NULL;
}

bool core_read_maps(struct task *t, struct core_maps *out)
{
	bool open = false, ok = true;
	struct core_map m;
	struct facts f;

	out->text = proc_host_text(t, "smaps", NULL);
	for (char *line = out->text, *next; ok && line && *line; line = next) {
		char *end = strchr(line, '\n');

		next = end ? end + 1 : line + strlen(line);
		if (end)
			*end = '\0';
		/* field names begin with a capital, addresses are in small letters */
		if (*line >= 'A' && *line <= 'Z') {
			parse_line(line, &f);
			continue;
		}
		ok = !open || keep(t, out, &f, &m);
		open = ok && parse_head(line, &f, &m);
	}
	if (ok && open)
		ok = keep(t, out, &f, &m);
	return ok && out->text;
}

void core_free_maps(struct core_maps *maps)
{
	mem_free(maps->map);
	mem_free(maps->text);
}
