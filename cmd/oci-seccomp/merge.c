/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "cleanup.h"
#include "merge.h"
#include "output.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

struct request {
	struct target target;
	bool has_merge;
	enum merge merge;
	const char *output; /* NULL: none is given */
	char **names;
	size_t count;
};

struct input {
	struct profile profile;
	struct policy policy;
};

static int write_profile(const char *json, const char *path, struct error *err)
{
	AUTO_FREE char *line = NULL;
	int length = asprintf(&line, "%s\n", json);

	if (length < 0) {
		line = NULL;
		return error_memory(err);
	}
	return output_file(path, line, (size_t)length, err);
}

static int merge_inputs(const struct request *request, struct input *inputs, struct error *err)
{
	AUTO_FREE const struct policy **policies =
		calloc(request->count, sizeof(const struct policy *));
	AUTO_FREE char *json = NULL;
	int r = 0;

	if (!policies)
		return error_memory(err);
	for (size_t i = 0; i < request->count && r == 0; i++) {
		r = read_policy_argument(request->names[i], &request->target, &inputs[i].profile,
			&inputs[i].policy, err);
		policies[i] = &inputs[i].policy;
	}
	if (r == 0)
		r = merge_policies(policies, request->count, request->merge, &json, err);
	return r < 0 ? r : write_profile(json, request->output, err);
}

static int merge(const struct request *request, struct error *err)
{
	struct input *inputs = calloc(request->count, sizeof(*inputs));
	int r = inputs ? merge_inputs(request, inputs, err) : error_memory(err);

	for (size_t i = 0; i < request->count && inputs; i++) {
		policy_finish(&inputs[i].policy);
		profile_finish(&inputs[i].profile);
	}
	free(inputs);
	return r < 0 ? verb_failure(err) : EXIT_SUCCESS;
}

static int set_option(struct request *request, int option, struct error *err)
{
	switch (option) {
	case 'i':
	case 'u':
		if (request->has_merge)
			return error_set(err, -EINVAL, "one of --union and --intersect is enough");
		request->has_merge = true;
		request->merge = option == 'u' ? MERGE_UNION : MERGE_INTERSECTION;
		return 0;
	case 'o':
		request->output = optarg;
		return 0;
	default:
		return target_set(&request->target, option, optarg, err);
	}
}

int verb_merge(const struct verb *verb, int argc, char **argv)
{
	static const struct option options[] = {
		TARGET_OPTIONS,
		{"intersect", no_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"union", no_argument, NULL, 'u'},
		{0},
	};
	struct error err = ERROR_INIT;
	struct request request = {0};
	int option, r = host_target(&request.target, &err);

	while (r == 0 && (option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		r = set_option(&request, option, &err);
	}
	if (r < 0)
		return verb_failure(&err) + 1; /* wrong usage */
	request.names = argv + optind;
	request.count = (size_t)(argc - optind);
	if (!request.has_merge)
		return verb_usage(verb, "--union or --intersect is needed");
	if (request.count < 2)
		return verb_usage(verb, "at least two profiles are needed");
	if (!request.output)
		return verb_usage(verb, "-o OUT is needed: where the profile is written");
	return merge(&request, &err);
}
