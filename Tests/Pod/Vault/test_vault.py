"""The main job: a vault is made, opened, written, locked and opened again."""

from pod import PASSPHRASE, Leftovers


def test_a_new_vault_keeps_what_a_ghost_wrote(make_pod):
    pod = make_pod().up()
    leftovers = Leftovers(pod)
    pod.unlock()
    assert pod.vault_state() == "open"
    pod.ghost("echo precious > ~/secrets/token", check=0)
    pod.lock()
    assert pod.vault_state() == "locked"
    leftovers.check()
    found = pod.run("unlock", "--", "cat", "/home/tazpod/secrets/token", passphrase=PASSPHRASE, check=0)
    assert found.output == "precious\n"
    assert pod.vault_state() == "locked"


def test_a_command_run_by_unlock_passes_its_status_and_locks(pod):
    assert pod.run("unlock", "--", "sh", "-c", "exit 42", passphrase=PASSPHRASE).status == 42
    assert pod.vault_state() == "locked"


def test_a_command_run_by_unlock_gets_our_standard_input(pod):
    found = pod.run("unlock", "--", "cat", stdin=b"through\n", passphrase=PASSPHRASE, check=0)
    assert found.output == "through\n"


def test_the_public_area_is_not_the_ghost(pod):
    pod.unlock()
    pod.ghost("echo precious > ~/secrets/token", check=0)
    assert pod.public("sh", "-c", "cat ~/secrets/token").status != 0
    assert "/secrets " not in pod.public("cat", "/proc/self/mountinfo", check=0).output


def test_up_is_idempotent(pod):
    before = pod.init_pid()
    pod.up()
    assert pod.init_pid() == before


def test_down_leaves_the_vault_and_nothing_else(pod):
    pod.unlock()
    leftovers_pod = pod.name
    pod.run("down", check=0)
    assert pod.status()["pod"] == "absent"
    assert pod.image.exists()
    assert leftovers_pod not in pod.run("list").output
