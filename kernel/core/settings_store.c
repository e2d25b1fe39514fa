#include "kernel/core/settings_store.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct memory_block {
    struct nx_list link; // struct settings_store::memory
    alignas(max_align_t) char data[];
};

struct settings_store *settings_store_create(void) {
    struct settings_store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        return NULL;
    }
    nx_list_init(&store->memory);
    nx_list_init(&store->configs);
    nx_list_init(&store->file);
    size_t size = setting_count() * sizeof(store->origins[0]);
    store->origins = settings_store_alloc(store, size);
    if (store->origins == NULL) {
        settings_store_destroy(store);
        return NULL;
    }
    return store;
}

void settings_store_destroy(struct settings_store *store) {
    if (store == NULL) {
        return;
    }
    nx_list_for_each_safe (pos, next, &store->memory) {
        free(nx_container_of(pos, struct memory_block, link));
    }
    free(store);
}

void *settings_store_alloc(struct settings_store *store, size_t size) {
    struct memory_block *block = calloc(1, sizeof(*block) + size);
    if (block == NULL) {
        return NULL;
    }
    nx_list_append(&store->memory, &block->link);
    return block->data;
}

const char *settings_store_text(
        struct settings_store *store, const char *text, size_t len) {
    char *copy = settings_store_alloc(store, len + 1);
    if (copy != NULL && len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

const char *settings_store_place(
        struct settings_store *store, const char *file, unsigned line) {
    size_t size = strlen(file) + sizeof(":4294967295");
    char *place = settings_store_alloc(store, size);
    if (place != NULL) {
        (void)snprintf(place, size, "%s:%u", file, line);
    }
    return place;
}

bool settings_store_add(struct settings_store *store, struct nx_list *list,
        const char *key, const struct raw_value *value) {
    struct raw_setting *raw = settings_store_alloc(store, sizeof(*raw));
    if (raw == NULL) {
        return false;
    }
    raw->key = settings_store_text(store, key, strlen(key));
    raw->value = *value;
    raw->value.text =
            settings_store_text(store, value->text, strlen(value->text));
    if (raw->key == NULL || raw->value.text == NULL) {
        return false;
    }
    nx_list_append(list, &raw->link);
    return true;
}

const struct raw_setting *settings_store_last(
        const struct nx_list *list, const char *key) {
    for (struct nx_list *pos = list->prev; pos != list; pos = pos->prev) {
        struct raw_setting *raw =
                nx_container_of(pos, struct raw_setting, link);
        if (strcmp(raw->key, key) == 0) {
            return raw;
        }
    }
    return NULL;
}

struct plugin_record *settings_store_plugin(
        struct settings_store *store, const char *name, size_t len) {
    for (size_t i = 0; i < store->plugin_count; i++) {
        const char *known = store->plugins[i].entry.name;
        if (strlen(known) == len && memcmp(known, name, len) == 0) {
            return &store->plugins[i];
        }
    }
    return NULL;
}
