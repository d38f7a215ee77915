#!/bin/bash
# SPDX-License-Identifier: MIT
# compare.sh: lxrun --compare finds what differs, and only that; planted differences are calls that
# --inject makes go wrong in the run under lxrun.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
begin_suite compare
cd "$work" || exit 1
check() { # sentence, status, regular expression for the output; command...
	local sentence=$1 status=$2 want=$3 got
	shift 3
	got=$(timeout -k 5 60 "$lxrun" "$@" 2>&1)
	if [ $? = "$status" ] && [[ $got =~ $want ]]; then
		passed=$((passed + 1))
	else
		printf 'FAIL %s\n  got:      %s\n  expected: %s with status %s\n' "$sentence" "$got" "$want" "$status"
		failed=$((failed + 1))
	fi
}
all='echo out; echo err >&2; mkdir -p d/e; echo x >d/f; ln d/f g; chmod 4750 g; ln -s nowhere l; mkfifo p; exit 3'
check "equal runs are equal" 0 '^bash: equal' --compare bash -c "$all"
check "the exit status" 1 'the end differs:.*native +exit status 0.*lxrun +exit status 1' \
	--inject 'unlink,unlinkat:error=EPERM' --compare bash -c 'touch a; rm -f a'
check "a signal" 1 'native +exit status 0.*lxrun +killed by SIGTERM' --inject getppid:signal=SIGTERM --compare perl -e 'getppid'
check "a line of output, with the one before" 1 'stdout differs at line 2:.*first.n.*native +[0-9].*lxrun +77' \
	--inject getppid:retval=77 --compare perl -e 'print "first\n", getppid() > 77 ? "9\n" : getppid()."\n"'
check "a file that is not there" 1 'sub/f: only native has it' --inject 'openat:error=EACCES:path=*/f' \
	--compare bash -c 'mkdir sub; echo x 2>/dev/null >sub/f; true'
check "a mode" 1 'f: mode.*native +0600.*lxrun +0644' --inject 'fchmodat,chmod:retval=0' --compare bash -c 'umask 022; >f; chmod 600 f'
check "contents" 1 'native +abc.*lxrun +AAA' --inject 'write:poke_enter=@arg2=414141:prog=printf' --compare env printf 'abc'
check "contents of a file" 1 'f: byte 3.*0x63.*0x78' --inject 'write:poke_enter=@arg2=616278' --compare bash -c 'printf abc >f'
check "a link count" 1 'a: link count.*native +2.*lxrun +1' --inject 'linkat,link:retval=0' --compare bash -c '>a; ln a b; rm -f b; ln a c; true'
check "the target of a link" 0 'equal' --compare ln -s target link
check "extended attributes" 1 'f: extended attributes.*native +user.a=b' --inject 'setxattr,lsetxattr,fsetxattr:retval=0' \
	--compare perl -e 'open(F, ">f"); syscall(188, my $f = "f", my $n = "user.a", my $v = "b", 1, 0)'
mkdir start && echo given >start/given
check "both begin in a copy of a directory" 0 'equal' --compare --compare-dir start sh -c 'grep -q given given && rm given'
check "... which stays as it was" 0 '' cat start/given
printf '# a comment\nstdout [0-9]+\ntree pid*\n' >rules
check "what rules name is left out" 0 'equal' --compare --compare-rules rules bash -c 'echo $$; echo $$ >pid'
printf 'nonsense\n' >bad
check "bad rules are trouble, and said" 2 'bad:1: ' --compare --compare-rules bad true
check "a run that does not end is trouble" 2 'neither run ended in time' --timeout 1 --compare sleep 1000
check "one that ends natively only is a difference" 1 'lxrun +did not end in time' --timeout 1 --inject 'getppid:delay_enter=100s' \
	--compare perl -e getppid
check "daemons are killed" 0 'left behind and killed' --timeout 20 --compare bash -c 'setsid sleep 4242 & exit 0'
if pgrep -f '^sleep 4242' >/dev/null; then
	echo "FAIL a daemon is left"
	failed=$((failed + 1))
fi
check "standard input is given to both" 0 'equal' --compare cat <start/given
mkdir progs
printf '#!/bin/sh\necho same\n' >progs/same
printf '#!/bin/sh\nuname -r\necho ::error::forged\n' >progs/uname
chmod +x progs/*
check "a directory of programs" 1 '1 equal, 1 different, 0 trouble' --compare progs
check "as TAP" 1 $'1\\.\\.2\nok 1 - progs/same\nnot ok 2 - progs/uname' --compare --compare-format=tap progs
timeout 60 "$lxrun" --compare --compare-format=junit progs >junit.xml
if python3 -c 'import xml.etree.ElementTree as t; s = t.parse("junit.xml").getroot()[0]; assert [c.find("failure") is None for c in s] == [True, False]'; then
	passed=$((passed + 1))
else
	echo "FAIL as JUnit XML"
	failed=$((failed + 1))
fi
got=$(timeout 60 "$lxrun" --compare --compare-format=github progs)
if [ "$(grep -c '^::' <<<"$got")" = 1 ]; then
	passed=$((passed + 1))
else
	printf 'FAIL output cannot forge workflow commands: %s\n' "$got"
	failed=$((failed + 1))
fi
check "no program is trouble" 2 'No such file' --compare /no/such/directory/program
printf '#!/bin/sh\ncat given 2>/dev/null >copy\nexit 0\n' >careless
printf '#!/bin/sh\nset -e\ncat given >copy 2>/dev/null\n' >careful
chmod +x careless careful
check "a sweep finds a program that ignores errors" 1 'success, but something else came out' \
	--fault-sweep=STATUS_DISK_FULL --compare-dir start ./careless
check "... and none in one that does not" 0 '     0 success, but something else came out' \
	--fault-sweep=STATUS_DISK_FULL --compare-dir start ./careful
check "a sweep with a status that is none" 125 'fault-sweep=NOPE' --fault-sweep=NOPE true
# The planted difference: a handler that answers something else, in a program that goes on as if nothing were.
cat >planted.c <<'PLANTED'
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	write(fd, "four", 4);
	fsync(fd);
	lseek(fd, 0, SEEK_END);
	return close(fd);
}
PLANTED
musl-gcc -static -o planted planted.c
check "the calls of both are the same" 0 'equal' --compare --compare-calls ./planted
check "those of a shell with children, too" 0 'equal' --compare --compare-calls bash --norc -c 'echo a >x; cat x; (exit 3); echo *'
check "a planted difference in a handler is not seen in what comes out" 0 'equal' --inject lseek:retval=5 --compare ./planted
check "... but in the calls, with what was before" 1 \
	'write\(3, "four", 4\) = 4.*fsync\(3\).*native +lseek\(3, 0, SEEK_END\) = 4.*lxrun +lseek\(3, 0, SEEK_END\) = 5' \
	--inject lseek:retval=5 --compare --compare-calls ./planted
printf 'calls ^lseek.*\n' >ignore
check "... unless a rule leaves it out" 0 'equal' --inject lseek:retval=5 --compare --compare-calls --compare-rules ignore ./planted
check "what differs is explained by the first call that does" 1 'the end differs.*calls differ in process 1.*native +unlinkat.*= 0.*lxrun +unlinkat.*EPERM' \
	--inject unlinkat:error=EPERM:max=1 --compare --compare-dir start rm given
mkdir tools
for tool in timeout rm cp sh; do ln -s "$(command -v $tool)" tools/; done
PATH=$work/tools check "without strace it says so" 2 'strace is not installed' --compare --compare-calls ./planted
cat >wants.c <<'EOF'
#include <unistd.h>
#include <sys/syscall.h>
int main(void) { syscall(SYS_sysinfo, 0); syscall(SYS_chdir, "."); return getppid() == 1 ? 0 : 5; }
EOF
musl-gcc -static -o wants wants.c
check "--need tells what may be left out from what is needed" 0 \
	'sysinfo +1 +may be left out, or pretended.*|chdir +1 +may be left out' --need ./wants
check "... and what is" 0 'getppid +1 +needed' --need ./wants
cat >flags.c <<'FLAGS'
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
	int fd = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0600), to;

	to = fcntl(fd, F_DUPFD, 20);
	fcntl(fd, F_GETFD);
	return to == 20 && ftruncate(to, 5) == 0 ? 0 : 6;
}
FLAGS
musl-gcc -static -o flags flags.c
check "... each flag: one that must be there, one that may be ignored" 0 \
	'open  +1  needed.*O_CREAT +1  needed.*O_CLOEXEC +1  may be ignored' --need ./flags
check "... each value" 0 'F_GETFD +1  may be left out, or pretended' --need ./flags
check "... each NT call" 0 'NtSetInformationFile +1  needed' --need ./flags
check "--check is another judge than equality" 0 'ftruncate +1  may be left out' --need --check '[ -e f ]' ./flags
check "... that must be content with the plain run" 2 'check fails even' --need --check false ./flags
check "... and is nothing without --need" 125 'check belongs to --need' --check true true
check "--need as JSON" 0 '"kind":"flag","call":"open","flag":"O_CREAT","arg":2,"value":64,"times":1,"left_out":false' --need=json ./flags
printf '# two programs\n./wants\n./flags\n' >plan
check "a plan: what is short of the least comes first" 0 \
	'step 1: [0-9]+ more, then it runs: \./wants.*getppid.*step 2: .*\./flags.*O_CREAT.*may be left out:.*sysinfo' --need-plan plan
check "a plan without programs is trouble" 2 'No such file' --need-plan nowhere

end_suite compare
