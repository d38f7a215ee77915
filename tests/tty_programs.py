#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tty_programs.py: programs that people live in, on a terminal inside lxrun. One that is not installed is left out.

Every wait is for output. O is the build directory.
"""
import os, shutil, sys, tempfile

sys.dont_write_bytecode = True  # nothing is left beside the tests
from tty import LXRUN, Terminal, Timeout

ESC = "\x1b"
passed = failed = 0
work = tempfile.mkdtemp(prefix="lxrun-tty.")


def inside(*argv):
    return Terminal(LXRUN, *argv, TERM="xterm", HOME=work, TMUX_TMPDIR=work, SCREENDIR=work + "/screens", PS1="$ ")


def saved(name, text):
    with open(os.path.join(work, name)) as f:
        return f.read() == text


def vim():
    t = inside("vim", "-u", "NONE", "-N", work + "/vim.txt")
    t.expect("New")
    t.type("ihello vim" + ESC)
    t.type(":wq\r")
    t.expect("written")
    return t.status() == 0 and saved("vim.txt", "hello vim\n")


def nano():
    t = inside("nano", work + "/nano.txt")
    t.expect("New File")
    t.type("hello nano\x0f")
    t.expect("File Name to Write")
    t.type("\r")
    t.expect("Wrote 1 line")
    t.type("\x18")
    return t.status() == 0 and saved("nano.txt", "hello nano\n")


def less():
    with open(work + "/lines", "w") as f:
        f.write("".join("line %d\n" % n for n in range(1, 1001)))
    t = inside("less", work + "/lines")
    t.expect("line 23")
    t.type("G")
    t.expect("line 1000")
    t.type("/line 50\\b\n")
    t.type("q")
    return t.status() == 0


def man():
    t = inside("man", "ls")
    t.expect("list directory contents")
    t.type("q")
    return t.status() == 0


def top():
    t = inside("top")
    t.expect("PID.*init.*top")
    t.type("q")
    return t.status() == 0


def htop():
    t = inside("htop")
    t.expect("/init.*htop.*Quit")
    t.type("q")
    return t.status() == 0


def tmux():
    t = inside("tmux", "-f", "/dev/null", "new", "bash", "--norc")
    t.expect(r"\$ ")
    t.type("echo one-$((40 + 2))\r")
    t.expect("one-42")
    t.type("\x02%")
    t.expect("\u2502|x")  # the line between the panes
    t.type("stty size; echo two-$((40 + 2))\r")
    t.expect("23 (39|40).*two-42")
    t.type("tmux kill-server\r")
    t.expect("exited")
    return t.status() in (0, 1)  # 1: the server went before it said goodbye


def screen():
    os.mkdir(work + "/screens", 0o700)
    t = inside("screen", "-c", "/dev/null", "bash", "--norc")
    t.expect(r"\$ ")
    t.type("echo one-$((40 + 2))\r")
    t.expect("one-42")
    t.type("exit\r")
    t.expect("terminating")
    return t.status() == 0


def ssh_keygen():
    t = inside("ssh-keygen", "-t", "ed25519", "-f", work + "/key")
    t.expect("passphrase")
    t.type("secret\n")
    t.expect("again")
    t.type("secret\n")
    t.expect("SHA256")
    return t.status() == 0 and "secret" not in t.seen and os.path.exists(work + "/key.pub")


def script():
    t = inside("script", "-q", work + "/typescript", "-c", "bash --norc")
    t.expect("[$#] ")
    t.type("echo in-$((40 + 2))\r")
    t.expect("in-42")
    t.type("exit\r")
    with open(work + "/typescript") as f:
        return t.status() == 0 and "in-42" in f.read()


def expect():
    t = inside("expect", "-c", "spawn cat; send hello\\r; expect -re hello.*hello {puts [string toupper done]}")
    t.expect("DONE")
    return t.status() == 0


def python3():
    t = inside(sys.executable)
    t.expect(">>> ")
    t.type("6 * 7\r")
    t.expect("42")
    t.type("exit()\r")
    return t.status() == 0


def gdb():
    t = inside("gdb", "-q", "-nx", "/bin/true")
    t.expect(r"\(gdb\) ")
    t.type("starti\r")
    t.expect("Program stopped.*gdb")
    t.type("info registers rip\r")
    t.expect("rip  *0x")
    t.type("kill\r")
    t.expect("y or n")
    t.type("y\r")
    t.expect("killed")
    t.type("quit\r")
    return t.status() == 0


def main():
    global passed, failed
    for test in [vim, nano, less, man, top, htop, tmux, screen, ssh_keygen, script, expect, python3, gdb]:
        name = test.__name__.replace("_", "-")
        if (len(sys.argv) > 1 and name not in sys.argv[1:]) or not shutil.which(name):
            continue
        try:
            ok = test()
        except (Timeout, OSError) as e:
            ok = False
            print("FAIL %s: %s" % (name, e))
        else:
            if not ok:
                print("FAIL %s" % name)
        passed += ok
        failed += not ok
    shutil.rmtree(work, ignore_errors=True)
    print("tty_programs: %d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
