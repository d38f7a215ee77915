/* SPDX-License-Identifier: MIT */
/*
 * Hostile pointers for every system call that lxrun handles and that takes one, derived from the kinds
 * column of syscalls.def. Each case runs in its own process and prints "case CALL.ARGUMENT.VARIANT =
 * RESULT"; the runner compares with the native run, so there are no expectations here.
 *
 * The other arguments get plain values by their kind, or those of special[], so that the call gets as
 * far as the pointer.
 */
#define GUEST_NO_MAIN
#include "guest.h"
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>

enum support { FULL, PARTIAL, NOSYS };
enum route { TRAP, HOST, LIFE };
static const struct row {
	int nr;
	const char *name;
	enum support support;
	enum route route;
	const char *kinds;
} rows[] = {
#define SC(nr, name, support, route, kinds, note) { nr, #name, support, route, kinds },
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
};

static const struct {
	const char *name, *reason;
} left_out[] = {
	{ "vfork", "returns twice on one stack" },
	{ "settimeofday", "natively, root would set the clock" },
};

/* Descriptors every case finds open. */
enum {
	FD_FILE = 20,
	FD_DIR,
	FD_PIPE_READ,
	FD_PIPE_WRITE,
	FD_EPOLL,
	FD_EVENT,
	FD_TIMER,
	FD_SPARE,
	FD_MQ
};

/* Arguments that the kind alone does not give; for a pointer, eight bytes to be at an offset behind it. */
enum { OWN_PID = -1000, OWN_TIMER, OWN_SEMAPHORE, OWN_SEGMENT, OWN_QUEUE };
static const struct {
	const char *name;
	int index;
	long value;
	int offset;
} special[] = {
	{ "getdents", 0, FD_DIR },
	{ "getdents", 2, 4096 },
	{ "getdents64", 0, FD_DIR },
	{ "getdents64", 2, 4096 },
	{ "getcwd", 1, 4096 },
	{ "epoll_wait", 0, FD_EPOLL },
	{ "epoll_pwait", 0, FD_EPOLL },
	{ "epoll_pwait2", 0, FD_EPOLL },
	{ "epoll_ctl", 0, FD_EPOLL },
	{ "epoll_ctl", 1, EPOLL_CTL_MOD },
	{ "epoll_ctl", 2, FD_PIPE_READ },
	{ "timerfd_settime", 0, FD_TIMER },
	{ "timerfd_gettime", 0, FD_TIMER },
	{ "timer_create", 1, SIGUSR1, 8 },
	{ "timer_settime", 0, OWN_TIMER },
	{ "timer_gettime", 0, OWN_TIMER },
	{ "wait4", 0, -1 },
	{ "waitid", 0, P_ALL },
	{ "waitid", 3, WEXITED },
	{ "rt_sigaction", 0, SIGUSR1 },
	{ "rt_sigqueueinfo", 0, OWN_PID },
	{ "rt_sigqueueinfo", 2, 0xffffffff, 8 },
	{ "rt_tgsigqueueinfo", 0, OWN_PID },
	{ "rt_tgsigqueueinfo", 1, OWN_PID },
	{ "rt_tgsigqueueinfo", 3, 0xffffffff, 8 },
	{ "getrusage", 0, 0 },
	{ "ioctl", 1, 0x541b },
	{ "setitimer", 0, 0 },
	{ "getitimer", 0, 0 },
	{ "sendfile", 0, FD_SPARE },
	{ "copy_file_range", 2, FD_SPARE },
	{ "openat2", 3, 24 },
	{ "clone3", 1, 64 },
	{ "statx", 3, 0x7ff },
	{ "sched_setaffinity", 1, 128 },
	{ "sched_setaffinity", 2, 1 },
	{ "sched_getaffinity", 1, 128 },
	{ "getgroups", 0, 64 },
	{ "listxattr", 2, 64 },
	{ "llistxattr", 2, 64 },
	{ "flistxattr", 2, 64 },
	{ "capget", 0, 0x20080522 },
	{ "capset", 0, 0x20080522 },
	{ "readlink", 0, 'l' },
	{ "readlinkat", 1, 'l' },
	{ "execve", 0, 'x' },
	{ "execveat", 1, 'x' },
	{ "chdir", 0, 'd' },
	{ "rmdir", 0, 'd' },
	{ "mkdir", 0, 'n' },
	{ "mkdirat", 1, 'n' },
	{ "mknod", 0, 'n' },
	{ "mknodat", 1, 'n' },
	{ "link", 1, 'n' },
	{ "linkat", 3, 'n' },
	{ "symlink", 1, 'n' },
	{ "symlinkat", 2, 'n' },
	{ "semop", 0, OWN_SEMAPHORE },
	{ "semop", 2, 1 },
	{ "semtimedop", 0, OWN_SEMAPHORE },
	{ "semtimedop", 2, 1 },
	{ "shmctl", 0, OWN_SEGMENT },
	{ "shmctl", 1, IPC_STAT },
	{ "msgctl", 0, OWN_QUEUE },
	{ "msgctl", 1, IPC_STAT },
	{ "msgsnd", 0, OWN_QUEUE },
	{ "msgsnd", 1, 1 },
	{ "msgsnd", 2, 8 },
	{ "msgsnd", 3, IPC_NOWAIT },
	{ "msgrcv", 0, OWN_QUEUE },
	{ "msgrcv", 2, 8 },
	{ "msgrcv", 4, IPC_NOWAIT },
	{ "mq_timedsend", 0, FD_MQ },
	{ "mq_timedsend", 2, 8 },
	{ "mq_timedreceive", 0, FD_MQ },
	{ "mq_timedreceive", 2, 8 },
	{ "mq_notify", 0, FD_MQ },
	{ "mq_getsetattr", 0, FD_MQ },
	{ "rename", 1, 'n' },
	{ "renameat2", 3, 'n' },
};
static long own_timer, own_semaphore, own_segment, own_queue;

static char *page, *last, *read_only, *none; /* a page, the end of a page before a hole, ... */
static const char *variants[] = { "null", "hole", "wild", "readonly", "edge", "end", "empty" };
enum { NULL_POINTER, HOLE, WILD, READ_ONLY, EDGE, END, EMPTY, VARIANTS };

static bool is_string(const char *kind)
{
	return !strcmp(kind, "path") || !strcmp(kind, "str");
}

static bool one_of(const char *kind, const char *const *list)
{
	while (*list && strcmp(kind, *list))
		list++;
	return *list;
}

/* Kinds that begin with i (in) or o (out) are pointers, but for a few words. */
static bool is_pointer(const char *kind)
{
	static const char *const scalars[] = { "int", "ioctl",  "ioprio", "iopriority",
					       "off", "oflags", NULL };
	static const char *const others[] = { "ptr",  "cloneptr", "fdset", "pollfds",
					      "argv", "envp",     NULL };

	if ((kind[0] == 'i' || kind[0] == 'o') && !one_of(kind, scalars))
		return true;
	return is_string(kind) || one_of(kind, others);
}

/* An argument of this kind that a well-behaved program would give. */
static long plain(const char *kind, int index, char *buffer)
{
	if (!strcmp(kind, "path"))
		return (long)strcpy(buffer, index < 2 ? "f" : "g");
	if (!strcmp(kind, "str"))
		return (long)strcpy(buffer, "user.text");
	if (!strcmp(kind, "oiov") || !strcmp(kind, "iiov")) {
		void **iov = (void **)buffer;

		iov[0] = buffer + 1024;
		iov[1] = (void *)8;
		return (long)buffer;
	}
	if (!strcmp(kind, "pollfds")) {
		struct pollfd *p = (void *)buffer;

		p->fd = FD_FILE, p->events = POLLIN;
		return (long)buffer;
	}
	if (is_pointer(kind))
		return (long)buffer;
	if (!strcmp(kind, "fd"))
		return FD_FILE;
	if (!strcmp(kind, "dfd"))
		return AT_FDCWD;
	if (!strcmp(kind, "size"))
		return 8;
	if (!strcmp(kind, "uint") || !strcmp(kind, "int") || !strcmp(kind, "clock"))
		return 1;
	if (!strcmp(kind, "mode"))
		return 0600;
	if (!strcmp(kind, "uid") || !strcmp(kind, "gid"))
		return -1;
	if (!strcmp(kind, "rlimit"))
		return 7;
	return 0;
}

static long hostile(const char *kind, int variant)
{
	switch (variant) {
	case HOLE:
		return (long)none;
	case WILD:
		return (long)0x8000000000001000;
	case READ_ONLY:
		return (long)read_only;
	case EDGE: /* the first byte is there, the rest is not */
		memset(last - 16, 'f', 16);
		return (long)(last - 1);
	case END: /* the whole string is there, nothing behind it */
		return (long)strcpy(last - 2, "f");
	case EMPTY:
		return (long)strcpy(last - 1, "");
	}
	return 0;
}

static bool sensible(const char *kind, int variant)
{
	switch (variant) {
	case READ_ONLY:
		return kind[0] == 'o' || !strcmp(kind, "ptr") || !strcmp(kind, "fdset") ||
		       !strcmp(kind, "pollfds");
	case END:
	case EMPTY:
		return is_string(kind);
	}
	return true;
}

/* The world of one case: a fresh directory with "f", the descriptors, a dead child. */
static void prepare(const char *name)
{
	struct itimerspec later = { .it_value = { 1000, 0 } };
	struct epoll_event ev = { EPOLLIN, { .u64 = 1 } };
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 8 };
	char dir[] = "case.XXXXXX", queue[64];
	int p[2];

	if (!mkdtemp(dir) || chdir(dir))
		_exit(90);
	write_file("f", "0123456789abcdef", 0600);
	symlink("target", "l");
	symlink("/bin/true", "x");
	mkdir("d", 0755);
	setxattr("f", "user.text", "value", 5, 0);
	dup2(open("f", O_RDWR), FD_FILE);
	dup2(open(".", O_RDONLY), FD_DIR);
	dup2(open("spare", O_RDWR | O_CREAT, 0600), FD_SPARE);
	pipe(p);
	dup2(p[0], FD_PIPE_READ);
	dup2(p[1], FD_PIPE_WRITE);
	write(FD_PIPE_WRITE, "x", 1);
	dup2(epoll_create1(0), FD_EPOLL);
	epoll_ctl(FD_EPOLL, EPOLL_CTL_ADD, FD_PIPE_READ, &ev);
	dup2(eventfd(1, 0), FD_EVENT);
	dup2(timerfd_create(CLOCK_MONOTONIC, 0), FD_TIMER);
	snprintf(queue, sizeof(queue), "/lxrun-hostile-%d", getpid());
	dup2(mq_open(queue, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr), FD_MQ);
	mq_unlink(queue);
	mq_send(FD_MQ, "message", 8, 1);
	timerfd_settime(FD_TIMER, 0, &later, NULL);
	if (!strncmp(name, "wait", 4) && fork() == 0)
		_exit(0);
	int timer = 0;
	syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timer);
	own_timer = timer;
	alarm(1);
}

/* What a value of special[] stands for. A queue has a message. */
static long own(long value)
{
	static const long message[2] = { 1 };

	switch (value) {
	case OWN_PID:
		return getpid();
	case OWN_TIMER:
		return own_timer;
	case OWN_SEMAPHORE:
		return own_semaphore;
	case OWN_SEGMENT:
		return own_segment;
	case OWN_QUEUE:
		msgsnd((int)own_queue, message, 8, IPC_NOWAIT);
		return own_queue;
	default:
		return value;
	}
}

static void run_case(const struct row *row, char kinds[6][16], int count, int index, int variant,
		     FILE *result)
{
	long a[6] = { 0 };

	prepare(row->name);
	for (int i = 0; i < count; i++)
		a[i] = plain(kinds[i], i, page + i * 2048);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
		long value = special[i].value;

		if (strcmp(special[i].name, row->name))
			continue;
		if (is_pointer(kinds[special[i].index]))
			memcpy((char *)a[special[i].index] + special[i].offset, &value,
			       sizeof(value));
		else
			a[special[i].index] = own(value);
	}
	a[index] = hostile(kinds[index], variant);
	errno = 0;
	pid_t me = getpid();
	long ret = syscall(row->nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	if (getpid() != me)
		_exit(0); /* the child of a clone that worked */
	if (ret == -1)
		fprintf(result, "errno %d", errno);
	else
		fprintf(result, "ok");
	fflush(result);
	_exit(0);
}

static void report_case(const struct row *row, char kinds[6][16], int count, int index, int variant)
{
	char text[64] = "";
	int p[2], status = 0;

	fflush(stdout);
	if (pipe(p))
		return;
	pid_t pid = fork();

	if (pid == 0) {
		FILE *result = fdopen(p[1], "w");

		run_case(row, kinds, count, index, variant, result);
	}
	close(p[1]);
	ssize_t n = read(p[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	close(p[0]);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "signal %d", WTERMSIG(status));
	printf("case %s.%d.%s = %s\n", row->name, index, variants[variant], text);
}

static void report_call(const struct row *row)
{
	char kinds[6][16] = { "" };
	int count = sscanf(row->kinds, "%15s %15s %15s %15s %15s %15s", kinds[0], kinds[1],
			   kinds[2], kinds[3], kinds[4], kinds[5]);

	for (int index = 0; index < count; index++)
		for (int variant = 0; is_pointer(kinds[index]) && variant < VARIANTS; variant++)
			if (sensible(kinds[index], variant))
				report_case(row, kinds, count, index, variant);
}

int main(int argc, char **argv)
{
	page = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	last = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	last += 4096;
	mprotect(last, 4096, PROT_NONE);
	read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	own_semaphore = semget(IPC_PRIVATE, 1, 0600);
	own_segment = shmget(IPC_PRIVATE, 4096, 0600);
	own_queue = msgget(IPC_PRIVATE, 0600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool wanted = rows[i].support != NOSYS && rows[i].route != HOST;

		for (size_t j = 0; j < sizeof(left_out) / sizeof(*left_out); j++)
			wanted = wanted && strcmp(left_out[j].name, rows[i].name);
		if (wanted && (argc < 2 || !strcmp(argv[1], rows[i].name)))
			report_call(&rows[i]);
	}
	semctl((int)own_semaphore, 0, IPC_RMID);
	shmctl((int)own_segment, IPC_RMID, NULL);
	msgctl((int)own_queue, IPC_RMID, NULL);
	return 0;
}
