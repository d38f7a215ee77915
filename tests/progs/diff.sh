# diff, cmp, patch-like round trip.
seq 20 >a; sed -e 5d -e 's/^12$/twelve/' -e '18a new' a >b
diff a b; echo $?; diff -u --label a --label b a b; diff -q a b; diff -y -W 20 a b; diff a a; echo $?; cmp a b; echo $?; cmp -l a b | head -n 2
mkdir x y; cp a x; cp b y/a; touch x/only; diff -r x y; diff3 a a b | head -n 3; sdiff -s a b; diff -e a b | head -n 2; diff - a <a && echo same; diff nosuch a; echo $?
printf 'bin\0ary' >p; printf 'bin\0arx' >q; diff p q; diff -w <(echo 'a  b') <(echo 'a b') && echo blank
