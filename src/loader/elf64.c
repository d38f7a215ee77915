/* SPDX-License-Identifier: MIT */
/*
 * elf64.c - reads an ELF64 header and its program headers. Pure: bytes in, struct elf_image or a reason
 * out. Every number is the file's word and is checked before it is used; sums cannot wrap because each
 * operand is bounded first. What Linux does not look at (class, byte order, versions, header sizes) is
 * not looked at: files are told apart by machine and type.
 */
#include "loader_impl.h"
#include <string.h>

#define PT_LOAD        1
#define PT_INTERP      3
#define PT_PHDR        6
#define PT_GNU_STACK   0x6474e551
#define PF_X           1
#define PF_W           2
#define PF_R           4
#define MACHINE_X86_64 62
#define ALIGN_MAX      (1ull << 30)

struct elf_phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_phdr) == ELF_PHDR_SIZE, "Elf64_Phdr");

static const char *machine_text(uint16_t machine)
{
	switch (machine) {
	case 3:
		return "32-bit program (Intel 80386); only 64-bit ones can run";
	case 40:
		return "program for another machine (ARM)";
	case 183:
		return "program for another machine (AArch64)";
	case 243:
		return "program for another machine (RISC-V)";
	}
	return "program for another machine (not x86-64)";
}

static const char *header_defect(const struct lx_elf_ehdr *h)
{
	if (memcmp(h->ident, "\177ELF", 4))
		return "not an ELF file";
	if (h->machine != MACHINE_X86_64)
		return machine_text(h->machine);
	if (h->type != ELF_TYPE_EXEC && h->type != ELF_TYPE_DYN)
		return h->type == 1 ? "object file, not a program" : "ELF file that is no program";
	if (h->phentsize != ELF_PHDR_SIZE)
		return "program headers of a wrong size";
	if (!h->phnum)
		return "ELF file without program headers";
	if (h->phnum > ELF_PHNUM_MAX)
		return "too many program headers";
	return NULL;
}

int elf_check_header(const void *head, size_t head_len, struct lx_elf_ehdr *h, const char **why)
{
	*why = NULL;
	if (head_len < ELF_HEADER_SIZE) {
		*why = head_len >= 4 && !memcmp(head, "\177ELF", 4) ? "truncated ELF header"
								    : "not an ELF file";
		return -LX_ENOEXEC;
	}
	memcpy(h, head, sizeof(*h));
	*why = header_defect(h);
	return *why ? -LX_ENOEXEC : 0;
}

static uint32_t prot_of(uint32_t flags)
{
	return (flags & PF_R ? LX_PROT_READ : 0) | (flags & PF_W ? LX_PROT_WRITE : 0) |
	       (flags & PF_X ? LX_PROT_EXEC : 0);
}

static uint64_t page_down(uint64_t v)
{
	return v & ~(LX_PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t v)
{
	return page_down(v + LX_PAGE_SIZE - 1);
}

static const char *load_defect(const struct elf_phdr *p, uint64_t file_size)
{
	if (p->filesz > p->memsz)
		return "segment larger in the file than in memory";
	if (p->vaddr > LX_TASK_SIZE || p->memsz > LX_TASK_SIZE - p->vaddr)
		return "segment outside the address space";
	if (!p->filesz)
		return NULL;
	if (p->filesz > UINT64_MAX - LX_PAGE_SIZE - p->offset || p->offset >= file_size)
		return "truncated file: a segment lies beyond its end";
	if ((p->vaddr ^ p->offset) & (LX_PAGE_SIZE - 1))
		return "segment whose address and file offset do not agree";
	return NULL;
}

static int add_load(struct elf_image *out, const struct elf_phdr *p, uint64_t file_size,
		    const char **why)
{
	uint64_t hi;

	if (!p->memsz)
		return 0;
	*why = load_defect(p, file_size);
	if (!*why && out->nr_load == sizeof(out->load) / sizeof(out->load[0]))
		*why = "too many loadable segments";
	if (*why)
		return -LX_ENOEXEC;
	out->load[out->nr_load].vaddr = p->vaddr;
	out->load[out->nr_load].memsz = p->memsz;
	out->load[out->nr_load].filesz = p->filesz;
	out->load[out->nr_load].off = p->offset;
	out->load[out->nr_load++].prot = prot_of(p->flags);
	hi = page_up(p->vaddr + p->memsz);
	if (page_down(p->vaddr) < out->lo)
		out->lo = page_down(p->vaddr);
	if (hi > out->hi)
		out->hi = hi;
	/* As Linux: what is no power of two, or absurd, is no alignment. */
	if (p->align > out->align && p->align <= ALIGN_MAX && !(p->align & (p->align - 1)))
		out->align = p->align;
	return 0;
}

static int add_interp(struct elf_image *out, const struct elf_phdr *p, uint64_t file_size,
		      const char **why)
{
	if (out->has_interp)
		return 0;
	if (p->filesz < 2 || p->filesz > LX_PATH_MAX) {
		*why = "interpreter name of a wrong length";
		return -LX_ENOEXEC;
	}
	if (p->offset > file_size || p->filesz > file_size - p->offset) {
		*why = "truncated file: the interpreter name lies beyond its end";
		return -LX_EIO;
	}
	out->has_interp = true;
	out->interp_off = p->offset;
	out->interp_len = p->filesz;
	return 0;
}

/* Address of the program headers in memory: PT_PHDR's word, or the segment that holds them, or 0. */
static uint64_t phdr_address(const struct elf_image *out, uint64_t phoff, uint64_t pt_phdr)
{
	if (pt_phdr)
		return pt_phdr;
	for (uint32_t i = 0; i < out->nr_load; i++)
		if (phoff >= out->load[i].off && phoff - out->load[i].off < out->load[i].filesz)
			return out->load[i].vaddr + (phoff - out->load[i].off);
	return 0;
}

static int add_phdr(struct elf_image *out, const struct elf_phdr *p, uint64_t file_size,
		    uint64_t *pt_phdr, const char **why)
{
	switch (p->type) {
	case PT_LOAD:
		return add_load(out, p, file_size, why);
	case PT_INTERP:
		return add_interp(out, p, file_size, why);
	case PT_PHDR:
		*pt_phdr = p->vaddr;
		return 0;
	case PT_GNU_STACK:
		out->has_gnu_stack = true;
		out->exec_stack = p->flags & PF_X;
		return 0;
	}
	return 0;
}

int elf_parse(const void *head, size_t head_len, const void *phdrs, size_t phdrs_len,
	      uint64_t file_size, struct elf_image *out, const char **why)
{
	struct lx_elf_ehdr h;
	uint64_t pt_phdr = 0;
	int err = elf_check_header(head, head_len, &h, why);

	if (err)
		return err;
	if (phdrs_len < (size_t)h.phnum * ELF_PHDR_SIZE) {
		*why = "truncated file: the program headers lie beyond its end";
		return -LX_ENOEXEC;
	}
	memset(out, 0, sizeof(*out));
	out->type = h.type;
	out->entry = h.entry;
	out->phnum = h.phnum;
	out->lo = UINT64_MAX;
	out->align = LX_PAGE_SIZE;
	for (uint32_t i = 0; i < h.phnum; i++) {
		struct elf_phdr p;

		memcpy(&p, (const uint8_t *)phdrs + (size_t)i * ELF_PHDR_SIZE, sizeof(p));
		err = add_phdr(out, &p, file_size, &pt_phdr, why);
		if (err)
			return err;
	}
	if (!out->nr_load) {
		*why = "program without a loadable segment";
		return -LX_ENOEXEC;
	}
	out->phdr_vaddr = phdr_address(out, h.phoff, pt_phdr);
	return 0;
}
