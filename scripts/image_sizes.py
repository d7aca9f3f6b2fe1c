#!/usr/bin/env python3
"""Writes the table of layers in docs/images.md, from the images that `make images` built: `image_sizes.py [ENGINE]`."""

import pathlib
import re
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs/images.md"
BEGIN, END = "<!-- layers: scripts/image_sizes.py -->\n", "<!-- end of layers -->\n"
IMAGES = ["base", "infisical", "k8s", "gemini"]


def ask(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def layers(engine, image):
    """The image's layers, the lowest first: bytes, and the step that made each."""
    lines = ask(engine, "history", "--no-trunc", "--human=false", "--format", "{{.Size}}\t{{.CreatedBy}}", image).splitlines()
    return [(int(size), step) for size, _, step in (line.partition("\t") for line in reversed(lines)) if int(size)]


def described(step):
    step = re.sub(r"^(\|\d+ .*?)?/bin/sh -c (#\(nop\) +)?", "", step)
    step = re.sub(r"(dir|file|multi):[0-9a-f]+ in ", "", step)
    step = step.strip()
    return step if len(step) < 60 else f"{step[:57]}..."


def megabytes(size):
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} kB"


def table(engine):
    yield "| image | layer | size |\n|---|---|---|\n"
    below, left_out = 0, []
    for name in IMAGES:
        image = f"tazpod-{name}"
        left = ask(engine, "image", "inspect", "--format", f'{{{{index .Config.Labels "dev.tazpod.left-out.{name}"}}}}', image)
        left_out += [word for word in left.split(",") if word]
        every = layers(engine, image)
        for number, (size, step) in enumerate(every[below:]):
            first = f"**{image}**, {megabytes(sum(size for size, _ in every))}" if number == 0 else ""
            what = f"`{described(step)}`" if step.strip() and step != "<missing>" else "the base"
            yield f"| {first} | {what} | {megabytes(size)} |\n"
        below = len(every)
    if left_out:
        yield f"\nMeasured where these could not be fetched, which are not in the sizes: {', '.join(left_out)}.\n"


def main(engine="docker"):
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    DOCUMENT.write_text(before + BEGIN + "".join(table(engine)) + END + rest.split(END)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
