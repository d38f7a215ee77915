/* SPDX-License-Identifier: MIT */
/* loader.h - from a path to a PICO_IMAGE: ELF64, #! scripts, interpreters. Policy of exec(2) is in src/task/exec.c. */
#ifndef LXRUN_LOADER_H
#define LXRUN_LOADER_H
#include "lxrun/task.h"
#include "lxrun/vfs.h"

struct load_result {
	PICO_IMAGE   image;          /* strings point into strings[] */
	struct file *files[2];       /* program, interpreter; references; put by loader_release() */
	struct file *binary;         /* binfmt_misc, flag O: what the program is to interpret, AT_EXECFD; a reference or NULL */
	bool         binary_creds;   /* C: its owner, mode and capabilities count, not the program's */
	bool         keep_argv0;     /* P: argv[0] stays, behind the name of what it is to interpret */
	char         strings[4 * LX_PATH_MAX];
	uint32_t     strings_len;
	/* Why a load failed, for the command line's one clear line; "" if the errno says it all. */
	char         reason[256];
};

/*
 * Loads the program at path (relative to dfd), following #! up to 5 deep. On success *out describes the
 * image; release it after ImageReplaced. -LX_ENOENT, -LX_EACCES, -LX_ENOEXEC, -LX_ELOOP, -LX_ELIBBAD,
 * -LX_ENOMEM ... as execve(2). Never crashes on any file contents.
 */
int  loader_load(struct task *t, int dfd, const char *path, int atflags, struct load_result *out);
void loader_release(struct load_result *r);

/* Pure part, for unit tests and fuzzing: checks a header and program headers against a file of file_size bytes. */
struct elf_image {
	uint64_t entry, phdr_vaddr, phnum, lo, hi; /* lo, hi: page-rounded span of PT_LOAD */
	uint16_t type;                             /* ET_EXEC or ET_DYN */
	bool     exec_stack, has_gnu_stack, has_interp;
	bool     fixed;                            /* for map_image(): no chance in its place (personality(2)) */
	uint64_t interp_off, interp_len, align;
	uint32_t nr_load;
	struct { uint64_t vaddr, memsz, filesz, off; uint32_t prot; } load[48];
};
/* 0, or -LX_ENOEXEC / -LX_ENOMEM with *why a static text that names the defect. */
int elf_parse(const void *head, size_t head_len, const void *phdrs, size_t phdrs_len, uint64_t file_size, struct elf_image *out, const char **why);
#endif
