#!/bin/bash
# SPDX-License-Identifier: MIT
# tables.sh: the tables that everything is made from are complete and say what they must.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
bad=0
complain() { [ -z "$1" ] || { echo "$1"; bad=1; }; }

# syscalls.def: numbers ascend without holes (335..423 were never used), names are Linux's, notes are there.
rows=$(sed -n 's/^SC( *\([0-9]*\), *\([a-z0-9_]*\), *\([A-Z]*\), *\([A-Z]*\), *"\([^"]*\)", *"\(.*\)")$/\1|\2|\3|\4|\5|\6/p' include/lx/syscalls.def)
complain "$(grep -n '^SC(' include/lx/syscalls.def | grep -v '^[0-9]*:SC( *[0-9]*, *[a-z0-9_]*, *[A-Z]*, *[A-Z]*, *"[^"]*", *".*")$' | sed 's/^/syscalls.def: not a row: /')"
complain "$(awk -F'|' '
	function say(text) { print "syscalls.def: " $1 " " $2 ": " text }
	{ want = NR == 1 ? 0 : last == 334 ? 424 : last + 1; if ($1 != want) say("expected number " want); last = $1 }
	seen[$2]++ { say("named twice") }
	$3 !~ /^(FULL|PARTIAL|NOSYS)$/ { say("no support level " $3) }
	$4 !~ /^(TRAP|HOST|LIFE)$/ { say("no route " $4) }
	$6 == "" && ($3 != "FULL" || $4 == "HOST") { say($3 " " $4 " needs a note") }
	$6 ~ /(TODO|FIXME|XXX)/ { say("unfinished note") }
	END { if (last < 460) print "syscalls.def: ends at " last }' <<<"$rows")"
complain "$(echo '#include <asm/unistd_64.h>' | gcc -E -dM - | awk '$2 ~ /^__NR_/ { print substr($2, 6) "|" $3 }' |
	awk -F'|' 'NR == FNR { number[$2] = $1; next } number[$1] != $2 { print "syscalls.def: " $1 " is number " $2 " in Linux" }' <(echo "$rows") -)"

# Every row that is served has one handler, and no other handler exists.
if [ -x "$O/lxrun" ]; then
	handlers=$(nm "$O/lxrun" | awk '$2 == "T" && $3 ~ /^sys_/ { print substr($3, 5) }' | sort)
	served=$(awk -F'|' '$3 != "NOSYS" && $4 != "HOST" { print $2 }' <<<"$rows" | sort)
	complain "$(comm -23 <(echo "$served") <(echo "$handlers") | sed 's/^/no handler: sys_/')"
	complain "$(comm -13 <(echo "$served") <(echo "$handlers") | grep -v '^nosys$' | sed 's/^/handler without a served row: sys_/')"
fi

# docs/syscalls.md is what the tool makes of it.
if [ -x tests/lint/syscalls-doc.sh ]; then
	complain "$(tests/lint/syscalls-doc.sh | cmp - docs/syscalls.md 2>&1 | sed 's/$/: run make syscalls-doc/')"
fi

# Every NT call has the one entry that rules of --nt-fault hang on.
complain "$(awk '
	/^NTSTATUS Nt[A-Z]/ && !/;/ { name = $2; sub(/\(.*/, "", name) }
	/^\{/ { body = name != ""; next }
	body { if (name !~ /^Nt(Fault)/ && $0 !~ "NT_ENTRY\\(" name "[,)]") print FILENAME ":" FNR ": " name " does not begin with NT_ENTRY(" name ", ...)"; body = 0; name = "" }
' src/ntshim/*/*.c)"

# Names and values of errno and NTSTATUS once each.
complain "$(sed -n 's/^LXE(\([A-Z0-9]*\), *\([0-9]*\).*/\1 \2/p' include/lx/errno.def | awk 'n[$1]++ || v[$2]++ { print "errno.def: twice: " $0 }')"
complain "$(sed -n 's/^NTS(\([A-Z0-9_]*\), *\(0x[0-9A-Fa-f]*\).*/\1 \2/p' include/nt/status.def | awk 'n[$1]++ || v[$2]++ { print "status.def: twice: " $0 }')"

# Expectations have a verdict and a reason (nt.txt: read by tests/nt.py).
expect=$(ls tests/expect/*.txt | grep -v /nt.txt)
complain "$(awk '/^#/ || NF == 0 { next } NF < 4 { print FILENAME ":" FNR ": no reason: " $0 }' $expect)"
complain "$(awk '!/^#/ && NF && $2 != "fail" && $2 != "skip" && !(FILENAME ~ /conform-/ && $2 == "flaky") { print FILENAME ":" FNR ": no verdict: " $0 }' $expect)"
exit $bad
