#include "kernel/core/position.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/json_view.h"

void position_write_epoch(uint64_t epoch, char out[POSITION_EPOCH_SIZE]) {
    (void)snprintf(out, POSITION_EPOCH_SIZE, "%016" PRIx64, epoch);
}

static bool read_epoch(struct nx_str text, uint64_t *out) {
    if (text.len != POSITION_EPOCH_SIZE - 1
            || strspn(text.ptr, "0123456789abcdef") != text.len) {
        return false;
    }
    *out = strtoull(text.ptr, NULL, 16);
    return true;
}

bool position_read(const struct nx_json *value, struct nx_position *out) {
    int64_t offset;
    if (!read_epoch(json_view_str(json_view_get(value, "epoch")), &out->epoch)
            || json_view_i64(json_view_get(value, "offset"), &offset) != NX_OK
            || offset < 0) {
        return false;
    }
    out->offset = (uint64_t)offset;
    return true;
}

static bool same_log(
        const struct nx_position *at, const struct nx_history_result *page) {
    bool from_nothing = at->epoch == 0 && at->offset == 0;
    return page->epoch == at->epoch
            || (from_nothing && (page->last == 0 || page->first == 1));
}

bool position_continues(
        const struct nx_position *at, const struct nx_history_result *page) {
    if (!same_log(at, page) || at->offset > page->last) {
        return false;
    }
    return at->offset == page->last
            || (page->first > 0 && page->first <= at->offset + 1);
}
