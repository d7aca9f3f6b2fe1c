"""Secrets from Infisical: by its REST API, against a server that its official client is content with, and by its own program."""

import json

import pytest

from infisical_server import InfisicalServer, Secret, too_many
from recording_server import Answer
from sourced_pod import SourcedPod


@pytest.fixture(scope="module")
def pod():
    pod = SourcedPod()
    yield pod
    pod.close()


@pytest.fixture
def server():
    with InfisicalServer() as server:
        yield server


def named(server, project, **more):
    return {"provider": "infisical", "infisical_url": server.url, "infisical_project_id": project, "environment": "dev", **more}


def logged_in(pod, server, project, *secrets, **identity):
    pod.name_secrets(named(server, project), *secrets)
    client, proof = server.add_identity(project, **identity)
    pod.log_in("infisical", "identity", client, proof)
    server.forget()
    return client, proof


def test_values_arrive_byte_for_byte_with_imports_and_references(pod, server):
    project = server.add_project()
    values = {"LINES": "a\n\n b \n", "QUOTES": "'\"`$(x)\\", "WORDS": "żółć 🗝", "NUL": "a\0b", "LARGE": "0123456789abcdef" * 65536, "EMPTY": ""}
    server.put(project, "dev", "/", **values, URL="https://${LINES_USER}@${dev.base.HOST}", LINES_USER="ann", OWN="own")
    server.put(project, "dev", "/base", HOST="db.internal", OWN="imported", TWICE="first")
    server.put(project, "dev", "/more", TWICE="last")
    server.link(project, "dev", "/", "dev", "/base")
    server.link(project, "dev", "/", "dev", "/more")
    expected = {**values, "URL": "https://ann@db.internal", "OWN": "own", "TWICE": "last", "HOST": "db.internal"}
    secrets = [{"name": name, "file": f"infisical/{name}"} for name in expected]
    client, proof = logged_in(pod, server, project, *secrets)

    result = pod.pull()
    assert {name: pod.secret(f"infisical/{name}") for name in expected} == {name: value.encode() for name, value in expected.items()}
    assert pod.ghost("stat -c %a ~/secrets/infisical/* | sort -u", check=0).output == "600\n"
    assert server.paths() == ["/api/v3/secrets/raw"], "all the secrets of a folder are one request"
    assert not any(value and value in result.output + result.errors for value in ("db.internal", "żółć", proof))


def test_one_request_for_each_folder_and_environment(pod, server):
    project, other = server.add_project(environments=("dev", "prod")), server.add_project("other-project")
    for place in ((project, "dev", "/"), (project, "dev", "/app"), (project, "prod", "/"), (other, "dev", "/")):
        server.put(*place, KEY="/".join(place))
    places = [{}, {"path": "/app"}, {"path": "app/"}, {"environment": "prod"}, {"project_id": other}]
    pod.name_secrets(named(server, project), *({"name": f"K{i}", "key": "KEY", "file": f"k{i}", **place} for i, place in enumerate(places)))
    pod.log_in("infisical", "identity", *server.add_identity(project, other))
    server.forget()
    pod.pull()
    assert [pod.secret(f"k{i}").decode() for i in range(5)] == [
        f"{project}/dev//", f"{project}/dev//app", f"{project}/dev//app", f"{project}/prod//", "other-project/dev//"]
    assert len(server.requests) == 4


def test_each_secret_that_cannot_be_had_says_why_and_the_rest_is_pulled(pod, server):
    project = server.add_project(environments=("dev", "prod", "hidden"))
    server.put(project, "dev", "/", GOOD="good")
    server.put(project, "prod", "/", GOOD="prod")
    server.put(project, "hidden", "/", GOOD="hidden")
    server.projects[project].denied.add(("prod", "/"))
    server.projects[project].hidden.add(("hidden", "/"))
    logged_in(
        pod, server, project, {"name": "GOOD", "file": "good"}, {"name": "MISSING", "file": "missing"},
        {"name": "PROD", "key": "GOOD", "environment": "prod", "file": "prod"}, {"name": "NOWHERE", "path": "/nowhere", "file": "nowhere"},
        {"name": "STRANGE", "project_id": "no-such", "file": "strange"}, {"name": "HIDDEN", "key": "GOOD", "environment": "hidden", "file": "hidden"})
    errors = pod.pull(check=3).errors
    assert pod.secret("good") == b"good"
    lines = {line.split(": ")[1]: line for line in errors.splitlines() if line.count(": ") > 1}
    assert "there is no MISSING in / of dev" in lines["MISSING"] and "there is no NOWHERE in /nowhere of dev" in lines["NOWHERE"]
    assert "may not read / of prod" in lines["PROD"] and "knows no project no-such" in lines["STRANGE"] and "without its value" in lines["HIDDEN"]
    assert "GOOD" not in lines and pod.ghost("ls ~/secrets/prod ~/secrets/hidden").status != 0


def test_a_login_that_the_server_does_not_take_is_not_kept(pod, server):
    project = server.add_project()
    pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
    client, _ = server.add_identity(project)
    result = pod.log_in("infisical", "identity", client, "wrong", check=5)
    assert "does not take this client id and client secret" in result.errors
    assert "does not take this token" in pod.log_in("infisical", "token", "nothing", check=5).errors
    assert "nobody has logged in" in pod.pull(check=5).errors
    assert "must be one of" in pod.log_in("infisical", "password", check=2).errors


def test_a_server_gets_no_login_of_another(pod, server):
    project = server.add_project()
    logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    with InfisicalServer() as thief:
        thief.add_project()
        pod.name_secrets(named(thief, project), {"name": "KEY", "file": "key"})
        assert "nobody has logged in" in pod.pull(check=5).errors
        assert thief.tokens_used() == [] and not any(request.body for request in thief.requests)


def test_nothing_of_a_login_is_outside_the_vault(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="a value of this test")
    client, proof = logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    pod.pull()
    assert pod.secret("key") == b"a value of this test"
    token = server.tokens_used()[-1]
    assert token in pod.ghost(f"cat {pod.login_file('token')}", check=0).output
    assert pod.traces(proof, token, "a value of this test") == []


def test_a_token_is_renewed_before_its_end_and_made_anew_after_it(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="value")
    logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    pod.pull()
    first = server.tokens_used()[-1]
    pod.age_token(600, 7200)
    server.forget()
    pod.pull()
    assert server.paths()[0] == "/api/v1/auth/token/renew" and server.tokens_used()[-1] != first, "the new token of the renewal is used"
    pod.age_token(-10, 7200)
    server.forget()
    pod.pull()
    assert server.paths() == ["/api/v1/auth/universal-auth/login", "/api/v3/secrets/raw"]


def test_a_token_that_the_server_forgot_is_made_anew_from_the_identity(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="value")
    logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    server.revoke_all()
    pod.pull()
    assert server.paths() == ["/api/v3/secrets/raw", "/api/v1/auth/universal-auth/login", "/api/v3/secrets/raw"]


def test_a_token_that_lives_for_seconds_is_no_trouble(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="value")
    logged_in(pod, server, project, {"name": "KEY", "file": "key"}, lifetime=1)
    pod.pull()
    pod.pull()


def test_a_persons_token_reads_what_is_his_and_ends_with_a_sentence(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="everybody's")
    server.projects[project].folders["dev", "/"]["KEY", "personal"] = Secret("mine", "personal")
    pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
    pod.log_in("infisical", "token", server.add_user_token(project))
    pod.pull()
    assert pod.secret("key") == b"mine"
    server.revoke_all()
    errors = pod.pull(check=5).errors
    assert "no longer takes the login; run tazpod login infisical" in errors and pod.secret("key") == b"mine"


def test_a_service_token_is_a_token_too(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/app", KEY="value")
    pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
    pod.log_in("infisical", "token", server.add_service_token(project, "dev", "/app"))
    pod.pull()
    assert pod.secret("key") == b"value"


def test_a_server_that_is_busy_is_asked_again_and_one_that_is_gone_leaves_what_was_pulled(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="old")
    logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    pod.pull()
    server.put(project, "dev", "/", KEY="new")
    server.refuse(too_many(1))
    pod.pull()
    assert pod.secret("key") == b"new"
    server.close()
    assert "KEY: " in pod.pull(check=4).errors and pod.secret("key") == b"new"


def test_an_answer_that_makes_no_sense_is_a_sentence_and_changes_nothing(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="value")
    logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    pod.pull()
    for answer, code, words in (
        (Answer(200, b"<html>hello</html>"), 4, "a web page instead of JSON"),
        (Answer(200, b'{"secrets": [{"secretKey": "KEY", "secretVal'), 4, "ends in the middle"),
        (Answer(200, b""), 4, "is empty"),
        (Answer(200, {"secrets": "none"}), 4, "has no list of secrets"),
        (Answer(200, {"secrets": [{"secretKey": "KEY", "secretValue": 7}]}), 4, "something else"),
        (Answer(403, b"<html>no</html>"), 5, "may not read"),
        (Answer(404, {"error": "Not Found"}), 3, "does not answer as Infisical"),
        (Answer(302, headers={"Location": "https://elsewhere.example/"}), 3, "redirects to https://elsewhere.example"),
        (Answer(418), 4, "does not accept the request"),
    ):
        server.refuse(answer)
        assert words in pod.pull(check=code).errors
    assert pod.secret("key") == b"value"


def test_a_rotated_secret_is_there_at_the_next_pull(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="one")
    logged_in(pod, server, project, {"name": "KEY", "file": "key", "env": "KEY_FILE"})
    for value in ("one", "two"):
        server.put(project, "dev", "/", KEY=value)
        pod.pull()
        assert pod.secret("key") == value.encode()


def test_an_interrupted_login_changes_nothing(pod, server):
    project = server.add_project()
    pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
    terminal = pod.terminal("login", "infisical")
    terminal.expect("Client id of the machine identity at 127.0.0.1: ")
    terminal.sendline("somebody")
    terminal.expect("Client secret: ")
    terminal.send("half\x03")
    shown = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 5 and "nobody answered" in shown and "half" not in shown, shown
    assert server.requests == [] and "nobody has logged in" in pod.pull(check=5).errors


def test_a_terminal_asks_and_shows_nothing_of_what_proves_it(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="typed")
    pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
    client, proof = server.add_identity(project)
    for verb in (["login", "infisical"], ["pull"]):
        terminal = pod.terminal(*verb)
        terminal.expect("Client id of the machine identity at 127.0.0.1: ")
        terminal.sendline(client)
        terminal.expect("Client secret: ")
        terminal.sendline(proof)
        shown = terminal.read()
        terminal.close()
        assert terminal.exitstatus == 0 and proof not in shown and client not in shown, shown
        if verb == ["pull"]:
            assert pod.secret("key") == b"typed"
        pod.ghost("rm -r ~/secrets/.tazpod/login/infisical", check=0)


# -- Infisical's own program -----------------------------------------------------------------------------------------------

# Stands in for the program of that name, which cannot be had here; its options are those of Infisical's CLI 0.43.
STAND_IN = """#!/bin/sh
printf '%s\\n' "$*" >> "$HOME/calls"
env | grep '^INFISICAL' >> "$HOME/calls"
[ "$1" = export ] || exit 1
printf '%s' '[{"key": "KEY", "workspace": "p", "value": "from the program\\n", "type": "shared", "_id": "1"}]'
"""


def configured(pod, domain):
    """The program is there, and somebody has logged in with it to that domain."""
    text = json.dumps({"loggedInUserEmail": "ann@example.com", "LoggedInUserDomain": domain})
    pod.ghost(
        "rm -f ~/calls; mkdir -p ~/.infisical ~/tools; cat > ~/tools/infisical; chmod 755 ~/tools/infisical;"
        f"printf '%s' '{text}' > ~/.infisical/infisical-config.json", stdin=STAND_IN.encode(), check=0)


def test_the_program_is_used_where_it_is_logged_in_to_that_server(pod, server):
    project = server.add_project()
    pod.name_secrets(named(server, project, infisical_path="/app"), {"name": "KEY", "file": "key"}, {"name": "OTHER", "file": "other"})
    configured(pod, f"{server.url}/api")
    result = pod.ghost("PATH=~/tools:$PATH INFISICAL_TOKEN=secret tazpod pull")
    assert result.status == 3 and "there is no OTHER in /app of dev" in result.errors
    assert pod.secret("key") == b"from the program\n" and server.requests == []
    calls = pod.ghost("cat ~/calls", check=0).output
    assert calls == f"export --format=json --silent --telemetry=false --projectId={project} --env=dev --path=/app\n"


def test_the_program_is_not_used_for_another_server_nor_where_tazpod_has_a_login(pod, server):
    project = server.add_project()
    server.put(project, "dev", "/", KEY="from the server")
    pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
    configured(pod, "https://app.infisical.com/api")
    assert "nobody has logged in" in pod.ghost("PATH=~/tools:$PATH tazpod pull").errors
    configured(pod, f"{server.url}/api")
    logged_in(pod, server, project, {"name": "KEY", "file": "key"})
    pod.ghost("PATH=~/tools:$PATH tazpod pull", check=0)
    assert pod.secret("key") == b"from the server" and pod.ghost("test -e ~/calls").status != 0


def test_a_login_of_the_program_that_the_vault_does_not_keep_does_not_count(server):
    project = server.add_project()
    pod = SourcedPod(config="bridges: []\n")
    try:
        pod.name_secrets(named(server, project), {"name": "KEY", "file": "key"})
        configured(pod, f"{server.url}/api")
        assert "nobody has logged in" in pod.ghost("PATH=~/tools:$PATH tazpod pull").errors
        assert pod.ghost("test -e ~/calls").status != 0
    finally:
        pod.close()
