"""A native pod with an open vault, whose secrets come from servers of the test."""

import os

from pod import Pod
from secrets_file import content, write_secrets


class SourcedPod(Pod):
    """One for the tests of a file: a login is kept by its server's address, and each test's server has another."""

    def __init__(self, **options):
        super().__init__("native", **options)
        self.use_quick_vault()
        self.up()
        self.unlock()

    def name_secrets(self, config, *secrets):
        write_secrets(self, *secrets, config=config)

    def log_in(self, source, method, *answers, check=0):
        return self.run("login", source, "--method", method, "--secret-fd", "0", stdin="".join(f"{line}\n" for line in answers).encode(), check=check)

    def pull(self, *names, check=0):
        return self.run("pull", *names, check=check)

    def secret(self, path):
        """A file of the vault, byte for byte."""
        return content(self, path)

    def login_file(self, name):
        """Where the vault keeps `name` of the last login."""
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
