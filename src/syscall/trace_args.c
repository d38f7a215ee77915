/* SPDX-License-Identifier: MIT */
/*
 * Arguments of a traced call, from the kinds column of syscalls.def: one printer per kind. A kind
 * that the call fills in (output) is printed when its result is known, and so is all behind it.
 */
#include "lx/socket.h"
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lx/stat.h"
#include <inttypes.h>
#include <string.h>

static bool print_int(struct trace_args *ta, int i, struct text *out)
{
	text_printf(out, "%" PRId32, SC_I32(ta->args, i));
	return true;
}

static bool print_fd(struct trace_args *ta, int i, struct text *out)
{
	print_int(ta, i, out);
	trace_fd_text(ta, SC_I32(ta->args, i), out);
	return true;
}

static bool print_uint(struct trace_args *ta, int i, struct text *out)
{
	text_printf(out, "%" PRIu32, SC_U32(ta->args, i));
	return true;
}

static bool print_size(struct trace_args *ta, int i, struct text *out)
{
	text_printf(out, "%" PRIu64, SC_U64(ta->args, i));
	return true;
}

static bool print_off(struct trace_args *ta, int i, struct text *out)
{
	text_printf(out, "%" PRId64, SC_I64(ta->args, i));
	return true;
}

static bool print_hex(struct trace_args *ta, int i, struct text *out)
{
	text_printf(out, "%#" PRIx64, SC_U64(ta->args, i));
	return true;
}

static bool print_clock(struct trace_args *ta, int i, struct text *out)
{
	trace_clock_text(SC_I32(ta->args, i), out);
	return true;
}

static bool print_pointer(struct trace_args *ta, int i, struct text *out)
{
	text_pointer(out, SC_U64(ta->args, i));
	return true;
}

static bool print_dfd(struct trace_args *ta, int i, struct text *out)
{
	if (SC_I32(ta->args, i) != LX_AT_FDCWD)
		return print_fd(ta, i, out);
	text_str(out, "AT_FDCWD");
	return true;
}

/* Flags of pipe2, dup3, eventfd2 have no access mode. */
static bool has_access_mode(uint32_t nr)
{
	return nr == NR_open || nr == NR_openat || nr == NR_mq_open || nr == NR_open_by_handle_at;
}

static bool print_oflags(struct trace_args *ta, int i, struct text *out)
{
	if (has_access_mode(ta->args->nr))
		trace_open_text(SC_U32(ta->args, i), out);
	else
		text_flags(out, SC_U32(ta->args, i), trace_open_flags, "0");
	return true;
}

static void mode_text(uint32_t mode, struct text *out)
{
	if (mode & LX_S_IFMT) {
		text_choice(out, mode & LX_S_IFMT, trace_file_types, "S_IF");
		text_str(out, "|");
	}
	text_printf(out, "%#03o", mode & ~LX_S_IFMT);
}

static bool print_mode(struct trace_args *ta, int i, struct text *out)
{
	/* open's mode counts with these flags only, and the flags stand before it. */
	if (has_access_mode(ta->args->nr) && !(SC_U32(ta->args, i - 1) & LX_O_CREAT) &&
	    (SC_U32(ta->args, i - 1) & LX_O_TMPFILE) != LX_O_TMPFILE)
		return false;
	if (ta->args->nr == NR_mknod || ta->args->nr == NR_mknodat)
		mode_text(SC_U32(ta->args, i) & 0xffff, out);
	else
		text_printf(out, "%#03o", SC_U32(ta->args, i) & 0xffff);
	return true;
}

static bool print_dev(struct trace_args *ta, int i, struct text *out)
{
	/* mknod's counts with these types only, and the type stands before it. */
	uint32_t type = i ? SC_U32(ta->args, i - 1) & LX_S_IFMT : LX_S_IFBLK;

	if (type != LX_S_IFCHR && type != LX_S_IFBLK)
		return false;
	text_printf(out, "makedev(%#x, %#x)", lx_major(SC_U64(ta->args, i)),
		    lx_minor(SC_U64(ta->args, i)));
	return true;
}

static bool print_sig(struct trace_args *ta, int i, struct text *out)
{
	trace_signal_name(SC_I32(ta->args, i), out);
	return true;
}

static bool print_atflags(struct trace_args *ta, int i, struct text *out)
{
	uint32_t flags = SC_U32(ta->args, i);
	bool removedir = ta->args->nr == NR_unlinkat && flags == LX_AT_REMOVEDIR;
	bool eaccess = ta->args->nr == NR_faccessat2 && (flags & LX_AT_EACCESS);

	if (removedir) {
		text_str(out, "AT_REMOVEDIR");
		return true;
	}
	if (eaccess)
		text_str(out, flags == LX_AT_EACCESS ? "AT_EACCESS" : "AT_EACCESS|");
	if (!eaccess || flags != LX_AT_EACCESS)
		text_flags(out, eaccess ? flags & ~(uint32_t)LX_AT_EACCESS : flags, trace_at_flags,
			   "0");
	return true;
}

/* statx: how to synchronize stands first, always. */
static bool print_statxflags(struct trace_args *ta, int i, struct text *out)
{
	static const char *const sync[] = { "AT_STATX_SYNC_AS_STAT", "AT_STATX_FORCE_SYNC",
					    "AT_STATX_DONT_SYNC", "AT_STATX_SYNC_TYPE" };
	uint32_t flags = SC_U32(ta->args, i);

	text_str(out, sync[flags >> 13 & 3]);
	if (flags & ~0x6000u) {
		text_str(out, "|");
		text_flags(out, flags & ~0x6000u, trace_at_flags, "");
	}
	return true;
}

/* clone: strace shows the stack first and the pointers by name, only those that count. */
static bool print_clone(struct trace_args *ta, int i, struct text *out)
{
	uint64_t flags = SC_U64(ta->args, 0),
		 child = flags & (LX_CLONE_CHILD_SETTID | LX_CLONE_CHILD_CLEARTID);

	if (i == 0) {
		text_str(out, "child_stack=");
		text_pointer(out, SC_U64(ta->args, 1));
		text_str(out, ", flags=");
		text_flags(out, flags & ~LX_CSIGNAL, trace_clone_flags, "");
		if (flags & ~LX_CSIGNAL && flags & LX_CSIGNAL)
			text_str(out, "|");
		if (flags & LX_CSIGNAL || !flags)
			trace_signal_name((int)(flags & LX_CSIGNAL), out);
	} else if (i == 2 && flags & LX_CLONE_PARENT_SETTID) {
		text_printf(out, "parent_tid=0x%" PRIx64, SC_U64(ta->args, 2));
	} else if (i == 3 && (flags & LX_CLONE_SETTLS || child)) {
		if (flags & LX_CLONE_SETTLS)
			text_printf(out, "tls=0x%" PRIx64 "%s", SC_U64(ta->args, 4),
				    child ? ", " : "");
		if (child)
			text_printf(out, "child_tidptr=0x%" PRIx64, SC_U64(ta->args, 3));
	} else {
		return false;
	}
	return true;
}

enum arg_role {
	INPUT,      /* known before the call */
	OUTPUT,     /* ... after it only */
	PATH,       /* input, and what -P looks at */
	DESCRIPTOR, /* likewise */
};
static const struct arg_kind {
	const char *name;
	trace_print *print;
	enum arg_role role;
} kinds[] = {
	{ "fd", print_fd, DESCRIPTOR },
	{ "dfd", print_dfd, DESCRIPTOR },
	{ "path", trace_path, PATH },
	{ "str", trace_path, INPUT },
	{ "obuf", trace_obuf, OUTPUT },
	{ "ibuf", trace_ibuf, INPUT },
	{ "size", print_size, INPUT },
	{ "oflags", print_oflags, INPUT },
	{ "mode", print_mode, INPUT },
	{ "ostat", trace_ostat, OUTPUT },
	{ "ostatx", trace_ostatx, OUTPUT },
	{ "pollfds", trace_pollfds, INPUT },
	{ "uint", print_uint, INPUT },
	{ "int", print_int, INPUT },
	{ "off", print_off, INPUT },
	{ "mapoff", print_hex, INPUT },
	{ "addr", print_pointer, INPUT },
	{ "ptr", print_pointer, INPUT },
	{ "hex", print_hex, INPUT },
	{ "sig", print_sig, INPUT },
	{ "iptr", print_pointer, INPUT },
	{ "optr", print_pointer, OUTPUT },
	{ "isigset", trace_isigset, INPUT },
	{ "osigset", trace_osigset, OUTPUT },
	{ "isigact", trace_isigact, INPUT },
	{ "osigact", trace_osigact, OUTPUT },
	{ "oiov", trace_oiov, OUTPUT },
	{ "iiov", trace_iiov, INPUT },
	{ "ofds", trace_ofds, OUTPUT },
	{ "fdset", trace_fdset, INPUT },
	{ "itimespec", trace_itimespec, INPUT },
	{ "otimespec", trace_otimespec, OUTPUT },
	{ "itimes", trace_itimespec2, INPUT },
	{ "iitimerval", trace_iitimerval, INPUT },
	{ "oitimerval", trace_oitimerval, OUTPUT },
	{ "iitimerspec", trace_iitimerspec, INPUT },
	{ "oitimerspec", trace_oitimerspec, OUTPUT },
	{ "pid", print_int, INPUT },
	{ "owstatus", trace_owstatus, OUTPUT },
	{ "fcntlarg", trace_fcntlarg, OUTPUT },
	{ "irlimit", trace_irlimit, INPUT },
	{ "orlimit", trace_orlimit, OUTPUT },
	{ "odirents", trace_odirents, OUTPUT },
	{ "outsname", trace_outsname, OUTPUT },
	{ "iepoll", trace_iepoll, INPUT },
	{ "oepoll", trace_oepoll, OUTPUT },
	{ "uid", print_int, INPUT },
	{ "gid", print_int, INPUT },
	{ "atflags", print_atflags, INPUT },
	{ "cloneflags", print_clone, INPUT },
	{ "cloneptr", print_clone, INPUT },
	{ "argv", trace_argv, INPUT },
	{ "envp", trace_envp, INPUT },
	{ "dev", print_dev, INPUT },
	{ "prctlarg", trace_prctlarg, OUTPUT },
	{ "oclone3", trace_clone3, OUTPUT },
	{ "osysinfo", trace_osysinfo, OUTPUT },
	{ "ostatfs", trace_ostatfs, OUTPUT },
	{ "orusage", trace_orusage, OUTPUT },
	{ "otms", trace_otms, OUTPUT },
	{ "icpus", trace_icpus, INPUT },
	{ "ocpus", trace_ocpus, OUTPUT },
	{ "igroups", trace_igroups, INPUT },
	{ "ogroups", trace_ogroups, OUTPUT },
	{ "onumber", trace_oint, OUTPUT },
	{ "onames", trace_onames, OUTPUT },
	{ "mremapaddr", trace_mremapaddr, INPUT },
	{ "oarch", trace_oarch, OUTPUT },
	{ "itimeval", trace_itimeval, INPUT },
	{ "orandom", trace_orandom, OUTPUT },
	{ "orest", trace_orest, OUTPUT },
	{ "isigevent", trace_isigevent, INPUT },
	{ "sigframe", trace_sigframe, INPUT },
	{ "statxflags", print_statxflags, INPUT },
	{ "socktype", trace_socktype, INPUT },
	{ "sockaddr", trace_sockaddr, INPUT },
	{ "sockproto", trace_sockproto, INPUT },
	{ "sockval", trace_sockval, INPUT },
	{ "osockaddr", trace_osockaddr, OUTPUT },
	{ "osocklen", trace_osocklen, OUTPUT },
	{ "osockval", trace_osockval, OUTPUT },
	{ "imsghdr", trace_imsghdr, INPUT },
	{ "omsghdr", trace_omsghdr, OUTPUT },
	{ "immsghdr", trace_immsghdr, OUTPUT }, /* with what was sent of each */
	{ "ommsghdr", trace_ommsghdr, OUTPUT },
	{ "ommtimeout", trace_ommtimeout, OUTPUT },
	{ "oioctl", trace_oioctl, OUTPUT },
	{ "futexop", trace_futexop, INPUT },
	{ "futexarg", trace_futexarg, INPUT },
	{ "key", trace_ipckey, INPUT },
	{ "getflags", trace_ipcflags, INPUT },
	{ "shmgetflags", trace_ipcflags, INPUT },
	{ "isembuf", trace_isembuf, INPUT },
	{ "imsgbuf", trace_imsgbuf, INPUT },
	{ "omsgbuf", trace_omsgbuf, OUTPUT },
	{ "mountdata", trace_mountdata, INPUT },
	{ "fskey", trace_fskey, INPUT },
	{ "fsvalue", trace_fsvalue, INPUT },
	{ "fsaux", trace_fsaux, INPUT },
	{ "imountattr", trace_imountattr, INPUT },
	{ "iopenhow", trace_iopenhow, INPUT },
	{ "itimevals", trace_itimevals, INPUT },
	{ "iutimbuf", trace_iutimbuf, INPUT },
	{ "iloff", trace_iloff, INPUT },
	{ "isiginfo", trace_isiginfo, INPUT },
	{ "ivectors", trace_iaddrs, INPUT },
	{ "rest", trace_nothing, INPUT },
	{ "osemarg", trace_semarg, OUTPUT },
	{ "oshmarg", trace_shmarg, OUTPUT },
	{ "omsgarg", trace_msgarg, OUTPUT },
	{ "imqattr", trace_imqattr, INPUT },
	{ "omqattr", trace_omqattr, OUTPUT },
	{ "omqprio", trace_omqprio, OUTPUT },
	{ "clock", print_clock, INPUT },
	{ "mapflags", trace_mapflags, INPUT },
	{ "persona", trace_persona, INPUT },
	{ "ischedparam", trace_ischedparam, INPUT },
	{ "oschedparam", trace_oint, OUTPUT },
	{ "ischedattr", trace_ischedattr, INPUT },
	{ "oschedattr", trace_oschedattr, OUTPUT },
	{ "iopriority", trace_ioprio, INPUT },
	{ "icapheader", trace_icapheader, INPUT },
	{ "icapdata", trace_icapdata, INPUT },
	{ "ocapdata", trace_ocapdata, OUTPUT },
	{ "ptracepid", trace_ptracepid, INPUT },
	{ "ptraceaddr", trace_ptraceaddr, INPUT },
	{ "optracedata", trace_ptracedata, OUTPUT },
	{ "istack", trace_istack, INPUT },
	{ "ostack", trace_ostack, OUTPUT },
	{ "osiginfo", trace_osiginfo, OUTPUT },
	{ "imask", trace_imask, INPUT },
	{ "mempolicy", trace_mempolicy, INPUT },
	{ "omempolicy", trace_omempolicy, OUTPUT },
	{ "inodes", trace_inodes, INPUT },
	{ "onodes", trace_onodes, OUTPUT },
	{ "ocore", trace_ocore, OUTPUT },
	{ "ouint", trace_ouint, OUTPUT },
	{ "opointer", trace_opointer, OUTPUT },
	{ "olength", trace_olength, OUTPUT },
	{ "otimeval", trace_otimeval, OUTPUT },
	{ "itimezone", trace_itimezone, INPUT },
	{ "otimezone", trace_otimezone, OUTPUT },
	{ "otime", trace_otime, OUTPUT },
	{ "otimex", trace_otimex, OUTPUT },
	{ "iiocb", trace_iiocb, INPUT },
	{ "iiocbs", trace_iiocbs, INPUT },
	{ "oioevents", trace_oioevents, OUTPUT },
	{ "ihandle", trace_ihandle, INPUT },
	{ "ohandle", trace_ohandle, OUTPUT },
	{ "ovectors", trace_ovectors, OUTPUT },
	{ "kcmparg", trace_kcmparg, INPUT },
	{ "ifutexes", trace_ifutexes, INPUT },
	{ "irebootarg", trace_rebootarg, INPUT },
	{ "logaction", trace_logaction, INPUT },
	{ "ologarg", trace_logarg, OUTPUT },
	{ "ohex", print_hex, INPUT },
};

/*
 * Index into kinds plus one, per call and argument; 0: no argument; from CONST_KIND on, a kind of
 * trace_consts.c.
 */
static uint16_t row_kinds[SC_TABLE_SIZE][TRACE_MAX_ARGS];
#define CONST_KIND 256
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) < CONST_KIND, "kinds");

static bool print_const(struct trace_args *ta, int i, struct text *out)
{
	bool option = ta->args->nr == NR_setsockopt || ta->args->nr == NR_getsockopt;

	if (option && i == 1)
		trace_level_text(SC_U32(ta->args, i), "SOL_??", out);
	else if (option && i == 2)
		trace_option_text(ta->args->nr == NR_getsockopt, SC_U32(ta->args, 1),
				  SC_U32(ta->args, 2), out);
	else if (ta->args->nr == NR_ioctl)
		trace_ioctl_text(SC_U32(ta->args, i), out);
	else
		trace_const_text(row_kinds[ta->args->nr][i] - CONST_KIND, SC_U32(ta->args, i), out);
	return true;
}

static uint16_t kind_index(const char *word, size_t len)
{
	size_t k;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		if (strlen(kinds[k].name) == len && !memcmp(kinds[k].name, word, len))
			return (uint16_t)(k + 1);
	return (uint16_t)(trace_const_kind(word, len) < 0
				  ? 0
				  : CONST_KIND + trace_const_kind(word, len));
}

void trace_args_init(void)
{
	const char *p;
	uint32_t nr;
	int i;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		if (!sc_table[nr].name)
			continue;
		for (p = sc_table[nr].args, i = 0; *p && i < TRACE_MAX_ARGS; i++) {
			size_t len = strcspn(p, " ");

			row_kinds[nr][i] = kind_index(p, len);
			p += len;
			p += strspn(p, " ");
		}
	}
}

bool trace_arg_known(uint32_t nr, int i)
{
	return i < TRACE_MAX_ARGS && row_kinds[nr][i];
}

static const struct arg_kind *arg_kind(const struct trace_args *ta, int i)
{
	static const struct arg_kind const_kind = { "", print_const, INPUT };
	uint16_t k = i < TRACE_MAX_ARGS && ta->desc ? row_kinds[ta->args->nr][i] : 0;

	if (k >= CONST_KIND)
		return &const_kind;
	return k ? &kinds[k - 1] : NULL;
}

/* Whether an argument of a kind that outputs have is one in this call: what is asked for says so. */
static bool fills(const struct trace_args *ta, const struct arg_kind *k)
{
	if (k->print == trace_prctlarg)
		return trace_prctl_fills(SC_U32(ta->args, 0));
	if (k->print == trace_ptracedata)
		return trace_ptrace_fills(ta);
	if (k->print == trace_oioctl)
		return trace_ioctl_fills(SC_U32(ta->args, 1));
	if (k->print == trace_fcntlarg)
		return trace_fcntl_fills(SC_U32(ta->args, 1));
	if (k->print == trace_logarg)
		return trace_log_fills(SC_U32(ta->args, 0));
	return true;
}

/* First argument that the call fills in, or the number of arguments. */
static int first_output(const struct trace_args *ta)
{
	const struct arg_kind *k;
	int i;

	for (i = 0; (k = arg_kind(ta, i)); i++)
		if (k->role == OUTPUT && fills(ta, k))
			break;
	return i;
}

static void print_range(struct trace_args *ta, int from, int to, struct text *out)
{
	const struct arg_kind *k;
	int i;

	for (i = from; i < to && (k = arg_kind(ta, i)); i++) {
		size_t before = out->len, start;

		if (i > 0)
			text_str(out, ", ");
		start = out->len;
		if (!k->print(ta, i, out) && out->data)
			out->data[out->len = before] = '\0';
		else
			ta->spans[i] = (struct trace_span){ (uint32_t)start,
							    (uint32_t)(out->len - start) };
		ta->nargs = i + 1;
	}
}

/* A call that nobody has described: its registers. */
static bool undescribed(const struct trace_args *ta)
{
	return !ta->desc || (ta->desc->support == SC_NOSYS && !ta->desc->args[0]);
}

/* What is the call's to overwrite and is shown as it was: how long a socket's output may be, timeouts. */
static void keep_room(struct trace_args *ta)
{
	const struct arg_kind *k;
	int i;

	for (i = 0; (k = arg_kind(ta, i)); i++) {
		if (k->print == trace_osocklen || k->print == trace_ohandle)
			ta->nrooms = !guest_copyin(ta->task, &ta->rooms[0], SC_GPTR(ta->args, i),
						   sizeof(ta->rooms[0]));
		else if (k->print == trace_omsghdr || k->print == trace_ommsghdr)
			trace_keep_message(ta, i);
		else if (k->print == trace_ommtimeout)
			ta->has_timeout = !guest_copyin(ta->task, &ta->timeout,
							SC_GPTR(ta->args, i), sizeof(ta->timeout));
	}
}

void trace_args_before(struct trace_args *ta, struct text *out)
{
	int i, stop = first_output(ta);

	if (ta->desc)
		text_printf(out, "%s(", ta->desc->name);
	else
		text_printf(out, "syscall_0x%" PRIx32 "(", ta->args->nr);
	if (undescribed(ta)) {
		for (i = 0; i < TRACE_MAX_ARGS; i++)
			text_printf(out, "%s%#" PRIx64, i ? ", " : "", SC_U64(ta->args, i));
		return;
	}
	keep_room(ta);
	print_range(ta, 0, stop, out);
	if (stop > 0 && arg_kind(ta, stop))
		text_str(out, ", ");
}

void trace_args_after(struct trace_args *ta, struct text *out)
{
	int stop = first_output(ta), i;
	size_t comma = stop > 0
			       ? 2
			       : 0; /* the one before the first stands in the first piece already */
	struct text rest = { 0 };

	print_range(ta, stop, TRACE_MAX_ARGS, &rest);
	for (i = stop; i < ta->nargs; i++)
		ta->spans[i].start += (uint32_t)(out->len - comma);
	if (rest.len >= comma)
		text_put(out, rest.data ? rest.data + comma : "", rest.len - comma);
	text_free(&rest);
}

bool trace_args_match(struct trace_args *ta, trace_arg_test *test, const void *context)
{
	const struct arg_kind *k;
	char buf[LX_PATH_MAX];
	int i;

	for (i = 0; (k = arg_kind(ta, i)); i++) {
		if (k->role == PATH && !guest_copyin_path(ta->task, buf, SC_GPTR(ta->args, i)) &&
		    test(ta->task, buf, -1, context))
			return true;
		if (k->role == DESCRIPTOR && SC_I32(ta->args, i) >= 0 &&
		    test(ta->task, NULL, SC_I32(ta->args, i), context))
			return true;
	}
	return false;
}

int trace_size_arg(uint32_t nr)
{
	int i;

	for (i = 1; nr < SC_TABLE_SIZE && i < TRACE_MAX_ARGS; i++) {
		uint16_t before = row_kinds[nr][i - 1], k = row_kinds[nr][i];

		if (k && k < CONST_KIND && kinds[k - 1].print == print_size && before &&
		    before < CONST_KIND &&
		    (kinds[before - 1].print == trace_obuf ||
		     kinds[before - 1].print == trace_ibuf))
			return i;
	}
	return -1;
}
