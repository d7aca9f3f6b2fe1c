// A process with a secret in its memory crashes, in the folder that it was started in. Prints what its parent hears of it:
// "dumped" or "no dump". The limit of core files is raised as far as it can be.

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit;
        getrlimit(RLIMIT_CORE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_CORE, &limit);
        char secret[256] = "";
        if (argc > 1) strncpy(secret, argv[1], sizeof secret - 1);
        abort();
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("%s\n", WIFSIGNALED(status) && WCOREDUMP(status) ? "dumped" : "no dump");
    return 0;
}
