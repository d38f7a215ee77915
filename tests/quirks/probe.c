/* SPDX-License-Identifier: MIT */
/*
 * probe NAME... : what the differences of WSL 1 in include/lxrun/quirks.def look like to a program. One line
 * each: NAME, what is seen, what WSL 1 shows. call:X asks whether the system call X is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define F_OFD_SETLK_ 37
#define NOREPLACE    0x100000

/* What a call that returned ret shows: "ok" or an error's name. */
static const char *shown(long ret)
{
	static const struct {
		int err;
		const char *name;
	} names[] = { { EINVAL, "EINVAL" },         { EACCES, "EACCES" }, { ENOENT, "ENOENT" },
		      { EOPNOTSUPP, "EOPNOTSUPP" }, { ENOMEM, "ENOMEM" }, { EFBIG, "EFBIG" },
		      { ENOSYS, "ENOSYS" } };

	if (ret != -1)
		return "ok";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == errno)
			return names[i].name;
	return strerror(errno);
}

static const char *clone_io(void)
{
	long pid = syscall(SYS_clone, CLONE_IO | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return shown(pid);
}

static const char *dev_full(void)
{
	return shown(open("/dev/full", O_RDONLY));
}

static const char *dir_nlink(void)
{
	struct stat st;

	return stat(".", &st) ? "?" : st.st_nlink ? "some" : "0";
}

static const char *itimer_cpu(void)
{
	struct itimerval none = { 0 };

	return shown(setitimer(ITIMER_VIRTUAL, &none, NULL));
}

static int lock_file(void)
{
	int fd = open("probe.lock", O_RDWR | O_CREAT | O_TRUNC, 0600);

	unlink("probe.lock");
	return fd;
}

static const char *lock_query(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = lock_file(), told[2];
	pid_t child;
	char c;

	if (pipe(told))
		return "?";
	child = fork();
	if (!child) {
		fcntl(fd, F_SETLK, &lock);
		if (write(told[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	if (read(told[0], &c, 1) != 1 || fcntl(fd, F_GETLK, &lock))
		return "?";
	kill(child, SIGKILL);
	return lock.l_type == F_UNLCK ? "no lock" : "a lock";
}

static const char *map(int flags)
{
	void *p = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return shown(p == MAP_FAILED ? -1 : 0);
}

static const char *map_growsdown(void)
{
	return map(MAP_GROWSDOWN);
}

static const char *map_locked(void)
{
	return map(MAP_LOCKED);
}

static const char *map_noreplace(void)
{
	return map(NOREPLACE);
}

static const char *ofd_locks(void)
{
	struct flock lock = { .l_type = F_WRLCK };

	return shown(fcntl(lock_file(), F_OFD_SETLK_, &lock));
}

static const char *pipe_statfs(void)
{
	struct statfs s;
	int fds[2];

	return pipe(fds) ? "?" : shown(fstatfs(fds[0], &s));
}

/* The first line of a file that begins with key. */
static const char *line_of(const char *file, const char *key)
{
	static char line[256];
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			return line;
	return "";
}

static const char *proc_maps(void)
{
	const char *line = line_of("/proc/self/maps", "");

	line = strchr(line, ' ');
	return !line ? "?" : line[4] == '-' ? "-" : "p";
}

static const char *proc_vmstat(void)
{
	return shown(access("/proc/vmstat", F_OK) & access("/proc/diskstats", F_OK) &
		     access("/proc/partitions", F_OK));
}

static const char *rename_busy(void)
{
	int fd, res;

	mkdir("busy", 0755);
	fd = open("busy/file", O_CREAT | O_WRONLY, 0644);
	res = fd < 0 || rename("busy", "moved") ? errno : 0;
	close(fd);
	unlink("moved/file");
	unlink("busy/file");
	rmdir("moved");
	rmdir("busy");
	errno = res;
	return shown(res ? -1 : 0);
}

static const char *rename_flags(void)
{
	return shown(syscall(SYS_renameat2, AT_FDCWD, "not-there", AT_FDCWD, "nor-this", 1));
}

static const char *rename_self(void)
{
	return shown(rename("not-there", "not-there"));
}

static const char *rlimit_as(void)
{
	struct rlimit r = { 64 << 20, 64 << 20 };

	setrlimit(RLIMIT_AS, &r);
	return shown(mmap(NULL, 1 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
				     MAP_FAILED
			     ? -1
			     : 0);
}

static const char *rlimit_fsize(void)
{
	struct rlimit r = { 0, 0 };

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &r);
	return shown(write(lock_file(), "x", 1));
}

static const char *fs_constants(void)
{
	static char text[96];
	struct statfs s;
	int id[2];

	if (statfs(".", &s))
		return "?";
	memcpy(id, &s.f_fsid, sizeof(id));
	snprintf(text, sizeof(text), "%#lx,%lu,%lu,%d,%d", (unsigned long)s.f_type,
		 (unsigned long)s.f_files, (unsigned long)s.f_ffree, id[0], id[1]);
	return strcmp(text, "0x53464846,999,1000000,1,0") ? "the-host's" : text;
}

static const char *first_umask(void)
{
	return umask(0) ? "some" : "0";
}

static const char *release(void)
{
	static struct utsname u;

	uname(&u);
	return u.release;
}

static const char *vm_peak(void)
{
	const char *line = line_of("/proc/self/status", "VmPeak:");

	return !*line ? "?" : strtoul(line + 7, NULL, 10) ? "some" : "0";
}

static const struct {
	const char *name;
	const char *(*look)(void);
	const char *wsl1;
} probes[] = {
	{ "clone-io", clone_io, "EINVAL" },
	{ "dev-full", dev_full, "ENOENT" },
	{ "dir-nlink", dir_nlink, "0" },
	{ "itimer-cpu", itimer_cpu, "EINVAL" },
	{ "lock-query", lock_query, "no lock" },
	{ "map-growsdown", map_growsdown, "EOPNOTSUPP" },
	{ "map-locked", map_locked, "EOPNOTSUPP" },
	{ "map-noreplace", map_noreplace, "EOPNOTSUPP" },
	{ "ofd-locks", ofd_locks, "EINVAL" },
	{ "pipe-statfs", pipe_statfs, "EINVAL" },
	{ "proc-maps", proc_maps, "-" },
	{ "proc-vmstat", proc_vmstat, "ENOENT" },
	{ "rename-flags", rename_flags, "EINVAL" },
	{ "rename-busy", rename_busy, "EACCES" },
	{ "rename-self", rename_self, "ok" },
	{ "rlimit-as", rlimit_as, "ok" },
	{ "rlimit-fsize", rlimit_fsize, "ok" },
	{ "statfs", fs_constants, "0x53464846,999,1000000,1,0" },
	{ "umask", first_umask, "0" },
	{ "uname", release, "4.4.0-43-Microsoft" },
	{ "vm-peak", vm_peak, "0" },
};

/* Arguments that no call does anything with. */
static const char *call(const char *name)
{
	static const struct {
		long nr;
		const char *name;
	} calls[] = {
#define SC(nr, name, support, route, args, note) { nr, #name },
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
	};
	const intptr_t bad = -1;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return syscall(calls[i].nr, bad, bad, bad, bad, bad, bad) == -1 &&
					       errno == ENOSYS
				       ? "ENOSYS"
				       : "there";
	return "no such call";
}

static void look(const char *name)
{
	if (!strncmp(name, "call:", 5)) {
		printf("%s\t%s\tENOSYS\n", name, call(name + 5));
		return;
	}
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (!strcmp(probes[i].name, name)) {
			printf("%s\t%s\t%s\n", name, probes[i].look(), probes[i].wsl1);
			return;
		}
	printf("%s\tno such probe\t?\n", name);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		pid_t child;

		fflush(stdout);
		child = fork(); /* limits and masks stay with it */
		if (!child) {
			look(argv[i]);
			fflush(stdout);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}
