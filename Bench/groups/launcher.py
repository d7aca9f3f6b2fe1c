"""The launcher: what it adds to the engine's own command line."""

import contextlib
import os

from Bench import host, screen
from Bench.pairing import take_turns
from Bench.report import Table
from Bench.workshop import program, running_pod
from engine import IMAGE
from pod import Pod

NAME = "launcher"
TITLE = "Launcher"
TEXT = """
- `tazpod up`, with the provider docker and an image that is there, returns when the pod is **ready**: its control socket answers
  and its public tmux session stands. `docker run -d` of the same image, with no other option, returns as soon as the first
  process was started; `until ready` gives docker the same wait, by `docker exec … tazpod-init --probe ready`. Removal is not
  timed.
- `tazpod attach` to the public session, and `docker exec -it --user tazpod POD tmux attach`, both on a terminal of 30 × 100:
  from exec until tmux has drawn its status line, which comes last on the first screen. Detaching is not timed.
- `--version` is each program's start: 10 starts in a row, of which the median counts.
"""

UP_TURNS, ATTACH_TURNS, VERSION_TURNS = 12, 20, 20
STARTS = 10
# The left end of tmux's status line.
STATUS_LINE = b"[main]"


def run(workshop):
    workshop.start_docker()
    return [Table("", [*compare_up(), compare_attach(), compare_version(workshop)])]


def compare_up():
    container = f"tazpod-bench-{os.getpid()}"
    ready = f"docker run -d --name {container} {IMAGE} && docker exec {container} tazpod-init --probe ready --wait 30"
    with contextlib.ExitStack() as ending:
        pod = Pod("docker")
        ending.callback(pod.close)

        def up():
            elapsed = host.milliseconds(*pod.command("up", "--provider", "docker"), environment=pod.environment)
            pod.run("down", check=0)
            return elapsed

        def docker_run(*command):
            try:
                return host.milliseconds(*command)
            finally:
                host.run("docker", "rm", "--force", container)

        series = take_turns(
            "up", "ms", {
                "tazpod up": up,
                "docker run -d": lambda: docker_run("docker", "run", "-d", "--name", container, IMAGE),
                "docker run -d, until ready": lambda: docker_run("sh", "-c", ready),
            }, UP_TURNS)
    return [series.compare("`tazpod up`", "tazpod up", peer) for peer in ("docker run -d", "docker run -d, until ready")]


def compare_attach():
    with running_pod("docker") as pod:
        ours = pod.command("attach")
        peer = ["docker", "exec", "-it", "--user", "tazpod", pod.name, "tmux", "attach", "-t", "main"]
        series = take_turns(
            "attach", "ms", {
                "tazpod attach": lambda: screen.milliseconds_to_screen(ours, pod.environment, STATUS_LINE),
                "docker exec -it … tmux attach": lambda: screen.milliseconds_to_screen(peer, pod.environment, STATUS_LINE),
            }, ATTACH_TURNS)
    return series.compare("`tazpod attach`", "tazpod attach", "docker exec -it … tmux attach")


def compare_version(workshop):
    series = take_turns(
        "version", "ms", {
            "tazpod --version": lambda: workshop.launch([program("tazpod"), "--version"], STARTS),
            "docker --version": lambda: workshop.launch(["docker", "--version"], STARTS),
        }, VERSION_TURNS)
    return series.compare("`tazpod --version`", "tazpod --version", "docker --version")
