#!/bin/bash
# SPDX-License-Identifier: MIT
# nt.sh: docs/nt.md lists every Nt* call of include/nt, and every fact that a check of tests/nt names.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
for call in $(sed -n 's/.*\bNTAPI \(Nt[A-Za-z0-9]*\)(.*/\1/p' include/nt/*.h | sort -u); do
	grep -qF "\`$call\`" docs/nt.md || { echo "docs/nt.md: does not say how far $call goes"; bad=1; }
done
for fact in $(sed -n 's/.*\b\(ST\|EQ\)("\([A-Z][A-Z]*[0-9][0-9]*\)".*/\2/p' tests/nt/*.[ch] | sort -u); do
	grep -q "^| $fact |" docs/nt.md || { echo "docs/nt.md: has no fact $fact"; bad=1; }
done
exit $bad
