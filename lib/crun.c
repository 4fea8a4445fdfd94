/* SPDX-License-Identifier: Apache-2.0 */
#include "crun.h"

#include "cleanup.h"
#include "filter.h"
#include "host.h"
#include "policy.h"
#include "profile.h"
#include "splice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY "run.oci.seccomp_bpf_data"

/* RFC 4648, with padding. NULL: no memory. */
static char *encode_base64(const unsigned char *data, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((length + 2) / 3 * 4 + 1), *out = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned group = (unsigned)data[i] << 16U |
				 (left > 1 ? (unsigned)data[i + 1] << 8U : 0U) |
				 (left > 2 ? data[i + 2] : 0U);

		for (unsigned shift = 24; shift > 0; shift -= 6)
			*out++ = digits[group >> (shift - 6) & 63];
		if (left < 2)
			out[-2] = '=';
		if (left < 3)
			out[-1] = '=';
	}
	*out = '\0';
	return text;
}

static int build(const struct bundle *bundle, const struct profile *profile, char **ret_base64,
	struct error *err)
{
	struct program program;
	struct policy policy;
	struct target target;
	int r = host_target(&target, err);

	if (r < 0)
		return r;
	target.capabilities = bundle->capabilities;
	r = policy_select(profile, &target, false, &policy, err);
	if (r < 0)
		return r;
	r = filter_build(&policy, &program, err);
	policy_finish(&policy);
	if (r < 0)
		return r;
	*ret_base64 = encode_base64(
		(const unsigned char *)program.code, program.length * sizeof(*program.code));
	program_finish(&program);
	return *ret_base64 ? 0 : error_memory(err);
}

int crun_program(const struct bundle *bundle, char *text, size_t length, char **ret_base64,
	struct error *err)
{
	struct diagnostics diagnostics = {0};
	struct profile profile;
	int r;

	if (!text)
		return error_memory(err);
	r = profile_parse(bundle->document.name, text, length, &profile, &diagnostics, err);
	diagnostics_finish(&diagnostics);
	if (r < 0)
		return r;
	r = build(bundle, &profile, ret_base64, err);
	profile_finish(&profile);
	return r;
}

int crun_annotation(const struct bundle *bundle, const char **ret, struct error *err)
{
	return bundle_annotation(bundle, KEY, ret, err);
}

int crun_refuse_foreign(const struct bundle *bundle, const char *base64, struct error *err)
{
	const char *given;
	int r = crun_annotation(bundle, &given, err);

	if (r < 0 || !given || strcmp(given, base64) == 0)
		return r;
	return error_set(err, -EPERM,
		"annotation " KEY ": crun would load this program in place of the container's "
		"profile; remove the annotation, or set \"override\" to \"always\" in the node "
		"configuration");
}

int crun_check_engine(const struct bundle *bundle, struct error *err)
{
	AUTO_FREE char *program = NULL;
	const char *given;
	size_t length = 0;
	char *text;
	int r = crun_annotation(bundle, &given, err);

	if (r < 0 || !given)
		return r;
	text = bundle_seccomp_text(bundle, &length);
	r = crun_program(bundle, text, length, &program, err);
	return r == 0 && program ? crun_refuse_foreign(bundle, program, err) : r;
}

int crun_annotate(const struct bundle *bundle, const char *base64, char **ret_text,
	size_t *ret_length, struct error *err)
{
	static const char *const keys[] = {"annotations", NULL};
	const struct json_document *document = &bundle->document;
	const struct json *annotation =
		bundle->annotations ? json_member(bundle->annotations, KEY) : NULL;
	AUTO_FREE char *item = NULL;

	if (asprintf(&item, "%s\"%s\"", annotation ? "" : "\"" KEY "\":", base64) < 0) {
		item = NULL;
		return error_memory(err);
	}
	if (annotation)
		return splice_value(document, annotation, item, ret_text, ret_length, err);
	return splice_insert(document, keys, JSON_OBJECT, item, ret_text, ret_length, err);
}

int crun_remove_annotation(
	const struct bundle *bundle, char **ret_text, size_t *ret_length, struct error *err)
{
	return splice_remove(&bundle->document, json_member(bundle->annotations, KEY), ret_text,
		ret_length, err);
}
