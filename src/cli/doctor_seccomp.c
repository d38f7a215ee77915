/* SPDX-License-Identifier: MIT */
/*
 * Probes of seccomp. A filter cannot be taken off again, so each probe is a child. The second one
 * asks for notifications of calls that containers like to refuse and makes each of them: who gets
 * anything but the parent's answer was served by a filter further out, which wins over ours.
 */
#include "doctor.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#define SYNC_WAKE_UP 1UL
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

/* clang-format off */
#define CALL(name) { #name, SYS_##name }
static const struct {
	const char *name;
	int nr;
} calls[] = {
	CALL(mount), CALL(umount2), CALL(unshare), CALL(setns), CALL(sethostname),
	CALL(setdomainname), CALL(syslog), CALL(fsopen), CALL(fsmount), CALL(move_mount),
	CALL(open_tree), CALL(quotactl), CALL(bpf), CALL(perf_event_open), CALL(userfaultfd),
	CALL(add_key), CALL(keyctl), CALL(request_key), CALL(io_uring_setup),
	CALL(io_uring_enter), CALL(io_uring_register), CALL(kcmp), CALL(pidfd_getfd),
	CALL(process_madvise), CALL(open_by_handle_at), CALL(settimeofday), CALL(clock_settime),
	CALL(mbind), CALL(set_mempolicy), CALL(reboot), CALL(swapon), CALL(vhangup),
	CALL(pivot_root), CALL(chroot), CALL(ptrace), CALL(name_to_handle_at), CALL(acct),
	CALL(socket), CALL(clone), CALL(clone3), CALL(fsconfig), CALL(fspick), CALL(get_mempolicy),
	CALL(mount_setattr), CALL(personality), CALL(set_mempolicy_home_node), CALL(sysfs),
	CALL(ustat),
};
/* clang-format on */
#define CALLS (int)(sizeof(calls) / sizeof(calls[0]))
_Static_assert(sizeof(calls) / sizeof(calls[0]) <= PREEMPT_MAX, "room for every call");

#define ANSWER 0x1d0c /* what the parent answers; no call of the list returns it */

struct shared {
	struct seccomp_probe probe;
	_Atomic int listener; /* of the second probe; 0 not yet, -1 none */
	_Atomic int done;     /* calls made */
	long result[PREEMPT_MAX];
};

static struct shared *map_shared(void)
{
	void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int make_listener(struct sock_fprog *prog, unsigned long flags)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, prog);
}

/* In the child. The filter allows all, so it may ask its own listener. */
static void probe_child(struct seccomp_probe *p)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };
	struct seccomp_notif_addfd add = { .flags = SECCOMP_ADDFD_FLAG_SEND };
	int fd = make_listener(&prog, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);

	p->wait_killable = fd >= 0;
	if (fd < 0 && errno == EINVAL)
		fd = make_listener(&prog, 0);
	p->listener_errno = fd < 0 ? errno : 0;
	if (fd < 0)
		return;
	p->sync_wake_up = !ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	/* There is no notification 0: a kernel that knows the flag gets far enough to notice. */
	p->addfd_send = ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 && errno != EINVAL;
}

void seccomp_probe(struct seccomp_probe *p)
{
	struct shared *s = map_shared();
	pid_t pid;

	*p = (struct seccomp_probe){ .listener_errno = EAGAIN };
	if (!s)
		return;
	s->probe = *p;
	pid = fork();
	if (!pid) {
		probe_child(&s->probe);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	*p = s->probe;
	munmap(s, sizeof(*s));
}

/* Notifies of the calls in the list, allows the rest. */
static void build_filter(struct sock_filter *f, struct sock_fprog *prog)
{
	int n = 0, i;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, nr));
	for (i = 0; i < CALLS; i++)
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].nr,
						      (__u8)(CALLS - i), 0);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	*prog = (struct sock_fprog){ (unsigned short)n, f };
}

/* In the child: every call with arguments that no kernel would act on. */
static void preempt_child(struct shared *s)
{
	struct sock_filter filter[PREEMPT_MAX + 3];
	struct sock_fprog prog;
	int i, fd;

	build_filter(filter, &prog);
	fd = make_listener(&prog, 0);
	s->listener = fd < 0 ? -1 : fd;
	for (i = 0; fd >= 0 && i < CALLS; i++) {
		long r = syscall(calls[i].nr, -1L, -1L, -1L, -1L, -1L, -1L);

		s->result[i] = r < 0 ? -errno : r;
		s->done = i + 1;
	}
	_exit(0);
}

static void answer(int listener)
{
	struct seccomp_notif req = { 0 };
	struct seccomp_notif_resp resp = { .val = ANSWER };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
		return;
	resp.id = req.id;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Answers the child's notifications until it has ended; a descriptor table is shared with it. */
static void serve(struct shared *s, pid_t pid)
{
	int i;

	for (i = 0; i < 1000; i++) {
		struct pollfd pfd = { .fd = s->listener > 0 ? s->listener : -1, .events = POLLIN };

		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		if (poll(&pfd, 1, 10) > 0 && pfd.revents & POLLIN)
			answer(pfd.fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int preempt_probe(struct preempted list[PREEMPT_MAX])
{
	struct shared *s = map_shared();
	int n = 0, i;
	pid_t pid;

	if (!s)
		return -1;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		preempt_child(s);
	if (pid > 0)
		serve(s, pid);
	if (s->listener > 0)
		close(s->listener);
	for (i = 0; i < CALLS && i <= s->done; i++) {
		if (i < s->done && s->result[i] == ANSWER)
			continue;
		list[n++] = (struct preempted){ calls[i].name,
						i < s->done ? (int)-s->result[i] : 0 };
	}
	if (pid < 0 || s->listener <= 0)
		n = -1;
	munmap(s, sizeof(*s));
	return n;
}
