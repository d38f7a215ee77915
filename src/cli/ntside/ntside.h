/* SPDX-License-Identifier: MIT */
/*
 * ntside.h - --nt-side PID: what a program of Windows does to the files of an instance. Share modes, pending deletions
 * and byte-range locks are tables of one NT executive, and that is inside the instance's lxrun; so the calls are made
 * there, by a thread of its own in the System process, and the other end only carries lines: a packet with a
 * command, a packet with its answer.
 */
#ifndef CLI_NTSIDE_H
#define CLI_NTSIDE_H
#include "../cli.h"
#include "nt/io.h"
#include <sys/types.h>

#define NTSIDE_MAGIC    0x4c58534e /* in the queued signal that asks for a session */
#define NTSIDE_LINE     4096       /* of a command or an answer, its NUL included */
#define NTSIDE_HANDLES  64
#define NTSIDE_NAME_MAX 16 /* of a handle, its NUL included */

/* The handles of one session, by the names that its user gave them. */
struct ntside_handles {
	struct {
		char name[NTSIDE_NAME_MAX];
		HANDLE handle; /* NULL: free */
	} of[NTSIDE_HANDLES];
};

/* ---- ntside.c, in the instance ---- */
/* Process pid wants a session. On the signal thread. */
void ntside_asked(pid_t pid);
/* The instance ends, and what is open with it. No session is asked for any more. */
void ntside_end(void);

/* ---- commands.c ---- */
/* Carries out line, which is cut to pieces; out gets one line (help: more) without the last newline. */
void ntside_command(struct ntside_handles *h, char *line, char out[NTSIDE_LINE]);
void ntside_close_all(struct ntside_handles *h);

/* ---- words.c: what stands behind a command ---- */
struct ntside_word {
	const char *name;
	ULONG value;
};
extern const struct ntside_word ntside_access[], ntside_share[], ntside_dispositions[],
	ntside_options[], ntside_attributes[], ntside_deletes[], ntside_renames[];
/* "read,write" by table into *value. False: no such word. */
bool ntside_bits(const struct ntside_word *table, const char *text, ULONG *value);
/* The words that value has, with commas. */
void ntside_tell_bits(const struct ntside_word *table, ULONG value, char *out, size_t size);
bool ntside_number(const char *text, LONGLONG *value);
/* "4c58" into at most size bytes: how many, or -1. */
int ntside_bytes(const char *text, UCHAR *out, size_t size);
/* UTF-8, slashes either way, into out (room for chars): characters, or -1. */
int ntside_wide(const char *text, WCHAR *out, size_t chars);
/* A name as users write it, "C:\dir\file" or "\Device\HarddiskVolume1\x", as NT's object name. */
int ntside_path(const char *text, WCHAR *out, size_t chars);
/* The next word of *at, quotes taken off; NULL: none, or a quote is open. */
char *ntside_word(char **at);

/* ---- client.c ---- */
/* --nt-side PID: lines of standard input. Returns an exit status. */
int ntside_main(pid_t pid);
#endif
