#include "kernel/base/log.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/base/log_line.h"

// The one global of the server. Lines from several threads need no lock: each
// is built on its thread's stack and leaves in one write.
static struct {
    atomic_int level;
    atomic_int format;
    atomic_int fd;
    atomic_ullong dropped;
} sink = {LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO, 0};

bool log_enabled(enum log_level level) {
    return (int)level
            >= atomic_load_explicit(&sink.level, memory_order_relaxed);
}

void log_set_level(enum log_level level) {
    atomic_store_explicit(&sink.level, (int)level, memory_order_relaxed);
}

enum log_level log_level(void) {
    return (enum log_level)atomic_load_explicit(
            &sink.level, memory_order_relaxed);
}

void log_set_format(enum log_format format) {
    atomic_store_explicit(&sink.format, (int)format, memory_order_relaxed);
}

void log_set_fd(int fd) {
    atomic_store_explicit(&sink.fd, fd, memory_order_relaxed);
}

uint64_t log_dropped(void) {
    return atomic_load_explicit(&sink.dropped, memory_order_relaxed);
}

bool log_level_from_name(const char *name, enum log_level *level) {
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
        if (strcmp(name, log_line_level_name((enum log_level)i)) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Never waits and never repeats the rest of a short write: by then another
// thread's line may stand in between.
static void write_line(const struct log_line *line) {
    int fd = atomic_load_explicit(&sink.fd, memory_order_relaxed);
    ssize_t written = 0;
    do {
        written = write(fd, line->data, line->len);
    } while (written < 0 && errno == EINTR);

    if (written != (ssize_t)line->len) {
        atomic_fetch_add_explicit(&sink.dropped, 1, memory_order_relaxed);
    }
}

void log_write(enum log_level level, const char *module, const char *message,
        const struct log_field *fields) {
    if (!log_enabled(level)) {
        return;
    }
    int saved_errno = errno;
    struct log_record record = {wall_ms(), level, module, message, fields};
    struct log_line line;
    int format = atomic_load_explicit(&sink.format, memory_order_relaxed);
    log_line_format(&line, (enum log_format)format, &record);
    write_line(&line);
    errno = saved_errno;
}
