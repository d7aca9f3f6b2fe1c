"""A passphrase that does not open a vault: one sentence, and nothing lost."""

import pytest

from refusal import opens_again, refused

PROOF = 5


def test_a_wrong_passphrase(pod):
    refused(pod, PROOF, passphrase="wrong", words=["passphrase is wrong"])
    opens_again(pod)


@pytest.mark.parametrize("new", [False, True], ids=["for a vault", "for a new vault"])
def test_an_empty_passphrase(make_pod, new):
    pod = make_pod()
    if not new:
        pod.use_quick_vault()
    pod.up()
    refused(pod, PROOF, passphrase="", words=["empty"])
    assert not list(pod.image.parent.glob("*.new"))


def test_a_passphrase_that_is_too_long(pod):
    refused(pod, PROOF, passphrase="x" * 600)


def test_no_terminal_and_no_descriptor(pod):
    result = pod.run("unlock", "--detach")
    assert (result.status, len(result.errors.splitlines())) == (PROOF, 1)
    assert "--passphrase-fd" in result.errors
