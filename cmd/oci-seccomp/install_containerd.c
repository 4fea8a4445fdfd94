/* SPDX-License-Identifier: Apache-2.0 */
/* containerd: a runtime handler in a drop-in that its main configuration file imports. */
#include "install.h"

#include "cleanup.h"
#include "containerd_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char head[] =
	"# Written by oci-seccomp install, and removed by oci-seccomp uninstall; edits are lost.\n"
	"#\n"
	"# containerd: the shim as the runtime of pods whose RuntimeClass has `handler: "
	"oci-seccomp`.\n";

static const char warning_v2[] =
	"#\n"
	"# In version 2 containerd 1.x takes nothing of this plugin from other files beside this "
	"one. Before\n"
	"# you set something of it there: oci-seccomp uninstall containerd\n";

static const char handler_v2[] = {
#include "install-containerd-v2.inc"
	'\0',
};

static const char handler_v3[] = {
#include "install-containerd-v3.inc"
	'\0',
};

static const char runc_v2[] =
	"\n"
	"# In version 2 the built-in handler is gone where there is another.\n"
	"[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
	"  runtime_type = \"io.containerd.runc.v2\"\n";

/* containerd's own configuration has version 2 up to 1.x, 3 in 2.x; 0: there is no containerd. */
static unsigned ask_version(void)
{
	unsigned major = 0;
	char line[256] = "";
	FILE *stream = popen("containerd --version 2>/dev/null", "re");
	const char *last;

	if (!stream)
		return 0;
	if (!fgets(line, sizeof(line), stream))
		line[0] = '\0';
	if (pclose(stream) != 0)
		return 0;
	/* containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1 */
	last = strchr(line, ' ');
	last = last ? strchr(last + 1, ' ') : NULL;
	if (!last)
		return 0;
	last += last[1] == 'v' ? 2 : 1;
	major = (unsigned)strtoul(last, NULL, 10);
	return major == 0 ? 0 : major == 1 ? 2 : 3;
}

static int settle_version(
	const struct root *root, struct containerd_config *config, struct error *err)
{
	if (config->there)
		return 0;
	if (root->name[0] == '\0')
		config->version = ask_version();
	if (config->version != 0)
		return 0;
	return error_set(err, -ENOENT,
		"%s" CONTAINERD_CONFIG ": there is no such file, and no containerd to ask which "
		"version it would have; make it first, with `version = 2` for containerd 1.x or "
		"`version = 3` for 2.x",
		root->name);
}

static int advise(struct job *job, char *advice, struct error *err)
{
	job->advice = advice;
	return advice ? 0 : error_memory(err);
}

/* Of FILE in FILE:LINE. */
static size_t place_length(const char *place)
{
	return (size_t)(strrchr(place, ':') - place);
}

/* With version 2 the drop-in would take the place of what there is. */
static int refuse_section(
	struct job *job, const struct containerd_config *config, struct error *err)
{
	char *text;

	if (asprintf(&text, "add these lines to %.*s, then restart containerd:\n\n%s%s",
		    (int)place_length(config->section), config->section, handler_v2,
		    config->has_runtime ? "" : runc_v2) < 0)
		text = NULL;
	if (advise(job, text, err) < 0)
		return -ENOMEM;
	return error_set(err, -EEXIST,
		"%s: has settings of the CRI plugin, and in version 2 containerd 1.x takes these "
		"from one file alone: a file of ours would drop them, or be dropped; add the lines "
		"on the standard output by hand",
		config->section);
}

static int advise_import(struct job *job, const struct containerd_config *config, struct error *err)
{
	const char *name = job->root->name;
	char *text;
	int r;

	if (!config->there)
		r = asprintf(&text,
			"make %s" CONTAINERD_CONFIG " with these lines:\n\n"
			"version = %u\nimports = [\"" CONTAINERD_DROPIN_DIRECTORY "/*.toml\"]\n",
			name, config->version);
	else if (config->has_imports)
		r = asprintf(&text,
			"add \"" CONTAINERD_DROPIN_DIRECTORY "/*.toml\" to `imports` of "
			"%s" CONTAINERD_CONFIG "\n",
			name);
	else
		r = asprintf(&text,
			"add this line to %s" CONTAINERD_CONFIG ", above its first table:\n\n"
			"imports = [\"" CONTAINERD_DROPIN_DIRECTORY "/*.toml\"]\n",
			name);
	return advise(job, r < 0 ? NULL : text, err);
}

static int plan_dropin(struct job *job, const struct containerd_config *config, struct error *err)
{
	AUTO_FREE char *text = NULL;
	int r;

	if (config->version == 2)
		r = asprintf(
			&text, "%s%sversion = 2\n\n%s%s", head, warning_v2, handler_v2, runc_v2);
	else
		r = asprintf(&text, "%sversion = 3\n\n%s", head, handler_v3);
	if (r < 0) {
		text = NULL;
		return error_memory(err);
	}
	return job_plan_file(job, text, err);
}

static int install(struct job *job, struct containerd_config *config, struct error *err)
{
	int r = root_need_program(job->root, SHIM_PATH, err);

	if (r < 0)
		return r;
	if (config->handler) /* by hand, as refuse_section asks for */
		return job_keep(job, err);
	r = settle_version(job->root, config, err);
	if (r < 0)
		return r;
	if (config->version == 2 && config->section)
		return refuse_section(job, config, err);
	r = plan_dropin(job, config, err);
	return r < 0 || config->imported ? r : advise_import(job, config, err);
}

static int uninstall(struct job *job, struct containerd_config *config, struct error *err)
{
	if (config->handler)
		return error_set(err, -EEXIST,
			"%s: has the runtime handler oci-seccomp, put there by hand; take it out "
			"by hand",
			config->handler);
	return plan_dropin(job, config, err);
}

int plan_containerd(struct job *job, struct error *err)
{
	struct containerd_config config;
	AUTO_FREE char *path = NULL;
	int r = containerd_config_read(job->root, &config, err);

	if (r < 0)
		return r;
	if (config.handler && !job->uninstall)
		path = strndup(config.handler + strlen(job->root->name),
			place_length(config.handler) - strlen(job->root->name));
	else if (asprintf(&path, "%s/" CONTAINERD_DROPIN_NAME, config.directory) < 0)
		path = NULL;
	r = path ? job_open(job, path, err) : error_memory(err);
	if (r == 0)
		r = (job->uninstall ? uninstall : install)(job, &config, err);
	containerd_config_finish(&config);
	return r;
}
