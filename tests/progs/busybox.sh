# The applets of a static busybox.
b=busybox
mkdir d; $b seq 20 >d/n; $b wc -l d/n; $b sort -rn d/n | $b head -n 2; $b md5sum d/n; $b sha256sum d/n
$b cp -a d e; $b diff -r d e && echo same; $b find e -type f; $b ls -l e/n | $b cut -c1-10
$b tar -cf t.tar d; $b tar -tf t.tar; $b gzip t.tar; $b zcat t.tar.gz | $b tar -tf -
$b awk '{ s += $1 } END { print s }' d/n; $b sed -n '3,5p' d/n; $b grep -c 1 d/n
$b dd if=/dev/zero of=z bs=1k count=10 2>/dev/null; $b stat -c '%s %F' z; $b od -c z | $b head -n 2
$b ln -s d/n l; $b readlink l; $b rm -r d e; $b cat l; echo $?
$b id -u | $b grep -c '^[0-9]*$'; $b uname -s; $b env -i A=1 $b env; $b printf '%s\n' x; $b xargs echo <<E
a b
E
$b sh -c 'echo nested; exit 3'; echo $?
