#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""bench.py: native, lxrun and the bare floor side by side, in one run. Files: files.py.

Each round measures everything natively and under lxrun, one right after the other; a row shows the
medians and the median of the rounds' ratios.  Environment: O (build directory), ROUNDS, MS (per call), JSON (a file for
the results, which --conform --bench draws).
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../src/cli/conform"))
from chart import figure

O = os.path.realpath(os.environ.get("O", "build"))
LXRUN, BENCH, FLOOR, STATIC, NT = (
    f"{O}/{name}" for name in ("lxrun", "bench/bench", "bench/floor", "bench/nothing", "bench/nt"))
ROUNDS, MS = int(os.environ.get("ROUNDS", 5)), os.environ.get("MS", "60")
JSON = os.path.realpath(os.environ["JSON"]) if os.environ.get("JSON") else None
# Ratios to reach: to native, or to the floor.
TARGETS = {"null call": (None, 1.15), "pread 4 KiB": (None, 1.3), "stat": (None, 2.2), "open+close": (None, 4.0),
           "fork+exit+wait": (1.6, None), "pthread create+join": (3.0, None), "signal to self": (6.0, None), "spawn /bin/true": (2.0, None), "200 spawns in a shell loop": (2.0, None),
           "gcc -c, ten headers": (1.35, None), "python3 start": (1.5, None),
           "write 256 MiB, 1 MiB each": (1.15, None), "read 256 MiB, 1 MiB each": (1.15, None)}


# Ratio to the floor of a signal (floor.c): one notification and one stop, of which neither can be left out.
OF_FLOOR = {"signal to self": 1.5}
# Ratio to another row of lxrun's; nanoseconds that lxrun may add.
OF_ROW = {"null call, 500 idle guests": ("null call", 1.25)}
ADDED = {"two keys and their echo": 1e6}


def prepare():
    """Makes what the whole programs work on, in the current directory."""
    with open("loop.sh", "w") as f:
        f.write("i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i + 1)); done\n")
    with open("ten.c", "w") as f:
        headers = "stdio stdlib string errno fcntl unistd sys/stat sys/mman pthread math".split()
        f.write("".join(f"#include <{h}.h>\n" for h in headers))
        f.write("int f(int x) { char b[64]; snprintf(b, sizeof(b), \"%d\", x); return (int)strlen(b); }\n")


PROGRAMS = {  # name: (times, command)
    "200 spawns in a shell loop": (1, ["sh", "loop.sh"]),
    "write 256 MiB, 1 MiB each": (1, ["dd", "if=/dev/zero", "of=large", "bs=1M", "count=256", "conv=notrunc", "status=none"]),
    "read 256 MiB, 1 MiB each": (1, ["dd", "if=large", "of=/dev/null", "bs=1M", "status=none"]),
    "gcc -c, ten headers": (3, ["gcc", "-c", "-O1", "-o", "ten.o", "ten.c"]),
    "python3 start": (5, ["/usr/bin/python3", "-c", "pass"]),
}


def lines(command):
    out = subprocess.run(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True).stdout.decode()
    return [(name, float(ns)) for name, ns in (line.split("\t") if "\t" in line else line.split() for line in out.splitlines())]


def measure(launch):
    result = dict(lines(launch + [BENCH, "calls", MS, STATIC]))
    for name, (times, command) in PROGRAMS.items():
        result[name] = lines(launch + [BENCH, "run", str(times)] + command)[0][1]
    return result


# The NT layer without a guest: ratios to reach, and nanoseconds where the host has nothing like it.
# An open on lx and win asks for the file's metadata as well: one host call more than the host's open.
NT_RATIOS = {"open+query+close, host volume": 1.5, "10,000 names: other letters / exact": 3.0}
NT_LIMITS = {"NtCreateEvent+NtClose": 500}


def nt_layer():
    print(f"\n{'NT calls, no guest; CPU time':40}{'before':>10}{'NT':>10}{'ratio':>8}   to reach")
    out = subprocess.run([NT, str(4 * int(MS))], stdout=subprocess.PIPE, check=True).stdout.decode()
    for name, before, nt in (line.split("\t") for line in out.splitlines()):
        before, nt, goal = float(before), float(nt), ""
        limit, got = (NT_RATIOS.get(name), nt / before) if before else (NT_LIMITS.get(name), nt)
        if limit:
            goal = (f"{limit} x" if before else f"{limit} ns") + ("" if got <= limit else "  MISSED")
        ratio = f"{nt / before:8.2f}" if before else f"{'':8}"
        print(f"{name:40}{figure(before) if before else '':>10}{figure(nt):>10}{ratio}   {goal}".rstrip())


def main():
    rounds = []
    with tempfile.TemporaryDirectory(prefix="lxrun-bench.") as work:
        os.chdir(work)
        prepare()
        for n in range(ROUNDS):
            floor = dict(lines([FLOOR, "300"]))
            rounds.append((floor["floor"], measure([]), measure([LXRUN]), floor["signal"]))
            start = lines([BENCH, "run", "9", "/bin/true"])[0][1], lines([BENCH, "run", "9", LXRUN, "/bin/true"])[0][1]
            for side, value in zip(rounds[-1][1:3], start):
                side["lxrun itself, start to end"] = value
            print(f"\rround {n + 1} of {ROUNDS}", end="", file=sys.stderr)
            os.chdir(work)
        os.chdir("/")
    print(file=sys.stderr)
    median = statistics.median
    print(f"floor (a notified call answered at once): {figure(median(r[0] for r in rounds))}, median of {ROUNDS} rounds\n")
    print(f"{'':28}{'native':>10}{'lxrun':>10}{'x native':>10}{'x floor':>10}   to reach")
    kept = []
    for name in rounds[0][1]:
        native, lxrun = median(r[1][name] for r in rounds), median(r[2][name] for r in rounds)
        by_native = median(r[2][name] / r[1][name] for r in rounds)
        by_floor = median(r[2][name] / r[0] for r in rounds)
        kept.append({"name": name, "native_ns": native, "lxrun_ns": lxrun, "ratio": by_native})
        target = ""
        for want, got, what in zip(TARGETS.get(name, (None, None)), (by_native, by_floor), ("native", "floor")):
            if want:
                target = f"{want} x {what}{'' if got <= want else '  MISSED'}"
        if name in OF_FLOOR:
            want = OF_FLOOR[name]
            native_floor, got = median(r[3] / r[1][name] for r in rounds), median(r[2][name] / r[3] for r in rounds)
            target += f"; {want} x its own floor, here {got:.2f}{'' if got <= want else '  MISSED'} (the floor is {native_floor:.1f} x native)"
        if name in OF_ROW:
            row, want = OF_ROW[name]
            got = median(r[2][name] / r[2][row] for r in rounds)
            target = f"{want} x {row}{'' if got <= want else '  MISSED'}"
        if name in ADDED:
            target = f"+ {figure(ADDED[name])}{'' if lxrun - native <= ADDED[name] else '  MISSED'}"
        shown = f"{by_floor:10.2f}" if by_floor < 100 else f"{'':10}"
        print(f"{name:28}{figure(native):>10}{figure(lxrun):>10}{by_native:10.2f}{shown}   {target}".rstrip())
    if JSON:
        uname = os.uname()
        with open(JSON, "w", encoding="utf-8") as f:
            json.dump({"v": 1, "rounds": ROUNDS, "kernel": f"{uname.sysname} {uname.release} {uname.machine}",
                       "floor_ns": median(r[0] for r in rounds), "rows": kept}, f, indent=1)


if __name__ == "__main__":
    main()
    with tempfile.TemporaryDirectory(prefix="lxrun-bench.") as place:
        os.chdir(place)
        nt_layer()
        os.chdir("/")
