#include "kernel/net/proxies.h"

#include <stdio.h>
#include <string.h>

#include <nexus/util/str.h>

#include "kernel/base/commas.h"

// A place without an address is the Unix socket.
static bool names(struct nx_str item, const struct place *place) {
    struct ip_range range;
    if (!place->known) {
        return nx_str_is(item, "unix");
    }
    return ip_range_parse(&range, item) && ip_range_has(&range, &place->ip);
}

bool proxies_trust(const char *list, const struct place *place) {
    struct nx_str item;
    while (commas_next(&list, &item)) {
        if (names(item, place)) {
            return true;
        }
    }
    return false;
}

// Takes the last item off the list; false when it is empty.
static bool take_last(struct nx_str *list, struct nx_str *item) {
    const char *comma =
            list->len > 0 ? memrchr(list->ptr, ',', list->len) : NULL;
    size_t start = comma ? (size_t)(comma - list->ptr) + 1 : 0;
    if (list->len == 0) {
        return false;
    }
    *item = nx_str_n(list->ptr + start, list->len - start);
    list->len = comma ? start - 1 : 0;
    while (item->len > 0 && strchr(" \t", item->ptr[0])) {
        item->ptr++;
        item->len--;
    }
    while (item->len > 0 && strchr(" \t", item->ptr[item->len - 1])) {
        item->len--;
    }
    return true;
}

struct place proxies_client(
        const char *list, const struct place *peer, struct nx_str forwarded) {
    struct place client = *peer;
    struct nx_str item;
    client.proxied = false;
    while (proxies_trust(list, &client) && take_last(&forwarded, &item)) {
        struct place before = {.known = true, .proxied = true};
        if (!ip_parse_hop(&before.ip, item)) {
            break;
        }
        client = before;
    }
    return client;
}

void place_format(const struct place *place, char out[IP_TEXT_SIZE]) {
    if (place->known) {
        ip_format(&place->ip, out);
    } else {
        (void)snprintf(out, IP_TEXT_SIZE, "unix");
    }
}
