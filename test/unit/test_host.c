/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include "support.h"

#include <linux/capability.h>
#include <sys/utsname.h>

UNIT_SUITE(host);

Test(host, target_is_this_host)
{
	AUTO_FREE char *version = NULL;
	struct error err = ERROR_INIT;
	struct target target;
	struct utsname uts;
	enum arch arch;

	cr_assert_eq(uname(&uts), 0);
	cr_assert_eq(host_target(&target, &err), 0, "%s", error_message(&err));
	cr_expect(arch_lookup_machine(uts.machine, &arch) && target.arch == arch);
	version = format_text("%u.%u", target.kernel.major, target.kernel.minor);
	cr_expect(strncmp(uts.release, version, strlen(version)) == 0, "%s: %s", uts.release,
		version);
	cr_expect_eq(target.capabilities, 0);
}

Test(host, kernel_versions)
{
	static const struct {
		const char *text;
		bool valid;
		unsigned major, minor;
	} cases[] = {
		{"4.8", true, 4, 8},
		{"5.10", true, 5, 10},
		{"0.1", true, 0, 1},
		{"1.0", true, 1, 0},
		{"255.255", true, 255, 255},
		{"0.0", false, 0, 0},
		{"256.0", false, 0, 0},
		{"1.256", false, 0, 0},
		{"999.0", false, 0, 0},
		{"4294967297.1", false, 0, 0},
		{"4", false, 0, 0},
		{"4.", false, 0, 0},
		{".8", false, 0, 0},
		{"4.8.1", false, 0, 0},
		{"4.8.", false, 0, 0},
		{"4.8 ", false, 0, 0},
		{" 4.8", false, 0, 0},
		{"4 .8", false, 0, 0},
		{"4. 8", false, 0, 0},
		{"+4.8", false, 0, 0},
		{"4.+8", false, 0, 0},
		{"-4.8", false, 0, 0},
		{"4.-8", false, 0, 0},
		{"0x4.8", false, 0, 0},
		{"4,8", false, 0, 0},
		{"v4.8", false, 0, 0},
		{"4.8-rc1", false, 0, 0},
		{"", false, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct kernel_version version = {47, 11};
		bool valid = kernel_version_parse(cases[i].text, &version);

		cr_expect_eq(valid, cases[i].valid, "\"%s\"", cases[i].text);
		cr_expect_eq(version.major, cases[i].valid ? cases[i].major : 47, "\"%s\"",
			cases[i].text);
		cr_expect_eq(version.minor, cases[i].valid ? cases[i].minor : 11, "\"%s\"",
			cases[i].text);
	}
}

Test(host, kernel_versions_are_ordered)
{
	static const struct kernel_version versions[] = {
		{0, 1}, {3, 19}, {4, 0}, {4, 8}, {4, 20}, {5, 0}, {5, 10}, {6, 1}};

	for (size_t a = 0; a < ARRAY_LENGTH(versions); a++)
		for (size_t b = 0; b < ARRAY_LENGTH(versions); b++)
			cr_expect_eq(kernel_version_at_least(versions[a], versions[b]), a >= b,
				"%zu, %zu", a, b);
}

Test(host, capabilities)
{
	static const struct {
		const char *name;
		unsigned number; /* UINT_MAX: unknown */
	} cases[] = {
		{"CAP_CHOWN", CAP_CHOWN},
		{"CAP_NET_ADMIN", CAP_NET_ADMIN},
		{"CAP_SYS_ADMIN", CAP_SYS_ADMIN},
		{"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
		{"CAP_SYSLOG", CAP_SYSLOG},
		{"CAP_PERFMON", CAP_PERFMON},
		{"CAP_BPF", CAP_BPF},
		{"CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE},
		{"cap_sys_admin", UINT_MAX},
		{"CAP_SYS_admin", UINT_MAX},
		{"SYS_ADMIN", UINT_MAX},
		{"CAP_SYS_ADMIN ", UINT_MAX},
		{"CAP_SYS_ADMIN,CAP_CHOWN", UINT_MAX},
		{"CAP_SYS_ADMIN=EP", UINT_MAX},
		{"CAP_SYS_ADMIN+", UINT_MAX},
		{" CAP_SYS_ADMIN", UINT_MAX},
		{"CAP_SYS_ADMI", UINT_MAX},
		{"CAP_SYS_ADMINS", UINT_MAX},
		{"CAP_", UINT_MAX},
		{"CAP_21", UINT_MAX},
		{"CAP_63", UINT_MAX},
		{"CAP_ALL", UINT_MAX},
		{"21", UINT_MAX},
		{"ALL", UINT_MAX},
		{"", UINT_MAX},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		unsigned number = UINT_MAX;

		cr_expect_eq(host_capability(cases[i].name, &number), cases[i].number != UINT_MAX,
			"\"%s\"", cases[i].name);
		cr_expect_eq(number, cases[i].number, "\"%s\"", cases[i].name);
	}
}

Test(host, capability_hints)
{
	static const struct {
		const char *name, *hint;
	} cases[] = {
		{"CAP_SYS_ADMN", "; did you mean CAP_SYS_ADMIN?"},
		{"cap_net_raw", "; did you mean CAP_NET_RAW?"},
		{"CAP_SYS_PTRCAE", "; did you mean CAP_SYS_PTRACE?"},
		{"CAP_CHECKPOINT_RESTOR", "; did you mean CAP_CHECKPOINT_RESTORE?"},
		{"CAP_CHWON", "; did you mean CAP_CHOWN?"},
		{"entirely different", ""},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char buffer[64];
		const char *hint = host_capability_hint(cases[i].name, buffer, sizeof(buffer));

		cr_expect_eq(hint, buffer);
		cr_expect_str_eq(hint, cases[i].hint, "%s: \"%s\"", cases[i].name, hint);
	}
}
