import os, sqlite3, threading
db = sqlite3.connect("d.db"); db.execute("pragma journal_mode=wal") if False else None
db.execute("create table t(k integer primary key, v text)")
with db:
    db.executemany("insert into t(v) values(?)", [(f"value {i}",) for i in range(2000)])
print(db.execute("select count(*), sum(length(v)) from t").fetchone())
try:
    with db:
        db.execute("delete from t"); raise ValueError
except ValueError:
    print("rolled back", db.execute("select count(*) from t").fetchone())
def reader(out):
    c = sqlite3.connect("d.db"); out.append(c.execute("select v from t where k=1000").fetchone()); c.close()
out = []; ts = [threading.Thread(target=reader, args=(out,)) for _ in range(4)]; [t.start() for t in ts]; [t.join() for t in ts]; print(out)
other = sqlite3.connect("d.db", timeout=0.1, isolation_level=None); db.isolation_level = None; db.execute("begin exclusive")
try:
    other.execute("insert into t(v) values('x')")
except sqlite3.OperationalError as e:
    print(e)
db.execute("commit"); other.execute("insert into t(v) values('x')"); db.execute("vacuum"); print(db.execute("pragma integrity_check").fetchone(), sorted(os.listdir(".")))
print(db.execute("pragma journal_mode=wal").fetchone()); other.execute("update t set v='wal' where k=1"); print(db.execute("select v from t where k=1").fetchone(), sorted(os.listdir(".")))
