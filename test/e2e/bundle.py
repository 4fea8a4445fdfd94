#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the config.json of a test container.

A profile in the Docker format is turned into the linux.seccomp object that docker would make of it,
rule by rule, so that a runtime can load natively the rules that the hook loads.
"""
import argparse
import json
import os
import platform
import shlex

MOUNTS = [
    ("/proc", "proc", "proc", []),
    ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    ("/dev/pts", "devpts", "devpts",
     ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
]
# The argument architectures of includes and excludes, and the entry of archMap.
ARCHITECTURES = {
    "x86_64": ("amd64", "SCMP_ARCH_X86_64"),
    "aarch64": ("arm64", "SCMP_ARCH_AARCH64"),
}


def kernel():
    numbers = platform.release().split("-")[0].split(".")
    return tuple(int(number) for number in numbers[:2])


def selects(rule, capabilities):
    architecture = ARCHITECTURES[platform.machine()][0]

    def at_least(text):
        return kernel() >= tuple(int(number) for number in text.split("."))

    excludes, includes = rule.get("excludes", {}), rule.get("includes", {})
    if architecture in excludes.get("arches", []):
        return False
    if any(name in capabilities for name in excludes.get("caps", [])):
        return False
    if "minKernel" in excludes and at_least(excludes["minKernel"]):
        return False
    if includes.get("arches") and architecture not in includes["arches"]:
        return False
    if any(name not in capabilities for name in includes.get("caps", [])):
        return False
    return "minKernel" not in includes or at_least(includes["minKernel"])


def native(path, capabilities):
    with open(path, encoding="utf-8") as file:
        profile = json.load(file)
    for entry in profile.pop("archMap", []):
        if entry["architecture"] == ARCHITECTURES[platform.machine()][1]:
            profile["architectures"] = [entry["architecture"], *entry["subArchitectures"]]
    rules = [rule for rule in profile.get("syscalls", []) if selects(rule, capabilities)]
    for rule in rules:
        for key in ("comment", "includes", "excludes"):
            rule.pop(key, None)
    profile["syscalls"] = rules
    return profile


def process(options, capabilities):
    sets = ("bounding", "effective", "permitted")
    return {
        "terminal": options.terminal,
        "user": {"uid": options.user, "gid": options.user},
        "args": options.args,
        "env": ["PATH=/bin"],
        "cwd": "/",
        "capabilities": {name: capabilities for name in sets},
        "noNewPrivileges": options.no_new_privileges,
    }


def linux(options, capabilities):
    namespaces = ["pid", "network", "ipc", "uts", "mount"]
    result = {"cgroupsPath": "/" + options.id, "namespaces": []}
    if options.user_namespace:
        namespaces.append("user")
        mapping = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        result["uidMappings"] = result["gidMappings"] = mapping
    result["namespaces"] = [{"type": name} for name in namespaces]
    if options.seccomp:
        result["seccomp"] = native(options.seccomp, capabilities)
    return result


def config(options):
    capabilities = [name for name in options.capabilities.split(",") if name]
    hooks = {}
    for stage, command in options.hook:
        words = shlex.split(command)
        hooks.setdefault(stage, []).append(
            {"path": words[0], "args": words, "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]})
    mounts = [{"destination": place, "type": kind, "source": source, "options": flags}
              for place, kind, source, flags in MOUNTS]
    return {
        "ociVersion": "1.0.2",
        "process": process(options, capabilities),
        "root": {"path": options.rootfs},
        "hostname": "e2e",
        "mounts": mounts,
        "hooks": hooks,
        "annotations": dict(text.split("=", 1) for text in options.annotation),
        "linux": linux(options, capabilities),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--rootfs", required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--annotation", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--hook", action="append", default=[], nargs=2,
                        metavar=("STAGE", "COMMAND"))
    parser.add_argument("--capabilities", default="CAP_CHOWN,CAP_FOWNER,CAP_KILL,CAP_SETUID")
    parser.add_argument("--user", type=int, default=0)
    parser.add_argument("--user-namespace", action="store_true")
    parser.add_argument("--no-new-privileges", action="store_true")
    parser.add_argument("--terminal", action="store_true")
    parser.add_argument("--seccomp", metavar="PROFILE")
    parser.add_argument("args", nargs="+")
    options = parser.parse_args()
    with open(os.path.join(options.directory, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config(options), file, indent=1)


main()
