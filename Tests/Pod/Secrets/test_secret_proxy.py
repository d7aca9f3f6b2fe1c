"""Secrets that come through a proxy: where it is named, what goes around it, and that nothing of its password is ever said."""

import shutil
import urllib.parse

import pytest

from authority import Authority
from missing import missing
from pod import canary
from sourced_pod import SourcedPod
from squid import Squid
from vault_server import VaultServer


def port(url):
    return urllib.parse.urlsplit(url).port


@pytest.fixture(scope="module")
def authority():
    if shutil.which("squid") is None:
        missing("squid is not installed")
    authority = Authority()
    yield authority
    authority.close()


@pytest.fixture(scope="module")
def server(authority):
    with VaultServer(certificate=authority.issue()) as server:
        server.mount()
        server.put("a", KEY="value")
        yield server


@pytest.fixture(scope="module")
def proxy(server):
    with Squid(port(server.url)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def pod(authority, server, proxy):
    """One whose config names the proxy, started by somebody whose own environment names another."""
    pod = SourcedPod(config=f"env: {{https_proxy: '{proxy.url}'}}\n", environment={"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"})
    (pod.directory / "authority.pem").write_bytes(authority.file.read_bytes())
    name_secrets(pod, server)
    pod.log_in("vault", "token", server.add_token())
    yield pod
    pod.close()


def name_secrets(pod, server, url=None):
    pod.name_secrets({"vault_url": url or server.url, "ca_file": "authority.pem"}, {"name": "KEY", "source": "vault", "path": "a", "file": "key"})


def connected(server, status=200, user="-"):
    return f"CONNECT 127.0.0.1:{port(server.url)} {status} {user}"


def test_the_pods_environment_names_the_proxy_and_the_hosts_does_not(pod, server, proxy):
    pod.ghost("rm -f ~/secrets/key", check=0)
    before = proxy.asked()
    assert set(before) == {connected(server)}, "the login went through it"
    pod.pull()
    assert pod.secret("key") == b"value" and proxy.asked() == before + [connected(server)]


def test_no_proxy_and_this_machine_itself_go_around_it(pod, server, proxy):
    before = proxy.asked()
    pod.ghost("no_proxy=127.0.0.1 tazpod pull", check=0)
    with VaultServer() as near:
        near.mount()
        near.put("a", KEY="near")
        name_secrets(pod, near)
        try:
            pod.log_in("vault", "token", near.add_token())
            pod.ghost(f"all_proxy={proxy.url} http_proxy={proxy.url} tazpod pull", check=0)
            assert pod.secret("key") == b"near"
        finally:
            name_secrets(pod, server)
    assert proxy.asked() == before


def test_what_a_proxy_refuses_or_cannot_reach_is_a_sentence(pod, server, proxy):
    before = proxy.asked()
    name_secrets(pod, server, "https://127.0.0.1:1")
    try:
        refused = pod.log_in("vault", "token", "hvs.any", check=4).errors
        assert "the proxy of https_proxy lets nobody through to 127.0.0.1 (status 403); have it allowed there, or name it in no_proxy" in refused
    finally:
        name_secrets(pod, server)
    gone = VaultServer()
    gone.close()
    with Squid(port(gone.url)) as other:
        name_secrets(pod, gone, gone.url.replace("http:", "https:"))
        try:
            script = f"echo hvs.any | https_proxy={other.url} tazpod login vault --method token --secret-fd 0"
            failed = pod.ghost(script, check=4).errors
            assert "the proxy of https_proxy cannot reach 127.0.0.1 (status 503); check its URL, and that the server runs" in failed
        finally:
            name_secrets(pod, server)
    assert other.url != proxy.url and proxy.asked()[len(before):] == ["CONNECT 127.0.0.1:1 403 -"]


def test_over_tls_to_the_proxy_its_authority_has_to_be_known(pod, server, authority):
    with Squid(port(server.url), certificate=authority.issue()) as proxy:
        pod.ghost(f"https_proxy={proxy.url} tazpod pull", check=0)
        assert proxy.asked() == [connected(server)]
        # It has the certificate for another name, too.
        named = proxy.url.replace("127.0.0.1", "127.0.0.2")
        assert "https_proxy" in pod.ghost(f"https_proxy={named} tazpod pull", check=4).errors


def test_nothing_of_a_proxys_password_is_ever_said(pod, server):
    password = canary()[0]
    said = []

    def pull_through(url, *options, check):
        # As a user keeps it: in the vault, for the ghost's shell alone.
        pod.ghost("cat > ~/secrets/proxy", stdin=url.encode(), check=0)
        result = pod.ghost(f"export https_proxy=$(cat ~/secrets/proxy); tazpod pull {' '.join(options)}", check=check)
        said.append(result.output + result.errors)
        return result.errors

    with Squid(port(server.url), user=("ann", password)) as proxy:
        for options in ((), ("--json",), ("--verbose",)):
            pull_through(f"http://ann:{password}@127.0.0.1:{proxy.port}", *options, check=0)
        assert set(proxy.asked()[1::2] or proxy.asked()) == {connected(server, user="ann")}
        wrong = "the proxy of https_proxy wants a user and a password, or does not take those in its URL"
        assert wrong in pull_through(f"http://bob:{password}@127.0.0.1:{proxy.port}", check=5)
        assert wrong in pull_through(f"http://127.0.0.1:{proxy.port}", check=5)
        proxy.end()
        gone = pull_through(f"http://ann:{password}@127.0.0.1:{proxy.port}", "--verbose", check=4)
        assert "127.0.0.1 or the proxy of https_proxy refuses connections" in gone
    assert "cannot find the address of the proxy of https_proxy" in pull_through(f"http://ann:{password}@no-such-proxy.invalid:1", check=4)
    for strange in (f"http://ann:{password}@", f"http://ann:{password}@127.0.0.1:port", f"nothing://ann:{password}@127.0.0.1:1", f"{password}"):
        pull_through(strange, check=4)
    assert not [text for text in said if password in text]
    assert pod.traces(password) == [] and password not in pod.run("logs").output + pod.status().__repr__()
    assert pod.secret("key") == b"value"
