/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include "cleanup.h"
#include "suggest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/utsname.h>

static void free_capability_name(char **name)
{
	if (*name)
		cap_free(*name);
}

int host_target(struct target *ret, struct error *err)
{
	struct target target = {0};
	struct utsname uts;

	if (uname(&uts) < 0)
		return error_set_errno(err, -errno, "uname");
	if (!arch_lookup_machine(uts.machine, &target.arch))
		return error_set(
			err, -EOPNOTSUPP, "unknown machine architecture \"%s\"", uts.machine);
	if (sscanf(uts.release, "%u.%u", &target.kernel.major, &target.kernel.minor) != 2)
		return error_set(err, -EOPNOTSUPP, "kernel release \"%s\" is not K.M", uts.release);
	*ret = target;
	return 0;
}

bool kernel_version_parse(const char *text, struct kernel_version *ret)
{
	unsigned major, minor;
	int end = 0;

	/* %u takes blanks and signs: the text must begin with a digit, and so must its second part.
	 */
	if (sscanf(text, "%3u.%3u%n", &major, &minor, &end) != 2 || text[end] != '\0')
		return false;
	if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)strchr(text, '.')[1]))
		return false;
	if (major > 255 || minor > 255 || (major == 0 && minor == 0))
		return false;
	ret->major = major;
	ret->minor = minor;
	return true;
}

bool kernel_version_at_least(struct kernel_version version, struct kernel_version wanted)
{
	if (version.major != wanted.major)
		return version.major > wanted.major;
	return version.minor >= wanted.minor;
}

bool host_capability(const char *name, unsigned *ret)
{
	AUTO(free_capability_name) char *known = NULL;
	cap_value_t value;

	/* cap_from_name also takes lower case, numbers and a tail: no peer does. */
	for (const char *c = name; *c; c++)
		if (islower((unsigned char)*c))
			return false;
	if (cap_from_name(name, &value) < 0 || value < 0 || value > 63)
		return false;
	known = cap_to_name(value);
	if (!known || strcasecmp(known, name) != 0)
		return false;
	*ret = (unsigned)value;
	return true;
}

uint64_t host_capabilities(void)
{
	int count = cap_max_bits();

	return count <= 0 || count > 63 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

uint64_t host_bounding_set(void)
{
	uint64_t set = 0;

	for (cap_value_t value = 0; value < 64; value++)
		if (cap_get_bound(value) == CAP_SET)
			set |= UINT64_C(1) << value;
	return set;
}

bool host_capability_name(unsigned capability, char *buffer, size_t buffer_size)
{
	AUTO(free_capability_name) char *known = cap_to_name((cap_value_t)capability);

	if (!known || isdigit((unsigned char)known[0])) /* the number of one that nobody knows */
		return false;
	snprintf(buffer, buffer_size, "%s", known);
	for (char *c = buffer; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return true;
}

const char *host_capability_hint(const char *name, char *buffer, size_t buffer_size)
{
	char best[64] = "", known[64];
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (unsigned i = 0; host_capability_name(i, known, sizeof(known)); i++) {
		suggestion_consider(&suggestion, known);
		suggestion_consider_as(&suggestion, known + strlen("CAP_"), known);
		if (suggestion.best == known) {
			snprintf(best, sizeof(best), "%s", known);
			suggestion.best = best;
		}
	}
	return suggestion_format(&suggestion, buffer, buffer_size);
}
