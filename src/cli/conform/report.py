# SPDX-License-Identifier: MIT
"""Verdicts of both sides against the expectations: what counts, what is printed, the document that is kept."""
import fnmatch
import os
import re
import subprocess
import sys
import time

SCHEMA = 1
VERDICTS = ("fail", "flaky", "skip")
HERE = os.path.dirname(os.path.abspath(__file__))


class Row:
    def __init__(self, pattern, verdict, reason):
        self.pattern, self.verdict, self.reason = pattern, verdict, reason


class Expectations:
    """Rows: pattern, verdict, reason. A reason is not optional."""

    def __init__(self, path):
        self.rows = []
        if not path:
            return
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                words = line.split(None, 2)
                if not words or line.startswith("#"):
                    continue
                if len(words) < 3 or words[1] not in VERDICTS:
                    raise ValueError(f"{path}:{number}: NAME fail|flaky|skip REASON is wanted: {line.strip()}")
                self.rows.append(Row(words[0], words[1], words[2].strip()))

    def row_of(self, name):
        for row in self.rows:
            if fnmatch.fnmatchcase(name, row.pattern):
                return row
        return None


class Result:
    """One test: its sides, and what they mean together."""

    def __init__(self, test, row):
        self.test, self.row = test, row
        self.native = self.lxrun = self.wsl1 = None
        self.flaky, self.trace = False, []

    def different_parts(self):
        """Parts that pass natively, and do not under lxrun."""
        if not self.lxrun:
            return []
        return [part for part, verdict in self.native.parts.items()
                if verdict == "pass" and self.lxrun.parts.get(part) != "pass"]

    def differs(self):
        return bool(self.lxrun) and (self.lxrun.verdict != "pass" or bool(self.different_parts()))

    def retried(self, again):
        failed, self.lxrun = self.lxrun, again
        if self.differs():
            self.lxrun = failed
        else:
            self.flaky = True

    def outcome(self):
        """same, flaky, known, uncounted: fine; different, unexpected (pass): not."""
        if self.native.verdict != "pass":
            return "uncounted"
        if self.differs():
            return "known" if self.row else "different"
        if self.row and self.row.verdict == "fail":
            return "unexpected"
        return "flaky" if self.flaky else "same"

    def said(self):
        """The lines of the output that say what went wrong."""
        lines = self.lxrun.output.splitlines() if self.differs() else []
        told = [l for l in lines if re.search(r"TFAIL|TBROK|TWARN|^lxrun:|FAILED|ERROR|not ok", l)]
        return [l[:300] for l in (told or lines[-3:])[:8]]

    def to_json(self):
        row = {"name": self.test.name, "topic": self.test.topic, "command": self.test.command,
               "outcome": self.outcome(), "native": self.native.to_json()}
        for key in ("lxrun", "wsl1"):
            if getattr(self, key):
                row[key] = getattr(self, key).to_json()
        if self.row:
            row["expected"], row["reason"] = self.row.verdict, self.row.reason
        if self.native.parts:
            row["parts"] = len(self.native.parts)
        if self.differs():
            row.update(different_parts=self.different_parts()[:50], output=self.said(), trace=self.trace)
        return row


def published():
    """LTP verdicts of WSL 1, build 16273, as Microsoft published them."""
    table = {}
    with open(os.path.join(HERE, "wsl1-ltp.tsv"), encoding="utf-8") as f:
        for line in f:
            words = line.rstrip("\n").split("\t")
            if len(words) >= 2 and not line.startswith("#"):
                table[words[0]] = {"PASS": "pass", "FAIL": "fail", "CONF": "skip"}.get(words[1], words[1].lower())
    return table


class Results:
    def __init__(self, head):
        self.head, self.results = head, []

    @classmethod
    def of_run(cls, suite, opt):
        version = subprocess.run([opt.lxrun, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        uname = os.uname()
        return cls({"v": SCHEMA, "suite": suite.name, "commit": opt.suite_commit or suite.commit(),
                    "ltp": suite.format == "ltp", "lxrun": version, "options": opt.options, "wsl1": opt.wsl1,
                    "kernel": f"{uname.sysname} {uname.release} {uname.version} {uname.machine}",
                    "shard": opt.shard, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})

    def add(self, result):
        self.results.append(result)
        outcome = result.outcome()
        if outcome == "unexpected":
            print(f"FAIL {result.test.name}: expected to fail ({result.row.reason}), but passes")
        elif outcome == "flaky":
            print(f"flaky {result.test.name}: failed once, then passed")
        elif outcome == "different":
            print(f"FAIL {result.test.name}: natively pass, under lxrun {result.lxrun.verdict}")
            for line in [f"part: {p}" for p in result.different_parts()[:4]] + result.said()[:4]:
                print(f"    {line[:150]}")
        sys.stdout.flush()

    def document(self):
        rows = sorted((r.to_json() for r in self.results), key=lambda r: r["name"])
        if self.head["ltp"]:
            known = published()
            for row in rows:
                if row["name"] in known:
                    row["published"] = known[row["name"]]
        return finish(dict(self.head), rows)


def finish(document, rows):
    count = {}
    for row in rows:
        count[row["outcome"]] = count.get(row["outcome"], 0) + 1
    document["summary"] = {key: count.get(key, 0) for key in
                           ("same", "flaky", "known", "different", "unexpected", "uncounted")}
    document["tests"] = rows
    return document


def merge(documents):
    """Shards of one run. ValueError if they are not of the same suite."""
    head = {k: v for k, v in documents[0].items() if k not in ("tests", "summary")}
    rows = {}
    for d in documents:
        if d.get("v") != SCHEMA or (d["suite"], d["commit"]) != (head["suite"], head["commit"]):
            raise ValueError("the result files are of different suites, commits or schemas")
        rows.update((row["name"], row) for row in d["tests"])
    head["shard"] = ", ".join(d["shard"] for d in documents)
    return finish(head, [rows[name] for name in sorted(rows)])


def ratio(document):
    s = document["summary"]
    good, total = s["same"] + s["flaky"], len(document["tests"]) - s["uncounted"]
    return good, total


def close(document, name=""):
    """The closing lines, name in front; the exit status."""
    s = document["summary"]
    good, total = ratio(document)
    if total:
        print(f"{name}conformance: {good} of {total} that pass natively pass under lxrun ({100 * good / total:.1f} %), "
              f"{s['known']} known differences, {s['flaky']} flaky, {s['uncounted']} not counted: no pass natively")
    failed = s["different"] + s["unexpected"]
    print(f"{name}conformance: {good} passed, {failed} failed")
    return 1 if failed or not total else 0
