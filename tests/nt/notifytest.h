/* SPDX-License-Identifier: MIT */
/* notifytest.h - what tests of change notification share: where it is told, and what it says. */
#ifndef NOTIFYTEST_H
#define NOTIFYTEST_H
#include "filetest.h"

static IO_STATUS_BLOCK told;
static union {
	FILE_NOTIFY_INFORMATION info;
	char room[1024];
} out;

static HANDLE open_dir(PUNICODE_STRING name)
{
	HANDLE h = NULL;

	ST("setup",
	   create(&h, name, FILE_LIST_DIRECTORY | SYNCHRONIZE, SHARE_ALL, FILE_OPEN_IF,
		  FILE_DIRECTORY_FILE),
	   SUCCESS);
	return h;
}

static int is_name(const FILE_NOTIFY_INFORMATION *info, PUNICODE_STRING name)
{
	return info->FileNameLength == name->Length &&
	       !memcmp(info->FileName, name->Buffer, name->Length);
}
#endif
