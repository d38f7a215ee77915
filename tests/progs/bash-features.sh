# Expansion, arithmetic, arrays, functions, conditionals, here-documents, getopts, globbing, read.
shopt -s extglob nullglob
f() { local -n ref=$1; ref+=" changed by $FUNCNAME"; return 7; }
v=value; f v; echo "$v $?"
echo {a,b}{1..3} ${v:2:3} ${v^^} ${v/value/new} ${v%%a*} ${#v} ${unset:-default} ${v:+set}
echo $((2 ** 10 + 7 % 4)) $((16#ff)) $((x = 5, x++ + ++x)) $x
a=(one two "three four"); a[7]=eight
echo "${#a[@]}" "${!a[@]}" "${a[@]:1:2}" "${a[*]/o/0}"
declare -A m=([k]=v [with space]=w); for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done | sort
[[ abc =~ ^(a)(b.)$ ]] && echo "${BASH_REMATCH[2]}"
case foobar in @(foo|bar)) echo one ;; foo*) echo two ;; esac
while IFS=: read -r user _ uid _; do echo "$user is $uid"; done <<'END'
root:x:0:0
nobody:x:65534:65534
END
cat <<-END
	tabs go, $v stays
	END
read -r first rest <<<"here string with words"; echo "$first / $rest"
mapfile -t lines < <(printf '%s\n' x y z); echo "${lines[@]}"
touch a1 a2 b1 'c d'; echo *; echo [ab]1 !(a*) nothing*
set -- -a -b arg rest; while getopts ab: o; do echo "$o $OPTARG"; done
printf '%05.2f|%-6s|%q|%x\n' 3.14159 left 'a b' 255
time_out=$(TIMEFORMAT=%R; { time :; } 2>&1); [[ $time_out =~ ^[0-9.]+$ ]] && echo timed
(exit 3); echo $?
! true; echo $?
echo "$(echo nested "$(echo deeper $(echo deepest))")"
select_me=2; until ((select_me == 0)); do echo -n "$select_me "; ((select_me--)); done; echo
coproc tr a-z A-Z; echo shout >&"${COPROC[1]}"; exec {COPROC[1]}>&-; cat <&"${COPROC[0]}"; wait
type -t cd ls if f
ulimit -n >/dev/null && echo limits
umask 027; umask; touch u; stat -c %a u
kill -l 9 TERM
echo "$0 $# $- " | sed 's/.*progs/progs/'
exec 5>out; echo five >&5; exec 5>&-; cat out
