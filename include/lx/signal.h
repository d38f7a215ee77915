/* SPDX-License-Identifier: MIT */
/* signal.h - signal numbers, siginfo, wait status and clone flags of x86-64 Linux. */
#ifndef LX_SIGNAL_H
#define LX_SIGNAL_H
#include "lx/types.h"

#define LX_SIGNALS(S)                                                                              \
	S(HUP, 1) S(INT, 2) S(QUIT, 3) S(ILL, 4) S(TRAP, 5) S(ABRT, 6) S(BUS, 7) S(FPE, 8) S(KILL, 9) S(USR1, 10) S(SEGV, 11) S(USR2, 12) S(PIPE, 13) S(ALRM, 14) S(TERM, 15) S(STKFLT, 16) S(CHLD, 17) S(CONT, 18) S(STOP, 19) S(TSTP, 20) S(TTIN, 21) S(TTOU, 22) S(URG, 23) S(XCPU, 24) S(XFSZ, 25) S(VTALRM, 26) S(PROF, 27) S(WINCH, 28) S(IO, 29) S(PWR, 30) S(SYS, 31)
enum lx_signal {
#define LX_SIG_ENUM(name, nr) LX_SIG##name = nr,
	LX_SIGNALS(LX_SIG_ENUM)
#undef LX_SIG_ENUM
};
#define LX_SIGRTMIN 32
#define LX_NSIG 64
typedef uint64_t lx_sigset_t;
#define LX_SIGBIT(sig) (1ull << ((sig)-1))

#define LX_SI_USER 0
#define LX_SI_KERNEL 0x80
#define LX_SI_QUEUE -1
#define LX_SI_TIMER -2
#define LX_SI_MESGQ -3
#define LX_SI_TKILL -6
#define LX_CLD_EXITED 1
#define LX_CLD_KILLED 2
#define LX_CLD_DUMPED 3
#define LX_CLD_TRAPPED 4
#define LX_CLD_STOPPED 5
#define LX_CLD_CONTINUED 6

#define LX_POLL_IN  1 /* si_code of SIGIO */
#define LX_POLL_OUT 2
#define LX_POLL_MSG 3
#define LX_POLL_ERR 4
#define LX_POLL_PRI 5
#define LX_POLL_HUP 6

struct lx_siginfo {
	int32_t si_signo, si_errno, si_code, pad;
	union {
		struct { int32_t pid; uint32_t uid; int32_t status; int32_t pad; int64_t utime, stime; } chld;
		struct { int32_t pid; uint32_t uid; uint64_t value; } rt; /* kill, queue, mq */
		struct { int32_t tid, overrun; uint64_t value; int32_t sys_private; } timer;
		struct { int64_t band; int32_t fd; } poll; /* SIGIO with F_SETSIG */
		struct { uint64_t addr; } fault;
		uint8_t bytes[112];
	} u;
};
_Static_assert(sizeof(struct lx_siginfo) == 128, "siginfo_t");

#define LX_SIGEV_SIGNAL 0
#define LX_SIGEV_NONE 1
#define LX_SIGEV_THREAD 2
#define LX_SIGEV_THREAD_ID 4
struct lx_sigevent { uint64_t sigev_value; int32_t sigev_signo, sigev_notify, sigev_tid; int32_t pad[11]; };
_Static_assert(sizeof(struct lx_sigevent) == 64, "struct sigevent");

#define LX_SIG_DFL 0ull
#define LX_SIG_IGN 1ull
#define LX_SA_NOCLDSTOP 1u
#define LX_SA_NOCLDWAIT 2u
struct lx_sigaction { uint64_t handler, flags, restorer, mask; };

#define LX_CLONE_VM 0x100ull
#define LX_CLONE_FS 0x200ull
#define LX_CLONE_FILES 0x400ull
#define LX_CLONE_SIGHAND 0x800ull
#define LX_CLONE_PIDFD 0x1000ull
#define LX_CLONE_PTRACE 0x2000ull
#define LX_CLONE_VFORK 0x4000ull
#define LX_CLONE_PARENT 0x8000ull
#define LX_CLONE_THREAD 0x10000ull
#define LX_CLONE_NEWNS 0x20000ull
#define LX_CLONE_SYSVSEM 0x40000ull
#define LX_CLONE_SETTLS 0x80000ull
#define LX_CLONE_PARENT_SETTID 0x100000ull
#define LX_CLONE_CHILD_CLEARTID 0x200000ull
#define LX_CLONE_DETACHED 0x400000ull
#define LX_CLONE_UNTRACED 0x800000ull
#define LX_CLONE_CHILD_SETTID 0x1000000ull
#define LX_CLONE_NEWCGROUP 0x2000000ull
#define LX_CLONE_NEWUTS 0x4000000ull
#define LX_CLONE_NEWIPC 0x8000000ull
#define LX_CLONE_NEWUSER 0x10000000ull
#define LX_CLONE_NEWPID 0x20000000ull
#define LX_CLONE_NEWNET 0x40000000ull
#define LX_CLONE_IO 0x80000000ull
#define LX_CLONE_CLEAR_SIGHAND 0x100000000ull
#define LX_CLONE_INTO_CGROUP 0x200000000ull
#define LX_CLONE_NAMESPACES                                                              \
	(LX_CLONE_NEWNS | LX_CLONE_NEWCGROUP | LX_CLONE_NEWUTS | LX_CLONE_NEWIPC |       \
	 LX_CLONE_NEWUSER | LX_CLONE_NEWPID | LX_CLONE_NEWNET)
#define LX_CSIGNAL 0xffull

#define LX_WCOREFLAG 0x80 /* in a wait status */
#define LX_WNOHANG 1
#define LX_WUNTRACED 2
#define LX_WSTOPPED 2
#define LX_WEXITED 4
#define LX_WCONTINUED 8
#define LX_WNOWAIT 0x1000000
#define LX_WNOTHREAD 0x20000000
#define LX_WALL 0x40000000
#define LX_WCLONE 0x80000000u
#define LX_P_ALL 0
#define LX_P_PID 1
#define LX_P_PGID 2
#define LX_P_PIDFD 3

#define LX_RLIMITS(R) R(CPU, 0) R(FSIZE, 1) R(DATA, 2) R(STACK, 3) R(CORE, 4) R(RSS, 5) R(NPROC, 6) R(NOFILE, 7) R(MEMLOCK, 8) R(AS, 9) R(LOCKS, 10) R(SIGPENDING, 11) R(MSGQUEUE, 12) R(NICE, 13) R(RTPRIO, 14) R(RTTIME, 15)
enum lx_rlimit_nr {
#define LX_RL_ENUM(name, nr) LX_RLIMIT_##name = nr,
	LX_RLIMITS(LX_RL_ENUM)
#undef LX_RL_ENUM
	LX_RLIM_NLIMITS = 16,
};
#define LX_RLIM_INFINITY (~0ull)
#define LX_ITIMER_REAL 0
#define LX_CLOCK_REALTIME 0
#define LX_CLOCK_MONOTONIC 1
#define LX_CLOCK_PROCESS_CPUTIME_ID 2
#define LX_CLOCK_THREAD_CPUTIME_ID 3
#define LX_CLOCK_MONOTONIC_RAW 4
#define LX_CLOCK_REALTIME_COARSE 5
#define LX_CLOCK_MONOTONIC_COARSE 6
#define LX_CLOCK_BOOTTIME 7
#define LX_CLOCK_REALTIME_ALARM 8
#define LX_CLOCK_BOOTTIME_ALARM 9
#define LX_CLOCK_TAI 11
#define LX_TIMER_ABSTIME 1
#endif
