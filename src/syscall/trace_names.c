/* SPDX-License-Identifier: MIT */
/* Names of Linux constants, in the order in which strace prints them. */
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lx/stat.h"

/* clang-format off */
#define N(name) { LX_##name, #name }
#define END     { 0, NULL }

const struct flag_name trace_open_flags[] = {
	N(O_CREAT), N(O_EXCL), N(O_NOCTTY), N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK), N(O_SYNC),
	N(O_ASYNC), N(O_DSYNC), N(O_LARGEFILE), N(O_DIRECT), N(O_NOFOLLOW), N(O_NOATIME),
	N(O_CLOEXEC), N(O_PATH), N(O_TMPFILE), N(O_DIRECTORY), END
};
const struct flag_name trace_prot[] = {
	N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), { 0x1000000, "PROT_GROWSDOWN" },
	{ 0x2000000, "PROT_GROWSUP" }, END
};
const struct flag_name trace_map_flags[] = {
	{ 3, "MAP_SHARED_VALIDATE" }, N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_FIXED),
	N(MAP_ANONYMOUS), { 0x40, "MAP_32BIT" }, { 0x4000, "MAP_NORESERVE" },
	{ 0x8000, "MAP_POPULATE" }, { 0x10000, "MAP_NONBLOCK" }, { 0x100, "MAP_GROWSDOWN" },
	{ 0x800, "MAP_DENYWRITE" }, { 0x1000, "MAP_EXECUTABLE" }, { 0x2000, "MAP_LOCKED" },
	{ 0x20000, "MAP_STACK" }, { 0x40000, "MAP_HUGETLB" }, { 0x80000, "MAP_SYNC" },
	{ 0x100000, "MAP_FIXED_NOREPLACE" }, END
};
const struct flag_name trace_at_flags[] = {
	N(AT_SYMLINK_NOFOLLOW), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT), N(AT_EMPTY_PATH),
	{ 0x2000, "AT_STATX_FORCE_SYNC" }, { 0x4000, "AT_STATX_DONT_SYNC" },
	{ 0x8000, "AT_RECURSIVE" }, END
};
const struct flag_name trace_access[] = { N(R_OK), N(W_OK), N(X_OK), END };
const struct flag_name trace_whence[] = {
	N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE), END
};
const struct flag_name trace_clone_flags[] = {
	N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND), N(CLONE_PIDFD),
	N(CLONE_PTRACE), N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS),
	N(CLONE_SYSVSEM), N(CLONE_SETTLS), N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID),
	N(CLONE_DETACHED), N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID), N(CLONE_NEWCGROUP),
	N(CLONE_NEWUTS), N(CLONE_NEWIPC), N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET),
	N(CLONE_IO), N(CLONE_CLEAR_SIGHAND), N(CLONE_INTO_CGROUP), END
};
const struct flag_name trace_wait_options[] = {
	N(WNOHANG), N(WEXITED), N(WSTOPPED), N(WCONTINUED), N(WNOWAIT),
	{ LX_WNOTHREAD, "__WNOTHREAD" }, { LX_WALL, "__WALL" }, { LX_WCLONE, "__WCLONE" }, END
};
const struct flag_name trace_clocks[] = {
	N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
	N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW), N(CLOCK_REALTIME_COARSE),
	N(CLOCK_MONOTONIC_COARSE), N(CLOCK_BOOTTIME), N(CLOCK_REALTIME_ALARM),
	N(CLOCK_BOOTTIME_ALARM), N(CLOCK_TAI), END
};
const struct flag_name trace_rlimits[] = {
#define RLIMIT_NAME(name, nr) { nr, "RLIMIT_" #name },
	LX_RLIMITS(RLIMIT_NAME)
#undef RLIMIT_NAME
	END
};
const struct flag_name trace_sig_how[] = {
	{ 0, "SIG_BLOCK" }, { 1, "SIG_UNBLOCK" }, { 2, "SIG_SETMASK" }, END
};
const struct flag_name trace_fcntl[] = {
	N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK), N(F_SETLK),
	N(F_SETLKW), N(F_SETOWN), N(F_GETOWN), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW),
	N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ), N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS),
	{ 10, "F_SETSIG" }, { 11, "F_GETSIG" }, { 15, "F_SETOWN_EX" }, { 16, "F_GETOWN_EX" },
	{ 1024, "F_SETLEASE" }, { 1025, "F_GETLEASE" }, { 1026, "F_NOTIFY" }, END
};
const struct flag_name trace_poll[] = {
	N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLRDNORM), N(POLLRDBAND), N(POLLWRNORM),
	N(POLLWRBAND), { 0x400, "POLLMSG" }, N(POLLERR), N(POLLHUP), N(POLLNVAL), N(POLLRDHUP),
	END
};
const struct flag_name trace_epoll[] = {
	{ LX_POLLIN, "EPOLLIN" }, { LX_POLLPRI, "EPOLLPRI" }, { LX_POLLOUT, "EPOLLOUT" },
	{ LX_POLLRDNORM, "EPOLLRDNORM" }, { LX_POLLRDBAND, "EPOLLRDBAND" },
	{ LX_POLLWRNORM, "EPOLLWRNORM" }, { LX_POLLWRBAND, "EPOLLWRBAND" },
	{ LX_POLLERR, "EPOLLERR" }, { LX_POLLHUP, "EPOLLHUP" }, { LX_POLLRDHUP, "EPOLLRDHUP" },
	N(EPOLLEXCLUSIVE), N(EPOLLWAKEUP), N(EPOLLONESHOT), N(EPOLLET), END
};
const struct flag_name trace_prctl[] = {
	{ 1, "PR_SET_PDEATHSIG" }, { 2, "PR_GET_PDEATHSIG" }, { 3, "PR_GET_DUMPABLE" },
	{ 4, "PR_SET_DUMPABLE" }, { 8, "PR_SET_KEEPCAPS" }, { 7, "PR_GET_KEEPCAPS" },
	{ 13, "PR_GET_TIMING" }, { 14, "PR_SET_TIMING" }, { 25, "PR_GET_TSC" }, { 26, "PR_SET_TSC" },
	{ 27, "PR_GET_SECUREBITS" }, { 28, "PR_SET_SECUREBITS" }, { 40, "PR_GET_TID_ADDRESS" },
	{ 41, "PR_SET_THP_DISABLE" }, { 42, "PR_GET_THP_DISABLE" },
	{ 15, "PR_SET_NAME" }, { 16, "PR_GET_NAME" }, { 21, "PR_GET_SECCOMP" },
	{ 22, "PR_SET_SECCOMP" }, { 23, "PR_CAPBSET_READ" }, { 24, "PR_CAPBSET_DROP" },
	{ 29, "PR_SET_TIMERSLACK" }, { 30, "PR_GET_TIMERSLACK" }, { 35, "PR_SET_MM" },
	{ 36, "PR_SET_CHILD_SUBREAPER" }, { 37, "PR_GET_CHILD_SUBREAPER" },
	{ 38, "PR_SET_NO_NEW_PRIVS" }, { 39, "PR_GET_NO_NEW_PRIVS" }, { 47, "PR_CAP_AMBIENT" },
	{ 0x53564d41, "PR_SET_VMA" }, END
};
const struct flag_name trace_epoll_op[] = {
	N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD), END
};
const struct flag_name trace_sa_flags[] = {
	{ 0x04000000, "SA_RESTORER" }, { 0x08000000, "SA_ONSTACK" }, { 0x10000000, "SA_RESTART" },
	{ 0x20000000, "SA_INTERRUPT" }, { 0x40000000, "SA_NODEFER" }, { 0x80000000, "SA_RESETHAND" },
	{ 4, "SA_SIGINFO" }, N(SA_NOCLDSTOP), N(SA_NOCLDWAIT), END
};
const struct flag_name trace_file_types[] = {
	N(S_IFREG), N(S_IFDIR), N(S_IFLNK), N(S_IFCHR), N(S_IFBLK), N(S_IFIFO), N(S_IFSOCK), END
};
const struct flag_name trace_mode_bits[] = { N(S_ISUID), N(S_ISGID), N(S_ISVTX), END };
/* clang-format on */
