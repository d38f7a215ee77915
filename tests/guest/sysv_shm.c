/* SPDX-License-Identifier: MIT */
/* System V shared memory: attaches through fork, exec and exit, removal while attached, rights, addresses. */
#include "guest.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#define PAGE 4096ul

static int new_segment(size_t size)
{
	return (int)OK(shmget(IPC_PRIVATE, size, IPC_CREAT | 0600));
}

static struct shmid_ds state(int id)
{
	struct shmid_ds ds = { 0 };

	OK(shmctl(id, IPC_STAT, &ds));
	return ds;
}

static void drop(int id)
{
	OK(shmctl(id, IPC_RMID, NULL));
}

static void *attach(int id, const void *at, int flags)
{
	void *p = shmat(id, at, flags);

	TRUE(p != (void *)-1);
	return p;
}

static int status_of(pid_t pid)
{
	int status = -1;

	EQ(waitpid(pid, &status, 0), pid);
	return status;
}

TEST(keys_find_segments)
{
	key_t key = (key_t)(0x5f000000 | (getpid() & 0xffffff));
	int id = (int)OK(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));

	ERR(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	EQ(shmget(key, 0, 0), id);
	ERR(shmget(key, 5001, 0), EINVAL);
	EQ(state(id).shm_segsz, 5000);
	EQ(state(id).shm_cpid, getpid());
	EQ(state(id).shm_lpid, 0);
	EQ(state(id).shm_atime, 0);
	drop(id);
	ERR(shmget(key, 0, 0), ENOENT);
	ERR(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	ERR(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }), EINVAL);
	ERR(shmctl(-1, IPC_RMID, NULL), EINVAL);
}

TEST(what_one_writes_the_other_reads)
{
	int id = new_segment(2 * PAGE);
	volatile char *p = attach(id, NULL, 0), *q = attach(id, NULL, SHM_RDONLY);
	pid_t pid;

	TRUE(p != q);
	p[PAGE] = 'x';
	EQ(q[PAGE], 'x');
	EQ(state(id).shm_nattch, 2);
	pid = fork();
	if (!pid) {
		EQ(state(id).shm_nattch, 4);
		p[0] = 'y';
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	EQ(p[0], 'y');
	EQ(state(id).shm_nattch, 2);
	OK(shmdt((void *)q));
	EQ(state(id).shm_nattch, 1);
	EQ(state(id).shm_lpid, getpid());
	ERR(shmdt((void *)q), EINVAL);
	OK(shmdt((void *)p));
	EQ(state(id).shm_nattch, 0);
	drop(id);
}

TEST(exec_and_exit_detach)
{
	int id = new_segment(PAGE), fds[2];
	char c;
	pid_t pid;

	attach(id, NULL, 0);
	OK(pipe(fds));
	pid = fork();
	if (!pid) {
		close(fds[0]);
		dup2(fds[1], 1);
		close(fds[1]);
		execl("/bin/sh", "sh", "-c", "echo; exec 1>&-; read x", NULL);
		_exit(1);
	}
	close(fds[1]);
	EQ(read(fds[0], &c, 1), 1);
	EQ(state(id).shm_nattch, 1);
	kill(pid, SIGKILL);
	status_of(pid);
	EQ(state(id).shm_nattch, 1);
	drop(id);
}

TEST(a_removed_segment_lives_as_long_as_it_is_attached)
{
	int id = new_segment(PAGE);
	char *p = attach(id, NULL, 0), *q;

	p[1] = 'z';
	drop(id);
	EQ(state(id).shm_perm.mode, 0600 | SHM_DEST);
	EQ(state(id).shm_perm.__key, IPC_PRIVATE);
	q = attach(id, NULL, 0);
	EQ(q[1], 'z');
	OK(shmdt(p));
	EQ(state(id).shm_nattch, 1);
	OK(munmap(q, PAGE));
	ERR(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }), EINVAL);
	ERR((long)shmat(id, NULL, 0), EINVAL);
}

TEST(the_last_of_many_processes_ends_it)
{
	int id = new_segment(PAGE), status = 0;
	char *p = attach(id, NULL, 0);
	pid_t pid[8];

	for (int i = 0; i < 8; i++) {
		pid[i] = fork();
		if (!pid[i])
			for (;;)
				pause();
	}
	EQ(state(id).shm_nattch, 9);
	drop(id);
	OK(shmdt(p));
	for (int i = 0; i < 8; i++) {
		EQ(state(id).shm_nattch, 8 - i);
		kill(pid[i], SIGKILL);
		waitpid(pid[i], &status, 0);
	}
	ERR(shmctl(id, IPC_STAT, &(struct shmid_ds){ 0 }), EINVAL);
}

TEST(where_it_is_attached)
{
	int id = new_segment(2 * PAGE);
	char *room = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;

	munmap(room, 16 * PAGE);
	p = attach(id, room + 4 * PAGE, 0);
	TRUE(p == room + 4 * PAGE);
	ERR((long)shmat(id, room + 5 * PAGE, 0), EINVAL);
	ERR((long)shmat(id, room + 5, 0), EINVAL);
	TRUE(attach(id, room + 8 * PAGE + 77, SHM_RND) == room + 8 * PAGE);
	ERR((long)shmat(id, NULL, SHM_REMAP), EINVAL);
	TRUE(attach(id, room + 5 * PAGE, SHM_REMAP) == room + 5 * PAGE);
	EQ(state(id).shm_nattch, 3);
	ERR((long)shmat(id, (void *)(1ul << 63), 0), ENOMEM);
	ERR(shmdt(p + 1), EINVAL);
	drop(id);
}

/* lxrun has pages of its own there: whatever comes of it, calls go on as they were. */
TEST(nothing_can_be_put_over_the_trap_engine)
{
	int id = new_segment(4 * PAGE);

	for (uint64_t at = 0x7cffffffe000; at < 0x7d0000003000; at += PAGE) {
		void *p = shmat(id, (void *)at, SHM_REMAP);

		TRUE(p == (void *)at || (p == (void *)-1 && errno == ENOMEM));
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		EQ(status_of(pid), 0);
	}
	drop(id);
}

TEST(a_part_of_it_may_be_unmapped)
{
	int id = new_segment(4 * PAGE);
	char *p = attach(id, NULL, 0);

	OK(munmap(p + PAGE, PAGE));
	EQ(state(id).shm_nattch, 2);
	OK(shmdt(p));
	EQ(state(id).shm_nattch, 0);
	drop(id);
}

TEST(a_read_only_attach_cannot_be_written)
{
	int id = new_segment(PAGE);
	char *p = attach(id, NULL, SHM_RDONLY);
	pid_t pid = fork();

	if (!pid) {
		*p = 1;
		_exit(0);
	}
	EQ(status_of(pid) & 0x7f, SIGSEGV);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
	drop(id);
}

TEST(who_may_what)
{
	SKIP_UNLESS(!geteuid());
	int id = (int)OK(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0604));
	struct shmid_ds ds;
	pid_t pid = fork();

	if (!pid) {
		OK(setgid(4321));
		OK(setuid(4321));
		ERR((long)shmat(id, NULL, 0), EACCES);
		attach(id, NULL, SHM_RDONLY);
		ERR((long)shmat(id, NULL, SHM_RDONLY | SHM_EXEC), EACCES);
		ERR(shmctl(id, IPC_RMID, NULL), EPERM);
		ERR(shmctl(id, SHM_LOCK, NULL), EPERM);
		OK(shmctl(id, IPC_STAT, &ds));
		ERR(shmctl(id, IPC_SET, &ds), EPERM);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	OK(shmctl(id, IPC_STAT, &ds));
	ds.shm_perm.mode = 0400;
	ds.shm_perm.uid = 4321;
	OK(shmctl(id, IPC_SET, &ds));
	EQ(state(id).shm_perm.mode, 0400);
	EQ(state(id).shm_perm.uid, 4321);
	drop(id);
}

TEST(maps_show_the_number)
{
	int id = new_segment(PAGE);
	char line[512], want[64];
	char *p = attach(id, NULL, 0), *found = NULL;
	FILE *f = fopen("/proc/self/maps", "r");

	snprintf(want, sizeof(want), "%lx-", (unsigned long)p);
	while (!found && fgets(line, sizeof(line), f))
		if (!strncmp(line, want, strlen(want)))
			found = line;
	fclose(f);
	TRUE(found);
	TRUE(found && strstr(found, "rw-s 00000000 00:01 "));
	TRUE(found && strstr(found, "/SYSV00000000 (deleted)\n"));
	EQ(found ? atoi(strstr(found, "00:01 ") + 6) : -1, id);
	drop(id);
}

TEST(threads_attach_at_once)
{
	int id = new_segment(PAGE), n = 0;
	pid_t pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		for (int k = 0; k < 100; k++) {
			int *p = attach(id, NULL, 0);

			__atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST);
			OK(shmdt(p));
		}
		_exit(guest_failures != 0);
	}
	for (int i = 0; i < 4; i++)
		n += !status_of(pid[i]);
	EQ(n, 4);
	EQ(*(int *)attach(id, NULL, 0), 400);
	drop(id);
}

static void on_signal(int sig) {}

TEST(a_signal_storm_during_attaches)
{
	int id = new_segment(PAGE);
	pid_t pid;

	signal(SIGUSR1, SIG_IGN);
	pid = fork();
	if (!pid)
		for (;;)
			kill(getppid(), SIGUSR1);
	signal(SIGUSR1, on_signal);
	for (int i = 0; i < 300; i++)
		OK(shmdt(attach(id, NULL, 0)));
	kill(pid, SIGKILL);
	status_of(pid);
	EQ(state(id).shm_nattch, 0);
	drop(id);
}

TEST(bad_pointers_and_commands)
{
	int id = new_segment(PAGE);

	ERR(shmctl(id, IPC_STAT, (void *)8), EFAULT);
	ERR(shmctl(id, IPC_SET, (void *)8), EFAULT);
	ERR(shmctl(id, 99, NULL), EINVAL);
	ERR(shmctl(id, -1, NULL), EINVAL);
	ERR((long)shmat(-1, NULL, 0), EINVAL);
	ERR((long)shmat(id + 1000, NULL, 0), EINVAL);
	ERR(shmget(IPC_PRIVATE, ~0ul, 0600), EINVAL);
	drop(id);
}

TEST(lock_shows_in_the_mode)
{
	int id = new_segment(PAGE);

	OK(shmctl(id, SHM_LOCK, NULL));
	EQ(state(id).shm_perm.mode, 0600 | SHM_LOCKED);
	OK(shmctl(id, SHM_UNLOCK, NULL));
	EQ(state(id).shm_perm.mode, 0600);
	drop(id);
}
