/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"

#include "support.h"

/* Forms of /proc/PID/cgroup, as engines write them and as peers have them in their tests. */

UNIT_SUITE(container);

#define A "1111111111111111111111111111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222222222222222222222222222"
#define UID "61dd3f3b-a1f3-4a24-b2ab-4b8d3a9c2f65"
#define UID_ "61dd3f3b_a1f3_4a24_b2ab_4b8d3a9c2f65"

static const struct {
	const char *text;
	enum engine engine;
	const char *id, *pod;
} places[] = {
	/* docker */
	{"12:pids:/docker/" A "\n1:name=systemd:/docker/" A "\n0::/\n", ENGINE_DOCKER, A, ""},
	{"0::/system.slice/docker-" A ".scope\n", ENGINE_DOCKER, A, ""},
	{"4:memory:/system.slice/docker-" A ".scope\n0::/system.slice/docker-" A ".scope\n",
		ENGINE_DOCKER, A, ""},
	{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope\n",
		ENGINE_DOCKER, A, ""},
	{"0::/docker/" A "/init.scope\n", ENGINE_DOCKER, A, ""},
	/* in docker, in Kubernetes: the innermost */
	{"5:cpu:/docker/" A "/docker/" B "\n", ENGINE_DOCKER, B, ""},
	{"0::/docker/" A "/kubelet/kubepods/burstable/pod" UID "/" B "\n", ENGINE_UNKNOWN, B, UID},
	/* Kubernetes */
	{"4:net_cls,net_prio:/kubepods/besteffort/pod" UID "/crio-" A "\n", ENGINE_CRIO, A, UID},
	{"12:cpu,cpuacct:/kubepods/burstable/pod" UID "/" A "\n", ENGINE_UNKNOWN, A, UID},
	{"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
	 ".slice/cri-containerd-" A ".scope\n",
		ENGINE_CONTAINERD, A, UID},
	{"0::/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" A ".scope/container\n", ENGINE_CRIO,
		A, UID},
	{"0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
	 "kubelet-kubepods-burstable-pod" UID_ ".slice/cri-containerd-" A ".scope\n",
		ENGINE_CONTAINERD, A, UID},
	{"0::/system.slice/containerd.service/kubepods-burstable-pod" UID_
	 ".slice:cri-containerd:" A "\n",
		ENGINE_CONTAINERD, A, UID},
	/* podman */
	{"0::/machine.slice/libpod-" A ".scope/container\n", ENGINE_PODMAN, A, ""},
	{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope\n",
		ENGINE_PODMAN, A, ""},
	{"9:freezer:/libpod_parent/libpod-" A "\n", ENGINE_PODMAN, A, ""},
	{"0::/machine.slice/machine-libpod_pod_" B ".slice/libpod-" A ".scope\n", ENGINE_PODMAN, A,
		B},
	{"0::/system.slice/app.service/libpod-payload-" A "\n", ENGINE_PODMAN, A, ""},
	/* others */
	{"0::/system.slice/nerdctl-" A ".scope\n", ENGINE_NERDCTL, A, ""},
	{"0::/lxc.payload.web\n", ENGINE_LXC, "web", ""},
	{"0::/system.slice/runc-my-app.scope\n", ENGINE_RUNC, "my-app", ""},
	{"0::/user.slice/crun-x.scope\n", ENGINE_CRUN, "x", ""},
	{"0::/system.slice/docker-0123456789ab.scope\n", ENGINE_DOCKER, "0123456789ab", ""},
};

Test(container, cgroup_places)
{
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		struct cgroup_place place;

		cr_assert(cgroup_place_parse(places[i].text, &place), "%s", places[i].text);
		cr_expect_eq(place.engine, places[i].engine, "%s: %s", places[i].text,
			engine_names[place.engine]);
		cr_expect_str_eq(place.id, places[i].id, "%s", places[i].text);
		cr_expect_str_eq(place.pod, places[i].pod, "%s", places[i].text);
	}
}

Test(container, no_cgroup_places)
{
	static const char *const texts[] = {
		"",
		"0::/\n",
		"0::/../..\n",
		"0::",
		"nonsense",
		"::\n:\n",
		"0::/init.scope\n",
		"0::/system.slice/crio.service\n",
		"0::/system.slice/crio-conmon-" A ".scope\n",
		"0::/machine.slice/libpod-conmon-" A ".scope\n",
		"9:freezer:/libpod_parent/conmon\n",
		"0::/system.slice/docker.service\n",
		"0::/system.slice/runc-my-app.service\n",
		"4:memory:/process_api/1a4fe71e5c2673a4c6542827c68cc87b\n",
		"0::/user.slice/user-1000.slice/session-2.scope\n",
		"0::/docker/" A "0\n",
		"0::/kubepods/besteffort/pod" UID "\n",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct cgroup_place place;

		cr_expect_not(cgroup_place_parse(texts[i], &place), "%s", texts[i]);
	}
}

/* A name may be as long as the kernel lets it be. */
Test(container, long_names)
{
	AUTO_FREE char *text = NULL;
	struct cgroup_place place;
	char name[301];

	memset(name, 'a', 300);
	name[300] = '\0';
	text = format_text(
		"0::/runc-%s.scope/lxc.payload.%s/kubepods-pod%s.slice\n", name, name, name);
	cr_expect_not(cgroup_place_parse(text, &place));
	name[255] = '\0';
	free(text);
	text = format_text("0::/runc-%s.scope\n", name);
	cr_assert(cgroup_place_parse(text, &place));
	cr_expect_str_eq(place.id, name);
}

/* This test's process, and whatever else runs here. */
Test(container, every_process_has_an_answer)
{
	struct error err = ERROR_INIT;
	struct containers containers;

	cr_assert_eq(containers_find(NULL, &containers, &err), 0, "%s", error_message(&err));
	cr_expect_gt(containers.process_count, 0);
	for (size_t i = 0; i < containers.process_count; i++)
		cr_expect(containers.owners[i] == CONTAINER_NONE ||
			  containers.owners[i] < containers.count);
	cr_expect_null(containers_of(&containers, 0));
	containers_finish(&containers);
}

/* What runc and crun write, with a process of ours in it. */
Test(container, states)
{
	char *root = temp_dir();
	const char *const roots[] = {root, NULL};
	AUTO_FREE char *runc = NULL, *crun = NULL;
	const struct container *container = NULL;
	struct error err = ERROR_INIT;
	struct containers containers;
	struct process self;

	cr_assert_eq(process_read(getpid(), &self, &err), 0);
	make_dir(root, "reused");
	make_dir(root, "mine");
	make_dir(root, "broken");
	runc = format_text("{\"id\": \"reused\", \"init_process_pid\": %d, "
			   "\"init_process_start\": %llu, \"config\": {\"labels\": []}}",
		self.pid, self.start - 1);
	crun = format_text("{\"pid\": %d, \"process-start-time\": %llu, \"bundle\": \"%s/none\"}",
		self.pid, self.start, root);
	write_file(root, "reused/state.json", runc);
	write_file(root, "mine/status", crun);
	write_file(root, "broken/state.json", "{");
	cr_assert_eq(containers_find(roots, &containers, &err), 0, "%s", error_message(&err));
	container = containers_of(&containers, self.pid);
	cr_assert_not_null(container);
	cr_expect_str_eq(container->id, "mine");
	cr_expect_eq(container->engine, ENGINE_CRUN);
	cr_expect_eq(container->pid, self.pid);
	cr_expect_eq(containers_by_name(&containers, "min", &container, &err), 0);
	cr_expect_eq(containers_by_name(&containers, "mi", &container, &err), -ENOENT);
	cr_expect_eq(containers_by_name(&containers, "reused", &container, &err), -ENOENT);
	error_finish(&err);
	containers_finish(&containers);
	remove_tree(root);
}
