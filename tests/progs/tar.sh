# tar, gzip, xz, and what they keep.
mkdir -p s/d/e; seq 1000 >s/n; ln -s n s/l; ln s/n s/h; chmod 640 s/n; touch -d '2005-06-07 08:09:10 UTC' s/n; mkfifo s/p; printf x >"s/with space"; head -c 200000 /dev/zero >s/zero; chmod 750 s/d
tar cf t.tar s; tar tf t.tar | sort; mkdir o; tar xf t.tar -C o; diff -r --exclude=p s o/s && echo same; stat -c '%a %h %Y %F' o/s/n; readlink o/s/l; stat -c '%F' o/s/p; stat -c %a o/s/d
tar czf t.tgz s && tar tzf t.tgz | wc -l; tar cJf t.txz s && tar tJf t.txz | wc -l; tar cf - s | (mkdir q; cd q; tar xf -); diff -r --exclude=p s q/s && echo piped
gzip -kf s/n; gzip -l s/n.gz | tail -n 1 | awk '{ print $2 }'; gunzip -c s/n.gz | cmp - s/n && echo gz; zcat s/n.gz | tail -n 1; gzip -t s/n.gz; echo $?; gzip s/zero; ls s | grep zero; gunzip s/zero.gz
xz -k s/n; xz -dc s/n.xz | cmp - s/n && echo xz; xz -t s/n.xz; echo $?; xz -T2 -c s/zero | xz -dc | cmp - s/zero && echo threads; echo garbage >g.gz; gunzip g.gz; echo $?; echo garbage >g.xz; xz -d g.xz; echo $?
tar --delete -f t.tar s/zero; tar tf t.tar | grep -c zero; tar rf t.tar o/s/n; tar tf t.tar | tail -n 1; tar xOf t.tar s/n | tail -n 1; tar tf nosuch.tar; echo $?; tar --exclude='*.gz' -cf - s | tar tf - | grep -c gz; cd s; find . -name n -o -name l | sort | tar cf ../v.tar -T -; tar tvf ../v.tar | awk '{ print $1, $6, $7, $8 }'
