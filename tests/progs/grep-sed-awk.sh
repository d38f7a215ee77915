# grep, sed, awk.
seq 100 | sed 's/$/ line/' >f; mkdir -p d/e; cp f d/e/g; printf 'Alpha\nbeta\nGAMMA\n' >w
grep -c 7 f; grep -n '^9' f | head -n 2; grep -i a w; grep -v a w; grep -rl 77 . | sort; grep -o '[0-9]*5' f | tr '\n' ' '; echo; grep -q none f; echo $?
grep -E '^(1|2)0 ' f; grep -P '\d{3}' f; grep -F -x 'beta' w; grep -A1 -B1 '^50' f; grep x nosuch; echo $?; grep -w -f <(echo beta) w; grep -z . w | wc -c
sed -n '2,4p' f; sed '/1/d' f | wc -l; sed -E 's/([0-9]+) (l)/\2\1/' f | tail -n 1; sed -i.bak 's/line/row/' f; head -n 1 f f.bak; sed '$!d' f; sed -n '$=' f; sed 'y/abc/xyz/' w; sed -e '1i top' -e '$a end' w; sed = w | sed 'N;s/\n/ /'; sed -n '/beta/{p;q}' w; sed -s -n 1p f w; sed 's/a/&&/2' w; sed w\ out w >/dev/null; cat out
awk '{ s += $1 } END { print s, NR }' f; awk -F: '$3 == 0 { print $1 }' /etc/passwd; awk 'BEGIN { while (("echo a; echo b" | getline l) > 0) print "got " l; print "x" | "cat"; close("cat"); system("exit 3"); printf "%.3f %s\n", 3.14159, toupper("abc") }'
awk '{ a[$2]++ } END { for (k in a) print k, a[k] }' f; awk 'NR == FNR { h[$1]; next } $1 in h' <(seq 3) f | wc -l; awk 'length > 7' f; awk '{ print > ("o" NR % 3) }' f; wc -l o0 o1 o2; awk 'BEGIN { printf "%d %c %x\n", 42.9, 65, 255; print substr("hello", 2, 3), index("hello", "l"), split("a b c", p), p[3]; exit 4 }'; echo $?
gawk 'BEGIN { print gensub(/(a)(b)/, "\\2\\1", "g", "abab"); n = asorti(PROCINFO, x); print (n > 5) }'; mawk 'BEGIN { print 1 + 1 }' 2>/dev/null || echo 2
