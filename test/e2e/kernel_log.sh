# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# For scripts that look for records in the kernel's log. Sourced behind lib.sh; show_all_records_end
# belongs into script_clean_up.

[ -r /dev/kmsg ] || skip_all "/dev/kmsg cannot be read"
[ ! -e /run/auditd.pid ] || skip_all "auditd runs and has the records to itself"
[ -z "$(find /run/log/journal /var/log/journal -mindepth 1 2>/dev/null)" ] || skip_all "the host keeps a journal"

# The kernel shows ten messages in five seconds, and others are denied calls at the same time.
RATE_LIMIT=$(cat /proc/sys/kernel/printk_ratelimit)
echo 0 >/proc/sys/kernel/printk_ratelimit
show_all_records_end() {
	echo "$RATE_LIMIT" >/proc/sys/kernel/printk_ratelimit
}
