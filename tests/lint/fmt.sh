#!/bin/bash
# SPDX-License-Identifier: MIT
# fmt.sh [--fix]: the C sources are as .clang-format says. The headers in include/ and tables (*.def) are laid
# out by hand.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ "${1:-}" = --fix ]; then
	find src tests -name '*.[ch]' -print0 | xargs -0 clang-format -i
	exit
fi
find src tests -name '*.[ch]' -print0 | sort -z | xargs -0 -n 1 -P 2 sh -c '
	clang-format "$0" | diff -u "$0" - >/dev/null || echo "$0: not as make format leaves it"' | sort |
	awk '{ n++ } n <= 20 { print } END { if (n > 20) print n - 20 " more"; exit n > 0 }'
