/* SPDX-License-Identifier: MIT */
/*
 * Sets of system calls in strace's words: names, %classes, /regular expressions, ?names that may not
 * exist, all, none; ! in front inverts. %file and %desc follow from the argument kinds of
 * syscalls.def, the other classes are lists here.
 */
#include "cli.h"
#include "lxrun/syscall.h"
#include <regex.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *calls;
} classes[] = {
	{ "file", NULL }, /* from the kinds: a path */
	{ "desc", NULL }, /* a descriptor, or one is made */
	{ "process",
	  "fork vfork clone clone3 execve execveat exit exit_group wait4 waitid unshare kill "
	  "tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal" },
	{ "signal",
	  "kill tkill tgkill pause rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend "
	  "rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn sigaltstack signalfd "
	  "signalfd4 pidfd_send_signal" },
	{ "memory",
	  "brk mmap munmap mprotect mremap msync mincore madvise mlock mlock2 munlock mlockall "
	  "munlockall mbind set_mempolicy get_mempolicy migrate_pages move_pages shmat shmdt "
	  "pkey_mprotect pkey_alloc pkey_free remap_file_pages process_madvise" },
	{ "network",
	  "socket socketpair bind listen accept accept4 connect getsockname getpeername "
	  "sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown setsockopt getsockopt "
	  "sendfile" },
	{ "ipc",
	  "shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl" },
	{ "creds",
	  "getuid getgid geteuid getegid setuid setgid setreuid setregid getgroups setgroups "
	  "setresuid getresuid setresgid getresgid setfsuid setfsgid capget capset prctl" },
	{ "clock",
	  "clock_gettime clock_settime clock_getres clock_adjtime gettimeofday settimeofday "
	  "adjtimex time" },
	{ "stat", "stat" },
	{ "lstat", "lstat" },
	{ "fstat", "fstat newfstatat" },
	{ "%stat", "stat lstat fstat newfstatat statx" },
	{ "statfs", "statfs" },
	{ "fstatfs", "fstatfs" },
	{ "%statfs", "statfs fstatfs ustat" },
	{ "pure", "getpid getppid gettid getuid geteuid getgid getegid getpgrp" },
};
/* Calls that give a descriptor and take none. */
static const char makes_fd[] =
	"open creat pipe pipe2 socket socketpair eventfd eventfd2 epoll_create "
	"epoll_create1 timerfd_create memfd_create inotify_init inotify_init1 "
	"signalfd signalfd4 userfaultfd fanotify_init perf_event_open bpf mmap "
	"io_uring_setup pidfd_open poll ppoll select pselect6";

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p = list;

	while ((p = strstr(p, word))) {
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
		p += n;
	}
	return false;
}

static bool in_class(const struct sc_desc *d, const char *class, size_t len)
{
	size_t i;

	if (len == 4 && !memcmp(class, "file", 4))
		return has_word(d->args, "path");
	if (len == 4 && !memcmp(class, "desc", 4))
		return has_word(d->args, "fd") || has_word(d->args, "dfd") ||
		       has_word(makes_fd, d->name);
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == len && !memcmp(classes[i].name, class, len))
			return has_word(classes[i].calls, d->name);
	return false;
}

static bool is_class(const char *class, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == len && !memcmp(classes[i].name, class, len))
			return true;
	return false;
}

static const char *add_regex(uint8_t *set, const char *pattern)
{
	regex_t re;
	int nr;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return "not a regular expression";
	for (nr = 0; nr < SC_TABLE_SIZE; nr++)
		if (sc_table[nr].name && !regexec(&re, sc_table[nr].name, 0, NULL, 0))
			set[nr] = 1;
	regfree(&re);
	return NULL;
}

static const char *add_name(uint8_t *set, const char *name, bool may_miss)
{
	int nr;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++)
		if (sc_table[nr].name && !strcmp(sc_table[nr].name, name)) {
			set[nr] = 1;
			return NULL;
		}
	return may_miss ? NULL : "no such system call; lxrun --list-syscalls names them";
}

static const char *add_item(uint8_t *set, char *item)
{
	int nr;

	if (!strcmp(item, "all")) {
		memset(set, 1, SC_TABLE_SIZE);
		return NULL;
	}
	if (!strcmp(item, "none"))
		return NULL;
	if (*item == '/')
		return add_regex(set, item + 1);
	if (*item != '%')
		return add_name(set, item + (*item == '?'), *item == '?');
	if (!is_class(item + 1, strlen(item + 1)))
		return "classes are %file %desc %process %signal %memory %network %ipc %creds "
		       "%clock "
		       "%stat %lstat %fstat %%stat %statfs %fstatfs %%statfs %pure";
	for (nr = 0; nr < SC_TABLE_SIZE; nr++)
		if (sc_table[nr].name && in_class(&sc_table[nr], item + 1, strlen(item + 1)))
			set[nr] = 1;
	return NULL;
}

const char *callset_parse(const char *text, uint8_t *set)
{
	bool invert = *text == '!';
	char *copy = strdup(text + invert), *item, *rest = copy;
	const char *why = copy && *copy ? NULL : "a set of system calls is wanted";
	int nr;

	memset(set, 0, SC_TABLE_SIZE);
	while (!why && (item = strsep(&rest, ",")))
		why = add_item(set, item);
	free(copy);
	for (nr = 0; nr < SC_TABLE_SIZE && invert; nr++)
		set[nr] = !set[nr];
	return why;
}

static void put_set(FILE *out, const char *name, bool json)
{
	size_t len = strlen(name);
	const char *comma = "";
	uint32_t nr;

	fprintf(out, json ? "{\"name\":\"%%%s\",\"calls\":[" : "%%%s", name);
	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		if (!sc_table[nr].name || !in_class(&sc_table[nr], name, len))
			continue;
		fprintf(out, json ? "%s\"%s\"" : "%s %s", json ? comma : "", sc_table[nr].name);
		comma = ",";
	}
	fputs(json ? "]}" : "\n", out);
}

void list_sets(FILE *out, bool json)
{
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (json)
			fputs(i ? ",\n" : "[\n", out);
		put_set(out, classes[i].name, json);
	}
	if (json)
		fputs("\n]\n", out);
}
