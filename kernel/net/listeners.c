#include "kernel/net/listeners.h"

#include <stdbool.h>
#include <stdlib.h>

#include "kernel/base/log.h"
#include "kernel/core/settings.h"
#include "kernel/net/listener.h"

#define KINDS 3

struct listeners {
    size_t count;
    struct listener *items[KINDS];
};

static bool is_wanted(
        const struct settings *settings, enum listener_kind kind) {
    switch (kind) {
    case LISTENER_CLEAR:
        return settings->listen_port >= 0;
    case LISTENER_TLS:
        return settings->listen_tls_port >= 0;
    case LISTENER_UNIX:
        return settings->listen_unix[0] != '\0';
    }
    return false;
}

struct listeners *listeners_create(struct loop *loop, struct server *server,
        const struct settings *settings) {
    static const enum listener_kind kinds[KINDS] = {
            LISTENER_CLEAR, LISTENER_TLS, LISTENER_UNIX};
    struct listeners *listeners = calloc(1, sizeof(*listeners));
    if (!listeners) {
        log_error("net", "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (!is_wanted(settings, kinds[i])) {
            continue;
        }
        struct listener *listener =
                listener_create(loop, server, settings, kinds[i]);
        if (!listener) {
            listeners_destroy(listeners);
            return NULL;
        }
        listeners->items[listeners->count++] = listener;
    }
    return listeners;
}

void listeners_destroy(struct listeners *listeners) {
    if (!listeners) {
        return;
    }
    for (size_t i = 0; i < listeners->count; i++) {
        listener_destroy(listeners->items[i]);
    }
    free(listeners);
}

size_t listeners_count(const struct listeners *listeners) {
    return listeners->count;
}

const struct listener *listeners_get(
        const struct listeners *listeners, size_t i) {
    return listeners->items[i];
}

void listeners_log(const struct listeners *listeners) {
    for (size_t i = 0; i < listeners->count; i++) {
        listener_log(listeners->items[i]);
    }
}
