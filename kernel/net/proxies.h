/*
 * proxies - whose word counts for where a client is.
 *
 * X-Forwarded-For is believed only when the connection comes from one of
 * listen.trusted_proxies. Each proxy appends whom it talks to, so the list is
 * read from its end, past those that are trusted, to the first that is not:
 * what stands further left, anybody could have written.
 *
 * Thread:  any (pure functions)
 * Errors:  none: a header that is no list of addresses does not count
 */
#ifndef KERNEL_NET_PROXIES_H
#define KERNEL_NET_PROXIES_H

#include <stdbool.h>

#include <nexus/types.h>

#include "kernel/base/ip.h"

// Where somebody is, as far as we know.
struct place {
    bool known;   // false: on the other side of a Unix socket
    bool proxied; // told by a proxy that we trust
    struct ip ip; // when known
};

// Whether one of list is at that place.
bool proxies_trust(const char *list, const struct place *place);

// Where the client is whose connection comes from `peer`; list is
// listen.trusted_proxies, forwarded the header, absent when there is none.
struct place proxies_client(
        const char *list, const struct place *peer, struct nx_str forwarded);

// "unix" when it is not known.
void place_format(const struct place *place, char out[IP_TEXT_SIZE]);

#endif
