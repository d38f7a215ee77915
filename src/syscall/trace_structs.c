/* SPDX-License-Identifier: MIT */
/*
 * Arguments that point into guest memory, as strace shows them. Memory that cannot be read, and
 * outputs of a call that failed, are shown as their address.
 */
#include "trace_control.h"
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lx/stat.h"
#include "lxrun/options.h"
#include <inttypes.h>
#include <string.h>

bool trace_fetch(struct trace_args *ta, int i, void *dst, size_t size, struct text *out)
{
	if (!gaddr_null(SC_GPTR(ta->args, i)) &&
	    !guest_copyin(ta->task, dst, SC_GPTR(ta->args, i), size))
		return true;
	text_pointer(out, SC_U64(ta->args, i));
	return false;
}

bool trace_fetch_output(struct trace_args *ta, int i, void *dst, size_t size, struct text *out)
{
	if (trace_ok(ta))
		return trace_fetch(ta, i, dst, size, out);
	text_pointer(out, SC_U64(ta->args, i));
	return false;
}

void trace_memory(struct trace_args *ta, uint64_t va, uint64_t size, struct text *out)
{
	char buf[4096];
	uint64_t limit = trace_opt()->trace_strlen < sizeof(buf) ? trace_opt()->trace_strlen
								 : sizeof(buf);
	uint64_t n = size < limit ? size : limit;

	if (!va || (n && guest_copyin(ta->task, buf, GADDR(va), n)))
		text_pointer(out, va);
	else
		text_quoted(out, buf, n, n, size > n);
}

void trace_string(struct trace_args *ta, uint64_t va, size_t limit, struct text *out)
{
	char buf[LX_PATH_MAX];
	int err = va ? guest_copyin_path(ta->task, buf, GADDR(va)) : -LX_EFAULT;

	if (err == -LX_ENAMETOOLONG)
		text_quoted(out, buf, sizeof(buf) - 1, limit, true);
	else if (err)
		text_pointer(out, va);
	else
		text_quoted(out, buf, strlen(buf), limit, false);
}

bool trace_path(struct trace_args *ta, int i, struct text *out)
{
	trace_string(ta, SC_U64(ta->args, i), LX_PATH_MAX, out);
	return true;
}

bool trace_obuf(struct trace_args *ta, int i, struct text *out)
{
	uint64_t n = (uint64_t)ta->result;

	if (!trace_ok(ta)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	if (ta->args->nr == NR_getcwd && n) /* getcwd counts the NUL; a path is shown whole */
		trace_string(ta, SC_U64(ta->args, i), LX_PATH_MAX, out);
	else
		trace_memory(ta, SC_U64(ta->args, i), n, out);
	return true;
}

bool trace_ibuf(struct trace_args *ta, int i, struct text *out)
{
	trace_memory(ta, SC_U64(ta->args, i), SC_U64(ta->args, i + 1), out);
	return true;
}

static void mode_text(uint32_t mode, struct text *out)
{
	text_choice(out, mode & LX_S_IFMT, trace_file_types, "S_IF");
	text_str(out, "|");
	if (mode & 07000) {
		text_flags(out, mode & 07000, trace_mode_bits, "");
		text_str(out, "|");
	}
	text_printf(out, "%#03o", mode & 0777);
}

/* From st_mode on to the closing brace. */
static void stat_text(const struct lx_stat *st, struct text *out)
{
	text_str(out, "{st_mode=");
	mode_text(st->st_mode, out);
	if (LX_S_ISCHR(st->st_mode) || LX_S_ISBLK(st->st_mode))
		text_printf(out, ", st_rdev=makedev(0x%x, 0x%x), ...}", lx_major(st->st_rdev),
			    lx_minor(st->st_rdev));
	else
		text_printf(out, ", st_size=%" PRId64 ", ...}", st->st_size);
}

bool trace_ostat(struct trace_args *ta, int i, struct text *out)
{
	struct lx_stat st;

	if (trace_fetch_output(ta, i, &st, sizeof(st), out))
		stat_text(&st, out);
	return true;
}

bool trace_ostatx(struct trace_args *ta, int i, struct text *out)
{
	struct lx_statx st;

	if (!trace_fetch_output(ta, i, &st, sizeof(st), out))
		return true;
	text_str(out, "{stx_mask=");
	trace_statx_mask(st.stx_mask, out);
	text_str(out, ", stx_attributes=0, stx_mode=");
	mode_text(st.stx_mode, out);
	text_printf(out, ", stx_size=%" PRIu64 ", ...}", st.stx_size);
	return true;
}

void trace_iov_text(struct trace_args *ta, uint64_t va, uint64_t n, uint64_t bytes,
		    struct text *out)
{
	struct lx_iovec iov[MAX_ELEMENTS];
	uint64_t shown = n < MAX_ELEMENTS ? n : MAX_ELEMENTS, k;

	if (n && (!va || guest_copyin(ta->task, iov, GADDR(va), shown * sizeof(iov[0])))) {
		text_pointer(out, va);
		return;
	}
	text_str(out, "[");
	for (k = 0; k < shown; k++) {
		uint64_t len = iov[k].iov_len < bytes ? iov[k].iov_len : bytes;

		text_str(out, k ? ", {iov_base=" : "{iov_base=");
		if (bytes == TRACE_ADDRESSES)
			text_pointer(out, iov[k].iov_base);
		else
			trace_memory(ta, iov[k].iov_base, len, out);
		text_printf(out, ", iov_len=%" PRIu64 "}", iov[k].iov_len);
		bytes -= bytes == TRACE_ADDRESSES ? 0 : len;
	}
	text_str(out, shown < n ? ", ...]" : "]");
}

bool trace_iiov(struct trace_args *ta, int i, struct text *out)
{
	trace_iov_text(ta, SC_U64(ta->args, i), SC_U64(ta->args, i + 1), UINT64_MAX, out);
	return true;
}

bool trace_oiov(struct trace_args *ta, int i, struct text *out)
{
	trace_iov_text(ta, SC_U64(ta->args, i), SC_U64(ta->args, i + 1),
		       trace_ok(ta) ? (uint64_t)ta->result : TRACE_ADDRESSES, out);
	return true;
}

bool trace_ofds(struct trace_args *ta, int i, struct text *out)
{
	int32_t fds[2];

	if (trace_fetch_output(ta, i, fds, sizeof(fds), out))
		text_printf(out, "[%" PRId32 ", %" PRId32 "]", fds[0], fds[1]);
	return true;
}

void trace_timespec_text(const struct lx_timespec *ts, struct text *out)
{
	if (ts->tv_nsec == LX_UTIME_NOW)
		text_str(out, "UTIME_NOW");
	else if (ts->tv_nsec == LX_UTIME_OMIT)
		text_str(out, "UTIME_OMIT");
	else
		text_printf(out, "{tv_sec=%" PRId64 ", tv_nsec=%" PRId64 "}", ts->tv_sec,
			    ts->tv_nsec);
}

static void file_time(const struct lx_timespec *ts, struct text *out)
{
	bool special = ts->tv_nsec == LX_UTIME_NOW || ts->tv_nsec == LX_UTIME_OMIT;

	trace_timespec_text(ts, out);
	if (special || (!ts->tv_sec && !ts->tv_nsec))
		return;
	text_str(out, " /* ");
	trace_date_text(ts->tv_sec, ts->tv_nsec, out);
	text_str(out, " */");
}

void trace_timeval_text(const struct lx_timeval *tv, struct text *out)
{
	text_printf(out, "{tv_sec=%" PRId64 ", tv_usec=%" PRId64 "}", tv->tv_sec, tv->tv_usec);
}

bool trace_itimespec(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timespec ts;

	if (trace_fetch(ta, i, &ts, sizeof(ts), out))
		trace_timespec_text(&ts, out);
	return true;
}

/* The rest of an interrupted sleep: there on EINTR only, which strace does not know either. */
bool trace_otimespec(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timespec ts;

	if (trace_fetch_output(ta, i, &ts, sizeof(ts), out))
		trace_timespec_text(&ts, out);
	return true;
}

bool trace_itimeval(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timeval tv;

	if (trace_fetch(ta, i, &tv, sizeof(tv), out))
		trace_timeval_text(&tv, out);
	return true;
}

bool trace_itimespec2(struct trace_args *ta, int i, struct text *out)
{
	struct lx_timespec ts[2];

	if (!trace_fetch(ta, i, ts, sizeof(ts), out))
		return true;
	text_str(out, "[");
	file_time(&ts[0], out);
	text_str(out, ", ");
	file_time(&ts[1], out);
	text_str(out, "]");
	return true;
}

static void itimerval_text(const struct lx_itimerval *it, struct text *out)
{
	text_str(out, "{it_interval=");
	trace_timeval_text(&it->it_interval, out);
	text_str(out, ", it_value=");
	trace_timeval_text(&it->it_value, out);
	text_str(out, "}");
}

bool trace_iitimerval(struct trace_args *ta, int i, struct text *out)
{
	struct lx_itimerval it;

	if (trace_fetch(ta, i, &it, sizeof(it), out))
		itimerval_text(&it, out);
	return true;
}

bool trace_oitimerval(struct trace_args *ta, int i, struct text *out)
{
	struct lx_itimerval it;

	if (trace_fetch_output(ta, i, &it, sizeof(it), out))
		itimerval_text(&it, out);
	return true;
}

static void itimerspec_text(const struct lx_itimerspec *it, struct text *out)
{
	text_str(out, "{it_interval=");
	trace_timespec_text(&it->it_interval, out);
	text_str(out, ", it_value=");
	trace_timespec_text(&it->it_value, out);
	text_str(out, "}");
}

bool trace_iitimerspec(struct trace_args *ta, int i, struct text *out)
{
	struct lx_itimerspec it;

	if (trace_fetch(ta, i, &it, sizeof(it), out))
		itimerspec_text(&it, out);
	return true;
}

bool trace_oitimerspec(struct trace_args *ta, int i, struct text *out)
{
	struct lx_itimerspec it;

	if (trace_fetch_output(ta, i, &it, sizeof(it), out))
		itimerspec_text(&it, out);
	return true;
}

static void wait_status_text(int status, struct text *out)
{
	int sig = status & 0x7f;

	if (status == 0xffff) {
		text_str(out, "{WIFCONTINUED(s)}");
	} else if (sig == 0x7f) {
		text_str(out, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		trace_signal_name(status >> 8 & 0xff, out);
		text_str(out, "}");
	} else if (sig) {
		text_str(out, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
		trace_signal_name(sig, out);
		text_str(out, status & 0x80 ? " && WCOREDUMP(s)}" : "}");
	} else {
		text_printf(out, "{WIFEXITED(s) && WEXITSTATUS(s) == %d}", status >> 8 & 0xff);
	}
}

bool trace_owstatus(struct trace_args *ta, int i, struct text *out)
{
	int32_t status;

	if (ta->result <= 0) { /* nothing was waited for */
		text_pointer(out, SC_U64(ta->args, i));
	} else if (trace_fetch_output(ta, i, &status, sizeof(status), out)) {
		text_str(out, "[");
		wait_status_text(status, out);
		text_str(out, "]");
	}
	return true;
}

/* Pointers of an argv-like array: the count, at most max with *more when it goes on, or -1. */
static int read_vector(struct trace_args *ta, gaddr_t at, uint64_t *ptrs, int max, bool *more)
{
	int n = (int)(guest_peek(ta->task, ptrs, at, (size_t)max * 8) / 8), i;

	*more = false;
	if (n <= 0)
		return -1;
	for (i = 0; i < n; i++)
		if (!ptrs[i])
			return i;
	*more = true;
	return n;
}

bool trace_argv(struct trace_args *ta, int i, struct text *out)
{
	uint64_t ptrs[MAX_ELEMENTS];
	bool more;
	int n = read_vector(ta, SC_GPTR(ta->args, i), ptrs, MAX_ELEMENTS, &more), k;

	if (n < 0) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	text_str(out, "[");
	for (k = 0; k < n; k++) {
		if (k)
			text_str(out, ", ");
		trace_string(ta, ptrs[k], trace_opt()->trace_strlen, out);
	}
	text_str(out, more ? ", ...]" : "]");
	return true;
}

bool trace_envp(struct trace_args *ta, int i, struct text *out)
{
	uint64_t ptrs[64];
	gaddr_t at = SC_GPTR(ta->args, i);
	bool more = true;
	int n, total = 0;

	text_pointer(out, at.va);
	if (gaddr_null(at))
		return true;
	while (more && total < 4096) {
		n = read_vector(ta, gaddr_add(at, (uint64_t)total * 8), ptrs, 64, &more);
		if (n < 0)
			return true;
		total += n;
	}
	text_printf(out, " /* %d var%s */", total, total == 1 ? "" : "s");
	return true;
}

static void rlim_value(uint64_t v, struct text *out)
{
	if (v == LX_RLIM_INFINITY)
		text_str(out, "RLIM64_INFINITY");
	else if (v > 1024 && v % 1024 == 0)
		text_printf(out, "%" PRIu64 "*1024", v / 1024);
	else
		text_printf(out, "%" PRIu64, v);
}

static void rlimit_text(const struct lx_rlimit *r, struct text *out)
{
	text_str(out, "{rlim_cur=");
	rlim_value(r->rlim_cur, out);
	text_str(out, ", rlim_max=");
	rlim_value(r->rlim_max, out);
	text_str(out, "}");
}

bool trace_irlimit(struct trace_args *ta, int i, struct text *out)
{
	struct lx_rlimit r;

	if (trace_fetch(ta, i, &r, sizeof(r), out))
		rlimit_text(&r, out);
	return true;
}

bool trace_orlimit(struct trace_args *ta, int i, struct text *out)
{
	struct lx_rlimit r;

	if (trace_fetch_output(ta, i, &r, sizeof(r), out))
		rlimit_text(&r, out);
	return true;
}

/* getdents64: the address and the number of entries, as strace without -v. */
bool trace_odirents(struct trace_args *ta, int i, struct text *out)
{
	char buf[32768];
	uint64_t at = 0, n = 0, len = trace_ok(ta) ? (uint64_t)ta->result : 0;
	uint16_t reclen;

	text_pointer(out, SC_U64(ta->args, i));
	if (!trace_ok(ta) || len > sizeof(buf) ||
	    guest_copyin(ta->task, buf, SC_GPTR(ta->args, i), len))
		return true;
	for (; at + offsetof(struct lx_dirent64, d_name) <= len; at += reclen, n++) {
		memcpy(&reclen, buf + at + offsetof(struct lx_dirent64, d_reclen), sizeof(reclen));
		if (!reclen)
			break;
	}
	text_printf(out, " /* %" PRIu64 " entries */", n);
	return true;
}

bool trace_outsname(struct trace_args *ta, int i, struct text *out)
{
	struct lx_utsname u;

	if (!trace_fetch_output(ta, i, &u, sizeof(u), out))
		return true;
	text_str(out, "{sysname=");
	text_quoted(out, u.sysname, strnlen(u.sysname, sizeof(u.sysname)), sizeof(u.sysname),
		    false);
	text_str(out, ", nodename=");
	text_quoted(out, u.nodename, strnlen(u.nodename, sizeof(u.nodename)), sizeof(u.nodename),
		    false);
	text_str(out, ", ...}");
	return true;
}
