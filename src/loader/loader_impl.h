/* SPDX-License-Identifier: MIT */
/* loader_impl.h - what the files of src/loader share. */
#ifndef LOADER_IMPL_H
#define LOADER_IMPL_H
#include "lx/elf.h"
#include "lxrun/loader.h"

/* ELF64, as far as exec needs it. */
#define ELF_HEADER_SIZE 64
#define ELF_PHDR_SIZE   56
#define ELF_PHNUM_MAX   (65536 / ELF_PHDR_SIZE)
#define ELF_TYPE_EXEC   2
#define ELF_TYPE_DYN    3
/* Where the program headers are; checks the header itself. 0, or -LX_ENOEXEC and *why. */
int elf_check_header(const void *head, size_t head_len, struct lx_elf_ehdr *h, const char **why);

/* ---- map.c ---- */
enum image_role { IMAGE_PROGRAM, IMAGE_INTERPRETER };
/*
 * Chooses a place for elf and appends its mappings (file index role) to image. *bias is what to add
 * to its addresses. 0, or -LX_ENOMEM, -LX_ENOEXEC and *why.
 */
int map_image(const struct elf_image *elf, enum image_role role, HANDLE file, PICO_IMAGE *image,
	      uint64_t *bias, const char **why);
/* Code, data and heap addresses of the program; after map_image. */
void map_describe(const struct elf_image *elf, uint64_t bias, PICO_IMAGE *image);

/* ---- script.c ---- */
#define SCRIPT_HEAD 256 /* what Linux looks at */
struct script_line {
	char interp[SCRIPT_HEAD], arg[SCRIPT_HEAD];
	bool has_arg;
};
/* head: the first len <= SCRIPT_HEAD bytes of a file that begins with "#!". 0 (interp may be "") or -LX_ENOEXEC and *why. */
int script_parse(const char *head, size_t len, struct script_line *out, const char **why);
#endif
