/* SPDX-License-Identifier: Apache-2.0 */
/* oci-seccomp-install(8). */
#include "install.h"

#include "cleanup.h"
#include "text.h"
#include "verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct engine {
	const char *name;
	bool takes_directory;
	int (*plan)(struct job *job, struct error *err);
	const char *installed, *uninstalled; /* what the operator does next */
};

static const struct engine engines[] = {
	/* sorted by name */
	{"bundle", true, plan_bundle,
		"The hook runs when the bundle is next run; it does not reach exec sessions.",
		NULL},
	{"containerd", false, plan_containerd,
		"Then: systemctl restart containerd; a RuntimeClass with `handler: oci-seccomp` "
		"selects "
		"it.",
		"Then: systemctl restart containerd, when no pod uses the handler any more."},
	{"crio", false, plan_crio,
		"Then: systemctl restart crio; a RuntimeClass with `handler: oci-seccomp` selects "
		"it.",
		"Then: systemctl restart crio, when no pod uses the handler any more."},
	{"docker", false, plan_docker,
		"Then: systemctl reload docker; `docker run --runtime oci-seccomp` selects it.",
		"Then: systemctl reload docker, when no container has the runtime any more."},
	{"podman", false, plan_podman,
		"Containers that are made from now on get their profile so. podman's own default "
		"stays "
		"in force unless there is `--security-opt seccomp=unconfined`.",
		NULL},
};

struct request {
	const char *root; /* NULL: the host's */
	const struct engine *engine;
	const char *directory; /* NULL: none */
	bool dry_run;
	bool uninstall;
};

static void job_finish(struct job *job)
{
	free(job->path);
	free(job->before);
	free(job->after);
	free(job->advice);
}

static bool is_unchanged(const struct job *job)
{
	if (!job->before || !job->after)
		return !job->before && !job->after;
	return job->before_length == job->after_length &&
	       !memcmp(job->before, job->after, job->after_length);
}

static void print_lines(const char *text, const char *end, char sign)
{
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);
		AUTO_FREE char *line = strndup(text, length);

		printf("%c", sign);
		/* A tab is no control character to us. */
		for (char *part = line, *tab; part; part = tab) {
			AUTO_FREE char *printable = NULL;

			tab = strchr(part, '\t');
			if (tab)
				*tab++ = '\0';
			printable = text_printable(part);
			printf("%s%s", printable ? printable : "?", tab ? "\t" : "");
		}
		printf("\n");
		text += length + 1;
	}
}

/* With its newline. */
static size_t first_line(const char *text, const char *end)
{
	const char *stop = memchr(text, '\n', (size_t)(end - text));

	return (size_t)((stop ? stop + 1 : end) - text);
}

static size_t last_line(const char *text, const char *end)
{
	const char *stop = end > text ? memrchr(text, '\n', (size_t)(end - text - 1)) : NULL;

	return (size_t)(end - (stop ? stop + 1 : text));
}

static size_t count_lines(const char *text, const char *end)
{
	size_t count = 0;

	for (; text < end; text += first_line(text, end))
		count++;
	return count;
}

/* The lines that differ, in one piece: there is one change in a file. */
static void print_difference(const struct job *job)
{
	const char *a = job->before ? job->before : "", *b = job->after ? job->after : "";
	const char *a_end = a + job->before_length, *b_end = b + job->after_length;
	size_t line = 1;

	for (size_t n; a < a_end && b < b_end; a += n, b += n, line++) {
		n = first_line(a, a_end);
		if (n != first_line(b, b_end) || memcmp(a, b, n) != 0)
			break;
	}
	for (size_t n; a < a_end && b < b_end; a_end -= n, b_end -= n) {
		n = last_line(a, a_end);
		if (n != last_line(b, b_end) || memcmp(a_end - n, b_end - n, n) != 0)
			break;
	}
	printf("@@ -%zu,%zu +%zu,%zu @@\n", line, count_lines(a, a_end), line,
		count_lines(b, b_end));
	print_lines(a, a_end, '-');
	print_lines(b, b_end, '+');
}

static int carry_out(const struct job *job, bool dry_run, struct error *err)
{
	const char *root = job->root->name;
	int r = 0;

	if (is_unchanged(job)) {
		printf("unchanged %s%s%s\n", root, job->path, job->before ? "" : " (not there)");
		return 0;
	}
	if (dry_run) {
		printf("would %s %s%s\n", job->after ? "write" : "remove", root, job->path);
		print_difference(job);
		return 0;
	}
	if (job->after)
		r = root_write(job->root, job->path, job->after, job->after_length, err);
	else
		r = root_remove(job->root, job->path, err);
	if (r == 0)
		printf("%s %s%s\n", job->after ? "wrote" : "removed", root, job->path);
	return r;
}

static int perform(const struct request *request, struct job *job, struct error *err)
{
	const char *next =
		request->uninstall ? request->engine->uninstalled : request->engine->installed;
	int r = request->engine->plan(job, err);

	if (r == 0)
		r = carry_out(job, request->dry_run, err);
	if (job->advice)
		printf("Left to do: %s\n", job->advice);
	if (r == 0 && next && (!request->uninstall || !is_unchanged(job)))
		puts(next);
	return r;
}

/* Beneath the root; on the host's own a relative one is that of the shell. */
static int find_directory(const struct request *request, char **ret, struct error *err)
{
	if (!request->directory)
		return 0;
	if (!request->root) {
		*ret = realpath(request->directory, NULL);
		return *ret ? 0
			    : error_set_errno(
				      err, -errno, "%s: no such bundle", request->directory);
	}
	if (asprintf(ret, "/%s", request->directory + strspn(request->directory, "/")) >= 0)
		return 0;
	*ret = NULL;
	return error_memory(err);
}

static int run(const struct request *request, struct error *err)
{
	AUTO_FREE char *directory = NULL;
	struct job job = {.uninstall = request->uninstall};
	struct root root;
	int r = find_directory(request, &directory, err);

	if (r < 0)
		return r;
	r = root_open(request->root, &root, err);
	if (r < 0)
		return r;
	job.root = &root;
	job.directory = directory;
	r = perform(request, &job, err);
	job_finish(&job);
	root_finish(&root);
	return r;
}

static const struct engine *find_engine(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(engines); i++)
		if (!strcmp(engines[i].name, name))
			return &engines[i];
	return NULL;
}

static int start(const struct verb *verb, int argc, char **argv, bool uninstall)
{
	static const struct option options[] = {
		{"dry-run", no_argument, NULL, 'n'},
		{"root", required_argument, NULL, 'r'},
		{0},
	};
	struct request request = {.uninstall = uninstall};
	struct error err = ERROR_INIT;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return verb_usage(verb, NULL);
		if (option == 'n')
			request.dry_run = true;
		else
			request.root = optarg;
	}
	if (optind == argc)
		return verb_usage(verb, "no engine is given");
	request.engine = find_engine(argv[optind++]);
	if (!request.engine)
		return verb_usage(
			verb, "the engine must be bundle, containerd, crio, docker or podman");
	if (request.engine->takes_directory)
		request.directory = optind < argc ? argv[optind++] : NULL;
	if (request.engine->takes_directory && !request.directory)
		return verb_usage(verb, "the bundle's directory is missing");
	if (optind < argc)
		return verb_usage(verb, "one engine at a time");
	umask(022);
	if (run(&request, &err) == 0)
		return EXIT_SUCCESS;
	fflush(stdout); /* what is left to do stands above the reason */
	return verb_failure(&err);
}

int verb_install(const struct verb *verb, int argc, char **argv)
{
	return start(verb, argc, argv, false);
}

int verb_uninstall(const struct verb *verb, int argc, char **argv)
{
	return start(verb, argc, argv, true);
}
