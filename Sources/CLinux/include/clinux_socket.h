// Unix sockets: unix(7) addresses, SCM_RIGHTS through cmsg(3) macros, SO_PEERCRED.

#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

enum {
    CLINUX_MAX_DESCRIPTORS = 8,
    // What the kernel may put where room is kept for those and for credentials: socket.c asserts that it is enough.
    CLINUX_MAX_RECEIVED = 16,
};

// An enum in one C library, macros in the other.
static const int CLINUX_STREAM = SOCK_STREAM;
static const int CLINUX_DATAGRAM = SOCK_DGRAM;
static const int CLINUX_SEQPACKET = SOCK_SEQPACKET;

struct clinux_peer {
    int pid;
    unsigned uid;
    unsigned gid;
};

struct clinux_received {
    ssize_t length;      // bytes in the buffer, 0 at the end, -1 with errno
    bool truncated;      // the message, or the list of its descriptors, did not fit
    int descriptor_count;
    int descriptors[CLINUX_MAX_RECEIVED];
    struct clinux_peer sender;  // of SCM_CREDENTIALS; pid 0 without
};

static inline int clinux_seqpacket_socket(bool non_blocking) {
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0), 0);
}

static inline int clinux_seqpacket_pair(int *_Nullable ends) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

static inline int clinux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

static inline int clinux_socket(int family, int type) { return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

// SO_PASSCRED: the kernel adds the sender's credentials to what is received.
static inline int clinux_ask_for_credentials(int descriptor) {
    const int yes = 1;
    return setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
}

int clinux_connect_loopback(int descriptor, int family, unsigned short port);
int clinux_bind_unix(int descriptor, const char *_Nonnull path);
int clinux_connect_unix(int descriptor, const char *_Nonnull path);
int clinux_peer_credentials(int descriptor, struct clinux_peer *_Nonnull peer);
ssize_t clinux_send(int descriptor, const void *_Nonnull bytes, size_t length, const int *_Nullable descriptors, int count, int flags);
struct clinux_received clinux_receive(int descriptor, void *_Nonnull bytes, size_t capacity, int flags);

#endif
