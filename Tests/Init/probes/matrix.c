// Runs an init as PID 1 of one PID namespace after the other, and tells how each ended.
//
//   matrix statuses INIT COMMAND [OPTION...]    for each status from 0 to 255, what INIT ends with when COMMAND ends with it
//   matrix deaths INIT COMMAND [OPTION...]      for each signal from 1 to 64 that stops nothing, what INIT ends with when COMMAND sends
//                                               it to itself
//
// Numbers on one line. C, because a thousand times unshare(1) takes ten times as long.

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **words) {
    if (unshare(CLONE_NEWPID) != 0) {
        perror("unshare");
        exit(1);
    }
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(words[0], words);
        _exit(250);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) exit(1);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// unshare(2) counts for the children to come and once in a process's life, so each run is in a process of its own.
static int run_apart(char **words) {
    int ends[2], result = -1;
    if (pipe(ends) != 0) exit(1);
    pid_t helper = fork();
    if (helper == 0) {
        int status = run(words);
        _exit(write(ends[1], &status, sizeof status) == sizeof status ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &result, sizeof result) != sizeof result) result = -1;
    close(ends[0]);
    waitpid(helper, NULL, 0);
    return result;
}

int main(int count, char **arguments) {
    if (count < 4) return 2;
    const int is_death = strcmp(arguments[1], "deaths") == 0;
    char number[16];
    char *words[32] = {arguments[2]};
    int next = 1;
    for (int index = 4; index < count && next < 24; index++) words[next++] = arguments[index];
    words[next++] = "--";
    words[next++] = arguments[3];
    words[next++] = is_death ? "die" : "exit";
    words[next++] = number;
    for (int value = is_death ? 1 : 0; value <= (is_death ? 64 : 255); value++) {
        if (is_death && value >= SIGSTOP && value <= SIGTTOU) continue;
        snprintf(number, sizeof number, "%d", value);
        printf("%d ", run_apart(words));
    }
    printf("\n");
    return 0;
}
