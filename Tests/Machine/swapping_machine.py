"""A machine that is a pod and swaps to a disk: a pull never comes to its end, while something wants more memory than there is."""

import mmap
import pathlib
import secrets

from machine import REPOSITORY
from pod import tool
from pod_machine import PodMachine, libraries

MEMORY, HOG, SWAP = 512, 640, 768
SECRETS = "config: {vault_url: 'http://127.0.0.1:8200'}\nsecrets:\n  - {name: KEY, source: vault, path: a, file: key}\n"
BEFORE = """
/bin/busybox ifconfig lo 127.0.0.1 up; /bin/busybox swapon /dev/vdb || echo no swap
/bin/trickle BACKWARDS /shared/begun &
"""


class SwapDisk:
    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "swap"
        with open(self.path, "wb") as file:
            file.truncate(SWAP << 20)
        self.path.chmod(0o600)
        tool("mkswap", str(self.path))

    def holds(self, needle):
        with open(self.path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
            return content.find(needle) >= 0


class Marker:
    """A text to look for. What names it to a machine's programs has it backwards, so that it is in no file, argument or script."""

    def __init__(self):
        self.text = "marker-" + secrets.token_hex(16)
        self.backwards = self.text[::-1]


class SwappingMachine(PodMachine):
    """`script` is a service of the pod's; `secret` is what the server of secrets sends.

    - `probes`: the folder with the programs of Tests/Machine/probes.
    - `programs`: where the weakened ones are, with these of their `defences` switched off.
    """

    def __init__(self, script, disk, swap, secret, probes, programs=REPOSITORY / "bin", defences=()):
        files = {"workspace/.tazpod/secrets.yml": SECRETS} | {f"bin/{path.name}": path for path in probes.iterdir()}
        for name in ("tazpod-ghost", "tazpod-secrets"):
            files |= {f"usr/bin/{name}": programs / name, **libraries(programs / name)}
        super().__init__(
            script, disk, "fuse", BEFORE.replace("BACKWARDS", secret.backwards), files,
            f"TAZPOD_ENV_WEAKENED_DEFENCES={','.join(defences)}" if defences else "", MEMORY, swap=swap.path)
