#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""files.py: files natively, on a host volume, inside a distribution (lx) and on its drive C (win), in one run.

Each round does the same in one place right after the other; a row shows the medians of the native times and of the
rounds' ratios.  Environment: O (build directory), FILES_ROUNDS, MS (per call), TMPDIR.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from bench import BENCH, FLOOR, LXRUN, MS, STATIC, figure, lines

ROUNDS = int(os.environ.get("FILES_ROUNDS", 3))
SIZE = {"names": 10000, "dirs": 50, "files": 100, "untar_dirs": 100, "untar_files": 200}
CALLS = ["stat", "open+close", "create+unlink", "read 1 MiB", "write 1 MiB"]
PROGRAMS = {  # name: (times, command)
    "readdir of 10,000 names": (3, ["ls", "-f", "many"]),
    "git status of 5,000 files": (3, ["git", "-C", "repo", "status", "--short"]),
    "find of 5,000 files": (3, ["find", "repo", "-name", "nothing"]),
    "tar of 5,000 files": (1, ["tar", "cf", "repo.tar", "repo"]),
    "cp -a of 5,000 files": (1, ["cp", "-a", "repo", "copy"]),
    "untar of 20,000 files": (1, ["tar", "xf", "many.tar", "-C", "copy"]),
}
# To reach on lx: a ratio to native, or to the floor. On a drive: DRIVE times what it is on lx.
TARGETS = {"readdir of 10,000 names": 2.0, "git status of 5,000 files": 4.0, "find of 5,000 files": 3.0,
           "tar of 5,000 files": 2.5, "cp -a of 5,000 files": 2.5, "untar of 20,000 files": 3.0,
           "create+unlink": 2.5, "read 1 MiB": 1.15, "write 1 MiB": 1.15}
FLOOR_TARGETS = {"stat": 1.6, "open+close": 3.0}
DRIVE = 1.5

# What is worked on, made by the place itself: git's index then has the numbers and times of that place.
PREPARE = r"""
set -e
mkdir many repo copy
i=0; while [ $i -lt {names} ]; do : >many/$i; i=$((i + 1)); done
cd repo
d=0; while [ $d -lt {dirs} ]; do
	mkdir d$d
	n=0; while [ $n -lt {files} ]; do echo $d $n >d$d/f$n; n=$((n + 1)); done
	d=$((d + 1))
done
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
git init -q --template=
git add .
git commit -q -m x
""".format(**SIZE)


def xattr_place():
    for place in (os.environ.get("TMPDIR", "/var/tmp"), "/var/tmp", os.path.dirname(LXRUN)):
        with tempfile.NamedTemporaryFile(dir=place) as probe:
            try:
                os.setxattr(probe.name, "user.x", b"x")
                return place
            except OSError:
                pass
    sys.exit("files.py: no directory keeps user xattrs")


class Places:
    """Where the work is done, and how a command gets there: as an ordinary user, root inside."""

    def __init__(self, work):
        user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.getuid() == 0 else []
        self.work = work
        user += ["env", "-i", f"HOME={work}/home", "PATH=/usr/bin:/bin"]
        self.user = user
        guest = user + [LXRUN, "-d", "bench", "-u", "0", "--drive", f"c={work}/drive"]
        self.launch = {
            "native": user + ["env", "-C", f"{work}/native"],
            "host": user + ["env", "-C", f"{work}/host", LXRUN],
            "lx": guest + ["--cd", "/srv"],
            "win": guest + ["--cd", "/mnt/c"],
        }
        for name in ("home", "drive", "native", "host"):
            os.mkdir(f"{work}/{name}")
        self.install()
        self.make_archive()

    def install(self):
        root = f"{self.work}/root"
        subprocess.run(["bash", "-c", f". tests/lib.sh; small_root {root} bash cat cp find git ls mkdir rm tar true"],
                       check=True)
        os.mkdir(f"{root}/srv")
        shutil.copy(BENCH, f"{root}/bin/bench")
        shutil.copy(STATIC, f"{root}/bin/nothing")
        subprocess.run(["tar", "--owner=0", "--group=0", "-C", root, "-cf", f"{root}.tar", "."], check=True)
        if os.getuid() == 0:
            for name in ("home", "drive", "native", "host"):
                os.chown(f"{self.work}/{name}", 65534, 65534)
            os.chmod(self.work, 0o755)
        subprocess.run(self.user + [LXRUN, "--install", "bench", f"{root}.tar"], check=True, stdout=subprocess.DEVNULL)

    def make_archive(self):
        with tempfile.TemporaryDirectory(dir=self.work) as top:
            for d in range(SIZE["untar_dirs"]):
                os.makedirs(f"{top}/src/d{d}")
                for n in range(SIZE["untar_files"]):
                    with open(f"{top}/src/d{d}/f{n}", "w") as f:
                        f.write("x" * 100)
            subprocess.run(["tar", "-C", top, "--owner=0", "--group=0", "-cf", f"{self.work}/many.tar", "src"],
                           check=True)
        with open(f"{self.work}/prepare.sh", "w") as f:
            f.write(PREPARE)

    def run(self, place, command, **more):
        return subprocess.run(self.launch[place] + command, check=True, stdin=subprocess.DEVNULL, **more)

    def prepare(self, place):
        for name in ("many.tar", "prepare.sh"):
            with open(f"{self.work}/{name}", "rb") as f:
                subprocess.run(self.launch[place] + ["sh", "-c", f"cat >{name}"], stdin=f, check=True)
        self.run(place, ["sh", "prepare.sh"])
        self.run(place, ["git", "-C", "repo", "status", "--short"], stdout=subprocess.DEVNULL)

    def bench(self, place, *words):
        bench, static = (BENCH, STATIC) if place in ("native", "host") else ("/bin/bench", "/bin/nothing")
        words = [static if word == STATIC else word for word in words]
        return lines(self.launch[place] + [bench] + words)

    def measure(self, place):
        result = dict(self.bench(place, "calls", MS, STATIC, *CALLS))
        for name, (times, command) in PROGRAMS.items():
            result[name] = self.bench(place, "run", str(times), *command)[0][1]
        self.run(place, ["rm", "-rf", "copy/src", "copy/repo", "repo.tar"])
        return result


def main():
    with tempfile.TemporaryDirectory(prefix="lxrun-bench.", dir=xattr_place()) as work:
        places = Places(work)
        for place in places.launch:
            places.prepare(place)
        rounds = []
        for n in range(ROUNDS):
            floor = lines([FLOOR, "300"])[0][1]
            rounds.append((floor, {place: places.measure(place) for place in places.launch}))
            print(f"\rfiles: round {n + 1} of {ROUNDS}", end="", file=sys.stderr)
    print(file=sys.stderr)
    median = statistics.median
    print(f"\n{'files, x native':28}{'native':>10}{'host':>9}{'lx':>9}{'win':>9}{'lx/floor':>10}{'win/lx':>8}   to reach")
    for name in rounds[0][1]["native"]:
        ratio = {place: median(r[place][name] / r["native"][name] for _, r in rounds) for place in places.launch}
        floors = median(r["lx"][name] / floor for floor, r in rounds)
        drive = median(r["win"][name] / r["lx"][name] for _, r in rounds)
        want, got, of = ((FLOOR_TARGETS[name], floors, "floor") if name in FLOOR_TARGETS
                         else (TARGETS[name], ratio["lx"], "native"))
        missed = ("  MISSED" if got > want else "") + ("  win MISSED" if drive > DRIVE else "")
        native = figure(median(r["native"][name] for _, r in rounds))
        shown = f"{floors:10.2f}" if name in FLOOR_TARGETS else f"{'':10}"
        print(f"{name:28}{native:>10}{ratio['host']:9.2f}{ratio['lx']:9.2f}{ratio['win']:9.2f}{shown}{drive:8.2f}"
              f"   {want} x {of}{missed}")


if __name__ == "__main__":
    main()
