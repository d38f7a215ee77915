# Text by coreutils.
seq 50 >n; sort -R --random-source=n n | sort -n | cmp - n && echo sorted
printf 'b 2\na 10\nc 1\n' >t; sort t; sort -k2n t; sort -k2 -r t; sort -u t t | wc -l
printf 'a\na\nb\n' | uniq -c; cut -d' ' -f2 t; paste t t; join <(sort t) <(sort t); comm <(seq 3) <(seq 2 4)
head -n 3 n; tail -n 3 n; tail -c 5 n; tac n | head -n 1; nl t; fold -w 3 t; fmt -w 10 t; expand t; rev t; wc t
tr -d '0-4' <n | tr -s '\n' | head -n 5; od -An -tx1 t; base64 t; base64 t | base64 -d | cmp - t && echo b64
md5sum t | cut -c1-8; sha256sum t | cut -c1-8; printf '%s\n' a b | shuf | sort; seq -w 8 11; seq 1 .5 3
expr 3 + 4; expr abc : 'a\(.\)'; factor 360; numfmt --to=iec 123456; printf '%d %s %c\n' 7 x yz; echo -e 'a\tb'
date -u -d @1000000000 '+%F %T'; env -i A=1 B=2 env | sort; printenv HOME >/dev/null; echo $?; tty; echo $?
id -u >/dev/null; whoami >/dev/null; groups >/dev/null; logname >/dev/null 2>&1; uname -sm; arch; nproc >/dev/null; echo ok
sleep 0.01; true; false; echo $?; yes abc | head -n 2; test 1 -lt 2; echo $?; stdbuf -o0 echo unbuffered
sort -S 1M --parallel=2 -n <(seq 20000 -1 1) | md5sum; sort --compress-program=gzip -S 50k <(seq 30000) | md5sum
pr -l 20 -t -3 n | head -n 4; ptx <<<'a b' | wc -l; tsort <<<'a b b c'; sum t; dircolors -b | wc -l >/dev/null
