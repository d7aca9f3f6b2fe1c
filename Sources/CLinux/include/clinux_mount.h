// Mounts: the descriptor-based API (fsopen(2), fsconfig(2), fsmount(2), move_mount(2), open_tree(2)), loop(4), and the ioctl
// numbers whose macros Swift does not import.

#ifndef CLINUX_MOUNT_H
#define CLINUX_MOUNT_H

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int clinux_fsopen(const char *_Nonnull filesystem) { return (int)syscall(SYS_fsopen, filesystem, 1 /* FSOPEN_CLOEXEC */); }

static inline int clinux_fsconfig_string(int context, const char *_Nonnull key, const char *_Nonnull value) {
    return (int)syscall(SYS_fsconfig, context, 1 /* FSCONFIG_SET_STRING */, key, value, 0);
}

static inline int clinux_fsconfig_flag(int context, const char *_Nonnull key) {
    return (int)syscall(SYS_fsconfig, context, 0 /* FSCONFIG_SET_FLAG */, key, NULL, 0);
}

static inline int clinux_fsconfig_create(int context) {
    return (int)syscall(SYS_fsconfig, context, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL, 0);
}

// `attributes` are MOUNT_ATTR_ bits of mount_setattr(2).
static inline int clinux_fsmount(int context, unsigned attributes) {
    return (int)syscall(SYS_fsmount, context, 1 /* FSMOUNT_CLOEXEC */, attributes);
}

// Puts the detached mount `mount` on the directory that `target` is open on.
static inline int clinux_move_mount(int mount, int target) {
    return (int)syscall(SYS_move_mount, mount, "", target, "", 0x04 | 0x40 /* MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH */);
}

// A detached copy of the mount that `directory` is on, rooted at `directory`.
static inline int clinux_clone_tree(int directory) {
    return (int)syscall(SYS_open_tree, directory, "", 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | 0x1000 /* AT_EMPTY_PATH */);
}

// EXT4_IOC_SHUTDOWN of fs/ext4/ext4.h: _IOR('X', 125, __u32).
static const unsigned long CLINUX_EXT4_SHUTDOWN = 0x8004587dUL;

enum {
    CLINUX_MOUNT_ATTR_NOSUID = 0x2,
    CLINUX_MOUNT_ATTR_NODEV = 0x4,
    CLINUX_MOUNT_ATTR_NOEXEC = 0x8,
    CLINUX_MOUNT_ATTR_NOATIME = 0x10,
};

#endif
