// Descriptors and files: open(2), openat2(2), fcntl(2), ioctl(2), close_range(2), epoll(7), timerfd(2).

#ifndef CLINUX_DESCRIPTOR_H
#define CLINUX_DESCRIPTOR_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <unistd.h>

static inline int clinux_errno(void) { return errno; }

static inline void clinux_set_errno(int value) { errno = value; }

static inline int clinux_open(const char *_Nonnull path, int flags, mode_t mode) { return open(path, flags, mode); }

static inline int clinux_openat(int directory, const char *_Nonnull path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

static inline int clinux_openat2(int directory, const char *_Nonnull path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// O_TMPFILE is a macro of several, which Swift does not import.
static const int clinux_tmpfile_flag = O_TMPFILE;

static const int clinux_seek_data = SEEK_DATA;
static const int clinux_seek_hole = SEEK_HOLE;

// renameat2(2) that never replaces an existing file.
static inline int clinux_rename_new(
    int from_directory, const char *_Nonnull from, int to_directory, const char *_Nonnull to) {
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 1U /* RENAME_NOREPLACE */);
}

// Two files or folders take each other's name, at once.
static inline int clinux_rename_exchange(const char *_Nonnull one, const char *_Nonnull other) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2U /* RENAME_EXCHANGE */);
}

// Whether the descriptor is open on anything but /dev/null.
static inline bool clinux_can_read(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && !(S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3));
}

static inline int clinux_fcntl(int descriptor, int command, long argument) { return fcntl(descriptor, command, argument); }

// fcntl(2), F_OFD_SETLK over the whole file: 0, or -1 with EAGAIN when another open file description holds it.
static inline int clinux_ofd_lock_whole_file(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, 37 /* F_OFD_SETLK */, &lock);
}

static inline int clinux_ioctl(int descriptor, unsigned long request, void *_Nullable argument) {
    return ioctl(descriptor, request, argument);
}

static inline int clinux_ioctl_value(int descriptor, unsigned long request, unsigned long argument) {
    return ioctl(descriptor, request, argument);
}

static const unsigned long CLINUX_FICLONERANGE = FICLONERANGE;

static const unsigned CLINUX_CLOSE_RANGE_CLOEXEC = 1U << 2;

static inline int clinux_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}

static const unsigned CLINUX_EPOLLIN = EPOLLIN;
static const unsigned CLINUX_EPOLLOUT = EPOLLOUT;
static const unsigned CLINUX_EPOLLRDHUP = EPOLLRDHUP;

static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static const int CLINUX_TIMER_ABSOLUTE = TFD_TIMER_ABSTIME;

static inline int clinux_timer_create(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

static inline uint64_t clinux_makedev(unsigned major_number, unsigned minor_number) { return makedev(major_number, minor_number); }

static inline void *_Nullable clinux_map_private_memory(size_t length) {
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

#endif
