# Pipes, subshells, process substitution, pipefail, PIPESTATUS, SIGPIPE, redirections.
seq 1000 | awk '{ s += $1 } END { print s }'
yes | head -n 3
yes | head -n 1 >/dev/null; echo "${PIPESTATUS[@]}"
set -o pipefail
false | true | true; echo $?
(exit 4) | (exit 5) | true; echo "$? ${PIPESTATUS[*]}"
set +o pipefail
diff <(seq 5) <(seq 2 6)
seq 3 | tee >(sed 's/^/tee /' >copy) | sed 's/^/out /'; sleep 0.2; cat copy
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/caught /'
(echo a; (echo b; (echo c))) | cat | cat | cat | wc -l
for i in 1 2 3; do echo $i; done | while read -r n; do echo "got $n"; done
cat <<'END' | tr '[:lower:]' '[:upper:]' | rev
here and there
END
echo to-stderr >&2
head -c 300000 /dev/zero | wc -c
head -c 1000000 /dev/zero | gzip -c | gzip -dc | md5sum
mkfifo fifo; (for i in 1 2 3; do echo "fifo $i"; done >fifo) & cat fifo; wait
x=$(seq 20000); echo ${#x}
ls /nonexistent; echo $?
exec 3<&0 </dev/null; read -r line; echo "read status $?"; exec <&3
seq 5 >file; while read -r a && read -r b; do echo "$a-$b"; done <file
echo appended >>file; tail -n 1 file
: >file; wc -c <file
echo x | xargs -I{} echo {}{}
printf 'a\0b\0' | xargs -0 -n1 echo item
seq 10 | xargs -n 3 -P 1 echo
