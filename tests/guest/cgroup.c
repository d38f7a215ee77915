/* SPDX-License-Identifier: MIT */
/*
 * cgroup.c - control groups, version 1: hierarchies that are mounted, groups that are made, tasks that are
 * moved, and what the subsystem devices lets them do. Who may not mount, or has no such subsystem, is skipped.
 */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

/* A hierarchy of this process alone, mounted on ./m. */
static void own_hierarchy(void)
{
	char data[64];

	SKIP_UNLESS(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mkdir("m", 0755);
	snprintf(data, sizeof(data), "none,name=lxrun.%d", getpid());
	SKIP_UNLESS(!mount("none", "m", "cgroup", 0, data));
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n, saved;

	if (fd < 0)
		return -1;
	n = (int)write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

static int put_number(const char *path, int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", n);
	return put(path, text);
}

static const char *get(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* Whether a line of the file is that number. */
static bool lists(const char *path, int n)
{
	char line[16];

	snprintf(line, sizeof(line), "%d\n", n);
	for (const char *p = get(path); (p = strstr(p, line)); p++)
		if (p[-1] == '\n' || p == get(path))
			return true;
	return false;
}

static bool lists_first(const char *path, int n)
{
	char line[16];

	snprintf(line, sizeof(line), "%d\n", n);
	return !strncmp(get(path), line, strlen(line)) || lists(path, n);
}

/* The path that /proc/self/cgroup shows for the hierarchy of that name. */
static const char *my_path(const char *names)
{
	static char path[256];
	char *line, *save, *end;

	for (line = strtok_r((char *)get("/proc/self/cgroup"), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		line = strchr(line, ':') + 1;
		end = strchr(line, ':');
		*end = '\0';
		if (!strcmp(line, names)) {
			snprintf(path, sizeof(path), "%s", end + 1);
			return path;
		}
	}
	return "";
}

TEST(every_group_has_the_same_files_and_the_top_one_more)
{
	struct statfs fs;
	struct stat st;

	own_hierarchy();
	EQ(statfs("m", &fs), 0);
	EQ(fs.f_type, 0x27e0eb);
	EQ(mkdir("m/a", 0751), 0);
	EQ(stat("m/a", &st), 0);
	EQ(st.st_mode, S_IFDIR | 0751);
	EQ(stat("m", &st), 0);
	EQ(st.st_nlink, 3);
	for (const char **f = (const char *[]){ "cgroup.procs", "tasks", "notify_on_release",
						"cgroup.clone_children", NULL };
	     *f; f++) {
		char path[64];

		snprintf(path, sizeof(path), "m/a/%s", *f);
		EQ(stat(path, &st), 0);
		EQ(st.st_mode, S_IFREG | 0644);
	}
	EQ(access("m/release_agent", F_OK), 0);
	ERR(access("m/a/release_agent", F_OK), ENOENT);
	STREQ(get("m/cgroup.sane_behavior"), "0\n");
	ERR(access("m/a/cgroup.sane_behavior", F_OK), ENOENT);
	ERR(access("m/devices.list", F_OK), ENOENT);
	EQ(rmdir("m/a"), 0);
}

TEST(nothing_but_directories_can_be_made_and_no_file_removed)
{
	own_hierarchy();
	ERR(open("m/new", O_CREAT | O_WRONLY, 0644), EACCES);
	ERR(mknod("m/node", S_IFIFO | 0644, 0), EPERM);
	ERR(symlink("tasks", "m/link"), EPERM);
	ERR(unlink("m/tasks"), EPERM);
	ERR(rmdir("m/tasks"), ENOTDIR);
	ERR(mkdir("m/tasks", 0755), EEXIST);
	EQ(mkdir("m/a", 0755), 0);
	ERR(mkdir("m/a", 0755), EEXIST);
	ERR(mkdir("m/b\nc", 0755), EINVAL);
	ERR(rmdir("m/b"), ENOENT);
	ERR(rmdir("m"), EBUSY);
	EQ(rmdir("m/a"), 0);
}

TEST(a_group_with_children_or_tasks_stays)
{
	own_hierarchy();
	EQ(mkdir("m/a", 0755), 0);
	EQ(mkdir("m/a/b", 0755), 0);
	ERR(rmdir("m/a"), EBUSY);
	EQ(put_number("m/a/b/cgroup.procs", getpid()), 0);
	ERR(rmdir("m/a/b"), EBUSY);
	EQ(put("m/cgroup.procs", "0"), 0);
	EQ(rmdir("m/a/b"), 0);
	EQ(rmdir("m/a"), 0);
}

TEST(a_process_moves_and_its_children_are_born_where_it_is)
{
	char names[64];
	pid_t pid;

	own_hierarchy();
	snprintf(names, sizeof(names), "name=lxrun.%d", getpid());
	STREQ(my_path(names), "/");
	TRUE(lists("m/cgroup.procs", getpid()));
	EQ(mkdir("m/a", 0755), 0);
	EQ(mkdir("m/a/b", 0755), 0);
	STREQ(get("m/a/b/cgroup.procs"), "");
	EQ(put_number("m/a/b/cgroup.procs", getpid()), 0);
	TRUE(lists_first("m/a/b/cgroup.procs", getpid()));
	TRUE(!lists("m/cgroup.procs", getpid()));
	STREQ(my_path(names), "/a/b");
	pid = fork();
	if (!pid)
		_exit(strcmp(my_path(names), "/a/b") != 0);
	EQ(waitpid(pid, &(int){ 0 }, 0), pid);
	TRUE(!lists("m/a/b/tasks", pid));
	EQ(put_number("m/tasks", getpid()), 0);
	STREQ(get("m/a/b/tasks"), "");
	rmdir("m/a/b");
	rmdir("m/a");
}

TEST(a_child_of_a_group_shows_its_parents_place_and_status)
{
	char names[64];
	int status;
	pid_t pid;

	own_hierarchy();
	snprintf(names, sizeof(names), "name=lxrun.%d", getpid());
	EQ(mkdir("m/a", 0755), 0);
	EQ(put("m/a/tasks", "0"), 0);
	pid = fork();
	if (!pid)
		_exit(strcmp(my_path(names), "/a") ? 1 : 7);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 7);
	EQ(put("m/tasks", "0"), 0);
	EQ(rmdir("m/a"), 0);
}

static int other_tid;
static int thread_pipe[2], main_pipe[2];

static void *wait_there(void *arg)
{
	char c;

	other_tid = (int)syscall(SYS_gettid);
	(void)!write(main_pipe[1], "x", 1);
	(void)!read(thread_pipe[0], &c, 1);
	return NULL;
}

TEST(tasks_moves_a_thread_and_procs_the_process)
{
	pthread_t th;
	char c;

	own_hierarchy();
	EQ(pipe(thread_pipe), 0);
	EQ(pipe(main_pipe), 0);
	EQ(mkdir("m/a", 0755), 0);
	EQ(pthread_create(&th, NULL, wait_there, NULL), 0);
	EQ(read(main_pipe[0], &c, 1), 1);
	EQ(put_number("m/a/tasks", other_tid), 0);
	TRUE(lists_first("m/a/tasks", other_tid));
	TRUE(!lists("m/a/tasks", getpid()));
	TRUE(lists_first("m/a/cgroup.procs", getpid())); /* the process has a thread there */
	EQ(put_number("m/a/cgroup.procs", getpid()), 0);
	TRUE(lists_first("m/a/tasks", other_tid));
	TRUE(lists_first("m/a/tasks", getpid()));
	EQ(put_number("m/cgroup.procs", other_tid), 0);
	STREQ(get("m/a/tasks"), "");
	EQ(write(thread_pipe[1], "x", 1), 1);
	pthread_join(th, NULL);
	EQ(rmdir("m/a"), 0);
}

TEST(what_is_written_to_tasks_is_a_number_of_somebody)
{
	own_hierarchy();
	ERR(put("m/tasks", "x"), EINVAL);
	ERR(put("m/tasks", "-1"), EINVAL);
	ERR(put("m/tasks", "1 2"), EINVAL);
	ERR(put("m/tasks", "2000000000"), ESRCH);
	EQ(put("m/tasks", " 0 \n"), 0);
	ERR(put("m/notify_on_release", "x"), EINVAL);
	EQ(put("m/notify_on_release", "1"), 0);
	STREQ(get("m/notify_on_release"), "1\n");
	EQ(mkdir("m/a", 0755), 0);
	STREQ(get("m/a/notify_on_release"), "1\n"); /* inherited */
	STREQ(get("m/a/cgroup.clone_children"), "0\n");
	EQ(put("m/release_agent", "/bin/agent \n"), 0);
	STREQ(get("m/release_agent"), "/bin/agent\n");
	EQ(put("m/release_agent", "\n"), 0);
	EQ(rmdir("m/a"), 0);
}

TEST(a_hierarchy_lives_while_it_has_groups)
{
	char data[64], names[64];

	own_hierarchy();
	snprintf(data, sizeof(data), "none,name=lxrun.%d", getpid());
	snprintf(names, sizeof(names), "name=lxrun.%d", getpid());
	ERR(mount("none", "m", "cgroup", 0, data), EBUSY);
	EQ(mkdir("n", 0755), 0);
	EQ(mount("none", "n", "cgroup", 0, names), 0); /* it is there: the name will do */
	EQ(mkdir("n/a", 0755), 0);
	EQ(access("m/a", F_OK), 0);
	EQ(umount("n"), 0);
	EQ(umount("m"), 0);
	ERR(access("m/a", F_OK), ENOENT);
	STREQ(my_path(names), "/");
	EQ(mount("none", "m", "cgroup", 0, names), 0);
	EQ(rmdir("m/a"), 0);
	EQ(umount("m"), 0);
}

TEST(a_name_alone_makes_no_hierarchy)
{
	char names[64];

	own_hierarchy();
	snprintf(names, sizeof(names), "name=lxrun.%d", getpid());
	EQ(umount("m"), 0);
	ERR(mount("none", "m", "cgroup", 0, names), EINVAL);
}

TEST(options_that_make_no_sense_are_refused)
{
	SKIP_UNLESS(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	EQ(mkdir("m", 0755), 0);
	ERR(mount("none", "m", "cgroup", 0, "none"), EINVAL);
	ERR(mount("none", "m", "cgroup", 0, "nosuchsubsystem"), EINVAL);
	ERR(mount("none", "m", "cgroup", 0, "none,devices"), EINVAL);
	ERR(mount("none", "m", "cgroup", 0, "all,devices"), EINVAL);
	ERR(mount("none", "m", "cgroup", 0, "none,name=a b"), EINVAL);
	ERR(mount("none", "m", "cgroup", 0, "none,name="), EINVAL);
}

/* ---- devices ---- */

static char group[64]; /* "m/lxrun.PID" */

static const char *in_group(const char *file)
{
	static char path[4][128];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", group, file);
	return path[i];
}

/* A new group, in which a child does its test: what it may not do does not hold for us. */
static void own_devices(void (*test)(void))
{
	int status;
	pid_t pid;

	SKIP_UNLESS(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	mkdir("m", 0755);
	SKIP_UNLESS(!mount("none", "m", "cgroup", 0, "devices"));
	SKIP_UNLESS(!strcmp(get("m/devices.list"), "a *:* rwm\n"));
	snprintf(group, sizeof(group), "m/lxrun.%d", getpid());
	SKIP_UNLESS(!mkdir(group, 0755));
	pid = fork();
	if (!pid) {
		test();
		fflush(stdout);
		_exit(guest_failures);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	rmdir(in_group("c"));
	EQ(rmdir(group), 0);
}

static void denied_devices(void)
{
	int fd;

	STREQ(get(in_group("devices.list")), "a *:* rwm\n");
	EQ(put(in_group("tasks"), "0"), 0);
	EQ(put(in_group("devices.deny"), "c 1:3 w"), 0);
	STREQ(get(in_group("devices.list")), "a *:* rwm\n"); /* exceptions to that are not shown */
	ERR(open("/dev/null", O_WRONLY), EPERM);
	ERR(open("/dev/null", O_RDWR), EPERM);
	ERR(access("/dev/null", W_OK), EPERM);
	fd = OK(open("/dev/null", O_RDONLY));
	close(fd);
	OK(close(open("/dev/zero", O_RDWR)));
	EQ(put(in_group("devices.allow"), "c 1:3 w\n"), 0);
	OK(close(open("/dev/null", O_WRONLY)));
	EQ(put(in_group("devices.deny"), "c 1:* m"), 0);
	ERR(mknod("node", S_IFCHR | 0644, makedev(1, 5)), EPERM);
	EQ(mknod("fifo", S_IFIFO | 0644, 0), 0);
	EQ(mknod("white", S_IFCHR | 0644, 0), 0);
	OK(close(open("/dev/zero", O_RDWR)));
}

TEST(what_is_denied_cannot_be_opened_or_made)
{
	own_devices(denied_devices);
}

static void only_allowed_devices(void)
{
	EQ(put(in_group("tasks"), "0"), 0);
	EQ(put(in_group("devices.deny"), "a"), 0);
	STREQ(get(in_group("devices.list")), "");
	ERR(open("/dev/null", O_RDONLY), EPERM);
	EQ(put(in_group("devices.allow"), "c 1:3 r"), 0);
	EQ(put(in_group("devices.allow"), "c 1:3 m"), 0);
	EQ(put(in_group("devices.allow"), "b *:7 rwm"), 0);
	EQ(put(in_group("devices.allow"), "c 1:* r"), 0);
	STREQ(get(in_group("devices.list")), "c 1:3 rm\nb *:7 rwm\nc 1:* r\n");
	OK(close(open("/dev/null", O_RDONLY)));
	ERR(open("/dev/null", O_WRONLY), EPERM);
	OK(close(open("/dev/zero", O_RDONLY)));
	EQ(put(in_group("devices.deny"), "c 1:3 rm"), 0);
	STREQ(get(in_group("devices.list")), "b *:7 rwm\nc 1:* r\n");
	EQ(put(in_group("devices.allow"), "a"), 0);
	STREQ(get(in_group("devices.list")), "a *:* rwm\n");
	OK(close(open("/dev/null", O_WRONLY)));
}

TEST(where_all_is_denied_what_is_allowed_can_be_opened)
{
	own_devices(only_allowed_devices);
}

static void hierarchy_of_devices(void)
{
	EQ(mkdir(in_group("c"), 0755), 0);
	EQ(put(in_group("devices.deny"), "c 1:3 rw"), 0);
	ERR(put(in_group("c/devices.allow"), "c 1:3 r"), EPERM); /* not more than the parent */
	EQ(put(in_group("c/tasks"), "0"), 0);
	ERR(open("/dev/null", O_RDONLY), EPERM);
	ERR(put(in_group("devices.deny"), "a"), EINVAL); /* it has a child */
	EQ(put("m/tasks", "0"), 0);
}

static void hierarchy_of_allowed_devices(void)
{
	EQ(put(in_group("devices.deny"), "a"), 0);
	EQ(put(in_group("devices.allow"), "c 5:* rwm"), 0);
	EQ(mkdir(in_group("c"), 0755), 0);
	STREQ(get(in_group("c/devices.list")), "c 5:* rwm\n");
	EQ(put(in_group("c/devices.deny"), "c 5:* m"), 0);
	STREQ(get(in_group("c/devices.list")), "c 5:* rw\n");
	EQ(put(in_group("c/devices.allow"), "c 5:1 m"), 0);
	ERR(put(in_group("c/devices.allow"), "c 6:1 m"), EPERM);
	STREQ(get(in_group("c/devices.list")), "c 5:* rw\nc 5:1 m\n");
	EQ(put(in_group("devices.deny"), "c 5:* m"),
	   0); /* what the parent loses, the child loses */
	STREQ(get(in_group("c/devices.list")), "c 5:* rw\n");
}

TEST(no_group_may_more_than_its_parent)
{
	own_devices(hierarchy_of_devices);
}

TEST(a_child_has_what_its_parent_has_and_loses_it_with_it)
{
	own_devices(hierarchy_of_allowed_devices);
}

static void nonsense_for_devices(void)
{
	static const char *const lines[] = { "",
					     "x",
					     "c",
					     "c ",
					     "c1:3 r",
					     "c 1 r",
					     "c 1:3",
					     "c 1:3r",
					     "c 1:3 x",
					     "c :3 r",
					     "c 1: r",
					     "c -1:3 r",
					     "c 99999999999:3 r",
					     "z 1:3 r" };

	for (size_t i = 1; i < sizeof(lines) / sizeof(lines[0]); i++)
		ERR(put(in_group("devices.deny"), lines[i]), EINVAL);
}

TEST(lines_that_name_no_device_are_refused)
{
	own_devices(nonsense_for_devices);
}

TEST(the_subsystem_is_in_proc_cgroups)
{
	const char *line;
	int id, n, enabled;

	SKIP_UNLESS(!access("/proc/cgroups", R_OK));
	TRUE(!strncmp(get("/proc/cgroups"), "#subsys_name\thierarchy\tnum_cgroups\tenabled\n", 43));
	line = strstr(get("/proc/cgroups"), "\ndevices\t");
	TRUE(line && sscanf(line, " devices %d %d %d", &id, &n, &enabled) == 3);
	EQ(enabled, 1);
	TRUE(n >= 1);
}
