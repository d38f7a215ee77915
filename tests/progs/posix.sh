# Plain POSIX shell, for dash and busybox.
x=1; while [ $x -le 3 ]; do echo $x; x=$((x + 1)); done
f() { echo "f $1"; return 2; }; f arg; echo $?
echo "a b c" | while read -r a b c; do echo "$c $b $a"; done
cat <<END | tr a-z A-Z
here $x
END
case abc in a*) echo match ;; esac
(cd /; pwd)
for i in 1 2 3; do (exit $i) & wait $!; echo $?; done
trap 'echo bye' EXIT
trap 'echo usr1' USR1; kill -USR1 $$
set -- one two; shift; echo "$1 $#"
echo $(expr 6 \* 7) $(basename /a/b.c .c) $(dirname /a/b.c)
false || true && echo ok
sleep 0.05 & wait; echo waited
eval 'y=5; echo $y'
printf '%s %03d\n' x 7
test -d / -a ! -f / && echo root
exec 3>out; echo three >&3; exec 3>&-; cat out
umask 022; umask
readonly r=1; echo $r
echo "${x:-none} ${z:-none} ${x#4} ${#x}"
seq 5 | sort -r | head -n 2
