"""Secrets from HashiCorp Vault's key-value engine, against a server that others' client of it is content with."""

import pytest

from authority import Authority
from sourced_pod import SourcedPod
from vault_server import VaultServer, too_many


@pytest.fixture(scope="module")
def pod():
    pod = SourcedPod()
    yield pod
    pod.close()


@pytest.fixture
def server():
    with VaultServer() as server:
        server.mount()
        yield server


def named(server, **more):
    return {"provider": "vault", "vault_url": server.url, **more}


def logged_in(pod, server, *secrets, **config):
    pod.name_secrets(named(server, **config), *secrets)
    pod.log_in("vault", "token", server.add_token())
    server.forget()


def test_fields_of_one_path_are_one_request_and_what_is_no_text_is_what_one_would_type(pod, server):
    server.put("app/db", user="ann", password="pass\nword\0", port=5432, tls=True, hosts=["a", "b"])
    server.put("app/db", user="bob", password="new")
    fields = ["user", "password", "port", "tls", "hosts"]
    secrets = [{"name": name, "path": "app/db", "version": 1, "file": f"db/{name}"} for name in fields]
    logged_in(pod, server, *secrets, {"name": "NEWEST", "path": "/app/db/", "field": "user", "file": "newest"})
    pod.pull()
    assert [pod.secret(f"db/{name}") for name in fields] == [b"ann", b"pass\nword\0", b"5432", b"true", b'["a","b"]']
    assert pod.secret("newest") == b"bob" and len(server.requests) == 2


def test_many_paths_are_asked_at_once_on_few_connections(pod, server):
    for number in range(100):
        server.put(f"many/{number}", value=f"value {number}")
    logged_in(pod, server, *({"name": f"M{i}", "path": f"many/{i}", "field": "value", "file": f"many/{i}"} for i in range(100)))
    server.delay = 0.05
    pod.pull()
    assert pod.ghost("cat ~/secrets/many/* | wc -c", check=0).output.strip() == str(sum(len(f"value {i}") for i in range(100)))
    assert len(server.requests) == 100 and 4 <= server.most_in_flight <= 16 and server.connections <= 16


def test_mounts_and_namespaces_are_those_that_are_named(pod, server):
    server.mount("team/kv")
    server.mount("secret", "team")
    server.put("a", mount="team/kv", KEY="mount")
    server.put("a", namespace="team", KEY="namespace")
    logged_in(pod, server, {"name": "KEY", "path": "a", "file": "key"}, vault_mount="team/kv")
    pod.pull()
    assert pod.secret("key") == b"mount"
    logged_in(pod, server, {"name": "KEY", "path": "a", "file": "key"}, vault_namespace="team")
    pod.pull()
    assert pod.secret("key") == b"namespace" and {request.headers["X-Vault-Namespace"] for request in server.requests} == {"team"}


def test_each_secret_that_cannot_be_had_says_why_and_the_rest_is_pulled(pod, server):
    server.put("good", KEY="good")
    server.put("gone", KEY="gone")
    server.delete("gone")
    server.denied.add("secret/forbidden")
    paths = {"GOOD": "good", "GONE": "gone", "FORBIDDEN": "forbidden", "NOWHERE": "nowhere", "FIELD": "good"}
    logged_in(pod, server, *(
        {"name": name, "path": path, "field": "NONE" if name == "FIELD" else "KEY", "file": f"v{name}"} for name, path in paths.items()))
    errors = pod.pull(check=3).errors
    lines = {line.split(": ")[1]: line for line in errors.splitlines() if line.count(": ") > 1}
    assert pod.secret("vGOOD") == b"good" and "GOOD" not in lines
    assert "is deleted" in lines["GONE"] and "may not read secret/forbidden" in lines["FORBIDDEN"]
    assert "has nothing at secret/nowhere" in lines["NOWHERE"] and "has no field NONE" in lines["FIELD"]


def test_a_role_makes_its_tokens_anew_and_keeps_them_alive(pod, server):
    server.put("a", KEY="value")
    pod.name_secrets(named(server), {"name": "KEY", "path": "a", "file": "key"})
    pod.log_in("vault", "approle", *server.add_role(lifetime=1800))
    server.forget()
    pod.age_token(300, 1800)
    pod.pull()
    assert server.paths() == ["/v1/auth/token/renew-self", "/v1/secret/data/a"]
    server.revoke_all()
    server.forget()
    pod.pull()
    assert server.paths() == ["/v1/secret/data/a", "/v1/auth/approle/login", "/v1/secret/data/a"]


def test_a_users_password_is_not_kept(pod, server):
    server.put("a", KEY="value")
    server.add_user("ann lee", "a password of this test")
    pod.name_secrets(named(server), {"name": "KEY", "path": "a", "file": "key"})
    pod.log_in("vault", "userpass", "ann lee", "a password of this test")
    pod.pull()
    assert pod.secret("key") == b"value"
    assert pod.ghost("grep -rs 'a password of this test' ~/secrets").output == ""
    server.revoke_all()
    assert "no longer takes the login; run tazpod login vault" in pod.pull(check=5).errors


def test_a_login_that_the_server_does_not_take_is_not_kept(pod, server):
    pod.name_secrets(named(server), {"name": "KEY", "path": "a", "file": "key"})
    role, _ = server.add_role()
    assert "does not take this role id and secret id" in pod.log_in("vault", "approle", role, "wrong", check=5).errors
    assert "does not take this token" in pod.log_in("vault", "token", "hvs.wrong", check=5).errors
    assert "nobody has logged in" in pod.pull(check=5).errors


def test_a_server_and_a_namespace_get_no_login_of_another(pod, server):
    logged_in(pod, server, {"name": "KEY", "path": "a", "file": "key"})
    with VaultServer() as thief:
        pod.name_secrets(named(thief), {"name": "KEY", "path": "a", "file": "key"})
        assert "nobody has logged in" in pod.pull(check=5).errors
        assert thief.tokens_used() == []
    pod.name_secrets(named(server, vault_namespace="other"), {"name": "KEY", "path": "a", "file": "key"})
    assert "nobody has logged in" in pod.pull(check=5).errors and server.tokens_used() == []


def test_a_server_that_is_sealed_standing_by_or_busy_says_so(pod, server):
    server.put("a", KEY="value")
    logged_in(pod, server, {"name": "KEY", "path": "a", "file": "key"})
    server.sealed = True
    assert "is sealed" in pod.pull(check=4).errors
    server.sealed, server.active_node = False, "http://10.0.0.1:8200"
    assert "redirects to http://10.0.0.1" in pod.pull(check=3).errors
    server.active_node = None
    server.refuse(too_many(1))
    pod.pull()
    assert pod.secret("key") == b"value"


def test_over_tls_only_a_server_whose_authority_is_known_gets_the_token(pod):
    authority = Authority()
    try:
        with VaultServer(certificate=authority.issue()) as server:
            server.mount()
            server.put("a", KEY="value")
            secret, token = {"name": "KEY", "path": "a", "file": "tls"}, server.add_token()
            pod.name_secrets(named(server), secret)
            assert "certificate" in pod.log_in("vault", "token", token, check=7).errors and server.tokens_used() == []
            (pod.directory / "authority.pem").write_bytes(authority.file.read_bytes())
            pod.name_secrets(named(server, ca_file="authority.pem"), secret)
            pod.log_in("vault", "token", token)
            pod.pull()
            assert pod.secret("tls") == b"value"
    finally:
        authority.close()
