// The session's keyring (session-keyring(7)).
//
//   keyring hold PROGRAM [ARGUMENT…]   becomes a program whose session has a key
//   keyring find                       says what is in that key, or "none"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { JOIN_SESSION_KEYRING = 1, SEARCH = 10, READ = 11, SESSION_KEYRING = -3 };

int main(int count, char **words) {
    if (count > 2 && strcmp(words[1], "hold") == 0) {
        if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) < 0
            || syscall(SYS_add_key, "user", "tazpod-test", "value", 5, SESSION_KEYRING) < 0) {
            perror("keyring");
            return 1;
        }
        execvp(words[2], words + 2);
        perror(words[2]);
        return 1;
    }
    char value[64] = "";
    long key = syscall(SYS_keyctl, SEARCH, SESSION_KEYRING, "user", "tazpod-test", 0);
    puts(key > 0 && syscall(SYS_keyctl, READ, key, value, sizeof value - 1) > 0 ? value : "none");
    return 0;
}
