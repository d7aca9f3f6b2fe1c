"""Fetching secrets from a server that is some way off."""

import time

import clients
from Bench.pairing import take_turns
from Bench.report import Table
from infisical_server import InfisicalServer
from sourced_pod import SourcedPod
from vault_server import VaultServer

NAME = "secrets"
TITLE = "Secrets"
COUNT = 200
AWAY = 0.05
TURNS = 5
# What COUNT secrets from AWAY may take, in milliseconds.
LIMIT = 1000
# The rivals.
GOAL, EACH, LIST, READ = "one second", "infisicalsdk, get_secret_by_name", "infisicalsdk, list_secrets", "hvac, read_secret_version"
TEXT = f"""
{COUNT} secrets from a server on this machine whose every answer is {AWAY * 1000:.0f} ms late, as if it were that far away, however many are
asked of it at once. It is the tests' own, over HTTP; the same one answers TazPod and the peers.

- TazPod's side is `tazpod pull` on the host, in a native pod whose vault is open: the way into the ghost, the requests, and each secret
  written to its file of the vault, all of them on the disk. It is logged in. Before each run the secrets get other values.
- The peers are the official Python client of Infisical, and hvac for HashiCorp Vault, each logged in to within the run, and writing
  nothing: one secret after another, in a loop, as their documentation does it, and for Infisical all of the folder in one call, too.
- The secrets of Infisical are in one folder, those of Vault in {COUNT} paths.
- "one second" is no peer but the goal, written as one: the ratio is the time in seconds.
"""


def run(_workshop):
    python = clients.interpreter()
    if python is None:
        raise RuntimeError("cannot measure against others' clients: they could not be installed")
    with InfisicalServer(delay=AWAY) as infisical, VaultServer(delay=AWAY) as vault:
        pod = SourcedPod()
        try:
            return [Table("", from_infisical(pod, infisical, python) + from_vault(pod, vault, python))]
        finally:
            pod.close()


def from_infisical(pod, server, python):
    project, names = server.add_project(), [f"SECRET_{number}" for number in range(COUNT)]
    identity = server.add_identity(project)
    change = changing(lambda value: server.put(project, "dev", "/", **dict.fromkeys(names, value)))
    change()
    pod.name_secrets(
        {"infisical_url": server.url, "infisical_project_id": project}, *({"name": name, "file": f"infisical/{name}"} for name in names))
    pod.log_in("infisical", "identity", *identity)
    place = {"project_id": project, "environment_slug": "dev", "secret_path": "/"}
    with_place = {"url": server.url, "identity": identity, "place": place}
    times = take_turns(
        "pull from Infisical", "ms", {
            "tazpod": pulling(pod, change), EACH: lambda: calling(python, "infisical_each", names=names, **with_place),
            LIST: lambda: calling(python, "infisical_list", **with_place), GOAL: lambda: LIMIT,
        }, TURNS)
    what = f"`tazpod pull`, {COUNT} of Infisical"
    return [
        times.compare(what, "tazpod", GOAL, goal=1),
        times.compare(what, "tazpod", EACH),
        times.compare(what, "tazpod", LIST),
    ]


def from_vault(pod, server, python):
    paths = [f"app/{number}" for number in range(COUNT)]
    server.mount()

    def put_all(value):
        for path in paths:
            server.put(path, value=value)

    change = changing(put_all)
    change()
    pod.name_secrets(
        {"provider": "vault", "vault_url": server.url},
        *({"name": path, "path": path, "field": "value", "file": f"vault/{path}"} for path in paths))
    token = server.add_token()
    pod.log_in("vault", "token", token)
    times = take_turns(
        "pull from Vault", "ms", {
            "tazpod": pulling(pod, change), READ: lambda: calling(python, "vault_each", url=server.url, token=token, paths=paths),
            GOAL: lambda: LIMIT,
        }, TURNS)
    what = f"`tazpod pull`, {COUNT} paths of Vault"
    return [
        times.compare(what, "tazpod", GOAL, goal=1),
        times.compare(what, "tazpod", READ),
    ]


def changing(put):
    """Gives all the secrets another value each time."""
    values = iter(range(1_000_000))
    return lambda: put(f"value {next(values)}")


def pulling(pod, change):
    def pull():
        change()
        return milliseconds(pod.pull)

    return pull


def calling(python, client, **arguments):
    return milliseconds(lambda: clients.calls(python, client, **arguments))


def milliseconds(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
