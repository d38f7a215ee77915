#!/bin/bash
# What `make run` shows: pipes, subshells, a here-document, arrays, a background job, traps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"; echo "cleaned up"' EXIT

echo "hello from bash ${BASH_VERSION%%(*}"
fruits=(pear apple quince fig)
declare -A weight=([pear]=180 [apple]=150 [quince]=250 [fig]=50)

for fruit in "${fruits[@]}"; do printf '%s %d\n' "$fruit" "${weight[$fruit]}"; done |
	sort -k2,2nr | awk '{ sum += $2; print NR ". " $1 " (" $2 " g)" } END { print "   " sum " g in all" }'

cat >"$dir/poem" <<END
A pipe, a fork, a file or two:
${#fruits[@]} fruits in an array
END
wc -l <"$dir/poem" | tr -d ' ' | sed 's/$/ lines in the here-document/'

(cd "$dir" && mkdir -p a/b && touch a/b/{1..3}.txt && find . -name '*.txt' | sort | tr '\n' ' ' && echo)

(sleep 0.1; echo "background job $(( 6 * 7 ))" >"$dir/job") &
wait $!
cat "$dir/job"

if false | true; then echo "not reached"; else echo "pipefail noticed the failure"; fi
