// Terminals: termios(3), ioctl_tty(2).

#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// The master of a new pseudo-terminal, unlocked, non-blocking (ptmx(4)).
static inline int clinux_open_master(const char *_Nonnull multiplexer) {
    int master = open(multiplexer, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master >= 0 && unlockpt(master) != 0) {
        close(master);
        return -1;
    }
    return master;
}

// The other end of `master`, whatever is mounted where (ioctl_tty(2), TIOCGPTPEER).
static inline int clinux_open_slave(int master) { return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC); }

static inline int clinux_copy_window_size(int from, int to) {
    struct winsize size;
    return ioctl(from, TIOCGWINSZ, &size) == 0 ? ioctl(to, TIOCSWINSZ, &size) : -1;
}

static inline int clinux_make_controlling_terminal(int descriptor) { return ioctl(descriptor, TIOCSCTTY, 0); }

// Gives the controlling terminal up; for a session's leader, the whole session loses it.
static inline int clinux_give_terminal_up(int descriptor) { return ioctl(descriptor, TIOCNOTTY); }

#endif
