/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include "filter.h"
#include "host.h"
#include "policy.h"
#include "support.h"

UNIT_SUITE(identity);

#define DENY_CHMOD                                                                                 \
	"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['chmod'],"                        \
	"'action':'SCMP_ACT_ERRNO','errnoRet':99}]}"
#define DENY_CHMOD_OTHERWISE                                                                       \
	"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['chmod'],"                        \
	"'action':'SCMP_ACT_ERRNO','errnoRet':99},{'names':['getpid'],'action':'SCMP_ACT_ALLOW'}]" \
	"}"
#define DENY_FCHMOD                                                                                \
	"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['fchmod'],"                       \
	"'action':'SCMP_ACT_ERRNO','errnoRet':99}]}"

static struct program build(const struct profile *profile, uint64_t capabilities)
{
	struct error err = ERROR_INIT;
	struct program program;
	struct policy policy;
	struct target target;

	cr_assert_eq(host_target(&target, &err), 0);
	target.capabilities = capabilities;
	cr_assert_eq(policy_select(profile, &target, false, &policy, &err), 0);
	cr_assert_eq(filter_build(&policy, &program, &err), 0, "%s", error_message(&err));
	policy_finish(&policy);
	return program;
}

/* The programs stay until the end: each is proved once. */
struct known_again {
	struct identities *identities;
	struct program programs[8];
	size_t count;
};

static void expect(struct known_again *all, struct profile profile, uint64_t built_for,
	uint64_t capabilities, const char *config, const char *name)
{
	struct program *program = &all->programs[all->count++];
	struct error err = ERROR_INIT;

	*program = build(&profile, built_for);
	profile_finish(&profile);
	for (int i = 0; i < 2; i++) {
		struct identity identity = {0};

		cr_assert_eq(identities_find(all->identities, program, capabilities, config,
				     &identity, &err),
			0, "%s", error_message(&err));
		if (!name) {
			cr_expect_null(identity.name, "%s", identity.name);
			continue;
		}
		cr_assert_not_null(identity.name);
		cr_expect_str_eq(identity.name, name);
		cr_expect(identity.exact);
	}
}

Test(identity, known_and_unknown)
{
	char *root = temp_dir();
	struct node_config config = {.profile_root = root};
	AUTO_FREE char *bundle = format_text("%s/config.json", root);
	struct sample known = sample_make(DENY_CHMOD_OTHERWISE);
	struct sample engine = sample_make("{'linux':{'seccomp':" DENY_FCHMOD "}}");
	struct known_again all = {0};
	struct error err = ERROR_INIT;
	struct profile runtime_default;

	make_dir(root, "team");
	write_file(root, "team/app.json", known.text);
	write_file(root, "broken.json", "{");
	write_file(root, "config.json", engine.text);
	cr_assert_eq(
		identities_create(&config, &all.identities, &err), 0, "%s", error_message(&err));
	expect(&all, parse_profile(DENY_CHMOD), 0, 0, NULL, "Localhost/team/app.json");
	expect(&all, parse_profile(DENY_FCHMOD), 0, 0, NULL, NULL);
	expect(&all, parse_profile(DENY_FCHMOD), 0, 0, bundle, "config.json");
	cr_assert_eq(profile_runtime_default(&runtime_default, &err), 0);
	expect(&all, runtime_default, CAPABILITIES_OF_ENGINES, CAPABILITIES_OF_ENGINES, NULL,
		"RuntimeDefault");
	cr_assert_eq(profile_runtime_default(&runtime_default, &err), 0);
	expect(&all, runtime_default, host_capabilities(), 0, NULL, NULL);
	identities_destroy(all.identities);
	for (size_t i = 0; i < all.count; i++)
		program_finish(&all.programs[i]);
	free(known.text);
	free(engine.text);
	remove_tree(root);
}
