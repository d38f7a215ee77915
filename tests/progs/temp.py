import mmap, os, pathlib, shutil, tempfile
tempfile.tempdir = os.getcwd()
with tempfile.TemporaryFile() as f:
    f.write(b"hello"); f.seek(0); print(f.read(), os.fstat(f.fileno()).st_nlink)
with tempfile.NamedTemporaryFile("w+", suffix=".x") as f:
    f.write("named"); f.flush(); print(os.path.exists(f.name), oct(os.stat(f.name).st_mode)); name = f.name
print(os.path.exists(name))
with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d) / "a" / "b"; p.mkdir(parents=True); (p / "f").write_text("t"); print(len(list(pathlib.Path(d).rglob("*"))), oct(os.stat(d).st_mode)); keep = d
print(os.path.exists(keep)); fd, n = tempfile.mkstemp(); os.ftruncate(fd, 8192); m = mmap.mmap(fd, 8192); m[0:5] = b"mmap!"; m.flush(); print(os.pread(fd, 5, 0), m.find(b"ap")); m.close(); os.close(fd)
with tempfile.SpooledTemporaryFile(max_size=10) as s:
    s.write(b"x" * 100); s.seek(0); print(len(s.read()))
os.replace(n, "moved"); print(os.listdir("."), shutil.disk_usage(".").total > 0); m = mmap.mmap(-1, 4096); m.write(b"anon"); pid = os.fork()
if pid == 0:
    m[0:4] = b"kid!"; os._exit(0)
os.waitpid(pid, 0); print(m[0:4]); os.unlink("moved")
