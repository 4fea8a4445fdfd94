/* SPDX-License-Identifier: Apache-2.0 */
#include "compile.h"

#include "support.h"
#include "syscalls.h"

#include <linux/seccomp.h>

UNIT_SUITE(compile);

#define DENY_CHMOD                                                                                 \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"chmod\"],"              \
	"\"action\":\"SCMP_ACT_ERRNO\"}]}"

/* A node with a profile root and a cache of its own. */
static struct node_config make_node(void)
{
	struct node_config config = {.profile_root = temp_dir()};

	config.cache_dir = format_text("%s/.cache", config.profile_root);
	write_file(config.profile_root, "chmod.json", DENY_CHMOD);
	return config;
}

static void finish_node(struct node_config *config)
{
	remove_tree(TAKE_PTR(config->profile_root));
	node_config_finish(config);
}

static int compile_for(const char *path, const struct node_config *config,
	const struct target *target, struct compiled *ret, struct error *err)
{
	struct profile_choice choice = {CHOICE_RUNTIME_DEFAULT, NULL};
	int r;

	if (path) {
		choice.kind = CHOICE_LOCALHOST;
		choice.path = strdup(path);
	}
	*ret = (struct compiled){0};
	r = compile_choice(&choice, config, target, ret, err);
	choice_finish(&choice);
	return r;
}

static const struct target amd64 = {ARCH_X86_64, {6, 12}, 0};

static struct compiled must_compile(
	const char *path, const struct node_config *config, const struct target *target)
{
	struct error err = ERROR_INIT;
	struct compiled compiled;
	int r = compile_for(path, config, target, &compiled, &err);

	cr_assert_eq(r, 0, "%s", r < 0 ? error_message(&err) : "");
	return compiled;
}

static void count_entry(
	const char *file, const struct cache_entry *entry, time_t written, void *data)
{
	(void)written;
	cr_expect_not_null(entry, "%s", file);
	++*(size_t *)data;
}

static size_t count_entries(const struct node_config *config)
{
	struct error err = ERROR_INIT;
	size_t count = 0;

	cr_assert_eq(cache_each(config->cache_dir, count_entry, &count, &err), 0);
	return count;
}

static bool same(const struct compiled *a, const struct compiled *b)
{
	return a->flags == b->flags && a->has_flags == b->has_flags && a->skipped == b->skipped &&
	       strcmp(a->name, b->name) == 0 && a->program.length == b->program.length &&
	       memcmp(a->program.code, b->program.code,
		       a->program.length * sizeof(*a->program.code)) == 0;
}

Test(compile, the_second_time_it_comes_from_the_cache)
{
	static const char *const paths[] = {NULL, "chmod.json", "rich.json"};
	struct node_config config = make_node();

	write_file(config.profile_root, "rich.json",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
		"\"syscalls\":[{\"names\":[\"read\",\"of_tomorrow\"],\"action\":\"SCMP_ACT_ALLOW\"}"
		"]}");
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
		struct compiled first = must_compile(paths[i], &config, &amd64);
		struct compiled second = must_compile(paths[i], &config, &amd64);

		cr_expect(same(&first, &second), "%s", first.name);
		cr_expect_eq(count_entries(&config), i + 1);
		if (i == 2) {
			cr_expect_eq(second.flags, SECCOMP_FILTER_FLAG_LOG);
			cr_expect(second.has_flags);
			cr_expect_eq(second.skipped, 1);
		}
		compiled_finish(&first);
		compiled_finish(&second);
	}
	finish_node(&config);
}

/* The lines at the beginning of an entry's key. */
static void copy_lines(
	const char *file, const struct cache_entry *entry, time_t written, void *data)
{
	const char *end = memmem(entry->key, entry->key_length, "\n\n", 2);

	(void)file;
	(void)written;
	cr_assert_not_null(end);
	*(char **)data = strndup(entry->key, (size_t)(end - entry->key) + 2);
}

/* That a hit is taken at all shows where the entry says something else than the profile. */
Test(compile, a_hit_is_what_the_entry_holds)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct node_config config = make_node();
	struct compiled compiled = must_compile("chmod.json", &config, &amd64);
	AUTO_FREE char *lines = NULL,
		       *expected =
			       format_text("\nlibseccomp %u.%u.%u\nprofile %s\narchitecture amd64\n"
					   "kernel 6.12\ncapabilities 0\n\n",
				       syscalls_libseccomp_version().major,
				       syscalls_libseccomp_version().minor,
				       syscalls_libseccomp_version().micro, compiled.name);
	struct error err = ERROR_INIT;
	struct cache_key key = {.tail = DENY_CHMOD, .tail_length = strlen(DENY_CHMOD)};
	char value[16 + sizeof(allow)] = {0}, digest[32] = "";
	int end = 0;

	cr_assert_eq(cache_each(config.cache_dir, copy_lines, &lines, &err), 0);
	/* What it was made by: version and sources. */
	cr_expect_eq(sscanf(lines, "oci-seccomp " VERSION " %16[0-9a-f]%n", digest, &end), 1);
	cr_expect_eq(strlen(digest), 16);
	cr_expect_str_eq(lines + end, expected);
	key.head = lines;
	key.head_length = strlen(lines);
	compiled_finish(&compiled);
	memcpy(value + 16, &allow, sizeof(allow));
	cr_assert_eq(cache_store(config.cache_dir, &key, value, sizeof(value), &err), 0);
	cr_expect_eq(count_entries(&config), 1, "the same key");
	compiled = must_compile("chmod.json", &config, &amd64);
	cr_expect_eq(compiled.program.length, 1);
	compiled_finish(&compiled);

	/* What the kernel would not take is no hit. */
	value[16] = 0x7f;
	cr_assert_eq(cache_store(config.cache_dir, &key, value, sizeof(value), &err), 0);
	compiled = must_compile("chmod.json", &config, &amd64);
	cr_expect_gt(compiled.program.length, 1);
	compiled_finish(&compiled);
	finish_node(&config);
}

/* Whatever decides a program makes another entry. */
Test(compile, everything_that_decides_is_in_the_key)
{
	struct node_config config = make_node();
	struct target target = amd64;
	struct compiled compiled = must_compile("chmod.json", &config, &target);
	size_t wanted = 1;

	compiled_finish(&compiled);
	for (int what = 0; what < 7; what++) {
		switch (what) {
		case 0:
			target.capabilities = 1;
			break;
		case 1:
			target.kernel.minor++;
			break;
		case 2:
			target.kernel.major++;
			break;
		case 3:
			target.arch = ARCH_AARCH64;
			break;
		case 4:
			config.native_arch_only = true;
			break;
		case 5:
			write_file(config.profile_root, "chmod.json", " " DENY_CHMOD);
			break;
		default:
			write_file(config.profile_root, "chmod.json", DENY_CHMOD "\n");
			break;
		}
		compiled = must_compile("chmod.json", &config, &target);
		compiled_finish(&compiled);
		cr_expect_eq(count_entries(&config), ++wanted, "%d", what);
	}
	finish_node(&config);
}

Test(compile, a_cache_that_cannot_be_used_costs_time_only)
{
	struct node_config config = make_node();
	struct compiled compiled;

	free(config.cache_dir);
	config.cache_dir = strdup("/proc/self/none");
	compiled = must_compile("chmod.json", &config, &amd64);
	cr_expect_gt(compiled.program.length, 1);
	compiled_finish(&compiled);
	free(config.cache_dir);
	config.cache_dir = format_text("%s/chmod.json", config.profile_root);
	compiled = must_compile("chmod.json", &config, &amd64);
	cr_expect_gt(compiled.program.length, 1);
	compiled_finish(&compiled);
	finish_node(&config);
}

Test(compile, what_cannot_be_compiled_leaves_no_entry)
{
	static const struct {
		const char *path, *text, *message;
	} cases[] = {
		{"none.json", NULL, "there is no such profile"},
		{"bad.json", "{\"defaultAction\":\"SCMP_ACT_DENY\"}",
			"/bad.json:1:18: defaultAction: unknown"},
		{"json.json", "{", "ends too early"},
	};
	struct node_config config = make_node();

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct compiled compiled;

		if (cases[i].text)
			write_file(config.profile_root, cases[i].path, cases[i].text);
		cr_expect_lt(compile_for(cases[i].path, &config, &amd64, &compiled, &err), 0);
		cr_expect(
			contains(error_message(&err), cases[i].message), "%s", error_message(&err));
		cr_expect_null(compiled.name);
		error_finish(&err);
	}
	cr_expect_eq(count_entries(&config), 0);
	finish_node(&config);
}

Test(compile, a_profile_that_notifies_is_not_kept)
{
	struct node_config config = make_node();
	struct compiled compiled;

	write_file(config.profile_root, "notify.json",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/run/agent\","
		"\"listenerMetadata\":\"m\",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":"
		"\"SCMP_ACT_NOTIFY\"}]}");
	compiled = must_compile("notify.json", &config, &amd64);
	cr_expect_str_eq(compiled.listener_path, "/run/agent");
	cr_expect_str_eq(compiled.listener_metadata, "m");
	compiled_finish(&compiled);
	cr_expect_eq(count_entries(&config), 0);
	finish_node(&config);
}

/* All of its length is looked at, not what is before the first NUL. */
Test(compile, a_text_goes_on_behind_a_nul)
{
	static const char text[65536] = DENY_CHMOD;
	struct node_config config = make_node();
	struct error err = ERROR_INIT;
	struct compiled compiled;

	write_bytes(config.profile_root, "nul.json", text, sizeof(text), 0644);
	cr_expect_eq(compile_for("nul.json", &config, &amd64, &compiled, &err), -EINVAL);
	cr_expect(strstr(error_message(&err), "nul.json:1:"), "%s", error_message(&err));
	error_finish(&err);
	finish_node(&config);
}

/* Conditions on 40 bits of two arguments: the program is easily built, its meaning too large a diagram. */
Test(compile, what_cannot_be_proved_is_told_and_not_kept)
{
	struct node_config config = make_node();
	AUTO_FREE char *path = format_text("%s/bits.json", config.profile_root);
	FILE *stream = fopen(path, "we");
	struct compiled compiled;

	fputs("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[", stream);
	for (int i = 0; i < 40; i++)
		fprintf(stream,
			"%s{\"names\":[\"mmap\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
			"{\"index\":0,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_MASKED_"
			"EQ\"},"
			"{\"index\":5,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_MASKED_"
			"EQ\"}]}",
			i ? "," : "", 1ULL << i, 1ULL << i, 1ULL << i, 1ULL << i);
	fputs("]}", stream);
	fclose(stream);
	compiled = must_compile("bits.json", &config, &amd64);
	cr_expect(compiled.unproved);
	cr_expect_eq(count_entries(&config), 0);
	compiled_finish(&compiled);
	for (int i = 0; i < 2; i++) {
		compiled = must_compile("chmod.json", &config, &amd64);
		cr_expect_not(compiled.unproved, "%d", i);
		compiled_finish(&compiled);
	}
	finish_node(&config);
}

static void describe(const char *file, const struct cache_entry *entry, time_t written, void *data)
{
	(void)file;
	(void)written;
	cr_assert_not_null(entry);
	cr_expect(compile_describe(entry, data));
}

Test(compile, entries_describe_themselves)
{
	static const struct cache_entry older = {.key = "oci-seccomp 0.0.0\n\n", .key_length = 19};
	struct node_config config = make_node();
	struct target target = {ARCH_X86_64, {6, 12}, 0x21};
	struct compiled_entry entry;
	struct error err = ERROR_INIT;
	struct compiled compiled;

	config.native_arch_only = true;
	compiled = must_compile("chmod.json", &config, &target);
	cr_assert_eq(cache_each(config.cache_dir, describe, &entry, &err), 0);
	cr_expect_str_eq(entry.profile, compiled.name);
	cr_expect_str_eq(entry.architecture, "amd64 alone");
	cr_expect_str_eq(entry.kernel, "6.12");
	cr_expect_str_eq(entry.capabilities, "0x21");
	cr_expect_eq(entry.instructions, compiled.program.length);
	cr_expect_not(compile_describe(&older, &entry));
	compiled_finish(&compiled);
	finish_node(&config);
}
