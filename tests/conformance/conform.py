#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""conform.py - runs tests of a public suite natively and under lxrun and compares the verdicts.

The suites are not part of the project: give the path of an installed LTP or of the built lxcore unit
tests (docs/conformance.md says how to get them). A test counts when it passes natively in the same
run; tests/expect/conform-*.txt says which of those are known to fail under lxrun, and why. A row
whose test passes fails the run, like a test that fails without one.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
# What a test must not be able to do to the machine when it runs natively as root.
CONFINE = ["unshare", "--uts", "setpriv", "--bounding-set=-sys_time,-sys_boot,-sys_module"]
LTP_BITS = ((1, "fail"), (2, "broken"), (4, "warn"), (32, "conf"))  # exit status of an LTP test


class Ltp:
    """An installed LTP: testcases/bin and runtest/NAME, whose rows are a tag and a command."""

    expect = "conform-ltp.txt"

    def __init__(self, root, runtest):
        self.root = os.path.abspath(root)
        self.bin = os.path.join(self.root, "testcases", "bin")
        self.list = os.path.join(self.root, "runtest", runtest) if "/" not in runtest else runtest

    def tests(self):
        with open(self.list, encoding="utf-8") as rows:
            for row in rows:
                tag, _, command = row.strip().partition(" ")
                if command and not tag.startswith("#"):
                    yield tag, ["sh", "-c", command.strip()]

    def missing(self, command):
        words = command[2].split()
        return "=" not in words[0] and not shutil.which(words[0], path=self.bin)

    def environment(self):
        return {"LTPROOT": self.root, "LTP_COLORIZE_OUTPUT": "0", "KCONFIG_SKIP_CHECK": "1",
                "PATH": self.bin + ":" + os.environ["PATH"]}

    @staticmethod
    def verdict(status, _output):
        for bit, name in LTP_BITS:
            if status & bit:
                return name
        return "pass" if status == 0 else f"exit {status}"


class Lxcore:
    """
    The lxcore unit tests: one program whose groups, named by its first argument, have variations that a mask
    chooses. Each variation is a test of its own: GROUP/BIT.
    """

    expect = "conform-lxcore.txt"

    def __init__(self, program, _runtest):
        self.program = os.path.abspath(program)

    def tests(self):
        with open(os.path.join(HERE, "lxcore-groups.txt"), encoding="utf-8") as rows:
            groups = [row.strip() for row in rows if row.strip() and not row.startswith("#")]
        for group in groups:
            usage = subprocess.run([self.program, group, "-l", "2", "-h"], capture_output=True,
                                   stdin=subprocess.DEVNULL, timeout=20, check=False).stdout
            masks = re.findall(r"LxtShowUsage:\d+: .*: (\d+)$", usage.decode("utf-8", "replace"), re.M)
            for mask in masks:
                yield (f"{group}/{int(mask).bit_length() - 1}",
                       [self.program, group, "-l", "2", "-v", mask])

    def missing(self, _command):
        return False

    def environment(self):
        return {}

    @staticmethod
    def verdict(_status, output):
        """The exit status says little here: success of one part covers failure of another."""
        if re.search(r"\bERROR: ", output):
            return "fail"
        return "pass" if "PASS: LxtRunVariations" in output else "broken"


def group_processes(pgid):
    """Processes that the test left behind in its session."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="latin-1") as f:
                if name.isdigit() and int(f.read().rpartition(")")[2].split()[3]) == pgid:
                    yield int(name)
        except (OSError, IndexError, ValueError):
            pass


def end_session(pid):
    for left in group_processes(pid):
        try:
            os.kill(left, signal.SIGKILL)
        except ProcessLookupError:
            pass


def run(suite, command, prefix, timeout, log):
    """Runs one side of one test in a directory and a session of its own. Returns its verdict."""
    work = tempfile.mkdtemp(prefix="lxrun-conform.")
    os.chmod(work, 0o1777)
    env = dict(os.environ, TMPDIR=work, **suite.environment())
    with open(log, "wb+") as out:
        child = subprocess.Popen(prefix + command, cwd=work, env=env, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        end_session(child.pid)
        child.wait()
        out.seek(0)
        output = out.read().decode("utf-8", "replace")
    subprocess.run(["chmod", "-R", "u+rwx", work], stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(work, ignore_errors=True)
    if status is None:
        return "timeout"
    return f"signal {-status}" if status < 0 else suite.verdict(status, output)


def read_rows(path):
    """Rows of an expectation file: pattern, verdict (fail, flaky, skip), reason."""
    rows = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                words = line.split(None, 2)
                if words and not line.startswith("#"):
                    if len(words) < 3 or words[1] not in ("fail", "flaky", "skip"):
                        sys.exit(f"{path}: bad row: {line.strip()}")
                    rows.append(words)
    return rows


def reasons(log):
    """The lines of a test's output that say what went wrong."""
    with open(log, encoding="utf-8", errors="replace") as f:
        lines = f.read().splitlines()
    told = [l for l in lines if re.search(r"TFAIL|TBROK|TWARN|^lxrun:|FAILED|ERROR", l)]
    return (told or lines[-3:])[:4]


def native_prefix():
    if os.geteuid():
        return []
    try:
        able = subprocess.run(CONFINE + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        able = False
    return CONFINE if able else []


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    which = p.add_mutually_exclusive_group(required=True)
    which.add_argument("--ltp", metavar="DIR", help="an installed LTP")
    which.add_argument("--lxcore", metavar="PROGRAM", help="the built lxcore unit tests")
    p.add_argument("--runtest", default="syscalls", metavar="NAME", help="runtest file of the LTP")
    p.add_argument("--filter", default="", metavar="REGEX", help="only tests whose name begins with a match")
    p.add_argument("--expect", metavar="FILE", help="known differences (default: tests/expect/conform-*.txt)")
    p.add_argument("--jobs", type=int, default=2, metavar="N")
    p.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for one side of one test")
    p.add_argument("--logs", metavar="DIR", help="keep the output of every test there")
    p.add_argument("--lxrun", default=os.path.join(TOP, os.environ.get("O", "build"), "lxrun"))
    return p.parse_args()


class Report:
    def __init__(self, rows):
        self.rows = rows
        self.passed = self.failed = self.known = self.uncounted = 0

    def row_of(self, name):
        for row in self.rows:
            if fnmatch.fnmatchcase(name, row[0]):
                return row
        return None

    def add(self, name, native, guest, log):
        row = self.row_of(name)
        if native != "pass":
            self.uncounted += 1
        elif guest == "pass" and row and row[1] == "fail":
            self.failed += 1
            print(f"FAIL {name}: expected to fail ({row[2].strip()}), but passes")
        elif guest == "pass":
            self.passed += 1
        elif row:
            self.known += 1
        else:
            self.failed += 1
            print(f"FAIL {name}: natively pass, under lxrun {guest}")
            for line in reasons(log):
                print(f"    {line[:150]}")
        sys.stdout.flush()

    def close(self):
        total = self.passed + self.failed + self.known
        if total:
            print(f"conformance: {self.passed} of {total} that pass natively pass under lxrun "
                  f"({100 * self.passed / total:.1f} %), {self.known} known differences, "
                  f"{self.uncounted} not counted: no pass natively")
        print(f"conformance: {self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not total else 0


def main():
    opt = arguments()
    suite = Ltp(opt.ltp, opt.runtest) if opt.ltp else Lxcore(opt.lxcore, opt.runtest)
    report = Report(read_rows(opt.expect or os.path.join(TOP, "tests", "expect", suite.expect)))
    logs = opt.logs or tempfile.mkdtemp(prefix="lxrun-conform-logs.")
    os.makedirs(logs, exist_ok=True)
    lxrun = [os.path.abspath(opt.lxrun), "--kernel-release=" + os.uname().release]
    native = native_prefix()

    def both(name, command):
        log = os.path.join(logs, name.replace("/", "-"))
        first = run(suite, command, native, opt.timeout, log + ".native")
        guest = "not run"
        if first == "pass":
            guest = run(suite, command, lxrun, opt.timeout, log + ".lxrun")
        return name, first, guest, log + ".lxrun"

    chosen = []
    for name, command in suite.tests():
        row = report.row_of(name)
        if not re.match(opt.filter, name) or suite.missing(command) or (row and row[1] == "skip"):
            continue
        chosen.append((name, command))
    with concurrent.futures.ThreadPoolExecutor(opt.jobs) as pool, \
            open(os.path.join(logs, "verdicts"), "w", encoding="utf-8") as table:
        for done in concurrent.futures.as_completed([pool.submit(both, *c) for c in chosen]):
            name, first, guest, log = done.result()
            print(f"{name}\t{first}\t{guest}", file=table, flush=True)
            report.add(name, first, guest, log)
    if not opt.logs:
        shutil.rmtree(logs)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
