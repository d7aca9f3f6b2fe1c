// The least that a server of a SOCK_SEQPACKET Unix socket does: every message is answered with SIZE bytes that begin with "ok".
//
//   echo SOCKET SIZE

#include "tool.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LONGEST_MESSAGE (32 * 1024)

static char request[LONGEST_MESSAGE], answer[LONGEST_MESSAGE] = "ok";

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path);
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) fail(path);
    return listener;
}

static void watch(int poll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

static void accept_clients(int poll, int listener) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) watch(poll, client);
}

static void answer_client(int client, size_t size) {
    ssize_t length = recv(client, request, sizeof request, 0);
    if (length == 0 || (length < 0 && errno != EAGAIN)) {
        close(client);
    } else if (length > 0 && send(client, answer, size, MSG_NOSIGNAL) < 0) {
        fail("send");
    }
}

int main(int argc, char **argv) {
    if (argc != 3) show_usage("SOCKET SIZE");
    end_with_parent();
    int size = number(argv[2]);
    if (size > LONGEST_MESSAGE) show_usage("a SIZE of at most 32 KiB");
    int listener = listen_at(argv[1]), poll = epoll_create1(EPOLL_CLOEXEC);
    if (poll < 0) fail("epoll");
    watch(poll, listener);
    while (1) {
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, -1);
        for (int event = 0; event < count; event++) {
            if (events[event].data.fd == listener) {
                accept_clients(poll, listener);
            } else {
                answer_client(events[event].data.fd, (size_t)size);
            }
        }
    }
}
