/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ID_LENGTH = 64, SHORTEST_ID = 12 };

/* In front of the id in the last part of the path. */
static const struct form {
	const char *prefix;
	enum engine engine;
	bool any_id; /* as the user likes, in a scope; else hexadecimal digits */
} forms[] = {
	{"cri-containerd-", ENGINE_CONTAINERD, false},
	{"cri-containerd:", ENGINE_CONTAINERD, false},
	{"crio-", ENGINE_CRIO, false},
	{"crio:", ENGINE_CRIO, false},
	{"crun-", ENGINE_CRUN, true},
	{"docker-", ENGINE_DOCKER, false},
	{"docker:", ENGINE_DOCKER, false},
	{"libpod-", ENGINE_PODMAN, false},
	{"libpod-payload-", ENGINE_PODMAN, false},
	{"nerdctl-", ENGINE_NERDCTL, false},
	{"nerdctl:", ENGINE_NERDCTL, false},
	{"runc-", ENGINE_RUNC, true},
};

/* A part of a path. */
struct part {
	const char *text;
	size_t length;
};

static bool starts_with(struct part part, const char *prefix)
{
	size_t length = strlen(prefix);

	return part.length >= length && !memcmp(part.text, prefix, length);
}

static bool strip_suffix(struct part *part, const char *suffix)
{
	size_t length = strlen(suffix);

	if (part->length < length ||
		memcmp(part->text + part->length - length, suffix, length) != 0)
		return false;
	part->length -= length;
	return true;
}

static struct part without(struct part part, size_t length)
{
	return (struct part){part.text + length, part.length - length};
}

static bool is_hexadecimal(struct part part)
{
	for (size_t i = 0; i < part.length; i++)
		if (!isdigit((unsigned char)part.text[i]) &&
			(part.text[i] < 'a' || part.text[i] > 'f'))
			return false;
	return part.length >= SHORTEST_ID && part.length <= ID_LENGTH;
}

static bool copy_id(struct part id, struct cgroup_place *place)
{
	if (id.length == 0 || id.length >= sizeof(place->id))
		return false;
	memcpy(place->id, id.text, id.length);
	place->id[id.length] = '\0';
	return true;
}

/* systemd writes the uid with _ for -. */
static void note_pod(struct part part, struct cgroup_place *place)
{
	struct part pod = part;
	const char *infix;

	strip_suffix(&pod, ".slice");
	infix = memmem(pod.text, pod.length, "-libpod_pod_", strlen("-libpod_pod_"));
	if (infix)
		pod = without(pod, (size_t)(infix - pod.text) + strlen("-libpod_pod_"));
	else if (starts_with(pod, "kube") &&
		 (infix = memmem(pod.text, pod.length, "-pod", strlen("-pod"))))
		pod = without(pod, (size_t)(infix - pod.text) + strlen("-pod"));
	else if (starts_with(pod, "pod") && pod.length > 3 + SHORTEST_ID &&
		 isxdigit((unsigned char)pod.text[3]))
		pod = without(pod, 3);
	else
		return;
	pod.length = pod.length < sizeof(place->pod) ? pod.length : sizeof(place->pod) - 1;
	/* "SLICE:cri-containerd:ID", where containerd uses cgroupfs below systemd's names */
	if (memchr(pod.text, ':', pod.length))
		pod.length = (size_t)((const char *)memchr(pod.text, ':', pod.length) - pod.text);
	strip_suffix(&pod, ".slice");
	for (size_t i = 0; i < pod.length; i++)
		place->pod[i] = (char)(pod.text[i] == '_' ? '-' : pod.text[i]);
	place->pod[pod.length] = '\0';
}

static bool match_form(struct part part, bool scope, struct cgroup_place *place)
{
	const char *colon = memchr(part.text, ':', part.length);

	if (colon && starts_with(part, "kube"))
		part = without(part, (size_t)(colon + 1 - part.text));
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *form = &forms[i];
		struct part id;

		if (!starts_with(part, form->prefix))
			continue;
		id = without(part, strlen(form->prefix));
		if ((form->any_id ? scope : is_hexadecimal(id)) && copy_id(id, place)) {
			place->engine = form->engine;
			return true;
		}
	}
	return false;
}

static bool match_part(struct part part, struct part above, struct cgroup_place *place)
{
	bool scope = strip_suffix(&part, ".scope");

	if (match_form(part, scope, place))
		return true;
	if (starts_with(part, "lxc.payload.") &&
		copy_id(without(part, strlen("lxc.payload.")), place)) {
		place->engine = ENGINE_LXC;
		return true;
	}
	if (scope || part.length != ID_LENGTH || !is_hexadecimal(part) || !copy_id(part, place))
		return false;
	place->engine = above.length == strlen("docker") && starts_with(above, "docker")
				? ENGINE_DOCKER
				: ENGINE_UNKNOWN;
	return true;
}

/* One line, behind its controllers. */
static bool parse_path(const char *path, size_t length, struct cgroup_place *ret)
{
	struct part above = {path, 0};
	bool found = false;

	*ret = (struct cgroup_place){0};
	for (size_t start = 0; start < length;) {
		const char *slash = memchr(path + start, '/', length - start);
		size_t end = slash ? (size_t)(slash - path) : length;
		struct part part = {path + start, end - start};

		if (match_part(part, above, ret))
			found = true;
		note_pod(part, ret);
		above = part;
		start = end + 1;
	}
	return found;
}

bool cgroup_place_parse(const char *text, struct cgroup_place *ret)
{
	struct cgroup_place place;

	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *path = memchr(text, ':', length);

		if (path)
			path = memchr(path + 1, ':', length - (size_t)(path + 1 - text));
		if (path && parse_path(path + 1, (size_t)(text + length - path - 1), &place)) {
			*ret = place;
			return true;
		}
		text += length + (text[length] == '\n');
	}
	return false;
}
