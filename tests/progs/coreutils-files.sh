# Files by coreutils: create, copy, move, link, modes, times, sparse files.
mkdir -p a/b/c; seq 100 >a/n; cp a/n a/b/m; cp -a a copy; ls -R copy; cmp a/n copy/n && echo equal
cp -r --preserve=mode,timestamps a again; mv again moved; mv -v moved/n moved/o; ls moved
ln a/n hard; ln -s a/n soft; ls -l soft hard | awk '{ print $1, $2, $9, $10, $11 }'; readlink -f soft | sed 's/.*\///'
chmod 640 hard; stat -c '%a %h %s %F' a/n soft; chmod -R u=rwX,go= copy; find copy -printf '%m %p\n' | sort
touch -d '2010-05-06 07:08:09.123456789 UTC' t; stat -c '%y' t; touch -r t u; stat -c '%Y' u; date -r t -u +%F
truncate -s 1M sparse; stat -c %s sparse; du -k sparse | cut -f1; cp --sparse=always sparse s2; cmp sparse s2 && echo same
dd if=/dev/zero of=d bs=4096 count=3 status=none; dd if=d of=e bs=1000 skip=2 count=5 status=none; stat -c %s d e
dd if=a/n of=f conv=notrunc oflag=append status=none; cmp a/n f && echo dd
install -D -m 750 a/n deep/er/x; stat -c %a deep deep/er/x
rm -r copy; rm nosuch; rmdir a; echo $?; rmdir -p deep/er; rm -rf deep; mkdir a; echo $?
mktemp -u | wc -c; tmp=$(mktemp); stat -c %a "$tmp"; rm "$tmp"
ls -la nosuch; ls -1 --sort=size -r a; ls -d */; ls --full-time t | awk '{ print $6, $7 }'
split -l 30 a/n part.; wc -l part.*; cat part.* | cmp - a/n && echo joined; csplit -s a/n 50; ls xx*
mkfifo p; (cat p >frompipe &); echo through >p; sleep 0.2; cat frompipe
df . >/dev/null && echo df; stat -f . >/dev/null && echo statf; sync; echo synced
realpath -m --relative-to=/a/b /a/c/d; basename -s .c x.c; dirname a/b; pathchk -p ok; echo $?
unlink hard; link a/n hard2; stat -c %h a/n; shred -u -n 1 hard2; ls hard2; chown "$(id -u)" a/n; echo $?
tee t1 t2 <a/n | tail -n 1; cmp t1 t2; test -s t1; echo $?; mkdir m{1..3}; rmdir m*; cat a/n - </dev/null | wc -l
head -c 10 /dev/urandom | wc -c; cp /dev/null empty; stat -c %s empty; sha1sum a/n; cksum a/n
timeout 5 tail -f -n 1 a/n 2>/dev/null & sleep 0.2; kill $!; wait $! 2>/dev/null; echo tail $?
