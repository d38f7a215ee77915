/* SPDX-License-Identifier: MIT */
/*
 * fs.c - one conformance suite for every writable file system: each scenario runs in a directory of the
 * file system under the test's own directory (VolFs) and in one of /dev/shm (TmpFs); LXRUN_TEST_DIR
 * names a third. Natively the same scenarios run on the host's file systems.
 */
#include "guest.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/xattr.h>

static void run_in(const char *place, void (*scenario)(void))
{
	char *name;

	umask(022);
	name = place ? enter_dir(place) : NULL;
	scenario();
	if (name)
		leave_dir(name);
}

#define FS_TEST(id)                                        \
	static void fs_##id(void);                         \
	TEST(volfs_##id)                                   \
	{                                                  \
		run_in(NULL, fs_##id);                     \
	}                                                  \
	TEST(tmpfs_##id)                                   \
	{                                                  \
		run_in("/dev/shm", fs_##id);               \
	}                                                  \
	TEST(other_##id)                                   \
	{                                                  \
		SKIP_UNLESS(getenv("LXRUN_TEST_DIR"));     \
		run_in(getenv("LXRUN_TEST_DIR"), fs_##id); \
	}                                                  \
	static void fs_##id(void)

static nlink_t links_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_nlink;
}

static ino_t ino_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_ino;
}

FS_TEST(names_are_bytes)
{
	char name[257];
	static const char *const odd[] = { "a b",         "tab\t", "nl\n",         "q?*<>|\":",
					   "back\\slash", "#0041", "\xc3\xa4\xff", " x ",
					   "x.",          "...",   "con",          "-" };

	memset(name, 'n', 256);
	name[255] = '\0';
	write_file(name, "x", 0644);
	OK(unlink(name));
	name[255] = 'n';
	name[256] = '\0';
	ERR(open(name, O_CREAT | O_WRONLY, 0644), ENAMETOOLONG);
	ERR(mkdir(name, 0755), ENAMETOOLONG);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		DIR *d = opendir(".");
		struct dirent *e;
		int seen = 0;

		write_file(odd[i], "x", 0644);
		while ((e = readdir(d)) != NULL)
			seen += !strcmp(e->d_name, odd[i]);
		EQ(seen, 1);
		closedir(d);
		OK(unlink(odd[i]));
	}
	write_file("Case", "1", 0644);
	ERR(open("case", O_RDONLY), ENOENT);
}

/* ---- rename ---- */

static void make(const char *kind, const char *name)
{
	char in[64];

	if (!strcmp(kind, "file"))
		write_file(name, kind, 0644);
	else if (!strcmp(kind, "link"))
		OK(symlink("nowhere", name));
	else if (!strcmp(kind, "fifo"))
		OK(mkfifo(name, 0600));
	else if (strcmp(kind, "none"))
		OK(mkdir(name, 0755));
	if (!strcmp(kind, "full")) {
		snprintf(in, sizeof(in), "%s/in", name);
		write_file(in, "x", 0644);
	}
}

static void wipe(const char *name)
{
	char in[64];

	snprintf(in, sizeof(in), "%s/in", name);
	unlink(in);
	if (unlink(name))
		rmdir(name);
}

FS_TEST(rename_of_every_kind_over_every_kind)
{
	static const char *const kinds[] = { "none", "file", "link", "fifo", "empty", "full" };

	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++) {
			bool dir = i >= 4, onto_dir = j >= 4;
			ino_t ino;
			int want = 0;

			make(kinds[i], "a");
			make(kinds[j], "b");
			ino = ino_of("a");
			if (i == 0)
				want = ENOENT;
			else if (j && dir != onto_dir)
				want = dir ? ENOTDIR : EISDIR;
			else if (j == 5)
				want = ENOTEMPTY;
			errno = 0;
			EQ(rename("a", "b"), want ? -1 : 0);
			EQ(errno, want);
			if (!want) {
				EQ(ino_of("b"), ino);
				EQ(ino_of("a"), 0);
			}
			wipe("a");
			wipe("b");
		}
}

FS_TEST(rename_flags)
{
	ino_t a, b;

	make("file", "a");
	make("full", "b");
	a = ino_of("a");
	b = ino_of("b");
	ERR(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1), EEXIST);
	OK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
	EQ(ino_of("a"), b);
	EQ(ino_of("b"), a);
	TRUE(access("a/in", F_OK) == 0);
	ERR(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "c", 2), ENOENT);
	OK(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", 1));
	ERR(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "c", 3), EINVAL);
	ERR(rename("a", "a/sub"), EINVAL);
}

FS_TEST(a_directory_moves_with_everything_open_in_it)
{
	int fd, dir;
	char buf[4] = "";

	OK(mkdir("from", 0755));
	OK(mkdir("to", 0755));
	write_file("from/f", "abc", 0644);
	fd = (int)OK(open("from/f", O_RDWR));
	dir = (int)OK(open("from", O_RDONLY | O_DIRECTORY));
	OK(chdir("from"));
	OK(rename("../from", "../to/there"));
	EQ(read(fd, buf, 3), 3);
	STREQ(buf, "abc");
	OK(faccessat(dir, "f", F_OK, 0));
	OK(access("../there/f", F_OK));
	OK(access("../../to", F_OK));
}

FS_TEST(link_counts)
{
	int fd;
	struct stat st;

	OK(mkdir("d", 0755));
	OK(mkdir("d/1", 0755));
	OK(mkdir("d/2", 0755));
	EQ(links_of("d"), 4);
	OK(rename("d/1", "d/3"));
	EQ(links_of("d"), 4);
	OK(rename("d/3", "e"));
	EQ(links_of("d"), 3);
	OK(rmdir("d/2"));
	EQ(links_of("d"), 2);
	write_file("f", "x", 0644);
	OK(link("f", "g"));
	OK(link("g", "h"));
	EQ(links_of("f"), 3);
	EQ(ino_of("f"), ino_of("h"));
	OK(rename("f", "g"));
	EQ(links_of("f"), 3);
	OK(unlink("f"));
	EQ(links_of("g"), 2);
	fd = (int)OK(open("g", O_RDONLY));
	OK(unlink("g"));
	OK(unlink("h"));
	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
	ERR(link("d", "l"), EPERM);
	OK(symlink("f", "s"));
	OK(link("s", "t"));
	EQ(links_of("s"), 2);
}

FS_TEST(reading_a_directory_that_changes)
{
	enum { N = 500 };
	char name[32];
	bool seen[N] = { false };
	int doubles = 0;
	DIR *d;
	struct dirent *e;

	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		close((int)OK(open(name, O_CREAT | O_WRONLY, 0600)));
	}
	d = opendir(".");
	for (int n = 0; (e = readdir(d)) != NULL; n++) {
		int i;

		if (sscanf(e->d_name, "f%d", &i) != 1)
			continue;
		if (i < N) {
			doubles += seen[i];
			seen[i] = true;
		}
		OK(unlink(e->d_name));
		if (n % 7 == 0) {
			snprintf(name, sizeof(name), "g%d", n);
			close((int)OK(open(name, O_CREAT | O_WRONLY, 0600)));
		}
	}
	EQ(doubles, 0);
	for (int i = 0; i < N; i++)
		TRUE(seen[i]);
	rewinddir(d);
	while ((e = readdir(d)) != NULL)
		TRUE(e->d_name[0] != 'f');
	closedir(d);
}

FS_TEST(locks_of_processes)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
	int fd;

	write_file("f", "x", 0644);
	fd = (int)OK(open("f", O_RDWR));
	OK(fcntl(fd, F_SETLK, &lock));
	IN_CHILD({
		struct flock q = {
			.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 15, .l_len = 1
		};
		int own = open("f", O_RDWR);

		ERR(fcntl(own, F_SETLK, &q), EAGAIN);
		q.l_start = 20;
		OK(fcntl(own, F_SETLK, &q));
		q.l_start = 0;
		q.l_len = 0;
		q.l_type = F_WRLCK;
		OK(fcntl(own, F_GETLK, &q));
		EQ(q.l_start, 10);
		EQ(q.l_len, 10);
		EQ(q.l_type, F_WRLCK);
		EQ(q.l_pid, getppid());
		q = (struct flock){
			.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = 0, .l_len = -1
		};
		OK(fcntl(own, F_GETLK, &q)); /* only its own lock lies there, or none */
		EQ(q.l_type, F_UNLCK);
	});
	close((int)OK(open("f", O_RDONLY)));
	IN_CHILD({
		struct flock q = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 1
		};

		OK(fcntl(open("f", O_RDWR), F_SETLK, &q)); /* any close gave the locks up */
	});
	lock.l_pid = 0;
	OK(fcntl(fd, 37 /* F_OFD_SETLK */, &lock));
	close((int)OK(open("f", O_RDONLY)));
	IN_CHILD({
		struct flock q = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 1
		};

		ERR(fcntl(open("f", O_RDWR), F_SETLK, &q), EAGAIN);
	});
}

FS_TEST(sparse_files)
{
	struct stat st;
	char buf[8] = "xxxxxxx";
	int fd = (int)OK(open("s", O_CREAT | O_RDWR, 0644));

	OK(ftruncate(fd, 1 << 20));
	EQ(pwrite(fd, "end", 3, (1 << 20) + 4096), 3);
	OK(fstat(fd, &st));
	EQ(st.st_size, (1 << 20) + 4099);
	TRUE(st.st_blocks < 1024);
	EQ(pread(fd, buf, 4, 1000), 4);
	TRUE(!memcmp(buf, "\0\0\0\0", 4));
	EQ(lseek(fd, 0, SEEK_HOLE), 0);
	BETWEEN(lseek(fd, 0, SEEK_DATA), 1 << 20, (1 << 20) + 4096);
	ERR(lseek(fd, 2 << 20, SEEK_DATA), ENXIO);
	OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (1 << 20) + 4096, 4096));
	OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 2 << 20, 8192));
	OK(fstat(fd, &st));
	EQ(st.st_size, (1 << 20) + 4099);
	OK(fallocate(fd, 0, 2 << 20, 8192));
	OK(fstat(fd, &st));
	EQ(st.st_size, (2 << 20) + 8192);
}

FS_TEST(maps_and_files_agree)
{
	int fd = (int)OK(open("m", O_CREAT | O_RDWR, 0644));
	char *shared, *private, buf[4] = "";

	EQ(write(fd, "0123456789", 10), 10);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	TRUE(shared != MAP_FAILED && private != MAP_FAILED);
	EQ(pwrite(fd, "AB", 2, 0), 2);
	TRUE(!memcmp(shared, "AB2", 3));
	shared[2] = 'C';
	EQ(pread(fd, buf, 3, 0), 3);
	STREQ(buf, "ABC");
	private[0] = 'p';
	EQ(pread(fd, buf, 3, 0), 3);
	STREQ(buf, "ABC");
	OK(msync(shared, 4096, MS_SYNC));
	IN_CHILD({
		signal(SIGBUS, SIG_DFL);
		if (fork() == 0) {
			char *far = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);

			_exit(far[4096]);
		}
		int status;

		wait(&status);
		TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	});
}

FS_TEST(attributes_of_new_and_changed_objects)
{
	struct stat st;
	struct timespec ts[2] = { { 1000000001, 123456789 }, { 1500000000, 987654321 } };

	umask(027);
	OK(mkdir("d", 0777));
	OK(stat("d", &st));
	EQ(st.st_mode, S_IFDIR | 0750);
	EQ(st.st_uid, geteuid());
	OK(chmod("d", 01777));
	OK(chmod("d", 02755));
	OK(mkdir("d/sub", 0755));
	OK(stat("d/sub", &st));
	EQ(st.st_mode & S_ISGID, S_ISGID);
	write_file("f", "x", 0644);
	OK(utimensat(AT_FDCWD, "f", ts, 0));
	OK(stat("f", &st));
	EQ(st.st_atim.tv_sec, ts[0].tv_sec);
	EQ(st.st_atim.tv_nsec, ts[0].tv_nsec);
	EQ(st.st_mtim.tv_nsec, ts[1].tv_nsec);
	OK(mkfifo("p", 0666));
	OK(lstat("p", &st));
	EQ(st.st_mode, S_IFIFO | 0640);
	OK(symlink("f", "s"));
	OK(lstat("s", &st));
	EQ(st.st_mode, S_IFLNK | 0777);
	EQ(st.st_size, 1);
}

/* Under whatever name, and long after somebody began to work in it. */
FS_TEST(a_working_directory_changes_its_mode)
{
	const mode_t modes[] = { 02755, 0755, 02700, 0777, 0500 };
	struct stat st;

	OK(mkdir("w", 0755));
	OK(chdir("w"));
	for (int i = 0; i < 300; i++)
		OK(stat(".", &st));
	for (int round = 0; round < 4; round++)
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
			OK(chmod(round % 2 ? "." : "../w", modes[i]));
			for (int n = 0; n < 3; n++) {
				if (geteuid() && !(modes[i] & 0200)) {
					ERR(mkdir("s", 0755), EACCES);
					continue;
				}
				OK(mkdir("s", 0755));
				OK(stat("s", &st));
				EQ(st.st_mode & S_ISGID, modes[i] & S_ISGID);
				OK(rmdir("s"));
			}
		}
	OK(chdir(".."));
}

FS_TEST(extended_attributes)
{
	char buf[64];
	static char big[65537];

	write_file("f", "x", 0644);
	OK(setxattr("f", "user.a", "one", 3, XATTR_CREATE));
	ERR(setxattr("f", "user.a", "two", 3, XATTR_CREATE), EEXIST);
	ERR(setxattr("f", "user.b", "two", 3, XATTR_REPLACE), ENODATA);
	OK(setxattr("f", "user.empty", "", 0, 0));
	EQ(getxattr("f", "user.a", buf, sizeof(buf)), 3);
	EQ(getxattr("f", "user.a", NULL, 0), 3);
	ERR(getxattr("f", "user.a", buf, 1), ERANGE);
	EQ(getxattr("f", "user.empty", buf, sizeof(buf)), 0);
	EQ(listxattr("f", NULL, 0), 7 + 11);
	ERR(listxattr("f", buf, 3), ERANGE);
	OK(removexattr("f", "user.a"));
	ERR(removexattr("f", "user.a"), ENODATA);
	ERR(getxattr("f", "user.a", buf, sizeof(buf)), ENODATA);
	ERR(setxattr("f", "nospace.a", "x", 1, 0), EOPNOTSUPP);
	ERR(setxattr("f", "user.big", big, sizeof(big), 0), E2BIG);
}

FS_TEST(files_without_a_name_may_get_one)
{
	char path[64];
	struct stat st;
	int fd = (int)OK(open(".", O_TMPFILE | O_RDWR, 0640));

	EQ(write(fd, "tmp", 3), 3);
	OK(fstat(fd, &st));
	EQ(st.st_nlink, 0);
	EQ(st.st_mode, S_IFREG | 0640);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	EQ(links_of("named"), 1);
	STREQ(read_file("named"), "tmp");
	close(fd);
	fd = (int)OK(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0640));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ERR(linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW), ENOENT);
	ERR(open(".", O_TMPFILE | O_RDONLY, 0640), EINVAL);
}

FS_TEST(removed_directories_are_dead)
{
	OK(mkdir("d", 0755));
	OK(chdir("d"));
	OK(rmdir("../d"));
	ERR(open("f", O_CREAT | O_WRONLY, 0644), ENOENT);
	ERR(mkdir("x", 0755), ENOENT);
	ERR(syscall(SYS_getcwd, (char[64]){ 0 }, 64), ENOENT);
	OK(mkdir("../d", 0755));
	OK(chdir(".."));
}

TEST(a_new_owner_takes_the_set_id_bits_of_all_but_directories)
{
	static const mode_t kinds[] = { S_IFREG, S_IFIFO, S_IFSOCK, S_IFDIR };
	struct stat st;

	SKIP_UNLESS(!getuid());
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i] == S_IFDIR)
			EQ(mkdir("new", 0755), 0);
		else if (mknod("new", kinds[i] | 0755, 0))
			continue; /* not on every file system */
		EQ(chmod("new", 06755), 0);
		EQ(chown("new", 123, 456), 0);
		EQ(stat("new", &st), 0);
		EQ(st.st_mode & 07777, kinds[i] == S_IFDIR ? 06755 : 0755);
		EQ(kinds[i] == S_IFDIR ? rmdir("new") : unlink("new"), 0);
	}
}
