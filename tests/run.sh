#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh SUITE...: runs the suites, all of them even when one fails, and prints their closing lines
# again at the end. Suites: lint unit nt oracle fuzz guest guest-lx guest-win guest-metadata elf cli tty programs
# trace compare planted see distro ntside killed store progs. O is the build directory.
set -u
cd "$(dirname "$0")/.." || exit 1
O=$(realpath -m "${O:-build}")
export O LC_ALL=C.UTF-8 TZ=UTC SHELL=/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset CDPATH ENV BASH_ENV POSIXLY_CORRECT

work=$(mktemp -d "${TMPDIR:-/tmp}/lxrun-check.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Every program of build/unit or build/fuzz.
run_programs() { # directory
	local passed=0 failed=0 source program log
	for source in tests/"$1"/*.c; do
		case $source in */fx*.c | *'*'*) continue ;; esac
		program=$O/$1/$(basename "$source" .c)
		log=$work/$1.log
		if (mkdir -p "$work/$1" && cd "$work/$1" && timeout -k 5 120 "$program") >"$log" 2>&1 </dev/null; then
			passed=$((passed + 1))
		else
			echo "--- $program: exit status $?"
			tail -n 60 "$log"
			failed=$((failed + 1))
		fi
		rm -rf "${work:?}/$1"
	done
	echo "$1: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}

run_lint() {
	local passed=0 failed=0 check
	for check in tests/lint/*.sh; do
		case $check in */syscalls-doc.sh) continue ;; esac # a tool of tables.sh
		if "$check"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	done
	echo "lint: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}

run_oracle() {
	if [ -x /usr/lib/wine/wine64 ] || command -v wine64 >/dev/null; then
		tests/nt.py --oracle
	else
		echo "wine64 is not installed: no other NT to compare with"
		echo "oracle: 0 passed, 0 failed"
	fi
}

run_suite() {
	case $1 in
	lint) run_lint ;;
	unit | fuzz) run_programs "$1" ;;
	nt) tests/nt.py ;;
	oracle) run_oracle ;;
	guest) tests/run_guest.sh ;;
	guest-*) tests/run_guest.sh --on "${1#guest-}" ;;
	progs) tests/run_progs.sh ;;
	elf) tests/run_elf.sh ;;
	cli) tests/cli.sh ;;
	tty) tests/tty.py ;;
	programs) tests/tty_programs.py ;;
	trace) tests/trace.sh ;;
	compare) tests/compare.sh ;;
	distro) tests/distro.sh ;;
	ntside) tests/ntside.sh ;;
	killed) tests/killed.sh ;;
	store) tests/store.sh ;;
	see) tests/see.sh ;;
	attach) tests/attach.sh ;;
	planted) tests/planted.sh ;;
	*) echo "$1: no such suite" && return 1 ;;
	esac
}

status=0
for suite; do
	begin=$SECONDS
	run_suite "$suite" 2>&1 | tee "$work/$suite.out"
	[ "${PIPESTATUS[0]}" = 0 ] || status=1
	printf '%s  (%d s)\n' "$(tail -n 1 "$work/$suite.out")" $((SECONDS - begin)) >>"$work/summary"
done
echo "======"
cat "$work/summary"
exit $status
