# Background jobs, wait, kill, exit codes of signals.
sleep 0.05 & p=$!; wait $p; echo "waited $?"
(exit 9) & wait $!; echo "status $?"
sleep 30 & kill $!; wait $! 2>/dev/null; echo "killed $?"
sleep 30 & kill -KILL $!; wait $! 2>/dev/null; echo "killed hard $?"
for i in 1 2 3; do (sleep 0.0$i; exit $i) & pids[i]=$!; done
for i in 3 1 2; do wait "${pids[i]}"; echo "job $i: $?"; done
wait; echo "all: $?"
(sleep 0.05; echo late) & echo early; wait
(bash -c 'kill -TERM $$'; echo "term $?") 2>/dev/null
(bash -c 'kill -SEGV $$'; echo "segv $?") 2>/dev/null
bash -c 'exit 300'; echo "wrapped $?"
wait 99999 2>/dev/null; echo "no child: $?"
sleep 0.3 & sleep 0.05 & wait -n; echo "first: $?"; wait
(sleep 0.1; kill -USR1 $$) & trap 'echo usr1' USR1; wait; wait; trap - USR1
wait; jobs | wc -l >/dev/null
timeout 0.2 sleep 10; echo "timeout $?"
timeout 5 true; echo "no timeout $?"
(timeout -s KILL 0.1 sleep 10; echo "timeout kill $?") 2>/dev/null
nohup true 2>/dev/null; echo "nohup $?"
setsid -w true; echo "setsid $?"
nice -n 5 nice
(sleep 0.02 &) ; sleep 0.1; echo orphan gone
kill -0 $$ && echo alive
p=$(sleep 20 >/dev/null & echo $!); kill -STOP $p; kill -KILL $p; echo done
