#!/bin/bash
# SPDX-License-Identifier: MIT
# trace.sh: what `lxrun --trace=sys -o FILE` writes is what `strace -f -ttt -T -o FILE` writes for the
# same program, line by line. tests/expect/trace.txt names the calls that may differ, and why.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
command -v strace >/dev/null || { echo "trace: strace is not installed"; exit 1; }
begin_suite trace
export TZ=UTC LC_ALL=C HOME=$work GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export PYTHONDONTWRITEBYTECODE=1 PATH=/usr/bin:/bin

# Both runs are in a directory of the same name, one after the other: paths are equal.
one_run() { # trace file, command...
	local out=$1
	shift
	rm -rf "$work/dir" && mkdir "$work/dir" && cd "$work/dir" || exit 1
	mkdir sub && echo one >a && echo two >sub/b && echo 'int main(void){return 0;}' >t.c && touch -d @1600000000 a t.c sub/b
	OLDPWD=/ timeout -k 5 60 "$@" <"$work/input" >"$work/output" 2>&1
	echo $? >"$out.status"
}
both_runs() { # command...: sets report. Of the calls in $calls only, if that is set
	one_run "$work/native" strace ${calls:+-e "trace=$calls"} -f -ttt -T -o "$work/native" "$@"
	one_run "$work/ours" "$lxrun" --trace=sys ${calls:+"--trace-calls=$calls"} -o "$work/ours" "$@"
	cd "$repo" || exit 1
	report=$("$repo/tests/trace/compare.py" "$work/native" "$work/ours" tests/expect/trace.txt 2>&1) &&
		cmp -s "$work/native.status" "$work/ours.status"
}
# Who runs or ends first, and when a signal comes, is chance: a difference counts if it is there each time.
same() { # sentence, command...
	local sentence=$1 report tries=8
	shift
	until both_runs "$@"; do
		((--tries)) && continue
		printf 'FAIL %s\n%s\n' "$sentence" "$report" | head -n "${LINES_MAX:-40}"
		failed=$((failed + 1))
		return
	done
	passed=$((passed + 1))
	[ -z "${V:-}" ] || echo "$sentence: $report"
}
: >"$work/input"
for fd in /proc/self/fd/*; do # lxrun does not pass them on, strace would
	fd=${fd##*/}
	[ "$fd" -gt 2 ] && [ "$fd" != 255 ] && eval "exec $fd>&-"
done

musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/calls" tests/trace/calls.c || exit 1
same "every form of the common calls" "$work/calls"
musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/messages" tests/trace/messages.c || exit 1
same "messages and options of sockets in every form" "$work/messages"
musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/ipc" tests/trace/ipc.c || exit 1
same "IPC in every form" "$work/ipc"
musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/newer" tests/trace/newer.c || exit 1
same "newer and rarer calls" "$work/newer"
musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/system" tests/trace/system.c || exit 1
same "scheduling, privileges, other processes, memory policies, clocks, the system" "$work/system"
musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/control" tests/trace/control.c || exit 1
same "fcntl and ioctl" "$work/control"
calls=%ipc,%process
same "ipcmk, ipcs and ipcrm: the calls of IPC" bash --norc -c 'for what in "-Q" "-S 2" "-M 4096"; do
	of=${what:1:1} id=$(ipcmk $what) && id=${id##* } && ipcs "-${of,}" -i "$id" && ipcs "-${of,}" -l && ipcrm "-${of,}" "$id" "$id"
done; ipcs -u; ipcrm -Q 0x4c584c58'
calls=
busybox=$(command -v busybox)
same "a shell's pipeline, static" "$busybox" sh -c 'echo hi | cat >x; (exit 3); test -d sub && rm x'
same "find, static" "$busybox" find . -type f
same "true" true
same "bash: builtins" bash --norc -c 'for i in 1 2; do echo $i; done >x; read y <x; [ -f x ] && cd sub; exit 4'
same "bash: a child" bash --norc -c '/bin/true; exit $?'
same "cat" cat a sub/b
same "ls -l" ls -ln
same "cp -a" cp -a sub copy
same "mv" mv a c
same "rm -r" rm -r sub
same "mkdir -p" mkdir -p x/y/z
same "ln -s" ln -s a l
same "sort" sort a sub/b
same "head" head -n 1 a
same "wc" wc a
same "touch" touch new
same "chmod" chmod 600 a
same "stat" stat -c "%s %a" a
same "du" du sub
same "git init" git init -q .
same "python3" /usr/bin/python3 -S -c 'import os; os.mkdir("p"); print(os.listdir(".")); open("p/f", "w").write("x")'
same "git add, commit, log" bash --norc -c 'git init -q . && git add a && git commit -qm one && git log --oneline | cat'
same "git status" bash --norc -c 'git init -q . && git status -s'
same "gcc, all of it" gcc -o t t.c
same "python3: a child" /usr/bin/python3 -S -c 'import subprocess; print(subprocess.call(["/bin/echo", "hi"]))'
same "bash: pipes, a job, a trap" bash --norc -c 'echo a | cat | cat >x; sleep 0.01 & wait; trap "echo t" USR1; kill -USR1 $$; exit 0'
for line in 'tail -n 1 a' 'env -i /bin/true' 'date -d @0' id 'install -m 600 a b' 'sync a' 'truncate -s 100 a' 'realpath a' \
	'nice true' 'split -b 2 a' 'comm a sub/b' 'tac a' 'mkfifo f' 'chown 0:0 a' 'ls -R .' 'cut -c1 a' 'cksum a' 'link a b' \
	'rmdir sub/none' 'shuf -n 1 a' 'sleep 0.01' nproc 'stty -a' 'readlink a' 'mktemp -p .' 'tee b' 'stat -f -c %T .' 'expr 1 + 1'; do
	same "$line" $line
done
calls=%network,%process
same "a web server and curl: the network's calls" bash --norc "$repo/tests/trace/web.sh"
calls=
same "cc1" "$(gcc -print-prog-name=cc1)" -quiet t.c -o t.s
same "as" as -o t.o /dev/null
# ---- formats, filters, loss ----
cd "$work" || exit 1
echo hello >hi
lx() { timeout -k 5 30 "$lxrun" "$@"; }
lx --trace=all --trace-format=json -o j cat hi >/dev/null 2>&1
equal "json: each line is an object with version, event and time" "$(/usr/bin/python3 -c '
import json, sys
for line in open("j"):
	o = json.loads(line)
	assert o["v"] == 1 and o["event"] in ("call", "signal", "exit", "line", "lost") and o["t"] > 1e9, line
opens = [o for o in map(json.loads, open("j")) if o.get("call") == "openat" and "hi" in o["args"][1].get("text", "")]
print(opens[0]["result"], opens[0]["args"][0]["kind"], [b["call"] for b in opens[0]["below"] if b.get("call") == "NtCreateFile"][0])' 2>&1)" "3 dfd NtCreateFile"
chrome() { /usr/bin/python3 "$repo/tests/trace/chrome.py" "$@" 2>&1; }
lx --trace=all --trace-format=chrome -o c bash --norc -c '/bin/true; { read x; } < <(sleep 0.1; echo hi); exit 0' >/dev/null 2>&1
equal "chrome: nested slices, whole flows, asynchronous waits with both ends, counters" \
	"$(chrome c fork completion read wait4 guests blocked handles)" "sound fork completion read wait4 guests blocked handles"
lx --trace=sys,nt --trace-format=chrome --trace-calls=read,write -o c bash --norc -c '{ read x; } < <(sleep 0.1; echo hi); exit 0' >/dev/null 2>&1
equal "... of what the filters let through" "$(chrome c fork completion read wait4)" "sound completion read"
cat >dies.c <<'EOF'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int fds[2], there[2], i;
	char c;

	if (pipe(fds) || pipe(there))
		return 1;
	for (i = 0; i < 50; i++)
		if (!fork())
			return write(there[1], "x", 1) + read(fds[0], &c, 1); /* never */
	while (i--)
		read(there[0], &c, 1);
	kill(0, SIGKILL);
	return 2;
}
EOF
musl-gcc -static -w -o dies dies.c
lx --trace=all --trace-format=chrome -o c ./dies >/dev/null 2>&1
equal "... of guests that are killed in their calls" "$(chrome c fork)" "sound fork"
lx --trace=all --trace-format=folded -o f cat hi >/dev/null 2>&1
matches "folded: NT calls are frames below their call" "$(grep -m 1 'cat;openat.*NtCreateFile ' f)" '^cat;openat[^ ]*;NtCreateFile [0-9]+$'
equal "--trace-calls takes classes" "$(lx --trace-calls=%process -o t bash --norc -c '/bin/true; exit 0'; sed -E 's/^[0-9]+ +[0-9.]+ (<\.\.\. )?([a-z0-9_]*).*/\2/' t | sort -u | tr '\n' ' ')" " clone execve exit_group wait4 "
equal "... and regular expressions, inverted" "$(lx --trace-calls='!/^(m|f|r|c|e|b|a|s|n|w|p|o|i|l|g|u|t)' -o t true; grep -vc '+++' t)" 0
lx --trace-slower=100ms -o t sleep 0.2
equal "--trace-slower shows what took long" "$(grep -c . t) $(grep -c nanosleep t)" "2 1"
lx --trace-from=true -o t bash --norc -c 'cd /; /bin/true; exit 0'
equal "--trace-from leaves out what was before" "$(grep -c '"true"\|bash' t)" 0
lx --trace-pid=3 -o t bash --norc -c '/bin/true; exit 0'
equal "--trace-pid shows that process alone" "$(cut -d' ' -f1 t | sort -u)" 3
matches "descriptors have their names with -y" "$(lx -y --trace-calls=read -o t cat hi sub 2>/dev/null; lx -y --trace-calls=fstat,newfstatat -o t cat hi; cat t)" '[0-9]</.*/hi>'
equal "-o |command" "$(lx -o '|grep -c exited' true)" 1
(lx --trace=all -o /dev/full bash --norc -c 'for i in {1..2000}; do :; done; /bin/true; exit 6' 2>err)
equal "a full disk does not harm the program" "$? $(grep -c 'No space left' err)" "6 1"
(ulimit -f 10; lx --trace=all -o limited bash --norc -c 'for i in {1..9}; do /bin/true; done; exit 6' 2>err)
equal "nor does a limit on the size of files" "$? $(grep -c 'File too large' err)" "6 1"
if unshare -m true 2>/dev/null; then
	unshare -m sh -c 'mkdir small && mount -t tmpfs -o size=64k none small && exec "$1" --trace=all -o small/t bash --norc -c "for i in {1..9}; do /bin/true; done; exit 6"' - "$lxrun" 2>err
	equal "nor does a small file system" "$? $(grep -c 'No space left' err)" "6 1"
fi
lx --trace=sys -o many dd if=/dev/zero of=/dev/null bs=1 count=20000 2>err
equal "a call after another, as fast as they come, are all there or said to be lost" \
	"$? $(($(grep -c 'read(0\|write(1' many) + $(sed -n 's/.*--- \([0-9]*\) trace records lost ---/\1/p' many | paste -sd+ | grep . || echo 0) >= 40000))" "0 1"
(lx --trace=all -o '|true' bash --norc -c 'for i in {1..3000}; do /bin/true; [ $i -gt 20 ] && break; done; exit 6' 2>err)
equal "nor does a closed pipe" "$? $(grep -c 'Broken pipe' err)" "6 1"
mkfifo slow
(exec 3<>slow; lx --trace=all -o slow bash --norc -c '/bin/true; exit 5' & p=$!; for i in {1..100}; do kill -0 $p 2>/dev/null || break; sleep 0.05; ps -o stat= -C bash >/dev/null; done; cat <&3 >/dev/null & c=$!; wait $p; s=$?; kill $c; exit $s) 2>/dev/null
equal "a reader that sleeps does not stop the program" $? 5
printf 'int main(void){return 0;}' >'e.c'
equal "names of files cannot forge lines" "$(touch $'x\n2     1.000000 +++ exited'; lx --trace=all -o t cat $'x\n2     1.000000 +++ exited' 2>/dev/null; grep -c '^2     1.000000' t)" 0
# ---- a hostile guest ----
cat >forges.c <<'EOF'
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define EVIL "\n2     1.000000 +++ \33[31m\"}];\377"
int main(void)
{
	prctl(PR_SET_NAME, "\n2;\33[1m\"},{ \377");
	mkdir(EVIL, 0700);
	open(EVIL "/nothing", O_RDONLY);
	chdir(EVIL);
	write(open(EVIL, O_RDWR | O_CREAT, 0600), EVIL, sizeof(EVIL) - 1);
	symlink(EVIL, "link");
	open("link", O_RDONLY);
	syscall(600);
	if (!fork()) {
		prctl(PR_SET_NAME, EVIL);
		_exit(0);
	}
	wait(0);
	return 0;
}
EOF
musl-gcc -static -w -D_GNU_SOURCE -o forges forges.c
# Bytes that may not be in an output: all but printable ASCII and the end of a line.
unprintable() { LC_ALL=C tr -d '\n -~' <"$1" | wc -c; }
plain() { # sentence, file
	equal "$1" "$(unprintable "$2") $(LC_ALL=C grep -c '^2     1.000000\|^"}\|^[^{[]*},{ *$' "$2")" "0 0"
}
forge() { rm -rf $'\n2'* link; lx "$@" ./forges; }
forge --trace=all --trace-format=text -o t 2>/dev/null
plain "a guest cannot forge lines of the text" t
forge --trace=all -o t 2>/dev/null
plain "... nor of strace's grammar" t
forge --trace=sys -o t 2>/dev/null
plain "... as the calls come" t
forge --trace=all --trace-format=json -o t 2>/dev/null
plain "... nor of JSON" t
equal "... which stays JSON, with the name's bytes" "$(/usr/bin/python3 -c '
import json
objects = [json.loads(line) for line in open("t")]
print("\n2;\33[1m\"},{ \xff" in {o["comm"] for o in objects}, {o["event"] for o in objects} <= {"call", "signal", "exit", "line", "lost"})' 2>&1)" "True True"
forge --trace=all --trace-format=chrome -o t 2>/dev/null
plain "... nor of Perfetto's" t
equal "... which stays sound" "$(chrome t fork)" "sound fork"
forge --trace=all --trace-format=folded -o t 2>/dev/null
plain "... nor of folded stacks" t
equal "... which have one number a line" "$(grep -vcE '^[^ ].* [0-9]+$' t)" 0
forge --stats=t 2>/dev/null
plain "... nor of statistics" t
forge --stats=t --stats-format=json 2>/dev/null
plain "... in JSON" t
forge --stats=t --stats-format=html 2>/dev/null
plain "... as a page" t
forge --card mkdir -o t 2>/dev/null
plain "... nor of a card" t
forge --break-on status=OBJECT_NAME_NOT_FOUND 2>t
plain "... nor of what lxrun says" t
cat >bomb.c <<'EOF'
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int depth, status, bad = 0;

	for (depth = 0; depth < 7; depth++)
		if (!fork())
			continue; /* the child goes on a level deeper, and so does the parent */
	while (wait(&status) > 0)
		bad |= status;
	return bad ? 1 : 5 * (getpid() == 2);
}
EOF
musl-gcc -static -w -o bomb bomb.c
lx --trace=all -o t ./bomb 2>err
equal "a fork bomb ends as it would, each of its processes in the trace" "$? $(grep -c '+++ exited with' t) $(grep -c . err)" "5 128 0"
# A trace that nobody reads: 32 MiB fit, of 160.
cat >floods.c <<'EOF'
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	static char bytes[4096];
	int fd = open("/dev/null", O_WRONLY), i;

	memset(bytes, 200, sizeof(bytes));
	for (i = 0; i < 10000; i++)
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			return 1;
	close(creat("flooded", 0600));
	while (access("go", F_OK))
		usleep(10000);
	return 7;
}
EOF
musl-gcc -static -w -o floods floods.c
rm -f slow go flooded
mkfifo slow
(exec 3<>slow; lx --trace=sys -s 4096 -o slow ./floods 3<&- 2>err & p=$!
	for _ in {1..500}; do [ -e flooded ] && break; sleep 0.05; done
	{ head -c 30000000; touch go; exec cat; } <slow >t 3<&- & c=$!
	exec 3<&-
	wait $p; s=$?; wait $c; exit $s)
status=$?
lost=$(sed -n 's/^lxrun: trace: \([0-9]*\) records were lost.*/\1/p' err)
shown=$(grep -c '[0-9] write(.*= 4096' t)
equal "a trace that nobody reads loses records and says how many; the program goes on" \
	"$status $((lost > 0)) $((2 * (10000 - shown) >= lost && lost >= 10000 - shown))" "7 1 1"
equal "... and it says where, with the same number" "$(sed -n 's/.*--- \([0-9]*\) trace records lost ---/\1/p' t | paste -sd+ | bc)" "$lost"
for bad in --trace=no --trace-format=no --trace-calls=no --trace-calls=%no --trace-slower=no --trace-pid=no --trace-status=no \
	--stats-format=no --inject=no --inject=read:no=1 --without=no --kernel=no --inject=read:error=ENO; do
	lx "$bad" true >out 2>err
	equal "$bad is refused in one line" "$? $(grep -c . err)" "125 1"
done

# ---- statistics ----
matches "--stats counts NT calls" "$(lx --stats cat hi 2>&1 >/dev/null)" 'NtCreateFile'
equal "as JSON" "$(lx --stats=s --stats-format=json cat hi >/dev/null && /usr/bin/python3 -c '
import json
s = json.load(open("s"))
o = [c for c in s["syscalls"] if c["name"] == "openat"][0]
print(o["calls"] > 0, o["nt"]["NtCreateFile"]["calls"] > 0, o["p50_ns"] <= o["p99_ns"], s["v"])')" "True True True 1"
lx --stats=s.html --stats-format=html cat hi >/dev/null
equal "as a page of its own" "$(grep -c 'NtCreateFile' s.html) $(grep -ciE 'src=|href=|<script' s.html)" "1 0"
cat >missing.c <<'EOF'
#include <unistd.h>
#include <sys/syscall.h>
int main(void) { syscall(600); syscall(600); return 9; }
EOF
musl-gcc -static -o missing missing.c
matches "what is missing is counted with its first user" "$(lx --stats ./missing 2>&1)" 'unsupported: syscall_600 x2 \(first: pid 2 missing\)'
(lx --strict ./missing 2>err)
matches "--strict ends at the first" "$? $(cat err)" '^125 lxrun: missing.*syscall_600'

# ---- calls that go wrong on purpose ----
cat >io.c <<'EOF'
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	char buf[10] = "";
	int fd = open("hi", O_RDONLY), n, i;

	for (i = 0; i < 3; i++) {
		errno = 0;
		n = pread(fd, buf, 5, 0);
		printf("%d:%d:%.5s ", n, errno, buf);
	}
	printf("%d\n", (int)getuid());
	return 0;
}
EOF
musl-gcc -static -o io io.c
inject() { lx "$@" ./io 2>/dev/null; }
me=$(id -u)
equal "no rule" "$(inject)" "5:0:hello 5:0:hello 5:0:hello $me"
equal "error, the second time" "$(inject --inject pread64:error=EIO:when=2)" "5:0:hello -1:5:hello 5:0:hello $me"
equal "error, from the second on" "$(inject --inject pread64:error=EIO:when=2+)" "5:0:hello -1:5:hello -1:5:hello $me"
equal "error, each second one" "$(inject --inject pread64:error=EIO:when=1+2)" "-1:5: 5:0:hello -1:5:hello $me"
equal "error, a range" "$(inject --inject pread64:error=EIO:when=1..2)" "-1:5: -1:5: 5:0:hello $me"
equal "at most once" "$(inject --inject pread64:error=EIO:max=1)" "-1:5: 5:0:hello 5:0:hello $me"
equal "a short transfer" "$(inject --inject pread64:short=2:when=1)" "2:0:he 5:0:hello 5:0:hello $me"
equal "a value that the call did not return" "$(inject --inject getuid:retval=77)" "5:0:hello 5:0:hello 5:0:hello 77"
equal "bytes behind a pointer, afterwards" "$(inject --inject pread64:poke_exit=@arg2=5858:when=1)" "5:0:XXllo 5:0:hello 5:0:hello $me"
equal "by path of the descriptor" "$(inject --inject "pread64:error=EIO:path=*/hi:max=1")" "-1:5: 5:0:hello 5:0:hello $me"
equal "another path is another file" "$(inject --inject "pread64:error=EIO:path=*/ho")" "5:0:hello 5:0:hello 5:0:hello $me"
equal "by descriptor" "$(inject --inject pread64:error=EIO:fd=3:max=1)" "-1:5: 5:0:hello 5:0:hello $me"
equal "by argument" "$(inject --inject pread64:error=EIO:arg3=4)" "5:0:hello 5:0:hello 5:0:hello $me"
equal "by program" "$(inject --inject pread64:error=EIO:prog=io:max=1)" "-1:5: 5:0:hello 5:0:hello $me"
equal "the first rule that applies acts, the others count" "$(inject --inject pread64:error=EIO:when=1 --inject pread64:error=EPERM:when=1..2)" "-1:5: -1:1: 5:0:hello $me"
equal "the same seed, the same course" "$(inject --inject pread64:error=EIO:prob=50%,seed=7)" "$(inject --inject pread64:error=EIO:prob=50%,seed=7)"
equal "a call that the host executes" "$(lx --without getrandom:EPERM --trace-calls=getrandom -o t cat hi >/dev/null 2>&1; grep -c 'EPERM.*INJECTED' t)" 1
cat >host.c <<'EOF'
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
int main(void) { void *p = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); int r = madvise(p, 4096, MADV_DONTNEED); printf("%d %d\n", r, errno); return 0; }
EOF
musl-gcc -static -o host host.c
equal "... whose answer the program gets" "$(lx --inject madvise:error=EBUSY ./host)" "-1 16"
equal "a signal" "$(lx --inject getuid:signal=SIGTERM ./io >/dev/null 2>&1; echo $?)" 143
begin=$(date +%s%N)
inject --inject pread64:delay_enter=300ms:when=1 >/dev/null
equal "a delay" $((($(date +%s%N) - begin) / 1000000 >= 300)) 1
matches "what never acted is said" "$(lx --inject pread64:error=EIO:when=9 ./io 2>&1 >/dev/null)" 'when=9: never acted \(3 calls matched\)'
matches "a run that fails says how to do it again" "$(lx --inject openat:error=EIO:prob=100%,seed=3:path=hi cat hi 2>&1 >/dev/null)" \
	"again with: lxrun --inject openat:error=EIO:prob=100%,seed=3:path=hi cat hi"
equal "--kernel answers newer calls with ENOSYS" "$(lx --kernel 3.15 --trace-calls=getrandom,renameat2 -o t cat hi >/dev/null; grep -c 'getrandom.*ENOSYS.*INJECTED' t) $(lx --kernel 3.15 uname -r)" "1 3.15"

# ---- a running instance ----
"$lxrun" bash --norc -c 'sleep 20 & wait' 2>dump &
p=$!
for _ in {1..50}; do grep -q "sleep: in" dump 2>/dev/null && break; sleep 0.1; "$lxrun" --dump $p; done
matches "--dump names tasks, calls and mounts" "$(cat dump)" 'bash: in wait4 for any child, asleep for.*sleep: in clock_nanosleep.*mount [0-9]+ on'
kill $p
wait $p 2>/dev/null
mkfifo dumped
exec 7<>dumped
"$lxrun" bash --norc -c '{ sleep 20; } | cat' 2>dump <&7 &
p=$!
for _ in {1..50}; do grep -q "cat: in read" dump 2>/dev/null && break; sleep 0.1; "$lxrun" --dump $p; done
exec 7>&-
matches "... what a call waits for and who else has it, descriptors, handles by type" "$(cat dump)" \
	'cat: in read of fd 0 pipe:\[[0-9]+\], open in pid [0-9]+ fd 1.*, asleep for'
matches "... descriptors and handles by type" "$(tr '\n' ' ' <dump)" 'handles:.* [0-9]+ File.*  fd 2: '
kill $p
wait $p 2>/dev/null
lx --dump 1 2>err
equal "... of an lxrun only" "$? $(grep -c . err)" "125 1"
matches "--explain knows a call" "$(lx --explain openat)" 'openat, system call 257.*to see it'
equal "... which tests cover it, of whatever family" "$(for c in semop mq_open move_mount setns sendmmsg; do lx --explain $c | grep -c '^tests:'; done | sort -u)" 1
equal "lists are JSON" "$(for l in syscalls nt status; do lx --list-$l=json | /usr/bin/python3 -c 'import json, sys; print(len(json.load(sys.stdin)) > 40)'; done | sort -u)" True

# ---- lists and patterns ----
equal "lists of sets and quirks are JSON, too" "$(for l in sets quirks; do lx --list-$l=json | /usr/bin/python3 -c 'import json, sys; print(len(json.load(sys.stdin)) > 10)'; done | sort -u)" True
matches "a set has its calls" "$(lx --list-sets)" '%clock [a-z_ ]*clock_gettime'
matches "--explain knows flags" "$(lx --explain memfd_create)" 'argument 2, supported: MFD_CLOEXEC MFD_ALLOW_SEALING.*argument 2, not: MFD_HUGETLB: EINVAL'
scml() { /usr/bin/python3 "$repo/tests/trace/scml.py" "$@" 2>&1; }
equal "both files of patterns are of the language" "$(($(scml "$repo/docs/lxrun.scml") > 300)) $(($(scml "$repo/docs/wsl1-19041.scml") > 250))" "1 1"
lx --trace=sys -o t bash --norc -c 'cd / && /bin/ls -l /etc >/dev/null; /usr/bin/python3 -S -c "import socket; socket.socketpair(); open(\"$1\", \"w\")"; exit 0' - "$work/new" >/dev/null 2>&1
equal "what lxrun served, its patterns match" "$(scml "$repo/docs/lxrun.scml" t | grep -v 'ENOSYS\|ENOTTY')" ""
echo 'ioctl(0, SNDCTL_TMR_START or TCSETS, {c_iflag=ICRNL, ...}) = 0' >t
equal "... and a name that strace cannot tell from another" "$(scml "$repo/docs/lxrun.scml" t; scml "$repo/docs/wsl1-19041.scml" t)" ""
cat >unserved.c <<'EOF'
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void)
{
	char buf[256];

	unshare(CLONE_NEWNET);
	socket(AF_PACKET, SOCK_RAW, 0);
	syscall(SYS_io_uring_setup, 1, 0);
	syscall(SYS_statx, -100, "/", 0, 0x7ff, buf);
	mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	return 0;
}
EOF
musl-gcc -static -o unserved unserved.c
strace -f -o t ./unserved 2>/dev/null
equal "what lxrun does not serve, they do not" "$(scml "$repo/docs/lxrun.scml" t | sed 's/(.*//' | tr '\n' ' ')" "unshare socket io_uring_setup "
equal "... and what WSL 1 did not" "$(scml "$repo/docs/wsl1-19041.scml" t | sed 's/(.*//' | tr '\n' ' ')" "io_uring_setup statx mmap "

# ---- the examples of the man pages are run as they stand ----
for page in lxrun-trace.5 lxrun-fault.5 lxrun-quirks.7; do
	if command -v scdoc >/dev/null; then equal "$page.scd is valid" "$(scdoc <"$repo/docs/$page.scd" 2>&1 >/dev/null)" ""; fi
	while read -r line; do
		(PATH=$(dirname "$lxrun"):$PATH timeout 30 sh -c "$line" >out 2>err)
		equal "$line" "$? $(grep -c '^lxrun: [^w].*: .*wanted\|no such' err)" "0 0"
	done < <(sed -n '/^# EXAMPLES/,/^# /s/^\t\(lxrun .*\)/\1/p' "$repo/docs/$page.scd" | sed 's/\\\*/*/g')
done

end_suite trace
