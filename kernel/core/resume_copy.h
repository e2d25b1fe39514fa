/*
 * resume_copy - a resumable session as bytes, and back.
 *
 * Who it belongs to, the hashes of its tokens, until when it can be resumed,
 * and what it was. The first byte is the version of the layout; copies of
 * another version are of no use and are dropped.
 *
 * Thread:  logic
 * Errors:  false or NULL: too large, not understood, or no memory
 */
#ifndef KERNEL_CORE_RESUME_COPY_H
#define KERNEL_CORE_RESUME_COPY_H

#include <stdbool.h>

struct nx_buf;
struct nx_fact;
struct resume;
struct resume_entry;

// Of a connected session what it is now, else what it was.
bool resume_copy_write(const struct resume_entry *entry, struct nx_buf *out);

// A new entry without a connection, not among those away yet; until_ms is 0
// for a session that was connected. NULL when there is an entry of that id.
struct resume_entry *resume_copy_read(
        struct resume *resume, const struct nx_fact *fact);

#endif
