#!/bin/bash
# SPDX-License-Identifier: MIT
# killed.sh: lxrun is killed in the midst of random changes to files of a distribution and of a drive; whatever had
# been made is there afterwards, what had not is not, and nothing is half made (tests/killed/churn.c).
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
place=$(xattr_place "${TMPDIR:-/var/tmp}" /var/tmp "$O") || { echo "killed: 0 passed, 0 failed"; exit; }
begin_suite killed "$place"
runs=${RUNS:-12} changes=1000

lx() { "${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin timeout -k 5 60 "$lxrun" --drive c="$work/drive" "$@" </dev/null; }

# Kills lxrun when so many changes have been told of; says how many had been.
interrupted() { # directory, seed, number
	local told=0 pid
	exec 3< <("${as_user[@]}" env -i HOME="$work/home" PATH=/usr/bin:/bin sh -c 'echo $$; exec "$0" "$@"' \
		"$lxrun" --drive c="$work/drive" -d churn /churn "$2" "$changes" "$1" </dev/null 2>&1)
	read -r pid <&3
	while read -r line <&3; do
		[ "$line" = "done" ] || echo "$line" >&2
		told=$((told + 1))
		[ $told != "$3" ] || kill -KILL "$pid"
	done
	exec 3<&-
	echo $told
}

small_root "$work/root" bash
mkdir -p "$work/home" "$work/drive"
cp "$O/killed/churn" "$work/root/" || exit 1
printf '[automount]\noptions = metadata\n' >"$work/root/etc/wsl.conf"
for ((i = 0; i < runs; i++)); do mkdir -p "$work/root/srv/$i" "$work/drive/$i"; done
tar --owner=0 --group=0 -C "$work/root" -cf "$work/root.tar" .
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$work/home" "$work/drive"
lx --install churn "$work/root.tar" || exit 1
for ((i = 0; i < runs; i++)); do
	for dir in "/srv/$i" "/mnt/c/$i"; do
		told=$(interrupted "$dir" "$i" $((RANDOM % changes + 1)))
		equal "after $told changes, seed $i, $dir" "$(lx -d churn /churn --check "$i" "$told" "$dir" 2>&1)" ""
	done
done
equal "undisturbed, all is made" "$(lx -d churn bash -c '/churn 7 1000 /tmp >/tmp/told; /churn --check 7 1000 /tmp' 2>&1)" ""
end_suite killed
