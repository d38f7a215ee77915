/* SPDX-License-Identifier: MIT */
/*
 * Traces against golden lines taken from strace 6.1: arguments and results, and the grammar of
 * `strace -ttt -f -T -o`. The guest's memory is our own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lx/fcntl.h"
#include "lx/stat.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include "syscall/trace_impl.h"

static ETHREAD thread;
static struct task self = { .thread = &thread };

#define CALL(nr, result, ...) line(NR_##nr, result, (uint64_t[6]){ __VA_ARGS__ })
#define P(p)                  ((uint64_t)(uintptr_t)(p))

/* The whole call in one piece, as it stands in a line. */
static const char *line(uint32_t nr, int64_t result, const uint64_t a[6])
{
	static struct text out;
	struct sc_args args = { .nr = nr };
	struct trace_args ta = { .task = &self, .args = &args, .desc = &sc_table[nr] };

	memcpy(args.a, a, sizeof(args.a));
	out.len = 0;
	trace_args_before(&ta, &out);
	ta.result = result;
	trace_args_after(&ta, &out);
	text_str(&out, ") = ");
	trace_result_text(&ta, &out);
	text_free(&ta.note);
	return out.data;
}

static int setup(void **state)
{
	thread.HostTid = (LONG)getpid();
	lxrun_opt.trace_strlen = 32;
	trace_args_init();
	return 0;
}

static void every_kind_of_the_table_has_a_printer(void **state)
{
	uint32_t nr;

	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		int words = 0, i;
		const char *p;

		if (!sc_table[nr].name)
			continue;
		for (p = sc_table[nr].args; *p; p++)
			words += *p != ' ' && (p == sc_table[nr].args || p[-1] == ' ');
		for (i = 0; trace_arg_known(nr, i); i++)
			;
		if (i != words)
			fail_msg("%s: argument %d of \"%s\" has an unknown kind", sc_table[nr].name,
				 i, sc_table[nr].args);
	}
}

static void files_look_as_strace_shows_them(void **state)
{
	struct lx_stat null = { .st_mode = 020666, .st_rdev = lx_makedev(1, 3) },
		       dir = { .st_mode = 041777, .st_size = 4096 };

	assert_string_equal(CALL(openat, 3, (uint64_t)-100, P("/etc/ld.so.cache"), 02000000),
			    "openat(AT_FDCWD, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3");
	assert_string_equal(CALL(openat, 5, (uint64_t)-100, P("/f"), 02001102, 0640),
			    "openat(AT_FDCWD, \"/f\", O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0640) = 5");
	assert_string_equal(
		CALL(openat, -LX_ENOENT, (uint64_t)-100, P("/x"), 0),
		"openat(AT_FDCWD, \"/x\", O_RDONLY) = -1 ENOENT (No such file or directory)");
	assert_string_equal(
		CALL(open, -LX_EFAULT, 0x10, 02204000),
		"open(0x10, O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = -1 EFAULT (Bad address)");
	assert_string_equal(CALL(newfstatat, 0, (uint64_t)-100, P("/dev/null"), P(&null), 0),
			    "newfstatat(AT_FDCWD, \"/dev/null\", {st_mode=S_IFCHR|0666, "
			    "st_rdev=makedev(0x1, 0x3), ...}, 0) = 0");
	assert_string_equal(CALL(newfstatat, 0, 3, P(""), P(&dir), 0x1000),
			    "newfstatat(3, \"\", {st_mode=S_IFDIR|S_ISVTX|0777, st_size=4096, "
			    "...}, AT_EMPTY_PATH) = 0");
	assert_string_equal(CALL(stat, -LX_ENOENT, P("a"), 0x7ffc10),
			    "stat(\"a\", 0x7ffc10) = -1 ENOENT (No such file or directory)");
	assert_string_equal(CALL(mknod, 0, P("p"), 010600, 0), "mknod(\"p\", S_IFIFO|0600) = 0");
	assert_string_equal(CALL(access, 0, P("/x"), 6), "access(\"/x\", R_OK|W_OK) = 0");
	assert_string_equal(CALL(unlinkat, 0, 4, P("d"), 0x200),
			    "unlinkat(4, \"d\", AT_REMOVEDIR) = 0");
	assert_string_equal(CALL(umask, 022, 022), "umask(022) = 022");
	assert_string_equal(CALL(chown, 0, P("f"), (uint64_t)-1, 0), "chown(\"f\", -1, 0) = 0");
}

static void buffers_are_escaped_and_cut(void **state)
{
	static const char elf[] =
		"\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0\0\0\0\0\0\0\0\0rest";
	struct lx_iovec iov[2] = { { P("hi\n"), 4 }, { P("\0011abb"), 100 } };

	assert_string_equal(CALL(write, 6, 4, P("hi\n\0\0011"), 6),
			    "write(4, \"hi\\n\\0\\0011\", 6) = 6");
	assert_string_equal(CALL(write, 4, 1, P("\t\"\\\r"), 4),
			    "write(1, \"\\t\\\"\\\\\\r\", 4) = 4");
	assert_string_equal(CALL(read, 36, 3, P(elf), 832),
			    "read(3, "
			    "\"\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\3\\0>"
			    "\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"..., 832) = 36");
	assert_string_equal(CALL(read, 0, 3, P(elf), 832), "read(3, \"\", 832) = 0");
	assert_string_equal(CALL(read, -LX_EBADF, 3, 0x55, 832),
			    "read(3, 0x55, 832) = -1 EBADF (Bad file descriptor)");
	assert_string_equal(CALL(read, TRACE_NO_RESULT, 3, 0x55, 832), "read(3, 0x55, 832) = ?");
	assert_string_equal(
		CALL(read, -LX_ERESTARTSYS, 0, 0x55, 1),
		"read(0, 0x55, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)");
	assert_string_equal(CALL(readv, 9, 3, P(iov), 2),
			    "readv(3, [{iov_base=\"hi\\n\\0\", iov_len=4}, "
			    "{iov_base=\"\\0011abb\", iov_len=100}], 2) = 9");
	assert_string_equal(CALL(getcwd, 10, P("/tmp/lx/g"), 1024),
			    "getcwd(\"/tmp/lx/g\", 1024) = 10");
}

static void descriptors_and_memory(void **state)
{
	int32_t fds[2] = { 3, 4 };
	struct lx_pollfd pfd = { 3, LX_POLLIN, LX_POLLIN };

	assert_string_equal(CALL(fcntl, 1, 3, 1), "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
	assert_string_equal(CALL(fcntl, 0, 3, 3), "fcntl(3, F_GETFL) = 0 (flags O_RDONLY)");
	assert_string_equal(CALL(fcntl, 0, 3, 4, 04000),
			    "fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0");
	assert_string_equal(CALL(fcntl, 11, 3, 0, 10), "fcntl(3, F_DUPFD, 10) = 11");
	assert_string_equal(CALL(pipe2, 0, P(fds), 02000000), "pipe2([3, 4], O_CLOEXEC) = 0");
	assert_string_equal(CALL(poll, 1, P(&pfd), 1, 10),
			    "poll([{fd=3, events=POLLIN}], 1, 10) = 1 ([{fd=3, revents=POLLIN}])");
	assert_string_equal(CALL(poll, 0, P(&pfd), 1, 10),
			    "poll([{fd=3, events=POLLIN}], 1, 10) = 0 (Timeout)");
	assert_string_equal(CALL(lseek, 5, 8, 5, 0), "lseek(8, 5, SEEK_SET) = 5");
	assert_string_equal(CALL(mmap, 0x7f638e37a000, 0x7f638e37a000, 69632, 5, 0x812, 3, 0xf000),
			    "mmap(0x7f638e37a000, 69632, PROT_READ|PROT_EXEC, "
			    "MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0xf000) = 0x7f638e37a000");
	assert_string_equal(CALL(mmap, 0x1000, 0, 8192, 3, 0x22, (uint64_t)-1, 0),
			    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, "
			    "0) = 0x1000");
	assert_string_equal(CALL(ioctl, -LX_ENOTTY, 9, 0x5401, 0x70),
			    "ioctl(9, TCGETS, 0x70) = -1 ENOTTY (Inappropriate ioctl for device)");
}

static void processes_and_signals(void **state)
{
	int32_t exited = 3 << 8, killed = 15;
	struct lx_rlimit stack = { 8192 * 1024, LX_RLIM_INFINITY };
	struct lx_timespec ts = { 0, 100 };
	struct lx_sigaction act = { 0, 0x04000000, 0x7f638e1c5050, 0 };
	lx_sigset_t chld = LX_SIGBIT(LX_SIGCHLD), most = ~(LX_SIGBIT(9) | LX_SIGBIT(19));
	const char *argv[] = { "cat", "a\n", NULL };

	assert_string_equal(CALL(wait4, 7160, (uint64_t)-1, P(&exited), 0, 0),
			    "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 7160");
	assert_string_equal(
		CALL(wait4, 7159, (uint64_t)-1, P(&killed), 1, 0),
		"wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGTERM}], WNOHANG, NULL) = 7159");
	assert_string_equal(CALL(wait4, 0, (uint64_t)-1, 0x7ff0, 1, 0),
			    "wait4(-1, 0x7ff0, WNOHANG, NULL) = 0");
	assert_string_equal(CALL(kill, 0, 7159, 15), "kill(7159, SIGTERM) = 0");
	assert_string_equal(CALL(kill, 0, 7159, 0), "kill(7159, 0) = 0");
	assert_string_equal(
		CALL(clone, 7160, 0x1200011, 0, 0, 0x7f638e186a10, 0),
		"clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, "
		"child_tidptr=0x7f638e186a10) = 7160");
	assert_string_equal(CALL(execve, -LX_ENOENT, P("/bin/cat"), P(argv), 0),
			    "execve(\"/bin/cat\", [\"cat\", \"a\\n\"], NULL) = -1 ENOENT (No such "
			    "file or directory)");
	assert_string_equal(CALL(prlimit64, 0, 0, 3, 0, P(&stack)),
			    "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, "
			    "rlim_max=RLIM64_INFINITY}) = 0");
	assert_string_equal(CALL(clock_nanosleep, 0, 1, 1, P(&ts), 0),
			    "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=0, "
			    "tv_nsec=100}, NULL) = 0");
	assert_string_equal(CALL(rt_sigprocmask, TRACE_NO_RESULT, 0, P(&chld), 0, 8),
			    "rt_sigprocmask(SIG_BLOCK, [CHLD], NULL, 8) = ?");
	assert_string_equal(CALL(rt_sigprocmask, 0, 2, P(&most), P(&chld), 8),
			    "rt_sigprocmask(SIG_SETMASK, ~[KILL STOP], [CHLD], 8) = 0");
	assert_string_equal(CALL(rt_sigaction, 0, 2, P(&act), 0, 8),
			    "rt_sigaction(SIGINT, {sa_handler=SIG_DFL, sa_mask=[], "
			    "sa_flags=SA_RESTORER, sa_restorer=0x7f638e1c5050}, NULL, 8) = 0");
	assert_string_equal(CALL(getpid, 2, 0), "getpid() = 2");
}

static void siginfo_is_shown_by_its_code(void **state)
{
	struct lx_siginfo user = { .si_signo = 15, .u.rt = { 7158, 0, 0 } };
	struct lx_siginfo child = { .si_signo = 17,
				    .si_code = LX_CLD_KILLED,
				    .u.chld = { .pid = 7159, .status = 15 } };
	struct lx_siginfo fault = { .si_signo = 11, .si_code = 1 };
	struct text t = { 0 };

	trace_siginfo_text(&user, &t);
	assert_string_equal(t.data, "{si_signo=SIGTERM, si_code=SI_USER, si_pid=7158, si_uid=0}");
	t.len = 0;
	trace_siginfo_text(&child, &t);
	assert_string_equal(t.data, "{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=7159, si_uid=0, "
				    "si_status=SIGTERM, si_utime=0, si_stime=0}");
	t.len = 0;
	trace_siginfo_text(&fault, &t);
	assert_string_equal(t.data, "{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL}");
	text_free(&t);
}

/* Times become T and durations D, so that the rest can be compared. */
static char *without_times(char *text)
{
	char *in = text, *out = text;

	while (*in) {
		char *end = in;

		while (isdigit((unsigned char)*end) || *end == '.')
			end++;
		if (end - in > 7 && end[-7] == '.') {
			*out++ = in > text && in[-1] == '<' ? 'D' : 'T';
			in = end;
		} else {
			*out++ = *in++;
		}
	}
	*out = 0;
	return text;
}

/* An event as the writer gets it. */
static void event(const struct trace_writer *w, struct trace_event e, const char *name,
		  const char *call, const char *result, struct text *out)
{
	const char *const text[TX_COUNT] = { name, call, result, NULL };
	struct text record = { 0 };
	int i;

	e.timed = e.result != TRACE_NO_RESULT;
	for (i = 0; i < TX_BELOW; i++)
		e.size[i] = text[i] ? (uint32_t)strlen(text[i]) + 1 : 0;
	text_put(&record, (const char *)&e, sizeof(e));
	for (i = 0; i < TX_BELOW; i++)
		text_put(&record, text[i] ? text[i] : "", e.size[i]);
	w->event((const void *)record.data, 0, out);
	text_free(&record);
}
#define EVENT(...) ((struct trace_event){ __VA_ARGS__ })

static void lines_follow_the_grammar_of_strace(void **state)
{
	const struct trace_writer *w = &trace_writer_strace;
	struct text out = { 0 };

	w->start(1700000000000000000);
	event(w, EVENT(.kind = TE_BEGIN, .id = 1, .tid = 2), NULL, "close(3", NULL, &out);
	event(w, EVENT(.kind = TE_END, .id = 1, .tid = 2, .ns = 9000), "close", "", "0", &out);
	event(w, EVENT(.kind = TE_BEGIN, .id = 2, .tid = 2), NULL, "wait4(-1, ", NULL, &out);
	event(w, EVENT(.kind = TE_BEGIN, .id = 3, .tid = 12345), NULL, "getpid(", NULL, &out);
	event(w, EVENT(.kind = TE_BEGIN, .id = 4, .tid = 4), NULL, "exit_group(3", NULL, &out);
	event(w, EVENT(.kind = TE_END, .id = 4, .tid = 4, .result = TRACE_NO_RESULT), "exit_group",
	      "", "?", &out);
	event(w, EVENT(.kind = TE_EXIT, .tid = 4), NULL, "+++ exited with 3 +++", NULL, &out);
	event(w, EVENT(.kind = TE_END, .id = 2, .tid = 2, .ns = 1000000000), "wait4",
	      "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL", "4", &out);
	event(w, EVENT(.kind = TE_END, .id = 3, .tid = 12345), "getpid", "", "12345", &out);
	event(w, EVENT(.kind = TE_BEGIN, .id = 5, .tid = 2), NULL, "read(0, ", NULL, &out);
	event(w, EVENT(.kind = TE_GONE, .tid = 3), NULL, NULL, NULL, &out);
	event(w, EVENT(.kind = TE_GONE, .tid = 2), NULL, NULL, NULL, &out);
	event(w, EVENT(.kind = TE_EXIT, .tid = 2), NULL, "+++ killed by SIGKILL +++", NULL, &out);
	assert_string_equal(without_times(out.data), "2     T close(3)        = 0 <D>\n"
						     "2     T wait4(-1,  <unfinished ...>\n"
						     "12345 T getpid( <unfinished ...>\n"
						     "4     T exit_group(3)   = ?\n"
						     "4     T +++ exited with 3 +++\n"
						     "2     T <... wait4 resumed>[{WIFEXITED(s) && "
						     "WEXITSTATUS(s) == 3}], 0, NULL) = 4 <D>\n"
						     "12345 T <... getpid resumed>) = 12345 <D>\n"
						     "2     T read(0,  <unfinished ...>) = ?\n"
						     "2     T +++ killed by SIGKILL +++\n");
	text_free(&out);
}

struct below_line {
	uint32_t channel;
	uint64_t start, end;
	const char *text;
};

/* unlink("f") from 1000 to 47000 ns with these lines below it. */
static void unlink_event(const struct trace_writer *w, const struct below_line *lines, int n,
			 struct text *out)
{
	static const char call[] = "unlink(\"f\")";
	struct trace_event e = { .kind = TE_CALL,
				 .tid = 2,
				 .pid = 2,
				 .when = 1000,
				 .ns = 46000,
				 .nr = NR_unlink,
				 .timed = true,
				 .nargs = 1,
				 .comm = "p\n" };
	struct text record = { 0 };
	int i;

	e.spans[0] = (struct trace_span){ 7, 3 };
	e.size[TX_NAME] = sizeof("unlink");
	e.size[TX_CALL] = sizeof(call);
	e.size[TX_RESULT] = sizeof("0");
	for (i = 0; i < n; i++)
		e.size[TX_BELOW] +=
			(uint32_t)(sizeof(struct trace_below) + strlen(lines[i].text) + 1);
	text_put(&record, (const char *)&e, sizeof(e));
	text_put(&record, "unlink", sizeof("unlink"));
	text_put(&record, call, sizeof(call));
	text_put(&record, "0", sizeof("0"));
	for (i = 0; i < n; i++) {
		struct trace_below b = { lines[i].start,
					 lines[i].end,
					 { 0 },
					 lines[i].channel,
					 (uint32_t)strlen(lines[i].text) + 1 };

		text_put(&record, (const char *)&b, sizeof(b));
		text_put(&record, lines[i].text, b.size);
	}
	w->event((const void *)record.data, 0, out);
	text_free(&record);
}

/* In the order of their ends, as they come; the vfs line does not know its beginning. */
static const struct below_line below[] = {
	{ TR_HOST, 3000, 4000, "unlinkat(5, \"f\") = 0" },
	{ TR_NT, 2000, 5000, "NtSetInformationFile(0x4) = STATUS_SUCCESS, Information: 0" },
	{ TR_VFS, 9000, 9000, "unlink(\x1b[2J) = 0" },
};

static void lower_layers_stand_below_their_call(void **state)
{
	struct text out = { 0 };

	trace_writer_text.start(0);
	unlink_event(&trace_writer_text, below, 3, &out);
	event(&trace_writer_text, EVENT(.kind = TE_LOWER, .channel = TR_PICO), NULL, "migrated",
	      NULL, &out);
	assert_string_equal(out.data,
			    "[pid     2] unlink(\"f\")                 = 0 <0.000046>\n"
			    "            vfs   unlink(\\33[2J) = 0\n"
			    "              nt    NtSetInformationFile(0x4) = STATUS_SUCCESS, "
			    "Information: 0\n"
			    "                host  unlinkat(5, \"f\") = 0\n"
			    "[lxrun    ] pico  migrated\n");
	text_free(&out);
}

static void json_lines_have_the_fields_of_the_schema(void **state)
{
	struct text out = { 0 };

	trace_writer_json.start(1700000000000000000);
	unlink_event(&trace_writer_json, below, 2, &out);
	assert_string_equal(
		out.data,
		"{\"v\":1,\"event\":\"call\",\"t\":1700000000.000001000,\"pid\":2,\"tid\":2,"
		"\"comm\":\"p\\u000a\",\"call\":\"unlink\",\"nr\":87,\"args\":[{\"kind\":\"path\","
		"\"raw\":\"0\",\"text\":\"\\\"f\\\"\"}],\"result\":0,\"text\":\"0\",\"ns\":46000,"
		"\"below\":[{\"channel\":\"nt\",\"depth\":1,\"t\":1700000000.000002000,\"ns\":3000,"
		"\"call\":\"NtSetInformationFile\",\"status\":\"STATUS_SUCCESS\",\"text\":"
		"\"NtSetInformationFile(0x4) = STATUS_SUCCESS, Information: "
		"0\"},{\"channel\":\"host\","
		"\"depth\":2,\"t\":1700000000.000003000,\"ns\":1000,\"call\":\"unlinkat\","
		"\"status\":"
		"\"0\",\"text\":\"unlinkat(5, \\\"f\\\") = 0\"}]}\n");
	text_free(&out);
}

static void folded_stacks_count_own_time(void **state)
{
	struct text out = { 0 };

	unlink_event(&trace_writer_folded, below, 2, &out);
	unlink_event(&trace_writer_folded, below, 2, &out);
	trace_writer_folded.end(&out);
	assert_string_equal(out.data, "p_;unlink 86\np_;unlink;NtSetInformationFile 4\n"
				      "p_;unlink;NtSetInformationFile;unlinkat 2\n");
	text_free(&out);
}

static void slices_are_nested_strictly(void **state)
{
	/* clocks read late: an end behind the end of what holds it, a start before its call */
	static const struct below_line odd[] = {
		{ TR_HOST, 500, 6000, "a() = 0" },
		{ TR_NT, 2000, 5000, "b() = 0" },
		{ TR_NT, 5000, 90000, "c() = 0" },
	};
	struct text out = { 0 };

	trace_writer_chrome.start(0);
	unlink_event(&trace_writer_chrome, odd, 3, &out);
	trace_writer_chrome.end(&out);
	assert_non_null(strstr(out.data, "\"ts\":0.000,\"dur\":46.000"));
	assert_non_null(strstr(out.data,
			       "\"name\":\"a\",\"cat\":\"host\",\"ph\":\"X\",\"pid\":2,\"tid\":2,"
			       "\"ts\":0.000,\"dur\":5.000"));
	assert_non_null(strstr(out.data,
			       "\"name\":\"b\",\"cat\":\"nt\",\"ph\":\"X\",\"pid\":2,\"tid\":2,"
			       "\"ts\":1.000,\"dur\":3.000"));
	assert_non_null(strstr(out.data, "\"ts\":4.000,\"dur\":1.000"));
	assert_non_null(strstr(out.data, "\n]\n"));
	text_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_the_table_has_a_printer),
		cmocka_unit_test(files_look_as_strace_shows_them),
		cmocka_unit_test(buffers_are_escaped_and_cut),
		cmocka_unit_test(descriptors_and_memory),
		cmocka_unit_test(processes_and_signals),
		cmocka_unit_test(siginfo_is_shown_by_its_code),
		cmocka_unit_test(lines_follow_the_grammar_of_strace),
		cmocka_unit_test(lower_layers_stand_below_their_call),
		cmocka_unit_test(json_lines_have_the_fields_of_the_schema),
		cmocka_unit_test(folded_stacks_count_own_time),
		cmocka_unit_test(slices_are_nested_strictly),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
