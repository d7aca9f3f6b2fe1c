"""Others' clients of Infisical and HashiCorp Vault, in a Python environment of their own, made once."""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test"))
PINS = pathlib.Path(__file__).with_name("clients.txt")
CALLS = pathlib.Path(__file__).with_name("client_calls.py")


def interpreter():
    """The Python that has them, or None where they cannot be had."""
    folder = CACHE / f"clients-{hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            made = pathlib.Path(place, "environment")
            pip = [str(made / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", str(PINS)]
            for command in (["/usr/bin/python3", "-m", "venv", str(made)], pip):
                if subprocess.run(command, capture_output=True, timeout=300).returncode != 0:
                    return None
            try:
                made.rename(folder)
            except OSError:
                # Another run of the tests was quicker.
                pass
    return folder / "bin/python"


def calls(python, client, **arguments):
    """What one of `client_calls.py` gives, with these arguments."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [str(python), str(CALLS), client], input=json.dumps(arguments), capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, f"{client}: {done.stderr}"
    return json.loads(done.stdout)
