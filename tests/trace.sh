#!/bin/bash
# SPDX-License-Identifier: MIT
# trace.sh: what `lxrun --trace=sys -o FILE` writes is what `strace -f -ttt -T -o FILE` writes for the
# same program, line by line. tests/expect/trace.txt names the calls that may differ, and why.
set -u
cd "$(dirname "$0")/.." || exit 1
repo=$PWD
O=$(realpath "${O:-build}")
lxrun=$O/lxrun
passed=0 failed=0
command -v strace >/dev/null || { echo "trace: strace is not installed"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/lxrun-trace.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
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
same() { # sentence, command...
	local sentence=$1 report
	shift
	one_run "$work/native" strace -f -ttt -T -o "$work/native" "$@"
	one_run "$work/ours" "$lxrun" --trace=sys -o "$work/ours" "$@"
	cd "$repo" || exit 1
	if report=$("$repo/tests/trace/compare.py" "$work/native" "$work/ours" tests/expect/trace.txt 2>&1) &&
		cmp -s "$work/native.status" "$work/ours.status"; then
		passed=$((passed + 1))
		[ -z "${V:-}" ] || echo "$sentence: $report"
	else
		printf 'FAIL %s\n%s\n' "$sentence" "$report" | head -n "${LINES_MAX:-40}"
		failed=$((failed + 1))
	fi
}
: >"$work/input"
for fd in /proc/self/fd/*; do # lxrun does not pass them on, strace would
	fd=${fd##*/}
	[ "$fd" -gt 2 ] && [ "$fd" != 255 ] && eval "exec $fd>&-"
done

musl-gcc -static -O1 -w -D_GNU_SOURCE -o "$work/calls" tests/trace/calls.c || exit 1
same "every form of the common calls" "$work/calls"
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
same "cc1" "$(gcc -print-prog-name=cc1)" -quiet t.c -o t.s
same "as" as -o t.o /dev/null
echo "trace: $passed passed, $failed failed"
[ "$failed" = 0 ]
