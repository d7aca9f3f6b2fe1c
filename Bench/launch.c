// Times starts of a command, without the noise of an interpreter's fork.
//
//   launch [-n] COUNT COMMAND [ARG…]   runs COMMAND, given by its path, COUNT times and prints for each run how many
//                                      nanoseconds passed from clone to its end; with -n it is PID 1 of a new PID namespace

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char stack[64 * 1024] __attribute__((aligned(16)));

static int run(void *arguments) {
    char **command = arguments;
    int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(126);
    execv(command[0], command);
    _exit(127);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
    int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "-n") == 0) {
        flags |= CLONE_NEWPID;
        first = 2;
    }
    if (argc < first + 2) {
        fprintf(stderr, "usage: launch [-n] COUNT COMMAND [ARG...]\n");
        return 2;
    }
    for (int count = atoi(argv[first]); count > 0; count--) {
        long long start = now();
        pid_t child = clone(run, stack + sizeof stack, flags, argv + first + 1);
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) {
            fprintf(stderr, "launch: %s\n", strerror(errno));
            return 1;
        }
        long long end = now();
        if (status != 0) {
            fprintf(stderr, "launch: %s ended with wait status %d\n", argv[first + 1], status);
            return 1;
        }
        printf("%lld\n", end - start);
    }
    return 0;
}
