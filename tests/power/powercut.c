/*
 * powercut - knows what of a folder's files would survive a power cut.
 *
 * Preloaded into a real server. Writes go to the files as always; beside them
 * a shadow of each file, named by its inode, gets what was written when the
 * file is synced, and the list of names is renewed when the folder is synced.
 * Whoever kills the server puts the shadow in the place of the folder, with as
 * much of what was not synced as it likes. tests/integration/power.py does.
 *
 * Owner:   the server it is loaded into
 * Thread:  any
 * Errors:  what it cannot do to the shadow ends the server
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES  64
#define RANGES 4096

struct range {
    off_t from;
    off_t to;
};

// What was written to a file since it was last synced.
struct dirt {
    ino_t inode; // 0: free
    size_t count;
    struct range ranges[RANGES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct dirt dirt[FILES];

static void must(bool good, const char *what) {
    if (!good) {
        (void)fprintf(stderr, "powercut: %s: error %d\n", what, errno);
        abort();
    }
}

static const char *setting(const char *name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets one in here
    return getenv(name);
}

static const char *folder(void) {
    const char *path = setting("NEXUS_POWERCUT_FOLDER");
    return path ? path : "";
}

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text);
    size_t tail = strlen(end);
    return len >= tail && strcmp(text + len - tail, end) == 0;
}

// --- which file -----------------------------------------------------------

static bool path_of(int fd, char out[static PATH_MAX]) {
    char self[64];
    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(self, out, PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    return len > 0;
}

static bool is_inside(const char *path) {
    size_t len = strlen(folder());
    return len > 0 && strncmp(path, folder(), len) == 0 && path[len] == '/';
}

// The index of the log ahead is memory, not data.
static bool is_file(int fd) {
    char path[PATH_MAX];
    return path_of(fd, path) && is_inside(path) && !ends_with(path, "-shm");
}

static bool is_folder(int fd) {
    char path[PATH_MAX];
    return path_of(fd, path) && folder()[0] != '\0'
            && strcmp(path, folder()) == 0;
}

// A disk that says it has written what it has not.
static bool is_lie(int fd) {
    char path[PATH_MAX];
    const char *end = setting("NEXUS_POWERCUT_LIE");
    return end && path_of(fd, path) && (is_inside(path) || is_folder(fd))
            && ends_with(path, end);
}

// --- what is not synced ---------------------------------------------------

static struct dirt *dirt_of(ino_t inode) {
    struct dirt *unused = NULL;
    for (size_t i = 0; i < FILES; i++) {
        if (dirt[i].inode == inode) {
            return &dirt[i];
        }
        if (!unused && dirt[i].inode == 0) {
            unused = &dirt[i];
        }
    }
    must(unused != NULL, "too many files");
    unused->inode = inode;
    unused->count = 0;
    return unused;
}

static void add(int fd, off_t from, off_t to) {
    struct stat info;
    must(fstat(fd, &info) == 0, "fstat");
    pthread_mutex_lock(&lock);
    struct dirt *file = dirt_of(info.st_ino);
    struct range *last =
            file->count > 0 ? &file->ranges[file->count - 1] : NULL;
    if (last && last->to == from) {
        last->to = to;
    } else if (file->count < RANGES) {
        file->ranges[file->count++] = (struct range){from, to};
    } else {
        // From the least to the greatest is right, too, and only slower.
        for (size_t i = 0; i < file->count; i++) {
            from = file->ranges[i].from < from ? file->ranges[i].from : from;
            to = file->ranges[i].to > to ? file->ranges[i].to : to;
        }
        file->ranges[0] = (struct range){from, to};
        file->count = 1;
    }
    pthread_mutex_unlock(&lock);
}

// --- the shadow -----------------------------------------------------------

static void copy(int from, int to, struct range range) {
    char bytes[65536];
    while (range.from < range.to) {
        size_t want = (size_t)(range.to - range.from);
        want = want < sizeof(bytes) ? want : sizeof(bytes);
        ssize_t got = pread(from, bytes, want, range.from);
        must(got >= 0, "read");
        if (got == 0) {
            return;
        }
        must(syscall(SYS_pwrite64, to, bytes, (size_t)got, range.from) == got,
                "write the shadow");
        range.from += got;
    }
}

static void save_file(int fd) {
    struct stat info;
    char path[PATH_MAX];
    must(fstat(fd, &info) == 0, "fstat");
    (void)snprintf(path, sizeof(path), "%s/%llu",
            setting("NEXUS_POWERCUT_SHADOW"), (unsigned long long)info.st_ino);
    pthread_mutex_lock(&lock);
    int to = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(to >= 0, "open the shadow");
    struct dirt *file = dirt_of(info.st_ino);
    for (size_t i = 0; i < file->count; i++) {
        copy(fd, to, file->ranges[i]);
    }
    must(syscall(SYS_ftruncate, to, info.st_size) == 0, "cut the shadow");
    file->inode = 0;
    (void)close(to);
    pthread_mutex_unlock(&lock);
}

static void save_names(void) {
    char path[PATH_MAX];
    char next[PATH_MAX];
    (void)snprintf(
            path, sizeof(path), "%s/names", setting("NEXUS_POWERCUT_SHADOW"));
    (void)snprintf(
            next, sizeof(next), "%s/next", setting("NEXUS_POWERCUT_SHADOW"));
    pthread_mutex_lock(&lock);
    FILE *names = fopen(next, "we");
    DIR *entries = opendir(folder());
    must(names && entries, "list the folder");
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this one
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] != '.' && !ends_with(entry->d_name, "-shm")) {
            (void)fprintf(names, "%llu %s\n", (unsigned long long)entry->d_ino,
                    entry->d_name);
        }
    }
    (void)closedir(entries);
    must(fclose(names) == 0 && rename(next, path) == 0, "save the names");
    pthread_mutex_unlock(&lock);
}

static int sync_with(long call, int fd) {
    if (is_lie(fd)) {
        return 0;
    }
    int result = (int)syscall(call, fd);
    if (result == 0 && is_folder(fd)) {
        save_names();
    } else if (result == 0 && is_file(fd)) {
        save_file(fd);
    }
    return result;
}

// --- in the place of the C library's --------------------------------------

#define INSTEAD_OF(name) __asm__(name) __attribute__((visibility("default")))

ssize_t cut_pwrite(int fd, const void *bytes, size_t len, off_t at)
        INSTEAD_OF("pwrite");
ssize_t cut_pwrite64(int fd, const void *bytes, size_t len, off_t at)
        INSTEAD_OF("pwrite64");
int cut_ftruncate(int fd, off_t size) INSTEAD_OF("ftruncate");
int cut_ftruncate64(int fd, off_t size) INSTEAD_OF("ftruncate64");
int cut_fsync(int fd) INSTEAD_OF("fsync");
int cut_fdatasync(int fd) INSTEAD_OF("fdatasync");
int cut_unlink(const char *path) INSTEAD_OF("unlink");

static ssize_t write_at(int fd, const void *bytes, size_t len, off_t at) {
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, len, at);
    if (done > 0 && is_file(fd)) {
        add(fd, at, at + done);
    }
    return done;
}

static int set_size(int fd, off_t size) {
    struct stat before;
    bool shrinks =
            is_file(fd) && fstat(fd, &before) == 0 && before.st_size > size;
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0 && shrinks) {
        // Zeros, should the file grow again.
        add(fd, size, before.st_size);
    }
    return result;
}

ssize_t cut_pwrite(int fd, const void *bytes, size_t len, off_t at) {
    return write_at(fd, bytes, len, at);
}

ssize_t cut_pwrite64(int fd, const void *bytes, size_t len, off_t at) {
    return write_at(fd, bytes, len, at);
}

int cut_ftruncate(int fd, off_t size) {
    return set_size(fd, size);
}

int cut_ftruncate64(int fd, off_t size) {
    return set_size(fd, size);
}

int cut_fsync(int fd) {
    return sync_with(SYS_fsync, fd);
}

int cut_fdatasync(int fd) {
    return sync_with(SYS_fdatasync, fd);
}

// An inode that stays open is not used for another file.
int cut_unlink(const char *path) {
    if (is_inside(path)) {
        (void)open(path, O_RDONLY | O_CLOEXEC);
    }
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
