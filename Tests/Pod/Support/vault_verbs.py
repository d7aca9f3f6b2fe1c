"""`tazpod vault VERB` on a pod, with passphrases on descriptors; and what stock cryptsetup says of the same image."""

import contextlib
import json
import os
import subprocess

from pod import PASSPHRASE, WAIT, Result, tool


def vault(pod, verb, *arguments, passphrase=None, new=None, removed=None, key_file=None, stdin=b"", check=0, timeout=WAIT, binary=False):
    """Runs the verb with no terminal. A passphrase is a text; those of a pipe go through descriptors of their own."""
    command = pod.command("vault", verb)
    pipes = []
    for option, secret in [("--passphrase-fd", passphrase), ("--new-passphrase-fd", new), ("--remove-passphrase-fd", removed)]:
        if secret is not None:
            reading, writing = os.pipe()
            os.write(writing, secret.encode() + b"\n")
            os.close(writing)
            pipes.append(reading)
            command += [option, str(reading)]
    if key_file is not None:
        command += ["--key-file", str(key_file)]
    try:
        done = subprocess.run(
            command + [str(argument) for argument in arguments], input=stdin, capture_output=True, timeout=timeout, pass_fds=pipes,
            env=pod.environment, start_new_session=True)
    finally:
        for descriptor in pipes:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    result = Result(done.returncode, done.stdout if binary else done.stdout.decode(), done.stderr.decode(errors="replace"))
    assert check is None or result.status == check, f"vault {verb}: {result}"
    return result


def facts(pod):
    return json.loads(vault(pod, "info", "--json").output)


def findings(pod, *arguments, **options):
    """What `check` found, by name."""
    result = vault(pod, "check", "--json", *arguments, **options)
    return {finding["name"]: finding for finding in json.loads(result.output)["findings"]}


def stock_opens(image, passphrase, slot=None):
    """Whether stock cryptsetup opens the image with this passphrase: text, or the bytes of a key file."""
    secret = passphrase if isinstance(passphrase, bytes) else passphrase.encode()
    only = [] if slot is None else ["--key-slot", str(slot)]
    done = tool(
        "cryptsetup", "open", "--test-passphrase", *only, "--key-file", "-", str(image), stdin=secret, check=False)
    assert done.returncode in (0, 1, 2), done
    return done.returncode == 0


def stock_metadata(image):
    return json.loads(tool("cryptsetup", "luksDump", "--dump-json-metadata", str(image)).stdout)


def add_quick_key(pod, key):
    """A further key, by stock tools, that costs almost nothing to derive."""
    old, new = pod.folder / "quick.old", pod.folder / "quick.new"
    old.write_text(PASSPHRASE)
    new.write_bytes(key)
    tool(
        "cryptsetup", "luksAddKey", "--batch-mode", "--pbkdf-force-iterations", "4", "--pbkdf-memory", "32", "--key-file", str(old),
        str(pod.image), str(new))
