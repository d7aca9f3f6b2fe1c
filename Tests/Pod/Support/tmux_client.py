"""A terminal that is attached to a session of the pod."""

import time

# bash's own, or starship's.
PROMPT = r"(\$ |❯)"


def attach(pod, session, **options):
    terminal = pod.terminal("attach", session, **options)
    terminal.expect(PROMPT)
    return terminal


def detach(terminal):
    # Keys that come at once are a paste to tmux, and no command.
    for key in ("\x02", "d"):
        time.sleep(0.1)
        terminal.send(key)
    terminal.expect("detached")
    terminal.wait()
    terminal.close()
    return terminal.exitstatus
