#include "kernel/core/process.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS     "/proc/self/fd"
#define FDS_MAX (UINT64_C(1) << 20) // that are looked at
#define AT_ONCE 512u

// False when there is no such file.
static bool read_text(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t len = read(fd, text, size - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    return true;
}

static uint64_t bytes_of_page(void) {
    long page = sysconf(_SC_PAGESIZE);
    return page > 0 ? (uint64_t)page : 0;
}

// The first two numbers of statm, in pages.
static void read_memory(struct process_usage *usage) {
    char text[128];
    if (!read_text("/proc/self/statm", text, sizeof(text))) {
        return;
    }
    uint64_t page_bytes = bytes_of_page();
    char *second = text;
    usage->virtual_bytes = strtoull(text, &second, 10) * page_bytes;
    usage->resident_bytes = strtoull(second, NULL, 10) * page_bytes;
}

uint64_t process_resident_bytes(void) {
    struct process_usage usage = {0};
    read_memory(&usage);
    return usage.resident_bytes;
}

uint64_t process_memory_there(void) {
    // Version 2 of cgroups and 1; "max", which is no number, is no limit.
    static const char *const files[] = {"/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    char text[64];
    long pages = sysconf(_SC_PHYS_PAGES);
    uint64_t bytes = pages > 0 ? (uint64_t)pages * bytes_of_page() : 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        uint64_t limit = read_text(files[i], text, sizeof(text))
                ? strtoull(text, NULL, 10)
                : 0;
        bytes = limit > 0 && limit < bytes ? limit : bytes;
    }
    return bytes;
}

// Asks for those below end: ten times as fast as reading the folder.
static uint64_t poll_fds(uint64_t end) {
    struct pollfd fds[AT_ONCE];
    uint64_t count = 0;
    for (uint64_t first = 0; first < end; first += AT_ONCE) {
        uint64_t rest = end - first;
        nfds_t size = rest < AT_ONCE ? rest : AT_ONCE;
        for (nfds_t i = 0; i < size; i++) {
            fds[i] = (struct pollfd){.fd = (int)(first + i)};
        }
        int result = poll(fds, size, 0);
        for (nfds_t i = 0; result >= 0 && i < size; i++) {
            count += (fds[i].revents & POLLNVAL) == 0 ? 1 : 0;
        }
    }
    return count;
}

// Linux 6.2 and later tell their number as the size of the folder.
static uint64_t count_fds(uint64_t max) {
    struct stat info;
    if (stat(FDS, &info) == 0 && info.st_size > 0) {
        return (uint64_t)info.st_size;
    }
    return poll_fds(max < FDS_MAX ? max : FDS_MAX);
}

static double seconds_of(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

double process_cpu_seconds(void) {
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
}

void process_read(struct process_usage *usage) {
    struct rlimit limit = {0};
    *usage = (struct process_usage){0};
    read_memory(usage);
    usage->cpu_seconds = process_cpu_seconds();
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    usage->max_fds = limit.rlim_cur;
    usage->open_fds = count_fds(limit.rlim_cur);
}
