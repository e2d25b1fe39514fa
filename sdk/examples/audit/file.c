#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

struct batch *batch_create(const char *path, char *data, size_t len) {
    struct batch *batch = calloc(1, sizeof(*batch));
    char *own_path = strdup(path);
    if (!batch || !own_path) {
        free(batch);
        free(own_path);
        free(data);
        return NULL;
    }
    batch->path = own_path;
    batch->data = data;
    batch->len = len;
    return batch;
}

void batch_destroy(struct batch *batch) {
    if (batch) {
        free(batch->path);
        free(batch->data);
        free(batch);
    }
}

static void make_folder(const char *path) {
    char folder[PATH_SIZE];
    (void)snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = '\0';
        (void)mkdir(folder, 0750); // open() tells if that was no good
    }
}

static int open_file(const char *path) {
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 && errno == ENOENT) {
        make_folder(path);
        fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    }
    return fd;
}

static bool rotate(const struct batch *batch) {
    char from[PATH_SIZE];
    char to[PATH_SIZE];
    for (int64_t i = batch->files; i > 1; i--) {
        (void)snprintf(from, sizeof(from), "%s.%d", batch->path, (int)i - 1);
        (void)snprintf(to, sizeof(to), "%s.%d", batch->path, (int)i);
        (void)rename(from, to); // the first times there is none
    }
    (void)snprintf(to, sizeof(to), "%s.1", batch->path);
    return rename(batch->path, to) == 0;
}

static bool write_all(int fd, const char *data, size_t len) {
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        data += written;
        len -= (size_t)written;
    }
    return true;
}

// Ends what a crash has left of a line.
static bool end_line(int fd, off_t size) {
    char last = '\n';
    return size == 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n'
            || write_all(fd, "\n", 1);
}

static bool append(const struct batch *batch, int fd, const struct stat *is) {
    bool regular = S_ISREG(is->st_mode);
    bool written = (!regular || end_line(fd, is->st_size))
            && write_all(fd, batch->data, batch->len)
            && (!batch->sync || !regular || fdatasync(fd) == 0);
    if (!written && regular) {
        int error = errno;
        (void)!ftruncate(fd, is->st_size);
        errno = error;
    }
    return written;
}

void batch_write(struct batch *batch) {
    struct stat is = {0};
    int fd = open_file(batch->path);
    bool ok = fd >= 0 && fstat(fd, &is) == 0;
    if (ok && S_ISREG(is.st_mode) && is.st_size > 0
            && is.st_size + (off_t)batch->len > batch->file_bytes) {
        (void)close(fd);
        ok = rotate(batch);
        fd = ok ? open_file(batch->path) : -1;
        ok = fd >= 0 && fstat(fd, &is) == 0;
    }
    ok = ok && append(batch, fd, &is);
    batch->error = ok ? 0 : errno;
    if (fd >= 0) {
        (void)close(fd);
    }
}
