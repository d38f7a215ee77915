#!/bin/bash
# SPDX-License-Identifier: MIT
# see.sh: what shows, breaks and compares the translation beside traces: cards, conformance reports, quirks,
# and the examples of the README.
set -u
cd "$(dirname "$0")/.." || exit 1
repo=$PWD
O=$(realpath "${O:-build}")
lxrun=$O/lxrun
work=$(mktemp -d "${TMPDIR:-/tmp}/lxrun-see.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 1
passed=0 failed=0
result() { # sentence, got, wanted, good
	if [ "$4" = 1 ]; then
		passed=$((passed + 1))
	else
		printf 'FAIL %s\n  got:      %s\n  expected: %s\n' "$1" "$2" "$3"
		failed=$((failed + 1))
	fi
}
equal() { # sentence, got, wanted
	result "$1" "$2" "$3" "$([ "$2" = "$3" ] && echo 1)"
}
matches() { # sentence, got, regular expression
	result "$1" "$2" "$3" "$([[ $2 =~ $3 ]] && echo 1)"
}
lx() { timeout -k 5 60 "$lxrun" "$@"; }

# ---- cards ----
well_formed() { /usr/bin/python3 -c 'import sys, xml.etree.ElementTree as t; print(t.parse(sys.argv[1]).getroot().tag)' "$1" 2>&1; }
svg={http://www.w3.org/2000/svg}svg
echo hi >note
mkdir -p 'full/<&">'
equal "a card leaves the program's output alone" "$(lx --card openat -P note cat note 2>err)" hi
matches "... and says where it is" "$(cat err)" 'drawn in openat.svg'
equal "a card is XML" "$(well_formed openat.svg)" "$svg"
matches "... with access, disposition, status and share mode" "$(cat openat.svg)" \
	'NtCreateFile.*STATUS_SUCCESS.*Desired Access.*Read Data.*Disposition.*Open.*ShareMode.*Read, Write, Delete'
lx --card rmdir -o bad.svg rmdir full 2>/dev/null
matches "a failure shows the hop from status to errno" "$(cat bad.svg)" 'STATUS_DIRECTORY_NOT_EMPTY 0xC0000101  -&gt;|STATUS_DIRECTORY_NOT_EMPTY 0xC0000101  ->  ENOTEMPTY'
lx --card openat --nt-fault NtCreateFile:STATUS_SHARING_VIOLATION:path=*note -P note -o fault.svg cat note 2>/dev/null
matches "... that somebody made, too" "$(cat fault.svg)" 'STATUS_SHARING_VIOLATION 0xC0000043  ->  EBUSY'
lx --card rmdir -o name.svg rmdir 'full/<&">' 2>/dev/null
equal "a name cannot break the drawing" "$(well_formed name.svg)" "$svg"
lx --card openat:1 -o first.svg cat note >/dev/null 2>&1
matches "a number chooses the call" "$(cat first.svg)" 'ld.so.cache'
matches "a call that was never made is said" "$(lx --card reboot -o no.svg true 2>&1)" '0 such calls'
lx --card nosuchcall true 2>err
equal "no such call is an error" "$? $(grep -c . err)" "125 1"

echo "see: $passed passed, $failed failed"
[ "$failed" = 0 ]
