/* SPDX-License-Identifier: MIT */
/* wait4, waitid: options, zombies, orphans, stopped and continued children, exit codes. */
#include "guest.h"
#include <sys/prctl.h>
#include <sys/resource.h>

static pid_t child_exits(int code)
{
	pid_t pid = OK(fork());

	if (pid == 0)
		_exit(code);
	return pid;
}

static pid_t child_sleeps(void)
{
	pid_t pid = OK(fork());

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

TEST(exit_codes_are_eight_bits)
{
	int status;

	EQ(waitpid(child_exits(0), &status, 0) > 0, 1);
	EQ(status, 0);
	OK(waitpid(child_exits(255), &status, 0));
	EQ(status, 0xff00);
	OK(waitpid(child_exits(256 + 3), &status, 0));
	EQ(status, 0x0300);
	OK(waitpid(child_exits(-1), &status, 0));
	EQ(status, 0xff00);
}

TEST(any_child_or_a_certain_one)
{
	int status;
	pid_t a = child_exits(1), b = child_exits(2);

	EQ(waitpid(b, &status, 0), b);
	EQ(WEXITSTATUS(status), 2);
	EQ(waitpid(-1, &status, 0), a);
	ERR(waitpid(-1, &status, 0), ECHILD);
	ERR(waitpid(a, &status, 0), ECHILD);
	ERR(waitpid(1, &status, 0), ECHILD);
	ERR(waitpid(-1, &status, 0x100), EINVAL);
}

TEST(wnohang_returns_at_once)
{
	int status = 77;
	pid_t pid = child_sleeps();

	EQ(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, 0), pid);
	TRUE(WIFSIGNALED(status));
	EQ(WTERMSIG(status), SIGKILL);
}

TEST(deaths_by_signal_are_told)
{
	static const int sigs[] = { SIGTERM, SIGINT, SIGSEGV, SIGABRT, SIGUSR1, SIGALRM };
	int status;

	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++) {
		pid_t pid = child_sleeps();

		OK(kill(pid, sigs[i]));
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status & 0x7f, sigs[i]);
	}
	pid_t pid = OK(fork());

	if (pid == 0)
		*(volatile int *)8 = 1;
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status & 0x7f, SIGSEGV);
}

TEST(groups_are_waited_for)
{
	int status;
	pid_t a = OK(fork());

	if (a == 0) {
		setpgid(0, 0);
		_exit(1);
	}
	setpgid(a, a);
	pid_t b = child_exits(2);

	EQ(waitpid(0, &status, 0), b);
	EQ(waitpid(-a, &status, 0), a);
	ERR(waitpid(-a, &status, 0), ECHILD);
}

static long capabilities_of(pid_t pid)
{
	struct {
		uint32_t version;
		int pid;
	} header = { 0x20080522, pid };
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2];

	return syscall(SYS_capget, &header, data) ? -1 : (long)data[0].permitted;
}

/* The value of key in /proc/PID/status, for ever. */
static char *status_of(pid_t pid, const char *key)
{
	char path[64], *text, *p;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	text = read_file(path);
	p = text ? strstr(text, key) : NULL;
	if (!p)
		return "";
	p += strlen(key) + 2; /* ":\t" */
	p[strcspn(p, "\n")] = 0;
	return strdup(p);
}

TEST(a_zombie_still_has_a_name_credentials_and_limits)
{
	struct rlimit limit;
	pid_t pid = OK(fork());
	siginfo_t info;

	if (!pid) {
		prctl(PR_SET_NAME, "gone soon");
		_exit(0);
	}
	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	TRUE(!strcmp(status_of(pid, "Name"), "gone soon"));
	TRUE(!strcmp(status_of(pid, "CapPrm"), status_of(getpid(), "CapPrm")));
	TRUE(!strcmp(status_of(pid, "Uid"), status_of(getpid(), "Uid")));
	EQ(capabilities_of(pid), capabilities_of(0));
	OK(syscall(SYS_tgkill, pid, pid, 0));
	OK(syscall(SYS_tkill, pid, SIGUSR1));
	OK(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &limit));
	OK(waitpid(pid, NULL, 0));
	EQ(capabilities_of(pid), -1);
	ERR(syscall(SYS_tgkill, pid, pid, 0), ESRCH);
	ERR(syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &limit), ESRCH);
}

TEST(process_1_can_be_asked_as_any_other)
{
	struct rlimit limit;
	bool mighty = geteuid() == 0;
	char shown[17];

	snprintf(shown, sizeof(shown), "%08lx", (unsigned long)capabilities_of(1));
	TRUE(strstr(status_of(1, "CapPrm"), shown) != NULL);
	errno = 0;
	EQ(syscall(SYS_tgkill, 1, 1, 0), mighty ? 0 : -1);
	EQ(errno, mighty ? 0 : EPERM);
	errno = 0;
	EQ(syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, &limit), mighty ? 0 : -1);
	EQ(errno, mighty ? 0 : EPERM);
	ERR(syscall(SYS_tgkill, 2, 1, 0), ESRCH);
}

TEST(a_zombie_keeps_its_number_until_waited_for)
{
	siginfo_t info = { 0 };
	pid_t pid = child_exits(3);
	int status;

	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	EQ(info.si_pid, pid);
	EQ(info.si_status, 3);
	EQ(info.si_code, CLD_EXITED);
	EQ(info.si_signo, SIGCHLD);
	OK(kill(pid, 0));
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0x300);
	ERR(kill(pid, 0), ESRCH);
}

TEST(waitid_and_its_errors)
{
	siginfo_t info;
	pid_t pid = child_sleeps();

	memset(&info, 7, sizeof(info));
	OK(waitid(P_PID, pid, &info, WEXITED | WNOHANG));
	EQ(info.si_pid, 0);
	EQ(info.si_signo, 0);
	ERR(waitid(P_PID, pid, &info, WNOHANG), EINVAL);
	ERR(waitid(77, pid, &info, WEXITED), EINVAL);
	ERR(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	kill(pid, SIGTERM);
	OK(waitid(P_ALL, 0, &info, WEXITED));
	EQ(info.si_pid, pid);
	EQ(info.si_code, CLD_KILLED);
	EQ(info.si_status, SIGTERM);
	ERR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
	OK(waitid(P_PID, child_exits(0), NULL, WEXITED));
}

TEST(stopped_and_continued_children_are_reported)
{
	siginfo_t info;
	int status;
	pid_t pid = child_sleeps();

	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	TRUE(WIFSTOPPED(status));
	EQ(WSTOPSIG(status), SIGSTOP);
	EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	OK(kill(pid, SIGCONT));
	EQ(waitpid(pid, &status, WCONTINUED), pid);
	TRUE(WIFCONTINUED(status));
	EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	OK(kill(pid, SIGSTOP));
	OK(waitid(P_PID, pid, &info, WSTOPPED));
	EQ(info.si_code, CLD_STOPPED);
	EQ(info.si_status, SIGSTOP);
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WTERMSIG(status), SIGKILL);
}

TEST(orphans_go_to_init)
{
	int p[2];
	pid_t seen[2] = { 0, 0 };

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		if (fork() == 0) {
			pid_t me = getppid();

			while (getppid() == me)
				sleep_ms(2);
			seen[0] = getppid();
			write(p[1], seen, sizeof(seen));
			_exit(0);
		}
		sleep_ms(20);
		_exit(0);
	}
	OK(waitpid(pid, NULL, 0));
	close(p[1]);
	EQ(read(p[0], seen, sizeof(seen)), sizeof(seen));
	TRUE(seen[0] != getpid());
	ERR(waitpid(-1, NULL, 0), ECHILD);
}

TEST(ignored_sigchld_reaps_by_itself)
{
	signal(SIGCHLD, SIG_IGN);
	pid_t pid = child_exits(0);

	ERR(waitpid(pid, NULL, 0), ECHILD);
	/* told to be gone a moment before its number is free */
	for (int i = 0; i < 1000 && kill(pid, 0) == 0; i++)
		sleep_ms(1);
	ERR(kill(pid, 0), ESRCH);
}

static volatile sig_atomic_t chld_pid, chld_status, chld_code, chld_count;
static void on_sigchld(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)ctx;
	chld_pid = info->si_pid, chld_status = info->si_status, chld_code = info->si_code;
	chld_count++;
}

TEST(sigchld_tells_who_and_how)
{
	struct sigaction sa = { .sa_sigaction = on_sigchld, .sa_flags = SA_SIGINFO };

	OK(sigaction(SIGCHLD, &sa, NULL));
	pid_t pid = child_exits(9);

	for (int i = 0; i < 1000 && !chld_count; i++)
		sleep_ms(5);
	EQ(chld_count, 1);
	EQ(chld_pid, pid);
	EQ(chld_status, 9);
	EQ(chld_code, CLD_EXITED);
	EQ(waitpid(pid, NULL, 0), pid);
}

TEST(a_signal_interrupts_wait)
{
	struct sigaction sa = { .sa_sigaction = on_sigchld, .sa_flags = SA_SIGINFO };
	pid_t pid = child_sleeps();

	OK(sigaction(SIGALRM, &sa, NULL));
	alarm(1);
	ERR(waitpid(pid, NULL, 0), EINTR);
	kill(pid, SIGKILL);
	EQ(waitpid(pid, NULL, 0), pid);
}

TEST(usage_of_a_child_is_counted)
{
	struct rusage usage;
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		/* CPU time, not time: other programs may have the CPU meanwhile */
		while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < 60000000)
			;
		_exit(0);
	}
	memset(&usage, 0xff, sizeof(usage));
	EQ(wait4(pid, &status, 0, &usage), pid);
	BETWEEN(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
		5000, 5000000);
	OK(getrusage(RUSAGE_CHILDREN, &usage));
	BETWEEN(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec, 5000, 5000000);
	OK(getrusage(RUSAGE_SELF, &usage));
	ERR(getrusage(77, &usage), EINVAL);
}

TEST(a_grandchild_is_not_a_child)
{
	int p[2];
	pid_t grand;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		grand = fork();
		if (grand == 0)
			_exit(0);
		write(p[1], &grand, sizeof(grand));
		waitpid(grand, NULL, 0);
		_exit(0);
	}
	EQ(read(p[0], &grand, sizeof(grand)), sizeof(grand));
	ERR(waitpid(grand, NULL, 0), ECHILD);
	EQ(waitpid(-1, NULL, 0), pid);
}
