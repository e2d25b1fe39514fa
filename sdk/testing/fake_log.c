#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_parts.h"
#include "kernel/base/log.h"

void fake_host_keep_log(struct fake_host *host) {
    if (host->log_fd < 0) {
        host->log_fd = memfd_create("log", MFD_CLOEXEC);
    }
    if (host->log_fd < 0) {
        abort();
    }
    log_set_fd(host->log_fd);
}

bool fake_host_logged(struct fake_host *host, const char *text) {
    struct stat info;
    if (host->log_fd < 0 || fstat(host->log_fd, &info) != 0) {
        return false;
    }
    char *all = fake_alloc((size_t)info.st_size + 1);
    ssize_t len = pread(host->log_fd, all, (size_t)info.st_size, 0);
    bool found = len > 0 && strstr(all, text) != NULL;
    free(all);
    return found;
}

void fake_log_finish(struct fake_host *host) {
    if (host->log_fd >= 0) {
        log_set_fd(STDERR_FILENO);
        (void)close(host->log_fd);
    }
}
