"""The cluster that these tests share, and projects whose manifests they apply."""

import os
import shutil

import pytest

from control_plane import CACHE, PACKAGES, Cluster, ControlPlane
from missing import missing
from pod import Pod


@pytest.fixture(scope="session")
def api():
    """kubectl, and the file that tells it where the API is."""
    if os.environ.get("KUBECONFIG"):
        if shutil.which("kubectl") is None:
            missing("KUBECONFIG is set and there is no kubectl")
        yield "kubectl", os.environ["KUBECONFIG"]
        return
    for program in PACKAGES:
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    plane = ControlPlane()
    yield str(CACHE / "bin/kubectl"), plane.kubeconfig
    plane.close()


@pytest.fixture
def cluster(api):
    cluster = Cluster(*api)
    yield cluster
    cluster.close()


@pytest.fixture
def project():
    """A project that has no pod."""
    project = Pod("native")
    yield project
    project.close()
