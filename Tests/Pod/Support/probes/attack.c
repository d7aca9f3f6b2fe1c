// What a process of the public area can try against processes of an enclave. Prints a line for each try:
//
//   OPEN channel pid    it worked
//   shut channel pid    it was refused
//
//   attack               once, against every process whose PID namespace is below ours
//   attack --nested      the same from a user namespace of our own
//   attack --watch N     for N seconds against processes as they appear, printing what worked only
//
// Statically linked, so that it runs in every image.

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool only_open;

static void tell(const char *channel, int pid, bool open) {
    if (open || !only_open) printf("%s %s %d\n", open ? "OPEN" : "shut", channel, pid);
}

// How many PID namespaces deep a process is, by the fields of NSpid.
static int depth(const char *pid) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    int count = 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "NSpid:", 6) == 0)
            for (char *word = strtok(line + 6, " \t\n"); word; word = strtok(NULL, " \t\n")) count++;
    fclose(file);
    return count;
}

static bool can_read(const char *path) {
    char byte;
    int file = open(path, O_RDONLY | O_NONBLOCK);
    if (file < 0) return false;
    ssize_t got = read(file, &byte, 1);
    // mem starts with an unmapped page: to get as far as EIO is to be let in.
    bool in = got > 0 || (got < 0 && errno == EIO);
    close(file);
    return in;
}

static bool can_list(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return false;
    // Dots are given out for the asking.
    struct dirent *entry;
    bool in = false;
    while (!in && (entry = readdir(folder))) in = entry->d_name[0] != '.';
    closedir(folder);
    return in;
}

// The numbers of a process's descriptors are no secret; what they lead to is.
static bool can_follow_descriptors(int pid) {
    char path[64], target[256];
    for (int number = 0; number < 32; number++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, number);
        if (readlink(path, target, sizeof target) > 0) return true;
    }
    return false;
}

static bool can_trace(int request, int pid) {
    if (ptrace(request, pid, 0, 0) != 0) return false;
    int status;
    if (request == PTRACE_ATTACH) waitpid(pid, &status, __WALL);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return true;
}

static bool can_read_memory(int pid) {
    char byte;
    struct iovec local = {&byte, 1}, remote = {(void *)0x1000, 1};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT;
}

static bool can_take_descriptor(int pid) {
    int handle = syscall(SYS_pidfd_open, pid, 0);
    if (handle < 0) return false;
    bool in = false;
    for (int number = 0; number < 16 && !in; number++) {
        int taken = syscall(SYS_pidfd_getfd, handle, number, 0);
        in = taken >= 0;
        if (in) close(taken);
    }
    close(handle);
    return in;
}

// Joining is tried in a child, which it would change.
static bool can_join(int pid, int kind) {
    int handle = syscall(SYS_pidfd_open, pid, 0);
    if (handle < 0) return false;
    pid_t child = fork();
    if (child == 0) _exit(setns(handle, kind) == 0 ? 0 : 1);
    int status = 1;
    waitpid(child, &status, 0);
    close(handle);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void attack(int pid) {
    static const char *files[] = {"environ", "mem",   "maps",     "smaps",       "auxv",      "stack",
                                  "syscall", "io",    "pagemap",  "personality", "numa_maps", "smaps_rollup"};
    static const char *folders[] = {"root", "cwd", "map_files", "task/1/cwd"};
    static const struct {
        const char *name;
        int kind;
    } namespaces[] = {{"mnt", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"user", CLONE_NEWUSER}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}};
    char path[128], name[64];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
        tell(files[i], pid, can_read(path));
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s/.", pid, folders[i]);
        tell(folders[i], pid, can_list(path));
    }
    tell("fd", pid, can_follow_descriptors(pid));
    // A watcher does not disturb what it watches.
    if (only_open) return;
    tell("ptrace-attach", pid, can_trace(PTRACE_ATTACH, pid));
    tell("ptrace-seize", pid, can_trace(PTRACE_SEIZE, pid));
    tell("process_vm_readv", pid, can_read_memory(pid));
    tell("pidfd_getfd", pid, can_take_descriptor(pid));
    tell("kcmp", pid, syscall(SYS_kcmp, getpid(), pid, KCMP_FILES, 0, 0) >= 0);
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        snprintf(name, sizeof name, "setns-%s", namespaces[i].name);
        tell(name, pid, can_join(pid, namespaces[i].kind));
        snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, namespaces[i].name);
        snprintf(name, sizeof name, "ns-%s", namespaces[i].name);
        int file = open(path, O_RDONLY);
        tell(name, pid, file >= 0);
        if (file >= 0) close(file);
    }
}

static int attack_all(int own) {
    int count = 0;
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    while (processes && (entry = readdir(processes)))
        if (isdigit(entry->d_name[0]) && depth(entry->d_name) > own) {
            attack(atoi(entry->d_name));
            count++;
        }
    if (processes) closedir(processes);
    return count;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_DFL);
    int own = depth("self"), count = 0;
    if (argc > 1 && strcmp(argv[1], "--nested") == 0 && unshare(CLONE_NEWUSER) != 0) {
        printf("cannot make a user namespace: %s\n", strerror(errno));
        return 1;
    }
    if (argc > 2 && strcmp(argv[1], "--watch") == 0) {
        only_open = true;
        printf("watching\n");
        for (time_t end = time(NULL) + atoi(argv[2]); time(NULL) < end;) count += attack_all(own);
    } else {
        count = attack_all(own);
    }
    printf("tried %d\n", count);
    return 0;
}
