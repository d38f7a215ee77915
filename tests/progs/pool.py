import multiprocessing as mp, os, signal, sys
def square(n): return n * n
def count(lock, value, n):
    for _ in range(n):
        with lock: value.value += 1
if __name__ == "__main__":
    with mp.Pool(4) as pool:
        print(sum(pool.map(square, range(1000), chunksize=7)), pool.apply(square, (9,)), sorted(pool.imap_unordered(square, range(5))))
    lock, value = mp.Lock(), mp.Value("i", 0, lock=False)
    ps = [mp.Process(target=count, args=(lock, value, 500)) for _ in range(6)]
    [p.start() for p in ps]; [p.join() for p in ps]; print(value.value, [p.exitcode for p in ps])
    q = mp.Queue(); p = mp.Process(target=q.put, args=("x" * 100000,)); p.start(); print(len(q.get())); p.join()
    p = mp.Process(target=os._exit, args=(9,)); p.start(); p.join(); print(p.exitcode)
    p = mp.Process(target=signal.pause); p.start(); p.terminate(); p.join(); print(p.exitcode)
    e, b = mp.Event(), mp.Barrier(3)
    ps = [mp.Process(target=b.wait) for _ in range(2)]; [p.start() for p in ps]; b.wait(10); [p.join() for p in ps]; print([p.exitcode for p in ps])
    r, w = mp.Pipe(False); p = mp.Process(target=w.send, args=({"a": [1, 2]},)); p.start(); print(r.recv()); p.join(); sys.exit(3)
