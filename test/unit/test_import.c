/* SPDX-License-Identifier: Apache-2.0 */
#include "import.h"

#include "support.h"

/* Forms of lines that other tools write. */

UNIT_SUITE(import);

/* The names that were found, in order, with a blank behind each. Owned by the caller. */
static char *names_of(const struct observed *observed)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	for (size_t i = 0; i < observed->count; i++)
		fprintf(stream, "%s ", observed->items[i].name);
	fclose(stream);
	return text;
}

/* `text` has several lines. */
static void read_text(struct import *import, enum import_format format, const char *text)
{
	AUTO_FREE char *copy = strdup(text);
	char *rest = copy, *line;

	cr_assert_eq(import_init(import, format, ARCH_X86_64, NULL), 0);
	import_begin_file(import);
	while ((line = strsep(&rest, "\n")))
		cr_assert_eq(import_line(import, line, NULL), 0);
}

static void check(
	enum import_format format, const char *text, const char *wanted, size_t unreadable)
{
	struct import import;
	AUTO_FREE char *names = NULL;

	read_text(&import, format, text);
	names = names_of(&import.observed);
	cr_expect_str_eq(names, wanted, "%s\n%s", text, names);
	cr_expect_eq(import.unreadable, unreadable, "%s: %zu, as %s", text, import.unreadable,
		import.examples[0]);
	import_finish(&import);
}

Test(import, strace_lines)
{
	static const struct {
		const char *line, *names;
	} cases[] = {
		{"read(3, \"x\", 1) = 1", "read "},
		{"exit_group(0)                           = ?", "exit_group "},
		{"[pid  1234] openat(AT_FDCWD, \"/x\", O_RDONLY) = 3</x>", "openat "},
		{"[pid 1234<sh>] close(3) = 0", "close "},
		{"1234  close(3</dev/null>) = 0", "close "},
		{"1234<sh> close(3) = 0", "close "},
		{"1234  12:00:01 close(3) = 0", "close "},
		{"12:00:01.123456 close(3) = 0 <0.000042>", "close "},
		{"1612345678.123456 close(3) = 0", "close "},
		{"     0.000123 close(3) = 0", "close "},
		{"12:00:01 (+     0.000123) close(3) = 0", "close "},
		{"[  59] execve(\"/bin/ls\", [\"ls\"], 0x7ffd /* 20 vars */) = 0", "execve "},
		{"[00007f1234567890] close(3) = 0", "close "},
		{"[pid 7] 12:00:01 [   3] [00007f1234567890] close(3) = 0", "close "},
		{"[unconfined_u:unconfined_r:unconfined_t:s0] close(3) = 0", "close "},
		{"select(4, [3], NULL <unfinished ...>", "select "},
		{"<... select resumed>)      = 1", "select "},
		{"[pid 77] <... futex resumed> )      = 0", "futex "},
		{"restart_syscall(<... resuming interrupted read ...>) = 0", "restart_syscall "},
		{"write(1, \"<... read resumed> ) = 5\\n\", 3) = 3", "write "},
		{"syscall_0x1c3(0x1, 0x2) = -1 ENOSYS (Function not implemented)", "cachestat "},
		{"connect(3<TCP:[127.0.0.1:1->127.0.0.1:2]>, {...}, 16) = 0", "connect "},
		{"--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---", ""},
		{"[pid 7] --- SIGSYS {si_syscall=__NR_write, si_arch=AUDIT_ARCH_X86_64} ---", ""},
		{"7 +++ exited with 0 +++", ""},
		{"+++ superseded by execve in pid 77 +++", ""},
		{"strace: Process 77 attached", ""},
		{"\?\?\?\?( <unfinished ...>", ""},
		{" > /usr/lib/libc.so.6(__write+0x14) [0x100a70]", ""},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		check(IMPORT_STRACE, cases[i].line, cases[i].names, 0);
	check(IMPORT_STRACE, "Hello, world", "", 1);
	check(IMPORT_STRACE, "printf(\"x\")", "", 1);
	check(IMPORT_STRACE, "<... of course>", "", 1);
}

Test(import, strace_modes)
{
	struct import import;

	read_text(&import, IMPORT_STRACE,
		"77 close(3) = 0\n[ Process PID=77 runs in 32 bit mode. ]\n77 close(3) = 0\n"
		"78 syscall_0x3(0) = 0\n77 syscall_0x7(0) = 0\n"
		"[ Process PID=77 runs in 64 bit mode. ]\n77 read(0, 0, 0) = 0");
	cr_assert_eq(import.observed.count, 4);
	cr_expect_eq(import.observed.items[0].arch, ARCH_X86_64);
	cr_expect_eq(import.observed.items[1].arch, ARCH_X86);
	cr_expect_str_eq(import.observed.items[2].name, "waitpid"); /* 7 of i386; 3 is close */
	cr_expect_eq(import.observed.items[3].arch, ARCH_X86_64);
	cr_expect_eq(import.calls, 5);
	cr_expect_eq(import.unreadable, 0);
	import_finish(&import);
}

Test(import, strace_tables)
{
	check(IMPORT_STRACE,
		"% time     seconds  usecs/call     calls    errors syscall\n"
		"------ ----------- ----------- --------- --------- ----------------\n"
		" 50.00    0.000010           1        10         2 openat\n"
		" 50.00    0.000010           1        10           read\n"
		"------ ----------- ----------- --------- --------- ----------------\n"
		"100.00    0.000020           1        20         2 total\n"
		"close(3) = 0",
		"openat read close ", 0);
	/* The name in the middle, other columns, two modes. */
	check(IMPORT_STRACE,
		"% time syscall              calls\n"
		"------ ---------------- ---------\n"
		" 50.00 read                     4\n"
		" 50.00 rt_sigprocmask           4\n"
		"------ ---------------- ---------\n"
		"100.00 total                    8\n"
		"System call usage summary for 32 bit mode:\n"
		"     calls syscall\n"
		"--------- ----------------\n"
		"        1 _llseek\n"
		"--------- ----------------\n"
		"        1 total\n",
		"read rt_sigprocmask _llseek ", 0);
}

Test(import, audit)
{
	check(IMPORT_AUDIT,
		"type=SECCOMP msg=audit(1613596317.899:6461): auid=4294967295 uid=0 gid=0 "
		"ses=4294967295 pid=9 comm=\"a\" exe=\"/a\" sig=0 arch=c000003e syscall=3 compat=0 "
		"ip=0x7f code=0x7ffc0000\n"
		"type=SYSCALL msg=audit(1613596317.900:6462): arch=c000003e syscall=59 success=yes "
		"exit=0 a0=1 comm=\"x arch=1 syscall=2\"\n"
		"type=SYSCALL msg=audit(1613596317.901:6463): arch=40000003 syscall=102 "
		"success=yes\n"
		"type=PATH msg=audit(1613596317.900:6462): item=0 name=\"/bin/ls\"\n",
		"close execve socketcall ", 0);
}

Test(import, sysdig)
{
	check(IMPORT_SYSDIG,
		"1 12:00:00.000000000 0 cat (1234) > open \n"
		"2 12:00:00.000000001 0 cat (1234) < open fd=3(<f>/etc/x) name=/etc/x\n"
		"3 12:00:00.000000002 0 a > b (1234) > pread fd=3(<f>/x) size=1\n"
		"4 12:00:00.000000003 0 cat (1234) > switch next=0\n"
		"5 12:00:00.000000004 0 web app (0123456789ab) node (77:7) > epoll_wait "
		"maxevents=1\n"
		"6 12:00:00.000000005 0 cat (1234) > syscall ID=49(bind) nativeID=49\n"
		"7 12:00:00.000000005 0 cat (1234) > procexit status=0\n"
		"{\"evt.type\": \"mmap\", \"evt.dir\": \">\", \"proc.name\": \"cat\"}\n"
		"# Calls             Syscall\n"
		"--------------------------------------------------------------------------------\n"
		"123                 fcntl\n"
		"socket\n",
		"open pread64 epoll_wait bind mmap fcntl socket ", 0);
	check(IMPORT_SYSDIG, "nonsense here\n{\"x\": 1}\n{", "", 3);
}

/* Whatever a file holds, it is read to its end. */
Test(import, bytes_of_any_kind)
{
	static const char *const pieces[] = {"[", "]", "(", ")", " ", "pid", "<... ", "resumed>",
		"-", "% time syscall", "12:0", "{", "\"", "read", "ID=", "type=SYSCALL ",
		"arch=", "syscall=", "\x1d", "\xff", "> ", "------ -----", "total",
		"[ Process PID=3 runs in"};
	unsigned seed = 1;

	for (int format = IMPORT_AUDIT; format <= IMPORT_SYSDIG; format++) {
		struct import import;

		cr_assert_eq(
			import_init(&import, (enum import_format)format, ARCH_X86_64, NULL), 0);
		import_begin_file(&import);
		for (int i = 0; i < 20000; i++) {
			char line[256] = "";

			for (int j = rand_r(&seed) % 8; j > 0; j--)
				strcat(line, pieces[(size_t)rand_r(&seed) % ARRAY_LENGTH(pieces)]);
			cr_assert_eq(import_line(&import, line, NULL), 0);
		}
		import_finish(&import);
	}
}
