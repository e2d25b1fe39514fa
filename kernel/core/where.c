#include "kernel/core/where.h"

#include <stdatomic.h>
#include <string.h>

#include "kernel/base/modules.h"

#define PLUGINS_MAX 256u // a reload has two of each

// NOLINTNEXTLINE(file-scope-variable): what a handler finds without a pointer
static _Thread_local struct where here = {.thread = "other"};

// NOLINTNEXTLINE(file-scope-variable): addresses belong to the process
static _Atomic(const struct where_plugin *) listed[PLUGINS_MAX];

struct where *where_here(void) {
    return &here;
}

void where_thread(const char *name) {
    here.thread = name;
}

// The handler runs on this thread, so that it is enough to keep the compiler
// from counting a frame before it is written.
void where_enter(const struct where_plugin *plugin, const char *callback,
        int64_t now_ns) {
    if (here.depth < WHERE_DEPTH_MAX) {
        struct where_frame *frame = &here.frames[here.depth];
        frame->plugin = plugin;
        frame->callback = callback;
        frame->entered_ns = now_ns;
        frame->room[0] = '\0';
    }
    atomic_signal_fence(memory_order_seq_cst);
    here.depth++;
}

void where_leave(void) {
    here.depth--;
    atomic_signal_fence(memory_order_seq_cst);
}

static void copy(char *out, size_t size, struct nx_str text) {
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0) {
        memcpy(out, text.ptr, len);
    }
    out[len] = '\0';
}

void where_room(struct nx_str room) {
    if (here.depth > 0 && here.depth <= WHERE_DEPTH_MAX) {
        copy(here.frames[here.depth - 1].room, WHERE_ROOM_MAX, room);
    }
}

void where_event(struct nx_str type, uint64_t session) {
    here.session = session;
    copy(here.event, sizeof(here.event), type);
}

const struct where_frame *where_top(const struct where *where) {
    uint32_t depth =
            where->depth < WHERE_DEPTH_MAX ? where->depth : WHERE_DEPTH_MAX;
    return depth > 0 ? &where->frames[depth - 1] : NULL;
}

// --- all plugins ----------------------------------------------------------

static void replace(
        const struct where_plugin *old, const struct where_plugin *new) {
    for (size_t i = 0; i < PLUGINS_MAX; i++) {
        if (atomic_load(&listed[i]) == old) {
            atomic_store(&listed[i], new);
            return;
        }
    }
}

void where_list(const struct where_plugin *plugin) {
    replace(NULL, plugin);
}

void where_unlist(const struct where_plugin *plugin) {
    replace(plugin, NULL);
}

const struct where_plugin *where_owner(const void *address) {
    const struct module *module = modules_find(address);
    for (size_t i = 0; module && i < PLUGINS_MAX; i++) {
        const struct where_plugin *plugin = atomic_load(&listed[i]);
        if (plugin && plugin->code && modules_find(plugin->code) == module) {
            return plugin;
        }
    }
    return NULL;
}
