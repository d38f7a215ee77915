#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""quirks.py LXRUN PROBE: each row of --list-quirks off and on. Off, what a program sees is what it sees
natively; on, it is what WSL 1 showed."""
import json
import os
import subprocess
import sys

LXRUN, PROBE = sys.argv[1:3]
BUILD = "16299"  # whose release name differs from the default
failed = 0


def rows(command):
    out = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
    return {line.split("\t")[0]: line.split("\t")[1:] for line in out.stdout.splitlines()}


def check(name, what, got, wanted):
    global failed
    if got != wanted:
        failed += 1
        print(f"FAIL {name} {what}: {got}, expected {wanted}")


quirks = json.loads(subprocess.run([LXRUN, "--list-quirks=json"], capture_output=True, check=True).stdout)
probes = {q["name"]: ["call:" + c for c in q["calls"].split()] or [q["test"]] for q in quirks}
names = [p for list_ in probes.values() for p in list_]
os.umask(0o022)
# What calls do natively is not asked: this may be root, and the machine is not ours.
native = rows([PROBE] + [n for n in names if not n.startswith("call:") and n != "uname"])
off = rows([LXRUN, PROBE] + names)
for quirk, list_ in probes.items():
    on = rows([LXRUN, f"--quirks=wsl1:{BUILD},none,+{quirk}", PROBE] + list_)
    for probe in list_:
        seen, wsl1 = off[probe]
        check(quirk, f"({probe}) off is not WSL 1's", seen != wsl1, True)
        if probe in native:
            check(quirk, f"({probe}) off", seen, native[probe][0])
        check(quirk, f"({probe}) on", on.get(probe, ["nothing"])[0], wsl1)
everything = rows([LXRUN, "--quirks=wsl1:14947", PROBE] + names)
for q in quirks:
    has = q["first"] <= 14947 <= (q["last"] or 99999)
    for probe in probes[q["name"]]:
        if probe != "uname":
            check(q["name"], f"({probe}) in build 14947", everything[probe][0] == everything[probe][1], has)
print(f"{len(quirks)} quirks, {failed} failed")
sys.exit(failed > 0)
