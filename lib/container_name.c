/* SPDX-License-Identifier: Apache-2.0 */
#include "container_internal.h"

#include "cleanup.h"
#include "io.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_LIMIT = 16 << 20 };

static const char *member_text(const struct json *object, const char *key)
{
	const struct json *value = json_member(object, key);

	return value && value->type == JSON_STRING && value->text[0] ? value->text : NULL;
}

static const char *first_of(const struct json *annotations, const char *const keys[3])
{
	const char *text = NULL;

	for (int i = 0; i < 3 && keys[i] && !text; i++)
		text = member_text(annotations, keys[i]);
	return text;
}

/* An annotation says more than what is there. */
static int take(
	const struct json *annotations, const char *const keys[3], char **field, struct error *err)
{
	const char *text = first_of(annotations, keys);
	char *copy = text ? strdup(text) : NULL;

	if (!text)
		return 0;
	if (!copy)
		return error_memory(err);
	free(*field);
	*field = copy;
	return 0;
}

static void take_engine(const struct json *annotations, struct container *container)
{
	const char *manager = member_text(annotations, "io.container.manager");

	if (member_text(annotations, "nerdctl/name"))
		container->engine = ENGINE_NERDCTL;
	else if (manager && !strcmp(manager, "libpod"))
		container->engine = ENGINE_PODMAN;
	else if (manager && !strcmp(manager, "cri-o"))
		container->engine = ENGINE_CRIO;
	else if (container->engine == ENGINE_UNKNOWN &&
		 member_text(annotations, "io.kubernetes.cri.container-type"))
		container->engine = ENGINE_CONTAINERD;
}

static int read_annotations(
	const struct json *annotations, struct container *container, struct error *err)
{
	static const char *const names[] = {
		"io.kubernetes.cri.container-name", "io.kubernetes.container.name", "nerdctl/name"};
	static const char *const pods[] = {
		"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name", NULL};
	static const char *const namespaces[] = {"io.kubernetes.cri.sandbox-namespace",
		"io.kubernetes.pod.namespace", "nerdctl/namespace"};
	int r = take(annotations, names, &container->name, err);

	take_engine(annotations, container);
	if (r == 0)
		r = take(annotations, pods, &container->pod, err);
	return r < 0 ? r : take(annotations, namespaces, &container->namespace, err);
}

/* The directory that docker keeps the container in, whatever its data root: it mounts files of it. */
static const char *docker_directory(const struct json *root, const char *id, size_t *ret_length)
{
	const struct json *mounts = json_member(root, "mounts");
	size_t length = strlen(id);

	for (const struct json *mount = mounts ? mounts->first : NULL; mount; mount = mount->next) {
		const char *source = member_text(mount, "source");
		const char *place = source ? strstr(source, "/containers/") : NULL;

		if (!place || strncmp(place + strlen("/containers/"), id, length) != 0 ||
			place[strlen("/containers/") + length] != '/')
			continue;
		*ret_length = (size_t)(place - source) + strlen("/containers/") + length;
		return source;
	}
	return NULL;
}

static int read_document(const char *path, struct json_document *ret)
{
	char *text;
	size_t length;
	int r = io_read_file(AT_FDCWD, path, path, CONFIG_LIMIT, &text, &length, NULL);

	return r < 0 ? r : json_parse(path, text, length, ret, NULL);
}

static int read_docker(const struct json *root, struct container *container, struct error *err)
{
	AUTO(json_document_finish) struct json_document document = {0};
	AUTO_FREE char *path = NULL;
	const char *directory, *name;
	size_t length;

	directory = docker_directory(root, container->id, &length);
	if (!directory)
		return 0;
	if (asprintf(&path, "%.*s/config.v2.json", (int)length, directory) < 0) {
		path = NULL;
		return error_memory(err);
	}
	if (read_document(path, &document) < 0)
		return 0;
	name = member_text(document.root, "Name");
	if (!name)
		return 0;
	free(container->name);
	container->name = strdup(name + (name[0] == '/'));
	return container->name ? 0 : error_memory(err);
}

int container_name_from(const struct json *config, struct container *container, struct error *err)
{
	int r = read_annotations(json_member(config, "annotations"), container, err);

	if (r == 0 && container->engine == ENGINE_DOCKER)
		r = read_docker(config, container, err);
	return r;
}

int container_name(struct container *container, struct error *err)
{
	AUTO(json_document_finish) struct json_document document = {0};

	if (!container->config || read_document(container->config, &document) < 0)
		return 0;
	return container_name_from(document.root, container, err);
}
