/* SPDX-License-Identifier: MIT */
/*
 * Arguments that are a constant or a set of flags and nothing else: one row per kind. Names stand in the
 * order in which strace prints them.
 */
#include "trace_impl.h"
#include <inttypes.h>
#include <string.h>

/* clang-format off */
#define END { 0, NULL }

static const struct flag_name arch_codes[] = {
	{ 0x1001, "ARCH_SET_GS" }, { 0x1002, "ARCH_SET_FS" }, { 0x1003, "ARCH_GET_FS" },
	{ 0x1004, "ARCH_GET_GS" }, { 0x1011, "ARCH_GET_CPUID" }, { 0x1012, "ARCH_SET_CPUID" },
	{ 0x1021, "ARCH_GET_XCOMP_SUPP" }, { 0x1022, "ARCH_GET_XCOMP_PERM" },
	{ 0x1023, "ARCH_REQ_XCOMP_PERM" }, { 0x2001, "ARCH_MAP_VDSO_X32" },
	{ 0x2002, "ARCH_MAP_VDSO_32" }, { 0x2003, "ARCH_MAP_VDSO_64" }, END
};
static const struct flag_name random_flags[] = {
	{ 1, "GRND_NONBLOCK" }, { 2, "GRND_RANDOM" }, { 4, "GRND_INSECURE" }, END
};
static const struct flag_name fadvice[] = {
	{ 0, "POSIX_FADV_NORMAL" }, { 1, "POSIX_FADV_RANDOM" }, { 2, "POSIX_FADV_SEQUENTIAL" },
	{ 3, "POSIX_FADV_WILLNEED" }, { 4, "POSIX_FADV_DONTNEED" }, { 5, "POSIX_FADV_NOREUSE" }, END
};
static const struct flag_name madvice[] = {
	{ 0, "MADV_NORMAL" }, { 1, "MADV_RANDOM" }, { 2, "MADV_SEQUENTIAL" }, { 3, "MADV_WILLNEED" },
	{ 4, "MADV_DONTNEED" }, { 8, "MADV_FREE" }, { 9, "MADV_REMOVE" }, { 10, "MADV_DONTFORK" },
	{ 11, "MADV_DOFORK" }, { 12, "MADV_MERGEABLE" }, { 13, "MADV_UNMERGEABLE" },
	{ 14, "MADV_HUGEPAGE" }, { 15, "MADV_NOHUGEPAGE" }, { 16, "MADV_DONTDUMP" },
	{ 17, "MADV_DODUMP" }, { 18, "MADV_WIPEONFORK" }, { 19, "MADV_KEEPONFORK" },
	{ 20, "MADV_COLD" }, { 21, "MADV_PAGEOUT" }, { 22, "MADV_POPULATE_READ" },
	{ 23, "MADV_POPULATE_WRITE" }, { 24, "MADV_DONTNEED_LOCKED" }, { 25, "MADV_COLLAPSE" }, END
};
static const struct flag_name remap_flags[] = {
	{ 1, "MREMAP_MAYMOVE" }, { 2, "MREMAP_FIXED" }, { 4, "MREMAP_DONTUNMAP" }, END
};
static const struct flag_name sync_flags[] = {
	{ 1, "MS_ASYNC" }, { 2, "MS_INVALIDATE" }, { 4, "MS_SYNC" }, END
};
static const struct flag_name lock_flags[] = {
	{ 1, "MCL_CURRENT" }, { 2, "MCL_FUTURE" }, { 4, "MCL_ONFAULT" }, END
};
static const struct flag_name flock_ops[] = {
	{ 1, "LOCK_SH" }, { 2, "LOCK_EX" }, { 4, "LOCK_NB" }, { 8, "LOCK_UN" }, END
};
static const struct flag_name priority_whiches[] = {
	{ 0, "PRIO_PROCESS" }, { 1, "PRIO_PGRP" }, { 2, "PRIO_USER" }, END
};
static const struct flag_name usage_whos[] = {
	{ 0, "RUSAGE_SELF" }, { 0xffffffff, "RUSAGE_CHILDREN" }, { 1, "RUSAGE_THREAD" }, END
};
static const struct flag_name itimers[] = {
	{ 0, "ITIMER_REAL" }, { 1, "ITIMER_VIRTUAL" }, { 2, "ITIMER_PROF" }, END
};
static const struct flag_name rename_flags[] = {
	{ 1, "RENAME_NOREPLACE" }, { 2, "RENAME_EXCHANGE" }, { 4, "RENAME_WHITEOUT" }, END
};
static const struct flag_name epoll_flags[] = { { 02000000, "EPOLL_CLOEXEC" }, END };
static const struct flag_name eventfd_flags[] = {
	{ 1, "EFD_SEMAPHORE" }, { 02000000, "EFD_CLOEXEC" }, { 04000, "EFD_NONBLOCK" }, END
};
static const struct flag_name timerfd_flags[] = {
	{ 02000000, "TFD_CLOEXEC" }, { 04000, "TFD_NONBLOCK" }, END
};
static const struct flag_name timerfd_set_flags[] = {
	{ 1, "TFD_TIMER_ABSTIME" }, { 2, "TFD_TIMER_CANCEL_ON_SET" }, END
};
static const struct flag_name timer_flags[] = { { 1, "TIMER_ABSTIME" }, END };
static const struct flag_name memfd_flags[] = {
	{ 1, "MFD_CLOEXEC" }, { 2, "MFD_ALLOW_SEALING" }, { 4, "MFD_HUGETLB" }, END
};
static const struct flag_name close_range_flags[] = {
	{ 2, "CLOSE_RANGE_UNSHARE" }, { 4, "CLOSE_RANGE_CLOEXEC" }, END
};
static const struct flag_name allocate_modes[] = {
	{ 1, "FALLOC_FL_KEEP_SIZE" }, { 2, "FALLOC_FL_PUNCH_HOLE" }, { 4, "FALLOC_FL_NO_HIDE_STALE" },
	{ 8, "FALLOC_FL_COLLAPSE_RANGE" }, { 16, "FALLOC_FL_ZERO_RANGE" },
	{ 32, "FALLOC_FL_INSERT_RANGE" }, { 64, "FALLOC_FL_UNSHARE_RANGE" }, END
};
static const struct flag_name xattr_flags[] = {
	{ 1, "XATTR_CREATE" }, { 2, "XATTR_REPLACE" }, END
};
static const struct flag_name policies[] = {
	{ 0, "SCHED_OTHER" }, { 1, "SCHED_FIFO" }, { 2, "SCHED_RR" }, { 3, "SCHED_BATCH" },
	{ 4, "SCHED_ISO" }, { 5, "SCHED_IDLE" }, { 6, "SCHED_DEADLINE" }, END
};
static const struct flag_name wait_types[] = {
	{ 0, "P_ALL" }, { 1, "P_PID" }, { 2, "P_PGID" }, { 3, "P_PIDFD" }, END
};
static const struct flag_name personalities[] = {
	{ 0, "PER_LINUX" }, { 1, "PER_SVR4" }, { 2, "PER_SVR3" }, { 3, "PER_SCOSVR3" },
	{ 4, "PER_WYSEV386" }, { 5, "PER_ISCR4" }, { 6, "PER_BSD" }, { 7, "PER_XENIX" },
	{ 8, "PER_LINUX32" }, { 0xffffffff, "0xffffffff" }, END
};
static const struct flag_name personality_flags[] = {
	{ 0, "PER_LINUX" }, { 0x20000, "UNAME26" }, { 0x40000, "ADDR_NO_RANDOMIZE" }, { 0x80000, "FDPIC_FUNCPTRS" },
	{ 0x100000, "MMAP_PAGE_ZERO" }, { 0x200000, "ADDR_COMPAT_LAYOUT" },
	{ 0x400000, "READ_IMPLIES_EXEC" }, { 0x800000, "ADDR_LIMIT_32BIT" },
	{ 0x1000000, "SHORT_INODE" }, { 0x2000000, "WHOLE_SECONDS" },
	{ 0x4000000, "STICKY_TIMEOUTS" }, { 0x8000000, "ADDR_LIMIT_3GB" }, END
};
static const struct flag_name lock2_flags[] = { { 1, "MLOCK_ONFAULT" }, END };
static const struct flag_name key_rights[] = {
	{ 1, "PKEY_DISABLE_ACCESS" }, { 2, "PKEY_DISABLE_WRITE" }, END
};
static const struct flag_name bind_flags[] = {
	{ 1, "MPOL_MF_STRICT" }, { 2, "MPOL_MF_MOVE" }, { 4, "MPOL_MF_MOVE_ALL" }, END
};
static const struct flag_name policy_queries[] = {
	{ 1, "MPOL_F_NODE" }, { 2, "MPOL_F_ADDR" }, { 4, "MPOL_F_MEMS_ALLOWED" }, END
};
static const struct flag_name io_whos[] = {
	{ 1, "IOPRIO_WHO_PROCESS" }, { 2, "IOPRIO_WHO_PGRP" }, { 3, "IOPRIO_WHO_USER" }, END
};
static const struct flag_name kcmp_types[] = {
	{ 0, "KCMP_FILE" }, { 1, "KCMP_VM" }, { 2, "KCMP_FILES" }, { 3, "KCMP_FS" },
	{ 4, "KCMP_SIGHAND" }, { 5, "KCMP_IO" }, { 6, "KCMP_SYSVSEM" }, { 7, "KCMP_EPOLL_TFD" }, END
};
static const struct flag_name handle_flags[] = {
	{ 0x400, "AT_SYMLINK_FOLLOW" }, { 0x1000, "AT_EMPTY_PATH" }, END
};
static const struct flag_name reboot_magics[] = {
	{ 0xfee1dead, "LINUX_REBOOT_MAGIC1" }, { 672274793, "LINUX_REBOOT_MAGIC2" },
	{ 85072278, "LINUX_REBOOT_MAGIC2A" }, { 369367448, "LINUX_REBOOT_MAGIC2B" },
	{ 537993216, "LINUX_REBOOT_MAGIC2C" }, END
};
static const struct flag_name reboot_cmds[] = {
	{ 0, "LINUX_REBOOT_CMD_CAD_OFF" }, { 0x89abcdef, "LINUX_REBOOT_CMD_CAD_ON" },
	{ 0xcdef0123, "LINUX_REBOOT_CMD_HALT" }, { 0x45584543, "LINUX_REBOOT_CMD_KEXEC" },
	{ 0x4321fedc, "LINUX_REBOOT_CMD_POWER_OFF" }, { 0x1234567, "LINUX_REBOOT_CMD_RESTART" },
	{ 0xa1b2c3d4, "LINUX_REBOOT_CMD_RESTART2" }, { 0xd000fce2, "LINUX_REBOOT_CMD_SW_SUSPEND" }, END
};
static const struct flag_name seccomp_ops[] = {
	{ 0, "SECCOMP_SET_MODE_STRICT" }, { 1, "SECCOMP_SET_MODE_FILTER" },
	{ 2, "SECCOMP_GET_ACTION_AVAIL" }, { 3, "SECCOMP_GET_NOTIF_SIZES" }, END
};
static const struct flag_name statx_mask[] = {
	{ 0xfff, "STATX_ALL" }, { 0x7ff, "STATX_BASIC_STATS" }, { 1, "STATX_TYPE" },
	{ 2, "STATX_MODE" }, { 4, "STATX_NLINK" }, { 8, "STATX_UID" }, { 0x10, "STATX_GID" },
	{ 0x20, "STATX_ATIME" }, { 0x40, "STATX_MTIME" }, { 0x80, "STATX_CTIME" },
	{ 0x100, "STATX_INO" }, { 0x200, "STATX_SIZE" }, { 0x400, "STATX_BLOCKS" },
	{ 0x800, "STATX_BTIME" }, { 0x1000, "STATX_MNT_ID" }, { 0x2000, "STATX_DIOALIGN" }, END
};
static const struct flag_name families[] = {
	{ 0, "AF_UNSPEC" }, { 1, "AF_UNIX" }, { 2, "AF_INET" }, { 10, "AF_INET6" },
	{ 16, "AF_NETLINK" }, { 17, "AF_PACKET" }, { 38, "AF_ALG" }, { 40, "AF_VSOCK" }, END
};
static const struct flag_name other_families[] = {
	{ 3, "AF_AX25" }, { 4, "AF_IPX" }, { 5, "AF_APPLETALK" }, { 6, "AF_NETROM" },
	{ 7, "AF_BRIDGE" }, { 8, "AF_ATMPVC" }, { 9, "AF_X25" }, { 11, "AF_ROSE" },
	{ 12, "AF_DECnet" }, { 13, "AF_NETBEUI" }, { 14, "AF_SECURITY" }, { 15, "AF_KEY" },
	{ 18, "AF_ASH" }, { 19, "AF_ECONET" }, { 20, "AF_ATMSVC" }, { 21, "AF_RDS" },
	{ 22, "AF_SNA" }, { 23, "AF_IRDA" }, { 24, "AF_PPPOX" }, { 25, "AF_WANPIPE" },
	{ 26, "AF_LLC" }, { 27, "AF_IB" }, { 28, "AF_MPLS" }, { 29, "AF_CAN" }, { 30, "AF_TIPC" },
	{ 31, "AF_BLUETOOTH" }, { 32, "AF_IUCV" }, { 33, "AF_RXRPC" }, { 34, "AF_ISDN" },
	{ 35, "AF_PHONET" }, { 36, "AF_IEEE802154" }, { 37, "AF_CAIF" }, { 39, "AF_NFC" },
	{ 41, "AF_KCM" }, { 42, "AF_QIPCRTR" }, { 43, "AF_SMC" }, { 44, "AF_XDP" },
	{ 45, "AF_MCTP" }, END
};
static const struct flag_name message_flags[] = {
	{ 1, "MSG_OOB" }, { 2, "MSG_PEEK" }, { 4, "MSG_DONTROUTE" }, { 8, "MSG_CTRUNC" },
	{ 0x10, "MSG_PROBE" }, { 0x20, "MSG_TRUNC" }, { 0x40, "MSG_DONTWAIT" }, { 0x80, "MSG_EOR" },
	{ 0x100, "MSG_WAITALL" }, { 0x200, "MSG_FIN" }, { 0x400, "MSG_SYN" }, { 0x800, "MSG_CONFIRM" },
	{ 0x1000, "MSG_RST" }, { 0x2000, "MSG_ERRQUEUE" }, { 0x4000, "MSG_NOSIGNAL" },
	{ 0x8000, "MSG_MORE" }, { 0x10000, "MSG_WAITFORONE" }, { 0x20000, "MSG_SENDPAGE_NOTLAST" }, { 0x40000, "MSG_BATCH" },
	{ 0x80000, "MSG_NO_SHARED_FRAGS" },
	{ 0x4000000, "MSG_ZEROCOPY" }, { 0x20000000, "MSG_FASTOPEN" },
	{ 0x40000000, "MSG_CMSG_CLOEXEC" }, { 0x80000000, "MSG_CMSG_COMPAT" }, END
};
static const struct flag_name sem_cmds[] = {
	{ 0, "IPC_RMID" }, { 1, "IPC_SET" }, { 2, "IPC_STAT" }, { 3, "IPC_INFO" },
	{ 11, "GETPID" }, { 12, "GETVAL" }, { 13, "GETALL" }, { 14, "GETNCNT" }, { 15, "GETZCNT" },
	{ 16, "SETVAL" }, { 17, "SETALL" }, { 18, "SEM_STAT" }, { 19, "SEM_INFO" },
	{ 20, "SEM_STAT_ANY" }, END
};
static const struct flag_name shm_cmds[] = {
	{ 0, "IPC_RMID" }, { 1, "IPC_SET" }, { 2, "IPC_STAT" }, { 3, "IPC_INFO" },
	{ 11, "SHM_LOCK" }, { 12, "SHM_UNLOCK" }, { 13, "SHM_STAT" }, { 14, "SHM_INFO" },
	{ 15, "SHM_STAT_ANY" }, END
};
static const struct flag_name msg_cmds[] = {
	{ 0, "IPC_RMID" }, { 1, "IPC_SET" }, { 2, "IPC_STAT" }, { 3, "IPC_INFO" },
	{ 11, "MSG_STAT" }, { 12, "MSG_INFO" }, { 13, "MSG_STAT_ANY" }, END
};
static const struct flag_name shm_flags[] = {
	{ 010000, "SHM_RDONLY" }, { 020000, "SHM_RND" }, { 040000, "SHM_REMAP" },
	{ 0100000, "SHM_EXEC" }, END
};
static const struct flag_name msg_flags[] = {
	{ 010000, "MSG_NOERROR" }, { 020000, "MSG_EXCEPT" }, { 040000, "MSG_COPY" },
	{ 04000, "IPC_NOWAIT" }, END
};
static const struct flag_name ipc_flags[] = {
	{ 01000, "IPC_CREAT" }, { 02000, "IPC_EXCL" }, { 04000, "IPC_NOWAIT" }, END
};
static const struct flag_name shmget_flags[] = {
	{ 01000, "IPC_CREAT" }, { 02000, "IPC_EXCL" }, { 04000, "SHM_HUGETLB" },
	{ 010000, "SHM_NORESERVE" }, END
};
static const struct flag_name shutdowns[] = {
	{ 0, "SHUT_RD" }, { 1, "SHUT_WR" }, { 2, "SHUT_RDWR" }, END
};
static const struct flag_name membarriers[] = {
	{ 0, "MEMBARRIER_CMD_QUERY" }, { 1, "MEMBARRIER_CMD_GLOBAL" },
	{ 2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED" }, { 4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED" },
	{ 8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED" },
	{ 16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED" }, END
};

static const struct flag_name futex_ops[] = {
	{ 0, "FUTEX_WAIT" }, { 1, "FUTEX_WAKE" }, { 2, "FUTEX_FD" }, { 3, "FUTEX_REQUEUE" },
	{ 4, "FUTEX_CMP_REQUEUE" }, { 5, "FUTEX_WAKE_OP" }, { 6, "FUTEX_LOCK_PI" },
	{ 7, "FUTEX_UNLOCK_PI" }, { 8, "FUTEX_TRYLOCK_PI" }, { 9, "FUTEX_WAIT_BITSET" },
	{ 10, "FUTEX_WAKE_BITSET" }, { 11, "FUTEX_WAIT_REQUEUE_PI" },
	{ 12, "FUTEX_CMP_REQUEUE_PI" }, { 13, "FUTEX_LOCK_PI2" }, END
};

/* Names that the printers of trace_args.c know by themselves. */
static const struct flag_name sync_as_stat[] = { { 0, "AT_STATX_SYNC_AS_STAT" }, END };
static const struct flag_name remove_dir[] = { { 0x200, "AT_REMOVEDIR" }, END };
static const struct flag_name effective[] = { { 0x200, "AT_EACCESS" }, END };
static const struct flag_name socket_types[] = {
	{ 1, "SOCK_STREAM" }, { 2, "SOCK_DGRAM" }, { 3, "SOCK_RAW" }, { 4, "SOCK_RDM" },
	{ 5, "SOCK_SEQPACKET" }, { 6, "SOCK_DCCP" }, END
};
static const struct flag_name socket_flags[] = {
	{ 02000000, "SOCK_CLOEXEC" }, { 04000, "SOCK_NONBLOCK" }, END
};
static const struct flag_name open_modes[] = { { 1, "O_WRONLY" }, { 2, "O_RDWR" }, END };

static const struct flag_kind consts[] = {
	{ "archcode", arch_codes, NULL, "ARCH_", 0, NULL, NULL }, { "grnd", random_flags, "0", NULL, 0, NULL, NULL },
	{ "fadvice", fadvice, NULL, "POSIX_FADV_", 0, NULL, NULL }, { "madvice", madvice, NULL, "MADV_", 0, NULL, NULL },
	{ "mremapflags", remap_flags, "0", NULL, 0, NULL, NULL }, { "msflags", sync_flags, "0", NULL, 0, NULL, NULL },
	{ "mclflags", lock_flags, "0", NULL, 0, NULL, NULL }, { "flockop", flock_ops, "0", NULL, 0, NULL, NULL },
	{ "prio", priority_whiches, NULL, "PRIO_", 0, NULL, NULL }, { "rusagewho", usage_whos, NULL, "RUSAGE_", 0, NULL, NULL },
	{ "timerwhich", itimers, NULL, "ITIMER_", 0, NULL, NULL }, { "renameflags", rename_flags, "0", NULL, 0, NULL, NULL },
	{ "acceptflags", socket_flags, "0", NULL, 0, NULL, NULL },
	{ "epollflags", epoll_flags, "0", NULL, 0, NULL, NULL }, { "efdflags", eventfd_flags, "0", NULL, 0, NULL, NULL },
	{ "tfdflags", timerfd_flags, "0", NULL, 0, NULL, NULL }, { "tfdset", timerfd_set_flags, "0", NULL, 0, NULL, NULL },
	{ "timerflags", timer_flags, "0", NULL, 0, NULL, NULL }, { "mfdflags", memfd_flags, "0", NULL, 0, NULL, NULL },
	{ "closerange", close_range_flags, "0", NULL, 0, NULL, NULL }, { "allocmode", allocate_modes, "0", NULL, 0, NULL, NULL },
	{ "xattrflags", xattr_flags, "0", NULL, 0, NULL, NULL }, { "policy", policies, NULL, "SCHED_", 0, NULL, NULL },
	{ "waittype", wait_types, NULL, "P_", 0, NULL, NULL }, { "mlock2flags", lock2_flags, "0", "MLOCK_", 0, NULL, NULL },
	{ "statxmask", statx_mask, "0", NULL, 0, NULL, NULL }, { "family", families, NULL, "AF_", 0, NULL, other_families },
	{ "membarrier", membarriers, NULL, "MEMBARRIER_CMD_", 0, NULL, NULL }, { "msgflags", message_flags, "0", NULL, 0, NULL, NULL },
	{ "shuthow", shutdowns, NULL, "SHUT_", 0, NULL, NULL }, { "sollevel", trace_option_levels, NULL, "SOL_", 0, NULL, trace_other_levels },
	{ "sockopt", trace_socket_options, NULL, "SO_", 0, NULL, trace_other_options }, { "whence", trace_whence, NULL, "SEEK_", 0, NULL, NULL },
	{ "prot", trace_prot, "PROT_NONE", NULL, 0, NULL, NULL },
	{ "sighow", trace_sig_how, NULL, "SIG_", 0, NULL, NULL }, { "ioctl", trace_ioctl, NULL, "_IOC", 0, NULL, trace_other_ioctls },
	{ "accmode", trace_access, "F_OK", NULL, 0, NULL, NULL }, { "fcntl", trace_fcntl, NULL, "F_", 0, NULL, NULL },
	{ "waitopts", trace_wait_options, "0", NULL, 0, NULL, NULL }, { "rlimit", trace_rlimits, NULL, "RLIMIT_", 0, NULL, NULL },
	{ "ioprio", io_whos, NULL, "IOPRIO_WHO_", 0, NULL, NULL }, { "prctl", trace_prctl, NULL, "PR_", 0, NULL, NULL },
	{ "epollop", trace_epoll_op, NULL, "EPOLL_CTL_", 0, NULL, NULL }, { "semcmd", sem_cmds, NULL, "SEM_", 0, NULL, NULL },
	{ "shmcmd", shm_cmds, NULL, "SHM_", 0, NULL, NULL }, { "msgcmd", msg_cmds, NULL, "MSG_", 0, NULL, NULL },
	{ "shmflags", shm_flags, "0", NULL, 0, NULL, NULL }, { "msgopflags", msg_flags, "0", NULL, 0, NULL, NULL },
	{ "pidfdflags", trace_pidfd_flags, "0", "PIDFD_", 0, NULL, NULL },
	{ "pidfdsend", trace_no_flags, "0", NULL, 0, NULL, NULL },
	{ "mountflags", trace_mount_flags, "0", "MS_", 0, NULL, NULL },
	{ "umountflags", trace_umount_flags, "0", "MNT_", 0, NULL, NULL },
	{ "opentree", trace_open_tree, "0", "OPEN_TREE_", 0, NULL, NULL },
	{ "movemount", trace_move_mount, "0", "MOVE_MOUNT_", 0, NULL, NULL },
	{ "fsopenflags", trace_fsopen, "0", "FSOPEN_", 0, NULL, NULL },
	{ "fsconfigcmd", trace_fsconfig, NULL, "FSCONFIG_", 0, NULL, NULL },
	{ "fsmountflags", trace_fsmount, "0", "FSMOUNT_", 0, NULL, NULL },
	{ "mountattrs", trace_mount_attrs, "0", "MOUNT_ATTR_", 0, NULL, NULL },
	{ "fspickflags", trace_fspick, "0", "FSPICK_", 0, NULL, NULL },
	{ "nstype", trace_name_spaces, NULL, "CLONE_", 0, NULL, NULL },
	{ "unshareflags", trace_clone_flags, "0", "CLONE_", 0, NULL, NULL },
	{ "inotifyinit", trace_inotify_init, "0", "IN_", 0, NULL, NULL },
	{ "inotifymask", trace_inotify_mask, "0", "IN_", 0, NULL, NULL },
	{ "spliceflags", trace_splice, "0", "SPLICE_F_", 0, NULL, NULL },
	{ "syncrange", trace_sync_range, "0", "SYNC_FILE_RANGE_", 0, NULL, NULL },
	{ "rwflags", trace_rwf, "0", "RWF_", 0, NULL, NULL },
	{ "signalfdflags", trace_signalfd, "0", "SFD_", 0, NULL, NULL },
	{ "pkeyrights", key_rights, "0", "PKEY_", 0, NULL, NULL },
	{ "bindflags", bind_flags, "0", "MPOL_MF_", 0, NULL, NULL },
	{ "policyquery", policy_queries, "0", "MPOL_F_", 0, NULL, NULL },
	{ "kcmp", kcmp_types, NULL, "KCMP_", 0, NULL, NULL },
	{ "handleflags", handle_flags, "0", "AT_", 0, NULL, NULL },
	{ "rebootmagic", reboot_magics, NULL, "LINUX_REBOOT_MAGIC_", 0, NULL, NULL },
	{ "reboot", reboot_cmds, NULL, "LINUX_REBOOT_CMD_", 0, NULL, NULL },
	{ "seccomp", seccomp_ops, NULL, "SECCOMP_SET_MODE_", 0, NULL, NULL },
	{ "ptrace", trace_ptrace, NULL, "PTRACE_", 0, NULL, trace_other_ptrace },
};
/* Those that are printed in a way of their own, by trace_args.c and below. */
static const struct flag_kind special[] = {
	{ "oflags", trace_open_flags, "O_RDONLY", NULL, 0, open_modes, NULL }, { "atflags", trace_at_flags, "0", NULL, 0, remove_dir, NULL },
	{ "statxflags", trace_at_flags, "0", NULL, 0, sync_as_stat, NULL },
	{ "cloneflags", trace_clone_flags, "0", NULL, ~0xffu, NULL, NULL },
	{ "futexop", futex_ops, NULL, "FUTEX_", 0x7f, NULL, NULL },
	{ "clock", trace_clocks, NULL, NULL, 0, NULL, NULL },
	{ "mapflags", trace_map_flags, "MAP_FILE", NULL, 0, NULL, NULL },
	{ "persona", personality_flags, "0", NULL, ~0xffu, NULL, NULL },
	{ "socktype", socket_flags, "0", NULL, ~0xfu, socket_types, NULL },
	{ "getflags", ipc_flags, "", NULL, ~0777u, NULL, NULL }, { "shmgetflags", shmget_flags, "", NULL, ~0777u, NULL, NULL },
};
static const struct flag_kind effective_at = { "atflags", trace_at_flags, "0", NULL, 0, effective, NULL };
/* clang-format on */

static const struct flag_kind *find_kind(const struct flag_kind *kinds, size_t n, const char *word,
					 size_t len)
{
	size_t k;

	for (k = 0; k < n; k++)
		if (strlen(kinds[k].kind) == len && !memcmp(kinds[k].kind, word, len))
			return &kinds[k];
	return NULL;
}
#define FIND(table, word, len) find_kind(table, sizeof(table) / sizeof(table[0]), word, len)

int trace_const_kind(const char *word, size_t len)
{
	const struct flag_kind *k = FIND(consts, word, len);

	return k ? (int)(k - consts) : -1;
}

const struct flag_kind *sc_flag_kind(uint32_t nr, int i)
{
	const char *p = nr < SC_TABLE_SIZE && sc_table[nr].name ? sc_table[nr].args : "";
	const struct flag_kind *k;
	size_t len;

	for (; *p && i > 0; i--) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	len = strcspn(p, " ");
	k = FIND(consts, p, len);
	if (!k)
		k = FIND(special, p, len);
	return k && k->also == remove_dir && nr == NR_faccessat2 ? &effective_at : k;
}

static void choice_text(uint32_t value, const struct flag_kind *k, struct text *out)
{
	const char *name = sc_flag_name(k, value);

	if (name)
		text_str(out, name);
	else
		text_choice(out, value, k->names, k->prefix);
}

void trace_const_text(int kind, uint32_t value, struct text *out)
{
	if (consts[kind].zero)
		text_set(out, value, consts[kind].names, consts[kind].zero, consts[kind].prefix);
	else
		choice_text(value, &consts[kind], out);
}

void trace_family_text(uint32_t family, struct text *out)
{
	choice_text(family, FIND(consts, "family", 6), out);
}

void trace_policy_text(uint32_t policy, struct text *out)
{
	choice_text(policy, FIND(consts, "policy", 6), out);
}

/* MAP_FILE where nothing says what kind of mapping it is. */
bool trace_mapflags(struct trace_args *ta, int i, struct text *out)
{
	uint32_t v = SC_U32(ta->args, i);

	if (v && !(v & 3))
		text_str(out, "MAP_FILE|");
	text_flags(out, v, trace_map_flags, "MAP_FILE");
	return true;
}

static void persona_text(uint32_t v, struct text *out)
{
	if (v == UINT32_MAX) {
		text_str(out, "0xffffffff");
		return;
	}
	text_choice(out, v & 0xff, personalities, "PER_");
	if (v & ~0xffu) {
		text_str(out, "|");
		text_flags(out, v & ~0xffu, personality_flags, "");
	}
}

bool trace_persona(struct trace_args *ta, int i, struct text *out)
{
	persona_text(SC_U32(ta->args, i), out);
	return true;
}

void trace_persona_note(struct trace_args *ta, struct text *out)
{
	persona_text((uint32_t)ta->result, out);
}

void trace_message_flags(uint32_t flags, struct text *out)
{
	text_flags(out, flags, message_flags, "0");
}

void trace_statx_mask(uint32_t mask, struct text *out)
{
	text_flags(out, mask, statx_mask, "0");
}

/* SOCK_STREAM|SOCK_CLOEXEC */
bool trace_socktype(struct trace_args *ta, int i, struct text *out)
{
	uint32_t v = SC_U32(ta->args, i);

	text_choice(out, v & 0xf, socket_types, "SOCK_");
	if (v & ~0xfu) {
		text_str(out, "|");
		text_flags(out, v & ~0xfu, socket_flags, "");
	}
	return true;
}

/* IPC_CREAT|0600 */
bool trace_ipcflags(struct trace_args *ta, int i, struct text *out)
{
	uint32_t v = SC_U32(ta->args, i);

	if (v & ~0777u) {
		text_flags(out, v & ~0777u, ta->args->nr == NR_shmget ? shmget_flags : ipc_flags,
			   "");
		text_str(out, "|");
	}
	text_printf(out, "%#03o", v & 0777);
	return true;
}

#define FUTEX_PRIVATE  128u
#define FUTEX_REALTIME 256u

bool trace_futexop(struct trace_args *ta, int i, struct text *out)
{
	uint32_t op = SC_U32(ta->args, i);

	text_choice(out, op & 0x7f, futex_ops, "FUTEX_");
	if (op & FUTEX_PRIVATE)
		text_str(out, "_PRIVATE");
	if (op & FUTEX_REALTIME)
		text_str(out, "|FUTEX_CLOCK_REALTIME");
	return true;
}

/* What the operation uses of the last four arguments: v number, t timeout, p pointer, b bit set. */
bool trace_futexarg(struct trace_args *ta, int i, struct text *out)
{
	static const char *const used[] = {
		"vt--", "v---", "v---", "vvp-", "vvpv", "vvpv", "-t--",
		"----", "----", "vt-b", "v--b", "vtpb", "vvpv", "-t--"
	};
	uint32_t op = SC_U32(ta->args, 1) & 0x7f;
	char what = op < sizeof(used) / sizeof(used[0]) ? used[op][i - 2] : 'v';

	switch (what) {
	case 't':
		return trace_itimespec(ta, i, out);
	case 'p':
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	case 'b':
		if (SC_U32(ta->args, i) == UINT32_MAX)
			text_str(out, "FUTEX_BITSET_MATCH_ANY");
		else
			text_printf(out, "%#" PRIx32, SC_U32(ta->args, i));
		return true;
	case 'v':
		text_printf(out, "%" PRIu32, SC_U32(ta->args, i));
		return true;
	default:
		return false;
	}
}
