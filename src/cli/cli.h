/* SPDX-License-Identifier: MIT */
/* cli.h - private to the command line: what its parts offer to main(). */
#ifndef CLI_H
#define CLI_H
#include "lxrun/options.h"
#include "compare/compare.h"
#include <sys/types.h>
#include <stdio.h>

#define LXRUN_VERSION "0.1.0"

/* Exit statuses of our own; 1..123 and the rest are the program's. */
enum { EXIT_TIMEOUT = 124, EXIT_LXRUN = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* ---- options.c ---- */
enum opt_id {
#define OPT(id, lng, shrt, arg, argname, section, complete, help) OPT_##id,
#include "options.def"
#undef OPT
	OPT_COUNT
};
enum opt_arg { ARG_NONE, ARG_REQUIRED, ARG_OPTIONAL };
enum opt_section {
	SECTION_RUN,
	SECTION_DISTRO,
	SECTION_TRACE,
	SECTION_COMPARE,
	SECTION_INFO,
	SECTION_HIDDEN
};
enum opt_complete {
	COMPLETE_NOTHING,
	COMPLETE_FILES,
	COMPLETE_DIRS,
	COMPLETE_USERS,
	COMPLETE_CHANNELS,
	COMPLETE_SHELLS,
	COMPLETE_DISTROS
};
struct opt {
	const char *name;
	char letter; /* 0: none */
	enum opt_arg arg;
	const char *arg_name;
	enum opt_section section;
	enum opt_complete complete;
	const char *help;
};
extern const struct opt cli_options[OPT_COUNT];
extern const char *const cli_section_titles[]; /* by enum opt_section, SECTION_HIDDEN excluded */

enum cli_action {
	ACTION_RUN,
	ACTION_COMPARE,
	ACTION_SWEEP,
	ACTION_NEED, /* these four have a program; the others print and end */
	ACTION_NEED_PLAN,
	ACTION_ATTACH,
	ACTION_NTSIDE,
	ACTION_INSTALL,
	ACTION_EXPORT,
	ACTION_UNINSTALL,
	ACTION_LIST,
	ACTION_SET_DEFAULT,
	ACTION_SET_USER, /* these six are of distributions, and may be followed by more options */
	ACTION_CONFORM,  /* all that follows is the tool's */
	ACTION_HELP,
	ACTION_LIST_SYSCALLS,
	ACTION_LIST_NT,
	ACTION_LIST_STATUS,
	ACTION_LIST_QUIRKS,
	ACTION_LIST_SETS,
	ACTION_SCML,
	ACTION_EXPLAIN,
	ACTION_DUMP,
	ACTION_VERSION,
	ACTION_DOCTOR,
	ACTION_COMPLETE
};
struct cli {
	enum cli_action action;
	char *const *argv; /* program and arguments; what follows the option of an action */
	const char *arg;   /* of the option that gave the action */
	struct compare_options compare;
	const char *distro;    /* -d, or the default one for lxrun alone; NULL: the host's tree */
	bool verbose, quiet;   /* of --list */
	const char *hits_file; /* --fault-hits */
	bool release_given;    /* what uname -r says is the user's choice */
	char error[8192];      /* room for the names that --nt-fault knows */
};
/*
 * Fills cli and lxrun_opt from the command line and the environment. 0, or -1 with one line in
 * cli->error. Ends at the first word that is no option, or behind "--".
 */
int options_parse(int argc, char **argv, char **envp, struct cli *cli);
/* One line into cli->error; returns -1. */
__attribute__((format(printf, 2, 3))) int cli_fail(struct cli *cli, const char *fmt, ...);
/* "500us", "1.5s", "2m"; a bare number is seconds: 0, or -1. */
int options_parse_duration(const char *text, uint64_t *ns);
/* "5", "1.5s", "200ms", "2m", "1h" to milliseconds, at least 1: 0, or -1. */
int options_parse_time(const char *text, uint64_t *ms);
/* "sys,nt", "all,-host": 0, or -1. */
int options_parse_channels(const char *text, uint32_t *mask);

/* ---- options_trace.c: the options of section TRACE, and what follows from them ---- */
int options_take_trace(struct cli *cli, enum opt_id id, char *arg);
int options_conclude_trace(struct cli *cli);
/* Options of section TRACE alone, name standing for the program: of a trace that runs. */
int options_parse_trace(struct cli *cli, char *name, size_t count, char *const words[]);
/* A rule about an NT call; option is how it was given. */
int options_add_nt_fault(struct cli *cli, const char *option, const char *rule);
/* Whether NT calls can fail with this status. */
int options_check_status(struct cli *cli, const char *status);
/* ---- distributions.c: the options of section DISTRO, and what they do ---- */
int options_take_distro(struct cli *cli, enum opt_id id, char *arg);
/* host_envp: lxrun's own environment, of which a distribution gets little. */
int options_conclude_distro(struct cli *cli, char **host_envp);
/* Returns an exit status. */
int distributions_main(const struct cli *cli);
/* ---- options_inject.c ---- */
int options_add_inject(struct cli *cli, const char *text);
int options_add_without(struct cli *cli, const char *text);
int options_set_kernel(struct cli *cli, const char *text);
/* ---- faults.c ---- */
/* After the run: rules that never acted; if it failed by one, the command line that does it again. */
void faults_report(char *const argv[], int failed);
void faults_write_hits(const char *file);
/* ---- quirks.c ---- */
int options_set_quirks(struct cli *cli, const char *text);
/* What follows from the quirks: calls that are missing, and the release if nobody gave one. */
void options_conclude_quirks(bool release_given);
/* NULL: a line each; "json"; "scdoc": for the man page. */
void list_quirks(FILE *out, const char *format);
/* Those that are about the call. */
void explain_quirks(FILE *out, const char *call);
/* ---- since.c: the kernel that a call came with; "4.4", "5.10.0-x" ---- */
void since_of(uint32_t nr, unsigned *major, unsigned *minor);
int since_parse(const char *text, unsigned *major, unsigned *minor);
/* ---- list.c ---- */
void list_syscalls(FILE *out, bool json);
void list_nt(FILE *out, bool json);
void list_status(FILE *out, bool json);
/* -1: no such call. */
int explain(FILE *out, const char *call);
/* ---- callset.c ---- */
/* "openat,%process,/^get" to a set by number. NULL, or why not. */
const char *callset_parse(const char *text, uint8_t *set);
/* The classes, each with its calls. */
void list_sets(FILE *out, bool json);

/* ---- scml.c ---- */
void scml_print(FILE *out, bool wsl1);

/* ---- conform.c ---- */
/* --conform: becomes the tool; returns only if it cannot, the exit status. */
int conform_main(const struct cli *cli, char *const argv[]);

/* ---- help.c, complete.c ---- */
void help_print(FILE *out);
/* -1: no such shell. */
int complete_print(FILE *out, const char *shell);

/* ---- doctor.c ---- */
/* Prints one line per finding. 0 if lxrun can run here, else 1. */
int doctor(FILE *out);

/* ---- stdio.c ---- */
/* First thing in main(): keeps closed descriptors 0, 1, 2 from being taken by something else. */
void stdio_reserve(void);
/* After instance_start(): hands 0, 1, 2 over to the first program. 0, or -1 (said why). */
int stdio_give(void);

/* ---- signals.c ---- */
/* Starts to pass signals that lxrun gets on to the guests. 0, or -1 (said why). */
int signals_start(void);
/*
 * SIGUSR1 asks an instance what it is doing, and would end a process that does not know it yet: it is blocked from the first line
 * of main on (hold), and free again for everything that runs no instance (release).
 */
void signals_hold(void);
void signals_release(void);
/* 1: process pid is as far as that, or at its end; 0: it is not; -1: there is none. */
int signals_held_by(pid_t pid);
/* No signal is passed on from here. */
void signals_stop(void);

/* ---- exit.c ---- */
/* Ends lxrun as the program ended: same status, or killed by the same signal. */
_Noreturn void exit_as(int wait_status);
#endif
