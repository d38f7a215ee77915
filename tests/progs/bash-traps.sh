# trap: EXIT, ERR, DEBUG, RETURN, signals, inheritance, exit status.
trap 'echo "exit with $?"' EXIT
bash -c 'trap "echo inner exit" EXIT; exit 3'; echo $?
bash -c 'trap "echo term; exit 4" TERM; kill -TERM $$; echo not reached'; echo $?
bash -c 'trap "" TERM; kill -TERM $$; echo survived'
bash -c 'trap "" INT; (kill -INT $BASHPID; echo child survived)'
bash -c 'set -e; trap "echo err on \$LINENO" ERR; true; false; echo not reached'; echo $?
bash -c 'f() { trap "echo returning" RETURN; :; }; f'
bash -c 'trap "echo hup" HUP; trap "echo usr2" USR2; kill -HUP $$; kill -USR2 $$; trap'
bash -c 'trap "echo got it" USR1; (sleep 0.05; kill -USR1 $$) & sleep 0.3; echo after sleep; wait'
bash -c 'trap "echo alarm" ALRM; (sleep 0.4; kill -ALRM $$) & read -r x < <(sleep 1; echo line); echo "read $x"; wait'
bash -c 'trap "echo chld" CHLD; /bin/true; echo end'
(trap 'echo subshell exit' EXIT; exit 5); echo $?
set -e
(set +e; false; echo "no e")
false || echo "or"
if false; then :; else echo "else"; fi
echo last
exit 6
