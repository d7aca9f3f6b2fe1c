"""What a test does that cannot run here."""

import os

import pytest


def missing(what):
    """This test cannot run here, because of `what`. With TAZPOD_MUST_RUN=1 that is a failure."""
    if os.environ.get("TAZPOD_MUST_RUN") == "1":
        pytest.fail(f"cannot run: {what}, and TAZPOD_MUST_RUN is set", pytrace=False)
    pytest.skip(what)
