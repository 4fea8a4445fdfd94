/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The calls that a runtime (runc, crun) makes between the load of its own filter and the container's
 * program; its Go runtime's are among them. Sorted; ends with NULL. NULL: there is no such runtime. */
const char *const *runtime_calls(const char *runtime);
