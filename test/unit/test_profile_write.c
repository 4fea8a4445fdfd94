/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written must mean, read by libseccomp as the runtimes give it (peer_load) and read by
 * ourselves, what the policies mean together.
 */
#include "profile_write.h"

#include "peer.h"

#include <linux/audit.h>

UNIT_SUITE(profile_write);

enum { POLICIES = 2 };

/* The strictest verdict of all policies; of equals the last one's. */
static verdict together(
	const struct policy *const *policies, size_t count, const struct seccomp_data *call)
{
	verdict strictest = simulate_policy(policies[0], call, NULL);

	for (size_t i = 1; i < count; i++) {
		verdict value = simulate_policy(policies[i], call, NULL);

		if (!verdict_stricter(strictest, value))
			strictest = value;
	}
	return strictest;
}

static void load_rule(
	scmp_filter_ctx context, const struct rule *rule, const char *name, uint32_t fallback)
{
	struct scmp_arg_cmp arguments[6] = {0};
	int number = seccomp_syscall_resolve_name(name), r;

	if (peer_action(rule->action) == fallback || number == __NR_SCMP_ERROR)
		return;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct condition *condition = &rule->conditions[i];

		cr_assert(condition->comparison == OP_EQUAL ||
			  condition->comparison == OP_MASKED_EQUAL);
		arguments[i] = (struct scmp_arg_cmp){
			.arg = condition->index,
			.op = condition->comparison == OP_EQUAL ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ,
			.datum_a = condition->value,
			.datum_b = condition->datum,
		};
	}
	r = seccomp_rule_add_array(context, peer_action(rule->action), number,
		(unsigned)rule->condition_count, arguments);
	cr_assert_eq(r, 0, "libseccomp refuses a rule for %s: %s", name, strerror(-r));
}

static size_t profile_names(const struct profile *profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->rule_count; i++)
		count += profile->rules[i].name_count;
	return count;
}

/* A program of a big-endian architecture is in its byte order; but made on a little-endian one only
 * some of what is returned is. */
static void swap_bytes(struct program *program)
{
	for (size_t i = 0; i < program->length; i++) {
		struct sock_filter *code = &program->code[i];
		uint32_t action = code->k & SECCOMP_RET_ACTION_FULL;

		code->code = __builtin_bswap16(code->code);
		if (BPF_CLASS(code->code) != BPF_RET || !name_of(&names_actions, action) ||
			(action == SECCOMP_RET_KILL_THREAD && code->k != action))
			code->k = __builtin_bswap32(code->k);
	}
}

/* As runc (matchCall of seccomp_linux.go) and crun (libcrun_generate_seccomp) do it: one context
 * for all architectures; the rules in their order, but those that equal the default and names
 * that libseccomp does not know. runc asks for level 2, a binary tree, from 33 names on;
 * without any, the tree of libseccomp 2.5.4 is no valid program. */
static struct program peer_load(const struct policy *written, uint32_t level)
{
	const struct profile *profile = written->profile;
	uint32_t fallback = peer_action(profile->default_action);
	scmp_filter_ctx context = seccomp_init(fallback);
	struct program program;

	cr_assert(context);
	if (peer_arch(written->target.arch) != seccomp_arch_native())
		cr_assert_eq(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), 0);
	for (int arch = 0; arch < ARCH_COUNT; arch++)
		if ((written->architectures & UINT32_C(1) << arch) &&
			peer_arch((enum arch)arch) != seccomp_arch_native())
			cr_assert_eq(seccomp_arch_add(context, peer_arch((enum arch)arch)), 0);
	for (size_t i = 0; i < profile->rule_count; i++)
		for (size_t j = 0; j < profile->rules[i].name_count; j++)
			load_rule(
				context, &profile->rules[i], profile->rules[i].names[j], fallback);
	cr_assert_eq(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE,
			     profile_names(profile) > 32 ? level : 1),
		0);
	program = peer_export(context);
	if (architectures[written->target.arch].big_endian)
		swap_bytes(&program);
	return program;
}

/* Everything that is compared. */
struct trial {
	const struct policy *const *policies;
	size_t count;
	char *json;
	struct profile profile; /* what is written, read back */
	struct policy written;
	struct program own, peers[2];
	struct values values;
	uint64_t seed;
};

static bool is_named(const struct trial *trial, enum arch arch, uint32_t number)
{
	size_t count = 0;

	for (size_t i = 0; i < trial->count && count == 0; i++)
		policy_clauses(trial->policies[i], arch, number, &count);
	return count > 0;
}

/* Whether the library knows the number by its name. Of calls behind a multiplexer it resolves the
 * name to a number of its own. */
static bool peer_knows_number(enum arch arch, uint32_t number)
{
	const char *name = syscall_name(arch, number);
	int known =
		name ? seccomp_syscall_resolve_name_arch(peer_arch(arch), name) : __NR_SCMP_ERROR;

	return known == (int)number || (known < 0 && known > -1000 && known != __NR_SCMP_ERROR);
}

static bool is_enosys(const struct trial *trial, enum arch arch, uint32_t number)
{
	return policy_fallback(&trial->written, arch, number, NULL) !=
	       trial->written.profile->default_action;
}

static const char *call_text(const struct trial *trial, const struct seccomp_data *call)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s, %s: arch %#x nr %#x args %#llx %#llx %#llx %#llx %#llx",
		trial->policies[0]->profile->name, trial->policies[trial->count - 1]->profile->name,
		call->arch, (unsigned)call->nr, (unsigned long long)call->args[0],
		(unsigned long long)call->args[1], (unsigned long long)call->args[2],
		(unsigned long long)call->args[3], (unsigned long long)call->args[4]);
	return text;
}

static verdict run(
	const struct trial *trial, const struct program *program, const struct seccomp_data *call)
{
	struct seccomp_data seen = *call;
	verdict value;

	/* A filter of a big-endian kernel sees the upper word of an argument first. */
	if (architectures[trial->written.target.arch].big_endian)
		for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
			seen.args[i] = call->args[i] << 32 | call->args[i] >> 32;
	cr_assert_eq(simulate_program(program, &seen, &value, NULL), 0);
	return value;
}

static void try_call(
	struct trial *trial, enum arch arch, bool peer, const struct seccomp_data *call)
{
	verdict expected = together(trial->policies, trial->count, call);
	verdict own = trial->own.code ? run(trial, &trial->own, call)
				      : simulate_policy(&trial->written, call, NULL);
	verdict fallback = trial->written.profile->default_action;
	char words[2][32];

	/* A call that nobody names and that is too new for some policies only: see the header. */
	if (own != expected && trial->count > 1 && !is_named(trial, arch, (uint32_t)call->nr) &&
		(own == fallback || own == (SECCOMP_RET_ERRNO | ENOSYS)) &&
		!verdict_stricter(expected, own))
		expected = own;
	cr_assert_eq(own, expected, "%s: written %s, meant %s\n%s", call_text(trial, call),
		verdict_format(own, words[0], 32), verdict_format(expected, words[1], 32),
		trial->json);
	for (size_t i = 0; i < ARRAY_LENGTH(trial->peers) && peer; i++) {
		verdict value = run(trial, &trial->peers[i], call);

		cr_assert_eq(value, expected, "%s: libseccomp %s, meant %s\n%s",
			call_text(trial, call), verdict_format(value, words[0], 32),
			verdict_format(expected, words[1], 32), trial->json);
	}
}

/* Arguments of one of the regions that are written for the number, perhaps with one bit changed. */
static void aim(struct trial *trial, enum arch arch, struct seccomp_data *call)
{
	size_t count;
	const struct clause *clauses =
		policy_clauses(&trial->written, arch, (uint32_t)call->nr, &count);
	const struct clause *clause = count ? &clauses[next_random(&trial->seed) % count] : NULL;

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++)
		call->args[i] = next_random(&trial->seed);
	for (size_t i = 0; clause && i < clause->condition_count; i++) {
		const struct condition *condition = &clause->conditions[i];
		bool masked = condition->comparison == OP_MASKED_EQUAL;
		uint64_t mask = masked ? condition->value : UINT64_MAX;
		uint64_t datum = masked ? condition->datum : condition->value;

		call->args[condition->index] = (call->args[condition->index] & ~mask) | datum;
	}
	if (next_random(&trial->seed) % 2)
		call->args[next_random(&trial->seed) % SYSCALL_ARGUMENTS] ^=
			UINT64_C(1) << next_random(&trial->seed) % 64;
}

static void narrow(enum arch arch, struct seccomp_data *call)
{
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS && architectures[arch].bits == 32; i++)
		call->args[i] &= UINT32_MAX;
}

static void try_number(struct trial *trial, enum arch arch, uint32_t number, size_t rounds)
{
	struct seccomp_data call = {.nr = (int)number, .arch = architectures[arch].audit};
	bool peer = peer_knows_number(arch, number) && !is_enosys(trial, arch, number);
	size_t written;

	try_call(trial, arch, peer, &call);
	policy_clauses(&trial->written, arch, number, &written);
	if (!is_named(trial, arch, number) && written == 0)
		return;
	for (unsigned index = 0; index < SYSCALL_ARGUMENTS; index++) {
		for (size_t i = 0; i < trial->values.count; i++) {
			memset(call.args, 0, sizeof(call.args));
			call.args[index] = trial->values.items[i];
			narrow(arch, &call);
			try_call(trial, arch, peer, &call);
		}
	}
	for (size_t round = 0; round < rounds; round++) {
		aim(trial, arch, &call);
		for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++)
			if (next_random(&trial->seed) % 4 == 0)
				call.args[i] = trial->values.items[next_random(&trial->seed) %
								   trial->values.count];
		narrow(arch, &call);
		try_call(trial, arch, peer, &call);
		aim(trial, arch, &call);
		narrow(arch, &call);
		try_call(trial, arch, peer, &call);
	}
}

/* Calls of other architectures are killed. */
static void try_foreign(struct trial *trial)
{
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		struct seccomp_data call = {.nr = 1, .arch = architectures[arch].audit};

		if (arch == ARCH_X32)
			call.nr |= (int)X32_SYSCALL_BIT;
		if (!(trial->written.architectures & UINT32_C(1) << arch))
			try_call(trial, (enum arch)arch, true, &call);
	}
}

static void compare(const struct policy *const *policies, size_t count, char *json, size_t rounds)
{
	static struct trial trial;
	static struct values more;

	trial = (struct trial){.policies = policies, .count = count, .seed = 0x5eccf11e5};
	trial.json = strdup(json);
	trial.profile = must_parse("written", json, strlen(json));
	trial.written = must_select(&trial.profile, &policies[0]->target);
	if (filter_build(&trial.written, &trial.own, NULL) == -E2BIG)
		cr_log_info("too large to load: %zu bytes", strlen(trial.json));
	trial.peers[0] = peer_load(&trial.written, 1);
	trial.peers[1] = peer_load(&trial.written, 2);
	for (size_t i = 0; i < count; i++) {
		collect_values(policies[i]->profile, &more);
		for (size_t j = 0; j < more.count; j++)
			add_value(&trial.values, more.items[j]);
	}
	for (int arch = 0; arch < ARCH_COUNT; arch++) {
		uint32_t first = arch == ARCH_X32 ? X32_SYSCALL_BIT : 0;

		if (!(trial.written.architectures & UINT32_C(1) << arch))
			continue;
		for (uint32_t number = first; number < first + 1024; number++)
			try_number(&trial, (enum arch)arch, number, rounds);
	}
	try_foreign(&trial);
	program_finish(&trial.own);
	program_finish(&trial.peers[0]);
	program_finish(&trial.peers[1]);
	policy_finish(&trial.written);
	profile_finish(&trial.profile);
	free(trial.json);
}

/* Writes and compares; false: refused, which must name a syscall. */
static bool write_and_compare(const struct profile *const *profiles, size_t count,
	const struct target *target, size_t rounds)
{
	struct policy policies[POLICIES];
	const struct policy *pointers[POLICIES];
	struct error err = ERROR_INIT;
	char *json = NULL;
	int r;

	for (size_t i = 0; i < count; i++) {
		policies[i] = must_select(profiles[i], target);
		pointers[i] = &policies[i];
	}
	r = profile_write(pointers, count, TOGETHER_STACKED, &json, &err);
	if (r == 0) {
		compare(pointers, count, json, rounds);
	} else {
		cr_assert_eq(r, -EOPNOTSUPP, "%s", error_message(&err));
		cr_assert(contains(error_message(&err), "linux.seccomp cannot say"), "%s",
			error_message(&err));
		cr_log_info("%s", error_message(&err));
		error_finish(&err);
	}
	for (size_t i = 0; i < count; i++)
		policy_finish(&policies[i]);
	return r == 0;
}

Test(profile_write, runtime_default)
{
	static const struct target targets[] = {
		{ARCH_X86_64, {6, 12}, 0},
		{ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)},
		{ARCH_X86_64, {4, 4}, UINT64_C(1) << 21}, /* CAP_SYS_ADMIN */
		{ARCH_X86_64, {6, 12}, UINT64_MAX},
		{ARCH_X86, {6, 12}, 0},
		{ARCH_AARCH64, {6, 12}, 0},
		{ARCH_AARCH64, {6, 12}, UINT64_MAX},
		{ARCH_ARM, {6, 12}, 0},
		{ARCH_RISCV64, {6, 12}, 0},
		{ARCH_S390X, {6, 12}, 0},
	};
	struct error err = ERROR_INIT;
	struct profile profile;
	const struct profile *one = &profile;

	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++)
		cr_assert(write_and_compare(&one, 1, &targets[i], 100), "target %zu", i);
	profile_finish(&profile);
}

static size_t tried, refused;

static void write_one(const struct profile *profile)
{
	static const struct target targets[] = {
		{ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)},
		{ARCH_AARCH64, {6, 12}, 0},
		{ARCH_X86, {6, 12}, 0},
		{ARCH_S390X, {6, 12}, 0},
	};

	if (profile->listener_path)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		tried++;
		refused += !write_and_compare(&profile, 1, &targets[i], 200);
	}
}

Test(profile_write, every_profile_of_test_data)
{
	for_each_profile(write_one);
	cr_log_info("%zu of %zu refused", refused, tried);
}

/* A node's baseline beside a profile. */

static const char deny_baseline[] =
	"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ["
	"{'names': ['keyctl', 'add_key', 'mseal'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 13},"
	"{'names': ['socket'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 97, 'args': "
	"[{'index': 0, 'value': 40, 'op': 'SCMP_CMP_EQ'}]},"
	"{'names': ['personality'], 'action': 'SCMP_ACT_TRAP', 'args': "
	"[{'index': 0, 'value': 8, 'op': 'SCMP_CMP_GT'}]}]}";

static struct profile baseline;

static void write_with_baseline(const struct profile *profile)
{
	static const struct target targets[] = {
		{ARCH_X86_64, {6, 12}, UINT64_C(0xa80425fb)},
		{ARCH_AARCH64, {6, 12}, 0},
	};
	const struct profile *pairs[2][POLICIES] = {{profile, &baseline}, {&baseline, profile}};

	if (profile->listener_path)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		for (size_t order = 0; order < ARRAY_LENGTH(pairs); order++) {
			tried++;
			refused += !write_and_compare(pairs[order], POLICIES, &targets[i], 100);
		}
	}
}

Test(profile_write, every_profile_with_a_baseline)
{
	struct error err = ERROR_INIT;
	struct profile profile;

	baseline = parse_profile(deny_baseline);
	for_each_profile(write_with_baseline);
	cr_assert_eq(profile_runtime_default(&profile, &err), 0, "%s", error_message(&err));
	write_with_baseline(&profile);
	profile_finish(&profile);
	profile_finish(&baseline);
	cr_log_info("%zu of %zu refused", refused, tried);
	cr_assert_lt(refused, tried / 2);
}

Test(profile_write, every_profile_with_runtime_default_as_baseline)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(profile_runtime_default(&baseline, &err), 0, "%s", error_message(&err));
	for_each_profile(write_with_baseline);
	profile_finish(&baseline);
	cr_log_info("%zu of %zu refused", refused, tried);
	cr_assert_lt(refused, tried / 2);
}

/* Random profiles: few calls, so that rules overlap; all operators; constants of every size. */

struct shape {
	const char *architectures;
	const char *const *names; /* ends with NULL */
	const char *const *defaults;
};

static const char *pick(const char *const *words, uint64_t *seed)
{
	size_t count = 0;

	while (words[count])
		count++;
	return words[next_random(seed) % count];
}

static void print_rule(FILE *out, const struct shape *shape, uint64_t *seed)
{
	static const char *const actions[] = {"ALLOW", "ALLOW", "ERRNO", "ERRNO", "LOG", "TRAP",
		"KILL_PROCESS", "KILL_THREAD", "TRACE", NULL};
	const char *name = pick(shape->names, seed);
	const char *action = pick(actions, seed);
	size_t conditions = next_random(seed) % 3;

	fprintf(out, "{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_%s\"", name, action);
	if (strcmp(action, "ERRNO") == 0)
		fprintf(out, ", \"errnoRet\": %llu",
			(unsigned long long)(next_random(seed) % 3 * 12 + 1));
	fputs(", \"args\": [", out);
	for (size_t i = 0; i < conditions; i++) {
		fputs(i ? ", " : "", out);
		print_random_condition(out, name, 3, seed);
	}
	fputs("]}", out);
}

static struct profile random_profile(const struct shape *shape, uint64_t *seed)
{
	char *text = NULL;
	size_t length, rules = 1 + next_random(seed) % 12;
	FILE *out = open_memstream(&text, &length);

	cr_assert(out);
	fprintf(out,
		"{\"defaultAction\": \"SCMP_ACT_%s\", \"architectures\": [%s], \"syscalls\": [",
		pick(shape->defaults, seed), shape->architectures);
	for (size_t i = 0; i < rules; i++) {
		fputs(i ? ", " : "", out);
		print_rule(out, shape, seed);
	}
	fputs("]}", out);
	cr_assert_eq(fclose(out), 0);
	return must_parse("random", text, length);
}

static const char *const all_names[] = {"socket", "socketcall", "personality", "mmap", "clone",
	"chmod", "shmget", "ipc", "getpid", "ioctl", "kill", "mseal", "cacheflush",
	"arm_fadvise64_64", "preadv2", NULL};
static const char *const narrow_names[] = {
	"personality", "clone", "getpid", "ioctl", "kill", "prctl", "fcntl", "statx", NULL};
static const char *const native_names[] = {
	"personality", "mmap", "clone", "chmod", "lseek", "ioctl", "socket", "preadv2", NULL};
static const char *const all_defaults[] = {"ALLOW", "ERRNO", "LOG", "KILL_PROCESS", "TRAP", NULL};

static const struct shape shapes[] = {
	{"\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\", \"SCMP_ARCH_ARM\"", all_names,
		all_defaults},
	{"\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_ARM\"", narrow_names, all_defaults},
	{"\"SCMP_ARCH_X86_64\"", native_names, all_defaults},
};

static size_t try_random(size_t profiles_each, size_t rounds, uint64_t seed)
{
	size_t written = 0;

	for (size_t i = 0; i < rounds; i++) {
		const struct shape *shape = &shapes[i % ARRAY_LENGTH(shapes)];
		struct target target = {i % 5 ? ARCH_X86_64 : ARCH_AARCH64, {6, 12}, 0};
		struct profile profiles[POLICIES];
		const struct profile *pointers[POLICIES];

		for (size_t p = 0; p < profiles_each; p++) {
			profiles[p] = random_profile(shape, &seed);
			pointers[p] = &profiles[p];
		}
		written += write_and_compare(pointers, profiles_each, &target, 100);
		for (size_t p = 0; p < profiles_each; p++)
			profile_finish(&profiles[p]);
	}
	return written;
}

Test(profile_write, random_profiles)
{
	size_t written = try_random(1, 150, 0x5eccf11e5);

	cr_log_info("%zu of 150 written", written);
	cr_assert_geq(written, 20);
}

Test(profile_write, random_pairs)
{
	size_t written = try_random(2, 150, 0x5eccf11e6);

	cr_log_info("%zu of 150 written", written);
	cr_assert_geq(written, 20);
}

#define RULE(names, action) "{'names': [" names "], 'action': 'SCMP_ACT_" action "'}"
#define RULE_IF(names, action, arguments)                                                          \
	"{'names': [" names "], 'action': 'SCMP_ACT_" action "', 'args': [" arguments "]}"
#define ARGUMENT(index, op, value)                                                                 \
	"{'index': " index ", 'op': 'SCMP_CMP_" op "', 'value': " value "}"
#define PROFILE(default_action, rules)                                                             \
	"{'defaultAction': 'SCMP_ACT_" default_action "', 'syscalls': [" rules "]}"
#define PROFILE_ON(architectures, default_action, rules)                                           \
	"{'defaultAction': 'SCMP_ACT_" default_action "', 'architectures': [" architectures        \
	"], 'syscalls': [" rules "]}"

static int write_texts(const char *const texts[static POLICIES], char **ret_json, struct error *err)
{
	struct target target = {ARCH_X86_64, {6, 12}, 0};
	struct profile profiles[POLICIES];
	struct policy policies[POLICIES];
	const struct policy *pointers[POLICIES];
	size_t count = 0;
	int r;

	for (; count < POLICIES && texts[count]; count++) {
		profiles[count] = parse_profile(texts[count]);
		policies[count] = must_select(&profiles[count], &target);
		pointers[count] = &policies[count];
	}
	r = profile_write(pointers, count, TOGETHER_STACKED, ret_json, err);
	while (count-- > 0) {
		policy_finish(&policies[count]);
		profile_finish(&profiles[count]);
	}
	return r;
}

#define NATIVE "'architectures':['SCMP_ARCH_X86_64']"

static const struct {
	const char *what;
	const char *profiles[POLICIES];
	const char *json; /* ' stands for " */
} goldens[] = {
	{"names of one verdict stand together",
		{PROFILE("ERRNO", RULE("'write', 'read'", "ALLOW") "," RULE("'close'", "ALLOW"))},
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
		"'architectures':['SCMP_ARCH_X86_64'],'syscalls':[{'names':['close','read',"
		"'write'],'action':'SCMP_ACT_ALLOW'}]}"},
	{"what equals the default is left out",
		{PROFILE("ALLOW", RULE("'read'", "ALLOW") "," RULE("'acct'", "TRAP"))},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'syscalls':[{'names':['acct'],'action':'SCMP_ACT_TRAP'}]}"},
	{"the strictest rule wins, whatever the order",
		{PROFILE("ALLOW", RULE("'acct'", "LOG") "," RULE("'acct'", "KILL_PROCESS") "," RULE(
					  "'acct'", "ERRNO"))},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'syscalls':[{'names':['acct'],'action':'SCMP_ACT_KILL_PROCESS'}]}"},
	{"an int compares 32 bits",
		{PROFILE("ALLOW", RULE_IF("'kill'", "KILL_THREAD", ARGUMENT("1", "EQ", "9")))},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'syscalls':[{'names':['kill'],'action':'SCMP_ACT_KILL_THREAD',"
		"'args':[{'index':1,'value':4294967295,'valueTwo':9,"
		"'op':'SCMP_CMP_MASKED_EQ'}]}]}"},
	{"a long compares 64",
		{PROFILE("ALLOW", RULE_IF("'lseek'", "TRACE", ARGUMENT("1", "EQ", "9")))},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'syscalls':[{'names':['lseek'],'action':'SCMP_ACT_TRACE','errnoRet':1,"
		"'args':[{'index':1,'value':9,'op':'SCMP_CMP_EQ'}]}]}"},
	{"an interval is a few blocks",
		{PROFILE("ERRNO", RULE_IF("'socket'", "ALLOW", ARGUMENT("0", "LT", "38")))},
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
		"'architectures':['SCMP_ARCH_X86_64'],'syscalls':[{'names':['socket'],"
		"'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':4294967264,"
		"'valueTwo':0,'op':'SCMP_CMP_MASKED_EQ'}]},{'names':['socket'],"
		"'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':4294967292,"
		"'valueTwo':32,'op':'SCMP_CMP_MASKED_EQ'}]},{'names':['socket'],"
		"'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':4294967294,"
		"'valueTwo':36,'op':'SCMP_CMP_MASKED_EQ'}]}]}"},
	{"a stricter condition is taken out of a laxer rule",
		{PROFILE("ERRNO", RULE_IF("'chmod'", "LOG", ARGUMENT("1", "LT", "8")) "," RULE_IF(
					  "'chmod'", "TRAP", ARGUMENT("1", "EQ", "4")))},
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
		"'architectures':['SCMP_ARCH_X86_64'],'syscalls':[{'names':['chmod'],"
		"'action':'SCMP_ACT_TRAP','args':[{'index':1,'value':65535,'valueTwo':4,"
		"'op':'SCMP_CMP_MASKED_EQ'}]},{'names':['chmod'],'action':'SCMP_ACT_LOG',"
		"'args':[{'index':1,'value':65532,'valueTwo':0,'op':'SCMP_CMP_MASKED_EQ'}]},"
		"{'names':['chmod'],'action':'SCMP_ACT_LOG','args':[{'index':1,'value':65534,"
		"'valueTwo':6,'op':'SCMP_CMP_MASKED_EQ'}]},{'names':['chmod'],"
		"'action':'SCMP_ACT_LOG','args':[{'index':1,'value':65535,'valueTwo':5,"
		"'op':'SCMP_CMP_MASKED_EQ'}]}]}"},
	{"the newest name keeps ENOSYS where it is",
		{PROFILE("ERRNO",
			RULE("'read'", "ALLOW") ",{'names': ['mseal'], 'action': 'SCMP_ACT_ALLOW', "
						"'includes': {'caps': ['CAP_SYS_ADMIN']}}")},
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
		"'architectures':['SCMP_ARCH_X86_64'],'syscalls':[{'names':['mseal'],"
		"'action':'SCMP_ACT_ERRNO','errnoRet':1},{'names':['read'],"
		"'action':'SCMP_ACT_ALLOW'}]}"},
	{"two policies: the stricter verdict, of equals the last one's errno",
		{PROFILE("ALLOW", "{'names': ['acct', 'chmod'], 'action': 'SCMP_ACT_ERRNO', "
				  "'errnoRet': 13}"),
			PROFILE("TRAP",
				RULE("'chmod', 'read'", "ALLOW") "," RULE("'acct'", "ERRNO"))},
		"{'defaultAction':'SCMP_ACT_TRAP','architectures':['SCMP_ARCH_X86_64'],"
		"'syscalls':[{'names':['acct'],'action':'SCMP_ACT_ERRNO','errnoRet':1},"
		"{'names':['chmod'],'action':'SCMP_ACT_ERRNO','errnoRet':13},"
		"{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}"},
	{"two conditions, and both must hold",
		{PROFILE("ERRNO", RULE_IF("'kill'", "ALLOW", ARGUMENT("1", "LT", "16"))),
			PROFILE("ERRNO", RULE_IF("'kill'", "ALLOW", ARGUMENT("0", "EQ", "1")))},
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
		"'architectures':['SCMP_ARCH_X86_64'],'syscalls':[{'names':['kill'],"
		"'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':4294967295,"
		"'valueTwo':1,'op':'SCMP_CMP_MASKED_EQ'},{'index':1,'value':4294967280,"
		"'valueTwo':0,'op':'SCMP_CMP_MASKED_EQ'}]}]}"},
	{"calls too new for one of the two",
		{PROFILE("ERRNO", RULE("'mseal'", "ALLOW")),
			PROFILE("ALLOW", RULE("'listxattrat'", "TRAP"))},
		"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
		"'architectures':['SCMP_ARCH_X86_64'],'syscalls':[{'names':['getxattrat',"
		"'setxattrat'],'action':'SCMP_ACT_ERRNO','errnoRet':38},"
		"{'names':['listxattrat'],'action':'SCMP_ACT_TRAP'},{'names':['mseal'],"
		"'action':'SCMP_ACT_ALLOW'}]}"},
	{"flags of both; one that weakens only where both have it",
		{"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_LOG', "
		 "'SECCOMP_FILTER_FLAG_SPEC_ALLOW'], 'syscalls': []}",
			"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': [], 'syscalls': []}"},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'flags':['SECCOMP_FILTER_FLAG_LOG'],'syscalls':[]}"},
	{"no flags weaken as the runtimes do",
		{"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'], "
		 "'syscalls': []}",
			PROFILE("ALLOW", "")},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'flags':['SECCOMP_FILTER_FLAG_SPEC_ALLOW'],'syscalls':[]}"},
	{"a listener",
		{"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/run/a\\\\b', "
		 "'listenerMetadata': 'x\\ny', 'flags': "
		 "['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], 'syscalls': [" RULE(
			 "'mount'", "NOTIFY") "]}"},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'flags':['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
		"'listenerPath':'/run/a\\\\b','listenerMetadata':'x\\u000ay',"
		"'syscalls':[{'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]}"},
	{"a listener that is not asked",
		{"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/run/a', 'flags': "
		 "['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], 'syscalls': [" RULE(
			 "'mount'", "NOTIFY") "]}",
			PROFILE("ALLOW", RULE("'mount'", "TRAP"))},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],"
		"'flags':[],'syscalls':[{'names':['mount'],'action':'SCMP_ACT_TRAP'}]}"},
	{"architectures of both",
		{PROFILE_ON("'SCMP_ARCH_X86', 'SCMP_ARCH_X32'", "ALLOW", RULE("'acct'", "ERRNO")),
			PROFILE_ON("'SCMP_ARCH_X86'", "ALLOW", RULE("'acct'", "LOG"))},
		"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64',"
		"'SCMP_ARCH_X86'],'syscalls':[{'names':['acct'],'action':'SCMP_ACT_ERRNO',"
		"'errnoRet':1}]}"},
};

Test(profile_write, goldens)
{
	for (size_t i = 0; i < ARRAY_LENGTH(goldens); i++) {
		struct sample expected = sample_make(goldens[i].json);
		struct error err = ERROR_INIT;
		char *json = NULL;
		int r = write_texts(goldens[i].profiles, &json, &err);

		cr_assert_eq(r, 0, "%s: %s", goldens[i].what, error_message(&err));
		cr_assert_str_eq(json, expected.text, "%s:\n%s", goldens[i].what, json);
		free(json);
		free(expected.text);
	}
}

static const struct {
	const char *what;
	const char *profiles[POLICIES];
	const char *parts[2]; /* of the message */
} refusals[] = {
	{"libseccomp's rule for socketcall would allow all families",
		{PROFILE_ON("'SCMP_ARCH_X86'", "ERRNO",
			RULE("'read'", "ALLOW") "," RULE_IF(
				"'socket'", "ALLOW", ARGUMENT("0", "EQ", "1")))},
		{"rules for socket mean", "multiplexer"}},
	{"a constant of more than 32 bits on a 32-bit architecture",
		{PROFILE_ON("'SCMP_ARCH_X86'", "ALLOW",
			RULE("'acct'", "ERRNO") "," RULE_IF(
				"'mmap'", "ERRNO", ARGUMENT("1", "EQ", "4294967301")))},
		{"rules for mmap mean", "architectures"}},
	{"a 64-bit condition on x32, of which libseccomp sees 32",
		{PROFILE_ON("'SCMP_ARCH_X32'", "ALLOW",
			RULE("'acct'", "ERRNO") "," RULE_IF(
				"'mmap'", "ERRNO", ARGUMENT("1", "EQ", "5")))},
		{"rules for mmap mean", "architectures"}},
	{"too many regions",
		{PROFILE("ERRNO", RULE_IF("'mmap'", "ALLOW",
					  ARGUMENT("0", "NE", "0") "," ARGUMENT("1", "NE", "0")))},
		{"sample:1: ", "rules for mmap mean"}},
	{"an errno that libseccomp refuses",
		{"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['acct'], 'action': "
		 "'SCMP_ACT_ERRNO', 'errnoRet': 4095}]}"},
		{"rules for acct mean", "4094"}},
	{"the same as the default",
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 4095, 'syscalls': []}"},
		{"default action", "4094"}},
	{"no call of x86: libseccomp forgets to load the number",
		{PROFILE_ON("'SCMP_ARCH_X86'", "ALLOW", RULE("'newfstatat'", "ERRNO"))},
		{"rules for newfstatat mean", "SCMP_ARCH_X86"}},
	{"calls of x86 kill the process here and the thread there",
		{PROFILE_ON("'SCMP_ARCH_X86'", "KILL_PROCESS", RULE("'read'", "ALLOW")),
			PROFILE("ERRNO", RULE("'read'", "ALLOW"))},
		{"SCMP_ARCH_X86", "kill the process"}},
	{"a policy that kills and names nothing",
		{PROFILE("KILL_PROCESS", ""), PROFILE("ERRNO", RULE("'read'", "ALLOW"))},
		{"newer than all rules", "SCMP_ARCH_X86_64"}},
	{"two listeners",
		{"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/a', 'syscalls': [" RULE(
			 "'mount'", "NOTIFY") "]}",
			"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/b', 'syscalls': "
			"[" RULE("'mount'", "NOTIFY") "]}"},
		{"one listener", "sample"}},
};

Test(profile_write, refusals)
{
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct error err = ERROR_INIT;
		char *json = NULL;
		int r = write_texts(refusals[i].profiles, &json, &err);

		cr_assert_eq(r, -EOPNOTSUPP, "%s: %d %s", refusals[i].what, r,
			json ? json : error_message(&err));
		for (size_t j = 0; j < ARRAY_LENGTH(refusals[i].parts); j++)
			cr_assert(contains(error_message(&err), refusals[i].parts[j]), "%s: %s",
				refusals[i].what, error_message(&err));
		error_finish(&err);
	}
}

/* What libseccomp makes of objects that we do not write: the reasons for the refusals. */
static const struct {
	const char *what;
	const char *object;
	uint32_t audit;
	int number;
	uint64_t arguments[3];
	verdict peer;
} peculiarities[] = {
	{"an unconditional rule after a conditional one",
		PROFILE("ERRNO", RULE_IF("'kill'", "TRAP", ARGUMENT("1", "EQ", "9")) "," RULE(
					 "'kill'", "ALLOW")),
		AUDIT_ARCH_X86_64, 62, {1, 9}, SECCOMP_RET_ALLOW},
	{"an unconditional rule before it",
		PROFILE("ERRNO", RULE("'kill'", "ALLOW") "," RULE_IF(
					 "'kill'", "TRAP", ARGUMENT("1", "EQ", "9"))),
		AUDIT_ARCH_X86_64, 62, {1, 9}, SECCOMP_RET_ALLOW},
	{"one socket family opens socketcall",
		PROFILE_ON("'SCMP_ARCH_X86'", "ERRNO",
			RULE("'read'", "ALLOW") "," RULE_IF(
				"'socket'", "ALLOW", ARGUMENT("0", "EQ", "1"))),
		AUDIT_ARCH_I386, 102, {1, 7}, SECCOMP_RET_ALLOW},
	{"conditions on its other arguments stay",
		PROFILE_ON("'SCMP_ARCH_X86'", "ERRNO",
			RULE("'read'", "ALLOW") "," RULE_IF(
				"'socket'", "ALLOW", ARGUMENT("1", "EQ", "3"))),
		AUDIT_ARCH_I386, 102, {1, 7}, SECCOMP_RET_ERRNO | EPERM},
	{"a rule for socketcall that equals the default is skipped",
		PROFILE_ON("'SCMP_ARCH_X86'", "ERRNO",
			RULE("'read'", "ALLOW") "," RULE("'socketcall'", "ERRNO") "," RULE_IF(
				"'socket'", "ALLOW", ARGUMENT("0", "EQ", "1"))),
		AUDIT_ARCH_I386, 102, {1, 7}, SECCOMP_RET_ALLOW},
	{"another one settles it",
		PROFILE_ON("'SCMP_ARCH_X86'", "ERRNO",
			RULE("'read'", "ALLOW") "," RULE_IF("'socket'", "ALLOW",
				ARGUMENT("0", "EQ", "1")) "," RULE("'socketcall'", "TRAP")),
		AUDIT_ARCH_I386, 102, {1, 7}, SECCOMP_RET_TRAP},
	{"a constant is cut to 32 bits",
		PROFILE_ON("'SCMP_ARCH_X86'", "ALLOW",
			RULE("'acct'", "ERRNO") "," RULE_IF(
				"'mmap'", "TRAP", ARGUMENT("1", "EQ", "4294967301"))),
		AUDIT_ARCH_I386, 90, {0, 5}, SECCOMP_RET_TRAP},
	{"an argument on x32 is cut, too",
		PROFILE_ON("'SCMP_ARCH_X32'", "ALLOW",
			RULE("'acct'", "ERRNO") "," RULE_IF(
				"'mmap'", "TRAP", ARGUMENT("1", "EQ", "5"))),
		AUDIT_ARCH_X86_64, X32_SYSCALL_BIT | 9, {0, UINT64_C(0x100000005)},
		SECCOMP_RET_TRAP},
	{"the number is not loaded where the first rule is for a call of another architecture",
		PROFILE_ON("'SCMP_ARCH_X32', 'SCMP_ARCH_X86'", "ALLOW",
			RULE("'waitpid'", "ERRNO") "," RULE_IF(
				"'kill'", "TRAP", ARGUMENT("1", "EQ", "9"))),
		AUDIT_ARCH_X86_64, 62, {1, 9}, SECCOMP_RET_ALLOW},
};

Test(profile_write, peculiarities_of_libseccomp)
{
	const struct scmp_version *version = seccomp_version();
	struct target target = {ARCH_X86_64, {6, 12}, 0};

	if (version->major * 10000 + version->minor * 100 + version->micro > 20601)
		cr_skip_test("libseccomp is newer than those that were looked at");
	for (size_t i = 0; i < ARRAY_LENGTH(peculiarities); i++) {
		struct seccomp_data call = {.nr = peculiarities[i].number,
			.arch = peculiarities[i].audit,
			.args = {peculiarities[i].arguments[0], peculiarities[i].arguments[1]}};
		struct profile profile = parse_profile(peculiarities[i].object);
		struct policy policy = must_select(&profile, &target);
		struct program program = peer_load(&policy, 1);
		verdict value;

		cr_assert_eq(simulate_program(&program, &call, &value, NULL), 0);
		cr_assert_eq(value, peculiarities[i].peer, "%s: %#x", peculiarities[i].what, value);
		program_finish(&program);
		policy_finish(&policy);
		profile_finish(&profile);
	}
}
