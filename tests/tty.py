#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tty.py: lxrun on a terminal: keys, job control inside and outside, resizes, and the terminal given back.

Every wait is for output or for a state, never for a time. O is the build directory.
"""
import fcntl, os, random, re, select, signal, struct, subprocess, sys, tempfile, termios, time

O = os.path.realpath(os.environ.get("O", "build"))
LXRUN = os.path.join(O, "lxrun")
LIMIT = 60
passed = failed = 0


class Timeout(Exception):
    pass


class Terminal:
    """A pty with a program on it whose session it is."""

    def __init__(self, *argv, stdin=None, **env):
        self.master, self.slave = os.openpty()
        self.size(24, 80)
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""
        environ = {**os.environ, "TERM": "dumb", "HISTFILE": "", "INPUTRC": "/dev/null", "PS1": "outer> ", **env}
        self.proc = subprocess.Popen(argv, stdin=self.slave if stdin is None else stdin, stdout=self.slave, stderr=self.slave, env=environ,
                                     preexec_fn=self.lead)

    def lead(self):
        for ignored in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT:  # by whoever started us in the background
            signal.signal(ignored, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def size(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys.encode())

    def expect(self, pattern):
        """Reads until the pattern is there; returns the match and forgets what was before its end."""
        end = time.monotonic() + LIMIT
        while True:
            found = re.search(pattern, self.seen, re.S)
            if found:
                self.seen = self.seen[found.end():]
                return found
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                raise Timeout("no %r in %r" % (pattern, self.seen[-400:]))
            self.seen += os.read(self.master, 65536).decode("utf-8", "replace")

    def run(self, command, answer):
        self.type(command + "\n")
        return self.expect(answer)

    def attributes(self):
        return termios.tcgetattr(self.slave)

    def becomes(self, condition):
        """Waits for a state of the terminal."""
        end = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def is_raw(self):
        return not self.attributes()[3] & termios.ICANON

    def restored(self):
        return self.becomes(lambda: self.attributes() == self.before)

    def status(self):
        end = time.monotonic() + LIMIT
        while True:
            try:
                return self.proc.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise Timeout("the program does not end: %r" % self.seen[-400:])
                while select.select([self.master], [], [], 0)[0]:
                    self.seen += os.read(self.master, 65536).decode("utf-8", "replace")

    def close(self):
        if self.proc.poll() is None:
            self.proc.kill()
        self.proc.wait()
        os.close(self.master)
        os.close(self.slave)


def check(sentence, ok, detail=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print("FAIL %s  %s" % (sentence, detail))


def lx_pid(shell):
    """The lxrun that is a child of the shell."""
    with open("/proc/%d/task/%d/children" % (shell, shell)) as f:
        return int(f.read().split()[0])


def shell(*options):
    """An interactive bash inside lxrun at its prompt."""
    t = Terminal(LXRUN, "bash", "--norc", "--noprofile", *options, PS1="in> ")
    t.expect("in> ")
    return t


def names():
    t = shell()
    t.run("tty; readlink /proc/self/fd/0; test -t 0 && echo is-tty", r"/dev/pts/(\d+)\r\n/dev/pts/\1\r\nis-tty")
    t.run("echo there >/dev/tty", r"\nthere\r\n")
    t.run("stty -echo; stty echo; stty size", r"24 80\r\n")
    t.run("exit 3", "exit")
    check("the shell's status comes out", t.status() == 3, t.proc.returncode)
    check("the terminal is as before an exit", t.restored(), t.attributes())
    t.close()


def start(t, program):
    """Runs a program inside, and waits until it is in the foreground: it says so itself."""
    t.run("sh -c 'echo st''arted; exec %s'" % program, "\nstarted\r\n")


def lives(t):
    """cat is in the foreground again once it answers."""
    t.type("hello\n")
    t.expect("hello\r\nhello\r\n")


def keys():
    t = shell()
    # readline only notes a signal that comes right before it sleeps: the next key shows it
    t.type("echo not this\x03\n")
    t.expect("in> ")
    # Not sh that becomes sleep: it catches SIGINT, and forgets one that comes while it calls exec, natively too.
    t.run("perl -e '$| = 1; print qq(start) . qq(ed\\n); sleep 1000'", "\nstarted\r\n")
    t.type("\x03")
    t.expect("in> ")
    t.run("echo status-$?", r"status-130")
    start(t, "cat")
    t.type("abx\x7fc\x17line\n")
    t.expect("\nline\r\n")
    t.type("\x04")
    t.expect("in> ")
    start(t, "cat")
    t.type("\x1c")
    t.expect("Quit.*in> ")
    t.run("trap 'echo cau''ght' INT; read -rp 'ty''pe: ' line", "type: ")
    t.type("\x03\n")  # read goes on behind a trap
    t.expect("caught.*in> ")
    t.run("read -rt 1000 -n 1 -p 'ke''y: ' k", "key: ")
    t.type("x")
    t.expect("in> ")
    t.run("echo k-$k", "k-x")
    check("keys reach whom they should", True)
    t.close()


def jobs():
    t = shell()
    t.run("sleep 1000 & echo started-$!", r"started-\d+")
    t.run("jobs", r"\[1\].*Running.*sleep 1000")
    start(t, "cat")
    t.type("\x1a")
    t.expect(r"\[2\].*Stopped.*cat.*in> ")
    t.run("fg", "cat'\r\n")
    lives(t)
    t.type("\x1a")
    t.expect("Stopped.*in> ")
    t.run("bg", r"\[2\].*cat.*in> ")
    # its read in the background stops it
    t.run("until jobs %2 | grep -q Stopped; do :; done; jobs; echo lo''oked", "Stopped.*cat.*looked")
    t.run("kill %1; wait %1; echo status-$?", r"status-143")
    t.type("exit\n")
    t.expect("There are stopped jobs")
    t.run("kill -9 %2; while jobs | grep -q Stopped; do :; done; echo go''ne", r"\ngone")
    t.run("set +m; (exit 5); set -m; echo status-$?-$-", r"status-0-\S*m")
    # Both say that they are there: who is still becoming a program ignores ^Z, natively too.
    t.run("sh -c 'echo u''p >&2; exec sleep 1000' | sh -c 'echo st''arted; exec cat'",
          r"\n(up\r\n.*started|started\r\n.*up)\r\n")
    t.type("\x1a")
    t.expect(r"Stopped.*sleep 1000' \|.*in> ")
    t.run("kill -9 %; while jobs | grep -q Stopped; do :; done; echo go''ne", r"\ngone")
    t.run("exit 0", "exit")
    check("a shell with jobs ends", t.status() == 0, t.proc.returncode)
    check("the terminal is as before jobs", t.restored())
    t.close()


def resize():
    t = shell()
    # Not at the prompt: readline may look at its flags just before the signal, and read on until a key comes.
    t.run("sh -c 'trap \"stty size\" WINCH; echo se''t; while :; do sleep 0.05; done'", "\nset\r\n")
    t.size(30, 100)
    t.expect("30 100")
    t.type("\x03")
    t.expect("in> ")
    t.run("stty size", "30 100")
    t.run("stty rows 40; stty size", "40 100")
    check("a size set inside is the terminal's",
          struct.unpack("HHHH", fcntl.ioctl(t.slave, termios.TIOCGWINSZ, bytes(8)))[0] == 40)
    t.close()


def deaths():
    for sig in signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT:
        t = shell()
        check("the terminal is raw", t.is_raw())
        if sig in (signal.SIGTERM, signal.SIGHUP):  # they go to the guest: let them end it
            t.run("exec sh -c 'echo st''arted; exec sleep 1000'", "\nstarted\r\n")
        os.kill(t.proc.pid, sig)
        t.status()
        check("the terminal is as before %s" % sig.name, t.restored(), t.attributes())
        t.close()


BUSY = """
stty raw -echo
setsid sh -c 'trap "" HUP TERM; exec sleep 1000' &
sh -c 'kill -STOP $$' &
mkfifo "$0"; cat <"$0" &
for j in 1 2 3; do
	while :; do sh -c 'sleep 0 | cat | (exec true); wait' & wait $!; echo line; done &
done
wait"""


def left(mark):
    """Processes that have the mark in their environment, zombies not counted."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mark.encode() in f.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def killed():
    """kill -9 amid forks, execs, pipes, a stopped job and a daemon: nobody is left, and the terminal is given back."""
    with tempfile.TemporaryDirectory() as place:
        for i in range(20):
            mark = "LXRUN_TEST_MARK=%d.%d" % (os.getpid(), i)
            t = Terminal(LXRUN, "sh", "-c", BUSY, os.path.join(place, str(i)), **dict([mark.split("=")]))
            lines = random.choice((0, 0, 1, 2, random.randrange(3, 60)))
            t.expect(r"(line[\r\n]+){%d}" % lines)
            check("at line %d somebody is there" % lines, not lines or left(mark))
            os.kill(t.proc.pid, signal.SIGKILL)
            t.status()
            check("after kill -9 at line %d the terminal is as before" % lines, t.restored(), t.attributes())
            check("after kill -9 at line %d nobody is left" % lines, t.becomes(lambda: not left(mark)), left(mark))
            t.close()


def outer_job(command, ready):
    t = Terminal("bash", "--norc", "--noprofile", "-i")
    t.expect("outer> ")
    t.run(command, ready)
    return t


def stopped_outside():
    t = outer_job("%s sh -c 'echo ready; exec cat'" % LXRUN, "\r\nready\r\n")
    pid = lx_pid(t.proc.pid)
    check("a job that reads has the terminal raw", t.becomes(t.is_raw))
    t.type("one\n")
    t.expect("one\r\none\r\n")
    t.type("\x1a")
    t.expect("Stopped.*outer> ")
    t.run("stty -a | grep -c ' icanon'", "\n1\r\n")
    t.run("fg", "cat'\r\n")
    check("... and again when it goes on", t.becomes(t.is_raw))
    t.type("two\n")
    t.expect("two\r\ntwo\r\n")
    os.kill(pid, signal.SIGTSTP)
    t.expect("Stopped.*outer> ")
    t.run("bg", "outer> ")  # its read stops it again, and the terminal stays the shell's
    t.run("until jobs | grep -q Stopped; do :; done; echo stop''ped", "\nstopped\r\n")
    t.run("fg", "cat'\r\n")
    check("... and after a bg that could not read", t.becomes(t.is_raw))
    t.type("three\n")
    t.expect("three\r\nthree\r\n")
    t.type("\x03")
    t.expect("outer> ")
    t.run("echo status-$?", "status-130")
    t.close()


def background():
    t = outer_job("%s sh -c 'echo ready; echo x; exec sleep 1000' &" % LXRUN, "ready\r\nx\r\n")
    cooked = t.before[3] & termios.ICANON
    t.run("stty -a | grep -c ' icanon'", "\n1\r\n")
    t.run("kill %1; wait; echo done", "\ndone")
    check("a background job leaves the terminal alone", cooked)
    t.close()


def untouched():
    """stdin is no terminal: only written to."""
    theirs, ours = os.pipe()
    t = Terminal(LXRUN, "cat", stdin=theirs)
    os.write(ours, b"in\n")
    t.expect("in\r\n")
    check("without a terminal on stdin nothing is touched", t.attributes() == t.before)
    t.type("\x03")
    check("... and ^C is the host's", t.status() == -signal.SIGINT and t.attributes() == t.before, t.proc.returncode)
    t.close()
    os.close(theirs)
    os.close(ours)


def nested():
    """script(1) makes a pty inside; its shell has job control there."""
    t = shell()
    t.run("""script -qc "PS1='nes''ted> ' bash --norc --noprofile -i" /dev/null""", "nested> ")
    t.run("tty", r"/dev/pts/\d+")
    start(t, "sleep 1000")
    t.type("\x1a")
    t.expect("Stopped.*nested> ")
    t.run("kill -9 %1; while jobs | grep -q Stopped; do :; done; exit", "in> ")
    t.run("exit 4", "exit")
    check("script ends", t.status() == 4, t.proc.returncode)
    t.close()


def latency(*argv):
    """Median time from key to echo, in ms."""
    t = Terminal(*argv, "sh", "-c", "echo ready; exec cat")
    t.expect("ready\r\n")
    t.type("x\n")
    t.expect("x\r\nx\r\n")
    times = []
    for _ in range(200):
        begin = time.monotonic()
        t.type("k")
        os.read(t.master, 16)
        times.append(time.monotonic() - begin)
    t.close()
    return sorted(times)[len(times) // 2] * 1000


def echo():
    native, ours = latency("env"), latency(LXRUN)
    print("tty: echo %.3f ms natively, %.3f ms under lxrun" % (native, ours))
    check("echo adds less than a millisecond at the median", ours - native < 1, ours - native)


def main():
    global failed
    tests = [names, keys, jobs, resize, deaths, killed, stopped_outside, background, untouched, nested, echo]
    for test in tests:
        if len(sys.argv) > 1 and test.__name__ not in sys.argv[1:]:
            continue
        try:
            test()
        except (Timeout, OSError) as e:
            failed += 1
            print("FAIL %s: %s" % (test.__name__, e))
    print("tty: %d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
