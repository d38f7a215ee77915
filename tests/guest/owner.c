/* SPDX-License-Identifier: MIT */
/* Signals about files: F_SETOWN, F_SETSIG, O_ASYNC; leases. */
#include "guest.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <poll.h>
#include <pthread.h>

#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028
#endif
struct owner_ex {
	int type, pid;
};

static siginfo_t got;
static volatile sig_atomic_t count;

static void catch (int sig, siginfo_t *info, void *ctx)
{
	got = *info;
	count++;
}

static void handle(int sig)
{
	struct sigaction sa = { .sa_sigaction = catch, .sa_flags = SA_SIGINFO | SA_RESTART };

	OK(sigaction(sig, &sa, NULL));
}

static void await(int n)
{
	for (int i = 0; i < 400 && count < n; i++)
		sleep_ms(5);
	EQ(count, n);
}

TEST(an_owner_is_kept)
{
	int p[2], fd;
	struct owner_ex ex = { 9, 9 };

	OK(pipe(p));
	fd = p[0];
	EQ(fcntl(fd, F_GETOWN), 0);
	EQ(fcntl(fd, F_GETSIG), 0);
	OK(fcntl(fd, F_GETOWN_EX, &ex));
	EQ(ex.type, F_OWNER_TID);
	EQ(ex.pid, 0);
	OK(fcntl(fd, F_SETOWN, getpid()));
	EQ(fcntl(fd, F_GETOWN), getpid());
	OK(fcntl(fd, F_GETOWN_EX, &ex));
	EQ(ex.type, F_OWNER_PID);
	EQ(ex.pid, getpid());
	ex = (struct owner_ex){ F_OWNER_TID, getpid() };
	OK(fcntl(fd, F_SETOWN_EX, &ex));
	OK(fcntl(fd, F_SETSIG, SIGRTMIN));
	EQ(fcntl(fd, F_GETSIG), SIGRTMIN);
	OK(fcntl(fd, F_SETOWN, 0));
	EQ(fcntl(fd, F_GETOWN), 0);
	ERR(fcntl(fd, F_SETOWN, 4000000), ESRCH);
	ERR(fcntl(fd, F_SETOWN, INT_MIN), EINVAL);
	ERR(fcntl(fd, F_SETSIG, 65), EINVAL);
	ex.type = 3;
	ERR(fcntl(fd, F_SETOWN_EX, &ex), EINVAL);
	ERR(fcntl(fd, F_SETOWN_EX, (void *)8), EFAULT);
	ERR(fcntl(fd, F_GETOWN_EX, (void *)8), EFAULT);
}

TEST(data_in_a_pipe_is_told_by_signal)
{
	int p[2];

	OK(pipe(p));
	handle(SIGRTMIN + 1);
	handle(SIGIO);
	OK(fcntl(p[0], F_SETOWN, getpid()));
	OK(fcntl(p[0], F_SETSIG, SIGRTMIN + 1));
	OK(fcntl(p[0], F_SETFL, O_ASYNC));
	EQ(fcntl(p[0], F_GETFL) & O_ASYNC, O_ASYNC);
	EQ(write(p[1], "x", 1), 1);
	await(1);
	EQ(got.si_signo, SIGRTMIN + 1);
	EQ(got.si_code, POLL_IN);
	EQ(got.si_fd, p[0]);
	EQ(got.si_band, POLLIN | POLLRDNORM);
	OK(fcntl(p[0], F_SETSIG, 0));
	EQ(write(p[1], "x", 1), 1);
	await(2);
	EQ(got.si_signo, SIGIO);
	EQ(got.si_code, SI_KERNEL);
	OK(fcntl(p[0], F_SETFL, 0));
	EQ(write(p[1], "x", 1), 1);
	sleep_ms(20);
	EQ(count, 2);
}

TEST(fioasync_is_o_async)
{
	int s[2], on = 1, off = 0, fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	ERR(ioctl(fd, FIOASYNC, &on), ENOTTY);
	OK(ioctl(fd, FIOASYNC, &off));
	ERR(ioctl(fd, FIOASYNC, (void *)1), EFAULT);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	handle(SIGIO);
	OK(ioctl(s[0], FIOASYNC, &on));
	EQ(fcntl(s[0], F_GETFL) & O_ASYNC, O_ASYNC);
	OK(fcntl(s[0], F_SETOWN, getpid()));
	EQ(write(s[1], "x", 1), 1);
	await(1);
	EQ(got.si_signo, SIGIO);
	OK(fcntl(s[0], F_SETSIG, SIGIO));
	OK(shutdown(s[1], SHUT_WR));
	await(2);
	EQ(got.si_code, POLL_IN);
	close(s[1]);
	await(3);
	EQ(got.si_code, POLL_HUP);
	OK(ioctl(s[0], FIOASYNC, &off));
	EQ(fcntl(s[0], F_GETFL) & O_ASYNC, 0);
}

TEST(an_ordinary_file_does_not_do_async)
{
	int fd = OK(open("f", O_RDWR | O_CREAT, 0600));

	OK(fcntl(fd, F_SETFL, O_ASYNC));
	EQ(fcntl(fd, F_GETFL) & O_ASYNC, 0);
	EQ(fcntl(fd, F_GETOWN), 0);
}

TEST(leases_want_the_file_for_themselves)
{
	write_file("f", "x", 0600);
	int fd = OK(open("f", O_RDONLY)), w;

	EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	ERR(fcntl(fd, F_SETLEASE, F_UNLCK), EAGAIN);
	ERR(fcntl(fd, F_SETLEASE, 7), EINVAL);
	OK(fcntl(fd, F_SETLEASE, F_RDLCK));
	EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	OK(fcntl(fd, F_SETLEASE, F_WRLCK));
	EQ(fcntl(fd, F_GETLEASE), F_WRLCK);
	OK(fcntl(fd, F_SETLEASE, F_UNLCK));
	w = OK(open("f", O_RDWR));
	ERR(fcntl(fd, F_SETLEASE, F_WRLCK), EAGAIN);
	ERR(fcntl(fd, F_SETLEASE, F_RDLCK), EAGAIN);
	ERR(fcntl(w, F_SETLEASE, F_RDLCK), EAGAIN);
	OK(close(fd));
	OK(fcntl(w, F_SETLEASE, F_WRLCK));
	OK(close(w));
	fd = OK(open("f", O_RDONLY)); /* the lease went with its file */
	int dir = OK(open(".", O_RDONLY)), p[2];

	ERR(fcntl(dir, F_SETLEASE, F_RDLCK), EINVAL);
	OK(pipe(p));
	ERR(fcntl(p[0], F_SETLEASE, F_RDLCK), EINVAL);
}

static void breaks(int lease, int flags)
{
	sigset_t io;
	pid_t pid;
	int status;

	write_file("f", "x", 0600);
	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	OK(sigprocmask(SIG_BLOCK, &io, NULL));
	int fd = OK(open("f", O_RDONLY));

	OK(fcntl(fd, F_SETLEASE, lease));
	pid = OK(fork());
	if (!pid) {
		close(fd);
		guest_failures = 0;
		ERR(open("f", flags | O_NONBLOCK), EWOULDBLOCK);
		OK(open("f", flags));
		fflush(stdout);
		_exit(guest_failures != 0);
	}
	EQ(sigwaitinfo(&io, NULL), SIGIO);
	EQ(fcntl(fd, F_GETLEASE), flags == O_RDONLY ? F_RDLCK : F_UNLCK);
	sleep_ms(30);
	EQ(waitpid(pid, &status, WNOHANG), 0);
	OK(fcntl(fd, F_SETLEASE, flags == O_RDONLY ? F_RDLCK : F_UNLCK));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
}

TEST(a_write_lease_is_broken_by_a_reader)
{
	breaks(F_WRLCK, O_RDONLY);
}

TEST(a_write_lease_is_broken_by_a_writer)
{
	breaks(F_WRLCK, O_RDWR);
}

TEST(a_read_lease_is_broken_by_a_writer)
{
	breaks(F_RDLCK, O_WRONLY);
}

/* How often the signal has come; it is taken. */
static int heard(int sig, int fd)
{
	struct timespec none = { 0, 0 };
	siginfo_t info;
	sigset_t set;
	int n = 0;

	sigemptyset(&set);
	sigaddset(&set, sig);
	while (sigtimedwait(&set, &info, &none) == sig) {
		EQ(info.si_fd, fd);
		EQ(info.si_code, POLL_MSG);
		n++;
	}
	return n;
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
}

TEST(a_directory_tells_by_signal_what_happens_in_it)
{
	const int sig = SIGRTMIN + 1;
	int dir, f, file;

	block(sig);
	OK(mkdir("d", 0755));
	OK(mkdir("other", 0755));
	dir = OK(open("d", O_RDONLY));
	write_file("f", "", 0600);
	file = OK(open("f", O_RDONLY));
	ERR(fcntl(file, F_NOTIFY, DN_CREATE), ENOTDIR);
	OK(fcntl(dir, F_SETSIG, sig));
	OK(fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	f = OK(open("d/f", O_RDWR | O_CREAT, 0600));
	EQ(heard(sig, dir), 1);
	OK(write(f, "x", 1));
	EQ(heard(sig, dir), 0);
	OK(fcntl(dir, F_NOTIFY, DN_MODIFY | DN_ACCESS | DN_MULTISHOT)); /* both from now on */
	OK(write(f, "x", 1));
	EQ(heard(sig, dir), 1);
	OK(pread(f, &(char){ 0 }, 1, 0));
	EQ(heard(sig, dir), 1);
	OK(fcntl(dir, F_NOTIFY, 0));
	OK(write(f, "x", 1));
	EQ(heard(sig, dir), 0);
	OK(fcntl(dir, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
	OK(rename("d/f", "d/g"));
	EQ(heard(sig, dir), 1);
	OK(rename("d/g", "other/g")); /* is no renaming in it */
	EQ(heard(sig, dir), 0);
	OK(fcntl(dir, F_NOTIFY, 0));
	OK(fcntl(dir, F_NOTIFY, DN_ATTRIB)); /* once */
	OK(rename("other/g", "d/g"));
	OK(chmod("d/g", 0640));
	OK(chmod("d/g", 0600));
	EQ(heard(sig, dir), 1);
	OK(fcntl(dir, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	OK(close(dup(dir))); /* any descriptor of it */
	OK(unlink("d/g"));
	EQ(heard(sig, dir), 0);
}

TEST(a_directory_itself_and_what_it_lies_in_tell)
{
	int parent, child;

	block(SIGIO);
	OK(mkdir("d", 0755));
	parent = OK(open(".", O_RDONLY));
	child = OK(open("d", O_RDONLY));
	OK(fcntl(parent, F_SETSIG, SIGRTMIN + 2));
	block(SIGRTMIN + 2);
	OK(fcntl(child, F_SETSIG, SIGRTMIN + 3));
	block(SIGRTMIN + 3);
	OK(fcntl(parent, F_NOTIFY, DN_ATTRIB));
	OK(fcntl(child, F_NOTIFY, DN_ATTRIB));
	OK(chmod("d", 0700));
	EQ(heard(SIGRTMIN + 2, parent), 1);
	EQ(heard(SIGRTMIN + 3, child), 1);
}

static _Atomic int raced = -1;

static void *close_what_is_watched(void *over)
{
	while (!*(_Atomic bool *)over)
		if (raced >= 0)
			close(raced);
	return NULL;
}

/* Whatever the order, nobody is left to tell of a descriptor that is gone. */
TEST(a_descriptor_closed_while_it_asks)
{
	_Atomic bool over = false;
	pthread_t th;
	int fd;

	OK(fcntl(OK(open(".", O_RDONLY)), F_GETFD)); /* numbers below stay as they are */
	fd = OK(dup(0));
	OK(close(fd));
	signal(SIGIO, SIG_IGN);
	EQ(pthread_create(&th, NULL, close_what_is_watched, &over), 0);
	for (int i = 0; i < 3000; i++) {
		raced = fd;
		if (open(".", O_RDONLY) == fd)
			fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
		raced = -1;
		close(fd);
		OK(mkdir("d", 0700)); /* needs no number */
		OK(rmdir("d"));
	}
	over = true;
	pthread_join(th, NULL);
}

TEST(only_the_owner_takes_a_lease)
{
	SKIP_UNLESS(geteuid() == 0);
	write_file("f", "x", 0644);
	IN_CHILD({
		drop_root();
		int fd = OK(open("f", O_RDONLY));

		ERR(fcntl(fd, F_SETLEASE, F_RDLCK), EACCES);
	});
}
