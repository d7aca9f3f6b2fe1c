"""The groups, in the order of docs/performance.md. A new one is a module in this folder, and a line here."""

from Bench.groups import init, launcher, storage, unlock

GROUPS = [
    launcher,
    unlock,
    storage,
    init,
]
