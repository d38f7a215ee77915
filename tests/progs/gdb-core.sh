# A core file of a crash with threads, as gdb reads it. Without "core" as the pattern nobody knows where it is.
cat >crash.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static int depth = 3;
static pthread_barrier_t ready;
static const char *label = "seen in the core";
static void *wait_for_ever(void *arg)
{
	pthread_barrier_wait(&ready);
	pause();
	return arg;
}
static int fall(int n)
{
	if (!n)
		return *(volatile int *)(long)depth;
	return fall(n - 1) + 1;
}
int main(void)
{
	pthread_t t;
	pthread_barrier_init(&ready, NULL, 3);
	pthread_create(&t, NULL, wait_for_ever, NULL);
	pthread_create(&t, NULL, wait_for_ever, NULL);
	pthread_barrier_wait(&ready);
	usleep(100000);
	printf("%s\n", label);
	fflush(stdout);
	return fall(3);
}
END
gcc -g -O0 -pthread -o crash crash.c || exit
cat /proc/sys/kernel/core_pattern
ulimit -c unlimited
(./crash; echo $?) 2>/dev/null
gdb -q -nx -batch -ex bt -ex 'print label' -ex 'print depth' -ex 'print $_siginfo.si_signo' -ex 'print $_siginfo._sifields._sigfault.si_addr' \
	-ex 'info threads' -ex 'thread apply all -q bt 2' -ex 'info auxv' -ex 'info sharedlibrary' ./crash core 2>&1 |
	grep -vE 'New LWP|^warning|AT_(RANDOM|SYSINFO|PHDR|BASE|ENTRY|EXECFN|PLATFORM|RSEQ|MINSIGSTKSZ|HWCAP|FLAGS|UID|EUID)' |
	sed -E 's/0x[0-9a-f]+/ADDR/g; s/(LWP|Thread) [^)]*/\1/g; s/  +/  /g'
file core 2>/dev/null | grep -o "ELF 64-bit LSB core file, x86-64"
readelf -n core | awk '/^  (CORE|LINUX)/ { print $1, $3 }' | grep -v Unknown | sort | uniq -c
