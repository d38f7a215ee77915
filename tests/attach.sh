#!/bin/bash
# SPDX-License-Identifier: MIT
# attach.sh: asking and tracing an instance that runs already. Part of `make tsan`: here threads meet that know nothing
# of each other, and signals that must not get stuck.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
begin_suite attach
cd "$work" || exit 1
lx() { timeout -k 5 60 "$lxrun" "$@"; }
cat >waits.c <<'EOF'
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *sleeper(void *arg) /* asleep in the host all the time */
{
	pthread_mutex_lock(arg);
	return 0;
}
int main(void)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_t t;
	int i;

	pthread_mutex_lock(&m);
	pthread_create(&t, 0, sleeper, &m);
	puts("ready");
	fflush(stdout);
	while (access("go", F_OK))
		poll(0, 0, 20);
	for (i = 0; i < 500; i++) {
		syscall(SYS_getppid);
		sched_yield();
	}
	pthread_mutex_unlock(&m);
	return pthread_join(t, 0) ? 1 : 7;
}
EOF
musl-gcc -static -pthread -o waits waits.c
waits() { rm -f go ready att err dumped; "$lxrun" "$@" ./waits >ready 2>dumped & p=$!; for _ in {1..600}; do [ -s ready ] && break; sleep 0.05; done; }
lines() { cat "$2" 2>/dev/null | grep -c "$1" || true; } # pattern, file
until_lines() { for _ in {1..600}; do [ "$(lines "$1" "$2")" -gt 0 ] && return; sleep 0.05; done; }
waits
"$lxrun" --dump $p
until_lines 'waits: ' dumped
matches "lxrun tells what it is doing while all its threads wait" "$(cat dumped)" 'NT objects.*waits: '
lx --attach $p -o att </dev/null & a=$!
until_lines poll att
touch go
wait $a
status=$?
wait $p
equal "whoever attaches sees each call, those of the host too, to the end" \
	"$status $? $(lines 'getppid()' att) $(lines 'sched_yield()' att) $(($(lines 'exited with 7' att) > 0))" "0 7 500 500 1"
# Whoever asks does not know how far an lxrun is that was only just started.
ended=0
for i in {1..30}; do
	"$lxrun" true 2>/dev/null & p=$!
	for _ in {1..20}; do lx --dump $p 2>/dev/null; kill -0 $p 2>/dev/null || break; done
	wait $p || ended=$((ended + 1))
done
equal "one that has only just been started is not ended by being asked" $ended 0
"$lxrun" --compare sleep 10 >/dev/null 2>&1 & p=$!
until [ "$(readlink /proc/$p/exe)" = "$lxrun" ]; do sleep 0.05; done
lx --dump $p 2>err
equal "... nor one that runs no instance, which is said" "$? $(grep -c 'not the process number' err) $(kill -0 $p && echo there)" "125 1 there"
kill $p
wait $p 2>/dev/null
waits
lx --attach $p -o att </dev/null 2>err & a=$!
until_lines poll att
matches "another one is refused" "$(lx --attach $p -o att2 </dev/null 2>&1; echo "status $?")" 'attached to it already.*status 125'
kill -INT "$(pgrep -P $a)"
wait $a
status=$?
n=$(wc -l <att)
sleep 0.3
equal "^C ends it, cleanly" "$status $(wc -l <att) $(wc -l <err) $(tail -n 1 att | grep -c '= \|unfinished\|detached')" "0 $n 0 1"
mkfifo commands
rm -f att
(exec 3<>commands; lx --attach $p --trace-calls=poll -o att <&3 2>err & a=$!
	until_lines poll att
	echo '--trace=sys,nt --trace-calls=access -Z' >&3
	until_lines access att
	echo '--nonsense' >&3
	until_lines nonsense err
	kill -INT "$(pgrep -P $a)"; wait $a)
equal "a line of options changes filters and channels" \
	"$(($(lines 'poll(' att) > 0)) $(($(lines 'access(.*ENOENT' att) > 0)) $(($(lines NtQueryInformationByName att) + $(lines NtFsControlFile att) > 0)) $(lines nonsense err)" "1 1 1 1"
touch go
wait $p
equal "the program is unharmed" "$?" 7
waits --trace=sys -o own
matches "one that is traced is refused" "$(lx --attach $p </dev/null 2>&1; echo "status $?")" 'traced already.*status 125'
touch go
wait $p
# ---- who has what others wait for ----
cat >holds.c <<'EOF'
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
static pthread_mutex_t *m;
static void *locks(void *arg)
{
	pthread_mutex_lock(m);
	return arg;
}
/* The process has all; children and a thread wait for each. */
int main(void)
{
	struct flock l = { F_WRLCK, SEEK_SET, 10, 10 };
	int file = open("file", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY), other = open("other", O_RDWR | O_CREAT, 0600);
	pthread_mutexattr_t a;
	pthread_t t;

	m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(m, &a);
	pthread_mutex_lock(m);
	fcntl(file, F_SETLK, &l);
	flock(other, LOCK_EX);
	flock(dir, LOCK_EX);
	if (!fork())
		_exit(fcntl(open("file", O_RDWR), F_SETLKW, &l));
	if (!fork())
		_exit(flock(open("other", O_RDWR), LOCK_SH));
	if (!fork())
		_exit(flock(open(".", O_RDONLY), LOCK_SH));
	pthread_create(&t, 0, locks, 0);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
EOF
musl-gcc -static -pthread -w -o holds holds.c
rm -f ready dumped
"$lxrun" ./holds >ready 2>dumped & p=$!
for _ in {1..600}; do [ -s ready ] && break; sleep 0.05; done
# pattern: asks until it is there
dumps() { for _ in {1..100}; do "$lxrun" --dump $p; sleep 0.05; [ "$(lines "$1" dumped)" -gt 0 ] && break; done; equal "--dump: $2" "$(($(lines "$1" dumped) > 0))" 1; }
dumps 'in futex at 0x[0-9a-f]*, word 0x8[0-9a-f]*2, owned by pid 2 tid 2, asleep for' "a futex's address, word and owner"
dumps 'in fcntl (by the host) of fd [0-9]* /.*/file$' "a call that the host executes, with its file"
dumps 'lock: record, exclusive, 10-19 of /.*/file, held by pid 2' "a record lock and who has it"
dumps 'lock: record, exclusive, 10-19 of /.*/file: pid [0-9]* waits' "... and who waits"
dumps 'lock: flock, exclusive of /.*/other, held by pid 2' "flock of a file"
dumps 'lock: flock, shared of /.*/other: pid [0-9]* waits' "... and who waits"
dumps 'lock: flock, exclusive of /[^ ]*, held by pid 2' "of a directory"
dumps 'lock: flock, shared of /[^ ]*: pid [0-9]* waits' "... and who waits"
kill $p
wait $p 2>/dev/null
lx --attach 1 2>err </dev/null
equal "what is no lxrun is refused" "$? $(grep -c . err)" "125 1"

end_suite attach
