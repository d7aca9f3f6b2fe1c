"""Tokens of the LUKS2 header: a plugin of libcryptsetup gives the key, as systemd's for FIDO2 and TPM2 do."""

import json
import pathlib
import re
import subprocess

import pytest

from missing import missing
from pod import PASSPHRASE, Pod, plain_text, tool
from vault_verbs import add_quick_key, vault

KEY = "what the token knows"
PLUGIN = """
#include <errno.h>
#include <libcryptsetup.h>
#include <string.h>
const char *cryptsetup_token_version(void) { return "1"; }
void cryptsetup_token_buffer_free(void *buffer, size_t length) { (void)buffer, (void)length; }
int cryptsetup_token_open_pin(
    struct crypt_device *device, int token, const char *pin, size_t size, char **buffer, size_t *length, void *data) {
    (void)device, (void)token, (void)data;
    if (NEEDS_PIN && !pin) return -ENOANO;
    if (NEEDS_PIN && (size != 4 || memcmp(pin, "2468", 4) != 0)) return -EPERM;
    *buffer = KEY, *length = strlen(KEY);
    return 0;
}
int cryptsetup_token_open(struct crypt_device *device, int token, char **buffer, size_t *length, void *data) {
    return cryptsetup_token_open_pin(device, token, NULL, 0, buffer, length, data);
}
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """Two plugins in the folder that libcryptsetup looks in: one that gives the key, and one that wants a PIN first."""
    said = tool("cryptsetup", "--help").stdout.decode()
    folder = re.search(r"plugin path: (\S+?)\.?$", said, re.M)
    if folder is None:
        missing("this cryptsetup has no token plugins")
    folder, build = pathlib.Path(folder.group(1)), tmp_path_factory.mktemp("plugin")
    made_folder = not folder.exists()
    folder.mkdir(exist_ok=True)
    (build / "plugin.c").write_text(PLUGIN)
    (build / "versions").write_text("CRYPTSETUP_TOKEN_1.0 { global: cryptsetup_token_*; local: *; };")
    files = []
    try:
        for name, pin in [("tazpodtest", 0), ("tazpodpin", 1)]:
            files.append(folder / f"libcryptsetup-token-{name}.so")
            subprocess.run(
                ["gcc", "-shared", "-fPIC", "-Wall", "-Werror", f'-DKEY="{KEY}"', f"-DNEEDS_PIN={pin}",
                 f"-Wl,--version-script={build}/versions", "-o", str(files[-1]), str(build / "plugin.c")], check=True, timeout=60)
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)
        if made_folder:
            folder.rmdir()


@pytest.fixture
def pod_with_token(plugins):
    """Makes a native pod whose vault has a token of that type."""
    pods = []

    def make(kind):
        pod = Pod("native")
        pods.append(pod)
        pod.use_quick_vault()
        add_quick_key(pod, KEY.encode())
        token = json.dumps({"type": kind, "keyslots": ["1"]})
        tool("cryptsetup", "token", "import", "--json-file", "-", str(pod.image), stdin=token.encode())
        return pod.up()

    yield make
    for pod in pods:
        pod.close()


def test_a_token_opens_the_vault_with_nothing_typed(pod_with_token):
    pod = pod_with_token("tazpodtest")
    child = pod.terminal("unlock")
    child.expect("Asking token 0")
    child.expect(r"\$ ")
    assert pod.vault_state() == "open"
    assert "Passphrase" not in plain_text(child.before)
    child.close(force=True)


def test_a_token_may_want_its_pin(pod_with_token):
    pod = pod_with_token("tazpodpin")
    child = pod.terminal("unlock")
    child.expect("PIN of the token: ")
    child.sendline("2468")
    child.expect(r"\$ ")
    assert "2468" not in child.before
    child.close(force=True)


def test_a_token_that_refuses_leaves_the_passphrase(pod_with_token):
    pod = pod_with_token("tazpodpin")
    child = pod.terminal("unlock")
    child.expect("PIN of the token: ")
    child.sendline("0000")
    child.expect("Passphrase for the vault")
    child.sendline(PASSPHRASE)
    child.expect(r"\$ ")
    child.close(force=True)


def test_a_descriptor_with_a_passphrase_asks_no_token(pod_with_token):
    pod = pod_with_token("tazpodtest")
    pod.unlock("wrong", check=5)
    pod.unlock()


def test_a_token_without_a_plugin_is_kept_and_not_asked(pod_with_token):
    pod = pod_with_token("nobody-knows-me")
    child = pod.terminal("unlock")
    child.expect("Passphrase for the vault")
    assert "Asking" not in child.before
    child.close(force=True)
    assert "nobody-knows-me" in vault(pod, "info").output
