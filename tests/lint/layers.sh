#!/bin/bash
# SPDX-License-Identifier: MIT
# layers.sh: the dependency rule of tests/lint/layers.txt. Sources are checked by what they include; the
# objects of the portable part, where they are built, also by what they call.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}

find include src -name '*.[chS]' -print0 | sort -z | xargs -0 awk '
	BEGIN {
		while ((getline line < "tests/lint/layers.txt") > 0) {
			n = split(line, word, /[ \t]+/)
			if (line !~ /^#/ && n > 1)
				for (i = 2; i <= n; i++) may[word[1], word[i]] = known[word[1]] = 1
		}
		n = split("assert ctype inttypes limits stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string", word, " ")
		for (i = 1; i <= n; i++) portable[word[i] ".h"] = 1
	}
	FNR == 1 {
		layer = FILENAME
		while (layer != "" && !(layer in known)) if (!sub(/\/[^\/]*$/, "", layer)) layer = ""
		if (layer == "") { print FILENAME ": no row in tests/lint/layers.txt"; bad = 1 }
		dir = FILENAME
		sub(/\/[^\/]*$/, "", dir)
	}
	!/^[ \t]*#[ \t]*include[ \t]/ { next }
	{ name = $0; sub(/^[^<"]*[<"]/, "", name); sub(/[>"].*$/, "", name); where = FILENAME ":" FNR ": " }
	/</ {
		if (!(name in portable) && !((layer, "host") in may)) { print where layer " may not include <" name ">"; bad = 1 }
		next
	}
	{
		top = name; sub(/\/.*/, "", top)
		if (name ~ /^\.\.\/host\// && FILENAME ~ /^src\/ntshim\/[a-z]+\//) next
		if (top == ".." || (getline line < (dir "/" name)) > 0) {
			close(dir "/" name)
			path = dir "/" name
			while (sub(/[^\/]+\/\.\.\//, "", path)) ;
			split(path, a, "/"); split(FILENAME, b, "/")
			if (a[1] == "src" && (a[2] != b[2] || (a[2] == "ntshim" && a[3] != b[3]))) {
				print where "may not include the private header " path; bad = 1
			}
			next
		}
		if (!((layer, top) in may)) { print where layer " may not include " name; bad = 1 }
	}
	END { exit bad }' || bad=1

# A call of anything outside the project and the C library proper shows as an undefined symbol.
allowed='^(_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__assert_fail|abort|mem(cpy|move|set|cmp|chr|mem|rchr)|str(n?len|n?cmp|n?cpy|n?cat|r?chr|str|n?dup|spn|cspn|pbrk|to(l|ul|ll|ull|k_r)|chrnul)|(__isoc[0-9]+_)?(strto(l|ul|ll|ull)|sscanf)|v?(f|sn?)printf|f(write|put[cs]|flush)|putc|__[a-z]+[sdt]i[0-9]|qsort|bsearch|malloc|calloc|realloc|free|__ctype_(b|tolower|toupper)_loc|is[a-z]+|tolower|toupper|__[a-z]+_chk|__tls_get_addr)$'
if [ -x "$O/lxrun" ] && ! nm -u "$O"/obj/src/syscall/*.o | grep -q '__asan\|__tsan\|__ubsan'; then
	defined=$(find "$O/obj/src" -name '*.o' -print0 | xargs -0 nm --defined-only 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
	calls=$(find "$O"/obj/src/{syscall,task,loader,fs,ipc,tty} -name '*.o' -print0 2>/dev/null | xargs -0 nm -A -u |
		awk '{ print $NF, $1 }' | sort -u | awk 'NR == FNR { d[$1]; next } !($1 in d)' <(echo "$defined") - |
		awk -v ok="$allowed" '$1 !~ ok { sub(/:$/, "", $2); print $2 ": calls " $1 ", which is the host'"'"'s" }')
	[ -z "$calls" ] || { echo "$calls"; bad=1; }
	# Handlers speak to lxcore only, never to the NT boundary.
	calls=$(nm -A -u "$O"/obj/src/syscall/sys_*.o | awk '$NF ~ /^(Nt|Ob|Io|Ps|Mm)[A-Z]/ { print $1 " calls " $NF }')
	[ -z "$calls" ] || { echo "$calls"; bad=1; }
fi
exit ${bad:-0}
