// Tells when files in a folder change.
//
//   changes FOLDER   prints `ready`, then a line for every event, until it is killed: nanoseconds of the monotonic clock,
//                    `created`, `written` or `named` (by a rename), and the file's name

#include "tool.h"

#include <sys/inotify.h>

static void print(const struct inotify_event *event, int64_t time) {
    const char *what = event->mask & IN_CREATE ? "created" : event->mask & IN_MODIFY ? "written" : "named";
    printf("%lld %s %s\n", (long long)time, what, event->len > 0 ? event->name : "");
}

int main(int argc, char **argv) {
    static char events[64 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
    if (argc != 2) show_usage("FOLDER");
    end_with_parent();
    int watch = inotify_init1(IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, argv[1], IN_CREATE | IN_MODIFY | IN_MOVED_TO) < 0) fail("inotify");
    alarm(LONGEST_SECONDS);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    puts("ready");
    for (;;) {
        ssize_t length = read(watch, events, sizeof events);
        int64_t time = now();
        if (length <= 0) fail("read");
        for (char *next = events; next < events + length;) {
            const struct inotify_event *event = (const struct inotify_event *)next;
            print(event, time);
            next += sizeof *event + event->len;
        }
    }
}
