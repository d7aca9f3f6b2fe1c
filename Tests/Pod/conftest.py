"""Fixtures. A test that cannot run says what is missing; with TAZPOD_MUST_RUN=1 that is a failure."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from engine import DockerDaemon  # noqa: E402
from pod import PROGRAMS, REPOSITORY, WEAKENED, Pod  # noqa: E402


def missing(what):
    """This test cannot run here, because of `what`."""
    if os.environ.get("TAZPOD_MUST_RUN") == "1":
        pytest.fail(f"cannot run: {what}, and TAZPOD_MUST_RUN is set", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session", autouse=True)
def built_programs():
    for name in ("tazpod", "tazpod-init", "tazpod-ghost"):
        if not (PROGRAMS / name).exists():
            missing(f"bin/{name} is not built; run make build")
    if os.geteuid() != 0:
        missing("these tests need root")


@pytest.fixture(scope="session")
def docker():
    """A docker daemon with the image: the machine's own, or one that is started here on a socket of its own."""
    daemon = DockerDaemon.find_or_start(missing)
    daemon.build_image()
    previous = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = daemon.host
    yield daemon
    if previous is None:
        del os.environ["DOCKER_HOST"]
    else:
        os.environ["DOCKER_HOST"] = previous
    daemon.stop()


@pytest.fixture(params=["native", "docker"])
def provider(request):
    if request.param == "docker":
        request.getfixturevalue("docker")
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


@pytest.fixture(scope="session")
def weakened_programs():
    """The programs, with a tazpod-ghost whose defences can be switched off one by one."""
    if not WEAKENED.exists():
        missing("the weakened tazpod-ghost is not built; run make test")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-weakened."))
    folder.chmod(0o755)
    for name in ("tazpod", "tazpod-init"):
        shutil.copy2(PROGRAMS / name, folder / name)
    shutil.copy2(WEAKENED, folder / "tazpod-ghost")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_weakened_pod(make_pod, provider, weakened_programs, request):
    """Makes pods without some of the ghost's defences."""

    def make(*defences):
        config = f"env: {{WEAKENED_DEFENCES: '{','.join(defences)}'}}\n"
        if provider == "docker":
            image = request.getfixturevalue("docker").weakened_image(weakened_programs)
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
    sources = sorted((REPOSITORY / "Tests/Pod/probes").glob("*.c"))
    library = next(source for source in sources if source.stem == "loaded")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / "loaded.so"), str(library)], check=True, timeout=120)
    sources.remove(library)
    for source in sources:
        subprocess.run(
            ["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / source.stem), str(source)], check=True, timeout=120)
    yield folder
    shutil.rmtree(folder)
