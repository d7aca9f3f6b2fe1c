"""What the tests of attacks share."""

import shutil
import subprocess

from pod import canary


def put(pod, program):
    """The probe, where the public area can run it."""
    shutil.copy2(program, pod.directory / program.name)
    return f"/workspace/{program.name}"


def open_with_secret(pod):
    pod.unlock()
    text, _ = canary()
    pod.ghost(f"echo {text} > ~/secrets/token", check=0)
    # In the ghost's environment, its memory and its arguments' files too.
    pod.ghost("nohup sh -c 'TOKEN=$(cat ~/secrets/token) exec sleep 600 <~/secrets/token' >/dev/null 2>&1 & sleep 0.2", check=0)
    return text


def as_bare_root(pod, *command):
    """Runs `command` in the pod as uid 0 with no capability at all."""
    done = subprocess.run(
        [
            "nsenter", "--target", str(pod.init_pid()), *pod.namespaces, "--", "setpriv", "--bounding-set=-all",
            "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", *command,
        ], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def tazpod_in(pod):
    """The pod's own `tazpod`, as a process in the pod finds it."""
    return "/run/tazpod/bin/tazpod" if pod.provider == "native" else "tazpod"
