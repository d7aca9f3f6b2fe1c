#include "clinux.h"

#include <stdint.h>

static char **arguments;

// The kernel lays argc, argv, NULL and the environment down one after the other (x86-64 psABI, 3.4.1; the same on arm64), and
// both C libraries leave environ there until somebody changes it. musl does not hand main's arguments to constructors.
__attribute__((constructor)) static void keep_arguments(void) {
    extern char **environ;
    char **end = environ - 1;
    intptr_t count = 0;
    while ((intptr_t)end[-1 - count] != count) { count++; }
    arguments = end - count;
}

char **clinux_argv(void) { return arguments; }

#ifndef __GLIBC__
// What Swift's dictionaries take their seed from, and musl does not have.
void arc4random_buf(void *buffer, size_t length) { getentropy(buffer, length); }
#endif
