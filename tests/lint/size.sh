#!/bin/bash
# SPDX-License-Identifier: MIT
# size.sh: files of at most 900 lines, functions of at most 60 (tables are exempt).
# tests/lint/size.txt names functions that may be longer: FILE FUNCTION reason.
set -u
cd "$(dirname "$0")/../.." || exit 1
find src include tests -name '*.[ch]' -print0 | sort -z | xargs -0 awk '
	BEGIN {
		while ((getline line < "tests/lint/size.txt") > 0)
			if (line !~ /^#/ && split(line, word, " ") > 2) may[word[1], word[2]] = 1
	}
	function finish() { if (lines > 900) { print file ": " lines " lines, at most 900"; bad = 1 } }
	FNR == 1 { finish(); file = FILENAME; start = 0 }
	{ lines = FNR }
	/^[a-zA-Z_].*[a-zA-Z0-9_]\(/ && !/;/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
	/^{/ { start = FNR }
	/^}/ {
		if (start && FNR - start - 1 > 60 && !($0 ~ /;/) && !((FILENAME, name) in may)) {
			print FILENAME ":" start ": " name " has " FNR - start - 1 " lines, at most 60"
			bad = 1
		}
		start = 0
	}
	END { finish(); exit bad }'
