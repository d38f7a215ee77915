#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""nt.py [--oracle [--table]]: runs the programs of tests/nt and judges their checks.

Without options: build/nt/* on ntshim. --oracle: the same sources on Wine's ntdll as well
(build/oracle/*.exe), an NT that nobody here wrote; --table prints fact, ntshim, Wine for every fact.

A check is one place in a source. It holds on a side if it passed every time it was run. Where one
does not hold, a row of tests/expect/nt.txt must say so, and why; a row that nothing needs any more
fails the run like a check that fails."""
import collections, glob, os, re, shutil, signal, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
O = os.path.abspath(os.environ.get("O", "build"))
# Programs that make the host wait: run once with each way to do so (src/ntshim/host/host_aio.h).
ASYNCHRONOUS = ("afd", "async", "iocp", "lock", "notify", "pipe")  # and name_PERSONALITY
TIMEOUT = 240  # for one program; the slowest needs a second on an idle machine


class Row:
    """One line of tests/expect/nt.txt."""

    def __init__(self, place, text):
        fields = [field.strip() for field in text.split(" | ", 3)]
        fields += [field.strip() for field in fields.pop().rsplit(" | ", 1)]
        if len(fields) != 5 or fields[1] not in ("ntshim", "wine") or fields[2] not in ("fail", "skip"):
            sys.exit("%s: not FACT | ntshim, wine | fail, skip | CHECK | REASON: %s" % (place, text))
        self.place, self.text, self.used = place, text, 0
        fact, self.side, self.verdict, check, self.reason = fields
        check, _, nth = check.partition(" #")
        self.fact, self.check, self.nth = pattern(fact), pattern(check), int(nth or 0)

    def covers(self, side, check):
        return (side == self.side and self.fact.fullmatch(check.fact) and self.nth in (0, check.nth)
                and (self.check.fullmatch(check.text)
                     or self.check.fullmatch(re.sub(r"\..*", ": ", check.place) + check.text)))


def pattern(text):
    return re.compile(".*".join(map(re.escape, text.split("*"))))


Check = collections.namedtuple("Check", "fact place text nth")


class Cell:
    """What one side has to say about one fact."""

    def __init__(self):
        self.count, self.why = collections.Counter(), {}

    def __str__(self):
        words = (("pass", "pass"), ("fail", "differ"), ("skip", "not judged"))
        return ", ".join("%d %s" % (self.count[key], word) for key, word in words if self.count[key]) or "-"


def expectations():
    path = os.path.join(ROOT, "tests/expect/nt.txt")
    with open(path) as lines:
        return [Row("nt.txt:%d" % n, line.strip()) for n, line in enumerate(lines, 1)
                if line.strip() and not line.startswith("#")]


def run(command, cwd, env):
    """What the program printed, and what was wrong with its end, if anything."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        trouble = "not ended after %d s" % TIMEOUT
        try:
            code = process.wait(TIMEOUT)
            trouble = None if code in (0, 1) else "exit status %d" % code
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        out.seek(0)
        text = out.read().decode("utf-8", "replace").replace("\r", "")
    if not trouble and not re.search(r"^\w+: \d+ passed, \d+ failed$", text, re.M):
        trouble = "no closing line"
    return text, trouble


def checks_of(text):
    """Each check of one program's output with True or what it got; and the other lines."""
    found, order, other = {}, collections.Counter(), []
    for line in text.splitlines():
        if not line.startswith("@"):
            other.append(line)
            continue
        fact, place, verdict, got, what = line[1:].split("\t", 4)
        place = re.sub(r".*/", "", place)
        if verdict == "fail":
            found[fact, place, what] = got
        else:
            found.setdefault((fact, place, what), True)
    result = {}
    for key in sorted(found, key=lambda key: (key[1].split(":")[0], int(key[1].split(":")[1]))):
        order[key[0], key[2]] += 1
        result[Check(*key, order[key[0], key[2]])] = found[key]
    return result, other


def run_ntshim(results, troubles):
    with tempfile.TemporaryDirectory(prefix="lxrun-nt-") as work:
        for source in sorted(glob.glob(os.path.join(ROOT, "tests/nt/*.c"))):
            name = os.path.basename(source)[:-2]
            if name.startswith("nttest"):
                continue
            for backend in ("", "1") if name.split("_")[0] in ASYNCHRONOUS else ("",):
                env = dict(os.environ, NT_ROWS="1", LXRUN_NO_URING=backend)
                take("ntshim", name, *run([os.path.join(O, "nt", name)], work, env), results, troubles)


def take(side, name, text, trouble, results, troubles):
    checks, other = checks_of(text)
    for check, got in checks.items():
        if results[side].get(check, True) is True:
            results[side][check] = got
    if trouble:
        troubles.append("FAIL %s on %s: %s\n%s" % (name, side, trouble, "\n".join(other[-60:])))


class Wine:
    """A Wine of its own: an ordinary user's, without display, gone with its directory afterwards."""

    def __init__(self, work):
        self.work = work
        self.path = "/usr/lib/wine:" + os.environ.get("PATH", "/usr/bin:/bin")
        self.program = shutil.which("wine64", path=self.path) or shutil.which("wine", path=self.path)
        self.prefix = os.path.join(work, "prefix")
        self.as_user = []
        if os.geteuid() == 0:  # to root no file is read-only
            self.as_user = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]

    def __enter__(self):
        # A prefix that is neither filled nor updated: modules come from Wine's own directory.
        # 695 MB and ten seconds less, and no service runs beside the tests.
        os.makedirs(os.path.join(self.prefix, "drive_c/windows/system32"))
        os.makedirs(os.path.join(self.prefix, "dosdevices"))
        os.symlink("../drive_c", os.path.join(self.prefix, "dosdevices/c:"))
        os.symlink("/", os.path.join(self.prefix, "dosdevices/z:"))
        with open(os.path.join(self.prefix, ".update-timestamp"), "w") as stamp:
            stamp.write("disable\n")
        self.env = {"PATH": self.path, "HOME": self.work, "LC_ALL": "C.UTF-8", "WINEPREFIX": self.prefix,
                    "WINEDEBUG": "-all", "WINEBOOTSTRAPMODE": "1", "NT_ROWS": "1",
                    "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe="}
        for name in glob.glob(os.path.join(O, "oracle/*.exe")):
            shutil.copy(name, self.work)
        if self.as_user:
            subprocess.run(["chown", "-R", "nobody", self.work], check=True)
        # Returns when it listens: two programs that start it at once can hinder each other.
        self.wineserver("--persistent")
        return self

    def run(self, name):
        return run(self.as_user + [self.program, os.path.join(self.work, name + ".exe")], self.work, self.env)

    def wineserver(self, *options):
        subprocess.run(self.as_user + ["wineserver", *options], env=self.env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)

    def __exit__(self, *_):
        self.wineserver("--kill")  # with every Windows program of this prefix, and nothing else
        self.wineserver("--wait")


def run_wine(results, troubles):
    with tempfile.TemporaryDirectory(prefix="lxrun-oracle-") as work, Wine(work) as wine:
        for source in sorted(glob.glob(os.path.join(ROOT, "tests/nt/*.c"))):
            name, exe = os.path.basename(source)[:-2], os.path.join(O, "oracle", os.path.basename(source)[:-2] + ".exe")
            with open(source) as text:
                if "ntshim only:" in text.read():
                    continue
            if name.startswith("nttest"):
                continue
            if not os.path.exists(exe) or os.path.getmtime(exe) < os.path.getmtime(source):
                sys.exit("%s is older than %s: make nt-oracle builds it" % (exe, source))
            take("wine", name, *wine.run(name), results, troubles)


def judge(side, results, rows, cells):
    """Counts checks that are as they have to be, and those that are not; says which."""
    good = bad = 0
    for check, got in results[side].items():
        covering = [row for row in rows if row.covers(side, check)]
        for row in covering:
            row.used += 1
        skipped = any(row.verdict == "skip" for row in covering)
        cell = cells[check.fact][side]
        cell.count["skip" if skipped else "pass" if got is True else "fail"] += 1
        if covering and got is not True or skipped:
            cell.why.update(dict.fromkeys(row.reason for row in covering))
        if skipped:
            continue
        if (got is True) != bool(covering):
            good += 1
            continue
        bad += 1
        if got is True:
            print("FAIL %s: %s passes on %s, against %s: %s" % (check.place, check.fact, side, covering[0].place, check.text))
        else:
            print("FAIL %s: %s fails on %s: %s%s\n\tgot %s" % (check.place, check.fact, side, check.text,
                                                    " #%d" % check.nth if check.nth > 1 else "", got))
    return good, bad


def table(cells):
    def order(fact):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", fact)]
    print("%-8s %-14s %-28s" % ("fact", "ntshim", "Wine"))
    for fact in sorted(cells, key=lambda fact: (not re.fullmatch(r"[A-Z]+\d+", fact), order(fact))):
        ntshim, wine = cells[fact]["ntshim"], cells[fact]["wine"]
        print(("%-8s %-14s %-28s %s" % (fact, ntshim, wine, "; ".join({**ntshim.why, **wine.why}))).rstrip())


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    oracle = "--oracle" in sys.argv[1:]
    results, troubles, rows = {"ntshim": {}, "wine": {}}, [], expectations()
    cells = collections.defaultdict(lambda: {side: Cell() for side in results})
    run_ntshim(results, troubles)
    if oracle:
        run_wine(results, troubles)
    sides = ["ntshim", "wine"] if oracle else ["ntshim"]
    counts = [judge(side, results, rows, cells) for side in sides]
    unused = ["FAIL %s: no check needs this row any more: %s" % (row.place, row.text)
              for row in rows if row.side in sides and not row.used]
    if "--table" in sys.argv[1:]:
        table(cells)
    for trouble in troubles + unused:
        print(trouble)
    good, bad = sum(count[0] for count in counts), sum(count[1] for count in counts) + len(troubles) + len(unused)
    print("%s: %d passed, %d failed" % ("oracle" if oracle else "nt", good, bad))
    return bad != 0


sys.exit(main())
