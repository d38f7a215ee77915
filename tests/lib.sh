#!/bin/bash
# SPDX-License-Identifier: MIT
# lib.sh: what the suites that are written in shell share. They source it at the top of the source tree.
repo=$PWD
O=$(realpath "${O:-build}")
lxrun=$O/lxrun
passed=0 failed=0

# $work becomes a directory of the suite's own, which goes when the suite ends, with whatever modes are in it.
begin_suite() { # name, place (default: $TMPDIR or /tmp)
	[ -x "$lxrun" ] || { echo "$1: $lxrun is not built"; exit 1; }
	work=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/lxrun-$1.XXXXXX") || exit 1
	trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	chmod 755 "$work"
}
end_suite() { # name
	echo "$1: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}

# ---- judging: a sentence, what came out, what should have; $who, if set, is said in front ----
judge() { # sentence, got, expected, command...: passes if the command succeeds
	if "${@:4}"; then
		passed=$((passed + 1))
	else
		printf 'FAIL %s\n  got:      %s\n  expected: %s\n' "${who:+$who: }$1" "$2" "$3"
		failed=$((failed + 1))
	fi
}
equal() { judge "$1" "$2" "$3" [ "$2" = "$3" ]; } # sentence, got, expected
like() { [[ $1 =~ $2 ]]; }
matches() { judge "$1" "$2" "something like $3" like "$2" "$3"; } # sentence, got, extended regular expression
at_most() { judge "$1" "$2" "at most $3" [ "$2" -le "$3" ]; } # sentence, number, limit

# ---- distributions ----

# The first directory that keeps user xattrs, which distributions need; none: says so and is empty.
xattr_place() { # directory...
	local place probe
	for place; do
		probe=$(mktemp "$place/lxrun-xattr.XXXXXX" 2>/dev/null) || continue
		if /usr/bin/python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.x", b"x")' "$probe" 2>/dev/null; then
			rm -f "$probe"
			echo "$place"
			return
		fi
		rm -f "$probe"
	done
	echo "no directory of these keeps user xattrs, as distributions need them: $*" >&2
	return 1
}

# As an ordinary user, whoever runs the suite: "${as_user[@]}" COMMAND...
as_user=(env)
[ "$(id -u)" != 0 ] || as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# A root file system of this host's own programs and what they are linked with.
small_root() { # directory, program...
	local root=$1 program path library
	shift
	mkdir -p "$root"/{bin,dev,etc,home/u,lib,lib64,mnt,proc,root,run,sys,tmp,usr,var/local}
	for program; do
		path=$(type -P "$program") || continue
		cp -L "$path" "$root/bin/"
		for library in $(ldd "$path" 2>/dev/null | grep -o '/[^ )]*'); do
			mkdir -p "$root${library%/*}"
			[ -e "$root$library" ] || cp -L "$library" "$root$library"
		done
	done
	ln -s bash "$root/bin/sh"
	printf '%s\n' root:x:0:0:root:/root:/bin/bash u:x:1000:1000::/home/u:/bin/bash >"$root/etc/passwd"
	printf '%s\n' root:x:0: u:x:1000: staff:x:50:u >"$root/etc/group"
}
