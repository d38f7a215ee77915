#!/bin/bash
# SPDX-License-Identifier: MIT
# run_progs.sh [NAME...]: runs the programs of tests/progs/progs.txt natively and under lxrun, each in a
# fresh directory of the same name; stdout, stderr and status must be equal.
set -u
cd "$(dirname "$0")/.." || exit 1
O=$(realpath "${O:-build}")
export P=$PWD/tests/progs lxrun=$O/lxrun
[ -x "$lxrun" ] || { echo "progs: $lxrun is not built"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/lxrun-progs.XXXXXX") || exit 1
trap '[ -n "${KEEP:-}" ] || { chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"; }' EXIT
trap 'exit 130' INT TERM
export work GO_CACHE=$work/.go HOME=$work LANG=C.UTF-8
mkdir "$GO_CACHE"

# Both sides run in a directory of the same path, one after the other, so that no output differs by it.
side() { # native|lxrun name seconds command
	local dir=$work/$2 launch=()
	[ "$1" = lxrun ] && launch=("$lxrun")
	mkdir "$dir" && cd "$dir" || return
	timeout -k 5 "$3" "${launch[@]}" /bin/bash -c "$4" >"$dir.$1.out" 2>"$dir.$1.err" </dev/null
	echo $? >"$dir.$1.status"
	cd "$work" && chmod -R u+rwx "$dir" && rm -rf "$dir"
}

one() { # name seconds command
	local part
	side native "$@"
	side lxrun "$@"
	for part in status out err; do
		cmp -s "$work/$1.native.$part" "$work/$1.lxrun.$part" && continue
		echo "FAIL $1: $part differs (native -, lxrun +)"
		diff -a -U 1 "$work/$1.native.$part" "$work/$1.lxrun.$part" | sed 1,2d | cut -c1-300 | head -n 30
		return
	done
	if [ "$(cat "$work/$1.native.status")" = 124 ]; then
		echo "FAIL $1: times out natively"
		return
	fi
	echo "pass $1"
}
export -f one side

wanted() { [ $# -lt 2 ] || [[ " ${*:2} " == *" $1 "* ]]; }
while read -r name seconds command; do
	[[ $name == [a-z]* ]] && wanted "$name" "$@" && printf '%s\0%s\0%s\0' "$name" "$seconds" "$command"
done <"$P/progs.txt" | xargs -0 -n 3 -P 2 bash -c 'one "$@" >"$work/$1.result" 2>&1' one

cat "$work"/*.result | awk '
	/^pass / { passed++; next }
	/^FAIL / { failed++ }
	{ print }
	END { printf "progs: %d passed, %d failed\n", passed, failed; exit failed > 0 }'
