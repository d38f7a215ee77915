/* SPDX-License-Identifier: MIT */
/*
 * fcntl and ioctl with each command whose arguments a trace shows in a way of their own: its trace under strace and under
 * lxrun must be equal line by line.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define BAD ((void *)-1L)

static void locks(int fd)
{
	struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4 };

	fcntl(fd, F_SETLK, &l);
	l.l_type = F_WRLCK;
	fcntl(fd, F_GETLK, &l);
	l.l_type = 77, l.l_whence = 88;
	fcntl(fd, F_SETLKW, &l);
	fcntl(fd, F_SETLK, NULL);
	fcntl(fd, F_SETLK, BAD);
	fcntl(99, F_GETLK, &l);
	l.l_type = F_UNLCK, l.l_whence = SEEK_END, l.l_pid = 0;
	fcntl(fd, F_OFD_SETLK, &l);
	l.l_type = F_RDLCK;
	fcntl(fd, F_OFD_SETLKW, &l);
	l.l_pid = 1;
	fcntl(fd, F_OFD_SETLK, &l);
	l.l_pid = 0;
	fcntl(fd, F_OFD_GETLK, &l);
	fcntl(fd, F_SETLEASE, F_RDLCK);
	fcntl(fd, F_GETLEASE);
	fcntl(fd, F_SETLEASE, F_UNLCK);
	fcntl(fd, F_SETLEASE, 77);
}

static void commands(int fd)
{
	struct {
		int type, pid;
	} owner = { 1, getpid() };
	int dir = open(".", O_RDONLY | O_DIRECTORY), mem = syscall(SYS_memfd_create, "m", 2), p[2];

	fcntl(fd, F_NOTIFY, 1);
	fcntl(dir, F_NOTIFY, 0x80000005);
	fcntl(dir, F_NOTIFY, 0);
	fcntl(fd, F_SETSIG, SIGUSR1);
	fcntl(fd, F_GETSIG);
	fcntl(fd, F_SETSIG, 0);
	fcntl(fd, F_GETSIG);
	syscall(SYS_fcntl, fd, F_SETOWN_EX, &owner);
	syscall(SYS_fcntl, fd, F_GETOWN_EX, &owner);
	owner.type = 9;
	syscall(SYS_fcntl, fd, F_SETOWN_EX, &owner);
	syscall(SYS_fcntl, 99, F_GETOWN_EX, &owner);
	fcntl(fd, F_ADD_SEALS, 3);
	fcntl(fd, F_ADD_SEALS, 0xff);
	fcntl(fd, F_GET_SEALS);
	fcntl(mem, F_GET_SEALS);
	fcntl(mem, F_ADD_SEALS, 6);
	fcntl(mem, F_GET_SEALS);
	fcntl(fd, F_SETFD, 3);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, 0);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_SETPIPE_SZ, 77);
	pipe(p);
	fcntl(p[0], F_SETPIPE_SZ, 4096);
	fcntl(p[0], F_GETPIPE_SZ);
	fcntl(99, F_GETFL);
	fcntl(99, 777, 1);
	fcntl(99, 778, 0);
	fcntl(fd, F_DUPFD, 20);
}

static void terminals(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY), i = 0;
	struct winsize w = { 24, 80, 0, 0 };
	struct termios t;
	char older[32];

	ioctl(fd, TCGETS, &t);
	syscall(SYS_ioctl, fd, TCSETS, &t);
	syscall(SYS_ioctl, fd, TCSETSW, &t);
	syscall(SYS_ioctl, fd, TCSETSF, &t);
	syscall(SYS_ioctl, fd, 0x802c542a, &t);
	syscall(SYS_ioctl, fd, TCGETA, older);
	syscall(SYS_ioctl, fd, TCSETA, older);
	ioctl(fd, TIOCSWINSZ, &w);
	ioctl(fd, TIOCGWINSZ, &w);
	ioctl(fd, TIOCSPTLCK, &i);
	ioctl(fd, 0x80045439, &i);
	ioctl(fd, TIOCGPGRP, &i);
	ioctl(fd, TIOCGSID, &i);
	ioctl(fd, TIOCOUTQ, &i);
	ioctl(fd, FIONREAD, &i);
	ioctl(fd, TIOCGETD, &i);
	i = 1;
	ioctl(fd, FIONBIO, &i);
	ioctl(fd, FIOCLEX, 0);
	ioctl(fd, FIONCLEX, 5);
	ioctl(fd, TCFLSH, 0);
	ioctl(fd, TCFLSH, 2);
	ioctl(fd, TCFLSH, 9);
	ioctl(fd, TCXONC, 1);
	ioctl(fd, TCXONC, 77);
	ioctl(fd, TCSBRK, 1);
	ioctl(fd, TIOCPKT, &i);
	ioctl(fd, 0x80045438, &i);
	ioctl(fd, TIOCEXCL);
	ioctl(fd, 0x80045440, &i);
	ioctl(fd, TIOCNXCL);
	ioctl(fd, TIOCSTI, "x");
	ioctl(fd, TCGETS, BAD);
	ioctl(fd, TCSETS, NULL);
	close(fd);
}

/* Every flag, and what has no name; of no descriptor, so that strace and lxrun both only show them. */
static void modes(void)
{
	uint32_t flags[4], i, bit;

	for (i = 0; i < 4; i++) {
		uint32_t t[16] = { 0 };

		t[i] = 0xffffffff;
		syscall(SYS_ioctl, -1, TCSETS, t);
		t[i] = 0x55555555;
		syscall(SYS_ioctl, -1, TCSETSW, t);
		t[i] = 0xaaaaaaaa;
		syscall(SYS_ioctl, -1, TCSETSF, t);
		for (bit = 0; bit < 32; bit++) {
			t[i] = 1U << bit;
			syscall(SYS_ioctl, -1, TCSETS, t);
		}
	}
	for (i = 0; i < 32; i++) {
		uint32_t t[16] = { 0 };

		t[2] = (i & 15) | (i & 16) << 8;
		syscall(SYS_ioctl, -1, TCSETS, t);
	}
}

static void others(int fd)
{
	struct {
		int64_t fd;
		uint64_t from, length, to;
	} range = { 99, 1, 2, 3 };
	uint64_t room[8] = { 0 };
	uint32_t request;

	syscall(SYS_ioctl, fd, 0x4020940d, &range);
	syscall(SYS_ioctl, fd, 0x40049409, 98);
	syscall(SYS_ioctl, fd, 0x1234, room);
	syscall(SYS_ioctl, -1, 0xc0045999, room);
	syscall(SYS_ioctl, -1, 0x80045999, 0);
	syscall(SYS_ioctl, -1, 0x8905, room);
	/* Those of terminals whose arguments need nothing but a number, or nothing. */
	for (request = 0x5409; request < 0x5480; request++)
		syscall(SYS_ioctl, -1, request,
			request == TIOCSTI || (request > 0x5415 && request < 0x541a) ? 0 : 1);
}

int main(void)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	locks(fd);
	commands(fd);
	terminals();
	modes();
	others(fd);
	return 0;
}
