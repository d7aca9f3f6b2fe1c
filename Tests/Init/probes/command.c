// What the inits run in the tests: ends, dies, tells its state, or tells which signals reach it.
//
//   command exit STATUS       ends
//   command die SIGNAL        is ended by a signal
//   command state             tells what it was started with, as lines of NAME VALUE
//   command signals           tells each signal that comes, and the value that came with it, until it is killed
//   command orphans COUNT     makes so many orphans that end at once, tells "made", and goes on
//   command child             makes a child that tells signals as well, prefixed with "child "
//   command waits             tells "started", and waits without end
//   command reads             reads its input to the end
//
// and what becomes or starts another program:
//
//   command blocking SIGNAL,… PROGRAM [ARGUMENT…]  with these signals blocked
//   command early SIGNAL,… PROGRAM [ARGUMENT…]     with these signals blocked and waiting
//   command ignoring SIGNAL,… PROGRAM [ARGUMENT…]  with these signals ignored
//   command leader PROGRAM [ARGUMENT…]             as the leader of a session with the terminal that is its input
//   command under PROGRAM [ARGUMENT…]              as its child: reaps, and ends as it does; a PID 1 to run an init below
//   command linger PROGRAM [ARGUMENT…]             the same, but goes on
//
// C, and not a script, because an interpreter changes its signals when it starts.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_mask(uint64_t mask) { syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask); }

static void say(const char *text) {
    fputs(text, stdout);
    fflush(stdout);
}

static int die(int number) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    const unsigned long action[4] = {0};
    syscall(SYS_rt_sigaction, number, action, NULL, sizeof(uint64_t));
    set_mask(0);
    kill(getpid(), number);
    return 0;
}

static void tell_status(const char *wanted) {
    char line[4096];
    FILE *status = fopen("/proc/self/status", "r");
    size_t length = strlen(wanted);
    while (status && fgets(line, sizeof line, status)) {
        if (strncmp(line, wanted, length) == 0) printf("%.*s %s", (int)length - 1, line, line + length + 1);
    }
    if (status) fclose(status);
}

static int tell_state(int count, char **words) {
    char folder[PATH_MAX];
    const char *listen = getenv("LISTEN_PID");
    printf("pid %d\nparent %d\ngroup %d\nsession %d\nforeground %d\n", getpid(), getppid(), getpgrp(), getsid(0), tcgetpgrp(0));
    printf("folder %s\n", getcwd(folder, sizeof folder) ? folder : "?");
    printf("listen %s\n", listen ? listen : "-");
    tell_status("SigBlk:");
    tell_status("SigIgn:");
    tell_status("CapEff:");
    int signal_at_parents_death = 0;
    prctl(PR_GET_PDEATHSIG, &signal_at_parents_death);
    printf("pdeathsig %d\n", signal_at_parents_death);
    printf("descriptors");
    for (int number = 0; number < 64; number++) {
        if (fcntl(number, F_GETFD) >= 0) printf(" %d", number);
    }
    printf("\nwords");
    for (int index = 0; index < count; index++) printf(" [%s]", words[index]);
    printf("\nenvironment");
    for (char **variable = environ; *variable; variable++) printf(" %s", *variable);
    printf("\n");
    return 0;
}

static void tell_signals(const char *prefix) {
    const uint64_t all = UINT64_MAX;
    set_mask(all);
    printf("%sready\n", prefix);
    fflush(stdout);
    for (;;) {
        siginfo_t information = {0};
        long number = syscall(SYS_rt_sigtimedwait, &all, &information, NULL, sizeof all);
        if (number <= 0) continue;
        int value = information.si_code == SI_QUEUE ? information.si_value.sival_int : 0;
        printf("%s%ld %d\n", prefix, number, value);
        fflush(stdout);
    }
}

static int make_orphans(int count) {
    for (int made = 0; made < count; made++) {
        pid_t child = fork();
        if (child < 0) return 3;
        if (child == 0) _exit(fork() == 0 ? 0 : 0);
        waitpid(child, NULL, 0);
    }
    say("made\n");
    for (;;) pause();
}

// What is done with each signal of the list before the program is started.
static int become(char **words, char *numbers, bool blocks, bool sends) {
    uint64_t blocked = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof blocked);
    for (char *word = strtok(numbers, ","); word; word = strtok(NULL, ",")) {
        int number = atoi(word);
        if (!blocks) signal(number, SIG_IGN);
        blocked |= (uint64_t)blocks << (number - 1);
        set_mask(blocked);
        if (sends) kill(getpid(), number);
    }
    execvp(words[0], words);
    return 1;
}

static int become_leader(char **words) {
    setsid();
    // 1: also away from another session, as root may.
    if (ioctl(STDIN_FILENO, TIOCSCTTY, 1) != 0) return 1;
    execvp(words[0], words);
    return 1;
}

static int run_below(char **words) {
    int status = 0;
    pid_t ended, child = fork();
    if (child == 0) {
        execvp(words[0], words);
        _exit(99);
    }
    do { ended = wait(&status); } while (ended != child && (ended > 0 || errno == EINTR));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "state";
    char text[256];
    int number = count > 2 ? atoi(words[2]) : 0;
    if (strcmp(what, "exit") == 0) return number;
    if (strcmp(what, "die") == 0) return die(number);
    if (strcmp(what, "state") == 0) return tell_state(count, words);
    if (strcmp(what, "waits") == 0) {
        say("started\n");
        for (;;) pause();
    }
    if (strcmp(what, "reads") == 0) while (read(STDIN_FILENO, text, sizeof text) > 0) {}
    if (strcmp(what, "orphans") == 0) return make_orphans(number);
    if (strcmp(what, "blocking") == 0 && count > 3) return become(words + 3, words[2], true, false);
    if (strcmp(what, "early") == 0 && count > 3) return become(words + 3, words[2], true, true);
    if (strcmp(what, "ignoring") == 0 && count > 3) return become(words + 3, words[2], false, false);
    if (strcmp(what, "leader") == 0 && count > 2) return become_leader(words + 2);
    if (strcmp(what, "under") == 0 && count > 2) return run_below(words + 2);
    if (strcmp(what, "linger") == 0 && count > 2) {
        run_below(words + 2);
        for (;;) pause();
    }
    if (strcmp(what, "signals") == 0) tell_signals("");
    if (strcmp(what, "child") == 0) {
        if (fork() == 0) tell_signals("child ");
        tell_signals("");
    }
    return tell_state(count, words);
}
