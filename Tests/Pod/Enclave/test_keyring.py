"""The kernel's keys that the session has from which a pod is started, or entered, stay there."""

import shutil
import subprocess

from pod import wait_until


def test_the_keys_of_the_hosts_session_are_not_the_pods(make_pod, probes):
    pod = make_pod()
    shutil.copy2(probes / "keyring", pod.directory)

    def with_key(*command):
        return subprocess.run(
            [probes / "keyring", "hold", *command], env=pod.environment, capture_output=True, text=True, timeout=120, check=True).stdout

    assert with_key(probes / "keyring", "find") == "value\n", "its own control"
    with_key(*pod.command("up", "--provider", pod.provider))
    assert with_key(*pod.command("exec", "--", "/workspace/keyring", "find")) == "none\n"
    pod.public("tmux", "new-session", "-d", "-s", "keys", "/workspace/keyring find > /workspace/found; sleep 1000", check=0)
    found = wait_until(lambda: (pod.directory / "found").exists() and (pod.directory / "found").read_text(), "the session has looked")
    assert found == "none\n"
