// Wants more memory than there is, so that a machine swaps.
//
//   hog MIB FILE   writes to MIB MiB, page after page, again and again until FILE exists

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    size_t size = strtoul(argv[1], NULL, 10) << 20;
    char *memory = malloc(size);
    if (memory == NULL) return 1;
    for (uint64_t round = 1; access(argv[2], F_OK) != 0; round++)
        for (size_t at = 0; at < size; at += PAGE) memcpy(memory + at, &round, sizeof round);
    return 0;
}
