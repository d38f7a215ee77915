#!/bin/bash
# SPDX-License-Identifier: MIT
# shell.sh: scripts parse, and the ones that are run can be run.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
for script in .ci/run tests/*.sh tests/lint/*.sh tests/bench/*.sh tests/progs/*.sh; do
	[ -f "$script" ] || continue
	bash -O extglob -n "$script" || bad=1
	[[ $script == tests/progs/* ]] || [ -x "$script" ] || { echo "$script: not executable"; bad=1; }
done
exit $bad
