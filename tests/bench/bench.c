/* SPDX-License-Identifier: MIT */
/*
 * bench.c - the measured program: the same binary runs natively and under lxrun.
 *
 *   bench calls MS STATIC_PROGRAM [NAME...]
 *                                   every call of benches[], or those named, MS milliseconds each: "NAME<tab>NANOSECONDS"
 *   bench run N CMD...              runs CMD N times, output discarded: "run NANOSECONDS", the median
 *
 * A figure is the median of nine windows. Files are made in the current directory.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_SIZE (4 << 20)
#define WINDOWS   9
extern char **environ;

static int file, ping[2], pong[2], tcp;
static char *buffer;
static const char *static_program;

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void must(long result)
{
	if (result < 0)
		err(1, "a measured call failed");
}

static void do_null(long size)
{
	(void)size, must(syscall(SYS_getppid));
}
static void do_pread(long size)
{
	must(pread(file, buffer, size, 0));
}
static void do_pwrite(long size)
{
	must(pwrite(file, buffer, size, 0));
}

static void rewind_at(long size)
{
	static long used;

	used += size;
	if (used > FILE_SIZE) {
		must(lseek(file, 0, SEEK_SET));
		used = size;
	}
}

static void do_read(long size)
{
	rewind_at(size);
	must(read(file, buffer, size));
}

static void do_write(long size)
{
	rewind_at(size);
	must(write(file, buffer, size));
}

static void do_stat(long size)
{
	struct stat st;

	(void)size;
	must(stat("bench.file", &st));
}

static void do_open_close(long size)
{
	(void)size;
	int fd = open("bench.file", O_RDONLY);

	must(fd);
	must(close(fd));
}

static void do_create_unlink(long size)
{
	(void)size;
	int fd = open("bench.new", O_WRONLY | O_CREAT | O_EXCL, 0644);

	must(fd);
	must(close(fd));
	must(unlink("bench.new"));
}

static void do_readdir(long size)
{
	DIR *dir = opendir("bench.dir");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	if (n != size + 2)
		errx(1, "%d names, expected %ld", n, size + 2);
}

static void do_pipe(long size)
{
	must(write(ping[1], buffer, size));
	must(read(pong[0], buffer, size));
}

/* To the loopback and back. */
static void do_tcp(long size)
{
	must(send(tcp, buffer, size, 0));
	must(recv(tcp, buffer, size, MSG_WAITALL));
}

static void do_fork(long size)
{
	(void)size;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	must(pid);
	must(waitpid(pid, NULL, 0));
}

static void spawn(const char *path)
{
	char *argv[] = { (char *)path, NULL };
	pid_t pid;
	int status;

	if (posix_spawn(&pid, path, NULL, NULL, argv, environ))
		errx(1, "cannot spawn %s", path);
	must(waitpid(pid, &status, 0));
	if (status)
		errx(1, "%s ended with 0x%x", path, status);
}

static void do_spawn_static(long size)
{
	(void)size, spawn(static_program);
}
static void do_spawn_dynamic(long size)
{
	(void)size, spawn("/bin/true");
}

static void *thread(void *arg)
{
	return arg;
}

static void do_thread(long size)
{
	pthread_t t;

	(void)size;
	if (pthread_create(&t, NULL, thread, NULL))
		errx(1, "pthread_create");
	pthread_join(t, NULL);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void do_signal(long size)
{
	static pid_t self;

	(void)size;
	if (!self) {
		self = getpid();
		signal(SIGUSR1, on_signal);
	}
	must(kill(self, SIGUSR1));
}

/* A key and its echo, as the terminal's other end sees them. */
static void do_echo(long size)
{
	static int master = -1;
	char c = 'x';

	(void)size;
	if (master < 0) {
		master = posix_openpt(O_RDWR | O_NOCTTY);
		must(master);
		must(grantpt(master));
		must(unlockpt(master));
		must(open(ptsname(master), O_RDWR | O_NOCTTY));
	}
	must(write(master, &c, 1));
	must(read(master, &c, 1));
	c = 025; /* the line stays empty */
	must(write(master, &c, 1));
	for (int left = 3; left > 0;) { /* back, blank, back */
		ssize_t n = read(master, buffer, (size_t)left);

		must(n);
		left -= (int)n;
	}
}

static void do_null_among(long size)
{
	static long idle;

	for (; idle < size; idle++)
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	must(syscall(SYS_getppid));
}

static void do_mmap(long size)
{
	volatile char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);

	if (map == MAP_FAILED)
		err(1, "mmap");
	(void)map[0];
	munmap((void *)map, size);
}

static const struct bench {
	const char *name;
	void (*run)(long size);
	long size;
} benches[] = {
	{ "null call", do_null, 0 },
	{ "read 1 B", do_read, 1 },
	{ "read 4 KiB", do_read, 4096 },
	{ "read 64 KiB", do_read, 65536 },
	{ "read 1 MiB", do_read, 1 << 20 },
	{ "pread 1 B", do_pread, 1 },
	{ "pread 4 KiB", do_pread, 4096 },
	{ "pread 64 KiB", do_pread, 65536 },
	{ "pread 1 MiB", do_pread, 1 << 20 },
	{ "write 1 B", do_write, 1 },
	{ "write 4 KiB", do_write, 4096 },
	{ "write 64 KiB", do_write, 65536 },
	{ "write 1 MiB", do_write, 1 << 20 },
	{ "pwrite 4 KiB", do_pwrite, 4096 },
	{ "stat", do_stat, 0 },
	{ "open+close", do_open_close, 0 },
	{ "create+unlink", do_create_unlink, 0 },
	{ "readdir of 1,000", do_readdir, 1000 },
	{ "pipe round trip", do_pipe, 1 },
	{ "TCP round trip", do_tcp, 1 },
	{ "TCP 64 KiB", do_tcp, 65536 },
	{ "fork+exit+wait", do_fork, 0 },
	{ "spawn static", do_spawn_static, 0 },
	{ "spawn /bin/true", do_spawn_dynamic, 0 },
	{ "pthread create+join", do_thread, 0 },
	{ "mmap of a file", do_mmap, 65536 },
	{ "signal to self", do_signal, 0 },
	{ "two keys and their echo", do_echo, 0 },
	{ "null call, 500 idle guests", do_null_among, 500 }, /* the last: they stay */
};

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Nanoseconds per call: the median of WINDOWS windows of equal length. */
static double measure(const struct bench *b, int64_t ns)
{
	double window[WINDOWS];

	b->run(b->size);
	for (int i = 0; i < WINDOWS; i++) {
		int64_t begin = now(), end = begin + ns / WINDOWS, at;
		long calls = 0, step = 1;

		do {
			for (long n = 0; n < step; n++)
				b->run(b->size);
			calls += step;
			at = now();
			if (at - begin < ns / WINDOWS / 16)
				step *= 2;
		} while (at < end);
		window[i] = (double)(at - begin) / calls;
	}
	qsort(window, WINDOWS, sizeof(*window), ascending);
	return window[WINDOWS / 2];
}

/* Whoever connects gets back what it sends. */
static void prepare_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	must(bind(listener, (struct sockaddr *)&a, sizeof(a)));
	must(listen(listener, 1));
	must(getsockname(listener, (struct sockaddr *)&a, &len));
	if (fork() == 0) {
		int s = accept(listener, NULL, NULL);
		ssize_t n;

		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		while ((n = recv(s, buffer, 1 << 20, 0)) > 0)
			must(send(s, buffer, n, 0));
		_exit(0);
	}
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	must(connect(tcp, (struct sockaddr *)&a, sizeof(a)));
	setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	close(listener);
}

static void prepare(void)
{
	char name[64];

	buffer = calloc(1, 1 << 20);
	file = open("bench.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(file);
	for (int i = 0; i < FILE_SIZE; i += 1 << 20)
		must(pwrite(file, buffer, 1 << 20, i));
	mkdir("bench.dir", 0755);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "bench.dir/file%04d", i);
		close(open(name, O_WRONLY | O_CREAT, 0600));
	}
	must(pipe(ping));
	must(pipe(pong));
	pid_t echo = fork();

	if (echo == 0) {
		char c;

		close(ping[1]);
		while (read(ping[0], &c, 1) == 1)
			must(write(pong[1], &c, 1));
		_exit(0);
	}
	close(ping[0]);
	prepare_tcp();
}

static int run_program(int times, char **argv)
{
	double *took = calloc(times, sizeof(*took));
	posix_spawn_file_actions_t quiet;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < times; i++) {
		int64_t begin = now();
		int status;
		pid_t pid;

		if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ))
			errx(1, "cannot run %s", argv[0]);
		must(waitpid(pid, &status, 0));
		if (status)
			errx(1, "%s ended with 0x%x", argv[0], status);
		took[i] = now() - begin;
	}
	qsort(took, times, sizeof(*took), ascending);
	printf("run %.0f\n", took[times / 2]);
	return 0;
}

static bool is_wanted(const char *name, char **wanted)
{
	bool all = !*wanted;

	for (; *wanted; wanted++)
		all |= !strcmp(*wanted, name);
	return all;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "run"))
		return run_program(atoi(argv[2]), argv + 3);
	if (argc < 4 || strcmp(argv[1], "calls"))
		errx(2, "usage: bench calls MS STATIC_PROGRAM [NAME...] | bench run N COMMAND...");
	static_program = argv[3];
	prepare();
	for (size_t i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
		if (!is_wanted(benches[i].name, argv + 4))
			continue;
		printf("%s\t%.0f\n", benches[i].name,
		       measure(&benches[i], atoi(argv[2]) * 1000000LL));
		fflush(stdout);
	}
	return 0;
}
