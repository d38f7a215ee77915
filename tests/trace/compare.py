#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare.py STRACE LXRUN [EXPECT]: two traces in the format of `strace -ttt -f -T -o`, line by line.

Processes are paired in the order of their birth; the order between processes is the scheduler's and does
not count. Pids, addresses, times and random bytes are put out of the way. EXPECT has rows
"REGULAR-EXPRESSION skip REASON": pieces of lines that are not compared.
"""
import difflib
import re
import sys

LINE = re.compile(r"^(\d+) +\d+\.\d{6} (.*)$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
BORN = re.compile(r"^(?:v?fork|clone3?)\(.* = (\d+)$")


def calls(path):
    """Lines of each process, whole, in the order of birth."""
    lines, half, births = {}, {}, []
    for raw in open(path, encoding="utf-8", errors="surrogateescape"):
        m = LINE.match(raw.rstrip("\n"))
        if not m:
            sys.exit(f"{path}: not a line of strace: {raw!r}")
        pid, text = m.groups()
        if not births:
            births.append(pid)
        lines.setdefault(pid, [])
        if text.endswith(" <unfinished ...>"):
            half[pid] = text[: -len(" <unfinished ...>")]
            continue
        r = RESUMED.match(text)
        if r:
            text = half.pop(pid, r.group(1) + "(?") + r.group(2)
        text = text.replace(" <unfinished ...>) = ?", ") = ?")
        text = re.sub(r" <\d+\.\d{6}>$", "", text)
        text = re.sub(r"\) += ", ") = ", text)
        b = BORN.match(text)
        if b:
            births.append(b.group(1))
        lines[pid].append(text)
    return lines, births


# Where a number is a pid: ours are small, so it cannot be told from the number alone.
PIDS = re.compile(
    r"(?<=si_pid=)\d+"
    r"|(?<=^wait4\()\d+|(?<=^kill\()\d+|(?<=^tkill\()\d+|(?<=^tgkill\()\d+|(?<=^setpgid\()[1-9]\d*"
    r"|(?<=^prlimit64\()[1-9]\d*"
    r"|(?<=[{]pid=)[1-9]\d*|(?<=^pidfd_open\()[1-9]\d*|(?<=^process_vm_writev\()[1-9]\d*|(?<=^process_vm_readv\()[1-9]\d*|(?<=^waitid\(P_PID, )\d+|(?<=F_OWNER_PID, pid=)\d+|(?<=F_OWNER_\?\?\? \*/, pid=)\d+|(?<=^kcmp\()[1-9]\d*, [1-9]\d*|(?<=^rt_sigqueueinfo\()[1-9]\d*"
    r"|(?<=\) = )[1-9]\d*$"
)
# Numbers of System V objects: as the name space has it.
IPC_ID = re.compile(r"(?<=^(?:sem|shm|msg)(?:ctl|snd|rcv)\()\d+|(?<=^(?:sem|shm)(?:op|at)\()\d+|(?<=^semtimedop\()\d+")
IPC_GET = re.compile(r"(^(?:sem|shm|msg)get\(.*\) = )\d+")
GIVES_PID = re.compile(r"^(set_tid_address|get(pid|ppid|tid|pgrp|pgid|sid)|setsid|v?fork|clone3?|wait4|rt_sigreturn)\(")


def normal(text, births):
    def name(m):
        if m.string[m.start() - 2 : m.start()] == "= " and not GIVES_PID.match(text):
            return m.group(0)
        return f"PID{births.index(m.group(0))}" if m.group(0) in births else "OUTSIDE"

    text = PIDS.sub(name, text)
    text = re.sub(r"0x[0-9a-f]{5,}", "ADDRESS", text)
    text = re.sub(r"(/t|tmp_obj_|/tmp\.)\w{6,10}(\.[a-z]+)?(\\n)?\"", r'\1XXXXXX\2\3"', text)
    text = re.sub(r'/cc\w{6}(?=[."])', "/ccXXXXXX", text)
    text = re.sub(r"parent_tid=\[\d+\]", "parent_tid=[PID]", text)
    text = re.sub(r'(?<=^read\(\d, )"(?:[^"\\]|\\.)*"(?=, 8\) = 8$)', '"RANDOM"', text)  # of /dev/urandom, for git's names
    text = re.sub(r'getrandom\("[^"]*"', 'getrandom("RANDOM"', text)
    text = re.sub(r"tv_(n?u?sec)=\d+", r"tv_\1=N", text)
    if re.match(r'execve\("/usr/bin/ipc', text):
        text = re.sub(r'"\d+"', '"ID"', text)
    text = re.sub(r"key=[1-9]\d+", "key=N", text)
    text = IPC_GET.sub(r"\1ID", IPC_ID.sub("ID", text))
    text = re.sub(r"(sem(?:usz|aem)|used_ids|shm_(?:tot|rss|swp)|msg(?:pool|map|tql))=\d+", r"\1=N", text)
    text = re.sub(r"(sem|shm|msg)_([a-z]time|l[sr]?pid|cpid)=\d+", r"\1_\2=N", text)
    text = re.sub(r"(^(?:sem|shm|msg)ctl\(ID, .*(?:_INFO|GETPID), .*\) = )\d+$", r"\1N", text)
    text = re.sub(r"(?<=htons\()[1-9]\d{4}(?=\))|(?<=127\.0\.0\.1:)\d{5}", "PORT", text)
    text = re.sub(r"/\* \d{4}-\d\d-\d\dT\S* \*/", "/* DATE */", text)
    text = re.sub(r"\d{10}(?= /\* DATE)|(?<== )\d{10} \(\d{4}-\S*\)$", "TIME", text)  # time(2)
    text = re.sub(r"(?<=/\* )\d+ vars", "N vars", text)
    text = re.sub(r"si_utime=\d+( /\* .*? \*/)?, si_stime=\d+( /\* .*? \*/)?", "TIMES", text)
    return re.sub(r"(tms_\w+|uptime|loads|totalram|freeram|f_bfree|f_bavail|f_ffree|sharedram|bufferram|procs)=(\[.*?\]|\d+)", r"\1=N", text)


def main():
    native, nbirths = calls(sys.argv[1])
    ours, obirths = calls(sys.argv[2])
    allowed = []
    if len(sys.argv) > 3:
        for row in open(sys.argv[3]):
            if row.strip() and not row.startswith("#"):
                allowed.append(re.compile(row.split(None, 1)[0]))
    bad = total = excused = 0

    def seen(trace, births, pid):
        nonlocal excused
        out = []
        for text in trace.get(pid, []):
            text = normal(text, births)
            for piece in allowed:
                text, n = piece.subn("~", text)
                excused += n
            if not (text.startswith("getrandom(") and text in out):
                out.append(text)  # the C library asks again when a number is unfair
        # when a SIGCHLD comes, before or after the wait, is the scheduler's choice
        late = [t for t in out if t.startswith(("--- SIGCHLD", "rt_sigreturn"))]
        return [t for t in out if t not in late] + late

    if len(nbirths) != len(obirths):
        print(f"{len(nbirths)} processes natively, {len(obirths)} under lxrun")
        bad += 1
    for n, o in zip(nbirths, obirths):
        a, b = seen(native, nbirths, n), seen(ours, obirths, o)
        total += len(b)
        for line in difflib.unified_diff(a, b, "strace", "lxrun", lineterm="", n=1):
            print(line)
            bad += line[0] in "+-" and line[:3] not in ("+++", "---")
    print(f"{total} lines, {excused} pieces excused, {bad} differ")
    sys.exit(bad > 0)


main()
