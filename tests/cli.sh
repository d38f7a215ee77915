#!/bin/bash
# SPDX-License-Identifier: MIT
# cli.sh: the command line: exit statuses, signals, standard streams, traces, what a kill leaves behind,
# what a thousand spawns leave behind.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
begin_suite cli
cd "$work" || exit 1
lx() { timeout -k 5 "${LIMIT:-20}" "$lxrun" "$@"; }
status_of() { (lx "$@" >out 2>err </dev/null; exit $?) 2>/dev/null; echo $?; }

# ---- drives: NT's semantics seen from Linux ----
if [ "$(id -u)" = 0 ]; then
	mkdir -p drive/sub mp
	echo hello >drive/File.txt
	cat >drive.sh <<'END'
mount -t drvfs -o "$1" C: mp || exit 1
grep -o ' - drvfs C: .*' /proc/self/mountinfo
cd mp
cat FILE.TXT
mv File.txt FILE.txt && ls
chmod 444 FILE.txt && stat -c %A FILE.txt
(echo x >>FILE.txt) 2>/dev/null || echo read-only
chmod 644 FILE.txt && echo x >>file.TXT && cat FILE.txt
ln -s FILE.txt link && readlink link && cat link | head -1
ln FILE.txt hard && stat -c %h FILE.txt
mkfifo fifo 2>/dev/null && stat -c '%A %u' fifo
echo q >'a?b' && cat 'A?B'
rm -r link hard 'a?b' sub && ls
END
	equal "a drive without metadata" "$(lx --drive c="$work/drive" bash drive.sh case=off 2>&1)" " - drvfs C: rw,case=off
hello
FILE.txt
sub
-r-xr-xr-x
read-only
hello
x
FILE.txt
hello
2
q
FILE.txt"
	equal "NT sees it as read-only no more" "$(lx cat drive/FILE.txt | tail -1)" x
	rm -rf drive
	mkdir -p drive/sub
	echo hello >drive/File.txt
	equal "a drive with metadata" "$(lx --drive c="$work/drive" bash drive.sh metadata,umask=22 2>&1 | sed -n '1p;5p;11,12p')" " - drvfs C: rw,metadata,umask=022,case=off
-r--r--r--
2
prw-r--r-- 0"
	matches "a drive that is not given cannot be mounted" "$(lx mount -t drvfs D: mp 2>&1)" "unknown filesystem type|not exist|No such device|failed"
fi
equal "a drive wants a directory" "$(status_of --drive c=/nowhere true)" 125

# ---- exit statuses ----
equal "the program's status is passed on" "$(status_of sh -c 'exit 42')" 42
equal "status 0 too" "$(status_of /bin/true)" 0
equal "status 255 too" "$(status_of sh -c 'exit 255')" 255
for sig in TERM:143 KILL:137 SEGV:139 HUP:129 PIPE:141; do
	equal "a guest that dies of SIG${sig%:*} makes lxrun die of it" "$(status_of sh -c "kill -${sig%:*} \$\$")" "${sig#*:}"
done
equal "no such program is 127" "$(status_of /no/such/program)" 127
equal "... in one line" "$(wc -l <err)" 1
matches "... that names it" "$(cat err)" '^lxrun: .*/no/such/program'
equal "no such command on the path is 127" "$(status_of no-such-command-anywhere)" 127
echo text >plain
equal "a file that is not executable is 126" "$(status_of ./plain)" 126
equal "... in one line" "$(wc -l <err)" 1
equal "a directory is 126" "$(status_of /)" 126
equal "an unknown option is 125" "$(status_of --no-such-option true)" 125
matches "... and is named" "$(cat err)" 'no-such-option'
equal "a missing option argument is 125" "$(status_of --timeout)" 125
equal "a bad option argument is 125" "$(status_of --timeout never true)" 125
equal "a root that does not exist is 125" "$(status_of --root /no/such/root /bin/true)" 125
begin=$SECONDS
equal "--timeout is 124" "$(status_of --timeout 0.3 sleep 60)" 124
at_most "... in time" $((SECONDS - begin)) 5
equal "lxrun inside lxrun is 125" "$(status_of sh -c "'$lxrun' true")" 125
equal "... in one line" "$(grep -c '^lxrun: ' err)" 1

# ---- what it says about itself ----
equal "--help succeeds" "$(status_of --help)" 0
matches "--help shows the usage" "$(cat out)" 'lxrun.*PROGRAM'
equal "--version succeeds" "$(status_of --version)" 0
matches "--version gives a number" "$(cat out)" '^lxrun [0-9]+\.[0-9]+'
equal "--doctor succeeds where lxrun works" "$(status_of --doctor)" 0
matches "--doctor speaks of seccomp" "$(cat out)" '[Ss]eccomp'
(lx --help >/dev/full 2>/dev/null); equal "--help on a full device fails" $(($? != 0)) 1
for shell in bash zsh fish; do
	equal "--complete $shell succeeds" "$(status_of --complete $shell)" 0
	matches "... and knows the options" "$(cat out)" 'timeout'
done
lx --complete bash >completion && equal "the bash completion is valid" "$(bash -n completion 2>&1)" ""
if command -v scdoc >/dev/null; then
	equal "the man page is valid" "$(scdoc <"$repo/docs/lxrun.1.scd" 2>&1 >/dev/null)" ""
fi

# ---- inside a sandbox ----
# A filter as Docker's default one: a call that no kernel has is refused before lxrun is asked.
cat >sandbox.py <<'END'
import ctypes, os, sys
allow, refuse = 0x7fff0000, 0x00050000 | 38
seccomp = ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
filter = ctypes.c_void_p(seccomp.seccomp_init(refuse))
for number in range(470):
    seccomp.seccomp_rule_add(filter, allow, number, 0)
if seccomp.seccomp_load(filter):
    sys.exit("no filter")
os.execv(sys.argv[1], sys.argv[1:])
END
equal "lxrun runs where calls without a name are refused" \
	"$(/usr/bin/python3 sandbox.py "$lxrun" bash -c '/bin/echo here' 2>&1)" here

# ---- standard streams, environment, directory ----
equal "stdin and stdout are passed through" "$(printf 'a\nb' | lx cat | od -An -c | tr -d ' ')" 'a\nb'
equal "stderr is apart" "$(lx sh -c 'echo out; echo err >&2' 2>/dev/null)" out
equal "a megabyte goes through" "$(head -c 1000000 /dev/zero | lx cat | wc -c)" 1000000
equal "a reader that leaves ends the writer" "$(lx yes 2>/dev/null | head -n 1)" y
(lx echo hi >/dev/full 2>/dev/null); a=$?; (/bin/echo hi >/dev/full 2>/dev/null); equal "a full stdout is as natively" $a $?
(lx /bin/echo hi >&- 2>/dev/null); a=$?; (/bin/echo hi >&- 2>/dev/null); equal "a closed stdout is as natively" $a $?
(lx cat <&- >/dev/null 2>&1); a=$?; (cat <&- >/dev/null 2>&1); equal "a closed stdin is as natively" $a $?
(lx sh -c 'exit 3' >&- 2>&- <&-); equal "all three closed" $? 3
equal "the environment is passed" "$(A_VARIABLE='its value' lx printenv A_VARIABLE)" "its value"
equal "--env sets a variable" "$(lx --env A=1 --env B='two words' sh -c 'echo $A $B')" "1 two words"
equal "the working directory is kept" "$(lx pwd)" "$PWD"
if chrt -f 1 true 2>/dev/null; then # real time: whoever spins keeps the rest of lxrun from running
	equal "a real-time policy is inherited, and hangs nothing" \
		"$(chrt -f 2 timeout -s KILL 20 taskset -c 0 chrt -f 1 "$lxrun" sh -c 'true; echo done')" "done"
fi
equal "niceness is inherited" "$(nice -n 3 "$lxrun" nice)" "$(nice -n 3 nice)"
equal "--cd changes it" "$(lx --cd / pwd)" /
equal "-- ends the options" "$(lx -- printf '%s %s' -u -e)" "-u -e"
equal "the program's options are its own" "$(lx echo --version -e -u)" "--version -e -u"
matches "uname says WSL1's release" "$(lx uname -r)" '^4\.4\.0-19041-Microsoft$'
equal "--kernel-release changes it" "$(lx --kernel-release 5.10.0-test uname -r)" 5.10.0-test
command -v ps >/dev/null && equal "ps shows the guests only" "$(lx sh -c 'ps -e -o pid,ppid,comm --no-headers | grep -v grep' | tr -s ' ' | tr '\n' ';')" \
	" 1 0 init; 2 1 sh; 3 2 ps;"
equal "the first program is pid 2" "$(lx sh -c 'echo $$ $PPID')" "2 1"
mkdir -p root/bin root/etc && cp "$(command -v busybox)" root/bin/ && echo inside >root/etc/name
equal "--root makes a directory the root" "$(lx --root root /bin/busybox cat /etc/name 2>&1)" inside
equal "... and nothing outside is seen" "$(lx --root root /bin/busybox ls / 2>&1 | grep -c usr)" 0
if command -v script >/dev/null; then
	# Keys come on stdin. The shell between script and lxrun is told to survive ^C: it gets it too.
	on_a_terminal() { timeout -k 5 20 script -qefc "exec sh -c 'trap : INT; $1'" typescript; }
	once_it_says() { # text, keys: types them when the text is on the screen
		local i
		for i in {1..100}; do
			grep -q "$1" typescript 2>/dev/null && break
			sleep 0.1
		done
		printf "$2"
	}
	screen() { rm -f typescript; "$1" | on_a_terminal "$2"; }
	no_keys() { once_it_says terminal ''; }
	matches "a terminal is a terminal" \
		"$(screen no_keys "$lxrun sh -c \"test -t 0 && test -t 1 && stty -echo && stty echo && echo terminal\"")" terminal
	shell_keys() { once_it_says 'prompt>' 'echo $((6 * 7))-$-\n'; once_it_says '42-' 'exit 3\n'; once_it_says 'status 3' ''; }
	matches "bash is interactive on it" \
		"$(PS1='prompt>' screen shell_keys "$lxrun bash --norc; echo status \$?")" '42-[a-zA-Z]*i.*status 3'
	echo 'trap "echo caught; exit 7" INT; echo ready; while :; do sleep 0.1; done' >catch.sh
	interrupt() { once_it_says ready '\003'; once_it_says status ''; }
	matches "^C reaches the program" \
		"$(screen interrupt "$lxrun sh catch.sh; echo status \$?")" \
		'caught.*status 7'
	matches "^C ends a program that does not catch it" \
		"$(screen interrupt "$lxrun sh -c \"echo ready; exec sleep 60\"; echo status \$?")" 'status 130'
fi
if [ "$(id -u)" = 0 ]; then
	equal "-u runs as another user" "$(lx -u nobody id -u)" "$(id -u nobody)"
	equal "-u of nobody we know is 125" "$(status_of -u no-such-user true)" 125
fi

# ---- what the host changes underneath is seen ----
mkdir -p tree/a/b && echo one >tree/a/b/f && ln -s a tree/link
coproc LX { exec "$lxrun" bash -c 'while read -r command; do eval "$command" 2>/dev/null || echo "status $?"; done'; }
ask() { echo "$1" >&"${LX[1]}" && read -r -t 10 -u "${LX[0]}" answer && echo "$answer"; }
equal "a file is read" "$(ask 'cat tree/link/b/f')" one
mv tree/a/b tree/a/c
equal "... not under the old name after the host renamed its directory" "$(ask 'cat tree/link/b/f')" "status 1"
equal "... but under the new one" "$(ask 'cat tree/link/c/f')" one
mkdir tree/z tree/z/c && echo two >tree/z/c/f && ln -sfn z tree/link
equal "a link that the host replaced leads to its new target" "$(ask 'cat tree/link/c/f')" two
chmod 600 tree/z/c/f
equal "a mode that the host changed is seen" "$(ask 'stat -c %a tree/z/c/f')" 600
rm -r tree/z/c && mkdir tree/z/c
equal "a directory that the host made anew is empty" "$(ask 'ls -A tree/z/c | wc -l')" 0
ask 'echo three >tree/z/c/g; echo done' >/dev/null
equal "what the guest writes is on the host" "$(cat tree/z/c/g)" three

# tail -f sleeps in inotify: only an event wakes it.
followed() {
	local i
	echo first >followed
	"$lxrun" tail -f followed >follows &
	local tail=$!
	for ((i = 0; i < 100 && $(wc -l <follows) < 1; i++)); do sleep 0.05; done
	sleep 0.3
	echo second >>followed
	for ((i = 0; i < 200 && $(wc -l <follows) < 2; i++)); do sleep 0.05; done
	kill $tail
	wait $tail 2>/dev/null
	cat follows
}
equal "inotify tells what the host changes" "$(followed 2>&1)" "first
second"
exec {LX[1]}>&-
wait "$LX_PID" 2>/dev/null

# ---- NT calls that fail on purpose ----
echo text >faulty
equal "--nt-fault makes an open fail with the status' errno" \
	"$(lx --nt-fault 'NtCreateFile:SHARING_VIOLATION:path=*/faulty' cat plain faulty 2>&1 | grep -v 'again with')" "text
cat: faulty: Device or resource busy"
equal "... and a read that would not come to NT otherwise" \
	"$(lx --nt-fault 'NtReadFile:STATUS_DISK_FULL:path=*/faulty' cat faulty 2>&1 | grep -v 'again with')" "cat: faulty: No space left on device"
lx --nt-fault 'NtCreateFile:0xC0000022:when=1:path=*/faulty' --trace=sys,nt -o trace cat faulty >/dev/null 2>&1
matches "... marked in the trace" "$(grep INJECTED trace)" 'NtCreateFile\(".*/faulty"\) = STATUS_ACCESS_DENIED \(INJECTED\) <'
equal "a rule for no call is 125" "$(status_of --nt-fault NtNope:DISK_FULL true)" 125
matches "... in one line that names the choices" "$(cat err)" "^lxrun: [^
]* NtCreateFile [^
]*$"
equal "a rule with no status is 125" "$(status_of --nt-fault NtClose:NOPE true)" 125

# ---- traces ----
equal "--trace=sys -o writes a file and changes nothing else" "$(lx --trace=sys -o trace sh -c 'echo hi; exit 5' 2>&1; echo $?)" "hi
5"
odd=$(grep -vE '^[0-9]+ +[0-9]+\.[0-9]{6} ([a-z0-9_]+\(.*(= (-?[0-9]+|0x[0-9a-f]+|\?).*|<unfinished \.\.\.>)$|<\.\.\. [a-z0-9_]+ resumed>.*|--- SIG.* ---|\+\+\+ (exited with|killed by) .* \+\+\+)' trace | head -n 3)
equal "every line has the grammar of strace -ttt -f -T" "$odd" ""
matches "the trace shows the exec" "$(grep -m 1 execve trace)" 'execve\(".*sh", \["sh", "-c"'
matches "the trace shows the exit" "$(tail -n 1 trace)" 'exited with 5 \+\+\+'
lx --trace=sys,nt -o trace cat /etc/hostname >/dev/null 2>&1
matches "--trace=nt shows the calls underneath" "$(grep -m 1 hostname <(grep NtCreateFile trace))" 'NtCreateFile.*STATUS_SUCCESS|NtCreateFile.* = '
lx --stats sh -c 'echo x' >/dev/null 2>stats
matches "--stats counts calls" "$(cat stats)" 'execve'

# ---- nothing is left behind ----
mark() { echo $((RANDOM * 32768 + RANDOM + 100000)); }
survivors() { # mark: processes that have it among their arguments
	local n=0 dir
	for dir in /proc/[0-9]*; do
		tr '\0' ' ' 2>/dev/null <"$dir/cmdline" | grep -q "sleep $1" && n=$((n + 1))
	done
	echo $n
}
wait_for_none() { # mark
	local i
	for i in {1..50}; do
		[ "$(survivors "$1")" = 0 ] && break
		sleep 0.1
	done
	survivors "$1"
}
wait_for_some() { # mark
	local i
	for i in {1..100}; do
		[ "$(survivors "$1")" -ge 1 ] && return
		sleep 0.1
	done
}
kill_test() { # sentence, signal
	local id pid i
	id=$(mark)
	"$lxrun" bash -c "sleep $id & (sleep $id & kill -STOP \$BASHPID) & while :; do :; done & read x < <(sleep $id)" </dev/null >/dev/null 2>&1 &
	pid=$!
	disown "$pid" # no word from the shell when it dies
	wait_for_some "$id"
	sleep 0.3
	kill "-$2" "$pid"
	for i in {1..50}; do kill -0 "$pid" 2>/dev/null && sleep 0.1; done
	equal "lxrun ends on SIG$2" "$(kill -0 "$pid" 2>/dev/null && echo no)" ""
	kill -KILL "$pid" 2>/dev/null
	equal "$1" "$(wait_for_none "$id")" 0
}
kill_test "no guest survives a kill -9 of the supervisor" KILL
kill_test "no guest survives a kill of the supervisor" TERM
id=$(mark)
lx sh -c "sleep $id & exit 0"
equal "the end of the first program ends the rest" "$(wait_for_none "$id")" 0
id=$(mark)
lx --timeout 0.5 sh -c "sleep $id & sleep $id"
equal "--timeout ends every guest" "$(wait_for_none "$id")" 0

# Host descriptors, threads and memory of the supervisor before and after a thousand spawns, one in
# ten of which is killed half-way.
leak_test() {
	local before after line pid
	coproc LX { exec "$lxrun" bash -c '
		spawn() { local i; for ((i = 0; i < $1; i++)); do /bin/true; done; }
		kills() { local i; for ((i = 0; i < $1; i++)); do
			bash -c "while :; do echo x >/dev/null; (:); done" & sleep 0.00$((i % 10)); kill -9 $!; wait $! 2>/dev/null; done; }
		spawn 100; kills 20; echo ready; read x; spawn 900; kills 100; echo done; read x' 2>leak.err; }
	pid=$LX_PID
	snapshot() { # descriptors, threads, resident KiB
		echo "$(ls "/proc/$pid/fd" | wc -l) $(awk '/^Threads/ { t = $2 } /^VmRSS/ { r = $2 } END { print t + 0, r + 0 }' "/proc/$pid/status")"
	}
	read -r -t 60 -u "${LX[0]}" line
	equal "the spawns start" "$line" ready
	sleep 0.5
	read -ra before < <(snapshot)
	echo >&"${LX[1]}"
	read -r -t 120 -u "${LX[0]}" line
	equal "the spawns end" "$line" "done"
	[ "$line" = "done" ] || { grep -v 'Killed' leak.err | head -n 40; return; }
	sleep 0.5
	read -ra after < <(snapshot)
	at_most "1,000 spawns leave no host descriptor (${before[0]} before)" "${after[0]}" "${before[0]}"
	at_most "1,000 spawns leave no thread (${before[1]} before)" "${after[1]}" $((before[1] + 1))
	at_most "1,000 spawns leave no memory (${before[2]} KiB before)" "${after[2]}" $((before[2] + 2048))
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}
leak_test

# A guest that sleeps in a call needs a thread of lxrun's, and the host counts both: it is to refuse guests, not threads.
scarce_test() {
	local user limit
	user=$("${as_user[@]}" id -u)
	limit=$(($(ps -L -u "$user" -o lwp= | wc -l) + 120))
	cat >bomb.py <<'END'
import os, time
end = time.monotonic() + 1
while time.monotonic() < end:
    try:
        os.fork()
    except OSError:
        pass
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
END
	equal "a fork bomb where the host gives few threads ends" \
		"$("${as_user[@]}" bash -c "ulimit -u $limit; exec timeout -k 5 60 '$lxrun' /usr/bin/python3 -" <bomb.py 2>&1; echo $?)" 0
}
scarce_test

# ---- installation ----
if [ -w "$O" ] && command -v scdoc >/dev/null; then
	install() { make -s -C "$repo" "$1" O="$O" DESTDIR="$work/dest" PREFIX=/usr V= >/dev/null 2>&1; }
	install install && install install
	equal "make install puts everything in its place, twice" "$(cd dest 2>/dev/null && find . -type f | sort | tr '\n' ' ')" \
		"./usr/bin/lxrun$(printf ' ./usr/libexec/lxrun/conform/%s' __main__.py chart.py index.py kirk/lxrun_channel.py page.py report.py run.py suites.py wsl1-ltp.tsv) ./usr/share/bash-completion/completions/lxrun ./usr/share/fish/vendor_completions.d/lxrun.fish ./usr/share/man/man1/lxrun.1 ./usr/share/man/man5/lxrun-fault.5 ./usr/share/man/man5/lxrun-trace.5 ./usr/share/man/man7/lxrun-quirks.7 ./usr/share/zsh/site-functions/_lxrun "
	equal "the installed program runs" "$(dest/usr/bin/lxrun echo installed)" installed
	install uninstall
	equal "make uninstall takes it all away" "$(find dest -type f | wc -l)" 0
fi

end_suite cli
