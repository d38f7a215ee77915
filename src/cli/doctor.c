/* SPDX-License-Identifier: MIT */
/*
 * --doctor: what this host offers, one line per finding: ok, slow or missing; what; consequence and
 * remedy. Everything is tried, not looked up: a kernel may have what a container's filter forbids.
 * Probes that cannot be undone run in a child.
 */
#include "cli.h"
#include "doctor.h"
#include "nt/pico.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum verdict { OK, SLOW, MISSING };

static void say(FILE *out, enum verdict v, const char *what, const char *then)
{
	static const char *const words[] = { [OK] = "ok", [SLOW] = "slow", [MISSING] = "missing" };

	fprintf(out, "%-8s %s%s%s\n", words[v], what, *then ? ": " : "", then);
}

/* True if the finding is fatal. */
static bool check_kernel(FILE *out)
{
	const char *then = "";
	struct utsname u;
	unsigned major = 0, minor = 0;
	char what[128];
	bool old;

	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	old = major < 5 || (major == 5 && minor < 19);
	if (old)
		then = strstr(u.release, "Microsoft")
			       ? "this is lxrun itself, or WSL 1; run lxrun on a Linux host"
			       : "5.19 or newer is needed; update the kernel";
	snprintf(what, sizeof(what), "Linux %.64s", u.release);
	say(out, old ? MISSING : OK, what, then);
	return old;
}

static bool check_seccomp(FILE *out)
{
	struct seccomp_probe p;

	seccomp_probe(&p);
	if (p.listener_errno == EBUSY)
		say(out, MISSING, "seccomp user notification",
		    "another notifier already watches this process (a sandbox, or lxrun itself); "
		    "run lxrun outside of it");
	else if (p.listener_errno == ENOSYS)
		say(out, MISSING, "seccomp user notification",
		    "the call does not exist here: inside lxrun, or a kernel without it");
	else if (p.listener_errno)
		say(out, MISSING, "seccomp user notification",
		    "refused; allow seccomp(2) in the container's profile");
	else
		say(out, OK, "seccomp user notification", "");
	if (p.listener_errno)
		return true;
	say(out, p.wait_killable ? OK : MISSING, "seccomp WAIT_KILLABLE_RECV",
	    p.wait_killable ? ""
			    : "calls that a signal interrupts would run twice; Linux 5.19 or newer "
			      "is needed");
	say(out, p.addfd_send ? OK : MISSING, "seccomp ADDFD_SEND",
	    p.addfd_send ? "" : "files cannot be opened in guests; Linux 5.14 or newer is needed");
	say(out, p.sync_wake_up ? OK : SLOW, "seccomp SYNC_WAKE_UP",
	    p.sync_wake_up ? ""
			   : "a call may wake another CPU, some 40 us instead of 4; Linux 6.6 or "
			     "newer has it");
	return !p.wait_killable || !p.addfd_send;
}

static bool check_ptrace(FILE *out)
{
	char scope[16] = "", what[64] = "ptrace";
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC), err = 0;
	pid_t pid;

	if (fd >= 0) {
		ssize_t n = read(fd, scope, sizeof(scope) - 1);

		if (n > 0)
			snprintf(what, sizeof(what),
				 "ptrace of own children (Yama ptrace_scope %.*s)",
				 (int)strcspn(scope, "\n"), scope);
		close(fd);
	}
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, 0, 0))
		err = errno;
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
	say(out, err ? MISSING : OK, what,
	    err ? "no guest can be started; allow ptrace(2) in the container's profile, or sysctl "
		  "kernel.yama.ptrace_scope=1"
		: "");
	return err != 0;
}

static void check_io_uring(FILE *out)
{
	char params[120] = { 0 };
	long fd = syscall(SYS_io_uring_setup, 1, params);

	if (fd >= 0)
		close((int)fd);
	say(out, fd >= 0 ? OK : SLOW, "io_uring",
	    fd >= 0 ? "" : "waiting for pipes and terminals goes through poll threads");
}

static void check_mm_map(FILE *out)
{
	unsigned size = 0;
	bool ok = !prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0);

	say(out, ok ? OK : MISSING, "PR_SET_MM_MAP",
	    ok ? ""
	       : "the heap of guests is not where Linux puts it; a kernel with "
		 "CONFIG_CHECKPOINT_RESTORE has it");
}

static void check_xattr(FILE *out)
{
	char name[] = "./.lxrun-doctor-XXXXXX";
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), err;
	bool named = fd < 0;

	if (named)
		fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		say(out, MISSING, "user xattrs in the current directory",
		    "not writable, cannot be tried; go to a directory of yours");
		return;
	}
	err = fsetxattr(fd, "user.lxrun.doctor", "1", 1, 0) ? errno : 0;
	close(fd);
	if (named)
		unlink(name);
	say(out, err ? MISSING : OK, "user xattrs in the current directory",
	    err ? "distributions cannot be stored here; use ext4, xfs, btrfs or a newer tmpfs"
		: "");
}

static void check_container(FILE *out)
{
	const char *kind = getenv("container");

	if (!kind || !*kind)
		kind = !access("/.dockerenv", F_OK)          ? "docker"
		       : !access("/run/.containerenv", F_OK) ? "podman"
							     : NULL;
	if (kind) {
		fprintf(out,
			"%-8s inside a container (%s): its seccomp profile decides, see the lines "
			"about calls\n",
			"ok", kind);
		return;
	}
	say(out, OK, "no container", "");
}

static void check_preempted(FILE *out)
{
	struct preempted list[PREEMPT_MAX];
	int n = preempt_probe(list), i;

	if (n < 0) {
		say(out, MISSING, "calls answered by an outer filter", "cannot be tried here");
		return;
	}
	if (!n) {
		say(out, OK, "no call is answered by an outer filter", "");
		return;
	}
	fprintf(out, "%-8s calls answered by an outer filter:", "missing");
	for (i = 0; i < n; i++)
		fprintf(out, " %s(%s)", list[i].name,
			list[i].err ? strerrorname_np(list[i].err) : "kills");
	fputs(": they never reach lxrun, which would serve them itself; allow them in the "
	      "container's profile\n",
	      out);
}

int doctor(FILE *out)
{
	bool fatal = check_kernel(out);
	const char *why;

	fatal |= check_seccomp(out);
	fatal |= check_ptrace(out);
	check_io_uring(out);
	check_mm_map(out);
	check_xattr(out);
	check_container(out);
	if (!fatal)
		check_preempted(out);
	why = fatal ? NULL : PicoCheckHost();
	if (why)
		say(out, MISSING, "trap engine", why);
	fflush(out);
	return fatal || why ? 1 : 0;
}
