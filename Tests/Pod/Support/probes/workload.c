// Changes files as it is told, each change brought to the disk before it says "done".
//
//   write NAME SIZE    SIZE bytes follow on standard input
//   resize NAME SIZE
//   rename FROM TO
//   delete NAME

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char bytes[4 << 20];

static int sync_file(const char *name, int flags, size_t size, int writes) {
    int file = open(name, O_WRONLY | flags, 0600);
    if (file < 0) return 0;
    int good = writes ? write(file, bytes, size) == (ssize_t)size : ftruncate(file, (off_t)size) == 0;
    good = good && fsync(file) == 0;
    close(file);
    return good;
}

int main(void) {
    char line[256], first[100], second[100];
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t size;
        int good = 0;
        if (sscanf(line, "write %99s %zu", first, &size) == 2 && size <= sizeof bytes) {
            good = fread(bytes, 1, size, stdin) == size && sync_file(first, O_CREAT | O_TRUNC, size, 1);
        } else if (sscanf(line, "resize %99s %zu", first, &size) == 2) {
            good = sync_file(first, 0, size, 0);
        } else if (sscanf(line, "rename %99s %99s", first, second) == 2) {
            good = rename(first, second) == 0;
        } else if (sscanf(line, "delete %99s", first) == 1) {
            good = unlink(first) == 0;
        }
        good = good && fsync(folder) == 0;
        puts(good ? "done" : "failed");
        fflush(stdout);
    }
    return 0;
}
