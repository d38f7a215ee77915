# SPDX-License-Identifier: MIT
"""Running one side of one test: in a directory and a session of its own, with a limit, and nothing left behind."""
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

import suites

# What a test must not be able to do to the machine when it runs natively as root.
CONFINE = ["unshare", "--uts", "setpriv", "--bounding-set=-sys_time,-sys_boot,-sys_module"]
OUTPUT_MAX = 4 << 20  # bytes of a test's output that are read


def native_prefix():
    if os.geteuid():
        return []
    try:
        able = subprocess.run(CONFINE + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        able = False
    return CONFINE if able else []


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


# In a distribution the host's directories are not to be seen: a test gets one there.
IN_DISTRIBUTION = """
d=$(mktemp -d) && chmod 1777 "$d" && cd "$d" || exit 2
TMPDIR=$d "$@"
s=$?
cd / && chmod -R u+rwx "$d" 2>/dev/null
rm -rf "$d"
exit $s"""


def lxrun_prefix(lxrun, options, suite, user):
    """What starts a test under lxrun. user: who runs it, when root runs the suite."""
    prefix = [lxrun] + options
    if not any(o.startswith("--kernel") for o in options):
        prefix.append("--kernel-release=" + os.uname().release)  # suites choose tests by it
    inside = any(re.match(r"-d|--distribution\b", o) for o in options)
    if inside:
        prefix += [f"--env={key}={value}" for key, value in suite.environment.items()]
        prefix += ["sh", "-c", IN_DISTRIBUTION, "sh"]
    if user:
        them = pwd.getpwnam(user)
        prefix = ["setpriv", f"--reuid={them.pw_uid}", f"--regid={them.pw_gid}", "--clear-groups"] + prefix
    return prefix


class Outcome:
    """verdict: pass, fail, broken, skip, exit N, signal N, timeout. parts: what the test itself counts."""

    def __init__(self, verdict, parts, seconds, output):
        self.verdict, self.parts, self.seconds, self.output = verdict, parts, seconds, output

    def to_json(self):
        return {"verdict": self.verdict, "seconds": round(self.seconds, 3)}


def run(suite, test, prefix, timeout, log):
    work = tempfile.mkdtemp(prefix="lxrun-conform.")
    os.chmod(work, 0o1777)
    env = dict(os.environ, TMPDIR=work, **suite.environment)
    begin = time.monotonic()
    with open(log, "wb+") as out:
        child = subprocess.Popen(prefix + test.command, cwd=work, env=env, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = child.wait(test.timeout or timeout)
        except subprocess.TimeoutExpired:
            status = None
        seconds = time.monotonic() - begin
        end_session(child.pid)
        child.wait()
        out.seek(0)
        output = out.read(OUTPUT_MAX).decode("utf-8", "replace")
    subprocess.run(["chmod", "-R", "u+rwx", work], stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(work, ignore_errors=True)
    if status is None:
        return Outcome("timeout", {}, seconds, output)
    if status < 0:
        return Outcome(f"signal {-status}", {}, seconds, output)
    return Outcome(*suites.judge(suite.format, status, output), seconds, output)


def traced(log):
    return ["--trace=sys,nt", "-Z", "-o", log + ".trace"]


def trace(suite, test, lxrun, timeout, log):
    """The calls that failed in a run with traced() options, with the NT calls they became: the last lines of them."""
    run(suite, test, lxrun, timeout, log + ".traced")
    try:
        with open(log + ".trace", encoding="utf-8", errors="replace") as f:
            return [line.rstrip("\n") for line in f.readlines()[-40:]]
    except OSError:
        return []
