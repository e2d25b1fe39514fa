#include "plugins/store/meta.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
#define META_ROW_(name) {#name, offsetof(struct meta, name)},
        META_NUMBERS(META_ROW_)
#undef META_ROW_
};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static int64_t *number_at(struct meta *meta, size_t i) {
    return (int64_t *)(void *)((char *)meta + numbers[i].offset);
}

static struct nx_str key_of(size_t i) {
    return (struct nx_str){numbers[i].key, strlen(numbers[i].key)};
}

bool meta_load(struct meta_state *meta, struct db *db) {
    memset(meta, 0, sizeof(*meta));
    for (size_t i = 0; i < NUMBERS && db_prepare(db, SQL_META_GET); i++) {
        db_bind_text(db, 1, key_of(i));
        if (db_row(db)) {
            *number_at(&meta->now, i) = db_column_i64(db, 0);
            db_reset(db);
        }
    }
    meta->written = meta->now;
    return !db_failed(db);
}

bool meta_write(struct meta_state *meta, struct db *db) {
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t value = *number_at(&meta->now, i);
        if (value == *number_at(&meta->written, i)) {
            continue;
        }
        if (!db_prepare(db, SQL_META_SET)) {
            break;
        }
        db_bind_text(db, 1, key_of(i));
        db_bind_i64(db, 2, value);
        (void)db_run(db);
    }
    if (!db_failed(db)) {
        meta->written = meta->now;
    }
    return !db_failed(db);
}
