"""What is in an image, decrypted independently of the programs."""

import os
import pathlib

from luks import Luks2
from pod import PASSPHRASE, tool


def decrypted(image, passphrase=PASSPHRASE):
    """A file beside the image with its file system, once stock e2fsck has found no fault in any part of it; holes are what they decrypt to."""
    vault, plain = Luks2(image, passphrase), pathlib.Path(f"{image}.plain")
    vault.read_plain(plain)
    tool("e2fsck", "-fn", str(plain))
    return plain


def filesystem_facts(image):
    """What stock dumpe2fs says of the file system."""
    plain = decrypted(image)
    text = tool("dumpe2fs", "-h", str(plain)).stdout.decode()
    os.unlink(plain)
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
