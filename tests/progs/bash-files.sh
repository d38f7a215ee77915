# Tests, globs, redirections and small file work by the shell alone.
set -u
mkdir -p d/e; echo text >d/f; ln -s f d/s; ln d/f d/h; mkfifo d/p
for t in d d/e d/f d/s d/p d/none; do
	r=
	for o in e f d L h p r w s S b c k u g O G N; do [ -$o $t ] && r+=$o; done
	echo "$t $r"
done
[ d/f -ef d/h ] && echo same
touch -d '2001-01-01 00:00:00' d/old; [ d/f -nt d/old ] && echo newer
cd d && pwd | sed 's/.*\///' && cd - >/dev/null
cd d/e && cd .. && ls && cd ..
echo d/*; echo d/[a-f]; echo */; echo d/**/
shopt -s globstar dotglob; touch d/.hidden; echo **; echo d/.h*
pushd d >/dev/null; popd >/dev/null; dirs | wc -l
echo clobber >d/f; set -o noclobber; echo again >d/f; echo "noclobber $?"; echo forced >|d/f; cat d/f
exec 7<>d/rw; echo hello >&7; cat d/rw; exec 7>&-
test -t 0 || echo "no terminal"
rm -r d; ls
source /dev/stdin <<<'echo sourced'
echo 'echo "script $0 $1"' >s.sh; chmod +x s.sh; ./s.sh arg; . ./s.sh dot
printf '#!/bin/bash -e\nfalse\necho no\n' >e.sh; chmod +x e.sh; ./e.sh; echo $?
printf '#!/bin/sed -f\ns/a/b/\n' >sedscript; chmod +x sedscript; echo banana | ./sedscript
command -v bash | sed 's/.*\///'; hash ls; type -p ls | sed 's/.*\///'
umask 077; echo x >secret; ls -l secret | cut -c1-10
cat nosuchfile; echo $?
./nosuch; echo $?
echo x >notexec; ./notexec; echo $?
./ ; echo $?
