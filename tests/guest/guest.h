/* SPDX-License-Identifier: MIT */
/*
 * guest.h - the harness of the guest tests: static programs that run natively and under lxrun with the
 * same expectations.
 *
 * A program is a list of TEST(sentence_as_identifier) { ... }. Each test runs in its own process, in
 * its own fresh directory, with a time limit. A failed check prints the expression, the value it had
 * and the value it should have had, and the test goes on. Per test one line "ok NAME", "not ok NAME" or
 * "skip NAME"; at the end "PROGRAM: N passed, N failed". `PROGRAM NAME...` runs the named tests only.
 */
#ifndef GUEST_H
#define GUEST_H
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEST_SECONDS 20
#define TEST_SKIPPED 77

struct guest_test {
	const char *name;
	void (*run)(void);
	struct guest_test *next;
};
static struct guest_test *guest_tests, **guest_tail __attribute__((unused)) = &guest_tests;
static int guest_failures; /* of this process */

#define TEST(id)                                                        \
	static void test_##id(void);                                    \
	static struct guest_test guest_##id = { #id, test_##id, NULL }; \
	__attribute__((constructor)) static void guest_add_##id(void)   \
	{                                                               \
		*guest_tail = &guest_##id;                              \
		guest_tail = &guest_##id.next;                          \
	}                                                               \
	static void test_##id(void)

#define FAIL(...)                                        \
	do {                                             \
		printf("# %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__);                     \
		putchar('\n');                           \
		fflush(stdout);                          \
		guest_failures++;                        \
	} while (0)

/* Two numbers are equal. */
#define EQ(got, want)                                                                            \
	do {                                                                                     \
		long long got_ = (long long)(got), want_ = (long long)(want);                    \
		if (got_ != want_)                                                               \
			FAIL("%s is %lld (0x%llx), expected %s = %lld", #got, got_, got_, #want, \
			     want_);                                                             \
	} while (0)

#define TRUE(cond)                                                 \
	do {                                                       \
		if (!(cond))                                       \
			FAIL("%s is false, expected true", #cond); \
	} while (0)

#define STREQ(got, want)                                                                    \
	do {                                                                                \
		const char *got_ = (got), *want_ = (want);                                  \
		if (!got_ || strcmp(got_, want_))                                           \
			FAIL("%s is \"%s\", expected \"%s\"", #got, got_ ? got_ : "(null)", \
			     want_);                                                        \
	} while (0)

/* A number lies between two others. */
#define BETWEEN(got, low, high)                                                           \
	do {                                                                              \
		long long got_ = (long long)(got), low_ = (low), high_ = (high);          \
		if (got_ < low_ || got_ > high_)                                          \
			FAIL("%s is %lld, expected %lld..%lld", #got, got_, low_, high_); \
	} while (0)

/* The call succeeds (does not give -1); its value is the value of the expression. */
#define OK(call)                                                                         \
	({                                                                               \
		long long ret_ = (long long)(call);                                      \
		if (ret_ == -1)                                                          \
			FAIL("%s failed: %s, expected success", #call, strerror(errno)); \
		ret_;                                                                    \
	})

/* The call fails with this errno. */
#define ERR(call, want)                                                                            \
	do {                                                                                       \
		errno = 0;                                                                         \
		long long ret_ = (long long)(call);                                                \
		int errno_ = errno;                                                                \
		if (ret_ != -1)                                                                    \
			FAIL("%s is %lld, expected -1 %s", #call, ret_, #want);                    \
		else if (errno_ != (want))                                                         \
			FAIL("%s: errno is %d (%s), expected %s", #call, errno_, strerror(errno_), \
			     #want);                                                               \
	} while (0)

#define SKIP_UNLESS(cond)                                  \
	do {                                               \
		if (!(cond)) {                             \
			printf("# not here: %s\n", #cond); \
			fflush(stdout);                    \
			_exit(TEST_SKIPPED);               \
		}                                          \
	} while (0)

/* Runs the block in a child and expects its exit status; failures inside count. */
#define IN_CHILD(...)                                                                       \
	do {                                                                                \
		pid_t pid_ = OK(fork());                                                    \
		if (pid_ == 0) {                                                            \
			guest_failures = 0;                                                 \
			__VA_ARGS__;                                                        \
			fflush(stdout);                                                     \
			_exit(guest_failures ? 1 : 0);                                      \
		}                                                                           \
		int status_ = -1;                                                           \
		OK(waitpid(pid_, &status_, 0));                                             \
		if (status_)                                                                \
			FAIL("the child ended with wait status 0x%x, expected 0", status_); \
	} while (0)

/* ---- small helpers ---- */
static inline void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode))
		FAIL("cannot make %s: %s", name, strerror(errno));
	close(fd);
}

static inline char *read_file(const char *name)
{
	static char text[65536];
	int fd = open(name, O_RDONLY);
	ssize_t n, used = 0;

	if (fd < 0)
		return NULL;
	while ((n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += n;
	close(fd);
	text[used] = 0;
	return text;
}

static inline int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static inline void sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

/* A process says that its next sleep is the one that another waits for with await_sleep(). */
static volatile pid_t *guest_there;
__attribute__((constructor)) static void guest_map_there(void)
{
	guest_there = mmap(NULL, sizeof(*guest_there), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static inline void here(void)
{
	*guest_there = getpid();
}

static inline void await_sleep(pid_t pid)
{
	char path[64], *state;

	while (*guest_there != pid)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		sched_yield();
		state = read_file(path);
		state = state ? strrchr(state, ')') : NULL;
	} while (state && state[2] != 'S');
}

/* Goes to a new directory below place; leave_dir() removes it with what is in it. */
static inline char *enter_dir(const char *place)
{
	static char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/lxrun-test-XXXXXX", place);
	if (!mkdtemp(name) || chdir(name))
		FAIL("cannot make %s: %s", name, strerror(errno));
	return name;
}

static inline void leave_dir(const char *name)
{
	if (chdir("/") || nftw(name, remove_entry, 16, FTW_DEPTH | FTW_PHYS))
		FAIL("cannot remove %s: %s", name, strerror(errno));
}

/* Becomes an ordinary user for good; as one already, stays it. */
static inline void drop_root(void)
{
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		FAIL("cannot drop root: %s", strerror(errno));
}

/* This program's own path, for tests that exec it again: `PROGRAM @...` runs guest_helper(). */
static inline const char *guest_exe(void)
{
	return (const char *)getauxval(AT_EXECFN);
}
__attribute__((weak)) int guest_helper(int argc, char **argv);

/* Runs path with argv and envp in a child; returns what it wrote, or "errno N". */
static inline const char *exec_output(const char *path, char *const argv[], char *const envp[])
{
	static char text[8192];
	ssize_t n, used = 0;
	int p[2];

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		dup2(p[1], 1);
		close(p[0]);
		close(p[1]);
		execve(path, argv, envp);
		dprintf(1, "errno %d", errno);
		_exit(1);
	}
	close(p[1]);
	while ((n = read(p[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += n;
	text[used] = 0;
	close(p[0]);
	waitpid(pid, NULL, 0);
	return text;
}

#ifndef GUEST_NO_MAIN
/* ---- the runner ---- */
static void guest_in_child(struct guest_test *test)
{
	char dir[300];

	snprintf(dir, sizeof(dir), "t.%.200s.XXXXXX", test->name);
	if (!mkdtemp(dir) || chdir(dir) || chmod(".", 0777))
		FAIL("cannot make a directory for the test: %s", strerror(errno));
	umask(022);
	test->run();
	fflush(stdout);
	_exit(guest_failures ? 1 : 0);
}

/* Waits by polling: a harness should not depend on much of what it tests. */
static int guest_wait(pid_t pid)
{
	int status;
	long us = 200, waited = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && waited < TEST_SECONDS * 1000000L) {
		struct timespec ts = { 0, us * 1000 };

		nanosleep(&ts, NULL);
		waited += us;
		us = us * 2 < 20000 ? us * 2 : 20000;
	}
	if (got == pid)
		return status;
	printf("# %s\n", got ? strerror(errno) : "timed out");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 1 << 8; /* as if it had exited with 1 */
}

static bool guest_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	int passed = 0, failed = 0;

	if (argc > 1 && argv[1][0] == '@' && guest_helper)
		return guest_helper(argc, argv);
	for (int fd = 3; fd < 256; fd++) /* what the caller left open is not the test's */
		close(fd);
	for (struct guest_test *test = guest_tests; test; test = test->next) {
		if (!guest_wanted(test->name, argc, argv))
			continue;
		fflush(stdout);
		pid_t pid = fork();

		if (pid == 0)
			guest_in_child(test);
		int status = pid < 0 ? 1 : guest_wait(pid);
		const char *verdict = "not ok";

		if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED)
			verdict = "skip";
		else if (status == 0)
			verdict = "ok", passed++;
		else
			failed++;
		if (WIFSIGNALED(status))
			printf("# killed by signal %d\n", WTERMSIG(status));
		printf("%s %s\n", verdict, test->name);
	}
	printf("%s: %d passed, %d failed\n", slash ? slash + 1 : argv[0], passed, failed);
	return failed > 0;
}
#endif
#endif
