#!/bin/bash
# SPDX-License-Identifier: MIT
# run_guest.sh [--on lx|win|metadata] [PROGRAM...]: runs the guest tests natively, then under lxrun, and compares
# test by test. --on: inside a distribution that an ordinary user has installed, in a directory of its own (a volume
# of personality lx), or there on a drive (DrvFs, personality win) without and with metadata; the tests of files, if
# no PROGRAM is named. Who is root natively is root inside.
#
# A "case NAME = VALUE" line must have the same value under lxrun; a test must be ok (or skip) natively
# and the same under lxrun. tests/expect/guest.txt (guest-PLACE.txt) names the differences we know of, with reasons;
# one that no longer differs fails the run, so that the list only shrinks by hand.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
on=host suite=guest
if [ "${1:-}" = --on ]; then
	on=$2 suite=guest-$2
	shift 2
fi
expect=$PWD/tests/expect/$suite.txt
sources=$PWD/tests/guest
[ -f "$expect" ] || { echo "$on: no such place"; exit 2; }
file_tests=(aio big dir fd fs inotify link memory mount open owner path poll rename resolve rw socket splice stat xattr)
programs=("$@")
if [ $# = 0 ] && [ $on = host ]; then
	for source in "$sources"/*.c; do programs+=("$(basename "$source" .c)"); done
elif [ $# = 0 ]; then
	programs=("${file_tests[@]}")
fi

place=
if [ $on != host ]; then
	place=$(xattr_place "${TMPDIR:-/var/tmp}" /var/tmp "$O") || { echo "$suite: 0 passed, 0 failed"; exit; }
fi
begin_suite "$suite" "$place"

# A distribution with the test programs in /guest, and a drive C.
distribution() {
	small_root "$work/root" bash cat grep id sleep true
	mkdir -p "$work/root/guest" "$work/home" "$work/drive"
	for program in "${programs[@]}"; do
		cp "$O/guest/$program" "$work/root/guest/" || exit 1
		mkdir -p "$work/root/srv/$program" "$work/drive/$program"
	done
	[ $on != metadata ] || printf '[automount]\noptions = metadata\n' >"$work/root/etc/wsl.conf"
	tar --owner="$(id -u)" --group="$(id -g)" --mode=u+rwX,go=rX -C "$work/root" -cf "$work/root.tar" .
	[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$work/home" "$work/drive"
	inside --install guest "$work/root.tar" || exit 1
}
inside() { "${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin "$lxrun" "$@"; }

# The command that runs a program under lxrun: in run.
launch() { # program
	run=("$lxrun" "$O/guest/$1")
	[ $on != host ] || return 0
	run=("${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin "$lxrun" -d guest -u "$(id -u)" --cd "/srv/$1")
	[ $on = lx ] || run+=(--drive "c=$work/drive" --cd "/mnt/c/$1")
	run+=("/guest/$1")
}

one() { # program
	local p=$1 side run
	launch "$p"
	for side in native lxrun; do
		mkdir -p "$work/$side/$p" && cd "$work/$side/$p" || return
		if [ $side = native ]; then
			timeout -k 5 150 "$O/guest/$p" >"$work/$p.$side" 2>&1 </dev/null
		else
			timeout -k 5 150 "${run[@]}" >"$work/$p.$side" 2>&1 </dev/null
		fi
		echo "status = $?" >>"$work/$p.$side"
	done
}

compare() { # program
	awk -v p="$1" -v rows_of="${expect##*/}" -v native="$work/$1.native" -v lx="$work/$1.lxrun" '
		function glob(s) { gsub(/[.]/, "[.]", s); gsub(/[*]/, ".*", s); return "^" s "$" }
		FILENAME == ARGV[1] {
			if ($1 ~ /^#/ || NF == 0) next
			if ($1 ~ "^" p "/") { rows++; pattern[rows] = glob($1); row[rows] = $1; verdict[rows] = $2 }
			next
		}
		FILENAME == native && /^status = / { native_status = $3 }
		FILENAME == lx && /^status = / { lx_status = $3 }
		/^(ok|skip|case) / || /^not ok / {
			if ($1 == "case") { name = $2; value = substr($0, index($0, " = ") + 3) }
			else if ($1 == "not") { name = $3; value = "not ok" }
			else { name = $2; value = $1 }
			if (FILENAME == native) { a[name] = value; order[++n] = name; if ($1 == "case") iscase[name] = 1 }
			else b[name] = value
			if (notes != "") note[FILENAME, name] = notes
			notes = ""
			next
		}
		/^# / { notes = notes "\n    " $0 }
		FNR == 1 { notes = "" }
		FILENAME == lx && /Sanitizer: |runtime error: / { said = said "\n    " $0 }
		/^lxrun: / { notes = notes "\n    " $0 }
		END {
			if (n == 0) { print "FAIL " p ": no test ran natively (status " native_status ")"; failed++ }
			for (i = 1; i <= n; i++) {
				t = order[i]; full = p "/" t; known = 0
				for (r = 1; r <= rows; r++) if (full ~ pattern[r]) { known = r; used[r]++ }
				got = (t in b) ? b[t] : "nothing"
				missing += !(t in b)
				if (a[t] == "not ok") {
					print "FAIL " full ": fails natively" note[native, t]; failed++
				} else if (known && verdict[known] == "skip") {
					skipped++
				} else if (known && a[t] == "skip") {
					differs[known]++ # who runs it cannot tell
				} else if (got != a[t] && known) {
					expected++; differs[known]++
				} else if (!(t in b)) {
					failed++ # told once, below
				} else if (got != a[t]) {
					print "FAIL " full ": natively " a[t] ", under lxrun " got note[lx, t]; failed++
				} else if (!known) passed++
			}
			if (native_status != lx_status && !failed && !expected) {
				print "FAIL " p ": ends natively with " native_status ", under lxrun with " lx_status said; failed++
			}
			if (missing) print "FAIL " p ": " missing " of " n " tests did not run (status " lx_status ")" notes
			for (r = 1; r <= rows; r++)
				if (verdict[r] != "skip" && !differs[r] && !missing) {
					print "FAIL " row[r] ": expected to differ (" rows_of "), but passes"; failed++
				}
			print "count " passed + 0, failed + 0, expected + 0, skipped + 0
		}' "$expect" "$work/$1.native" "$work/$1.lxrun"
}

[ $on = host ] || distribution
for p in "${programs[@]}"; do
	one "$p" &
	[ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
done
wait
for p in "${programs[@]}"; do compare "$p"; done |
	awk -v suite="$suite" '/^count / { passed += $2; failed += $3; expected += $4; skipped += $5; next }
		{ print }
		END {
			if (expected + skipped) printf suite ": %d known differences, %d left out\n", expected, skipped
			printf suite ": %d passed, %d failed\n", passed, failed
			exit failed > 0
		}'
