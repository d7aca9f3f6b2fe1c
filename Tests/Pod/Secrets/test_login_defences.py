"""A login to a server of secrets belongs to that server; the control has that defence switched off."""

import pytest

from secrets_file import pull, write_secrets
from vault_server import VaultServer

pytestmark = pytest.mark.parametrize("provider", ["native"], indirect=True)


def taken_by_another_server(pod):
    """Somebody has logged in to a server; then secrets.yml names another. Says which tokens that one got."""
    with VaultServer() as server, VaultServer() as thief:
        for each in (server, thief):
            each.mount()
        secret = {"name": "KEY", "path": "a", "file": "key"}
        write_secrets(pod, secret, config={"provider": "vault", "vault_url": server.url})
        pod.unlock()
        token = server.add_token()
        pod.run("login", "vault", "--secret-fd", "0", stdin=f"{token}\n".encode(), check=0)
        write_secrets(pod, secret, config={"provider": "vault", "vault_url": thief.url})
        result = pull(pod, check=None)
        return result, token in thief.tokens_used()


def test_a_server_that_secrets_yml_names_gets_no_token_of_another(pod):
    result, is_taken = taken_by_another_server(pod)
    assert not is_taken and result.status == 5 and "nobody has logged in" in result.errors


def test_without_that_binding_it_would(make_weakened_pod):
    assert taken_by_another_server(make_weakened_pod("server-binding"))[1]
