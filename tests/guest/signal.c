/* SPDX-License-Identifier: MIT */
/* Signals: handlers, masks, restarting, siginfo, kill and its permissions, timers. */
#include "guest.h"
#include <pthread.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile sig_atomic_t caught, count;
static void on_signal(int sig)
{
	caught = sig;
	count++;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	OK(sigaction(sig, &sa, NULL));
}

/* A child that sends sig to us after ms. */
static pid_t signal_later(int sig, int ms)
{
	pid_t me = getpid(), pid = OK(fork());

	if (pid == 0) {
		sleep_ms(ms);
		_exit(kill(me, sig) != 0);
	}
	return pid;
}

TEST(a_handler_runs_before_kill_returns)
{
	handle(SIGUSR1, 0);
	OK(kill(getpid(), SIGUSR1));
	EQ(caught, SIGUSR1);
	OK(raise(SIGUSR1));
	EQ(count, 2);
	OK(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1));
	EQ(count, 3);
	OK(syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1));
	EQ(count, 4);
}

TEST(sigaction_returns_what_was_set)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER }, old;

	sigaddset(&sa.sa_mask, SIGUSR2);
	OK(sigaction(SIGUSR1, &sa, NULL));
	OK(sigaction(SIGUSR1, NULL, &old));
	TRUE(old.sa_handler == on_signal);
	EQ(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO), SA_RESTART | SA_NODEFER);
	EQ(sigismember(&old.sa_mask, SIGUSR2), 1);
	ERR(sigaction(SIGKILL, &sa, NULL), EINVAL);
	ERR(sigaction(SIGSTOP, &sa, NULL), EINVAL);
	OK(sigaction(SIGKILL, NULL, &old));
	ERR(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL);
	ERR(syscall(SYS_rt_sigaction, 10, NULL, NULL, 4), EINVAL);
	OK(sigaction(SIGCHLD, &sa, NULL));
	OK(sigaction(SIGCHLD, NULL, &old));
	TRUE(old.sa_handler == on_signal);
}

TEST(blocked_signals_stay_pending_until_unblocked)
{
	sigset_t set, pending;

	handle(SIGUSR1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	OK(kill(getpid(), SIGUSR1));
	OK(kill(getpid(), SIGUSR1));
	EQ(count, 0);
	OK(sigpending(&pending));
	EQ(sigismember(&pending, SIGUSR1), 1);
	OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	EQ(count, 1);
}

TEST(realtime_signals_queue)
{
	union sigval value = { .sival_int = 1 };
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 3);
	OK(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 1; i <= 3; i++) {
		value.sival_int = i * 11;
		OK(sigqueue(getpid(), SIGRTMIN + 3, value));
	}
	for (int i = 1; i <= 3; i++) {
		EQ(sigwaitinfo(&set, &info), SIGRTMIN + 3);
		EQ(info.si_value.sival_int, i * 11);
		EQ(info.si_code, SI_QUEUE);
		EQ(info.si_pid, getpid());
	}
	ERR(sigtimedwait(&set, &info, &(struct timespec){ 0, 1000000 }), EAGAIN);
}

static sigset_t waited; /* for, and blocked */
static volatile sig_atomic_t let_through;
static bool all_blocked(void)
{
	sigset_t now;

	return !pthread_sigmask(SIG_BLOCK, NULL, &now) && sigismember(&now, SIGRTMIN + 3) == 1;
}

static void look_at_the_mask(int sig)
{
	count++;
	if (!all_blocked())
		let_through++;
}

static void wait_for_realtime(void)
{
	sigemptyset(&waited);
	sigaddset(&waited, SIGRTMIN + 3);
	OK(sigprocmask(SIG_BLOCK, &waited, NULL));
}

TEST(a_handler_between_two_waits_has_the_own_mask)
{
	struct itimerval often = { { 0, 300 }, { 0, 300 } };
	struct sigaction sa = { .sa_handler = look_at_the_mask };
	pid_t me = getpid(), child;
	siginfo_t info;
	int status;

	wait_for_realtime();
	OK(sigaction(SIGALRM, &sa, NULL));
	child = OK(fork());
	for (int i = 1; !child && i <= 1500;)
		i += !sigqueue(me, SIGRTMIN + 3, (union sigval){ .sival_int = i });
	if (!child)
		_exit(0);
	OK(setitimer(ITIMER_REAL, &often, NULL));
	for (int i = 1; i <= 1500;) {
		int sig = sigwaitinfo(&waited, &info);

		if (sig < 0 && errno == EINTR)
			continue;
		EQ(sig, SIGRTMIN + 3);
		EQ(info.si_value.sival_int, i++);
	}
	OK(setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL));
	EQ(waitpid(child, &status, 0), child);
	TRUE(count > 0);
	EQ(let_through, 0);
}

static _Atomic int taken, opened;
static volatile bool enough;
static void *wait_often(void *arg)
{
	while (!enough) {
		taken += sigtimedwait(&waited, NULL, &(struct timespec){ 0, 1000000 }) > 0;
		opened += !all_blocked();
	}
	return NULL;
}

TEST(who_waits_in_vain_keeps_the_own_mask)
{
	pthread_t threads[3];

	wait_for_realtime();
	for (int i = 0; i < 3; i++)
		EQ(pthread_create(&threads[i], NULL, wait_often, NULL), 0);
	for (int i = 1; i <= 500; i++) {
		OK(kill(getpid(), SIGRTMIN + 3));
		while (taken < i)
			sched_yield();
	}
	enough = true;
	for (int i = 0; i < 3; i++)
		EQ(pthread_join(threads[i], NULL), 0);
	EQ(taken, 500);
	EQ(opened, 0);
}

static volatile sig_atomic_t info_pid, info_uid, info_code;
static void on_info(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	caught = sig, info_pid = info->si_pid, info_uid = info->si_uid, info_code = info->si_code;
}

TEST(siginfo_names_the_sender)
{
	struct sigaction sa = { .sa_sigaction = on_info, .sa_flags = SA_SIGINFO };

	OK(sigaction(SIGUSR1, &sa, NULL));
	pid_t pid = signal_later(SIGUSR1, 10);

	for (int i = 0; i < 1000 && !caught; i++)
		sleep_ms(5);
	EQ(info_pid, pid);
	EQ(info_uid, getuid());
	EQ(info_code, SI_USER);
	OK(waitpid(pid, NULL, 0));
	OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
	EQ(info_pid, getpid());
	EQ(info_code, SI_TKILL);
}

static void on_segv(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *uc = ctx;

	_exit(sig == SIGSEGV && info->si_addr == (void *)16 && uc->uc_mcontext.gregs[REG_RIP] ? 33
											      : 1);
}

TEST(a_fault_has_its_address)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };

		sigaction(SIGSEGV, &sa, NULL);
		*(volatile int *)16 = 1;
		_exit(2);
	}
	OK(waitpid(pid, &status, 0));
	EQ(WEXITSTATUS(status), 33);
}

TEST(a_read_is_restarted_with_sa_restart)
{
	char c = 0;
	int p[2];

	OK(pipe(p));
	handle(SIGUSR1, SA_RESTART);
	pid_t me = getpid(), pid = OK(fork());

	if (pid == 0) {
		sleep_ms(30);
		kill(me, SIGUSR1);
		sleep_ms(30);
		_exit(write(p[1], "x", 1) != 1);
	}
	EQ(read(p[0], &c, 1), 1);
	EQ(c, 'x');
	EQ(count, 1);
	OK(waitpid(pid, NULL, 0));
}

TEST(a_read_is_interrupted_without_sa_restart)
{
	char c;
	int p[2];

	OK(pipe(p));
	handle(SIGUSR1, 0);
	pid_t pid = signal_later(SIGUSR1, 30);

	ERR(read(p[0], &c, 1), EINTR);
	EQ(count, 1);
	OK(waitpid(pid, NULL, 0));
}

TEST(an_ignored_signal_interrupts_nothing)
{
	char c;
	int p[2];

	OK(pipe(p));
	signal(SIGUSR1, SIG_IGN);
	pid_t me = getpid(), pid = OK(fork());

	if (pid == 0) {
		sleep_ms(20);
		kill(me, SIGUSR1);
		kill(me, SIGCONT);
		kill(me, SIGWINCH);
		sleep_ms(20);
		_exit(write(p[1], "x", 1) != 1);
	}
	EQ(read(p[0], &c, 1), 1);
	OK(waitpid(pid, NULL, 0));
}

TEST(nanosleep_tells_what_remains)
{
	struct timespec rem = { 0 };

	handle(SIGUSR1, SA_RESTART);
	pid_t pid = signal_later(SIGUSR1, 50);

	ERR(nanosleep(&(struct timespec){ 5, 0 }, &rem), EINTR);
	BETWEEN(rem.tv_sec * 1000 + rem.tv_nsec / 1000000, 2000, 4990);
	OK(waitpid(pid, NULL, 0));
}

TEST(a_stopped_sleeper_sleeps_its_full_time)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		int64_t begin = now_ns(CLOCK_MONOTONIC);

		if (nanosleep(&(struct timespec){ 0, 150000000 }, NULL))
			_exit(1);
		_exit(now_ns(CLOCK_MONOTONIC) - begin < 149000000 ? 2 : 0);
	}
	sleep_ms(30);
	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	OK(kill(pid, SIGCONT));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
}

TEST(sigsuspend_waits_with_another_mask)
{
	sigset_t block, none;

	handle(SIGUSR1, 0);
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	OK(sigprocmask(SIG_BLOCK, &block, NULL));
	pid_t pid = signal_later(SIGUSR1, 10);

	ERR(sigsuspend(&none), EINTR);
	EQ(caught, SIGUSR1);
	OK(sigprocmask(SIG_BLOCK, NULL, &none));
	EQ(sigismember(&none, SIGUSR1), 1);
	OK(waitpid(pid, NULL, 0));
}

TEST(pause_returns_eintr)
{
	handle(SIGUSR1, SA_RESTART);
	pid_t pid = signal_later(SIGUSR1, 30);

	ERR(pause(), EINTR);
	OK(waitpid(pid, NULL, 0));
}

TEST(resethand_and_nodefer)
{
	handle(SIGUSR1, SA_RESETHAND);
	OK(raise(SIGUSR1));
	struct sigaction old;

	OK(sigaction(SIGUSR1, NULL, &old));
	TRUE(old.sa_handler == SIG_DFL);
}

static void on_alternate_stack(int sig)
{
	stack_t st;

	sigaltstack(NULL, &st);
	caught = st.ss_flags & SS_ONSTACK ? sig : -1;
}

TEST(the_alternate_stack_is_used)
{
	struct sigaction sa = { .sa_handler = on_alternate_stack, .sa_flags = SA_ONSTACK };
	stack_t st = { .ss_sp = malloc(65536), .ss_size = 65536 };

	OK(sigaltstack(&st, NULL));
	OK(sigaction(SIGUSR1, &sa, NULL));
	OK(raise(SIGUSR1));
	EQ(caught, SIGUSR1);
}

TEST(kill_errors)
{
	ERR(kill(999999, 0), ESRCH);
	ERR(kill(getpid(), 65), EINVAL);
	ERR(kill(getpid(), -1), EINVAL);
	OK(kill(getpid(), 0));
	ERR(syscall(SYS_tgkill, getpid(), 999999, 0), ESRCH);
	ERR(syscall(SYS_tgkill, -1, 1, 0), EINVAL);
	ERR(syscall(SYS_tkill, 0, 0), EINVAL);
	ERR(kill(-999999, 0), ESRCH);
}

TEST(kill_needs_the_same_user)
{
	SKIP_UNLESS(geteuid() == 0);
	pid_t parent = getpid();

	IN_CHILD({
		drop_root();
		ERR(kill(parent, SIGTERM), EPERM);
		ERR(kill(parent, 0), EPERM);
		ERR(kill(1, SIGTERM), EPERM);
		OK(kill(getpid(), 0));
	});
}

TEST(kill_reaches_a_process_group)
{
	int status, p[2];
	char c;

	OK(pipe(p));
	pid_t a = OK(fork());

	if (a == 0) {
		setpgid(0, 0);
		if (fork() == 0) {
			write(p[1], "2", 1);
			pause();
			_exit(0);
		}
		write(p[1], "1", 1);
		pause();
		_exit(0);
	}
	close(p[1]);
	EQ(read(p[0], &c, 1), 1);
	EQ(read(p[0], &c, 1), 1);
	OK(kill(-a, SIGTERM));
	EQ(waitpid(a, &status, 0), a);
	EQ(WTERMSIG(status), SIGTERM);
	EQ(read(p[0], &c, 1), 0);
}

TEST(alarm_and_itimer)
{
	struct itimerval set = { { 0, 0 }, { 0, 30000 } }, old;

	handle(SIGALRM, 0);
	EQ(alarm(100), 0);
	BETWEEN(alarm(0), 99, 100);
	OK(setitimer(ITIMER_REAL, &set, NULL));
	OK(getitimer(ITIMER_REAL, &old));
	BETWEEN(old.it_value.tv_usec, 1, 30000);
	pause();
	EQ(caught, SIGALRM);
	set = (struct itimerval){ { 0, 10000 }, { 0, 10000 } };
	count = 0;
	OK(setitimer(ITIMER_REAL, &set, NULL));
	while (count < 3)
		pause();
	OK(setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, &old));
	EQ(old.it_interval.tv_usec, 10000);
	set.it_value.tv_usec = 1000000;
	ERR(setitimer(ITIMER_REAL, &set, NULL), EINVAL);
	ERR(getitimer(7, &old), EINVAL);
}

TEST(posix_timers_send_their_value)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGRTMIN + 1,
			       .sigev_value.sival_int = 77 };
	struct itimerspec set = { .it_value.tv_nsec = 20000000 };
	siginfo_t info;
	sigset_t block;
	timer_t timer;

	sigemptyset(&block);
	sigaddset(&block, SIGRTMIN + 1);
	OK(sigprocmask(SIG_BLOCK, &block, NULL));
	OK(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	OK(timer_settime(timer, 0, &set, NULL));
	EQ(sigtimedwait(&block, &info, &(struct timespec){ 5, 0 }), SIGRTMIN + 1);
	EQ(info.si_value.sival_int, 77);
	EQ(info.si_code, SI_TIMER);
	EQ(timer_getoverrun(timer), 0);
	OK(timer_delete(timer));
	ERR(syscall(SYS_timer_delete, (int)(intptr_t)timer), EINVAL);
}

static void *wait_for_usr2(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!caught)
		sleep_ms(5);
	return arg;
}

TEST(a_process_signal_goes_to_a_thread_that_takes_it)
{
	sigset_t set;
	pthread_t t;

	handle(SIGUSR2, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	OK(pthread_sigmask(SIG_BLOCK, &set, NULL));
	EQ(pthread_create(&t, NULL, wait_for_usr2, NULL), 0);
	sleep_ms(20);
	OK(kill(getpid(), SIGUSR2));
	EQ(pthread_join(t, NULL), 0);
	EQ(caught, SIGUSR2);
}

TEST(a_storm_of_signals_loses_no_bytes)
{
	struct itimerval fast = { { 0, 500 }, { 0, 500 } };
	int p[2], bad = 0;

	handle(SIGALRM, SA_RESTART);
	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		close(p[0]);
		for (unsigned char c = 0, n = 0; n < 200; n++, c++)
			if (write(p[1], &c, 1) != 1)
				_exit(1);
			else
				sleep_ms(1);
		_exit(0);
	}
	close(p[1]);
	OK(setitimer(ITIMER_REAL, &fast, NULL));
	unsigned char c, want = 0;
	long n;

	while ((n = read(p[0], &c, 1)) == 1)
		bad += c != want++;
	EQ(n, 0);
	EQ(want, 200);
	EQ(bad, 0);
	OK(setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL));
	TRUE(count > 20);
	OK(waitpid(pid, NULL, 0));
}
