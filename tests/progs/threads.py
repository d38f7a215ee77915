import concurrent.futures, os, queue, subprocess, sys, threading, time
lock, total, q = threading.Lock(), 0, queue.Queue()
def work(n):
    global total
    for _ in range(1000):
        with lock:
            total += n
    q.put(n)
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]; print(total, q.qsize())
ev = threading.Event(); threading.Timer(0.05, ev.set).start(); print(ev.wait(5), ev.wait(0)); b = threading.Barrier(4)
with concurrent.futures.ThreadPoolExecutor(4) as ex:
    print(sorted(ex.map(lambda i: (b.wait(), i * i)[1], range(4))), len({f.result() for f in [ex.submit(threading.get_native_id) for _ in range(8)]}) >= 1)
    print(list(ex.map(lambda i: subprocess.run(["sh", "-c", f"exit {i}"]).returncode, range(8))))
def io(i):
    with open(f"f{i}", "w") as f:
        for j in range(200): f.write(f"{j}\n")
    return os.path.getsize(f"f{i}")
with concurrent.futures.ThreadPoolExecutor(8) as ex:
    print(sum(ex.map(io, range(40))))
c = threading.Condition(); items = []
def consumer():
    with c:
        while len(items) < 5: c.wait()
    print("consumed", items)
t = threading.Thread(target=consumer); t.start()
for i in range(5):
    with c: items.append(i); c.notify_all()
t.join(); d = threading.Thread(target=time.sleep, args=(60,), daemon=True); d.start(); print(threading.active_count(), len(os.listdir("/proc/self/task")) >= 2); sys.exit(4)
