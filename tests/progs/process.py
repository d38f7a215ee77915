import os, selectors, signal, subprocess, sys, time
print(subprocess.run(["echo", "hi"], capture_output=True).stdout)
print(subprocess.run("exit 7", shell=True).returncode, subprocess.run(["sh", "-c", "kill -9 $$"]).returncode)
print(subprocess.run(["tr", "a-z", "A-Z"], input="text\n" * 20000, text=True, capture_output=True).stdout[-5:])
p1 = subprocess.Popen(["seq", "1000"], stdout=subprocess.PIPE); p2 = subprocess.Popen(["wc", "-l"], stdin=p1.stdout, stdout=subprocess.PIPE); p1.stdout.close(); print(p2.communicate()[0].strip(), p1.wait())
try:
    subprocess.run(["sleep", "10"], timeout=0.2)
except subprocess.TimeoutExpired as e:
    print("timeout", e.cmd)
for bad in (["/no/such"], ["/etc/passwd"]):
    try:
        subprocess.run(bad)
    except OSError as e:
        print(type(e).__name__, e.errno)
p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, cwd="/"); p.stdin.write(b"x"); p.stdin.flush(); sel = selectors.DefaultSelector(); sel.register(p.stdout, selectors.EVENT_READ); print(len(sel.select(5)), p.poll()); p.terminate(); print(p.wait())
got = []; signal.signal(signal.SIGUSR1, lambda s, f: got.append(s)); os.kill(os.getpid(), signal.SIGUSR1); print(got)
signal.signal(signal.SIGALRM, lambda s, f: got.append("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2); print(got)
r, w = os.pipe(); pid = os.fork()
if pid == 0:
    os.write(w, b"child"); os._exit(5)
print(os.read(r, 9), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(os.popen("echo popen").read(), os.system("exit 3") >> 8, sys.argv[1:], os.environ.get("NOPE")); sys.stdout.flush()
pid = os.posix_spawn("/bin/sh", ["sh", "-c", "echo spawned; exit 2"], os.environ); print(os.waitpid(pid, 0)[1]); import multiprocessing
if __name__ == "__main__":
    q = [subprocess.Popen(["sh", "-c", f"exit {i}"]) for i in range(20)]; print([x.wait() for x in q])
    ctx = multiprocessing.get_context("fork"); a, b = ctx.Pipe(duplex=False); c = ctx.Process(target=b.send, args=("sent",)); c.start(); print(a.recv()); c.join(); print(c.exitcode)
    os.execvp("sh", ["sh", "-c", "echo exec; exit 6"])
