#!/bin/bash
# SPDX-License-Identifier: MIT
# distro.sh: distributions, from installing to uninstalling, in a small root file system made of this host's own
# programs. Run by root, all of it is done again as an ordinary user.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
place=$(xattr_place "${TMPDIR:-/var/tmp}" /var/tmp "$O") || { echo "distro: 0 passed, 0 failed"; exit; }
begin_suite distro "$place"
cd "$work" || exit 1

# As the user whose turn it is, with a manager of his own.
lx() { "${as[@]}" env -u XDG_DATA_HOME -u LANG -u LC_ALL HOME="$home" timeout -k 5 "${LIMIT:-20}" "$lxrun" "$@" </dev/null; }
says() { lx "$@" 2>&1; }
status_of() { lx "$@" >/dev/null 2>&1; echo $?; }
store() { echo "$home/.local/share/lxrun"; }

# ---- a root file system, as an archive; its owners and devices come from no privilege of ours ----
# The archive is written entry by entry: an ordinary user could not make the files.
make_archive() {
	cat >make.py <<'END'
import io, os, sys, tarfile
out = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)
def ours(i):
    i.uid = i.gid = 0
    i.uname = i.gname = ""
    i.mtime = 1000000000
    i.mode = 0o755 if i.isdir() or i.mode & 0o100 else 0o644
    return i
out.add("root", ".", filter=ours)
def put(name, type=tarfile.REGTYPE, mode=0o644, uid=0, gid=0, data=b"", **more):
    i = tarfile.TarInfo(name)
    i.type, i.mode, i.uid, i.gid, i.size = type, mode, uid, gid, len(data)
    i.mtime = 987654321
    i.pax_headers = {"mtime": "987654321.123456789"}
    for k, v in more.items():
        if k == "xattr": i.pax_headers["SCHILY.xattr.user.note"] = v
        elif k in ("access", "default"): i.pax_headers["SCHILY.acl." + k] = v
        else: setattr(i, k, v)
    out.addfile(i, io.BytesIO(data))
put("home/u", tarfile.DIRTYPE, 0o750, 1000, 1000)
put("home/u/file", mode=0o640, uid=1000, gid=1000, data=b"of u\n", xattr="kept")
put("var/local", tarfile.DIRTYPE, 0o2775, 0, 50)
put("var/local/in", uid=7, gid=8)
put("tmp", tarfile.DIRTYPE, 0o1777)
put("bin/setid", mode=0o4755, data=open("root/bin/id", "rb").read())
put("bin/setgid", mode=0o2755, gid=50, data=open("root/bin/id", "rb").read())
put("var/fifo", tarfile.FIFOTYPE, 0o600, 1, 2)
put("var/null", tarfile.CHRTYPE, 0o666, devmajor=1, devminor=3)
put("var/disk", tarfile.BLKTYPE, 0o660, 0, 6, devmajor=8, devminor=1)
put("var/hard", tarfile.LNKTYPE, 0o640, 1000, 1000, linkname="home/u/file")
put("var/link", tarfile.SYMTYPE, 0o777, linkname="/no/where")
put("var/odd:*?#\\name\x01", data=b"odd")
put("var/" + "n" * 255)
lists = "user::rwx,group::r-x,other::r-x,user:1000:rwx,group:50:r-x,mask::rwx"
put("var/lists", tarfile.DIRTYPE, 0o755, access=lists, default="user::rwx,user:7:rw-,group::r-x,mask::rwx,other::r-x")
put("var/lists/none", mode=0o600, data=b"has no list, though its directory has one for it\n")
put("var/lists/one", mode=0o644, access="user::rw-,group::r--,other::r--,user:1000:rw-,mask::rw-")
put("var/lists/wrong", access="user::rw-,group::r--,other::r--,user:1000:rw-")
put("var/lists/nobody", access="user::rw-,group::r--,other::r--,user:anybody:rw-,mask::rw-")
put("missing/parent/file", data=b"x" * 100000)
out.close()
END
	python3 make.py small.tar
}

# What an archive holds, line by line.
archive_listing() {
	python3 - "$1" <<'END'
import sys, tarfile
last = {i.name.lstrip("./"): i for i in tarfile.open(sys.argv[1])} # of two entries the second counts
for i in sorted(last.values(), key=lambda i: i.name.lstrip("./")):
    if i.name.strip("./") in ("etc", "", "missing", "missing/parent") or i.name.endswith(("resolv.conf", "etc/hosts")): continue
    x = sorted((k, v) for k, v in i.pax_headers.items() if k.startswith(("SCHILY.xattr", "SCHILY.acl")))
    if i.name.endswith(("wrong", "nobody")): x = [] # what is no list is left out
    if i.name.lstrip("./") in ("home/u/file", "var/hard"):
        i.linkname, i.type, i.size, x = "", b"?", 0, [] # which is the name and which the link is the archive's choice
    if i.issym(): i.mode = 0o777
    print(i.name.lstrip("./"), i.type, oct(i.mode), i.uid, i.gid, i.size, i.linkname.lstrip("./"), i.pax_headers.get("mtime", int(i.mtime)), i.devmajor, i.devminor, x)
END
}

bare="lxrun: 2 extended attributes could not be kept"
installing() {
	matches "without a distribution lxrun says how to get one" "$(says --list)" 'lxrun --install NAME ROOTFS.tar'
	equal "installing succeeds, but for lists that are none" "$(says --install small small.tar)" "$bare"
	matches "and is listed" "$(says --list -v)" '\* small +Installed +0 '
	equal "names only" "$(says -l -q)" small
	matches "a name is taken once" "$(says --install small small.tar)" 'there is a distribution called small'
	equal "root inside, whoever one is" "$(says -d small id -u)" 0
	equal "the default distribution's user has a shell" "$(lx --list -q; printf 'echo $0 $HOME $USER; exit 3\n' | "${as[@]}" env -u XDG_DATA_HOME HOME="$home" timeout 20 "$lxrun" 2>/dev/null; echo $?)" "small
-bash /root root
3"
	equal "/init has the limits that programs begin with" "$(says -d small bash -c 'cat /proc/1/limits')" "$(says -d small bash -c 'cat /proc/self/limits')"
	equal "the environment is a login's" "$(says --env A=b -d small -u u bash -c 'echo $A $HOME $USER $WSL_DISTRO_NAME $PWD ${work-none}')" "b /home/u u small /home/u none"
	equal "a missing program" "$(status_of -d small nosuchprogram)" 127
	matches "an unknown distribution" "$(says -d smal id)" 'no distribution called smal'
	matches "an unknown user" "$(says -d small -u nobody id)" 'no such user: nobody'
}

attributes() {
	equal "owners, modes, devices, links and times are the archive's" "$(says -d small bash -c 'cd /; stat -c "%n %A %u:%g %t,%T" home/u home/u/file var/local var/local/in tmp bin/setid var/fifo var/null var/disk var/link')" \
"home/u drwxr-x--- 1000:1000 0,0
home/u/file -rw-r----- 1000:1000 0,0
var/local drwxrwsr-x 0:50 0,0
var/local/in -rw-r--r-- 7:8 0,0
tmp drwxrwxrwt 0:0 0,0
bin/setid -rwsr-xr-x 0:0 0,0
var/fifo prw------- 1:2 0,0
var/null crw-rw-rw- 0:0 1,3
var/disk brw-rw---- 0:6 8,1
var/link lrwxrwxrwx 0:0 0,0"
	equal "times to the nanosecond, hard links, odd names" "$(says -d small bash -c 'stat -c "%.9Y %h" /home/u/file; readlink /var/link; cat /var/odd*; stat -c %s /missing/parent/file; [ /var/hard -ef /home/u/file ] && echo same')" \
"987654321.123456789 2
/no/where
odd100000
same"
	equal "a directory tells the kinds" "$(says -d small bash -c 'find /var -maxdepth 1 -type p -o -maxdepth 1 -type c -o -maxdepth 1 -type b -o -maxdepth 1 -type l' 2>/dev/null | sort | tr '\n' ' ')" "/var/disk /var/fifo /var/link /var/null "
	equal "what others may not, they may not" "$(says -d small -u u bash -c 'cat /home/u/file; echo x >/etc/passwd; mkdir /x; touch /tmp/mine; chown 0 /tmp/mine; mknod /tmp/n b 8 1; chmod 600 /bin/bash; echo x >/var/null && echo device' 2>&1 | sed "s/^[a-z/]*: //; s/^line [0-9]*: //; s/‘/'/; s/’/'/")" \
"of u
/etc/passwd: Permission denied
cannot create directory '/x': Permission denied
changing ownership of '/tmp/mine': Operation not permitted
/tmp/n: Operation not permitted
changing permissions of '/bin/bash': Operation not permitted
device"
	matches "set-user-id and set-group-id programs" "$(says -d small -u u bash -c '/bin/setid; /bin/setgid')" 'euid=0.*egid=50'
	says -d small bash -c 'chown 12:34 /home/u/file; chmod 6711 /bin/cat; mknod /var/tty c 5 1; mkfifo -m 640 /var/f2; mkdir -m 1700 /var/d; chown -h 5 /var/link; touch -d @1.5 /var/d; rm /var/disk; mv /var/null /tmp/null'
	equal "what root changes stays" "$(says -d small stat -c '%n %A %u:%g %t,%T %Y' /var/hard /bin/cat /var/tty /var/f2 /var/d /var/link /tmp/null /var/disk 2>&1 | sed 's/ 987654321$//; s/ 1[0-9]\{9\}$//')" \
"/var/hard -rw-r----- 12:34 0,0
/bin/cat -rws--s--x 0:0 0,0
/var/tty crw-r--r-- 0:0 5,1
/var/f2 prw-r----- 0:0 0,0
/var/d drwx-----T 0:0 0,0 1
/var/link lrwxrwxrwx 5:0 0,0
/tmp/null crw-rw-rw- 0:0 1,3
stat: cannot statx '/var/disk': No such file or directory"
	equal "lists say who may, and what is made below has its directory's" "$(says -d small -u u bash -c 'cd /var/lists; echo x >>one && echo x >new && stat -c "%a %n" . none one new; : <none' 2>&1 | sed 's/^bash: line [0-9]*: //')" \
"775 .
600 none
664 one
664 new
none: Permission denied"
	says -d small rm /var/lists/new
	equal "renames know kinds" "$(says -d small bash -c 'cd /tmp; mkdir d e; touch f e/x; mv -T f d; mv -T d f; mv -T d e; rmdir e; rm d' 2>&1 | sed 's/^[a-z]*: //')" \
"cannot overwrite directory 'd' with non-directory
cannot overwrite non-directory 'f' with directory 'd'
cannot move 'd' to 'e': Directory not empty
failed to remove 'e': Directory not empty
cannot remove 'd': Is a directory"
	equal "a write takes set-id bits from who may not keep them" "$(says -d small bash -c 'cp /bin/cat /tmp/s; chmod 4777 /tmp/s'; says -d small -u u bash -c 'echo >>/tmp/s'; says -d small stat -c %a /tmp/s)" 777
}

settings() {
	equal "setdefaultuser" "$(says --setdefaultuser u; says -d small id -u; says --list -v | grep -c ' 1000 ')" "1000
1"
	matches "an unknown default user" "$(says --setdefaultuser x)" 'small has no user x'
	says --setdefaultuser root
	equal "a drive C of one's own" "$(says -d small bash -c 'echo mine >/mnt/c/note; echo $(</mnt/c/NOTE)'; cat "$(store)/drive_c/note"; rm "$(store)/drive_c/note")" "mine
mine"
	equal "control groups" "$(says -d small bash -c 'cat /proc/self/cgroup; cat /sys/fs/cgroup/devices/devices.list')" "1:devices:/
a *:* rwm"
	mkdir -p "$home/drive" && echo on the drive >"$home/drive/note" && chmod 777 "$home/drive"
	says -d small bash -c 'printf "%s\n" "[automount] # drives" "root = \"/drives\"" "options = \"metadata,umask=022\"" "[user]" "default = u" "default = root" \
		"[network]" "hostname = tiny" "generateHosts = false" "[boot]" "command = x" "what" >/etc/wsl.conf; echo mine >/etc/hosts'
	equal "wsl.conf: drives, user, host name; the rest is told of" "$(says -d small --drive c="$home/drive" bash -c 'cat /drives/c/note; stat -c "%u %A" /drives/c/note; id -u; uname -n; cat /etc/hosts')" \
"lxrun: /etc/wsl.conf:6: user.default has been given in line 5, which counts
lxrun: /etc/wsl.conf:12: [section] or key = value is wanted
lxrun: /etc/wsl.conf: [boot] is left out: there is no init to run it
on the drive
1000 -rwxr-xr-x
1000
tiny
mine"
	equal "a directory on a drive stays the current one" "$(cd "$home/drive" && says -d small --drive c="$home/drive" bash -c 'echo $PWD' | tail -n 1)" /drives/c
	says -d small -u root bash -c 'rm /etc/wsl.conf'
}

archives() {
	local suffix
	rm -rf "$home/out.tar"*
	equal "exporting succeeds" "$(says --export small "$home/out.tar")" ""
	equal "and gives no half archive" "$(ls "$home" | grep -c partial)" 0
	equal "the hard link's attribute is there once more" "$(python3 -c 'import tarfile, sys
print([i.pax_headers.get("SCHILY.xattr.user.note") for i in tarfile.open(sys.argv[1]) if i.name.endswith("home/u/file")])' "$home/out.tar")" "['kept']"
	for suffix in gz zst xz; do
		[ "$suffix" = gz ] || [ "$who" = root ] || break
		LIMIT=90 says --export small "$home/out.tar.$suffix"
		LIMIT=90 says --install again "$home/out.tar.$suffix"
		equal "out and in again by .$suffix" "$(lx --export again - | cat >"$home/out2.tar"; archive_listing "$home/out2.tar")" "$(archive_listing "$home/out.tar")"
		says --uninstall again
	done
	equal "from a pipe" "$("${as[@]}" env -u XDG_DATA_HOME HOME="$home" sh -c "cat small.tar | '$lxrun' --install fresh -" 2>&1)" "$bare"
	says --export fresh "$home/out.tar"
	equal "what went in comes out" "$(archive_listing "$home/out.tar")" "$(archive_listing small.tar)"
	says -d fresh bash -c 'cd /srv 2>/dev/null || mkdir /srv; cd /srv; echo begin >holes; truncate -s 50M holes; echo end >>holes; truncate -s 100M holes empty'
	LIMIT=60 says --export fresh "$home/out.tar"
	at_most "what is not there takes no place in an archive" "$(python3 -c 'import sys, tarfile
t = tarfile.open(sys.argv[1]); print(sum(i.size for i in t if not i.name.startswith("./srv")))' "$home/out.tar" | { read -r n; echo $(($(stat -c %s "$home/out.tar") - n)); })" 1000000
	LIMIT=60 says --install again "$home/out.tar"
	equal "nor when it comes back" "$(says -d again bash -c 'cd /srv; stat -c "%s %n" *; stat -c %b * | while read b; do [ $b -lt 64 ] && echo few; done; tail -c +52428801 holes | head -c 4; cat /srv/holes | cksum' | tr '\n' ' ')" \
"$(cd "$work" && echo begin >holes && truncate -s 50M holes && echo end >>holes && truncate -s 100M holes && echo "104857600 empty 104857600 holes few few end $(cksum <holes) ")"
	says --uninstall again
	says --uninstall fresh
	matches "no archive" "$(says --install x /etc/passwd)" 'passwd cannot be read'
	matches "no file" "$(says --install x /no/such/file)" 'No such file'
	matches "a directory" "$(says --install x /)" 'is a directory'
	matches "an archive of something else" "$(tar cf "$work/other.tar" make.py && says --install x other.tar)" 'holds no root file system'
	matches "half an archive" "$(head -c 3000000 small.tar >half.tar; says --install x half.tar)" 'half.tar cannot be read'
	matches "a bad name" "$(says --install ../x small.tar)" 'cannot be the name'
	equal "and nothing is left of all that" "$(ls "$(store)/distributions")" small
}

hostile() {
	python3 - <<'END'
import io, tarfile
out = tarfile.open("hostile.tar", "w")
def put(name, type=tarfile.REGTYPE, data=b"evil", **more):
    i = tarfile.TarInfo(name)
    i.type = type
    i.size = len(data) if type == tarfile.REGTYPE else 0
    i.mode = 0o777
    for k, v in more.items(): setattr(i, k, v)
    out.addfile(i, io.BytesIO(data))
put("etc", tarfile.DIRTYPE)
put("/absolute")
put("../../outside")
put("a/../../outside")
put("up", tarfile.SYMTYPE, linkname="../../../../../../../../../../../../tmp")
put("up/lxrun-hostile")
put("abs", tarfile.SYMTYPE, linkname="/")
put("abs/through")
put("hard", tarfile.LNKTYPE, linkname="/etc/shadow")
put("hard2", tarfile.LNKTYPE, linkname="../../../etc/passwd")
put("loop", tarfile.SYMTYPE, linkname="loop")
put("loop/x")
put("file")
put("file/below")
put("full/x")
put("full")
put("mem", tarfile.CHRTYPE, devmajor=1, devminor=1)
put("sda", tarfile.BLKTYPE, devmajor=8, devminor=0)
put("", tarfile.REGTYPE)
put("/", tarfile.SYMTYPE, linkname="x")
put("/".join(["d" * 200] * 19), tarfile.DIRTYPE)
put("/".join(["e"] * 1500), tarfile.DIRTYPE)
for i in range(300): put("n%d" % i, tarfile.CHRTYPE, devmajor=i, devminor=i)
out.close()
END
	rm -f /tmp/lxrun-hostile
	matches "a hostile archive is told of" "$(says --install evil hostile.tar)" '^lxrun: left out: ../../outside.*entries of the archive were left out'
	equal "and harmless" "$(ls /tmp/lxrun-hostile outside "$(store)/outside" "$(store)/distributions/outside" "$(store)/distributions/evil/outside" 2>/dev/null)" ""
	equal "nothing on the host is a device or a link" "$(find "$(store)" ! -type f ! -type d | wc -l)" 0
	equal "uninstalling takes deep trees away" "$(says --uninstall evil; ls "$(store)/distributions")" small
}

interruptions() {
	local pid
	mkfifo "$home/slow"
	(head -c 3000000 small.tar; sleep 5) >"$home/slow" &
	LIMIT=60 lx --install killed "$home/slow" >killed.out 2>&1 &
	for _ in {1..200}; do [ -e "$(store)/distributions/killed/rootfs/bin" ] && break; sleep 0.02; done
	matches "one command at a time, and it says which" "$(says --uninstall small)" 'another lxrun is busy installing killed \(process [0-9]+\)'
	matches "no program meanwhile" "$(says -d small id)" 'another lxrun is busy installing killed'
	pid=$(sed 's/.*process \([0-9]*\).*/\1/' "$(store)/lock")
	kill -KILL "$pid"
	for _ in {1..200}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.02; done
	equal "a killed installation is taken back by the next command" "$(says -d small id -u; ls "$(store)/distributions")" "lxrun: removing what an interrupted command left of killed
0
small"
	mkfifo "$home/slow2"
	(head -c 3000000 small.tar; sleep 5) >"$home/slow2" &
	LIMIT=60 lx --install stopped "$home/slow2" >stopped.out 2>&1 &
	for _ in {1..200}; do [ -e "$(store)/distributions/stopped/rootfs/bin" ] && break; sleep 0.02; done
	pid=$(sed 's/.*process \([0-9]*\).*/\1/' "$(store)/lock")
	kill -INT "$pid"
	for _ in {1..300}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.02; done
	equal "a stopped one takes itself back" "$(cat stopped.out; ls "$(store)/distributions")" "lxrun: stopped; nothing has been installed
small"
	: >started # the other user's turn has left one
	lx -d small bash -c 'touch /hold; echo started; while [ -e /hold ]; do sleep .1; done' >started 2>&1 &
	for _ in {1..200}; do [ -s started ] && break; sleep 0.02; done
	matches "what runs is not uninstalled" "$(says --uninstall small)" 'programs of small are running'
	lx -d small rm /hold
	wait $!
}

all_of_it() { # who
	who=$1
	home=$work/home-$who
	mkdir -p "$home"
	as=(env)
	if [ "$who" = user ]; then
		as=("${as_user[@]}")
		"${as[@]}" test -w "$home" || chown 65534:65534 "$home"
	fi
	installing
	attributes
	settings
	archives
	hostile
	interruptions
	equal "uninstalling leaves nothing" "$(says --uninstall small; find "$(store)" -type f -printf '%f\n' | sort | tr '\n' ' '; ls "$(store)/distributions")" "lock settings "
}

small_root root bash cat cksum chgrp chmod chown cp find id ln ls mkdir mkfifo mknod mv readlink rm rmdir sleep stat tail head touch truncate uname
make_archive
if [ "$(id -u)" = 0 ]; then all_of_it root; fi
all_of_it user
end_suite distro
