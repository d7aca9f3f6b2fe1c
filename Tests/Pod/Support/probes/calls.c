// What a program of a ghost can ask the kernel for that its filter should refuse. Prints a line for each try:
//
//   group name EPERM      refused, or ENOSYS: as if the kernel had not got it
//   group name open       anything else: the kernel itself looked at the call
//
// Arguments are chosen so that a call does no harm where it is let through, and that the kernel's own answer is another than
// the filter's wherever that is possible. Statically linked, so that it runs in every image.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *group, const char *name, long result, int error) {
    printf("%s %s %s\n", group, name, result >= 0 ? "open" : error == EPERM ? "EPERM" : error == ENOSYS ? "ENOSYS" : "open");
    fflush(stdout);
}

static void try_call(const char *group, const char *name, long number, long a, long b, long c) {
    errno = 0;
    long result = syscall(number, a, b, c, 0, 0);
    int error = errno;
    tell(group, name, result, error);
}

// In a child, which the call would change.
static void try_in_child(const char *group, const char *name, long number, long a) {
    int ends[2], answer[2] = {-1, EIO};
    if (pipe(ends) != 0) return;
    pid_t child = fork();
    if (child == 0) {
        answer[0] = (int)syscall(number, a, 0, 0, 0, 0);
        answer[1] = errno;
        // clone comes back twice; its child has nothing to say.
        if (answer[0] == 0 && number == SYS_clone) _exit(0);
        if (write(ends[1], answer, sizeof answer) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], answer, sizeof answer) < 0) answer[0] = -1;
    close(ends[0]);
    waitpid(child, NULL, 0);
    tell(group, name, answer[0], answer[1]);
}

// A terminal of our own, so that the kernel's own answer would be yes.
static void terminals(void) {
    pid_t child = fork();
    if (child != 0) {
        waitpid(child, NULL, 0);
        return;
    }
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    setsid();
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) _exit(1);
    int terminal = open(ptsname(master), O_RDWR);
    int paste = 3, ordinary = 0;
    ioctl(terminal, TIOCSCTTY, 0);
    try_call("terminals", "TIOCSTI", SYS_ioctl, terminal, TIOCSTI, (long)"x");
    try_call("terminals", "TIOCSTI-with-high-bits", SYS_ioctl, terminal, TIOCSTI | (1L << 32), (long)"x");
    try_call("terminals", "TIOCSTI-negative", SYS_ioctl, terminal, (long)0xffffffff00000000 | TIOCSTI, (long)"x");
    try_call("terminals", "TIOCLINUX", SYS_ioctl, terminal, TIOCLINUX, (long)&paste);
    try_call("terminals", "TIOCLINUX-with-high-bits", SYS_ioctl, terminal, TIOCLINUX | (1L << 40), (long)&paste);
    try_call("terminals", "TIOCSETD", SYS_ioctl, terminal, TIOCSETD, (long)&ordinary);
    _exit(0);
}

static void namespaces(void) {
    static const struct {
        const char *name;
        unsigned int flag;
    } kinds[] = {{"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},      {"net", CLONE_NEWNET},
                 {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS},  {"cgroup", CLONE_NEWCGROUP}};
    char name[64];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        // With a user namespace before the others, as one would do it.
        snprintf(name, sizeof name, "clone-%s", kinds[i].name);
        try_in_child("user_namespaces", name, SYS_clone, kinds[i].flag | CLONE_NEWUSER | SIGCHLD);
        snprintf(name, sizeof name, "unshare-%s", kinds[i].name);
        try_in_child("user_namespaces", name, SYS_unshare, kinds[i].flag | CLONE_NEWUSER);
    }
    try_in_child("user_namespaces", "clone-with-high-bits", SYS_clone, CLONE_NEWUSER | SIGCHLD | (1L << 32));
    try_call("user_namespaces", "setns", SYS_setns, -1, 0, 0);
    try_call("user_namespaces", "chroot", SYS_chroot, 0, 0, 0);
    try_call("unavailable", "clone3", SYS_clone3, 0, 0, 0);
}

static void sockets(void) {
    static const int families[] = {AF_ALG, AF_VSOCK, AF_PACKET, AF_BLUETOOTH, AF_CAN, AF_UNSPEC};
    char name[64];
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        snprintf(name, sizeof name, "family-%d", families[i]);
        try_call("sockets", name, SYS_socket, families[i], SOCK_RAW, 0);
    }
    try_call("sockets", "family-38-with-high-bits", SYS_socket, AF_ALG | (1L << 32), SOCK_SEQPACKET, 0);
}

// i386's door into a 64-bit kernel: its getpid is 20. Where the kernel has none the signal ends the child.
static void foreign_architectures(void) {
#ifdef __x86_64__
    try_call("foreign_architectures", "x32-getpid", 0x40000000 | SYS_getpid, 0, 0, 0);
    try_call("foreign_architectures", "x32-keyctl", 0x40000000 | SYS_keyctl, 0, -3, 0);
    pid_t child = fork();
    if (child == 0) {
        long result = 20;
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
        _exit(result == -EPERM ? 1 : 2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) tell("foreign_architectures", "i386-getpid", WEXITSTATUS(status) == 2 ? 0 : -1, EPERM);
#endif
}

int main(void) {
    terminals();
    namespaces();
    sockets();
    foreign_architectures();
    try_call("mounts", "mount", SYS_mount, 0, 0, 0);
    try_call("mounts", "umount2", SYS_umount2, 0, 0x7fff, 0);
    try_call("mounts", "pivot_root", SYS_pivot_root, 0, 0, 0);
    try_call("mounts", "fsopen", SYS_fsopen, 0, -1, 0);
    try_call("mounts", "fsconfig", SYS_fsconfig, -1, 0, 0);
    try_call("mounts", "fsmount", SYS_fsmount, -1, -1, 0);
    try_call("mounts", "fspick", SYS_fspick, -1, 0, -1);
    try_call("mounts", "move_mount", SYS_move_mount, -1, 0, -1);
    try_call("mounts", "open_tree", SYS_open_tree, -1, 0, -1);
    try_call("mounts", "mount_setattr", SYS_mount_setattr, -1, 0, -1);
    try_call("file_handles", "open_by_handle_at", SYS_open_by_handle_at, -1, 0, 0);
    try_call("file_handles", "name_to_handle_at", SYS_name_to_handle_at, -1, 0, 0);
    try_call("keyrings", "add_key", SYS_add_key, 0, 0, 0);
    try_call("keyrings", "request_key", SYS_request_key, 0, 0, 0);
    try_call("keyrings", "keyctl", SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
    try_call("io_uring", "io_uring_setup", SYS_io_uring_setup, 1, 0, 0);
    try_call("io_uring", "io_uring_enter", SYS_io_uring_enter, -1, 0, 0);
    try_call("io_uring", "io_uring_register", SYS_io_uring_register, -1, 0, 0);
    try_call("userfaultfd", "userfaultfd", SYS_userfaultfd, 1, 0, 0);
    try_call("bpf", "bpf", SYS_bpf, 1, 0, 0);
    try_call("perf_events", "perf_event_open", SYS_perf_event_open, 0, 0, 0);
    try_call("memory_policy", "get_mempolicy", SYS_get_mempolicy, 0, 0, 0);
    try_call("memory_policy", "move_pages", SYS_move_pages, 0, 0, 0);
    try_call("clocks", "settimeofday", SYS_settimeofday, 0, 0, 0);
    try_call("clocks", "adjtimex", SYS_adjtimex, 0, 0, 0);
    try_call("machine", "kexec_load", SYS_kexec_load, 0, 0, 0);
    try_call("machine", "reboot", SYS_reboot, 0, 0, 0);
    try_call("machine", "init_module", SYS_init_module, 0, 0, 0);
    try_call("machine", "syslog", SYS_syslog, 10, 0, 0);
    try_call("machine", "fanotify_mark", SYS_fanotify_mark, -1, 0, 0);
    try_call("obsolete", "remap_file_pages", SYS_remap_file_pages, 0, 0, 0);
#ifdef __x86_64__
    try_call("obsolete", "modify_ldt", SYS_modify_ldt, 0, 0, 0);
#endif
    try_call("unavailable", "a-number-of-no-call", 1023, 0, 0, 0);
    return 0;
}
