// The layer below a vault's image: a file system over one flat folder, that records, fails and locks as a test wants it to.
//
//   layer FOLDER MOUNTPOINT LOG local|shared|nfs
//
// LOG gets a record of everything that changes the folder, in the order in which it was done, before it is answered. `local`
// leaves locks to this machine's kernel. `shared` takes fcntl(2) locks on the folder's own files, so that another layer
// over the same folder, another machine, sees them; flock(2) stays local. `nfs` does that with both, as one kind of lock: so
// NFS clients do (flock(2), "NFS details").
//
// Commands come on standard input, and are answered with "ok":
//   fail read|write|fsync N ERRNO    from the N-th such call from now on, all of them fail
//   heal                             none does any more

#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ, WRITE, FSYNC, KINDS };
static const char *const kind_names[KINDS] = {"read", "write", "fsync"};

static int folder, log_file;
// Reads, writes and what else is recorded happen one after the other: a cut between two records is a cut in time.
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static struct {
    long calls_left;
    int error;
} faults[KINDS];

// An open file. Whoever locked it first is its locker: a close(2) of a copied descriptor by others comes as an unlock, too.
struct handle {
    int file;
    uint64_t locker;
};

static struct handle *handle_of(struct fuse_file_info *info) { return (struct handle *)(uintptr_t)info->fh; }

static int result(int value) { return value < 0 ? -errno : value; }

// -- the record ----------------------------------------------------------------------------------------------------------

struct record {
    char what;  // Write, Sync, Truncate, Create, Rename, Unlink
    char unused[3];
    uint32_t length;
    uint64_t offset;
};

static void record(char what, uint64_t offset, const char *bytes, size_t length) {
    struct record head = {.what = what, .length = (uint32_t)length, .offset = offset};
    struct iovec parts[] = {{&head, sizeof head}, {(char *)bytes, length}};
    if (writev(log_file, parts, 2) != (ssize_t)(sizeof head + length)) {
        perror("layer: the log");
        exit(1);
    }
}

// Whether this call is to fail; called in turn.
static int fault(int kind) {
    if (faults[kind].error == 0 || --faults[kind].calls_left > 0) return 0;
    faults[kind].calls_left = 0;
    return -faults[kind].error;
}

static void *obey(void *unused) {
    char line[128], name[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        long calls;
        int error;
        pthread_mutex_lock(&turn);
        if (sscanf(line, "fail %15s %ld %d", name, &calls, &error) == 3) {
            for (int kind = 0; kind < KINDS; kind++) {
                if (strcmp(name, kind_names[kind]) != 0) continue;
                faults[kind].calls_left = calls;
                faults[kind].error = error;
            }
        } else {
            memset(faults, 0, sizeof faults);
        }
        pthread_mutex_unlock(&turn);
        puts("ok");
        fflush(stdout);
    }
    return unused;
}

// -- files ---------------------------------------------------------------------------------------------------------------

static int layer_getattr(const char *path, struct stat *status, struct fuse_file_info *info) {
    if (info != NULL) return result(fstat(handle_of(info)->file, status));
    return result(fstatat(folder, path[1] == 0 ? "." : path + 1, status, AT_SYMLINK_NOFOLLOW));
}

static int layer_readdir(const char *path, void *out, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                         enum fuse_readdir_flags flags) {
    (void)path, (void)offset, (void)info, (void)flags;
    DIR *list = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY));
    if (list == NULL) return -errno;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) fill(out, entry->d_name, NULL, 0, 0);
    closedir(list);
    return 0;
}

static int layer_statfs(const char *path, struct statvfs *status) {
    (void)path;
    return result(fstatvfs(folder, status));
}

static int open_file(const char *path, int flags, mode_t mode, struct fuse_file_info *info) {
    // Nothing is cached on the way, so that what reaches the record is what was written, when it was.
    int file = openat(folder, path + 1, flags & ~O_DIRECT, mode);
    if (file < 0) return -errno;
    struct handle *handle = calloc(1, sizeof *handle);
    handle->file = file;
    info->fh = (uintptr_t)handle;
    info->direct_io = 1;
    return 0;
}

static int layer_open(const char *path, struct fuse_file_info *info) { return open_file(path, info->flags, 0, info); }

static int layer_create(const char *path, mode_t mode, struct fuse_file_info *info) {
    pthread_mutex_lock(&turn);
    int value = open_file(path, info->flags | O_CREAT, mode, info);
    if (value == 0) record('C', 0, path + 1, strlen(path + 1));
    pthread_mutex_unlock(&turn);
    return value;
}

static int layer_release(const char *path, struct fuse_file_info *info) {
    (void)path;
    close(handle_of(info)->file);
    free(handle_of(info));
    return 0;
}

static int layer_read(const char *path, char *out, size_t length, off_t offset, struct fuse_file_info *info) {
    (void)path;
    pthread_mutex_lock(&turn);
    int value = fault(READ);
    pthread_mutex_unlock(&turn);
    return value != 0 ? value : result((int)pread(handle_of(info)->file, out, length, offset));
}

static int layer_write(const char *path, const char *bytes, size_t length, off_t offset, struct fuse_file_info *info) {
    (void)path;
    pthread_mutex_lock(&turn);
    int value = fault(WRITE);
    if (value == 0) value = result((int)pwrite(handle_of(info)->file, bytes, length, offset));
    if (value > 0) record('W', (uint64_t)offset, bytes, (size_t)value);
    pthread_mutex_unlock(&turn);
    return value;
}

static int layer_fsync(const char *path, int data_only, struct fuse_file_info *info) {
    (void)path, (void)data_only;
    pthread_mutex_lock(&turn);
    int value = fault(FSYNC);
    if (value == 0) value = result(fdatasync(handle_of(info)->file));
    if (value == 0) record('S', 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return value;
}

static int layer_truncate(const char *path, off_t size, struct fuse_file_info *info) {
    int file = info != NULL ? dup(handle_of(info)->file) : openat(folder, path + 1, O_WRONLY);
    if (file < 0) return -errno;
    pthread_mutex_lock(&turn);
    int value = result(ftruncate(file, size));
    if (value == 0) record('T', (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&turn);
    close(file);
    return value;
}

static int layer_chmod(const char *path, mode_t mode, struct fuse_file_info *info) {
    return result(info != NULL ? fchmod(handle_of(info)->file, mode) : fchmodat(folder, path + 1, mode, 0));
}

static int layer_chown(const char *path, uid_t owner, gid_t group, struct fuse_file_info *info) {
    return result(info != NULL ? fchown(handle_of(info)->file, owner, group) : fchownat(folder, path + 1, owner, group, 0));
}

static int layer_unlink(const char *path) {
    pthread_mutex_lock(&turn);
    int value = result(unlinkat(folder, path + 1, 0));
    if (value == 0) record('U', 0, path + 1, strlen(path + 1));
    pthread_mutex_unlock(&turn);
    return value;
}

static int layer_rename(const char *from, const char *to, unsigned flags) {
    pthread_mutex_lock(&turn);
    int value = result(renameat2(folder, from + 1, folder, to + 1, flags));
    if (value == 0) record('R', 0, to + 1, strlen(to + 1));
    pthread_mutex_unlock(&turn);
    return value;
}

// -- locks ---------------------------------------------------------------------------------------------------------------

// Each open file here has one in the folder, whose lock it takes: so the lock ends with the last descriptor, also after a crash.
static int take_lock(struct handle *handle, struct flock *wanted, int waits, uint64_t locker) {
    if (wanted->l_type == F_UNLCK) {
        if (locker != handle->locker) return 0;
        handle->locker = 0;
    }
    wanted->l_pid = 0;
    while (fcntl(handle->file, F_OFD_SETLK, wanted) != 0) {
        if (errno != EAGAIN || !waits) return -errno;
        if (fuse_interrupted()) return -EINTR;
        usleep(10000);
    }
    if (wanted->l_type != F_UNLCK) handle->locker = locker;
    return 0;
}

static int layer_lock(const char *path, struct fuse_file_info *info, int command, struct flock *wanted) {
    (void)path;
    if (command == F_GETLK) return result(fcntl(handle_of(info)->file, F_OFD_GETLK, wanted));
    return take_lock(handle_of(info), wanted, command == F_SETLKW, info->lock_owner);
}

// The owner of both kinds is the open file, over NFS too: giving back the one gives back the other.
static int layer_flock(const char *path, struct fuse_file_info *info, int operation) {
    (void)path;
    int kind = operation & ~LOCK_NB;
    struct flock wanted = {.l_type = kind == LOCK_UN ? F_UNLCK : kind == LOCK_SH ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};
    return take_lock(handle_of(info), &wanted, !(operation & LOCK_NB), info->lock_owner);
}

static void *layer_init(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)connection;
    config->use_ino = config->hard_remove = config->nullpath_ok = 1;
    config->attr_timeout = config->entry_timeout = config->negative_timeout = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, obey, NULL);
    puts("ready");
    fflush(stdout);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    folder = open(argv[1], O_RDONLY | O_DIRECTORY);
    log_file = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (folder < 0 || log_file < 0) return 1;
    struct fuse_operations operations = {
        .init = layer_init,
        .getattr = layer_getattr,
        .readdir = layer_readdir,
        .statfs = layer_statfs,
        .open = layer_open,
        .create = layer_create,
        .release = layer_release,
        .read = layer_read,
        .write = layer_write,
        .fsync = layer_fsync,
        .truncate = layer_truncate,
        .chmod = layer_chmod,
        .chown = layer_chown,
        .unlink = layer_unlink,
        .rename = layer_rename,
    };
    if (strcmp(argv[4], "local") != 0) operations.lock = layer_lock;
    if (strcmp(argv[4], "nfs") == 0) operations.flock = layer_flock;
    char *arguments[] = {argv[0], argv[2], "-f", "-o", "allow_other", NULL};
    return fuse_main(5, arguments, &operations, NULL);
}
