"""Fixtures. A test that cannot run says what is missing; with TAZPOD_MUST_RUN=1 that is a failure."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from engine import DockerDaemon
from layer import Layer
from missing import missing
from podman import Podman, variables_set
from pod import PASSPHRASE, PROGRAMS, REPOSITORY, WEAKENED, Pod, stock_image
from repository import make_repository
from user import User


@pytest.fixture(scope="session", autouse=True)
def built_programs():
    for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
        if not (PROGRAMS / name).exists():
            missing(f"bin/{name} is not built; run make build")
    if os.geteuid() != 0:
        missing("these tests need root")


@pytest.fixture(scope="session")
def docker():
    """A docker daemon with the image: the machine's own, or one that is started here on a socket of its own."""
    daemon = DockerDaemon.find_or_start(missing)
    daemon.build_image()
    with variables_set({"DOCKER_HOST": daemon.host}):
        yield daemon
    daemon.stop()


@pytest.fixture(scope="session")
def podman():
    """Root's podman, with the image."""
    podman = Podman.find(missing)
    podman.build_image()
    with variables_set(podman.variables):
        yield podman


# What says most about a provider, by module: all of it, or these tests. The rest is about what happens in a pod, whoever runs it.
# TAZPOD_TEST_PODMAN=all runs everything.
UNDER_PODMAN = {
    "test_bridges": {"test_what_is_written_over_a_bridge_is_kept_in_the_vault"},
    "test_custom_image": None,
    "test_images_refused": {"test_an_image_that_another_pod_has_open"},
    "test_isolation": {
        "test_no_channel_into_a_ghost_is_open", "test_the_image_is_out_of_the_public_areas_reach",
        "test_the_mount_tables_and_devices_show_nothing",
    },
    "test_launcher": None,
    "test_lifecycle": None,
    "test_no_means": {"test_an_image_on_a_read_only_mount"},
    "test_ports": None,
    "test_pull": None,
    "test_sessions": {
        "test_unlock_on_a_terminal_asks_attaches_and_locks_at_the_end", "test_a_resize_reaches_the_shell",
        "test_a_killed_terminal_leaves_the_session_to_come_back_to",
    },
    "test_terminals": {"test_the_ghosts_terminal_cannot_be_opened", "test_without_own_terminals_the_public_area_would_write_to_the_ghost"},
    "test_vault": {"test_a_new_vault_keeps_what_a_ghost_wrote", "test_the_public_area_is_not_the_ghost"},
    "test_wrong_passphrase": {"test_a_wrong_passphrase"},
}


def pytest_collection_modifyitems(items):
    def is_wanted(item):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if parameters.get("provider") != "podman" or os.environ.get("TAZPOD_TEST_PODMAN") == "all":
            return True
        chosen = UNDER_PODMAN.get(item.module.__name__, set())
        return chosen is None or item.originalname in chosen

    items[:] = [item for item in items if is_wanted(item)]


@pytest.fixture(params=["native", "docker", "podman"])
def provider(request):
    if request.param in ("docker", "podman"):
        request.getfixturevalue(request.param)
    elif shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    return request.param


@pytest.fixture
def make_pod(provider):
    """Makes pods that end with the test."""
    pods = []

    def make(**options):
        pod = Pod(provider, **options)
        pods.append(pod)
        return pod

    yield make
    for pod in reversed(pods):
        pod.close()


@pytest.fixture
def pod(make_pod):
    """A running pod with a vault that opens quickly."""
    pod = make_pod()
    pod.use_quick_vault()
    return pod.up()


@pytest.fixture
def repository(tmp_path):
    """A bare repository with a default branch and a request."""
    return make_repository(tmp_path)


@pytest.fixture
def native_pod():
    """Makes running native pods with a vault of 64 MiB that opens quickly."""
    pods = []

    def make(**options):
        pod = Pod("native", **options)
        pods.append(pod)
        pod.use_quick_vault()
        return pod.up()

    yield make
    for pod in pods:
        pod.close()


@pytest.fixture(scope="session")
def user():
    """A user of this machine who is not root."""
    for name in ("bwrap", "newuidmap"):
        if shutil.which(name) is None:
            missing(f"{name} is not installed")
    user = User()
    yield user
    user.close()


@pytest.fixture(scope="session")
def user_programs():
    """The programs where every user reaches them."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-programs."))
    folder.chmod(0o755)
    for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
        shutil.copy2(PROGRAMS / name, folder / name)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def weakened_programs():
    """The programs, with a tazpod-ghost whose defences can be switched off one by one."""
    if not WEAKENED.exists():
        missing("the weakened tazpod-ghost is not built; run make test")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-weakened."))
    folder.chmod(0o755)
    for name in ("tazpod", "tazpod-init"):
        shutil.copy2(PROGRAMS / name, folder / name)
    for name in ("tazpod-ghost", "tazpod-secrets"):
        shutil.copy2(WEAKENED.parent / name, folder / name)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_weakened_pod(make_pod, provider, weakened_programs, request):
    """Makes pods without some of the ghost's defences."""

    def make(*defences):
        config = f"env: {{WEAKENED_DEFENCES: '{','.join(defences)}'}}\n"
        if provider != "native":
            image = request.getfixturevalue(provider).weakened_image(weakened_programs)
            config += f"image: {image}\n"
        pod = make_pod(programs=weakened_programs, config=config)
        pod.use_quick_vault()
        return pod.up()

    return make


@pytest.fixture(scope="session")
def probes():
    """The probe programs, compiled statically so that they run in every image."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-probes."))
    folder.chmod(0o755)
    sources = sorted((REPOSITORY / "Tests/Pod/Support/probes").glob("*.c"))
    library = next(source for source in sources if source.stem == "loaded")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / "loaded.so"), str(library)], check=True, timeout=120)
    sources.remove(library)
    for source in sources:
        subprocess.run(
            ["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / source.stem), str(source)], check=True, timeout=120)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["fuse"])
def driver(request):
    """The drivers that a vault is opened with here."""
    return request.param


@pytest.fixture
def make_layered_pod(driver, weakened_programs, probes, layer_program):
    """Makes pods, under the native provider, whose vault lies on a layer that the test controls; their vaults open quickly, and are small.

    - `locks`: how the layer locks; `folder`: a folder that another layer is over, too.
    - `without`: the ghost's defences that are switched off.
    """
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    made = []

    def make(locks="local", folder=None, without=(), vault=True, **options):
        config = f"vault: {{driver: {driver}, size: 32MiB}}\n"
        if without:
            options["programs"] = weakened_programs
            config += f"env: {{WEAKENED_DEFENCES: '{','.join(without)}'}}\n"
        pod = Pod("native", config=config, **options)
        made.append(pod)
        pod.layer = Layer(layer_program, pod.image.parent, folder or pod.folder / "below", locks)
        made.append(pod.layer)
        if vault:
            shutil.copyfile(stock_image(32 << 20, 4096, PASSPHRASE, "4096"), pod.layer.folder / "vault.img")
        shutil.copy2(probes / "workload", pod.directory)
        return pod

    yield make
    # A layer is unmounted when its pod has gone, and before the pod's folder is removed.
    for thing in sorted(made, key=lambda thing: isinstance(thing, Layer)):
        if isinstance(thing, Pod):
            thing.down()
    for thing in sorted(made, key=lambda thing: isinstance(thing, Pod)):
        thing.close()


@pytest.fixture(scope="session")
def layer_program():
    """The layer below an image, for the host alone."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-layer."))
    libfuse = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(
        ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / "layer"), str(REPOSITORY / "Tests/Pod/Support/layer/layer.c"), *libfuse],
        check=True, timeout=120)
    yield folder / "layer"
    shutil.rmtree(folder)
