/* SPDX-License-Identifier: MIT */
/*
 * floor.c - what a trapped call costs at the least: one getppid that a minimal notification loop
 * answers at once. And a signal to oneself: the kill is a notification, too, and what it sends stops for
 * a thread that traces, which says what the guest is to see. Guest and threads share a CPU, or it would be the cost of
 * waking another. Prints "floor NANOSECONDS" and "signal NANOSECONDS", each the median of nine windows; argument:
 * milliseconds.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif
#define SYNC_WAKE_UP 1ul
#define WINDOWS      9

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void call(void)
{
	if (syscall(SYS_getppid) != 4242)
		errx(1, "the call was not answered");
}

static volatile int caught;
static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

static void signal_self(void)
{
	int before = caught;

	syscall(SYS_kill, 4242, SIGUSR1);
	if (caught == before)
		errx(1, "the signal was not delivered");
}

static void measure(const char *name, void (*run)(void), int64_t ns)
{
	double window[WINDOWS];

	for (int i = 0; i < WINDOWS; i++) {
		int64_t begin = now();
		long calls = 0;

		while (now() - begin < ns / WINDOWS)
			for (int n = 0; n < 64; n++, calls++)
				run();
		window[i] = (double)(now() - begin) / calls;
	}
	qsort(window, WINDOWS, sizeof(*window), ascending);
	printf("%s\t%.0f\n", name, window[WINDOWS / 2]);
	fflush(stdout);
}

/* Returns the listener. Without WAIT_KILLABLE_RECV a signal would end the call, and libseccomp may not know it. */
static int load_filter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int file = memfd_create("filter", MFD_CLOEXEC);
	static struct sock_filter code[256];
	struct sock_fprog program = { .filter = code };

	if (!ctx || file < 0 || seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(getppid), 0) ||
	    seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(kill), 0) ||
	    seccomp_export_bpf(ctx, file))
		return -1;
	program.len = pread(file, code, sizeof(code), 0) / sizeof(*code);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		       &program);
}

/* The guest: its descriptors are ours too (CLONE_FILES), so the listener needs no passing. */
static int guest(volatile int *listener, int64_t ns)
{
	signal(SIGUSR1, on_signal);
	raise(SIGSTOP); /* until it is traced */
	*listener = load_filter();
	if (*listener < 0)
		err(1, "no filter");
	measure("floor", call, ns);
	measure("signal", signal_self, ns);
	return 0;
}

static volatile int *listener;
static pid_t guest_pid;

static void *receive(void *arg)
{
	struct seccomp_notif req = { 0 };
	struct seccomp_notif_resp resp = { 0 };

	while (*listener < 0)
		usleep(100);
	ioctl(*listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP); /* since 6.6; else without */
	while (!ioctl(*listener, SECCOMP_IOCTL_NOTIF_RECV, &req) || errno == EINTR) {
		resp.id = req.id;
		resp.val = 4242;
		if (req.data.nr == SYS_kill)
			resp.val = syscall(SYS_tgkill, guest_pid, guest_pid, SIGUSR1);
		ioctl(*listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
		req = (struct seccomp_notif){ 0 };
	}
	return arg;
}

/* Every stop of the guest; its exit status. */
static int trace(void)
{
	siginfo_t info = { .si_signo = SIGUSR1 };
	int status;

	while (waitpid(guest_pid, &status, __WALL) == guest_pid && WIFSTOPPED(status)) {
		bool event = status >> 16;

		if (!event && WSTOPSIG(status) == SIGUSR1)
			ptrace(PTRACE_SETSIGINFO, guest_pid, 0, &info);
		ptrace(PTRACE_CONT, guest_pid, 0, event ? 0 : WSTOPSIG(status));
	}
	return status != 0;
}

int main(int argc, char **argv)
{
	int64_t ns = (argc > 1 ? atoi(argv[1]) : 300) * 1000000LL;
	int cpu = sched_getcpu(), status;
	pthread_t receiver;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	listener = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*listener = -1;
	guest_pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (guest_pid == 0)
		_exit(guest(listener, ns));
	if (waitpid(guest_pid, &status, WUNTRACED) != guest_pid || !WIFSTOPPED(status))
		errx(1, "no guest");
	if (ptrace(PTRACE_SEIZE, guest_pid, 0, PTRACE_O_EXITKILL))
		err(1, "no tracing");
	kill(guest_pid, SIGCONT);
	if (pthread_create(&receiver, NULL, receive, NULL))
		errx(1, "no thread");
	return trace();
}
