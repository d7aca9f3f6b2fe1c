"""An image with no TazPod in it as a workspace: `tazpod up` mounts the programs into it."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import uuid

import pytest

from missing import missing
from pod import PROGRAMS, Leftovers, Pod
from podman import variables_set

pytestmark = pytest.mark.images

PROVIDER_MISSING, REFUSED = 4, 7
TOOLS = "/usr/local/lib/tazpod"


@pytest.fixture(scope="session", autouse=True)
def bundle():
    if not (PROGRAMS / "bundle/bin/tazpod-init").exists():
        missing("bin/bundle is not there; run make bundle")


@pytest.fixture(params=["docker", "podman"])
def provider(request):
    request.getfixturevalue(request.param)
    return request.param


@pytest.fixture
def engine(provider, request):
    return request.getfixturevalue(provider)


@pytest.fixture
def debian(engine):
    """A bare Debian: what our own images are built upon."""
    for name in ("debian:trixie-slim", "tazpod-debian:trixie-slim"):
        if engine.run("image", "inspect", name, check=False).returncode == 0:
            return name
    raise AssertionError("the image was built upon something else")


@pytest.fixture
def derived(engine):
    """Makes images, which go after the pods that are made from them."""
    made = []

    def make(text):
        made.append(f"tazpod-test-{uuid.uuid4().hex[:12]}")
        with tempfile.TemporaryDirectory() as context, variables_set({"DOCKER_BUILDKIT": "0"}):
            (pathlib.Path(context) / "Dockerfile").write_text(text)
            engine.run("build", "--tag", made[-1], context, timeout=300)
        return made[-1]

    yield make
    for name in made:
        engine.run("rmi", "--force", name, check=False)


@pytest.fixture
def make_bare_pod(derived, make_pod, debian):
    def make(image=debian, config="", **options):
        pod = make_pod(config=f"image: {image}\n{config}", **options)
        pod.use_quick_vault()
        return pod

    return make


def seen(pod, *command):
    return pod.public(*command, check=0).output.strip()


def test_a_bare_debian_is_a_workspace_with_an_enclave(make_bare_pod):
    pod = make_bare_pod()
    # A new vault: made, checked and opened with the tools that the image lacks.
    pod.image.unlink()
    pod.configure(f"image: {pod_image(pod)}\nvault: {{size: 64MiB}}\n")
    pod.up()
    before = Leftovers(pod)
    assert pod.unlock().status == 0
    pod.ghost("echo hunter2 > ~/secrets/token; id -un > ~/secrets/who", check=0)
    assert pod.ghost("cat ~/secrets/token ~/secrets/who", check=0).output == "hunter2\ntazpod\n"
    assert pod.public("cat", "/home/tazpod/secrets/token").status == 1
    pod.lock()
    before.check()
    pod.unlock()
    assert pod.ghost("cat ~/secrets/token", check=0).output == "hunter2\n"


def pod_image(pod):
    text = (pod.directory / ".tazpod/config.yaml").read_text()
    return text.split("image: ")[1].split("\n")[0]


def test_the_workspace_user_is_made_and_the_programs_are_found(make_bare_pod):
    pod = make_bare_pod().up()
    assert seen(pod, "id", "-un") == "tazpod" and seen(pod, "id", "-u") == "1000"
    assert seen(pod, "sh", "-c", "echo $HOME; stat -c %U:%a ~") == "/home/tazpod\ntazpod:700"
    found = seen(pod, "bash", "-c", "command -v tazpod tazpod-init tazpod-ghost tazpod-secrets tmux e2fsck")
    assert found.split() == [
        "/usr/local/bin/tazpod", "/usr/local/bin/tazpod-init", "/usr/local/bin/tazpod-ghost", "/usr/local/bin/tazpod-secrets", f"{TOOLS}/bin/tmux", f"{TOOLS}/bin/e2fsck"]
    assert seen(pod, "tmux", "list-sessions", "-F", "#{session_name}") == "main"
    assert json.loads(seen(pod, "tazpod", "status", "--json"))["vault"]["state"] == "locked"
    assert seen(pod, "cat", "/proc/1/comm") == "tazpod-init"
    # The user's files are the workspace's owner's.
    seen(pod, "touch", "/workspace/made")
    assert (pod.directory / "made").stat().st_uid == 1000


def test_what_root_runs_there_cannot_be_changed_from_inside(make_bare_pod):
    pod = make_bare_pod().up()
    for path in ("/usr/local/bin/tazpod-ghost", f"{TOOLS}/bin/tmux", f"{TOOLS}/lib/libc.so.6"):
        refused = pod.public("chmod", "755", path)
        assert refused.status != 0 and ("Read-only file system" in refused.errors or "not permitted" in refused.errors), refused
        # Not even as the pod's root.
        done = subprocess.run(
            [pod.provider, "exec", "--user", "0", pod.name, "chmod", "755", path], capture_output=True, text=True, timeout=30)
        assert done.returncode != 0 and "Read-only file system" in done.stderr, done
    assert seen(pod, "stat", "-c", "%u %a", TOOLS) == "0 755"


def test_its_programs_load_no_library_of_the_images(make_bare_pod):
    pod = make_bare_pod().up()
    # A variable that names the image's own comes after the bundle's.
    script = f'for p in {TOOLS}/bin/*; do [ ${{p##*/}} = tazpod-init ] || LD_LIBRARY_PATH=$(dirname /lib/*/libc.so.6) LD_TRACE_LOADED_OBJECTS=1 $p; done'
    loaded = [line.split(" => ")[1] for line in seen(pod, "sh", "-c", script).splitlines() if " => " in line]
    assert len(loaded) > 20
    assert [path for path in loaded if not path.startswith(f"{TOOLS}/lib/")] == []


def test_an_image_for_something_else_is_a_workspace_all_the_same(make_bare_pod, derived, debian):
    image = derived(
        f"FROM {debian}\nRUN useradd --uid 1000 --create-home node && mkdir /app && touch /app/file && chown node /app/file\nENV PATH=/app/bin:/usr/bin:/bin\n"
        'USER node\nWORKDIR /app\nSTOPSIGNAL SIGKILL\nENTRYPOINT ["/bin/false"]\nCMD ["--serve"]\n')
    pod = make_bare_pod(image).up()
    assert seen(pod, "cat", "/proc/1/comm") == "tazpod-init"
    assert seen(pod, "sh", "-c", "echo $PATH") == f"/app/bin:/usr/bin:/bin:{TOOLS}/bin"
    # Who else has the number is the same user.
    assert seen(pod, "sh", "-c", "id -u; echo $HOME; test -O /app/file && echo mine") == "1000\n/home/tazpod\nmine"
    pod.unlock()
    assert pod.ghost("echo $USER", check=0).output == "tazpod\n"


def test_a_user_of_the_images_is_taken_as_it_is(make_bare_pod, derived, debian):
    image = derived(f"FROM {debian}\nRUN useradd --uid 1000 --create-home --home-dir /srv/ann ann\n")
    pod = make_bare_pod(image, "user: ann\n").up()
    assert seen(pod, "sh", "-c", "id -un; echo $HOME") == "ann\n/srv/ann"
    assert "tazpod" not in seen(pod, "cat", "/etc/passwd")


def test_an_image_built_upon_ours_gets_nothing_mounted(derived, make_pod):
    image = derived("FROM tazpod-base\nRUN touch /mine\n")
    pod = make_pod(config=f"image: {image}\n").up()
    assert seen(pod, "bash", "-c", f"test -e /mine && test ! -e {TOOLS} && command -v tmux tazpod") == "/usr/bin/tmux\n/usr/local/bin/tazpod"


def test_it_stops_starts_and_goes_like_any_other(make_bare_pod, provider):
    pod = make_bare_pod().up()
    name = pod.name
    subprocess.run([provider, "stop", "--time", "30", name], capture_output=True, check=True, timeout=60)
    state = subprocess.run([provider, "inspect", "--format", "{{.State.ExitCode}}", name], capture_output=True, text=True, timeout=30)
    assert state.stdout == "0\n"
    assert "changed" not in pod.run("up", check=0).errors
    assert seen(pod, "sh", "-c", "id -un; grep -c ^tazpod: /etc/passwd") == "tazpod\n1"


def test_doctor_tries_the_drivers_in_it(make_bare_pod, provider):
    pod = make_bare_pod()
    report = json.loads(pod.run("doctor", "--provider", provider, "--json").output)
    states = {finding["name"]: finding["state"] for finding in report["findings"]}
    assert states["driver ram"] == "ok", report


# -- what is refused ----------------------------------------------------------------------------------------------------


def programs_in(folder, with_bundle):
    for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
        shutil.copy2(PROGRAMS / name, folder / name)
    if with_bundle:
        shutil.copytree(PROGRAMS / "bundle", folder / "bundle")
    return folder


def one_sentence(result):
    assert result.output == "" and result.errors.startswith("tazpod: ") and result.errors.count("\n") == 1, result
    return result.errors


def test_without_a_bundle_the_way_to_one_is_told(make_bare_pod, provider, tmp_path):
    pod = make_bare_pod(programs=programs_in(tmp_path, with_bundle=False))
    said = one_sentence(pod.run("up", "--provider", provider, check=PROVIDER_MISSING))
    assert "has no TazPod in it" in said and "make bundle" in said


def test_programs_in_the_workspace_are_not_run_as_root(make_bare_pod, provider, debian):
    pod = make_bare_pod()
    inside = pod.directory / "bin"
    inside.mkdir()
    pod.programs = programs_in(inside, with_bundle=True)
    assert "which the pod's public area can write" in one_sentence(pod.run("up", "--provider", provider, check=REFUSED))
    pod.programs = PROGRAMS
    assert "(absent)" in pod.run("status", check=0).output


def test_programs_that_others_can_write_are_not_run_as_root(make_bare_pod, provider, tmp_path):
    pod = make_bare_pod(programs=programs_in(tmp_path, with_bundle=True))
    (tmp_path / "bundle").chmod(0o777)
    assert "which other users of this machine can write" in one_sentence(pod.run("up", "--provider", provider, check=REFUSED))


def test_an_image_that_is_not_there_is_named(make_pod, provider):
    pod = Pod(provider, config="image: no-such-image:1\n")
    try:
        assert "has no image no-such-image:1" in one_sentence(pod.run("up", "--provider", provider, check=PROVIDER_MISSING))
    finally:
        pod.close()
