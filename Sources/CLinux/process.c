#include "clinux.h"

static int argument_count;
static char **arguments;

// glibc calls constructors with main's arguments, also in a static program.
__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
    argument_count = argc;
    arguments = argv;
}

int clinux_argc(void) { return argument_count; }
char **clinux_argv(void) { return arguments; }
