// Gives its own parent COUNT children to reap, one after the other, each of which ends at once. Run as a child of an init.
//
//   offspring COUNT

#include "tool.h"

#include <sched.h>

#define LONGEST_RUN 3600

static char stack[16 * 1024] __attribute__((aligned(16)));

static int end_at_once(void *nothing) {
    (void)nothing;
    _exit(0);
}

int main(int argc, char **argv) {
    if (argc != 2) show_usage("COUNT");
    alarm(LONGEST_RUN);
    for (int left = number(argv[1]); left > 0;) {
        // No copy of any memory, and we wait for its end: about the cheapest process there is. CLONE_PARENT makes it our sibling.
        if (clone(end_at_once, stack + sizeof stack, CLONE_PARENT | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL) >= 0) {
            left--;
        } else if (errno == EAGAIN) {
            pause_microseconds(1000);
        } else {
            fail("clone");
        }
    }
    return 0;
}
