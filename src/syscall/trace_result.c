/* SPDX-License-Identifier: MIT */
/* What stands behind "=": values, errors, descriptors with what they are open on. */
#include "trace_control.h"
#include "trace_impl.h"
#include "lx/fcntl.h"
#include "lxrun/options.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include <inttypes.h>

void trace_open_text(uint32_t flags, struct text *out)
{
	static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };

	text_str(out, access[flags & LX_O_ACCMODE]);
	if (flags & ~(uint32_t)LX_O_ACCMODE) {
		text_str(out, "|");
		text_flags(out, flags & ~(uint32_t)LX_O_ACCMODE, trace_open_flags, "");
	}
}

int64_t trace_fd_name(struct task *t, int fd, char *buf, size_t size)
{
	struct path root;
	struct file *f;
	int64_t len = 0;

	if (fd < 0 || fd_get_slot(t, fd, true, &f, &(bool){ false }))
		return 0;
	fs_get_root(t->fs, &root);
	if (f->path.dentry)
		len = vfs_path_text(&f->path, f, &root, buf, size, NULL);
	path_put(&root);
	file_put(f);
	return len;
}

void trace_fd_text(struct trace_args *ta, int fd, struct text *out)
{
	char name[LX_PATH_MAX];
	int64_t len, i;

	if (!trace_opt()->trace_fd_names)
		return;
	len = trace_fd_name(ta->task, fd, name, sizeof(name));
	if (len <= 0)
		return;
	text_str(out, "<");
	for (i = 0; i < len && name[i]; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < ' ' || c >= 0x7f || c == '<' || c == '>' || c == '\\' || c == '"')
			text_printf(out, "\\%o", c);
		else
			text_put(out, name + i, 1);
	}
	text_str(out, ">");
}

static void error_text(int64_t result, struct text *out)
{
	static const struct {
		int code;
		const char *text;
	} restarts[] = {
		{ LX_ERESTARTSYS, "ERESTARTSYS (To be restarted if SA_RESTART is set)" },
		{ LX_ERESTARTNOINTR, "ERESTARTNOINTR (To be restarted)" },
		{ LX_ERESTARTNOHAND, "ERESTARTNOHAND (To be restarted if no handler)" },
		{ LX_ERESTART_RESTARTBLOCK, "ERESTART_RESTARTBLOCK (Interrupted by signal)" },
	};
	const char *name = lx_errno_name((int)-result);
	size_t i;

	for (i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++)
		if (restarts[i].code == -result) {
			text_printf(out, "? %s", restarts[i].text);
			return;
		}
	if (name)
		text_printf(out, "-1 %s (%s)", name, lx_errno_text((int)-result));
	else
		text_printf(out, "-1 (errno %d)", (int)-result);
}

#define PR_GET_DUMPABLE 3u

enum result_form {
	RESULT_DECIMAL,
	RESULT_POINTER,
	RESULT_OCTAL,
	RESULT_FCNTL,
	RESULT_FD,
	RESULT_HEX
};

static enum result_form result_form(const struct trace_args *ta)
{
	switch (ta->args->nr) {
	case NR_mmap:
	case NR_shmat:
	case NR_brk:
	case NR_mremap:
		return RESULT_POINTER;
	case NR_personality:
		return RESULT_HEX;
	case NR_membarrier:
		return SC_U32(ta->args, 0) ? RESULT_DECIMAL : RESULT_HEX;
	case NR_umask:
		return RESULT_OCTAL;
	case NR_fcntl:
		return RESULT_FCNTL;
	case NR_open:
	case NR_openat:
	case NR_openat2:
	case NR_creat:
	case NR_dup:
	case NR_dup2:
	case NR_dup3:
	case NR_socket:
	case NR_accept:
	case NR_accept4:
	case NR_epoll_create:
	case NR_epoll_create1:
	case NR_eventfd:
	case NR_eventfd2:
	case NR_timerfd_create:
	case NR_signalfd4:
	case NR_memfd_create:
	case NR_inotify_init1:
	case NR_pidfd_open:
	case NR_pidfd_getfd:
	case NR_mq_open:
	case NR_open_tree:
	case NR_fsopen:
	case NR_fsmount:
	case NR_fspick:
	case NR_open_by_handle_at:
		return RESULT_FD;
	default:
		return RESULT_DECIMAL;
	}
}

/* What stands behind the result in parentheses. */
static void result_note(struct trace_args *ta)
{
	static const struct {
		uint32_t nr;
		trace_note *note;
	} notes[] = {
		{ NR_sched_getscheduler, trace_policy_note },
		{ NR_ioprio_get, trace_ioprio_note },
		{ NR_membarrier, trace_membarrier_note },
		{ NR_time, trace_time_note },
		{ NR_adjtimex, trace_timex_note },
		{ NR_clock_adjtime, trace_timex_note },
		{ NR_personality, trace_persona_note },
		{ NR_rt_sigtimedwait, trace_signal_note },
	};
	size_t i;

	for (i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (notes[i].nr == ta->args->nr)
			notes[i].note(ta, &ta->note);
}

void trace_result_text(struct trace_args *ta, struct text *out)
{
	if (ta->result == TRACE_NO_RESULT) {
		text_str(out, "?");
		return;
	}
	if (ta->result < 0 && ta->result >= -4095) {
		error_text(ta->result, out);
		return;
	}
	if (ta->args->nr == NR_poll || ta->args->nr == NR_ppoll)
		trace_poll_note(ta);
	else if (ta->args->nr == NR_select || ta->args->nr == NR_pselect6)
		trace_select_note(ta);
	else if (ta->args->nr == NR_recvmmsg)
		trace_message_note(ta);
	else
		result_note(ta);
	switch (result_form(ta)) {
	case RESULT_POINTER:
		text_printf(out, "0x%" PRIx64, (uint64_t)ta->result);
		break;
	case RESULT_HEX:
		text_printf(out, "%#" PRIx64, (uint64_t)ta->result);
		break;
	case RESULT_OCTAL:
		text_printf(out, "%#03" PRIo64, (uint64_t)ta->result);
		break;
	case RESULT_FCNTL:
		trace_fcntl_result(ta, out);
		break;
	case RESULT_FD:
	case RESULT_DECIMAL:
		text_printf(out, "%" PRId64, ta->result);
		if (result_form(ta) == RESULT_FD)
			trace_fd_text(ta, (int)ta->result, out);
		break;
	}
	if (ta->args->nr == NR_prctl && SC_U32(ta->args, 0) == PR_GET_DUMPABLE)
		text_str(&ta->note, ta->result == 1 ? "SUID_DUMP_USER" : "SUID_DUMP_DISABLE");
	if (ta->note.len)
		text_printf(out, " (%s)", ta->note.data);
}
