"""A vault that is opened in memory, and saved."""

from pod import wait_until


def with_driver(name, more=""):
    return f"vault: {{driver: {name}{more}}}\n"


def reopen(pod, driver):
    """The same vault with another driver."""
    pod.run("lock", check=0)
    pod.run("down", check=0)
    pod.configure(with_driver(driver))
    pod.up().unlock()
    assert pod.status()["vault"]["driver"] == driver


def wait_until_ended(pod):
    """Also the server, which saves when its keeper has gone."""
    names = ("tazpod-ghost", "tazpod-vault", "tazpod-enclave", "tazpod-loader", "tazpod-saver")
    wait_until(lambda: not [process for process in pod.processes() if process.name in names], "the vault's processes have ended")
