#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints docs/syscalls.md as it should be.
set -e
program=${O:-build}/gen_syscalls_md
mkdir -p "$(dirname "$program")"
${CC:-gcc} -std=gnu17 -Wall -Wextra -Iinclude -o "$program" tests/lint/gen_syscalls_md.c
"$program"
