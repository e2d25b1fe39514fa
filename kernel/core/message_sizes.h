/*
 * message_sizes - how long a message may be, by its event type.
 *
 * limits.message_bytes holds for all types but those that begin with a prefix
 * of limits.message_bytes_by_prefix, "doc.edit=262144, chat.typing=1024": of
 * several the longest counts. The setting is parsed once for each text it has.
 *
 * Owner:   core
 * Thread:  logic; message_sizes_check: any
 * Errors:  message_sizes_create: NULL without memory
 */
#ifndef KERNEL_CORE_MESSAGE_SIZES_H
#define KERNEL_CORE_MESSAGE_SIZES_H

#include <stddef.h>

#include <nexus/types.h>

#include "kernel/core/limit.h"

struct message_sizes;
struct nx_writer;
struct registry;
struct settings;
struct settings_errors;

// Prefixes that may have a size of their own.
#define MESSAGE_SIZES_MAX 64u

// What limits one type, and by which setting.
struct message_size {
    size_t bytes;
    enum limit limit;
};

struct message_sizes *message_sizes_create(void);

// Accepts NULL.
void message_sizes_destroy(struct message_sizes *sizes);

struct message_size message_sizes_of(struct message_sizes *sizes,
        const struct settings *settings, struct nx_str type);

// The largest message of any type that somebody handles.
size_t message_sizes_max(struct message_sizes *sizes,
        const struct settings *settings, const struct registry *registry);

// Writes "message_bytes_by_prefix":{"doc.edit":262144} with the prefixes that
// somebody handles, or nothing when there is none.
void message_sizes_put(struct message_sizes *sizes, struct nx_writer *w,
        const struct settings *settings, const struct registry *registry);

// Adds what is wrong with the setting.
void message_sizes_check(
        const struct settings *settings, struct settings_errors *errors);

#endif
