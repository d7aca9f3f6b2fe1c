// How long a signal takes from its sender through an init to the init's command.
//
//   signals FILE COUNT INIT [ARG...]   starts INIT, given by its path, as PID 1 of a new PID namespace, sends it COUNT signals
//                                      once its command listens, and prints how many nanoseconds each took to get there
//   signals -r FILE COUNT              is that command: writes when each signal came into FILE, which both map
//
// All of them run on one CPU.

#include "tool.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SIGNAL SIGUSR1
#define PAUSE_MICROSECONDS 100
#define LONGEST_WAIT INT64_C(5000000000)

// An init may close every descriptor that its command would inherit, so they share a file by its path.
struct shared {
    atomic_bool listens;
    _Atomic int64_t arrivals[];
};

static char stack[64 * 1024] __attribute__((aligned(16)));

static struct shared *map(const char *path, int count) {
    size_t length = sizeof(struct shared) + sizeof(int64_t) * (size_t)count;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)length) != 0) fail(path);
    struct shared *shared = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    if (shared == MAP_FAILED) fail("mmap");
    close(file);
    return shared;
}

static void receive(struct shared *shared, int count) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    atomic_store(&shared->listens, true);
    for (int index = 0; index < count; index++) {
        while (sigwaitinfo(&set, NULL) < 0) {}
        atomic_store(&shared->arrivals[index], now());
    }
}

// Like an engine, this gives the init a session. Where the kernel schedules by session (sched(7), autogroup), a sender in the
// init's own would get in the receiver's way, but not where the init puts its command into yet another session.
static int start_init(void *arguments) {
    char **command = arguments;
    end_with_parent();
    setsid();
    execv(command[0], command);
    _exit(127);
}

// Waking a process on another CPU takes several times as long as all that is measured here, and how often that happens is up to
// what else runs.
static void stay_on_this_cpu(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("sched_setaffinity");
}

static void send_all(struct shared *shared, int count, pid_t init) {
    while (!atomic_load(&shared->listens)) {
        if (waitpid(init, NULL, WNOHANG) != 0) fail("the init has ended");
        pause_microseconds(1000);
    }
    for (int index = 0; index < count; index++) {
        pause_microseconds(PAUSE_MICROSECONDS);
        int64_t sent = now(), arrived;
        if (kill(init, SIGNAL) != 0) fail("kill");
        while ((arrived = atomic_load(&shared->arrivals[index])) == 0) {
            if (now() - sent > LONGEST_WAIT) fail("a signal did not arrive");
            pause_microseconds(PAUSE_MICROSECONDS);
        }
        printf("%lld\n", (long long)(arrived - sent));
    }
}

int main(int argc, char **argv) {
    alarm(LONGEST_SECONDS);
    if (argc == 4 && strcmp(argv[1], "-r") == 0) {
        int count = number(argv[3]);
        receive(map(argv[2], count), count);
        return 0;
    }
    if (argc < 4) show_usage("FILE COUNT INIT [ARG...], or -r FILE COUNT");
    int count = number(argv[2]);
    stay_on_this_cpu();
    unlink(argv[1]);
    struct shared *shared = map(argv[1], count);
    pid_t init = clone(start_init, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_NEWPID | SIGCHLD, argv + 3);
    if (init < 0) fail("clone");
    send_all(shared, count, init);
    int status;
    if (waitpid(init, &status, 0) != init || status != 0) fail("the init has failed");
    return 0;
}
