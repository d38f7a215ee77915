/* SPDX-License-Identifier: MIT */
/* Job control: controlling terminals, foreground and background, what a terminal signals (POSIX.1-2017 11.1). */
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int m = -1, s = -1; /* master, slave */

static void make(void)
{
	m = OK(posix_openpt(O_RDWR | O_NOCTTY));
	OK(grantpt(m));
	OK(unlockpt(m));
}

/* The block runs as the leader of a new session that has the pty as its terminal. */
#define IN_SESSION(...)                                   \
	do {                                              \
		make();                                   \
		IN_CHILD({                                \
			OK(setsid());                     \
			s = OK(open(ptsname(m), O_RDWR)); \
			__VA_ARGS__;                      \
		});                                       \
	} while (0)

/* A child in a process group of its own that runs the block; returns when it has that group. */
#define JOB(...)                                    \
	({                                          \
		pid_t job_ = OK(fork());            \
		if (!job_) {                        \
			guest_failures = 0;         \
			setpgid(0, 0);              \
			__VA_ARGS__;                \
			fflush(stdout);             \
			_exit(guest_failures != 0); \
		}                                   \
		setpgid(job_, job_);                \
		job_;                               \
	})

static int stopped_by(pid_t pid)
{
	int status = 0;

	EQ(waitpid(pid, &status, WUNTRACED), pid);
	return WIFSTOPPED(status) ? WSTOPSIG(status) : -status;
}

static int ended(pid_t pid)
{
	int status = -1;

	EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void foreground(pid_t pgrp)
{
	signal(SIGTTOU, SIG_IGN);
	OK(tcsetpgrp(s, pgrp));
	signal(SIGTTOU, SIG_DFL);
}

static volatile sig_atomic_t caught, count[65];
static void note(int sig)
{
	caught = sig;
	count[sig]++;
}

/* One byte through a pipe: "I am there". */
static int pipe_ends[2];
static void tell(void)
{
	EQ(write(pipe_ends[1], "x", 1), 1);
}
static void hear(void)
{
	char c;

	EQ(read(pipe_ends[0], &c, 1), 1);
}

static void say(const char *keys)
{
	EQ(write(m, keys, strlen(keys)), strlen(keys));
}

/* ---- having a terminal ---- */

TEST(a_leader_takes_the_first_terminal_it_opens)
{
	make();
	IN_CHILD({
		int tty, pgrp = -1;

		OK(setsid());
		ERR(open("/dev/tty", O_RDWR), ENXIO);
		s = OK(open(ptsname(m), O_RDWR | O_NOCTTY));
		ERR(open("/dev/tty", O_RDWR), ENXIO);
		ERR(tcgetpgrp(s), ENOTTY);
		close(s);
		s = OK(open(ptsname(m), O_WRONLY)); /* not for reading: not taken */
		ERR(open("/dev/tty", O_RDWR), ENXIO);
		close(s);
		s = OK(open(ptsname(m), O_RDWR));
		tty = OK(open("/dev/tty", O_RDWR));
		EQ(tcgetpgrp(s), getpid());
		EQ(tcgetsid(s), getpid());
		OK(ioctl(m, TIOCGPGRP, &pgrp));
		EQ(pgrp, getpid());
		EQ(tcgetsid(m), getpid());
		EQ(write(tty, "x", 1), 1);
		EQ(read(m, &(char){ 0 }, 1), 1);
		EQ(tcgetpgrp(tty), getpid());
	});
}

TEST(tiocsctty_asks_for_it)
{
	make();
	IN_CHILD({
		s = OK(open(ptsname(m), O_RDWR | O_NOCTTY));
		if (getsid(0) != getpid())
			ERR(ioctl(s, TIOCSCTTY, 0), EPERM);
		OK(setsid());
		OK(ioctl(s, TIOCSCTTY, 0));
		OK(ioctl(s, TIOCSCTTY, 0)); /* again: it is */
		EQ(tcgetsid(s), getpid());
		IN_CHILD({
			OK(setsid());
			ERR(tcgetsid(s), ENOTTY);
			if (geteuid() == 0)
				OK(setuid(65534));
			ERR(ioctl(s, TIOCSCTTY, 0), EPERM);
			ERR(ioctl(s, TIOCSCTTY, 1), EPERM);
		});
	});
}

TEST(root_may_take_it_from_another_session)
{
	SKIP_UNLESS(geteuid() == 0);
	IN_SESSION({
		IN_CHILD({
			OK(setsid());
			ERR(ioctl(s, TIOCSCTTY, 0), EPERM);
			OK(ioctl(s, TIOCSCTTY, 1));
			EQ(tcgetsid(s), getpid());
		});
		ERR(tcgetsid(s), ENOTTY);
	});
}

TEST(a_child_shares_it_and_setsid_loses_it)
{
	IN_SESSION({
		IN_CHILD({
			EQ(tcgetsid(s), getppid());
			OK(setsid());
			ERR(tcgetsid(s), ENOTTY);
			ERR(open("/dev/tty", O_RDWR), ENXIO);
		});
	});
}

TEST(who_gave_it_up_does_not_hang_up_again)
{
	IN_SESSION({
		pid_t job;

		signal(SIGHUP, note);
		OK(pipe(pipe_ends));
		job = JOB({
			tell();
			while (!count[SIGHUP])
				pause();
			sleep_ms(300);
			write_file("hangups", count[SIGHUP] == 1 ? "one" : "more", 0644);
		});
		hear();
		foreground(job);
		OK(ioctl(s, TIOCNOTTY));
	});
	for (int i = 0; i < 200 && !read_file("hangups"); i++)
		sleep_ms(20);
	sleep_ms(20);
	STREQ(read_file("hangups"), "one");
}

TEST(tiocnotty_gives_it_up)
{
	IN_SESSION({
		pid_t job;

		signal(SIGHUP, note);
		signal(SIGCONT, note);
		IN_CHILD({
			OK(ioctl(s, TIOCNOTTY));
			ERR(tcgetsid(s), ENOTTY);
		});
		EQ(tcgetsid(s), getpid());
		EQ(count[SIGHUP], 0);
		OK(pipe(pipe_ends));
		job = JOB({
			signal(SIGHUP, SIG_DFL);
			tell();
			for (;;)
				pause();
		});
		hear();
		foreground(job);
		OK(ioctl(s, TIOCNOTTY));
		ERR(open("/dev/tty", O_RDWR), ENXIO);
		EQ(WTERMSIG(ended(job)), SIGHUP);
		EQ(count[SIGHUP], 0);
		ERR(ioctl(s, TIOCNOTTY), ENOTTY);
	});
}

TEST(the_foreground_group_is_of_the_session)
{
	IN_SESSION({
		int stranger, odd = -1;

		ERR(ioctl(s, TIOCSPGRP, &odd), EINVAL);
		odd = 32767;
		ERR(ioctl(s, TIOCSPGRP, &odd), ESRCH);
		stranger = getppid() == 1 ? 1 : getpgid(getppid());
		ERR(ioctl(s, TIOCSPGRP, &stranger), stranger ? EPERM : ESRCH);
		ERR(ioctl(s, TIOCSPGRP, (void *)1), EFAULT);
		EQ(tcgetpgrp(s), getpgrp());
	});
}

/* ---- keys ---- */

TEST(keys_signal_the_foreground_group)
{
	IN_SESSION({
		pid_t front;
		pid_t back;

		OK(pipe(pipe_ends));
		front = JOB({
			tell();
			for (;;)
				pause();
		});
		back = JOB({
			tell();
			for (;;)
				pause();
		});
		hear();
		hear();
		foreground(front);
		say("\x1a");
		EQ(stopped_by(front), SIGTSTP);
		OK(kill(-front, SIGCONT));
		say("\x03");
		EQ(WTERMSIG(ended(front)), SIGINT);
		EQ(waitpid(back, NULL, WNOHANG | WUNTRACED), 0);
		foreground(back);
		say("\x1c");
		EQ(WTERMSIG(ended(back)), SIGQUIT);
	});
}

TEST(a_key_interrupts_a_read)
{
	IN_SESSION({
		int status = -1;
		pid_t job;

		signal(SIGINT, SIG_IGN);
		OK(pipe(pipe_ends));
		job = JOB({
			struct sigaction act = { .sa_handler = note };
			char c;

			sigaction(SIGINT, &act, NULL);
			while (tcgetpgrp(s) != getpgrp())
				usleep(1000);
			tell();
			ERR(read(s, &c, 1), EINTR);
			EQ(caught, SIGINT);
		});
		foreground(job);
		hear();
		/* The first may come before the read. */
		while (waitpid(job, &status, WNOHANG) == 0) {
			say("\x03");
			usleep(20000);
		}
		EQ(status, 0);
	});
}

TEST(a_resize_is_signalled)
{
	IN_SESSION({
		struct winsize ws = { 25, 81, 0, 0 };
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGWINCH);
		sigprocmask(SIG_BLOCK, &set, NULL);
		OK(ioctl(m, TIOCSWINSZ, &ws));
		EQ(sigtimedwait(&set, NULL, &(struct timespec){ 5, 0 }), SIGWINCH);
		OK(ioctl(m, TIOCSWINSZ, &ws)); /* no change */
		ERR(sigtimedwait(&set, NULL, &(struct timespec){ 0, 20000000 }), EAGAIN);
	});
}

/* ---- background ---- */

TEST(a_background_read_stops)
{
	IN_SESSION({
		pid_t job = JOB({
			char buf[8];

			EQ(read(s, buf, sizeof(buf)), 3);
			EQ(memcmp(buf, "hi\n", 3), 0);
		});

		EQ(stopped_by(job), SIGTTIN);
		say("hi\n");
		foreground(job);
		OK(kill(-job, SIGCONT));
		EQ(ended(job), 0);
	});
}

TEST(a_background_read_that_cannot_stop_fails)
{
	IN_SESSION({
		pid_t job = JOB({
			sigset_t set;
			char c;

			signal(SIGTTIN, SIG_IGN);
			ERR(read(s, &c, 1), EIO);
			signal(SIGTTIN, SIG_DFL);
			sigemptyset(&set);
			sigaddset(&set, SIGTTIN);
			sigprocmask(SIG_BLOCK, &set, NULL);
			ERR(read(s, &c, 1), EIO);
		});

		EQ(ended(job), 0);
	});
}

TEST(a_background_write_stops_with_tostop_only)
{
	IN_SESSION({
		struct termios tio;
		pid_t job;

		EQ(ended(JOB(EQ(write(s, "a", 1), 1))), 0);
		OK(tcgetattr(s, &tio));
		tio.c_lflag |= TOSTOP;
		OK(tcsetattr(s, TCSANOW, &tio));
		job = JOB(EQ(write(s, "b", 1), 1));
		EQ(stopped_by(job), SIGTTOU);
		foreground(job);
		OK(kill(-job, SIGCONT));
		EQ(ended(job), 0);
		foreground(getpgrp());
		EQ(ended(JOB({
			   signal(SIGTTOU, SIG_IGN);
			   EQ(write(s, "c", 1), 1);
		   })),
		   0);
	});
}

TEST(a_background_change_stops)
{
	IN_SESSION({
		struct termios tio;
		pid_t job;

		OK(tcgetattr(s, &tio));
		job = JOB(OK(tcsetattr(s, TCSANOW, &tio)));
		EQ(stopped_by(job), SIGTTOU);
		foreground(job);
		OK(kill(-job, SIGCONT));
		EQ(ended(job), 0);
		foreground(getpgrp());
		job = JOB(OK(tcsetpgrp(s, getpgrp())));
		EQ(stopped_by(job), SIGTTOU);
		OK(kill(-job, SIGKILL));
		EQ(WTERMSIG(ended(job)), SIGKILL);
		job = JOB(OK(tcflush(s, TCIFLUSH)));
		EQ(stopped_by(job), SIGTTOU);
		OK(kill(-job, SIGKILL));
		ended(job);
	});
}

TEST(an_orphaned_group_is_not_stopped)
{
	IN_SESSION({
		char result = 0;

		OK(pipe(pipe_ends));
		/* The job's parent leaves: nobody of the session outside the group is left. */
		EQ(ended(JOB({
			   if (!fork()) {
				   char c;
				   int ok;

				   while (getppid() != 1 && getpgid(getppid()) == getpgrp())
					   usleep(1000);
				   ok = read(s, &c, 1) < 0 && errno == EIO;
				   errno = 0;
				   ok = ok && tcsetpgrp(s, getpgrp()) < 0 &&
					(errno == EIO || errno == ENOTTY);
				   raise(SIGTSTP); /* does nothing */
				   c = ok ? 'y' : 'n';
				   write(pipe_ends[1], &c, 1);
				   _exit(0);
			   }
		   })),
		   0);
		EQ(read(pipe_ends[0], &result, 1), 1);
		EQ(result, 'y');
	});
}

/* ---- the end of a session ---- */

TEST(the_leaders_end_hangs_the_foreground_up)
{
	make();
	OK(pipe(pipe_ends));
	IN_CHILD({
		OK(setsid());
		s = OK(open(ptsname(m), O_RDWR));
		foreground(JOB({
			signal(SIGHUP, note);
			tell();
			while (!count[SIGHUP])
				pause();
			ERR(open("/dev/tty", O_RDWR), ENXIO);
			if (!guest_failures)
				tell();
		}));
		hear();
		usleep(20000);
	});
	hear();
}

TEST(stopped_orphans_are_hung_up_and_go_on)
{
	make();
	OK(pipe(pipe_ends));
	IN_CHILD({
		pid_t job;

		OK(setsid());
		s = OK(open(ptsname(m), O_RDWR));
		job = JOB({
			signal(SIGHUP, note);
			signal(SIGCONT, note);
			raise(SIGSTOP);
			while (!count[SIGHUP] || !count[SIGCONT])
				usleep(1000);
			tell();
		});
		EQ(stopped_by(job), SIGSTOP);
	});
	hear();
}

TEST(a_closed_master_hangs_the_leader_up)
{
	int status;
	pid_t leader;

	make();
	OK(pipe(pipe_ends));
	leader = OK(fork());
	if (!leader) {
		sigset_t set;
		sigset_t old;

		sigemptyset(&set);
		sigaddset(&set, SIGHUP);
		sigprocmask(SIG_BLOCK, &set, &old);
		setsid();
		s = open(ptsname(m), O_RDWR);
		close(m);
		signal(SIGHUP, note);
		signal(SIGCONT, note);
		tell();
		while (!count[SIGHUP])
			sigsuspend(&old);
		_exit(read(s, &(char){ 0 }, 1) == 0 && open("/dev/tty", O_RDWR) < 0 ? 0 : 1);
	}
	hear();
	close(m);
	EQ(waitpid(leader, &status, 0), leader);
	EQ(status, 0);
}

TEST(tiocsti_types)
{
	IN_SESSION({
		char buf[8];
		int err;

		err = ioctl(s, TIOCSTI, "h") ? errno : 0;
		SKIP_UNLESS(err != EIO);
		EQ(err, 0);
		OK(ioctl(s, TIOCSTI, "\n"));
		EQ(read(s, buf, sizeof(buf)), 2);
		ERR(ioctl(s, TIOCSTI, (void *)1), EFAULT);
		IN_CHILD({
			OK(setsid());
			if (geteuid() == 0)
				OK(setuid(65534));
			ERR(ioctl(s, TIOCSTI, "x"), EPERM);
		});
	});
}

TEST(vhangup_is_roots)
{
	SKIP_UNLESS(geteuid() == 0);
	IN_SESSION({
		IN_CHILD({
			if (geteuid() == 0)
				OK(setuid(65534));
			ERR(syscall(SYS_vhangup), EPERM);
		});
		signal(SIGHUP, note);
		signal(SIGCONT, note);
		OK(syscall(SYS_vhangup));
		EQ(count[SIGHUP], 1);
		ERR(open("/dev/tty", O_RDWR), ENXIO);
		EQ(read(s, &(char){ 0 }, 1), 0);
	});
}
