"""What holds for all tests."""

import signal

# Whoever starts them in the background, or under nohup, ignores these; what the tests start would inherit that.
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
