/* SPDX-License-Identifier: MIT */
/* ptrace(2): stops of every kind, registers, memory, options and events, attaching, what ends of either side mean. */
#include "guest.h"
#include <pthread.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
#define EVENT_STATUS(event) (SIGTRAP << 8 | 0x7f | (event) << 16)

/* The raw call: musl's wrapper hides the kernel's way of peeking. */
static long pt(long request, pid_t pid, long addr, long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static int wait_for(pid_t pid)
{
	int status = -1;

	EQ(waitpid(pid, &status, __WALL), pid);
	return status;
}

static struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct r = { 0 };

	OK(pt(PTRACE_GETREGS, pid, 0, (long)&r));
	return r;
}

/* A child that asks to be traced, stops, and then runs body. */
static pid_t tracee(void (*body)(void))
{
	pid_t pid = OK(fork());

	if (pid == 0) {
		pt(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		body();
		_exit(0);
	}
	EQ(wait_for(pid), SIGSTOP << 8 | 0x7f);
	return pid;
}

static void ends_with(pid_t pid, int code)
{
	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), code << 8);
}

static void nothing(void) {}

static volatile long word = 0x1234567890;

static void exit_with_word(void)
{
	_exit(word & 0xff);
}

TEST(memory_is_read_and_written)
{
	pid_t pid = tracee(exit_with_word);
	long value = 0;

	OK(pt(PTRACE_PEEKDATA, pid, (long)&word, (long)&value));
	EQ(value, 0x1234567890);
	OK(pt(PTRACE_POKEDATA, pid, (long)&word, 42));
	EQ(word, 0x1234567890);
	ERR(pt(PTRACE_PEEKDATA, pid, 16, (long)&value), EIO);
	ERR(pt(PTRACE_POKEDATA, pid, 16, 1), EIO);
	ERR(pt(PTRACE_PEEKDATA, pid, (long)&word, 16), EFAULT);
	/* text is not writable, but for a debugger */
	OK(pt(PTRACE_PEEKTEXT, pid, (long)exit_with_word, (long)&value));
	OK(pt(PTRACE_POKETEXT, pid, (long)exit_with_word, value));
	ends_with(pid, 42);
}

static void calls_getppid(void)
{
	_exit(syscall(SYS_getppid) == 4711 ? 7 : 8);
}

TEST(syscall_stops_come_in_pairs_and_can_change_all)
{
	pid_t pid = tracee(calls_getppid);
	struct user_regs_struct r;

	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	do {
		OK(pt(PTRACE_SYSCALL, pid, 0, 0));
		EQ(wait_for(pid), (SIGTRAP | 0x80) << 8 | 0x7f);
		r = regs_of(pid);
	} while (!guest_failures && r.orig_rax != SYS_getppid);
	EQ(r.rax, -ENOSYS);
	OK(pt(PTRACE_SYSCALL, pid, 0, 0));
	EQ(wait_for(pid), (SIGTRAP | 0x80) << 8 | 0x7f);
	r = regs_of(pid);
	EQ(r.orig_rax, SYS_getppid);
	EQ(r.rax, getpid());
	r.rax = 4711;
	OK(pt(PTRACE_SETREGS, pid, 0, (long)&r));
	ends_with(pid, 7);
}

static void calls_nothing_known(void)
{
	_exit(syscall(SYS_getpid) == getppid() ? 7 : 8);
}

TEST(a_call_is_replaced_at_its_entry)
{
	pid_t pid = tracee(calls_nothing_known);
	struct user_regs_struct r;

	do {
		OK(pt(PTRACE_SYSCALL, pid, 0, 0));
		EQ(wait_for(pid), SIGTRAP << 8 | 0x7f);
		r = regs_of(pid);
	} while (!guest_failures && r.orig_rax != SYS_getpid);
	r.orig_rax = SYS_getppid;
	OK(pt(PTRACE_SETREGS, pid, 0, (long)&r));
	ends_with(pid, 7);
}

#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO 0x420e
#endif
struct info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp, a[7];
};

static void writes_badly(void)
{
	_exit(write(-1, (void *)0x10, 3) == -1 ? 1 : 0);
}

TEST(syscall_info_tells_call_and_result)
{
	pid_t pid = tracee(writes_badly);
	struct info i;

	EQ(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (long)&i), 24);
	EQ(i.op, 0);
	EQ(i.arch, 0xc000003e);
	OK(pt(PTRACE_SYSCALL, pid, 0, 0));
	wait_for(pid);
	EQ(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (long)&i), 24); /* no TRACESYSGOOD */
	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	do {
		OK(pt(PTRACE_SYSCALL, pid, 0, 0));
		wait_for(pid);
		EQ(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (long)&i), i.op == 1   ? 80
									  : i.op == 2 ? 33
										      : 24);
	} while (!guest_failures && (i.op != 1 || i.a[0] != SYS_write));
	EQ(i.a[1], -1);
	EQ(i.a[2], 0x10);
	EQ(i.a[3], 3);
	OK(pt(PTRACE_SYSCALL, pid, 0, 0));
	wait_for(pid);
	EQ(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (long)&i), 33);
	EQ(i.op, 2);
	EQ(i.a[0], -EBADF);
	EQ(i.a[1] & 0xff, 1);
	EQ(pt(PTRACE_GET_SYSCALL_INFO, pid, 4, (long)&i), 33);
	ends_with(pid, 1);
}

static volatile sig_atomic_t got;
static void on_signal(int sig)
{
	got = sig;
}

static void raises_usr1(void)
{
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	raise(SIGUSR1);
	_exit(got);
}

TEST(signals_are_seen_swallowed_and_replaced)
{
	for (int round = 0; round < 3; round++) {
		static const int deliver[] = { 0, SIGUSR1, SIGUSR2 };
		pid_t pid = tracee(raises_usr1);
		siginfo_t info;

		OK(pt(PTRACE_CONT, pid, 0, 0));
		EQ(wait_for(pid), SIGUSR1 << 8 | 0x7f);
		OK(pt(PTRACE_GETSIGINFO, pid, 0, (long)&info));
		EQ(info.si_signo, SIGUSR1);
		EQ(info.si_code, SI_TKILL);
		EQ(info.si_pid, pid);
		OK(pt(PTRACE_CONT, pid, 0, deliver[round]));
		EQ(wait_for(pid), deliver[round] << 8);
	}
}

static void faults(void)
{
	*(volatile int *)16 = 1;
}

TEST(a_fault_tells_its_address_and_kills)
{
	pid_t pid = tracee(faults);
	siginfo_t info;

	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), SIGSEGV << 8 | 0x7f);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (long)&info));
	EQ((long)info.si_addr, 16);
	EQ(info.si_code, SEGV_MAPERR);
	OK(pt(PTRACE_CONT, pid, 0, SIGSEGV));
	EQ(wait_for(pid) & 0x7f, SIGSEGV);
}

TEST(single_steps_move_the_instruction_pointer)
{
	pid_t pid = tracee(nothing);
	unsigned long before = regs_of(pid).rip;
	int moved = 0;

	for (int i = 0; i < 20; i++) {
		OK(pt(PTRACE_SINGLESTEP, pid, 0, 0));
		EQ(wait_for(pid), SIGTRAP << 8 | 0x7f);
		moved += regs_of(pid).rip != before;
		before = regs_of(pid).rip;
	}
	BETWEEN(moved, 15, 20);
	ends_with(pid, 0);
}

TEST(registers_by_offset_and_as_sets)
{
	pid_t pid = tracee(nothing);
	struct user_regs_struct r = regs_of(pid), s = { 0 };
	struct iovec iov = { &s, sizeof(s) };
	char fp[8192];
	long value = 0;

	OK(pt(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, rip), (long)&value));
	EQ(value, r.rip);
	ERR(pt(PTRACE_PEEKUSER, pid, 3, (long)&value), EIO);
	ERR(pt(PTRACE_PEEKUSER, pid, 100000, (long)&value), EIO);
	OK(pt(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, r15), 99));
	EQ(regs_of(pid).r15, 99);
	OK(pt(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, r15), r.r15));
	OK(pt(PTRACE_GETREGSET, pid, 1, (long)&iov));
	EQ(iov.iov_len, sizeof(s));
	EQ(memcmp(&r, &s, sizeof(r)), 0);
	iov.iov_len = 16;
	OK(pt(PTRACE_GETREGSET, pid, 1, (long)&iov));
	EQ(iov.iov_len, 16);
	iov = (struct iovec){ fp, sizeof(fp) };
	OK(pt(PTRACE_GETREGSET, pid, 0x202, (long)&iov));
	BETWEEN(iov.iov_len, 512, 8192);
	ERR(pt(PTRACE_GETREGSET, pid, 0x7777, (long)&iov), EINVAL);
	ERR(pt(PTRACE_GETREGSET, pid, 1, 16), EFAULT);
	OK(pt(PTRACE_GETFPREGS, pid, 0, (long)fp));
	OK(pt(PTRACE_SETFPREGS, pid, 0, (long)fp));
	ERR(pt(PTRACE_GETREGS, pid, 0, 16), EFAULT);
	ends_with(pid, 0);
}

static void execs(void)
{
	execl(guest_exe(), "ptrace", "@exit", "5", NULL);
	_exit(1);
}

int guest_helper(int argc, char **argv)
{
	return argc > 2 ? atoi(argv[2]) : 0;
}

TEST(exec_stops_with_a_trap_or_an_event)
{
	pid_t pid = tracee(execs);
	long message = -1;

	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), SIGTRAP << 8 | 0x7f);
	EQ(regs_of(pid).rax, 0);
	ends_with(pid, 5);
	pid = tracee(execs);
	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD));
	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), EVENT_STATUS(PTRACE_EVENT_EXEC));
	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (long)&message));
	EQ(message, pid);
	OK(pt(PTRACE_SYSCALL, pid, 0, 0));
	EQ(wait_for(pid), (SIGTRAP | 0x80) << 8 | 0x7f); /* execve returns */
	EQ(regs_of(pid).orig_rax, SYS_execve);
	EQ(regs_of(pid).rax, 0);
	OK(pt(PTRACE_SYSCALL, pid, 0, 0));
	EQ(wait_for(pid), (SIGTRAP | 0x80) << 8 | 0x7f); /* the new program's first call */
	EQ(regs_of(pid).rax, -ENOSYS);
	ends_with(pid, 5);
}

static void exec_fails(void)
{
	_exit(execl("/no/such/program", "x", NULL) == -1 && errno == ENOENT ? 3 : 4);
}

TEST(an_exec_that_fails_returns)
{
	pid_t pid = tracee(exec_fails);
	int seen = 0;

	while (!guest_failures) {
		OK(pt(PTRACE_SYSCALL, pid, 0, 0));
		int status = wait_for(pid);
		if (!WIFSTOPPED(status)) {
			EQ(status, 3 << 8);
			break;
		}
		struct user_regs_struct r = regs_of(pid);
		seen += r.orig_rax == SYS_execve && (long)r.rax == -ENOENT;
	}
	EQ(seen, 1);
}

static void forks(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(9);
	_exit(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9 ? 6 : 1);
}

TEST(fork_shows_parent_and_child)
{
	pid_t pid = tracee(forks), child, other;
	long message = 0;
	int status = 0, stops = 0;

	OK(pt(PTRACE_SETOPTIONS, pid, 0,
	      PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD));
	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), EVENT_STATUS(PTRACE_EVENT_FORK));
	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (long)&message));
	child = (pid_t)message;
	EQ(wait_for(child), SIGSTOP << 8 | 0x7f);
	EQ(regs_of(child).rax, 0);
	OK(pt(PTRACE_SYSCALL, pid, 0, 0));
	EQ(wait_for(pid), (SIGTRAP | 0x80) << 8 | 0x7f);
	EQ(regs_of(pid).rax, child);
	OK(pt(PTRACE_CONT, child, 0, 0));
	EQ(wait_for(child), EVENT_STATUS(PTRACE_EVENT_EXIT));
	OK(pt(PTRACE_GETEVENTMSG, child, 0, (long)&message));
	EQ(message, 9 << 8);
	OK(pt(PTRACE_CONT, child, 0, 0));
	EQ(wait_for(child), 9 << 8); /* the tracer waits first, then the parent */
	OK(pt(PTRACE_CONT, pid, 0, 0));
	while ((other = waitpid(-1, &status, __WALL)) == pid && WIFSTOPPED(status) && ++stops < 9)
		OK(pt(PTRACE_CONT, pid, 0, status >> 16 ? 0 : WSTOPSIG(status)));
	EQ(status, 6 << 8);
	EQ(stops, 2); /* SIGCHLD and the exit event */
}

static void *thread_main(void *arg)
{
	return arg;
}

static void makes_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
	_exit(11);
}

TEST(threads_are_followed_and_waited_for)
{
	pid_t pid = tracee(makes_thread), tid;
	long message = 0;
	int status;

	OK(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE));
	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), EVENT_STATUS(PTRACE_EVENT_CLONE));
	OK(pt(PTRACE_GETEVENTMSG, pid, 0, (long)&message));
	tid = (pid_t)message;
	TRUE(tid != pid);
	EQ(wait_for(tid), SIGSTOP << 8 | 0x7f);
	OK(pt(PTRACE_CONT, pid, 0, 0));
	OK(pt(PTRACE_CONT, tid, 0, 0));
	EQ(waitpid(tid, &status, __WALL), tid);
	TRUE(status == 0 || status == 11 << 8); /* the group may end while it does */
	EQ(wait_for(pid), 11 << 8);
}

static pid_t sleeper(void)
{
	pid_t pid = OK(fork());

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

TEST(attach_stops_and_detach_lets_go)
{
	pid_t pid = sleeper();
	siginfo_t info;

	ERR(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	ERR(pt(PTRACE_ATTACH, pid, 0, 0), EPERM);
	EQ(wait_for(pid), SIGSTOP << 8 | 0x7f);
	OK(pt(PTRACE_GETSIGINFO, pid, 0, (long)&info));
	EQ(info.si_signo, SIGSTOP);
	ERR(pt(PTRACE_DETACH, pid, 0, 1000), EIO);
	OK(pt(PTRACE_DETACH, pid, 0, 0));
	ERR(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	EQ(waitpid(pid, NULL, WNOHANG | WUNTRACED), 0);
	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
}

TEST(who_is_stopped_already_obeys_at_once_and_stays_stopped)
{
	const int attach[] = { PTRACE_ATTACH, PTRACE_SEIZE };
	int status;

	for (int i = 0; i < 2; i++) {
		pid_t pid = sleeper();

		OK(kill(pid, SIGSTOP));
		EQ(waitpid(pid, &status, WUNTRACED), pid);
		OK(pt(attach[i], pid, 0, 0));
		TRUE(regs_of(pid).rip != 0);
		status = wait_for(pid);
		EQ(status & 0xffff, SIGSTOP << 8 | 0x7f);
		OK(pt(PTRACE_DETACH, pid, 0, 0));
		OK(kill(pid, SIGCONT));
		EQ(waitpid(pid, &status, WCONTINUED), pid);
		EQ(status, 0xffff);
		OK(kill(pid, SIGKILL));
		EQ(wait_for(pid), SIGKILL);
	}
}

TEST(detach_can_deliver_a_signal)
{
	pid_t pid = sleeper();

	OK(pt(PTRACE_ATTACH, pid, 0, 0));
	EQ(wait_for(pid), SIGSTOP << 8 | 0x7f);
	OK(pt(PTRACE_DETACH, pid, 0, SIGTERM));
	EQ(wait_for(pid), SIGTERM);
}

static void reads_pipe(int fd)
{
	char c;

	_exit(read(fd, &c, 1) == 1 ? c : 100);
}

TEST(interrupt_does_not_end_a_blocked_call)
{
	int ends[2];
	pid_t pid;
	long message;

	OK(pipe(ends));
	pid = OK(fork());
	if (pid == 0)
		reads_pipe(ends[0]);
	OK(pt(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
	for (int i = 0; i < 5; i++) {
		OK(pt(PTRACE_INTERRUPT, pid, 0, 0));
		EQ(wait_for(pid), EVENT_STATUS(PTRACE_EVENT_STOP));
		OK(pt(PTRACE_CONT, pid, 0, 0));
	}
	OK(write(ends[1], "\5", 1));
	EQ(wait_for(pid), 5 << 8);
	ERR(pt(PTRACE_GETEVENTMSG, pid, 0, (long)&message), ESRCH);
}

TEST(a_seized_group_stop_is_listened_to)
{
	pid_t pid = sleeper();

	OK(pt(PTRACE_SEIZE, pid, 0, 0));
	ERR(pt(PTRACE_LISTEN, pid, 0, 0), ESRCH);
	kill(pid, SIGSTOP);
	EQ(wait_for(pid), SIGSTOP << 8 | 0x7f); /* delivery */
	OK(pt(PTRACE_CONT, pid, 0, SIGSTOP));
	EQ(wait_for(pid), SIGSTOP << 8 | 0x7f | PTRACE_EVENT_STOP << 16);
	OK(pt(PTRACE_LISTEN, pid, 0, 0));
	kill(pid, SIGCONT);
	EQ(wait_for(pid), EVENT_STATUS(PTRACE_EVENT_STOP));
	OK(pt(PTRACE_CONT, pid, 0, 0));
	EQ(wait_for(pid), SIGCONT << 8 | 0x7f);
	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
}

TEST(a_tracer_that_ends_lets_go_or_kills)
{
	for (int exitkill = 0; exitkill < 2; exitkill++) {
		pid_t pid = sleeper(), tracer = OK(fork());

		if (tracer == 0) {
			pt(PTRACE_SEIZE, pid, 0, exitkill ? PTRACE_O_EXITKILL : 0);
			pt(PTRACE_INTERRUPT, pid, 0, 0);
			waitpid(pid, NULL, __WALL);
			_exit(0);
		}
		EQ(wait_for(tracer), 0);
		if (!exitkill) {
			sleep_ms(20);
			EQ(waitpid(pid, NULL, WNOHANG), 0);
			kill(pid, SIGTERM);
		}
		EQ(wait_for(pid), exitkill ? SIGKILL : SIGTERM);
	}
}

TEST(a_killed_tracee_is_gone)
{
	pid_t pid = tracee(nothing);

	kill(pid, SIGKILL);
	EQ(wait_for(pid), SIGKILL);
	ERR(pt(PTRACE_CONT, pid, 0, 0), ESRCH);
	pid = tracee(nothing);
	OK(pt(PTRACE_KILL, pid, 0, 0));
	EQ(wait_for(pid), SIGKILL);
}

TEST(who_may_not_be_traced)
{
	ERR(pt(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	ERR(pt(PTRACE_ATTACH, 999999, 0, 0), ESRCH);
	ERR(pt(PTRACE_SEIZE, 999999, 0, 0), ESRCH);
	ERR(pt(PTRACE_SEIZE, getppid(), 1, 0), EIO);
	ERR(pt(PTRACE_SEIZE, getppid(), 0, 1l << 30), EIO);
	ERR(pt(PTRACE_CONT, getppid(), 0, 0), ESRCH);
	ERR(pt(12345, getppid(), 0, 0), ESRCH);
	pid_t pid = tracee(nothing);
	ERR(pt(PTRACE_SETOPTIONS, pid, 0, 1l << 30), EINVAL);
	ERR(pt(PTRACE_CONT, pid, 0, 1000), EIO);
	ERR(pt(12345, pid, 0, 0), EIO);
	ERR(pt(PTRACE_LISTEN, pid, 0, 0), EIO);
	ERR(pt(PTRACE_INTERRUPT, pid, 0, 0), EIO);
	ends_with(pid, 0);
}

TEST(waitid_tells_of_traps)
{
	pid_t pid = tracee(raises_usr1);
	siginfo_t info = { 0 };

	OK(pt(PTRACE_CONT, pid, 0, 0));
	OK(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	EQ(info.si_code, CLD_TRAPPED);
	EQ(info.si_status, SIGUSR1);
	OK(waitid(P_PID, pid, &info, WSTOPPED));
	EQ(waitid(P_PID, pid, &info, WSTOPPED | WNOHANG), 0);
	ends_with(pid, 0);
}

TEST(proc_shows_the_tracer)
{
	pid_t pid = tracee(nothing);
	char name[64], want[64];

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	snprintf(want, sizeof(want), "TracerPid:\t%d\n", getpid());
	TRUE(strstr(read_file(name), want));
	TRUE(strstr(read_file(name), "State:\tt (tracing stop)"));
	ends_with(pid, 0);
}
