#!/bin/bash
# SPDX-License-Identifier: MIT
# fmt.sh [--fix]: the C sources are as .clang-format says. The headers in include/ and tables (*.def) are laid
# out by hand.
set -u
cd "$(dirname "$0")/../.." || exit 1
mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
find src tests -name '*.[ch]' -print0 | sort -z | xargs -0 -n 20 -P 2 clang-format "${mode[@]}"
