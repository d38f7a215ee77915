/* SPDX-License-Identifier: MIT */
/* A static musl program with a thread, a child and a file. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *thread(void *arg)
{
	*(int *)arg += 41;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;
	int n = 1, status;

	for (int i = 1; i < argc; i++)
		printf("%d: %s\n", i, argv[i]);
	pthread_create(&t, NULL, thread, &n);
	pthread_join(t, NULL);
	fflush(stdout);
	if (fork() == 0)
		exit(n);
	wait(&status);
	FILE *f = fopen("out", "w+");
	fprintf(f, "%d", WEXITSTATUS(status));
	rewind(f);
	int back = 0;
	if (fscanf(f, "%d", &back) != 1)
		return 1;
	printf("%d %s\n", back, getenv("HOME") ? "home" : "no home");
	return 9;
}
