/* SPDX-License-Identifier: MIT */
/*
 * attach.h - private to --attach and --nt-side: how a running lxrun is reached, and what both ends of --attach say to
 * each other. Both are the same lxrun, which they check.
 */
#ifndef CLI_ATTACH_H
#define CLI_ATTACH_H
#include "cli.h"
#include "lxrun/trace.h"
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ATTACH_MAGIC 0x4c584154 /* in the queued signal, too */

/* To the instance; the first comes with the descriptor that the trace goes to. */
struct attach_message {
	uint32_t magic;
	uint8_t stop, prompt;
	struct trace_wish wish;
};
/* Back: to each message, and at the end. */
struct attach_answer {
	uint64_t lost;
	char text[128]; /* what is wrong; "": nothing */
};

/* Where process pid waits for an instance. Returns the address's length. */
socklen_t attach_address(struct sockaddr_un *a, pid_t pid);
/* Whether the other end is process pid, of the same user or root's. */
bool attach_is_peer(int fd, pid_t pid);

/* ---- attach.c, in the instance ---- */
/* A connection to process pid, which has asked for it and listens; -1. */
int attach_connect_back(pid_t pid);
/* Process pid has asked. On the signal thread. */
void attach_asked(pid_t pid);
/* The instance ends: so does the trace. */
void attach_end(void);

/* ---- attach_client.c ---- */
/* The connection that instance pid makes when it is asked by magic; -1: said why not, as option. */
int attach_connection(const char *option, pid_t pid, int magic);
/* --attach PID. Returns an exit status. */
int attach_main(struct cli *cli);
#endif
