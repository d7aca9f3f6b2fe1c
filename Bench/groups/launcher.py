"""The launcher: what it adds to the engine's own command line."""

import contextlib
import os
import shutil

from Bench import host, screen
from Bench.pairing import Series, take_turns
from Bench.report import Table
from Bench.workshop import program, running_pod
from engine import IMAGE
from pod import Pod

NAME = "launcher"
TITLE = "Launcher"
UP_TURNS, ATTACH_TURNS, VERSION_TURNS, LIST_TURNS, ECHO_TURNS = 12, 20, 20, 12, 8
STARTS, KEYS, PODS = 10, 40, 200
UP_GOAL, ATTACH_GOAL, VERSION_GOAL, LIST_GOAL, ECHO_GOAL = 1.3, 1.15, 0.5, 1.5, 1.0
TEXT = f"""
- `tazpod up`, with the provider docker and an image that is there, returns when the pod is **ready**: its control socket answers
  and its public tmux session stands. `docker run -d` of the same image, with no other option, returns as soon as the first
  process was started; `until ready` gives docker the same wait, by `docker exec … tazpod-init --probe ready`. Removal is not
  timed.
- `tazpod attach` to the public session, and `docker exec -it --user tazpod POD tmux attach`, both on a terminal of 30 × 100:
  from exec until tmux has drawn its status line, which comes last on the first screen. Detaching is not timed.
- A key's echo through `attach` and through that `docker exec`: from the key until the pod's shell has shown it, the median of
  {KEYS} keys.
- `tazpod list` and `docker ps --all`, while the engine has {PODS} containers with a pod's labels, which were made and never started.
- `--version` is each program's start: 10 starts in a row, of which the median counts.
- Size: of the two programs' files, which hold all that they are made of but the C library.
"""

# The left end of tmux's status line.
STATUS_LINE = b"[main]"


def run(workshop):
    workshop.start_docker()
    return [Table("", [*compare_up(), *compare_attach(), compare_list(), compare_version(workshop), compare_size()])]


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
    return [
        series.compare("`tazpod up`", "tazpod up", "docker run -d", goal=UP_GOAL),
        series.compare("`tazpod up`", "tazpod up", "docker run -d, until ready"),
    ]


def compare_attach():
    with running_pod("docker") as pod:
        ours = pod.command("attach")
        peer = ["docker", "exec", "-it", "--user", "tazpod", pod.name, "tmux", "attach", "-t", "main"]
        series = take_turns(
            "attach", "ms", {
                "tazpod attach": lambda: screen.milliseconds_to_screen(ours, pod.environment, STATUS_LINE),
                "docker exec -it … tmux attach": lambda: screen.milliseconds_to_screen(peer, pod.environment, STATUS_LINE),
            }, ATTACH_TURNS)
        echo = take_turns(
            "echo", "ms", {
                "tazpod attach": lambda: screen.milliseconds_to_echo(ours, pod.environment, STATUS_LINE, KEYS),
                "docker exec -it … tmux attach": lambda: screen.milliseconds_to_echo(peer, pod.environment, STATUS_LINE, KEYS),
            }, ECHO_TURNS)
    words = ("tazpod attach", "docker exec -it … tmux attach")
    return [series.compare("`tazpod attach`", *words, goal=ATTACH_GOAL), echo.compare("a key's echo", *words, goal=ECHO_GOAL)]


def compare_list():
    names = [f"tazpod-bench-{os.getpid()}-{number}" for number in range(PODS)]
    labels = [f"--label=dev.tazpod.{name}=bench" for name in ("project", "directory", "user", "environment", "plan")]
    try:
        for name in names:
            host.run("docker", "create", "--name", name, *labels, IMAGE)
        series = take_turns(
            "list", "ms", {
                "tazpod list": lambda: host.milliseconds(program("tazpod"), "list"),
                "docker ps --all": lambda: host.milliseconds("docker", "ps", "--all"),
            }, LIST_TURNS)
    finally:
        host.run("docker", "rm", "--force", *names)
    return series.compare(f"`tazpod list`, {PODS} pods", "tazpod list", "docker ps --all", goal=LIST_GOAL)


def compare_version(workshop):
    series = take_turns(
        "version", "ms", {
            "tazpod --version": lambda: workshop.launch([program("tazpod"), "--version"], STARTS),
            "docker --version": lambda: workshop.launch(["docker", "--version"], STARTS),
        }, VERSION_TURNS)
    return series.compare("`tazpod --version`", "tazpod --version", "docker --version", goal=VERSION_GOAL)


def compare_size():
    sizes = {name: [os.stat(path).st_size / 1024] for name, path in (("tazpod", program("tazpod")), ("docker", shutil.which("docker")))}
    return Series("KiB", sizes).compare("the program", "tazpod", "docker")
