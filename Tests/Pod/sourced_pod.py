"""A native pod with an open vault, whose secrets come from servers of the test."""

import json
import os

from pod import Pod


class SourcedPod(Pod):
    """Quick to begin with; what a server's address is the pod never saw, nobody has logged in to yet."""

    def __init__(self, **options):
        super().__init__("native", **options)
        self.use_quick_vault()
        self.up()
        self.unlock()

    def name_secrets(self, config, *secrets):
        """Writes secrets.yml, of which every document of JSON is one of YAML."""
        (self.directory / ".tazpod/secrets.yml").write_text(json.dumps({"config": config, "secrets": list(secrets)}))

    def log_in(self, source, method, *answers, check=0):
        return self.run("login", source, "--method", method, "--secret-fd", "0", stdin="".join(f"{line}\n" for line in answers).encode(), check=check)

    def pull(self, *names, check=0):
        return self.run("pull", *names, check=check)

    def secret(self, path):
        """A file of the vault, byte for byte."""
        return bytes.fromhex(self.ghost(f"od -An -v -tx1 ~/secrets/{path} | tr -d ' \\n'", check=0).output)

    def login_file(self, name):
        """Where the vault keeps a login's `name`; for the one server that it knows it of last."""
        return self.ghost(f"ls -t ~/secrets/.tazpod/login/*/*/{name} | head -n 1", check=0).output.strip()

    def age_token(self, rest, lifetime):
        """The kept token was given long ago: `rest` seconds are left of it."""
        file = self.login_file("token")
        self.ghost(f'sed -i "1s/.*/$(($(date +%s) + {rest})) {lifetime} 1/" {file}', check=0)

    def traces(self, *secrets):
        """Where the project's folder, the host's records or the logs hold one of the secrets in the clear."""
        found = []
        for folder in (self.directory, self.folder / "run", self.records):
            for path, _, names in os.walk(folder):
                for name in names:
                    file = os.path.join(path, name)
                    if not os.path.isfile(file) or file == str(self.image):
                        continue
                    with open(file, "rb") as handle:
                        content = handle.read()
                    found += [file for secret in secrets if secret.encode() in content]
        return found
