/* SPDX-License-Identifier: MIT */
/* options.h - what the command line decided; set once before the instance starts, then constant. */
#ifndef LXRUN_OPTIONS_H
#define LXRUN_OPTIONS_H
#include <stdbool.h>
#include <stdint.h>

enum trace_format_id { TRACE_TEXT, TRACE_STRACE, TRACE_JSON, TRACE_CHROME, TRACE_FOLDED, TRACE_CARD };
#define TRACE_MAX_PIDS 32
enum stats_format { STATS_TEXT, STATS_JSON, STATS_HTML };
enum trace_filter { TRACE_ALL, TRACE_ONLY_SUCCESS, TRACE_ONLY_FAILED };

struct lxrun_options {
	const char  *root;           /* --root: host directory that is the guest's / ; NULL: the host's */
	const char  *drives[26];     /* --drive: host directory that is drive A:, B: ...; NULL: none */
	const char  *distribution;   /* -d: its name, and root is its lx volume; NULL: the host's tree */
	uint32_t     default_uid;    /* of the distribution: who runs without -u */
	bool         automount;      /* of the distribution: drives go to /mnt */
	bool         bare;           /* nothing is mounted in it, no settings are read, nobody else uses it: to fill or read it whole */
	const char  *resolv_conf;    /* the host's name servers, for a distribution; NULL: it keeps its own */
	const char  *user;           /* -u: name or uid; NULL: the caller */
	const char  *cd;             /* --cd: guest directory; NULL: the caller's */
	uint64_t     timeout_ms;     /* --timeout; 0: none */
	const char  *kernel_release; /* --kernel-release; default "4.4.0-19041-Microsoft" */
	const char  *kernel_version; /* uname -v */
	uint64_t     quirks;         /* --quirks: bits by enum quirk (lxrun/quirks.h) */
	const uint8_t *missing_calls; /* by number: quirks that answer ENOSYS; NULL: none */
	const char  *hostname;       /* the host's */
	char       **envp;           /* environment of the first program */
	/* trace */
	uint32_t     trace;          /* TR_* */
	const char  *trace_file;     /* -o; NULL: stderr */
	const char  *trace_path;     /* -P: only calls that name this path */
	uint32_t     trace_strlen;   /* -s; default 32 */
	enum trace_filter trace_filter; /* -z / -Z */
	enum trace_format_id trace_format; /* --trace-format; default by where it goes */
	const uint8_t *trace_calls;  /* --trace-calls: by number, 0: not shown; NULL: all */
	uint64_t     trace_slower_ns; /* --trace-slower; 0: all */
	uint64_t     card_number;    /* --card=CALL:N; 0: the last */
	const char  *trace_from;     /* --trace-from: the name of a program; NULL: from the start */
	int32_t      trace_pids[TRACE_MAX_PIDS]; /* --trace-pid */
	uint32_t     trace_pid_count;
	bool         trace_fd_names; /* -y, or a trace for people */
	bool         stats;          /* --stats */
	const char  *stats_file;     /* --stats=FILE; NULL: stderr */
	enum stats_format stats_format;
	bool         strict;         /* --strict: end at the first thing that is not supported */
	const char  *break_status;   /* --break-on: an NT status' name; NULL: none */
	bool         nt_fault;       /* --nt-fault: no call may take a short way around NT */
	/* what the command line found when it started */
	bool         report_missing; /* stderr is a terminal and no trace is on: name unsupported calls there */
	uint64_t     nofile_cur, nofile_max; /* RLIMIT_NOFILE as inherited: the first program's */
};
extern struct lxrun_options lxrun_opt;
#endif
