# SPDX-License-Identifier: MIT
"""lxrun --conform: runs tests natively and under lxrun and compares the verdicts.

SUITE is an installed LTP, a directory of test programs, or a list: a file of rows "NAME COMMAND". Result files
of earlier runs (*.json), the shards of a CI job for example, are put together instead of run. A test counts
when it passes natively in the same run. docs/conformance.md has the rest.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import sys
import tempfile

import chart
import index
import page
import report
import run
import suites


def seconds(text):
    """As lxrun's other options have times: a number and ms, s or m; without one, seconds."""
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60), ("", 1)):
        if text.endswith(unit):
            return float(text[: len(text) - len(unit)]) * factor


def arguments():
    p = argparse.ArgumentParser(prog="lxrun --conform", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("suite", nargs="+", metavar="SUITE", help="LTP, directory, list; or result files")
    p.add_argument("--format", choices=suites.FORMATS, help="how tests tell their result (default: auto; LTP: ltp)")
    p.add_argument("--runtest", default="syscalls", metavar="NAME", help="runtest file of the LTP")
    p.add_argument("--groups", metavar="FILE", help="SUITE is the lxcore unit tests' program; FILE names its groups")
    p.add_argument("--filter", default="", metavar="REGEX", help="only tests whose name begins with a match")
    p.add_argument("--shard", default="1/1", metavar="K/N", help="only every N-th test, from the K-th on")
    p.add_argument("--expect", metavar="FILE", help="known differences: rows NAME fail|flaky|skip REASON")
    p.add_argument("--jobs", type=int, default=2, metavar="N")
    p.add_argument("--timeout", type=seconds, default=60, metavar="TIME", help="for one side of one test: 90, 1.5m, 500ms; a bare number is seconds")
    p.add_argument("--retries", type=int, default=1, metavar="N", help="of a test that fails under lxrun only")
    p.add_argument("--wsl1", nargs="?", const="wsl1", metavar="QUIRKS", help="a third side: lxrun --quirks=wsl1")
    p.add_argument("--user", metavar="NAME", help="who runs lxrun, when root runs this: natively it is root still")
    p.add_argument("--no-trace", action="store_true", help="do not run a test that differs again with a trace")
    p.add_argument("--logs", metavar="DIR", help="keep the output of every test there")
    p.add_argument("--json", metavar="FILE", help="write the results there")
    p.add_argument("--html", metavar="FILE", help="write one page that shows them")
    p.add_argument("--badge", metavar="FILE", help="write the ratio as a small SVG")
    p.add_argument("--bench", metavar="FILE", help="results of `make bench`, for a chart of speed on the page")
    p.add_argument("--index", metavar="FILE", help="SUITEs are result files: write a page over their reports")
    p.add_argument("--suite-commit", metavar="TEXT", help="the suite's version, if it does not say it itself")
    p.add_argument("--lxrun", required=True, help=argparse.SUPPRESS)
    p.add_argument("--with", dest="options", action="append", default=[], help=argparse.SUPPRESS)
    opt = p.parse_args()
    shard = re.fullmatch(r"(\d+)/(\d+)", opt.shard)
    if not shard or not 1 <= int(shard.group(1)) <= int(shard.group(2)):
        p.error(f"--shard {opt.shard}: K/N is wanted, K from 1 to N")
    opt.shard_k, opt.shard_n = int(shard.group(1)), int(shard.group(2))
    if not 1 <= opt.jobs <= 256 or opt.timeout <= 0 or opt.retries < 0:
        p.error("--jobs is from 1 to 256, --timeout is positive, --retries is not negative")
    return opt


class Runner:
    """All sides of one test after the other; many tests at a time."""

    def __init__(self, opt, suite, expect, logs):
        self.opt, self.suite, self.expect, self.logs = opt, suite, expect, logs
        self.native = run.native_prefix()

    def lxrun(self, *more):
        return run.lxrun_prefix(self.opt.lxrun, self.opt.options + list(more), self.suite, self.opt.user)

    def side(self, test, prefix, log):
        return run.run(self.suite, test, prefix, self.opt.timeout, log)

    def one(self, test):
        log = os.path.join(self.logs, test.name.replace("/", "-"))
        result = report.Result(test, self.expect.row_of(test.name))
        result.native = self.side(test, self.native, log + ".native")
        if result.native.verdict != "pass":
            return result
        result.lxrun = self.side(test, self.lxrun(), log + ".lxrun")
        for _ in range(self.opt.retries):
            if not result.differs() or (result.row and result.row.verdict == "fail"):
                break
            again = self.side(test, self.lxrun(), log + ".lxrun")
            result.retried(again)
        if result.differs() and not self.opt.no_trace:
            result.trace = run.trace(self.suite, test, self.lxrun(*run.traced(log)), self.opt.timeout, log)
        if self.opt.wsl1:
            result.wsl1 = self.side(test, self.lxrun("--quirks=" + self.opt.wsl1), log + ".wsl1")
        return result

    def chosen(self):
        wanted = []
        for test in self.suite.tests():
            row = self.expect.row_of(test.name)
            if re.match(self.opt.filter, test.name) and not (row and row.verdict == "skip"):
                wanted.append(test)
        return wanted[self.opt.shard_k - 1::self.opt.shard_n]

    def all(self, results):
        with concurrent.futures.ThreadPoolExecutor(self.opt.jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(self.one, t) for t in self.chosen()]):
                results.add(done.result())


def run_suite(opt):
    suite = suites.open_suite(opt.suite[0], opt.runtest, opt.groups)
    suite.format = opt.format or suite.format
    expect = report.Expectations(opt.expect)
    logs = opt.logs or tempfile.mkdtemp(prefix="lxrun-conform-logs.")
    os.makedirs(logs, exist_ok=True)
    results = report.Results.of_run(suite, opt)
    try:
        Runner(opt, suite, expect, logs).all(results)
    finally:
        if not opt.logs:
            shutil.rmtree(logs, ignore_errors=True)
    return results


def load(paths):
    """Result files, put together."""
    documents = []
    for path in paths:
        with open(path, encoding="utf-8") as f:
            documents.append(json.load(f))
    return report.merge(documents)


def write_index(opt):
    if not all(p.endswith(".json") for p in opt.suite) or opt.html or opt.json or opt.badge:
        raise ValueError("--index is of result files (*.json), and alone")
    documents = [load([path]) for path in opt.suite]
    with open(opt.index, "w", encoding="utf-8") as f:
        f.write(index.index(opt.suite, documents, os.path.dirname(os.path.abspath(opt.index))))
    return max(report.close(document, document["suite"] + ": ") for document in documents)


def main():
    opt = arguments()
    try:
        speed = chart.load(opt.bench) if opt.bench else None
        if opt.index:
            return write_index(opt)
        if all(p.endswith(".json") for p in opt.suite):
            document = load(opt.suite)
        elif len(opt.suite) > 1:
            raise ValueError("one suite at a time, or result files (*.json)")
        else:
            document = run_suite(opt).document()
    except (OSError, ValueError, KeyError) as error:
        print(f"lxrun: --conform: {error}", file=sys.stderr)
        return 2
    if speed:
        document["speed"] = speed
    if opt.json:
        with open(opt.json, "w", encoding="utf-8") as f:
            json.dump(document, f, indent=1)
            f.write("\n")
    if opt.html:
        with open(opt.html, "w", encoding="utf-8") as f:
            f.write(page.page(document))
    if opt.badge:
        with open(opt.badge, "w", encoding="utf-8") as f:
            f.write(page.badge(document))
    return report.close(document)


if __name__ == "__main__":
    sys.exit(main())
