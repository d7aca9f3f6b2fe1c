// A file handed out of the ghost by a collaborator in it.
//
//   hold serve SOCKET SIGNAL   takes one descriptor at SOCKET, waits until the file SIGNAL exists, and prints what it reads from it
//   hold give SOCKET FILE      opens FILE, and hands it to SOCKET

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address(const char *path) {
    struct sockaddr_un result = {.sun_family = AF_UNIX};
    strncpy(result.sun_path, path, sizeof result.sun_path - 1);
    return result;
}

static int serve(const char *path, const char *go) {
    char byte, control[CMSG_SPACE(sizeof(int))], text[256];
    struct sockaddr_un at = address(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 1) != 0) return 1;
    printf("listening\n");
    fflush(stdout);
    int connection = accept(listener, NULL, NULL);
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(connection, &message, 0) != 1) return 1;
    int file = *(int *)CMSG_DATA(CMSG_FIRSTHDR(&message));
    ssize_t count = pread(file, text, sizeof text - 1, 0);
    printf("before: %.*s\n", count > 0 ? (int)count : 0, text);
    fflush(stdout);
    for (int i = 0; i < 6000 && access(go, F_OK) != 0; i++) usleep(10000);
    count = pread(file, text, sizeof text - 1, 0);
    if (count >= 0) printf("after: %.*s\n", (int)count, text);
    else printf("after: %s\n", strerror(errno));
    return 0;
}

static int give(const char *path, const char *name) {
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
    struct sockaddr_un to = address(path);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0), file = open(name, O_RDONLY);
    if (file < 0 || connect(connection, (struct sockaddr *)&to, sizeof to) != 0) return 1;
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &file, sizeof file);
    return sendmsg(connection, &message, 0) == 1 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "serve") == 0) return serve(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "give") == 0) return give(argv[2], argv[3]);
    return 2;
}
