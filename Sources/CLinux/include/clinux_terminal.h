// Terminals: termios(3), ioctl_tty(2).

#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static inline int clinux_make_controlling_terminal(int descriptor) { return ioctl(descriptor, TIOCSCTTY, 0); }

#endif
