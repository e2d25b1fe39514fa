/*
 * vocabulary - the words that a plugin understands, found in its file.
 *
 * Event types are texts that begin with one of its prefixes; members of
 * events are the rows of its struct nx_field tables, which also say what a
 * good value looks like. With these, events reach the plugin's own code and
 * not only its first check.
 *
 * Owner:   the stage; texts lie in the bytes of the file
 * Thread:  one
 * Errors:  what is not found is not there
 */
#ifndef KERNEL_CTL_CHECK_VOCABULARY_H
#define KERNEL_CTL_CHECK_VOCABULARY_H

#include <stddef.h>

#include <nexus/json.h>

struct plugin_facts;

#define VOCABULARY_TYPES  256
#define VOCABULARY_FIELDS 512

struct vocabulary {
    const char *types[VOCABULARY_TYPES];
    size_t type_count;
    struct nx_field fields[VOCABULARY_FIELDS];
    size_t field_count;
};

void vocabulary_read(
        struct vocabulary *vocabulary, const struct plugin_facts *facts);

#endif
