"""The tests' servers of secrets: that others' clients get from them what they would from the real ones, so that their shapes are not ours alone."""

import concurrent.futures
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request

import pytest

import clients
import infisical_server
import vault_server
from authority import Authority
from infisical_server import InfisicalServer, Secret
from missing import missing
from vault_server import VaultServer


@pytest.fixture(scope="module")
def python():
    return clients.interpreter() or missing("the clients of clients.txt could not be installed")


def asked(url, path, body=None, **headers):
    """The status and the answer of one plain request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data=data, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


# -- Infisical -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def infisical():
    with InfisicalServer() as server:
        yield server


def test_the_official_client_of_infisical_is_content(infisical, python):
    project = infisical.add_project(environments=("dev", "prod"))
    infisical.put(project, "dev", "/", PASSWORD="hunter2\n", URL="https://${USER}@${dev.base.HOST}/${NOWHERE}", USER=Secret("ann", tags=["blue"]))
    infisical.put(project, "dev", "/", **{"TOKEN": "everybody's"})
    infisical.projects[project].folders["dev", "/"]["TOKEN", "personal"] = Secret("mine", "personal")
    infisical.put(project, "dev", "/base", HOST="db.internal", SHARED="one", PASSWORD="not this")
    infisical.put(project, "dev", "/more", SHARED="two")
    for path in ("/base", "/more"):
        infisical.link(project, "dev", "/", "dev", path)
    infisical.projects[project].denied.add(("prod", "/"))

    place = {"project_id": project, "environment_slug": "dev", "secret_path": "/"}
    result = clients.calls(
        python, "infisical", url=infisical.url, identity=infisical.add_identity(project), user=infisical.add_user_token(project), place=place)

    assert result["login"] == ["Bearer", 7200, 86400]
    assert result["listed"] == {"PASSWORD": "hunter2\n", "URL": "https://ann@db.internal/${NOWHERE}", "USER": "ann", "TOKEN": "everybody's"}
    assert result["imports"] == [
        ["dev", "/base", {"HOST": "db.internal", "SHARED": "one", "PASSWORD": "not this"}], ["dev", "/more", {"SHARED": "two"}]]
    assert "/base:HOST=db.internal" in result["recursive"] and "/:URL=https://${USER}@${dev.base.HOST}/${NOWHERE}" in result["recursive"]
    assert (result["tagged"], result["one"], result["imported_one"], result["no_folder"]) == (["USER"], "hunter2\n", "two", [])
    assert [entry for entry in result["person"] if entry[0] == "TOKEN"] == [["TOKEN", "personal", "mine"], ["TOKEN", "shared", "everybody's"]]
    assert result["no_secret"] == [404, "NotFound", 404, True] and result["no_project"] == [404, "NotFound", 404, True]
    assert result["not_allowed"] == [403, "PermissionDenied", 403, True]
    assert result["bad_login"] == [401, "UnauthorizedError", 401, True] and result["no_token"] == [401, "UnauthorizedError", 401, True]
    assert result["bad_token"] == [403, "TokenError", 403, True]


def test_a_renewed_token_of_infisical_is_another_and_both_end(infisical):
    project = infisical.add_project()
    client, secret = infisical.add_identity(project, lifetime=1, greatest_age=2)
    login = asked(infisical.url, "/api/v1/auth/universal-auth/login", {"clientId": client, "clientSecret": secret})[1]
    status, renewed = asked(infisical.url, "/api/v1/auth/token/renew", {"accessToken": login["accessToken"]})
    assert status == 200 and renewed["accessToken"] != login["accessToken"] and renewed["expiresIn"] == 1

    path = f"/api/v3/secrets/raw?workspaceId={project}&environment=dev"
    assert asked(infisical.url, path, Authorization=f"Bearer {renewed['accessToken']}")[0] == 200
    time.sleep(1.2)
    status, refusal = asked(infisical.url, path, Authorization=f"Bearer {renewed['accessToken']}")
    assert (status, refusal["error"], refusal["message"]) == (403, "TokenError", "Your token has expired. Please re-authenticate.")
    person = infisical.add_user_token(project)
    assert asked(infisical.url, "/api/v1/auth/token/renew", {"accessToken": person})[0] == 400
    infisical.revoke_all()
    assert asked(infisical.url, path, Authorization=f"Bearer {person}")[0] == 401


def test_a_service_token_reads_the_folder_that_it_is_for(infisical):
    project = infisical.add_project()
    infisical.put(project, "dev", "/app", KEY="value")
    token = infisical.add_service_token(project, "dev", "/app")
    listed = asked(infisical.url, "/api/v3/secrets/raw", Authorization=f"Bearer {token}")[1]
    assert [(secret["secretKey"], secret["secretValue"]) for secret in listed["secrets"]] == [("KEY", "value")]


# -- HashiCorp Vault -------------------------------------------------------------------------------------------------------


def test_hvac_is_content(python):
    with VaultServer() as server, VaultServer() as standby, VaultServer() as sealed:
        for mount, namespace in (("secret", ""), ("team/kv", ""), ("secret", "team")):
            server.mount(mount, namespace)
        server.put("app/db", user="ann", password="first")
        server.put("app/db", user="ann", password="second", port=5432)
        server.put("old", key="value")
        server.delete("old")
        server.put("key", mount="team/kv", value="deep")
        server.put("app", namespace="team", value="theirs")
        server.denied.add("secret/forbidden")
        server.add_user("ann", "pass word", lifetime=600)
        role, secret = server.add_role(lifetime=900, renewable=False)
        standby.active_node, sealed.sealed = server.url, True

        result = clients.calls(
            python, "vault", url=server.url, token=server.add_token(), role=role, secret=secret, standby=standby.url, sealed=sealed.url)

    assert result["token"] == [True, 3600, True] and result["renewed"] == [3600, True, True]
    assert result["logins"] == [[900, False, "service"], [600, True, "service"]]
    assert result["authenticated"] == [True, True, True, False]
    assert result["newest"] == [{"user": "ann", "password": "second", "port": 5432}, 2]
    assert (result["first"], result["deleted"], result["listed"]) == ({"user": "ann", "password": "first"}, 1, ["db"])
    assert (result["deep_mount"], result["namespace"]) == ({"value": "deep"}, {"value": "theirs"})
    assert result["nothing"] == ["InvalidPath", []] and result["no_mount"][0] == "InvalidPath"
    assert result["denied"] == ["Forbidden", [vault_server.DENIED]] and result["bad_token"] == ["Forbidden", [vault_server.BAD_TOKEN]]
    assert result["bad_role"] == ["InvalidRequest", ["invalid role or secret ID"]]
    assert result["through_standby"] == {"user": "ann", "password": "second", "port": 5432}
    assert result["sealed"] == ["VaultDown", ["Vault is sealed"]]


# -- both ------------------------------------------------------------------------------------------------------------------


def test_the_delay_does_not_limit_how_many_are_asked_at_once(infisical):
    infisical.delay = 0.2
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert [answer[0] for answer in pool.map(lambda _: asked(infisical.url, "/api/status"), range(16))] == [200] * 16
    assert time.monotonic() - begun < 1.6 and infisical.most_in_flight > 8


def test_connections_are_kept_and_counted(infisical):
    connection = http.client.HTTPConnection(infisical.url.removeprefix("http://"), timeout=20)
    for _ in range(3):
        connection.request("GET", "/api/status", headers={"Authorization": "Bearer of no ill"})
        connection.getresponse().read()
    connection.close()
    assert (infisical.connections, infisical.paths(), infisical.tokens_used()) == (1, ["/api/status"] * 3, ["of no ill"] * 3)


@pytest.mark.parametrize("module, kind", [(infisical_server, InfisicalServer), (vault_server, VaultServer)], ids=["infisical", "vault"])
def test_one_who_asks_too_often_is_told_when_to_come_back(module, kind):
    with kind() as server:
        server.refuse(module.too_many(7), times=2)
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
        answers = []
        for _ in range(3):
            connection.request("GET", "/v1/sys/health" if kind is VaultServer else "/api/status")
            answer = connection.getresponse()
            answers.append((answer.status, answer.headers["Retry-After"]))
            answer.read()
        connection.close()
    assert answers == [(429, "7"), (429, "7"), (200, None)]


def test_with_a_certificate_only_those_who_trust_its_authority_get_in():
    authority = Authority()
    try:
        with VaultServer(certificate=authority.issue()) as server:
            trusting = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority.file)))
            assert trusting.open(server.url + "/v1/sys/health", timeout=20).status == 200
            with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
                asked(server.url, "/v1/sys/health")
    finally:
        authority.close()
