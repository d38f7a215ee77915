/* SPDX-License-Identifier: MIT */
/* mmap, munmap, mprotect, mremap, msync of files and memory. */
#include "guest.h"
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf jump;
static volatile sig_atomic_t fault;
static void on_fault(int sig)
{
	fault = sig;
	siglongjmp(jump, 1);
}

/* The signal that touching the byte raises, or 0. */
static int touch(volatile char *p, bool write)
{
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	fault = 0;
	if (!sigsetjmp(jump, 1)) {
		char c = *p;

		if (write)
			*p = c;
	}
	return fault;
}

TEST(a_private_mapping_shows_the_file_and_keeps_its_writes)
{
	write_file("f", "the text", 0600);
	int fd = OK(open("f", O_RDONLY));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	TRUE(map != MAP_FAILED);
	close(fd);
	EQ(memcmp(map, "the text\0\0", 10), 0);
	map[0] = 'T';
	STREQ(read_file("f"), "the text");
	IN_CHILD({
		EQ(map[0], 'T');
		map[0] = 'X';
	});
	EQ(map[0], 'T');
	OK(munmap(map, 4096));
	EQ(touch(map, false), SIGSEGV);
}

TEST(a_shared_mapping_writes_the_file)
{
	write_file("f", "the text", 0600);
	int fd = OK(open("f", O_RDWR));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), c;

	TRUE(map != MAP_FAILED);
	map[0] = 'T';
	EQ(pread(fd, &c, 1, 0), 1);
	EQ(c, 'T');
	EQ(pwrite(fd, "E", 1, 2), 1);
	EQ(map[2], 'E');
	OK(msync(map, 4096, MS_SYNC));
	IN_CHILD({ map[1] = 'H'; });
	EQ(map[1], 'H');
	STREQ(read_file("f"), "THE text");
}

TEST(touching_beyond_the_end_is_sigbus)
{
	write_file("f", "x", 0600);
	int fd = OK(open("f", O_RDWR));
	char *map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	TRUE(map != MAP_FAILED);
	EQ(touch(map + 4095, true), 0);
	EQ(touch(map + 4096, false), SIGBUS);
	OK(ftruncate(fd, 8192));
	EQ(touch(map + 4096, true), 0);
	OK(ftruncate(fd, 0));
	EQ(touch(map, false), SIGBUS);
}

TEST(offsets_are_in_pages)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	EQ(pwrite(fd, "second", 6, 4096), 6);
	char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);

	TRUE(map != MAP_FAILED);
	EQ(memcmp(map, "second", 6), 0);
	ERR((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 100), EINVAL);
	ERR((intptr_t)mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0), EINVAL);
}

TEST(errors_of_mmap)
{
	int p[2];

	write_file("f", "x", 0600);
	int rd = OK(open("f", O_RDONLY)), wr = OK(open("f", O_WRONLY)),
	    dir = OK(open(".", O_RDONLY));

	OK(pipe(p));
	ERR((intptr_t)mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, rd, 0), EACCES);
	ERR((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, wr, 0), EACCES);
	ERR((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
	ERR((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, p[0], 0), ENODEV);
	ERR((intptr_t)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
	ERR((intptr_t)mmap(NULL, 4096, PROT_READ, 0, rd, 0), EINVAL);
	ERR((intptr_t)mmap((void *)0x123, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, rd, 0), EINVAL);
	char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, rd, 0);

	ERR(mprotect(map, 4096, PROT_READ | PROT_WRITE), EACCES);
	EQ(touch(map, true), SIGSEGV);
}

TEST(map_fixed_replaces)
{
	write_file("f", "file", 0600);
	int fd = OK(open("f", O_RDONLY));
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	strcpy(map, "anon");
	TRUE(mmap(map, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == map);
	EQ(memcmp(map, "file", 4), 0);
	EQ(touch(map + 4096, true), 0);
}

TEST(anonymous_memory)
{
	char *map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	TRUE(map != MAP_FAILED);
	EQ(map[12345], 0);
	memset(map, 1, 1 << 20);
	OK(mprotect(map, 4096, PROT_NONE));
	EQ(touch(map, false), SIGSEGV);
	OK(mprotect(map, 4096, PROT_READ));
	EQ(touch(map, true), SIGSEGV);
	char *moved = mremap(map + 8192, 4096, 65536, MREMAP_MAYMOVE);

	TRUE(moved != MAP_FAILED);
	EQ(moved[0], 1);
	OK(madvise(map + 16384, 4096, MADV_DONTNEED));
	EQ(map[16384], 0);
	int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	IN_CHILD({ *shared = 5; });
	EQ(*shared, 5);
}

TEST(pages_of_a_shared_mapping_change_places)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	OK(pwrite(fd, "first", 5, 0));
	OK(pwrite(fd, "second", 6, 4096));
	char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	TRUE(map != MAP_FAILED);
	OK(syscall(SYS_remap_file_pages, map, 4096, 0, 1, 0));
	EQ(memcmp(map, "second", 6), 0);
	EQ(memcmp(map + 4096, "second", 6), 0);
	ERR(syscall(SYS_remap_file_pages, map, 4096, PROT_READ, 0, 0), EINVAL);
}

TEST(code_can_be_mapped_and_run)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* mov $42, %eax; ret */
	int fd = OK(open("code", O_RDWR | O_CREAT, 0600));

	EQ(write(fd, code, sizeof(code)), sizeof(code));
	int (*f)(void) = (int (*)(void))mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	TRUE((void *)f != MAP_FAILED);
	EQ(f(), 42);
}

TEST(dev_zero_maps_as_memory)
{
	int fd = OK(open("/dev/zero", O_RDWR));
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	TRUE(map != MAP_FAILED);
	EQ(touch(map, true), 0);
}

TEST(an_unlinked_file_stays_mapped)
{
	write_file("f", "text", 0600);
	int fd = OK(open("f", O_RDONLY));
	char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	OK(unlink("f"));
	EQ(memcmp(map, "text", 4), 0);
}

TEST(memory_policies_are_as_the_host_has_them)
{
	int policy = -1, node = -1;
	unsigned long nodes = 0;
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SKIP_UNLESS(!syscall(SYS_get_mempolicy, &policy, NULL, 0, NULL, 0));
	EQ(policy, 0); /* MPOL_DEFAULT */
	*p = 1;
	OK(syscall(SYS_get_mempolicy, &node, NULL, 0, p, 3)); /* MPOL_F_NODE | MPOL_F_ADDR */
	TRUE(node >= 0);
	OK(syscall(SYS_set_mempolicy, 4, NULL, 0)); /* MPOL_LOCAL */
	OK(syscall(SYS_get_mempolicy, &policy, &nodes, 64, NULL, 0));
	EQ(policy, 4);
	OK(syscall(SYS_mbind, p, 4096, 0, NULL, 0, 0));
	ERR(syscall(SYS_mbind, p + 1, 4096, 0, NULL, 0, 0), EINVAL);
	ERR(syscall(SYS_get_mempolicy, &policy, NULL, 0, NULL, 64), EINVAL);
}
