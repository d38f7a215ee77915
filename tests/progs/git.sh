# git: init, add, commit, log, status, diff, branch, merge, clone of a local path, gc.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2020-01-02T03:04:05Z' GIT_COMMITTER_DATE='2020-01-02T03:04:05Z' GIT_PAGER=cat
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
git init -q -b main r && cd r || exit
for i in 1 2 3 4 5; do mkdir -p d$i; seq $((i * 10)) >d$i/f$i; done; echo '*.o' >.gitignore; touch x.o
git add . && git commit -q -m first && git log --format='%h %s %an'
echo change >>d1/f1; git rm -q d2/f2; git mv d3/f3 d3/g3; echo new >new; git status --short; git diff --stat; git diff d1
git add -A && git commit -q -m second; git log --oneline --stat | cat; git show --format=%s --name-status HEAD
git checkout -q -b side HEAD~1; echo side >side; git add side; git commit -q -m side; git checkout -q main; git merge -q -m merge side; git log --graph --oneline | cat
git tag v1; git describe; git blame -s d1/f1 | tail -n 1; git grep -c 7 | head -n 3; git stash list; echo wip >>new; git stash -q; git stash pop -q; git status -s
git rev-parse HEAD HEAD~1; git cat-file -p HEAD^{tree}; git ls-files | wc -l; git archive HEAD | tar tf - | wc -l
cd ..; git clone -q r c; git -C c log --oneline | wc -l; git clone -q --bare --no-local r b.git; cd c; echo c >c; git add c; git commit -q -m c; git push -q ../b.git main; git -C ../b.git log -1 --format=%s
cd ../r; git reset -q --hard; git gc -q; git fsck; git count-objects -v | grep -E 'count|in-pack'; git worktree add -q ../w side; ls ../w; git bisect start -q 2>/dev/null; git bisect reset -q 2>/dev/null; git nosuch 2>&1 | head -n 1; git diff --no-index d1 d4 | wc -l
git rebase -q side 2>&1 | tail -n 1; git log -1 --format=%s; git cherry-pick nosuch; echo $?; git config -l | grep user; git reflog | wc -l; git submodule status; git clean -nd; git check-ignore x.o
