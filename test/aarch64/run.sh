#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh BUILD: runs the hook and the recorder of a cross build on an emulated AArch64 machine with
# Debian's kernel; see guest.c. The kernel is downloaded, not installed.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
chmod 755 .
kernel=$(apt-cache depends linux-image-cloud-arm64:arm64 |
	sed -n 's/^ *Depends: \(linux-image-[^:]*\).*/\1/p')
apt-get -qq -o APT::Sandbox::User=root download "$kernel:arm64"
dpkg -x "$kernel"_*_arm64.deb kernel

mkdir root root/bundle root/cache root/dev root/lib root/proc root/profiles root/run root/sys
aarch64-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static \
	"$here/guest.c" -o root/init
cp "$build/hooks/oci-seccomp-hook" root/hook
cp "$build/cmd/oci-seccomp/oci-seccomp" root
for library in ld-linux-aarch64.so.1 libc.so.6 libbpf.so.1 libcap.so.2 libelf.so.1 libm.so.6 \
	libseccomp.so.2 libsmartcols.so.1 libyajl.so.2 libz.so.1; do
	for directory in /usr/aarch64-linux-gnu/lib /usr/lib/aarch64-linux-gnu; do
		[ ! -e "$directory/$library" ] || cp -L "$directory/$library" root/lib
	done
done
echo '{"profileRoot": "/profiles", "cacheDir": "/cache"}' >root/node.json
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
	{"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}]}' >root/profiles/deny.json
echo '{"ociVersion": "1.0.2", "process": {"cwd": "/", "args": ["x"]}, "root": {"path": "rootfs"},
	"linux": {}, "annotations": {"io.oci-seccomp.profile": "Localhost/deny.json"}}' >root/bundle/config.json
(cd root && find . | cpio --quiet -o -H newc) | gzip -1 >initrd

timeout 600 qemu-system-aarch64 -M virt -cpu cortex-a57 -smp 2 -m 512 -nic none -nographic -no-reboot \
	-kernel kernel/boot/vmlinuz-* -initrd initrd -append "console=ttyAMA0 quiet panic=-1" |
	tr -d '\r' | tee output
grep -qx passed output
