"""What a ghost writes into the vault is nowhere on the disk in the clear: not while it is open, not afterwards."""

import base64
import pathlib
import subprocess

from pod import canary, used_loop_devices

CHUNK = 8 << 20


def scan(paths, needles):
    """The files under `paths` that contain one of `needles`, read raw."""
    longest, found = max(len(needle) for needle in needles), []
    for root in paths:
        root = pathlib.Path(root)
        files = [root] if root.is_file() else [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
        for path in files:
            rest = b""
            try:
                with open(path, "rb") as file:
                    while chunk := file.read(CHUNK):
                        if any(needle in rest + chunk for needle in needles):
                            found.append(str(path))
                            break
                        rest = chunk[-longest:]
            except OSError:
                continue
    return found


def places(pod, request):
    """Everything on the disk that belongs to the pod: its project with the image, its layers and its volumes."""
    result = [pod.directory]
    if pod.provider == "native":
        return result + [pathlib.Path("/var/lib/tazpod") / pod.name]
    docker = request.getfixturevalue("docker")
    layers = docker.run("inspect", "--format", "{{json .GraphDriver.Data}}", pod.name).stdout
    import json

    data = json.loads(layers)
    root = pathlib.Path(docker.run("info", "--format", "{{.DockerRootDir}}").stdout.strip())
    return result + [data["UpperDir"], data["WorkDir"], data["MergedDir"], root / "volumes", root / "containers"]


def write_canary(pod):
    text, binary = canary()
    pod.ghost(
        f"echo {text} > ~/secrets/text && printf %s {base64.b64encode(binary).decode()} | base64 -d > ~/secrets/binary && sync",
        check=0)
    assert pod.ghost("wc -c < ~/secrets/binary", check=0).output.strip() == "64"
    return [text.encode(), binary]


def test_a_canary_is_nowhere_on_the_disk(pod, request):
    where = places(pod, request)
    pod.unlock()
    needles = write_canary(pod)
    # A control: the scan finds what is there.
    plant = pod.directory / "planted"
    plant.write_bytes(b"x" * (CHUNK - 20) + needles[1])
    assert scan([pod.directory], needles) == [str(plant)]
    plant.unlink()
    assert scan(where, needles) == []
    # In the device that the kernel decrypts for the enclave it must be: there it is searched for in vain elsewhere.
    loops = [name for name, file in used_loop_devices().items()]
    assert any(needles[1] in raw(f"/dev/{name}") for name in loops)
    pod.lock()
    subprocess.run(["sync"], check=True, timeout=60)
    assert scan(where, needles) == []


def raw(device):
    with open(device, "rb") as file:
        return file.read(256 << 20)


def test_what_is_typed_in_a_ghost_is_not_in_the_public_areas_history(pod, request):
    where = places(pod, request)
    text, _ = canary()
    terminal = pod.terminal("unlock")
    terminal.expect("Passphrase.*: ")
    terminal.sendline("correct horse battery staple")
    terminal.expect(r"\$ ")
    terminal.sendline(f"export TOKEN={text}; echo typed$((1 + 1))")
    terminal.expect("typed2")
    terminal.sendline("exit")
    terminal.expect("the vault is locked")
    terminal.close()
    assert scan(where, [text.encode()]) == []
    found = pod.run("unlock", "--", "cat", "/home/tazpod/secrets/.bash_history", passphrase="correct horse battery staple", check=0)
    assert text in found.output
