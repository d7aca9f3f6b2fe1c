"""Projects with a secrets.yml."""

import json

from pod import PASSPHRASE


def write_secrets(pod, *items, config=None):
    """Writes secrets.yml: JSON is YAML, and quotes whatever is in it."""
    text = {"config": config or {}, "secrets": list(items)}
    (pod.directory / ".tazpod/secrets.yml").write_text(json.dumps(text, indent=1))


def put_file(pod, name, content):
    """A file of the project that the ghost can read."""
    path = pod.directory / name
    path.write_bytes(content)
    path.chmod(0o644)
    return path


def pull(pod, *words, check=0, **options):
    return pod.run("pull", *words, check=check, **options)


def pull_json(pod, *words, check=0, **options):
    """What `pull --json` says, by the secrets' names."""
    answer = json.loads(pull(pod, "--json", *words, check=check, **options).output)
    return {secret["name"]: secret for secret in answer["secrets"]}


def open_and_pull(pod, *words, **options):
    return pull(pod, *words, passphrase=PASSPHRASE, **options)


def content(pod, path):
    """A file of the vault, in hexadecimal digits, so that no byte is lost on the way."""
    return bytes.fromhex(pod.ghost(f"od -An -v -tx1 ~/secrets/{path} | tr -d ' \\n'", check=0).output)
