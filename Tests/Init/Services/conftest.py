"""Supervisors with services."""

import pytest

from supervised import BUILDS, Supervised


@pytest.fixture(params=list(BUILDS))
def start(request):
    """Starts supervisors that end with the test."""
    program = BUILDS[request.param]
    if not program.exists():
        pytest.fail(f"{program} is not built; run make test")
    started = []

    def make(services=None, **options):
        started.append(Supervised(program, services, **options))
        return started[-1]

    yield make
    for supervised in started:
        supervised.close()
