"""How inits end, and with what status."""

import os
import subprocess

from behaviour import NO_OPTION, behaviour, comes, option, yes
from inits import WAIT, Running, probe, run, script, without_processes


@behaviour("the command's exit status 42 becomes", "42")
def status_42(init):
    return str(run(init, probe("command"), "exit", "42").status)


@behaviour("a command that SIGTERM ends becomes", "143")
def ended_by_term(init):
    return str(run(init, probe("command"), "die", "15").status)


@behaviour("a command that is not there", "127", "127", "2", "1", dumb_init="127", catatonit="127")
def not_there(init):
    return str(run(init, "/no/such/command").status)


@behaviour("a command that may not be run", "126", "126", "2", "1", dumb_init="126", catatonit="126")
def not_runnable(init):
    return str(run(init, "/etc/passwd").status)


@behaviour(
    "a script whose interpreter is not there", "126, and says so", "127", "2", "1", tini="126, and says so", dumb_init="126, and says so",
    catatonit="126, and says so")
def no_interpreter(init):
    done = run(init, script("#!/no/such/shell\n"))
    return f"{done.status}{', and says so' if 'interpreter' in done.errors else ''}"


@behaviour("a script without #! is run by sh", "yes")
def script_without_interpreter(init):
    return yes(run(init, script("exit 7\n")).status == 7)


@behaviour(
    "fork fails", "126, and says so", "1, and says so", "1, but not why", "1, and says so", tini="126, and says so", dumb_init="126, and says so",
    catatonit="126, and says so")
def fork_fails(init):
    done = run(init, probe("command"), "exit", "0", below="under", wrapper=without_processes())
    return f"{done.status}{', and says so' if 'temporarily unavailable' in done.errors else ', but not why'}"


@behaviour("`init sh -c 'exit 3'`, without --", "3", "1", "3", "1", tini="3", catatonit="3")
def options_of_the_command(init):
    done = subprocess.run([init.path, "sh", "-c", "exit 3"], stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT, check=False)
    return str(done.returncode)


@behaviour("SIGCHLD was ignored when it was started: exit status 42 becomes", "42", "hangs", "42", "hangs", tini="42", catatonit="42")
def ignored_children(init):
    # The kernel then reaps by itself. Who comes first, the init that looks or the kernel, shows when the command lives a while.
    with Running(init, "sh", "-c", "sleep 0.1; exit 42", wrapper=(probe("command"), "ignoring", "17")) as running:
        return str(running.end()) if comes(lambda: running.has_ended, 1.5) else "hangs"


@behaviour("status 42 counts as 0", "-e 42", "-e 42", NO_OPTION, NO_OPTION)
def expected_status(init):
    words = option(init, tazpod_init=["-e", "42"], tini=["-e", "42"])
    if not words:
        return NO_OPTION
    return " ".join(words) if run(init, probe("command"), "exit", "42", options=words).status == 0 else "no"


@behaviour(
    "other processes, when the command ended", "are not asked to end; --session: TERM", "are not asked to end", "TERM", "are not asked to end")
def end_of_the_others(init):
    # As PID 1 all of them are killed at once; what they are sent before shows where they live on.
    shell = "(trap 'echo TERM; exit' TERM; echo ready; sleep 1 & wait) & read line </dev/fd/{}; exit 0"

    def term(*words):
        reading, writing = os.pipe()
        try:
            with Running(init, "sh", "-c", shell.format(reading), below="linger", options=words, pass_fds=[reading]) as running:
                running.expect("ready")
                os.write(writing, b"\n")
                return comes(lambda: "TERM" in running.lines)
        finally:
            os.close(reading)
            os.close(writing)

    default = "TERM" if term() else "are not asked to end"
    if init.speaks != "tazpod-init":
        return default
    return f"{default}; --session: TERM" if term("--session") else default


@behaviour("waits for all processes, not only for the command", "--wait-all", "no", "no", "no")
def waits_for_all(init):
    words = option(init, tazpod_init=["--wait-all"]) or []
    done = run(init, "sh", "-c", "(sleep 0.3; echo last) & exit 5", options=words)
    return (words or ["yes"])[0] if done.status == 5 and "last" in done.output else "no"
