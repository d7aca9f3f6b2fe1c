// Writes numbered records to a file, and says which are on the disk.
//
//   fsynced write FILE    appends 512-byte records, and prints the number of each after its fsync returned
//   fsynced check FILE N  checks that records 0 to N are whole

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 512 };

static void fill(char *record, long number) {
    for (int i = 0; i < SIZE; i++) record[i] = (char)(number * 31 + i * 7 + (number >> 8));
    snprintf(record, SIZE, "record %ld\n", number);
}

int main(int argc, char **argv) {
    char record[SIZE], found[SIZE];
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        int file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600), folder = open(".", O_RDONLY);
        if (file < 0 || fsync(folder) != 0) return 1;
        for (long number = 0;; number++) {
            fill(record, number);
            if (pwrite(file, record, SIZE, number * SIZE) != SIZE || fsync(file) != 0) return 1;
            printf("%ld\n", number);
            fflush(stdout);
        }
    }
    if (argc == 4 && strcmp(argv[1], "check") == 0) {
        int file = open(argv[2], O_RDONLY);
        long lost = 0, last = atol(argv[3]);
        for (long number = 0; number <= last; number++) {
            fill(record, number);
            if (file < 0 || pread(file, found, SIZE, number * SIZE) != SIZE || memcmp(record, found, SIZE) != 0) lost++;
        }
        printf("lost %ld of %ld\n", lost, last + 1);
        return lost == 0 ? 0 : 1;
    }
    return 2;
}
