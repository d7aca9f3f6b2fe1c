// Processes that do not end: they ignore every signal that can be ignored, and each that is missing is made again. Says "ready"
// when all are there. With a number: that many of them; every third has stopped itself.

#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void ignore_everything(void) {
    for (int number = 1; number < NSIG; number++)
        if (number != SIGCHLD) signal(number, SIG_IGN);
}

int main(int argc, char **argv) {
    int wanted = argc > 1 ? atoi(argv[1]) : 1, running = 0;
    bool said = false;
    ignore_everything();
    for (int number = 0;;) {
        while (running < wanted) {
            pid_t child = fork();
            if (child < 0) break;
            if (child == 0) {
                setsid();
                if (number % 3 == 0) raise(SIGSTOP);
                for (;;) pause();
            }
            number++;
            running++;
        }
        if (!said && running == wanted) {
            said = true;
            puts("ready");
            fflush(stdout);
        }
        if (waitpid(-1, NULL, WNOHANG) > 0) running--;
        usleep(1000);
    }
}
