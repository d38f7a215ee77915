# SPDX-License-Identifier: MIT
"""Where tests come from, and what their output says: LTP, lists, directories, lxcore's unit tests."""
import os
import re
import shutil
import subprocess

LTP_BITS = ((1, "fail"), (2, "broken"), (4, "fail"), (32, "skip"))  # exit status of an LTP test
SKIP_STATUS = 4  # kselftest's
FORMATS = ("auto", "exit", "ltp", "tap", "ktap", "gtest", "cmocka", "lxcore")

# What a test is about, by its name: first match. Lists and directories say it themselves.
TOPICS = (
    ("signals and timers", r"(rt_)?sig|kill|tkill|tgkill|pause|alarm|abort|timer|setitimer|getitimer|clock|nanosleep|"
                           r"time|gettimeofday|settimeofday|stime|ftime|adjtime|leap"),
    ("processes", r"clone|fork|vfork|exec|exit|wait|set_tid|getpid|getppid|gettid|ptrace|prctl|process_|pidfd|kcmp|"
                  r"personality|unshare|setns|sched|nice|getpriority|setpriority|getpgid|setpgid|getpgrp|setpgrp|"
                  r"getsid|setsid|futex|membarrier|rseq|arch_prctl"),
    ("users and limits", r"[gs]et(res|re|fs|e)?[ug]id|[gs]etgroups|cap|[gs]etrlimit|prlimit|getrusage|acct|keyctl|add_key|"
                         r"request_key"),
    ("memory", r"mmap|munmap|mremap|mprotect|madvise|mlock|munlock|mincore|msync|brk|sbrk|remap_file|mbind|"
               r"(get|set)_mempolicy|move_pages|migrate_pages|memfd|pkey|process_madvise|swap|userfaultfd"),
    ("IPC", r"pipe|msg|sem|shm|mq_|eventfd|signalfd|splice|tee|vmsplice|ipc"),
    ("network", r"socket|bind|listen|accept|connect|send|recv|getsock|setsock|getpeername|shutdown|sockioctl|gethost|"
                r"sethost|[gs]etdomain"),
    ("events", r"epoll|poll|ppoll|select|pselect|inotify|fanotify|io_|aio"),
    ("mounts and devices", r"mount|umount|pivot_root|fsmount|fsopen|fsconfig|fspick|move_mount|open_tree|chroot|statfs|"
                           r"fstatfs|quota|sync|syncfs|ioctl|reboot|swapon|sysfs|ustat|statvfs"),
    ("system", r"uname|sysinfo|syslog|sysctl|newuname|getcpu|getrandom|confstr|sysconf|delete_module|init_module|"
               r"finit_module|kexec|bpf|perf|iopl|ioperm|modify_ldt|cacheflush|getpagesize|profil|ulimit"),
    ("files", r""),
)


def topic_of(name):
    for topic, pattern in TOPICS:
        if re.match(pattern, name):
            return topic
    return "files"


class Test:
    """One command, to be run on each side. timeout: its own limit in seconds, or None."""

    def __init__(self, name, command, topic=None, timeout=None):
        self.name, self.command, self.timeout = name, command, timeout
        self.topic = topic or topic_of(name)


class Suite:
    """Tests from somewhere. environment: what they need beside the caller's."""

    environment = {}
    format = "auto"

    def __init__(self, place, name=None):
        self.place, self.name = os.path.abspath(place), name or os.path.basename(os.path.abspath(place))

    def tests(self):
        raise NotImplementedError

    def commit(self):
        """What version of the suite this is: its commit, or the version it carries."""
        where = self.place if os.path.isdir(self.place) else os.path.dirname(self.place)
        for name in ("Version", "VERSION", "version"):
            if os.path.isfile(os.path.join(where, name)):
                with open(os.path.join(where, name), encoding="utf-8", errors="replace") as f:
                    return f.read(100).strip()
        done = subprocess.run(["git", "-C", where, "describe", "--always", "--dirty", "--abbrev=12"],
                              capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else "unknown"


def read_list(path, cwd):
    """Rows "NAME [timeout=SECONDS] COMMAND"; "# topic: NAME" holds for the rows behind it."""
    topic = None
    with open(path, encoding="utf-8") as rows:
        for row in rows:
            said = re.match(r"#\s*topic:\s*(.+?)\s*$", row)
            if said:
                topic = said.group(1)
            name, _, command = row.strip().partition(" ")
            if not command or name.startswith("#"):
                continue
            limit = re.match(r"timeout=([0-9.]+)\s+", command.strip())
            command = command.strip()[limit.end() if limit else 0:]
            yield Test(name, ["sh", "-c", f"cd '{cwd}' && {command}" if cwd else command], topic,
                       float(limit.group(1)) if limit else None)


class List(Suite):
    """A file of commands, run where the file is."""

    def tests(self):
        return read_list(self.place, os.path.dirname(self.place))


class Directory(Suite):
    """Every executable file below a directory; a sub-directory is a topic."""

    def tests(self):
        for where, dirs, files in os.walk(self.place):
            dirs.sort()
            topic = os.path.relpath(where, self.place)
            for name in sorted(files):
                path = os.path.join(where, name)
                if os.access(path, os.X_OK) and not re.search(r"\.(so|py[co]|o|a|h)\b", name):
                    full = os.path.relpath(path, self.place)
                    yield Test(full, [path], None if topic == "." else topic)


class Ltp(Suite):
    """An installed LTP: testcases/bin and runtest/NAME, whose rows are a tag and a command."""

    format = "ltp"

    def __init__(self, root, runtest):
        super().__init__(root, "LTP " + os.path.basename(runtest))
        self.bin = os.path.join(self.place, "testcases", "bin")
        self.list = runtest if "/" in runtest else os.path.join(self.place, "runtest", runtest)
        self.environment = {"LTPROOT": self.place, "LTP_COLORIZE_OUTPUT": "0", "KCONFIG_SKIP_CHECK": "1",
                            "PATH": self.bin + ":" + os.environ["PATH"]}

    def tests(self):
        for test in read_list(self.list, None):
            words = test.command[2].split()
            if "=" in words[0] or shutil.which(words[0], path=self.bin):
                yield test


class Lxcore(Suite):
    """
    The lxcore unit tests: one program whose groups, named by its first argument, have variations that a mask
    chooses. Each variation is a test of its own: GROUP/BIT. A group without a list of variations, or with
    arguments of its own, is one test. They expect to be started by a shell: a session's leader would take the
    first terminal that they open for its controlling one.
    """

    format = "lxcore"
    shell = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]

    def __init__(self, program, groups):
        super().__init__(program, "lxcore unit tests")
        with open(groups, encoding="utf-8") as rows:
            self.groups = [row.strip() for row in rows if row.strip() and not row.startswith("#")]

    def tests(self):
        for row in self.groups:
            group, *arguments = row.split()
            if arguments:
                yield Test(group + "/0", self.shell + [self.place, group, *arguments], group)
                continue
            usage = subprocess.run([self.place, group, "-l", "2", "-h"], capture_output=True,
                                   stdin=subprocess.DEVNULL, timeout=20, check=False).stdout
            masks = re.findall(r"LxtShowUsage:\d+: .*: (\d+)$", usage.decode("utf-8", "replace"), re.M)
            if not masks:
                yield Test(group + "/0", self.shell + [self.place, group], group)
            for mask in masks:
                yield Test(f"{group}/{int(mask).bit_length() - 1}",
                           self.shell + [self.place, group, "-l", "2", "-v", mask], group)


def open_suite(place, runtest, groups):
    """What place is: an LTP, lxcore's unit tests (when groups are given), a directory, a list."""
    if groups:
        return Lxcore(place, groups)
    if os.path.isdir(os.path.join(place, "testcases", "bin")):
        return Ltp(place, runtest)
    if os.path.isdir(place):
        return Directory(place)
    if os.path.isfile(place):
        return List(place)
    raise FileNotFoundError(f"{place}: no such list or directory")


# ---- what a test's output says ----


def tap_parts(output):
    """TAP and KTAP: the points of all levels, named with their parents' names."""
    parts = {}
    for line in output.splitlines():
        point = re.match(r"(\s*)(not ok|ok)\b\s*(\d*)\s*-?\s*([^#]*)(#\s*(SKIP|TOD[O])\b)?", line, re.I)
        if point:
            name = (point.group(4).strip() or point.group(3)) + ("" if not point.group(1) else f" <{len(point.group(1))}>")
            said = (point.group(6) or "").upper()
            good = point.group(2).lower() == "ok"
            parts[name] = "skip" if said == "SKIP" else "pass" if good or said else "fail"
    plan = re.search(r"^1\.\.(\d+)", output, re.M)
    top = [n for n in parts if not n.endswith(">")]
    if plan and int(plan.group(1)) > len(top):
        parts["the plan"] = "fail"
    return parts


def bracket_parts(output):
    """gtest and cmocka."""
    parts = {}
    for word, name in re.findall(r"^\[\s*(OK|FAILED|SKIPPED|ERROR)\s*\]\s+([\w./-]+)", output, re.M):
        if not name.isdigit():
            parts[name] = {"OK": "pass", "SKIPPED": "skip"}.get(word, "fail")
    return parts


def ltp_verdict(status):
    for bit, name in LTP_BITS:
        if status & bit:
            return name
    return "pass" if status == 0 else f"exit {status}"


def guess(output):
    if re.search(r"^\[==========\] ", output, re.M):
        return "gtest"
    if re.search(r"^(K?TAP version \d+|1\.\.\d+)", output, re.M):
        return "tap"
    return "exit"


def judge(kind, status, output):
    """Verdict (pass, fail, broken, skip, exit N) and parts: verdicts of what the test itself counts."""
    kind = guess(output) if kind == "auto" else kind
    if kind == "ltp":
        return ltp_verdict(status), {}
    if kind == "lxcore":  # its exit status says little: success of one part covers failure of another
        good = "PASS: LxtRunVariations" in output
        return "fail" if re.search(r"\bERROR: ", output) else "pass" if good else "broken", {}
    parts = {}
    if kind in ("tap", "ktap"):
        parts = tap_parts(output)
    elif kind in ("gtest", "cmocka"):
        parts = bracket_parts(output)
    if "fail" in parts.values():
        return "fail", parts
    if status == 0 and parts and set(parts.values()) == {"skip"} or status == SKIP_STATUS:
        return "skip", parts
    if status == 0 and kind != "exit" and not parts:
        return "broken", parts  # it was to tell its parts, and told none
    return "pass" if status == 0 else f"exit {status}", parts
