#!/bin/bash
# SPDX-License-Identifier: MIT
# paths.sh: nothing in the tree names a developer's machine or leaves a mark of unfinished work.
set -u
cd "$(dirname "$0")/../.." || exit 1
files=$(git ls-files --cached --others --exclude-standard | grep -v '^tests/lint/paths.sh$')
bad=0
find_in() { # what it is, extended regular expression
	local hits
	hits=$(xargs -d '\n' grep -nIE -- "$2" <<<"$files" 2>/dev/null | head -n 20)
	[ -z "$hits" ] || { printf '%s\n' "$hits" | sed "s|^|$1: |"; bad=1; }
}
find_in "a path of one machine" '(^|[^a-zA-Z0-9_.])(/home/[a-z][a-z]|/root/[a-z.]|/Users/)'
find_in "an unfinished mark" '\b(TODO|FIXME|XXX|HACK)\b[^X|)"`]'
find_in "a trailing blank" '[^ ][ 	]+$'
while read -r file; do
	[[ $file == *.[chS] || $file == *.sh ]] || continue
	[ -f "$file" ] && ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' && [[ $file != tests/progs/*.sh ]] &&
		{ echo "$file: no SPDX line"; bad=1; }
done <<<"$files"
exit $bad
