/* SPDX-License-Identifier: MIT */
/* System V message queues: order and types, waiting, limits, rights. */
#include "guest.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#ifndef MSG_EXCEPT
#define MSG_EXCEPT 020000
#endif

struct message {
	long type;
	char text[64];
};

static int new_queue(void)
{
	return (int)OK(msgget(IPC_PRIVATE, IPC_CREAT | 0600));
}

static void drop(int id)
{
	OK(msgctl(id, IPC_RMID, NULL));
}

static struct msqid_ds state(int id)
{
	struct msqid_ds ds = { 0 };

	OK(msgctl(id, IPC_STAT, &ds));
	return ds;
}

static int put(int id, long type, const char *text, int flags)
{
	struct message m = { .type = type };

	strcpy(m.text, text);
	return msgsnd(id, &m, strlen(text) + 1, flags);
}

/* The text of the message that is received. */
static const char *get(int id, long type, int flags)
{
	static struct message m;

	return OK(msgrcv(id, &m, sizeof(m.text), type, flags | IPC_NOWAIT)) < 0 ? "" : m.text;
}

static int status_of(pid_t pid)
{
	int status = -1;

	EQ(waitpid(pid, &status, 0), pid);
	return status;
}

TEST(keys_find_queues)
{
	key_t key = (key_t)(0x60000000 | (getpid() & 0xffffff));
	int id = (int)OK(msgget(key, IPC_CREAT | IPC_EXCL | 0600));

	ERR(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	EQ(msgget(key, 0), id);
	drop(id);
	ERR(msgget(key, 0600), ENOENT);
	ERR(msgctl(id, IPC_RMID, NULL), EINVAL);
}

TEST(types_select_messages)
{
	int id = new_queue();
	struct message m;

	OK(put(id, 3, "three", 0));
	OK(put(id, 1, "one", 0));
	OK(put(id, 2, "two", 0));
	OK(put(id, 1, "uno", 0));
	STREQ(get(id, 2, MSG_EXCEPT), "three");
	STREQ(get(id, 2, 0), "two");
	OK(put(id, 5, "five", 0));
	STREQ(get(id, -4, 0), "one");
	ERR(msgrcv(id, &m, 64, 7, IPC_NOWAIT), ENOMSG);
	STREQ(get(id, 0, 0), "uno");
	ERR(msgrcv(id, &m, 64, -4, IPC_NOWAIT), ENOMSG);
	STREQ(get(id, -5, 0), "five");
	EQ(state(id).msg_qnum, 0);
	drop(id);
}

TEST(a_message_that_is_too_long)
{
	int id = new_queue();
	struct message m = { 0 };

	OK(put(id, 1, "0123456789", 0));
	ERR(msgrcv(id, &m, 4, 0, IPC_NOWAIT), E2BIG);
	EQ(state(id).msg_qnum, 1);
	EQ(msgrcv(id, &m, 4, 0, MSG_NOERROR), 4);
	EQ(memcmp(m.text, "0123", 5), 0);
	EQ(m.type, 1);
	EQ(state(id).msg_qnum, 0);
	drop(id);
}

TEST(a_copy_leaves_the_message)
{
	int id = new_queue();
	struct message m;

	OK(put(id, 1, "a", 0));
	OK(put(id, 9, "bb", 0));
	if (msgrcv(id, &m, 64, 1, MSG_COPY | IPC_NOWAIT) < 0 && errno == ENOSYS)
		SKIP_UNLESS(!"MSG_COPY");
	EQ(msgrcv(id, &m, 64, 1, MSG_COPY | IPC_NOWAIT), 3);
	EQ(m.type, 9);
	ERR(msgrcv(id, &m, 64, 2, MSG_COPY | IPC_NOWAIT), ENOMSG);
	ERR(msgrcv(id, &m, 64, 0, MSG_COPY), EINVAL);
	ERR(msgrcv(id, &m, 64, 0, MSG_COPY | MSG_EXCEPT | IPC_NOWAIT), EINVAL);
	EQ(state(id).msg_qnum, 2);
	drop(id);
}

TEST(a_full_queue)
{
	int id = new_queue();
	struct msqid_ds ds = state(id);
	pid_t pid;

	ds.msg_qbytes = 10;
	OK(msgctl(id, IPC_SET, &ds));
	OK(put(id, 1, "12345", 0));
	ERR(put(id, 1, "12345", IPC_NOWAIT), EAGAIN);
	EQ(state(id).__msg_cbytes, 6);
	pid = fork();
	if (!pid) {
		here();
		_exit(put(id, 2, "12345", 0) ? errno : 0);
	}
	await_sleep(pid);
	STREQ(get(id, 0, 0), "12345");
	EQ(status_of(pid), 0);
	EQ(state(id).msg_lspid, pid);
	EQ(state(id).msg_lrpid, getpid());
	STREQ(get(id, 2, 0), "12345");
	for (int i = 0; i < 10; i++)
		OK(msgsnd(id, &(struct message){ .type = 1 }, 0, IPC_NOWAIT));
	ERR(msgsnd(id, &(struct message){ .type = 1 }, 0, IPC_NOWAIT), EAGAIN);
	drop(id);
}

TEST(receivers_wait)
{
	int id = new_queue();
	struct message m;
	pid_t pid = fork();

	if (!pid) {
		here();
		_exit(msgrcv(id, &m, 64, 7, 0) == 2 ? 0 : 1);
	}
	await_sleep(pid);
	OK(put(id, 6, "not", 0));
	OK(put(id, 7, "s", 0));
	EQ(status_of(pid), 0);
	EQ(state(id).msg_qnum, 1);
	drop(id);
}

TEST(a_removed_queue_ends_waits)
{
	int id = new_queue();
	struct message m;
	pid_t pid = fork();

	if (!pid) {
		here();
		ERR(msgrcv(id, &m, 64, 0, 0), EIDRM);
		_exit(guest_failures);
	}
	await_sleep(pid);
	drop(id);
	EQ(status_of(pid), 0);
}

static void on_signal(int sig) {}

TEST(a_handler_ends_a_wait_for_good)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int id = new_queue();
	struct message m;
	pid_t pid;

	sigaction(SIGUSR1, &act, NULL);
	pid = fork();
	if (!pid) {
		here();
		ERR(msgrcv(id, &m, 64, 0, 0), EINTR);
		_exit(guest_failures);
	}
	await_sleep(pid);
	kill(pid, SIGUSR1);
	EQ(status_of(pid), 0);
	drop(id);
}

TEST(what_is_refused)
{
	int id = new_queue();
	struct message m = { .type = 0 };

	ERR(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = -1;
	ERR(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = 1;
	ERR(msgsnd(id, &m, 8193, 0), EINVAL);
	ERR(msgsnd(id, &m, (size_t)-1, 0), EINVAL);
	ERR(msgsnd(id, (void *)8, 1, 0), EFAULT);
	ERR(msgsnd(-1, &m, 1, 0), EINVAL);
	ERR(msgrcv(-1, &m, 1, 0, IPC_NOWAIT), EINVAL);
	ERR(msgrcv(id, &m, (size_t)-1, 0, IPC_NOWAIT), EINVAL);
	OK(put(id, 1, "x", 0));
	ERR(msgrcv(id, (void *)8, 64, 0, IPC_NOWAIT), EFAULT);
	ERR(msgctl(id, IPC_STAT, (void *)8), EFAULT);
	ERR(msgctl(id, 99, NULL), EINVAL);
	drop(id);
}

TEST(who_may_what)
{
	SKIP_UNLESS(!geteuid());
	int id = (int)OK(msgget(IPC_PRIVATE, IPC_CREAT | 0602));
	struct msqid_ds ds = state(id);
	struct message m;
	pid_t pid;

	ds.msg_perm.uid = 4321;
	OK(msgctl(id, IPC_SET, &ds));
	pid = fork();
	if (!pid) {
		OK(setgid(4321));
		OK(setuid(4321));
		ds.msg_qbytes = 200000;
		ERR(msgctl(id, IPC_SET, &ds), EPERM);
		ds.msg_qbytes = 100;
		ds.msg_perm.uid = 1;
		OK(msgctl(id, IPC_SET, &ds));
		OK(put(id, 1, "x", 0));
		ERR(msgrcv(id, &m, 64, 0, IPC_NOWAIT), EACCES);
		ERR(msgctl(id, IPC_STAT, &ds), EACCES);
		ERR(msgctl(id, IPC_RMID, NULL), EPERM);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	drop(id);
}

#define SENDERS 4
#define EACH    200

TEST(nothing_is_lost_or_doubled)
{
	int id = new_queue(), seen[SENDERS] = { 0 };
	pid_t pid[SENDERS];
	struct message m;

	for (int i = 0; i < SENDERS; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		for (int k = 0; k < EACH; k++) {
			m.type = i + 1;
			memcpy(m.text, &k, sizeof(k));
			OK(msgsnd(id, &m, 60, 0));
		}
		_exit(guest_failures != 0);
	}
	for (int k = 0; k < SENDERS * EACH; k++) {
		int n;

		EQ(msgrcv(id, &m, 64, 0, 0), 60);
		memcpy(&n, m.text, sizeof(n));
		EQ(n, seen[m.type - 1]++);
	}
	for (int i = 0; i < SENDERS; i++)
		EQ(status_of(pid[i]), 0);
	EQ(state(id).msg_qnum, 0);
	drop(id);
}
