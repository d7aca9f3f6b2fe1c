// Memory that is as anybody's: not locked, and left alone once it is filled.
//
//   remember TEXT   fills 4 MiB with TEXT, read backwards, and waits to be ended

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE (4 << 20)

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    size_t length = strlen(argv[1]);
    char *memory = malloc(SIZE);
    if (length == 0 || memory == NULL) return 1;
    for (size_t i = 0; i < SIZE; i++) memory[i] = argv[1][length - 1 - i % length];
    for (;;) pause();
}
