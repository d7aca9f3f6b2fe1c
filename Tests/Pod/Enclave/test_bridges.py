"""Bridges: folders of the vault that the ghost sees in its home."""

import pytest

from pod import PASSPHRASE, Leftovers, canary

BRIDGES = "bridges: [.gemini, deep/er/still]\n"


@pytest.fixture
def bridged(make_pod):
    pod = make_pod(config=BRIDGES)
    pod.use_quick_vault()
    return pod.up()


@pytest.mark.parametrize("name", [".gemini", "deep/er/still"])
def test_what_is_written_over_a_bridge_is_kept_in_the_vault(bridged, name):
    text, _ = canary()
    bridged.unlock()
    bridged.ghost(f"echo {text} > ~/{name}/file && cmp ~/{name}/file ~/secrets/{name}/file", check=0)
    # The home itself is not kept: what is beside a bridge is gone with the ghost.
    bridged.ghost("echo gone > ~/deep/beside", check=0)
    bridged.lock()
    bridged.unlock()
    assert bridged.ghost(f"cat ~/{name}/file; cat ~/deep/beside").output == f"{text}\n"
    assert bridged.ghost(f"stat -c %U ~/{name}", check=0).output == "tazpod\n"
    public = bridged.public("sh", "-c", "ls -A ~/.gemini ~/deep /workspace 2>/dev/null; true", check=0).output
    assert "file" not in public and "still" not in public


# What a program in the ghost leaves in the vault, and the bridge that then leads out of it.
LED_ASTRAY = {
    "a link": "mv ~/secrets/.gemini ~/secrets/was && ln -s /workspace/out ~/secrets/.gemini",
    "a link on the way": "mv ~/secrets/deep ~/secrets/was && ln -s /workspace/out ~/secrets/deep",
    "a link to nothing": "mv ~/secrets/.gemini ~/secrets/was && ln -s /workspace/new ~/secrets/.gemini",
    "a file": "mv ~/secrets/.gemini ~/secrets/was && echo > ~/secrets/.gemini",
}


def lead_astray(pod, how):
    (pod.directory / "out/er/still").mkdir(parents=True)
    for folder in (pod.directory / "out").rglob(""):
        folder.chmod(0o777)
    pod.unlock()
    pod.ghost(LED_ASTRAY[how], check=0)
    pod.lock()
    return Leftovers(pod)


@pytest.mark.parametrize("how", LED_ASTRAY)
def test_a_bridge_leads_nowhere_but_into_the_vault(bridged, how):
    leftovers = lead_astray(bridged, how)
    result = bridged.unlock(check=None)
    assert result.status == 7 and len(result.errors.splitlines()) == 1, result
    assert "the bridge" in result.errors and "take it out of bridges:" in result.errors
    leftovers.check()
    assert not (bridged.directory / "new").exists()
    # As the sentence says: without the bridge the vault opens, and can be mended.
    bridged.run("down", check=0)
    bridged.configure("bridges: []\n")
    bridged.up().unlock()
    bridged.ghost("rm -rf ~/secrets/.gemini ~/secrets/deep && mkdir -p ~/secrets/.gemini", check=0)
    bridged.run("down", check=0)
    bridged.configure(BRIDGES)
    bridged.up().unlock()


def test_were_links_followed_a_bridge_would_lead_out_of_the_vault(make_weakened_pod):
    pod = make_weakened_pod("bridge-links")
    lead_astray(pod, "a link")
    pod.run("unlock", "--", "sh", "-c", "echo precious > ~/.gemini/file", passphrase=PASSPHRASE, check=0)
    assert (pod.directory / "out/file").read_text() == "precious\n"
