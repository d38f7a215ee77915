/* SPDX-License-Identifier: MIT */
/*
 * Calls newer than Linux 2.6, and old ones that only few programs make, with arguments of every form that a trace shows.
 * Its trace under strace and under lxrun must be equal line by line: without privileges, so that both say the same.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/uio.h>
#include <utime.h>
#include <time.h>
#include <unistd.h>

static void pidfds(void)
{
	siginfo_t si;
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	syscall(SYS_pidfd_open, -1, 0);
	syscall(SYS_pidfd_open, getpid(), 1);
	syscall(SYS_pidfd_open, getpid(), 04000);
	syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
	memset(&si, 0, sizeof(si));
	si.si_signo = SIGUSR2;
	si.si_code = SI_QUEUE;
	signal(SIGUSR2, SIG_IGN);
	syscall(SYS_pidfd_send_signal, fd, SIGUSR2, &si, 0);
	syscall(SYS_pidfd_getfd, fd, 0, 0);
	syscall(SYS_pidfd_getfd, fd, 999, 0);
	waitid(3, fd, &si, WEXITED | WNOHANG);
	close(fd);
}

static void mounts(void)
{
	struct {
		uint64_t set, clr, propagation, fd;
	} attr = { 0x100001, 0x70, 1 << 18, 7 };

	mount("/dev/none", "there", "ext4", MS_RDONLY | MS_NOATIME, "a=b");
	mount(NULL, "there", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL);
	mount("none", "/proc/self/none", NULL, MS_REC | MS_PRIVATE, NULL);
	umount2("there", MNT_DETACH | UMOUNT_NOFOLLOW);
	umount2("there", 0);
	syscall(SYS_open_tree, AT_FDCWD, "there", 1 | 02000000 | AT_RECURSIVE);
	syscall(SYS_open_tree, AT_FDCWD, "there", 0);
	syscall(SYS_move_mount, AT_FDCWD, "there", 3, "", 0x44);
	syscall(SYS_move_mount, AT_FDCWD, "there", 3, "", 0);
	syscall(SYS_fsopen, "tmpfs", 1);
	syscall(SYS_fsconfig, 99, 1, "size", "1m", 0);
	syscall(SYS_fsconfig, 99, 0, "ro", NULL, 0);
	syscall(SYS_fsconfig, 99, 6, NULL, NULL, 0);
	syscall(SYS_fsconfig, 99, 5, "fd", NULL, 3);
	syscall(SYS_fsconfig, 99, 2, "b", "\1\2", 2);
	syscall(SYS_fsconfig, 99, 3, "b", "path", AT_FDCWD);
	syscall(SYS_fsmount, 99, 1, 2);
	syscall(SYS_fspick, AT_FDCWD, "there", 1);
	syscall(SYS_mount_setattr, AT_FDCWD, "there", AT_RECURSIVE, &attr, sizeof(attr));
	syscall(SYS_mount_setattr, -1, "", AT_EMPTY_PATH, &attr, 8);
	syscall(SYS_mount_setattr, -1, "", AT_EMPTY_PATH, NULL, 32);
	unshare(CLONE_NEWNS | CLONE_FS);
	unshare(0);
	setns(-1, CLONE_NEWIPC);
	syscall(SYS_pivot_root, "a", "b");
	chroot("there");
}

static void others(void)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_RDONLY | O_CLOEXEC, 0, 0x18 };
	struct iovec v = { "abc", 3 }, w = { "abc", 3 };
	struct utimbuf ut = { 1000000000, 1000000001 };
	struct timeval tv[2] = { { 1000000000, 5 }, { 1, 0 } };
	sigset_t set;
	siginfo_t si;
	int ino, p[2];
	loff_t off = 0;

	syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how));
	syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, 8);
	syscall(SYS_openat2, AT_FDCWD, "/dev/null", NULL, 24);
	syscall(SYS_faccessat2, AT_FDCWD, "/dev/null", R_OK, AT_EACCESS);
	ino = syscall(SYS_inotify_init1, 02000000 | 04000);
	syscall(SYS_inotify_add_watch, ino, ".", IN_CREATE | IN_DELETE | IN_ONLYDIR);
	syscall(SYS_inotify_rm_watch, ino, 77);
	close(ino);
	pipe(p);
	syscall(SYS_vmsplice, p[1], &v, 1L, SPLICE_F_NONBLOCK);
	syscall(SYS_tee, p[0], p[1], 10L, SPLICE_F_NONBLOCK);
	syscall(SYS_splice, p[0], NULL, 99, &off, 10L, SPLICE_F_MOVE | SPLICE_F_MORE);
	syscall(SYS_sendfile, p[1], 99, &off, 10L);
	syscall(SYS_sendfile, p[1], 99, NULL, 10L);
	syscall(SYS_copy_file_range, 99, &off, 98, NULL, 10L, 0);
	syscall(SYS_sync_file_range, 99, 0L, 10L, 7);
	syscall(SYS_preadv2, 99, &v, 1L, 5L, 0L, 8);
	syscall(SYS_preadv, 99, &v, 1L, 5L, 0L);
	syscall(SYS_pwritev, 99, &v, 1L, 5L, 0L);
	syscall(SYS_pwritev2, 99, &v, 1L, -1L, -1L, 0x10);
	syscall(SYS_process_vm_writev, -5, &v, 1L, &w, 1L, 0L);
	syscall(SYS_utime, "there", &ut);
	syscall(SYS_utimes, "there", tv);
	syscall(SYS_futimesat, AT_FDCWD, "there", tv);
	syscall(SYS_utime, "there", NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	memset(&si, 0, sizeof(si));
	si.si_code = SI_QUEUE;
	syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR2, &si);
	syscall(SYS_signalfd4, -1, &set, 8L, 02000000);
	syscall(SYS_ustat, 77, NULL);
	syscall(SYS_close_range, 50, 60, 4);
}

int main(void)
{
	pidfds();
	setuid(65534);
	mounts();
	others();
	return 0;
}
