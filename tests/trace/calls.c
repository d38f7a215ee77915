/* SPDX-License-Identifier: MIT */
/*
 * Makes the calls that shells, coreutils, git, compilers and Python make, with arguments of every form
 * that a trace shows. Its trace under strace and under lxrun must be equal line by line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static void files(void)
{
	struct stat st;
	char buf[200];
	struct iovec iov[2] = { { (void *)"abc", 3 },
				{ (void *)"de\n\t\"\\\1"
					  "2",
				  8 } };
	const struct timespec times[2] = { { 1000000000, 5 }, { 0, UTIME_OMIT } };
	int fd = openat(AT_FDCWD, "f\n\"\1\xff", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640),
	    copy;

	memset(buf, 'x', sizeof(buf));
	(void)!write(fd, buf, sizeof(buf));
	(void)!writev(fd, iov, 2);
	lseek(fd, 0, SEEK_SET);
	(void)!read(fd, buf, 10);
	(void)!pread(fd, buf, 100, 150);
	(void)!pwrite(fd, "z", 1, 3);
	iov[0].iov_base = buf;
	iov[1].iov_base = buf + 10;
	(void)!readv(fd, iov, 2);
	fstat(fd, &st);
	syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	syscall(SYS_newfstatat, AT_FDCWD, "/dev/null", &st, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_fadvise64, fd, 0L, 0L, 2);
	ftruncate(fd, 5);
	fsync(fd);
	futimens(fd, times);
	utimensat(AT_FDCWD, "missing", NULL, AT_SYMLINK_NOFOLLOW);
	fchmod(fd, 04755);
	flock(fd, LOCK_EX | LOCK_NB);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	fcntl(copy, F_GETFD);
	fcntl(copy, F_SETFD, 0);
	fcntl(copy, F_GETFL);
	fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK);
	dup2(copy, 12);
	close(copy);
	close(99);
	setxattr("f\n\"\1\xff", "user.name", "value", 5, XATTR_CREATE);
	getxattr("f\n\"\1\xff", "user.name", buf, 0);
	getxattr("f\n\"\1\xff", "user.name", buf, sizeof(buf));
	fgetxattr(fd, "user.none", buf, 8);
	listxattr("f\n\"\1\xff", buf, sizeof(buf));
	close(fd);
}

static void names(void)
{
	char buf[100];

	mkdir("d", 0750);
	mkdirat(AT_FDCWD, "d/e", 01777);
	symlink("target", "l");
	(void)!readlink("l", buf, sizeof(buf));
	(void)!readlinkat(AT_FDCWD, "missing", buf, sizeof(buf));
	link("l", "hard");
	rename("hard", "soft");
	syscall(SYS_renameat2, AT_FDCWD, "soft", AT_FDCWD, "l", 1);
	access("l", R_OK | X_OK);
	faccessat(AT_FDCWD, "d", F_OK, 0);
	chmod("d", 0700);
	chown("d", getuid(), (gid_t)-1);
	unlink("soft");
	unlinkat(AT_FDCWD, "d/e", AT_REMOVEDIR);
	rmdir("missing");
	mknod("fifo", S_IFIFO | 0600, 0);
	chdir("d");
	chdir("..");
	truncate("missing", 7);
	umask(027);
}

static void waiting(void)
{
	int p[2], e = epoll_create1(EPOLL_CLOEXEC), ev = eventfd(3, EFD_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x1234567890 },
			   got[2];
	struct pollfd pfd[2] = { { 0, POLLIN | POLLPRI, 0 }, { 0, POLLOUT, 0 } };
	struct timeval soon = { 0, 1000 };
	struct timespec now = { 0, 0 };
	char buf[10];
	fd_set set;

	(void)!pipe2(p, O_CLOEXEC);
	epoll_ctl(e, EPOLL_CTL_ADD, ev, &event);
	epoll_wait(e, got, 2, 0);
	pfd[0].fd = p[0];
	pfd[1].fd = p[1];
	poll(pfd, 2, 0);
	(void)!write(p[1], "abc", 3);
	poll(pfd, 2, -1);
	poll(pfd, 1, 0);
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	select(p[0] + 1, &set, NULL, NULL, &soon);
	syscall(SYS_ppoll, pfd, 1, &now, NULL, 8);
	ioctl(p[0], FIONREAD, &p[1]);
	ioctl(p[0], TCGETS, buf);
	(void)!read(p[0], buf, sizeof(buf));
	timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	dup3(p[0], 20, O_CLOEXEC);
	syscall(SYS_close_range, 3, 100, 0);
}

static void on_signal(int sig) {}

static void signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct itimerval it = { { 0, 0 }, { 1000, 0 } };
	sigset_t set;

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	alarm(0);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void processes(char *self)
{
	/* struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack ... */
	static int child, parent;
	unsigned long plain[11] = { [4] = SIGCHLD };
	unsigned long told[11] = { 0x00100000 | 0x01000000, 0, (unsigned long)&child,
				   (unsigned long)&parent, SIGCHLD };
	char *argv[] = { self, (char *)"exit", NULL }, *envp[] = { (char *)"A=1", NULL };
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (!pid) {
		execve("/no/such/program", argv, envp);
		execve(self, argv, envp);
	}
	waitpid(pid, &status, 0);
	pid = fork();
	if (!pid)
		raise(SIGKILL);
	wait4(pid, &status, WUNTRACED, &usage);
	waitpid(-1, &status, WNOHANG);
	getpgid(0);
	getpriority(PRIO_PROCESS, 0);
	prctl(PR_SET_NAME, "new name", 0, 0, 0);
	prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_CAPBSET_READ, 39);
	prctl(PR_CAPBSET_READ, 60);
	prctl(PR_CAP_AMBIENT, 1, 3, 0, 0);
	prctl(PR_CAP_AMBIENT, 9, 99, 0, 0);
	prctl(PR_CAP_AMBIENT, 4, 0, 0, 0);
	prctl(PR_GET_SECUREBITS);
	prctl(PR_SET_KEEPCAPS, 0);
	prctl(PR_SET_TIMERSLACK, 50000);
	prctl(PR_GET_CHILD_SUBREAPER, &status);
	prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 7);
	if (!syscall(SYS_clone3, plain, sizeof(plain)))
		_exit(0);
	wait(NULL);
	if (!syscall(SYS_clone3, told, 64))
		_exit(0);
	wait(NULL);
	syscall(SYS_clone3, plain, 8);
	syscall(SYS_clone3, 1, 88);
}

static void machine(void)
{
	struct rlimit rl;
	struct statfs fs;
	struct timespec ts = { 0, 1000 };
	unsigned char bytes[4];
	cpu_set_t cpus;
	void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p, 4096, PROT_READ);
	madvise(p, 4096, MADV_DONTNEED);
	p = mremap(p, 8192, 65536, MREMAP_MAYMOVE);
	munmap(p, 65536);
	munmap((void *)1, 4096);
	getrlimit(RLIMIT_STACK, &rl);
	statfs("/no/such/name", &fs);
	nanosleep(&ts, NULL);
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, &ts);
	syscall(SYS_getrandom, bytes, 0, GRND_NONBLOCK);
	sched_getaffinity(0, 4, &cpus);
	syscall(SYS_futex, &cpus, 129, 1, NULL, NULL, 0);
	syscall(SYS_futex, &cpus, 128 + 9, 12345678, NULL, NULL, -1);
	syscall(SYS_arch_prctl, 0x1003, &p);
	syscall(SYS_gettid, 1);
	getuid();
	syscall(SYS_getgroups, 0, NULL);
	syscall(400); /* no such call */
}

/* Addresses of every form. Nothing is sent: nobody listens. */
static void network(void)
{
	static const char *const six[] = { "::",
					   "::1",
					   "fe80::1:0:0:2",
					   "1:0:0:2::",
					   "::ffff:1.2.3.4",
					   "::1.2.3.4",
					   "2001:db8:0:1:1:1:1:1" };
	struct sockaddr_in in = { AF_INET, htons(9), { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 in6 = { AF_INET6, htons(9) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(s, IPPROTO_IP, IP_TOS, &on, sizeof(on));
	connect(s, (void *)&in, 8);
	in.sin_addr.s_addr = htonl(0xC0000201);
	bind(s, (void *)&in, sizeof(in));
	close(s);
	s = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	for (int i = 0; i < sizeof(six) / sizeof(six[0]); i++) {
		inet_pton(AF_INET6, six[i], &in6.sin6_addr);
		bind(-1, (void *)&in6, sizeof(in6));
	}
	close(s);
	socket(AF_INET, SOCK_STREAM, IPPROTO_UDP);
	s = socket(AF_NETLINK, SOCK_RAW, 0);
	bind(s, (void *)&(struct {
		     unsigned short family, pad;
		     unsigned pid, groups;
	     }){ AF_NETLINK },
	     12);
	close(s);
}

/* What sockets say of themselves and of each other: on a port that is below those of clients. */
static void connected(void)
{
	struct sockaddr_in at = { AF_INET, htons(0), { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_storage from;
	socklen_t len = sizeof(at);
	int s = socket(AF_INET, SOCK_DGRAM, 0), pair[2], value, fd;
	char buf[8];

	getsockname(s, (void *)&from, &len);
	len = sizeof(from);
	getpeername(s, (void *)&from, &len);
	getsockname(s, NULL, NULL);
	getsockname(s, (void *)&from, NULL);
	getsockname(s, (void *)8, &len);
	len = 4;
	getsockname(s, (void *)&from, &len);
	len = sizeof(value);
	getsockopt(s, SOL_SOCKET, SO_REUSEADDR, &value, &len);
	getsockopt(s, SOL_SOCKET, SO_ERROR, &value, &len);
	getsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, &len);
	getsockopt(s, SOL_SOCKET, SO_ERROR, NULL, NULL);
	fcntl(s, F_SETFL, O_NONBLOCK);
	recvfrom(s, buf, sizeof(buf), 0, NULL, NULL);
	len = sizeof(from);
	recvfrom(s, buf, sizeof(buf), 0, (void *)&from, &len);
	accept(s, (void *)&from, &len);
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(s, (void *)&(struct sockaddr){ AF_UNIX, "sock" }, 7);
	listen(s, 5);
	len = sizeof(from);
	getsockname(s, (void *)&from, &len);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(fd, (void *)&(struct sockaddr){ AF_UNIX, "sock" }, 7);
	len = sizeof(from);
	close(accept4(s, (void *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK));
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(fd, (void *)&(struct sockaddr){ AF_UNIX, "sock" }, 7);
	close(accept4(s, NULL, NULL, 0));
	len = sizeof(from);
	getpeername(fd, (void *)&from, &len);
	close(fd);
	close(s);
	unlink("sock");
	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	sendto(pair[0], "hi", 2, 0, NULL, 0);
	len = sizeof(from);
	recvfrom(pair[1], buf, sizeof(buf), 0, (void *)&from, &len);
	close(pair[0]);
	close(pair[1]);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 7;
	files();
	names();
	waiting();
	signals();
	processes(argv[0]);
	machine();
	network();
	connected();
	return 3;
}
