// What the bench's C programs share.

#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

// What a program of the bench gives to alarm(2), so that it ends whatever it waits for.
#define LONGEST_SECONDS 120

// Monotonic, in nanoseconds; the same clock in every process of the machine.
static inline int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static inline void pause_microseconds(long microseconds) {
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

static inline _Noreturn void fail(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    _exit(1);
}

static inline _Noreturn void show_usage(const char *text) {
    fprintf(stderr, "usage: %s %s\n", program_invocation_short_name, text);
    _exit(2);
}

static inline int number(const char *text) {
    int value = atoi(text);
    if (value <= 0) {
        fprintf(stderr, "%s: %s is no number above 0\n", program_invocation_short_name, text);
        _exit(2);
    }
    return value;
}

// Ends this process when its parent ends.
static inline void end_with_parent(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

#endif
