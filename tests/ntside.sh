#!/bin/bash
# SPDX-License-Identifier: MIT
# ntside.sh: two worlds on one drive. A guest's shell and an NT-side session (lxrun --nt-side) take turns, command by
# command, on files of the same instance: what share modes, pending deletions, renames and byte-range locks of a
# program of Windows are to a Linux program, and the other way round.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
place=$(xattr_place "${TMPDIR:-/var/tmp}" /var/tmp "$O") || { echo "ntside: 0 passed, 0 failed"; exit; }
begin_suite ntside "$place"
cd "$work" || exit 1
c=/mnt/c

# The instance, and a session that makes NT calls in it. Both read commands and answer each.
start() { # option of lxrun...
	run "$guest_in" "$guest_out" -d ntside --drive c="$work/drive" "$@" bash 2>guest.err &
	instance=$!
	tell 'umask 022; echo ready'
	hear >/dev/null
	run "$nt_in" "$nt_out" --nt-side "$instance" 2>nt.err &
	session=$!
}
# lxrun in the place of this process, with these two and no other end of the pipes: an end that is held never ends.
run() { # input, output, word...
	local lx=("${as_user[@]}" env HOME="$work/home" "$lxrun" "${@:3}") end
	exec <&"$1" >&"$2"
	for end in "${ends[@]}"; do exec {end}>&-; done
	exec "${lx[@]}"
}
tell() { printf '%s\n' "{ $1" "} 2>&1; echo; echo \"end \$?\"" >&"$to_guest"; }
hear() {
	local line text=
	while read -r -t 20 line <&"$from_guest"; do
		case $line in "end "*) break ;; esac
		text+=${line:+$line$'\n'}
	done
	printf %s "$text"
}
guest() { tell "$1"; hear | sed 's/^bash: line [0-9]*: //; s/^[a-z]*: //'; } # script
nt() { # command
	local line
	printf '%s\n' "$1" >&"$to_nt"
	read -r -t 20 line <&"$from_nt" && printf '%s\n' "${line#STATUS_}"
}
# A pipe by its two numbers.
pipe() { # variable for the reading end, for the writing end
	local name=$work/pipe fd
	mkfifo "$name" && exec {fd}<>"$name" && exec {in_}<"$name" {out_}>"$name" || exit 1
	exec {fd}>&-
	rm "$name"
	ends+=("$in_" "$out_")
	printf -v "$1" %s "$in_"
	printf -v "$2" %s "$out_"
}
begin() { # option of lxrun...
	ends=()
	pipe guest_in to_guest
	pipe from_guest guest_out
	pipe nt_in to_nt
	pipe from_nt nt_out
	start "$@"
}
# The session first: what it holds is closed.
end_session() { exec {to_nt}>&- {nt_in}<&- {nt_out}>&- {from_nt}<&-; wait "$session"; }
end_instance() { exec {to_guest}>&- {guest_in}<&- {guest_out}>&- {from_guest}<&-; wait "$instance"; }

sharing() {
	guest "echo one >$c/f" >/dev/null
	nt 'open a C:\f access=read share=none' >/dev/null
	equal "what shares nothing is not read" "$(guest "cat $c/f")" "$c/f: Permission denied"
	equal "nor written" "$(guest "echo >>$c/f")" "$c/f: Permission denied"
	equal "nor removed" "$(guest "rm -f $c/f")" "cannot remove '$c/f': Permission denied"
	equal "nor renamed" "$(guest "mv $c/f $c/g")" "cannot move '$c/f' to '$c/g': Permission denied"
	equal "nor replaced" "$(guest "echo >$c/g; mv $c/g $c/f")" "cannot move '$c/g' to '$c/f': Permission denied"
	equal "its attributes are told" "$(guest "stat -c '%s %F' $c/f")" "4 regular file"
	equal "and set" "$(guest "chmod 444 $c/f && stat -c %a $c/f; chmod 644 $c/f")" 555
	equal "it is linked to, and the link held like it" "$(guest "ln $c/f $c/h && stat -c %h $c/f; rm $c/h")" "2
cannot remove '$c/h': Permission denied"
	nt 'close a' >/dev/null
	equal "closed, it is anybody's" "$(guest "cat $c/f $c/h; rm $c/h; mv $c/g $c/f; cat $c/f")" "one
one"
	nt 'open a C:\f access=read share=read' >/dev/null
	equal "what shares reading is read, not written" "$(guest "echo two >$c/g; cat $c/f; echo >>$c/f")" "$c/f: Permission denied"
	nt 'close a' >/dev/null
	nt 'open a C:\f access=read share=read,write' >/dev/null
	equal "what shares writing is written, not removed" "$(guest "echo three >>$c/f; cat $c/f; rm $c/f")" "three
cannot remove '$c/f': Permission denied"
	nt 'close a' >/dev/null
	tell "exec 5<$c/f"; hear >/dev/null
	equal "a guest shares all there is to share" "$(nt 'open a C:\f access=read,write,delete')" "SUCCESS, opened"
	nt 'close a' >/dev/null
	equal "but has to be shared with" "$(nt 'open a C:\f access=write share=write')" SHARING_VIOLATION
	tell "exec 5<&-"; hear >/dev/null
	equal "until it closes" "$(nt 'open a C:\f access=write share=write')" "SUCCESS, opened"
	nt 'close a' >/dev/null
}

deletion() {
	guest "echo one >$c/f; echo two >$c/g" >/dev/null
	nt 'open a C:\f access=read,delete' >/dev/null
	nt 'open b C:\f access=read' >/dev/null
	equal "deletion pends" "$(nt 'delete a'; nt 'stat b')" "SUCCESS
SUCCESS, size 4, links 0, archive, tag 0x0, delete pending"
	equal "the name is listed and leads nowhere" "$(guest "ls $c; cat $c/f; stat $c/f; rm $c/f" | grep -v '^ ')" "f
g
$c/f: No such file or directory
cannot statx '$c/f': No such file or directory
cannot remove '$c/f': No such file or directory"
	equal "nothing is made in its place" "$(guest "echo x >$c/f; mkdir $c/f; ln -s x $c/f; ln $c/g $c/f" | sed "s/hard link '.*'/hard link/")" "$c/f: No such file or directory
cannot create directory '$c/f': No such file or directory
failed to create symbolic link '$c/f': No such file or directory
failed to create hard link: File exists"
	equal "taken back, it is there" "$(nt 'undelete a'; guest "cat $c/f")" "SUCCESS
one"
	nt 'delete a' >/dev/null
	nt 'close a' >/dev/null
	equal "it stays as long as somebody has it open" "$(guest "ls $c"; nt 'read b 0 10')" "f
g
SUCCESS, one\\n"
	nt 'close b' >/dev/null
	equal "and goes with the last" "$(guest "ls $c")" g
	guest "echo one >$c/f" >/dev/null
	tell "exec 5<>$c/f"; hear >/dev/null
	nt 'open a C:\f access=delete' >/dev/null
	equal "a POSIX deletion takes the name when it is closed" "$(nt 'delete a posix'; guest "cat $c/f"; nt 'close a'; guest "ls $c; echo two >$c/f; cat $c/f")" "SUCCESS
$c/f: No such file or directory
SUCCESS
g
two"
	equal "who has the file open keeps it" "$(guest "read -u 5 x; echo \$x; stat -L -c %h /proc/\$\$/fd/5; readlink /proc/\$\$/fd/5")" "one
0
$c/f (deleted)"
	tell "exec 5<&-"; hear >/dev/null
	nt 'open a C:\f access=read' >/dev/null
	equal "a guest's deletion is one, too" "$(guest "rm $c/f; ls $c; echo three >$c/f; cat $c/f"; nt 'read a 0 10')" "g
three
SUCCESS, two\\n"
	nt 'close a' >/dev/null
	nt 'open a C:\f access=read,delete options=delete-on-close' >/dev/null
	equal "delete on close" "$(guest "cat $c/f"; nt 'close a'; guest "ls $c")" "three
SUCCESS
g"
	guest "chmod 444 $c/g" >/dev/null
	nt 'open a C:\g access=delete' >/dev/null
	equal "read-only files are not deleted by NT, but by guests" "$(nt 'delete a'; nt 'close a'; guest "rm -f $c/g; ls $c")" "CANNOT_DELETE
SUCCESS"
	guest "mkdir $c/d" >/dev/null
	nt 'open a C:\d access=read share=none options=directory' >/dev/null
	equal "a directory that is held is not removed" "$(guest "rmdir $c/d; ls $c/d")" "failed to remove '$c/d': Permission denied
cannot open directory '$c/d': Permission denied"
	nt 'close a' >/dev/null
	nt 'open a C:\d access=delete options=directory' >/dev/null
	equal "nothing is made in one on its way out" "$(nt 'delete a'; guest "touch $c/d/x; cd $c/d" | sed "s/.*: //")" "SUCCESS
No such file or directory
No such file or directory"
	nt 'close a' >/dev/null
	equal "nothing is left" "$(guest "ls $c")" ""
}

renaming() {
	guest "echo one >$c/f; echo two >$c/g; mkdir $c/d; echo three >$c/d/x" >/dev/null
	nt 'open a C:\f access=read' >/dev/null
	equal "what shares deletion is renamed, and its handle goes along" "$(guest "mv $c/f $c/F2"; nt 'read a 0 10'; guest "ls $c")" "SUCCESS, one\n
F2
d
g"
	equal "and replaced" "$(guest "mv $c/g $c/f2; cat $c/f2"; nt 'read a 0 10')" "two
SUCCESS, one\\n"
	nt 'close a' >/dev/null
	guest "echo four >$c/g" >/dev/null
	nt 'open a C:\g access=delete' >/dev/null
	equal "NT's rename does not replace by itself" "$(nt 'rename a C:\f2')" OBJECT_NAME_COLLISION
	tell "exec 5<$c/f2"; hear >/dev/null
	equal "nor, in the old way, what a guest has open" "$(nt 'rename a C:\f2 replace')" ACCESS_DENIED
	equal "but in POSIX's way" "$(nt 'rename a C:\f2 replace,posix'; guest "read -u 5 x; echo \$x; cat $c/f2")" "SUCCESS
two
four"
	tell "exec 5<&-"; hear >/dev/null
	nt 'close a' >/dev/null
	nt 'open a C:\d\x access=read share=none' >/dev/null
	equal "a name is made case-insensitively" "$(guest "cat $c/D/X | head -c 1; ls $c/D")" "$c/D/X: Permission denied
x"
	nt 'close a' >/dev/null
	nt 'open a C:\d access=read,delete options=directory' >/dev/null
	equal "a directory renamed under a guest's feet" "$(guest "cd $c/d"; nt 'rename a C:\e'; guest "readlink /proc/\$\$/cwd; cat x; cd /")" "SUCCESS
$c/e
three"
	nt 'close a' >/dev/null
	nt 'open a C:\f2 access=attributes' >/dev/null
	equal "hard links" "$(nt 'link a C:\L'; nt 'link a C:\L'; nt 'stat a'; guest "cat $c/l; stat -c %h $c/L")" "SUCCESS
OBJECT_NAME_COLLISION
SUCCESS, size 5, links 2, archive, tag 0x0
four
2"
	nt 'close a' >/dev/null
	guest "rm -r $c/*" >/dev/null
}

locking() {
	guest "printf 0123456789 >$c/f" >/dev/null
	tell "exec 5<>$c/f 6<$c/f"; hear >/dev/null
	nt 'open a C:\f access=read,write' >/dev/null
	equal "an exclusive lock of NT's keeps guests from reading" "$(nt 'lock a 2 3'; guest "head -c 3 $c/f; dd if=$c/f bs=1 skip=2 count=1 status=none")" "SUCCESS
error reading '$c/f': Resource temporarily unavailable
error reading '$c/f': Resource temporarily unavailable"
	equal "by descriptors from before as well" "$(guest "head -c 2 <&6; echo; head -c 8 <&6")" "01
error reading 'standard input': Resource temporarily unavailable"
	equal "not from what is not locked" "$(guest "dd if=$c/f bs=1 count=2 status=none; dd if=$c/f bs=1 skip=5 status=none")" 0156789
	equal "and from writing" "$(guest "dd if=/dev/zero of=$c/f conv=notrunc bs=1 seek=4 count=1 status=none; printf ab >&5; cat $c/f | tail -c 1")" \
"error writing '$c/f': Resource temporarily unavailable
$c/f: Resource temporarily unavailable"
	equal "only its owner goes through" "$(nt 'read a 2 3'; nt 'write a 2 xyz')" "SUCCESS, 234
SUCCESS"
	"${as_user[@]}" "$lxrun" --dump "$instance"
	for _ in {1..200}; do grep -q '^lock: ' guest.err && break; sleep 0.05; done
	matches "... and --dump shows it" "$(grep '^lock: ' guest.err)" '^lock: NT byte range, exclusive, 2-4 of (/mnt/c/f|inode [0-9]+), held by an open file$'
	equal "unlocked, all is as before" "$(nt 'unlock a 2 3'; guest "cat $c/f")" "SUCCESS
abxyz56789"
	equal "a shared lock is read through" "$(nt 'lock a 0 100 shared'; guest "head -c 4 $c/f; echo; printf Q >&5")" "SUCCESS
abxy
write error: Resource temporarily unavailable"
	equal "who is gone has no locks" "$(nt 'close a'; guest "printf Q >&5; cat $c/f")" "SUCCESS
abQyz56789"
	tell "exec 5<&- 6<&-"; hear >/dev/null
	guest "rm $c/f" >/dev/null
}

# What NT says that the link NAME is: file or directory, and the tag.
kind() { nt "open k C:\\$1 access=attributes options=reparse-point" >/dev/null; nt 'stat k' | sed 's/.*links [0-9]*, //; s/archive,//'; nt 'close k' >/dev/null; }

links() {
	guest "cd $c; mkdir d; echo one >f; echo two >d/x; ln -s f file; ln -s d dir; ln -s ../c/f out; ln -s none none; ln -s file link; ln -s none lx; ln -s dir/x through; ln -s $c/f abs; ln -s ./d//x 'o:d'" >/dev/null
	equal "links that Windows can follow are NT's" "$(for l in file dir link; do kind $l; done)" "reparse-point, tag 0xa000000c
directory,reparse-point, tag 0xa000000c
reparse-point, tag 0xa000000c"
	equal "others are Linux's: out of the mount, to nothing, to such a link, through a link, absolute ones" "$(for l in out none lx through abs; do kind $l; done | sort | uniq -c | sed 's/^ *//')" "5 reparse-point, tag 0xa000001d"
	equal "guests see what they made" "$(guest "cd $c; readlink file dir out none link lx through abs o:d; cat link 'o:d' dir/x through; stat -c '%F %s %h' dir; ls -d dir/; rmdir dir" | tr '\n' ' ')" \
"f d ../c/f none file none dir/x $c/f ./d//x one two two two symbolic link 1 1 dir/ failed to remove 'dir': Not a directory "
	equal "Windows follows NT's only" "$(nt 'open a C:\dir\x'; nt 'read a 0 9'; nt 'close a'; nt 'open a C:\abs')" "SUCCESS, opened
SUCCESS, two\\n
SUCCESS
IO_REPARSE_TAG_NOT_HANDLED"
	equal "links to files and to directories replace each other" "$(guest "cd $c; ln -s d n; mv -T n file; readlink file; ln -s f n; mv -T n file; readlink file; echo three >n; mv -T n dir; cat dir; ls d; ls n" | sed "s/.*: //")" "d
f
three
x
No such file or directory"
	guest "rm -r $c/*; mkdir $c/d; echo one >$c/d/x" >/dev/null
	nt 'open a C:\sym access=all disposition=create options=reparse-point' >/dev/null
	nt 'open b C:\jun access=all disposition=create options=directory,reparse-point' >/dev/null
	nt 'open e C:\rel access=all disposition=create options=directory,reparse-point' >/dev/null
	equal "NT's links and junctions are made" "$(nt 'symlink a C:\d\x'; nt 'junction b C:\d'; nt 'symlink e d relative'; nt 'close a'; nt 'close b'; nt 'close e')" "SUCCESS
SUCCESS
SUCCESS
SUCCESS
SUCCESS
SUCCESS"
	equal "and followed by guests" "$(guest "cd $c; readlink sym jun rel; cat sym jun/x rel/x; stat -c %F jun; rm sym jun rel; ls")" "$c/d/x
$c/d
d
one
one
one
symbolic link
d"
	guest "rm -r $c/*" >/dev/null
}

# Metadata that somebody else has written: each EA that makes no sense is left out on its own.
metadata() {
	guest "mount -t drvfs -o metadata C: /mnt/m" >/dev/null
	set -- baduid '$LXUID 0102' badgid '$LXGID 010203040506' badtype '$LXMOD a4410000' nodev '$LXDEV 0100000002000000' good '$LXUID e8030000' empty '$LXGID'
	while [ $# -gt 0 ]; do
		nt "open a C:\\$1 access=all disposition=create" >/dev/null
		for ea in '$LXUID b80b0000' '$LXGID b90b0000' '$LXMOD a4810000' "$2"; do nt "ea a $ea" >/dev/null; done
		nt 'close a' >/dev/null
		shift 2
	done
	equal "bad metadata is left out, one by one" "$(guest "cd /mnt/m; stat -c '%n %u:%g %A' *")" "badgid 3000:0 -rw-r--r--
badtype 3000:3001 -rwxrwxrwx
baduid 0:3001 -rw-r--r--
empty 3000:0 -rw-r--r--
good 1000:3001 -rw-r--r--
nodev 3000:3001 -rw-r--r--"
	equal "and changed all the same" "$(guest "cd /mnt/m; chown 5 baduid; chmod 600 badtype; stat -c '%n %u:%g %A' bad[ut]*; rm *; cd /; umount /mnt/m")" "badtype 3000:3001 -rw-------
baduid 5:3001 -rw-r--r--"
}

words() {
	matches "help lists the commands" "$(echo help | "${as_user[@]}" "$lxrun" --nt-side "$instance")" '^open H PATH.*lock H OFFSET LENGTH'
	equal "what is wrong is told" "$(nt 'fly a C:\x'; nt 'open'; nt 'open a nowhere'; nt 'open a C:\f access=fly'; nt 'read a 0 1'; nt 'open a \Device\NamedPipe\x')" "not understood: fly
not understood: something is missing
not understood: nowhere
not understood: access=fly
no handle is called a
not understood: \\Device\\NamedPipe\\x"
	equal "two sessions see each other's files" "$(guest "echo x >'$c/a b'"; nt 'open a "C:\a b" share=none'; echo 'open a "C:\A B"' | "${as_user[@]}" "$lxrun" --nt-side "$instance"; nt 'close a'; guest "rm '$c/a b'")" "SUCCESS, opened
STATUS_SHARING_VIOLATION
SUCCESS"
	matches "there has to be such an lxrun" "$("${as_user[@]}" "$lxrun" --nt-side $$ 2>&1 </dev/null)" 'not the process number of a running lxrun'
	guest "echo one >$c/f" >/dev/null
	nt 'open a C:\f share=none' >/dev/null
	end_session
	equal "a session that ends closes its files" "$(guest "cat $c/f; rm $c/f")" one
}

small_root root bash cat chmod chown dd head ln ls mkdir mount mv readlink rm rmdir stat tail touch umount
mkdir root/mnt/m
tar --owner=0 --group=0 -C root -cf root.tar .
mkdir drive home
[ "$(id -u)" != 0 ] || chown 65534:65534 drive home
"${as_user[@]}" env HOME="$work/home" "$lxrun" --install ntside root.tar || exit 1
begin
sharing
deletion
renaming
locking
links
metadata
words
end_instance
begin
nt help >/dev/null
exec 2>/dev/null # bash tells of what was killed
kill -KILL "$instance"
wait "$session"
matches "the end of the instance is told" "$(<nt.err)" 'the instance has ended'
end_session
end_instance
end_suite ntside
