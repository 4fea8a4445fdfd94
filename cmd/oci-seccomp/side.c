/* SPDX-License-Identifier: Apache-2.0 */
#include "side.h"

#include "cleanup.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct side_part {
	struct profile profile;
	struct policy policy;
	struct program program;
};

void side_finish(struct side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		policy_finish(&side->parts[i].policy);
		profile_finish(&side->parts[i].profile);
		program_finish(&side->parts[i].program);
	}
	free(side->parts);
	free(side->layers);
}

/* `names`, of `argument`, is taken apart. */
static int read_parts(const char *argument, char *names, const struct target *target,
	struct side *side, struct error *err)
{
	char *name;

	while ((name = strsep(&names, "+"))) {
		struct side_part *part = &side->parts[side->count];
		struct layer *layer = &side->layers[side->count++];
		int r;

		if (!*name)
			return error_set(err, -EINVAL,
				"\"%s\": a profile or program is missing beside a +", argument);
		r = is_program_argument(name) ? read_program_argument(name, &part->program, err)
					      : read_policy_argument(name, target, &part->profile,
							&part->policy, err);

		if (r < 0)
			return r;
		if (is_program_argument(name))
			layer->program = &part->program;
		else
			layer->policy = &part->policy;
	}
	return 0;
}

int side_read(const char *argument, const struct target *target, struct side *side,
	struct stack *ret_stack, struct error *err)
{
	AUTO_FREE char *names = strdup(argument);
	size_t most = 1;
	int r;

	for (const char *c = argument; *c; c++)
		most += *c == '+';
	side->parts = calloc(most, sizeof(*side->parts));
	side->layers = calloc(most, sizeof(*side->layers));
	if (!names || !side->parts || !side->layers)
		return error_memory(err);
	r = read_parts(argument, names, target, side, err);
	if (r == 0)
		*ret_stack = (struct stack){argument, side->layers, side->count};
	return r;
}
