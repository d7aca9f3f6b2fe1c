"""What inits do with a terminal: the keys that stop and end, job control, and who has the foreground."""

from behaviour import PATIENCE, behaviour, comes, yes
from inits import descendants, probe, process_state
from terminal import PROMPT, SHELL, Terminal


def line(init, *words):
    """A command line for a shell."""
    return " ".join([init.path, *words, "--"])


def in_background(init, *words):
    """A shell's job that starts once the shell reads again: a shell whose terminal is taken before it reads finds no input, and ends."""
    return f"(sleep 0.2; exec {line(init)} {' '.join(words)}) &"


def states(terminal, name):
    """The states of the processes of this name."""
    with_name = [pid for pid in descendants(terminal.pid) if name_of(pid) == name]
    return {process_state(pid) for pid in with_name}


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


@behaviour("Ctrl-C at its terminal: the command's end is", "130")
def control_c(init):
    with Terminal(init.path, "--", probe("command"), "waits") as terminal:
        terminal.expect("started")
        terminal.key("c")
        return str(terminal.end())


@behaviour("a shell that it runs has job control", "yes", "yes", "yes", "no: Ctrl-Z does nothing", catatonit="yes")
def job_control(init):
    with Terminal(init.path, "--", *SHELL) as terminal:
        if "cannot set terminal process group" in terminal.expect(PROMPT):
            return "no"
        terminal.type(f"{probe('command')} waits")
        terminal.expect("started")
        terminal.key("z")
        if not terminal.says("Stopped", PATIENCE.seconds):
            return "no: Ctrl-Z does nothing"
        terminal.expect(PROMPT)
        terminal.type("fg")
        terminal.expect("command waits")
        terminal.key("c")
        terminal.expect(PROMPT)
        terminal.type("exit 7")
        return yes(terminal.end() == 7)


@behaviour("Ctrl-Z under a shell", "stops the job, fg continues it", "hangs", "stops the job, fg continues it", "does nothing",
           tini="stops the job, fg continues it", catatonit="stops the job, fg continues it")
def control_z(init):
    with Terminal.with_shell() as terminal:
        terminal.type(f"{line(init)} {probe('command')} waits")
        terminal.expect("started")
        terminal.key("z")
        if not terminal.says("Stopped", PATIENCE.seconds):
            return "hangs" if states(terminal, "command") == {"T"} else "does nothing"
        terminal.expect(PROMPT)
        assert comes(lambda: states(terminal, "command") == {"T"})
        terminal.type("fg")
        terminal.expect("command waits")
        if not comes(lambda: states(terminal, "command") == {"S"}):
            return "stops the job for good"
        terminal.key("c")
        terminal.expect(PROMPT)
        return "stops the job, fg continues it" if terminal.ask("echo $?") == "130" else "stops the job, Ctrl-C does not end it"


@behaviour("Ctrl-Z where nobody could continue it, as in a container", "the command goes on", "the command stops for good", "the command goes on",
           "the command goes on", tini="the command goes on")
def control_z_alone(init):
    with Terminal(init.path, "--", probe("command"), "waits") as terminal:
        terminal.expect("started")
        terminal.key("z")
        if comes(lambda: "T" in states(terminal, "command"), 0.3) and not comes(lambda: states(terminal, "command") == {"S"}):
            return "the command stops for good"
        terminal.key("c")
        return "the command goes on" if terminal.end() == 130 else "the command goes on, deaf to Ctrl-C"


@behaviour("a script that ran it has the terminal back", "yes", "no", "yes", "no", tini="yes", catatonit="yes")
def foreground_back(init):
    with Terminal("sh", "-c", f"{line(init)} true; echo done; read word; echo got $word") as terminal:
        terminal.expect("done")
        terminal.type("something")
        return yes(terminal.says("got something", PATIENCE.seconds))


@behaviour("in a shell's background it takes the terminal", "no", "yes", "no", "yes", tini="no", catatonit="no")
def background(init):
    with Terminal.with_shell() as terminal:
        shell_group = terminal.foreground()
        terminal.type(in_background(init, probe("command"), "waits"))
        terminal.expect("started")
        return yes(terminal.foreground() != shell_group)


@behaviour("a command in the background that reads the terminal", "is stopped, and the shell knows", "reads what is typed for the shell",
           "reads what is typed for the shell", "reads what is typed for the shell", tini="is stopped, and the shell knows",
           catatonit="is stopped, and the shell knows")
def background_reads(init):
    with Terminal.with_shell() as terminal:
        terminal.type(in_background(init, probe("command"), "reads"))
        terminal.expect(PROMPT)
        if not comes(lambda: "T" in states(terminal, "command")):
            return "reads what is typed for the shell"
        return f"is stopped, and the shell {'knows' if 'Stopped' in terminal.ask('jobs') else 'does not know'}"


@behaviour("leads the terminal's session: the command", "with --session", "never", "by default", "never")
def leads_terminal(init):
    def leads(options):
        with Terminal(init.path, *options, "--", probe("command"), "state") as terminal:
            text = terminal.rest()
            told = dict(row.split(" ", 1) for row in text.splitlines() if " " in row)
            return told["session"] == told["pid"] == told["foreground"]

    if leads([]):
        return "by default"
    return "with --session" if init.speaks == "tazpod-init" and leads(["--session"]) else "never"
