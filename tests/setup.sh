#!/bin/bash
# SPDX-License-Identifier: MIT
# setup.sh run|check: installs the Debian packages that building (run) or testing (check) needs.
# Silent and without network when nothing is missing.
set -u

packages="gcc make libc6-dev libseccomp-dev liburing-dev libarchive-dev"
optional=
if [ "${1:-run}" = check ]; then
	packages+=" git libcmocka-dev musl-tools gcc-mingw-w64-x86-64 clang-format scdoc python3 perl sqlite3"
	packages+=" busybox-static dash gawk xz-utils gzip tar diffutils findutils util-linux strace jq python3-yaml"
	# Left out without it: the Go program of tests/progs; the NT that ntshim is compared with; what
	# tests/tty_programs.py tries.
	optional="golang-go wine64 vim less man-db htop nano tmux screen expect gdb"
fi

command -v dpkg-query >/dev/null || exit 0 # not Debian: the build says what it misses

missing() {
	dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
		awk -v want="$*" '$2 == "installed" { have[$1] = 1 }
			END { n = split(want, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) printf "%s ", w[i] }'
}

install() {
	local opts=(-y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends)
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${opts[@]}" install "$@" </dev/null >/dev/null 2>&1 && return
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update </dev/null >/dev/null 2>&1
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${opts[@]}" install "$@" </dev/null >/dev/null
}

need=$(missing $packages)
want=$(missing $optional)
[ -z "$need$want" ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
	as_root=(sudo)
	[ -t 0 ] || as_root=(sudo -n)
	if ! command -v sudo >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
		[ -z "$need" ] && exit 0
		echo "missing packages, and no way to become root; as root: apt-get install $need" >&2
		exit 1
	fi
fi
[ -n "$need" ] && echo "installing: $need"
if [ -n "$need" ] && ! install $need; then
	echo "could not install the missing packages; as root: apt-get update && apt-get install $need" >&2
	exit 1
fi
for one in $want; do
	install "$one" || echo "not installed, tests that need it are left out: $one"
done
exit 0
