// Processes: fork(2), wait(2) macros, prctl(2), namespaces(7), pidfd_open(2), environ(7).

#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline pid_t clinux_fork(void) { return fork(); }

static inline bool clinux_exited(int status) { return WIFEXITED(status); }
static inline int clinux_exit_status(int status) { return WEXITSTATUS(status); }
static inline bool clinux_signaled(int status) { return WIFSIGNALED(status); }
static inline int clinux_term_signal(int status) { return WTERMSIG(status); }
static inline bool clinux_stopped(int status) { return WIFSTOPPED(status); }
static inline int clinux_stop_signal(int status) { return WSTOPSIG(status); }

static inline int clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return prctl(option, a, b, c, d);
}

// seccomp(2): `length` bytes of instructions.
static inline int clinux_load_filter(const void *_Nullable code, size_t length) {
    struct sock_fprog program = {.len = (unsigned short)(length / sizeof(struct sock_filter)), .filter = (struct sock_filter *)code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

// securebits(7) flags: every one that takes root's privileges or a way to them away, and all of them locked.
static const unsigned long CLINUX_LOCKED_SECUREBITS = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED
    | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

// The name that ps(1) shows; up to 15 bytes count.
static inline void clinux_set_process_name(const char *_Nonnull name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// reboot(2): numbers that do not all fit an int.
static const int CLINUX_REBOOT_ASK_INIT = (int)RB_DISABLE_CAD;
static const int CLINUX_REBOOT_HALT = (int)RB_HALT_SYSTEM;
static const int CLINUX_REBOOT_POWER_OFF = (int)RB_POWER_OFF;
static const int CLINUX_REBOOT_RESTART = (int)RB_AUTOBOOT;

static inline int clinux_unshare(int flags) { return unshare(flags); }
static inline int clinux_setns(int descriptor, int type) { return setns(descriptor, type); }

// keyctl(2), KEYCTL_JOIN_SESSION_KEYRING: a new one without a name, for the calling thread and what it starts.
static inline long clinux_join_new_session_keyring(void) { return syscall(SYS_keyctl, 1, (char *)0); }

static inline int clinux_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

static inline char *_Nullable *_Nullable clinux_environ(void) {
    extern char **environ;
    return environ;
}

// execvp(3), with PATH looked up in the environment that the program gets.
static inline void clinux_exec(
    const char *_Nonnull program, char *_Nullable *_Nonnull arguments, char *_Nullable *_Nonnull environment) {
    extern char **environ;
    environ = environment;
    execvp(program, arguments);
}

static inline void clinux_exec_path(
    const char *_Nonnull path, char *_Nullable *_Nonnull arguments, char *_Nullable *_Nonnull environment) {
    execve(path, arguments, environment);
}

// Gives the pages of our own code and constants back; what is needed again is read from the file again (madvise(2)).
static inline void clinux_release_code(void) {
    extern const char __executable_start[], etext[];
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
    madvise((void *)start, (uintptr_t)etext - start, MADV_DONTNEED);
}

// argc and argv as the C library handed them to the program: Embedded Swift has no CommandLine.
char *_Nullable *_Nullable clinux_argv(void);

#endif
