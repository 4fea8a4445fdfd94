/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_self COMMAND...: executes it under a seccomp filter that permits everything. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};

	if (argc < 2)
		return 2;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) {
		perror("seccomp_self: prctl");
		return 1;
	}
	execv(argv[1], argv + 1);
	perror("seccomp_self: execv");
	return 1;
}
