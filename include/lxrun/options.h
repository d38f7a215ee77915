/* SPDX-License-Identifier: MIT */
/* options.h - what the command line decided; set once before the instance starts, then constant. */
#ifndef LXRUN_OPTIONS_H
#define LXRUN_OPTIONS_H
#include <stdbool.h>
#include <stdint.h>

enum trace_filter { TRACE_ALL, TRACE_ONLY_SUCCESS, TRACE_ONLY_FAILED };

struct lxrun_options {
	const char  *root;           /* --root: host directory that is the guest's / ; NULL: the host's */
	const char  *user;           /* -u: name or uid; NULL: the caller */
	const char  *cd;             /* --cd: guest directory; NULL: the caller's */
	uint64_t     timeout_ms;     /* --timeout; 0: none */
	const char  *kernel_release; /* --kernel-release; default "4.4.0-19041-Microsoft" */
	const char  *kernel_version; /* uname -v */
	const char  *hostname;       /* the host's */
	char       **envp;           /* environment of the first program */
	/* trace */
	uint32_t     trace;          /* TR_* */
	const char  *trace_file;     /* -o; NULL: stderr */
	const char  *trace_path;     /* -P: only calls that name this path */
	uint32_t     trace_strlen;   /* -s; default 32 */
	enum trace_filter trace_filter; /* -z / -Z */
	bool         stats;          /* --stats */
	bool         nt_fault;       /* --nt-fault: no call may take a short way around NT */
	/* what the command line found when it started */
	bool         report_missing; /* stderr is a terminal and no trace is on: name unsupported calls there */
	uint64_t     nofile_cur, nofile_max; /* RLIMIT_NOFILE as inherited: the first program's */
};
extern struct lxrun_options lxrun_opt;
#endif
