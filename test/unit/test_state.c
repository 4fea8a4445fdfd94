/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include "support.h"

UNIT_SUITE(state);

static int parse_state(const char *source, struct state *ret, struct error *err)
{
	struct sample sample = sample_make(source);

	return state_parse(sample.text, sample.length, ret, err);
}

Test(state, what_a_hook_needs)
{
	static const struct {
		const char *source, *id, *status, *bundle;
		pid_t pid;
	} cases[] = {
		{"{'ociVersion':'1.0.2','id':'abc','status':'created','pid':4711,"
		 "'bundle':'/run/b','annotations':{'k':'v'}}",
			"abc", "created", "/run/b", 4711},
		/* crun's: another version, a key of its own */
		{"{'ociVersion':'1.0','id':'x','root':'/rootfs','status':'created',\n"
		 "'pid':1,'bundle':'/','annotations':{}}",
			"x", "created", "/", 1},
		{"{'bundle':'/b','id':'i','pid':2147483647,'status':'creating','new':[{'a':1}]}",
			"i", "creating", "/b", 2147483647},
		{"{'bundle':'/b','id':'i','pid':7,'status':'created','annotations':null}", "i",
			"created", "/b", 7},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct state state;
		int r = parse_state(cases[i].source, &state, &err);

		cr_assert_eq(r, 0, "case %zu: %s", i, error_message(&err));
		cr_expect_str_eq(state.id, cases[i].id);
		cr_expect_str_eq(state.status, cases[i].status);
		cr_expect_str_eq(state.bundle, cases[i].bundle);
		cr_expect_eq(state.pid, cases[i].pid);
		state_finish(&state);
		cr_expect_null(state.id);
		state_finish(&state);
	}
}

#define STATE(id, pid, status, bundle)                                                             \
	"{'id':" id ",\n'pid':" pid ",\n'status':" status ",\n'bundle':" bundle "}"

Test(state, what_is_no_state)
{
	static const struct {
		const char *source, *what;
	} cases[] = {
		{"", "empty"},
		{"{", "too early"},
		{"[]", "must be an object"},
		{"null", "must be an object"},
		{"{}", "\"bundle\" is missing"},
		{"{'pid':1,'status':'created','bundle':'/b'}", "\"id\" is missing"},
		{"{'id':'i','status':'created','bundle':'/b'}", "\"pid\" is missing"},
		{"{'id':'i','pid':1,'bundle':'/b'}", "\"status\" is missing"},
		{"{'id':'i','pid':1,'status':'created'}", "\"bundle\" is missing"},
		{STATE("null", "1", "'created'", "'/b'"), "\"id\" is missing"},
		{STATE("5", "1", "'created'", "'/b'"), ":1:7: id: must be a string"},
		{STATE("'i'", "'1'", "'created'", "'/b'"), ":2:7: pid: must be a number"},
		{STATE("'i'", "0", "'created'", "'/b'"), ":2:7: pid: "},
		{STATE("'i'", "-1", "'created'", "'/b'"), ":2:7: pid: "},
		{STATE("'i'", "1.5", "'created'", "'/b'"), ":2:7: pid: "},
		{STATE("'i'", "2147483648", "'created'", "'/b'"), ":2:7: pid: "},
		{STATE("'i'", "4294967297", "'created'", "'/b'"), ":2:7: pid: "},
		{STATE("'i'", "1", "true", "'/b'"), ":3:10: status: must be a string"},
		{STATE("'i'", "1", "'created'", "'b'"), ":4:10: bundle: \"b\""},
		{STATE("'i'", "1", "'created'", "''"), ":4:10: bundle: "},
		{STATE("'i'", "1", "'created'", "{}"), ":4:10: bundle: must be a string"},
		{STATE("'i'", "1", "'created'", "'/b','pid':2"), "stands twice"},
		{STATE("'i'", "1", "'created'", "'/b'") "x", "not valid JSON"},
		{STATE("5", "0", "6", "7"), "the first of 4 errors"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = ERROR_INIT;
		struct state state = {.pid = 4711};
		int r = parse_state(cases[i].source, &state, &err);

		cr_assert_eq(r, -EINVAL, "case %zu: %d", i, r);
		cr_expect_eq(err.code, -EINVAL);
		cr_expect_eq(state.pid, 4711);
		cr_expect(contains(error_message(&err), cases[i].what), "case %zu: %s", i,
			error_message(&err));
		error_finish(&err);
	}
}
