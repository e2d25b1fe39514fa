#include "kernel/core/crash_notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/base/log.h"
#include "kernel/core/crash.h"

#define MODULE "crash"
#define SIZE   sizeof(struct crash_note)

struct crash_notes {
    int fd;
    bool used[CRASH_NOTES_MAX];
    struct crash_note all[CRASH_NOTES_MAX];
};

static const struct crash_note empty;

static off_t place(size_t i) {
    return (off_t)(i * SIZE);
}

// --- the file -------------------------------------------------------------

// A foreign file that happens to be there is not written to.
static int open_file(int dir) {
    const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    struct stat info;
    int fd = openat(dir, CRASH_NOTES_FILE, flags | O_RDWR | O_CREAT, 0600);
    if (fd < 0 && (errno == EACCES || errno == EROFS)) {
        fd = openat(dir, CRASH_NOTES_FILE, flags | O_RDONLY);
    }
    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

// Every place must have its blocks: later the disk may be full.
static bool make_places(int dir, int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return false;
    }
    if (info.st_size >= place(CRASH_NOTES_MAX)) {
        return true;
    }
    for (size_t i = (size_t)info.st_size / SIZE; i < CRASH_NOTES_MAX; i++) {
        errno = ENOSPC; // of a short write
        if (pwrite(fd, &empty, SIZE, place(i)) != (ssize_t)SIZE) {
            return false;
        }
    }
    return fdatasync(fd) == 0 && fsync(dir) == 0;
}

static void read_all(struct crash_notes *notes) {
    size_t damaged = 0;
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        struct crash_note *note = &notes->all[i];
        bool whole = pread(notes->fd, note, SIZE, place(i)) == (ssize_t)SIZE;
        notes->used[i] = whole && crash_note_good(note);
        if (!notes->used[i] && memcmp(note, &empty, SIZE) != 0) {
            damaged++;
            *note = empty;
        }
    }
    if (damaged > 0) {
        log_warn(MODULE, "damaged notes of crashes are ignored",
                LOG_STR("file", CRASH_NOTES_FILE), LOG_UINT("notes", damaged));
    }
}

static int open_places(const char *path) {
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = dir < 0 ? -1 : open_file(dir);
    if (fd >= 0 && !make_places(dir, fd)) {
        int error = errno;
        (void)close(fd);
        errno = error;
        fd = -1;
    }
    if (fd < 0) {
        log_warn(MODULE,
                "crashes will not be remembered, no plugin is put in "
                "quarantine",
                LOG_STR("folder", path), LOG_STR("file", CRASH_NOTES_FILE),
                LOG_ERRNO());
    }
    if (dir >= 0) {
        (void)close(dir);
    }
    return fd;
}

static struct crash_notes *create(int fd) {
    struct crash_notes *notes = fd < 0 ? NULL : calloc(1, sizeof(*notes));
    if (!notes) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    notes->fd = fd;
    read_all(notes);
    return notes;
}

struct crash_notes *crash_notes_open(const char *dir) {
    return create(open_places(dir));
}

struct crash_notes *crash_notes_peek(const char *dir) {
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = folder < 0 ? -1
                        : openat(folder, CRASH_NOTES_FILE,
                                O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (folder >= 0) {
        (void)close(folder);
    }
    return create(fd);
}

void crash_notes_close(struct crash_notes *notes) {
    if (!notes) {
        return;
    }
    crash_note_to(-1, 0, 0);
    (void)close(notes->fd);
    free(notes);
}

// --- the notes ------------------------------------------------------------

const struct crash_note *crash_notes_get(
        const struct crash_notes *notes, size_t i) {
    return notes->used[i] ? &notes->all[i] : NULL;
}

static bool write_place(
        struct crash_notes *notes, size_t i, const struct crash_note *note) {
    errno = ENOSPC; // of a short write
    if (pwrite(notes->fd, note, SIZE, place(i)) == (ssize_t)SIZE
            && fdatasync(notes->fd) == 0) {
        return true;
    }
    log_warn(MODULE, "a note cannot be written",
            LOG_STR("file", CRASH_NOTES_FILE), LOG_ERRNO());
    return false;
}

// A quarantine outlives crashes that came after it.
static bool goes_before(
        const struct crash_note *one, const struct crash_note *other) {
    if (one->kind != other->kind) {
        return one->kind == CRASH_NOTE_CRASH;
    }
    return one->seq < other->seq;
}

static size_t choose_place(const struct crash_notes *notes) {
    size_t best = 0;
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        if (!notes->used[i]) {
            return i;
        }
        if (goes_before(&notes->all[i], &notes->all[best])) {
            best = i;
        }
    }
    return best;
}

static uint64_t next_seq(const struct crash_notes *notes) {
    uint64_t last = 0;
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        if (notes->used[i] && notes->all[i].seq > last) {
            last = notes->all[i].seq;
        }
    }
    return last + 1;
}

bool crash_notes_add(struct crash_notes *notes, struct crash_note *note) {
    size_t i = choose_place(notes);
    note->seq = next_seq(notes);
    crash_note_seal(note);
    if (!write_place(notes, i, note)) {
        return false;
    }
    notes->all[i] = *note;
    notes->used[i] = true;
    return true;
}

size_t crash_notes_forget(struct crash_notes *notes, const char *name) {
    size_t forgotten = 0;
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        if (notes->used[i] && strcmp(notes->all[i].name, name) == 0) {
            (void)write_place(notes, i, &empty);
            notes->used[i] = false;
            forgotten++;
        }
    }
    return forgotten;
}

void crash_notes_expect(struct crash_notes *notes) {
    crash_note_to(notes->fd, place(choose_place(notes)), next_seq(notes));
}
