#pragma once
#include <et/com_err.h>
#include <ext2fs/ext2fs.h>

// The I/O manager is a variable, which Swift cannot see to be safe between threads.
static inline errcode_t cext2fs_open(const char *_Nonnull path, int flags, ext2_filsys _Nullable *_Nonnull volume) {
    return ext2fs_open(path, flags, 0, 0, unix_io_manager, volume);
}
