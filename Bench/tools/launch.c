// Times starts of a command, without the noise of an interpreter's fork.
//
//   launch [-n] COUNT COMMAND [ARG…]   runs COMMAND, given by its path, COUNT times and prints for each run how many
//                                      nanoseconds passed from clone to its end; with -n it is PID 1 of a new PID namespace

#include "tool.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

static char stack[64 * 1024] __attribute__((aligned(16)));

static int run(void *arguments) {
    char **command = arguments;
    int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(126);
    execv(command[0], command);
    _exit(127);
}

int main(int argc, char **argv) {
    int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        flags |= CLONE_NEWPID;
        first = 2;
    }
    if (argc < first + 2) show_usage("[-n] COUNT COMMAND [ARG...]");
    alarm(LONGEST_SECONDS);
    for (int count = number(argv[first]); count > 0; count--) {
        int64_t start = now();
        pid_t child = clone(run, stack + sizeof stack, flags, argv + first + 1);
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) fail("clone or wait");
        int64_t end = now();
        if (status != 0) {
            fprintf(stderr, "launch: %s ended with wait status %d\n", argv[first + 1], status);
            return 1;
        }
        printf("%lld\n", (long long)(end - start));
    }
    return 0;
}
