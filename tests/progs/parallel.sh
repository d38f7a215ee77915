# Many processes at once: xargs -P, make -j, long pipelines, many background jobs, locks between them.
seq 300 | xargs -P 8 -n 1 sh -c 'echo $((${0} * ${0}))' | sort -n | md5sum
for i in {1..60}; do (echo "job $i" >out.$i; exit $((i % 7))) & pids[i]=$!; done; s=0; for p in "${pids[@]}"; do wait $p; s=$((s + $?)); done; echo "$s $(cat out.* | wc -l)"
c=cat; for i in {1..60}; do c+=' | cat'; done; seq 500 | eval "$c" | tail -n 1
for i in {1..20}; do (for j in {1..20}; do flock lock sh -c 'n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) >count'; done) & done; wait; cat count
printf 'all: %s\n' "$(echo t{1..40})" >mk; for i in {1..40}; do printf 't%d:\n\t@sleep 0.0%d; echo t%d >t%d\n' $i $((i % 5)) $i $i >>mk; done; make -s -j 8 -f mk; cat t* | sort | md5sum
yes | head -c 5000000 | tee >(md5sum >m1) >(wc -c >m2) | sha1sum; sleep 0.3; cat m1 m2
for i in {1..30}; do sleep 30 & done; kill $(jobs -p); wait; echo "killed"; (for i in {1..200}; do :; done | while read -r x; do :; done); echo "${PIPESTATUS[@]}"
mkdir d; for i in {1..8}; do (for j in {1..50}; do mkdir -p d/$j; echo $i >d/$j/$i; mv d/$j/$i d/$j/m$i; done) & done; wait; find d -type f | wc -l; rm -r d; ls -d d; find / -maxdepth 1 -name etc
