/* SPDX-License-Identifier: MIT */
/*
 * map.c - where an image goes, and the list of mappings that puts it there.
 *
 *	0x0000050e0000..0x000005190000  kept free below: the fast path's stub and table
 *	0x555500000000 + random         position-independent programs, heap behind them
 *	0x7d0000000000                  the engine's stub
 *	0x7e0000000000 + random         interpreters
 *	below the stack                 whatever the guest maps
 *
 * A segment becomes at most two mappings: its file pages, and the zero pages behind, which can be
 * written whatever the segment says. The bytes between the end of the file part and the end of its
 * page are cleared when the segment can be written. Both as on Linux.
 */
#include "loader_impl.h"
#include "nt/ex.h"

#define PROGRAM_BASE    0x555500000000ull
#define PROGRAM_FIXED   0x555555554000ull /* where everybody expects it, then */
#define INTERP_BASE     0x7e0000000000ull
#define PROGRAM_RANDOM  (1ull << 28) /* pages: 1 TiB */
#define INTERP_RANDOM   (1ull << 26) /* pages: 256 GiB */
#define PROGRAM_LIMIT   0x7d0000000000ull
#define INTERP_LIMIT    0x7ef000000000ull
#define HEAP_GAP_RANDOM (0x2000000ull / LX_PAGE_SIZE)
#define HEAP_LOWEST     0x06000000ull

static uint64_t random_below(uint64_t n)
{
	uint64_t r;

	if (!NT_SUCCESS(ExGenRandom(&r, sizeof(r))))
		return 0;
	return r % n;
}

static uint64_t page_down(uint64_t v)
{
	return v & ~(LX_PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t v)
{
	return page_down(v + LX_PAGE_SIZE - 1);
}

/* The bias keeps every address congruent to the file's wish modulo its alignment. */
static int choose_bias(const struct elf_image *elf, enum image_role role, uint64_t *bias,
		       const char **why)
{
	uint64_t base = role == IMAGE_PROGRAM ? PROGRAM_BASE : INTERP_BASE;
	uint64_t pages = role == IMAGE_PROGRAM ? PROGRAM_RANDOM : INTERP_RANDOM;
	uint64_t limit = role == IMAGE_PROGRAM ? PROGRAM_LIMIT : INTERP_LIMIT;
	uint64_t lo = elf->lo & ~(elf->align - 1);

	if (elf->type == ELF_TYPE_EXEC) {
		*bias = 0;
		if (elf->hi > PROGRAM_LIMIT) {
			*why = "segment where the stack or the trap engine is";
			return -LX_ENOMEM;
		}
		return 0;
	}
	if (!elf->fixed)
		base += random_below(pages) * LX_PAGE_SIZE;
	else if (role == IMAGE_PROGRAM)
		base = PROGRAM_FIXED;
	base &= ~(elf->align - 1);
	if (elf->hi - lo > limit - base) {
		*why = "image too large for the address space";
		return -LX_ENOMEM;
	}
	*bias = base - lo;
	return 0;
}

static bool add_map(PICO_IMAGE *image, const PICO_IMAGE_MAP *map)
{
	if (image->MapCount == PICO_MAX_IMAGE_MAPS)
		return false;
	image->Maps[image->MapCount++] = *map;
	return true;
}

static bool map_file_part(PICO_IMAGE *image, HANDLE file, uint64_t vaddr, uint64_t off,
			  uint64_t filesz, uint64_t memsz, uint32_t prot)
{
	uint64_t start = page_down(vaddr), end = page_up(vaddr + filesz);
	PICO_IMAGE_MAP map = {
		.File = file,
		.Address = start,
		.Size = end - start,
		.FileOffset = page_down(off),
		.Protect = prot,
	};

	if (memsz > filesz && prot & LX_PROT_WRITE && end > vaddr + filesz) {
		map.ZeroFrom = vaddr + filesz;
		map.ZeroSize = end - map.ZeroFrom;
	}
	return add_map(image, &map);
}

static bool map_zero_part(PICO_IMAGE *image, uint64_t start, uint64_t end, uint32_t prot)
{
	PICO_IMAGE_MAP map = {
		.Address = start,
		.Size = end - start,
		.Protect = LX_PROT_READ | LX_PROT_WRITE | (prot & LX_PROT_EXEC),
	};

	return end <= start || add_map(image, &map);
}

int map_image(const struct elf_image *elf, enum image_role role, HANDLE file, PICO_IMAGE *image,
	      uint64_t *bias, const char **why)
{
	int err = choose_bias(elf, role, bias, why);

	for (uint32_t i = 0; !err && i < elf->nr_load; i++) {
		uint64_t vaddr = elf->load[i].vaddr + *bias;
		uint64_t filesz = elf->load[i].filesz, memsz = elf->load[i].memsz;
		uint32_t prot = elf->load[i].prot;
		uint64_t zero = filesz ? page_up(vaddr + filesz) : page_down(vaddr);
		bool ok = true;

		if (filesz)
			ok = map_file_part(image, file, vaddr, elf->load[i].off, filesz, memsz,
					   prot);
		ok = ok && map_zero_part(image, zero, page_up(vaddr + memsz), prot);
		if (!ok) {
			*why = "too many loadable segments";
			err = -LX_ENOEXEC;
		}
	}
	return err;
}

/* The heap begins behind the image; behind the fast path's table if the image lies low. */
static uint64_t heap_start(uint64_t end, bool fixed)
{
	if (end < HEAP_LOWEST)
		end = HEAP_LOWEST;
	return fixed ? end : end + random_below(HEAP_GAP_RANDOM) * LX_PAGE_SIZE;
}

void map_describe(const struct elf_image *elf, uint64_t bias, PICO_IMAGE *image)
{
	image->StartCode = UINT64_MAX;
	for (uint32_t i = 0; i < elf->nr_load; i++) {
		uint64_t start = elf->load[i].vaddr + bias, end = start + elf->load[i].filesz;

		if (elf->load[i].prot & LX_PROT_EXEC) {
			if (start < image->StartCode)
				image->StartCode = start;
			if (end > image->EndCode)
				image->EndCode = end;
		}
		if (start > image->StartData)
			image->StartData = start;
		if (end > image->EndData)
			image->EndData = end;
	}
	if (image->StartCode == UINT64_MAX)
		image->StartCode = image->EndCode = elf->lo + bias;
	image->Entry = elf->entry + bias;
	image->Phdr = elf->phdr_vaddr ? elf->phdr_vaddr + bias : 0;
	image->Phnum = elf->phnum;
	image->Brk = heap_start(elf->hi + bias, elf->fixed);
}
