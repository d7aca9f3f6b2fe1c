// Signals: signal(7), signalfd(2). The C libraries keep two or three real-time signals for themselves and leave them out of every
// set; an init has to forward them like any other, so these are the bare system calls, whose sets are 64 bits.

#ifndef CLINUX_SIGNAL_H
#define CLINUX_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline int clinux_set_signal_mask(const uint64_t *_Nullable new_mask, uint64_t *_Nullable old_mask) {
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, new_mask, old_mask, sizeof(uint64_t));
}

static inline int clinux_wait_for_signal(const uint64_t *_Nonnull set, siginfo_t *_Nonnull information) {
    return (int)syscall(SYS_rt_sigtimedwait, set, information, NULL, sizeof(uint64_t));
}

// One that is pending already; -1 with EAGAIN when none is.
static inline int clinux_take_signal(const uint64_t *_Nonnull set, siginfo_t *_Nonnull information) {
    const struct timespec no_time = {0, 0};
    return (int)syscall(SYS_rt_sigtimedwait, set, information, &no_time, sizeof(uint64_t));
}

static inline int clinux_pending_signals(uint64_t *_Nonnull set) {
    return (int)syscall(SYS_rt_sigpending, set, sizeof(uint64_t));
}

static inline pid_t clinux_signal_sender(const siginfo_t *_Nonnull information) { return information->si_pid; }

// Sends a signal that came by sigqueue(3) on, with its value; -1 if it came another way.
static inline int clinux_pass_on_value(pid_t pid, int number, siginfo_t *_Nonnull information) {
    return information->si_code == SI_QUEUE ? (int)syscall(SYS_rt_sigqueueinfo, pid, number, information) : -1;
}

static inline int clinux_signal_descriptor(const uint64_t *_Nonnull set) {
    return (int)syscall(SYS_signalfd4, -1, set, sizeof(uint64_t), SFD_CLOEXEC | SFD_NONBLOCK);
}

// What a process does with a signal: SIG_DFL or SIG_IGN, no flags, nothing blocked. The handler is the first word in every
// architecture's layout of the kernel's struct, and the rest is zero.
static inline int clinux_set_signal_action(int number, unsigned long handler) {
    const unsigned long action[4] = {handler, 0, 0, 0};
    return (int)syscall(SYS_rt_sigaction, number, action, NULL, sizeof(uint64_t));
}

static inline int clinux_signal_default(int number) { return clinux_set_signal_action(number, 0 /* SIG_DFL */); }

static inline int clinux_signal_ignore(int number) { return clinux_set_signal_action(number, 1 /* SIG_IGN */); }

static inline bool clinux_signal_is_ignored(int number) {
    unsigned long action[4] = {0, 0, 0, 0};
    return syscall(SYS_rt_sigaction, number, NULL, action, sizeof(uint64_t)) == 0 && action[0] == 1 /* SIG_IGN */;
}

#endif
