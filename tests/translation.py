#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""translation.py LXRUN GUEST_DIR: include/lx/translation.def, from runs of the guest tests with --stats.

Which NT calls each Linux call became, most frequent first, and which tests make it. Rare company (an NT call
that less than one in fifty calls became) is left out: it belongs to a cache that had to be emptied just then.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

LXRUN, GUEST = (os.path.abspath(p) for p in sys.argv[1:3])
HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * translation.def - what the guest tests showed: for each Linux call the NT calls that it became, most frequent
 * first, and the tests (tests/guest) that make it. Made by tests/translation.py; --explain shows it.
 *
 *   TRANSLATION(call, "NT calls", "tests")
 */
"""
COMMON = 6  # of the tests, the rarest: execve of a start-up is covered by all, and by none in particular


def stats_of(program):
    work = tempfile.mkdtemp()
    os.chmod(work, 0o755)
    out = os.path.join(work, "stats")
    os.mkdir(os.path.join(work, "dir"))
    subprocess.run(["timeout", "-k", "5", "200", LXRUN, f"--stats={out}", "--stats-format=json",
                    os.path.join(GUEST, program)], cwd=os.path.join(work, "dir"), stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    try:
        with open(out, encoding="utf-8") as f:
            return json.load(f)["syscalls"]
    except (OSError, ValueError):
        print(f"{program}: no statistics", file=sys.stderr)
        return []
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", work], check=False)
        shutil.rmtree(work, ignore_errors=True)


def main():
    calls, nt, tests = {}, {}, {}
    for program in sorted(p for p in os.listdir(GUEST) if "." not in p and p not in ("hostile", "load")):
        if not os.path.isfile(os.path.join(GUEST, program)):
            continue
        for row in stats_of(program):
            name = row["name"]
            calls[name] = calls.get(name, 0) + row["calls"]
            tests.setdefault(name, {})[program] = row["calls"]
            for below, count in row["nt"].items():
                nt.setdefault(name, {}).setdefault(below, 0)
                nt[name][below] += count["calls"]
    sys.stdout.write(HEAD)
    for name in sorted(calls):
        below = sorted((n for n, c in nt.get(name, {}).items() if c * 50 >= calls[name]), key=lambda n: -nt[name][n])
        most = sorted(tests[name], key=lambda p: -tests[name][p])[:COMMON]
        print(f'TRANSLATION({name}, "{" ".join(below)}", "{" ".join(sorted(most))}")')


if __name__ == "__main__":
    main()
