#!/usr/bin/env python3
"""Makes an image independent of when and where it was built: `clamp_image.py EPOCH SOURCE TARGET`.

Reads an archive of `docker save` or `podman save`, writes another one, without a name, and prints the image's identity. In it no
file is younger than EPOCH, and the configuration says nothing of the builder: the same content has the same digest, however often it is
built. What was clamped already stays as it is, so images share their layers.
"""

import datetime
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import tempfile

# The configuration's fields of the OCI image specification; the rest is about the container that a builder ran.
CONFIG = [
    "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal", "Healthcheck", "Shell", "OnBuild",
]
BUILDERS_LABEL = "io.buildah.version"


def clamped(member, epoch):
    """A file of a layer: whose it is by number, when it was written no later than `epoch`."""
    member.mtime = min(int(member.mtime), epoch)
    member.uname = member.gname = ""
    member.pax_headers = {key: value for key, value in member.pax_headers.items() if key.startswith("SCHILY.xattr.")}
    return member


def write_layer(source, target, epoch):
    """- Returns: the digest of what was written."""
    with tarfile.open(fileobj=source, mode="r:*") as before, tarfile.open(target, mode="w", format=tarfile.PAX_FORMAT) as after:
        for member in before:
            content = before.extractfile(member) if member.isreg() else None
            after.addfile(clamped(member, epoch), content)
    with open(target, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def configuration(before, digests, epoch):
    moment = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {key: before["config"][key] for key in CONFIG if before["config"].get(key)}
    labels = {key: value for key, value in config.get("Labels", {}).items() if key != BUILDERS_LABEL}
    if labels:
        config["Labels"] = dict(labels, **{"org.opencontainers.image.created": moment})
    history = [
        {key: step[key] for key in ("created_by", "empty_layer") if step.get(key)} | {"created": moment} for step in before.get("history", [])
    ]
    result = {key: before[key] for key in ("architecture", "os", "variant") if before.get(key)}
    result |= {"created": moment, "config": config, "history": history}
    return result | {"rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]}}


def opened(archive, name):
    """A file of the archive, through the links by which a layer that several images have is in it once."""
    member = archive.getmember(name)
    while member.issym() or member.islnk():
        folder = pathlib.PurePosixPath(member.name).parent
        path = [] if member.islnk() else list(folder.parts)
        for part in pathlib.PurePosixPath(member.linkname).parts:
            path = path[:-1] if part == ".." else [*path, part]
        member = archive.getmember("/".join(path))
    return archive.extractfile(member)


def add(archive, name, file, size):
    member = tarfile.TarInfo(name)
    member.size = size
    archive.addfile(member, file)


def main(epoch, source, target):
    epoch = int(epoch)
    with tarfile.open(source) as before, tarfile.open(target, "w") as after, tempfile.TemporaryDirectory() as folder:
        manifest = json.load(before.extractfile("manifest.json"))[0]
        digests = []
        for name in manifest["Layers"]:
            layer = pathlib.Path(folder) / "layer.tar"
            digests.append(write_layer(opened(before, name), layer, epoch))
            with open(layer, "rb") as file:
                add(after, f"{digests[-1]}.tar", file, layer.stat().st_size)
        config = json.dumps(configuration(json.load(opened(before, manifest["Config"])), digests, epoch), sort_keys=True).encode()
        identity = hashlib.sha256(config).hexdigest()
        add(after, f"{identity}.json", io.BytesIO(config), len(config))
        layers = [f"{digest}.tar" for digest in digests]
        manifest = json.dumps([{"Config": f"{identity}.json", "RepoTags": None, "Layers": layers}]).encode()
        add(after, "manifest.json", io.BytesIO(manifest), len(manifest))
    print(f"sha256:{identity}")


if __name__ == "__main__":
    main(*sys.argv[1:])
