#include "clinux.h"

#include <netinet/in.h>

// unix(7): a name that begins with @ is in the abstract namespace. Returns the address's length, or 0 with errno.
static socklen_t fill_address(struct sockaddr_un *address, const char *path) {
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return 0;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, length);
    if (path[0] != '@') { return sizeof *address; }
    address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

int clinux_bind_unix(int descriptor, const char *path) {
    struct sockaddr_un address;
    socklen_t length = fill_address(&address, path);
    return length == 0 ? -1 : bind(descriptor, (struct sockaddr *)&address, length);
}

int clinux_connect_unix(int descriptor, const char *path) {
    struct sockaddr_un address;
    socklen_t length = fill_address(&address, path);
    return length == 0 ? -1 : connect(descriptor, (struct sockaddr *)&address, length);
}

int clinux_connect_loopback(int descriptor, int family, unsigned short port) {
    if (family == AF_INET6) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
        return connect(descriptor, (struct sockaddr *)&address, sizeof address);
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(descriptor, (struct sockaddr *)&address, sizeof address);
}

int clinux_peer_credentials(int descriptor, struct clinux_peer *peer) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    *peer = (struct clinux_peer){.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
    return 0;
}

ssize_t clinux_send(int descriptor, const void *bytes, size_t length, const int *descriptors, int count, int flags) {
    char control[CMSG_SPACE(sizeof(int) * CLINUX_MAX_DESCRIPTORS)] = {0};
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count < 0 || count > CLINUX_MAX_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
    }
    return sendmsg(descriptor, &message, flags | MSG_NOSIGNAL);
}

struct clinux_received clinux_receive(int descriptor, void *bytes, size_t capacity, int flags) {
    char control[CMSG_SPACE(sizeof(int) * CLINUX_MAX_DESCRIPTORS) + CMSG_SPACE(sizeof(struct ucred))];
    _Static_assert(sizeof control <= CMSG_LEN(sizeof(int) * CLINUX_MAX_RECEIVED), "every descriptor that fits must be taken");
    struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct clinux_received result = {0};
    result.length = recvmsg(descriptor, &message, flags | MSG_CMSG_CLOEXEC);
    if (result.length < 0) return result;
    result.truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS) {
            struct ucred credentials;
            memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
            result.sender = (struct clinux_peer){.pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
        }
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        result.descriptor_count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(result.descriptors, CMSG_DATA(header), sizeof(int) * (size_t)result.descriptor_count);
    }
    return result;
}
