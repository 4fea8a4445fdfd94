#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small client of the Kubernetes container runtime interface: one command, one or two calls.

    cri.py SOCKET image REFERENCE               fails until the image is there
    cri.py SOCKET run-pod POD.json HANDLER      prints the pod's id
    cri.py SOCKET create ID POD.json CONTAINER.json     prints the container's id
    cri.py SOCKET start ID
    cri.py SOCKET exec ID COMMAND...            output and exit code are those of the command
    cri.py SOCKET pid ID, pod-pid ID
    cri.py SOCKET remove-pod ID                 with its containers

The files hold the messages PodSandboxConfig and ContainerConfig of cri.proto. An error of the engine
goes to standard error, exit code 125. Wants the module that protoc makes of cri.proto in PYTHONPATH.
"""
import json
import sys

import cri_pb2
import grpc
from google.protobuf import json_format

SECONDS = 30
FAILED = 125


class Runtime:
    def __init__(self, socket):
        self.channel = grpc.insecure_channel("unix://" + socket)

    def call(self, method, **fields):
        service = next(service for service in cri_pb2.DESCRIPTOR.services_by_name.values()
                       if method in service.methods_by_name)
        request = getattr(cri_pb2, method + "Request")(**fields)
        send = self.channel.unary_unary(
            f"/{service.full_name}/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=getattr(cri_pb2, method + "Response").FromString)
        return send(request, timeout=SECONDS)


def read(path, message):
    with open(path, encoding="utf-8") as file:
        return json_format.Parse(file.read(), message)


def image(runtime, reference):
    found = runtime.call("ImageStatus", image=cri_pb2.ImageSpec(image=reference))
    return 0 if found.image.id else 1


def run_pod(runtime, path, handler):
    config = read(path, cri_pb2.PodSandboxConfig())
    print(runtime.call("RunPodSandbox", config=config, runtime_handler=handler).pod_sandbox_id)


def create(runtime, pod, pod_path, path):
    print(runtime.call("CreateContainer", pod_sandbox_id=pod,
                       config=read(path, cri_pb2.ContainerConfig()),
                       sandbox_config=read(pod_path, cri_pb2.PodSandboxConfig())).container_id)


def start(runtime, container):
    runtime.call("StartContainer", container_id=container)


def execute(runtime, container, *command):
    response = runtime.call("ExecSync", container_id=container, cmd=command, timeout=SECONDS)
    sys.stdout.buffer.write(response.stdout)
    sys.stderr.buffer.write(response.stderr)
    return response.exit_code


def pid(runtime, container):
    status = runtime.call("ContainerStatus", container_id=container, verbose=True)
    print(json.loads(status.info["info"])["pid"])


def pod_pid(runtime, pod):
    status = runtime.call("PodSandboxStatus", pod_sandbox_id=pod, verbose=True)
    print(json.loads(status.info["info"])["pid"])


def remove_pod(runtime, pod):
    runtime.call("StopPodSandbox", pod_sandbox_id=pod)
    runtime.call("RemovePodSandbox", pod_sandbox_id=pod)


COMMANDS = {
    "create": create,
    "exec": execute,
    "image": image,
    "pid": pid,
    "pod-pid": pod_pid,
    "remove-pod": remove_pod,
    "run-pod": run_pod,
    "start": start,
}


def main():
    socket, command, *arguments = sys.argv[1:]
    try:
        sys.exit(COMMANDS[command](Runtime(socket), *arguments))
    except grpc.RpcError as error:
        print(f"{error.code().name}: {error.details()}", file=sys.stderr)
        sys.exit(FAILED)


main()
