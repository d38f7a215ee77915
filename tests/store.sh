#!/bin/bash
# SPDX-License-Identifier: MIT
# store.sh: what a distribution and a drive are kept in fails or lies: xattrs that make no sense, a disk that is full,
# names at the limit, very many names. Nothing ends lxrun, nothing that was synced is lost, everything can be removed.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
place=$(xattr_place "${TMPDIR:-/var/tmp}" /var/tmp "$O") || { echo "store: 0 passed, 0 failed"; exit; }
begin_suite store "$place"
many=${MANY:-20000}

lx() { "${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin timeout -k 5 "${LIMIT:-60}" "$lxrun" --drive c="$work/drive" -d store "$@" </dev/null 2>&1; }
store() { echo "$work/home/.local/share/lxrun/distributions/store/rootfs"; }

small_root "$work/root" bash cat ls mv mkdir readlink rm seq stat sync touch wc
mkdir -p "$work/home" "$work/drive" "$work/root/srv"
printf '[automount]\noptions = metadata\n' >"$work/root/etc/wsl.conf"
tar --owner=0 --group=0 -C "$work/root" -cf "$work/root.tar" .
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$work/home" "$work/drive"
"${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin "$lxrun" --install store "$work/root.tar" || exit 1

# ---- xattrs of the store's own, torn and made up ----
lies() { # directory on the host
	"${as_user[@]}" /usr/bin/python3 - "$1" <<'END'
import os, struct, sys
ea = b"\x01LX" + bytes(10)
eas = [b"", b"\x01", b"\xff" * 200, ea[:7], ea + struct.pack("<I", 0o40755), ea + struct.pack("<I", 0o20666),
       ea + struct.pack("<I", 0o177777), ea + struct.pack("<I", 0), b"\x02" + ea[1:] + bytes(4), ea + bytes(3000),
       ea + struct.pack("<I", 0o120777)]
def tag(t, data, size=None): return struct.pack("<IHH", t, len(data) if size is None else size, 0) + data
link, lx = 0xA000000C, 0xA000001D
reparse = [b"", b"\x1d", tag(lx, b""), tag(lx, b"\x02\0\0\0"), tag(lx, b"\x63\0\0\0x"), tag(lx, b"\x02\0\0\0a\0b"),
           tag(lx, b"\x02\0\0\0abc", 60000), tag(lx, b"\x02\0\0\0" + b"x" * 3000), tag(0xDEADBEEF, b"zzzz"), tag(0, b""),
           tag(link, b"\xff" * 20), tag(link, struct.pack("<HHHHI", 65534, 65534, 65534, 65534, 1) + b"x" * 8),
           tag(0xA0000003, struct.pack("<HHHH", 1, 3, 5, 7) + b"abc"), tag(0x80000025, b"extra"), tag(0x80000024, b"")]
os.mkdir(sys.argv[1])
n = 0
def put(kind, values):
    global n
    for name, value in values:
        path = os.path.join(sys.argv[1], "f%03d" % n)
        if kind == "d": os.mkdir(path)
        else: open(path, "w").write("data\n")
        try: os.setxattr(path, name, value)
        except OSError: pass
        n += 1
for kind in "fd":
    put(kind, [("user.lxrun.ea", v) for v in eas])
    put(kind, [("user.lxrun.reparse", v) for v in reparse])
    put(kind, [("user.DOSATTRIB", v) for v in (b"", b"0xzz", b"0x" + b"f" * 200, b"\xff" * 90)])
    put(kind, [("user.nt.LX.NAME", v) for v in (b"", b"lx", b"lxea", b"\xff" * 2000)])
END
}
# What every command says is its own affair; that each comes to an end with a status is not.
touch_all='cd "$1" && for f in *; do
	for what in "stat" "stat -L" "cat" "ls -la" "readlink" "touch" "mkdir -p"; do
		[ "$what" != cat ] || ! [ -p "$f" ] || continue # nobody would write
		$what "$f" >/dev/null 2>&1 || [ $? -lt 120 ] || echo "$what $f: $?"
	done
	mv "$f" "x$f" || echo "mv $f"
done; cd / && rm -rf "$1" && echo all gone'
for dir in "/srv/lies" "/mnt/c/lies"; do
	case $dir in /mnt/c/*) host=$work/drive/lies ;; *) host=$(store)$dir ;; esac
	lies "$host"
	equal "xattrs that make no sense, $dir" "$(lx bash -c "$touch_all" x "$dir")" "all gone"
done

# ---- names ----
for dir in /srv /mnt/c; do
	equal "names of 255 bytes and of one more, $dir" "$(lx bash -c 'cd "$1"; n=$(printf "%0255d" 7)
		echo in >"$n" && cat "$n" && mv "$n" "y${n:1}" && rm "y${n:1}"; { echo in >"1$n"; } 2>/dev/null || echo too long' x $dir)" "in
too long"
done

# ---- very many names ----
equal "$many names in one directory" "$(LIMIT=280 lx bash -c 'mkdir /srv/many && cd /srv/many && for ((i = 0; i < $1; i++)); do : >$i; done
	ls -f | wc -l; [ -e $(($1 - 1)) ] && ! [ -e $1 ] && cd / && rm -r /srv/many && echo gone' x "$many")" "$((many + 2))
gone"

# ---- a full disk ----
# A small file system of the user's own that both the distribution's / and the drive are in.
full() {
	local disk=$work/full
	mkdir -p "$disk" && mount -t tmpfs -o size=24m none "$disk" 2>/dev/null || return 0
	trap 'umount -l "$work/full"; chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
	xattr_place "$disk" >/dev/null 2>&1 || return 0
	mkdir "$disk/drive" && chmod 777 "$disk" "$disk/drive"
	equal "a full disk is told of, and what was synced is there" "$("${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin timeout -k 5 60 \
		"$lxrun" --drive c="$disk/drive" -d store bash -c 'cd /mnt/c; line=$(printf "%01000d" 5); n=0
		while { for ((i = 0; i < 200; i++)); do echo $line; done >f$n; } 2>/dev/null && sync f$n; do n=$((n + 1)); done
		[ $n -gt 50 ] && [ $n -lt 130 ] || echo "$n files"
		for ((i = 0; i < n; i++)); do [ $(wc -c <f$i) = 200200 ] || echo "f$i is not whole"; done
		{ echo x >another && mkdir d && echo y >d/e; } 2>/dev/null
		rm f0 f1 f$n && echo again >another && cat another' </dev/null 2>&1)" again
	equal "... on the host, too" "$(find "$disk/drive" -name 'f*' -size -195k | wc -l)" 0
}
[ "$(id -u)" != 0 ] || full
end_suite store
