/* SPDX-License-Identifier: MIT */
/* ELF headers, mapping plans and #! lines, good and bad, made in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "loader/loader_impl.h"

#define PT_LOAD      1
#define PT_INTERP    3
#define PT_PHDR      6
#define PT_GNU_STACK 0x6474e551
#define R            4
#define W            2
#define X            1

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

/* A position-independent program of two segments with a bss tail, as linkers make them. */
static struct lx_elf_ehdr head;
static struct phdr phdrs[60];
static uint64_t file_size;

static void good_file(void)
{
	static const struct lx_elf_ehdr good = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = ELF_TYPE_DYN,
		.machine = 62,
		.version = 1,
		.entry = 0x1040,
		.phoff = 64,
		.ehsize = 64,
		.phentsize = 56,
		.phnum = 4,
	};

	head = good;
	memset(phdrs, 0, sizeof(phdrs));
	phdrs[0] = (struct phdr){ PT_PHDR, R, 64, 64, 64, 224, 224, 8 };
	phdrs[1] = (struct phdr){ PT_LOAD, R | X, 0, 0, 0, 0x1800, 0x1800, 0x1000 };
	phdrs[2] = (struct phdr){ PT_LOAD, R | W, 0x1e10, 0x3e10, 0x3e10, 0x200, 0x2200, 0x1000 };
	phdrs[3] = (struct phdr){ PT_GNU_STACK, R | W, 0, 0, 0, 0, 0, 16 };
	file_size = 0x3000;
}

static int parse(struct elf_image *out, const char **why)
{
	return elf_parse(&head, sizeof(head), phdrs, head.phnum * sizeof(phdrs[0]), file_size, out,
			 why);
}

static void a_good_file_is_understood(void **state)
{
	struct elf_image e;
	const char *why;

	good_file();
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(e.nr_load, 2);
	assert_int_equal(e.lo, 0);
	assert_int_equal(e.hi, 0x7000);
	assert_int_equal(e.phdr_vaddr, 64);
	assert_int_equal(e.phnum, 4);
	assert_int_equal(e.load[1].prot, LX_PROT_READ | LX_PROT_WRITE);
	assert_true(e.has_gnu_stack && !e.exec_stack && !e.has_interp);
}

static void program_headers_are_found_without_pt_phdr(void **state)
{
	struct elf_image e;
	const char *why;

	good_file();
	phdrs[0].type = 0;
	phdrs[1].vaddr = phdrs[1].paddr = 0x10000;
	phdrs[2].vaddr = 0x13e10;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(e.phdr_vaddr, 0x10040);
	phdrs[1].offset = 0x1000;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(e.phdr_vaddr, 0);
}

static void empty_segments_are_no_segments(void **state)
{
	struct elf_image e;
	const char *why;

	good_file();
	phdrs[3] = (struct phdr){ .type = PT_LOAD, .vaddr = UINT64_MAX, .offset = UINT64_MAX };
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(e.nr_load, 2);
}

/* Each breaks the good file in one way. */
static void b_magic(void)
{
	head.ident[1] = 'F';
}
static void b_machine(void)
{
	head.machine = 183;
}
static void b_type(void)
{
	head.type = 1;
}
static void b_phentsize(void)
{
	head.phentsize = 32;
}
static void b_no_phdrs(void)
{
	head.phnum = 0;
}
static void b_filesz(void)
{
	phdrs[2].filesz = 0x2201;
}
static void b_beyond(void)
{
	file_size = 0x1e10;
}
static void b_offset(void)
{
	phdrs[1].offset = UINT64_MAX - 0xfff;
}
static void b_filesz_wraps(void)
{
	phdrs[1].filesz = phdrs[1].memsz = UINT64_MAX;
}
static void b_memsz(void)
{
	phdrs[2].memsz = UINT64_MAX;
}
static void b_vaddr(void)
{
	phdrs[2].vaddr = LX_TASK_SIZE;
}
static void b_vaddr_wraps(void)
{
	phdrs[2].vaddr = UINT64_MAX - 0x1f0;
}
static void b_congruence(void)
{
	phdrs[2].vaddr = 0x3e11;
}
static void b_no_load(void)
{
	phdrs[1].type = phdrs[2].type = 0;
}
static void b_interp_short(void)
{
	phdrs[0] = (struct phdr){ .type = PT_INTERP, .filesz = 1 };
}
static void b_interp_long(void)
{
	phdrs[0] = (struct phdr){ .type = PT_INTERP, .filesz = 4097 };
}
static void b_interp_beyond(void)
{
	phdrs[0] = (struct phdr){ .type = PT_INTERP, .offset = 0x2ff0, .filesz = 28 };
}
static void b_interp_wraps(void)
{
	phdrs[0] = (struct phdr){ .type = PT_INTERP, .offset = UINT64_MAX, .filesz = 28 };
}
static void b_many_loads(void)
{
	head.phnum = 60;
	for (int i = 4; i < 60; i++)
		phdrs[i] = (struct phdr){ PT_LOAD, R, 0, i * 0x10000, 0, 1, 1, 0x1000 };
}

static void a_broken_file_is_refused_with_a_reason(void **state)
{
	static const struct {
		void (*break_it)(void);
		const char *why;
		int err; /* 0: -LX_ENOEXEC */
	} cases[] = {
		{ b_magic, "not an ELF file", 0 },
		{ b_machine, "AArch64", 0 },
		{ b_type, "object file", 0 },
		{ b_phentsize, "wrong size", 0 },
		{ b_no_phdrs, "without program headers", 0 },
		{ b_filesz, "larger in the file", 0 },
		{ b_beyond, "truncated", 0 },
		{ b_offset, "truncated", 0 },
		{ b_filesz_wraps, "outside the address space", 0 },
		{ b_memsz, "outside the address space", 0 },
		{ b_vaddr, "outside the address space", 0 },
		{ b_vaddr_wraps, "outside the address space", 0 },
		{ b_congruence, "do not agree", 0 },
		{ b_no_load, "without a loadable segment", 0 },
		{ b_interp_short, "wrong length", 0 },
		{ b_interp_long, "wrong length", 0 },
		{ b_interp_beyond, "truncated", -LX_EIO },
		{ b_interp_wraps, "truncated", -LX_EIO },
		{ b_many_loads, "too many loadable segments", 0 },
	};
	struct elf_image e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = NULL;

		good_file();
		cases[i].break_it();
		assert_int_equal(parse(&e, &why), cases[i].err ? cases[i].err : -LX_ENOEXEC);
		assert_non_null(why);
		if (!strstr(why, cases[i].why))
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i, why, cases[i].why);
	}
}

static void a_file_that_ends_early_is_refused_at_every_length(void **state)
{
	struct elf_image e;
	const char *why;

	good_file();
	for (size_t n = 0; n < sizeof(head); n++)
		assert_int_equal(elf_parse(&head, n, phdrs, sizeof(phdrs), file_size, &e, &why),
				 -LX_ENOEXEC);
	for (size_t n = 0; n < 4 * sizeof(phdrs[0]); n++)
		assert_int_equal(elf_parse(&head, sizeof(head), phdrs, n, file_size, &e, &why),
				 -LX_ENOEXEC);
}

static void absurd_alignments_are_ignored(void **state)
{
	struct elf_image e;
	const char *why;

	good_file();
	phdrs[1].align = 3;
	phdrs[2].align = 1ull << 62;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(e.align, LX_PAGE_SIZE);
	phdrs[1].align = 0x200000;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(e.align, 0x200000);
}

/* ---- mapping ---- */

#define FILE_HANDLE ((HANDLE)(uintptr_t)4)

static void segments_become_file_and_zero_mappings(void **state)
{
	PICO_IMAGE image = { 0 };
	struct elf_image e;
	const char *why;
	uint64_t bias;

	good_file();
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why), 0);
	assert_int_equal(image.MapCount, 3);
	assert_int_equal(image.Maps[0].Address, bias);
	assert_int_equal(image.Maps[0].Size, 0x2000);
	assert_int_equal(image.Maps[0].ZeroSize, 0); /* cannot be written: left alone */
	assert_int_equal(image.Maps[1].Address, bias + 0x3000);
	assert_int_equal(image.Maps[1].FileOffset, 0x1000);
	assert_int_equal(image.Maps[1].Size, 0x2000);
	assert_int_equal(image.Maps[1].ZeroFrom, bias + 0x4010);
	assert_int_equal(image.Maps[1].ZeroSize, 0xff0);
	assert_null(image.Maps[2].File);
	assert_int_equal(image.Maps[2].Address, bias + 0x5000);
	assert_int_equal(image.Maps[2].Size, 0x2000);
	assert_int_equal(image.Maps[2].Protect, LX_PROT_READ | LX_PROT_WRITE);
	map_describe(&e, bias, &image);
	assert_int_equal(image.Entry, bias + 0x1040);
	assert_int_equal(image.StartCode, bias);
	assert_int_equal(image.EndCode, bias + 0x1800);
	assert_int_equal(image.StartData, bias + 0x3e10);
	assert_int_equal(image.EndData, bias + 0x4010);
	assert_true(image.Brk >= bias + 0x7000 && image.Brk < bias + 0x7000 + 0x2000000);
	assert_int_equal(image.Brk % LX_PAGE_SIZE, 0);
}

static void a_segment_without_file_part_is_all_zero(void **state)
{
	PICO_IMAGE image = { 0 };
	struct elf_image e;
	const char *why;
	uint64_t bias;

	good_file();
	phdrs[2].filesz = 0;
	phdrs[2].offset = UINT64_MAX; /* of no meaning then */
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why), 0);
	assert_int_equal(image.MapCount, 2);
	assert_null(image.Maps[1].File);
	assert_int_equal(image.Maps[1].Address, bias + 0x3000);
	assert_int_equal(image.Maps[1].Size, 0x4000);
}

static void places_respect_alignment_and_each_other(void **state)
{
	struct elf_image e;
	const char *why;
	uint64_t bias;

	good_file();
	phdrs[1].align = phdrs[2].align = 0x200000;
	assert_int_equal(parse(&e, &why), 0);
	for (int i = 0; i < 200; i++) {
		PICO_IMAGE image = { 0 };

		assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why), 0);
		assert_int_equal(bias % 0x200000, 0);
		assert_true(bias >= 0x555400000000 && bias + e.hi < 0x7d0000000000);
		image.MapCount = 0;
		assert_int_equal(map_image(&e, IMAGE_INTERPRETER, FILE_HANDLE, &image, &bias, &why),
				 0);
		assert_int_equal(bias % 0x200000, 0);
		assert_true(bias >= 0x7dff00000000 && bias + e.hi < 0x7f0000000000);
	}
}

static void a_fixed_program_stays_where_it_wants(void **state)
{
	PICO_IMAGE image = { 0 };
	struct elf_image e;
	const char *why;
	uint64_t bias;

	good_file();
	head.type = ELF_TYPE_EXEC;
	phdrs[1].vaddr = 0x400000;
	phdrs[2].vaddr = 0x403e10;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why), 0);
	assert_int_equal(bias, 0);
	assert_int_equal(image.Maps[0].Address, 0x400000);
	map_describe(&e, bias, &image);
	assert_true(image.Brk >= 0x06000000); /* above the fast path's table */
}

static void places_nobody_may_have_are_refused(void **state)
{
	PICO_IMAGE image = { 0 };
	struct elf_image e;
	const char *why;
	uint64_t bias;

	good_file();
	head.type = ELF_TYPE_EXEC;
	phdrs[1].vaddr = 0x7d0000000000;
	phdrs[2].vaddr = 0x7d0000003e10;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why),
			 -LX_ENOMEM);
	good_file();
	phdrs[2].memsz = 0x7f0000000000;
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why),
			 -LX_ENOMEM);
}

static void more_mappings_than_the_engine_takes_are_refused(void **state)
{
	PICO_IMAGE image = { 0 };
	struct elf_image e;
	const char *why = NULL;
	uint64_t bias;

	good_file();
	head.phnum = 48;
	for (int i = 3; i < 48; i++)
		phdrs[i] = (struct phdr){ PT_LOAD, R | W, 0, i * 0x10000, 0, 1, 0x2000, 0x1000 };
	assert_int_equal(parse(&e, &why), 0);
	assert_int_equal(map_image(&e, IMAGE_PROGRAM, FILE_HANDLE, &image, &bias, &why),
			 -LX_ENOEXEC);
	assert_non_null(why);
	assert_true(image.MapCount <= PICO_MAX_IMAGE_MAPS);
}

/* ---- #! lines ---- */

static void script_lines_follow_linux(void **state)
{
	static const struct {
		const char *text, *interp, *arg; /* interp NULL: refused; arg NULL: none */
	} cases[] = {
		{ "#!/bin/sh\n", "/bin/sh", NULL },
		{ "#!/bin/sh", "/bin/sh", NULL },
		{ "#! /bin/sh -e\necho", "/bin/sh", "-e" },
		{ "#!\t /usr/bin/env  -S a  b \t\n", "/usr/bin/env", "-S a  b" },
		{ "#!/bin/sh \n", "/bin/sh", NULL },
		{ "#!sh\r\n", "sh\r", NULL },
		{ "#!/bin/sh -e ", "/bin/sh", "-e " },
		{ "#!/bin/sh ", "/bin/sh", "" },
		{ "#! ", "", NULL },
		{ "#!\n", NULL, NULL },
		{ "#!   \t\n/bin/sh", NULL, NULL },
		{ "#!", "", NULL },
		{ "#!/bin/sh\0-e\n", "/bin/sh", NULL },
		{ "#/bin/sh\n", NULL, NULL },
	};
	struct script_line line;
	const char *why;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = script_parse(cases[i].text, strlen(cases[i].text), &line, &why);

		assert_int_equal(err, cases[i].interp ? 0 : -LX_ENOEXEC);
		if (err)
			continue;
		assert_string_equal(line.interp, cases[i].interp);
		assert_int_equal(line.has_arg, cases[i].arg != NULL);
		if (cases[i].arg)
			assert_string_equal(line.arg, cases[i].arg);
	}
}

static void a_cut_off_interpreter_is_refused_a_cut_off_argument_is_not(void **state)
{
	char text[SCRIPT_HEAD];
	struct script_line line;
	const char *why;

	memset(text, 'x', sizeof(text));
	memcpy(text, "#!/", 3);
	assert_int_equal(script_parse(text, sizeof(text), &line, &why), -LX_ENOEXEC);
	text[100] = ' ';
	assert_int_equal(script_parse(text, sizeof(text), &line, &why), 0);
	assert_int_equal(strlen(line.interp), 98);
	assert_int_equal(strlen(line.arg), SCRIPT_HEAD - 1 - 101);
	memset(text + 2, ' ', sizeof(text) - 2);
	assert_int_equal(script_parse(text, sizeof(text), &line, &why), -LX_ENOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_understood),
		cmocka_unit_test(program_headers_are_found_without_pt_phdr),
		cmocka_unit_test(empty_segments_are_no_segments),
		cmocka_unit_test(a_broken_file_is_refused_with_a_reason),
		cmocka_unit_test(a_file_that_ends_early_is_refused_at_every_length),
		cmocka_unit_test(absurd_alignments_are_ignored),
		cmocka_unit_test(segments_become_file_and_zero_mappings),
		cmocka_unit_test(a_segment_without_file_part_is_all_zero),
		cmocka_unit_test(places_respect_alignment_and_each_other),
		cmocka_unit_test(a_fixed_program_stays_where_it_wants),
		cmocka_unit_test(places_nobody_may_have_are_refused),
		cmocka_unit_test(more_mappings_than_the_engine_takes_are_refused),
		cmocka_unit_test(script_lines_follow_linux),
		cmocka_unit_test(a_cut_off_interpreter_is_refused_a_cut_off_argument_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
