#include "kernel/net/visitors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/util/list.h>
#include <nexus/util/strmap.h>

#include "kernel/base/log.h"
#include "kernel/core/settings.h"

#define NETWORK_BYTES  8                 // of an IPv6 address that count
#define FORGET_AT_ONCE 2                 // more than can come in the same step
#define TABLE_MAX      ((size_t)1 << 22) // more than settings allow
#define TELL_MS        10000             // between two warnings
#define HOUR_MS        (INT64_C(3600) * 1000)

struct visitor {
    struct ip key;
    size_t connections;
    int64_t tokens_milli; // thousandths of a connection
    int64_t refilled_ms;
    struct nx_list link; // visitors::idle, while it has no connections
};

struct visitors {
    const struct settings *settings;
    struct nx_strmap *by_key; // struct visitor, owned
    size_t max;
    struct nx_list idle; // the one that is idle for longest first
    int64_t told_ms;
    bool told;
};

struct visitors *visitors_create(const struct settings *settings, size_t max) {
    struct visitors *visitors = calloc(1, sizeof(*visitors));
    if (!visitors) {
        return NULL;
    }
    visitors->by_key = nx_strmap_create(TABLE_MAX);
    if (!visitors->by_key) {
        free(visitors);
        return NULL;
    }
    visitors->settings = settings;
    visitors->max = max;
    nx_list_init(&visitors->idle);
    return visitors;
}

void visitors_bound(struct visitors *visitors, size_t max) {
    visitors->max = max;
}

void visitors_destroy(struct visitors *visitors) {
    if (!visitors) {
        return;
    }
    nx_strmap_destroy(visitors->by_key, free);
    free(visitors);
}

size_t visitors_count(const struct visitors *visitors) {
    return nx_strmap_count(visitors->by_key);
}

// --- rate -----------------------------------------------------------------

static int64_t full_milli(const struct settings *settings) {
    return settings->limits_connects_burst * 1000;
}

static void refill(struct visitor *visitor, const struct settings *settings,
        int64_t now_ms) {
    int64_t elapsed = now_ms - visitor->refilled_ms;
    if (elapsed <= 0) {
        return;
    }
    // An hour refills any bucket; more would only overflow.
    elapsed = elapsed < HOUR_MS ? elapsed : HOUR_MS;
    int64_t tokens = visitor->tokens_milli
            + elapsed * settings->limits_connects_per_second;
    int64_t full = full_milli(settings);
    visitor->tokens_milli = tokens < full ? tokens : full;
    visitor->refilled_ms = now_ms;
}

// Whether nothing is lost when it is forgotten.
static bool is_rested(struct visitor *visitor, const struct settings *settings,
        int64_t now_ms) {
    refill(visitor, settings, now_ms);
    return settings->limits_connects_per_second == 0
            || visitor->tokens_milli >= full_milli(settings);
}

// --- table ----------------------------------------------------------------

static const char *key_of(const struct visitor *visitor) {
    return (const char *)visitor->key.bytes;
}

static struct ip make_key(const struct ip *ip) {
    struct ip key = *ip;
    if (!ip_is_v4(ip)) {
        memset(key.bytes + NETWORK_BYTES, 0, IP_BYTES - NETWORK_BYTES);
    }
    return key;
}

// It must not be in the list.
static void forget(struct visitors *visitors, struct visitor *visitor) {
    (void)nx_strmap_remove(visitors->by_key, key_of(visitor), IP_BYTES);
    free(visitor);
}

static void forget_longest_idle(struct visitors *visitors) {
    struct nx_list *link = nx_list_take_first(&visitors->idle);
    if (link) {
        forget(visitors, nx_container_of(link, struct visitor, link));
    }
}

static struct visitor *idle_longest(const struct visitors *visitors) {
    if (nx_list_empty(&visitors->idle)) {
        return NULL;
    }
    return nx_container_of(visitors->idle.next, struct visitor, link);
}

static void forget_rested(struct visitors *visitors, int64_t now_ms) {
    for (int i = 0; i < FORGET_AT_ONCE; i++) {
        struct visitor *visitor = idle_longest(visitors);
        if (!visitor || !is_rested(visitor, visitors->settings, now_ms)) {
            return;
        }
        forget_longest_idle(visitors);
    }
}

static struct visitor *add(
        struct visitors *visitors, const struct ip *key, int64_t now_ms) {
    if (visitors_count(visitors) >= visitors->max) {
        forget_longest_idle(visitors);
    }
    if (visitors_count(visitors) >= visitors->max) {
        return NULL;
    }
    struct visitor *visitor = calloc(1, sizeof(*visitor));
    if (!visitor) {
        return NULL;
    }
    visitor->key = *key;
    visitor->tokens_milli = full_milli(visitors->settings);
    visitor->refilled_ms = now_ms;
    nx_list_init(&visitor->link);
    if (!nx_strmap_put(visitors->by_key, key_of(visitor), IP_BYTES, visitor)) {
        free(visitor);
        return NULL;
    }
    nx_list_append(&visitors->idle, &visitor->link);
    return visitor;
}

// --- all ------------------------------------------------------------------

// Not for each: whoever causes this can cause it often.
static void tell(struct visitors *visitors, const struct ip *ip,
        const char *limit, int64_t now_ms) {
    if (visitors->told && now_ms - visitors->told_ms < TELL_MS) {
        return;
    }
    char text[IP_TEXT_SIZE];
    ip_format(ip, text);
    visitors->told = true;
    visitors->told_ms = now_ms;
    log_warn("net", "refusing connections from an address",
            LOG_STR("address", text), LOG_STR("limit", limit));
}

static enum visitors_answer judge(
        const struct visitor *visitor, const struct settings *settings) {
    int64_t most = settings->limits_connections_per_address;
    if (most > 0 && visitor->connections >= (size_t)most) {
        return VISITORS_TOO_MANY;
    }
    if (settings->limits_connects_per_second > 0
            && visitor->tokens_milli < 1000) {
        return VISITORS_TOO_FAST;
    }
    return VISITORS_WELCOME;
}

enum visitors_answer visitors_enter(struct visitors *visitors,
        const struct ip *ip, int64_t now_ms, struct visitor **visitor) {
    struct ip key = make_key(ip);
    forget_rested(visitors, now_ms);
    struct visitor *found =
            nx_strmap_get(visitors->by_key, (const char *)key.bytes, IP_BYTES);
    if (!found) {
        found = add(visitors, &key, now_ms);
    }
    if (!found) {
        return VISITORS_NO_MEMORY;
    }
    refill(found, visitors->settings, now_ms);
    enum visitors_answer answer = judge(found, visitors->settings);
    if (answer != VISITORS_WELCOME) {
        tell(visitors, ip,
                answer == VISITORS_TOO_MANY ? "limits.connections_per_address"
                                            : "limits.connects_per_second",
                now_ms);
        return answer;
    }
    found->tokens_milli -= found->tokens_milli < 1000 ? 0 : 1000;
    found->connections++;
    nx_list_remove(&found->link);
    *visitor = found;
    return VISITORS_WELCOME;
}

void visitors_leave(
        struct visitors *visitors, struct visitor *visitor, int64_t now_ms) {
    visitor->connections--;
    if (visitor->connections > 0) {
        return;
    }
    if (is_rested(visitor, visitors->settings, now_ms)) {
        forget(visitors, visitor);
    } else {
        nx_list_append(&visitors->idle, &visitor->link);
    }
}
