/* SPDX-License-Identifier: MIT */
/* Arguments that describe the system, its resources and timers, as strace shows them. */
#include "trace_control.h"
#include "trace_impl.h"
#include "lx/stat.h"
#include "lxrun/options.h"
#include "lxrun/vfs.h"
#include <inttypes.h>
#include <string.h>

bool trace_osysinfo(struct trace_args *ta, int i, struct text *out)
{
	struct lx_sysinfo s;

	if (!trace_fetch_output(ta, i, &s, sizeof(s), out))
		return true;
	text_printf(
		out,
		"{uptime=%" PRId64 ", loads=[%" PRIu64 ", %" PRIu64 ", %" PRIu64
		"], totalram=%" PRIu64 ", freeram=%" PRIu64 ", sharedram=%" PRIu64
		", bufferram=%" PRIu64 ", totalswap=%" PRIu64 ", freeswap=%" PRIu64
		", procs=%u, totalhigh=%" PRIu64 ", freehigh=%" PRIu64 ", mem_unit=%" PRIu32 "}",
		s.uptime, s.loads[0], s.loads[1], s.loads[2], s.totalram, s.freeram, s.sharedram,
		s.bufferram, s.totalswap, s.freeswap, s.procs, s.totalhigh, s.freehigh, s.mem_unit);
	return true;
}

static const struct flag_name fs_magics[] = {
	{ 0xef53, "EXT2_SUPER_MAGIC" },        { 0x01021994, "TMPFS_MAGIC" },
	{ 0x9fa0, "PROC_SUPER_MAGIC" },        { 0x62656572, "SYSFS_MAGIC" },
	{ 0x1cd1, "DEVPTS_SUPER_MAGIC" },      { 0x794c7630, "OVERLAYFS_SUPER_MAGIC" },
	{ 0x58465342, "XFS_SUPER_MAGIC" },     { 0x9123683e, "BTRFS_SUPER_MAGIC" },
	{ 0x6969, "NFS_SUPER_MAGIC" },         { 0x50495045, "PIPEFS_MAGIC" },
	{ 0x534f434b, "SOCKFS_MAGIC" },        { 0x27e0eb, "CGROUP_SUPER_MAGIC" },
	{ 0x63677270, "CGROUP2_SUPER_MAGIC" }, { 0x858458f6, "RAMFS_MAGIC" },
	{ 0x09041934, "ANON_INODE_FS_MAGIC" }, { 0, NULL },
};
static const struct flag_name mount_bits[] = {
	{ 0x20, "ST_VALID" },      { 1, "ST_RDONLY" },           { 2, "ST_NOSUID" },
	{ 4, "ST_NODEV" },         { 8, "ST_NOEXEC" },           { 0x10, "ST_SYNCHRONOUS" },
	{ 0x40, "ST_MANDLOCK" },   { 0x400, "ST_NOATIME" },      { 0x800, "ST_NODIRATIME" },
	{ 0x1000, "ST_RELATIME" }, { 0x2000, "ST_NOSYMFOLLOW" }, { 0, NULL },
};

bool trace_ostatfs(struct trace_args *ta, int i, struct text *out)
{
	struct lx_statfs s;

	if (!trace_fetch_output(ta, i, &s, sizeof(s), out))
		return true;
	text_str(out, "{f_type=");
	text_choice(out, (uint64_t)s.f_type, fs_magics, "SUPER_MAGIC");
	text_printf(out,
		    ", f_bsize=%" PRId64 ", f_blocks=%" PRIu64 ", f_bfree=%" PRIu64
		    ", f_bavail=%" PRIu64 ", f_files=%" PRIu64 ", f_ffree=%" PRIu64
		    ", f_fsid={val=[%#" PRIx32 ", %#" PRIx32 "]}, f_namelen=%" PRId64
		    ", f_frsize=%" PRId64 ", f_flags=",
		    s.f_bsize, s.f_blocks, s.f_bfree, s.f_bavail, s.f_files, s.f_ffree,
		    (uint32_t)s.f_fsid[0], (uint32_t)s.f_fsid[1], s.f_namelen, s.f_frsize);
	text_flags(out, (uint64_t)s.f_flags, mount_bits, "0");
	text_str(out, "}");
	return true;
}

static void timeval(const char *name, const struct lx_timeval *tv, struct text *out)
{
	text_printf(out, "%s={tv_sec=%" PRId64 ", tv_usec=%" PRId64 "}", name, tv->tv_sec,
		    tv->tv_usec);
}

bool trace_orusage(struct trace_args *ta, int i, struct text *out)
{
	struct lx_rusage r;
	bool nothing = ta->args->nr == NR_wait4 && ta->result <= 0;

	if (nothing) {
		text_pointer(out, SC_U64(ta->args, i));
	} else if (trace_fetch_output(ta, i, &r, sizeof(r), out)) {
		text_str(out, "{");
		timeval("ru_utime", &r.ru_utime, out);
		text_str(out, ", ");
		timeval("ru_stime", &r.ru_stime, out);
		text_str(out, ", ...}");
	}
	return true;
}

/* times: clock ticks. */
bool trace_otms(struct trace_args *ta, int i, struct text *out)
{
	struct lx_tms t;

	if (trace_fetch_output(ta, i, &t, sizeof(t), out))
		text_printf(out,
			    "{tms_utime=%" PRId64 ", tms_stime=%" PRId64 ", tms_cutime=%" PRId64
			    ", tms_cstime=%" PRId64 "}",
			    t.tms_utime, t.tms_stime, t.tms_cutime, t.tms_cstime);
	return true;
}

/* A list of CPUs; the size in bytes stands before it. On output the result says how much was written. */
static void cpu_set(struct trace_args *ta, int i, uint64_t size, struct text *out)
{
	uint8_t bits[128] = { 0 };
	uint32_t cpu;
	const char *sep = "";

	if (size > sizeof(bits))
		size = sizeof(bits);
	if (!trace_fetch(ta, i, bits, size, out))
		return;
	text_str(out, "[");
	for (cpu = 0; cpu < size * 8; cpu++)
		if (bits[cpu / 8] >> cpu % 8 & 1) {
			text_printf(out, "%s%" PRIu32, sep, cpu);
			sep = " ";
		}
	text_str(out, "]");
}

bool trace_icpus(struct trace_args *ta, int i, struct text *out)
{
	cpu_set(ta, i, SC_U64(ta->args, i - 1), out);
	return true;
}

bool trace_ocpus(struct trace_args *ta, int i, struct text *out)
{
	if (trace_ok(ta))
		cpu_set(ta, i, (uint64_t)ta->result, out);
	else
		text_pointer(out, SC_U64(ta->args, i));
	return true;
}

#define MAX_IDS 32

static void ids(struct trace_args *ta, int i, int64_t n, struct text *out)
{
	uint32_t list[MAX_IDS];
	int64_t shown = n < MAX_IDS ? n : MAX_IDS, k;

	if (n > 0 && !trace_fetch(ta, i, list, (size_t)shown * sizeof(list[0]), out))
		return;
	text_str(out, "[");
	for (k = 0; k < shown; k++)
		text_printf(out, "%s%" PRIu32, k ? ", " : "", list[k]);
	text_str(out, n > shown ? ", ...]" : "]");
}

bool trace_igroups(struct trace_args *ta, int i, struct text *out)
{
	ids(ta, i, SC_I32(ta->args, i - 1), out);
	return true;
}

bool trace_ogroups(struct trace_args *ta, int i, struct text *out)
{
	if (!trace_ok(ta) || gaddr_null(SC_GPTR(ta->args, i)))
		text_pointer(out, SC_U64(ta->args, i));
	else
		ids(ta, i, SC_I32(ta->args, i - 1) ? ta->result : 0, out);
	return true;
}

/* One 32-bit number that the call fills in: [5] */
bool trace_oint(struct trace_args *ta, int i, struct text *out)
{
	int32_t v;

	if (trace_fetch_output(ta, i, &v, sizeof(v), out))
		text_printf(out, "[%" PRId32 "]", v);
	return true;
}

/* Names of attributes; asked for with size 0, only their length was wanted. */
bool trace_onames(struct trace_args *ta, int i, struct text *out)
{
	if (!SC_U64(ta->args, i + 1)) {
		text_pointer(out, SC_U64(ta->args, i));
		return true;
	}
	return trace_obuf(ta, i, out);
}

bool trace_orandom(struct trace_args *ta, int i, struct text *out)
{
	uint8_t bytes[256];
	size_t limit = trace_opt()->trace_strlen < sizeof(bytes) ? trace_opt()->trace_strlen
								 : sizeof(bytes);
	size_t n = trace_ok(ta) && (uint64_t)ta->result < limit ? (size_t)ta->result : limit, k;

	if (!trace_fetch_output(ta, i, bytes, n, out))
		return true;
	text_str(out, "\"");
	for (k = 0; k < n; k++)
		text_printf(out, "\\x%02x", bytes[k]);
	text_str(out, (uint64_t)ta->result > n ? "\"..." : "\"");
	return true;
}

/* mremap's new address counts with MREMAP_FIXED and MREMAP_DONTUNMAP only. */
bool trace_mremapaddr(struct trace_args *ta, int i, struct text *out)
{
	if (!(SC_U32(ta->args, i - 1) & 6))
		return false;
	text_pointer(out, SC_U64(ta->args, i));
	return true;
}

/* arch_prctl: the codes that ask for a base fill in eight bytes. */
bool trace_oarch(struct trace_args *ta, int i, struct text *out)
{
	uint32_t code = SC_U32(ta->args, 0);
	uint64_t base;

	if (code != 0x1003 && code != 0x1004)
		text_pointer(out, SC_U64(ta->args, i));
	else if (trace_fetch_output(ta, i, &base, sizeof(base), out))
		text_printf(out, "[%#" PRIx64 "]", base);
	return true;
}

/* The rest of an interrupted sleep: there only then. */
bool trace_orest(struct trace_args *ta, int i, struct text *out)
{
	if (ta->result == -LX_ERESTART_RESTARTBLOCK)
		return trace_itimespec(ta, i, out);
	text_pointer(out, SC_U64(ta->args, i));
	return true;
}

bool trace_isigevent(struct trace_args *ta, int i, struct text *out)
{
	static const struct flag_name notify[] = {
		{ 0, "SIGEV_SIGNAL" },    { 1, "SIGEV_NONE" }, { 2, "SIGEV_THREAD" },
		{ 4, "SIGEV_THREAD_ID" }, { 0, NULL },
	};
	struct lx_sigevent e;

	if (!trace_fetch(ta, i, &e, sizeof(e), out))
		return true;
	text_str(out, "{");
	if (e.sigev_value)
		text_printf(out, "sigev_value={sival_int=%" PRId32 ", sival_ptr=0x%" PRIx64 "}, ",
			    (int32_t)e.sigev_value, e.sigev_value);
	text_str(out, "sigev_signo=");
	trace_signal_name(e.sigev_signo, out);
	text_str(out, ", sigev_notify=");
	text_choice(out, (uint32_t)e.sigev_notify, notify, "SIGEV_");
	if (e.sigev_notify == 4)
		text_printf(out, ", sigev_notify_thread_id=%" PRId32, e.sigev_tid);
	text_str(out, "}");
	return true;
}

/* rt_sigreturn: the mask in the frame that the stack pointer is at, behind the handler's return. */
bool trace_sigframe(struct trace_args *ta, int i, struct text *out)
{
	gaddr_t mask = GADDR(ta->args->sp + 296); /* uc_sigmask in struct ucontext */
	struct sc_args at = { .nr = ta->args->nr, .a = { mask.va } };
	struct trace_args sub = *ta;

	sub.args = &at;
	text_str(out, "{mask=");
	trace_isigset(&sub, 0, out);
	text_str(out, "}");
	return true;
}

/* "2026-11-26T20:37:21.905548498+0000", as strace adds it to times of files; UTC. */
void trace_date_text(int64_t sec, int64_t nsec, struct text *out)
{
	int64_t days = sec / 86400, rest = sec % 86400, era, year;
	uint32_t doe, yoe, doy, mp, day, month;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468; /* from 0000-03-01: a year that begins in March has its leap day at the end */
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = (uint32_t)(days - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	day = doy - (153 * mp + 2) / 5 + 1;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = (int64_t)yoe + era * 400 + (month <= 2);
	text_printf(out, "%04" PRId64 "-%02" PRIu32 "-%02" PRIu32 "T%02d:%02d:%02d", year, month,
		    day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
	if (nsec)
		text_printf(out, ".%09" PRId64, nsec);
	text_str(out, "+0000");
}
