"""The table of docs/init.md: every behaviour, measured on ours in both builds, on ours under its peers' names, and on the peers."""

import concurrent.futures

import pytest

import table
from behaviour import PATIENCE
from inits import OURS, PEERS, STAND_INS

INITS = [*OURS, *STAND_INS, *PEERS]


def measure(row, init):
    """What comes late on a busy machine gets a second chance, with more patience."""
    for PATIENCE.seconds in (0.4, 4):
        value = row.measure(init)
        if value == row.expected(init):
            break
    return value


@pytest.fixture(scope="module")
def measured():
    """Nearly all of it is waiting, so it is done at once."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        yield {(row.name, init): pool.submit(measure, row, init) for row in table.ROWS for init in INITS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("init", INITS, ids=str)
@pytest.mark.parametrize("row", table.ROWS, ids=lambda row: row.name)
def test_each_init_behaves_as_the_table_says(row, init, measured):
    assert measured[row.name, init].result() == row.expected(init), row.words


def test_the_document_has_the_table():
    assert table.with_table(table.DOCUMENT.read_text()) == table.DOCUMENT.read_text(), "run make documents"
