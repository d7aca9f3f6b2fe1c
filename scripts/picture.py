#!/usr/bin/env python3
"""Draws docs/terminal.svg: a real run under the native provider, typed into a terminal of tmux's and drawn as it stands there."""

import io
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from rich.console import Console
from rich.text import Text

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
COLUMNS, ROWS = 92, 34
WAIT_SECONDS = 30
PASSPHRASE = "correct horse battery staple"
# What is typed, and what must then be on the screen; the passphrase is not echoed.
STEPS = [
    ("tazpod init && tazpod up --provider native", "is ready"),
    ("tazpod unlock --detach", "New passphrase"),
    (PASSPHRASE, "again"),
    (PASSPHRASE, "myproject $"),
    ("tazpod exec --ghost -- sh -c 'echo hunter2 > ~/secrets/token; id -un; cat ~/secrets/token'", "hunter2\n"),
    ("tazpod exec -- cat /home/tazpod/secrets/token", "No such file"),
    ("tazpod exec -- ls /run/tazpod/private", "Permission denied"),
    ("tazpod sessions", "ghost "),
    ("tazpod lock && tazpod status", "locked"),
    ("tazpod exec --ghost -- cat /home/tazpod/secrets/token", "locked; run"),
    ("tazpod unlock -- cat /home/tazpod/secrets/token", "Passphrase for"),
    (PASSPHRASE, "hunter2\n"),
]


class Terminal:
    """A shell in a tmux server of its own."""

    def __init__(self, folder, directory):
        self.socket = str(folder / "tmux.sock")
        environment = dict(
            os.environ, PATH=f"{REPOSITORY}/bin:{os.environ['PATH']}", PS1=r"\[\e[1;32m\]\W\[\e[0m\] $ ", XDG_RUNTIME_DIR=str(folder))
        environment.pop("TMUX", None)
        self.run(
            "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "bash", "--norc", env=environment, cwd=directory)
        self.run("set", "-g", "status", "off")

    def run(self, *arguments, **options):
        done = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *arguments], capture_output=True, text=True, timeout=20, check=True, **options)
        return done.stdout

    def screen(self, *options):
        return self.run("capture-pane", "-p", *options)

    def type(self, text, expected):
        seen = self.screen().count(expected)
        self.run("send-keys", "-l", text)
        self.run("send-keys", "Enter")
        deadline = time.monotonic() + WAIT_SECONDS
        while self.screen().count(expected) <= seen:
            if time.monotonic() > deadline:
                raise SystemExit(f"picture: {expected!r} did not come after {text!r}:\n{self.screen()}")
            time.sleep(0.05)
        time.sleep(0.5)


def draw(screen):
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(screen.rstrip("\n")))
    picture = console.export_svg(title="tazpod")
    # No font from elsewhere: the reader's own monospaced one.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S)
    return picture.replace("Fira Code", "ui-monospace, Menlo, Consolas")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-picture."))
    folder.chmod(0o755)
    directory = folder / "myproject"
    directory.mkdir()
    terminal = Terminal(folder, directory)
    try:
        for text, expected in STEPS:
            terminal.type(text, expected)
        (REPOSITORY / "docs/terminal.svg").write_text(draw(terminal.screen("-e")))
        print(terminal.screen())
    finally:
        subprocess.run(
            [str(REPOSITORY / "bin/tazpod"), "down", "--quiet", "--project", str(directory)], capture_output=True, timeout=60)
        terminal.run("kill-server")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
