"""`tazpod pull --watch` with logins that last for seconds: it comes before each of them ends, whatever its own time is."""

import contextlib
import subprocess
import time

import pytest

from infisical_server import InfisicalServer
from pod import wait_until
from sourced_pod import SourcedPod
from vault_server import VaultServer

# Renewed when a third of it is left, so every eight seconds.
LIFETIME = 12
RENEW, RENEW_INFISICAL = "/v1/auth/token/renew-self", "/api/v1/auth/token/renew"


@pytest.fixture(scope="module")
def pod():
    pod = SourcedPod()
    yield pod
    pod.close()


@contextlib.contextmanager
def watching(pod):
    """A pull that goes on, and that by its own time would come again in an hour."""
    running = subprocess.Popen(pod.command("pull", "--watch", "--every", "1h"), env=pod.environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(20)
    wait_until(lambda: not pod.processes_named("tazpod-secrets"), "it ends with its caller")


def renewals(server, path):
    return server.paths("POST").count(path)


def test_a_watching_pull_keeps_logins_alive_that_nothing_else_would(pod):
    with VaultServer() as vault, InfisicalServer() as infisical:
        vault.mount()
        vault.put("a", KEY="one")
        project = infisical.add_project()
        infisical.put(project, "dev", "/", NAME="one")
        pod.name_secrets(
            {"vault_url": vault.url, "infisical_url": infisical.url, "infisical_project_id": project, "environment": "dev"},
            {"name": "KEY", "source": "vault", "path": "a", "file": "key"}, {"name": "NAME", "source": "infisical", "file": "name"})
        token = vault.add_token(lifetime=LIFETIME)
        pod.log_in("infisical", "identity", *infisical.add_identity(project, lifetime=LIFETIME))
        pod.log_in("vault", "token", token)
        began = time.monotonic()
        vault.forget()
        infisical.forget()
        with watching(pod):
            wait_until(lambda: infisical.paths("GET") and vault.paths("GET"), "the first pull")
            vault.put("a", KEY="two")
            infisical.put(project, "dev", "/", NAME="two")
            wait_until(lambda: renewals(vault, RENEW) == 2 and renewals(infisical, RENEW_INFISICAL) == 2, "two renewals of each", 4 * LIFETIME)
            wait_until(lambda: len(vault.paths("GET")) == 3 and len(infisical.paths("GET")) == 3, "the pull with them")
        # Of a token nothing is kept that would make another; each that Infisical renews is a new one.
        assert time.monotonic() - began > LIFETIME
        assert set(vault.tokens_used()) == {token} and len(set(infisical.tokens_used())) == 3
        assert "/api/v1/auth/universal-auth/login" not in infisical.paths()
        assert (pod.secret("key"), pod.secret("name")) == (b"two", b"two")
        pod.pull()
