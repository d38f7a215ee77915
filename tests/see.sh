#!/bin/bash
# SPDX-License-Identifier: MIT
# see.sh: what shows, breaks and compares the translation beside traces: cards, conformance reports, quirks,
# and the examples of the README.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
begin_suite see
cd "$work" || exit 1
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

# ---- conformance reports ----
mkdir suite suite/sub
cat >suite/list <<'EOF'
# topic: plain
same echo hi
kernel uname -r | grep -v Forged
skips exit 4
never false
slow timeout=0.5 sleep 30
# topic: parts
tap uname -r >u; printf 'TAP version 13\n1..2\nok 1 - first\n'; grep -q Forged u && echo "not ok 2 - second" || echo "ok 2 - second"
ktap printf 'KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 inner\nok 1 outer\n'
gtest printf '[==========] Running 1 test from 1 suite.\n[       OK ] Suite.Name (0 ms)\n'; uname -r | grep -q Forged && printf '[  FAILED  ] Suite.Other (0 ms)\n' || printf '[       OK ] Suite.Other (0 ms)\n'
cmocka printf '[==========] tests: Running 1 test(s).\n[       OK ] plain\n[  SKIPPED ] left_out\n'
# A test that fails the first time under lxrun only.
flaky uname -r | grep -q Forged || exit 0; [ -e "$FLAG" ] || { : >"$FLAG"; exit 1; }
EOF
conform() { timeout -k 5 120 env FLAG="$work/flag" "$lxrun" --kernel-release 6.0-Forged --conform "$@" 2>&1; }
out=$(conform suite/list --json r.json --html r.html --badge r.svg)
equal "a difference fails the run" "$?" 1
matches "the ratio is said" "$out" '4 of 7 that pass natively pass under lxrun \(57.1 %\), 0 known differences, 1 flaky, 3 not counted'
matches "... and the last line" "$out" $'conformance: 4 passed, 3 failed$'
matches "a part of a TAP test differs" "$out" 'FAIL tap: natively pass, under lxrun fail.*part: second'
matches "... and one of a gtest" "$out" 'part: Suite.Other'
query() { /usr/bin/python3 -c "import json; d = json.load(open('$1')); t = {x['name']: x for x in d['tests']}; print($2)"; }
equal "a retry marks it flaky" "$(query r.json "t['flaky']['outcome']")" flaky
equal "a time limit of its own" "$(query r.json "t['slow']['native']['verdict']")" timeout
equal "a test that skips itself is not counted" "$(query r.json "t['skips']['native']['verdict'], t['skips']['outcome']")" 'skip uncounted'
equal "kernel and commit are recorded" "$(query r.json "d['kernel'].split()[1], bool(d['commit'])")" "$(uname -r) True"
matches "the trace of a test that differs is kept" "$(query r.json "t['kernel']['trace']")" 'execve|openat'
equal "the page is one file without scripts" "$(grep -ciE '<script|<link|src=|url\(' r.html) $(($(stat -c %s r.html) < 1000000))" "0 1"
matches "... that shows topics and differences" "$(cat r.html)" '<h2[^>]*>By topic.*>parts<.*id="t-kernel"'
equal "a click on a test leads to its trace, each link to something" "$(/usr/bin/python3 - r.html <<'PY'
import re, sys
text = open(sys.argv[1]).read()
links, places = set(re.findall(r'href="#([^"]*)"', text)), re.findall(r' id="?([^" >]*)', text)
print("trace-kernel" in links, links - set(places), len(places) - len(set(places)))
PY
)" "True set() 0"
equal "the badge is a drawing" "$(well_formed r.svg)" "$svg"
printf 'kernel fail the release is forged here\ntap flaky it may\ngtest fail so is this\n' >expect
conform suite/list --expect expect >out
equal "what is known does not fail the run" "$? $(tail -n 1 out)" "0 conformance: 4 passed, 0 failed"
printf 'same fail it passes, and nobody told us\n' >>expect
matches "an unexpected pass does" "$(conform suite/list --expect expect --filter same; echo "status $?")" 'FAIL same: expected to fail.*status 1'
printf 'same fail\n' >bad
matches "a row without a reason is trouble" "$(conform suite/list --expect bad; echo "status $?")" 'bad:1: .*status 2'
conform suite/list --shard 1/2 --json s1.json >/dev/null
conform suite/list --shard 2/2 --json s2.json >/dev/null
conform s1.json s2.json --json all.json >/dev/null
equal "shards put together are the whole" "$(query all.json "len(t)") $(query s1.json "len(t)")" "10 5"
printf '#!/bin/sh\ntrue\n' >suite/sub/prog
chmod +x suite/sub/prog
matches "a directory of programs" "$(conform suite)" '1 of 1 that pass natively'
mkdir -p ltp/testcases/bin ltp/runtest
printf '#!/bin/sh\nuname -r | grep -q Forged && exit 32\nexit 0\n' >ltp/testcases/bin/abort01
chmod +x ltp/testcases/bin/abort01
printf 'abort01 abort01\nmissing no_such_program\n' >ltp/runtest/syscalls
conform ltp --json l.json >/dev/null
equal "LTP: TCONF, and what Microsoft published of it" "$(query l.json "t['abort01']['lxrun']['verdict'], t['abort01']['published'], len(t)")" 'skip pass 1'
cat >bench.json <<'EOF'
{"v": 1, "rounds": 5, "kernel": "Linux <6>", "floor_ns": 4000,
 "rows": [{"name": "stat & co", "native_ns": 500, "lxrun_ns": 1000, "ratio": 2.0}, {"name": "fork", "native_ns": 5e4, "lxrun_ns": 9e7, "ratio": 1800}]}
EOF
conform l.json --bench bench.json --html l.html >/dev/null
matches "a chart of speed" "$(cat l.html)" 'id="speed".*Linux &lt;6&gt;.*stat &amp; co.*500 ns.*1000 ns.*2.00.*<rect y="5" width="36.5".*1800.00.*width="300.0"'
matches "... of results of the bench alone" "$(conform l.json --bench r.json; echo "status $?")" 'r.json: not a result file of make bench.*status 2'
conform r.json l.json --index i.html >out
equal "an index is as bad as its worst report" "$? $(tail -n 1 out)" "1 LTP syscalls: conformance: 0 passed, 1 failed"
equal "... and links the reports that are beside it" "$(grep -o 'href="[^#"]*"' i.html | tr '\n' ' ')$(grep -ciE '<script|<link|src=|url\(' i.html)" 'href="l.html" href="r.html" 0'
matches "... of result files only" "$(conform suite --index i.html; echo "status $?")" '--index is of result files.*status 2'
matches "no such suite is trouble" "$(conform nowhere; echo "status $?")" 'no such list.*status 2'

# ---- kirk's plugin, on stand-ins for the parts of kirk that it uses ----
mkdir -p fake/libkirk/channels
cat >fake/libkirk/errors.py <<'EOF'
class PluginError(Exception):
    pass
EOF
cat >fake/libkirk/sut_base.py <<'EOF'
class GenericSUT:
    def get_channel(self):
        return self._com
EOF
cat >fake/libkirk/channels/shell.py <<'EOF'
import subprocess
class ShellComChannel:
    async def run_command(self, command, cwd=None, env=None, iobuffer=None):
        r = subprocess.run(command, shell=True, cwd=cwd, env=env, stdout=subprocess.PIPE)
        return {"command": command, "returncode": r.returncode, "stdout": r.stdout.decode()}
EOF
equal "kirk's plugin runs commands under lxrun" "$(PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=fake:$O/libexec/lxrun/conform/kirk /usr/bin/python3 -c "
import asyncio, lxrun_channel
sut = lxrun_channel.LxrunSUT()
sut.setup(lxrun='$lxrun', options='--kernel-release 5.0,it')
r = asyncio.run(sut.get_channel().run_command('uname -r; exit 4'))
print(r['command'], r['returncode'], r['stdout'])
try: sut.setup(lxrun='/no/such')
except lxrun_channel.PluginError as e: print(e)")" \
	"uname -r; exit 4 4 5.0,it"$'\n\n'"/no/such: no such program"

# ---- quirks ----
equal "each quirk, off and on" "$(/usr/bin/python3 "$repo/tests/quirks/quirks.py" "$lxrun" "$O/quirks/probe" | tail -n 20)" \
	"$(lx --list-quirks | wc -l) quirks, 0 failed"
equal "a build has its release" "$(lx --quirks=wsl1:17763 uname -r) $(lx --quirks=wsl1:14393 uname -r)" "4.4.0-17763-Microsoft 3.4.0+"
equal "... unless one is given" "$(lx --quirks=wsl1 --kernel-release 9.9 uname -r)" 9.9
equal "a name takes one away" "$(lx --quirks=wsl1,-dir-nlink stat -c %h / | sed 's/[1-9].*/some/')" some
matches "no such quirk is an error that names them" "$(lx --quirks=nosuch true 2>&1)" 'nosuch: .*memfd'
matches "--explain says how WSL 1 differed" "$(lx --explain mincore)" 'on WSL 1:  mincore is missing \(--quirks=\+mincore\)'

matches "... and which NT calls and tests belong to it" "$(lx --explain mkdir)" 'NT calls:  .*NtCreateFile.*tests/guest: .*fs'

# ---- failures: one grammar ----
matches "--inject takes NT calls, with the conditions of Linux calls" \
	"$(lx --inject 'NtCreateFile:status=STATUS_SHARING_VIOLATION:path=*/note:max=1' cat note note 2>&1)" 'cat: note: Device or resource busy.*hi'
matches "... and names the choices" "$(lx --inject NtNope:status=STATUS_ACCESS_DENIED true 2>&1)" '--inject NtNope.*no such NT call; there are:'

mkdir -p full/again
matches "--break-on names the call that a status comes from" "$(lx --break-on status=DIRECTORY_NOT_EMPTY rmdir full 2>&1)" \
	'--break-on: tid 2: rmdir: NtSetInformationFile.*DIRECTORY_NOT_EMPTY'
matches "... and knows the statuses" "$(lx --break-on status=NOPE true 2>&1)" 'no such status'

# ---- names instead of numbers ----
(cd "$work" && lx --trace=nt -o nt /usr/bin/python3 -S -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)' >/dev/null 2>&1)
equal "NT lines have control codes, memory types, protections by name" "$(grep -c 'IOCTL_AFD_BIND' nt) $(grep -c 'Control: 0x\|type=0x\|protect=0x\|information=0x\|Filter: 0x' nt)" "1 0"
equal "... every code that there is" "$(grep -ohE 'define (FSCTL|IOCTL_AFD)_[A-Z_]+' "$repo"/include/nt/*.h | sed 's/define //' | sort)" \
	"$(grep -oE 'N\((FSCTL|IOCTL_AFD)_[A-Z_]+' "$repo/src/ntshim/rtl/rtlnames.c" | sed 's/N(//' | sort)"
equal "... and every right on processes, threads and tokens" \
	"$(grep -ohE '^#define (PROCESS|THREAD|TOKEN)_[A-Z_]+ +0x[0-9A-Fx]+u' "$repo"/include/nt/{ps,se}.h | awk '{print $2}' | sort)" \
	"$(grep -oE 'N\((PROCESS|THREAD|TOKEN)_[A-Z_]+' "$repo/src/ntshim/rtl/rtlnames.c" | sed 's/N(//' | sort)"

# ---- CI: the action, the profile ----
matches "the action and the workflows are valid, and the action runs a script" \
	"$(O=$O /usr/bin/python3 "$repo/tests/action.py" 2>&1)" '^action: [0-9]{2,} checks, 0 failed: .* ran [1-9]'
profile='{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},
	{"names":["mount","init_module"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
	{"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"excludes":{"caps":["CAP_SYS_ADMIN"]}}]}'
profile=$(jq -f "$repo/docs/docker-seccomp.jq" <<<"$profile")
equal "the profile lets through what --doctor asks for" "$(jq -r '.syscalls[-1].names[]' <<<"$profile" | sort)" \
	"$(sed -n '/} calls\[\] = {/,/^};/p' "$repo/src/cli/doctor_seccomp.c" | grep -o 'CALL([a-z0-9_]*)' | sed 's/CALL(\(.*\))/\1/' | sort)"
equal "... and nothing else, and no rule is in its way" \
	"$(jq -r '.defaultAction, (.syscalls | length), ([.syscalls[] | select(.action != "SCMP_ACT_ALLOW")] | length)' <<<"$profile" | tr '\n' ' ')" \
	"SCMP_ACT_ERRNO 3 0 "

# ---- the README's tour is run as it stands ----
mkdir -p tour/tests && cd tour || exit 1
sed -n '/^```c$/,/^```$/{/^```/!p}' "$repo/README.md" >rotate.c
gcc -w -o rotate rotate.c
equal "the README's program works on Linux" "$(./rotate 2>&1)$(ls log.old)" today
rm -r log.old
out=$(sh -c "PATH=$(dirname "$lxrun"):\$PATH; $(sed -n 's/^\$ \(lxrun .*rotate\)$/\1/p' "$repo/README.md")" 2>&1)
matches "... and the trace has the NT call of which it fails" "$out" \
	'rename\("log", "log.old"\) +=\ -1\ EACCES.*NtSetInformationFile\(0x[0-9a-f]+, FileRenameInformationEx\)\ =\ STATUS_ACCESS_DENIED'
rm -rf log
cp "$repo/README.md" . && printf 'all:\n\techo built\n' >Makefile
printf '#!/bin/sh\necho configured\n' >configure && printf '#!/bin/sh\ntrue\n' >tests/one && chmod +x configure tests/one
git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
tour=0
while read -r line; do
	tour=$((tour + 1))
	(PATH=$(dirname "$lxrun"):$PATH timeout -k 5 90 sh -c "$line" >../tour.out 2>../tour.err </dev/null)
	status=$?
	# 124: no end; 125: lxrun could not. Else a fault may end a program as it likes.
	equal "the README: $line" "$((status < 124 || (status > 125 && status < 129))) $(grep -c '^lxrun: .*\(wanted\|no such\|--help\)' ../tour.err)" "1 0"
done < <(sed -n '/^## A tour/,/^## /s/^lxrun /lxrun /p' "$repo/README.md" | grep '^lxrun ' | grep -v ' 4711 ') # a process of nobody's
cd .. || exit 1
equal "the tour has its length" "$((tour >= 12))" 1

end_suite see
