#include "kernel/net/origin.h"

#include <string.h>
#include <strings.h>

#include <nexus/util/str.h>

#include "kernel/base/commas.h"
#include "kernel/core/settings.h"

static bool same(struct nx_str a, struct nx_str b) {
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

// A page of this very server, whatever its scheme: behind a proxy that ends
// TLS we see http where the browser says https.
static bool is_own(struct nx_str origin, struct nx_str host) {
    const char *end = memmem(origin.ptr, origin.len, "://", 3);
    if (!end || host.len == 0) {
        return false;
    }
    size_t scheme = (size_t)(end - origin.ptr) + 3;
    return same(nx_str_n(origin.ptr + scheme, origin.len - scheme), host);
}

static bool is_listed(const char *list, struct nx_str origin) {
    struct nx_str item;
    while (commas_next(&list, &item)) {
        if (nx_str_is(item, "*") || same(item, origin)) {
            return true;
        }
    }
    return false;
}

bool origin_allowed(const struct settings *settings, struct nx_str origin,
        struct nx_str host) {
    if (!origin.ptr) {
        return true;
    }
    if (settings->listen_origins[0] != '\0') {
        return is_listed(settings->listen_origins, origin);
    }
    return strcmp(settings->auth_mode, "dev") == 0 || is_own(origin, host);
}
