#!/bin/bash
# SPDX-License-Identifier: MIT
# run_elf.sh: malformed and odd program files (tests/guest/elf/make.py). A guest's execve of each must do
# what it does natively; `lxrun FILE` must run those that run natively, and for the others print one line
# and end with 126 or 127. Where Linux kills the program half-way through the exec, ENOEXEC is as good.
# lxrun itself must never crash or hang.
set -u
cd "$(dirname "$0")/.." || exit 1
O=$(realpath "${O:-build}")
lxrun=$O/lxrun
elf=$PWD/tests/guest/elf
expect=$PWD/tests/expect/elf.txt
mutants=${MUTANTS:-60}
[ -x "$lxrun" ] || { echo "elf: $lxrun is not built"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/lxrun-elf.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
mkdir "$work/files"
/usr/bin/python3 "$elf/make.py" "$work/files" "$mutants" || exit 1
cd "$work/files" || exit 1
passed=0 failed=0

fail() { # name, what
	if [ -n "${verdict[$1]:-}" ]; then known[$1]=1; return; fi
	echo "FAIL $1: $2"
	failed=$((failed + 1))
}
declare -A native guest known verdict
while read -r name what _; do [[ $name == [a-z]* ]] && verdict[$name]=$what; done <"$expect"

timeout -k 5 120 /usr/bin/python3 "$elf/execs.py" >"$work/native"
timeout -k 5 120 "$lxrun" /usr/bin/python3 "$elf/execs.py" >"$work/guest" 2>"$work/guest.err" ||
	fail execs "the guest's run of all files ended with $?: $(head -n 3 "$work/guest.err")"
while read -r name result; do native[$name]=$result; done <"$work/native"
while read -r name result; do guest[$name]=$result; done <"$work/guest"

launch() { # name: sets status, lines
	(timeout -k 2 10 "$lxrun" "./$1" >"$work/out" 2>"$work/err" </dev/null; exit $?) 2>/dev/null
	status=$?
	lines=$(wc -l <"$work/err")
}

for name in "${!native[@]}"; do
	before=$failed
	want=${native[$name]}
	got=${guest[$name]:-nothing}
	launch "$name"
	case $want in
	"status "*) expected=${want#status } ;;
	"signal "*) expected=$((128 + ${want#signal })) ;;
	*) expected=error ;;
	esac
	if [[ $want == signal* && $got == "errno 8" ]]; then
		want=$got expected=error
	fi
	[ "$got" = "$want" ] || fail "$name" "execve natively: $want, in a guest: $got"
	if [ "$expected" != error ]; then
		[ $status = "$expected" ] || fail "$name" "lxrun ends with $status, expected $expected: $(head -n 1 "$work/err")"
	elif [ $status != 126 ] && [ $status != 127 ]; then
		fail "$name" "natively $want; lxrun ends with $status, expected 126 or 127"
	elif [ "$lines" != 1 ] || ! grep -q "^lxrun: .*$name" "$work/err"; then
		fail "$name" "$lines lines on stderr, expected one that names the file: $(head -n 2 "$work/err")"
	fi
	[ $failed = "$before" ] && passed=$((passed + 1))
done
# What the line says.
says() { # name, words
	launch "$1"
	if grep -qi -- "$2" "$work/err"; then passed=$((passed + 1)); else fail "$1" "says $(head -n 1 "$work/err"), expected something about $2"; fi
}
says machine-i386 32-bit
says machine-arm64 machine
says header-only truncated
says garbage 'not an ELF'
says interp-missing /no/such/interpreter
says script-missing /no/such/interpreter
says type-relocatable object

for name in "${!verdict[@]}"; do
	[ "${verdict[$name]}" = fail ] && [ -z "${known[$name]:-}" ] && [ -n "${native[$name]:-}" ] && {
		echo "FAIL $name: expected to differ (tests/expect/elf.txt), but passes"
		failed=$((failed + 1))
	}
done

echo "elf: $passed passed, $failed failed"
[ $failed = 0 ]
