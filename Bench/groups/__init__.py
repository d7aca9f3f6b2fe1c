"""The groups, in the order of docs/performance.md. A new one is a module in this folder, and a line here."""

from Bench.groups import (
    create,
    files,
    ghost_memory,
    init,
    init_idle,
    init_orphans,
    init_signals,
    launcher,
    secrets,
    storage,
    supervisor_control,
    supervisor_memory,
    supervisor_soak,
    unlock,
    unlock_machine,
)

GROUPS = [
    launcher,
    unlock,
    unlock_machine,
    create,
    storage,
    files,
    secrets,
    ghost_memory,
    init,
    init_orphans,
    init_signals,
    init_idle,
    supervisor_memory,
    supervisor_control,
    supervisor_soak,
]
