#pragma once
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>

// The header renames these by a macro, which Swift does not import.
static inline int cfuse_session_loop_mt(struct fuse_session *session, struct fuse_loop_config *config) {
    return fuse_session_loop_mt(session, config);
}
