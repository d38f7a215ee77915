/* SPDX-License-Identifier: MIT */
/*
 * fuzz_elf.c - any bytes as a program file: header, program headers, mapping plan, #! line.
 *
 *	clang -fsanitize=fuzzer,address -DLIBFUZZER ...      libFuzzer brings its own main
 *	fuzz_elf FILE...                                      runs the files given (AFL++, regressions)
 *	fuzz_elf                                              mutates a built-in program for a second
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "loader/loader_impl.h"

/* What must hold of every plan that is not refused. */
static void check_plan(const PICO_IMAGE *image)
{
	assert(image->MapCount <= PICO_MAX_IMAGE_MAPS);
	for (ULONG i = 0; i < image->MapCount; i++) {
		const PICO_IMAGE_MAP *m = &image->Maps[i];

		assert(m->Size && !((m->Address | m->Size | m->FileOffset) & (LX_PAGE_SIZE - 1)));
		assert(m->Address + m->Size > m->Address && m->Address + m->Size <= LX_TASK_SIZE);
		assert(m->ZeroFrom + m->ZeroSize <= m->Address + m->Size);
		assert(!m->ZeroSize || m->ZeroFrom >= m->Address);
	}
}

static void run_elf(const uint8_t *data, size_t size, enum image_role role)
{
	PICO_IMAGE image = { 0 };
	struct lx_elf_ehdr h;
	struct elf_image elf;
	const char *why = NULL;
	uint64_t bias;

	if (elf_check_header(data, size, &h, &why) || h.phoff > size)
		return;
	if (elf_parse(data, size, data + h.phoff, size - h.phoff, size, &elf, &why)) {
		assert(why);
		return;
	}
	if (map_image(&elf, role, (HANDLE)&elf, &image, &bias, &why))
		return;
	map_describe(&elf, bias, &image);
	check_plan(&image);
}

static void run_script(const uint8_t *data, size_t size)
{
	struct script_line line;
	const char *why = NULL;

	if (script_parse((const char *)data, size < SCRIPT_HEAD ? size : SCRIPT_HEAD, &line, &why))
		return;
	assert(line.interp[0] && strlen(line.interp) < SCRIPT_HEAD &&
	       strlen(line.arg) < SCRIPT_HEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run_elf(data, size, IMAGE_PROGRAM);
	run_elf(data, size, IMAGE_INTERPRETER);
	run_script(data, size);
	return 0;
}

#ifndef LIBFUZZER
#include "fuzz_file.h"

/* Two segments and an interpreter; the rest is up to chance. */
static size_t seed_program(uint8_t *data)
{
	static const uint64_t values[][8] = {
		{ 1 | 5ull << 32, 0, 0, 0, 0x1800, 0x1800, 0x1000 },
		{ 1 | 6ull << 32, 0x1e10, 0x3e10, 0, 0x200, 0x2200, 0x1000 },
		{ 3 | 4ull << 32, 0x300, 0x300, 0, 28, 28, 1 },
	};
	struct lx_elf_ehdr h = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = ELF_TYPE_DYN,
		.machine = 62,
		.phoff = 64,
		.phentsize = 56,
		.phnum = 3,
	};

	memset(data, 0, 0x2800);
	memcpy(data, &h, sizeof(h));
	for (int i = 0; i < 3; i++)
		memcpy(data + 64 + i * 56, values[i], 56);
	return 0x2800;
}

static void mutate(uint8_t *data, size_t size)
{
	static const uint64_t odd[] = { 0,          1,          0xfff,      0x1000,
					0x7fffffff, 1ull << 47, 1ull << 63, UINT64_MAX };

	for (int n = 1 + rand() % 4; n > 0; n--) {
		size_t at = rand() % 240;

		if (rand() & 1)
			data[at] = rand();
		else if (at + 8 <= size)
			memcpy(data + (at & ~7ul), &odd[rand() % 8], 8);
	}
}

int main(int argc, char **argv)
{
	static uint8_t data[0x2800];
	clock_t end = clock() + CLOCKS_PER_SEC;
	int failed = 0;
	size_t size;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	while (argc == 1 && clock() < end) {
		size = seed_program(data);
		mutate(data, size);
		LLVMFuzzerTestOneInput(data, rand() % 8 ? size : rand() % size);
	}
	return failed;
}
#endif
