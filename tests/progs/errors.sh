# What programs say when things go wrong.
cat nosuch; ls /nosuch; cd /nosuch; mkdir /proc/x; rmdir /; cp nosuch x; mv nosuch x; rm nosuch; touch /nosuch/x; chmod 1 nosuch; ln -s a b; cat b; ln -s loop loop; cat loop
echo x >/dev/full; head -c 1 /dev/full | od -An -c; cat /; sort /nosuch; kill -0 999999; kill -TERM 999999; env nosuchcommand; echo $?; nosuchcommand; echo $?; exec 9<nosuch; bash -c 'exec nosuch'; echo $?
printf 'x' >/dev/full; echo $?; dd if=/dev/zero of=/dev/full bs=1 count=1 2>&1 | head -n 1; sleep -1; mkdir a a; rmdir a; test -e b; echo $?; bash --nosuchoption 2>&1 | head -n 1; mkdir -p d && cd d && rmdir ../d && ls && touch x; pwd -P >/dev/null; cd ..; true >/nosuch/file
ulimit -n 8; bash -c 'exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null'; echo $?
