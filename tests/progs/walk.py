import glob, os, shutil, stat
for d in ("a/b", "a/c", "d"):
    os.makedirs(d)
    for n in range(3):
        with open(f"{d}/{n}.txt", "w") as f:
            f.write("x" * n * 100)
os.symlink("a", "link")
for root, dirs, files in sorted(os.walk(".")):
    print(root, sorted(dirs), sorted(files))
for e in sorted(os.scandir("a/b"), key=lambda e: e.name):
    s = e.stat()
    print(e.name, e.is_file(), s.st_size, stat.filemode(s.st_mode), e.inode() == s.st_ino)
print(sorted(glob.glob("**/*.txt", recursive=True))[:4])
os.rename("d", "e"); os.utime("e/1.txt", ns=(123456789, 987654321)); print(os.stat("e/1.txt").st_mtime_ns)
os.chmod("e/1.txt", 0o604); print(oct(os.stat("e/1.txt").st_mode)); shutil.copytree("a", "copy", symlinks=True)
print(os.path.realpath("link/b").endswith("/a/b"), os.readlink("link"), os.path.islink("link"))
for call in (lambda: os.rmdir("a"), lambda: open("none"), lambda: os.mkdir("a"), lambda: os.listdir("e/1.txt"), lambda: os.kill(os.getpid(), 99)):
    try:
        call()
    except OSError as err:
        print(err.errno, err.strerror)
shutil.rmtree("a"); print(sorted(os.listdir("."))); fd = os.open("t", os.O_RDWR | os.O_CREAT); os.ftruncate(fd, 10); print(os.pwrite(fd, b"hi", 4), os.pread(fd, 10, 0), os.lseek(fd, 0, 2))
print(os.access("t", os.W_OK), os.path.getsize("t"), os.cpu_count() >= 1, os.getcwd() == os.path.realpath("."), len(os.urandom(9)), os.get_terminal_size.__name__)
