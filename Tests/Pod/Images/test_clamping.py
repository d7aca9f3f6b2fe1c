"""Two builds of the same content at other times, on other machines, become the same image."""

import io
import json
import subprocess
import tarfile

from pod import REPOSITORY

EPOCH = 1_700_000_000


def layer(*files, mtime):
    """A layer's archive: name, content."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname, member.mode = len(content), mtime, "somebody", 0o4755
            member.pax_headers = {"atime": str(mtime + 0.25), "SCHILY.xattr.user.colour": "blue"}
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname, link.mtime = tarfile.SYMTYPE, "target", mtime
        tar.addfile(link)
    return data.getvalue()


def saved_image(path, layers, hostname, created, linked=False):
    """As `docker save` writes it: with what the builder's container was called, and a layer that is there twice as a link."""
    config = {
        "architecture": "amd64", "os": "linux", "created": created, "container": hostname, "docker_version": "20",
        "config": {"Hostname": hostname, "Image": hostname, "Env": ["A=b"], "Cmd": ["sh"], "Labels": {"a": "b", "io.buildah.version": hostname}},
        "history": [{"created": created, "created_by": "import"}, {"created": created, "created_by": "LABEL", "empty_layer": True}],
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    with tarfile.open(path, "w") as tar:
        def add(name, data):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))

        names = []
        for number, data in enumerate(layers):
            names.append(f"{hostname}{number}/layer.tar")
            add(names[-1], data)
        if linked:
            again = tarfile.TarInfo(f"{hostname}again/layer.tar")
            again.type, again.linkname = tarfile.SYMTYPE, f"../{names[-1]}"
            tar.addfile(again)
            names.append(again.name)
        add("config.json", json.dumps(config).encode())
        add("manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["x:y"], "Layers": names}]).encode())


def clamp(source, target):
    done = subprocess.run(
        ["/usr/bin/python3", str(REPOSITORY / "scripts/clamp_image.py"), str(EPOCH), str(source), str(target)], capture_output=True, text=True,
        timeout=60, check=True)
    return done.stdout.strip()


def test_when_and_where_it_was_built_leaves_no_trace(tmp_path):
    for name, mtime in (("one", EPOCH + 5), ("two", EPOCH + 86_400)):
        saved_image(tmp_path / name, [layer(("a", b"content"), mtime=mtime)], name, f"20{mtime % 90 + 10}-01-01T00:00:00Z", linked=True)
    assert clamp(tmp_path / "one", tmp_path / "1") == clamp(tmp_path / "two", tmp_path / "2")
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_other_content_is_another_image(tmp_path):
    identities = set()
    for name, content, mtime in (("a", b"x", EPOCH), ("b", b"y", EPOCH), ("c", b"x", EPOCH - 9)):
        saved_image(tmp_path / name, [layer((name[:0] + "file", content), mtime=mtime)], "host", "2024-01-01T00:00:00Z")
        identities.add(clamp(tmp_path / name, tmp_path / "clamped"))
    assert len(identities) == 3


def test_what_is_clamped_already_stays(tmp_path):
    saved_image(tmp_path / "image", [layer(("a", b"content"), mtime=EPOCH + 5)], "host", "2024-01-01T00:00:00Z")
    first = clamp(tmp_path / "image", tmp_path / "once")
    assert clamp(tmp_path / "once", tmp_path / "twice") == first
    assert (tmp_path / "once").read_bytes() == (tmp_path / "twice").read_bytes()


def test_modes_links_and_attributes_stay(tmp_path):
    saved_image(tmp_path / "image", [layer(("a", b"content"), mtime=EPOCH + 5)], "host", "2024-01-01T00:00:00Z")
    clamp(tmp_path / "image", tmp_path / "clamped")
    with tarfile.open(tmp_path / "clamped") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(manifest["Config"]))
        with tarfile.open(fileobj=archive.extractfile(manifest["Layers"][0])) as inner:
            file, link = inner.getmember("a"), inner.getmember("link")
            assert (file.mode, file.mtime, file.uname, inner.extractfile(file).read()) == (0o4755, EPOCH, "", b"content")
            assert file.pax_headers == {"SCHILY.xattr.user.colour": "blue"}
            assert (link.linkname, link.mtime) == ("target", EPOCH)
    assert config["config"] == {
        "Env": ["A=b"], "Cmd": ["sh"], "Labels": {"a": "b", "org.opencontainers.image.created": "2023-11-14T22:13:20Z"}}
    assert config["history"][1] == {"created": "2023-11-14T22:13:20Z", "created_by": "LABEL", "empty_layer": True}
