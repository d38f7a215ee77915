/* SPDX-License-Identifier: MIT */
/* /proc as programs read it. */
#include "guest.h"
#include <dirent.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static char *proc(const char *format, ...)
{
	static char path[128];
	__builtin_va_list args;

	__builtin_va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	__builtin_va_end(args);
	return path;
}

static const char *link_of(const char *path)
{
	static char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static long field(const char *text, const char *name)
{
	const char *at = text ? strstr(text, name) : NULL;

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

TEST(self_names_us)
{
	char pid[16], cwd[PATH_MAX];

	snprintf(pid, sizeof(pid), "%d", getpid());
	STREQ(link_of("/proc/self"), pid);
	STREQ(link_of("/proc/self/exe"), guest_exe());
	STREQ(link_of("/proc/self/cwd"), getcwd(cwd, sizeof(cwd)));
	STREQ(link_of("/proc/self/root"), "/");
	OK(access(proc("/proc/%d/status", getpid()), R_OK));
	OK(access(proc("/proc/self/task/%d", getpid()), R_OK));
	ERR(access("/proc/999999", F_OK), ENOENT);
}

TEST(descriptors_are_links_to_what_is_open)
{
	char want[PATH_MAX], text[8] = "", name[64];
	int p[2], seen = 0;
	struct dirent *de;

	write_file("f", "text", 0600);
	int fd = OK(open("f", O_RDONLY));

	TRUE(getcwd(want, sizeof(want) - 3) != NULL);
	strcat(want, "/f");
	STREQ(link_of(proc("/proc/self/fd/%d", fd)), want);
	OK(pipe(p));
	OK(sscanf(link_of(proc("/proc/self/fd/%d", p[0])), "pipe:[%6[0-9]", name));
	OK(unlink("f"));
	strcat(want, " (deleted)");
	STREQ(link_of(proc("/proc/self/fd/%d", fd)), want);
	int again = OK(open(proc("/proc/self/fd/%d", fd), O_RDONLY));

	EQ(read(again, text, 8), 4);
	STREQ(text, "text");
	DIR *dir = opendir("/proc/self/fd");

	while (dir && (de = readdir(dir)))
		seen += atoi(de->d_name) == fd && de->d_name[0] != '.';
	EQ(seen, 1);
	ERR(readlink("/proc/self/fd/999", want, sizeof(want)), ENOENT);
}

TEST(maps_lists_the_program_and_its_memory)
{
	char line[64];
	char *map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *text = read_file("/proc/self/maps");

	TRUE(text != NULL);
	TRUE(text && strstr(text, guest_exe()) != NULL);
	TRUE(text && strstr(text, "[stack]") != NULL);
	TRUE(text && strstr(text, "[vdso]") != NULL);
	snprintf(line, sizeof(line), "%lx-", (unsigned long)map);
	TRUE(text && strstr(text, line) != NULL);
	TRUE(text && strstr(text, "r-xp") != NULL);
}

TEST(status_has_the_numbers)
{
	char *text = read_file("/proc/self/status");

	EQ(field(text, "\nPid:"), getpid());
	EQ(field(text, "\nTgid:"), getpid());
	EQ(field(text, "\nPPid:"), getppid());
	EQ(field(text, "\nUid:"), getuid());
	EQ(field(text, "\nGid:"), getgid());
	EQ(field(text, "\nThreads:"), 1);
	TRUE(field(text, "\nVmSize:") > 0);
	TRUE(field(text, "\nVmRSS:") > 0);
	TRUE(text && !strncmp(text, "Name:\tproc\n", 11));
	TRUE(text && strstr(text, "\nState:\tR (running)\n"));
}

TEST(stat_has_the_numbers_in_their_places)
{
	int pid = 0, ppid = 0, pgrp = 0, session = 0;
	char comm[32] = "", state = 0, *text = read_file("/proc/self/stat");

	TRUE(text != NULL);
	EQ(sscanf(text ? text : "", "%d (%31[^)]) %c %d %d %d", &pid, comm, &state, &ppid, &pgrp,
		  &session),
	   6);
	EQ(pid, getpid());
	STREQ(comm, "proc");
	EQ(state, 'R');
	EQ(ppid, getppid());
	EQ(pgrp, getpgrp());
	EQ(session, getsid(0));
	int spaces = 0;

	for (const char *at = text; at && *at; at++)
		spaces += *at == ' ';
	EQ(spaces, 51);
}

TEST(cmdline_and_environ)
{
	char *text = read_file("/proc/self/cmdline");

	STREQ(text, guest_exe());
	TRUE(read_file("/proc/self/environ") != NULL);
}

TEST(a_child_shows_its_state)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0)
		for (;;)
			pause();
	char state = 0;

	for (int i = 0; i < 500 && state != 'S'; i++) {
		sleep_ms(2);
		sscanf(read_file(proc("/proc/%d/stat", pid)), "%*d (%*[^)]) %c", &state);
	}
	EQ(state, 'S');
	kill(pid, SIGSTOP);
	OK(waitpid(pid, &status, WUNTRACED));
	sscanf(read_file(proc("/proc/%d/stat", pid)), "%*d (%*[^)]) %c", &state);
	EQ(state, 'T');
	kill(pid, SIGKILL);
	siginfo_t info;

	OK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	sscanf(read_file(proc("/proc/%d/stat", pid)), "%*d (%*[^)]) %c", &state);
	EQ(state, 'Z');
	OK(waitpid(pid, &status, 0));
	ERR(access(proc("/proc/%d", pid), F_OK), ENOENT);
}

TEST(system_files_read_as_programs_expect)
{
	TRUE(field(read_file("/proc/meminfo"), "MemTotal:") > 1000);
	TRUE(field(read_file("/proc/meminfo"), "MemFree:") > 0);
	TRUE(strstr(read_file("/proc/cpuinfo"), "processor\t: 0") != NULL);
	TRUE(!strncmp(read_file("/proc/version"), "Linux version ", 14));
	TRUE(atof(read_file("/proc/uptime")) > 0);
	TRUE(strstr(read_file("/proc/filesystems"), "nodev\tproc") != NULL);
	TRUE(strstr(read_file("/proc/mounts"), " /proc proc ") != NULL);
	TRUE(strstr(read_file("/proc/stat"), "\ncpu0 ") != NULL);
	EQ(strtol(read_file("/proc/sys/kernel/pid_max"), NULL, 10) > 1000, 1);
	STREQ(read_file("/proc/sys/kernel/ostype"), "Linux\n");
	double load;

	EQ(sscanf(read_file("/proc/loadavg"), "%lf", &load), 1);
}

TEST(the_root_directory_lists_processes)
{
	struct dirent *de;
	int me = 0, self = 0;
	DIR *dir = opendir("/proc");

	while (dir && (de = readdir(dir))) {
		me += atoi(de->d_name) == getpid();
		self += !strcmp(de->d_name, "self");
	}
	EQ(me, 1);
	EQ(self, 1);
}

TEST(proc_refuses_new_names)
{
	ERR(open("/proc/new", O_WRONLY | O_CREAT, 0600), ENOENT);
	TRUE(mkdir("/proc/new", 0755) == -1 &&
	     (errno == ENOENT || errno == EPERM || errno == EACCES));
	TRUE(unlink("/proc/version") == -1 && (errno == EPERM || errno == EACCES));
}

TEST(files_that_tools_read_are_there_and_say_something)
{
	static const char *const names[] = { "cmdline",
					     "comm",
					     "environ",
					     "io",
					     "limits",
					     "maps",
					     "mountinfo",
					     "oom_score",
					     "sched*",
					     "smaps",
					     "smaps_rollup",
					     "stat",
					     "statm",
					     "status",
					     "syscall",
					     "uid_map",
					     "personality",
					     "cpuset*",
					     "oom_score_adj",
					     "wchan",
					     "sessionid",
					     "loginuid",
					     NULL };
	char path[64];

	for (int i = 0; names[i]; i++) {
		if (strchr(names[i], '*')) /* not in every kernel */
			continue;
		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		if (!read_file(path) || !*read_file(path))
			FAIL("%s cannot be read, or is empty", path);
	}
}

TEST(the_call_a_process_sleeps_in_is_told)
{
	char path[64], *text = NULL;
	struct timespec ts = { 20, 0 };
	unsigned long a0 = 0;
	unsigned nr = 0;
	pid_t pid = OK(fork());

	if (!pid) {
		syscall(SYS_nanosleep, &ts, NULL);
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	for (int i = 0; i < 200 && nr != SYS_nanosleep; i++) {
		sleep_ms(10);
		text = read_file(path);
		if (!text || sscanf(text, "%u 0x%lx", &nr, &a0) != 2)
			nr = 0;
	}
	EQ(nr, SYS_nanosleep);
	EQ(a0, (unsigned long)&ts);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(namespaces_have_numbers)
{
	char text[64] = "";
	struct stat st;
	unsigned long number = 0;

	OK(readlink("/proc/self/ns/uts", text, sizeof(text) - 1));
	EQ(sscanf(text, "uts:[%lu]", &number), 1);
	OK(stat("/proc/self/ns/uts", &st));
	EQ(st.st_ino, number);
}

TEST(an_out_of_memory_score_is_kept_and_inherited)
{
	int fd = OK(open("/proc/self/oom_score_adj", O_WRONLY));
	bool root = geteuid() == 0; /* what root has set is the least for the others */

	EQ(write(fd, "500", 3), 3);
	close(fd);
	STREQ(read_file("/proc/self/oom_score_adj"), "500\n");
	IN_CHILD(STREQ(read_file("/proc/self/oom_score_adj"), "500\n"));
	drop_root();
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	if (fd >= 0) {
		EQ(write(fd, "600", 3), 3);
		if (root)
			ERR(write(fd, "100", 3), EACCES);
		ERR(write(fd, "1001", 4), EINVAL);
	}
}

TEST(memory_is_read_and_written_at_its_addresses)
{
	static char text[8] = "before";
	static const char constant[] = "constant";
	char got[8] = "";
	int fd = OK(open("/proc/self/mem", O_RDWR));

	EQ(pread(fd, got, 6, (off_t)(uintptr_t)text), 6);
	STREQ(got, "before");
	EQ(pwrite(fd, "after", 6, (off_t)(uintptr_t)text), 6);
	STREQ(text, "after");
	EQ(pwrite(fd, "C", 1, (off_t)(uintptr_t)constant),
	   1); /* as a debugger: protections do not count */
	EQ(*(volatile const char *)constant, 'C');
	OK(lseek(fd, (off_t)(uintptr_t)text, SEEK_SET));
	EQ(read(fd, got, 5), 5);
	EQ(memcmp(got, "after", 5), 0);
	ERR(pread(fd, got, 1, 0), EIO);
	ERR(lseek(fd, 0, SEEK_END), EINVAL);
	OK(close(fd));
}

TEST(sched_names_the_thread)
{
	char want[64], *text = read_file("/proc/self/sched");

	snprintf(want, sizeof(want), "(%d, #threads: 1)\n", getpid());
	TRUE(text && strstr(text, want));
	TRUE(text && strstr(text, "nr_switches"));
}

TEST(name_spaces_say_what_they_are)
{
	unsigned uid = 1;
	int mnt = OK(open("/proc/self/ns/mnt", O_RDONLY)), user;

	EQ(ioctl(mnt, 0xb703 /* NS_GET_NSTYPE */), 0x20000);
	ERR(ioctl(mnt, 0xb704 /* NS_GET_OWNER_UID */, &uid), EINVAL);
	ERR(ioctl(mnt, 0xb702 /* NS_GET_PARENT */), EINVAL);
	user = OK(ioctl(mnt, 0xb701 /* NS_GET_USERNS */));
	EQ(ioctl(user, 0xb703), 0x10000000);
	OK(ioctl(user, 0xb704, &uid));
	EQ(uid, 0);
	ERR(ioctl(user, 0xb702), EPERM);
	OK(close(user));
	OK(close(mnt));
}

TEST(who_has_little_room_gets_the_beginning_of_a_link)
{
	char whole[PATH_MAX], text[16], *here = getcwd(NULL, 0);
	long n = OK(readlink("/proc/self/cwd", whole, sizeof(whole)));

	EQ(n, strlen(here));
	EQ(readlink("/proc/self/cwd", text, 1), 1);
	EQ(text[0], '/');
	EQ(readlink("/proc/self/cwd", whole, (size_t)n), n);
	memset(text, 0, sizeof(text));
	EQ(readlink("/proc/self/exe", text, 5), 5);
	EQ(text[5], 0);
	EQ(readlink("/proc/self/ns/uts", text, 3), 3);
	EQ(strncmp(text, "uts", 3), 0);
}

/* The files are root's still, but the process may look at itself. */
TEST(who_is_another_for_files_sees_its_own_descriptors)
{
	SKIP_UNLESS(geteuid() == 0);
	IN_CHILD({
		char text[64], name[64];
		int fd = OK(open("/", O_RDONLY | O_DIRECTORY));

		setfsgid(65534);
		setfsuid(65534);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		EQ(OK(readlink(name, text, sizeof(text))), 1);
		ERR(open("/proc/1/fd", O_RDONLY), EACCES);
	});
}
