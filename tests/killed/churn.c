/* SPDX-License-Identifier: MIT */
/*
 * churn.c - random changes to a small tree, told of one by one, so that a tree whose maker was killed can be judged.
 *
 * `churn SEED COUNT DIR` makes COUNT changes below DIR and writes a line to standard output when one has been made.
 * `churn --check SEED DONE DIR` makes the same choices in memory: the tree must be what DONE changes leave, or DONE + 1,
 * for the last may have been made and not told. 0: it is; 1: it is not, and the first difference from both is said.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DIRS     3
#define NAMES    8
#define PLACES   (DIRS * NAMES)
#define DATA_MAX 2048
#define OTHER    1000 /* a user who makes some of it */

struct node {
	mode_t mode; /* with the type */
	uid_t uid;
	gid_t gid;
	int links, xattr; /* xattr: the number that is its value; 0: none */
	size_t len;
	char data[DATA_MAX]; /* of a file; of a link, the text */
};
static struct node *tree[PLACES];
static uint64_t dice;
static bool real; /* the changes are made on files, too */
static int done;

static uint32_t throw(uint32_t sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % sides;
}

static const char *path_of(int place)
{
	static char path[4][32], n;
	char *p = path[n++ & 3];

	snprintf(p, sizeof(path[0]), "d%d/n%d", place / NAMES, place % NAMES);
	return p;
}

/* The change itself; what can be foreseen has been, so that it succeeds. */
static void must(const char *what, int place, long ret)
{
	if (ret < 0) {
		fprintf(stderr, "change %d, %s %s: %s\n", done + 1, what, path_of(place),
			strerror(errno));
		exit(3);
	}
}

static void unhook(int place)
{
	if (tree[place] && !--tree[place]->links)
		free(tree[place]);
	tree[place] = NULL;
}

/* ---- changes: each false where there is nothing to do; nothing is thrown for behind the first return ---- */

static bool make(int place, mode_t type, mode_t mode, uid_t owner)
{
	struct node *n;
	char text[32];

	snprintf(text, sizeof(text), "to %d", done);
	if (tree[place])
		return false;
	if (real) {
		const char *path = path_of(place);

		setfsgid(owner);
		setfsuid(owner);
		if (type == S_IFREG)
			must("create", place, close(open(path, O_WRONLY | O_CREAT | O_EXCL, mode)));
		else if (type == S_IFDIR)
			must("mkdir", place, mkdir(path, mode));
		else if (type == S_IFLNK)
			must("symlink", place, symlink(text, path));
		else
			must("mkfifo", place, mkfifo(path, mode));
		setfsuid(0);
		setfsgid(0);
	}
	n = calloc(1, sizeof(*n));
	*n = (struct node){ type | (type == S_IFLNK ? 0777 : mode), owner, owner, 1, 0, 0, "" };
	if (type == S_IFLNK)
		n->len = strlen(strcpy(n->data, text));
	tree[place] = n;
	return true;
}

static bool join(int from, int to)
{
	if (!tree[from] || S_ISDIR(tree[from]->mode) || tree[to])
		return false;
	if (real)
		must("link", from, link(path_of(from), path_of(to)));
	tree[to] = tree[from];
	tree[to]->links++;
	return true;
}

static bool move(int from, int to)
{
	struct node *n = tree[from];

	if (!n || from == to || (tree[to] && S_ISDIR(n->mode) != S_ISDIR(tree[to]->mode)))
		return false;
	if (real)
		must("rename", from, rename(path_of(from), path_of(to)));
	if (tree[to] == n) /* of one file: nothing happens */
		return true;
	unhook(to);
	tree[to] = n;
	tree[from] = NULL;
	return true;
}

static bool take_away(int place)
{
	if (!tree[place])
		return false;
	if (real)
		must("remove", place, remove(path_of(place)));
	unhook(place);
	return true;
}

static bool change_mode(int place, mode_t mode)
{
	struct node *n = tree[place];

	if (!n || S_ISLNK(n->mode))
		return false;
	if (real)
		must("chmod", place, chmod(path_of(place), mode));
	n->mode = (n->mode & S_IFMT) | mode;
	return true;
}

static bool change_owner(int place, uid_t uid)
{
	struct node *n = tree[place];

	if (!n)
		return false;
	if (real)
		must("chown", place, lchown(path_of(place), uid, uid + 1));
	n->uid = uid;
	n->gid = uid + 1;
	return true;
}

static bool append(int place, size_t len, char letter)
{
	struct node *n = tree[place];

	if (!n || !S_ISREG(n->mode) || n->len + len > DATA_MAX)
		return false;
	memset(n->data + n->len, letter, len);
	if (real) {
		int fd = open(path_of(place), O_WRONLY | O_APPEND);

		must("open", place, fd);
		must("append", place, write(fd, n->data + n->len, len));
		close(fd);
	}
	n->len += len;
	return true;
}

static bool empty(int place)
{
	struct node *n = tree[place];

	if (!n || !S_ISREG(n->mode) || !n->len)
		return false;
	if (real)
		must("truncate", place,
		     close(open(path_of(place), O_WRONLY | O_CREAT | O_TRUNC, 0600)));
	n->len = 0;
	return true;
}

static bool note(int place)
{
	struct node *n = tree[place];
	int value = done + 1;

	if (!n || !(S_ISREG(n->mode) || S_ISDIR(n->mode)))
		return false;
	if (real)
		must("setxattr", place,
		     setxattr(path_of(place), "user.note", &value, sizeof(value), 0));
	n->xattr = value;
	return true;
}

static void one_change(void)
{
	static const mode_t modes[] = { 0644, 0600, 0755, 0777, 0640, 01755 };
	static const mode_t types[] = { S_IFREG, S_IFREG, S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO };

	for (bool changed = false; !changed;) {
		int what = (int) throw(12), a = (int) throw(PLACES), b = (int) throw(PLACES);
		mode_t mode = modes[throw(6)], type = types[throw(6)];
		uid_t owner = throw(2) ? OTHER : 0;
		size_t len = 1 + throw(64);

		switch (what) {
		case 0 ... 4:
			changed = make(a, type, mode, owner);
			break;
		case 5:
			changed = join(a, b);
			break;
		case 6:
			changed = move(a, b);
			break;
		case 7:
			changed = take_away(a);
			break;
		case 8:
			changed = change_mode(a, mode);
			break;
		case 9:
			changed = change_owner(a, owner);
			break;
		case 10:
			changed = throw(4) ? append(a, len, (char)('a' + len % 26)) : empty(a);
			break;
		case 11:
			changed = note(a);
			break;
		}
	}
	done++;
}

/* ---- judging ---- */

static char differences[512], *said = differences;

static int differ(const char *path, const char *what, long got, long want)
{
	said += snprintf(said, (size_t)(differences + sizeof(differences) - said),
			 "after %d: %s: %s is %lo, expected %lo\n", done, path, what, got, want);
	return 1;
}

static int judge_data(const char *path, const struct node *n)
{
	char data[DATA_MAX + 1];
	int fd = S_ISREG(n->mode) ? open(path, O_RDONLY) : -1, value = 0;
	ssize_t len = fd >= 0 ? read(fd, data, sizeof(data)) : readlink(path, data, sizeof(data));

	close(fd);
	if (len != (ssize_t)n->len)
		return differ(path, "length", len, (long)n->len);
	if (memcmp(data, n->data, n->len))
		return differ(path, "content", 0, 1);
	if (S_ISREG(n->mode) && getxattr(path, "user.note", &value, sizeof(value)) < 0)
		value = 0;
	return value == n->xattr ? 0 : differ(path, "user.note", value, n->xattr);
}

static int judge_place(int place)
{
	const char *path = path_of(place);
	const struct node *n = tree[place];
	struct stat st;

	if (lstat(path, &st))
		return n ? differ(path, "missing, its mode", 0, n->mode) : 0;
	if (!n)
		return differ(path, "there; its mode", st.st_mode, 0);
	if (st.st_mode != n->mode)
		return differ(path, "mode", st.st_mode, n->mode);
	if (st.st_uid != n->uid || st.st_gid != n->gid)
		return differ(path, "owner", st.st_uid, n->uid);
	if (!S_ISDIR(n->mode) && (int)st.st_nlink != n->links)
		return differ(path, "links", (long)st.st_nlink, n->links);
	return S_ISREG(n->mode) || S_ISLNK(n->mode) ? judge_data(path, n) : 0;
}

/* Nothing but what there are names for. */
static int judge_names(int dir)
{
	char name[8];
	int there = 0, known = 0;
	struct dirent *e;
	DIR *d;

	snprintf(name, sizeof(name), "d%d", dir);
	d = opendir(name);
	while (d && (e = readdir(d)))
		there += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	if (d)
		closedir(d);
	for (int i = 0; i < NAMES; i++)
		known += tree[dir * NAMES + i] != NULL;
	return there == known ? 0 : differ(name, "number of names", there, known);
}

static int judge(void)
{
	int bad = 0;

	for (int i = 0; i < PLACES && !bad; i++)
		bad = judge_place(i);
	for (int i = 0; i < DIRS && !bad; i++)
		bad = judge_names(i);
	return bad;
}

int main(int argc, char **argv)
{
	bool check = argc > 1 && !strcmp(argv[1], "--check");
	char name[8];
	int count;

	if (argc != 4 + check || chdir(argv[3 + check])) {
		fprintf(stderr, "usage: churn [--check] SEED COUNT DIR\n");
		return 2;
	}
	dice = strtoull(argv[1 + check], NULL, 10);
	count = atoi(argv[2 + check]);
	real = !check;
	umask(0);
	for (int i = 0; real && i < DIRS; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		must("mkdir", i, mkdir(name, 0777));
	}
	while (done < count) {
		one_change();
		if (real && write(1, "done\n", 5) != 5)
			return 2;
	}
	if (!check || !judge())
		return 0;
	one_change();
	if (!judge())
		return 0;
	fputs(differences, stdout);
	return 1;
}
