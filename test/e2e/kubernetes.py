#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the manifests of hooks/kubernetes.

kubernetes.py problems DIR      what does not fit together in them, one a line
kubernetes.py profiles DIR OUT  writes the ConfigMap as the kubelet would mount it
kubernetes.py annotated DIR     a line for each container by annotation: POD NAME KEY=VALUE...
kubernetes.py handler DIR       of the RuntimeClass
kubernetes.py sync DIR          the command of the DaemonSet
"""
import glob
import os
import re
import sys

import yaml

KINDS = {
    "ConfigMap": "v1",
    "DaemonSet": "apps/v1",
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
    "Namespace": "v1",
    "Pod": "v1",
    "RuntimeClass": "node.k8s.io/v1",
}
KEYS = re.compile(r"io\.oci-seccomp\.profile(/.+)?|seccomp\.security\.alpha\.kubernetes\.io/pod|"
                  r"container\.seccomp\.security\.alpha\.kubernetes\.io/.+")


def load(directory):
    for path in sorted(glob.glob(directory + "/**/*.yaml", recursive=True)):
        with open(path, encoding="utf-8") as file:
            for document in yaml.safe_load_all(file):
                yield os.path.relpath(path, directory), document


def one(documents, kind):
    found = [d for _, d in documents if d["kind"] == kind]
    assert len(found) == 1, kind
    return found[0]


def pods(documents):
    for _, document in documents:
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document["metadata"].get("annotations", {}), document["spec"]


def localhost(annotations, spec):
    for value in annotations.values():
        if value.lower().startswith("localhost/"):
            yield value.split("/", 1)[1]
    for holder in [spec] + spec["containers"]:
        profile = holder.get("securityContext", {}).get("seccompProfile", {})
        if profile.get("type") == "Localhost":
            yield profile["localhostProfile"]


def pod_problems(documents):
    profiles = one(documents, "ConfigMap")["data"]
    runtime_class = one(documents, "RuntimeClass")["metadata"]["name"]
    for name, annotations, spec in pods(documents):
        for profile in localhost(annotations, spec):
            if profile not in profiles:
                yield f"{name}: no {profile} in the ConfigMap"
        for key in annotations:
            if not KEYS.fullmatch(key):
                yield f"{name}: {key} is no annotation of ours"
            container = key.partition("/")[2]
            if container not in ("", "pod") and container not in (c["name"] for c in spec["containers"]):
                yield f"{name}: {key}: there is no such container"
        if bool(annotations) != (spec.get("runtimeClassName") == runtime_class):
            yield f"{name}: annotations need the RuntimeClass, and it needs them"
        if annotations and "seccompProfile" in yaml.dump(spec):
            yield f"{name}: the field would win over the annotation"


def daemon_problems(documents):
    daemon = one(documents, "DaemonSet")
    template = daemon["spec"]["template"]
    spec = template["spec"]
    if daemon["spec"]["selector"]["matchLabels"].items() - template["metadata"]["labels"].items():
        yield "the selector does not match the pods"
    if daemon["metadata"]["namespace"] != one(documents, "Namespace")["metadata"]["name"]:
        yield "the namespace of the DaemonSet is another one"
    containers = spec["initContainers"] + spec["containers"]
    mounted = {m["name"] for c in containers for m in c["volumeMounts"]}
    volumes = {v["name"]: v for v in spec["volumes"]}
    if mounted != set(volumes):
        yield f"volumes: {sorted(mounted ^ set(volumes))}"
    for container in containers:
        security = container["securityContext"]
        if security["capabilities"] != {"drop": ["ALL"]} or not security["readOnlyRootFilesystem"] \
                or security["allowPrivilegeEscalation"]:
            yield f"{container['name']}: more privileges than needed"
        for mount in container["volumeMounts"]:
            host = volumes[mount["name"]].get("hostPath", {}).get("path")
            if host and mount["mountPath"] != "/host" + host:
                yield f"{container['name']}: {host} is not below /host"
    if volumes["profiles"]["configMap"]["name"] != one(documents, "ConfigMap")["metadata"]["name"]:
        yield "another ConfigMap is mounted"
    if any(key in spec for key in ("hostPID", "hostNetwork", "hostIPC")):
        yield "a namespace of the host"


def problems(directory, documents):
    for path, document in documents:
        if KINDS.get(document["kind"]) != document["apiVersion"]:
            yield f"{path}: {document['apiVersion']} {document['kind']}"
    listed = set(one(documents, "Kustomization")["resources"]) | {"kustomization.yaml"}
    there = {name for name in os.listdir(directory) if name.endswith(".yaml")}
    if listed != there:
        yield f"kustomization.yaml: {sorted(listed ^ there)}"
    yield from pod_problems(documents)
    yield from daemon_problems(documents)


def main():
    action, directory = sys.argv[1:3]
    documents = list(load(directory))
    if action == "problems":
        print("\n".join(problems(directory, documents)))
    elif action == "profiles":
        for name, text in one(documents, "ConfigMap")["data"].items():
            with open(os.path.join(sys.argv[3], name), "w", encoding="utf-8") as file:
                file.write(text)
    elif action == "annotated":
        for name, annotations, spec in pods(documents):
            for container in spec["containers"] if annotations else []:
                print(name, container["name"], *(f"{k}={v}" for k, v in annotations.items()))
    elif action == "handler":
        print(one(documents, "RuntimeClass")["handler"])
    elif action == "sync":
        print(*one(documents, "DaemonSet")["spec"]["template"]["spec"]["containers"][0]["command"])


main()
