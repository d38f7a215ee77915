/* SPDX-License-Identifier: MIT */
/* Core files: whether there is one, what it is called, and what a debugger finds in it. */
#include "guest.h"
#include <elf.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>

#ifndef MADV_DONTDUMP
#define MADV_DONTDUMP 16
#endif

/*
 * The tests know where a core lands only if the pattern says "core". Who changes it (natively it is the
 * machine's) has it alone until its test ends.
 */
static void need_plain_pattern(int lock)
{
	struct rlimit lim;
	char *pattern;

	OK(flock(open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC), lock));
	pattern = read_file("/proc/sys/kernel/core_pattern");
	SKIP_UNLESS(pattern && !strcmp(pattern, "core\n"));
	SKIP_UNLESS(!getrlimit(RLIMIT_CORE, &lim) && lim.rlim_max == RLIM_INFINITY);
}

static void allow_cores(rlim_t size)
{
	struct rlimit lim = { size, RLIM_INFINITY };

	OK(setrlimit(RLIMIT_CORE, &lim));
}

/* Runs fn in a child that may dump core: its wait status. */
static int status_of(void (*fn)(void))
{
	pid_t pid = OK(fork());
	int status = -1;

	if (!pid) {
		fn();
		_exit(0);
	}
	OK(waitpid(pid, &status, 0));
	return status;
}

/* ---- reading one ---- */

static uint8_t *core;
static size_t core_size;

static bool load_core(const char *name)
{
	struct stat st;
	int fd = open(name, O_RDONLY);

	if (fd < 0 || fstat(fd, &st)) {
		FAIL("no core file %s", name);
		return false;
	}
	core = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	core_size = st.st_size;
	close(fd);
	return core != MAP_FAILED;
}

static const Elf64_Phdr *headers(int *n)
{
	const Elf64_Ehdr *eh = (const void *)core;

	*n = eh->e_phnum;
	return (const void *)(core + eh->e_phoff);
}

/* The k-th note of a type; *size of its contents. */
static const void *find_note(uint32_t type, int k, size_t *size)
{
	int n;
	const Elf64_Phdr *ph = headers(&n);
	const uint8_t *p = core + ph[0].p_offset, *end = p + ph[0].p_filesz;

	while (p + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *nh = (const void *)p;
		const uint8_t *desc = p + sizeof(*nh) + ((nh->n_namesz + 3) & ~3u);

		if (nh->n_type == type && !k--) {
			*size = nh->n_descsz;
			return desc;
		}
		p = desc + ((nh->n_descsz + 3) & ~3u);
	}
	return NULL;
}

/* The memory at an address as the core has it, or NULL. */
static const void *memory_at(const void *at, size_t size)
{
	uint64_t a = (uintptr_t)at;
	int n;
	const Elf64_Phdr *ph = headers(&n);

	for (int i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && a >= ph[i].p_vaddr &&
		    a + size <= ph[i].p_vaddr + ph[i].p_filesz)
			return core + ph[i].p_offset + (a - ph[i].p_vaddr);
	return NULL;
}

static const Elf64_Phdr *segment_of(const void *at)
{
	uint64_t a = (uintptr_t)at;
	int n;
	const Elf64_Phdr *ph = headers(&n);

	for (int i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && a >= ph[i].p_vaddr &&
		    a < ph[i].p_vaddr + ph[i].p_memsz)
			return &ph[i];
	return NULL;
}

/* ---- what the children do ---- */

static volatile char mark[] = "a mark in the data";
static char *page, *secret;

static void touch_null(void)
{
	*(volatile int *)8 = 1;
}

static void do_abort(void)
{
	abort();
}

static void die_of_term(void)
{
	raise(SIGTERM);
}

static void no_dump(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	abort();
}

static void with_pages(void)
{
	page = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	secret = mmap((void *)0x20000000, 8192, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	strcpy(page, "kept");
	mprotect(page, 4096, PROT_NONE);
	strcpy(secret, "left out");
	madvise(secret, 8192, MADV_DONTDUMP);
	abort();
}

static int ready[2];

static void *sleeper(void *arg)
{
	char c;

	if (write(ready[1], "x", 1) == 1)
		read((int)(intptr_t)arg, &c, 1);
	return NULL;
}

static void with_threads(void)
{
	pthread_t t;
	int never[2];
	char c;

	if (pipe(ready) || pipe(never))
		_exit(1);
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, sleeper, (void *)(intptr_t)never[0]);
	for (int i = 0; i < 3; i++)
		if (read(ready[0], &c, 1) != 1)
			_exit(1);
	sleep_ms(50);
	touch_null();
}

/* ---- tests ---- */

TEST(without_a_limit_there_is_no_core)
{
	int status;

	need_plain_pattern(LOCK_SH);
	allow_cores(0);
	status = status_of(do_abort);
	EQ(WTERMSIG(status), SIGABRT);
	TRUE(!WCOREDUMP(status));
	ERR(access("core", F_OK), ENOENT);
}

TEST(a_fault_leaves_a_core_with_its_signal_and_address)
{
	const siginfo_t *si;
	const prstatus_t *st;
	const prpsinfo_t *ps;
	const Elf64_Ehdr *eh;
	struct stat file;
	size_t size;
	int status;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	status = status_of(touch_null);
	EQ(WTERMSIG(status), SIGSEGV);
	TRUE(WCOREDUMP(status));
	OK(stat("core", &file));
	EQ(file.st_mode, S_IFREG | 0600);
	if (!load_core("core"))
		return;
	eh = (const void *)core;
	TRUE(!memcmp(eh->e_ident, ELFMAG, SELFMAG));
	EQ(eh->e_type, ET_CORE);
	EQ(eh->e_machine, EM_X86_64);
	st = find_note(NT_PRSTATUS, 0, &size);
	TRUE(st && size == sizeof(*st) && st->pr_cursig == SIGSEGV && st->pr_ppid == getpid());
	ps = find_note(NT_PRPSINFO, 0, &size);
	TRUE(ps && size == sizeof(*ps) && ps->pr_pid == st->pr_pid);
	if (ps)
		TRUE(!strncmp(ps->pr_fname, "core", 5));
	si = find_note(NT_SIGINFO, 0, &size);
	TRUE(si && si->si_signo == SIGSEGV && si->si_addr == (void *)8);
	if (si)
		EQ(si->si_code, SEGV_MAPERR);
	TRUE(find_note(NT_AUXV, 0, &size) && size >= 16 * 10);
	TRUE(find_note(NT_FILE, 0, &size));
	TRUE(find_note(NT_FPREGSET, 0, &size) && size == 512);
	TRUE(find_note(NT_X86_XSTATE, 0, &size));
	TRUE(!find_note(NT_PRSTATUS, 1, &size));
	TRUE(memory_at((void *)mark, sizeof(mark)) &&
	     !memcmp(memory_at((void *)mark, sizeof(mark)), (void *)mark, sizeof(mark)));
}

TEST(sigchld_says_that_there_is_a_core)
{
	siginfo_t si = { 0 };
	pid_t pid;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	pid = OK(fork());
	if (!pid)
		abort();
	OK(waitid(P_PID, pid, &si, WEXITED));
	EQ(si.si_code, CLD_DUMPED);
	EQ(si.si_status, SIGABRT);
}

TEST(every_thread_is_in_it)
{
	const prstatus_t *st;
	size_t size;
	int n = 0, status;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	status = status_of(with_threads);
	TRUE(WCOREDUMP(status));
	if (!load_core("core"))
		return;
	/* the one that took the signal comes first */
	st = find_note(NT_PRSTATUS, 0, &size);
	TRUE(st && ((const siginfo_t *)find_note(NT_SIGINFO, 0, &size))->si_addr == (void *)8);
	while ((st = find_note(NT_PRSTATUS, n, &size))) {
		TRUE(memory_at((void *)st->pr_reg[19], 8)); /* rsp */
		n++;
	}
	EQ(n, 4);
	TRUE(find_note(NT_FPREGSET, 3, &size));
}

TEST(what_must_not_be_dumped_is_not)
{
	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	TRUE(WCOREDUMP(status_of(with_pages)));
	if (!load_core("core"))
		return;
	TRUE(memory_at((void *)0x10000000, 4) &&
	     !memcmp(memory_at((void *)0x10000000, 4), "kept", 4));
	TRUE(segment_of((void *)0x20000000));
	if (segment_of((void *)0x20000000))
		EQ(segment_of((void *)0x20000000)->p_filesz, 0);
}

TEST(the_filter_leaves_private_memory_out)
{
	int fd;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	STREQ(read_file("/proc/self/coredump_filter"), "00000033\n");
	fd = OK(open("/proc/self/coredump_filter", O_WRONLY));
	EQ(write(fd, "0x10", 4), 4);
	ERR(write(fd, "x", 1), EINVAL);
	close(fd);
	STREQ(read_file("/proc/self/coredump_filter"), "00000010\n");
	TRUE(WCOREDUMP(status_of(with_pages))); /* inherited over fork */
	if (!load_core("core"))
		return;
	if (segment_of((void *)0x10000000))
		EQ(segment_of((void *)0x10000000)->p_filesz, 0);
	TRUE(!memory_at((void *)mark, sizeof(mark)));
}

TEST(the_limit_cuts_it)
{
	struct stat st;

	need_plain_pattern(LOCK_SH);
	allow_cores(32768);
	TRUE(WCOREDUMP(status_of(with_pages)));
	OK(stat("core", &st));
	BETWEEN(st.st_blocks * 512, 1, 32768 + 4096);
}

TEST(who_is_not_dumpable_leaves_none)
{
	int status;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	status = status_of(no_dump);
	EQ(WTERMSIG(status), SIGABRT);
	TRUE(!WCOREDUMP(status));
	ERR(access("core", F_OK), ENOENT);
}

TEST(other_signals_leave_none)
{
	int status;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	status = status_of(die_of_term);
	EQ(WTERMSIG(status), SIGTERM);
	TRUE(!WCOREDUMP(status));
}

TEST(a_link_in_its_place_is_replaced_not_followed)
{
	struct stat st;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	write_file("victim", "precious", 0644);
	OK(symlink("victim", "core"));
	TRUE(WCOREDUMP(status_of(do_abort)));
	STREQ(read_file("victim"), "precious");
	OK(lstat("core", &st));
	TRUE(S_ISREG(st.st_mode));
}

TEST(where_the_directory_cannot_be_written_there_is_none)
{
	int status;

	need_plain_pattern(LOCK_SH);
	allow_cores(RLIM_INFINITY);
	OK(mkdir("sealed", 0555));
	drop_root();
	OK(prctl(PR_SET_DUMPABLE, 1));
	OK(chdir("sealed"));
	status = status_of(do_abort);
	EQ(WTERMSIG(status), SIGABRT);
	TRUE(!WCOREDUMP(status));
}

static void change_user(void)
{
	if (setuid(65534))
		_exit(1);
	abort();
}

TEST(a_change_of_user_makes_undumpable)
{
	int status;

	need_plain_pattern(LOCK_SH);
	SKIP_UNLESS(!geteuid());
	allow_cores(RLIM_INFINITY);
	status = status_of(change_user);
	EQ(WTERMSIG(status), SIGABRT);
	TRUE(!WCOREDUMP(status));
}

/* Sets a number or text of /proc/sys for this test. False: not allowed here. */
static bool set_sysctl(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

TEST(the_pattern_names_the_file)
{
	char name[128];
	int status;
	pid_t pid;

	need_plain_pattern(LOCK_EX);
	allow_cores(RLIM_INFINITY);
	SKIP_UNLESS(set_sysctl("/proc/sys/kernel/core_pattern", "c.%p.%s.%e.%u.%%.%q"));
	pid = OK(fork());
	if (!pid) {
		prctl(PR_SET_NAME, "a/b");
		abort();
	}
	OK(waitpid(pid, &status, 0));
	set_sysctl("/proc/sys/kernel/core_pattern", "core");
	TRUE(WCOREDUMP(status));
	snprintf(name, sizeof(name), "c.%d.%d.a!b.%d.%%.", pid, SIGABRT, getuid());
	OK(access(name, F_OK));
}

TEST(the_pid_is_added_when_it_is_asked_for)
{
	char name[64];
	int status;
	pid_t pid;

	need_plain_pattern(LOCK_EX);
	allow_cores(RLIM_INFINITY);
	SKIP_UNLESS(set_sysctl("/proc/sys/kernel/core_uses_pid", "1"));
	pid = OK(fork());
	if (!pid)
		abort();
	OK(waitpid(pid, &status, 0));
	set_sysctl("/proc/sys/kernel/core_uses_pid", "0");
	TRUE(WCOREDUMP(status));
	snprintf(name, sizeof(name), "core.%d", pid);
	OK(access(name, F_OK));
}
