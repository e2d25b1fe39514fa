/*
 * file - appends lines to a file that is rotated by size.
 *
 * Each batch opens the file by its name, so one that was moved or removed by
 * somebody else is simply begun again. A batch is written whole or not at
 * all, apart from a crash; a line that a crash has cut is ended first.
 *
 * Owner:   whoever made the batch; it shares nothing with anybody
 * Thread:  any
 * Errors:  batch.error, an errno; 0: it was written
 */
#ifndef AUDIT_FILE_H
#define AUDIT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch {
    char *path;
    int64_t file_bytes; // a larger file is rotated
    int64_t files;      // kept of older ones: path.1, path.2, ...
    bool sync;          // wait until the disk has it
    char *data;
    size_t len;
    int error;
};

// Takes data, also on error. NULL without memory.
struct batch *batch_create(const char *path, char *data, size_t len);
void batch_destroy(struct batch *batch);

// May block as long as the disk likes.
void batch_write(struct batch *batch);

#endif
