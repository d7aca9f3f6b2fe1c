"""What inits do with signals."""

import signal
import subprocess

from behaviour import NO_OPTION, behaviour, comes, yes
from inits import WAIT, Running, field, probe, process_state, run, state


def arrives(init, number, options=(), line=None):
    with Running(init, probe("command"), "signals", options=options) as running:
        running.expect("ready")
        running.send(number)
        wanted = line or f"{number} 0"
        return comes(lambda: wanted in running.lines)


@behaviour("SIGTERM reaches the command", "yes")
def term_arrives(init):
    return yes(arrives(init, signal.SIGTERM))


def children_get(init, options=()):
    with Running(init, probe("command"), "child", options=options) as running:
        running.expect("ready")
        running.expect("child ready")
        running.send(signal.SIGUSR1)
        running.expect("10 0")
        return comes(lambda: "child 10 0" in running.lines)


@behaviour("signals reach the command's children too", "-g or --session", "-g", "by default", "-g")
def children_too(init):
    if children_get(init):
        return "by default"
    words = [name for name in ("-g", "--session") if name == "-g" or init.speaks == "tazpod-init"]
    return " or ".join(name for name in words if children_get(init, [name])) or "no"


@behaviour("signals reach the command alone", "by default or -c", "by default", "-c", "by default")
def command_alone(init):
    words = [] if children_get(init) else ["by default"]
    if init.speaks in ("tazpod-init", "dumb-init") and not children_get(init, ["-c"]):
        words.append("-c")
    return " or ".join(words)


@behaviour("a sent SIGABRT reaches the command", "yes", "no", "yes", "no", tini="yes", catatonit="yes")
def abort_arrives(init):
    return yes(arrives(init, signal.SIGABRT))


@behaviour("SIGTSTP reaches the command", "yes", "yes", "as SIGSTOP", "no", catatonit="yes")
def stop_arrives(init):
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")
        command = running.command_pid
        running.send(signal.SIGTSTP)
        if comes(lambda: "20 0" in running.lines):
            return "yes"
        return "as SIGSTOP" if process_state(command) == "T" else "no"


@behaviour("real-time signals reach the command", "all", "all but 32, 33", "all but 32, 33", "all but 32, 33", tini="all", dumb_init="all", catatonit="all")
def real_time_signals(init):
    sent = range(32, 65)
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")
        for number in sent:
            running.send(number)
        comes(lambda: sum(line.split(" ")[0].isdigit() for line in running.lines) == len(sent))
        lost = [number for number in sent if f"{number} 0" not in running.lines]
    return f"all but {', '.join(map(str, lost))}" if lost else "all"


@behaviour("a signal's value (sigqueue) reaches the command", "yes", "no", "no", "no", tini="yes", dumb_init="in -c mode", catatonit="yes")
def signal_value(init):
    def value_arrives(options):
        with Running(init, probe("command"), "signals", options=options) as running:
            running.expect("ready")
            subprocess.run(["kill", "-s", "USR1", "-q", "77", str(running.pid)], check=True, timeout=WAIT)
            return comes(lambda: "10 77" in running.lines)

    if value_arrives([]):
        return "yes"
    return "in -c mode" if init.speaks == "dumb-init" and value_arrives(["-c"]) else "no"


@behaviour("signals can be rewritten or dropped", "-r, 1 to 64", NO_OPTION, "-r, 1 to 31", NO_OPTION, dumb_init="-r, 1 to 64")
def rewritten(init):
    if init.speaks not in ("tazpod-init", "dumb-init"):
        return NO_OPTION
    if not arrives(init, signal.SIGTERM, ["-r", "15:2"], "2 0"):
        return "no"
    if arrives(init, signal.SIGTERM, ["-r", "15:0"], "15 0"):
        return "not dropped"
    return "-r, 1 to 64" if run(init, "true", options=["-r", "1:64"]).status == 0 else "-r, 1 to 31"


@behaviour("signals that came before the command existed reach it", "yes", "yes", "not always", "yes", dumb_init="yes")
def early_signals(init):
    for _ in range(20):
        with Running(init, probe("command"), "signals", wrapper=(probe("command"), "early", "10,15")) as running:
            running.expect("ready")
            if not comes(lambda: {"10 0", "15 0"} <= set(running.lines)):
                return "not always"
    return "yes"


@behaviour("the signal mask it was given is the command's", "yes", "yes", "no: emptied", "no: TSTP, TTIN, TTOU stay blocked", dumb_init="yes", catatonit="yes")
def signal_mask(init):
    given = {12, 14}
    blocked = numbers(state(init, wrapper=(probe("command"), "blocking", "12,14"))["SigBlk"])
    if blocked == given:
        return "yes"
    if blocked == given | {20, 21, 22}:
        return "no: TSTP, TTIN, TTOU stay blocked"
    return "no: emptied" if not blocked else f"no: {sorted(blocked)}"


@behaviour("the ignored signals it was given are the command's", "yes", "yes", "no: none is ignored", "yes", dumb_init="yes")
def ignored_signals(init):
    given = {1, 10, 21}
    # Python ignores two, and whoever started the tests may have ignored others.
    others = numbers(field("self", "SigIgn")) - given
    ignored = numbers(state(init, wrapper=(probe("command"), "ignoring", "1,10,21"))["SigIgn"]) - others
    if ignored == given:
        return "yes"
    return "no: none is ignored" if not ignored else f"no: {sorted(ignored)}"


def numbers(mask):
    """The signals of a mask as /proc has it."""
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}
