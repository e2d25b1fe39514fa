/*
 * quarantine_doc - the plugins in quarantine, as JSON for people and tools.
 *
 * Thread:  logic
 * Errors:  those of the writer
 */
#ifndef KERNEL_CORE_QUARANTINE_DOC_H
#define KERNEL_CORE_QUARANTINE_DOC_H

struct nx_writer;
struct quarantine;

// A member `quarantine`: an array of names, or of objects with what is known
// of the last crash. quarantine may be NULL, for an empty one.
void quarantine_put_names(
        struct nx_writer *writer, const struct quarantine *quarantine);
void quarantine_put_items(
        struct nx_writer *writer, const struct quarantine *quarantine);

#endif
