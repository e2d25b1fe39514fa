#include "kernel/core/message_sizes.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/base/commas.h"
#include "kernel/core/envelope.h"
#include "kernel/core/registry.h"
#include "kernel/core/settings.h"
#include "kernel/core/writer.h"

// As of limits.message_bytes.
#define BYTES_MIN    ((size_t)1024)
#define BYTES_MAX    ((size_t)16777216)
#define BYTES_DIGITS 8u

struct size_row {
    struct nx_str prefix; // in the text of the setting
    size_t bytes;
};

struct message_sizes {
    char *text; // what rows were parsed from; NULL: never
    struct size_row rows[MESSAGE_SIZES_MAX]; // longest prefix first
    size_t count;
};

// --- parsing --------------------------------------------------------------

static bool read_bytes(struct nx_str digits, size_t *bytes) {
    *bytes = 0;
    for (size_t i = 0; i < digits.len && i < BYTES_DIGITS; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
            return false;
        }
        *bytes = *bytes * 10 + (size_t)(digits.ptr[i] - '0');
    }
    return digits.len <= BYTES_DIGITS && *bytes >= BYTES_MIN
            && *bytes <= BYTES_MAX;
}

static size_t without_blanks(const char *text, size_t len) {
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    return len;
}

// "prefix=bytes", blanks allowed around the sign.
static bool read_row(struct nx_str item, struct size_row *row) {
    const char *sign = memchr(item.ptr, '=', item.len);
    if (!sign) {
        return false;
    }
    size_t len = (size_t)(sign - item.ptr);
    row->prefix = (struct nx_str){item.ptr, without_blanks(item.ptr, len)};
    const char *digits = sign + 1 + strspn(sign + 1, " \t");
    struct nx_str number = {digits, (size_t)(item.ptr + item.len - digits)};
    return envelope_is_type(row->prefix) && read_bytes(number, &row->bytes);
}

static bool same_prefix(const struct size_row *a, const struct size_row *b) {
    return a->prefix.len == b->prefix.len
            && memcmp(a->prefix.ptr, b->prefix.ptr, a->prefix.len) == 0;
}

static void insert_row(
        struct message_sizes *sizes, const struct size_row *row) {
    size_t at = sizes->count++;
    while (at > 0 && sizes->rows[at - 1].prefix.len < row->prefix.len) {
        sizes->rows[at] = sizes->rows[at - 1];
        at--;
    }
    sizes->rows[at] = *row;
}

// The text was checked when the settings were read.
static void parse(struct message_sizes *sizes, const char *text) {
    char *copy = strdup(text);
    struct nx_str item;
    struct size_row row;
    if (!copy) {
        return; // what was known holds on
    }
    free(sizes->text);
    sizes->text = copy;
    sizes->count = 0;
    const char *rest = sizes->text;
    while (sizes->count < MESSAGE_SIZES_MAX && commas_next(&rest, &item)) {
        if (read_row(item, &row)) {
            insert_row(sizes, &row);
        }
    }
}

// A reload may have brought another text, perhaps at the same address.
static void refresh(
        struct message_sizes *sizes, const struct settings *settings) {
    const char *text = settings->limits_message_bytes_by_prefix;
    if (!sizes->text || strcmp(sizes->text, text) != 0) {
        parse(sizes, text);
    }
}

static bool is_first(const struct message_sizes *sizes,
        const struct size_row *row, size_t *count) {
    *count = sizes->count;
    for (size_t i = 0; i < sizes->count; i++) {
        if (same_prefix(&sizes->rows[i], row)) {
            return false;
        }
    }
    return true;
}

static void refuse_item(const struct settings *settings,
        struct settings_errors *errors, struct nx_str item, const char *why) {
    settings_errors_add(errors,
            "%s: limits.message_bytes_by_prefix %s \"%.*s\"",
            settings_origin(settings, "limits.message_bytes_by_prefix"), why,
            (int)item.len, item.ptr);
}

void message_sizes_check(
        const struct settings *settings, struct settings_errors *errors) {
    struct message_sizes *seen = message_sizes_create();
    const char *rest = settings->limits_message_bytes_by_prefix;
    struct nx_str item;
    struct size_row row;
    size_t count = 0;
    while (seen && commas_next(&rest, &item)) {
        if (!read_row(item, &row)) {
            refuse_item(settings, errors, item,
                    "must have items like doc.edit=262144, the beginning of "
                    "event types and 1024 to 16777216 bytes; not");
        } else if (!is_first(seen, &row, &count)) {
            refuse_item(settings, errors, item, "names a prefix twice:");
        } else if (count == MESSAGE_SIZES_MAX) {
            refuse_item(settings, errors, item,
                    "may have 64 items; too many from here:");
            break;
        } else {
            insert_row(seen, &row);
        }
    }
    message_sizes_destroy(seen);
}

// --- life -----------------------------------------------------------------

struct message_sizes *message_sizes_create(void) {
    return calloc(1, sizeof(struct message_sizes));
}

void message_sizes_destroy(struct message_sizes *sizes) {
    if (sizes) {
        free(sizes->text);
        free(sizes);
    }
}

// --- questions ------------------------------------------------------------

struct message_size message_sizes_of(struct message_sizes *sizes,
        const struct settings *settings, struct nx_str type) {
    refresh(sizes, settings);
    for (size_t i = 0; i < sizes->count; i++) {
        const struct size_row *row = &sizes->rows[i];
        if (type.len >= row->prefix.len
                && memcmp(type.ptr, row->prefix.ptr, row->prefix.len) == 0) {
            return (struct message_size){
                    row->bytes, LIMIT_MESSAGE_BYTES_BY_PREFIX};
        }
    }
    return (struct message_size){
            (size_t)settings->limits_message_bytes, LIMIT_MESSAGE_BYTES};
}

static bool is_served(
        const struct size_row *row, const struct registry *registry) {
    return registry_serves(registry, row->prefix);
}

size_t message_sizes_max(struct message_sizes *sizes,
        const struct settings *settings, const struct registry *registry) {
    size_t max = (size_t)settings->limits_message_bytes;
    refresh(sizes, settings);
    for (size_t i = 0; i < sizes->count; i++) {
        const struct size_row *row = &sizes->rows[i];
        if (row->bytes > max && is_served(row, registry)) {
            max = row->bytes;
        }
    }
    return max;
}

void message_sizes_put(struct message_sizes *sizes, struct nx_writer *w,
        const struct settings *settings, const struct registry *registry) {
    bool begun = false;
    refresh(sizes, settings);
    for (size_t i = 0; i < sizes->count; i++) {
        const struct size_row *row = &sizes->rows[i];
        if (!is_served(row, registry)) {
            continue;
        }
        if (!begun) {
            writer_begin_object(w, "message_bytes_by_prefix");
            begun = true;
        }
        char name[ENVELOPE_TYPE_MAX + 1];
        memcpy(name, row->prefix.ptr, row->prefix.len);
        name[row->prefix.len] = '\0';
        writer_put_u64(w, name, row->bytes);
    }
    if (begun) {
        writer_end(w);
    }
}
