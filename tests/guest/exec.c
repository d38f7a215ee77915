/* SPDX-License-Identifier: MIT */
/* execve, execveat: arguments, environment, scripts, errors, auxiliary vector. */
#include "guest.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/personality.h>

/* `@show ARG...` prints argv behind it and the environment; `@aux` checks the auxiliary vector. */
int guest_helper(int argc, char **argv)
{
	extern char **environ;

	if (!strcmp(argv[1], "@pid")) {
		printf("%d %ld", getpid(), (long)syscall(SYS_gettid));
		return 0;
	}
	if (!strcmp(argv[1], "@where")) {
		printf("%#lx %p %p", getauxval(AT_PHDR), sbrk(0), (void *)&argc);
		return 0;
	}
	if (!strcmp(argv[1], "@count")) {
		size_t bytes = 0;

		for (int i = 0; i < argc; i++)
			bytes += strlen(argv[i]) + 1;
		printf("%d %zu", argc, bytes);
		return 0;
	}
	for (int i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	for (int i = 0; environ[i]; i++)
		printf("{%s}", environ[i]);
	return 0;
}

static const char *run(const char *path)
{
	char *argv[] = { "name", "one", "two", NULL }, *envp[] = { "A=1", NULL };

	return exec_output(path, argv, envp);
}

static const char *show(char *text, const char *format, const char *name)
{
	snprintf(text, 400, format, name);
	return text;
}

TEST(arguments_and_environment_arrive)
{
	char *argv[] = { "the name", "@show", "", "with space", NULL },
	     *envp[] = { "A=1", "EMPTY=", "odd", NULL };

	STREQ(exec_output(guest_exe(), argv, envp),
	      "[the name][@show][][with space]{A=1}{EMPTY=}{odd}");
	argv[2] = NULL;
	STREQ(exec_output(guest_exe(), argv, (char *[]){ NULL }), "[the name][@show]");
	STREQ(exec_output(guest_exe(), argv, NULL), "[the name][@show]");
}

TEST(errors_before_anything_is_lost)
{
	write_file("plain", "text", 0644);
	write_file("empty", "", 0755);
	write_file("garbage", "garbage of no known format\n", 0755);
	OK(mkdir("d", 0755));
	STREQ(run("missing"), "errno 2");
	STREQ(run("missing/x"), "errno 2");
	STREQ(run("plain/x"), "errno 20");
	STREQ(run("plain"), "errno 13");
	STREQ(run("d"), "errno 13");
	STREQ(run("empty"), "errno 8");
	STREQ(run("garbage"), "errno 8");
	STREQ(run(""), "errno 2");
	OK(symlink("loop", "loop"));
	STREQ(run("loop"), "errno 40");
}

TEST(execution_needs_permission)
{
	write_file("s", "#!/bin/sh\necho ran\n", 0700);
	STREQ(run("s"), "ran\n");
	IN_CHILD({
		bool root = geteuid() == 0;

		drop_root();
		if (root)
			STREQ(run("./s"), "errno 13");
	});
	OK(chmod("s", 0644));
	STREQ(run("s"), "errno 13");
	OK(chmod("s", 0111));
}

TEST(a_script_runs_its_interpreter)
{
	char line[400], want[400];

	write_file("s", show(line, "#!%s @show\n", guest_exe()), 0755);
	snprintf(want, sizeof(want), "[%s][@show][s][one][two]{A=1}", guest_exe());
	STREQ(run("s"), want);
	snprintf(want, sizeof(want), "[%s][@show][./s][one][two]{A=1}", guest_exe());
	STREQ(run("./s"), want);
	write_file("s", show(line, "#! \t %s  @show two words \t \n", guest_exe()), 0755);
	snprintf(want, sizeof(want), "[%s][@show two words][s][one][two]{A=1}", guest_exe());
	STREQ(run("s"), want);
	write_file("s", "#!/bin/sh\necho \"$0 $1 $2 $A\"\n", 0755);
	STREQ(run("s"), "s one two 1\n");
	write_file("s", "#!/bin/sh", 0755);
	STREQ(run("s"), "");
}

TEST(scripts_may_be_nested)
{
	char line[400], want[400];

	write_file("s0", show(line, "#!%s @show\n", guest_exe()), 0755);
	write_file("s1", "#!./s0 first\n", 0755);
	write_file("s2", "#!./s1\n", 0755);
	snprintf(want, sizeof(want), "[%s][@show][./s0][first][./s1][s2][one][two]{A=1}",
		 guest_exe());
	STREQ(run("s2"), want);
	write_file("s3", "#!./s2\n", 0755);
	write_file("s4", "#!./s3\n", 0755);
	write_file("s5", "#!./s4\n", 0755);
	STREQ(run("s5"), "errno 40");
}

TEST(broken_scripts)
{
	write_file("none", "#!\necho x\n", 0755);
	write_file("blank", "#!   \t \n", 0755);
	write_file("missing", "#!/no/such/interpreter\n", 0755);
	write_file("dir", "#!/tmp\n", 0755);
	STREQ(run("none"), "errno 8");
	STREQ(run("blank"), "errno 8");
	STREQ(run("missing"), "errno 2");
	STREQ(run("dir"), "errno 13");
}

TEST(big_arguments_arrive_and_bigger_ones_are_e2big)
{
	enum { count = 1000, size = 1000 };
	static char block[size];
	char *argv[count + 3], *huge = malloc(200000), *envp[] = { NULL };

	memset(block, 'b', size - 1);
	argv[0] = "x", argv[1] = "@count";
	for (int i = 0; i < count; i++)
		argv[i + 2] = block;
	argv[count + 2] = NULL;
	STREQ(exec_output(guest_exe(), argv, envp), "1002 1000009");
	memset(huge, 'h', 199999);
	huge[199999] = 0;
	argv[2] = huge;
	argv[3] = NULL;
	STREQ(exec_output(guest_exe(), argv, envp), "errno 7");
	huge[131071] = 0;
	STREQ(exec_output(guest_exe(), argv, envp), "3 131081");
}

TEST(too_many_arguments_are_e2big)
{
	enum { count = 40 };
	static char block[100001];
	char *argv[count * 4], *envp[] = { NULL };

	memset(block, 'b', 100000);
	for (int i = 0; i < count * 4 - 1; i++)
		argv[i] = block;
	argv[count * 4 - 1] = NULL;
	STREQ(exec_output(guest_exe(), argv, envp), "errno 7");
}

static void *exec_from_thread(void *arg)
{
	char *argv[] = { "x", "@pid", NULL };

	dup2(*(int *)arg, 1);
	execve(guest_exe(), argv, (char *[]){ NULL });
	return NULL;
}

TEST(exec_from_a_thread_takes_over_the_pid)
{
	char text[64] = "", want[64];
	int p[2], status;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exec_from_thread, &p[1]);
		for (;;)
			pause();
	}
	close(p[1]);
	TRUE(read(p[0], text, sizeof(text) - 1) > 0);
	snprintf(want, sizeof(want), "%d %d", pid, pid);
	STREQ(text, want);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
}

TEST(handlers_are_reset_and_ignored_signals_stay_ignored)
{
	char *argv[] = { "sh", "-c",
			 "kill -USR1 $$; echo survived; kill -USR2 $$; echo not reached", NULL };
	int p[2], status;
	char text[64] = "";

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		dup2(p[1], 1);
		signal(SIGUSR1, SIG_IGN);
		signal(SIGUSR2, (void (*)(int))(uintptr_t)main);
		execve("/bin/sh", argv, (char *[]){ NULL });
		_exit(99);
	}
	close(p[1]);
	TRUE(read(p[0], text, sizeof(text) - 1) > 0);
	STREQ(text, "survived\n");
	OK(waitpid(pid, &status, 0));
	EQ(WTERMSIG(status), SIGUSR2);
}

TEST(the_signal_mask_is_kept)
{
	char *argv[] = { "grep", "SigBlk", "/proc/self/status", NULL };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	OK(sigprocmask(SIG_SETMASK, &set, NULL));
	STREQ(exec_output("/bin/grep", argv, (char *[]){ NULL }), "SigBlk:\t0000000000000200\n");
}

TEST(execveat_runs_a_descriptor)
{
	char *argv[] = { "x", "@show", NULL }, *envp[] = { NULL };
	int status, p[2];
	char text[64] = "";

	OK(pipe(p));
	int fd = OK(open(guest_exe(), O_RDONLY | O_CLOEXEC));
	pid_t pid = OK(fork());

	if (pid == 0) {
		dup2(p[1], 1);
		syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
		_exit(errno);
	}
	close(p[1]);
	TRUE(read(p[0], text, sizeof(text) - 1) > 0);
	STREQ(text, "[x][@show]");
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	ERR(syscall(SYS_execveat, fd, "", argv, envp, 0), ENOENT);
	ERR(syscall(SYS_execveat, 999, "", argv, envp, AT_EMPTY_PATH), EBADF);
	ERR(syscall(SYS_execveat, AT_FDCWD, "missing", argv, envp, 0), ENOENT);
	OK(symlink(guest_exe(), "link"));
	ERR(syscall(SYS_execveat, AT_FDCWD, "link", argv, envp, AT_SYMLINK_NOFOLLOW), ELOOP);
}

TEST(the_auxiliary_vector_is_whole)
{
	char exe[PATH_MAX] = "";
	const unsigned char *rnd = (void *)getauxval(AT_RANDOM);

	EQ(getauxval(AT_PAGESZ), 4096);
	EQ(getauxval(AT_UID), getuid());
	EQ(getauxval(AT_EUID), geteuid());
	EQ(getauxval(AT_GID), getgid());
	EQ(getauxval(AT_EGID), getegid());
	EQ(getauxval(AT_SECURE), 0);
	EQ(getauxval(AT_CLKTCK), 100);
	EQ(getauxval(AT_PHENT), 56);
	TRUE(getauxval(AT_PHDR) != 0);
	TRUE(getauxval(AT_PHNUM) > 2);
	TRUE(getauxval(AT_ENTRY) != 0);
	TRUE(getauxval(AT_SYSINFO_EHDR) != 0);
	TRUE(rnd != NULL);
	TRUE(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	STREQ(exe, guest_exe());
	STREQ((char *)getauxval(AT_PLATFORM), "x86_64");
}

TEST(brk_starts_behind_the_program_and_moves)
{
	char *start = (char *)syscall(SYS_brk, 0), *end = start + 65536;

	TRUE(start != NULL);
	EQ(syscall(SYS_brk, end), (long)end);
	memset(start, 'x', 65536);
	EQ(syscall(SYS_brk, start), (long)start);
	EQ(syscall(SYS_brk, 0), (long)start);
	EQ(syscall(SYS_brk, 8), (long)start);
}

TEST(without_randomization_addresses_are_the_same_again)
{
	char *argv[] = { "x", "@where", NULL }, *envp[] = { NULL };
	char first[256];

	OK(personality(ADDR_NO_RANDOMIZE));
	snprintf(first, sizeof(first), "%s", exec_output(guest_exe(), argv, envp));
	for (int i = 0; i < 3; i++)
		STREQ(exec_output(guest_exe(), argv, envp), first);
	OK(personality(0));
	for (int i = 0; i < 8; i++)
		if (strcmp(exec_output(guest_exe(), argv, envp), first))
			return;
	FAIL("addresses are always %s", first);
}

TEST(the_comm_name_is_the_programs)
{
	char *argv[] = { "other", "/proc/self/comm", NULL };

	STREQ(exec_output("/bin/cat", argv, (char *[]){ NULL }), "cat\n");
}
