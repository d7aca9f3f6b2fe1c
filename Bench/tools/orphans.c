// Bursts of orphans, and how long their reaper takes. Run as the command of an init.
//
//   orphans BURSTS SIZE      prints for each burst the nanoseconds from the moment the orphans are let go until none is left, and
//                            those that PID 1 had a CPU meanwhile
//   orphans -z BURSTS SIZE   prints the most zombies that PID 1 had at a time
//
// A burst is SIZE children that block on a pipe and whose parent has ended. Closing the pipe lets them go.

#include "tool.h"

#include <ctype.h>
#include <dirent.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

static struct shared {
    atomic_int waiting;
    atomic_bool is_over;
    atomic_int most_zombies;
    pid_t orphans[];
} *shared;

static _Noreturn void be_orphan(int gate[2]) {
    char byte;
    close(gate[1]);
    atomic_fetch_add(&shared->waiting, 1);
    while (read(gate[0], &byte, 1) < 0 && errno == EINTR) {}
    _exit(0);
}

// Makes the orphans of one burst, all of them waiting, and returns what closing lets them go.
static int make_orphans(int size) {
    int gate[2];
    if (pipe(gate) != 0) fail("pipe");
    atomic_store(&shared->waiting, 0);
    pid_t parent = fork();
    if (parent < 0) fail("fork");
    if (parent == 0) {
        for (int index = 0; index < size; index++) {
            pid_t child = fork();
            if (child < 0) fail("fork");
            if (child == 0) be_orphan(gate);
            shared->orphans[index] = child;
        }
        _exit(0);
    }
    close(gate[0]);
    int status;
    if (waitpid(parent, &status, 0) != parent || status != 0) fail("wait for the orphans' parent");
    while (atomic_load(&shared->waiting) < size) pause_microseconds(100);
    return gate[1];
}

static void wait_until_gone(int size) {
    for (int index = 0; index < size; index++) {
        while (kill(shared->orphans[index], 0) == 0) pause_microseconds(50);
    }
}

// How many zombies PID 1 has.
static int count_zombies(void) {
    int count = 0;
    DIR *folder = opendir("/proc");
    if (folder == NULL) fail("/proc");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[300], text[512];
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) continue;
        size_t length = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[length] = '\0';
        // PID (NAME) STATE PARENT …
        char *name_end = strrchr(text, ')');
        count += name_end != NULL && strncmp(name_end, ") Z 1 ", 6) == 0;
    }
    closedir(folder);
    return count;
}

// How long PID 1 has had a CPU, in nanoseconds.
static int64_t cpu_time(void) {
    FILE *file = fopen("/proc/1/schedstat", "r");
    long long time;
    if (file == NULL || fscanf(file, "%lld", &time) != 1) fail("/proc/1/schedstat");
    fclose(file);
    return time;
}

static pid_t start_counting(void) {
    pid_t counter = fork();
    if (counter < 0) fail("fork");
    if (counter > 0) return counter;
    end_with_parent();
    while (!atomic_load(&shared->is_over)) {
        int count = count_zombies();
        if (count > atomic_load(&shared->most_zombies)) atomic_store(&shared->most_zombies, count);
    }
    _exit(0);
}

static void play_bursts(int bursts, int size, bool prints) {
    for (int burst = 0; burst < bursts; burst++) {
        int gate = make_orphans(size);
        // What happened so far is done with, and everybody sleeps.
        pause_microseconds(5000);
        int64_t start = now(), cpu_start = cpu_time();
        close(gate);
        wait_until_gone(size);
        int64_t end = now();
        if (prints) printf("%lld %lld\n", (long long)(end - start), (long long)(cpu_time() - cpu_start));
    }
}

static void count_most_zombies(int bursts, int size) {
    pid_t counter = start_counting();
    play_bursts(bursts, size, false);
    atomic_store(&shared->is_over, true);
    int status;
    if (waitpid(counter, &status, 0) != counter || status != 0) fail("wait for the counter");
    printf("%d\n", atomic_load(&shared->most_zombies));
}

int main(int argc, char **argv) {
    bool counts = argc > 1 && strcmp(argv[1], "-z") == 0;
    if (argc != 3 + counts) show_usage("[-z] BURSTS SIZE");
    int bursts = number(argv[1 + counts]), size = number(argv[2 + counts]);
    alarm(LONGEST_SECONDS);
    size_t length = sizeof *shared + sizeof(pid_t) * (size_t)size;
    shared = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("mmap");
    if (counts) {
        count_most_zombies(bursts, size);
    } else {
        play_bursts(bursts, size, true);
    }
    return 0;
}
