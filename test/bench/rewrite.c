/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shim does to a config.json of 100 KiB: medians of its steps over many rounds, with
 * RuntimeDefault. The bundle is as docker's, with environment variables up to that size.
 */
#include "rewrite.h"
#include "bench.h"
#include "bundle.h"
#include "cleanup.h"
#include "io.h"
#include "splice.h"

#include <fcntl.h>
#include <unistd.h>

enum { SIZE = 100 * 1024 };

static char *make_config(size_t *ret_length)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, ret_length);

	if (!stream)
		abort();
	fprintf(stream,
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"capabilities\":"
		"{\"bounding\":[\"CAP_CHOWN\",\"CAP_DAC_OVERRIDE\",\"CAP_FSETID\",\"CAP_FOWNER\","
		"\"CAP_MKNOD\",\"CAP_NET_RAW\",\"CAP_SETGID\",\"CAP_SETUID\",\"CAP_SETFCAP\","
		"\"CAP_SETPCAP\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_CHROOT\",\"CAP_KILL\","
		"\"CAP_AUDIT_WRITE\"]},\"env\":[\"PATH=/bin\"");
	for (unsigned i = 0; ftell(stream) < SIZE - 200; i++)
		fprintf(stream, ",\"SERVICE_%u_PORT_443_TCP_ADDR=10.96.%u.%u\"", i, i / 256,
			i % 256);
	fprintf(stream, "],\"cwd\":\"/\"},\"root\":{\"path\":\"rootfs\"},"
			"\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\"},"
			"\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}");
	if (fclose(stream) != 0)
		abort();
	return text;
}

int main(void)
{
	char path[] = "/tmp/oci-seccomp-bench.XXXXXX";
	AUTO_FREE char *original = NULL;
	double parse[ROUNDS], rewrite[ROUNDS], replace[ROUNDS], all[ROUNDS];
	struct node_config config;
	struct error err = ERROR_INIT;
	size_t size, length;
	int fd = mkstemp(path);

	original = make_config(&size);
	if (fd < 0 || close(fd) < 0)
		return EXIT_FAILURE;
	must(node_config_read(NULL, &config, &err), &err);
	for (int i = 0; i < ROUNDS; i++) {
		AUTO_FREE char *rewritten = NULL;
		struct bundle bundle;
		bool changed;
		char *text;
		double start;

		must(splice_replace_path(path, original, size, &err), &err);
		start = now();
		must(io_read_file(AT_FDCWD, path, path, BUNDLE_SIZE_LIMIT, &text, &length, &err),
			&err);
		must(bundle_parse(path, text, length, &bundle, &err), &err);
		parse[i] = now() - start;
		must(rewrite_config(&bundle, &config, false, &rewritten, &length, &changed, &err),
			&err);
		rewrite[i] = now() - start - parse[i];
		must(splice_replace_path(path, rewritten, length, &err), &err);
		all[i] = now() - start;
		replace[i] = all[i] - rewrite[i] - parse[i];
		bundle_finish(&bundle);
	}
	unlink(path);
	node_config_finish(&config);
	printf("The shim, inside: config.json of %zu bytes, RuntimeDefault\n\n"
	       "| read | rewritten | replaced | together |\n|---|---|---|---|\n"
	       "| %.2f ms | %.2f ms | %.2f ms | %.2f ms |\n",
		size, median(parse, ROUNDS), median(rewrite, ROUNDS), median(replace, ROUNDS),
		median(all, ROUNDS));
	return EXIT_SUCCESS;
}
