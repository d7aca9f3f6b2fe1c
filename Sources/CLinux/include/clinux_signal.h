// Signals: signal(7), signalfd(2), and the disposition macros.

#ifndef CLINUX_SIGNAL_H
#define CLINUX_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>

// The kernel's real-time signals begin at 32; glibc keeps the first two for itself.
static inline int clinux_sigrtmin(void) { return SIGRTMIN; }
static inline int clinux_sigrtmax(void) { return SIGRTMAX; }

static inline int clinux_signal_ignore(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }
static inline int clinux_signal_default(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0; }

static inline int clinux_signal_descriptor(const sigset_t *_Nonnull set) { return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK); }

static inline bool clinux_signal_is_ignored(int number) {
    struct sigaction current;
    return sigaction(number, NULL, &current) == 0 && current.sa_handler == SIG_IGN;
}

#endif
