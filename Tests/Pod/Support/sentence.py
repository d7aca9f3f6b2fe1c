"""What a program says when it cannot."""


def one_sentence(done):
    """What was said on stderr, which must be one line that begins with the program's name."""
    lines = done.stderr.splitlines() if hasattr(done, "stderr") else done.errors.splitlines()
    assert len(lines) == 1 and lines[0].startswith("tazpod: "), lines
    return lines[0]
