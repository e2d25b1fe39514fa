#include "kernel/core/blobs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/pack.h"

// Plugin id and key, each with its NUL, stand one after the other in name.
struct blob {
    struct blob *next;
    void *data;
    size_t len;
    size_t key_at; // in name
    char name[];
};

// Longer names than anybody needs; keys come from plugins.
#define BLOB_NAME_MAX 256u

void blobs_init(struct blobs *blobs) {
    blobs->first = NULL;
}

static void free_blob(struct blob *blob) {
    free(blob->data);
    free(blob);
}

void blobs_finish(struct blobs *blobs) {
    while (blobs->first) {
        struct blob *blob = blobs->first;
        blobs->first = blob->next;
        free_blob(blob);
    }
}

static bool is_named(
        const struct blob *blob, const char *plugin_id, const char *key) {
    return strcmp(blob->name, plugin_id) == 0
            && strcmp(blob->name + blob->key_at, key) == 0;
}

static struct blob *add(
        struct blobs *blobs, const char *plugin_id, const char *key) {
    size_t id_size = strlen(plugin_id) + 1;
    size_t key_size = strlen(key) + 1;
    struct blob *blob = calloc(1, sizeof(*blob) + id_size + key_size);
    if (!blob) {
        return NULL;
    }
    memcpy(blob->name, plugin_id, id_size);
    memcpy(blob->name + id_size, key, key_size);
    blob->key_at = id_size;
    blob->next = blobs->first;
    blobs->first = blob;
    return blob;
}

// The pointer that leads to the blob, or to NULL at the end of the list;
// *count becomes the number of blobs passed.
static struct blob **find(struct blobs *blobs, const char *plugin_id,
        const char *key, size_t *count) {
    struct blob **at = &blobs->first;
    *count = 0;
    while (*at && !is_named(*at, plugin_id, key)) {
        at = &(*at)->next;
        (*count)++;
    }
    return at;
}

static void remove_at(struct blob **at) {
    struct blob *blob = *at;
    if (blob) {
        *at = blob->next;
        free_blob(blob);
    }
}

enum nx_err blobs_set(struct blobs *blobs, const char *plugin_id,
        const char *key, struct nx_bytes value) {
    if (strlen(plugin_id) + strlen(key) > BLOB_NAME_MAX
            || value.len > BLOB_BYTES_MAX) {
        return NX_ERR_TOO_LARGE;
    }
    size_t count;
    struct blob **at = find(blobs, plugin_id, key, &count);
    if (value.len == 0) {
        remove_at(at);
        return NX_OK;
    }
    if (!*at && count >= BLOB_COUNT_MAX) {
        return NX_ERR_LIMIT;
    }
    // Copied first: the value may be what blobs_get() returned.
    void *copy = malloc(value.len);
    struct blob *blob = *at;
    if (copy && !blob) {
        blob = add(blobs, plugin_id, key);
    }
    if (!copy || !blob) {
        free(copy);
        return NX_ERR_NO_MEMORY;
    }
    memcpy(copy, value.ptr, value.len);
    free(blob->data);
    blob->data = copy;
    blob->len = value.len;
    return NX_OK;
}

struct nx_bytes blobs_get(
        const struct blobs *blobs, const char *plugin_id, const char *key) {
    const struct blob *blob = blobs->first;
    while (blob && !is_named(blob, plugin_id, key)) {
        blob = blob->next;
    }
    struct nx_bytes bytes = {NULL, 0};
    if (blob) {
        bytes.ptr = blob->data;
        bytes.len = blob->len;
    }
    return bytes;
}

bool blobs_copy(struct blobs *blobs, const struct blobs *from) {
    for (const struct blob *blob = from->first; blob; blob = blob->next) {
        const struct nx_bytes value = {blob->data, blob->len};
        if (blobs_set(blobs, blob->name, blob->name + blob->key_at, value)) {
            return false;
        }
    }
    return true;
}

void blobs_move(struct blobs *blobs, struct blobs *from) {
    blobs->first = from->first;
    from->first = NULL;
}

size_t blobs_size(const struct blobs *blobs) {
    size_t size = 0;
    for (const struct blob *blob = blobs->first; blob; blob = blob->next) {
        size += sizeof(*blob) + blob->len + blob->key_at
                + strlen(blob->name + blob->key_at) + 1;
    }
    return size;
}

static void pack_cstr(struct nx_buf *buf, const char *text) {
    const struct nx_str str = {text, strlen(text)};
    pack_str(buf, str);
}

void blobs_write(const struct blobs *blobs, struct nx_buf *buf) {
    uint32_t count = 0;
    for (const struct blob *blob = blobs->first; blob; blob = blob->next) {
        count++;
    }
    pack_u32(buf, count);
    for (const struct blob *blob = blobs->first; blob; blob = blob->next) {
        const struct nx_bytes value = {blob->data, blob->len};
        pack_cstr(buf, blob->name);
        pack_cstr(buf, blob->name + blob->key_at);
        pack_bytes(buf, value);
    }
}

static bool copy_name(struct nx_str from, char out[BLOB_NAME_MAX + 1]) {
    if (from.len > BLOB_NAME_MAX) {
        return false;
    }
    memcpy(out, from.ptr, from.len);
    out[from.len] = '\0';
    return true;
}

static bool read_blob(struct blobs *blobs, struct nx_bytes *bytes) {
    char plugin_id[BLOB_NAME_MAX + 1];
    char key[BLOB_NAME_MAX + 1];
    struct nx_str name;
    struct nx_bytes value;
    return unpack_str(bytes, &name) && copy_name(name, plugin_id)
            && unpack_str(bytes, &name) && copy_name(name, key)
            && unpack_bytes(bytes, &value)
            && blobs_set(blobs, plugin_id, key, value) == NX_OK;
}

bool blobs_read(struct blobs *blobs, struct nx_bytes *bytes) {
    uint32_t count;
    bool good = unpack_u32(bytes, &count) && count <= BLOB_COUNT_MAX;
    for (uint32_t i = 0; good && i < count; i++) {
        good = read_blob(blobs, bytes);
    }
    return good;
}
