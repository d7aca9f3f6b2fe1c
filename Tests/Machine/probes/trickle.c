// A server of HashiCorp Vault's kind on 127.0.0.1:8200, which takes every login and never comes to the end of a secret. What it
// says is in locked memory of its own, so that it is found on no swap because of this program.
//
//   trickle TEXT FILE   a secret is TEXT, read backwards, over and over: 1 MiB at once, then a little each second; FILE says that
//                       it has begun

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE (1 << 20)
#define TOKEN "{\"data\":{\"ttl\":36000,\"renewable\":false}}"

static char secret[SIZE];

static void answer(int client, const char *file) {
    char request[4096], head[256];
    ssize_t count = read(client, request, sizeof request - 1);
    if (count <= 0) return;
    request[count] = 0;
    int is_login = strstr(request, "/auth/token/lookup-self") != NULL;
    int length = snprintf(
        head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
        is_login ? strlen(TOKEN) : (size_t)SIZE * 2, is_login ? TOKEN : "{\"data\":{\"data\":{\"KEY\":\"");
    if (write(client, head, length) != length || is_login) return;
    for (size_t sent = 0; sent < SIZE;) {
        if ((count = write(client, secret + sent, SIZE - sent)) <= 0) return;
        sent += count;
    }
    close(open(file, O_CREAT | O_WRONLY, 0644));
    while (write(client, secret, 64) == 64) sleep(1);
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8200), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    if (argc != 3 || mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return 2;
    size_t length = strlen(argv[1]);
    for (size_t i = 0; i < SIZE; i++) secret[i] = argv[1][length - 1 - i % length];
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) return 1;
    for (;;) {
        int client = accept(listener, NULL, NULL);
        answer(client, argv[2]);
        close(client);
    }
}
