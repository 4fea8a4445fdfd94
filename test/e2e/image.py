#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an OCI archive of one layer: image.py ROOTFS NAME ARCHIVE COMMAND..."""
import hashlib
import io
import json
import platform
import sys
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def add_blob(archive, kind, content):
    digest = hashlib.sha256(content).hexdigest()
    add(archive, "blobs/sha256/" + digest, content)
    media_type = f"application/vnd.oci.image.{kind}"
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content)}


def layer(rootfs):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(rootfs, arcname=".")
    return content.getvalue()


def main():
    rootfs, name, path, *command = sys.argv[1:]
    with tarfile.open(path, "w") as archive:
        files = add_blob(archive, "layer.v1.tar", layer(rootfs))
        config = add_blob(archive, "config.v1+json", json.dumps({
            "architecture": ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": {"Cmd": command, "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [files["digest"]]},
        }).encode())
        manifest = add_blob(archive, "manifest.v1+json", json.dumps(
            {"schemaVersion": 2, "config": config, "layers": [files]}).encode())
        manifest["annotations"] = {"io.containerd.image.name": name}
        add(archive, "index.json",
            json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
        add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


main()
