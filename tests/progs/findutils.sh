# find and xargs.
mkdir -p t/{a,b}/{c,d}; for i in 1 2 3; do echo $i >t/a/$i.txt; seq $((i * 1000)) >t/b/c/$i.log; done; ln -s a t/link; chmod 600 t/a/1.txt
find t | sort; find t -type f -name '*.log' -size +5k | sort; find t -type l -printf '%p -> %l\n'; find t -maxdepth 1 | sort
find t -perm 600; find t -empty | sort; find t -newer t/a/1.txt -type f | wc -l; find t -path '*/b/*' -prune -o -print | sort
find t -name '*.txt' -exec cat {} \; | sort; find t -name '*.txt' -exec echo {} + | tr ' ' '\n' | sort
find t -name '*.txt' -print0 | sort -z | xargs -0 -n 2 echo; find t -depth -name '[cd]' | sort; find -L t -name 1.txt | sort
find t -name 3.log -delete; find t -name '*.log' | wc -l; find t/nosuch; echo $?; find t -regex '.*/[12]\.txt' | sort
find t -type f -printf '%f %s %m %d\n' | sort; find t -links 1 -type f | wc -l; find t -inum "$(stat -c %i t/a/2.txt)"
seq 20 | xargs -n 7; seq 4 | xargs -P 2 -I{} sh -c 'exit 0'; echo $?; seq 3 | xargs sh -c 'exit 3'; echo $?; echo | xargs -r echo no
mkdir big; (cd big && seq 2000 | xargs touch); find big -type f | wc -l; ls big | wc -l; rm -r big; find t -execdir pwd \; | sort -u | wc -l
