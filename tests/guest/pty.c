/* SPDX-License-Identifier: MIT */
/* Pseudo-terminals: names, the line discipline, reading, hang-up, packet mode, ioctls (pty(7), ioctl_tty(2), termios(3)). */
#include "guest.h"
#include "../ldisc_cases.h"
#include <dirent.h>
#include <poll.h>
#include <pty.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#ifndef TIOCGPKT
#define TIOCGPKT   0x80045438
#define TIOCGPTLCK 0x80045439
#define TIOCGEXCL  0x80045440
#endif

static int m = -1, s = -1; /* master, slave */

static int open_slave(int flags)
{
	return open(ptsname(m), flags | O_NOCTTY);
}

static void make(void)
{
	m = OK(posix_openpt(O_RDWR | O_NOCTTY));
	OK(grantpt(m));
	OK(unlockpt(m));
	s = OK(open_slave(O_RDWR));
}

static void flags(uint32_t iflag, uint32_t oflag, uint32_t lflag)
{
	struct lx_termios tio;

	OK(ioctl(s, TCGETS, &tio));
	tio.c_iflag = iflag;
	tio.c_oflag = oflag;
	tio.c_lflag = lflag;
	OK(ioctl(s, TCSETS, &tio));
}

static void chars(int vmin, int vtime)
{
	struct lx_termios tio;

	OK(ioctl(s, TCGETS, &tio));
	tio.c_cc[LX_VMIN] = (uint8_t)vmin;
	tio.c_cc[LX_VTIME] = (uint8_t)vtime;
	OK(ioctl(s, TCSETS, &tio));
}

/* What fd gives, until it is as long as want or nothing more comes: both ends are asynchronous natively. */
static const char *get(int fd, size_t want)
{
	static char buf[8192];
	size_t n = 0;
	struct pollfd p = { fd, POLLIN, 0 };

	while (n < want && n < sizeof(buf) - 1 && poll(&p, 1, 2000) == 1) {
		ssize_t r = read(fd, buf + n, sizeof(buf) - 1 - n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	buf[n] = '\0';
	return buf;
}

static void type(const char *keys)
{
	EQ(write(m, keys, strlen(keys)), strlen(keys));
}

static int ready(int fd, int events)
{
	struct pollfd p = { fd, (short)events, 0 };

	OK(poll(&p, 1, 0));
	return p.revents;
}

/* poll() says so, now or soon. */
static int soon(int fd, int events)
{
	struct pollfd p = { fd, (short)events, 0 };

	OK(poll(&p, 1, 5000));
	return p.revents;
}

static int queued(int fd)
{
	int n = -1;

	OK(ioctl(fd, FIONREAD, &n));
	return n;
}

/* ---- names ---- */

TEST(a_pty_has_a_name_and_two_ends)
{
	struct stat st, named;
	char name[64];
	int n = -1;

	make();
	OK(ioctl(m, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	STREQ(ptsname(m), name);
	STREQ(ttyname(s), name);
	TRUE(isatty(s));
	TRUE(isatty(m));
	OK(fstat(s, &st));
	OK(stat(name, &named));
	EQ(st.st_mode & ~020u, S_IFCHR | 0600); /* mode= of the mount */
	EQ(st.st_uid, getuid());
	EQ(major(st.st_rdev), 136 + n / 256);
	EQ(minor(st.st_rdev), n % 256);
	EQ(st.st_ino, named.st_ino);
	EQ(st.st_dev, named.st_dev);
	OK(fchmod(s, 0600));
	OK(stat(name, &named));
	EQ(named.st_mode, S_IFCHR | 0600);
	OK(fchown(s, getuid(), getgid()));
	close(s);
	close(m);
	ERR(stat(name, &named), ENOENT);
	ERR(open(name, O_RDWR), ENOENT);
}

TEST(the_directory_lists_it)
{
	struct dirent *d;
	char want[16];
	int n, found = 0, ptmx = 0;
	DIR *dir;

	make();
	OK(ioctl(m, TIOCGPTN, &n));
	snprintf(want, sizeof(want), "%d", n);
	dir = opendir("/dev/pts");
	TRUE(dir);
	while (dir && (d = readdir(dir)) != NULL) {
		found += !strcmp(d->d_name, want) && d->d_type == DT_CHR;
		ptmx += !strcmp(d->d_name, "ptmx") && d->d_ino == 2;
	}
	EQ(found, 1);
	EQ(ptmx, 1);
	closedir(dir);
	ERR(open("/dev/pts/99999", O_RDWR), ENOENT);
	ERR(open("/dev/pts/00", O_RDWR), ENOENT);
	ERR(mkdir("/dev/pts/x", 0700), getuid() ? EACCES : EPERM);
}

TEST(a_locked_slave_cannot_be_opened)
{
	int on = -1;

	m = OK(posix_openpt(O_RDWR | O_NOCTTY));
	OK(ioctl(m, TIOCGPTLCK, &on));
	EQ(on, 1);
	ERR(open_slave(O_RDWR), EIO);
	OK(unlockpt(m));
	OK(ioctl(m, TIOCGPTLCK, &on));
	EQ(on, 0);
	s = OK(open_slave(O_RDWR));
	on = 1;
	OK(ioctl(m, TIOCSPTLCK, &on));
	ERR(open_slave(O_RDWR), EIO);
	ERR(ioctl(s, TIOCSPTLCK, &on), ENOTTY);
	ERR(ioctl(s, TIOCGPTN, &on), ENOTTY);
}

TEST(the_peer_is_opened_by_descriptor)
{
	int peer;

	m = OK(posix_openpt(O_RDWR | O_NOCTTY));
	OK(unlockpt(m));
	peer = OK(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
	EQ(fcntl(peer, F_GETFD), FD_CLOEXEC);
	STREQ(ttyname(peer), ptsname(m));
}

TEST(numbers_are_reused)
{
	int a, b, c, n = -1, again = -1;

	a = OK(posix_openpt(O_RDWR | O_NOCTTY));
	b = OK(posix_openpt(O_RDWR | O_NOCTTY));
	OK(ioctl(a, TIOCGPTN, &n));
	close(a);
	c = OK(posix_openpt(O_RDWR | O_NOCTTY));
	OK(ioctl(c, TIOCGPTN, &again));
	EQ(again, n);
	close(b);
	close(c);
}

TEST(both_ptmx_nodes_work)
{
	struct stat st;
	int fd = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY)), n;

	OK(ioctl(fd, TIOCGPTN, &n));
	OK(stat("/dev/ptmx", &st));
	EQ(st.st_rdev, makedev(5, 2));
	OK(stat("/dev/pts/ptmx", &st));
	EQ(st.st_rdev, makedev(5, 2));
	EQ(st.st_ino, 2);
}

/* ---- the line discipline ---- */

TEST(lines_are_edited)
{
	for (size_t i = 0; i < sizeof(line_cases) / sizeof(line_cases[0]); i++) {
		const struct line_case *c = &line_cases[i];
		size_t want = strlen(c->screen);
		char buf[256], screen[256];
		ssize_t n;

		make();
		flags(c->iflag, LX_OPOST | LX_ONLCR, c->lflag);
		type(c->keys);
		n = read(s, buf, sizeof(buf) - 1);
		buf[n < 0 ? 0 : n] = '\0';
		snprintf(screen, sizeof(screen), "%s", get(m, want));
		if (strcmp(buf, c->line) || strcmp(screen, c->screen))
			printf("# %s:\n", c->name);
		STREQ(buf, c->line);
		STREQ(screen, c->screen);
		close(s);
		close(m);
	}
}

TEST(output_is_processed)
{
	for (size_t i = 0; i < sizeof(output_cases) / sizeof(output_cases[0]); i++) {
		const struct output_case *c = &output_cases[i];

		make();
		flags(0, c->oflag, 0);
		EQ(write(s, c->text, strlen(c->text)), strlen(c->text));
		STREQ(get(m, strlen(c->screen)), c->screen);
		close(s);
		close(m);
	}
}

TEST(a_read_of_exactly_the_line_takes_its_end_of_file)
{
	char buf[8];

	make();
	flags(0, 0, LX_ICANON);
	type("abc\x04"
	     "de\n");
	EQ(read(s, buf, 3), 3);
	EQ(read(s, buf, sizeof(buf)), 3);
	type("abc\x04\x04");
	EQ(read(s, buf, 2), 2);
	EQ(read(s, buf, sizeof(buf)), 1);
	EQ(read(s, buf, sizeof(buf)), 0);
}

TEST(a_line_that_is_too_long_loses_its_end)
{
	char buf[5000];
	size_t left = 5000;

	make();
	flags(0, 0, LX_ICANON);
	memset(buf, 'x', sizeof(buf));
	while (left) {
		ssize_t n = OK(write(m, buf, left));

		if (n <= 0)
			break;
		left -= (size_t)n;
	}
	type("\n");
	EQ(read(s, buf, sizeof(buf)), 4096);
	EQ(buf[4095], '\n');
}

TEST(a_change_of_mode_keeps_what_is_queued)
{
	char buf[16];

	make();
	flags(0, 0, LX_ICANON);
	type("half");
	EQ(ready(s, POLLIN), 0);
	flags(0, 0, 0);
	EQ(soon(s, POLLIN), POLLIN);
	EQ(queued(s), 4);
	flags(0, 0, LX_ICANON);
	EQ(read(s, buf, sizeof(buf)), 4);
}

TEST(fionread_counts_lines)
{
	make();
	flags(0, 0, LX_ICANON);
	type("ab\ncd");
	EQ(soon(s, POLLIN), POLLIN);
	EQ(queued(s), 3);
	EQ(write(s, "12345", 5), 5);
	EQ(soon(m, POLLIN), POLLIN);
	EQ(queued(m), 5);
}

TEST(flow_control_stops_output)
{
	make();
	flags(LX_IXON, 0, LX_ICANON);
	OK(fcntl(s, F_SETFL, O_NONBLOCK));
	type("\x13"
	     "a\n");
	EQ(soon(s, POLLIN), POLLIN); /* the stop was seen */
	EQ(ready(s, POLLOUT), 0);
	ERR(write(s, "x", 1), EAGAIN);
	type("\x11");
	EQ(soon(s, POLLOUT), POLLOUT);
	EQ(write(s, "x", 1), 1);
	STREQ(get(m, 1), "x");
	OK(tcflow(s, TCOOFF));
	ERR(write(s, "x", 1), EAGAIN);
	OK(tcflow(s, TCOON));
	EQ(write(s, "y", 1), 1);
	STREQ(get(m, 1), "y");
	OK(tcflow(s, TCIOFF));
	OK(tcflow(s, TCION));
	STREQ(get(m, 2), "\x13\x11");
	ERR(ioctl(s, TCXONC, 4), EINVAL);
	OK(fcntl(m, F_SETFL, O_NONBLOCK));
	OK(tcflow(m, TCOOFF));
	EQ(ready(m, POLLOUT), 0);
	ERR(write(m, "x", 1), EAGAIN);
	OK(tcflow(m, TCOON));
	EQ(soon(m, POLLOUT), POLLOUT);
	type("z\n");
	EQ(soon(s, POLLIN), POLLIN);
}

TEST(a_key_that_signals_takes_the_echo_before_it_back)
{
	make();
	type("hello\n\x03");
	STREQ(get(m, 2), "^C");
	OK(fcntl(s, F_SETFL, O_NONBLOCK));
	ERR(read(s, &(char){ 0 }, 1), EAGAIN);
}

TEST(queues_are_flushed)
{
	make();
	flags(0, 0, LX_ICANON);
	type("abc\n");
	EQ(soon(s, POLLIN), POLLIN);
	OK(tcflush(s, TCIFLUSH));
	EQ(ready(s, POLLIN), 0);
	EQ(write(s, "out", 3), 3);
	EQ(soon(m, POLLIN), POLLIN);
	OK(tcflush(s, TCOFLUSH)); /* the master has received it */
	EQ(ready(m, POLLIN), POLLIN);
	OK(tcflush(m, TCIFLUSH));
	EQ(ready(m, POLLIN), 0);
	ERR(ioctl(s, TCFLSH, 3), EINVAL);
	type("abc\n");
	EQ(soon(s, POLLIN), POLLIN);
	OK(tcflush(m, TCOFLUSH)); /* and so has the slave */
	EQ(ready(s, POLLIN), POLLIN);
}

/* ---- VMIN and VTIME ---- */

TEST(vmin_0_vtime_0_does_not_wait)
{
	char buf[8];

	make();
	flags(0, 0, 0);
	chars(0, 0);
	EQ(read(s, buf, sizeof(buf)), 0);
	OK(fcntl(s, F_SETFL, O_NONBLOCK));
	EQ(read(s, buf, sizeof(buf)), 0);
	type("ab");
	EQ(soon(s, POLLIN), POLLIN);
	EQ(read(s, buf, sizeof(buf)), 2);
}

static int64_t ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

TEST(vmin_0_vtime_waits_that_long)
{
	char buf[8];
	int64_t begin;

	make();
	flags(0, 0, 0);
	chars(0, 2);
	begin = ms();
	EQ(read(s, buf, sizeof(buf)), 0);
	TRUE(ms() - begin >= 190);
	type("x");
	EQ(read(s, buf, sizeof(buf)), 1);
}

static void *type_in_parts(void *arg)
{
	const char *const *part = arg;

	for (; *part; part++) {
		usleep(30000);
		if (write(m, *part, strlen(*part)) < 0)
			break;
	}
	return NULL;
}

TEST(vmin_waits_for_so_many_bytes)
{
	static const char *parts[] = { "ab", "cd", "ef", NULL };
	char buf[16];
	pthread_t thread;

	make();
	flags(0, 0, 0);
	chars(5, 0);
	pthread_create(&thread, NULL, type_in_parts, parts);
	EQ(read(s, buf, sizeof(buf)), 6);
	pthread_join(thread, NULL);
	type("ab");
	EQ(read(s, buf, 2), 2); /* a full buffer is enough */
	type("ab");
	EQ(ready(s, POLLIN), 0);
	type("cde");
	EQ(soon(s, POLLIN), POLLIN);
}

TEST(vtime_counts_between_bytes)
{
	char buf[16];
	int64_t begin;

	make();
	flags(0, 0, 0);
	chars(10, 1);
	type("abc");
	begin = ms();
	EQ(read(s, buf, sizeof(buf)), 3);
	TRUE(ms() - begin >= 90);
}

/* ---- readiness ---- */

TEST(epoll_sees_both_ends)
{
	struct epoll_event ev = { EPOLLIN | EPOLLET, { .fd = 0 } };
	int ep = OK(epoll_create1(0));

	make();
	ev.data.fd = s;
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev));
	ev.data.fd = m;
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, m, &ev));
	flags(0, 0, LX_ICANON);
	EQ(epoll_wait(ep, &ev, 1, 0), 0);
	type("a");
	EQ(epoll_wait(ep, &ev, 1, 0), 0);
	type("\n");
	EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	EQ(ev.data.fd, s);
	EQ(write(s, "x", 1), 1);
	EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	EQ(ev.data.fd, m);
}

TEST(a_writer_waits_for_the_reader)
{
	static char big[300000];
	size_t total = 0;

	make();
	flags(0, 0, 0);
	memset(big, 'x', sizeof(big));
	IN_CHILD({
		pid_t writer = fork();

		if (!writer) {
			close(m);
			_exit(write(s, big, sizeof(big)) != (ssize_t)sizeof(big));
		}
		close(s);
		while (total < sizeof(big)) {
			ssize_t n = OK(read(m, big, sizeof(big)));

			if (n <= 0)
				break;
			total += (size_t)n;
		}
		EQ(total, sizeof(big));
		EQ(waitpid(writer, NULL, 0), writer);
	});
}

/* ---- hang-up ---- */

TEST(the_master_sees_the_last_slave_close)
{
	char buf[16];
	int two;

	make();
	two = OK(open_slave(O_RDWR));
	flags(0, 0, 0);
	EQ(write(s, "left", 4), 4);
	EQ(soon(m, POLLIN), POLLIN);
	close(s);
	EQ(ready(m, POLLIN | POLLOUT) & POLLHUP, 0);
	close(two);
	EQ(soon(m, 0), POLLHUP);
	EQ(read(m, buf, sizeof(buf)), 4);
	ERR(read(m, buf, sizeof(buf)), EIO);
	EQ(write(m, "x\n", 2), 2);
	s = OK(open_slave(O_RDWR));
	EQ(ready(m, POLLIN) & POLLHUP, 0);
	EQ(write(s, "again", 5), 5);
	STREQ(get(m, 5), "again");
}

TEST(the_slave_sees_the_master_close)
{
	char buf[16];
	struct termios tio;

	make();
	type("unread\n");
	EQ(soon(s, POLLIN), POLLIN);
	close(m);
	EQ(ready(s, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLERR | POLLHUP);
	EQ(read(s, buf, sizeof(buf)), 0);
	ERR(write(s, "x", 1), EIO);
	ERR(tcgetattr(s, &tio), EIO);
	TRUE(!isatty(s));
}

static void *read_slave(void *arg)
{
	char c;
	ssize_t n = read(s, &c, 1);

	return (void *)(intptr_t)(n < 0 ? -errno : n);
}

TEST(a_blocked_read_ends_when_the_master_closes)
{
	pthread_t thread;
	void *result;

	make();
	pthread_create(&thread, NULL, read_slave, NULL);
	usleep(50000);
	close(m);
	pthread_join(thread, &result);
	EQ((intptr_t)result, -EIO);
}

TEST(a_master_alone_waits)
{
	char c;

	m = OK(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK));
	ERR(read(m, &c, 1), EAGAIN);
	EQ(ready(m, POLLIN) & POLLHUP, 0);
	EQ(write(m, "x\n", 2), 2);
	OK(unlockpt(m));
	s = OK(open_slave(O_RDWR));
	EQ(read(s, &c, 1), 1);
}

TEST(vhangup_ends_the_files)
{
	char c;

	SKIP_UNLESS(geteuid() == 0);
	make();
	OK(ioctl(s, 0x5437 /* TIOCVHANGUP */));
	EQ(read(s, &c, 1), 0);
	ERR(write(s, "x", 1), EIO);
	EQ(ready(m, 0), 0);
	close(s);
	EQ(soon(m, 0), POLLHUP);
	s = OK(open_slave(O_RDWR));
	EQ(write(s, "x", 1), 1);
}

/* ---- packet mode ---- */

TEST(packet_mode_tells_what_happens)
{
	char buf[16];
	int on = 1;

	make();
	flags(LX_IXON, 0, LX_ICANON | LX_ISIG);
	OK(ioctl(m, TIOCPKT, &on));
	on = 0;
	OK(ioctl(m, TIOCGPKT, &on));
	EQ(on, 1);
	EQ(write(s, "data", 4), 4);
	EQ(soon(m, POLLIN), POLLIN);
	EQ(read(m, buf, sizeof(buf)), 5);
	EQ(buf[0], TIOCPKT_DATA);
	EQ(memcmp(buf + 1, "data", 4), 0);
	type("\x13");
	EQ(soon(m, POLLPRI), POLLPRI);
	EQ(read(m, buf, sizeof(buf)), 1);
	EQ(buf[0], TIOCPKT_STOP);
	type("\x11");
	EQ(soon(m, POLLPRI), POLLPRI);
	EQ(read(m, buf, sizeof(buf)), 1);
	EQ(buf[0], TIOCPKT_START);
	OK(tcflush(s, TCIFLUSH));
	EQ(soon(m, POLLPRI), POLLPRI);
	EQ(read(m, buf, sizeof(buf)), 1);
	EQ(buf[0], TIOCPKT_FLUSHREAD);
	OK(tcflush(s, TCOFLUSH));
	EQ(soon(m, POLLPRI), POLLPRI);
	EQ(read(m, buf, sizeof(buf)), 1);
	EQ(buf[0], TIOCPKT_FLUSHWRITE);
	flags(0, 0, LX_ICANON);
	EQ(soon(m, POLLPRI), POLLPRI);
	EQ(read(m, buf, sizeof(buf)), 1);
	EQ(buf[0], TIOCPKT_NOSTOP);
	flags(LX_IXON, 0, LX_ICANON);
	EQ(soon(m, POLLPRI), POLLPRI);
	EQ(read(m, buf, sizeof(buf)), 1);
	EQ(buf[0], TIOCPKT_DOSTOP);
	ERR(ioctl(s, TIOCPKT, &on), ENOTTY);
}

static void *read_master(void *arg)
{
	*(ssize_t *)arg = read(m, (char *)arg + sizeof(ssize_t), 16);
	return NULL;
}

TEST(a_read_keeps_the_packet_mode_that_it_began_with)
{
	for (int on = 1, off; on >= 0; on--) {
		struct {
			ssize_t n;
			char text[16];
		} got = { 0 };
		pthread_t thread;

		make();
		OK(ioctl(m, TIOCPKT, &on));
		pthread_create(&thread, NULL, read_master, &got);
		sleep_ms(100);
		off = !on;
		OK(ioctl(m, TIOCPKT, &off));
		EQ(write(s, "x", 1), 1);
		pthread_join(thread, NULL);
		EQ(got.n, 1 + on);
		EQ(got.text[on], 'x');
	}
}

/* ---- attributes and the rest ---- */

TEST(attributes_have_three_forms)
{
	struct lx_termios tio;
	struct lx_termios2 tio2;
	struct lx_termio old;

	make();
	OK(ioctl(s, TCGETS, &tio));
	EQ(tio.c_iflag, LX_ICRNL | LX_IXON);
	EQ(tio.c_oflag, LX_OPOST | LX_ONLCR);
	EQ(tio.c_lflag, LX_ISIG | LX_ICANON | LX_ECHO | LX_ECHOE | LX_ECHOK | LX_ECHOCTL |
				LX_ECHOKE | LX_IEXTEN);
	OK(ioctl(m, LX_TCGETS2, &tio2));
	EQ(memcmp(&tio, &tio2, sizeof(tio)), 0);
	EQ(tio2.c_ospeed, 38400);
	tio2.t.c_cflag = (tio2.t.c_cflag & ~LX_CBAUD) | LX_BOTHER | LX_PARENB;
	tio2.c_ospeed = 12345;
	OK(ioctl(s, LX_TCSETSW2, &tio2));
	OK(ioctl(s, LX_TCGETS2, &tio2));
	EQ(tio2.c_ospeed, 12345);
	EQ(tio2.t.c_cflag & LX_PARENB, 0);
	OK(ioctl(s, TCGETA, &old));
	EQ(old.c_lflag, tio.c_lflag);
	old.c_cc[LX_VINTR] = 7;
	old.c_lflag &= (uint16_t)~LX_ECHO;
	OK(ioctl(s, TCSETAF, &old));
	OK(ioctl(m, TCGETS, &tio));
	EQ(tio.c_cc[LX_VINTR], 7);
	EQ(tio.c_lflag & LX_ECHO, 0);
	EQ(tio.c_cc[LX_VSUSP], 032);
	ERR(ioctl(s, TCSETS, (void *)1), EFAULT);
	ERR(ioctl(s, TCGETS, (void *)1), EFAULT);
}

TEST(tcsetsf_drops_input)
{
	struct termios tio;

	make();
	type("abc\n");
	EQ(soon(s, POLLIN), POLLIN);
	OK(tcgetattr(s, &tio));
	OK(tcsetattr(s, TCSAFLUSH, &tio));
	EQ(ready(s, POLLIN), 0);
	OK(tcdrain(s));
	OK(tcsendbreak(s, 0));
}

TEST(the_window_has_a_size)
{
	struct winsize ws = { 24, 80, 1, 2 }, got = { 0 };

	make();
	OK(ioctl(m, TIOCGWINSZ, &got));
	EQ(got.ws_row, 0);
	OK(ioctl(m, TIOCSWINSZ, &ws));
	OK(ioctl(s, TIOCGWINSZ, &got));
	EQ(memcmp(&got, &ws, sizeof(ws)), 0);
	ERR(ioctl(s, TIOCGWINSZ, (void *)1), EFAULT);
}

TEST(an_exclusive_terminal_opens_for_root_only)
{
	int on = -1;

	make();
	OK(ioctl(s, TIOCGEXCL, &on));
	EQ(on, 0);
	OK(ioctl(s, TIOCEXCL));
	OK(ioctl(s, TIOCGEXCL, &on));
	EQ(on, 1);
	OK(fchmod(s, 0666));
	if (geteuid() == 0)
		OK(open_slave(O_RDWR));
	IN_CHILD({
		if (geteuid() == 0)
			OK(setuid(65534));
		ERR(open_slave(O_RDWR), EBUSY);
		OK(ioctl(s, TIOCNXCL));
		OK(open_slave(O_RDWR));
	});
}

TEST(odd_requests_have_their_errors)
{
	int n = 5;

	make();
	ERR(ioctl(s, TIOCSETD, &n), EINVAL);
	n = 0;
	OK(ioctl(s, TIOCSETD, &n));
	n = 5;
	OK(ioctl(s, TIOCGETD, &n));
	EQ(n, 0);
	ERR(ioctl(s, TIOCMGET, &n), ENOTTY);
	ERR(ioctl(s, 0x1234, &n), ENOTTY);
	n = -1;
	OK(ioctl(s, TIOCOUTQ, &n));
	EQ(n, 0);
	n = 1;
	OK(ioctl(s, TIOCSSOFTCAR, &n));
	n = 0;
	OK(ioctl(s, TIOCGSOFTCAR, &n));
	EQ(n, 1);
	ERR(lseek(s, 0, SEEK_SET), ESPIPE);
	ERR(read(s, (void *)1, 0) + pwrite(s, "x", 1, 0), ESPIPE);
}

TEST(many_ptys_at_once)
{
	int fd[100];
	char c = 0;

	for (int i = 0; i < 100; i++) {
		make();
		flags(0, 0, 0);
		EQ(write(m, &c, 1), 1);
		fd[i] = s;
	}
	for (int i = 0; i < 100; i++) {
		EQ(read(fd[i], &c, 1), 1);
		close(fd[i]);
	}
}

/* The signal that tells of input, or of nothing for ten seconds. */
static void hears(int fd, int sig)
{
	struct timespec limit = { 10, 0 };
	siginfo_t info = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	EQ(sigtimedwait(&set, &info, &limit), sig);
	EQ(info.si_code, POLL_IN);
	EQ(info.si_fd, fd);
	EQ(info.si_band & (POLLIN | POLLRDNORM), POLLIN | POLLRDNORM);
}

TEST(o_async_tells_either_end_of_input)
{
	int sig = SIGRTMIN;
	sigset_t set;

	make();
	sigemptyset(&set);
	sigaddset(&set, sig);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	EQ(fcntl(s, F_GETOWN), 0);
	for (int i = 0; i < 2; i++) {
		int fd = i ? m : s;

		OK(fcntl(fd, F_SETSIG, sig));
		OK(fcntl(fd, F_SETFL, O_RDWR | O_ASYNC));
		EQ(fcntl(fd, F_GETFL) & O_ASYNC, O_ASYNC);
		EQ(fcntl(fd, F_GETOWN), getpid()); /* nobody is in the foreground */
	}
	OK(fcntl(m, F_SETFL, O_RDWR));
	EQ(write(m, "a line\n", 7), 7);
	hears(s, sig);
	OK(fcntl(s, F_SETFL, O_RDWR));
	OK(fcntl(m, F_SETFL, O_RDWR | O_ASYNC));
	EQ(write(s, "x", 1), 1);
	hears(m, sig);
}

/* One wake-up of a terminal makes all its descriptors in a set ready, before whoever waits looks at the first. */
TEST(a_set_is_told_of_both_ends_at_once)
{
	int both = 0, m = OK(posix_openpt(O_RDWR | O_NOCTTY)), e = OK(epoll_create1(0)), s[2];
	struct epoll_event ev = { .events = EPOLLIN }, out[2];

	OK(grantpt(m));
	OK(unlockpt(m));
	for (int i = 0; i < 2; i++) {
		s[i] = OK(open(ptsname(m), O_RDWR | O_NOCTTY));
		OK(epoll_ctl(e, EPOLL_CTL_ADD, s[i], &ev));
	}
	for (int i = 0; i < 20; i++) {
		pid_t pid = OK(fork());
		char c;

		if (!pid) {
			await_sleep(getppid());
			_exit(write(m, "\n", 1) != 1);
		}
		here();
		both += OK(epoll_wait(e, out, 2, -1)) == 2;
		OK(waitpid(pid, NULL, 0));
		EQ(read(s[0], &c, 1), 1);
	}
	EQ(both >= 15, 1); /* another CPU may be faster, now and then */
}
