#!/bin/bash
# SPDX-License-Identifier: MIT
# run_guest.sh [PROGRAM...]: runs the guest tests natively, then under lxrun, and compares test by test.
#
# A "case NAME = VALUE" line must have the same value under lxrun; a test must be ok (or skip) natively
# and the same under lxrun. tests/expect/guest.txt names the differences we know of, with reasons;
# one that no longer differs fails the run, so that the list only shrinks by hand.
set -u
cd "$(dirname "$0")/.." || exit 1
O=$(realpath "${O:-build}")
lxrun=$O/lxrun
expect=$PWD/tests/expect/guest.txt
sources=$PWD/tests/guest
work=$(mktemp -d "${TMPDIR:-/tmp}/lxrun-guest.XXXXXX") || exit 1
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
[ -x "$lxrun" ] || { echo "guest: $lxrun is not built"; exit 1; }

one() { # program
	local p=$1 side
	for side in native lxrun; do
		mkdir -p "$work/$side/$p" && cd "$work/$side/$p" || return
		if [ $side = native ]; then
			timeout -k 5 150 "$O/guest/$p" >"$work/$p.$side" 2>&1 </dev/null
		else
			timeout -k 5 150 "$lxrun" "$O/guest/$p" >"$work/$p.$side" 2>&1 </dev/null
		fi
		echo "status = $?" >>"$work/$p.$side"
	done
}

compare() { # program
	awk -v p="$1" -v native="$work/$1.native" -v lx="$work/$1.lxrun" '
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
					print "FAIL " row[r] ": expected to differ (tests/expect/guest.txt), but passes"; failed++
				}
			print "count " passed + 0, failed + 0, expected + 0, skipped + 0
		}' "$expect" "$work/$1.native" "$work/$1.lxrun"
}

export O lxrun work
export -f one
programs=("$@")
if [ $# = 0 ]; then
	for source in "$sources"/*.c; do programs+=("$(basename "$source" .c)"); done
fi
printf '%s\n' "${programs[@]}" | xargs -P 2 -I{} bash -c 'one {}'
for p in "${programs[@]}"; do compare "$p"; done |
	awk '/^count / { passed += $2; failed += $3; expected += $4; skipped += $5; next }
		{ print }
		END {
			if (expected + skipped) printf "guest: %d known differences, %d left out\n", expected, skipped
			printf "guest: %d passed, %d failed\n", passed, failed
			exit failed > 0
		}'
