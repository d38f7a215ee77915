#!/bin/bash
# SPDX-License-Identifier: MIT
# planted.sh: mistakes are planted in lxrun itself, and its own tools must find them: the sweep a status that a handler
# mishandles, the comparison an answer that is not Linux's, the trace the NT call that a program fails of. A planted
# lxrun is one object of a changed copy of its source, linked with the others as they are.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
begin_suite planted
read -r -a compile <"$O/flags"

# $work/NAME/lxrun, as this one but for a source file that the sed script changes.
plant() { # name, source, sed script
	local name=$1 source=$2 script=$3 object=$O/obj/${2%.c}.o objects
	mkdir -p "$work/$name"
	sed "$script" "$source" >"$work/$name/planted.c"
	if cmp -s "$source" "$work/$name/planted.c"; then
		echo "FAIL $name: $source has no place for it any more"
		failed=$((failed + 1))
		return 1
	fi
	mapfile -t objects < <(for f in src/*/*.[cS] src/*/*/*.[cS]; do
		case $f in src/ntshim/pico/stub/*) continue ;; esac
		echo "$O/obj/${f%.*}.o"
	done | grep -vxF "$object")
	"${compile[@]}" -iquote "${source%/*}" -c -o "$work/$name/planted.o" "$work/$name/planted.c" &&
		"${compile[@]}" -o "$work/$name/lxrun" "$work/$name/planted.o" "${objects[@]}" -lseccomp -l:liburing.a -pthread
}
with() { timeout -k 5 120 "$work/$1/lxrun" "${@:2}" 2>&1; } # planted name, options...
sound() { timeout -k 5 120 "$lxrun" "$@" 2>&1; }
program() { cat >"$work/$1.c" && musl-gcc -static -w -D_GNU_SOURCE -o "$work/$1" "$work/$1.c"; } # name; source from standard input

mkdir -p "$work/start" && echo given >"$work/start/given"
program removes <<'EOF'
#include <unistd.h>
int main(void) { return unlink("given") ? 1 : 0; }
EOF
program dups <<'EOF'
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { write(1, "begins\n", 7); syscall(SYS_dup3, 1, 1, 0); return 0; }
EOF
program full <<'EOF'
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) { mkdir("d", 0700); mkdir("d/e", 0700); if (rmdir("d")) puts(strerror(errno)); return 0; }
EOF

# ---- a status that a handler ignores ----
sweep=(--fault-sweep=STATUS_ACCESS_DENIED --compare-dir "$work/start" "$work/removes")
out=$(sound "${sweep[@]}")
equal "a sweep of a sound lxrun finds nothing" "$? $(grep -c 'something else came out$' <<<"$out")" "0 1"
plant ignored src/fs/volfs/volfs_name.c '/^static int remove_name/,/^}/s/^\treturn err;/\treturn 0;/' || exit 1
out=$(with ignored "${sweep[@]}")
equal "... and of one that ignores a status, something" "$?" 1
matches "... with the NT call, and what is left behind" "$out" \
	'NtSetInformationFile:STATUS_ACCESS_DENIED:when=1: success, but something else came out.*what is left behind differs: given: only'

# ---- an answer that is not Linux's ----
equal "a comparison of a sound lxrun finds nothing" "$(sound --compare "$work/dups" | sed 's/  *(native.*//')" "$work/dups: equal"
plant answered src/syscall/sys_fd.c '/^int64_t sys_dup3/,/^}/s/ || SC_I32(a, 0) == SC_I32(a, 1)//' || exit 1
equal "... nor does one of outputs, where the program does not care" "$(with answered --compare "$work/dups" | sed 's/  *(native.*//')" "$work/dups: equal"
out=$(with answered --compare --compare-calls "$work/dups")
equal "... but one of calls does" "$?" 1
matches "... and shows both answers, and what was before" "$out" \
	'write\(1, "begins.*", 7\) = 7.*native +dup3\(1, 1, 0\) = -1 EINVAL.*lxrun +dup3\(1, 1, 0\) = 1'

# ---- a status that becomes the wrong error ----
plant mapped src/fs/nt_status.c \
	's/^\tswitch ((uint32_t)status) {/\tif (status == STATUS_DIRECTORY_NOT_EMPTY)\n\t\treturn -LX_EIO;\n&/' || exit 1
out=$(with mapped --compare "$work/full")
equal "a comparison finds an error of the wrong name" "$?" 1
matches "... and shows the call" "$out" 'Directory not empty.*I/O error.*native +rmdir\("d"\) = -1 ENOTEMPTY.*lxrun +rmdir\("d"\) = -1 EIO'
out=$(cd "$work/mapped" && with mapped --trace=sys,nt -Z "$work/full")
matches "... which the trace shows with the NT call and its status" "$out" \
	'rmdir\("d"\) += -1 EIO.*NtSetInformationFile\(0x[0-9a-f]+, FileDispositionInformationEx\) = STATUS_DIRECTORY_NOT_EMPTY'

end_suite planted
