// How long requests to a SOCK_SEQPACKET Unix socket take until they are answered.
//
//   clients SOCKET CLIENTS ROUNDS REQUEST    CLIENTS connections; in each of ROUNDS rounds every one sends REQUEST, all before
//                                            the first answer is read; prints the nanoseconds of every request
//   clients -s SOCKET COUNT REQUEST          sends COUNT requests, with a new connection every 100, and prints nothing

#include "tool.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define MOST_CLIENTS 4096
#define CONNECTION_LENGTH 100

static int64_t sent[MOST_CLIENTS];
static int sockets[MOST_CLIENTS];
static char answer[64 * 1024];

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path);
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail(path);
    return descriptor;
}

static void ask(int descriptor, const char *request) {
    if (send(descriptor, request, strlen(request), MSG_NOSIGNAL) < 0) fail("send");
}

static void take_answer(int descriptor) {
    if (recv(descriptor, answer, sizeof answer, 0) < 2 || memcmp(answer, "ok", 2) != 0) fail("the answer is not ok");
}

static void play_round(int poll, int clients, const char *request, int prints) {
    for (int index = 0; index < clients; index++) {
        sent[index] = now();
        ask(sockets[index], request);
    }
    for (int missing = clients; missing > 0;) {
        struct epoll_event events[64];
        int count = epoll_wait(poll, events, 64, -1);
        for (int event = 0; event < count; event++) {
            int index = (int)events[event].data.u32;
            take_answer(sockets[index]);
            missing--;
            if (prints) printf("%lld\n", (long long)(now() - sent[index]));
        }
    }
}

static void play_rounds(const char *path, int clients, int rounds, const char *request) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (poll < 0) fail("epoll");
    for (int index = 0; index < clients; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        sockets[index] = connect_to(path);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, sockets[index], &event) != 0) fail("epoll_ctl");
    }
    // The first round fills caches.
    for (int round = 0; round <= rounds; round++) play_round(poll, clients, request, round > 0);
}

static void send_many(const char *path, int count, const char *request) {
    int descriptor = -1;
    for (int index = 0; index < count; index++) {
        if (index % CONNECTION_LENGTH == 0) {
            if (descriptor >= 0) close(descriptor);
            descriptor = connect_to(path);
        }
        ask(descriptor, request);
        take_answer(descriptor);
    }
}

int main(int argc, char **argv) {
    if (argc != 5) show_usage("SOCKET CLIENTS ROUNDS REQUEST, or -s SOCKET COUNT REQUEST");
    end_with_parent();
    alarm(LONGEST_SECONDS);
    if (strcmp(argv[1], "-s") == 0) {
        send_many(argv[2], number(argv[3]), argv[4]);
        return 0;
    }
    int clients = number(argv[2]);
    if (clients > MOST_CLIENTS) show_usage("at most 4096 CLIENTS");
    play_rounds(argv[1], clients, number(argv[3]), argv[4]);
    return 0;
}
