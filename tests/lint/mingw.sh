#!/bin/bash
# SPDX-License-Identifier: MIT
# mingw.sh: the part above the NT boundary compiles for Windows, where no host header of Linux exists.
set -u
cd "$(dirname "$0")/../.." || exit 1
find src/{syscall,task,loader,fs,tty} -name '*.c' -print0 | xargs -0 -n 8 -P 2 \
	sh -c 'for f; do x86_64-w64-mingw32-gcc -std=gnu17 -Wall -Wextra -Werror -Wno-unused-parameter -Iinclude -O0 -S -o /dev/null "$f" || exit 255; done' sh
