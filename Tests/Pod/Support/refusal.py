"""An unlock that cannot be."""

from pod import PASSPHRASE, Leftovers, digest


def refused(pod, code, passphrase=PASSPHRASE, words=()):
    """An unlock that must fail with one sentence, and change nothing."""
    before, leftovers = digest(pod.image) if pod.image.exists() else None, Leftovers(pod)
    result = pod.unlock(passphrase=passphrase, check=None)
    assert result.status == code, result
    lines = result.errors.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("tazpod: "), result
    for word in words:
        assert word in lines[0], result
    assert result.output == ""
    after = digest(pod.image) if pod.image.exists() else None
    assert before == after, "the image has changed"
    leftovers.check()
    assert pod.vault_state() == "locked"
    return lines[0]


def opens_again(pod):
    pod.unlock()
    pod.ghost("test -d ~/secrets/lost+found", check=0)
    pod.lock()
