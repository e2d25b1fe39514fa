/*
 * plugin_docs - JSON texts that one callback of a plugin has parsed.
 *
 * What plugin_parse() returns lives until the outermost callback of the
 * plugin returns; then all texts are forgotten at once, and the memory of a
 * few is kept for the next.
 *
 * Owner:   struct plugin, which embeds it
 * Thread:  logic
 * Errors:  BAD_JSON, TOO_DEEP, NO_MEMORY; LIMIT beyond the ceilings below
 */
#ifndef KERNEL_CORE_PLUGIN_DOCS_H
#define KERNEL_CORE_PLUGIN_DOCS_H

#include <stddef.h>

#include <nexus/error.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

// What one callback may parse.
#define PLUGIN_DOCS_MAX   4096u
#define PLUGIN_DOCS_BYTES ((size_t)64 << 20)

struct writers;

struct plugin_docs {
    struct nx_list used; // struct plugin_doc::link
    struct nx_list free; // the same, emptied
    size_t used_count;
    size_t used_bytes;
    size_t free_count;
};

void plugin_docs_init(struct plugin_docs *docs);
void plugin_docs_finish(struct plugin_docs *docs);

// Copies and parses the text. writers copy its values without writing them
// again.
enum nx_err plugin_docs_parse(struct plugin_docs *docs, struct writers *writers,
        struct nx_str text, const struct nx_json **root);

// Forgets every text.
void plugin_docs_clear(struct plugin_docs *docs);

#endif
