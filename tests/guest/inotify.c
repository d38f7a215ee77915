/* SPDX-License-Identifier: MIT */
/*
 * inotify.c - inotify(7). What a scenario tells its watchers is printed as a case: the native run is the
 * oracle, event for event.
 */
#include "guest.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/xattr.h>

static int in;

static void begin(void)
{
	in = (int)OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

static int watch(const char *path, uint32_t mask)
{
	return (int)OK(inotify_add_watch(in, path, mask));
}

static char *add_event(char *out, const struct inotify_event *e, uint32_t *cookie)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ IN_ACCESS, "access" },           { IN_MODIFY, "modify" },
		{ IN_ATTRIB, "attrib" },           { IN_CLOSE_WRITE, "close_write" },
		{ IN_CLOSE_NOWRITE, "close" },     { IN_OPEN, "open" },
		{ IN_MOVED_FROM, "from" },         { IN_MOVED_TO, "to" },
		{ IN_CREATE, "create" },           { IN_DELETE, "delete" },
		{ IN_DELETE_SELF, "delete_self" }, { IN_MOVE_SELF, "move_self" },
		{ IN_UNMOUNT, "unmount" },         { IN_Q_OVERFLOW, "overflow" },
		{ IN_IGNORED, "ignored" },         { IN_ISDIR, "/" },
	};

	out += sprintf(out, "%d:", e->wd);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (e->mask & names[i].bit)
			out += sprintf(out, "%s", names[i].name);
	if (e->len)
		out += sprintf(out, ":%s", e->name);
	if (e->cookie)
		out += sprintf(out, ":%s", *cookie == e->cookie ? "same" : "cookie");
	*cookie = e->cookie;
	return out + sprintf(out, " ");
}

/* All events so far as one case. */
static void told(const char *what)
{
	static char buf[65536] __attribute__((aligned(8)));
	static char text[65536];
	char *out = text;
	uint32_t cookie = 0;
	ssize_t n = read(in, buf, sizeof(buf));

	*out = '\0';
	for (char *p = buf; p < buf + n;) {
		struct inotify_event *e = (struct inotify_event *)p;

		out = add_event(out, e, &cookie);
		p += sizeof(*e) + e->len;
	}
	printf("case %s = %s\n", what, text);
	fflush(stdout);
}

static void names_and_data(const char *tag)
{
	char what[64], buf[16];
	int fd;

	begin();
	watch(".", IN_ALL_EVENTS);
	fd = (int)OK(open("f", O_CREAT | O_RDWR, 0644));
	EQ(write(fd, "hello", 5), 5);
	EQ(pread(fd, buf, 5, 0), 5);
	OK(ftruncate(fd, 1));
	OK(fchmod(fd, 0600));
	close(fd);
	snprintf(what, sizeof(what), "%s_file", tag);
	told(what);
	OK(mkdir("d", 0755));
	OK(symlink("f", "s"));
	OK(link("f", "l"));
	OK(mkfifo("p", 0600));
	OK(rename("f", "g"));
	OK(rename("g", "d/h"));
	OK(unlink("l"));
	OK(rmdir("d") == -1 && errno == ENOTEMPTY ? 0 : -1);
	OK(unlink("d/h"));
	OK(rmdir("d"));
	OK(unlink("s"));
	OK(unlink("p"));
	snprintf(what, sizeof(what), "%s_names", tag);
	told(what);
	close(in);
}

TEST(events_of_names_and_data)
{
	names_and_data("here");
}

TEST(events_on_a_memory_file_system)
{
	char *name = enter_dir("/dev/shm");

	names_and_data("shm");
	leave_dir(name);
}

TEST(a_file_that_was_open_before_is_heard_as_well)
{
	char buf[4];
	int fd;

	begin();
	write_file("f", "data", 0644);
	fd = (int)OK(open("f", O_RDWR));
	EQ(read(fd, buf, 2), 2);
	watch("f", IN_ALL_EVENTS);
	EQ(read(fd, buf, 2), 2);
	EQ(write(fd, "more", 4), 4);
	EQ(lseek(fd, 0, SEEK_CUR), 8);
	told("open_before");
	close(fd);
	told("open_before_close");
	close(in);
	fd = (int)OK(open("f", O_RDONLY));
	EQ(lseek(fd, 0, SEEK_END), 8);
}

TEST(an_object_watched_itself)
{
	begin();
	write_file("f", "x", 0644);
	OK(mkdir("d", 0755));
	EQ(watch("f", IN_ALL_EVENTS), 1);
	EQ(watch("d", IN_ALL_EVENTS), 2);
	EQ(watch("f", IN_ALL_EVENTS), 1);
	OK(truncate("f", 5));
	OK(chmod("f", 0640));
	OK(utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 1, 0 }, { 0, UTIME_OMIT } }, 0));
	OK(utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 0, UTIME_OMIT }, { 1, 0 } }, 0));
	OK(utimensat(AT_FDCWD, "f", NULL, 0));
	told("self_attributes");
	OK(rename("f", "d/f"));
	told("self_moved_in");
	write_file("other", "y", 0644);
	OK(rename("other", "d/f"));
	told("self_replaced");
	OK(unlink("d/f"));
	OK(rmdir("d"));
	told("self_removed");
}

TEST(exchange_and_hard_links)
{
	begin();
	write_file("a", "1", 0644);
	write_file("b", "2", 0644);
	OK(link("a", "a2"));
	watch(".", IN_ALL_EVENTS);
	OK(rename("a", "a2"));
	told("rename_of_links");
	OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
	told("exchange");
	write_file("a", "new", 0644);
	told("truncating_open");
}

TEST(directories_are_opened_and_read)
{
	char buf[4096];
	int fd;

	begin();
	OK(mkdir("d", 0755));
	watch("d", IN_ALL_EVENTS);
	watch(".", IN_ALL_EVENTS);
	fd = (int)OK(open("d", O_RDONLY | O_DIRECTORY));
	TRUE(syscall(SYS_getdents64, fd, buf, sizeof(buf)) > 0);
	close(fd);
	told("directory");
}

TEST(watches_are_changed_and_removed)
{
	int wd;

	begin();
	write_file("f", "x", 0644);
	wd = watch("f", IN_MODIFY);
	EQ(watch("f", IN_ATTRIB | IN_MASK_ADD), wd);
	ERR(inotify_add_watch(in, "f", IN_ATTRIB | 0x10000000), EEXIST);
	OK(truncate("f", 0));
	OK(chmod("f", 0600));
	told("added_mask");
	watch("f", IN_ATTRIB);
	OK(truncate("f", 1));
	OK(chmod("f", 0644));
	told("replaced_mask");
	OK(inotify_rm_watch(in, wd));
	told("removed_watch");
	ERR(inotify_rm_watch(in, wd), EINVAL);
	watch("f", IN_ATTRIB | IN_ONESHOT);
	OK(chmod("f", 0600));
	OK(chmod("f", 0644));
	told("oneshot");
}

TEST(errors_of_inotify)
{
	int p[2];

	begin();
	write_file("f", "x", 0644);
	OK(symlink("f", "s"));
	OK(pipe(p));
	ERR(inotify_init1(1), EINVAL);
	ERR(inotify_add_watch(in, "missing", IN_ACCESS), ENOENT);
	ERR(inotify_add_watch(in, "f", 0), EINVAL);
	ERR(inotify_add_watch(p[0], "f", IN_ACCESS), EINVAL);
	ERR(inotify_add_watch(99, "f", IN_ACCESS), EBADF);
	ERR(inotify_add_watch(in, "f", IN_ACCESS | IN_ONLYDIR), ENOTDIR);
	ERR(inotify_add_watch(in, (char *)1, IN_ACCESS), EFAULT);
	ERR(inotify_rm_watch(p[0], 1), EINVAL);
	ERR(inotify_rm_watch(in, 1), EINVAL);
	EQ(watch("f", IN_ACCESS), 1);
	EQ(watch("s", IN_ACCESS | IN_DONT_FOLLOW), 2);
	ERR(write(in, "x", 1), EBADF);
}

TEST(reading_waits_and_needs_room)
{
	struct pollfd p;
	char buf[8];
	int n, fd = (int)OK(inotify_init1(0));

	in = fd;
	watch(".", IN_CREATE);
	p = (struct pollfd){ fd, POLLIN, 0 };
	EQ(poll(&p, 1, 0), 0);
	if (fork() == 0) {
		sleep_ms(50);
		_exit(mkdir("late", 0755) != 0);
	}
	EQ(poll(&p, 1, 5000), 1);
	EQ(p.revents, POLLIN);
	OK(ioctl(fd, FIONREAD, &n));
	EQ(n, 32);
	ERR(read(fd, buf, sizeof(buf)), EINVAL);
	told("late");
	wait(NULL);
}

TEST(the_queue_overflows_once)
{
	begin();
	write_file("f", "", 0644);
	write_file("g", "", 0644);
	watch("f", IN_ATTRIB);
	watch("g", IN_ATTRIB);
	for (int i = 0; i < 17000; i++) {
		chmod(i & 1 ? "f" : "g", 0600);
	}
	int n, last = 0, count = 0;
	static char buf[1 << 20];

	OK(ioctl(in, FIONREAD, &n));
	n = (int)read(in, buf, sizeof(buf));
	for (char *q = buf; q < buf + n; q += sizeof(struct inotify_event)) {
		last = (int)((struct inotify_event *)q)->mask;
		count++;
	}
	EQ(last, IN_Q_OVERFLOW);
	printf("case overflow_at = %d\n", count);
	ERR(read(in, buf, sizeof(buf)), EAGAIN);
	OK(chmod("f", 0644));
	told("after_overflow");
}
