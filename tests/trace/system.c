/* SPDX-License-Identifier: MIT */
/*
 * Calls about scheduling, privileges, other processes, memory policies, clocks and the system, with arguments of every
 * form that a trace shows: its trace under strace and under lxrun must be equal line by line.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD ((void *)-1L)

/* linux/capability.h and linux/aio_abi.h, which musl's headers are without */
struct cap_header {
	uint32_t version;
	int32_t pid;
};
struct cap_data {
	uint32_t effective, permitted, inheritable;
};
struct iocb {
	uint64_t data;
	uint32_t key, rw_flags;
	uint16_t opcode;
	int16_t reqprio;
	uint32_t fildes;
	uint64_t buf, nbytes;
	int64_t offset;
	uint64_t reserved;
	uint32_t flags, resfd;
};
enum { PREAD, PWRITE, PREADV = 7, PWRITEV };

struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static void scheduling(void)
{
	struct attributes attr = { sizeof(attr), 0, 1, 5, 0, 0, 0, 0, 0, 0 };
	struct sched_param p = { 0 };
	struct timespec ts;

	syscall(SYS_sched_getscheduler, 0);
	syscall(SYS_sched_getscheduler, -1);
	syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p);
	syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &p);
	syscall(SYS_sched_getscheduler, 0);
	syscall(SYS_sched_setscheduler, 0, 0x40000000 | SCHED_OTHER, &p);
	syscall(SYS_sched_setscheduler, 0, 77, &p);
	p.sched_priority = 9;
	syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, BAD);
	syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, NULL);
	syscall(SYS_sched_setparam, 0, &p);
	syscall(SYS_sched_setparam, 0, BAD);
	syscall(SYS_sched_getparam, 0, &p);
	syscall(SYS_sched_getparam, -1, &p);
	syscall(SYS_sched_getparam, 0, NULL);
	syscall(SYS_sched_get_priority_max, SCHED_RR);
	syscall(SYS_sched_get_priority_min, 88);
	syscall(SYS_sched_rr_get_interval, 0, &ts);
	syscall(SYS_sched_rr_get_interval, -1, &ts);
	syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0);
	syscall(SYS_sched_getattr, 0, &attr, 48, 0);
	syscall(SYS_sched_getattr, 0, &attr, 3, 0);
	syscall(SYS_sched_getattr, 0, NULL, sizeof(attr), 7);
}

static void attributes(void)
{
	struct attributes attr = { 0 };

	attr.size = 48, attr.policy = SCHED_BATCH, attr.nice = 7, attr.flags = 1;
	syscall(SYS_sched_setattr, 0, &attr, 0);
	attr.policy = 6, attr.runtime = 10, attr.deadline = 20, attr.period = 30, attr.flags = 0x7f;
	syscall(SYS_sched_setattr, 0, &attr, 1);
	attr.size = sizeof(attr), attr.util_min = 1, attr.util_max = 2, attr.policy = 1,
	attr.priority = 3;
	syscall(SYS_sched_setattr, -1, &attr, 0);
	attr.size = 7;
	syscall(SYS_sched_setattr, -1, &attr, 0);
	syscall(SYS_sched_setattr, -1, NULL, 0);
	syscall(SYS_sched_setattr, -1, BAD, 0);
}

static void processors(void)
{
	uint64_t mask[16] = { 1 };

	syscall(SYS_sched_setaffinity, -1, 8L, mask);
	syscall(SYS_sched_setaffinity, -1, 0L, mask);
	syscall(SYS_sched_setaffinity, -1, 8L, NULL);
	mask[0] = 0;
	syscall(SYS_sched_setaffinity, -1, 8L, mask);
	mask[0] = 0x8000000000000005, mask[1] = 6;
	syscall(SYS_sched_setaffinity, -1, 16L, mask);
	syscall(SYS_sched_setaffinity, -1, 13L, mask);
	syscall(SYS_sched_getaffinity, -1, 8L, mask);
	syscall(SYS_sched_getaffinity, 0, 0L, NULL);
	syscall(SYS_getpriority, 0, 0);
	syscall(SYS_setpriority, 1, -5, 3);
	syscall(SYS_ioprio_get, 1, 0);
	syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 5);
	syscall(SYS_ioprio_get, 1, 0);
	syscall(SYS_ioprio_set, 2, -7, 3 << 13);
	syscall(SYS_ioprio_set, 9, -7, 7 << 13 | 99);
	syscall(SYS_ioprio_set, 9, -7, 1 << 13 | 4);
	syscall(SYS_ioprio_get, 3, -7);
}

static void privileges(void)
{
	struct cap_header h = { 0 };
	struct cap_data d[2];
	static const uint32_t versions[] = { 0x19980330, 0x20071026, 0x20080522, 7 };
	int i;

	for (i = 0; i < 4; i++) {
		memset(d, 0, sizeof(d));
		h.version = versions[i], h.pid = 0;
		syscall(SYS_capget, &h, d);
		h.version = versions[i];
		d[0].effective = 0x21, d[0].permitted = 0x80000001, d[1].permitted = 0x102;
		syscall(SYS_capset, &h, d);
	}
	h.version = versions[2], h.pid = -1;
	syscall(SYS_capget, &h, d);
	h.pid = 0;
	syscall(SYS_capget, &h, NULL);
	syscall(SYS_capget, NULL, NULL);
	syscall(SYS_capset, BAD, d);
	h.version = versions[2], h.pid = 0;
	syscall(SYS_capset, &h, BAD);
	syscall(SYS_capset, &h, NULL);
}

static void catch (int sig) {}

static void signals(void)
{
	static char stack[65536];
	stack_t ss = { stack, 0, sizeof(stack) }, old;
	struct timespec soon = { 0, 1 };
	struct sigaction sa = { .sa_handler = catch, .sa_flags = SA_ONSTACK };
	sigset_t set;
	siginfo_t si;
	fd_set fds;
	struct {
		const void *set;
		size_t size;
	} masked = { &set, 8 };

	sigaltstack(NULL, &old);
	sigaltstack(&ss, &old);
	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	ss.ss_flags = SS_DISABLE;
	syscall(SYS_sigaltstack, &ss, &old);
	ss.ss_flags = 99;
	syscall(SYS_sigaltstack, &ss, NULL);
	ss.ss_flags = 1U << 31;
	syscall(SYS_sigaltstack, &ss, NULL);
	ss.ss_flags = 0, ss.ss_size = 10;
	syscall(SYS_sigaltstack, &ss, NULL);
	syscall(SYS_sigaltstack, BAD, NULL);
	syscall(SYS_sigaltstack, NULL, BAD);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	syscall(SYS_rt_sigtimedwait, &set, &si, &soon, 8L);
	kill(getpid(), SIGUSR2);
	syscall(SYS_rt_sigpending, &set, 8L);
	syscall(SYS_rt_sigtimedwait, &set, &si, &soon, 8L);
	kill(getpid(), SIGUSR2);
	syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8L);
	syscall(SYS_rt_sigtimedwait, NULL, &si, NULL, 8L);
	syscall(SYS_tkill, getpid(), SIGUSR1);
	FD_ZERO(&fds);
	syscall(SYS_pselect6, 0, NULL, NULL, NULL, &soon, &masked);
	masked.set = NULL;
	syscall(SYS_pselect6, 0, &fds, NULL, NULL, &soon, &masked);
	masked.set = &set, masked.size = 5;
	syscall(SYS_pselect6, 0, NULL, NULL, NULL, &soon, &masked);
	syscall(SYS_pselect6, 0, NULL, NULL, NULL, &soon, NULL);
	syscall(SYS_pselect6, 0, NULL, NULL, NULL, NULL, BAD);
}

static void waits(void)
{
	siginfo_t si;
	char rusage[144];
	int pid = fork();

	if (!pid)
		_exit(3);
	syscall(SYS_waitid, P_PID, pid, &si, WEXITED | WNOWAIT, NULL);
	syscall(SYS_waitid, P_ALL, 0, &si, WEXITED, rusage);
	syscall(SYS_waitid, P_ALL, 0, &si, WEXITED, NULL);
	syscall(SYS_waitid, P_PGID, 5, NULL, WEXITED | WSTOPPED | WCONTINUED | WNOHANG, NULL);
	syscall(SYS_waitid, 9, 5, &si, 0, NULL);
	pid = fork();
	if (!pid)
		raise(SIGKILL);
	syscall(SYS_waitid, P_PID, pid, &si, WEXITED, NULL);
}

static void processes(void)
{
	char there[16] = "from elsewhere", here[16] = "0123456789abcde";
	struct iovec local[2] = { { here, 4 }, { here + 4, 5 } },
		     remote[2] = { { there, 3 }, { there + 3, 9 } };
	int me = getpid(), i;
	uint64_t list[4] = { 0 }, len;

	syscall(SYS_process_vm_readv, me, local, 2L, remote, 2L, 0L);
	syscall(SYS_process_vm_readv, me, local, 1L, remote, 0L, 0L);
	syscall(SYS_process_vm_readv, -5, local, 2L, remote, 2L, 7L);
	syscall(SYS_process_vm_readv, me, BAD, 2L, remote, 2L, 0L);
	syscall(SYS_process_vm_readv, me, local, 1L, BAD, 2L, 0L);
	syscall(SYS_process_vm_writev, me, local, 2L, remote, 2L, 0L);
	for (i = 0; i < 7; i++)
		syscall(SYS_kcmp, me, me, i, 1L, 1L);
	syscall(SYS_kcmp, me, me, 9, 1L, 2L);
	syscall(SYS_set_robust_list, list, 24L);
	syscall(SYS_get_robust_list, 0, &list[0], &len);
	syscall(SYS_get_robust_list, -5, &list[0], &len);
	syscall(SYS_set_robust_list, NULL, 24L);
}

static void tracing(void)
{
	struct iovec v;
	struct user_regs_struct regs;
	siginfo_t si;
	unsigned long word;

	ptrace(PTRACE_ATTACH, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_PEEKTEXT, -7, 16L, &word);
	syscall(SYS_ptrace, PTRACE_PEEKDATA, -7, 16L, &word);
	syscall(SYS_ptrace, PTRACE_PEEKUSER, -7, 8L * 15, &word);
	syscall(SYS_ptrace, PTRACE_PEEKUSER, -7, 8L * 100, &word);
	syscall(SYS_ptrace, PTRACE_POKEDATA, -7, 16L, 5L);
	syscall(SYS_ptrace, PTRACE_POKETEXT, -7, 16L, 5L);
	syscall(SYS_ptrace, PTRACE_POKEUSER, -7, 16L, 5L);
	syscall(SYS_ptrace, PTRACE_CONT, -7, 0L, (long)SIGINT);
	syscall(SYS_ptrace, PTRACE_CONT, -7, 1L, 0L);
	syscall(SYS_ptrace, PTRACE_SYSCALL, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_SINGLESTEP, -7, 0L, (long)SIGTRAP);
	syscall(SYS_ptrace, PTRACE_DETACH, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_KILL, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_SEIZE, -7, 0L, 0x100071L);
	syscall(SYS_ptrace, PTRACE_SETOPTIONS, -7, 0L, 1L);
	syscall(SYS_ptrace, PTRACE_SETOPTIONS, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_INTERRUPT, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_LISTEN, -7, 0L, 0L);
	syscall(SYS_ptrace, PTRACE_GETEVENTMSG, -7, 0L, &word);
	syscall(SYS_ptrace, PTRACE_GETREGS, -7, 0L, &regs);
	syscall(SYS_ptrace, PTRACE_GETFPREGS, -7, 0L, &regs);
	syscall(SYS_ptrace, PTRACE_GETSIGINFO, -7, 0L, &si);
	syscall(SYS_ptrace, 0x4204, -7, 1L, &v);
	syscall(SYS_ptrace, 0x420a, -7, 8L, &word);
	syscall(SYS_ptrace, 0x7777, -7, 8L, &word);
}

static void handles(void)
{
	struct {
		uint32_t bytes;
		int32_t type;
		uint8_t data[128];
	} h = { 0, 1, { 1, 2, 3 } };
	int id;

	syscall(SYS_name_to_handle_at, AT_FDCWD, "there", &h, &id, 0);
	h.bytes = 200;
	syscall(SYS_name_to_handle_at, AT_FDCWD, ".", &h, &id, 0x400);
	syscall(SYS_name_to_handle_at, AT_FDCWD, ".", NULL, NULL, 0x77);
	syscall(SYS_name_to_handle_at, AT_FDCWD, ".", &h, NULL, 0x77);
	h.bytes = 4, h.type = 1;
	syscall(SYS_open_by_handle_at, AT_FDCWD, &h, O_RDONLY | O_CLOEXEC);
	h.bytes = 0x77777777;
	syscall(SYS_open_by_handle_at, 99, &h, O_RDWR);
	syscall(SYS_open_by_handle_at, 99, NULL, O_PATH);
}

static void memory(void)
{
	char *p = mmap(NULL, 3 * 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char in[4];
	unsigned long nodes[2] = { 1, 0 };
	unsigned cpu, node;
	int mode;

	p[0] = 1;
	mincore(p, 4096, in);
	mincore(p, 3 * 4096, in);
	mincore(p + 1, 4096, in);
	mincore(p, 4096, NULL);
	syscall(SYS_mlock2, p, 4096L, 1);
	syscall(SYS_mlock2, p, 4096L, 7);
	munlock(p, 4096);
	syscall(SYS_mbind, p, 4096L, 1, nodes, 64L, 1);
	syscall(SYS_mbind, p, 4096L, 0, NULL, 0L, 0);
	syscall(SYS_mbind, p, 4096L, 77, nodes, 64L, 99);
	syscall(SYS_mbind, p, 4096L, 0x8002, nodes, 0L, 2);
	syscall(SYS_set_mempolicy, 0, NULL, 0L);
	syscall(SYS_set_mempolicy, 0xc003, nodes, 128L);
	syscall(SYS_set_mempolicy, 99, BAD, 64L);
	syscall(SYS_get_mempolicy, &mode, NULL, 0L, NULL, 0L);
	syscall(SYS_get_mempolicy, &mode, nodes, 128L, p, 3L);
	syscall(SYS_get_mempolicy, NULL, nodes, 1024L, NULL, 4L);
	syscall(SYS_get_mempolicy, NULL, NULL, 0L, NULL, 0x99L);
	syscall(SYS_getcpu, NULL, NULL, NULL);
	syscall(SYS_getcpu, BAD, &node, NULL);
	syscall(SYS_remap_file_pages, p, 4096L, 0, 1L, MAP_NONBLOCK);
	syscall(SYS_remap_file_pages, 4096L, 4096L, 1, 0L, 0);
	syscall(SYS_pkey_free, 77);
	syscall(SYS_pkey_mprotect, p, 4096L, PROT_READ, -1);
	syscall(SYS_pkey_alloc, 5, 9L);
	syscall(SYS_membarrier, 0, 0);
	syscall(SYS_rseq, p, 31L, 0, 0x1234);
	syscall(SYS_rseq, p, 32L, 1, 0x1234);
	syscall(SYS_rseq, NULL, 32L, 6, 0x1234);
}

static void clocks(void)
{
	struct timex tx = { 0 };
	struct timezone tz = { 0 };
	struct timeval tv = { 1, 2 };
	struct timespec ts = { 1, 2 };
	time_t t;

	syscall(SYS_gettimeofday, &tv, &tz);
	syscall(SYS_gettimeofday, &tv, NULL);
	syscall(SYS_gettimeofday, NULL, NULL);
	syscall(SYS_gettimeofday, BAD, NULL);
	tv.tv_sec = -1, tv.tv_usec = 5;
	syscall(SYS_settimeofday, &tv, NULL);
	tz.tz_minuteswest = 60, tz.tz_dsttime = 1;
	syscall(SYS_settimeofday, NULL, &tz);
	tv.tv_sec = 1;
	syscall(SYS_settimeofday, &tv, BAD);
	syscall(SYS_time, NULL);
	syscall(SYS_time, &t);
	syscall(SYS_time, BAD);
	syscall(SYS_clock_settime, 0, &ts);
	syscall(SYS_clock_settime, 99, BAD);
	tx.modes = 0x8013, tx.freq = 7;
	syscall(SYS_adjtimex, &tx);
	syscall(SYS_adjtimex, BAD);
	syscall(SYS_adjtimex, NULL);
	syscall(SYS_clock_adjtime, 1, &tx);
	tx.modes = 0;
	syscall(SYS_clock_adjtime, 99, &tx);
}

static void asynchronous(int fd)
{
	struct iocb cb = { .data = 7, .opcode = PREAD, .fildes = 99, .nbytes = 5, .offset = 1 };
	struct iocb *list[2] = { &cb, NULL };
	uint64_t events[8];
	struct timespec soon = { 0, 1 }, late = { 5, 0 };
	uint64_t ctx = 0;
	struct iovec v = { "abc", 3 };
	char buf[8] = "12345";

	syscall(SYS_io_setup, 0, &ctx);
	syscall(SYS_io_setup, 2, BAD);
	syscall(SYS_io_setup, 2, &ctx);
	syscall(SYS_io_submit, ctx, 0L, NULL);
	cb.buf = (uintptr_t)buf;
	syscall(SYS_io_submit, ctx, 1L, list);
	syscall(SYS_io_submit, ctx, 2L, BAD);
	syscall(SYS_io_submit, ctx, -1L, list);
	cb.flags = 1, cb.resfd = 98;
	syscall(SYS_io_cancel, 5L, &cb, events);
	cb.flags = 0;
	cb.fildes = fd, cb.opcode = PWRITE, cb.reqprio = 3;
	syscall(SYS_io_submit, ctx, 1L, list);
	syscall(SYS_io_getevents, ctx, 1L, 2L, events, &late);
	cb.opcode = PWRITEV, cb.buf = (uintptr_t)&v, cb.nbytes = 1, cb.reqprio = 0;
	syscall(SYS_io_submit, ctx, 1L, list);
	syscall(SYS_io_getevents, ctx, 1L, 1L, events, &late);
	cb.opcode = 66;
	syscall(SYS_io_submit, ctx, 1L, list);
	cb.opcode = PREADV, cb.rw_flags = 0x77;
	syscall(SYS_io_submit, ctx, 1L, list);
	syscall(SYS_io_getevents, ctx, 0L, 2L, events, &soon);
	syscall(SYS_io_cancel, ctx, &cb, events);
	syscall(SYS_io_cancel, ctx, NULL, NULL);
	syscall(SYS_io_pgetevents, ctx, 0L, 2L, events, &soon, NULL);
	syscall(SYS_io_destroy, ctx);
	syscall(SYS_io_destroy, 77L);
	close(fd);
}

static void others(void)
{
	char buf[256];
	struct {
		uint64_t value, address;
		uint32_t flags, reserved;
	} waitv[2] = { { 5, (uintptr_t)buf, 2, 0 }, { 6, (uintptr_t)buf, 0x82, 1 } };
	struct timespec soon = { 0, 1 };
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	syscall(SYS_getdents, fd, buf, 200);
	syscall(SYS_getdents, fd, buf, 200);
	syscall(SYS_getdents, 99, buf, 200);
	close(fd);
	syscall(SYS_sysfs, 1, "proc");
	syscall(SYS_sysfs, 2, 0L, BAD);
	syscall(SYS_sysfs, 9, 1L, 2L);
	syscall(SYS_reboot, 0xfee1dead, 672274793, 0x89abcdef, NULL);
	syscall(SYS_reboot, 0xfee1dead, 85072278, 0xa1b2c3d4, "again");
	syscall(SYS_reboot, 1, 2, 3, NULL);
	syscall(449, waitv, 2, 0, &soon, CLOCK_MONOTONIC);
	syscall(449, NULL, 0, 9, NULL, 0);
	syscall(SYS_sync_file_range, 99, 0L, 10L, 0);
	syscall(SYS_fchmodat, AT_FDCWD, "there", 0700);
	syscall(SYS_personality, 0xffffffff);
	syscall(SYS_personality, 0x0040000);
	syscall(SYS_personality, 0);
}

int main(void)
{
	int fd = open("aio", O_RDWR | O_CREAT, 0600);

	setgid(65534);
	setuid(65534);
	scheduling();
	attributes();
	processors();
	privileges();
	signals();
	waits();
	processes();
	tracing();
	handles();
	memory();
	clocks();
	asynchronous(fd);
	others();
	return 0;
}
