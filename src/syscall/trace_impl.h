/* SPDX-License-Identifier: MIT */
/*
 * trace_impl.h - private to the tracer. A call's line is made in two pieces, as strace does: what is
 * known when it begins (name, arguments up to the first one the call fills in) and the rest.
 */
#ifndef SYSCALL_TRACE_IMPL_H
#define SYSCALL_TRACE_IMPL_H
#include "trace_event.h"
#include "base/text.h"
#include "lx/signal.h"
#include "lx/types.h"
#include "lxrun/flags.h"
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include <stdbool.h>

/* NR_openat ...: for what depends on the call, not on a kind. */
enum call_number {
#define SC(nr, name, support, route, args, note) NR_##name = nr,
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
#undef SC
#undef SC_HOST_IF
#undef SC_HOST_UNLESS
};

/* ---- trace_text.c: strace's way to write things into a struct text ---- */
/* "abc\n" with strace's escapes; at most limit bytes of s. "..." follows when it is not all. */
void text_quoted(struct text *t, const char *s, size_t n, size_t limit, bool more);
/* A|B|0x40; none (or "0") when value is 0. */
void text_flags(struct text *t, uint64_t value, const struct flag_name *names, const char *none);
/* Likewise; where not one flag has a name, strace says what they are: 0x40 plus the comment "PREFIX???". prefix may be NULL. */
void text_set(struct text *t, uint64_t value, const struct flag_name *names, const char *none,
	      const char *prefix);
/* The name of value, or the number in hexadecimal with the comment "PREFIX???". */
void text_choice(struct text *t, uint64_t value, const struct flag_name *names, const char *prefix);
void text_pointer(struct text *t, uint64_t va); /* NULL or 0x... */

/* ---- trace_args.c ---- */
#define TRACE_NO_RESULT INT64_MIN /* the host kernel will know, we do not */
#define MAX_ELEMENTS    32        /* of an array, then "..." */
#define TRACE_MAX_ROOMS MAX_ELEMENTS
struct trace_args {
	struct task *task;
	const struct sc_args *args;
	const struct sc_desc *desc; /* NULL: no such call */
	int64_t result;             /* valid in the second piece */
	/* What the call overwrites, as it was: lengths of an osocklen or of messages' addresses, a timeout. */
	int32_t rooms[TRACE_MAX_ROOMS];
	uint32_t nrooms;
	struct lx_timespec timeout;
	bool has_timeout;
	struct text note; /* "flags O_RDWR": stands behind the result in parentheses */
	int nargs;        /* printed so far, and where in the text: */
	struct trace_span spans[TRACE_MAX_ARGS];
};
/*
 * The name of what fd is open on, without NUL, as /proc/PID/fd has it. Returns its length; 0 or less
 * when there is none.
 */
int64_t trace_fd_name(struct task *t, int fd, char *buf, size_t size);
/* With -y, what stands behind a descriptor's number: <what it is open on>, with strace's escapes. */
void trace_fd_text(struct trace_args *ta, int fd, struct text *out);
/* O_RDONLY|O_CLOEXEC */
void trace_open_text(uint32_t flags, struct text *out);
/* Looks up the kinds of every row once. */
void trace_args_init(void);
/* Whether call nr has an argument i of a kind that has a printer. */
bool trace_arg_known(uint32_t nr, int i);
/* What is known before the call: name, parenthesis, arguments up to the first output. */
void trace_args_before(struct trace_args *ta, struct text *out);
/* The other arguments. No parenthesis. */
void trace_args_after(struct trace_args *ta, struct text *out);
/* "3", "-1 ENOENT (No such file or directory)", "?" ... */
void trace_result_text(struct trace_args *ta, struct text *out);
/* Asked for each path argument (path), and for each descriptor (path NULL, fd). */
typedef bool trace_arg_test(struct task *t, const char *path, int fd, const void *context);
/* True if test is true of an argument. */
bool trace_args_match(struct trace_args *ta, trace_arg_test *test, const void *context);
/* Which argument says how many bytes are wanted: behind an obuf or ibuf; -1: none. */
int trace_size_arg(uint32_t nr);
/* Prints one argument; false when it has nothing to show (a mode without O_CREAT). */
typedef bool trace_print(struct trace_args *ta, int i, struct text *out);

/* ---- trace_structs.c, trace_poll.c: arguments that point to something ---- */
trace_print trace_path, trace_obuf, trace_ibuf, trace_ostat, trace_pollfds, trace_iiov, trace_oiov,
	trace_ofds, trace_fdset, trace_itimespec, trace_otimespec, trace_owstatus, trace_argv,
	trace_envp, trace_isigset, trace_osigset, trace_isigact, trace_osigact, trace_irlimit,
	trace_orlimit, trace_odirents, trace_outsname, trace_itimespec2, trace_iitimerval,
	trace_oitimerval, trace_iepoll, trace_oepoll, trace_ostatx, trace_iitimerspec,
	trace_oitimerspec, trace_itimeval, trace_imask;
/* size bytes at va, of which the first are shown. */
void trace_memory(struct trace_args *ta, uint64_t va, uint64_t size, struct text *out);
#define TRACE_ADDRESSES (UINT64_MAX - 1)
/* n vectors at va; bytes: how many count, of all of them; TRACE_ADDRESSES: where they are, not what is there. */
void trace_iov_text(struct trace_args *ta, uint64_t va, uint64_t n, uint64_t bytes,
		    struct text *out);
/* A NUL-terminated string at va, at most limit bytes of it. */
void trace_string(struct trace_args *ta, uint64_t va, size_t limit, struct text *out);
void trace_timespec_text(const struct lx_timespec *ts, struct text *out);
void trace_timeval_text(const struct lx_timeval *tv, struct text *out);
/* ---- trace_system.c ---- */
trace_print trace_osysinfo, trace_ostatfs, trace_orusage, trace_otms, trace_icpus, trace_ocpus,
	trace_igroups, trace_ogroups, trace_oint, trace_onames, trace_orandom, trace_orest,
	trace_isigevent, trace_sigframe, trace_mremapaddr, trace_oarch;
/* ---- trace_process.c ---- */
trace_print trace_prctlarg, trace_clone3;
/* CAP_CHOWN ...; NULL: none has this number. */
const char *trace_capability_name(uint32_t capability);
/* ---- trace_scheduler.c, and what stands behind the result in parentheses ---- */
trace_print trace_ischedparam, trace_ischedattr, trace_oschedattr, trace_ioprio, trace_icapheader,
	trace_icapdata, trace_ocapdata;
typedef void trace_note(struct trace_args *ta, struct text *out);
trace_note trace_policy_note, trace_ioprio_note;
void trace_policy_text(uint32_t policy, struct text *out);
void trace_ioprio_text(uint32_t value, struct text *out);
/* ---- trace_ptrace.c ---- */
trace_print trace_ptracepid, trace_ptraceaddr, trace_ptracedata;
extern const struct flag_name trace_ptrace[], trace_other_ptrace[];
/* Whether the request fills in memory. */
bool trace_ptrace_fills(const struct trace_args *ta);
/* ---- trace_memory.c ---- */
trace_print trace_mempolicy, trace_omempolicy, trace_inodes, trace_onodes, trace_ocore, trace_ouint,
	trace_opointer, trace_olength;
trace_note trace_membarrier_note;
/* ---- trace_clock.c ---- */
trace_print trace_otimeval, trace_itimezone, trace_otimezone, trace_otime, trace_otimex;
trace_note trace_time_note, trace_timex_note;
void trace_clock_text(int32_t clock, struct text *out);
/* ---- trace_aio.c ---- */
trace_print trace_iiocb, trace_iiocbs, trace_oioevents;
/* ---- trace_others.c ---- */
trace_print trace_ihandle, trace_ohandle, trace_ovectors, trace_kcmparg, trace_ifutexes,
	trace_rebootarg, trace_logaction, trace_logarg;
bool trace_log_fills(uint32_t action);
/* ---- trace_fcntl.c ---- */
trace_print trace_fcntlarg;
trace_note trace_fcntl_result;
bool trace_fcntl_fills(uint32_t cmd);
/* Whether prctl option fills in memory: its arguments are then outputs. */
bool trace_prctl_fills(uint32_t option);
void trace_date_text(int64_t sec, int64_t nsec, struct text *out);
/* ---- trace_consts.c ---- */
/* The number of a kind that is a constant or a set of flags, or -1. */
int trace_const_kind(const char *word, size_t len);
void trace_const_text(int kind, uint32_t value, struct text *out);
void trace_statx_mask(uint32_t mask, struct text *out);
void trace_family_text(uint32_t family, struct text *out);
void trace_message_flags(uint32_t flags, struct text *out);
trace_print trace_socktype, trace_futexop, trace_futexarg, trace_ipcflags, trace_mapflags,
	trace_persona;
trace_note trace_persona_note;
/* ---- trace_sysv.c ---- */
trace_print trace_ipckey, trace_isembuf, trace_imsgbuf, trace_omsgbuf, trace_semarg, trace_shmarg,
	trace_msgarg;
trace_print trace_imqattr, trace_omqattr, trace_omqprio;
/* ---- trace_socket.c ---- */
struct lx_sockaddr;
trace_print trace_sockaddr, trace_osockaddr, trace_osocklen;
void trace_sockaddr_text(const struct lx_sockaddr *sa, uint32_t n, struct text *out);
/* The address of len bytes at va. */
void trace_sockaddr_at(struct trace_args *ta, uint64_t va, int32_t len, struct text *out);
/* ---- trace_message.c ---- */
trace_print trace_imsghdr, trace_omsghdr, trace_immsghdr, trace_ommsghdr, trace_ommtimeout;
/* Before the call: what it will overwrite. */
void trace_keep_message(struct trace_args *ta, int i);
void trace_message_note(struct trace_args *ta);
/* ---- trace_control_message.c ---- */
void trace_control_text(struct trace_args *ta, uint64_t va, uint64_t size, struct text *out);
/* ---- trace_newer.c ---- */
trace_print trace_mountdata, trace_fsvalue, trace_fskey, trace_fsaux, trace_imountattr,
	trace_iopenhow, trace_itimevals, trace_iutimbuf, trace_iloff, trace_isiginfo, trace_iaddrs,
	trace_nothing;
/* ---- trace_inet.c ---- */
trace_print trace_sockproto;
/* inet_addr("127.0.0.1"); if_nametoindex("lo") */
void trace_inet_addr(const uint8_t addr[4], struct text *out);
void trace_inet6_addr(const uint8_t addr[16], const char *field, struct text *out);
void trace_interface_text(uint32_t index, struct text *out);
/* ---- trace_sockopt_names.c ---- */
extern const struct flag_name trace_option_levels[], trace_other_levels[], trace_socket_options[],
	trace_other_options[];
/* get: asked for, not set. */
void trace_option_text(bool get, uint32_t level, uint32_t option, struct text *out);
/* unknown: "SOL_??" where strace says so of an argument, "SOL_???" elsewhere. */
void trace_level_text(uint32_t level, const char *unknown, struct text *out);
/* ---- trace_sockopt.c ---- */
trace_print trace_sockval, trace_osockval;
/* What follows the family of an address of the network; false: it is none. */
bool trace_inet_text(const struct lx_sockaddr *sa, uint32_t len, struct text *out);
/* ---- trace_ioctl.c ---- */
trace_print trace_oioctl;
bool trace_ioctl_fills(uint32_t request);
/* ---- trace_ioctl_names.c, trace_termios.c ---- */
extern const struct flag_name trace_other_ioctls[];
bool trace_ioctl_known(uint32_t request); /* has a name */
void trace_ioctl_text(uint32_t request, struct text *out);
/* Flags of input, output, control and the discipline. */
void trace_termios_text(const uint32_t flags[4], struct text *out);
/*
 * Reads the struct at argument i; on failure its address is the text. An output is read after a
 * success only.
 */
bool trace_fetch(struct trace_args *ta, int i, void *dst, size_t size, struct text *out);
bool trace_fetch_output(struct trace_args *ta, int i, void *dst, size_t size, struct text *out);
/* "[{fd=3, revents=POLLIN}]"; "in [3], out [4]"; "Timeout": into ta->note, after the call. */
void trace_poll_note(struct trace_args *ta);
void trace_select_note(struct trace_args *ta);
/* ---- trace_signals.c ---- */
/* {si_signo=SIGINT, si_code=SI_USER, ...} */
void trace_siginfo_text(const struct lx_siginfo *info, struct text *out);
void trace_signal_name(int sig, struct text *out);
trace_print trace_istack, trace_ostack, trace_osiginfo;
trace_note trace_signal_note;
/* Result is a success that we know. */
static inline bool trace_ok(const struct trace_args *ta)
{
	return ta->result >= 0;
}

/* ---- trace_newer_names.c ---- */
extern const struct flag_name trace_no_flags[], trace_pidfd_flags[], trace_mount_flags[],
	trace_umount_flags[], trace_open_tree[], trace_move_mount[], trace_fsopen[],
	trace_fsconfig[], trace_fsmount[], trace_mount_attrs[], trace_fspick[], trace_name_spaces[],
	trace_inotify_init[], trace_inotify_mask[], trace_splice[], trace_sync_range[], trace_rwf[],
	trace_signalfd[];
/* ---- trace_names.c: tables ended by a NULL name, in the order strace prints ---- */
extern const struct flag_name trace_open_flags[], trace_prot[], trace_map_flags[], trace_at_flags[],
	trace_access[], trace_whence[], trace_clone_flags[], trace_wait_options[], trace_clocks[],
	trace_rlimits[], trace_sig_how[], trace_fcntl[], trace_ioctl[], trace_poll[], trace_epoll[],
	trace_prctl[], trace_epoll_op[], trace_sa_flags[], trace_file_types[], trace_mode_bits[];
#endif
